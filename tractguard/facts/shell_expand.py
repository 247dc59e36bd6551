"""From syntax nodes to words: quotes, escapes, variables, braces, and the output of commands that only print.

What cannot be known becomes `UNKNOWN` within the word. Nothing is run: only `echo`, `printf`, `cat` and the like are
worked out, where what they print stands in the command itself.
"""

import re
from typing import Any

from tractguard.facts.shell_output import output
from tractguard.facts.shell_run import MOST_PIECES, Run, Source
from tractguard.facts.shell_values import ansi, arithmetic, changed, listed, pointed, separators
from tractguard.facts.shell_values import item as element
from tractguard.facts.words import UNKNOWN_WORD, Word, braces, join
from tractguard.model import UNKNOWN

DEEPEST = 6  # substitutions within substitutions that are worked out

_PLAIN = re.compile(r"[\w./:=@,+%^#-]*\Z", re.ASCII)
_GLOB = frozenset("*?[")
_EXPANSIONS = frozenset(
    ("simple_expansion", "expansion", "command_substitution", "process_substitution", "arithmetic_expansion")
)
# In quotes, these stand for braces that must not be expanded.
_GAP = "\ue003"  # a blank that an unquoted expansion brought into a word
_GAPS = str.maketrans(" \t\n", _GAP * 3)
_HIDE = str.maketrans("{},", "\ue000\ue001\ue002")
_SHOW = str.maketrans("\ue000\ue001\ue002", "{},")


def words_of(run: Run, src: Source, node: Any, depth: int = 0) -> list[Word]:
    """The words that one argument node becomes (several after brace expansion or an unquoted list)."""
    kind = node.type
    if kind in ("word", "number"):
        start, end = src.ends(node)
        if _PLAIN.match(src.text, start, end):
            return [src.word.cut(start, end)]
    elif kind in ("simple_expansion", "expansion"):
        if src.raw(node) in ("$@", "$*", "${@}", "${*}") and run.args is not None:
            return list(run.positional())
        items = listed(run, src.raw(node)) if kind == "expansion" else None
        if items is not None:
            return [piece for item in items for piece in item.pieces()]
        return value_of(run, src, node, depth).pieces(separators(run))
    elif kind == "string" and src.text.startswith('"$', node.start_byte):
        raw = src.raw(node)
        if run.args is not None and raw in ('"$@"', '"${@}"'):
            return list(run.positional())
        items = listed(run, raw) if raw.endswith(']}"') or "[@]:" in raw else None
        if items is not None and "[@]" in raw:
            return list(items)
    elif kind == "command_substitution":
        word = value_of(run, src, node, depth)
        return (None if word.known or depth else _listed(run, src, node)) or word.pieces(separators(run))
    word = value_of(run, src, node, depth, hide=True)
    if _GAP in word.text:
        spaced = word._replace(text=word.text.replace(" ", "\ue004").replace(_GAP, " "))
        return [_shown(piece._replace(text=piece.text.replace("\ue004", " "))) for piece in spaced.pieces()]
    if "{" in word.text and ("," in word.text or ".." in word.text):
        return [_shown(found) for found in braces(word)]
    return [_shown(word)]


def value_of(run: Run, src: Source, node: Any, depth: int = 0, hide: bool = False) -> Word:
    """The text of one node as a single word. With `hide`, quoted braces come as stand-ins."""
    kind = node.type
    start, end = src.ends(node)
    if kind == "raw_string":
        return _quoted(src.word.cut(start + 1, max(end - 1, start + 1)), hide)
    if kind == "ansi_c_string":
        return _quoted(ansi(src.word.cut(start + 2, max(end - 1, start + 2))), hide)
    if kind == "string":
        close = end - 1 if end - start > 1 and src.text[end - 1] == '"' else end
        return _quoted(_pieces(run, src, node, start + 1, close, depth, True), hide)
    if kind == "translated_string":
        return join([value_of(run, src, child, depth, hide) for child in node.named_children] or [Word("")])
    if kind == "concatenation":
        return _concatenation(run, src, node, depth, hide)
    if kind in _EXPANSIONS:
        return _expansion(run, src, node, depth)
    return _bare(src.word.cut(start, end)) if kind != "array" else UNKNOWN_WORD


def _shown(word: Word) -> Word:
    text = word.text
    return word if text.isascii() else word._replace(text=text.translate(_SHOW))


def _quoted(word: Word, hide: bool) -> Word:
    text = word.text
    if hide and ("{" in text or "}" in text or "," in text):
        text = text.translate(_HIDE)
    return Word(text, word.places, True, False)


def _concatenation(run: Run, src: Source, node: Any, depth: int, hide: bool) -> Word:
    parts: list[Word] = []
    last = node.start_byte
    if node.child_count > MOST_PIECES:
        return UNKNOWN_WORD
    for child in node.children:
        start, end = src.ends(child)
        if start > last:
            parts.append(_bare(src.word.cut(last, start)))
        part = value_of(run, src, child, depth, hide)
        if hide and child.type in _EXPANSIONS:
            part = part._replace(text=part.text.translate(_GAPS))
        parts.append(part)
        last = end
    word = join(parts or [Word("")])
    first = parts[0] if parts else word
    # A tilde counts only where the word begins outside quotes.
    return word._replace(quoted=first.quoted) if word.text.startswith("~") else word


def _bare(word: Word) -> Word:
    """Unquoted text: a backslash takes the next character as it is."""
    text = word.text
    glob = any(char in _GLOB for char in text)
    if "\\" not in text:
        return Word(text, word.places, False, glob)
    if glob:
        glob = any(char in _GLOB for char in re.sub(r"\\.", "", text, flags=re.DOTALL))
    return _unescaped(word, None)._replace(glob=glob)


def _unescaped(word: Word, special: str | None) -> Word:
    """Without backslashes before `special` characters (None: before any); a backslash and a newline go together."""
    text = word.text
    parts: list[Word] = []
    last = index = 0
    while True:
        index = text.find("\\", index)
        if index < 0 or index + 1 >= len(text):
            break
        char = text[index + 1]
        if char == "\n":
            parts.append(word.cut(last, index))
            last = index + 2
        elif special is None or char in special:
            parts.append(word.cut(last, index))
            last = index + 1
        index += 2
    parts.append(word.cut(last))
    return join(parts)


def _pieces(run: Run, src: Source, node: Any, start: int, end: int, depth: int, quoted: bool) -> Word:
    """Literal text with the expansions that stand in it."""
    parts: list[Word] = []
    last = start
    if node.child_count > MOST_PIECES:
        return UNKNOWN_WORD
    for child in node.children:
        if child.type not in _EXPANSIONS:
            continue
        at, stop = src.ends(child)
        while at < stop and src.text[at] in " \t\n":  # the grammar counts blanks before a dollar to it
            at += 1
        if at < start or stop > end:
            continue
        if at > last:
            parts.append(_unescaped(src.word.cut(last, at), '$`"\\'))
        parts.append(_expansion(run, src, child, depth))
        last = stop
    if last < end or not parts:
        parts.append(_unescaped(src.word.cut(last, end), '$`"\\'))
    return join(parts)


def _expansion(run: Run, src: Source, node: Any, depth: int) -> Word:
    kind = node.type
    if kind == "simple_expansion":
        return _variable(run, src.raw(node).strip()[1:])
    if kind == "expansion":
        return _braced_expansion(run, src, node, depth)
    if kind == "arithmetic_expansion":
        return arithmetic(run, src.raw(node).strip())
    if kind == "process_substitution":
        return _pipe_of(run, src, node, depth)
    if depth >= DEEPEST:
        return UNKNOWN_WORD
    return substitution(run, src, node, depth + 1)


def _variable(run: Run, name: str) -> Word:
    if name.isdigit() and run.args is not None and name != "0":
        index = int(name[:6])
        return run.args[index - 1] if 0 < index <= len(run.args) else Word("")
    if name in ("@", "*") and run.args is not None:
        return join(run.positional(), " ") if run.args else Word("")
    return run.variable(name)


def _braced_expansion(run: Run, src: Source, node: Any, depth: int) -> Word:
    text = src.raw(node).strip()[2:-1]
    found = re.match(r"(\w+|[@*])", text)
    if found is None:
        return pointed(run, text)
    rest = text[found.end() :]
    if rest[:1] == "[":
        index, _, rest = rest[1:].partition("]")
        value = element(run, found.group(), index)
    else:
        value = _variable(run, found.group())
    if not rest:
        return value
    operator = rest[:2] if rest[:1] == ":" else rest[:1]
    if operator in (":-", "-", ":=", "=", ":+", "+") and depth < DEEPEST:
        if operator in (":+", "+"):
            return UNKNOWN_WORD
        if value.known and value.text:
            return value
        if "$" in rest or "`" in rest or value.known:
            return UNKNOWN_WORD
        word = _default(src, node, rest, operator)
        if operator in (":=", "=") and found.group().isidentifier():
            run.set(found.group(), word)
        return word
    return changed(value, operator, rest)


def _default(src: Source, node: Any, rest: str, operator: str) -> Word:
    """`${PORT:-3000}`: not known, but the default is the likeliest; it is used, and may be quoted."""
    start, end = src.ends(node)
    size = len(rest) - len(operator)
    word = src.word.cut(end - 1 - size, end - 1)
    if len(word.text) > 1 and word.text[0] in "'\"" and word.text[-1] == word.text[0]:
        word = word.cut(1, len(word.text) - 1)
    return word if start < end else UNKNOWN_WORD


def _pipe_of(run: Run, src: Source, node: Any, depth: int) -> Word:
    """The name under which a program reads or writes `<(…)`, and its text where it is known."""
    path = "/dev/fd/63"
    children = node.named_children
    if src.raw(node).startswith("<(") and len(children) == 1 and depth < DEEPEST:
        run.wrote(path, _printed(run, src, children[0], None, depth + 1))
    return Word(path)


def _listed(run: Run, src: Source, node: Any) -> list[Word]:
    """The files that an unquoted `$(find …)` or `$(git ls-files x)` stands for, as patterns."""
    children = node.named_children
    argv = made(run, src, children[0])[0] if len(children) == 1 else ()
    if not argv:
        return []
    from tractguard.facts.found import listing

    return listing(run, argv, run.cwd)


def made(run: Run, src: Source, node: Any) -> tuple[tuple[str, ...], Word | None]:
    """What a statement hands on to its reader: the words of the command that makes it, and the text where it is known.

    A filter that only orders or shortens a list (`sort`, `head`) hands on the list of the command before it.
    """
    from tractguard.facts.found import keeps

    argv: tuple[str, ...] = ()
    body = _body(node)
    for stage in body.named_children[:8] if body.type == "pipeline" else [body]:
        stage = _body(stage)
        found = _words(run, src, stage, 1) if stage.type == "command" else None
        own = tuple(word.text for word in found[0]) if found is not None else ()
        argv = argv if argv and own and keeps(own[0]) else own
    return argv, _printed(run, src, node, None, 1)


def _body(node: Any) -> Any:
    """A statement without its redirects."""
    while node.type == "redirected_statement" and node.child_by_field_name("body") is not None:
        node = node.child_by_field_name("body")
    return node


def substitution(run: Run, src: Source, node: Any, depth: int) -> Word:
    """What `$(…)` prints, where it only prints what stands there; else unknown."""
    children = node.named_children
    if len(children) != 1:
        return UNKNOWN_WORD
    found = _printed(run, src, children[0], None, depth)
    if found is None:
        return UNKNOWN_WORD
    return found.cut(0, len(found.text.rstrip("\n")))


def _printed(run: Run, src: Source, node: Any, stdin: Word | None, depth: int) -> Word | None:
    if node.type == "pipeline":
        out = stdin
        for stage in node.named_children[:8]:
            out = _printed(run, src, stage, out, depth)
            if out is None:
                return None
        return out
    if node.type == "redirected_statement":
        body = node.child_by_field_name("body")
        if body is None:
            return None
        for redirect in node.children_by_field_name("redirect"):
            text = heredoc_text(run, src, redirect)
            if text is not None:
                stdin = text
            elif src.raw(redirect).lstrip("0123456789").startswith("<") or not src.raw(redirect).startswith("2"):
                return None
        return _printed(run, src, body, stdin, depth)
    if node.type != "command":
        return None
    found = _words(run, src, node, depth)
    return None if found is None else output(run, found[0], stdin if found[1] is None else found[1])


def _words(run: Run, src: Source, node: Any, depth: int) -> tuple[list[Word], Word | None] | None:
    """The words of a plain command, and the text that it is fed; None where it is more than that."""
    words: list[Word] = []
    stdin: Word | None = None
    for child in node.named_children:
        if child.type in ("variable_assignment", "file_redirect"):
            text = heredoc_text(run, src, child)
            if text is None:
                return None
            stdin = text
            continue
        inner = child.named_children[0] if child.type == "command_name" and child.named_children else child
        words.extend(words_of(run, src, inner, depth))
    return words, stdin


def heredoc_text(run: Run, src: Source, redirect: Any) -> Word | None:
    """The text that a redirect feeds: a here-document's body or a here-string; None for an ordinary one."""
    if not src.heredocs and not src.herestrings:
        if redirect.type == "herestring_redirect" and redirect.named_children:
            return join([value_of(run, src, redirect.named_children[0]), Word("\n")])
        return None
    start, end = src.ends(redirect)
    at = src.clean.find("<", start, end)
    if at in src.herestrings:
        target = redirect.child_by_field_name("destination")
        return None if target is None else join([value_of(run, src, target), Word("\n")])
    heredoc = src.heredocs.get(at)
    if heredoc is None:
        return None
    body = src.word.cut(heredoc.start, heredoc.end)
    if heredoc.strip:
        body = _without_tabs(body)
    return (
        body
        if heredoc.literal or ("$" not in body.text and "`" not in body.text and "\\" not in body.text)
        else (_heredoc_expanded(run, body))
    )


def _without_tabs(body: Word) -> Word:
    parts, start = [], 0
    while start < len(body.text):
        end = body.text.find("\n", start) + 1 or len(body.text)
        line = body.cut(start, end)
        parts.append(line.cut(len(line.text) - len(line.text.lstrip("\t"))))
        start = end
    return join(parts) if parts else body


_IN_BODY = r"\\[$`\\\n]|\$(\w+)|\$\{(\w+)\}|\$[({]|`"  # compiled on first use


def _heredoc_expanded(run: Run, body: Word) -> Word:
    """An unquoted here-document: variables are filled in, what is computed becomes unknown."""
    parts: list[Word] = []
    last = 0
    for found in re.finditer(_IN_BODY, body.text):
        if found.start() < last:
            continue
        parts.append(body.cut(last, found.start()))
        text = found.group()
        last = found.end()
        if text[0] == "\\":
            if text[1] != "\n":
                parts.append(body.cut(found.start() + 1, found.end()))
        elif found.group(1) or found.group(2):
            parts.append(_variable(run, found.group(1) or found.group(2)))
        else:
            close = "`" if text == "`" else ")" if text == "$(" else "}"
            end = _closing(body.text, last, close)
            parts.append(Word(UNKNOWN))
            last = end
    parts.append(body.cut(last))
    return join(parts)


def _closing(text: str, start: int, close: str) -> int:
    opening = {")": "(", "}": "{"}.get(close, "")
    depth = 0
    for index in range(start, min(len(text), start + 2000)):
        if text[index] == close:
            if not depth:
                return index + 1
            depth -= 1
        elif text[index] == opening:
            depth += 1
    return start
