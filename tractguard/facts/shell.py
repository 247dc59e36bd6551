"""Facts of a shell command, read through its syntax tree.

It knows the shell: lists, pipes, loops, functions, substitutions, redirects, here-documents, and what each does to the
variables and the working folder. What programs do with their words is said in `effects` and its neighbours. The tree
is walked with a list of things to do, never by recursion, so depth costs nothing.
"""

from collections.abc import Callable
from typing import Any

from tractguard.facts import effects
from tractguard.facts.shell_command import (
    inner_scripts,
    origin,
    redirect_of,
    schedule,
    simple_command,
    stream,
)
from tractguard.facts.shell_expand import heredoc_text, words_of
from tractguard.facts.shell_output import output
from tractguard.facts.shell_run import (
    MOST_COMMANDS,
    MOST_UNROLLED,
    MOST_WORDS,
    Command,
    Run,
    Source,
    Where,
)
from tractguard.facts.shell_values import named, rounds
from tractguard.facts.shell_variables import assignment, declaration, prints, settle, unset
from tractguard.facts.words import UNKNOWN_WORD, Word, join
from tractguard.facts.world import World
from tractguard.model import UNKNOWN, Fact

LONGEST = 4_000_000  # characters of a command that are read; the rest is opaque
MOST_ROUNDS = 16  # rounds of a loop that are read one by one
MOST_CHILDREN = 20_000  # parts of one statement or list that are looked at

Task = tuple[Any, ...]


def shell_facts(command: str, cwd: str, world: World, field: str = "command") -> list[Fact]:
    """Everything that `command`, run in `cwd`, would do as far as it can be read. Never raises on any text."""
    if not isinstance(command, str) or not command:
        return []
    run = Run(world, cwd or world.root or "/", field)
    if len(command) > LONGEST:
        run.opaque("too long", command)
        command = command[:LONGEST]
    run.whole = command
    run.todo.append(("script", Word(command, ((0, 0, len(command)),)), Where(), None, None, False))
    stack: list[Task] = []
    while True:
        if run.todo:
            stack.extend(reversed(run.todo))
            run.todo.clear()
        if not stack:
            break
        run.steps += 1
        if over := run.spent():
            run.opaque(over, command)
            break
        task = stack.pop()
        _TASKS[task[0]](run, *task[1:])
    return run.facts


# Tasks


def _script(run: Run, word: Word, where: Where, cwd: str | None, args: tuple[Word, ...] | None, own: bool) -> None:
    saved = run.save()
    src = Source(word)
    if src.root is None:
        run.opaque("no parser", word.text)
        return
    if src.cut:
        run.opaque(src.cut, word.text)
    outer = run.where
    run.where = where
    if cwd is not None:
        run.cwd = cwd
    if args is not None:
        run.args = args
    run.todo.append(("node", src, src.root))
    run.todo.append(("restore", saved) if own else ("where", outer))


def _node(run: Run, src: Source, node: Any) -> None:
    if run.commands > MOST_COMMANDS:
        return
    handler = _NODES.get(node.type)
    if handler is not None:
        handler(run, src, node)
    elif node.type not in _SILENT:
        _children(run, src, node)


def _restore(run: Run, saved: Any) -> None:
    run.restore(saved)


def _where(run: Run, where: Where) -> None:
    run.where = where


def _pipe(run: Run) -> None:
    run.feed = run.last
    run.last = ((), None)


def _bind(run: Run, name: str, value: Word) -> None:
    run.set(name, value)


def _feed(run: Run, text: Word | None, argv: tuple[str, ...] = ()) -> None:
    run.feed = (argv, text)


# Nodes


def _children(run: Run, src: Source, node: Any) -> None:
    children = node.named_children if node.child_count <= MOST_CHILDREN else _first(run, src, node)
    run.todo.extend(("node", src, child) for child in children)


def _first(run: Run, src: Source, node: Any) -> list[Any]:
    """The first children of a node that has more than are read."""
    run.opaque("too many commands", src.raw(node))
    cursor = node.walk()
    found: list[Any] = []
    more = cursor.goto_first_child()
    while more and len(found) < MOST_CHILDREN:
        found.append(cursor.node)
        more = cursor.goto_next_sibling()
    return [child for child in found if child.is_named]


def _branches(run: Run, src: Source, node: Any) -> None:
    mark = len(run.log)
    _children(run, src, node)
    run.todo.append(("settle", mark, run.args))


def _while(run: Run, src: Source, node: Any) -> None:
    """A loop; `while read …` that is fed known lines is read line by line."""
    condition, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
    depth = run.get(":rounds") or 1
    if condition is None or body is None or run.feed is None or depth > 4 or run.commands > MOST_UNROLLED:
        _branches(run, src, node)
        return
    lines = rounds(run, src.raw(condition), MOST_ROUNDS)
    if not lines:
        if "read" in src.raw(condition):  # each round reads another line
            run.feed = (run.feed[0], None)
        _branches(run, src, node)
        return
    mark = len(run.log)
    run.todo.append(("bind", ":rounds", depth * len(lines)))
    for line in lines:
        run.todo.extend((("feed", line), ("node", src, condition), ("node", src, body)))
    run.todo.extend((("bind", ":rounds", depth), ("settle", mark, run.args)))


def _scope(run: Run, src: Source, node: Any) -> None:
    saved = run.save()
    _children(run, src, node)
    run.todo.append(("restore", saved))


def _pipeline(run: Run, src: Source, node: Any) -> None:
    saved = run.save()
    first = True
    for child in node.named_children:
        if child.type == "comment":
            continue
        if not first:
            run.todo.append(("pipe",))
        many = child.type in _PRINTS
        run.todo.extend(
            (("prints", True), ("node", src, child), ("prints", False)) if many else (("node", src, child),)
        )
        first = False
    run.todo.append(("restore", saved))


def _for(run: Run, src: Source, node: Any) -> None:
    name_node = node.child_by_field_name("variable")
    body = node.child_by_field_name("body")
    values: list[Word] = []
    if run.args is not None and not any(child.type == "in" for child in node.children):  # `for x; do`
        values.extend(run.positional())
    for child in node.children_by_field_name("value"):
        schedule(run, src, child)
        values.extend(named(run, value) for value in words_of(run, src, child))
    if name_node is None or body is None:
        _children(run, src, node)
        return
    name = src.raw(name_node)
    if not values or len(values) > MOST_ROUNDS or run.commands > MOST_UNROLLED or run.where.depth > 3:
        values = [UNKNOWN_WORD] if len({value.text for value in values}) != 1 else values[:1]
    depth = run.get(":rounds") or 1
    if depth * len(values) > MOST_ROUNDS * 4:
        values = [UNKNOWN_WORD]
    saved_depth = depth
    run.todo.append(("bind", ":rounds", depth * len(values)))
    for value in values:
        run.todo.append(("bind", name, value))
        run.todo.append(("node", src, body))
    run.todo.append(("bind", ":rounds", saved_depth))


def _function(run: Run, src: Source, node: Any) -> None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is not None and body is not None:
        run.set(":f:" + src.raw(name), (src, body))


def _redirected(run: Run, src: Source, node: Any) -> None:
    body = node.child_by_field_name("body")
    _with_redirects(run, src, body, node.children_by_field_name("redirect"), node)


def _with_redirects(run: Run, src: Source, body: Any, redirects: list[Any], node: Any) -> None:
    """A statement with redirects. The grammar hangs them on a whole list; they belong to its last command."""
    kind = "" if body is None else body.type
    if kind in ("list", "pipeline", "negated_command") and body.named_children:
        saved = run.save()
        *earlier, last = [child for child in body.named_children if child.type != "comment"]
        for child in earlier:
            run.todo.append(("node", src, child))
            if kind == "pipeline":
                run.todo.append(("pipe",))
        run.todo.append(("redirects", src, last, redirects, node))
        if kind == "pipeline":
            run.todo.append(("restore", saved))
        return
    if kind == "command":
        simple_command(run, src, body, redirects)
        return
    stdin: Word | None = None
    fed = False
    for redirect in redirects:
        schedule(run, src, redirect)
        text = heredoc_text(run, src, redirect)
        if text is not None:
            inner_scripts(run, src, redirect)
            stdin, fed = text, True
            continue
        operator, descriptor, targets = redirect_of(run, src, redirect)
        given = stream(run, src, redirect) if operator == "<" else None
        if given is not None:
            run.todo.append(("feed", given[1], given[0]))
        elif targets:
            effects.redirect(run, operator, descriptor, targets[0], None)
    if fed:
        run.todo.append(("feed", stdin))
    if body is not None:
        run.todo.append(("node", src, body))
    else:
        _children(run, src, node)


def _bare_redirect(run: Run, src: Source, node: Any) -> None:
    """`$(<file)`: a redirect that is the whole statement."""
    operator, descriptor, targets = redirect_of(run, src, node)
    if targets:
        effects.redirect(run, operator, descriptor, targets[0], None)


def _command_node(run: Run, src: Source, node: Any) -> None:
    simple_command(run, src, node, ())


def _inner(run: Run, src: Source, node: Any, cwd: str) -> None:
    """A substitution: a shell of its own in the folder where its command stood."""
    saved = run.save()
    run.cwd = cwd
    run.feed = None
    _children(run, src, node)
    run.todo.append(("restore", saved))


def _error(run: Run, src: Source, node: Any) -> None:
    """What the grammar cannot place: its statements are read, its loose words too where they begin with a program."""
    words: list[Word] = []
    found = False
    for child in node.children:
        kind = child.type
        if kind in _WORDS:
            words.extend(words_of(run, src, child))
            continue
        if kind == "command_name" and child.named_children:
            words.extend(words_of(run, src, child.named_children[0]))
            continue
        found = _loose(run, words) or found
        words = []
        if child.is_named and kind not in _SILENT:
            run.todo.append(("node", src, child))
            found = True
    found = _loose(run, words) or found
    if not found and src.raw(node).strip("\"' \t\n();{}|&<>"):
        run.opaque("syntax", src.raw(node))


def _loose(run: Run, words: list[Word]) -> bool:
    if not words or not effects.is_program(words[0].text):
        return False
    text = join(words, " ").text
    run.todo.append(("simple", Command(tuple(words[:MOST_WORDS]), {}, run.cwd, text=text, where=run.where)))
    return True


def _test(run: Run, src: Source, node: Any) -> None:
    schedule(run, src, node)


def _simple(run: Run, command: Command) -> None:
    """A simple command after expansion: a function defined here, or a program."""
    run.commands += 1
    if run.commands > MOST_COMMANDS:
        if run.commands == MOST_COMMANDS + 1:
            run.opaque("too many commands", command.text)
        return
    if not command.words:
        for name, value in command.env.items():
            run.set(name, value)
            effects.environment(run, name, value, "assignment")
        for target, append in command.outs:
            effects.redirect(run, ">>" if append else ">", "", target, Word(""))
        return
    printed = output(run, command.words, command.stdin)
    saved = run.where
    run.where = command.where
    run.at = command.cwd
    effects.of(run, command, printed)
    run.where = saved
    run.last = (origin(command), Word("") if command.outs else printed)
    if run.prints and not command.outs:
        run.prints[-1].append(printed)
    function = run.get(":f:" + command.words[0].text)
    if function is not None and command.where.depth < 6:
        body_src, body = function
        before = run.args
        run.todo.append(("args", command.args, command.where._replace(depth=command.where.depth + 1)))
        run.todo.append(("node", body_src, body))
        run.todo.append(("args", before, saved))


def _args(run: Run, args: tuple[Word, ...] | None, where: Where) -> None:
    run.args = args
    run.where = where


_TASKS: dict[str, Callable[..., None]] = {
    "script": _script, "node": _node, "restore": _restore, "where": _where, "pipe": _pipe, "bind": _bind,
    "feed": _feed, "settle": settle, "simple": _simple, "args": _args, "inner": _inner, "prints": prints,
    "redirects": _with_redirects,
}  # fmt: skip

_NODES: dict[str, Callable[[Run, Source, Any], None]] = {
    "if_statement": _branches, "case_statement": _branches, "while_statement": _while, "pipeline": _pipeline,
    "subshell": _scope, "command_substitution": _scope, "process_substitution": _scope, "for_statement": _for,
    "function_definition": _function, "declaration_command": declaration, "variable_assignment": assignment,
    "unset_command": unset, "redirected_statement": _redirected, "command": _command_node, "test_command": _test,
    "ERROR": _error, "file_redirect": _bare_redirect,
}  # fmt: skip

_WORDS = frozenset(
    ("word", "number", "string", "raw_string", "concatenation", "simple_expansion", "expansion", "ansi_c_string")
)

_PRINTS = frozenset(("compound_statement", "subshell", "for_statement"))
_SILENT = frozenset(
    (
        "comment", "word", "number", "raw_string", "string_content", "variable_name", "simple_expansion",
        "heredoc_body", "heredoc_start", "heredoc_end", "ansi_c_string", "extglob_pattern", "regex", "file_descriptor",
        "special_variable_name", "test_operator",
    )
)  # fmt: skip

__all__ = ["UNKNOWN", "shell_facts"]
