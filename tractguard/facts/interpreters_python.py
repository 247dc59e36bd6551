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
from tractguard.facts.python_values import MOST_ITEMS, Choice, Each, Names, bound
from tractguard.facts.shell_run import Command, Run, beginning
from tractguard.facts.words import UNKNOWN_WORD, Word
from tractguard.model import UNKNOWN

_AST = 0x400  # ast.PyCF_ONLY_AST
MOST_NODES = 200_000
DEEPEST_PROGRAM = 3  # programs within programs

_DELETES = {"os.remove": False, "os.unlink": False, "os.rmdir": False, "os.removedirs": True, "shutil.rmtree": True}
_COPIES = {"shutil.copy": False, "shutil.copy2": False, "shutil.copyfile": False, "shutil.copytree": True}
_MOVES = ("os.rename", "os.replace", "os.renames", "shutil.move")
_RUNS = ("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen",
         "subprocess.getoutput", "subprocess.getstatusoutput", "os.system", "os.popen", "os.execvp", "os.execv",
         "os.spawnvp", "pty.spawn")  # fmt: skip
_LISTED = ("os.execvp", "os.execv", "os.spawnvp")  # the program, and then its words with the program again
_QUERIES = frozenset("execute executemany executescript query raw exec_driver_sql read_sql read_sql_query".split())
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


class _Reader(Names):
    """One text, read call by call."""

    def __init__(self, run: Run, command: Command, code: Word, tree: Any, file: bool) -> None:
        super().__init__(run, command, code, file)
        self.tree = tree
        self.calls: dict[str, list[Any]] | None = None

    def read(self) -> None:
        for node in self.nodes():
            kind = type(node).__name__
            if kind == "Assign" and len(node.targets) == 1 and type(node.targets[0]).__name__ == "Name":
                self.values[node.targets[0].id] = node.value
            elif kind in ("For", "comprehension", "AsyncFor"):
                self.values.update(bound(node.target, node.iter, self.values))
            elif kind == "FunctionDef":
                self.values.update(self.given(node))
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

    def given(self, function: Any) -> dict[str, Any]:
        """The parameters of a function, with what the calls of the text give them."""
        if self.calls is None:
            self.calls = {}
            for node in self.nodes():
                if type(node).__name__ == "Call" and type(node.func).__name__ == "Name":
                    self.calls.setdefault(node.func.id, []).append(node)
        calls = self.calls.get(function.name, ())
        names = [each.arg for each in function.args.args]
        found: dict[str, Any] = {}
        for index, name in enumerate(names):
            values = [value for call in calls[:MOST_ITEMS] if (value := self.argument(call, index, name)) is not None]
            if values:
                found[name] = values[0] if len(values) == 1 else Each(Choice(values))
        return found

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

            sources, targets = self.listed(node.args[0]), self.listed(node.args[1])
            for at, source in enumerate(sources):  # names of one loop go together
                moved(self.run, self.command, source, targets[at] if len(targets) == len(sources) else targets[0])
        elif name in _RUNS and first is not None:
            listed = self.argument(node, 1, "args") if name in _LISTED else None
            self.started(first if listed is None else listed, name)
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
            self.evaluated(self.word(first), name)
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
        elif type(node.func).__name__ == "Attribute" and node.func.attr in _QUERIES and node.args and not self.file:
            self.queried(node.args[0])

    def queried(self, node: Any) -> None:
        """`cursor.execute("delete …")`, also through SQLAlchemy's `text(…)`."""
        if type(node).__name__ == "Call" and self.dotted(node.func).rpartition(".")[2] == "text" and node.args:
            node = node.args[0]
        said = self.word(node)
        if " " in said.text and not said.text.startswith(UNKNOWN):
            from tractguard.facts.interpreters_sql import statements

            statements(self.run, self.command, said)

    def evaluated(self, said: Word, name: str) -> None:
        """`exec("…")`: a program within the program."""
        if self.file:
            return
        if not said.known:
            self.run.opaque("computed", self.code.text, self.command.name)
        elif name != "compile" and self.command.where.depth < DEEPEST_PROGRAM:
            where = self.command.where
            python_effects(self.run, self.command._replace(where=where._replace(depth=where.depth + 1)), said)

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
            for each in owners:
                touch(self.run, self.command, "write", each, mode=effect)
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
