"""New files: where they go, how they are called, in what programming language. TG325–TG327.

It looks only at files that a call creates. It refuses to judge what a file is about: kinds of files are known by the
names that tools give them (`*.test.ts`, `*_spec.rb`).
"""

import posixpath
import re
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Constraint, Fact, Instruction
from tractguard.rules.crossref import COSMETIC, Call, Hit, rule, write
from tractguard.rules.names import differs, kinds_of, names
from tractguard.rules.scope import matches
from tractguard.rules.words import pathlike, table

_STYLES = {
    "kebab-case": re.compile(r"^[a-z0-9]+(?:-[a-z0-9]+)*\Z"),
    "snake_case": re.compile(r"^_*[a-z0-9]+(?:_[a-z0-9]+)*_*\Z"),
    "camelCase": re.compile(r"^_?[a-z][A-Za-z0-9]*\Z"),
    "PascalCase": re.compile(r"^[A-Z][A-Za-z0-9]*\Z"),
    "SCREAMING_SNAKE_CASE": re.compile(r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\Z"),
}
_SPELLINGS = {
    "kebab": "kebab-case", "snake": "snake_case", "upper camel": "PascalCase",
    "camel": "camelCase", "pascal": "PascalCase",
    "screaming": "SCREAMING_SNAKE_CASE", "upper_case": "SCREAMING_SNAKE_CASE", "upper_snake": "SCREAMING_SNAKE_CASE",
}  # fmt: skip
_LANGUAGES = {
    "typescript": ("js", "jsx", "mjs", "cjs"),
    "javascript": ("ts", "tsx"),
    "kotlin": ("java",),
    "java": ("kt",),
    "swift": ("m", "mm"),
}
_OWN_ENDINGS = {"typescript": ("ts", "tsx", "mts", "cts"), "javascript": ("js", "jsx", "mjs", "cjs"), "python": ("py",),
    "kotlin": ("kt", "kts"), "java": ("java",), "go": ("go",), "rust": ("rs",), "ruby": ("rb",), "php": ("php",),
    "coffeescript": ("coffee",),
    "swift": ("swift",), "objective-c": ("m", "mm"), "scala": ("scala",), "perl": ("pl", "pm"),
}  # fmt: skip


_ALONE = re.compile(r"\b(?:only|exclusively|all|every|must|never|always|no)\b")


def created(call: Call) -> Iterator[tuple[str, Fact]]:
    """(path relative to the root, fact) for each file that the call creates inside the repository."""
    for fact in call.of("write"):
        path = call.rel(fact.name)
        if fact.data.get("mode") == "create" and UNKNOWN not in path and not path.startswith("/"):
            yield path, fact


def placement(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A new file of a kind that belongs elsewhere."""
    globs = _kind(constraint)
    if not globs:
        return
    usual = table("files")["root_documents"] if _DOCUMENTS & set(globs) else ()
    tests = bool({"**/*.test.*"} & set(globs))
    inside = [one for one in constraint.list("must_be_in") if pathlike(one) or "/" in one or one.isidentifier()]
    outside = [one for one in constraint.list("must_not_be_in") if pathlike(one) or "/" in one or one.isidentifier()]
    named = [one for one in constraint.list("must_match") if pathlike(one)]
    for path, fact in created(call):
        if not any(matches(glob, path) for glob in globs) and not (tests and named and _holds_tests(call, path)):
            continue
        if usual and ("/" not in path or path.startswith(".")) and any(matches(one, path) for one in usual):
            continue  # README.md stays where every tool looks for it
        wrong = next((one for one in outside if matches(one.rstrip("/") + "/", path)), "")
        if wrong or (inside and not any(_below(one, path) for one in inside)):
            yield _misplaced(fact, path, inside[0] if inside else f"not in {wrong}", 0.9 if wrong else 0.82)
        elif named and not any(matches(one, path) for one in named):
            yield _misplaced(fact, path, named[0], 0.85)._replace(manner=COSMETIC)


_DOCUMENTS = frozenset(("**/*.md",))
_NEUTRAL = re.compile(
    r"^(?:(?:new|all|the|other|any|every|each|additional|extra|further|project|markdown|your|written) )+"
)
_CASES = re.compile(r"^\s*(?:describe|it|test)(?:\.\w+)?\(", re.MULTILINE)


def _holds_tests(call: Call, path: str) -> bool:
    """Whether a file in a folder of tests holds tests, and not what they share."""
    text = call.event.input.get("content")
    return "__tests__/" in path and isinstance(text, str) and _CASES.search(text[:200_000]) is not None


def _kind(constraint: Constraint) -> list[str]:
    kinds = table("files")["kinds"]
    found: list[str] = []
    for said in constraint.list("what"):
        text = said.lower().strip("`\"' ")
        plain = _NEUTRAL.sub("", text)
        known = next((one for one in (text, plain, plain.removesuffix(" files"), plain + "s") if one in kinds), "")
        if known:
            found += kinds[known]
        elif pathlike(said):
            found.append(said)
    return found


def _below(folder: str, path: str) -> bool:
    return matches(folder.rstrip("/") + "/", path) or matches(folder, path)


def _misplaced(fact: Fact, path: str, expected: str, sure: float) -> Hit:
    return Hit(
        fact,
        f"this call makes {path}",
        actual=path,
        expected=expected,
        conflict_type="path",
        confidence=sure,
        way_out=f"Put it where you were told: {expected}.",
        subject=f"placement:{path}",
    )


def naming(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A file, function or class whose name has another style, or not the beginning or ending that was asked for."""
    style = style_of(str(constraint.get("style") or constraint.get("pattern") or ""))
    what = str(constraint.get("what") or "").lower()
    yield from _affixed(call, constraint, what)
    if not style:
        return
    if re.search(r"\bfile|\bcomponent|\bmodule", what):
        yield from _files(call, what, style)
    for kind in kinds_of(what):
        for fact in call.of("code"):
            wrong = next((name for name in names(fact, kind) if differs(name, style, kind)), "")
            if wrong:
                yield _misnamed(fact, wrong, style)


def _files(call: Call, what: str, style: str) -> Iterator[Hit]:
    for path, fact in created(call):
        name = posixpath.basename(path)
        stem = name.lstrip(".").partition(".")[0]
        usual = stem.isupper() or stem.startswith("__") or "." not in name.lstrip(".")
        if "component" in what and not path.endswith((".tsx", ".jsx", ".vue", ".svelte")):
            continue
        if stem and not usual and not _STYLES[style].match(stem):
            yield _misnamed(fact, stem, style)


def _affixed(call: Call, constraint: Constraint, what: str) -> Iterator[Hit]:
    """ "No `I` prefix for interfaces", "hooks start with `use`"."""
    wanted, out = str(constraint.get("prefix") or ""), str(constraint.get("not_prefix") or "")
    ending, no_ending = str(constraint.get("suffix") or ""), str(constraint.get("not_suffix") or "")
    for fact in call.of("code") if wanted or out or ending or no_ending else ():
        for kind in kinds_of(what):
            for name in names(fact, kind):
                bad = bool(
                    (out and re.match(rf"{re.escape(out)}(?=[A-Z_]|$)", name))
                    or (no_ending and len(name) > len(no_ending) and name.endswith(no_ending))
                )
                lacks = bool((wanted and not _begins(name, wanted)) or (ending and not name.endswith(ending)))
                if bad or lacks:
                    says = f"no {out or no_ending}" if bad else f"{wanted}…" if wanted else f"…{ending}"
                    yield _misnamed(fact, name, says)._replace(confidence=0.85 if bad else 0.75)
                    break


def _begins(name: str, wanted: str) -> bool:
    return any(name.startswith(one.strip()) for one in wanted.split("|"))


def style_of(said: str) -> str:
    """The usual name of a naming style, or ""."""
    low = said.lower().strip("`")
    return next((style for word, style in _SPELLINGS.items() if word in low), "")


def _misnamed(fact: Fact, name: str, style: str) -> Hit:
    return Hit(
        fact,
        f"this call names something {name}",
        actual=name,
        expected=style,
        conflict_type="semantic",
        manner=COSMETIC,
        confidence=0.85,
        way_out=f"Name it in {style}.",
        subject=f"naming:{name}",
    )


def program_language(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A new source file in a language that was excluded, or in the sister of the one that was chosen."""
    use = [one.lower() for one in constraint.list("use")]
    banned = {ending: 0.9 for one in constraint.list("forbid") for ending in _OWN_ENDINGS.get(one.lower(), ())}
    if not banned:
        sure = 0.88 if _ALONE.search(str(constraint.get("words") or "").lower()) else 0.75
        banned = {ending: sure for one in use for ending in _LANGUAGES.get(one, ())}
    own = {ending for one in use for ending in _OWN_ENDINGS.get(one, ())}
    for path, fact in created(call):
        name = posixpath.basename(path)
        ending = name.rpartition(".")[2].lower()
        if ending in banned and ending not in own and ".config." not in name and not name.startswith("."):
            yield Hit(
                fact,
                f"this call makes {path}",
                actual=f".{ending}",
                expected=use[0] if use else f"no .{ending}",
                conflict_type="semantic",
                confidence=banned[ending],
                way_out=f"Write it in {use[0]}." if use else f"Write it in another language than .{ending}.",
                subject="language:code",
            )


_TESTS = "Put tests in `tests/`."
_TS = "Use TypeScript, never JavaScript."

RULES = (
    rule(
        "TG325",
        "place of a new file",
        ("path_rule",),
        placement,
        bad=(write(_TESTS, "/repo/src/test_a.py", "def test_a(): pass\n"),),
        good=(
            write(_TESTS, "/repo/tests/test_a.py", "def test_a(): pass\n"),
            write(_TESTS, "/repo/src/a.py", "x = 1\n"),
        ),
    ),
    rule(
        "TG326",
        "names",
        ("naming",),
        naming,
        bad=(write("Name files in kebab-case.", "/repo/src/MyThing.ts", "export {}\n"),),
        good=(write("Name files in kebab-case.", "/repo/src/my-thing.ts", "export {}\n"),),
    ),
    rule(
        "TG327",
        "programming language",
        ("language",),
        program_language,
        bad=(write(_TS, "/repo/src/a.js", "module.exports = 1\n"),),
        good=(
            write(_TS, "/repo/src/a.ts", "export const a = 1\n"),
            write(_TS, "/repo/eslint.config.js", "export default []\n"),
        ),
    ),
)
