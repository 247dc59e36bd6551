"""What a person plainly told the assistant to do although it destroys: "approved: git reset --hard", "yes, drop the
staging table", "force-push the branch feature/x".

It reads short orders of a person and holds them against one loss: the same command, or the same verb and the same
object. Whatever it is not sure of is not approved. It refuses to know who spoke (`person.py`) and what a loss is.
The words are data (`approvals.json`). Pure; loaded at a prompt that may approve, and where a call was found fault with.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from tractguard.model import UNKNOWN, Fact
from tractguard.rules.destructive import Loss, Scene, production
from tractguard.tables import table

MARKS = " \t`'\"*,;:!()[]“”„‘’"
LONGEST, MOST = 200, 10  # characters of an order; orders of one message
_LOST_WORK = ("reset", "checkout", "switch", "restore", "clean")
_WORK = frozenset("changes change work edits modifications everything files tree".split())


class Act(NamedTuple):
    """One order: its words in a row, the groups of verbs that it begins with, and all its words."""

    said: str
    line: tuple[str, ...]
    groups: tuple[str, ...]
    words: frozenset[str]


def orders(text: str) -> list[str]:
    """The clauses of a person's message that order an act or name a command, without what leads to them; else none."""
    found: list[str] = []
    fenced = False
    for line in text.splitlines()[:50]:
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.lstrip().startswith(">"):
            found += [clause for clause in _clauses(line) if clause]
    return found[:MOST]


def takes_back(text: str) -> bool:
    """Whether a message has a word by which something may be taken back: then nothing stays approved."""
    return not set(_words(text[:2000].casefold())).isdisjoint(_table()["takes_back"])


def _clauses(line: str) -> Iterable[str]:
    for sentence in _sentences(line):
        asks = sentence.endswith("?")
        bare = sentence.strip(" ?.!")
        low = bare.casefold()
        polite = low.startswith(("can you", "could you", "would you", "will you", "please"))
        if len(bare) > LONGEST or (asks and not polite):
            continue
        rest = _without_lead(bare)
        words = _words(rest.casefold())
        if words and set(words).isdisjoint(_table()["blocks"]) and (_groups(rest) or _names_command(rest, bare)):
            yield rest


def _sentences(line: str) -> list[str]:
    """A line cut where one order ends and the next begins; what stands between backticks is not cut."""
    found, start, marked = [], 0, False
    for at, char in enumerate(line):
        marked = marked != (char == "`")
        ends = char in ";!?" or (char == "." and line[at + 1 : at + 2] in ("", " "))
        if ends and not marked:
            found.append(line[start : at + 1])
            start = at + 1
    return [each.strip() for each in (*found, line[start:]) if each.strip()]


def _without_lead(text: str) -> str:
    """`text` without "yes,", "approved:", "go ahead and" and their like."""
    leads = sorted(_table()["leads"], key=len, reverse=True)
    for _ in range(8):
        text = text.strip(" \t,.:-–—")
        low = text.casefold()
        lead = next((each for each in leads if low.startswith(each) and not low[len(each) : len(each) + 1].isalnum()
                     and low[len(each) : len(each) + 1] not in ("-", "_", "/")), "")  # fmt: skip
        if not lead:
            break
        text = text[len(lead) :]
    for tail in _table()["tails"]:
        low = text.casefold().rstrip(" ,")
        if low.endswith(" " + tail):
            text = text.rstrip(" ,")[: -len(tail)].rstrip(" ,")
    return text.strip(" \t,.:")


def _groups(text: str) -> tuple[str, ...]:
    """The groups of verbs one of which the text begins with."""
    low = text.casefold().lstrip("`") + " "
    groups: dict[str, Any] = _table()["groups"]
    return tuple(name for name, row in groups.items() if any(low.startswith(verb + " ") for verb in row["said"]))


def _names_command(rest: str, whole: str) -> bool:
    """Whether the rest is a command by its look: in backticks, or behind words that approve."""
    if rest.startswith("`") and rest.endswith("`") and rest.count("`") == 2:
        return True
    return rest != whole.strip(" \t,.:") and len(rest.split()) > 1


def _words(text: str) -> list[str]:
    return [bare for word in text.split() if (bare := word.strip(MARKS).rstrip("."))]


def act_of(clause: str) -> Act:
    """An order taken apart."""
    line = tuple(clause.strip(" `").split())
    words = frozenset(word.casefold().removeprefix("./").rstrip("/") for word in _words(clause))
    return Act(clause, line, _groups(clause), words)


def approved(scene: Scene, loss: Loss, clauses: Sequence[str]) -> str:
    """The order that approves a loss, "" for none."""
    return next((clause for clause in clauses if _covers(act_of(clause), scene, loss.fact)), "")


def _covers(act: Act, scene: Scene, fact: Fact) -> bool:
    command = _behind(scene, fact)
    if command is None or not _here(act, scene, command):
        return False
    if _same_command(act.line, command):
        return True
    if UNKNOWN in command.value or (production(command.value) and not production(act.said)):
        return False
    if fact.kind == "git":
        return _covers_git(act, scene, fact)
    if fact.kind == "sql":
        return _covers_sql(act, fact)
    if fact.kind == "delete":
        return "delete" in act.groups and _path_named(act, scene, fact.name)
    return fact.kind in ("command", "remote") and _covers_command(act, command)


def _behind(scene: Scene, fact: Fact) -> Fact | None:
    """The command that a loss comes from: of a git action, the git command told last before it."""
    if fact.kind == "command":
        return fact
    if fact.kind != "git":
        return scene.behind(fact)
    last = None
    for each in scene.facts:
        if each is fact:
            break
        last = each if each.kind == "command" and each.name == "git" else last
    return last


def _here(act: Act, scene: Scene, command: Fact) -> bool:
    """Whether a command runs where the person is, or in a place that the order names; nothing before it aims it at
    production."""
    inside = str(command.data.get("inside") or "")
    if inside and not act.words.intersection(_words(inside.casefold().replace("@", " "))):
        return False
    if production(str(command.data.get("env") or "")) and not production(act.said):
        return False
    folder = str(command.data.get("cwd") or scene.root)
    here = {scene.root, str(scene.event.cwd or scene.root).rstrip("/")}
    return folder.rstrip("/") in here or folder.rstrip("/").rpartition("/")[2].casefold() in act.words


def _same_command(line: Sequence[str], command: Fact) -> bool:
    """Whether the order is this very command, the order of its options aside."""
    argv = [str(word) for word in command.data.get("argv") or ()]
    if len(line) < 2 or len(argv) < 2:
        return False
    mine = [word.strip("`'\"") for word in line]
    if argv[0] != mine[0] and command.name != mine[0]:
        return False
    flags = (sorted(word for word in mine[1:] if word[:1] == "-"), sorted(word for word in argv[1:] if word[:1] == "-"))
    idle = "HEAD" if mine[1] == "reset" else ""  # a reset without a target is one to HEAD
    words = [[word for word in line[1:] if word[:1] != "-" and word != idle] for line in (mine, argv)]
    return flags[0] == flags[1] and words[0] == words[1]


def _covers_command(act: Act, command: Fact) -> bool:
    """Whether every word of a command is its verb, a kind of thing, or named in the order, and one of them is named."""
    data = _table()
    done = [verb for group in act.groups for verb in data["groups"][group]["done"]]
    nouns, named, does, skip = frozenset(data["nouns"]), 0, command.name in done, False
    for word in map(str, (command.data.get("argv") or ())[1:]):
        low = word.casefold()
        if skip:
            skip = False
        elif word[:1] == "-":
            flag, _, value = low.partition("=")
            skip = flag in data["places"] and not value
            if word.partition("=")[0] in data["broad"] and act.words.isdisjoint(data["all"]):
                return False
            if value and flag not in data["places"] and not _named(act, value):
                return False
        elif any(fnmatchcase(low, verb) for verb in done):
            does = True
        elif _named(act, low):
            named += low not in nouns
        elif low not in nouns:
            return False
    return does and named > 0


def _named(act: Act, word: str) -> bool:
    """Whether the order says a word: as it stands, or without what says its kind (`ns/demo`, `s3://logs`)."""
    bare = word.partition("://")[2] or word
    kind, _, name = bare.partition("/")
    return bool({word, bare.rstrip("/")} & act.words) or (kind in _table()["nouns"] and name in act.words)


def _covers_sql(act: Act, fact: Fact) -> bool:
    groups = {"drop": ("delete",), "truncate": ("empty",), "delete": ("empty",), "flushall": ("empty",),
              "flushdb": ("empty",)}  # fmt: skip
    if not set(groups.get(fact.name, ())).intersection(act.groups):
        return False
    if fact.name == "delete" and "purge" in act.words:
        return False
    thing = str(fact.data.get("table") or "").casefold().strip("`\"'[]")
    if not thing:
        thing = fact.value.rstrip("; ").split()[-1].casefold().strip("`\"'[]") if fact.value.split() else ""
    kind = str(fact.data.get("object") or "table")
    wrong = kind in ("database", "schema", "user", "role") and kind not in act.words and "db" not in act.words
    return bool(thing) and UNKNOWN not in thing and thing in act.words and not wrong


def _path_named(act: Act, scene: Scene, path: str) -> bool:
    rel = scene.rel(path).casefold().rstrip("/")
    return UNKNOWN not in path and rel != "" and bool({rel, path.casefold(), "./" + rel} & act.words)


def _covers_git(act: Act, scene: Scene, fact: Fact) -> bool:
    if fact.name == "push":
        return _covers_push(act, fact)
    if fact.name == "branch":
        args = [str(each).casefold() for each in fact.data.get("args") or ()]
        return "delete" in act.groups and bool(args) and act.words.issuperset(args)
    if fact.name == "stash":
        args = [str(each) for each in fact.data.get("args") or ()][1:]
        whole = fact.data.get("verb") == "clear"
        names = {"stashes"} if whole else {"stash", *args}
        verbs = {"delete", "empty"} if whole else {"delete"}
        return bool(verbs.intersection(act.groups)) and act.words.issuperset(names - {"stash@{0}"})
    if fact.name in _LOST_WORK:
        return _covers_lost_work(act, scene, fact)
    return False


def _covers_push(act: Act, fact: Fact) -> bool:
    ref = fact.value.removeprefix("refs/heads/").casefold()
    if UNKNOWN in ref or fact.data.get("all") or fact.data.get("tags"):
        return False
    deletes = bool(fact.data.get("delete")) or {"-d", "--delete"} & set(fact.data.get("flags") or ())
    if {"--mirror", "--prune"} & set(fact.data.get("flags") or ()):
        return False
    if ("delete" if deletes else "force push") not in act.groups:
        return False
    if ref in act.words:
        return True
    return not deletes and bool(fact.data.get("implicit")) and _nothing_named(act)


def _nothing_named(act: Act) -> bool:
    """Whether an order names no object of its own: "force-push", "discard my changes"."""
    verbs = {part for group in act.groups for verb in _table()["groups"][group]["said"] for part in verb.split()}
    return act.words <= verbs | set(_table()["fillers"])


def _covers_lost_work(act: Act, scene: Scene, fact: Fact) -> bool:
    """Discarding the work of the checkout, or of the paths that the order names."""
    if "discard" not in act.groups or (fact.name == "clean") != ("untracked" in act.words):
        return False
    paths = [str(path) for path in fact.data.get("paths") or ()]
    named = [path for path in paths if _path_named(act, scene, path)]
    if paths and len(named) == len(paths):
        return True
    if any(path.rstrip("/") != scene.root.rstrip("/") for path in paths) or not _WORK & act.words:
        return False
    targets = [str(each) for each in fact.data.get("args") or () if str(each) not in ("HEAD", ".", "--", "@")]
    return not targets and not fact.data.get("ignored") and _nothing_named(act)


def _table() -> Any:
    return table("approvals")
