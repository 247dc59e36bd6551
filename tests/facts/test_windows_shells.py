"""Scripts given to PowerShell and cmd: what they read, write and delete, as paths of this machine."""

import pytest

from tractguard.facts import Row, gather
from tractguard.model import PRE_TOOL, Event

KINDS = ("read", "write", "append", "delete", "move")
CASES = [
    ("pwsh -c 'Get-Content .env'", [("read", "/repo/.env")]),
    ("pwsh -c 'Get-Content -Path src\\a.txt -Tail 5'", [("read", "/repo/src/a.txt")]),
    ("powershell.exe -NoProfile -Command \"Set-Content a.txt 'x y'\"", [("write", "/repo/a.txt")]),
    ("pwsh -c 'Remove-Item -Recurse -Force .\\dist'", [("delete", "/repo/dist")]),
    ("pwsh -c 'Remove-Item C:\\data -WhatIf'", []),
    ("pwsh -c 'Remove-Item C:\\data; ls'", [("delete", "/c/data")]),
    ("pwsh -c 'Remove-Item a.txt,b.txt'", [("delete", "/repo/a.txt"), ("delete", "/repo/b.txt")]),
    ("pwsh -c 'echo 1 >> log.txt'", [("append", "/repo/log.txt")]),
    ("pwsh -c 'Copy-Item a.txt b.txt'", [("read", "/repo/a.txt"), ("write", "/repo/b.txt")]),
    ("pwsh -c 'Get-ChildItem Env:'", []),
    ("pwsh -c 'Write-Host \"Remove-Item x\"'", []),
    ("pwsh -File build.ps1", [("read", "/repo/build.ps1")]),
    ("pwsh -EncodedCommand AAAA", []),
    ("cmd /c del /q a.txt", [("delete", "/repo/a.txt")]),
    ('cmd.exe /c "rd /s /q build\\out"', [("delete", "/repo/build/out")]),
    ('cmd.exe //c "type .env"', [("read", "/repo/.env")]),
    ('cmd.exe /c "echo {} > .claude\\settings.json"', [("write", "/repo/.claude/settings.json")]),
    ("cmd.exe", []),
]


@pytest.mark.parametrize(("command", "expected"), CASES)
def test_what_a_script_does_to_files(command: str, expected: list[tuple[str, str]]) -> None:
    event = Event(PRE_TOOL, tool="Bash", input={"command": command}, cwd="/repo", root="/repo")
    found = [(fact.kind, fact.name) for fact in gather(event, Row({}, "/repo")) if fact.kind in KINDS]
    assert found == expected


@pytest.mark.parametrize("script", ["'" * 3000, "{" * 3000, "rd " * 3000, "\x00", "'\u202e'; rm x"])
def test_odd_scripts_end(script: str) -> None:
    event = Event(PRE_TOOL, tool="Bash", input={"command": f'pwsh -c "{script}"'}, cwd="/repo", root="/repo")
    assert gather(event, Row({}, "/repo"))[0].kind == "tool"
