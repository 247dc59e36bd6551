"""SQL statements: verb, tables, whether there is a condition.

It knows how statements are split (comments, strings, dollar quotes), where the tables of the common verbs stand, and
that a `with`, a bracket, a `do` block or an `execute 'text'` may hold statements of their own. It refuses to parse
expressions: a `where` is a word outside strings and deeper brackets. Whether a backslash escapes is the service's.
Where that does not settle whose rows change, or whether all do, `sql_tree` reads the statement with sqlglot.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from tractguard.model import Fact
from tractguard.tables import later

if TYPE_CHECKING:
    from tractguard.facts.sql_tree import Reader

MOST_STATEMENTS = 2000
MOST_STATEMENT = 4000  # characters of a statement kept in a fact
MOST_WORDS = 20_000  # words of a statement that are looked at
MOST_INNER = 32  # statements in brackets within one
MOST_TABLES = 32  # tables that one statement is told of
DEEPEST = 3  # statements within blocks within blocks

_TOKEN = later(
    r"--[^\n]*|#[^\n]*(?=\n|$)|/\*|'|\$[A-Za-z_]{0,30}\$|\"[^\"\n]{0,200}\"|`[^`\n]{0,200}`|\[[A-Za-z_][\w ]{0,100}\]"
    r"|[;(),]|[A-Za-z_][\w$]*(?:\.[A-Za-z_*][\w$]*)*"
)
_PART = later(r"\"[^\"\n]{0,200}\"|`[^`\n]{0,200}`|\[[A-Za-z_][\w ]{0,100}\]|[A-Za-z_*][\w$]*")
_VERBS = (
    "select insert update delete drop truncate alter create grant revoke merge replace call copy vacuum analyze "
    "explain rename comment begin commit rollback use set show describe with do exec execute lock reindex refresh "
    "attach detach pragma load import restore backup kill shutdown optimize"
)
VERBS = frozenset(_VERBS.split())
_CHANGES = ("insert", "update", "delete", "merge", "truncate", "drop", "alter")
_CHANGES_ROWS = ("delete", "update", "merge")
_NO_COLUMN = frozenset("and or not true false is null in like between exists limit order by returning".split())
_INNER = ("insert", "update", "delete", "merge")  # statements that may stand in brackets
_LEADS = frozenset("begin declare if while for else then loop prepare atomic foreach".split())
_BACKSLASH = frozenset("mysql mariadb clickhouse bigquery snowflake".split())
_AFTER = {
    "select": ("from",), "delete": ("from", "delete"), "insert": ("into", "insert"), "update": ("update",),
    "merge": ("into", "merge"), "replace": ("into", "replace"), "truncate": ("table", "truncate"), "copy": ("copy",),
    "vacuum": ("vacuum",), "call": ("call",), "use": ("use",), "grant": ("on",), "revoke": ("on",), "exec": ("exec",),
    "refresh": ("view",), "analyze": ("analyze",), "reindex": ("table",), "lock": ("table",), "optimize": ("table",),
}  # fmt: skip
_KINDS = "table view index schema database function procedure trigger role user sequence type extension column policy"
_OBJECTS = frozenset(_KINDS.split())
_BETWEEN = (
    "if exists not only or replace temporary temp unique concurrently materialized global unlogged low_priority ignore "
    "cascade table verbose full quick delayed high_priority overwrite into abort fail"
)
_SKIP = frozenset(_BETWEEN.split())


class Token(NamedTuple):
    """A word, a name or a comma outside comments and strings."""

    text: str
    low: str  # the word in lower case; "" for a quoted name
    depth: int  # brackets around it
    start: int
    end: int
    first: bool  # it stands right behind an opening bracket


class Statement(NamedTuple):
    """One statement, and the texts in it that are statements again."""

    start: int
    end: int
    tokens: tuple[Token, ...]
    texts: tuple[tuple[int, int], ...]


Told = tuple[int, int, tuple[str, str, str, bool]]  # start, end, (verb, table, kind of object, condition)


def sql_facts(text: str, via: str = "", service: str = "", field: str = "", offset: int = 0) -> list[Fact]:
    """`sql` facts of `text`: name the verb, value the statement. `data`: table, object (`table`, `database` ...),
    where, via, service, database. A statement about several tables is told once for each."""
    facts: list[Fact] = []
    readers: list[Reader] = []
    todo = [(0, len(text), 0)]
    while todo:
        first, last, level = todo.pop(0)
        for statement in statements(text[first:last] if last - first < len(text) else text, service in _BACKSLASH):
            said = text[first + statement.start : first + statement.end]
            for start, end, (verb, table, kind, where) in _told(statement, said, service, readers):
                data = {
                    "table": table,
                    "object": kind,
                    "where": where,
                    "via": via,
                    "service": service,
                    "database": table if kind == "database" or verb == "use" else "",
                }
                start_at, end_at = first + start, first + min(end, start + MOST_STATEMENT)
                span = (start_at + offset, end_at + offset)
                facts.append(Fact("sql", verb, text[start_at:end_at], data, field, span))
            if level < DEEPEST:
                todo.extend((first + start, first + end, level + 1) for start, end in statement.texts)
            if len(facts) >= MOST_STATEMENTS:
                read = f"the first {MOST_STATEMENTS} were read"
                facts.append(Fact("opaque", "too many statements", read, {"via": via}, field))
                return facts
    return facts


def statements(text: str, escapes: bool = False) -> Iterator[Statement]:
    """The statements of `text`, split at `;` outside strings, comments and dollar quotes. With `escapes` a backslash
    takes the next character of a string as it is."""
    at, depth, begin, last, remark = 0, 0, -1, 0, -1
    tokens: list[Token] = []
    texts: list[tuple[int, int]] = []
    absent: set[str] = set()
    first = False
    while (found := _TOKEN().search(text, at)) is not None:
        start, at, said = found.start(), found.end(), found[0]
        if said.startswith(("--", "#", "/*")):
            remark = start if remark < 0 else remark
            at = _after(text, "*/", at, absent) if said == "/*" else at
            continue
        if said == ";":
            if depth <= 0:
                if tokens:
                    yield Statement(begin, at, tuple(tokens), tuple(texts))
                tokens, texts, begin = [], [], -1
            continue
        last, remark = at, -1
        begin = start if begin < 0 else begin
        if said in "()":
            depth = max(0, depth + (1 if said == "(" else -1))
            first = said == "("
            continue
        if said == "'":
            at = last = _string_end(text, at, absent, escapes or _escaping(text, start))
            if tokens and tokens[-1].low in ("execute", "exec", "immediate"):
                texts.append((start + 1, max(start + 1, at - 1)))
        elif said[0] == "$":
            inner, at = at, _after(text, said, at, absent)
            last = at
            if tokens and tokens[0].low == "do" and depth == 0:
                texts.append((inner, max(inner, at - len(said))))
        elif said != "," or depth == 0:
            name, at = _whole(text, said, at)
            last = at
            if len(tokens) < MOST_WORDS and not (at < len(text) and text[at] == "'" and said.lower() in ("e", "n")):
                low = "" if said[0] in '"`[' else name.lower()
                tokens.append(Token(name, low, depth, start, at, first))
        first = False
    if tokens:  # with the numbers and signs behind the last word, without a remark there
        last += len(text[last : len(text) if remark < 0 else max(remark, last)].rstrip())
        yield Statement(begin, min(last, len(text)), tuple(tokens), tuple(texts))


def _whole(text: str, said: str, at: int) -> tuple[str, int]:
    """A name with the parts behind its dots (`[dbo].[users]`), without quotes, and where it ends."""
    name = said.strip('"`[]') if said[0] in '"`[' else said
    while text.startswith(".", at) and said != ",":
        part = _PART().match(text, at + 1)
        if part is None:
            break
        name += "." + part[0].strip('"`[]')
        at = part.end()
    return name, at


def _after(text: str, close: str, at: int, absent: set[str]) -> int:
    """Just behind the next `close`; the end where there is none; looked for once where it is absent."""
    if close in absent:
        return at
    found = text.find(close, at)
    if found < 0:
        absent.add(close)
        return len(text) if close in ("'", "*/") else at
    return found + len(close)


def _escaping(text: str, at: int) -> bool:
    """Whether the string that begins at `at` is PostgreSQL's `E'…'`."""
    return text[at - 1 : at] in ("e", "E") and not text[max(at - 2, 0) : at - 1].isalnum()


def _string_end(text: str, at: int, absent: set[str], escapes: bool) -> int:
    while True:
        start, at = at, _after(text, "'", at, absent)
        if escapes and text[at - 1 : at] == "'":
            size = len(text[start : at - 1]) - len(text[start : at - 1].rstrip("\\"))
            if size % 2:
                continue
        if at >= len(text) or text[at] != "'":
            return at
        at += 1


# What a statement does


def _told(statement: Statement, said: str, service: str, readers: "list[Reader]") -> list[Told]:
    """Where each act of a statement stands, and the act."""
    told = [(start, end, act) for start, end, group in _groups(statement) for act in _acts(group)]
    if settled([token for token in statement.tokens if token.text != ","], said, statement.start):
        return told
    if not readers:
        from tractguard.facts.sql_tree import Reader

        readers.append(Reader(service))
    acts = readers[0].acts(said)
    if not acts:
        return told
    # The tree says whose rows change; all else, and what only our reading found, stays.
    merged: list[Told] = []
    for start, end, act in told:
        same = [each for each in acts if each[0] == act[0]]
        acts = [each for each in acts if each[0] != act[0]]
        if act[0] not in _CHANGES_ROWS or (not same and act[0] not in {each[2][0] for each in merged}):
            merged.append((start, end, act))
        merged.extend((start, end, (verb, table, "table", where)) for verb, table, where in same)
    whole = (statement.start, statement.end)
    return [*merged, *((*whole, (verb, table, "table", where)) for verb, table, where in acts)]


def settled(tokens: Sequence[Token], said: str, begin: int) -> bool:
    """Whether the quick reading of a statement is the whole truth: it changes no rows, or those of the one table that
    is named, without a condition or with one that names a column."""
    words = [token.low for token in tokens]
    verbs = [index for index, word in enumerate(words) if word in _CHANGES_ROWS]
    if not verbs or words[0] in ("create", "alter", "grant", "revoke", "comment", "do", *_LEADS) or len(verbs) > 6:
        return True
    if words[0] == "with" or "merge" in words or "join" in words or "using" in words:
        return False
    at = verbs[0]
    mark = {"update": "set", "delete": "where"}[words[at]]
    end = words.index(mark, at) if mark in words[at:] else len(words)
    behind = (
        said[tokens[at].end - begin : tokens[end].start - begin] if end < len(words) else said[tokens[at].end - begin :]
    )
    if "," in behind or ("(" in behind and "top" not in words) or (words[at] == "update" and "from" in words[end:]):
        return False
    if words[at] == "delete" and at + 1 < end and words[at + 1] != "from" and "from" in words[at:end]:
        return words[at + 1] in _SKIP or words[at + 1] == "top"
    return "where" not in words or _selects(tokens[words.index("where") + 1 :], said, begin)


def _selects(tokens: Sequence[Token], said: str, begin: int) -> bool:
    """Whether a condition compares a column with something else: the words behind `where`."""
    if "true" in (token.low for token in tokens) or all(token.low in _NO_COLUMN for token in tokens):
        return False
    for one, other in pairwise(tokens):  # a column held against itself
        if one.text.lower() == other.text.lower() and said[one.end - begin : other.start - begin].strip(" =<>") == "":
            return False
    alternatives = (said[token.end - begin :].lstrip()[:1] for token in tokens if token.low == "or")
    return all(char.isalpha() or char in '"`[(_' for char in alternatives)


def _groups(statement: Statement) -> Iterator[tuple[int, int, Sequence[Token]]]:
    """The statement, and the statements that stand in brackets within it; the inner ones first."""
    tokens = statement.tokens
    inner = [index for index, token in enumerate(tokens) if token.first and token.depth and token.low in _INNER]
    for index in inner[:MOST_INNER]:
        group = _group(tokens, index)
        lows = [each.low for each in group]
        if lows[1:2] in (["from"], ["into"], ["only"]) or (lows[0] == "update" and "set" in lows):
            yield group[0].start, group[-1].end, group
    own = [token for token in tokens if not token.depth]
    if own:
        yield statement.start, statement.end, _analysed(tokens, own)


def _group(tokens: Sequence[Token], index: int) -> list[Token]:
    depth = tokens[index].depth
    group = []
    for token in tokens[index:]:
        if token.depth < depth:
            break
        if token.depth == depth:
            group.append(token)
    return group


def _analysed(tokens: Sequence[Token], own: list[Token]) -> list[Token]:
    """`explain (analyze, buffers) update …` as `explain analyze update …`."""
    if own[0].low == "explain" and any(token.depth == 1 and token.low == "analyze" for token in tokens[1:8]):
        return [own[0], own[0]._replace(text="analyze", low="analyze"), *own[1:]]
    return own


def _acts(tokens: Sequence[Token]) -> Iterator[tuple[str, str, str, bool]]:
    """(verb, table, kind of object, whether there is a condition), for each table."""
    verb, index = _verb([token.low for token in tokens])
    if verb:
        tables, kind = _tables(verb, tokens[index:])
        where = any(token.low == "where" for token in tokens[index:])
        for table in tables[:MOST_TABLES] or [""]:
            yield verb, table, kind, where


def _verb(words: Sequence[str]) -> tuple[str, int]:
    """The verb that acts, and where it stands: for `with x as (...) delete from t` it is delete; for `explain analyze
    update` update; for `begin delete` of a block delete."""
    verb = words[0]
    wanted: tuple[str, ...] = ()
    if verb == "with" or (verb == "explain" and "analyze" in words[1:3]):
        wanted = (*_INNER, "select")
    elif verb in _LEADS:
        wanted = _CHANGES
    elif verb == "alter" and words[3:4] in (["delete"], ["update"]) and words[1] == "table":
        return words[3], 0  # ClickHouse's `alter table t delete where …`
    for index, word in enumerate(words):
        if word in wanted:
            return word, index
    return (verb, 0) if verb in VERBS else ("", 0)


def _tables(verb: str, tokens: Sequence[Token]) -> tuple[list[str], str]:
    """The objects that the statement acts on, and their kind."""
    words = [token.low for token in tokens]
    kind = next((word for word in words[1:5] if word in _OBJECTS), "table")
    if verb in ("drop", "create", "alter", "rename", "comment") or words[0] == "alter":
        start = words.index(kind) + 1 if kind in words else 1
        return _names(tokens[start:], verb == "drop"), kind
    if words[:2] == ["insert", "all"]:
        starts = [index + 1 for index, word in enumerate(words) if word == "into"][:MOST_TABLES]
        return [name for start in starts for name in _names(tokens[start:], False)], "table"
    start = next((words.index(mark) + 1 for mark in _AFTER.get(verb, ()) if mark in words), 0)
    return (_names(tokens[start:], verb in ("truncate", "lock")) if start else []), "table"


def _names(tokens: Sequence[Token], several: bool) -> list[str]:
    """The name that stands here, and those behind commas."""
    found: list[str] = []
    waiting = True
    for index, token in enumerate(tokens):
        if token.text == ",":
            if not several:
                break
            waiting = True
        elif waiting and token.low not in _SKIP:
            found.append(token.text)
            waiting = False
        elif (found and not several) or index > 4 * MOST_TABLES or (not found and index > 6):
            break
    return found
