"""Runs of the project's checks in one call: which command, for what purpose, with what outcome.

A run is `passed` or `failed` where the exit code, or what the runner printed, says so; else it is `unknown`, which is
evidence for nothing and against nothing. It refuses to know which runs are wanted. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from tractguard.checks.exits import covers, spoken_for
from tractguard.checks.summaries import Summary, summary_of
from tractguard.model import Fact
from tractguard.rules.programs import argv_of, fits, listed, program_of, purposes, views
from tractguard.rules.words import table as words_of
from tractguard.tables import table

PASSED, FAILED, UNKNOWN_OUTCOME = "passed", "failed", "unknown"
LONGEST_COMMAND = 160
MOST_RUNS = 20  # of one call
_EXIT = re.compile(r"^Exit code (\d{1,3})\b")
_KILLED = frozenset((124, 130, 137, 143))  # by a time limit or a signal: neither green nor red


class Run(NamedTuple):
    """One run of a check. `passed` and `failed` count tests, -1 where the output does not say."""

    command: str
    purposes: tuple[str, ...]
    outcome: str
    passed: int = -1
    failed: int = -1
    tree: str = ""

    def row(self) -> dict[str, Any]:
        """As the ledger keeps it."""
        row = {**self._asdict(), "purposes": list(self.purposes)}
        return {key: value for key, value in row.items() if value not in (-1, "")}


def run_of(row: Mapping[str, Any]) -> Run:
    """A run from what the ledger keeps."""
    purposes_said = row.get("purposes")
    return Run(
        str(row.get("command") or ""),
        tuple(map(str, purposes_said)) if isinstance(purposes_said, list) else (),
        str(row.get("outcome") or UNKNOWN_OUTCOME),
        _count(row.get("passed")),
        _count(row.get("failed")),
        str(row.get("tree") or ""),
    )


def runs_of(
    command: str,
    facts: Sequence[Fact],
    success: bool | None,
    output: str,
    *,
    background: bool = False,
    named: Sequence[str] = (),
) -> list[Run]:
    """The runs of one shell call, in order. `success` None: how it ended is not known. `named`: commands that policy
    calls checks.
    """
    own = [fact for fact in facts if fact.kind == "command" and not only_lists(fact)]
    found = [fact for fact in own if purposes_of(fact) or is_named(fact, named)]
    if not found:
        return []
    spans = spoken_for(command)
    summary = summary_of(output)
    single = _stands_alone(facts)
    runs: list[Run] = []
    taken: list[tuple[str, ...]] = []
    told: list[Fact] = []
    for fact in found[:MOST_RUNS]:
        mine = purposes_of(fact) or ("check",)
        if fact.data.get("wrappers") and any(set(mine) <= set(one) for one in taken):
            continue  # the program behind `python -m` or a package script: told with the command that runs it
        taken.append(mine)
        told.append(fact)
    alike = len(set(taken)) == 1  # else what was printed cannot be laid at the door of one of them
    for fact, mine in zip(told, taken, strict=True):
        sure = _is_sure(fact, facts, spans)
        shown = summary if alike and (len(told) == 1 or summary.red) else Summary(None)
        outcome = UNKNOWN_OUTCOME if background else _outcome(success, output, sure, single and alike, shown)
        counts = (summary.passed, summary.failed) if len(told) == 1 else (-1, -1)
        runs.append(Run(fact.value[:LONGEST_COMMAND], mine, outcome, *counts))
    return runs


def purposes_of(fact: Fact) -> tuple[str, ...]:
    """The purposes of a command that are checks ("test", "lint"), sorted."""
    wanted = table("checks")["purposes"]
    found = {purpose for purpose, _ in purposes(fact) if purpose in wanted}
    argv = argv_of(fact)
    index = _more()
    for view, _ in views(argv):
        for purpose, said in index.get(program_of(view[0]), ()):
            if _is_said(said, argv):
                found.add(purpose)
    if not found and _is_test_script(argv):
        found.add("test")
    return tuple(sorted("test" if each == "e2e" else each for each in found))


def _is_test_script(argv: tuple[str, ...]) -> bool:
    """Whether a command runs a script of the project, or a task of its runner, that is named for tests."""
    words = table("checks")
    program, rest = program_of(argv[0]), _words_of(argv)
    script = (
        argv[0] if "/" in argv[0] or argv[0].endswith(".sh") else rest[0] if rest and program in words["shells"] else ""
    )
    if script and program not in words["task_runners"]:
        name = script.rpartition("/")[2]
        return bool(re.search(words["test_script"], name)) and not re.search(words["no_test_script"], name)
    run = rest[:1] == ["run"]
    task = rest[1] if run and len(rest) > 1 else rest[0] if rest else ""
    if program not in words["task_runners"] or (program in words["packagers"] and not run and task != "test"):
        return False
    return bool(re.match(words["test_task"], task)) and not re.search(words["no_test_script"], task)


def _words_of(argv: tuple[str, ...]) -> list[str]:
    """The first words of a command without its flags and their values: `pnpm --filter ui test` is `pnpm test`."""
    flags = words_of("tools")["value_flags"].get(program_of(argv[0]), ())
    found, skip = [], False
    for word in argv[1:8]:
        if not skip and not word.startswith("-"):
            found.append(word)
        skip = not skip and word in flags
    return found


def is_named(fact: Fact, named: Sequence[str]) -> bool:
    """Whether a command is one of those, with at most more words behind."""
    return any(fits(said, argv_of(fact)) for said in named)


def exit_of(error: str) -> int | None:
    """The exit code that a client tells with a failed call; None where it tells none."""
    found = _EXIT.match(error)
    return int(found.group(1)) if found else None


def _is_said(said: str, argv: tuple[str, ...]) -> bool:
    """Whether a command is the said one; a lone program (`make`, `rake`) only where nothing but flags follows."""
    if " " in said or said not in ("make", "rake", "ninja"):
        return bool(fits(said, argv))
    return program_of(argv[0]) == said and all(word.startswith("-") or "=" in word for word in argv[1:])


@cache
def _more() -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for purpose, commands in table("checks")["more"].items():
        for said in commands:
            program = program_of(said.split()[0])
            found[program] = (*found.get(program, ()), (purpose, said))
    return found


def only_lists(fact: Fact) -> bool:
    """Whether a check only tells what it would run, or waits for changes."""
    if fact.data.get("help") or fact.data.get("dry_run"):
        return True
    return not set(table("checks")["no_run"]).isdisjoint(argv_of(fact)[1:])


def _is_sure(fact: Fact, facts: Sequence[Fact], spans: Sequence[tuple[int, int]]) -> bool:
    """Whether the call's exit code 0 means that this command ended with 0."""
    at = _start(fact)
    if at is not None:
        return covers(list(spans), at)
    starts = [_start(each) for each in facts if each.kind == "command"]
    return all(covers(list(spans), start) for start in starts if start is not None)


def _start(fact: Fact) -> int | None:
    spans = listed(fact, "word_spans")
    first = spans[0] if spans else None
    return int(first[0]) if isinstance(first, (list, tuple)) and first and isinstance(first[0], int) else None


def _stands_alone(facts: Sequence[Fact]) -> bool:
    """Whether beside its checks a call runs nothing that could fail instead of them."""
    trivial = table("checks")["trivial"]
    return all(
        program_of(fact.name) in trivial or purposes_of(fact) or fact.data.get("wrappers") or _runs_another(fact, facts)
        for fact in facts
        if fact.kind == "command"
    )


def _runs_another(fact: Fact, facts: Sequence[Fact]) -> bool:
    """Whether another command of the call was unwrapped from this one (`sudo`, `docker exec`, `timeout`)."""
    return any(each is not fact and each.kind == "command" and each.data.get("wrappers") for each in facts)


def _outcome(success: bool | None, output: str, sure: bool, alone: bool, summary: Summary) -> str:
    shown = {True: FAILED, False: PASSED, None: UNKNOWN_OUTCOME}[summary.red]
    if success is None:
        return UNKNOWN_OUTCOME
    if success:
        return PASSED if sure else shown
    if exit_of(output) in _KILLED:
        return UNKNOWN_OUTCOME
    if sure and alone:
        return FAILED
    return shown


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
