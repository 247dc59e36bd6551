"""Commit messages and titles of pull requests: TG345.

It compares the text of a message with the form that was asked for. It refuses to judge style, and text that only the
shell will know.
"""

import re
import unicodedata
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import COSMETIC, DOES, Call, Hit, bash, rule
from tractguard.rules.programs import argv_of, fits
from tractguard.rules.rewriting import put_behind
from tractguard.rules.words import mentions

_CONVENTIONAL = re.compile(r"^([a-z]+)(\([^()]*\))?!?: \S")
_AUTOMATIC = re.compile(r"(?:Merge|Revert|fixup!|squash!|amend!) ")
_USUAL_TYPES = (
    "feat", "fix", "docs", "chore", "refactor", "build", "test", "style", "perf", "ci", "revert",
)  # fmt: skip
_TRAILER = re.compile(r"^[A-Za-z][A-Za-z-]*(?:-[Bb]y)?: \S|^Signed-off-by: ")
_MARKED = re.compile(r"^(?:[A-Za-z]+(?:-[A-Za-z]+)*-[Bb]y:?|[A-Z][\w-]{2,30}:|\[[\w .-]{2,30}\])$")  # a trailer, a tag
_KINDS = ("commit", "pr", "comment")
_ASSISTANTS = ("claude", "copilot", "cursor", "chatgpt", "gpt", "codex", "gemini", "anthropic", "openai", "ai")


def commit_message(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A message that does not have the form that was asked for."""
    for fact in call.of("message"):
        text = fact.value.strip()
        if fact.name not in _KINDS or not text or UNKNOWN in text:
            continue
        if fact.name != "pr" and constraint.get("for") == "pull requests":
            continue
        for says, expected, manner, sure in _faults(text, constraint, fact):
            yield Hit(
                fact,
                says,
                actual=text.split("\n")[0],
                expected=expected,
                conflict_type="explicit_value",
                manner=manner,
                confidence=sure,
                fixes=_signed(call, expected),
                way_out=f"Write it so: {expected}.",
                subject=f"message:{expected}",
            )


def _signed(call: Call, expected: str) -> tuple[Fix, ...]:
    """The missing `-s`, where one commit stands in the call."""
    commits = [fact for fact in call.of("command") if fits("git commit", argv_of(fact))]
    return put_behind(commits[0], "git commit", "-s") if expected == "git commit -s" and len(commits) == 1 else ()


def _faults(text: str, constraint: Constraint, fact: Fact) -> Iterator[tuple[str, str, str, float]]:
    header = text.split("\n")[0].strip()
    body = _body(text, fact)
    yield from _words(text, header, constraint, fact)
    if fact.name == "comment":
        return  # a remark on a pull request has no form to keep
    yield from _form(header, constraint)
    limit = _number(constraint.get("max_header_length"))
    if limit and len(header) > limit:
        yield f"this header has {len(header)} characters", f"at most {limit} characters", COSMETIC, 0.9
    lines = _number(constraint.get("max_lines"))
    if lines and len([line for line in text.split("\n") if line.strip()]) > lines and (lines > 1 or body):
        yield "this message is longer", f"at most {lines} line{'s' if lines > 1 else ''}", COSMETIC, 0.85
    if str(constraint.get("body") or "").lower() in ("none", "no", "false") and body:
        yield "this message has a body", "a header and no body", DOES, 0.9
    if str(constraint.get("language") or "").lower().startswith("en") and _other_script(text):
        yield "this message is in another language", "English", DOES, 0.9


def _body(text: str, fact: Fact) -> str:
    """What follows the header, without trailers."""
    lines = [line for line in text.split("\n")[1:] if line.strip() and not _TRAILER.match(line)]
    return "\n".join(lines)


def _form(header: str, constraint: Constraint) -> Iterator[tuple[str, str, str, float]]:
    form = str(constraint.get("format") or "").lower()
    if _AUTOMATIC.match(header):
        return
    types = constraint.list("types")
    if form == "prefix" and not types:
        if not re.match(r"^(?:[\w./-]{1,30}(?:\([^()]*\))?!?:\s|\[[^\[\]]{1,30}\])", header):
            yield "this title has no prefix", "a prefix (`type: …`)", DOES, 0.85
    elif "conventional" in form or types:
        found = _CONVENTIONAL.match(header)
        allowed = types or _USUAL_TYPES
        if found is None:
            yield "this message has no type in front", f"{allowed[0]}: what changed", COSMETIC, 0.9
        elif found.group(1) not in allowed:
            yield f'this message has the type "{found.group(1)}"', f"one of {', '.join(allowed)}", COSMETIC, 0.85
        elif "scope" in constraint.list("require") and not found.group(2):
            yield "this message has no scope", f"{found.group(1)}(scope): what changed", COSMETIC, 0.85
    elif "imperative" in form and header.split()[0].lower().endswith(("ed", "ing")):
        yield "this message is not in the imperative", "the imperative mood", COSMETIC, 0.6
    elif "single space between emoji" in form and re.match(r"^[^\w\s]+(?:\s{2,}|\w)", header):
        yield "this header has no single space after the emoji", "one space after the emoji", COSMETIC, 0.85


def _words(text: str, header: str, constraint: Constraint, fact: Fact) -> Iterator[tuple[str, str, str, float]]:
    low = text.lower()
    for said in constraint.list("forbid"):
        want = said.lower().strip("`\"'")
        if "trailing period" in want or "period at the end" in want or want == "full stop":
            if header.endswith(".") and not header.endswith("..."):
                yield "this header ends with a period", "no trailing period", COSMETIC, 0.9
        elif want == "conventional prefix":
            if (shown := _CONVENTIONAL.match(header)) and shown.group(1) in _USUAL_TYPES:
                yield f'this header begins with "{shown.group(1)}:"', "no type in front", COSMETIC, 0.9
        elif "emoji" in want:
            if has_emoji(text):
                yield "this message holds an emoji", "no emoji", COSMETIC, 0.9
        elif "body" in want and len(want) < 12:
            if _body(text, fact):
                yield "this message has a body", "no body", DOES, 0.9
        elif _holds(low, want, " ".join(constraint.list("words")).lower()):
            yield f'this message holds "{said}"', f'no "{said}"', DOES, 0.95
    for said in constraint.list("require"):
        want = said.strip("`\"'")
        if want == "lowercase":
            told = re.sub(r"^[^:\s]+: ", "", header).strip()
            if fact.name == "commit" and re.match(r"[A-Z][a-z]+(?: |$)", told) and not _AUTOMATIC.match(header):
                yield "this header begins with a capital", "a header in lower case", COSMETIC, 0.85
        elif want in ("-s", "--signoff", "signoff", "sign-off", "Signed-off-by"):
            by_hand = "signed-off-by:" in low and not want.startswith("-")
            if not fact.data.get("signoff") and not by_hand and fact.name == "commit":
                yield "this commit is not signed off", "git commit -s", "missing", 0.9
        elif re.fullmatch(r"[A-Z]{2,10}-(?:<\w+>|\d+|N+|X+)", want) and not re.search(r"\b[A-Z]{2,10}-\d+\b", text):
            yield "this message names no ticket", f"a ticket like {want}", "missing", 0.85
        elif _MARKED.match(want) and want.rstrip(":").lower() not in low and fact.name == "commit":
            yield f"this message has no {want}", f"a line with {want}", "missing", 0.85


def _holds(low: str, want: str, words: str) -> bool:
    """Whether a forbidden thing is in the message: attribution lines are known by their parts, the rest literally."""
    if "co-author" in want or "attribution" in want or "co_author" in want:
        names = [name for name in _ASSISTANTS if re.search(rf"\b{name}\b", f"{want} {words}")]
        if names:
            names = list(_ASSISTANTS[:-1])
        lines = [line for line in low.split("\n") if "co-authored-by:" in line or "generated with" in line]
        return any(not names or any(name in line for name in names) for line in lines)
    if want in _ASSISTANTS and re.search(r"\b(?:references?|mention\w*|refer)\b", words):
        rest = re.sub(rf"(?:[\w./-]*/)?{want}(?:\.md|[-_/]\w+)|@{want}\b", " ", low)  # CLAUDE.md is a file
        if re.search(rf"\b{want}\b", rest):
            return True
    if any(re.search(rf"\b{name}\b", want) for name in _ASSISTANTS):
        credits = re.search(r"(?:co-authored-by|generated|assisted|written|created|made|authored)\b[^\n]{0,60}", low)
        return credits is not None and any(name in credits.group() for name in _ASSISTANTS)
    return len(want) > 3 and mentions(low, want)


def _number(value: object) -> int:
    text = str(value or "")
    return int(text) if text.isdigit() and len(text) < 6 else 0


def _other_script(text: str) -> bool:
    letters = [char for char in text[:2000] if char.isalpha()]
    return any(not unicodedata.name(char, "LATIN").startswith(("LATIN", "GREEK", "MICRO")) for char in letters)


# Pictures, flags, and the old symbols that are drawn as pictures; arrows, ticks and stars of plain text are none.
_EMOJI = (
    "[\U0001f300-\U0001faff\U0001f1e6-\U0001f1ff\u2705\u274c\u274e\u2728\u2757\u2753\u2764\u26a0\u26a1"
    "\u2b50\u2b55\u23f0\u2b06\u2b07\u26d4]"
)


def has_emoji(text: str) -> bool:
    """Whether a text holds a picture character."""
    return bool(re.search(_EMOJI, text))


_CC = "Use Conventional Commits for all commit messages."

RULES = (
    rule(
        "TG345",
        "commit message",
        ("commit_msg",),
        commit_message,
        bad=(
            bash(_CC, "git commit -m 'Added the parser'"),
            bash(
                "Never add Co-Authored-By lines for Claude.", "git commit -m 'fix: x\n\nCo-Authored-By: Claude <a@b.c>'"
            ),
        ),
        good=(
            bash(_CC, "git commit -m 'feat(parser): add lists'"),
            bash(_CC, "git commit -m 'Merge branch x'"),
            bash("Never add Co-Authored-By lines for Claude.", "git commit -m 'fix: x'"),
        ),
    ),
)
