"""What a Perl, Ruby, PHP, Lua, R or PowerShell text on a command line would do to files and processes.

Read by the names of the standard calls with a literal path behind them; a path that is computed is left unsaid.
"""

import re
from collections.abc import Mapping
from functools import cache
from itertools import islice

from tractguard.facts.effects_files import moved, touch
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word
from tractguard.facts.wrappers import table
from tractguard.model import UNKNOWN

MOST_CALLS = 500

_LITERAL = r"""\s{0,9}\(?\s{0,9}(?:q\{)?(['"`])((?:(?!\2)[^\\\n]|\\[^\n]){1,400})\2"""
_SECOND = re.compile(r"""\s{0,9}(?:,|=>)\s{0,9}(['"`])((?:(?!\1)[^\\\n]|\\[^\n]){1,400})\1""")


@cache
def _pattern(language: str) -> re.Pattern[str] | None:
    calls = table("calls").get(language)
    if not calls:
        return None
    names = sorted(calls, key=len, reverse=True)
    return re.compile(r"(?<![\w$])(" + "|".join(re.escape(name) for name in names) + ")" + _LITERAL)


def text_effects(run: Run, command: Command, language: str, code: Word, file: bool = False) -> None:
    """Note the effects of the calls with literal arguments in a text; of a `file` only those that are sure."""
    pattern = _pattern(language)
    if pattern is None:
        return
    calls = table("calls")[language]
    bare = _code_of(language, code.text)
    if language in _SHELL_QUOTES:
        _shelled(run, command, code, bare)
    if language == "Rscript":
        _stored(run, command, code, calls)
    if "lob" in bare or "Dir" in bare:
        _listed(run, command, code, bare)
    if not file:
        _queried(run, command, code, bare)
    for count, found in enumerate(pattern.finditer(code.text)):
        if count >= MOST_CALLS:
            if not file:
                run.opaque("too many calls", code.text, command.name)
            return
        if bare[found.start(1) : found.end(1)] != found.group(1):
            continue  # the name stands in a comment or in a string
        if found.group(1) != "exec" or bare[: found.start(1)][-2:] not in ("->", "::"):  # that of a database
            _note(run, command, calls[found.group(1)], code, found)


_SHELL_QUOTES = frozenset(("ruby", "perl", "php"))
_SHELLED = r"(?:^|(?<=[\s(=;,{]))(?:`([^`\n]{1,400})`|(?:%x|qx)[({\[]([^)}\]\n]{1,400})[)}\]])"
_NAMED = r"(?:file|con|path|filename|destfile|sep)\s{0,5}=\s{0,5}(['\"])([^'\"\n]{1,400})\1"
_ARGUMENT = r",\s{0,9}(['\"])([^'\"\n]{1,400})\1"
MOST_ARGUMENTS = 600  # characters behind a call's name in which its path is looked for


def _shelled(run: Run, command: Command, code: Word, bare: str) -> None:
    """Commands between backticks, and in Ruby's `%x()`; without a grammar only where a value must stand."""
    where = command.where._replace(wrappers=(*command.where.wrappers, command.name))
    for found in islice(re.finditer(_SHELLED, code.text), MOST_CALLS):
        group = 1 if found[1] is not None else 2
        before = code.text[: found.start()].rstrip()[-1:]
        if bare[found.start()] in "`%q" and (bare is not code.text or before in ("", *"=(;{,")):
            run.script(code.cut(found.start(group), found.end(group)), where, command.cwd)


_QUERY = re.compile(
    r"""(?:\.|->|::)(?:execute|query|exec|do|prepare|exec_params|exec_query|execute_batch|statement|unprepared|raw)"""
    r"""(?:\s{0,3}\(\s{0,9}|\s{1,3})(['"])((?:(?!\1)[^\\]|\\.){1,2000}+)\1""",
    re.DOTALL,
)


def _queried(run: Run, command: Command, code: Word, bare: str) -> None:
    """`DB.execute("delete …")`, `$pdo->exec("…")`."""
    for found in islice(_QUERY.finditer(code.text), MOST_CALLS):
        if bare[found.start()] == code.text[found.start()] and " " in found[2]:
            from tractguard.facts.interpreters_sql import statements

            statements(run, command, _plain(found[1], code.cut(found.start(2), found.end(2))))


def _listed(run: Run, command: Command, code: Word, bare: str) -> None:
    """A pattern whose matches are handed to a call that removes: `Dir["*.log"].each { |f| File.delete(f) }`."""
    calls = [found for found in islice(_REMOVERS.finditer(bare), MOST_CALLS) if not _literal_follows(bare, found.end())]
    calls += list(islice(_MAPPED.finditer(code.text), 1))
    for found in islice(_GLOB.finditer(code.text), MOST_CALLS) if calls else ():
        if bare[found.start()] == code.text[found.start()]:
            target = code.cut(found.start(2), found.end(2))._replace(glob=True)
            touch(run, command, "delete", target, **({"recursive": True} if "r" in calls[0][0][-3:] else {}))


def _literal_follows(bare: str, at: int) -> bool:
    return bare[at : at + 12].lstrip(" (")[:1] in ("'", '"')


def _stored(run: Run, command: Command, code: Word, calls: Mapping[str, str]) -> None:
    """R's calls that take the text first and the file behind it, by name or as the last text."""
    names = [name for name, effect in calls.items() if effect in ("to", "named")]
    pattern = r"(?<![\w$.])(" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + r")\("
    for count, found in enumerate(re.finditer(pattern, code.text)):
        if count >= MOST_CALLS:
            return
        rest = code.text[found.end() : found.end() + MOST_ARGUMENTS].partition("\n")[0]
        rest = rest[: _closing(rest)]
        said = [each for each in re.finditer(_NAMED, rest) if not each[0].startswith("sep")]
        if not said and calls[found[1]] == "to":
            said = list(re.finditer(_ARGUMENT, rest))[-1:]
        for each in said[:1]:
            target = code.cut(found.end() + each.start(2), found.end() + each.end(2))
            appends = "append=TRUE" in rest.replace(" ", "")
            data = {} if appends else {"mode": "overwrite"}
            touch(run, command, "append" if appends else "write", target, **data)


def _closing(text: str) -> int:
    depth = 1
    for index, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if not depth:
            return index
    return len(text)


# Comments, strings and q{}: what is surely text. Patterns are left as they stand.
_PERL_TEXT = re.compile(
    r"(?:^|(?<=[\s;{}]))\#[^\n]*|'(?:[^'\\\n]|\\.)*+'|\"(?:[^\"\\\n]|\\.)*+\"|\bqq?(?:\{[^{}]*+\}|\([^()]*+\)|\[[^\[\]]*+\])"
    r"|\n=\w[^\0]*?\n=cut\b"
)
_GLOB = re.compile(r"""(?:\bDir(?:\.glob)?|\bglob)\s{0,3}[(\[]?\s{0,3}(['"])([^'"\n]{1,400})\1""")
_MAPPED = re.compile(r"array_(?:map|walk)\(\s{0,3}['\"]unlink['\"]")
_REMOVERS = re.compile(
    r"\b(?:unlink|File\.(?:delete|unlink)|FileUtils\.(?:rm\w*|remove\w*)|rmtree|remove_tree|rmdir)\b"
)


def _code_of(language: str, text: str) -> str:
    """`text` with comments and the inside of strings blanked, where the language has a grammar that is sure of them."""
    if language == "perl":
        return re.sub(_PERL_TEXT, lambda found: " " * len(found[0]), text)
    grammar = language if language in ("php", "lua", "ruby") else None
    if grammar is None:
        return text
    from tractguard.facts import code_scan

    return code_scan.without(text, code_scan.regions(text, grammar, False))


def _plain(quote: str, word: Word) -> Word:
    """A literal without its escapes."""
    if "\\" not in word.text:
        return word
    if quote == "'":
        return Word(word.text.replace("\\'", "'").replace("\\\\", "\\"))
    from tractguard.facts.shell_values import ansi

    return ansi(word)


def _note(run: Run, command: Command, effect: str, code: Word, found: re.Match[str]) -> None:
    first = _plain(found.group(2), code.cut(found.start(3), found.end(3)))._replace(quoted=True)
    second = _SECOND.match(code.text, found.end())
    other = None
    if second:
        other = _plain(second.group(1), code.cut(second.start(2), second.end(2)))._replace(quoted=True)
    where = command.where._replace(wrappers=(*command.where.wrappers, command.name))
    if effect == "run":
        listed = _list(code, found.end())
        if listed:
            run.command(Command((first, *listed), {}, command.cwd, where=where))
        elif first.text != UNKNOWN:
            run.script(first, where, command.cwd)
    elif effect in ("write", "append", "delete", "read"):
        data = {"mode": "overwrite"} if effect == "write" else {}
        touch(run, command, effect, first, **data, **({"recursive": True} if _deep(code.text, found) else {}))
    elif effect == "move" and other is not None:
        moved(run, command, first, other)
    elif effect == "copy" and other is not None:
        touch(run, command, "read", first)
        touch(run, command, "write", other, mode="overwrite")
    elif effect == "open":
        _opened(run, command, first, other)


def _deep(text: str, found: re.Match[str]) -> bool:
    """Whether a removal takes what is below: by its name, or by the option behind the path."""
    return "rf" in found.group(1) or "recursive" in text[found.end() : found.end() + 60].partition(")")[0]


def _list(code: Word, start: int) -> list[Word]:
    """Literals that follow one another, as in `spawn("npm", ["install"])`."""
    words: list[Word] = []
    pattern = re.compile(r"""\s{0,9},?\s{0,9}\[?\s{0,9}(['"`])((?:(?!\1)[^\\\n]|\\[^\n]){1,400})\1""")
    while len(words) < 40:
        found = pattern.match(code.text, start)
        if found is None:
            break
        words.append(_plain(found.group(1), code.cut(found.start(2), found.end(2))))
        start = found.end()
    return words


def _opened(run: Run, command: Command, first: Word, second: Word | None) -> None:
    """`open(F, '>', 'x')`, `File.open('x', 'w')`, `fopen('x', 'a')`, `open(F, '>x')`."""
    mode, path = (first, second) if first.text[:1] in "<>+" else (second, first)
    said = mode.text if mode is not None else "r"
    if path is None:
        path = first.cut(len(first.text) - len(first.text.lstrip("<>+ ")))
    if ">>" in said or said.startswith("a"):
        touch(run, command, "append", path)
    elif ">" in said or said.startswith(("w", "x", "c")) or "+" in said:
        touch(run, command, "write", path, mode="overwrite")
    else:
        touch(run, command, "read", path)
