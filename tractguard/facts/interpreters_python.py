"""What a Python text would do: files opened, written, removed, and commands started. Read from its syntax tree.

Only what is written as a literal (or a name given a literal in the same text) is known; the rest is unknown, and what
is run from unknown text is opaque. The tree comes from `compile`, so the `ast` module is not needed.
"""

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tractguard.facts.effects_files import touch
from tractguard.facts.shell_run import Command, Run, beginning
from tractguard.facts.words import UNKNOWN_WORD, Word, join
from tractguard.model import UNKNOWN

_AST = 0x400  # ast.PyCF_ONLY_AST
MOST_NODES = 200_000
MOST_ITEMS = 64  # items of one list of literals

_DELETES = {"os.remove": False, "os.unlink": False, "os.rmdir": False, "os.removedirs": True, "shutil.rmtree": True}
_COPIES = {"shutil.copy": False, "shutil.copy2": False, "shutil.copyfile": False, "shutil.copytree": True}
_TEMPORARY = ("tempfile.mkdtemp", "tempfile.TemporaryDirectory", "tempfile.mkstemp", "tempfile.NamedTemporaryFile",
              "tempfile.mktemp")  # fmt: skip
_MOVES = ("os.rename", "os.replace", "os.renames", "shutil.move")
_RUNS = ("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen",
         "subprocess.getoutput", "subprocess.getstatusoutput", "os.system", "os.popen", "os.execvp", "os.execv",
         "os.spawnvp", "pty.spawn")  # fmt: skip
# Functions of libraries that store something: which argument is the place, and its name.
_STORES = {
    "urllib.request.urlretrieve": (1, "filename"), "shutil.unpack_archive": (1, "extract_dir"),
    "shutil.make_archive": (0, "base_name"), "numpy.save": (0, "file"), "np.save": (0, "file"),
    "np.savetxt": (0, "fname"), "numpy.savetxt": (0, "fname"), "joblib.dump": (1, "filename"), "torch.save": (1, "f"),
    "cv2.imwrite": (0, "filename"), "wget.download": (1, "out"),
}  # fmt: skip
_EXPORTS = {
    "to_csv": ("path_or_buf",), "to_json": ("path_or_buf",), "to_parquet": ("path",), "to_excel": ("excel_writer",),
    "to_pickle": ("path",), "to_html": ("buf",), "savefig": ("fname",),
    "write_csv": ("file",), "write_parquet": ("file",),
}  # fmt: skip
_METHODS = {
    "write_text": "overwrite", "write_bytes": "overwrite", "touch": "create", "mkdir": "create", "unlink": "delete",
    "rmdir": "delete", "read_text": "read", "read_bytes": "read", "rename": "move", "replace": "move", "open": "open",
    "chmod": "chmod", "symlink_to": "link",
}  # fmt: skip


def python_effects(run: Run, command: Command, code: Word, file: bool = False) -> None:
    """Note the file and process effects of a Python text; of a `file` only those that are sure."""
    code = beginning(run, command, code)
    try:
        with warnings.catch_warnings():  # a doubtful escape in somebody's text is not ours to report
            warnings.simplefilter("ignore")
            tree = compile(code.text.replace(UNKNOWN, "_"), "-", "exec", _AST, True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
        if file:
            return
        run.opaque("program not readable", code.text, command.name)
        return
    _Reader(run, command, code, tree, file).read()


class _Each:
    """What the name in a loop stands for: each of what is walked over."""

    __slots__ = ("over",)

    def __init__(self, over: Any) -> None:
        self.over = over


class _Reader:
    """One text with the names it gives to literals and modules."""

    def __init__(self, run: Run, command: Command, code: Word, tree: Any, file: bool) -> None:
        self.run = run
        self.command = command
        self.code = code
        self.tree = tree
        self.file = file
        self.lines = [0]
        for index, char in enumerate(code.text):
            if char == "\n":
                self.lines.append(index + 1)
        self.values: dict[str, Any] = {}
        self.modules: dict[str, str] = {}

    def read(self) -> None:
        for node in self.nodes():
            kind = type(node).__name__
            if kind == "Assign" and len(node.targets) == 1 and type(node.targets[0]).__name__ == "Name":
                self.values[node.targets[0].id] = node.value
            elif kind in ("For", "comprehension", "AsyncFor") and type(node.target).__name__ == "Name":
                self.values[node.target.id] = _Each(node.iter)
            elif kind == "Import":
                for alias in node.names:
                    if alias.asname:
                        self.modules[alias.asname] = alias.name
            elif kind == "ImportFrom":
                for alias in node.names:
                    self.modules[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
            elif kind == "withitem" and self.dotted(getattr(node.context_expr, "func", None)) == "contextlib.chdir":
                self.moved(node.context_expr)
            elif kind == "withitem" and node.optional_vars is not None and hasattr(node.optional_vars, "id"):
                self.values[node.optional_vars.id] = node.context_expr
            elif kind == "Call":
                self.call(node)

    def nodes(self) -> Iterator[Any]:
        """All nodes, parents first, in the order of the text."""
        stack = [self.tree]
        count = 0
        said = Counter(re.findall(r"\w+", self.code.text)) if self.file else {}
        while stack and count < MOST_NODES:
            node = stack.pop()
            count += 1
            yield node
            if self.file and type(node).__name__ == "FunctionDef" and said.get(node.name, 0) == 1:
                continue  # nobody calls it
            inner: list[Any] = []
            fields = node._fields
            if "generators" in fields:  # what a comprehension walks over names what its first part uses
                fields = ("generators", *(field for field in fields if field != "generators"))
            for field in fields:
                value = getattr(node, field, None)
                if isinstance(value, list):
                    inner.extend(item for item in value if hasattr(item, "_fields"))
                elif hasattr(value, "_fields"):
                    inner.append(value)
            stack.extend(reversed(inner))

    # Names and literals

    def dotted(self, node: Any) -> str:
        parts: list[str] = []
        while type(node).__name__ == "Attribute" and len(parts) < 6:
            parts.append(node.attr)
            node = node.value
        if type(node).__name__ != "Name":
            return ""
        parts.append(self.modules.get(node.id, node.id))
        return ".".join(reversed(parts))

    def word(self, node: Any, depth: int = 0) -> Word:
        """A literal text, or what is known of it."""
        kind = type(node).__name__
        if kind == "Constant" and isinstance(node.value, str):
            return self.literal(node)
        if kind == "Constant" and isinstance(node.value, int):
            return Word(str(node.value))
        if depth > 6:
            return UNKNOWN_WORD
        if kind == "Name" and node.id in self.values:
            return self.word(self.values[node.id], depth + 1)
        if kind == "BinOp" and type(node.op).__name__ in ("Add", "Div"):
            left, right = self.word(node.left, depth + 1), self.word(node.right, depth + 1)
            return join([left, right], "/" if type(node.op).__name__ == "Div" else "")
        if kind == "JoinedStr":
            parts = [self.word(part, depth + 1) for part in node.values]
            return join(parts) if parts else Word("")
        if kind == "Attribute" and self.dotted(node) == "sys.executable":
            return Word("python3")
        if kind == "FormattedValue":
            return self.word(node.value, depth + 1)
        if kind == "_Each":
            return self.each(node.over, depth + 1)
        if kind == "Call":
            name = self.dotted(node.func)
            known = self.standard(node, name, depth)
            if known is not None:
                return known
            if name in ("Path", "pathlib.Path", "str", "os.path.abspath", "os.fspath", "PosixPath") and node.args:
                return join([self.word(arg, depth + 1) for arg in node.args[:6]], "/")
            if name in ("os.path.join",) and node.args:
                return join([self.word(arg, depth + 1) for arg in node.args[:8]], "/")
            if name in ("open", "io.open") and node.args:
                return self.word(node.args[0], depth + 1)
        return UNKNOWN_WORD

    def standard(self, node: Any, name: str, depth: int) -> Word | None:
        """What calls of the standard library answer that name a folder: a temporary one, home, the current one."""
        if name in _TEMPORARY:
            place = self.argument(node, 9, "dir")
            folder = Word("/tmp") if place is None else self.word(place, depth + 1)
            return join([folder, Word("/tmp." + UNKNOWN)])
        if name == "tempfile.gettempdir":
            return Word("/tmp")
        if name in ("Path.home", "pathlib.Path.home") and self.run.world.home:
            return Word(self.run.world.home)
        if name in ("os.getcwd", "Path.cwd", "pathlib.Path.cwd"):
            return Word(self.command.cwd)
        if name == "os.path.expanduser" and node.args:
            said = self.word(node.args[0], depth + 1)
            home = self.run.world.home
            return join([Word(home), said.cut(1)]) if home and said.text.startswith(("~/", "~")) else said
        return None

    def each(self, over: Any, depth: int) -> Word:
        """What a loop hands on, as a pattern: the matches of a glob, the names in a folder, the one item of a list."""
        kind = type(over).__name__
        if kind == "Name" and over.id in self.values:
            return self.each(self.values[over.id], depth + 1) if depth < 6 else UNKNOWN_WORD
        if kind in ("List", "Tuple", "Set"):
            return self.word(over.elts[0], depth) if len(over.elts) == 1 else UNKNOWN_WORD
        if kind != "Call" or depth > 6:
            return UNKNOWN_WORD
        name = self.dotted(over.func)
        if name in ("sorted", "list", "set", "reversed", "tuple") and over.args:
            return self.each(over.args[0], depth + 1)
        if name in ("glob.glob", "glob.iglob") and over.args:
            return self.word(over.args[0], depth)._replace(glob=True)
        if name == "os.listdir":
            return Word("*", (), False, True)
        method = over.func.attr if type(over.func).__name__ == "Attribute" else ""
        if method in ("glob", "rglob", "iterdir"):
            parts = [self.word(over.func.value, depth)]
            parts += [Word("**")] if method == "rglob" else []
            parts += [self.word(over.args[0], depth)] if over.args else [Word("*")]
            return join(parts, "/")._replace(glob=True)
        return UNKNOWN_WORD

    def listed(self, node: Any) -> list[Word]:
        """The words that a name stands for: several where a loop walks over a list of literals."""
        if type(node).__name__ == "Name":
            value = self.values.get(node.id)
            over: Any = value.over if isinstance(value, _Each) else None
            if type(over).__name__ == "Name":
                over = self.values.get(over.id)
            if type(over).__name__ in ("List", "Tuple", "Set") and len(over.elts) <= MOST_ITEMS:
                return [self.word(item) for item in over.elts]
        return [self.word(node)]

    def literal(self, node: Any) -> Word:
        """A string constant with its place, where it is written plainly on one line."""
        text = node.value.replace(UNKNOWN, "\ufffd")
        if (
            node.lineno == getattr(node, "end_lineno", 0)
            and node.lineno <= len(self.lines)
            and self.code.text.isascii()
        ):
            start = self.lines[node.lineno - 1] + node.col_offset
            for skip in (1, 2, 3):
                if text and self.code.text.startswith(text, start + skip):
                    return self.code.cut(start + skip, start + skip + len(text))
        return Word(text)

    def argument(self, node: Any, index: int, *names: str) -> Any:
        for keyword in node.keywords:
            if keyword.arg in names:
                return keyword.value
        return node.args[index] if index < len(node.args) else None

    # Calls

    def call(self, node: Any) -> None:
        name = self.dotted(node.func)
        first = self.argument(node, 0, "path", "src", "file", "args", "cmd", "command")
        if name in ("open", "io.open", "codecs.open"):
            self.opened(self.argument(node, 0, "file"), self.argument(node, 1, "mode"))
        elif name in _DELETES and first is not None:
            self.touch("delete", first, recursive=_DELETES[name], force=True)
        elif name in _COPIES and first is not None:
            target = self.argument(node, 1, "dst")
            self.touch("read", first, recursive=_COPIES[name])
            if target is not None:
                self.touch("write", target, mode="overwrite", recursive=_COPIES[name])
        elif name in _MOVES and len(node.args) > 1:
            from tractguard.facts.effects_files import moved

            moved(self.run, self.command, self.word(node.args[0]), self.word(node.args[1]))
        elif name in _RUNS and first is not None:
            self.started(first, name)
        elif name in ("os.chdir", "os.fchdir", "chdir"):
            self.moved(node)
        elif name in ("fileinput.input", "fileinput.FileInput") and self.argument(node, 0, "files") is not None:
            files = self.argument(node, 0, "files")
            inplace = self.argument(node, 1, "inplace")
            edits = inplace is not None and getattr(inplace, "value", True)
            for item in files.elts[:MOST_ITEMS] if type(files).__name__ in ("List", "Tuple") else [files]:
                self.touch("write" if edits else "read", item, **({"mode": "edit"} if edits else {"recursive": False}))
        elif name in ("os.mkdir", "os.makedirs") and first is not None:
            self.touch("write", first, mode="create", folder=True)
        elif name in ("os.truncate",) and first is not None:
            self.touch("write", first, mode="overwrite")
        elif name in ("os.chmod",) and first is not None:
            self.touch("chmod", first)
        elif name in ("os.symlink", "os.link") and len(node.args) > 1:
            self.linked(node.args[0], node.args[1])
        elif name in ("exec", "eval", "compile") and first is not None:
            if not self.file and not self.word(first).known:
                self.run.opaque("computed", self.code.text, self.command.name)
        elif name in _STORES and self.argument(node, *_STORES[name]) is not None:
            self.touch("write", self.argument(node, *_STORES[name]), mode="overwrite", recursive="unpack" in name)
        elif type(node.func).__name__ == "Attribute" and node.func.attr == "extractall":
            target = self.argument(node, 0, "path")
            place = Word(".") if target is None else self.word(target)
            self.noted("write", place, mode="overwrite", recursive=True, archive=True)
        elif type(node.func).__name__ == "Attribute" and node.func.attr in _EXPORTS:
            target = self.argument(node, 0, *_EXPORTS[node.func.attr])
            if target is not None and "." in self.word(target).text:
                self.touch("write", target, mode="overwrite")
        elif type(node.func).__name__ == "Attribute" and node.func.attr in _METHODS:
            self.method(node)

    def touch(self, kind: str, node: Any, **data: Any) -> None:
        for word in self.listed(node):
            self.noted(kind, word, **data)

    def noted(self, kind: str, word: Word, **data: Any) -> None:
        if not (self.file and word.text.startswith(UNKNOWN)):
            touch(self.run, self.command, kind, word, **data)

    def moved(self, node: Any) -> None:
        """`os.chdir(x)`: what follows happens there."""
        target = self.argument(node, 0, "path")
        if target is not None:
            folder = self.word(target)._replace(quoted=True)
            self.command = self.command._replace(cwd=self.run.path(folder, self.command.cwd))

    def opened(self, path: Any, mode: Any) -> None:
        if path is None:
            return
        said = "r" if mode is None else self.word(mode).text
        if "w" in said or "x" in said or "+" in said:
            self.touch("write", path, mode="overwrite" if "w" in said else "edit" if "+" in said else "create")
        elif "a" in said:
            self.touch("append", path)
        else:
            self.touch("read", path, recursive=False)

    def started(self, node: Any, name: str) -> None:
        kind = type(node).__name__
        if kind == "Name" and node.id in self.values:
            node = self.values[node.id]
            kind = type(node).__name__
        if kind in ("List", "Tuple") and node.elts:
            words = tuple(self.word(item) for item in node.elts)
            if self.file and not words[0].known:
                return
            where = self.command.where
            self.run.command(
                Command(
                    words, {}, self.command.cwd, where=where._replace(wrappers=(*where.wrappers, self.command.name))
                )
            )
            return
        word = self.word(node)
        if word.text.startswith(UNKNOWN):
            if self.file:
                return
            self.run.opaque("computed", self.code.text, self.command.name)
        elif word.text:
            where = self.command.where
            self.run.script(word, where._replace(wrappers=(*where.wrappers, self.command.name)), self.command.cwd)

    def linked(self, target: Any, link: Any) -> None:
        aim, name = self.word(target), self.word(link)
        data = {"said": name.text, "via": self.command.name, "symbolic": True}
        self.run.add("link", self.run.path(name, self.command.cwd), self.run.path(aim, self.command.cwd), data, None)

    def method(self, node: Any) -> None:
        """Methods of a Path, or of a file opened from one."""
        effect = _METHODS[node.func.attr]
        owners = self.listed(node.func.value)
        owner = owners[0] if owners else UNKNOWN_WORD
        if not owner.text or owner.text.startswith(UNKNOWN):
            return
        inner = node.func.value
        if type(inner).__name__ == "Name":
            inner = self.values.get(inner.id, inner)
        if type(inner).__name__ == "Constant":  # "text".replace(...) is no path
            return
        if effect in ("overwrite", "create"):
            touch(self.run, self.command, "write", owner, mode=effect)
        elif effect in ("delete", "read", "chmod"):
            for each in owners:
                touch(self.run, self.command, effect, each)
        elif effect == "open":
            said = self.argument(node, 0, "mode")
            self.opened(inner, said)
        elif effect == "move" and node.args and self.is_path(inner):
            from tractguard.facts.effects_files import moved

            moved(self.run, self.command, owner, self.word(node.args[0]))

    def is_path(self, node: Any) -> bool:
        return type(node).__name__ == "Call" and self.dotted(node.func) in ("Path", "pathlib.Path")
