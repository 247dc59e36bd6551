"""The desk that every test of deliberation works at."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests import warm
from tests.conftest import scratch_repository
from tests.deliberation.desk import Desk, Run
from tests.homes import own_home


@pytest.fixture
def desk(tg: Run, repo: Path, home: Mapping[str, str]) -> Desk:
    """A guarded repository without records."""
    tg("init", "--yes")
    return Desk(tg, repo, home)


def made(base: Path) -> Desk:
    """A guarded repository in a folder of its own."""
    home = own_home(base / "home")
    repo = scratch_repository(base / "repo", home)

    def run(*words: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        return warm.run(["command", *words], cwd=repo, env={**home, **(env or {})})

    run("init", "--yes")
    return Desk(run, repo, home)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, str]:
    """A guarded repository with one open record, for tests that change nothing in it."""
    desk = made(tmp_path_factory.mktemp("shared"))
    return desk, desk.opened()


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, str]:
    """A guarded repository with one decided record, for tests that leave it as it was."""
    desk = made(tmp_path_factory.mktemp("settled"))
    id = desk.opened("Which greeting for the mailing?", "--routine")
    assert desk.decided(id)[0] == 0
    return desk, id
