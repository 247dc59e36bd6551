"""What the names in a Python text stand for: literals, paths put together from them, what a loop walks over.

A name that is given one literal is that literal; one that a loop gives several, or a function's parameter that the
text's own calls give several, stands for each of them. What a program computes is unknown.
"""

from typing import Any

from tractguard.facts.interpreters_reach import handed
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import UNKNOWN_WORD, Word, join
from tractguard.model import UNKNOWN

MOST_ITEMS = 64  # literals that one name stands for
DEEPEST = 6  # names that lead to names
_TEMPORARY = ("tempfile.mkdtemp", "tempfile.TemporaryDirectory", "tempfile.mkstemp", "tempfile.NamedTemporaryFile",
              "tempfile.mktemp")  # fmt: skip


class Each:
    """What the name in a loop stands for: each of what is walked over."""

    __slots__ = ("over",)

    def __init__(self, over: Any) -> None:
        self.over = over


class Choice:
    """Several nodes of the syntax tree, one of which a name stands for at a time."""

    __slots__ = ("_fields", "elts")

    def __init__(self, elts: list[Any]) -> None:
        self.elts = elts
        self._fields = ("elts",)


class Names:
    """One text with the names it gives to literals and modules."""

    def __init__(self, run: Run, command: Command, code: Word, file: bool) -> None:
        self.run = run
        self.command = command
        self.code = code
        self.file = file
        self.lines = [0]
        for index, char in enumerate(code.text):
            if char == "\n":
                self.lines.append(index + 1)
        self.values: dict[str, Any] = {}
        self.modules: dict[str, str] = {}

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
        if kind == "Subscript" and self.dotted(node.value) == "sys.argv":
            return self.handed(getattr(node.slice, "value", None))
        if kind == "FormattedValue":
            return self.word(node.value, depth + 1)
        if kind == "Each":
            return self.each(node.over, depth + 1)
        if kind == "Call":
            if type(node.func).__name__ == "Attribute" and node.func.attr == "decode":
                return self.word(node.func.value, depth + 1)
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
        if name in ("base64.b64decode", "b64decode", "base64.decodebytes") and node.args:
            from tractguard.facts.shell_output import decoded_base64

            said = self.word(node.args[0], depth + 1)
            return (decoded_base64(said.text) if said.known else None) or UNKNOWN_WORD
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
        if kind in ("List", "Tuple", "Set", "Choice"):
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

    def listed(self, node: Any, room: int = MOST_ITEMS) -> list[Word]:
        """The words that an expression stands for: several where a name in it stands for several literals."""
        name = self.walked(node, 0) if room > 1 else ""
        if not name:
            return [self.word(node)]
        each = self.values[name]
        items = self.items(each.over)
        words: list[Word] = []
        for item in items:
            self.values[name] = item
            words.extend(self.listed(node, room // len(items)))
        self.values[name] = each
        return words

    def items(self, over: Any) -> list[Any]:
        """The literals of a list that is walked over."""
        for _ in range(DEEPEST):
            if type(over).__name__ == "Name":
                over = self.values.get(over.id)
            elif type(over).__name__ == "Call" and over.args and self.dotted(over.func) in _SAME:
                over = over.args[0]
            else:
                break
        items = over.elts if type(over).__name__ in ("List", "Tuple", "Set", "Choice") else []
        return items if 1 < len(items) <= MOST_ITEMS else []

    def walked(self, node: Any, depth: int) -> str:
        """A name in an expression, or behind the names in it, that stands for several literals."""
        if depth > DEEPEST:
            return ""
        if type(node).__name__ == "Name":
            value = self.values.get(node.id)
            if isinstance(value, Each):
                return node.id if self.items(value.over) else ""
            return self.walked(value, depth + 1) if value is not None and value is not node else ""
        for field in getattr(node, "_fields", ()):
            inner = getattr(node, field, None)
            for each in inner[:8] if isinstance(inner, list) else (inner,):
                if hasattr(each, "_fields"):
                    found = self.walked(each, depth + 1)
                    if found:
                        return found
        return ""

    def handed(self, index: Any) -> Word:
        """`sys.argv[1]`: a word behind the program."""
        args = handed(self.command.args, ("-c",))
        return args[index - 1] if isinstance(index, int) and 0 < index <= len(args) else UNKNOWN_WORD

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
        """What a call gives for a parameter, by its place or its name; None where it gives nothing."""
        for keyword in node.keywords:
            if keyword.arg in names:
                return keyword.value
        return node.args[index] if index < len(node.args) else None


_SAME = ("sorted", "list", "set", "reversed", "tuple")


def bound(target: Any, over: Any, values: dict[str, Any]) -> dict[str, Any]:
    """What a loop's names stand for: `for f in x`, `for a, b in [(…), …]`, `for path, text in {…}.items()`."""
    kind = type(target).__name__
    if kind == "Name":
        return {target.id: Each(over)}
    if kind != "Tuple" or any(type(each).__name__ != "Name" for each in target.elts):
        return {}
    names = [each.id for each in target.elts]
    items = type(over).__name__ == "Call" and getattr(over.func, "attr", "") == "items" and not over.args
    source = over.func.value if items else over
    for _ in range(DEEPEST):
        if type(source).__name__ != "Name":
            break
        source = values.get(source.id)
    if items and type(source).__name__ == "Dict" and len(names) == 2 and None not in source.keys:
        return {names[0]: Each(Choice(source.keys)), names[1]: Each(Choice(source.values))}
    rows = source.elts if type(source).__name__ in ("List", "Tuple") else []
    if not rows or any(len(getattr(row, "elts", ())) != len(names) for row in rows):
        return {}
    return {name: Each(Choice([row.elts[at] for row in rows])) for at, name in enumerate(names)}
