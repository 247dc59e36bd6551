"""Files: which are not to be changed or read, which only grow, which stay, and where things belong.

A file that must not be edited may still be read. "Generated files" without a glob stay words.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import condition, where
from tractguard.instructions.constraints.described import EXISTING, described
from tractguard.instructions.constraints.fences import as_folder, fenced_of, not_run_of, only_mentioned, outside_of
from tractguard.instructions.constraints.filenames import by_part, is_called
from tractguard.instructions.constraints.mentions import Path, glob, paths
from tractguard.instructions.constraints.placement import named_of, placed_of
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import pattern, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_CHANGE = lazy(
    r"\b(?:(?:hand|manually|directly)[- ](?:edit|modif|chang|written)\w*|edit(?:s|ed|ing)?|modif(?:y|ies"
    r"|ied|ying|ications?)|append(?:ed|ing)?|touch(?:ed|ing)?|chang(?:e|es|ed|ing)|alter(?:ed|ing)?|"
    r"overwrit(?:e|ten|ing)|rewrit(?:e|ten|ing)|writ(?:e|es|ten|ing)(?: to| in| into| directly)?|updat(?:e"
    r"|ed|ing)|format(?:ted|ting)?|patch|tamper|mess with|leave alone|off[- ]limits|read[- ]only"
    r"|machine-owned|bearbeite\w*|ändere?\w*)\b|수정|编辑|修改|編集"
)
_MOVE = lazy(r"\b(?:renam(?:e|ed|ing)|mov(?:e|ed|ing)|relocate|renumber)\b")
_DELETE = lazy(r"\b(?:delet(?:e|ed|ing)|remov(?:e|ed|ing)|rm|drop|clean up|erase|wipe)\b|删除|삭제|削除")
_CREATE = lazy(
    r"\b(?:creat(?:e|ed|ing)|add(?:ed|ing)?|put(?:ting)?|plac(?:e|ed|ing)|new files?|nothing new|generate|introduce)\b"
)
_COMMIT = lazy(r"\b(?:commit(?:ted|ting)?|check(?:ed)? in|check in|staged?|staging|push(?:ed)?|git add)\b")
_READ = lazy(
    r"\b(?:read(?:ing)?(?!-only)|open(?:ing)?|cat|look (?:at|into|in)|view|inspect|access|print|load"
    r"|lies|lesen)\b|读取|阅读|읽"
)
_APPEND = lazy(
    r"\bappend[- ]only\b|\bonly (?:ever )?append\b|\bappend (?:only )?to\b.{0,60}\b(?:never"
    r"|not) (?:overwrite|rewrite|edit|replace|delete|modify|truncate)|追記のみ|追加のみ|只追加|仅追加",
    needs="append|追記|追加",
)
_STATE = lazy(
    r"\b(?:are|is|as) (?:strictly )?(?:read[- ]only|reference[- ]only|off[- ]limits|frozen|immutable|machine-owned"
    r"|auto-?generated|generated|not hand-edited|vendored)\b|\bleave\b[^.]{1,60}\b(?:alone|untouched"
    r"|as[- ]is|unchanged)\b|\bhands off\b|\bkeep (?:your )?(?:hands|out)\b|\bkeep out of\b"
    r"|\bstay (?:out of|away from)\b|\b(?:must|should|has to|have to|needs? to|is to|are to) (?:always )?(?:remain"
    r"|stay|be"
    r" (?:kept|left)) (?:entirely |completely )?(?:unchanged|untouched|intact|unmodified|as[- ](?:is|they are)"
    r"|frozen)\b"
)
_STATE_LABEL = lazy(
    r"\W*(?:read[- ]only|off[- ]limits|frozen|immutable|protected|do[- ]not[- ](?:edit|touch|modify))"
    r"(?: (?:files?|paths?|folders?|director(?:y|ies)|areas?|surfaces?|zones?|code|modules?))?[^:`,]{0,40}:"
)
_NOT_THERE = lazy(
    r"\b(?:should|must|may|can)(?: not|n't|not| never) (?:ever )?(?:exist|be present|appear|be created|reappear)\b"
    r"|\bno [`\w./-]{3,40} (?:should|must|may) exist\b"
)
_NO_FILE = lazy(r"\W*[Nn]o (`[\w./*-]{3,60}`)(?: files?)?(?: (?:at all|anywhere|ever))?\W*(?:$|[.;,(—–]|--? )")
_NO_EDIT_NEED = lazy(r"\bno need to (?:edit|update|touch|modify|change)\b")
_KEEP = lazy(
    r"\b(?:must (?:stay|remain|always exist|exist|be present)|(?:do not|don't|never) (?:delete|remove)"
    r"|keep\b[^.]{1,40}\b(?:present|in place))\b"
)


def places_of(said: Sentence) -> list[Constraint]:
    """forbid_path, forbid_read, append_only, require_path, path_rule."""
    named = paths(said)
    fenced = fenced_of(said, named) or not_run_of(said, named) or outside_of(said)
    if fenced:
        return fenced
    appended = _appended(said, named)
    if appended:
        return appended
    absent = _absent(said, named)
    if absent:
        return absent
    protected = _protected(said, named)
    if protected:
        return [*protected, *named_of(said, named)]
    return [*_permitted(said, named), *placed_of(said, named)]


_NARROWER = lazy(  # "never edit `package.json` versions by hand" leaves the rest of the file open
    r"[`']?s?\s(?:dependenc(?:y|ies)|versions?|scripts?|settings?|sections?|fields?|entries|entry|keys?"
    r"|rules?|options?)\b"
)
_OBJECT_AND_PLACE = lazy(r"((?:\s[a-z\u2588`-]+){1,6}?)\s(?:in|into|to|under|inside|below)\b")
_GENERAL = frozenset(
    "a an any the new more other extra additional your code file files folder folders anything something things stuff"
    " module modules changes manually directly by hand or and go goes belong belongs be been land".split()
)
_OF_A_COMMIT = lazy(r" (?:subjects?|messages?|history|hash\w*|bod(?:y|ies)|titles?|logs?)\b")
_PARTS_OF = lazy(r" (?:entr(?:y|ies)|sections?|lines?|format|bullets?|headings?|links?)\b")
_MOVED_TO = lazy(r"\b(?:mov|cop|migrat|relocat|renam)\w*\b[^.;]{0,40}\b(?:in)?to(?: the)? ?$")
_AN_END = lazy(r"\b(?:until|unless|once|when|after) [^.;,]{2,80}", needs="until|unless|once|when|after")
_ADDED_TO = lazy(
    r"\b(?:never|not) be (?:added|appended) to\b|\b(?:never|don't|do not) (?:add|append) (?:new )?(?:entries"
    r"|errors|lines|items|rows|suppressions|ignores) to\b"
)
_SAID_BEFORE = lazy(
    r"\b(?:add|append)(?: [a-z]+)? to (?:it|them|these|this (?:folder|directory|file))\b|"
    r"\b(?:edit|modify|touch|change|delete|commit|write to|write|write into|overwrite|alter|remove|rename|move)"
    r" (?:to )?(?:it|them|these)\b"
    r"|\b(?:never|do not|don't) (?:(?:hand-?)?edit|modify|touch|change|delete|commit|overwrite)(?: manually"
    r"| by hand| directly| this)?(?=\W*$|[.;)])"
    r"|\bavoid (?:directly |manually )?(?:edit|modify|touch|chang)ing(?: directly| manually| by hand)?(?=\W*$|[.;)])"
)
_CONNECTS = lazy(r"[\s,/`]*(?:(?:and|or|nor|any|the|and/or|/)[\s,`]*){1,3}|[`\s]*,[\s`]*")


def _absent(said: Sentence, named: list[Path]) -> list[Constraint]:
    """ "`package-lock.json` must not exist": it is not to be made."""
    match = _NOT_THERE.search(said.low)
    found = [glob(path) for path in named if match and path.start < match.start()]
    if not match and (none := _NO_FILE.match(said.text)):
        found = [glob(path) for path in named if none.start(1) <= path.start < none.end(1) and "." in path.text]
    return [Constraint("forbid_path", {"glob": found, "op": "create", "words": said.words})] if found else []


def _appended(said: Sentence, named: list[Path]) -> list[Constraint]:
    if not _APPEND.search(said.low):
        return []
    if said.forbids() and re.search(r"\bnot append[- ]only\b", said.low):
        return []
    path = named[0].text if named else ""
    if not path:
        found = re.search(r"[\w./-]+\.(?:md|txt|log|jsonl|csv|json|ya?ml)\b", said.heading)
        path = found.group() if found else _named_globs(said)[0][0] if _named_globs(said) else ""
    return (
        [Constraint("append_only", {"path": path or said.heading, "words": said.words})] if path or said.heading else []
    )


def _named_globs(said: Sentence) -> list[tuple[str, int]]:
    """Globs of things with a well-known place: lock files, the changelog."""
    table = section("named_files")
    return [
        (item, m.start())
        for m in pattern("named_files").finditer(said.low)
        if not _PARTS_OF.match(said.low, m.end())
        for item in table[m.group()]
    ]


def _protected(said: Sentence, named: list[Path]) -> list[Constraint]:
    state = _STATE.search(said.low) or _STATE_LABEL.match(said.low)
    no_need = _NO_EDIT_NEED.search(said.low)
    verbs = _excluded_verbs(said)
    if not state and not no_need and not verbs and not _ADDED_TO.search(said.low):
        return []
    if re.search(
        r"\bwithout (?:first |also )?(?:run|updat|regenerat|test|chang|edit|bump|add|check|read)\w*", said.bare
    ):
        return []  # an order of steps, not a closed file
    closed = (
        not said.forbids() and not state and bool(verbs)
    )  # by the heading alone: the path that the item begins with
    targets = _leading(said, named) if closed else _targets(said, named, bool(state or no_need))
    if not targets:
        return described(said, verbs)
    data: dict[str, Any] = {"glob": list(dict.fromkeys(targets))}
    data.update(_context(said, named, targets))
    if verbs == {"read"} and not state:
        return [Constraint("forbid_read", data)]
    if _ADDED_TO.search(said.low) and not state:
        return [Constraint("forbid_path", {**data, "op": "append"})]
    operations = verbs - {"change", "read"}
    if "change" not in verbs and operations and not state:
        data["op"] = sorted(operations)[0] if len(operations) == 1 else sorted(operations)
    if "change" in verbs and "create" not in verbs and EXISTING.search(_AN_END.sub(" ", said.low)):
        data["op"] = ["edit", "delete"]  # a new one may be made
    if any(target.startswith(("**/.env", ".env")) for target in targets):
        data["except"] = [".env.example", ".env.sample", ".env.template"]
    found = [Constraint("forbid_path", data)]
    if "read" in verbs:
        found.append(Constraint("forbid_read", {"glob": data["glob"]}))
    return found


def _leading(said: Sentence, named: list[Path]) -> list[str]:
    """The paths that an item begins with: one, or a list of them."""
    found, end = [], named[0].start
    for path in named:
        if path is not named[0] and not _CONNECTS.fullmatch(said.bare, end, path.start):
            break
        found.append(glob(path))
        end = path.start + len(path.text)
    return found


def _context(said: Sentence, named: list[Path], targets: list[str]) -> dict[str, Any]:
    others = [path for path in named if glob(as_folder(path, said)) not in targets]
    data = where(said, 0, others)
    if not data.get("when"):
        first = min((path.start for path in named), default=0)
        when = condition(said, first)
        if when:
            data["when"] = when
    use = re.search(r"\b(?:use|run|regenerate with|instead use)\s+`([^`]+)`", said.text)
    if use:
        data["use"] = use.group(1)
    return data


def _excluded_verbs(said: Sentence) -> set[str]:
    """What the sentence excludes doing to files: change, delete, create, commit, read."""
    found = _by_heading(said)
    if not said.forbids():
        return found
    for name, cue in (
        ("change", _CHANGE),
        ("delete", _DELETE),
        ("move", _MOVE),
        ("commit", _COMMIT),
        ("create", _CREATE),
        ("read", _READ),
    ):
        if any(
            said.sign(m.start()) == "-"
            and not (
                name == "create"
                and m.group().startswith("add")
                and re.search(r"^[^,.;]{0,40}\bto\b(?! (?:it|them|these|this folder)\b)", said.bare[m.end() :])
            )
            and not (name == "create" and _narrow_object(said, m.end()))
            and not (name == "commit" and _OF_A_COMMIT.match(said.bare, m.end()))
            and not re.search(r"\b(?:of|in|for|the|by|your) $", said.low[max(0, m.start() - 5) : m.start()])
            for m in cue.finditer(said.bare)
        ):
            found.add(name)
    return found


def _narrow_object(said: Sentence, end: int) -> bool:
    """Whether only some things are not to be put there: "no tests in `src/`" leaves the folder open for the rest."""
    match = _OBJECT_AND_PLACE.match(said.bare, end)
    return match is not None and not set(match.group(1).split()) <= _GENERAL


MOST_LEADING = 3  # characters ahead of the path that an item begins with
_CLOSED_HEADING = lazy(
    r"\b(?:read[- ]only|off[- ]limits|hands off|immutable|untouchable|(?:protected|frozen|forbidden|locked"
    r"|restricted)"
    r" (?:files?|paths?|folders?|director(?:y|ies)|areas?|zones?))\b|\b(?:do not|don't|never) "
    r"(?:edit|touch|modify|change)\b"
)


def _by_heading(said: Sentence) -> set[str]:
    """ "`data/*.db`: runtime databases" below "Never commit": the heading has the verb, the item only names files."""
    leads = any(path.start <= MOST_LEADING for path in paths(said)[:1])
    if leads and _CLOSED_HEADING.search(said.heading) and said.sign(0) in "-0":
        return {"change"}
    bare = said.forbidding and said.sign(0) == "-" and leads
    cues = (("change", _CHANGE), ("delete", _DELETE), ("commit", _COMMIT), ("read", _READ))
    return {name for name, cue in cues if cue.search(said.heading)} if bare else set()


_BESIDE = lazy(
    r"\b(?:except|other than|apart from|outside(?: of)?|see|use|with|via|in|from|unlike|instead of)"
    r"(?: the| for| in)? ?$"
)
_WITHIN = lazy(
    r"(?:check|chang\w+|edit\w*|anything|everything|nothing|all|whatever|files?|code|write|touch|commit|put|look"
    r"|writing"
    r"|modify|migrations?|components?|snapshots?|fixtures?|stubs?|bindings?|assets?|templates?|configs?|primitives?)"
    r" (?:\w+ )?(?:in|from|at|inside|within|under|below)(?: the)? ?$"
)


def _targets(said: Sentence, named: list[Path], whole: bool) -> list[str]:
    """The globs that the exclusion is about."""
    found = []
    for path in named:
        sign = said.sign(path.start)
        ahead = said.low[max(0, path.start - 34) : path.start].rstrip("`")
        called = is_called(said, path.start)
        if _BESIDE.search(ahead) and not _WITHIN.search(ahead) and not called:
            continue
        if _MOVED_TO.search(said.low[max(0, path.start - 60) : path.start].rstrip("`")):
            continue  # "do not move them to conftest.py" closes no file
        if "import" in said.bare and re.fullmatch(r"\.\w{1,4}", path.text):
            continue  # ".js extensions in imports" are no files
        if _NARROWER.match(said.low, path.start + len(path.text)):
            continue
        stated = whole and sign in "0" and _with_the_state(said, path)
        if sign == "-" or stated or _listed_after(said, path):
            name = "**/" + path.text if called and "/" not in path.text else ""
            found += _expanded(_ending(path, said) or name or glob(as_folder(path, said)), said)
    told_after = "0" if _SAID_BEFORE.search(said.low) else ""
    by_name = [named.glob for named in by_part(said) if said.sign(named.start) in ("-", told_after)]
    if by_name:
        usual = [item for item, at in _named_globs(said) if said.sign(at) == "-"]
        return [item for item in found if item not in usual] + by_name
    if not found and _SAID_BEFORE.search(said.low):
        found = [
            glob(as_folder(path, said))
            for path in named
            if (said.sign(path.start) == "p" or (said.sign(path.start) == "0" and (path.marked or path.folder)))
            and not only_mentioned(said.low[max(0, path.start - 34) : path.start])
        ]
    listed = [item for item, at in _named_globs(said) if said.sign(at) == "-" or whole]
    return found + _in_one_list(said, named) if found else listed


def _with_the_state(said: Sentence, path: Path) -> bool:
    """Whether "generated" or "frozen" is said of a path: in the same part of the sentence, or of what stood before."""
    state = _STATE.search(said.low) or _STATE_LABEL.match(said.low)
    if state and state.end() <= path.start and state.group().endswith(":"):
        return True
    return state is None or path.start < state.start() or said.part_of(path.start) == said.part_of(state.start())


def _in_one_list(said: Sentence, named: list[Path]) -> list[str]:
    """Files named by a usual name beside paths: "lock files or `reports/`" keeps both."""
    table, found = section("named_files"), []
    for match in pattern("named_files").finditer(said.bare):
        ends = [path.start + len(path.text) for path in named if path.start < match.start()][-1:]
        starts = [path.start for path in named if path.start > match.start()][:1]
        between = [said.bare[end : match.start()] for end in ends] + [
            said.bare[match.end() : start] for start in starts
        ]
        if said.sign(match.start()) == "-" and any(_CONNECTS.fullmatch(words) for words in between):
            found += table[match.group()]
    return found


def _ending(path: Path, said: Sentence) -> str:
    """ "files with a `.gen.ts` extension" is a pattern for names."""
    if not re.fullmatch(r"\.[\w.]{1,20}", path.text) or path.text.startswith((".env", ".git")):
        return ""
    after = said.low[path.start + len(path.text) : path.start + len(path.text) + 14].lstrip("`")
    ahead = said.low[max(0, path.start - 20) : path.start]
    told = re.match(r"\s(?:extension|suffix|ending|files?\b)", after) or re.search(
        r"\b(?:end(?:ing)? (?:in|with)) `?$", ahead
    )
    return "**/*" + path.text if told else ""


def _listed_after(said: Sentence, path: Path) -> bool:
    """ "Do not edit: `a`, `b`": a list after a colon belongs to what stands before it."""
    colon = said.bare.rfind(":", 0, path.start)
    return (
        colon > 0
        and said.sign(colon) == "-"
        and said.sign(path.start) in "-0"
        and not re.search(r"\b(?:instead|use)\b", said.low[colon : path.start])
    )


def _expanded(item: str, said: Sentence) -> list[str]:
    if item == ".env" and re.search(r"\.env`? files|\.env\*", said.low):
        return ["**/.env", "**/.env.*"]
    if item.endswith(".env"):
        return [item]
    return [item]


def _permitted(said: Sentence, named: list[Path]) -> list[Constraint]:
    """ "you may edit migrations/0042_fix.py": what another instruction closes, this opens."""
    if not any(sign == "p" for part in said.parts for _, sign in part.marks):
        return []
    for cue, op in ((_CHANGE, ""), (_DELETE, "delete"), (_CREATE, "create"), (_COMMIT, "commit"), (_READ, "read")):
        for match in cue.finditer(said.bare):
            globs = [glob(path) for path in named if path.start > match.start() and said.sign(path.start) == "p"]
            if said.sign(match.start()) == "p" and globs:
                data: dict[str, Any] = {"glob": globs, "permit": True}
                if op == "read":
                    return [Constraint("forbid_read", data)]
                return [Constraint("forbid_path", {**data, "op": op} if op else data)]
    return []
