"""Shell lines in skills and commands: judged where the assistant calls one, named by `doctor` where a person may."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tractguard.check import check_row
from tractguard.facts import Row, gather
from tractguard.facts.skills import shell_lines
from tractguard.model import PRE_TOOL, Event
from tractguard.skills import SWITCH, closed, lines

BODY = "---\nname: tidy\n---\nState: !`git status --short`\n\n```!\nrm -rf ~\nls\n```\n\nDo `rm x` and ```!not```.\n"


def test_the_lines_of_a_body() -> None:
    assert shell_lines(BODY) == ["git status --short", "rm -rf ~\nls"]


@pytest.mark.parametrize("text", ["", "!", "`ls`", "! `ls`", "```\n!ls\n```", "!`", "!``"])
def test_what_is_no_shell_line(text: str) -> None:
    assert shell_lines(text) == []


def row(tool_input: dict[str, Any], **files: str) -> dict[str, Any]:
    project = {name.replace("__", "/"): text for name, text in files.items()}
    return {"tool_name": "Skill", "tool_input": tool_input, "project": project, "instructions": ["Use pnpm, not npm."]}


@pytest.mark.parametrize(
    ("given", "path", "body", "status"),
    [
        ({"skill": "tidy"}, ".claude/skills/tidy/SKILL.md", BODY, "REJECTED"),
        ({"skill": "tidy"}, ".claude/skills/tidy/SKILL.md", "!`git status`", "APPROVED"),
        ({"skill": "tidy"}, ".claude/skills/other/SKILL.md", BODY, "APPROVED"),
        ({"skill": "/tidy now"}, ".claude/commands/tidy.md", "!`rm -rf ~`", "REJECTED"),
        ({"skill": "db:wipe"}, ".claude/commands/db/wipe.md", "!`dropdb app`", "ESCALATED"),
        ({"skill": "in"}, ".claude/commands/in.md", "!`npm install zod`", "REJECTED"),
        ({"skill": "run", "args": "rm -rf ~"}, ".claude/commands/run.md", "!`$ARGUMENTS`", "REJECTED"),
        ({"skill": "../../etc"}, ".claude/commands/x.md", "!`rm -rf ~`", "APPROVED"),
        ({"skill": 7}, ".claude/commands/x.md", "!`rm -rf ~`", "APPROVED"),
    ],
)
def test_a_skill_is_judged_by_what_it_runs(given: dict[str, Any], path: str, body: str, status: str) -> None:
    answer = check_row({**row(given), "project": {path: body}})
    assert answer["status"] == status


def test_what_it_runs_cannot_be_corrected_in_the_call() -> None:
    event = Event(PRE_TOOL, tool="Skill", input={"skill": "tidy"}, cwd="/repo", root="/repo")
    found = gather(event, Row({".claude/skills/tidy/SKILL.md": BODY}, "/repo"))
    assert {(fact.span, fact.data.get("through")) for fact in found[1:]} == {(None, "skill tidy")}


def test_doctor_names_what_would_be_stopped(tg: Callable[..., Any], repo: Path) -> None:
    tg("init", "--yes")
    (repo / ".claude" / "commands").mkdir()
    (repo / ".claude" / "commands" / "tidy.md").write_text("!`mkfs.ext4 /dev/sda1`\n!`git status`\n")
    bad = [each for each in json.loads(tg("doctor", "--json").stdout)["checks"] if each["name"] == "skill"]
    assert [each["ok"] for each in bad] == [False, True]
    assert ("mkfs.ext4" in bad[0]["detail"], SWITCH in bad[0]["fix"]) == (True, True)
    settings = repo / ".claude" / "settings.local.json"
    data = json.loads(settings.read_text())
    settings.write_text(json.dumps({**data, SWITCH: True}))
    assert [each for each in json.loads(tg("doctor", "--json").stdout)["checks"] if each["name"] == "skill"] == []


def test_a_person_s_own_skills_are_looked_at(tmp_path: Path) -> None:
    body = tmp_path / "config" / "skills" / "x" / "SKILL.md"
    body.parent.mkdir(parents=True)
    body.write_text("!`mkfs.ext4 /dev/sda1`")
    environ = {"CLAUDE_CONFIG_DIR": str(tmp_path / "config"), "HOME": str(tmp_path)}
    found = lines(str(tmp_path / "repo"), environ)
    assert [(each.path, each.why[:5]) for each in found] == [(str(body), "TG411")]
    assert closed(str(tmp_path / "repo"), environ) is False
