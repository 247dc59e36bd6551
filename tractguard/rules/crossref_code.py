"""Constructs in written code: forbidden and required ones. TG361, TG362.

It looks at what an edit adds, comments and strings blanked: literal code words as said, and the constructs that the
table `rules_code.json` knows by their usual names ("global state", "any types"). It refuses to judge a construct that
is described in words only.
"""

import re
from collections.abc import Iterator, Mapping

from tractguard.model import Constraint, Fact, Fix, Instruction
from tractguard.rules.constructs import MOST_TEXT, bare, comments_of, constructs_in, is_owed, language, written
from tractguard.rules.crossref import COSMETIC, DOES, MISSING, REFINES, Call, Hit, edit, rule, write
from tractguard.rules.crossref_imports import brought_in, imported
from tractguard.rules.crossref_packages import added, plain, products
from tractguard.rules.crossref_ports import replaced
from tractguard.rules.programs import is_scratch, listed
from tractguard.rules.words import mentions

_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc", ".json", ".lock", ".svg")
_GENERIC = re.compile(r"<[A-Z]\w{0,2}(?:, ?[A-Z]\w{0,2})*>$")  # ViewContext<T> stands for any ViewContext<…>
_PLACEHOLDER = re.compile(r"(?<=\w) [A-Z]$")  # "as unknown as T" is out for each T
_IN_EACH = re.compile(r"\b(?:every|all|each|new)\b[^.;,]{0,16}\b(?:files?|modules?)\b|\b(?:at the )?top of\b")
_MEMBER = re.compile(r"[A-Z]\w+\.([a-z]+[A-Z]\w{3,})\(")
_TAG = re.compile(r"</?[a-z][\w-]*\s*/?>")
_CLASSES = re.compile(r"[a-z][a-z0-9]*(?:-[\w\[\].%]+)+-?$")
_SPARED = re.compile(r"\b(?:except|other than|apart from|beyond|outside)(?: for| in| of)? `?([A-Za-z]\w*[A-Z]\w*)")
_DIRECT = re.compile(r"\bdirect(?:ly)? (?:imports? of |use of |importing )?[`'\"]?([\w@/.-]+)[`'\"]?(?: imports?)?\b")


def forbid_code(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A construct that must not be written."""
    what = " ".join((*constraint.list("what"), *constraint.list("pattern")))
    known = constraint.list("constructs") or constructs_in(" ".join(constraint.list("what"))) or constructs_in(what)
    literal = literals(constraint)
    if "wildcard_import" in known:
        literal = tuple(one for one in literal if one != "import *")  # each language has its own form
    spared = tuple(_SPARED.findall(str(constraint.get("words") or "")))
    alone = bool(re.search(r"[`\w)] alone\b", what + " " + str(constraint.get("words") or "")))
    for fact in call.of("code"):
        if fact.name.lower().endswith(_PROSE) or (call.rel(fact.name).startswith("/") and is_scratch(fact.name)):
            continue
        found, sure = _literal(fact, _undecided(fact, literal, known), alone)
        if found and (_is_more(fact, found, constraint.list("use")) or _is_right(found, constraint)):
            found = ""
        if found == "export default" and is_owed(fact):
            found = ""
        if not found:
            found, sure = written(fact, known, spared)
            found = "" if found and _is_right(found, constraint) else found
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
        text = text.rstrip("/> ") if _TAG.fullmatch(text) else text  # `<a>` is any opening of it
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
        member = _MEMBER.fullmatch(said)
        if member and f".{member.group(1)}(" in code and not mentions(code, said):
            return f".{member.group(1)}(", 0.85  # "Color.withOpacity()" is called on any colour
        if not mentions(code, said):
            continue
        if alone and sum(said.split()[0] in line for line in code.split("\n")) > 1:
            continue
        return said, 0.9 if len(said) > 3 else 0.85
    return "", 0.0


def _is_right(found: str, constraint: Constraint) -> bool:
    """Whether what was found is the very thing to use ("`asyncio.sleep()`, not `time.sleep()`")."""
    return found.strip("( ") in {one.strip("`").removesuffix("()") for one in constraint.list("use")}


def _is_more(fact: Fact, found: str, use: tuple[str, ...]) -> bool:
    """Whether a module is only named as the beginning of the right one (`@x/ui` in `@x/ui/button`)."""
    longer = [one.strip("`") for one in use if one.strip("`").startswith(found + "/")]
    if not longer:
        return False
    rest = fact.value[:MOST_TEXT].replace(found + "/", "")
    return not mentions(rest, found)


_QUOTES = "\"'`"
_QUERY = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|DROP|TRUNCATE|ALTER)\s")  # SQL within other code


def _requoted(text: str) -> str:
    """A text with one kind of quotes, so that `require('x')` is `require("x")`."""
    return text.replace("'", '"').replace("`", '"')


def _in_strings(fact: Fact, said: str) -> bool:
    """Whether a path, a route or a tag is the value of a new string; a string of several words is prose."""
    texts = [text for _, text in listed(fact, "strings")]
    if _CLASSES.match(said):  # a class of a style sheet, in a list of such
        return any(
            (said in text.split() or (said[-1] == "-" and f" {said}" in f" {text}"))
            and not re.search(r"[A-Z.,;!?]\s|'", text)
            for text in texts
        )
    if _QUERY.match(said):
        return any(isinstance(text, str) and _QUERY.match(text) and mentions(text, said) for text in texts)
    if "/" not in said and not said.startswith(":"):
        return False
    return any(" " not in text and mentions(text, said) for text in texts if isinstance(text, str))


def _written(fact: Fact, found: str, sure: float, constraint: Constraint) -> Hit:
    use = constraint.list("use")
    implied = bool(constraint.get("implied"))  # only the right one was named
    return Hit(
        fact,
        f"this call writes {found}",
        actual=found,
        expected=use[0] if use else "",
        conflict_type="semantic",
        manner=MISSING if implied else DOES,
        confidence=min(sure, 0.75) if implied else sure,
        fixes=_corrected(fact, found, _use_of(found, constraint)),
        way_out=f"Write it with {use[0]}." if use else f"Write it without {found}.",
        subject=f"code:{found}",
    )


def _use_of(found: str, constraint: Constraint) -> str:
    """The right word for what was found: its own, where each has one; "" where none is sure."""
    patterns, uses = constraint.list("pattern"), constraint.list("uses")
    if uses:
        own = [use for said, use in zip(patterns, uses, strict=False) if said.removesuffix(")") == found]
        return own[0] if len(own) == 1 else ""
    return constraint.list("use")[0] if len(constraint.list("use")) == 1 and len(patterns) <= 1 else ""


def _corrected(fact: Fact, found: str, use: str) -> tuple[Fix, ...]:
    """Every place of a wrong path, version or name exchanged, where the right one is of the same build; else ()."""
    if found.endswith("(") and found + ")" in fact.value and re.search(r"\([^()]+\)$", use.strip("`")):
        found += ")"  # a call without arguments, and one with them
    use = _in_its_form(found, use.strip("`"))
    if fact.kind != "code" or not use or not fact.field or fact.span is None:
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


def _in_its_form(found: str, use: str) -> str:
    """The right word written as the wrong one stood: a call for a call, a tag for a tag; "" where they differ."""
    if found.endswith("(") and re.fullmatch(r"[\w.:$]+\(\)", use):
        return use[:-1]
    if found.endswith("()") and re.fullmatch(r"[\w.:$]+\([^()]*\)", use):
        return use
    if re.fullmatch(r"</?\w[\w.-]*", found) and re.fullmatch(r"<\w[\w.-]*\s?/?>", use):
        return use.rstrip("/> ")
    words = r"[\w.-]+(?:\[[\w.%-]+\])?"  # a name, a class of a style sheet
    alike = re.fullmatch(words, found) and re.fullmatch(words, use) and not (found.isalpha() and found.islower())
    if (alike and ("." in found) == ("." in use)) or _same_build(found, use):
        return use
    test = r"(?:===?|!==?|is(?: not)?) \w+"  # "== null" and "is null"
    same = re.fullmatch(test, found) and re.fullmatch(test, use) and found.split()[-1] == use.split()[-1]
    return use if same else ""


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
    each = any(word in when for word in ("new file", "every file", "all files", "each file", "top of"))
    script = bool(literal) and literal[0].startswith(("#!", "set -"))  # how each script begins
    if not literal or not (each or script or _IN_EACH.search(str(constraint.get("words") or "").lower())):
        return
    for fact in call.of("code"):
        if fact.data.get("op") != "create" or fact.name.lower().endswith(_PROSE):
            continue
        if script and not fact.name.endswith((".sh", ".bash")):
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
        old, sure = written(fact, ("old_js",))
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
