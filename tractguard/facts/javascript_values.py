"""What names and expressions of a JavaScript text stand for, as far as the text itself says it.

It knows literals, templates, sums, `path.join`, the folders of `os` and `process`, what a constant was given, the items
that a loop walks over, and under which names modules and their functions were brought in. The rest is unknown.
"""

from typing import Any

from tractguard.facts.shell_values import ansi
from tractguard.facts.words import UNKNOWN_WORD, Word, join
from tractguard.facts.wrappers import table
from tractguard.model import UNKNOWN

MOST_ITEMS = 64  # items of one list of literals
DEEPEST = 8  # names within names, parts within parts

_INNER = frozenset(
    ("parenthesized_expression", "as_expression", "satisfies_expression", "non_null_expression", "await_expression",
     "type_assertion")
)  # fmt: skip
_JOINS = frozenset(("path.join", "path.resolve", "path.posix.join", "path.normalize"))
_SAME = frozenset(("String", "path.toNamespacedPath", "url.fileURLToPath", "fileURLToPath", "Bun.file"))
_FOLDERS = {"os.homedir": "~", "os.tmpdir": "/tmp", "process.cwd": ".", "Deno.cwd": "."}
_GLOBS = frozenset(("glob", "glob.sync", "glob.glob", "glob.globSync", "globSync", "fs.glob", "fs.globSync"))
_LISTINGS = frozenset(("fs.readdirSync", "fs.readdir", "Deno.readDirSync", "Deno.readDir"))


_KNOWN = ("fs", "child_process", "Bun", "Deno", "process", "path", "os")


def field(node: Any, name: str) -> Any:
    """A node's part by its name in the grammar, or None."""
    return node.child_by_field_name(name) if node is not None else None


def items(node: Any) -> list[Any]:
    """The parts of a list of arguments, items or properties, comments left out."""
    return [child for child in node.children if child.is_named and child.type != "comment"] if node is not None else []


class Names:
    """The names that one text gives to values and modules."""

    def __init__(self, code: Word, cwd: str, home: str) -> None:
        self.code = code
        self.cwd = cwd
        self.home = home
        self.values: dict[str, Any] = {}
        self.over: dict[str, Any] = {}  # what a loop's name walks over
        self.choices: dict[str, list[Any]] = {}  # what a function's calls give a parameter, a loop a name in brackets
        self.handed: tuple[Word, ...] = ()  # `process.argv` from the place of the program's first own word
        self.first = 2  # that place
        self.modules: dict[str, str] = {}
        self.packages: set[str] = set()

    def raw(self, node: Any) -> str:
        """A node's text as written."""
        return self.code.text[node.start_byte : node.end_byte] if node is not None else ""

    # Names

    def imported(self, node: Any) -> None:
        """`import a, {b as c} from "m"`, `import * as d from "m"`, `import e = require("m")`."""
        module = self.module(self.word(field(node, "source")).text)
        for clause in items(node):
            for part in items(clause) if clause.type == "import_clause" else ():
                if part.type == "identifier":
                    self.modules[self.raw(part)] = module
                elif part.type == "namespace_import":
                    self.modules[self.raw(part.children[-1])] = module
                for one in items(part) if part.type == "named_imports" else ():
                    name = self.raw(field(one, "name"))
                    alias = self.raw(field(one, "alias")) or name
                    self.modules[alias] = self.member(module, name)
            if clause.type == "import_require_clause":
                source = self.word(field(clause, "source")).text
                self.modules[self.raw(clause.children[0])] = self.module(source)

    def bind(self, pattern: Any, value: Any) -> None:
        """Give the name (or the names in braces) what stands on the other side."""
        if pattern is None or value is None:
            return
        whole = self.dotted(value)
        if pattern.type == "identifier":
            name = self.raw(pattern)
            self.over.pop(name, None)
            if whole and (self.is_module(whole) or whole[:1] == "."):
                self.modules[name] = whole
            else:
                self.modules.pop(name, None)
                self.values[name] = value
        elif pattern.type == "object_pattern" and whole:
            for part in items(pattern):
                if part.type == "shorthand_property_identifier_pattern":
                    self.modules[self.raw(part)] = self.member(whole, self.raw(part))
                elif part.type == "pair_pattern" and (target := field(part, "value")) is not None:
                    self.modules[self.raw(target)] = self.member(whole, self.raw(field(part, "key")))

    def loop(self, pattern: Any, over: Any) -> None:
        """The name in a loop stands for each of what is walked over."""
        if pattern is not None and over is not None and pattern.type == "array_pattern":
            for index, part in enumerate(items(pattern)):
                if part.type == "identifier":
                    self.choose(self.raw(part), self.column(over, index))
        elif pattern is not None and over is not None and pattern.type == "identifier":
            self.modules.pop(self.raw(pattern), None)
            self.values.pop(self.raw(pattern), None)
            self.over[self.raw(pattern)] = over

    def choose(self, name: str, nodes: list[Any]) -> None:
        """A name stands for one of several expressions."""
        self.modules.pop(name, None)
        self.values.pop(name, None)
        if nodes:
            self.choices[name] = nodes[:MOST_ITEMS]

    def column(self, over: Any, index: int) -> list[Any]:
        """The first, second … of the pairs in a list of lists, or of an object's entries."""
        over = self.value(over)
        if over.type == "call_expression" and self.raw(field(over, "function")) == "Object.entries":
            over = self.value(next(iter(items(field(over, "arguments"))), over))
            pairs = [part for part in items(over) if part.type == "pair"] if over.type == "object" else []
            return [field(pair, "key" if index == 0 else "value") for pair in pairs if index < 2]
        rows = [self.value(row) for row in items(over)] if over.type == "array" else []
        return [items(row)[index] for row in rows if row.type == "array" and index < len(items(row))]

    def module(self, said: str) -> str:
        """A module by one name: `node:fs/promises` and `fs-extra` are `fs`; one that is not known keeps its own."""
        plain = said.removeprefix("node:")
        known: str = table("javascript")["modules"].get(plain, plain)
        if plain[:1] not in (".", "/", "", UNKNOWN):
            self.packages.add(known)
        return known

    def is_module(self, name: str) -> bool:
        """Whether a dotted name begins at a package, known or not; a file of the project is none."""
        return any(name == known or name.startswith(known + ".") for known in (*self.packages, *_KNOWN))

    def member(self, owner: str, name: str) -> str:
        return owner if name in ("promises", "default") else f"{owner}.{name}"

    def dotted(self, node: Any, depth: int = 0) -> str:
        """The full name of what an expression stands for (`fs.rmSync`), "" where it has none."""
        if node is None or depth > DEEPEST:
            return ""
        kind = node.type
        if kind == "identifier":
            name = self.raw(node)
            if name in self.modules:
                return self.modules[name]
            known: str = table("javascript")["globals"].get(name, name)
            return known if name not in self.values and name not in self.over else name
        if kind in _INNER:
            return self.dotted(next(iter(items(node)), None), depth + 1)
        if kind in ("member_expression", "subscript_expression"):
            owner = self.dotted(field(node, "object"), depth + 1)
            index = field(node, "index")
            name = self.word(index, depth + 1).text if index is not None else self.raw(field(node, "property"))
            return self.member(owner, name) if owner else f"?.{name}"
        if kind == "call_expression":
            function, given = field(node, "function"), items(field(node, "arguments"))
            called = self.raw(function)
            if called in ("require", "import", "process.getBuiltinModule", "module.require") and given:
                return self.module(self.word(given[0], depth + 1).text)
            if called.rpartition(".")[2] == "promisify" and given:
                return self.dotted(given[0], depth + 1)
            if called == "$":  # $({cwd})`...`
                return "$"
        return ""

    def value(self, node: Any) -> Any:
        """The expression behind a constant's name and around it; the node itself where there is none."""
        for _ in range(DEEPEST):
            if node.type == "identifier" and self.raw(node) in self.values:
                node = self.values[self.raw(node)]
            elif node.type in _INNER and items(node):
                node = items(node)[0]
            else:
                break
        return node

    # Values

    def word(self, node: Any, depth: int = 0) -> Word:
        """The text that an expression stands for, or what is known of it."""
        if node is None or depth > DEEPEST:
            return UNKNOWN_WORD
        kind = node.type
        if kind == "string":
            return ansi(self.code.cut(node.start_byte + 1, max(node.start_byte + 1, node.end_byte - 1)))
        if kind == "template_string":
            return self.template(node, depth)
        if kind == "number":
            return self.code.cut(node.start_byte, node.end_byte)
        if kind == "identifier":
            return self.named(self.raw(node), depth)
        if kind == "property_identifier":  # the key of an object whose entries a loop walks over
            return self.code.cut(node.start_byte, node.end_byte)
        if kind == "subscript_expression" and self.raw(field(node, "object")) in ("process.argv", "Bun.argv"):
            said = self.raw(field(node, "index"))
            at = int(said) - self.first if said.isdigit() and len(said) < 4 else -1
            return self.handed[at] if 0 <= at < len(self.handed) else UNKNOWN_WORD
        if kind in _INNER:
            return self.word(next(iter(items(node)), None), depth + 1)
        if kind == "binary_expression" and self.raw(field(node, "operator")) == "+":
            return join([self.word(field(node, "left"), depth + 1), self.word(field(node, "right"), depth + 1)])
        if kind in ("call_expression", "new_expression"):
            return self.called(node, depth)
        if kind == "member_expression" and self.raw(node) in ("process.env.HOME", "Bun.env.HOME") and self.home:
            return Word(self.home)
        return UNKNOWN_WORD

    def named(self, name: str, depth: int) -> Word:
        """What a name was given; one that a loop gives each item in turn is a pattern, or the one item."""
        if name in self.values:
            return self.word(self.values[name], depth + 1)
        if name in self.over:
            return each(self, self.over[name], depth + 1)
        if len(self.choices.get(name, ())) == 1:
            return self.word(self.choices[name][0], depth + 1)
        return Word(self.cwd) if name == "__dirname" and self.cwd else UNKNOWN_WORD

    def template(self, node: Any, depth: int) -> Word:
        parts: list[Word] = []
        at = node.start_byte + 1
        for child in node.children:
            if child.type == "template_substitution":
                parts.append(ansi(self.code.cut(at, child.start_byte)))
                parts.append(self.word(next(iter(items(child)), None), depth + 1))
                at = child.end_byte
        parts.append(ansi(self.code.cut(at, max(at, node.end_byte - 1))))
        return join(parts)

    def called(self, node: Any, depth: int) -> Word:
        """What a call answers, where that is sure: a joined path, a known folder, a decoded text."""
        function = field(node, "function") or field(node, "constructor")
        name, given = self.dotted(function, depth + 1), items(field(node, "arguments"))
        if name in _JOINS and given:
            parts = [self.word(one, depth + 1) for one in given[:8]]
            if name == "path.resolve":  # a later absolute part begins anew
                first = max((index for index, part in enumerate(parts) if part.text[:1] == "/"), default=0)
                parts = parts[first:]
            return join(parts, "/")
        if name in _FOLDERS:
            home = self.home or UNKNOWN_WORD.text
            return Word({"~": home, ".": self.cwd}.get(_FOLDERS[name], _FOLDERS[name]))
        if (name in _SAME or name == "URL") and given:
            return self.word(given[0], depth + 1)
        if name.endswith(".toString") or name == "atob":
            return self.decoded(function, given, depth)
        return UNKNOWN_WORD

    def decoded(self, function: Any, given: list[Any], depth: int) -> Word:
        """`Buffer.from("..", "base64").toString()` and `atob("..")`."""
        source = self.value(field(function, "object")) if function.type == "member_expression" else None
        if source is not None:
            given = items(field(source, "arguments"))
            coding = self.word(given[1], depth + 1).text if len(given) > 1 else ""
            if self.raw(field(source, "function")) != "Buffer.from" or coding != "base64":
                return UNKNOWN_WORD
        said = self.word(given[0], depth + 1) if given else UNKNOWN_WORD
        from binascii import Error, a2b_base64

        try:
            return Word(a2b_base64(said.text).decode()) if said.known else UNKNOWN_WORD
        except (Error, ValueError):
            return UNKNOWN_WORD

    def listed(self, node: Any) -> list[Word]:
        """The words that an expression stands for: several where it is a list, or uses a loop's name for its items."""
        value = self.value(node)
        if value.type == "array" and len(items(value)) <= MOST_ITEMS:
            return [self.word(item) for item in items(value)]
        name, over = self.looped(value)
        if not over:
            return [self.word(node)]
        words = []
        for item in over:
            self.values[name] = item
            words.append(self.word(value))
        del self.values[name]
        return words

    def looped(self, node: Any) -> tuple[str, list[Any]]:
        """A name in an expression that a loop gives the items of a list, and these."""
        todo = [node] if self.over or self.choices else []
        for _ in range(MOST_ITEMS):
            if not todo:
                break
            part = todo.pop()
            name = self.raw(part) if part.type == "identifier" else ""
            if len(self.choices.get(name, ())) > 1 and name not in self.values:
                return name, self.choices[name]
            over = self.value(self.over[name]) if name in self.over else None
            if over is not None and over.type == "array" and len(items(over)) <= MOST_ITEMS:
                return name, items(over)
            todo.extend(items(part))
        return "", []


def each(names: Names, over: Any, depth: int) -> Word:
    """What a loop hands on, as a pattern: the matches of a glob, the names in a folder, the one item of a list."""
    over = names.value(over)
    if over.type == "array" and len(items(over)) == 1:
        return names.word(items(over)[0], depth)
    if over.type == "call_expression":
        name, given = names.dotted(field(over, "function")), items(field(over, "arguments"))
        if name in _GLOBS and given:
            return names.word(given[0], depth)._replace(glob=True)
        if name in _LISTINGS:
            return Word("*", (), False, True)
    return UNKNOWN_WORD
