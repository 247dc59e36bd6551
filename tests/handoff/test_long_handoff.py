"""The handoff of a session of 500 calls: small, and everything in it can be traced to an event."""

import json
import re
import time
from pathlib import Path

import pytest

from tests.costs import bare_interpreter
from tests.handoff.long_session import REQUESTS, Player, play
from tractguard.book import LiveBook
from tractguard.handoff.write import path_of, write
from tractguard.ledger import Ledger
from tractguard.places import places_of
from tractguard.reminder import tokens_of

CALLS = 500


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Ledger]:
    """The text of the handoff, and the ledger of the session."""
    from tests.conftest import scratch_repository
    from tests.homes import own_home

    base = tmp_path_factory.mktemp("long")
    home = own_home(base / "home")
    repo = scratch_repository(base / "repo", home)
    player = play(repo, home, CALLS)
    places = places_of(str(repo))
    with LiveBook(places, home) as book:
        begun = time.process_time()
        row = write(player.id, book, "asked", player.at)
        assert time.process_time() - begun < 100 * bare_interpreter()
    return Path(path_of(row, places)).read_text(), Ledger.open(places.ledger, create=False)


def sections(text: str) -> dict[str, list[str]]:
    parts = text.partition("\n# Handoff\n")[2].split("\n## ")
    return {
        part.partition("\n")[0]: [line for line in part.splitlines()[1:] if line.startswith("- ")] for part in parts[1:]
    }


def test_it_keeps_its_budget(written: tuple[str, Ledger]) -> None:
    assert tokens_of(written[0]) <= 1500


def test_the_requests_stand_there_in_their_own_words(written: tuple[str, Ledger]) -> None:
    asked = "\n".join(sections(written[0])["What was asked"])
    assert [f'"{said}"' in asked for said in (REQUESTS[-1], REQUESTS[0])] == [True, True]


def test_every_item_of_the_session_names_its_events(written: tuple[str, Ledger]) -> None:
    found = sections(written[0])
    names = ("What was asked", "Done", "In progress", "Tried and failed", "Known issues", "Next steps")
    lines = [line for name in names for line in found[name] if not re.match(r"- (\d+ more|look through)", line)]
    assert len(lines) >= 20
    assert [line for line in lines if not re.search(r"\(#\d+(, #\d+)*\)", line)] == []


def test_every_event_that_is_named_says_what_the_item_says(written: tuple[str, Ledger]) -> None:
    text, ledger = written
    checked = 0
    for line in sections(text)["Tried and failed"]:
        command = re.match(r"- (?:refused: )?`?(pytest[^`:]*|curl[^`:]*|touch[^`:]*)", line)
        for seq in re.findall(r"#(\d+)", line):
            record = json.loads(ledger.db.execute("SELECT record FROM events WHERE seq = ?", (int(seq),)).fetchone()[0])
            call = ledger.of_call(record["tool_use_id"]) or {}
            assert command is not None
            assert str(call["input"]["command"]).startswith(command.group(1).strip())
            checked += 1
    assert checked >= 4


def test_what_passed_and_what_fails_is_told_apart(written: tuple[str, Ledger]) -> None:
    found = sections(written[0])
    assert any(line.startswith("- `pytest -q tests/test_columns.py` passed (#") for line in found["Done"])
    assert found["Known issues"][0].startswith("- `pytest -q tests/test_export.py` fails")
    assert any("KeyError: 'tz'" in line for line in found["Tried and failed"])


def test_a_session_that_did_nothing_has_a_handoff_that_says_so(repo: Path, home: dict[str, str]) -> None:
    player = Player(repo, home)
    player.event("session_start", source="startup")
    places = places_of(str(repo))
    with LiveBook(places, home) as book:
        text = Path(path_of(write(player.id, book, "asked", player.at), places)).read_text()
    assert {name for name, lines in sections(text).items() if lines != ["- none"]} == {"Repository"}
