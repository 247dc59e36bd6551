"""The state of reading one command: variables, working folder, what is still to be read, and the facts found.

Scopes (subshells, pipelines, substitutions) are undone from a log instead of being copied, so that a deeply nested
command costs no more than a flat one. Everything that a command leads to (a script, an unwrapped command) is put on a
list of things to do; nothing here calls itself.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.facts.treesitter import Allowance, parser
from tractguard.facts.words import UNKNOWN_WORD, Word, absolute
from tractguard.facts.world import World
from tractguard.model import UNKNOWN, Fact

# `{npm,install}` where a command begins: the grammar takes it for a group. It is parsed as a word of the same length.
_BRACED = r"(^|[;&|(\n])([ \t]{0,20})(\{[^\s{};&|()<>,'\"]{0,200},[^\s{};&|()<>'\"]{0,400}\})"
DEEPEST = 12  # scripts within scripts
MOST_COMMANDS = 2_000  # simple commands read of one call, loops unrolled
MOST_UNROLLED = 200  # simple commands after which loops are no longer read round by round
MOST_FACTS = 8_000  # facts of one call
MOST_SECONDS = 1.4  # of processor time for all shell text of one call
MOST_PARSE = 0.8  # of these for one syntax tree
BEGINNING = 60_000  # characters that are read of a script whose whole tree takes longer
MOST_PIPES = 2_000  # in one script: the grammar's cost grows with their square
MOST_WORDS = 20_000  # words of one command
MOST_PROGRAM = 120_000  # characters of a program for python, node and the like that are read
MOST_PIECES = 4_000  # quoted and unquoted pieces, variables and substitutions that one word is put together from
MOST_EXPANDED = 2_000_000  # characters that variables may bring into one call
LONGEST_OPAQUE = 200  # characters kept of what could not be read


class Where(NamedTuple):
    """Through what a command is run."""

    wrappers: tuple[str, ...] = ()
    inside: str = ""
    through: str = ""
    depth: int = 0
    mounts: tuple[tuple[str, str], ...] = ()  # (mount point, folder here) of the container it runs in


class Command(NamedTuple):
    """A simple command after expansion."""

    words: tuple[Word, ...]
    env: Mapping[str, Word] = {}
    cwd: str = ""
    stdin: Word | None = None  # what it reads, where that is known
    piped: tuple[str, ...] = ()  # argv of the program before the pipe
    feed: bool = False  # something is fed to it, known or not
    outs: tuple[tuple[Word, bool], ...] = ()  # files its standard output goes to, and whether it is appended
    text: str = ""  # as written
    where: Where = Where()
    told: int = 0  # how many of `env` an outer command has told already

    @property
    def name(self) -> str:
        """The program's base name."""
        return self.words[0].text.rpartition("/")[2] if self.words else ""

    @property
    def args(self) -> tuple[Word, ...]:
        """The words after the program."""
        return self.words[1:]


def beginning(run: "Run", command: Command, code: Word) -> Word:
    """A program's text, or where it is very long its beginning, up to a line that begins a statement of its own."""
    if len(code.text) <= MOST_PROGRAM:
        return code
    run.opaque("program too large", code.text, command.name)
    end = code.text.rfind("\n", 0, MOST_PROGRAM)
    while end > 0 and code.text[end + 1 : end + 2] in (" ", "\t", "\n", "}", ")", "]"):
        end = code.text.rfind("\n", 0, end)
    return code.cut(0, max(end, 0))


class Within:
    """The same world, seen from text that a command writes into a file: such text is read so many levels deep."""

    def __init__(self, world: World, left: Allowance | None = None) -> None:
        self.world = world
        self.root = world.root
        self.home = world.home
        self.level: int = getattr(world, "level", 0) + 1
        self.left = left
        self.text = world.text
        self.exists = world.exists
        self.is_dir = world.is_dir
        self.real = world.real
        self.listing = world.listing
        self.branch = world.branch
        self.upstream = world.upstream


def placed(facts: Iterable[Fact], word: Word) -> Iterator[Fact]:
    """Facts that were read from a word's text, with their places in what the host sent."""
    for fact in facts:
        data = fact.data
        if data.get("host_span") or data.get("word_spans"):
            data = dict(data)
            if data.get("host_span"):
                data["host_span"] = word.span(*data["host_span"])
            if data.get("word_spans"):
                data["word_spans"] = tuple(word.span(*span) if span else None for span in data["word_spans"])
        if fact.kind == "code":
            data = {**data, **_code_places(data, word)}
        yield fact._replace(span=word.span(*fact.span) if fact.span else None, data=data)


def _as_word(found: re.Match[str]) -> str:
    return found.group(1) + found.group(2) + "_" * len(found.group(3))


def _code_places(data: Mapping[str, Any], word: Word) -> dict[str, Any]:
    """The fields of a `code` fact that are offsets; -1 where the text was not written in one piece."""
    whole = word.span(0, len(word.text.rstrip("\n")))
    strings = []
    for at, text in data.get("strings", ()):
        place = word.span(at, at + max(len(text), 1))
        if place:
            strings.append((place[0], text))
    return {"offset": data.get("offset", 0) + whole[0] if whole else -1, "strings": tuple(strings)}


class Source:
    """A script to read: its text as a word (so that places survive nesting) and its syntax tree."""

    __slots__ = ("clean", "cut", "heredocs", "herestrings", "root", "text", "tree", "word")

    def __init__(self, word: Word) -> None:
        text = word.text.replace(UNKNOWN, "\ufffd") if UNKNOWN in word.text else word.text
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        self.word = word._replace(quoted=False, glob=False)
        self.text = text
        self.clean = text  # the same without here-documents
        self.heredocs: Mapping[int, Any] = {}
        self.herestrings: frozenset[int] = frozenset()
        if "<<" in text:
            from tractguard.facts.shell_heredoc import prepare

            self.clean, self.heredocs, self.herestrings = prepare(text)
        if "{" in self.clean and "," in self.clean:
            self.clean = re.sub(_BRACED, _as_word, self.clean)
        self.cut = ""  # why only the beginning is read
        if self.clean.count("|") > MOST_PIPES:
            self.cut = "too many pipes"
            self.clean = "|".join(self.clean.split("|", MOST_PIPES)[:MOST_PIPES])
        engine = parser("bash")
        self.tree: Any = None if engine is None else engine.parse(self.clean, MOST_PARSE)  # its nodes do not outlive it
        if engine is not None and self.tree is None:  # too long or too strange
            self.cut = "too long to read in time"
            self.tree = engine.parse(self.clean[:BEGINNING], MOST_PARSE)
        self.root: Any = None if self.tree is None else self.tree.root_node

    def ends(self, node: Any) -> tuple[int, int]:
        """First character and end of a node."""
        return node.start_byte, node.end_byte

    def raw(self, node: Any) -> str:
        """A node's text as written."""
        start, end = self.ends(node)
        return self.text[start:end]


_OF_FILES = frozenset(("read", "write", "append", "delete", "move", "chmod", "link"))
Saved = tuple[int, str, Where, tuple[Word, ...] | None]


class Run:
    """What is known while a command is read."""

    def __init__(self, world: World, cwd: str, field: str) -> None:
        self.world: World = world
        self.whole = ""  # the whole text that the host sent
        self.cwd = cwd
        self.field = field
        self.facts: list[Fact] = []
        self.seen: dict[tuple[str, str, str, tuple[int, int] | None], Mapping[str, Any]] = {}
        self.where = Where()
        self.at = cwd  # the folder of the command at hand
        self.args: tuple[Word, ...] | None = None
        self.values: dict[str, Any] = {}
        self.log: list[tuple[str, Any]] = []
        self.todo: list[tuple[Any, ...]] = []
        self.commands = 0
        self.steps = 0
        self.left: Allowance = getattr(world, "left", None) or Allowance(MOST_SECONDS)
        self.expanded = 0
        self.feed: tuple[tuple[str, ...], Word | None] | None = None
        self.prints: list[list[Word | None]] = []  # what commands of the groups at hand print
        self.last: tuple[tuple[str, ...], Word | None] = ((), None)

    # Facts

    def add(
        self,
        kind: str,
        name: str,
        value: str = "",
        data: Mapping[str, Any] | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        """Note a fact of the command at hand."""
        where = self.where
        if where.inside or where.through:
            data = dict(data or {})
            if where.inside:
                data.setdefault("inside", where.inside)
                if where.mounts and self.mounted(kind, name, data):
                    data["mounted"] = True
            if where.through:
                data["through"] = where.through
        fact = Fact(kind, name, value, data or {}, self.field, span)
        key = (kind, name, value, span)
        # A loop that is read round by round says the same thing more than once.
        if self.seen.get(key) != fact.data:
            self.seen[key] = fact.data
            self.facts.append(fact)

    def spent(self) -> str:
        """Why no more of this call is read; "" while there is room."""
        if len(self.facts) > MOST_FACTS:
            return "too many facts"
        return "too long to read in time" if not self.steps % 8 and self.left.spent() else ""

    def opaque(self, reason: str, text: str, via: str = "") -> None:
        """Note something that cannot be read."""
        self.add("opaque", reason, text[:LONGEST_OPAQUE], {"via": via})

    def path(self, word: Word, cwd: str | None = None) -> str:
        """A word as an absolute path; in a container, below a mount point, the path here."""
        path = absolute(word.text, self.cwd if cwd is None else cwd, "" if word.quoted else self.world.home)
        if not self.where.mounts:
            return path
        from tractguard.facts.mounts import here

        return here(self.where.mounts, path) or path

    def mounted(self, kind: str, name: str, data: Mapping[str, Any]) -> bool:
        """Whether a fact of a container is about files of this machine that are mounted there."""
        mounts = self.where.mounts
        if kind in _OF_FILES:
            return any(name == folder or name.startswith(folder.rstrip("/") + "/") for _, folder in mounts)
        from tractguard.facts.mounts import here

        return bool(here(mounts, str(data.get("cwd") or self.at)))

    def resolved(self, path: str) -> str:
        """Where a write to `path` goes: through links made earlier in this command, and links inside the repository."""
        links = self.values.get(":links")
        if links:
            for link, target in links:
                if path == link or path.startswith(link + "/"):
                    path = target + path[len(link) :]
        root = self.world.root
        if UNKNOWN in path or not root or self.where.inside or not path.startswith(root):
            return path
        real, top = self.world.real(path), self.world.real(root)
        return root + real[len(top) :] if real != path and real.startswith(top + "/") else path

    def wrote(self, path: str, content: Word | None, append: bool = False) -> None:
        """Remember the text of a file that this command wrote; None where it is not known."""
        from tractguard.facts.written import Written

        if not isinstance(self.world, Written):
            self.world = Written(self.world)
        self.world.put(path, content, append)

    def program(self, path: str) -> tuple[Word | None, bool]:
        """The text of a script, and whether it was written in this command (then it has its places)."""
        words = getattr(self.world, "words", {})
        if path in words:
            return words[path], True
        text = self.world.text(path)
        return (None if text is None else Word(text)), False

    # Variables

    def set(self, name: str, value: Any) -> None:
        """Set a variable (or, with a colon in front, something else that scopes undo); None forgets it."""
        self.log.append((name, self.values.get(name)))
        self.values[name] = value

    def get(self, name: str) -> Any:
        """What is known under a name, or None."""
        return self.values.get(name)

    def variable(self, name: str) -> Word:
        """A variable's value as a word, unknown where it was not set here."""
        value = self.values.get(name)
        if isinstance(value, Word):
            return self.spend(value)
        if name == "HOME" and self.world.home:
            return Word(self.world.home)
        if name == "IFS":
            return Word(" ")
        if name == "PWD":
            return Word(self.cwd)
        if name in ("TMPDIR", "TMP", "TEMP"):  # which folder is not known, that it is a temporary one is
            return Word("/tmp/tmp." + UNKNOWN)
        return UNKNOWN_WORD

    def spend(self, value: Word) -> Word:
        """The value, or unknown once variables have brought in more text than any honest command needs."""
        self.expanded += len(value.text)
        return UNKNOWN_WORD if self.expanded > MOST_EXPANDED else value

    def positional(self) -> tuple[Word, ...]:
        """The words behind `$@`."""
        args = self.args or ()
        self.expanded += len(args) + sum(len(word.text) for word in args)
        return (UNKNOWN_WORD,) if self.expanded > MOST_EXPANDED else args

    def save(self) -> Saved:
        """What `restore` needs to undo a scope."""
        return len(self.log), self.cwd, self.where, self.args

    def restore(self, saved: Saved) -> None:
        """Undo everything since `save`."""
        mark, self.cwd, self.where, self.args = saved
        while len(self.log) > mark:
            name, value = self.log.pop()
            self.values[name] = value

    # What is still to be read

    def script(self, word: Word, where: Where, cwd: str | None = None, args: Sequence[Word] | None = None) -> None:
        """Read `word` as a shell script of its own (its variables and folder do not come back)."""
        if where.depth >= DEEPEST:
            self.opaque("nesting", word.text, where.wrappers[-1] if where.wrappers else "")
            return
        self.todo.append(("script", word, where._replace(depth=where.depth + 1), cwd, tuple(args or ()), True))

    def source(self, word: Word, where: Where) -> None:
        """Read `word` as a script in this very shell (`eval`, `source`)."""
        if where.depth >= DEEPEST:
            self.opaque("nesting", word.text, "eval")
            return
        self.todo.append(("script", word, where._replace(depth=where.depth + 1), None, None, False))

    def command(self, command: Command) -> None:
        """Read a command that another one runs."""
        if command.where.depth >= DEEPEST:
            self.opaque("nesting", command.text, command.name)
            return
        where = command.where
        self.todo.append(("simple", command._replace(where=where._replace(depth=where.depth + 1))))
