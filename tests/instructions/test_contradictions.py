"""Live instructions that contradict each other: which pairs are shown, and which word is followed."""

import time
from typing import Any

import pytest

from tractguard.instructions.contradictions import marked


def said(id: str, *constraints: dict[str, Any], source: str = "user", at: str = "2025-10-09") -> dict[str, Any]:
    return {
        "id": id, "text": id, "active": True, "source": source, "timestamp": f"{at}T00:00:00Z", "origin": "CLAUDE.md",
        "constraints": list(constraints),
    }  # fmt: skip


def port(value: str, **more: Any) -> dict[str, Any]:
    return {"type": "port", "service": "mongodb", "value": value, **more}


def tool(use: str, *others: str, **more: Any) -> dict[str, Any]:
    return {"type": "tool_choice", "use": use, "instead_of": list(others), **more}


@pytest.mark.parametrize(
    ("old", "new", "contradict"),
    [
        pytest.param(port("27019"), port("27027"), True, id="two ports of a service"),
        pytest.param(port("27027"), port("27027"), False, id="the same port"),
        pytest.param(port("27019"), port("27027", scope="tests/"), False, id="another scope"),
        pytest.param(port("27019"), port("27027", when="in CI"), False, id="another condition"),
        pytest.param(tool("npm", "pnpm"), tool("pnpm", "npm"), True, id="two package managers"),
        pytest.param(tool("pnpm", "npm"), tool("pnpm", "yarn"), False, id="the same package manager"),
        pytest.param(tool("ruff", "flake8"), tool("pnpm", "npm"), False, id="tools of two kinds"),
        pytest.param(
            {"type": "branch", "forbid_push_to": ["main"]},
            {"type": "branch", "forbid_push_to": ["main"], "permit": True},
            True,
            id="forbidden and permitted",
        ),
        pytest.param(
            {"type": "branch", "forbid_push_to": ["main"]},
            {"type": "branch", "forbid_push_to": ["dev"], "permit": True},
            False,
            id="another branch permitted",
        ),
        pytest.param(
            {"type": "forbid_path", "glob": ["a/**"]}, {"type": "forbid_path", "glob": ["b/**"]}, False, id="both hold"
        ),
        pytest.param(
            {"type": "version", "of": "node", "value": ">=18"}, {"type": "version", "of": "node", "value": "20"}, False,
            id="a least version and a version",
        ),
        pytest.param(
            {"type": "version", "of": "node", "value": "18"}, {"type": "version", "of": "node", "value": "20"}, True,
            id="two versions",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_what(old: dict[str, Any], new: dict[str, Any], contradict: bool) -> None:
    records, told = marked([said("inst_001", old), said("inst_002", new, at="2025-10-10")])
    assert ([each.get("contradicts") for each in records], len(told)) == (
        ([["inst_002"], ["inst_001"]], 1) if contradict else ([None, None], 0)
    )


def test_the_later_word_is_followed_and_the_chat_goes_before_the_file() -> None:
    chat = said("inst_001", port("27027"))
    file = said("inst_002", port("27019"), source="file", at="2025-10-12")
    later = said("inst_003", port("27028"), at="2025-10-11")
    records, _ = marked([file, chat, later])
    assert [(each["id"], each.get("yields_to")) for each in records] == [
        ("inst_002", "inst_003"), ("inst_001", "inst_003"), ("inst_003", None),
    ]  # fmt: skip


def test_half_of_an_instruction_still_holds() -> None:
    both = said("inst_001", port("27019"), tool("pnpm", "npm"))
    records, told = marked([both, said("inst_002", port("27027"), at="2025-10-10")])
    assert (records[0].get("contradicts"), records[0].get("yields_to"), len(told)) == (["inst_002"], None, 1)


def test_what_has_ended_contradicts_nothing() -> None:
    ended = {**said("inst_001", port("27019")), "active": False}
    assert marked([ended, said("inst_002", port("27027"))])[1] == []


@pytest.mark.alone
def test_ten_thousand_instructions_are_compared_in_time() -> None:
    many = [said(f"inst_{number}", tool("pnpm", "npm"), port(str(number))) for number in range(10_000)]
    began = time.process_time()
    _, told = marked(many)
    assert (len(told), time.process_time() - began < 3.0) == (6, True)
