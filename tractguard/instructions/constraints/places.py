"""Files: which are not to be changed or read, which only grow, which stay, and where things belong.

A file that must not be edited may still be read. "Generated files" without a glob stay words.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import condition, where
from tractguard.instructions.constraints.mentions import Path, glob, paths, scope_glob
from tractguard.instructions.constraints.placement import placed_of
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import pattern, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_CHANGE = lazy(
    r"\b(?:(?:hand|manually|directly)[- ](?:edit|modif|chang|written)\w*|edit(?:s|ed|ing)?|modif(?:y|ies"
    r"|ied|ying|ications?)|append(?:ed|ing)?|touch(?:ed|ing)?|chang(?:e|es|ed|ing)|alter(?:ed|ing)?|"
    r"overwrit(?:e|ten|ing)|rewrit(?:e|ten|ing)|writ(?:e|es|ten|ing)(?: to| in| into| directly)?|updat(?:e"
    r"|ed|ing)|format(?:ted|ting)?|patch|tamper|mess with|leave alone|off[- ]limits|read[- ]only"
    r"|machine-owned|"
    r"renam(?:e|ed|ing)|mov(?:e|ed|ing)|bearbeite\w*|ändere?\w*)\b|수정|编辑|修改|編集"
)
_DELETE = lazy(r"\b(?:delet(?:e|ed|ing)|remov(?:e|ed|ing)|rm|drop|clean up|erase|wipe)\b|删除|삭제|削除")
_CREATE = lazy(r"\b(?:creat(?:e|ed|ing)|add(?:ed|ing)?|put(?:ting)?|plac(?:e|ed|ing)|new files?|generate|introduce)\b")
_COMMIT = lazy(r"\b(?:commit(?:ted|ting)?|check(?:ed)? in|check in|staged?|staging|push(?:ed)?|git add)\b")
_READ = lazy(
    r"\b(?:read(?:ing)?|open(?:ing)?|cat|look (?:at|into|in)|view|inspect|access|print|load|lies|lesen)\b|读取|阅读|읽"
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
    r"|\bstay (?:out of|away from)\b"
)
_SUBJECT = lazy(
    r"^\W*(?:the |all |any |our )*((?:[a-z-]+ ){0,3}?[a-z-]*(?:files|migrations?|folders?|configs|schemas?"
    r"|snapshots|fixtures|clients|stubs|artifacts|bindings))\b"
)
_NO_EDIT_NEED = lazy(r"\bno need to (?:edit|update|touch|modify|change)\b")
_KEEP = lazy(
    r"\b(?:must (?:stay|remain|always exist|exist|be present)|(?:do not|don't|never) (?:delete|remove)"
    r"|keep\b[^.]{1,40}\b(?:present|in place))\b"
)


def places_of(said: Sentence) -> list[Constraint]:
    """forbid_path, forbid_read, append_only, require_path, path_rule."""
    named = paths(said)
    fenced = _fenced(said, named)
    if fenced:
        return fenced
    appended = _appended(said, named)
    if appended:
        return appended
    protected = _protected(said, named)
    return protected or [*_permitted(said, named), *placed_of(said, named)]


_BELOW = lazy(r"\b(?:below|under|inside|within|in)(?: the)? $")
_NARROWER = lazy(  # "never edit `package.json` versions by hand" leaves the rest of the file open
    r"[`']?s?\s(?:dependenc(?:y|ies)|versions?|scripts?|settings?|sections?|fields?|entries|entry|keys?"
    r"|rules?|options?)\b"
)
_OBJECT_AND_PLACE = lazy(r"((?:\s[a-z\u2588`-]+){1,6}?)\s(?:in|into|to|under|inside|below)\b")
_GENERAL = frozenset(
    "a an any the new more other extra additional your code file files folder folders anything something things stuff"
    " module modules changes manually directly by hand or and".split()
)
_OF_A_COMMIT = lazy(r" (?:subjects?|messages?|history|hash\w*|bod(?:y|ies)|titles?|logs?)\b")
_PARTS_OF = lazy(r" (?:entr(?:y|ies)|sections?|lines?|format|bullets?|headings?|links?)\b")
_MOVED_TO = lazy(r"\b(?:mov|cop|migrat|relocat|renam)\w*\b[^.;]{0,40}\b(?:in)?to(?: the)? ?$")
_EXISTING = lazy(r"\b(?:existing|applied|merged|past|previous|historical|released|shipped)\b")
_SAID_BEFORE = lazy(
    r"\b(?:edit|modify|touch|change|delete|commit|write to|write|write into|overwrite|alter|remove|rename|move)"
    r" (?:to )?(?:it|them|these)\b"
    r"|\b(?:never|do not|don't) (?:edit|modify|touch|change|delete|commit|overwrite)(?: manually| by hand| directly"
    r"| this)?(?=\W*$|[.;)])"
)
_CONNECTS = lazy(r"[\s,/`]*(?:(?:and|or|nor|any|the|and/or|/)[\s,`]*){1,3}|[`\s]*,[\s`]*")
_FENCE = lazy(
    r"\b(?:never|do not|don't|must not|not)\b[^.;]{0,20}\b(?:edit|modify|touch|change|write"
    r"|create)\b[^.;]{0,40}\boutside(?: of)?(?: the)? `?$"
    r"|\bonly (?:ever )?(?:edit|modify|touch|change|write to|work in|work on)(?: (?:files?"
    r"|code))?(?: (?:in|inside|under|within))?(?: the)? `?$"
    r"|\bonly files? (?:you|to be)[^.;]{0,20}(?:edit|modify|touch|change)\w* (?:is|are) `?$",
    needs="only|outside",
)


def _fenced(said: Sentence, named: list[Path]) -> list[Constraint]:
    """Changes stay inside some folders: everything else is closed."""
    inside = [scope_glob(path) for path in named if _FENCE.search(said.low[max(0, path.start - 90) : path.start])]
    return (
        [Constraint("forbid_path", {"glob": ["**"], "except": inside[0] if len(inside) == 1 else inside})]
        if inside
        else []
    )


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
    state = _STATE.search(said.low)
    no_need = _NO_EDIT_NEED.search(said.low)
    verbs = _excluded_verbs(said)
    if not state and not no_need and not verbs:
        return []
    if re.search(
        r"\bwithout (?:first |also )?(?:run|updat|regenerat|test|chang|edit|bump|add|check|read)\w*", said.bare
    ):
        return []  # an order of steps, not a closed file
    targets = _targets(said, named, bool(state or no_need))
    if not targets:
        return _words_only(said, verbs)
    data: dict[str, Any] = {"glob": list(dict.fromkeys(targets))}
    data.update(_context(said, named, targets))
    if verbs == {"read"} and not state:
        return [Constraint("forbid_read", data)]
    operations = verbs - {"change", "read"}
    if "change" not in verbs and operations and not state:
        data["op"] = sorted(operations)[0] if len(operations) == 1 else sorted(operations)
    if "change" in verbs and "create" not in verbs and _EXISTING.search(said.low):
        data["op"] = ["edit", "delete"]  # a new one may be made
    if any(target.startswith(("**/.env", ".env")) for target in targets):
        data["except"] = [".env.example", ".env.sample", ".env.template"]
    found = [Constraint("forbid_path", data)]
    if "read" in verbs:
        found.append(Constraint("forbid_read", {"glob": data["glob"]}))
    return found


def _context(said: Sentence, named: list[Path], targets: list[str]) -> dict[str, Any]:
    others = [path for path in named if glob(_as_folder(path, said)) not in targets]
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
    if not said.forbids():
        return set()
    found = _by_heading(said)
    for name, cue in (
        ("change", _CHANGE),
        ("delete", _DELETE),
        ("commit", _COMMIT),
        ("create", _CREATE),
        ("read", _READ),
    ):
        if any(
            said.sign(m.start()) == "-"
            and not (
                name == "create"
                and m.group().startswith("add")
                and re.search(r"^[^,.;]{0,40}\bto\b", said.bare[m.end() :])
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


def _by_heading(said: Sentence) -> set[str]:
    """ "`data/*.db`: runtime databases" below "Never commit": the heading has the verb, the item only names files."""
    bare = said.forbidding and said.sign(0) == "-" and (said.codes[:1] and said.codes[0].start <= 3)
    cues = (("change", _CHANGE), ("delete", _DELETE), ("commit", _COMMIT), ("read", _READ))
    return {name for name, cue in cues if cue.search(said.heading)} if bare else set()


def _targets(said: Sentence, named: list[Path], whole: bool) -> list[str]:
    """The globs that the exclusion is about."""
    found = []
    for path in named:
        sign = said.sign(path.start)
        ahead = said.low[max(0, path.start - 34) : path.start].rstrip("`")
        if re.search(
            r"\b(?:except|other than|apart from|outside(?: of)?|see|use|with|via|in|from|unlike|instead of)(?: the"
            r"| for| in)? ?$",
            ahead,
        ) and not re.search(
            r"(?:check|chang\w+|edit\w*|anything|everything|nothing|all|whatever|files?|code|write|touch|commit"
            r"|put|look|writing|modify"
            r"|migrations?) (?:\w+ )?(?:in|from|at|inside|within|under|below)(?: the)? ?$",
            ahead,
        ):
            continue
        if _MOVED_TO.search(said.low[max(0, path.start - 60) : path.start].rstrip("`")):
            continue  # "do not move them to conftest.py" closes no file
        if "import" in said.bare and re.fullmatch(r"\.\w{1,4}", path.text):
            continue  # ".js extensions in imports" are no files
        if _NARROWER.match(said.low, path.start + len(path.text)):
            continue
        stated = whole and sign in "0" and _with_the_state(said, path)
        if sign == "-" or stated or _listed_after(said, path):
            found += _expanded(_ending(path, said) or glob(_as_folder(path, said)), said)
    if not found and _SAID_BEFORE.search(said.low):
        found = [
            glob(_as_folder(path, said))
            for path in named
            if (said.sign(path.start) == "p" or (said.sign(path.start) == "0" and (path.marked or path.folder)))
            and not re.search(
                r"\b(?:in|from|with|by|via|see|to|of) (?:the )?`?$", said.low[max(0, path.start - 20) : path.start]
            )
        ]
    listed = [item for item, at in _named_globs(said) if said.sign(at) == "-" or whole]
    return found + _in_one_list(said, named) if found else listed


def _with_the_state(said: Sentence, path: Path) -> bool:
    """Whether "generated" or "frozen" is said of a path: in the same part of the sentence, or of what stood before."""
    state = _STATE.search(said.low)
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


def _as_folder(path: Path, said: Sentence) -> Path:
    """ "files below `proto/gen`": what things are in is a folder."""
    ahead = said.low[max(0, path.start - 16) : path.start].rstrip("`")
    plain = "." not in path.text.rsplit("/", 1)[-1] and "*" not in path.text
    return path._replace(folder=True) if plain and (path.text[0] == "/" or _BELOW.search(ahead)) else path


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


def _words_only(said: Sentence, verbs: set[str]) -> list[Constraint]:
    """Files that are named in words only: they are for people."""
    if not verbs & {"change", "delete", "read"}:
        return []
    match = re.search(
        r"\b(?:manually |directly |hand-?)?(?:(?:edit|modify|touch|change|overwrite|delete|remove|read|rewrite|alter"
        r"|append [^.;]{1,60}? to)(?:ed|d|ing)?) (?:any "
        r"|the |our |existing |all |these |any of the )*((?:[a-z][\w-]* ){0,4}?(?:generated|vendored|vendor"
        r"|third[- ]party|auto-?generated|migrations?|config(?:uration)?|lock|schema|fixture|snapshot|large|state|data"
        r"|golden|reference|asset|log|build"
        r"|code paths?|api|source|test|tests|core|engine|kernel|workflow|ci)(?: [a-z]+){0,2}? ?(?:files?"
        r"|code paths?|code|folders?|migrations?|configs?|paths?|schemas?|snapshots?)?)\b",
        said.low,
    )
    subject = match is None
    match = (
        match or _SUBJECT.match(said.low)
        if re.search(r"\b(?:them|it|they|these)\b|\bbe (?:\w+ly )?\w+ed\b|\bedited\b", said.low)
        else match
    )
    if not match or said.sign(match.start(1)) not in ("-0" if subject else "-"):
        return []  # "to change the schema, append a step" closes nothing
    words = match.group(1).strip()
    if not re.search(
        r"\b(?:\w+ files?|code paths?|generated|vendored|migrations?|folders?|configs?|schemas?|snapshots?|paths?"
        r"|vendor|clients|stubs|artifacts|bindings|fixtures)\b",
        words,
    ) or words in section("too_wide"):
        return []
    kind = "forbid_read" if verbs == {"read"} else "forbid_path"
    data = {"glob": list(section("word_globs").get(words, [words])), "words": said.words}
    if kind == "forbid_path" and words.startswith("generated migration"):
        data["op"] = "edit"  # a new one is made by the tool, or by hand where the tool leaves room
    return [Constraint(kind, data)]


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
