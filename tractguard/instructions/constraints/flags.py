"""Flags: those that commands of one kind must carry or must not, and the programs that a sentence speaks of by name.

"Always pass `--region` to gcloud commands", "-q is out" below "dotnet rules": a flag without its program says nothing,
so the program comes from the sentence, from the one before it, or from the heading.
"""

import re
from typing import Any

from tractguard.instructions.constraints.mentions import code_kind, command_text, commands
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import programs, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

_EITHER = lazy(r"\bor (?:\w+ )?(?:the )?`$")
_WITH_FLAG = lazy(r"\W*(?:always |please )?(?:run|build|execute|start) ([a-z][a-z -]{2,30}?) (?:with|using) (?:the )?`")
_FLAG_VERB = lazy(
    r"\b(?:includ\w+|pass|add|append|specify|set|use|with|supply|provide|needs?|requires?|include)\b[^.;`]{0,30}`$"
)
_FLAG_FOR = lazy(
    r"\b(?:when(?:ever)?|for|to|while|in|on) ((?:running |run |building |build )?(?:all |any |the "
    r"|every )*[a-z][^.,;:()`]{2,50})"
)
_SQUASH = lazy(
    r"(?:^|[.:;(]\s*|\b(?:always|must|use|using|be|are|by|only|prefer|via) (?:a"
    r" )?)squash(?:ed)?[- ](?:and[- ])?merg\w+",
    needs="squash",
)
_ONLY = lazy(r"`\s?(?:flag )?only\b")
_STRONG = lazy(r"\b(?:always|must|required?|requires|every|all|never|mandatory)\b")
_CALLS = r"(?:[ -]?cli)? (?:commands?|calls?|invocations?|runs?|cli|rules?|usage|operations?)\b"
_OF_PROGRAM = lazy(r"\b([a-z][\w.-]{1,20})" + _CALLS)
_IN_MARKS = lazy(r"`([a-z][\w.-]{1,20}(?: [a-z][\w-]{1,20})?)`(?:" + _CALLS + r")?")


def flags_of(said: Sentence) -> list[Constraint]:
    """ "Always include `-tags smoke` when running tests": flags that commands of one kind must carry."""
    squash = _SQUASH.search(said.bare)
    if squash and said.sign(squash.start()) in "0+":
        return [Constraint("command", {"flags": ["--squash"], "run": ["gh pr merge"]})]
    flags = [code for code in said.codes if code_kind(code.text) == "flag" and said.sign(code.start) in "+0"]
    picked = [
        code
        for code in flags
        if _FLAG_VERB.search(said.bare[: code.start])
        and not _ONLY.match(said.bare, code.end)
        and not _EITHER.search(said.bare, 0, code.start)
    ]
    told = _WITH_FLAG.match(said.bare)
    if not picked or any(said.sign(code.start) == "-" for code in said.codes if code_kind(code.text) == "flag"):
        return []  # "`--x` instead of `-q`" puts one in the place of the other
    low, high = said.reach(picked[0].start)
    purpose = _FLAG_FOR.search(said.bare, low, high) or told
    base = [_told_alone(text) for text, at in commands(said) if low <= at <= high and said.sign(at) in "+0c"]
    data: dict[str, Any] = {"flags": [code.text.strip() for code in picked if low <= code.start <= high]}
    base = [_ahead_of(text, data["flags"]) for text in base]
    run = base or programs_named(purpose.group(1) if purpose else "")
    if not (_STRONG.search(said.bare) or ((told or run) and said.kind != "prompt")):
        return []
    if not run and not purpose:
        run = programs_around(said)
    if run:
        return [Constraint("command", {**data, "run": run})]
    return [Constraint("command", {**data, "for": purpose.group(1).strip()})] if purpose else []


def _ahead_of(text: str, flags: list[str]) -> str:
    """An example that has the flag already: "`-race`: `go test -race ./...`" is about `go test`."""
    words = text.split()
    at = next((index for index, word in enumerate(words) if word in flags), 0)
    return " ".join(words[:at]) if at else text


def programs_around(said: Sentence) -> list[str]:
    """The programs that the sentence speaks of by name, else the one before it, else the heading above it."""
    last = re.split(r"\s[>›»|]\s", said.heading)[-1]
    for text in (said.bare, said.before.lower(), last):
        found = programs_named(text)
        if found:
            return found
    marked = [command_text(text) for text in re.findall(r"`([^`]+)`", said.before) if code_kind(text) == "command"]
    return [_told_alone(text) for text in marked[:1]]


def programs_named(words: str) -> list[str]:
    """The programs and commands in "gcloud commands" and "`dotnet test` runs", and the kinds ("Django commands")."""
    known, ordinary = programs(), set(table("tools")["ordinary_words"])
    kinds = section("command_kinds")
    found: list[str] = []
    for match in (*_OF_PROGRAM.finditer(words), *_IN_MARKS.finditer(words)):
        name = match.group(1)
        if name in kinds and name not in known:
            found += kinds[name]
        elif name.split(" ")[0] in known and (name not in ordinary or match.group().startswith("`")):
            found.append(name)
    return list(dict.fromkeys(found))


def _told_alone(text: str) -> str:
    """The last command of a chain, without its flags and holes: "cd x && npx cdk deploy -c"
    " a=<b>" is "npx cdk deploy"."""
    words = text.rpartition("&& ")[2].split()
    end = next((index for index, word in enumerate(words) if word[:1] in "-<["), len(words))
    return " ".join(words[:end]) if "&&" in text else text
