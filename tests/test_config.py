"""The policy file: its layers, its errors with their line, and what a lower layer may not loosen."""

import re
from pathlib import Path
from typing import Any

import pytest

from tractguard.config import Problem, flat_policy, merged, read_policy
from tractguard.places import Places
from tractguard.policy import DEFAULTS, policy_hash
from tractguard.trust import accept_all

ROOT = Path(__file__).parents[1]


def layers(tmp_path: Path, user: str = "", project: str = "") -> tuple[Places, dict[str, str]]:
    root, config = tmp_path / "repo", tmp_path / "config"
    (root / ".claude").mkdir(parents=True)
    (config / "tractguard").mkdir(parents=True)
    if project:
        (root / ".claude" / "tractguard.toml").write_text(project)
    if user:
        (config / "tractguard" / "tractguard.toml").write_text(user)
    places, environ = Places(str(root), str(root)), {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(config)}
    accept_all(places, environ)
    return places, environ


def test_without_files_the_defaults_hold(tmp_path: Path) -> None:
    found = merged(*layers(tmp_path))
    assert (found.policy, set(found.origin.values()), found.problems) == (DEFAULTS, {"built in"}, ())


def test_the_template_says_exactly_the_defaults(tmp_path: Path) -> None:
    text = (ROOT / "templates" / "tractguard.toml").read_text()
    said_there = [line[2:] for line in text.splitlines() if re.match(r"# (\[\w+\]|\w+ = )", line)]
    path = tmp_path / "tractguard.toml"
    path.write_text("\n".join(said_there))
    said, problems = read_policy(str(path))
    assert (flat_policy(said), problems) == (flat_policy(DEFAULTS), [])


@pytest.mark.parametrize(
    ("user", "project", "key", "value", "origin"),
    [
        pytest.param("", 'on_failure = "deny"', "on_failure", "deny", "project", id="project tightens the default"),
        pytest.param("", 'on_failure = "allow"', "on_failure", "allow", "project", id="a person may loosen the default"),
        pytest.param('on_failure = "deny"', 'on_failure = "allow"', "on_failure", "deny", "user", id="not below the user"),
        pytest.param('mode = "enforce"', 'mode = "shadow"', "mode", "enforce", "user", id="shadow loosens"),
        pytest.param('on_failure = "ask"', 'on_failure = "deny"', "on_failure", "deny", "project", id="project tightens the user"),
        pytest.param("[confidence]\nclear = 0.9", "", "confidence.clear", 0.9, "user", id="a number"),
    ],
)  # fmt: skip
def test_layers(tmp_path: Path, user: str, project: str, key: str, value: Any, origin: str) -> None:
    found = merged(*layers(tmp_path, user, project))
    assert (flat_policy(found.policy)[key], found.origin[key]) == (value, origin)


def test_a_held_value_is_named(tmp_path: Path) -> None:
    found = merged(*layers(tmp_path, 'on_failure = "deny"', 'on_failure = "allow"'))
    assert [problem.why for problem in found.problems] == [
        "on_failure = 'allow' would loosen 'deny': the user value stays"
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param('\nmode = "loud"\n', 2, "mode", id="not a choice"),
        pytest.param("[confidence]\n\nclear = 3\n", 3, "confidence.clear", id="out of bounds"),
        pytest.param("[confidense]\nclear = 0.9\n", 1, "confidense", id="unknown table"),
        pytest.param('mode = "enforce"\nmood = 1\n', 2, "mood", id="unknown key"),
        pytest.param("mode = \n", 1, "TOML", id="not TOML"),
        pytest.param('deadline_ms = "fast"', 1, "deadline_ms", id="wrong type"),
    ],
)
def test_an_error_has_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    path = tmp_path / "tractguard.toml"
    path.write_text(text)
    said, problems = read_policy(str(path))
    assert (said, [problem.line for problem in problems]) == ({}, [line])
    assert words in problems[0].why


def test_a_problem_reads_like_a_compiler_message() -> None:
    assert str(Problem("a.toml", 3, "mode: no")) == "a.toml:3: mode: no"


def test_the_hash_follows_the_content_not_the_order() -> None:
    assert policy_hash({"a": 1, "b": 2}) == policy_hash({"b": 2, "a": 1})
    assert policy_hash({"a": 1}) != policy_hash({"a": 2})
