"""The one door to tree-sitter: a parser for a language, made from the two C modules alone.

The packages' own `__init__` files pull in several times their own cost in standard library, so the compiled modules are
found on `sys.path` and loaded directly. Nothing else in the house may import tree-sitter.

Only plain ASCII goes through the door. The grammars' hand-written scanners ask `isalnum` and `isalpha` about whole code
points; C defines them for a byte only, and with glibc a large code point reads far outside a table: most processes
survive that and some, by where their libraries lie, die. So a character beyond ASCII is handed over as an ordinary
letter (to a shell as a full stop, which is an ordinary character of its words), a blank one as a blank. The bash
grammar's reader of here-documents compares texts that are not terminated: it is never reached, for `<<` goes as `**`.
Every offset stays what it was.
"""

import os
import re
import sys
from _thread import allocate_lock
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from time import perf_counter, process_time
from typing import Any

CHUNK = 65_536  # bytes that a parser asks for at once
_UNSAFE = r"[^\x01-\x7f]"  # compiled on first use
# Language -> the package that holds its grammar, where their names differ.
_PACKAGES = {"tsx": "typescript"}


BETWEEN = 0.01  # seconds between two looks at the clock of processor time


class Allowance:
    """So many seconds of processor time, from now on.

    The clock of processor time is a system call, the clock on the wall is not. As long as less than half of the
    allowance has passed on the wall, no more can have been spent; the other half is measured as processor time. So
    asking costs nothing and a busy machine cuts nothing short; what is granted is at least half of what was allowed.
    """

    __slots__ = ("_half", "_next", "_until", "_wall")

    def __init__(self, seconds: float) -> None:
        self._half = seconds / 2
        self._wall = perf_counter() + self._half
        self._until = 0.0
        self._next = 0.0

    def spent(self) -> bool:
        """Whether it is used up."""
        now = perf_counter()
        if now <= self._wall or now < self._next:
            return False
        self._next = now + BETWEEN
        self._until = self._until or process_time() + self._half
        return process_time() > self._until


class Parser:
    """One language's parser. Holds on to all that its C objects point into, and parses one text at a time."""

    __slots__ = ("_core", "_grammar", "_language", "_lock", "_parser", "_shell")

    def __init__(self, core: Any, grammar: Any, name: str) -> None:
        self._core = core
        self._grammar = grammar
        made = getattr(grammar, f"language_{name}", None) or grammar.language
        self._language = core.Language(made())
        self._parser = core.Parser(self._language)
        self._lock = allocate_lock()
        self._shell = name == "bash"

    def parse(self, text: str, limit: float = 0) -> Any:
        """The `Tree` of `text`. A byte offset in it is the offset of a character. Keep it as long as its nodes.

        With a `limit` in seconds of processor time, None where it is not enough: fuzzing found a text of 26 characters
        at which the grammar of TypeScript with JSX did not come to an end within a minute.
        """
        if not text.isascii() or "\0" in text:
            text = re.sub(_UNSAFE, "." if self._shell else _letter, text)
        if self._shell and "<<" in text:
            text = text.replace("<<", "**")
        source = text.encode("ascii")
        with self._lock:
            if not limit:
                return self._parser.parse(source)
            left = Allowance(limit)

            def late(*_: object) -> bool:
                return left.spent()

            try:
                return self._parser.parse(lambda at, _: source[at : at + CHUNK], progress_callback=late)
            except ValueError:
                self._parser.reset()
                return None


def _letter(found: "re.Match[str]") -> str:
    """What a character beyond ASCII is to a programming language: a blank (also a byte order mark), or a letter."""
    return " " if found[0].isspace() or found[0] in "\0\ufeff" else "x"


@cache
def parser(language: str) -> Parser | None:
    """The `Parser` for `language` ("bash", "python", "tsx" ...), or None where no binding is installed or it does not
    fit."""
    try:
        core = _binding("tree_sitter")
        grammar = _binding(f"tree_sitter_{_PACKAGES.get(language, language)}")
        return None if core is None or grammar is None else Parser(core, grammar, language)
    except (ImportError, AttributeError, OSError, TypeError, ValueError):
        return None


def _binding(package: str) -> Any:
    """The compiled module of `package`, without running the package itself."""
    name = f"{package}._binding"
    if name in sys.modules:
        return sys.modules[name]
    for folder in sys.path:
        for suffix in EXTENSION_SUFFIXES:
            path = os.path.join(folder, package, "_binding" + suffix)
            if os.path.isfile(path):
                loader = ExtensionFileLoader(name, path)
                module = loader.create_module(ModuleSpec(name, loader, origin=path))
                loader.exec_module(module)
                sys.modules[name] = module
                return module
    return None
