"""A claim held against the evidence: false with the fact, or nothing.

It names only what is known to be false: a run that failed and did not pass since, a run before the last change of code,
no run in a session that was seen whole, no commit, no push, a file that is not there, another file that was changed.
Where a check may have run unseen (in the background, in CI, in a tool that does not say, by the person) it is silent.
Pure, but for the ground that it is given.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tractguard.checks.runs import FAILED, PASSED, Run
from tractguard.claims.evidence import Done, Session, edited, is_code, may_run, only_remarks
from tractguard.claims.ground import Ground
from tractguard.claims.reading import Claim, Message
from tractguard.model import Fact
from tractguard.rules.programs import argv_of, purposes_of_text
from tractguard.rules.words import table as words_of
from tractguard.tables import table

PURPOSE = {"tests": "test", "lint": "lint", "types": "typecheck", "build": "build"}
NOUN = {"test": "test", "lint": "linter", "typecheck": "type checker", "build": "build"}
MOST_NAMED = 3  # files in one sentence


class Falsehood(NamedTuple):
    """A claim that the evidence contradicts: the fact, and what would make it true."""

    claim: Claim
    fact: str
    way_out: str
    code: str


class Ran(NamedTuple):
    """A run with the place of its call in the session."""

    at: int
    run: Run


def falsehoods(message: Message, session: Session, ground: Ground) -> list[Falsehood]:
    """The claims of a message that are known to be false, each kind once."""
    found: dict[str, Falsehood] = {}
    for claim in message.claims:
        if claim.kind in found:
            continue
        for each in _against(claim, message, session, ground):
            found[claim.kind] = each
            break
    return list(found.values())


def _against(claim: Claim, message: Message, session: Session, ground: Ground) -> Iterator[Falsehood]:
    if claim.kind in PURPOSE:
        if not message.admits:
            yield from _check(claim, session, ground)
    elif claim.kind == "clean":
        if not message.admits:
            yield from _clean(claim, session)
    elif claim.kind in ("committed", "pushed"):
        yield from _in_git(claim, session, ground)
    elif claim.kind == "only":
        yield from _only(claim, session, ground)
    elif claim.kind == "created":
        yield from _created(claim, session, ground)


def _check(claim: Claim, session: Session, ground: Ground) -> Iterator[Falsehood]:
    """A claim that a check is green."""
    purpose = PURPOSE[claim.kind]
    runs = ran(session, purpose)
    known = [each for each in runs if each.run.outcome in (PASSED, FAILED)]
    if not known:
        if not runs and session.complete and not _unseen(session, 0, ground, purpose):
            fact = f"no {NOUN[purpose]} command ran in this session"
            yield Falsehood(claim, fact, f"Run the {_plural(purpose)} now, or say that they were not run.", "TG811")
        return
    last = known[-1]
    if any(each.at >= last.at and each.run.outcome not in (PASSED, FAILED) for each in runs):
        return  # a later run whose outcome nobody knows
    if _unseen(session, last.at + 1, ground, purpose):
        return
    if last.run.outcome == FAILED:
        if claim.narrow and any(each.run.outcome == PASSED for each in known):
            return
        yield _red(claim, last)
        return
    changed = _changed_after(session, last)
    if changed and not _said_green(session, last.at):
        named = ", ".join(changed[-MOST_NAMED:])
        fact = f"`{last.run.command}` was green before {named} changed, and has not run since"
        yield Falsehood(claim, fact, f"Run `{last.run.command}` again, or say that it has not run since.", "TG812")
        return
    most = max((each.run.passed for each in known), default=-1)
    single = len({each.at for each in known}) == 1 and last.run.passed >= 0
    if claim.number > most >= 0 and single and not claim.narrow:
        fact = f"`{last.run.command}` told of {last.run.passed} passed, not {claim.number}"
        yield Falsehood(claim, fact, "Give the number that the run shows.", "TG812")


def _clean(claim: Claim, session: Session) -> Iterator[Falsehood]:
    """A claim that there are no errors: false only where the newest check of any sort is red."""
    runs = [Ran(at, run) for at, call in enumerate(session.calls) for run in call.runs]
    if not runs or runs[-1].run.outcome != FAILED:
        return
    last = runs[-1]
    if not any(may_run(call) and not call.runs for call in session.calls[last.at + 1 :]):
        yield _red(claim, last)


def _red(claim: Claim, last: Ran) -> Falsehood:
    count = f" ({last.run.failed} failed)" if last.run.failed > 0 else ""
    fact = f"the last `{last.run.command}` of this session failed{count}, and it has not passed since"
    return Falsehood(claim, fact, f"Make `{last.run.command}` pass, or say that it fails.", "TG812")


def ran(session: Session, purpose: str) -> list[Ran]:
    """The runs of one purpose, in order."""
    return [Ran(at, run) for at, call in enumerate(session.calls) for run in call.runs if purpose in run.purposes]


def _unseen(session: Session, since: int, ground: Ground, purpose: str) -> bool:
    """Whether something may have run a check from a place of the session on without its being known."""
    calls = session.calls[since:]
    if purpose != "test" and any(_WIDER[purpose].intersection(run.purposes) for call in calls for run in call.runs):
        return True
    if any(may_run(call) and not _only_looks_at_code(call) for call in calls) or _said_green(session, since):
        return True
    tasks = [call for call in calls if call.tool in ("Agent", "Task")]
    if tasks and not any(call.agent for call in calls):
        return True  # a subagent whose calls were not seen
    return ground.hooked() and any(_git(call, "commit", "push") for call in calls)


def _only_looks_at_code(call: Done) -> bool:
    """Whether all that a call runs is known, and is neither a test nor a build that may test as well."""
    return bool(call.runs) and all(map(_tests_nothing, call.runs))


def _tests_nothing(run: Run) -> bool:
    if "build" in run.purposes:
        return run.command.split(" ", 1)[0].rpartition("/")[2] not in _TEST_WHEN_BUILDING
    return frozenset(("lint", "typecheck")).issuperset(run.purposes)


# What may do another check's work on the way: a build looks at types, a test run builds.
_WIDER = {
    "lint": frozenset(("build",)),
    "typecheck": frozenset(("build",)),
    "build": frozenset(("test", "typecheck")),
}
_TEST_WHEN_BUILDING = frozenset("mvn mvnw gradle gradlew make gmake rake bazel sbt ant ninja just task docker".split())


def _said_green(session: Session, since: int) -> bool:
    """Whether the person spoke of tests and their outcome since then: they may have run them."""
    said = " ".join(text for at, text in session.prompts if at > since).lower()
    return "test" in said and any(word in said for word in ("pass", "green", "ran ", "run "))


def _changed_after(session: Session, last: Ran) -> list[str]:
    """The source files that were changed after a run and that it is about."""
    endings = _endings(last.run.command)
    found: list[str] = []
    for call in session.calls[last.at + 1 :]:
        if call.outcome is False or only_remarks(call):
            continue
        for path in edited(call, session):
            ending = path.rpartition(".")[2].lower()
            if is_code(path) and (not endings or ending in endings):
                found.append(path)
    return list(dict.fromkeys(found))


def _endings(command: str) -> frozenset[str]:
    """The endings of the files that a command is about; none where its language is not known."""
    languages = words_of("files")["languages"]
    found: set[str] = set()
    for _, ecosystem in purposes_of_text(command):
        found.update(languages.get(ecosystem, ()))
    return frozenset(found)


def _in_git(claim: Claim, session: Session, ground: Ground) -> Iterator[Falsehood]:
    """A claim that something was committed or pushed."""
    word = "commit" if claim.kind == "committed" else "push"
    noted = ground.committed(session.began) if word == "commit" else ground.pushed(session.began)
    tries = [call for call in session.calls if _git(call, word)]
    if noted is not False or any(call.outcome is not False for call in tries) or not session.complete:
        return
    if any(_may_use_git(call) for call in session.calls):
        return
    if re.search(table("claims")["stands"], claim.sentence.lower()) and not _left_work(session):
        return  # of how things stand: what was there before the session may have been committed and pushed before it
    fact = f"no `git {word}` ran in this session" if not tries else f"every `git {word}` of this session failed"
    yield Falsehood(claim, fact, f"Do the {word}, or say that it is not done.", "TG813")


def _left_work(session: Session) -> bool:
    """Whether the session made something that could be committed or pushed."""
    return any(
        edited(call, session) or _git(call, "commit", "merge", "rebase", "cherry-pick") for call in session.calls
    )


def _may_use_git(call: Done) -> bool:
    """Whether a call may have committed or pushed by other means than git's own command."""
    if call.tool != "Bash":
        return may_run(call) or call.tool in ("Agent", "Task")
    commands = [fact for fact in call.facts if fact.kind == "command"]
    return (not call.runs and may_run(call)) or any(_is_alias(argv_of(fact)) for fact in commands)


_GIT_WORDS = frozenset(
    (
        "add status log diff show blame rev-parse ls-files describe grep shortlog branch checkout switch restore reset"
        " commit push pull fetch merge rebase stash tag remote config init clone clean rm mv worktree cherry-pick"
        " reflog bisect apply am revert submodule cat-file ls-tree check-ignore symbolic-ref show-ref for-each-ref"
    ).split()
)


def _is_alias(argv: Sequence[str]) -> bool:
    """Whether a git command is none of git's own: an alias may do anything."""
    if argv[0].rpartition("/")[2] != "git":
        return False
    rest = list(argv[1:])
    while rest and rest[0].startswith("-"):
        rest = rest[2:] if rest[0] in ("-C", "-c") else rest[1:]
    return bool(rest) and rest[0] not in _GIT_WORDS


def _git(call: Done, *names: str) -> bool:
    return any(_is_git(fact, names) for fact in call.facts)


def _is_git(fact: Fact, names: Sequence[str]) -> bool:
    return fact.kind == "git" and fact.name in names and not fact.data.get("dry_run")


def _only(claim: Claim, session: Session, ground: Ground) -> Iterator[Falsehood]:
    """A claim that nothing but the named files was changed: held against the calls since the person spoke last."""
    if not claim.paths:
        return
    touched = [
        path
        for call in session.calls
        if call.turn == session.turns and call.outcome is True and not call.agent
        for path in edited(call, session)
    ]
    others = [path for path in dict.fromkeys(touched) if not any(_names(said, path) for said in claim.paths)]
    others = [path for path in others if "*" not in path and "\0" not in path and not _by_product(path)]
    now = ground.differs(others) if others else None
    left = [path for path in others if now and path in now]
    if left:
        fact = f"{', '.join(left[:MOST_NAMED])} {'was' if len(left) == 1 else 'were'} changed as well"
        yield Falsehood(claim, fact, "Name every file that was changed, or take the change back.", "TG814")


def _names(said: str, path: str) -> bool:
    """Whether the said file or folder is the path, or holds it."""
    bare = said.removeprefix("./").rstrip("/")
    return path == bare or path.endswith("/" + bare) or f"/{bare}/" in f"/{path}" or bare.endswith("/" + path)


def _by_product(path: str) -> bool:
    """Whether a file comes along by itself: a lock file, a snapshot, something built."""
    low = path.lower()
    return low.endswith((".lock", "-lock.json", "-lock.yaml", ".snap", ".sum", ".pyc", ".log", ".map", ".min.js"))


def _created(claim: Claim, session: Session, ground: Ground) -> Iterator[Falsehood]:
    """A claim that a file was made."""
    gone = {path for call in session.calls for fact in call.facts if fact.kind == "delete" for path in (fact.name,)}
    for said in claim.paths:
        written = [path for call in session.calls if call.outcome for path in edited(call, session)]
        if any(_names(said, path) for path in written) or any(_names(said, session.rel(path)) for path in gone):
            continue
        if ground.exists(said.rstrip("/")) is False:
            yield Falsehood(claim, f"there is no {said}", "Write it, or say that it is not there.", "TG815")
            return


def _plural(purpose: str) -> str:
    return {"test": "tests", "lint": "linter", "typecheck": "type checker", "build": "build"}[purpose]
