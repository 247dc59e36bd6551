"""The instruction history: its file, what replaces what, and what happens to a broken one."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tractguard.instructions.chains import repair
from tractguard.instructions.directive import Directive
from tractguard.instructions.history import (
    BrokenHistory,
    add,
    dump,
    load,
    load_repaired,
    retire,
    save,
    set_aside,
    timestamp,
)
from tractguard.instructions.schema import problems
from tractguard.model import Constraint

NOW = 1_760_000_000.0


def said(text: str, *constraints: tuple[str, dict[str, Any]]) -> Directive:
    return Directive(
        text, True, "SYSTEM", "HIGH", "PROJECT", "MANDATORY", 0.95, "inform",
        tuple(Constraint(type_, data) for type_, data in constraints),
    )  # fmt: skip


def port(service: str, value: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "port", {"service": service, "value": value, **more}


def after(*directives: Directive) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for directive in directives:
        add(records, directive, now=NOW, source="user")
    return records


def live(records: list[dict[str, Any]]) -> list[str]:
    return [record["text"] for record in records if record["active"]]


@pytest.mark.parametrize(
    ("first", "second", "left"),
    [
        pytest.param(
            said("Mongo is on 27027", port("mongodb", "27027")),
            said("Mongo is on 27028 now", port("mongodb", "27028")),
            ["Mongo is on 27028 now"],
            id="the same service",
        ),
        pytest.param(
            said("Mongo is on 27027", port("mongodb", "27027")),
            said("Redis is on 6380", port("redis", "6380")),
            ["Mongo is on 27027", "Redis is on 6380"],
            id="another service",
        ),
        pytest.param(
            said("Mongo is on 27027", port("mongodb", "27027")),
            said("In tests Mongo is on 27028", port("mongodb", "27028", scope="tests/")),
            ["Mongo is on 27027", "In tests Mongo is on 27028"],
            id="another scope",
        ),
        pytest.param(
            said("use pnpm", ("tool_choice", {"use": "pnpm", "instead_of": ["npm", "yarn", "bun"]})),
            said("use bun", ("tool_choice", {"use": "bun", "instead_of": ["npm", "yarn", "pnpm"]})),
            ["use bun"],
            id="another package manager",
        ),
        pytest.param(
            said("use pnpm", ("tool_choice", {"use": "pnpm", "instead_of": ["npm"]})),
            said("use ruff", ("tool_choice", {"use": "ruff", "instead_of": ["flake8"]})),
            ["use pnpm", "use ruff"],
            id="another kind of tool",
        ),
        pytest.param(
            said("never touch a/", ("forbid_path", {"glob": ["a/"]})),
            said("never touch b/", ("forbid_path", {"glob": ["b/"]})),
            ["never touch a/", "never touch b/"],
            id="prohibitions add up",
        ),
        pytest.param(
            said("Mongo is on 27027, Redis on 6380", port("mongodb", "27027"), port("redis", "6380")),
            said("Mongo is on 27028", port("mongodb", "27028")),
            ["Mongo is on 27027, Redis on 6380", "Mongo is on 27028"],
            id="half of it replaced",
        ),
    ],
)
def test_what_replaces_what(first: Directive, second: Directive, left: list[str]) -> None:
    assert live(after(first, second)) == left


def test_the_chain_is_kept() -> None:
    records = after(*(said(f"Mongo is on {number}", port("mongodb", str(number))) for number in (27018, 27027, 27028)))
    assert [(record["supersedes"], record["superseded_by"]) for record in records] == [
        ([], "inst_002"),
        (["inst_001"], "inst_003"),
        (["inst_002"], None),
    ]


def test_what_is_said_again_is_counted_not_stored() -> None:
    records = after(said("Use  pnpm"), said("use pnpm"), said("USE PNPM"))
    assert [(record["text"], record["said"]) for record in records] == [("Use  pnpm", 3)]


def test_a_correction_is_counted_and_holds_stricter() -> None:
    prefer = said("use pnpm", ("tool_choice", {"use": "pnpm"}))._replace(
        persistence="MEDIUM", verification_required="OPTIONAL"
    )
    record = after(prefer, prefer._replace(text="no, I said pnpm!", correction=True))[0]
    shown = {key: record[key] for key in ("said", "corrections", "persistence", "verification_required")}
    assert shown == {"said": 2, "corrections": 1, "persistence": "HIGH", "verification_required": "MANDATORY"}


def test_the_same_content_in_other_words_is_the_same() -> None:
    records = after(
        said("Mongo is on 27027", port("mongodb", "27027")), said("Port 27027 it is!", port("mongodb", "27027"))
    )
    assert [record["said"] for record in records] == [2]


def test_retiring_ends_a_record_and_says_who(tmp_path: Path) -> None:
    records = after(said("use pnpm"))
    assert retire(records, "inst_001", now=NOW, by="terminal") is records[0]
    assert (records[0]["active"], records[0]["retired"]) == (False, {"time": timestamp(NOW), "by": "terminal"})
    assert retire(records, "inst_001", now=NOW, by="terminal") is None


def test_the_file_is_one_field_a_line_and_reads_back(tmp_path: Path) -> None:
    path = str(tmp_path / ".claude" / "instruction-history.json")
    records = after(said("Mongo is on 27027", port("mongodb", "27027")))
    save(path, records)
    text = Path(path).read_text()
    assert '\n      "text": "Mongo is on 27027",\n' in text
    assert load(path) == records


def test_a_record_fits_the_published_schema() -> None:
    assert problems(after(said("Mongo is on 27027", port("mongodb", "27027")))) == []


def test_the_framework_s_fields_come_first_and_parameters_are_flat() -> None:
    record = after(said("Mongo is on 27027", port("mongodb", "27027")))[0]
    assert list(record)[:8] == [
        "id", "text", "timestamp", "quadrant", "persistence", "temporal_scope", "verification_required", "explicitness",
    ]  # fmt: skip
    assert record["parameters"] == {"port": "27027", "service": "mongodb"}


def test_a_secret_in_an_instruction_is_not_stored() -> None:
    record = after(said("Use API_KEY=abcdefghijklmnop1234 for staging"))[0]
    assert "abcdefghijklmnop1234" not in json.dumps(record)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("{", "not valid JSON", id="half written"),
        pytest.param("[]", "does not hold", id="another shape"),
        pytest.param('{"version": 1, "instructions": [3]}', "does not hold", id="not records"),
        pytest.param('{"version": 7, "instructions": []}', "version 7", id="another version"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "h.json"
    path.write_text(content)
    with pytest.raises(BrokenHistory, match=words):
        load(str(path))


def test_a_missing_file_is_not_broken(tmp_path: Path) -> None:
    assert load(str(tmp_path / "none.json")) is None


def test_setting_aside_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "instruction-history.json"
    names = []
    for content in ("first", "second"):
        path.write_text(content)
        names.append(Path(set_aside(str(path))).name)
    assert names == ["instruction-history.broken-1.json", "instruction-history.broken-2.json"]
    assert [(tmp_path / name).read_text() for name in names] == ["first", "second"]


def test_ids_that_collide_after_a_merge_are_repaired() -> None:
    records, said = repair([{"id": "inst_001"}, {"id": "inst_002"}, {"id": "inst_002", "text": "b"}, {"id": None}])
    assert [record["id"] for record in records] == ["inst_001", "inst_002", "inst_003", "inst_004"]
    assert said == [
        'two instructions had the id inst_002: "b" is inst_003 now',
        'an instruction had no id: "None" is inst_004 now',
    ]


@given(st.lists(st.sampled_from(["inst_001", "inst_002", "inst_009", "x", "", None, 3])))
def test_repaired_ids_are_unique_and_the_first_keeps_its_own(ids: list[Any]) -> None:
    records, _ = repair([{"id": each, "text": str(place)} for place, each in enumerate(ids)])
    found = [record["id"] for record in records]
    assert len(set(found)) == len(found)


@given(st.lists(st.text(min_size=1), max_size=5))
def test_any_text_survives_the_file(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("history") / "h.json"
    records = after(*(said(text) for text in texts))
    path.write_bytes(dump(records))
    assert load(str(path)) == json.loads(json.dumps(records))


def link(id: str, *, after: Any = None, earlier: Any = (), active: bool = True, at: int = 1, **more: Any) -> Any:
    return {
        "id": id, "text": f"{id} {at}", "active": active, "supersedes": list(earlier), "superseded_by": after,
        "timestamp": f"2025-10-0{at}T00:00:00Z", **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("records", "chains", "words"),
    [
        pytest.param(
            [link("a", after="b", active=False), link("b", earlier=["a"], at=2)],
            [("a", False, "b", []), ("b", True, None, ["a"])],
            [],
            id="a sound chain",
        ),
        pytest.param(
            [link("a", after="b", active=False), link("b", after="a", active=False, at=2)],
            [("a", False, "b", []), ("b", True, None, ["a"])],
            ['a, b replaced one another in a circle: b "b 2" is the newest: it is in force again'],
            id="a circle of two",
        ),
        pytest.param(
            [link("a", after="b", active=False), link("b", after="c", active=False), link("c", after="a", active=False)],
            [("a", False, "b", []), ("b", False, "c", ["a"]), ("c", True, None, ["b"])],
            ['a, b, c replaced one another in a circle: c "c 1" is the newest: it is in force again'],
            id="a circle of three",
        ),
        pytest.param(
            [link("a", after="a", active=False)],
            [("a", True, None, [])],
            ['a "a 1" was replaced by itself: it is in force again'],
            id="replaced by itself",
        ),
        pytest.param(
            [link("a", after="gone", active=False)],
            [("a", True, None, [])],
            ['a "a 1" was replaced by gone, which is not in the file: it is in force again'],
            id="replaced by what is not there",
        ),
        pytest.param(
            [link("a", after="gone", active=False, retired={"by": "person"})],
            [("a", False, None, [])],
            ['a "a 1" was replaced by gone, which is not in the file'],
            id="what a person retired stays retired",
        ),
        pytest.param(
            [link("a", after="b"), link("b", earlier=["a"])],
            [("a", True, None, []), ("b", True, None, [])],
            ['a "a 1" is in force and marked as replaced by b: it stays in force'],
            id="in force and replaced",
        ),
        pytest.param(
            [link("a", earlier=["gone"])],
            [("a", True, None, [])],
            ['a "a 1" replaced gone, which is not in the file any more'],
            id="it replaced what is not there",
        ),
        pytest.param(
            [link("a"), link("a")], [("a", True, None, [])], ['a "a 1" stood there twice and is kept once'], id="twins"
        ),
        pytest.param(
            [
                link("inst_001", after="inst_002", active=False), link("inst_002", earlier=["inst_001"], at=2),
                link("inst_001", after="inst_002", active=False, at=3), link("inst_002", earlier=["inst_001"], at=4),
            ],
            [
                ("inst_001", False, "inst_002", []), ("inst_002", True, None, ["inst_001"]),
                ("inst_003", False, "inst_004", []), ("inst_004", True, None, ["inst_003"]),
            ],
            [
                'two instructions had the id inst_001: "inst_001 3" is inst_003 now',
                'two instructions had the id inst_002: "inst_002 4" is inst_004 now',
            ],
            id="two branches with the same ids",
        ),
        pytest.param(
            [{"id": "a", "text": "a", "superseded_by": 7, "supersedes": "b", "active": False}],
            [("a", True, None, [])],
            ['a "a" was replaced by 7, which is not in the file: it is in force again'],
            id="wrong types",
        ),
    ],
)  # fmt: skip
def test_chains_are_repaired(records: Any, chains: list[Any], words: list[str]) -> None:
    found, told = repair(records)
    assert [(each["id"], each["active"], each["superseded_by"], each["supersedes"]) for each in found] == chains
    assert told == words
    assert repair(found)[1] == []


IDS = st.sampled_from(["a", "b", "c", "d", None])


@given(st.lists(st.builds(link, IDS, after=IDS, earlier=st.lists(IDS), active=st.booleans()), max_size=6))
def test_a_repaired_history_is_sound(records: list[dict[str, Any]]) -> None:
    found, _ = repair(records)
    by_id = {each["id"]: each for each in found}
    assert len(by_id) == len(found)
    for each in found:
        seen = []
        after = each["superseded_by"]
        while after is not None and after not in seen:
            seen.append(after)
            after = by_id[after]["superseded_by"]
        assert after is None
        assert not (each["active"] and each["superseded_by"])
    assert repair(found)[1] == []


def test_a_merge_left_unfinished_is_named(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text('{"version": 1,\n<<<<<<< HEAD\n"instructions": []\n=======\n>>>>>>> other\n}')
    with pytest.raises(BrokenHistory, match="a merge in git was left unfinished in it"):
        load_repaired(str(path))


def test_what_a_person_says_and_what_a_file_says_do_not_end_one_another() -> None:
    records: list[dict[str, Any]] = []
    add(records, said("Mongo is on 27027", port("mongodb", "27027")), now=NOW, source="file", origin="CLAUDE.md")
    add(records, said("Mongo is on 27028", port("mongodb", "27028")), now=NOW, source="user")
    assert live(records) == ["Mongo is on 27027", "Mongo is on 27028"]


def test_what_is_said_until_a_date_keeps_the_date() -> None:
    (record,) = after(said("Never deploy until 2026-12-01"))
    assert (record["temporal_scope"], record["until"]["kind"]) == ("PHASE", "date")
    assert problems([record]) == []
