"""The list of what is owed: the store, its kinds, and the command that shows it."""

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.played import Played
from tractguard.ledger import Ledger
from tractguard.obligations import discharge, open_obligations, opened
from tractguard.obligations.promises import promises_in
from tractguard.obligations.questions import answered, questions_in
from tractguard.places import places_of


@pytest.fixture
def ledger(tmp_path: Path):  # type: ignore[no-untyped-def]
    with Ledger.open(str(tmp_path / "state" / "ledger.db")) as found:
        yield found


def owe(ledger: Ledger, key: str = "k", session: str = "s1", now: float = 10.0) -> str:
    made = opened(
        ledger, session, key=key, kind="promise", cause="I'll add tests", scope="src", closes="a test", now=now
    )  # fmt: skip
    return made.id if made else ""


def test_the_same_thing_is_owed_once(ledger: Ledger) -> None:
    ids = [owe(ledger), owe(ledger), owe(ledger, "other")]
    found = open_obligations(ledger, "s1")
    assert (ids, [(each.id, each.times) for each in found]) == (
        ["ob_001", "", "ob_002"],
        [("ob_001", 2), ("ob_002", 1)],
    )


def test_an_id_is_given_once(ledger: Ledger) -> None:
    owe(ledger)
    discharge(ledger, "s1", "k")
    assert owe(ledger) == "ob_002"


def test_all_sessions_oldest_first(ledger: Ledger) -> None:
    owe(ledger, session="s2", now=20.0)
    owe(ledger, session="s1", now=30.0)
    assert [each.session for each in open_obligations(ledger)] == ["s2", "s1"]


@pytest.mark.parametrize("value", ["", "{", "[1]", "{}", '[{"id": 7}]', '[{"id": "ob_x", "key": "k"}]', "null"])
def test_a_state_that_cannot_be_read_owes_nothing(value: str, ledger: Ledger) -> None:
    ledger.put("s1", "obligations", value)
    assert open_obligations(ledger, "s1") == []


PROMISES = [
    ("I'll add tests next.", ["promise:tests"]),
    ("Next, I'll write the unit tests for the parser.", ["promise:tests"]),
    ("I will update the changelog.", ["promise:changelog"]),
    ("I'm going to run the test suite now.", ["promise:run"]),
    ("I'll add tests. I'll write more tests after that.", ["promise:tests"]),
    ("I can add tests if you like.", []),
    ("Shall I add tests?", []),
    ("Would you like me to run the tests?", []),
    ("I added tests.", []),
    ("> I'll add tests", []),
    ("If it fails, I'll run the tests again.", []),
    ("I won't add tests.", []),
    ("Let me know whether I'll need to add tests.", []),
]


@pytest.mark.parametrize(("message", "keys"), PROMISES)
def test_what_is_a_promise(message: str, keys: list[str]) -> None:
    assert [each.key for each in promises_in(message)] == keys


QUESTIONS = [
    ("Why does the parser return None?", ["Why does the parser return None?"]),
    ("Fix it. Which port does the database use?", ["Which port does the database use?"]),
    ("Can you add a parser?", []),
    ("Could you please rename it?", []),
    ("ok?", []),
    ("See https://example.org/?q=parser", []),
]


@pytest.mark.parametrize(("prompt", "found"), QUESTIONS)
def test_what_is_a_question(prompt: str, found: list[str]) -> None:
    assert questions_in(prompt) == found


@pytest.mark.parametrize(
    ("message", "answer"),
    [("The parser returns None for blanks.", True), ("Yes.", True), ("Done.", False), ("I renamed the file.", False)],
)
def test_what_may_be_an_answer(message: str, answer: bool) -> None:
    assert answered("Why does the parser return None?", message) is answer


def test_a_question_that_is_passed_over_is_listed_until_it_is_answered(repo: Path, home: dict[str, str]) -> None:
    session = Played(repo, home)
    session.say("Rename a.py to b.py. Why does the parser return None?")
    passed = session.stop("I renamed the file.")
    with Ledger.open(places_of(str(repo)).ledger) as ledger:
        found = [each.kind for each in open_obligations(ledger, "s1")]
    session.stop("The parser returns None for blanks.")
    with Ledger.open(places_of(str(repo)).ledger) as ledger:
        left = [each.kind for each in open_obligations(ledger, "s1")]
    assert (passed.decision, found, left) == ("silence", ["question"], [])


def test_two_instructions_that_contradict_each_other_are_owed_a_word(tg: Run, repo: Path) -> None:
    tg("init", "--yes")
    tg("instructions", "add", "Postgres runs on port 5436 and Redis on 6380.", "--yes")
    tg("instructions", "add", "Redis runs on port 6399.", "--yes")
    row = json.loads(tg("obligations", "--json").stdout)
    assert (row["kind"], row["scope"], row["session_id"]) == ("conflict", "inst_001, inst_002", "")
    assert tg("obligations", "discharge", row["id"], "--yes").returncode == 2  # it ends with its cause
    tg("instructions", "retire", "inst_001", "--yes")
    assert tg("obligations", "--json").stdout == ""


def test_the_command_lists_and_a_person_settles(repo: Path, home: dict[str, str], tg: Run) -> None:
    session = Played(repo, home)
    session.say("Run the tests before you commit.")
    session.write("app.py", "A = 1\n")
    row = json.loads(tg("obligations", "--json").stdout)
    shown = {key: row[key] for key in ("id", "kind", "cause", "scope", "source", "session_id")}
    assert shown == {
        "id": "ob_001",
        "kind": "order",
        "cause": "Run the tests before you commit.",
        "scope": "app.py",
        "source": "inst_001",
        "session_id": "s1",
    }
    assert "Run the tests" in tg("obligations").stdout
    assert json.loads(tg("status", "--json").stdout)["obligations"][0]["id"] == "ob_001"
    assert tg("obligations", "discharge", "ob_001").returncode == 2  # no terminal: nobody is there
    assert tg("obligations", "discharge", "ob_009", "--yes").returncode == 2
    assert tg("obligations", "discharge", "ob_001", "--yes", "--reason", "by hand").returncode == 0
    assert tg("obligations", "--json").stdout == ""


def test_nothing_is_owed_where_nothing_was_said(tg: Run) -> None:
    tg("init", "--yes")
    assert tg("obligations").stdout.strip() == "nothing is owed"


def test_a_folder_that_is_not_set_up(tg: Run) -> None:
    assert tg("obligations").returncode == 2
