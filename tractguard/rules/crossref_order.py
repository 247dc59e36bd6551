"""Order: what must happen before, after or together with something else, by the calls of the session. TG391–TG393.

Evidence is a green run of the right command (`rules/evidence.py`) after the last edit that it concerns, earlier in the
session or earlier in the same command. It refuses to judge what leaves no trace in the calls ("think first").
"""

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from tractguard.checks.runs import purposes_of
from tractguard.model import Constraint, Fact, Fix, Instruction, Past
from tractguard.rules.actions import actions_in, actions_of
from tractguard.rules.crossref import MISSING, Call, Hit, bash, edit, rule
from tractguard.rules.evidence import awaited, changed_after, vouched
from tractguard.rules.programs import argv_of, fits, listed, only_looks, program_of, purposes, purposes_of_text
from tractguard.rules.scope import matches
from tractguard.rules.steps import Step, step
from tractguard.rules.words import changes, paths_in, phrase_table, phrases_in, table

_EDITS = ("write", "append", "delete", "move")
_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc")


def done_by(fact: Fact, wanted: Step, call: Call) -> bool:
    """Whether a fact is evidence for a step."""
    if fact.kind == "command":
        if fact.data.get("help"):
            return False
        argv = argv_of(fact)
        if any(fits(one, argv) for one in wanted.commands):
            return True
        kinds = {kind for kind, _ in purposes(fact)}
        kinds |= set() if "e2e" in kinds else set(purposes_of(fact))
        return not kinds.isdisjoint(wanted.purposes)
    if fact.kind == "read" and fact.data.get("runs"):
        return any("/" in one and matches(one.removeprefix("./"), call.rel(fact.name)) for one in wanted.commands)
    if fact.kind == "read":
        return any(matches(_folder(one), call.rel(fact.name)) for one in wanted.reads)
    if fact.kind in ("write", "append"):
        return any(matches(_folder(one), call.rel(fact.name)) for one in wanted.writes)
    return False


def _folder(said: str) -> str:
    return said if "." in posixpath.basename(said) or said.endswith("/") or "*" in said else said + "/"


def changed_by(past: Past, call: Call) -> list[str]:
    """The paths inside the repository that an earlier call changed, relative to the root."""
    paths = [call.rel(fact.name) for fact in past.facts if fact.kind in _EDITS]
    if not past.facts:
        said = past.input.get("file_path") or past.input.get("notebook_path")
        paths = [call.rel(said)] if isinstance(said, str) and past.tool not in ("Read", "NotebookRead") else []
    return [path for path in paths if not path.startswith("/")]


class Concern(NamedTuple):
    """Which changed files an ordering is about: their endings (empty: any code), globs, or words of their names."""

    endings: frozenset[str]
    globs: tuple[str, ...]
    documents: bool
    names: tuple[str, ...] = ()

    def about(self, path: str) -> bool:
        if self.globs:
            return any(matches(one, path) for one in self.globs)
        ending = posixpath.basename(path).rpartition(".")[2].lower()
        if self.endings:
            return ending in self.endings
        if self.names:
            return any(name in path.lower() for name in self.names)
        return self.documents or not path.lower().endswith(_PROSE)


def concern(constraint: Constraint, wanted: Step, keys: tuple[str, ...]) -> Concern:
    """The files that an ordering is about, from its scope, its condition and the language of its command."""
    text = " ".join(said for key in keys for said in constraint.list(key))
    for one in wanted.commands:
        text = text.replace(one, " ")  # what is to be run is not what it is about
    files = table("files")
    globs = [*paths_in(text), *constraint.list("paths")]
    for word, area in files["areas"].items():
        if word in ("test", "tests", "migrations") and re.search(
            rf"\b{word}s? files?\b|\bmigrations?\b" if word == "migrations" else rf"\b{word}s? files?\b", text.lower()
        ):
            globs += area
    spoken = files["languages"]
    endings: set[str] = set()
    for word in re.findall(r"[\w+#]+", text.lower()):
        if (word in spoken and word not in ("c", "r", "go", "test", "markdown")) or (
            word == "go" and re.search(r"\bGo\b", text)
        ):
            endings.update(spoken[word])
    if not endings and not globs:
        for one in wanted.commands:
            for _, ecosystem in purposes_of_text(one):
                endings.update(spoken.get(ecosystem, ()))
                if ecosystem in ("js", "python"):
                    endings.clear()  # such projects keep configuration and fixtures in other endings
    documents = "doc" in text.lower() or "markdown" in text.lower()
    return Concern(frozenset(endings), tuple(_folder(one) for one in globs), documents)


_WORD = re.compile(r"[a-z][a-z0-9]{2,}")
_GENERAL = frozenset(
    "the any all each every and for you your our this that these those when after new existing other some such its"
    " code codebase file files source sources change changes changed changing modify modifies modified modifying"
    " modification modifications edit edits edited editing add adds added adding update updates updated updating write"
    " writes writing written create creates created creating make makes making made touch touching implement"
    " implements implementing implementation finish finishing finished complete completing completed task tasks work"
    " session feature features fix fixes fixing bug bugs bugfix function functions class classes method methods module"
    " modules logic behavior behaviour functionality refactor refactoring remove removes removing delete deleting"
    " rename renaming introduce introducing commit commits committing run running save saving step steps significant"
    " large major small minor user facing visible them are were was been has have with into from them one ones"
    " anything something everything python javascript typescript golang rust java kotlin ruby php production"
    " development project repo repository bump bumping alter public internal private related affect affects affecting"
    " via its also non trivial breaking must always should line lines block blocks time same merge merging pull"
    " request requests branch push pushing test tests".split()
)


def _names(constraint: Constraint, keys: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a condition that files can be known by ("after changing the schema"); () where it is about any."""
    titles = (text.rpartition(" > ")[2] for key in keys for text in constraint.list(key))  # of headings, the last
    said = " ".join(titles).lower()
    words = [word for word in _WORD.findall(said) if word not in _GENERAL]
    return tuple(dict.fromkeys(word.removesuffix("ies").removesuffix("es").removesuffix("s") for word in words))


def pending(call: Call, wanted: Step, about: Concern, before: Fact | None) -> str | None:
    """The last relevant change without evidence after it; "" where no change is known at all; None where all is done.

    `before` is the fact of this call that the evidence has to come before.
    """
    for fact in call.facts:
        if fact is before:
            break
        if done_by(fact, wanted, call) and awaited(fact, before, call.facts, call.event.input):
            return None
    changes = False
    for past in reversed(call.lineage.calls):
        shown = [fact for fact in past.facts if done_by(fact, wanted, call) and vouched(fact, past)]
        if shown:
            changed = [path for path in changed_after(shown, past) if about.about(path)]
            return changed[-1] if changed else None
        if not past.success:
            continue
        paths = changed_by(past, call)
        changes = changes or bool(paths)
        concerned = [path for path in paths if about.about(path)]
        if concerned:
            return concerned[-1]
    return None if changes else ""


def require_before(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A step that was to come first has not been done."""
    wanted = step(" ".join(constraint.list("do")))
    if not wanted.known():
        return
    before = " ".join(constraint.list("before"))
    about = concern(
        constraint,
        wanted,
        ("before", "when", "scope", "do") if wanted.commands or wanted.purposes else ("when", "scope"),
    )
    fact = _moment(call, before, about) or _own_command(call, before, wanted)
    if fact is None or _elsewhere(call, before):
        return
    if wanted.reads and fact.kind in _EDITS:
        if any(done_by(one, wanted, call) for past in call.lineage.calls for one in past.facts):
            return
        if any(matches(_folder(one), call.rel(fact.name)) for one in wanted.reads):
            return
        yield _missing(call, fact, constraint, wanted, 0.8)
        return
    path = pending(call, wanted, about, fact)
    if path is not None:
        own = (
            fact.kind == "command" and bool(wanted.commands) and program_of(wanted.commands[0].split()[0]) == fact.name
        )
        yield _missing(call, fact, constraint, wanted, 0.9 if path else 0.8 if own else _unshown(fact, wanted))


def _elsewhere(call: Call, before: str) -> bool:
    """Whether a moment that was said of staging or production is met by a call that goes to this machine."""
    target = re.search(r"\b(?:on|in|to|against|for) (?:the |our )?(staging|prod|live)", before.lower())
    text = str(call.event.input.get("command") or "").lower()
    return (
        bool(target) and target.group(1) not in text and bool(re.search(r"localhost|127\.0\.0\.1|\bdev\b", text))
        if target
        else False
    )


def _unshown(fact: Fact, wanted: Step) -> float:
    """How sure it is that a step is missing where no change is known: a backup before a migration is no check of
    changes, so a session that does not show it has not done it."""
    checks = any(purposes_of_text(one) for one in wanted.commands) or wanted.purposes
    heavy = not {"run_migrations", "deploy", "release", "publish", "drop_table"}.isdisjoint(actions_of(fact))
    return 0.85 if wanted.commands and not checks and heavy else 0.6


def _own_command(call: Call, before: str, wanted: Step) -> Fact | None:
    """A command that was named as the moment: `terraform apply`, or only `apply` behind "run `terraform plan`"."""
    said = before.strip("` ")
    names = [said] if " " in said else [f"{one.split()[0]} {said}" for one in wanted.commands if said]
    for fact in call.of("command"):
        if not only_looks(fact) and any(_plain_words(one) and fits(one, argv_of(fact)) for one in names):
            return fact
    return None


def _plain_words(said: str) -> bool:
    return len(said.split()) < 5 and all(word.replace("-", "").replace(":", "").isalnum() for word in said.split())


def _moment(call: Call, before: str, about: Concern) -> Fact | None:
    """The fact of this call that is what must not come yet."""
    actions = set(actions_in(before)) - {"create_file"}
    if not actions and re.search(r"\bmigrations?\b", before) and not changes(before):
        actions = {"run_migrations"}
    for fact in call.of("git", "command", "package", "tool", "sql"):
        if actions and not fact.data.get("dry_run") and not actions.isdisjoint(actions_of(fact)):
            return fact
    kinds = set(phrases_in(before, phrase_table("tools", "purpose_words"))) - {"install"}
    for fact in call.of("command"):
        if kinds and any(kind in kinds for kind, _ in purposes(fact)):
            return fact
    if not actions and (changes(before) or before.strip() in ("work", "edit")):
        return next(
            (
                fact
                for fact in call.of("write", "append")
                if not call.rel(fact.name).startswith("/") and about.about(call.rel(fact.name))
            ),
            None,
        )
    return None


def _missing(call: Call, fact: Fact, constraint: Constraint, wanted: Step, sure: float) -> Hit:
    what = wanted.commands[0] if wanted.commands else " ".join(constraint.list("do")).strip("`")
    return Hit(
        fact,
        f"{what} has not run since the last change"
        if not wanted.reads
        else f"{', '.join(wanted.reads)} has not been read",
        actual=f"no {what}",
        expected=what,
        conflict_type="ordering",
        manner=MISSING,
        confidence=sure,
        fixes=_put_before(call, fact, wanted) if sure >= 0.8 else (),
        way_out=f"First: {what}.",
        subject=f"order:{what}",
    )


def _put_before(call: Call, fact: Fact, wanted: Step) -> tuple[Fix, ...]:
    """The missing command in front of the one that it belongs before, in the same chain."""
    if len(wanted.commands) != 1 or any(mark in wanted.commands[0] for mark in "<>|;&$…"):
        return ()
    for command in call.of("command"):
        if fact.kind == "git" and not (command.name == "git" and fact.name in argv_of(command)):
            continue
        if fact.kind == "command" and command is not fact:
            continue
        spans = listed(command, "word_spans")
        plain = not command.data.get("wrappers") and not command.data.get("piped_from") and not command.data.get("env")
        if plain and command.field == "command" and spans and spans[0]:
            return (Fix(command.field, spans[0][0], spans[0][0], wanted.commands[0] + " && "),)
        return ()
    return ()


def require_after(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A commit, push or pull request comes while a step that belongs after a change has not been done."""
    wanted = step(" ".join(constraint.list("do")))
    if not wanted.known() or wanted.reads:
        return
    about = concern(constraint, wanted, ("after", "when", "scope"))
    about = about._replace(names=_names(constraint, ("after", "when")))
    fact = _moment(call, "commit, push, create pull request", about)
    if fact is None:
        return
    path = pending(call, wanted, about, fact)
    if path:
        yield _missing(call, fact, constraint, wanted, 0.9)


_OF_NEW = re.compile(r"\W*(?:\d+\W+)?(?:add|creat)(?:e|ing) (?:an? )?new\b")


def _created(call: Call) -> list[str]:
    """The files that were new when they were written, in this call or before it."""
    facts = [*(fact for past in call.lineage.calls if past.success for fact in past.facts), *call.facts]
    return [call.rel(fact.name) for fact in facts if fact.kind in _EDITS and fact.data.get("mode") == "create"]


def require_with(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A commit with a change, but without the other change that belongs to it."""
    wanted = paths_in(" ".join((*constraint.list("do"), *constraint.list("file"))))
    about = concern(constraint, Step((), (), (), ()), ("when", "scope"))
    about = about._replace(names=_names(constraint, ("when",)))
    fact = _moment(call, "commit", about)
    if not wanted or fact is None:
        return
    changed = [path for past in call.lineage.calls if past.success for path in changed_by(past, call)]
    changed += [call.rel(each.name) for each in call.of(*_EDITS)]
    meant = _created(call) if _OF_NEW.match(str(constraint.get("when") or "").lower().rpartition(" > ")[2]) else changed
    concerned = [path for path in meant if about.about(path) and not any(matches(one, path) for one in wanted)]
    left = [one for one in wanted if not any(matches(one, path) for path in changed)]
    if concerned and left:
        yield Hit(
            fact,
            f"{left[0]} has not been changed along with {concerned[-1]}",
            actual=f"{left[0]} not changed",
            expected=left[0],
            conflict_type="ordering",
            manner=MISSING,
            confidence=0.8 if about.globs else 0.65,
            way_out=f"Update {left[0]} too.",
            subject=f"with:{left[0]}",
        )


_FMT = "ALWAYS run `cargo fmt` before committing any Rust code changes."
_EDITED = {
    "tool": "Edit",
    "input": {"file_path": "/repo/src/lib.rs", "old_string": "a", "new_string": "b"},
    "success": True,
}
_FORMATTED = {"tool": "Bash", "input": {"command": "cargo fmt --all"}, "success": True}

RULES = (
    rule(
        "TG391",
        "a step before",
        ("require_before",),
        require_before,
        bad=(
            bash(_FMT, "git commit -m fix", history=[_EDITED]),
            bash(_FMT, "git commit -m fix", history=[_FORMATTED, _EDITED]),
        ),
        good=(
            bash(_FMT, "git commit -m fix", history=[_EDITED, _FORMATTED]),
            bash(_FMT, "cargo fmt && git commit -am fix", history=[_EDITED]),
            edit(
                "Read the docs in `docs/` before making changes",
                "/repo/src/a.ts",
                "b",
                history=[{"tool": "Read", "input": {"file_path": "/repo/docs/architecture.md"}, "success": True}],
            ),
        ),
    ),
    rule(
        "TG392",
        "a step after",
        ("require_after",),
        require_after,
        bad=(bash("After modifying code, run `graphify update .`.", "git commit -m x", history=[_EDITED]),),
        good=(
            bash("After modifying code, run `graphify update .`.", "graphify update .", history=[_EDITED]),
            bash(
                "After modifying code, run `graphify update .`.",
                "git commit -m x",
                history=[_EDITED, {"tool": "Bash", "input": {"command": "graphify update ."}, "success": True}],
            ),
        ),
    ),
    rule(
        "TG393",
        "a change along",
        ("require_with", "doc_update"),
        require_with,
        bad=(bash("Update `CHANGELOG.md` with every code change.", "git commit -m x", history=[_EDITED]),),
        good=(
            bash(
                "Update `CHANGELOG.md` with every code change.",
                "git commit -m x",
                history=[
                    _EDITED,
                    {
                        "tool": "Edit",
                        "input": {"file_path": "/repo/CHANGELOG.md", "old_string": "a", "new_string": "b"},
                        "success": True,
                    },
                ],
            ),
        ),
    ),
)
