"""A simple command as it stands in the syntax tree: its words, variables, redirects and the substitutions inside it.

It turns a node into a `Command` on the list of things to do. It does not know what programs do.
"""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from tractguard.facts import effects
from tractguard.facts.shell_expand import heredoc_text, made, value_of, words_of
from tractguard.facts.shell_run import MOST_WORDS, Command, Run, Source
from tractguard.facts.shell_values import MOST_ITEMS, keep_list
from tractguard.facts.words import UNKNOWN_WORD, Word, absolute, join

_GROUPS = frozenset(("subshell", "compound_statement"))  # read as statements of their own


def assigned(run: Run, src: Source, node: Any) -> tuple[str, Word]:
    name_node, value_node = node.child_by_field_name("name"), node.child_by_field_name("value")
    if name_node is None or name_node.type != "variable_name":
        if name_node is not None:
            _element(run, src, src.raw(name_node), value_node)
        return "", UNKNOWN_WORD
    name = src.raw(name_node)
    added = any(child.type == "+=" for child in node.children)
    if value_node is not None and value_node.type == "array":
        return name, _array(run, src, name, value_node, added)
    keep_list(run, name, None)
    word = Word("") if value_node is None else value_of(run, src, value_node)
    if added:
        word = join([run.variable(name), word]) if run.get(name) is not None else UNKNOWN_WORD
        if len(word.text) > 100_000:
            word = UNKNOWN_WORD
    return name, word


def _element(run: Run, src: Source, said: str, value: Any) -> None:
    """`a[1]=x`: known where it is the next item or one that is there; else the array is no longer what it was."""
    name, _, index = said.rstrip("]").partition("[")
    items = list(run.get(":l:" + name) or ())
    at = int(index) if index.isascii() and index.isdigit() and len(index) < 4 else -1
    if value is None or not 0 <= at <= len(items) or (not items and run.get(name) is not None):
        keep_list(run, name, None)
        run.set(name, UNKNOWN_WORD)
        return
    items[at : at + 1] = [value_of(run, src, value)]
    keep_list(run, name, items)
    run.set(name, items[0])


def _array(run: Run, src: Source, name: str, node: Any, added: bool) -> Word:
    """`a=(x y)`: kept as a list beside the variable; the variable alone is its first item."""
    items: list[Word] = list(run.get(":l:" + name) or ()) if added else []
    keys: dict[str, int] = {}
    for child in node.named_children[:MOST_ITEMS]:
        for word in words_of(run, src, child):
            key, named, _ = word.text[1:].partition("]=")
            if named and word.text[0] == "[":  # `[key]=value`
                keys[key] = len(items)
                word = word.cut(len(key) + 3)
            items.append(word)
    run.set(":m:" + name, keys or None)
    known = all(child.type != "comment" for child in node.named_children)
    keep_list(run, name, items if known and not (added and run.get(":l:" + name) is None) else None)
    return items[0] if items and known and not added else UNKNOWN_WORD


def simple_command(run: Run, src: Source, node: Any, redirects: Iterable[Any]) -> None:
    env: dict[str, Word] = {}
    words: list[Word] = []
    found = list(redirects)
    start = node.start_byte
    schedule(run, src, node)
    for child in node.children:
        if len(words) > MOST_WORDS:
            break
        kind = child.type
        if kind == "variable_assignment":
            name, value = assigned(run, src, child)
            if name:
                env[name] = value
        elif kind == "command_name":
            start = child.start_byte
            inner = child.named_children
            if child.end_byte > child.start_byte:  # the grammar makes up a name where there is none
                words.extend(words_of(run, src, inner[0] if inner else child))
        elif kind in ("file_redirect", "herestring_redirect", "heredoc_redirect"):
            found.append(child)
        elif kind in _GROUPS:  # `time ( … )`
            run.todo.append(("node", src, child))
        elif child.is_named and kind not in ("ERROR", "comment"):
            words.extend(words_of(run, src, child))
        elif kind == "$" or kind in ("==", "=~"):
            words.append(src.word.cut(*src.ends(child)))
    end = node.end_byte
    streams = _redirects(run, src, found, words)
    stdin, fed, piped = streams.stdin, streams.fed, streams.piped
    if run.feed is not None:
        if not fed:
            piped, stdin = run.feed
        fed = True
        run.feed = None
    if len(words) > MOST_WORDS:
        run.opaque("too many words", src.text[start:end])
        del words[MOST_WORDS:]
    command = Command(
        tuple(words), env, run.cwd, stdin, piped, fed, streams.outs, src.word.text[start:end].strip(), run.where
    )
    run.todo.append(("simple", command))
    for operator, descriptor, target in streams.others:
        effects.redirect(run, operator, descriptor, target, None)


class Streams(NamedTuple):
    """What is fed to a command and by which one, the files its output goes to, and its other redirects."""

    stdin: Word | None
    fed: bool
    piped: tuple[str, ...]
    outs: tuple[tuple[Word, bool], ...]
    others: tuple[tuple[str, str, Word], ...]


def _redirects(run: Run, src: Source, redirects: list[Any], words: list[Word]) -> Streams:
    """The redirects of a simple command.

    Words that the grammar counts to a redirect are given back to the command.
    """
    stdin: Word | None = None
    fed = False
    outs: list[tuple[Word, bool]] = []
    others: list[tuple[str, str, Word]] = []
    piped: tuple[str, ...] = ()
    for redirect in redirects:
        schedule(run, src, redirect)
        operator, descriptor, targets = redirect_of(run, src, redirect)
        words.extend(targets[1:])  # the grammar counts words after a target to the redirect
        text = heredoc_text(run, src, redirect)
        if text is not None:
            inner_scripts(run, src, redirect)
            stdin, fed = text, True
        elif operator == "<" and (given := stream(run, src, redirect)) is not None:
            (piped, stdin), fed = given, True
        elif not targets:
            continue
        elif operator in (">", ">>", ">|", "&>", "&>>") and descriptor in ("", "1"):
            outs.append((targets[0], operator in (">>", "&>>")))
        else:
            if operator == "<" and targets[0].known:
                fed = True
                content = run.world.text(absolute(targets[0].text, run.cwd, run.world.home))
                stdin = None if content is None else Word(content)
            others.append((operator, descriptor, targets[0]))
    return Streams(stdin, fed, piped, tuple(outs), tuple(others))


def stream(run: Run, src: Source, node: Any) -> tuple[tuple[str, ...], Word | None] | None:
    """What `< <(command)` feeds: that command's words, and its text where it is known; None for another redirect."""
    inner = next((child for child in node.named_children if child.type == "process_substitution"), None)
    if inner is None:
        return None
    children = inner.named_children
    return made(run, src, children[0]) if len(children) == 1 else ((), None)


def origin(command: Command) -> tuple[str, ...]:
    """The words of the command that makes what the next one in a pipe reads."""
    if command.piped:
        from tractguard.facts.found import keeps

        if keeps(command.name) and not any(word.text[:1] not in ("-", "+") for word in command.args[:1]):
            return command.piped
    return tuple(word.text for word in command.words)


def redirect_of(run: Run, src: Source, node: Any) -> tuple[str, str, list[Word]]:
    operator = descriptor = ""
    targets: list[Word] = []
    for child in node.children:
        kind = child.type
        if kind == "file_descriptor":
            descriptor = src.raw(child)
        elif not child.is_named:
            operator = operator or kind
        elif kind != "ERROR":
            targets.extend(words_of(run, src, child))
    if operator == "<" and src.raw(node)[len(descriptor) :].startswith("<>"):
        operator = ">>"  # opened to read and write: nothing is cut off
    return operator, descriptor, targets


def inner_scripts(run: Run, src: Source, redirect: Any) -> None:
    """Substitutions inside an unquoted here-document are run."""
    start, end = src.ends(redirect)
    heredoc = src.heredocs.get(src.clean.find("<", start, end))
    if heredoc is None or heredoc.literal:
        return
    body = src.word.cut(heredoc.start, heredoc.end)
    if "$(" not in body.text and "`" not in body.text:
        return
    # Quoting the rest of the text away would disturb places, so each substitution is read on its own.
    for found in re.finditer(r"(?<!\\)\$\((?!\()|(?<!\\)`([^`]*)`", body.text):
        if found.group(1) is not None:
            run.script(body.cut(found.start(1), found.end(1)), run.where)
        else:
            close = _close(body.text, found.end())
            if close > found.end():
                run.script(body.cut(found.end(), close), run.where)


def _close(text: str, start: int) -> int:
    depth = 0
    for index in range(start, min(len(text), start + 4000)):
        if text[index] == "(":
            depth += 1
        elif text[index] == ")":
            if not depth:
                return index
            depth -= 1
    return -1


def schedule(run: Run, src: Source, node: Any) -> None:
    """Put the commands inside substitutions below `node` on the list (not those inside other substitutions)."""
    start, end = src.ends(node)
    text = src.clean
    if text.find("(", start, end) < 0 and text.find("`", start, end) < 0:
        return
    stack = [node]
    found: list[Any] = []
    while stack:
        current = stack.pop()
        if current.type in ("command_substitution", "process_substitution"):
            found.append(current)
        elif current.child_count and (current is node or current.type not in _GROUPS):
            stack.extend(reversed(current.named_children))
    for each in found:
        run.todo.append(("inner", src, each, run.cwd))
