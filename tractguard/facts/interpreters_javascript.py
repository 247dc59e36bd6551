"""What a JavaScript or TypeScript text would do: files, folders, processes. Read from its syntax tree.

It knows the calls of `data/programs_javascript.json` (Node, Bun, Deno, execa, zx and their kin), under whatever name
the text binds them, and literals, constants, templates and joined paths as `javascript_values` reads them. What is
computed stays unknown. It refuses to follow functions and flow: each call is made once, where it stands.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tractguard.facts.code_tree import MOST_SECONDS, faults, overnested
from tractguard.facts.effects_files import moved, touch
from tractguard.facts.interpreters_reach import handed
from tractguard.facts.javascript_values import Names, field, items
from tractguard.facts.shell_run import Command, Run, beginning
from tractguard.facts.treesitter import parser
from tractguard.facts.words import Word, join
from tractguard.facts.wrappers import table
from tractguard.model import UNKNOWN

MOST_NODES = 200_000
_CALLBACKS = frozenset(("forEach", "map", "filter", "flatMap", "some", "every"))
_TRAILING = re.compile(r"(?:Sync|\.default)\Z")


def javascript_effects(run: Run, command: Command, code: Word, file: bool = False) -> None:
    """Note the file and process effects of a JavaScript or TypeScript text; of a `file` only those that are sure."""
    code = beginning(run, command, code)
    if overnested(code.text):
        run.opaque("program too large", code.text, command.name)
        return
    tree = _tree(code.text.replace(UNKNOWN, "_"))
    if tree is None:
        run.opaque("program not readable" if parser("javascript") else "no parser", code.text, command.name)
        return
    _Reader(run, command, code, file).read(tree.root_node)


def _tree(text: str) -> Any:
    """The syntax tree: as JavaScript, or as TypeScript where that leaves less unexplained."""
    best, least = None, 1 << 60
    for dialect in ("javascript", "typescript", "tsx"):
        engine = parser(dialect)
        if engine is None:
            continue
        tree = engine.parse(text, MOST_SECONDS)
        strange = least if tree is None else faults(tree.root_node)
        if strange < least:
            best, least = tree, strange
        if not least:
            break
    return best


_CODES = ("-e", "--eval", "-p", "--print", "-pe")
_FUNCTIONS = frozenset(("function_declaration", "function_expression", "arrow_function"))
_QUERIES = frozenset(
    "query execute exec run all get prepare raw $executeRaw $executeRawUnsafe $queryRaw $queryRawUnsafe".split()
)


class _Reader:
    """One text, read from its beginning to its end."""

    def __init__(self, run: Run, command: Command, code: Word, file: bool) -> None:
        self.run = run
        self.command = command
        self.code = code
        self.file = file
        self.names = Names(code, command.cwd, run.world.home)
        self.names.first = 2 if file else 1
        runs = command.name in ("bun", "deno") and command.args[:1] and command.args[0].text == "run"
        self.names.handed = handed(command.args[1:] if runs else command.args, _CODES)
        self.called: dict[str, list[Any]] | None = None
        tables = table("javascript")
        self.calls: dict[str, str] = tables["calls"]
        self.alone = frozenset(tables["alone"].split())
        self.shell_names = frozenset(("exec", *tables["shelljs"].split()))

    def read(self, root: Any) -> None:
        """Note the effects of all calls below `root`."""
        for node in self.nodes(root):
            kind = node.type
            if kind == "import_statement":
                self.names.imported(node)
            elif kind == "variable_declarator":
                self.names.bind(field(node, "name"), field(node, "value"))
                self.given(root, field(node, "name"), field(node, "value"))
            elif kind == "function_declaration":
                self.given(root, field(node, "name"), node)
            elif kind == "assignment_expression":
                self.names.bind(field(node, "left"), field(node, "right"))
            elif kind == "for_in_statement":
                self.names.loop(field(node, "left"), field(node, "right"))
            elif kind in ("call_expression", "new_expression"):
                self.call(node)

    def given(self, root: Any, name: Any, function: Any) -> None:
        """The parameters of a function stand for what the calls of the text give them."""
        if name is None or function is None or function.type not in _FUNCTIONS:
            return
        if self.called is None:
            self.called = {}
            for node in self.nodes(root):
                if node.type == "call_expression" and (said := field(node, "function")).type == "identifier":
                    self.called.setdefault(self.names.raw(said), []).append(items(field(node, "arguments")))
        calls = self.called.get(self.names.raw(name), [])
        single = field(function, "parameter")
        for index, part in enumerate([single] if single is not None else items(field(function, "parameters"))):
            plain = field(part, "pattern") if part.type == "required_parameter" else part
            if plain is not None and plain.type == "identifier":
                self.names.choose(self.names.raw(plain), [call[index] for call in calls if index < len(call)])

    def nodes(self, root: Any) -> Iterator[Any]:
        """All named nodes, parents first, in the order of the text."""
        said = Counter(re.findall(r"[\w$]+", self.code.text)) if self.file else {}
        todo = [root]
        for _ in range(MOST_NODES):
            if not todo:
                return
            node = todo.pop()
            yield node
            if self.file and node.type == "function_declaration":
                name = field(node, "name")
                if name is not None and said.get(self.names.raw(name), 0) == 1:
                    continue  # nobody calls it
            todo.extend([child for child in reversed(node.children) if child.is_named])

    def call(self, node: Any) -> None:
        """One call: what the function's name stands for, and its arguments."""
        function = field(node, "function") or field(node, "constructor")
        arguments = field(node, "arguments")
        if function is None:
            return
        if function.type == "member_expression":
            self.callback(function, arguments)
        name = self.names.dotted(function)
        given = items(arguments) if arguments is not None and arguments.type == "arguments" else []
        if arguments is not None and arguments.type == "template_string":
            given = [arguments]
        effect = self.effect(name)
        owner, _, last = name.rpartition(".")
        if effect is not None:
            self.note(effect, given)
        elif owner == "shelljs" and last in self.shell_names:
            self.shelljs(last, given)
        elif function.type == "member_expression":
            self.method(function)
            if self.names.raw(field(function, "property")) in _QUERIES and given and not self.file:
                self.queried(function, given[0])

    def queried(self, function: Any, first: Any) -> None:
        """`client.query("delete …")`, of no pattern."""
        said = self.names.word(first)
        if field(function, "object").type != "regex" and " " in said.text and not said.text.startswith(UNKNOWN):
            from tractguard.facts.interpreters_sql import statements

            statements(self.run, self.command, said)

    def effect(self, name: str) -> str | None:
        """The effect of a call under its full name; a name that nobody else uses counts whoever owns it."""
        plain = _TRAILING.sub("", name)
        found = self.calls.get(name) or self.calls.get(plain)
        owner, _, last = name.rpartition(".")
        if found is None and last in self.alone and not self.names.is_module(owner):
            base = _TRAILING.sub("", last)
            found = self.calls.get(f"fs.{base}") or self.calls.get(f"child_process.{base}") or self.calls.get(base)
        return found

    def callback(self, function: Any, arguments: Any) -> None:
        """`[..].forEach(f => ..)` and `import('fs').then(({rm}) => ..)` give a name to what they hand on."""
        given = items(arguments) if arguments is not None else []
        if not given or given[0].type not in ("arrow_function", "function_expression"):
            return
        parameters = field(given[0], "parameter") or next(iter(items(field(given[0], "parameters"))), None)
        if parameters is not None and parameters.type == "required_parameter":
            parameters = field(parameters, "pattern")
        how = self.names.raw(field(function, "property"))
        if how in _CALLBACKS:
            self.names.loop(parameters, field(function, "object"))
        elif how == "then":
            self.names.bind(parameters, field(function, "object"))

    def note(self, effect: str, given: list[Any]) -> None:
        """Note one effect of the table."""
        first = given[0] if given else None
        if first is None:
            return
        second = given[1] if len(given) > 1 else None
        kind, _, tree = effect.partition(" ")
        if kind in ("write", "create"):
            self.touch("write", first, mode="overwrite" if kind == "write" else "create")
        elif kind == "folder":
            self.touch("write", first, mode="create", folder=True)
        elif kind == "delete":
            self.touch("delete", first, recursive=bool(tree) or self.option(second, "recursive") == "true", force=True)
        elif kind in ("append", "chmod"):
            self.touch(kind, first)
        elif kind == "read":
            self.touch("read", first, recursive=False)
        elif kind in ("move", "copy", "link") and second is not None:
            self.pair(kind, first, second)
        elif kind == "open":
            self.opened(first, second)
        elif kind == "chdir":
            folder = self.names.word(first)._replace(quoted=True)
            self.command = self.command._replace(cwd=self.run.path(folder, self.command.cwd))
            self.names.cwd = self.command.cwd
        else:
            self.started(kind, given)

    def touch(self, kind: str, node: Any, **data: Any) -> None:
        for word in self.names.listed(node):
            if not (self.file and word.text.startswith(UNKNOWN)):
                touch(self.run, self.command, kind, word._replace(quoted=True), **data)

    def pair(self, kind: str, first: Any, second: Any) -> None:
        """What is moved, copied or linked: from each, to one."""
        target = self.names.word(second)._replace(quoted=True)
        for source in self.names.listed(first):
            source = source._replace(quoted=True)
            if self.file and not (source.known and target.known):
                continue
            if kind == "move":
                moved(self.run, self.command, source, target)
            elif kind == "copy":
                touch(self.run, self.command, "read", source, recursive=False)
                deep = "." not in target.text.rpartition("/")[2]
                touch(self.run, self.command, "write", target, mode="overwrite", recursive=deep)
            else:
                aim, name = (self.run.path(word, self.command.cwd) for word in (source, target))
                data = {"said": target.text, "via": self.command.name, "symbolic": True}
                self.run.add("link", name, aim, data, target.span())

    def opened(self, path: Any, how: Any) -> None:
        """`fs.open(F, 'w')` by its flags, `Deno.open(F, {write: true})` by its options."""
        flags = self.names.word(how).text if how is not None else "r"
        if how is not None and how.type == "object":
            flags = "a" if self.option(how, "append") == "true" else ""
            flags = flags or ("w" if "true" in (self.option(how, "write"), self.option(how, "create")) else "r")
        if flags.startswith("a"):
            self.touch("append", path)
        elif flags.startswith("w") or "+" in flags:
            self.touch("write", path, mode="overwrite" if flags.startswith("w") else "edit")
        else:
            self.touch("read", path, recursive=False)

    def method(self, function: Any) -> None:
        """Methods of `Bun.file(F)`: `.delete()`, `.write(..)`, `.writer()`."""
        inner, how = field(function, "object"), self.names.raw(field(function, "property"))
        if inner is None or how not in ("delete", "unlink", "write", "writer"):
            return
        inner = self.names.value(inner)
        if inner.type == "call_expression" and self.names.dotted(field(inner, "function")) == "Bun.file":
            path = items(field(inner, "arguments"))[:1]
            for node in path:
                if how in ("delete", "unlink"):
                    self.touch("delete", node, recursive=False, force=True)
                else:
                    self.touch("write", node, mode="overwrite")

    def option(self, node: Any, name: str) -> str:
        """The value of an option as it is written; "" where it is not given."""
        value = self.setting(node, name)
        return self.names.raw(value) if value is not None else ""

    def setting(self, node: Any, name: str) -> Any:
        """The node behind `name:` in an object."""
        node = self.names.value(node) if node is not None else None
        if node is None or node.type != "object":
            return None
        for pair in items(node):
            key = field(pair, "key")
            if key is not None and self.names.raw(key).strip("'\"") == name:
                return field(pair, "value")
        return None

    # Programs

    def started(self, kind: str, given: list[Any]) -> None:
        """A process, or a program text that runs in this one."""
        words = self.argv(kind, given)
        where = self.command.where
        where = where._replace(wrappers=(*where.wrappers, self.command.name))
        options = next((node for node in given[1:] if self.names.value(node).type == "object"), None)
        folder = self.setting(options, "cwd")
        cwd = self.command.cwd
        if folder is not None:
            cwd = self.run.path(self.names.word(folder)._replace(quoted=True), cwd)
        if not words or (self.file and not words[0].known):
            return
        if kind == "eval":
            self.evaluated(words[0])
        elif words[0].text.startswith(UNKNOWN):
            self.run.opaque("computed", self.code.text, self.command.name)
        elif kind == "shell" or (kind == "program" and self.option(options, "shell") == "true"):
            self.run.script(join(words, " "), where, cwd)
        else:
            self.run.command(Command(tuple(words), {}, cwd, where=where))

    def argv(self, kind: str, given: list[Any]) -> list[Word]:
        """The words of what is started."""
        names = self.names
        first = names.value(given[0])
        if kind == "list" and first.type == "object":  # Deno.run({cmd: [...]}), Bun.spawn({cmd: [...]})
            first = self.setting(first, "cmd")
        if first is None:
            return []
        if kind == "kill":
            signal = [Word("-s"), names.word(given[1])] if len(given) > 1 else []
            return [Word("kill"), *signal, names.word(first)]
        if first.type == "array":
            return [names.word(item) for item in items(first)]
        words = [Word("node")] if kind == "node" else []
        words.append(names.word(first))
        if kind in ("program", "node") and len(given) > 1:
            rest = names.value(given[1])
            if rest.type == "object":
                rest = self.setting(rest, "args")  # new Deno.Command(P, {args: [...]})
                rest = names.value(rest) if rest is not None else None
            if rest is not None and rest.type == "array":
                words.extend(names.word(item) for item in items(rest))
        return words if len(words) > 1 or kind != "program" or first.type != "template_string" else words[0].pieces()

    def evaluated(self, text: Word) -> None:
        """`eval("..")`: a program of its own."""
        if text.known and self.command.where.depth < 3:
            where = self.command.where._replace(depth=self.command.where.depth + 1)
            javascript_effects(self.run, self.command._replace(where=where), text, self.file)
        elif not self.file:
            self.run.opaque("computed", self.code.text, self.command.name)

    def shelljs(self, name: str, given: list[Any]) -> None:
        """`shell.rm('-rf', 'x')` is the command of that name."""
        where = self.command.where
        where = where._replace(wrappers=(*where.wrappers, self.command.name))
        words = [word for node in given for word in self.names.listed(node)]
        if words and not (self.file and not words[-1].known):
            if name == "exec":
                self.run.script(words[0], where, self.command.cwd)
            else:
                self.run.command(Command((Word(name), *words), {}, self.command.cwd, where=where))
