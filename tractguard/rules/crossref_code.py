"""Constructs in written code: forbidden and required ones. TG361, TG362.

It looks at what an edit adds, comments and strings blanked: literal code words as said, and the constructs that the
table `rules_code.json` knows by their usual names ("global state", "any types"). It refuses to judge a construct that
is described in words only.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache

from tractguard.model import Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import COSMETIC, MISSING, REFINES, Call, Hit, edit, rule, write
from tractguard.rules.crossref_endpoints import replaced
from tractguard.rules.crossref_imports import brought_in, imported
from tractguard.rules.crossref_packages import added, plain, products
from tractguard.rules.programs import is_scratch, listed
from tractguard.rules.words import mentions, phrase_table, phrases_in, table

_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc", ".json", ".lock", ".svg")
_GENERIC = re.compile(r"<[A-Z]\w{0,2}(?:, ?[A-Z]\w{0,2})*>$")  # ViewContext<T> stands for any ViewContext<…>
_PLACEHOLDER = re.compile(r"(?<=\w) [A-Z]$")  # "as unknown as T" is out for each T
_CLASSES = re.compile(r"[a-z][a-z0-9]*(?:-[\w\[\].%]+)+$")
_DIRECT = re.compile(r"\bdirect(?:ly)? (?:imports? of |use of |importing )?[`'\"]?([\w@/.-]+)[`'\"]?(?: imports?)?\b")
MOST_TEXT = 4_000_000  # characters of one added text that are searched


def language(fact: Fact) -> str:
    """The family of languages that the table has patterns for: "js", "python" … or the file's ending."""
    ending = fact.name.rpartition(".")[2].lower() if "." in fact.name.rpartition("/")[2] else ""
    families: dict[str, str] = table("code")["families"]
    return families.get(ending) or families.get(str(fact.data.get("lang") or "").lower()) or ending


def bare(fact: Fact) -> str:
    """The added code without comments and strings; the whole text where no grammar could tell them apart."""
    code = fact.data.get("code")
    return (code if isinstance(code, str) and code else fact.value)[:MOST_TEXT]


def forbid_code(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A construct that must not be written."""
    what = " ".join((*constraint.list("what"), *constraint.list("pattern")))
    known = constructs_in(" ".join(constraint.list("what"))) or constructs_in(what)
    literal = literals(constraint)
    if "wildcard_import" in known:
        literal = tuple(one for one in literal if one != "import *")  # each language has its own form
    alone = bool(re.search(r"[`\w)] alone\b", what + " " + str(constraint.get("words") or "")))
    for fact in call.of("code"):
        if fact.name.lower().endswith(_PROSE) or (call.rel(fact.name).startswith("/") and is_scratch(fact.name)):
            continue
        found, sure = _literal(fact, _undecided(fact, literal, known), alone)
        if found and _is_more(fact, found, constraint.list("use")):
            found = ""
        if found == "export default" and _OWES_DEFAULT.search(fact.name):
            found = ""
        if not found:
            found, sure = _construct(fact, known)
        if found:
            yield _written(fact, found, sure, constraint)
    for fact, found, sure in (*imported(call, constraint), *brought_in(call, literal)):
        yield _written(fact, found, sure, constraint)
    yield from _direct_imports(call, constraint)
    yield from _products(call, constraint, what)


def _direct_imports(call: Call, constraint: Constraint) -> Iterator[Hit]:
    """A module that is to be reached through one of the project's own ("no direct dayjs imports, use lib/dayjs")."""
    said = _DIRECT.search(" ".join(constraint.list("what")).lower())
    use = constraint.list("use")
    if said is None:
        return
    for fact in call.of("import"):
        own = call.rel(str(fact.data.get("path") or "")).rpartition(".")[0]
        if plain(fact.name) != plain(said.group(1)) or any(own.endswith(one.removeprefix("./")) for one in use):
            continue
        fits_span = fact.span is not None and fact.span[1] - fact.span[0] == len(fact.name)
        hit = _written(fact, f"an import of {fact.name}", 0.9, constraint)
        yield hit._replace(fixes=replaced(fact, use) if fits_span and _module_like(use) else ())


def _module_like(use: tuple[str, ...]) -> bool:
    return len(use) == 1 and " " not in use[0] and "/" in use[0]


def literals(constraint: Constraint) -> tuple[str, ...]:
    """The code words of a constraint as they stand in code, marks and placeholders taken off."""
    found = []
    for said in constraint.list("pattern"):
        text = said.strip().strip("`").strip()
        text = text.removesuffix(")") if text.endswith("()") else text
        for mark in (" ...", "...", "…", " ..."):
            text = text.split(mark)[0] if mark in text and not text.startswith(mark) else text
        text = _PLACEHOLDER.sub("", _GENERIC.sub("<", text.strip()))
        if len(text) > 1 or (text and not text.isalnum()):
            found.append(text)
    return tuple(found)


def _undecided(fact: Fact, literal: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """The literals without the plain words that the grammar has decided on: `console.print(x)` is no `print(`."""
    judged = fact.data.get("constructs")
    if not isinstance(judged, Mapping):
        return literal
    decided = {each for each in known if each in judged}
    return tuple(said for said in literal if not said.rstrip("()").isalpha() or decided.isdisjoint(constructs_in(said)))


def _literal(fact: Fact, literal: tuple[str, ...], alone: bool) -> tuple[str, float]:
    code = bare(fact)
    quoted = fact.value[:MOST_TEXT]
    for said in literal:
        if any(quote in said for quote in _QUOTES):
            if _requoted(said) in _requoted(quoted) and _requoted(said) not in _requoted(comments_of(fact)):
                return said, 0.9
            continue
        if _in_strings(fact, said):
            return said, 0.9
        if not mentions(code, said):
            continue
        if alone and sum(said.split()[0] in line for line in code.split("\n")) > 1:
            continue
        return said, 0.9 if len(said) > 3 else 0.85
    return "", 0.0


def _is_more(fact: Fact, found: str, use: tuple[str, ...]) -> bool:
    """Whether a module is only named as the beginning of the right one (`@x/ui` in `@x/ui/button`)."""
    longer = [one.strip("`") for one in use if one.strip("`").startswith(found + "/")]
    if not longer:
        return False
    rest = fact.value[:MOST_TEXT].replace(found + "/", "")
    return not mentions(rest, found)


_OWES_DEFAULT = re.compile(  # files whose framework reads their default export
    r"/(?:page|layout|loading|error|global-error|not-found|template|default|route|middleware|_app|_document)\.[jt]sx?$"
    r"|\.(?:config|stories)\.[cm]?[jt]sx?$|/(?:pages|routes)/[^\n]*\.[jt]sx?$"
)
_QUOTES = "\"'`"
_QUERY = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|DROP|TRUNCATE|ALTER)\s")  # SQL within other code


def _requoted(text: str) -> str:
    """A text with one kind of quotes, so that `require('x')` is `require("x")`."""
    return text.replace("'", '"').replace("`", '"')


def _in_strings(fact: Fact, said: str) -> bool:
    """Whether a path, a route or a tag is the value of a new string; a string of several words is prose."""
    texts = [text for _, text in listed(fact, "strings")]
    if _CLASSES.match(said):  # a class of a style sheet, in a list of such
        return any(said in text.split() and not re.search(r"[A-Z.,;!?]\s|'", text) for text in texts)
    if _QUERY.match(said):
        return any(isinstance(text, str) and _QUERY.match(text) and mentions(text, said) for text in texts)
    if "/" not in said and not said.startswith(":"):
        return False
    return any(" " not in text and mentions(text, said) for text in texts if isinstance(text, str))


def comments_of(fact: Fact) -> str:
    """The comments of a text, with what is quoted in strings taken out."""
    prose = str(fact.data.get("prose") or "")[:MOST_TEXT]
    offset = fact.data.get("offset") or 0
    parts, done = [], 0
    for start, text in listed(fact, "strings"):
        at = start - offset
        if isinstance(text, str) and at >= done and prose.startswith(text, at):
            parts += [prose[done:at], " " * len(text)]
            done = at + len(text)
    return "".join([*parts, prose[done:]])


def constructs_in(text: str) -> tuple[str, ...]:
    """The ids of the constructs that a text names."""
    found = phrases_in(text, phrase_table("code", "phrases"))
    low = text.lower()
    for construct, sets in table("code")["together"].items():
        if construct not in found and any(all(word in low for word in words) for words in sets):
            found.append(construct)
    return tuple(found)


@cache
def _patterns(construct: str, family: str) -> tuple[tuple[re.Pattern[str], float], ...]:
    entry = table("code")["constructs"][construct]
    rows = [*entry.get(family, ()), *entry.get("*", ())]
    return tuple(
        (re.compile(row if isinstance(row, str) else row[0], re.MULTILINE), 0.9 if isinstance(row, str) else row[1])
        for row in rows
    )


def _construct(fact: Fact, known: tuple[str, ...]) -> tuple[str, float]:
    family = language(fact)
    judged = fact.data.get("constructs")  # what the grammar decided; the patterns are for the rest
    for construct in known:
        if isinstance(judged, Mapping) and construct in judged:
            places = [] if construct == "default_export" and _OWES_DEFAULT.search(fact.name) else judged[construct]
            if places:
                return str(places[0][1])[:60], float(places[0][2])
            continue
        on = table("code")["constructs"][construct].get("on", "code")
        text = fact.value[:MOST_TEXT] if on == "text" else bare(fact)
        if on == "prose":
            text = str(fact.data.get("prose") or "")[:MOST_TEXT]
        if construct == "default_export" and _OWES_DEFAULT.search(fact.name):
            continue
        for pattern, sure in _patterns(construct, family):
            match = pattern.search(text)
            if match:
                return " ".join(match.group().split())[:60] or construct, sure
    return "", 0.0


def _written(fact: Fact, found: str, sure: float, constraint: Constraint) -> Hit:
    use = constraint.list("use")
    return Hit(
        fact,
        f"this call writes {found}",
        actual=found,
        expected=use[0] if use else "",
        conflict_type="semantic",
        confidence=sure,
        fixes=_corrected(fact, found, use[0]) if len(use) == 1 else (),
        way_out=f"Write it with {use[0]}." if use else f"Write it without {found}.",
        subject=f"code:{found}",
    )


def _corrected(fact: Fact, found: str, use: str) -> tuple[Fix, ...]:
    """Every place of a wrong path, version or name exchanged, where the right one is of the same build; else ()."""
    use = use.strip("`")
    if fact.kind != "code" or not _same_build(found, use) or not fact.field or fact.span is None:
        return ()
    prose, offset = comments_of(fact), int(fact.data.get("offset") or 0)
    fixes: list[Fix] = []
    for match in re.finditer(re.escape(found), fact.value[:MOST_TEXT]):
        if len(fixes) > 50:
            return ()
        if not prose[match.start() : match.end()].strip() and mentions(_around(fact.value, match), found):
            fixes.append(Fix(fact.field, offset + match.start(), offset + match.end(), use))
    return tuple(fixes)


def _around(text: str, match: re.Match[str]) -> str:
    return text[max(match.start() - 1, 0) : match.end() + 1]


def _same_build(one: str, other: str) -> bool:
    """Whether two names are built alike and begin alike (`autoscaling/v1` and `/v2`, `/healthz` and `/health`)."""
    signs = re.findall(r"\W", one)
    if not signs or signs != re.findall(r"\W", other) or any(sign in "(){}<>[]\"'` ;" for sign in signs):
        return False
    first, second = re.findall(r"\w+", one), re.findall(r"\w+", other)
    return bool(first and second) and (first[0] == second[0] or first[0][:4] == second[0][:4])


def _products(call: Call, constraint: Constraint, what: str) -> Iterator[Hit]:
    """A kind of product that was excluded ("no CRM integration"), known by the names of packages, files and types."""
    names = products(what)
    if not names:
        return
    facts = [(name, fact) for name, fact in added(call)]
    facts += [
        (fact.name.rpartition("/")[2].lower(), fact) for fact in call.of("write") if fact.data.get("mode") != "edit"
    ]
    for name, fact in facts:
        wrong = next((one for one in names if one in re.split(r"[^a-z0-9]+", name)), "")
        if wrong:
            yield _written(fact, wrong, 0.85, constraint)


def require_code(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A new file without what every new file must hold; or the construct that was to be replaced by another."""
    if constraint.get("instead_of"):
        data = {**constraint.data, "pattern": constraint.list("instead_of")}
        yield from forbid_code(call, Constraint("forbid_code", data), instruction)
    if str(constraint.get("what")).startswith(".js extensions"):
        yield from _endless(call)
    literal = literals(constraint)
    when = " ".join((*constraint.list("when"), *constraint.list("what"))).lower()
    if not literal or not any(word in when for word in ("new file", "every file", "all files", "each file", "top of")):
        return
    for fact in call.of("code"):
        if fact.data.get("op") != "create" or fact.name.lower().endswith(_PROSE):
            continue
        if not any(said in fact.value for said in literal):
            yield Hit(
                fact,
                f"this call makes a file without {literal[0]}",
                actual=f"no {literal[0]}",
                expected=literal[0],
                conflict_type="semantic",
                manner=MISSING,
                confidence=0.7,
                way_out=f"Add {literal[0]}.",
                subject=f"code:{literal[0]}",
            )


def _endless(call: Call) -> Iterator[Hit]:
    """Relative imports without the ending that was asked for."""
    for fact in call.of("import"):
        name = fact.name.rpartition("/")[2]
        if (
            fact.data.get("lang") in ("javascript", "typescript")
            and fact.name.startswith(("./", "../"))
            and "." not in name
        ):
            yield Hit(
                fact,
                f"this call imports {fact.name} without an ending",
                actual=fact.name,
                expected=f"{fact.name}.js",
                conflict_type="semantic",
                confidence=0.88,
                way_out=f"Import {fact.name}.js.",
                subject="code:endings",
            )


def edition(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """Code in an older manner than the edition that was asked for; newer syntax refines the instruction."""
    said = str(constraint.get("edition") or "").lower()
    if not any(word in said for word in ("es6", "es20", "es7", "es8", "modern", "esnext")):
        return
    for fact in call.of("code"):
        if language(fact) != "js":
            continue
        old, sure = _construct(fact, ("old_js",))
        if old:
            yield Hit(
                fact,
                f"this call writes {old}",
                actual=old,
                expected="const or let",
                conflict_type="semantic",
                manner=COSMETIC,
                confidence=sure,
                way_out="Write it with const or let.",
                subject="edition",
            )
        elif new := _NEWER.search(bare(fact)):
            yield Hit(fact, f"this call's {new.group()} refines it", manner=REFINES, confidence=0.95, subject="refines")


_NEWER = re.compile(r"\?\.(?=[A-Za-z_\[(])|\?\?|=>|\bconst\b|\blet\b|\bclass\b|\basync\b|#\w+")

_SPDX = "Every new file must start with `SPDX-License-Identifier: MIT`."
_SPDX_RULE = {
    "type": "require_code",
    "what": "license header in every file",
    "pattern": ["SPDX-License-Identifier: MIT"],
}
_LOG = "Never use `console.log`, use the logger."

RULES = (
    rule(
        "TG361",
        "forbidden code",
        ("forbid_code",),
        forbid_code,
        bad=(
            edit(_LOG, "/repo/src/a.ts", 'console.log("here")'),
            write("Never use global state", "/repo/src/cache.py", "_CACHE = {}\n\ndef put(k, v):\n    _CACHE[k] = v\n"),
        ),
        good=(
            edit(_LOG, "/repo/src/a.ts", 'logger.info("here")'),
            edit(_LOG, "/repo/src/a.ts", "// console.log is not for us\nrun()"),
            edit(_LOG, "/repo/src/a.test.ts", "expect(lint('console.log(1)')).toHaveLength(1)"),
            edit(_LOG, "/repo/src/a.ts", "run()", old="console.log(1)\nrun()"),
            write("Never use global state", "/repo/src/consts.py", "MAX_RETRIES = 3\n"),
        ),
    ),
    rule(
        "TG362",
        "required code",
        ("require_code",),
        require_code,
        bad=(write(_SPDX, "/repo/src/a.py", "x = 1\n", constraints=[_SPDX_RULE]),),
        good=(
            write(_SPDX, "/repo/src/a.py", "# SPDX-License-Identifier: MIT\nx = 1\n", constraints=[_SPDX_RULE]),
            edit(_SPDX, "/repo/src/a.py", "x = 1\n", constraints=[_SPDX_RULE], project={"src/a.py": "x\n"}),
        ),
    ),
    rule(
        "TG363",
        "edition of a language",
        ("language",),
        edition,
        bad=(edit("Use ES6+ JavaScript", "/repo/src/a.js", "var self = this\n"),),
        good=(edit("Use ES6+ JavaScript", "/repo/src/a.js", 'const n = user?.name ?? "anon"\n'),),
    ),
)
