"""Scripts, targets and tasks that a sentence names without the tool that runs them: "never run `db:reset`".

It knows the tools by which projects run a task of their own. A name alone says nothing; only one that is spoken of as
something to run ("run `x`", "the `x` script") is a task.
"""

import re

from tractguard.instructions.constraints.reading import Code, Sentence
from tractguard.instructions.patterns import lazy

_RUNNERS = (
    "npm run", "pnpm", "pnpm run", "yarn", "yarn run", "bun run", "make", "just", "task", "gradlew", "gradle", "mvn",
    "rake", "rails", "composer", "composer run", "mix", "poe", "invoke", "inv", "deno task", "nx", "turbo", "turbo run",
    "grunt", "gulp", "ant", "mask", "mage", "hatch run", "pdm run", "nox -s", "tox -e", "cargo make", "sbt",
)  # fmt: skip
_TASK = lazy(r"[a-z][A-Za-z0-9_]*(?:[:.-][A-Za-z0-9_]+)*")
_RUN = lazy(r"\b(?:run|runs|running|execute|invoke|trigger)(?: the| a bare| any)? `$")
_CALLED = lazy(r"`(?: \w+)? (?:scripts?|targets?|tasks?|recipes?)\b")
_A_THING = lazy(r"`(?: \w+)? (?:function|method|hook|class|component|test|query|loop|agent|skill|model|workflow)s?\b")


def task_of(said: Sentence, code: Code) -> list[str]:
    """The commands that run the task which a mark names; [] where it names something else."""
    text = code.text.strip()
    if not _TASK.fullmatch(text) or len(text) < 3 or _A_THING.match(said.bare, code.end):
        return []
    told = _RUN.search(said.bare, max(0, code.start - 24), code.start)
    called = _CALLED.match(said.bare, code.end) and re.search(r"\b(?:run|execute|use|call|invoke)\b", said.bare)
    if not told and not called:
        return []
    return [*(f"{runner} {text}" for runner in _RUNNERS), text]
