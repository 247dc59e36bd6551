"""Programs that a tool call may have set free: above them stands nothing that is older than a guarded session.

A program can leave its session: fork twice, drop its environment, open a terminal of its own, start a client in it. Two
things it keeps: nothing above it but the reapers of orphans is older than the client, and it stays in the client's
control group. A person's new terminal has something older above it (a terminal program, a login), or is in a group of
its own. It refuses to know names and arguments of programs. Linux; elsewhere it says nothing. Standard library only.
"""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.closing import machine, process
from tractguard.ledger import Ledger

FREE = "nothing above it is older than a guarded session, as with a program that a tool call set free"
INSIDE = "it runs in a process namespace of its own, beside a guarded session"
REAPERS = frozenset(
    "systemd init tini dumb-init catatonit docker-init s6-svscan runsvdir supervisord upstart launchd".split()
)
TIMED = frozenset("cron crond atd anacron fcron".split())
LOGINS = ("sshd", "login", "dropbear", "in.telnetd", "xrdp", "Relay", "SessionLeader")
FIRST_SPACE = "pid:[4026531836]"  # the machine's own process namespace, the same number on every Linux
DAY = 86_400.0


def set_free(pids: Sequence[tuple[int, str, str]], notes: Sequence[Mapping[str, Any]], ledger: Ledger | None) -> str:
    """What speaks against a process being a person's, "" for nothing.

    `pids`: (id, start, name) of it and of those above it, nearest first. `notes`: the clients of guarded sessions, also
    of some that have ended: those count for what started while they were at work.
    """
    if not os.path.exists("/proc/self/stat"):
        return ""
    if any(name in TIMED for _, _, name in pids):
        return "it was started by a timetable"
    here = machine()
    mine = [note for note in notes if (note.get("host"), note.get("boot")) == (here["host"], here["boot"])]
    if here["space"] != FIRST_SPACE and any(_beside(note, here["space"]) for note in mine):
        return INSIDE
    line = _below_reapers(pids)
    if not line or _came_in(line):
        return ""
    for note in mine:
        if note.get("space") == here["space"] and _younger(line, note, ledger) and not _other_group(line[-1][0], note):
            return FREE
    return ""


def group_of(pid: int) -> str:
    """The control group of a process, "" where the system does not say."""
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return ""
    found = [line for line in lines if line.startswith("0::")] or [line for line in lines if "name=systemd" in line]
    return found[0].split(":", 2)[2] if found else ""


def _beside(note: Mapping[str, Any], space: str) -> bool:
    """Whether a session of another process namespace began within the last day."""
    return bool(note.get("space")) and note["space"] != space and time.time() - float(note.get("at") or 0.0) < DAY


def _below_reapers(pids: Sequence[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """The line of processes up to what takes in orphans."""
    line: list[tuple[int, str, str]] = []
    for each in pids:
        if each[0] == 1 or each[2].partition(":")[0] in REAPERS:
            break
        line.append(each)
    return line


def _came_in(line: Sequence[tuple[int, str, str]]) -> bool:
    """Whether a line came from outside the namespace (`docker exec`), or through a login of another user."""
    above = process(line[-1][0])[1]
    if above < 1:
        return True
    return any(name.startswith(LOGINS) and _user(pid) not in (os.getuid(), -1) for pid, _, name in line)


def _user(pid: int) -> int:
    """The real user of a process; -1 where it cannot be told."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            found = next((text for text in file if text.startswith("Uid:")), "")
        return int(found.split()[1])
    except (OSError, ValueError, IndexError):
        return -1


def _younger(line: Sequence[tuple[int, str, str]], note: Mapping[str, Any], ledger: Ledger | None) -> bool:
    """Whether a whole line started after a client, and while that was at work."""
    try:
        client = int(str(note["start"]))
        oldest = min(int(start) for _, start, _ in line)
    except (KeyError, ValueError):
        return False
    if oldest < client:
        return False
    if process(int(note.get("pid") or 0))[0] == note["start"]:
        return True
    rows = ledger.of_session(str(note.get("session") or ""), most=1) if ledger is not None else []
    return bool(rows) and _moment(oldest) <= float(rows[-1].get("time") or 0.0)


def _moment(ticks: int) -> float:
    """The moment of a start time that the system counts from its own start."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            booted = next((text for text in file if text.startswith("btime ")), "btime 0")
        return float(booted.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return 0.0


def _other_group(pid: int, note: Mapping[str, Any]) -> bool:
    """Whether a process is in a control group that has nothing to do with the client's."""
    mine, theirs = group_of(pid), group_of(int(note.get("pid") or 0)) or str(note.get("group") or "")
    if not mine or not theirs:
        return False
    mine, theirs = mine.rstrip("/") + "/", theirs.rstrip("/") + "/"
    return not mine.startswith(theirs) and not theirs.startswith(mine)
