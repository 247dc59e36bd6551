"""What a sentence takes from the one before it: "never write to it", "sorry, I meant 27028", "make that yarn".

`resolved` puts the thing that is meant in the place of the word that stands for it, so that the families read a whole
sentence. It resolves only what is plain: one thing of the right kind, named shortly before. Where two might be meant,
the sentence stays as it is.
"""

import functools
import re

from tractguard.instructions.constraints.mentions import code_kind, is_path, paths
from tractguard.instructions.constraints.reading import Sentence, read
from tractguard.instructions.constraints.tables import Words, canonical, members, pattern, section
from tractguard.instructions.patterns import lazy
from tractguard.tables import table

MOST_BACK = 4  # sentences before this one that are looked at for a value that it corrects
LONGEST_BEFORE = 600  # characters of the turn before that count: its end

_STANDS_FOR = lazy(
    r"\b(?P<verb>edit|modify|touch|change|alter|overwrite|rewrite|delete|remove|rename|move|commit|stage|read|open|format"
    r"|write|add|put|append|create|save|push|run|execute|call|invoke|start|launch|restart|stop|kill|use|import|install|introduce|reintroduce)"
    r"(?:ing)?(?P<rest> (?:anything |any files? |new files? |files? |code |changes? )?(?:to |into |in |from )?)?"
    r"(?P<it>\b(?:it|them|these|there|this file|that file|those files|these files|this folder|that folder"
    r"|this director(?:y|ies)|this command|that command)\b)(?!['’])"
    r"(?! (?:is|are|was|were|has|have|would|will|can|should|must|to)\b)",
    needs="it|them|these|there|this |that |those",
)
_OBJECTLESS = lazy(  # "`gen/` holds the clients. Do not edit directly."
    r"\W*(?:please )?(?:do not|don'?t|never|must not) (?:ever )?(edit|modify|touch|change|alter|overwrite"
    r"|delete|commit)"
    r"(?: (?:directly|manually|by hand|ever|please))?\W*",
    re.I,
)
_CLOSED = lazy(
    r"\W*(?:[Ss]trictly )?[Rr]ead-only(?: reference| archive| copy| snapshot| for (?:you|agents))?\W*(?:$|[,.;])"
)
_ONTO_IT = lazy(  # "`v2` is the release branch. Never commit directly to it."
    r"\b(?:commit|push|merge|work)\w* (?:directly |straight )?((?:to|on|onto|into)"
    r" (?:it|that|this|them|these)(?: branch)?|there)\b",
    needs=" it| that| this|there| them| these",
)
_FILE_VERBS = frozenset(
    "edit modify touch change alter overwrite rewrite delete remove rename move commit stage read open format write add"
    " put append create save push".split()
)
_RUN_VERBS = frozenset("run execute call invoke start launch restart stop kill".split())
_BY_MEANS = lazy(r" (?:\w+ ){0,2}(?:with|via|through|using|by) (?:running )?`")
_SERVERS = lazy(r"\b((?:dev(?:elopment)?|local|api|backend|frontend|vite|next) server|server|dev environment)\b")
_EXCLUDES = lazy(r"\b(?:never|not|dont|nobody|avoid|without asking|ask|only)\b|n't\b")
_INSIDE = lazy(r"\b(?:in|below|under|inside|within) `?$")
_LIST = lazy(r"[`\s]*(?:,|and|or|&|, and|, or)[`\s]*")
_ENDS = lazy(r"(?<=[.!?])\s+|\n+")
_FRAME = lazy(
    r"\W*(?:(?:no|nope|sorry|oops|wait|actually|hmm?|ah|wrong|my (?:bad|mistake)|scratch that|correction|well|ok|okay"
    r"|i (?:mean|meant|said|told you|wanted)|(?:it|that|this) (?:should|must|has to) (?:be|have been)"
    r"|should (?:be|have been)|make (?:that|it|this)"
    r"|change (?:that|it|this) to|let's (?:make it|say)|rather|better|please"
    r"|(?:we|i|they)(?:'ve| have|'re| are)? (?:now |just |already )*(?:moved|switched|migrated|upgraded|changed|went"
    r"|gone|updated|bumped)(?: over| back)? to)\b[\s,.:;!—-]*)+",
    re.I,
)
_TRAILER = lazy(
    r"(?:[\s,.;!—-]+(?:(?:so |and |please )?use (?:that|it|this)(?: one)?|please"
    r"|sorry|instead|of course|obviously|now|then|rather|i mean|i meant|my (?:bad|mistake)"
    r"|oops))+[\s.!]*$|[\s.!]+$",
    re.I,
)
_INSTEAD = lazy(r"[\s,]+(?:not|instead of|rather than)\s+(?P<old>\S+(?:\s\S+)?)$", re.I)
_NONE_OF = lazy(r"\W*no [a-z@`]", re.I)
_LEADS = lazy(
    r"(?:(?:the|on|at|to|in|use|using|it's|it is|with|against|port|ports|version|branch|folder|file|host)\s+)*", re.I
)
_NUMBER = lazy(r"(?<![\w.:/-])v?(\d{1,5}(?:\.\d{1,4}){0,3})(?![\w%/-]|\.\d)")
_PORT_NUMBER = lazy(r"(?<=:)(\d{2,5})(?![\w%/-]|\.\d)")
_BRANCH = lazy(r"(?<![\w./-])`?(main|master|develop|development|dev|trunk|staging|production)`?(?![\w/-]|\.\w)")
_BARE_CONTRAST = lazy(r"(\W*(?:it's |it is )?not )(\S+), (\S+?)([.!]*)$", re.I)
_CHOOSES = lazy(r"\b(?:no|nope|mean|meant|said|told|wanted|make|change|rather|wrong|scratch)\b", re.I)
_NAMES_A_KIND = frozenset(("port", "version", "branch", "and", "for", "the"))
_LONGEST_VALUE, _LONGEST_CORRECTION = 5, 14  # words

_PRONOUN = lazy(r"\b(?:add|put|commit|move|copy|write|edit|keep|place|stage|push)\w* (?:it|them|these|those|this)\b")
_WORD = lazy(r"\w+")

Item = tuple[str, str, int, int]  # kind, value, start, end


def resolved(sentence: str, before: str, kind: str) -> str:
    """`sentence` with what it takes from `before` put in; the same object where it takes nothing."""
    closed = _CLOSED.match(sentence) if before and len(sentence) < 120 else None
    if closed:
        things = _things(_last(before), "edit")
        return f"`{things[0]}` is read-only" if len(things) == 1 else sentence
    objectless = _OBJECTLESS.fullmatch(sentence) if before else None
    if objectless:
        told = sentence[: objectless.end(1)] + " them" + sentence[objectless.end(1) :]
        whole = resolved(told, before, kind)
        return whole if whole != told else sentence
    low = sentence.lower()
    onto = _ONTO_IT.search(low) if len(low) == len(sentence) and before else None
    several = onto is not None and onto.group(1).endswith(("them", "these"))
    branches = _branches_of(_last(before), several) if onto and _EXCLUDES.search(low) else []
    if onto and branches and (several or len(branches) == 1):
        named = " or ".join(f"`{branch}`" for branch in branches)
        return f"{sentence[: onto.start(1)]}to {named}{sentence[onto.end(1) :]}"
    stands = _STANDS_FOR.search(low) if len(low) == len(sentence) else None
    if stands and _EXCLUDES.search(low):
        return _with_thing(sentence, before, stands, kind)
    if kind == "prompt" and _short(sentence):
        return _corrected(sentence, before[-LONGEST_BEFORE:])
    return sentence


def _with_thing(sentence: str, before: str, stands: re.Match[str], kind: str) -> str:
    """The pronoun behind a verb replaced by the one thing, or the one list of things, that it can mean."""
    word = stands.group("it")
    if " " in word and kind != "prompt":
        return sentence  # in an instruction file "this file" is that file itself
    verb = stands.group("verb")
    ahead = sentence[: stands.start("it")]
    if verb in _RUN_VERBS and _BY_MEANS.match(sentence, stands.end("it")):
        return sentence  # "do not run these with `X`": the means is what is excluded
    if verb in _FILE_VERBS and word in ("it", "them", "these") and _things(ahead, verb):
        return sentence  # the family of files reads that by itself
    last = _last(before)
    things = _things(ahead, verb) or ([] if _PRONOUN.search(last.lower()) else _things(last, verb))
    several = word in ("them", "these") or word.startswith(("those", "these"))
    if not things or (len(things) > 1 and not several):
        return sentence
    plain = verb in _RUN_VERBS and all(_SERVERS.fullmatch(thing) for thing in things)
    named = "the " + things[0] if plain else ", ".join(f"`{thing}`" for thing in things)
    if word == "there":
        named = ("" if (stands.group("rest") or "").rstrip().endswith(("in", "to", "into", "from")) else "in ") + named
    return ahead + named + sentence[stands.end("it") :]


def _branches_of(said: str, several: bool) -> list[str]:
    """The branches that a sentence speaks of: marks and usual names; [] where it may speak of something else."""
    usual = [match.group(1) for match in _BRANCH.finditer(said)]
    if "branch" not in said.lower() and not (usual and several):
        return []
    return list(dict.fromkeys([*re.findall(r"`([\w./*-]{1,60})`", said), *usual]))


def _last(before: str) -> str:
    """The last sentence of what was said before."""
    said = [piece for piece in _ENDS.split(before[-LONGEST_BEFORE:]) if piece.strip()]
    return said[-1] if said else ""


def _things(text: str, verb: str) -> list[str]:
    """What a verb can be about in `text`: files for "edit", commands for "run", tools for "use"."""
    if not text.strip():
        return []
    said = read(text, "", "", "claude_md")
    if verb in _FILE_VERBS:
        return _files(said)
    if verb in _RUN_VERBS:
        found = [code.text.strip() for code in said.codes if code_kind(code.text) == "command"]
        servers = list(dict.fromkeys(match.group(1) for match in _SERVERS.finditer(said.bare)))
        if servers and (not found or verb not in ("run", "execute", "call", "invoke")):
            return servers
        return found or [path.text for path in paths(said) if not path.folder and "." in path.text]
    marked = [code.text.strip() for code in said.codes if code_kind(code.text) in ("code", "command")]
    return marked or list(dict.fromkeys(item[1] for item in _items(said.text) if item[0] == "tool"))


def _files(said: Sentence) -> list[str]:
    """The files that a sentence names; of several only those of its first list are spoken of."""
    named = paths(said)
    found: list[str] = []
    end = 0
    for path in named:
        if found and not _LIST.fullmatch(said.bare[end : path.start]):
            return []  # two files in two places: either may be meant
        inside = _INSIDE.search(said.bare, max(0, path.start - 12), path.start) and "." not in path.text
        found.append(path.text.rstrip("/") + "/" if inside else path.text)
        end = path.start + len(path.text)
    if found:
        return found
    usual = section("named_files")
    return list(
        dict.fromkeys(item for match in pattern("named_files").finditer(said.low) for item in usual[match.group()])
    )


def corrects(sentence: str, before: str) -> str:
    """The sentence of the turn before whose value `sentence` replaces; "" where it replaces none."""
    return _correction(sentence, before[-LONGEST_BEFORE:])[0] if _short(sentence) else ""


def _short(sentence: str) -> bool:
    return len(sentence) <= 160 and len(sentence.split()) <= _LONGEST_CORRECTION


def _corrected(sentence: str, before: str) -> str:
    """A correction that only names the new value, read as the sentence that it corrects; else `sentence`."""
    contrast = _BARE_CONTRAST.fullmatch(sentence)
    if contrast:
        return f"{contrast.group(1)}{contrast.group(2)} but {contrast.group(3)}{contrast.group(4)}"
    return _correction(sentence, before)[1]


def _correction(sentence: str, before: str) -> tuple[str, str]:
    """The sentence that is corrected, and how it reads with the new value; ("", `sentence`) where it is none."""
    frame = _FRAME.match(sentence)
    trailer = _TRAILER.search(sentence, frame.end() if frame else 0)
    said = sentence[frame.end() if frame else 0 : trailer.start() if trailer else len(sentence)].strip()
    if not said or not (frame or (trailer and re.search(r"[a-z]", trailer.group()))):
        return "", sentence
    if frame and re.search(r"\b(?:said|meant|mean|told you|wanted),? no $", frame.group(), re.I):
        return "", sentence  # "I said no npm" shuts it out
    instead = _INSTEAD.search(said)
    value = _LEADS.sub("", said[: instead.start()] if instead else said, count=1)
    if not value or len(value.split()) > _LONGEST_VALUE:
        return "", sentence
    new = _items(value)
    if not new:
        return "", sentence
    rest = _rest(value.lower(), new)
    old = instead.group("old").strip("`\"'") if instead else ""
    for told in list(reversed([piece for piece in _ENDS.split(before) if piece.strip()]))[:MOST_BACK]:
        whole = _replaced(told.rstrip("?"), new, old) if rest <= set(_WORD.findall(told.lower())) else ""
        if whole:
            return told, whole
    chosen = len(new) == 1 and new[0][0] == "tool" and not rest and frame and _CHOOSES.search(frame.group())
    if _NONE_OF.match(sentence):
        chosen = False  # "no lodash" shuts it out; "no, lodash" chooses it
    return "", f"use {new[0][1]}" + (f", not {old}" if old else "") if chosen else sentence


def _rest(value: str, items: list[Item]) -> set[str]:
    """The words of a value beside its items: they have to stand in what is corrected ("node" of "node 22")."""
    for _, _, start, end in items:
        value = value[:start] + " " * (end - start) + value[end:]
    return set(_WORD.findall(value)) - _NAMES_A_KIND


def _replaced(told: str, new: list[Item], old: str) -> str:
    """`told` with each of the `new` values in the place of the one of its kind; "" where that is not plain."""
    known = _items(told)
    if any(word[1] == item[1] for word in known for item in new if item[0] != "tool"):
        return ""  # it was said there already: nothing to correct in this sentence
    for kind, value, *_ in new:
        alike = [item for item in known if item[0] == kind and (not old or kind == "tool" or item[1] == old)]
        if kind == "tool":
            if any(item[1] == value for item in alike):
                continue  # "I meant node 22": the name only says whose version it is
            alike = [item for item in alike if _related(item[1], value)]
        if len(alike) != 1:
            return ""
        told = told[: alike[0][2]] + value + told[alike[0][3] :]
        known = _items(told)
    return told


def _related(one: str, other: str) -> bool:
    """Whether two tools are of one family, so that one can stand in the other's place."""
    return bool(set(members().get(canonical(one), ())) & set(members().get(canonical(other), ())))


@functools.cache
def _tool_words() -> Words:
    ordinary = set(table("tools")["ordinary_words"])
    return Words(word for word in members() if word not in ordinary)


def _items(text: str) -> list[Item]:
    """The values that `text` names: numbers, tools, paths and branches, each with its place."""
    low = text.lower()
    if len(low) != len(text):
        return []
    found = [("number", match.group(1), match.start(1), match.end(1)) for match in _NUMBER.finditer(low)]
    found += [("number", match.group(1), match.start(1), match.end(1)) for match in _PORT_NUMBER.finditer(low)]
    found += [("tool", match.group(), match.start(), match.end()) for match in _tool_words().finditer(low)]
    for match in re.finditer(r"[^\s`,;]+", text):
        word = match.group().rstrip(".!?:")
        if ("/" in word or "." in word) and is_path(word) and not _NUMBER.fullmatch(word):
            found.append(("path", word, match.start(), match.start() + len(word)))
    taken = [(start, end) for kind, _, start, end in found if kind == "path"]
    for match in _BRANCH.finditer(low):
        if not any(start <= match.start(1) < end for start, end in taken):
            found.append(("branch", match.group(1), match.start(1), match.end(1)))
    return found
