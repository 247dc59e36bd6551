"""What every test may use: a scratch repository, a home of its own, and the command line as a process.

No test touches the checkout's `.claude/` or the person's own folders; `left_alone` compares them before and after.
"""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from homes import CHECKOUT, own_home

from tests import warm
from tractguard.places import places_of
from tractguard.trust import accept_all

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose HOME, client folder and XDG folders are fresh. Nothing of a surrounding session is in it."""
    return own_home(tmp_path / "home")


@pytest.fixture
def repo(tmp_path: Path, home: Mapping[str, str]) -> Path:
    """A scratch git repository with one commit on `main`."""
    return scratch_repository(tmp_path / "repo", home)


@pytest.fixture
def tg(repo: Path, home: dict[str, str]) -> Run:
    """`tg("status", "--json")` runs the command line as a process inside the scratch repository."""

    def run(
        *arguments: str, cwd: Path = repo, stdin: str = "", env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        return warm.run(["command", *arguments], cwd=cwd, env={**home, **(env or {})}, stdin=stdin)

    return run


def scratch_repository(folder: Path, env: Mapping[str, str]) -> Path:
    """A git repository with one commit on `main`."""
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# Scratch\n", encoding="utf-8")
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "Begin")):
        subprocess.run(["git", *words], cwd=folder, env=dict(env), check=True, capture_output=True)
    return folder


def trust(repository: Path, env: Mapping[str, str]) -> None:
    """What a person does about files that they wrote by hand: `tractguard trust`."""
    accept_all(places_of(str(repository)), env)


@pytest.fixture(scope="session", autouse=True)
def left_alone() -> Iterator[None]:
    """The whole run leaves the checkout's `.claude/` and the person's own settings and state as they were."""
    before = what_is_theirs()
    yield
    assert what_is_theirs() == before


def what_is_theirs() -> dict[str, str]:
    """Path -> hash of everything that tractguard could have written outside the temporary folders.

    Of the client's own folder only what an installer writes: a running client keeps transcripts there.
    """
    person = Path.home()
    client = Path(os.environ.get("CLAUDE_CONFIG_DIR") or person / ".claude")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or person / ".config") / "tractguard"
    state = Path(os.environ.get("XDG_STATE_HOME") or person / ".local" / "state") / "tractguard"
    files = [*client.glob("settings*.json"), *client.glob("CLAUDE.md"), *client.glob("instruction-history*")]
    for folder in (CHECKOUT / ".claude", client / "tractguard", config, state):
        files += [path for path in folder.rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}
