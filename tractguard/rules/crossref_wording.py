"""The words and the shape of written text: forbidden text, formatting, the language that is written. TG365–TG367.

It looks at what is added: files, messages, titles. It refuses to judge taste, and every fault of shape is cosmetic.
"""

import re
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.constructs import comments_of
from tractguard.rules.constructs import language as family_of
from tractguard.rules.crossref import COSMETIC, Call, Hit, bash, edit, rule, write
from tractguard.rules.crossref_messages import has_emoji
from tractguard.rules.words import mentions

MOST_LINES = 5000
_LINK = re.compile(r"\b(?:https?://|www\.)[\w.-]+\.\w+[^\s)>\"']{0,200}")
_DATA_FILES = (".json", ".lock", ".svg", ".csv", ".snap", ".min.js", ".ipynb")
_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc")
_EMOJI = ("emoji", "emojis", "smiley", "smileys", "green ticks", "red crosses")
_DASHES = ("em dash", "em dashes", "em-dash", "em-dashes", "—")


def forbid_text(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """Words or characters that must not be written anywhere."""
    what = " ".join(constraint.list("what")).lower()
    literal = [said.strip("`") for said in constraint.list("pattern") if len(said.strip("`")) > 1]
    if not literal and len(what) > 2 and " " not in what.strip("`\"'"):
        literal = [" ".join(constraint.list("what")).strip("`\"'")]
    picture = any(word in what for word in _EMOJI)
    links = bool(re.fullmatch(r"(?:any |external )?(?:links?|urls?|hyperlinks?)(?: .*)?", what))
    literal = [] if links else literal
    comments_only = bool(re.search(r"\bcomments?\b", " ".join(constraint.list("place")).lower()))
    dash = any(word in what for word in _DASHES)
    said = " ".join(text for key in ("scope", "when", "words", "place") for text in constraint.list(key)).lower()
    code_only = bool(re.search(r"\bcode\b", said)) and not re.search(
        r"\b(?:docs?|documentation|\w+where|files?|text|copy|prose|anything)\b", said
    )
    for fact in call.of(*_where(constraint)):
        text = fact.value
        if fact.kind == "code" and (code_only or comments_only) and fact.name.lower().endswith(_PROSE):
            continue
        if comments_only:
            text = comments_of(fact) if fact.kind == "code" else ""
        found = ""
        if links and (link := _LINK.search(text)):
            found = link.group()[:80]
        elif picture and has_emoji(text):
            found = "an emoji"
        elif dash and "—" in text:
            found = "an em dash"
        elif not picture and not dash:
            found = found or next((said for said in literal if _written(text, said)), "")
        if found:
            use = constraint.list("use")
            yield Hit(
                fact,
                f"this call writes {found}",
                actual=found,
                expected=use[0] if use else f"no {found}",
                conflict_type="semantic",
                manner=COSMETIC,
                confidence=0.9,
                fixes=_replaced(fact, found, use) if found in literal else (),
                way_out=f"Write {use[0]}." if use else f"Leave {found} out.",
                subject=f"text:{found}",
            )


def _written(text: str, said: str) -> bool:
    """Whether a word is in a text; as it was written, where it was written with capitals."""
    return mentions(text, said) if said != said.lower() else mentions(text.lower(), said)


def _replaced(fact: Fact, found: str, use: tuple[str, ...]) -> tuple[Fix, ...]:
    """The right words in every place of the wrong ones, where the fact shows the input character by character."""
    if len(use) != 1 or fact.span is None or not fact.field or fact.span[1] - fact.span[0] != len(fact.value):
        return ()
    fixes: list[Fix] = []
    at = fact.value.find(found)
    while at >= 0 and len(fixes) < 100:
        start = fact.span[0] + at
        fixes.append(Fix(fact.field, start, start + len(found), use[0]))
        at = fact.value.find(found, at + len(found))
    return tuple(fixes)


def _where(constraint: Constraint) -> tuple[str, ...]:
    """The kinds of facts that a sentence speaks of: messages only, where it names them and no code."""
    place = " ".join(constraint.list("place")).lower()
    if place and not re.search(r"\b(?:commit|message|pr|pull|issue|title|anywhere|everywhere|output)", place):
        return ("code",)
    said = " ".join((*constraint.list("scope"), *constraint.list("what"), *constraint.list("words"))).lower()
    messages = re.search(r"\b(?:commit|pull requests?|prs?|issues?|titles?)\b", said)
    files = re.search(r"\b(?:code|files?|comments?|docs|documentation|anywhere|everywhere|output|responses?)\b", said)
    return ("message",) if messages and not files else ("code", "message")


def formatting(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """Indentation, semicolons, quotes and line length other than asked for."""
    for fact in call.of("code"):
        if fact.name.lower().endswith(_DATA_FILES):
            continue
        lines = fact.value.split("\n")[:MOST_LINES]
        for says, expected, sure in _shape(constraint, fact, lines):
            yield Hit(
                fact,
                says,
                actual=says,
                expected=expected,
                conflict_type="explicit_value",
                manner=COSMETIC,
                confidence=sure,
                way_out=f"Write it with {expected}.",
                subject=f"format:{expected}",
            )


def _shape(constraint: Constraint, fact: Fact, lines: list[str]) -> Iterator[tuple[str, str, float]]:
    indent = str(constraint.get("indent") or "").lower()
    makefile = fact.name.rpartition("/")[2].lower() in ("makefile", "gnumakefile") or fact.name.endswith(".go")
    spaced = sum(line.startswith("  ") and not line.lstrip().startswith("*") for line in lines)
    if "tab" in indent and spaced > (len(lines) > 1):  # one line of many may be a continuation
        yield "this call indents with spaces", "tabs", 0.85
    elif indent and "tab" not in indent and not makefile and any(line.startswith("\t") for line in lines):
        yield "this call indents with tabs", f"{indent} spaces" if indent.isdigit() else indent, 0.85
    if fact.data.get("op") == "create" and not makefile and (step := _step(lines)):
        width = next((int(char) for char in indent if char in "248"), 0)
        if width and step in (2, 4, 8) and step != width and "tab" not in indent:
            yield f"this call indents by {step}", f"{width} spaces", 0.75
    semicolons = str(constraint.get("semicolons") if constraint.get("semicolons") is not None else "").lower()
    if semicolons and family_of(fact) == "js":
        code = str(fact.data.get("code") or fact.value)
        if semicolons in ("never", "false", "none", "no") and re.search(r";[ \t]*$", code, re.MULTILINE):
            yield "this call ends lines with semicolons", "no semicolons", 0.85
        elif semicolons in ("always", "true", "required", "yes") and _unended(code):
            yield "this call leaves semicolons out", "semicolons", 0.75
    longest = str(constraint.get("max_line_length") or constraint.get("line_length") or "")
    if longest.isdigit() and (over := max(map(len, lines), default=0)) > int(longest[:6]) + 1:
        yield f"this call writes a line of {over} characters", f"at most {longest} characters", 0.75
    most = str(constraint.get("max_lines") or "")
    if most.isdigit() and fact.data.get("op") == "create" and (count := fact.value.count("\n") + 1) > int(most[:6]) + 1:
        yield f"this call writes a file of {count} lines", f"at most {most} lines", 0.75
    quotes = str(constraint.get("quotes") or "").lower()
    if quotes.startswith(("single", "double")) and family_of(fact) in ("js", "python"):
        wrong = '"' if quotes.startswith("single") else "'"
        if re.search(rf"{wrong}[\w ./-]*{wrong}", fact.value):
            yield f"this call quotes with {wrong}", f"{quotes.split()[0]} quotes", 0.6


def _step(lines: list[str]) -> int:
    """The smallest indentation of a new text that has at least two indented lines; 0 where there is none."""
    indented = [line for line in lines if line.startswith(" ") and line.strip() and not line.lstrip().startswith("*")]
    plain = [len(line) - len(line.lstrip(" ")) for line in indented]
    return min(plain) if len(plain) > 1 else 0


def _unended(code: str) -> bool:
    return bool(re.search(r"^\s*(?:const|let|return)\b[^;{}\n]*[\w)\]'\"]\s*$", code, re.MULTILINE))


def human_language(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """Text in another script than English where English was asked for."""
    if not any(said.lower() in ("english", "us english", "en", "british english") for said in constraint.list("use")):
        return
    for fact in call.of("code", "message"):
        text = fact.value if fact.kind == "message" else str(fact.data.get("prose") or "") or fact.value
        if UNKNOWN not in text and (found := _foreign(text)):
            yield Hit(
                fact,
                f"this call writes {found}",
                actual=found,
                expected="English",
                conflict_type="explicit_value",
                manner=COSMETIC,
                confidence=0.8 if fact.kind == "message" else 0.7,
                way_out="Write it in English.",
                subject="language:text",
            )


_SCRIPTS = re.compile(
    "[\u0400-\u04ff\u0590-\u06ff\u0900-\u0dff\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,20}"
)


def _foreign(text: str) -> str:
    found = _SCRIPTS.search(text[:200_000])
    return found.group() if found else ""


_EMOJIS = "Never use emojis in code or commit messages."
_EMOJIS_RULE = {"type": "forbid_text", "what": "emoji"}

RULES = (
    rule(
        "TG365",
        "forbidden text",
        ("forbid_text",),
        forbid_text,
        bad=(
            bash(_EMOJIS, "git commit -m '🎉 first'", constraints=[_EMOJIS_RULE]),
            edit(_EMOJIS, "/repo/src/a.py", "x = 1  # 🎉", constraints=[_EMOJIS_RULE]),
        ),
        good=(
            bash(_EMOJIS, "git commit -m 'first'", constraints=[_EMOJIS_RULE]),
            bash(_EMOJIS, "grep -rn 🎉 src/", constraints=[_EMOJIS_RULE]),
        ),
    ),
    rule(
        "TG366",
        "formatting",
        ("format",),
        formatting,
        bad=(write("Indent with 4 spaces, no tabs.", "/repo/src/a.py", "def f():\n\treturn 1\n"),),
        good=(write("Indent with 4 spaces, no tabs.", "/repo/src/a.py", "def f():\n    return 1\n"),),
    ),
    rule(
        "TG367",
        "written language",
        ("language",),
        human_language,
        bad=(edit("Write code comments in English.", "/repo/src/a.py", "x = 1  # 修复地址"),),
        good=(edit("Write code comments in English.", "/repo/src/a.py", "x = 1  # fix the address"),),
    ),
)
