"""The cues in one unit of text: what its grammar and its words say, before anybody weighs them.

A cue is a short name ("imperative", "absolute", "heading:rules") with the words that gave it. The rules of
`dimensions` and the weights of `statistics` both read cues and nothing else, so whatever they decide can be explained.
It knows clauses and their first words; it refuses to parse further.
"""

import re
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from tractguard.instructions.grammar import (
    LONGEST_HEAD,
    clauses,
    head_cue,
    heads,
    infinitive,
    says,
    without_brackets,
    without_exception,
)
from tractguard.instructions.lexicon import MOST_WORDS, Lexicon, lexicon
from tractguard.instructions.markup import CODE, Plain, code_kind, plain

_TOKEN = re.compile(r"[^\W_]+(?:['’/+.&-][^\W_]+)*|" + CODE + r"|\.\.\.|[^\w\s]")
HEADING_KINDS = (
    "negative", "rules", "steps", "pitfalls", "guide", "reference", "commands", "about", "features", "secrets",
    "stack", "craft",
)  # fmt: skip
MOST_CLAUSES = 24
MOST_HEADING = 300  # characters
FEW = 8  # words of a label with its value
# "Port: 8020", "**Region**: `eu-west-2`": a label of configuration with a value and nothing else.
_FACT = re.compile(
    r"^[\w /-]{0,40}?\b(?:port|ports|host|hostname|server|region|version|database|db|bucket|branch|registry|cluster|"
    r"namespace|manager|runtime|engine|edition|url|endpoint|zone|locale|tenant|ポート|端口|포트|порт|puerto|porta)\b"
    r"[\w /-]{0,20}\s?[:：=—–-]\s?(?:" + CODE + r"|[\w.:/@-]*\d|[A-Z][\w.-]*\s*[\d.]*$)",
    re.IGNORECASE,
)
_LINKED = re.compile(r"^[-*>\s]*(?:[^\s\w]\s*)?\[[^\[\]\n]{1,200}\]\([^()\s]{0,400}\)[^\w]*$")  # nothing but a link
_NO = frozenset("no nope nein non não nah wrong".split())
_SAYS = frozenset(
    "says said wrote writes complains claims suggests recommends insists warns reports told replied".split()
)
_MISSING = frozenset("configured installed yet found available exists exist present detected set".split())
_SHOUTED = frozenset(("NEVER", "ALWAYS", "MUST", "ONLY", "NOT", "CRITICAL", "IMPORTANT", "DO", "ANY", "ALL"))
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Reading(NamedTuple):
    """A unit with its cues. `why` gives the words behind a cue where there are any."""

    plain: Plain
    words: tuple[str, ...]
    cues: frozenset[str]
    why: dict[str, str]
    heading: tuple[str, ...] = ()  # the words of the nearest heading

    def has(self, *names: str) -> bool:
        """Whether any of these cues is there."""
        return any(name in self.cues for name in names)


def read(text: str, kind: str = "prompt", context: str = "", before: str = "") -> Reading:
    """Collect the cues of `text` below the heading `context` and after the sentence `before`."""
    own = _alone(text, kind, context)
    if not before:
        return own
    cues = set(own.cues)
    _before(before, lexicon(), cues)
    return own._replace(cues=frozenset(cues))


@lru_cache(maxsize=64)
def _alone(text: str, kind: str, context: str) -> Reading:
    """The cues of a unit and its heading. Kept for a while: the next unit asks what it comes after."""
    lex = lexicon()
    bare = plain(text)
    words = tuple(token.lower().replace("’", "'") for token in _TOKEN.findall(bare.body or bare.text))
    if _sentence_before_colon(bare, lex):
        words = tuple(token.lower().replace("’", "'") for token in _TOKEN.findall(bare.text))
    every = tuple(token.lower().replace("’", "'") for token in _TOKEN.findall(bare.text))
    why: dict[str, str] = {}
    cues = {"kind:" + kind}
    if len(words) > 2 and words[0] in _NO and words[1] in (",", "!", ".", "—", "-"):
        words, every = words[2:], every[2:]  # "no, use 27027": an interjection, not a prohibition
        cues.add("correction")
        why["correction"] = "no,"
    _phrases(every, lex, cues, why)
    _scripts(bare.text, lex, cues, why)
    _clauses(words, lex, cues, why)
    _connected(words, lex, cues)
    if infinitive(words, lex):
        cues.update(("infinitive", "command_x"))
    if without_exception(words, lex):
        cues.add("no exception")
    _shape(bare, words, lex, cues)
    _negation(words, lex, cues, why)
    _label(bare, lex, cues, why)
    kinds, nearest = _heading(context)
    for kind in kinds:
        cues.add("heading:" + kind)
        why.setdefault("heading:" + kind, context)
    return Reading(bare, every, frozenset(cues), why, nearest)


def _phrases(words: tuple[str, ...], lex: Lexicon, cues: set[str], why: dict[str, str]) -> None:
    for start, first in enumerate(words):
        if first not in lex.opening:
            continue
        phrase = ""
        for word in words[start : start + MOST_WORDS]:
            phrase = f"{phrase} {word}" if phrase else word
            for kind in lex.phrases.get(phrase, ()):
                cues.add(kind)
                why.setdefault(kind, phrase)


def _scripts(text: str, lex: Lexicon, cues: set[str], why: dict[str, str]) -> None:
    """Languages that write no spaces: signs are looked for as they stand."""
    if not _WIDE.search(text):
        return
    cues.add("wide")
    for sign, kind in lex.signs:
        if sign in text:
            cues.add(kind)
            why.setdefault(kind, sign)


def _clauses(words: tuple[str, ...], lex: Lexicon, cues: set[str], why: dict[str, str]) -> None:
    """What each clause does: its first words, and for the first clause and any later one what it says."""
    for place, clause in enumerate(clauses(without_brackets(words))[:MOST_CLAUSES]):
        found = heads(clause, lex)
        conditional = clause[0] in lex.lists["subordinate"]
        for rank, head in enumerate(found):
            name = head_cue(head, lex)
            if place == 0 and rank == 0:
                cues.add("first:" + name)
            cues.add("any:" + name)
            why.setdefault("any:" + name, " ".join(head[:4]))
        if found:
            said = says(found[0], lex)
            if said == "perhaps" and conditional:
                said = "order"  # "if this fails, report error": after the condition comes the verb
            cues.add(f"says:{said}" if place == 0 else f"then:{said}")
        if place == 0 and found and head_cue(found[0], lex) == "no" and clause[-1] in _MISSING:
            cues.add("missing")
        if place == 0 and conditional:
            cues.add("opens:" + clause[0])
            if not found:
                cues.add("says:subordinate")


def _connected(words: tuple[str, ...], lex: Lexicon, cues: set[str]) -> None:
    """An order that follows from a fact ("…, so use the lock"), and an order dressed as a question."""
    for place in range(1, len(words) - 2):
        if words[place] in ("so", "therefore", "hence"):
            head = words[place + 1 : place + 1 + LONGEST_HEAD]
            if head_cue(head, lex) in ("imperative", "forbid"):
                cues.add("so:order")
        elif words[place] in ("(", ",") and head_cue(words[place + 1 : place + 9], lex) == "forbid":
            cues.add("aside:forbid")  # "(generated, do not edit)"
    for place, (one, two) in enumerate(pairwise(words)):
        opens = place == 0 or words[place - 1] in (",", ".", ";", "and", "so", "-", "—")
        if two == "you" and one in ("can", "could", "would", "will") and opens and place + 2 < len(words):
            cues.add("asks")
            if words[place + 2] in lex.verbs:
                cues.add("request")  # "…, can you find out why and fix it?"
    if "please" in words[:12]:
        cues.add("asks")


def _negation(words: tuple[str, ...], lex: Lexicon, cues: set[str], why: dict[str, str]) -> None:
    for word in words:
        if word in lex.lists["negations"]:
            cues.add("negation")
            why.setdefault("negation", word)
            return


def _shape(bare: Plain, words: tuple[str, ...], lex: Lexicon, cues: set[str]) -> None:
    """Length, ending, numbers, code and marks."""
    text = bare.text.rstrip()
    count = sum(1 for word in words if word[0].isalnum())
    lengths = ((0, "0"), (3, "1-3"), (8, "4-8"), (20, "9-20"))
    cues.add("length:" + next((name for most, name in lengths if count <= most), "long"))
    ends = {"?": ("?", "？", '?"', "?)"), ":": (":", "："), "!": ("!",)}
    cues.update("ends:" + name for name, marks in ends.items() if text.endswith(marks))
    found = {
        "modal": any(word in lex.lists["modals"] for word in words),
        "i": any(word in ("i", "my", "me", "i'm", "i've") for word in words),
        "number": any(word.replace(".", "").isdigit() for word in words),
        "only:code": bool(words) and all(word == CODE or not word[0].isalnum() for word in words),
        "arrow": "→" in bare.text or "->" in bare.text,
        "bold": bare.bold,
        "marked": bare.marked,
        "hidden": bare.hidden,
        "shouted": any(word in _SHOUTED for word in text.split()[:40]),
    }
    cues.update(name for name, there in found.items() if there)
    cues.update("code:" + code_kind(code) for code in bare.codes)
    if text.startswith(CODE) and bare.codes:
        cues.add("starts:code:" + code_kind(bare.codes[0]))
    if bare.sign:
        cues.add("sign:" + bare.sign)
    if _LINKED.match(bare.raw.strip()):
        cues.add("link")
    if _FACT.match(bare.text) and count <= FEW:
        cues.add("fact")


def _label(bare: Plain, lex: Lexicon, cues: set[str], why: dict[str, str]) -> None:
    if not bare.label:
        return
    cues.add("label")
    label = bare.label.lower()
    words = tuple(label.replace("’", "'").split())
    head = head_cue(words, lex) if words else ""
    if head in ("imperative", "forbid", "no"):
        cues.add("label:" + head)
        why.setdefault("label:" + head, bare.label)
    if words and words[-1] in _SAYS and words[0] not in ("i", "we"):
        cues.add("hearsay")  # "the linter says: never use var"
        why.setdefault("hearsay", bare.label)
    if CODE in bare.label or code_kind(bare.label) in ("path", "file"):
        cues.add("label:code")
    for kind in _heading_kinds(label):
        if kind not in ("negative", "rules", "steps"):
            continue
        cues.add("label:" + kind)
        why.setdefault("label:" + kind, bare.label)
    if words and words[0] in lex.lists["subordinate"]:
        cues.add("label:subordinate")


def _sentence_before_colon(bare: Plain, lex: Lexicon) -> bool:
    """ "Check every field end to end: column, query, type": what looks like a label is the sentence itself."""
    words = tuple(bare.label.lower().replace("’", "'").split())
    if not bare.body.strip(CODE + " .`"):
        return not bare.bold and _introduces_value(words, lex)
    if len(words) < 3:
        return False
    if head_cue(words, lex) in ("imperative", "forbid"):
        return (
            not bare.bold or words[0] not in lex.noun_verbs
        )  # "**Test tier names**" is a label, "**Never name …**" none
    return (
        not bare.bold
        and len(words) > 3
        and says(words, lex) in ("states always", "obliges", "is not", "states", "only", "never")
    )


def _introduces_value(words: tuple[str, ...], lex: Lexicon) -> bool:
    """ "Use exactly: `x`", "Defaults are written as: `x`": the code behind the colon ends the sentence."""
    if len(words) < 2:
        return False
    if words[0] in lex.verbs and words[1] in ("exactly", "only", "always", "either", "this", "these", "the", "next"):
        return True
    return (
        len(words) > 2
        and says(words, lex) in ("obliges", "states always", "only", "never", "is")
        and (words[-1] in lex.lists["prepositions"] or words[-1] in ("as", "like", "be", "always", "is", "are"))
    )


@lru_cache(maxsize=512)
def _heading_kinds(heading: str) -> tuple[str, ...]:
    """What a heading announces; units of one section share it."""
    lists = lexicon().headings
    if any(word in heading for word in lists["both"]):
        return ("rules",)
    return tuple(kind for kind in HEADING_KINDS if any(word in heading for word in lists[kind]))


@lru_cache(maxsize=64)
def _heading(context: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a path of headings announces, and the words of the nearest."""
    path = [plain(part).text.lower().replace("’", "'") for part in context[-400:].split(" > ")] if context else []
    kinds = next((found for found in (_heading_kinds(part) for part in reversed(path)) if found), ())
    if any("negative" in _heading_kinds(part) for part in path[:-1]):
        kinds = (*kinds, "negative")
    nearest = _TOKEN.findall(context.rsplit(" > ", 1)[-1][-200:].lower())
    return kinds or ("other" if path else "none",), tuple(word for word in nearest if word[0].isalpha())


def _before(before: str, lex: Lexicon, cues: set[str]) -> None:
    intro = plain(before[-300:])
    low = intro.text.lower().replace("’", "'")
    if low.rstrip().endswith((":", "：")):
        cues.add("before:list")
        for kind in _heading_kinds(low[:MOST_HEADING]):
            if kind not in ("craft", "features"):
                cues.add("before:" + kind)
        if low.strip("*_:： ").endswith(("never", "must not", "not allowed", "forbidden", "prohibited")):
            cues.add("before:never")
    words = tuple(token.lower() for token in _TOKEN.findall(intro.body or intro.text)[:12])
    if words:
        name = next((head_cue(head, lex) for clause in clauses(words)[:1] for head in heads(clause, lex)[:1]), "")
        if name:
            cues.add("before:" + name)
