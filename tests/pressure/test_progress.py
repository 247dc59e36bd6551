"""Files in progress that somebody else committed: git is asked where HEAD has moved."""

import json
import subprocess
from pathlib import Path

from tests.played import Played
from tractguard.ledger import Ledger
from tractguard.places import places_of
from tractguard.pressure.progress import still_open
from tractguard.pressure.state import READING


def in_progress(session: Played) -> list[str]:
    with Ledger.open(places_of(str(session.root)).ledger) as ledger:
        return [Path(each).name for each in json.loads(ledger.get(session.id, READING) or "{}")["files"]]


def by_hand(session: Played, *words: str) -> None:
    subprocess.run(["git", *words], cwd=session.root, env=dict(session.environ), check=True)


def test_what_a_person_committed_is_not_in_progress(repo: Path, home: dict[str, str]) -> None:
    session = Played(repo, home)
    for name in ("a.py", "b.py"):
        session.write(name, "A = 1\n")
    session.say("Go on.")
    before = in_progress(session)
    by_hand(session, "add", "a.py")
    by_hand(session, "commit", "-qm", "a")
    session.say("And now?")
    assert (before, in_progress(session)) == (["a.py", "b.py"], ["b.py"])


def test_git_is_not_asked_while_head_stays(repo: Path, home: dict[str, str]) -> None:
    (repo / "a.py").write_text("A = 1\n")
    files, mark = still_open([str(repo / "a.py"), str(repo / "never.py")], "")
    again, same = still_open(files, mark)
    assert (again, same) == (files, mark)  # git would not name a file that is not there
    subprocess.run(["git", "commit", "-qm", "b", "--allow-empty"], cwd=repo, env=home, check=True)
    assert still_open(files, mark)[0] == [str(repo / "a.py")]


def test_what_git_does_not_know_of_stays(tmp_path: Path) -> None:
    assert still_open([str(tmp_path / "a.py")], "") == ([str(tmp_path / "a.py")], "")
