"""A call has run: what checks ran in it goes into its record, with the tree that a green one ran on.

A shell call without a word that any check has costs a look at its text. What the call was, its record of before says;
how it ended, the event.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tractguard.checks.policy import checks_of
from tractguard.model import POST_TOOL, Event, Fact

if TYPE_CHECKING:
    from tractguard.book import LiveBook
    from tractguard.checks.runs import Run

MOST_OUTPUT = 200_000  # characters of an output that are looked at, its end
_CUES = (
    "test", "spec", "lint", "check", "build", "compile", "tsc", "mypy", "pyright", "pyre", "jest", "mocha", "tox",
    "nox", "make", "rake", "gradle", "mvn", "cargo", "pest", "ruff", "flake8", "prettier", "pre-commit", "ninja",
    "rubocop", "bats", "prove", "bazel", "verify", "vet", "nose", "trial", "ward", "stan", "psalm", "ava", "karma",
    "jasmine", "run", "isort", "behat", "robot", "ginkgo", "tap", "cypress", "sbt", "mix", "rebar", "earthly", "ci",
)  # fmt: skip


def note_runs(event: Event, before: Mapping[str, Any] | None, book: "LiveBook") -> "list[Run]":
    """The checks that ran in a call, put into the record of how it ended."""
    command = event.input.get("command")
    if before is None or before.get("response") == "deny" or not isinstance(command, str):
        return []
    checks = checks_of(book.policy)
    named = [check.command for check in checks]
    if not named and not any(cue in command for cue in _CUES):
        return []
    from tractguard.checks.runs import FAILED, PASSED, UNKNOWN_OUTCOME, Run, runs_of

    background = in_background(event)
    facts = facts_of(event, before, book)
    runs = runs_of(command, facts, ended_well(event), output_of(event), background=background, named=named)
    if command.strip() in named and not background and all(run.command != command.strip() for run in runs):
        outcome = {True: PASSED, False: FAILED, None: UNKNOWN_OUTCOME}[ended_well(event)]
        runs.append(Run(command.strip(), ("check",), outcome))
    if any(run.outcome == PASSED for run in runs):
        from tractguard.checks.tree import remember, tree_of

        tree = tree_of(book.places.root)
        name = remember(tree, book.ledger, event.time) if tree is not None else ""
        runs = [run._replace(tree=name) if run.outcome == PASSED else run for run in runs]
    if runs:
        book.more["ran"] = [run.row() for run in runs]
    if checks and runs:
        from tractguard.checks.green import note_green

        greens = note_green(runs, book.places, book.policy, book.ledger, now=event.time, session=event.session_id)
        if greens:
            book.more["green"] = greens
    return runs


def facts_of(event: Event, before: Mapping[str, Any], book: "LiveBook") -> list[Fact]:
    """What a call was: as it was recorded, or where it was corrected, as it ran."""
    if before.get("corrected"):
        from tractguard.facts import gather
        from tractguard.facts.world import Disk

        return list(gather(event, Disk(book.places.root)))
    return [Fact(str(row[0]), str(row[1]), str(row[2]), row[3]) for row in before.get("facts") or ()]


def ended_well(event: Event) -> bool | None:
    """Whether a call ended with exit code 0; None where it was interrupted."""
    if event.kind != POST_TOOL:
        return None if event.extra.get("is_interrupt") else False
    response = event.response
    return None if isinstance(response, Mapping) and response.get("interrupted") else True


def in_background(event: Event) -> bool:
    """Whether a call only began: its outcome comes later, by other ways."""
    response = event.response if isinstance(event.response, Mapping) else {}
    return bool(event.input.get("run_in_background") or response.get("backgroundTaskId") or response.get("bash_id"))


def output_of(event: Event) -> str:
    """What a call printed, as far as the event tells."""
    if event.kind != POST_TOOL:
        return event.error[-MOST_OUTPUT:] if len(event.error) > MOST_OUTPUT else event.error
    response = event.response
    if isinstance(response, Mapping):
        parts = [response.get(key) for key in ("stdout", "stderr", "output")]
        return "\n".join(part[-MOST_OUTPUT:] for part in parts if isinstance(part, str) and part)
    return response[-MOST_OUTPUT:] if isinstance(response, str) else ""
