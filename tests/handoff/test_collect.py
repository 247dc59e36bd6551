"""What a session did, read off its records: each case is a few calls, and what is told of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.handoff.long_session import Player
from tractguard.handoff.collect import Happened, happened, open_tasks
from tractguard.ledger import Ledger
from tractguard.places import places_of

Script = Callable[[Player], object]


def bash(player: Player, command: str, *, error: str = "", stdout: str = "") -> object:
    return player.call("Bash", {"command": command}, error=error, response={"stdout": stdout})


def told(what: Happened) -> dict[str, list[str]]:
    """The texts of everything that was found, by the name of its list."""
    lists = ("asked", "commits", "passed", "failing", "failed", "refused", "undone", "files")
    found = {name: [each.text for each in getattr(what, name)] for name in lists}
    return {name: texts for name, texts in found.items() if texts}


def played(repo: Path, home: dict[str, str], script: Script) -> Happened:
    player = Player(repo, home)
    script(player)
    with Ledger.open(places_of(str(repo)).ledger, create=False) as ledger:
        return happened(player.id, ledger, str(repo))


RED = "Exit code 1\nFAILED test_a - assert 1 == 2\n1 failed in 0.1s"
CASES: list[tuple[str, Script, dict[str, list[str]]]] = [
    ("nothing", lambda p: p.event("session_start", source="startup"), {}),
    ("a request", lambda p: p.event("prompt", prompt="Fix  the\nparser."), {"asked": ["Fix the parser."]}),
    ("what is said to the guard", lambda p: p.event("prompt", prompt="pause"), {}),
    ("a check that fails", lambda p: bash(p, "pytest -q", error=RED), {"failing": ["pytest -q"]}),
    ("red, then green", lambda p: (bash(p, "pytest -q", error=RED), bash(p, "pytest -q", stdout="1 passed in 0.1s")), {"passed": ["pytest -q"]}),
    ("green, then red", lambda p: (bash(p, "pytest -q", stdout="1 passed in 0.1s"), bash(p, "pytest -q", error=RED)), {"failing": ["pytest -q"]}),
    ("a command that fails", lambda p: bash(p, "./deploy.sh", error="Exit code 3\nno route"), {"failed": ["./deploy.sh"]}),
    ("a command that works at the second try", lambda p: (bash(p, "./deploy.sh", error="Exit code 3"), bash(p, "./deploy.sh")), {}),
    ("a command that works", lambda p: bash(p, "ls -l"), {}),
    ("a file that could not be read", lambda p: p.call("Read", {"file_path": "/nowhere"}, error="File does not exist."), {}),
    ("a file", lambda p: p.call("Write", {"file_path": str(p.repo / "a.py"), "content": "x"}), {"files": ["a.py"]}),
    ("a file whose write failed", lambda p: p.call("Write", {"file_path": str(p.repo / "a.py"), "content": "x"}, error="no"), {"failed": [f"Write {'{repo}'}/a.py"]}),
    ("a file that was committed", lambda p: (bash(p, "echo x > a.py"), bash(p, "git commit -am 'Add a'")), {"commits": ["Add a"]}),
    ("a commit that failed", lambda p: (bash(p, "echo x > a.py"), bash(p, "git commit -am 'Add a'", error="Exit code 1\nnothing to commit")), {"files": ["a.py"], "failed": ["git commit -am 'Add a'"]}),
    ("a refused call", lambda p: (p.event("prompt", prompt="Never touch migrations/."), bash(p, "touch migrations/x")),
     {"asked": ["Never touch migrations/."], "refused": ['touch migrations/x: TG321 you said "Never touch migrations/" (inst_001); this call changes migrations/x.']}),
    ("work that was taken back", lambda p: bash(p, "git checkout -- README.md"), {"undone": ["git checkout README.md"]}),
]  # fmt: skip


@pytest.mark.parametrize(("script", "expected"), [pytest.param(*case[1:], id=case[0]) for case in CASES])
def test_what_is_told(script: Script, expected: dict[str, list[str]], repo: Path, home: dict[str, str]) -> None:
    named = {name: [text.replace("{repo}", str(repo)) for text in texts] for name, texts in expected.items()}
    assert told(played(repo, home, script)) == named


def test_a_failure_says_why_in_its_own_last_line(repo: Path, home: dict[str, str]) -> None:
    what = played(repo, home, lambda p: bash(p, "./deploy.sh", error="Exit code 3\nconnecting\nno route to host\n\n"))
    assert what.failed[0].more == "no route to host"


def test_a_very_long_call_is_told_by_its_facts(repo: Path, home: dict[str, str]) -> None:
    what = played(
        repo, home, lambda p: p.call("Write", {"file_path": str(p.repo / "big.py"), "content": "x = 1\n" * 20_000})
    )
    assert [each.text for each in what.files] == ["big.py"]


def test_tasks_keep_the_event_that_said_so_last(repo: Path, home: dict[str, str]) -> None:
    def script(player: Player) -> None:
        for number in ("1", "2"):
            player.call("TaskCreate", {"subject": f"Part {number}"}, response={"task": {"id": number}})
        player.call("TaskUpdate", {"taskId": "2", "status": "in_progress"}, response={"success": True})

    tasks = open_tasks(played(repo, home, script).tasks)
    assert [(each.subject, each.status, len(each.seqs)) for each in tasks] == [
        ("Part 2", "in_progress", 1),
        ("Part 1", "pending", 1),
    ]
    assert tasks[0].seqs > tasks[1].seqs


def test_another_session_is_not_told(repo: Path, home: dict[str, str]) -> None:
    Player(repo, home, "other").event("prompt", prompt="Something else entirely.")
    assert told(played(repo, home, lambda p: p.event("session_start", source="startup"))) == {}
