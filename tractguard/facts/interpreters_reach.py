"""Which of the endpoints written in a program that runs now it would really reach.

A literal that is printed, compared, searched for, replaced or handed to another program connects to nothing here: what
another program does with it is told by that program's own facts. It looks at the words around a literal; it refuses to
follow values through variables.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from tractguard.facts import code_scan
from tractguard.facts.code_source import STRING, Region
from tractguard.facts.words import Word
from tractguard.model import Fact

MOST_HANDED = 64  # words of a command line that a program is looked up in
MOST_AROUND = 400  # characters looked back for the call around a literal

_GRAMMARS = {"python": "python", "node": "javascript", "ruby": "ruby", "php": "php", "lua": "lua"}
_TALKS = frozenset(
    "print printf puts echo log debug info warn warning error assert equal includes startswith startsWith"
    " endswith endsWith"
    " replace replaceAll sub gsub count find index indexOf search match split test contains has fullmatch findall"
    " run call system popen Popen exec execSync execFile execFileSync spawn spawnSync check_call"
    " check_output getoutput"
    " write_text writeFileSync writeFile appendFileSync appendFile file_put_contents write expect"
    " assertEqual assertIn"
    " str_replace preg_replace preg_match strpos format join append push".split()
)
_OPENER = re.compile(r"([A-Za-z_][\w]{0,60}+)?\s{0,4}([(\[{])$")
_COMPARED = re.compile(r"(?:[=!]=|===|!==|\bin|\bassert|\bnot)\s{0,4}$")
_THEN_COMPARED = re.compile(r"\s{0,4}(?:(?:not\s)?in\b|[=!]==?)")


def handed(args: Sequence[Word], codes: Sequence[str]) -> tuple[Word, ...]:
    """The words of a command line that a program finds as its own: those behind its text (`-c code`), `-` or file."""
    args = args[:MOST_HANDED]
    for index, word in enumerate(args):
        if word.text in codes:
            return tuple(args[index + 2 :])
        if word.text[:1] != "-" or word.text == "-":
            return tuple(args[index + 1 :])
    return ()


def connects(language: str, text: str, facts: Iterable[Fact]) -> Iterator[Fact]:
    """The `facts` (spans are offsets in `text`) without those of literals that reach nothing."""
    grammar = _GRAMMARS.get(language)
    if grammar is None:
        yield from facts
        return
    regions = code_scan.regions(text, grammar, False)
    bare = code_scan.without(text, regions)
    strings = [region for region in regions if region.kind == STRING]
    for fact in facts:
        if fact.span is None:
            yield fact
            continue
        around = next((one for one in strings if one.start <= fact.span[0] < one.end), None)
        if around is None or not _idle(text, bare, around):
            yield fact


def _idle(text: str, bare: str, literal: Region) -> bool:
    """Whether the literal is only talked about."""
    inner = text[literal.inner : literal.outer].strip()
    if " " in inner and "host=" not in inner and "Server=" not in inner:
        return True  # a sentence, a command or a line of code, not an address
    if _COMPARED.search(bare[max(0, literal.start - 12) : literal.start].rstrip("bfru")):
        return True
    if _THEN_COMPARED.match(bare, literal.end):
        return True
    return _caller(bare, literal.start) in _TALKS


def _caller(bare: str, at: int) -> str:
    """The name of the innermost call open at `at`, "" where there is none; a list is looked through."""
    depth = 0
    for place in range(at - 1, max(-1, at - MOST_AROUND), -1):
        char = bare[place]
        if char in ")]}":
            depth += 1
        elif char in "([{":
            if depth:
                depth -= 1
                continue
            found = _OPENER.search(bare, max(0, place - 64), place + 1)
            name = found.group(1) if found else ""
            if name or char == "{":
                return name or ""
    return ""
