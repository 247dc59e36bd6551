"""Whether the guard really stands: every link from the client's settings to the ledger, and one canary through all.

Each check says what it saw and, where that is wrong, how to put it right. It repairs nothing. Cold.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tractguard.places import HISTORY, Places

if TYPE_CHECKING:
    from tractguard.hosts.claude_code_install import Inspection, Layer

CANARY_SECONDS = 30
INIT = "run 'tractguard init' again"
ON_PATH = "put tractguard on the PATH that the client has, or run 'tractguard init' without --shared"
LAYER_FLAG = {"local": "", "shared": " --shared", "user": " --user"}


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    fix: str = ""


def examine(places: Places, environ: Mapping[str, str]) -> list[Check]:
    """Everything worth looking at, in the order in which a call meets it."""
    from tractguard.hosts.claude_code_install import inspect

    found = inspect(places.root, environ)
    checks = [*settings(found), *hooks(found), *behind(places, environ)]
    checks += [*policy(places, environ), *histories(places), *ledger(places)]
    installed = [layer for layer in found.layers if layer.installed]
    return [*checks, *(canary(layer, environ) for layer in installed)]


def settings(found: "Inspection") -> Iterator[Check]:
    """The settings files parse, and nothing in them switches hooks off."""
    for layer in found.layers:
        if layer.broken:
            fix = "repair that line: until then the client ignores the whole file, silently"
            yield Check("settings", False, f"{layer.path}: {layer.broken}", fix)
        elif layer.exists:
            yield Check("settings", True, f"{layer.path} can be read")
    for path in found.disabled_by:
        fix = "take disableAllHooks (or allowManagedHooksOnly) out of that file"
        yield Check("hooks on", False, f"{path} keeps hooks from running", fix)


def hooks(found: "Inspection") -> Iterator[Check]:
    """One hook for each event, and what its command names is there."""
    installed = [layer for layer in found.layers if layer.installed]
    if not installed:
        yield Check("hooks", False, "no hooks are installed", "run 'tractguard init'")
    for layer in installed:
        again = INIT.replace("init'", f"init{LAYER_FLAG[layer.layer]}'")
        for event in layer.events:
            old = event in layer.stale
            detail = f"{layer.layer} {event}" + (", but not as this version would write it" if old else "")
            yield Check("hook", not old, detail, again)
        for event in layer.missing:
            yield Check("hook", False, f"{layer.layer} {event} has none", again)
        for path in layer.absent:
            yield Check("installation", False, f"the hooks of {layer.path} name {path}, which is not there", again)
        if not layer.absent:
            yield Check("installation", True, f"interpreter, script and folders of {layer.layer} are there")
    if found.doubled:
        fix = "remove the hooks of one of them by hand, or uninstall and init once"
        yield Check("hooks once", False, f"every call is judged twice, by {' and '.join(found.doubled)}", fix)


def behind(places: Places, environ: Mapping[str, str]) -> Iterator[Check]:
    """Skills and commands that run shell lines which no hook sees."""
    from tractguard import skills

    found = skills.lines(places.root, environ)
    if not found or skills.closed(places.root, environ):
        return
    fix = f'take the line out, or set "{skills.SWITCH}": true in the client\'s settings'
    for each in found:
        if each.why:
            yield Check("skill", False, f"{each.path} runs `{each.command}` behind the hooks: {each.why}", fix)
    files = len({each.path for each in found if not each.why})
    if files:
        count = sum(not each.why for each in found)
        yield Check("skill", True, f"{count} shell lines in {files} skills or commands run behind the hooks, harmless")


def policy(places: Places, environ: Mapping[str, str]) -> Iterator[Check]:
    """Every policy file can be read."""
    from tractguard.config import merged

    problems = merged(places, environ).problems
    for problem in problems:
        yield Check("policy", False, str(problem), "correct that line; 'tractguard policy check' looks again")
    if not problems:
        yield Check("policy", True, "every policy file is in order")


def histories(places: Places) -> Iterator[Check]:
    """Every history can be read and fits its schema."""
    from tractguard.instructions.history import BrokenHistory, load
    from tractguard.instructions.schema import problems

    for path in places.histories():
        try:
            records = load(path)
        except BrokenHistory as error:
            yield Check("history", False, str(error), "correct it, or run 'tractguard instructions restore'")
            continue
        wrong = problems(records) if records is not None else []
        if wrong:
            yield Check("history", False, f"{path}: {wrong[0]}", "correct that field")
        elif records is not None:
            yield Check("history", True, f"{path} holds {len(records)} instructions")


def ledger(places: Places) -> Iterator[Check]:
    """The ledger opens, its chain holds, and the state folder can be written."""
    from tractguard.ledger import Ledger, LedgerError

    if not os.path.exists(places.ledger):
        yield Check("ledger", True, "no event has been recorded yet")
        return
    try:
        with Ledger.open(places.ledger, create=False) as book:
            broken = next(book.verify(), None)
            events, journal = book.head()[0], book.journal()
    except LedgerError as error:
        yield Check(
            "ledger",
            False,
            str(error),
            "copy it, then move it aside: a new one is begun, the old one stays as evidence",
        )
        return
    if broken:
        yield Check("ledger", False, broken.why, "copy the file, then look at 'tractguard audit verify'")
    else:
        yield Check("ledger", True, f"{events} events, the chain holds, journal {journal}")
    if not os.access(places.state, os.W_OK):
        fix = "give yourself write permission: a call that cannot be recorded is not let through"
        yield Check("ledger", False, f"{places.state} cannot be written", fix)


def canary(layer: "Layer", environ: Mapping[str, str]) -> Check:
    """A forbidden and a harmless call through the installed command of one layer, in a scratch repository."""
    command = installed_command(layer.path, "PreToolUse")
    name = f"canary ({layer.layer})"
    if not command:
        return Check(name, False, f"{layer.path} has no PreToolUse hook", INIT)
    with tempfile.TemporaryDirectory(prefix="tractguard-canary-") as folder:
        home = scratch(folder, environ)
        refused = sent(command, folder, home, {"command": "echo x > migrations/001.sql"})
        passed = sent(command, folder, home, {"command": "ls"})
    fix = ON_PATH if layer.layer == "shared" else INIT
    if decision(refused) != "deny":
        return Check(name, False, f"a forbidden call was not refused{said(refused)}", fix)
    if passed.returncode or passed.stdout:
        return Check(name, False, f"a harmless call was not passed in silence{said(passed)}", fix)
    return Check(name, True, "a forbidden call was refused and a harmless one passed")


def installed_command(path: str, event: str) -> str:
    """Our command for an event, as it stands in a settings file; "" where there is none."""
    from tractguard import settings_file
    from tractguard.hosts.claude_code_command import is_ours

    groups = settings_file.load(settings_file.read(path) or "").get("hooks", {}).get(event, [])
    for group in groups:
        for hook in group.get("hooks", []) if isinstance(group, dict) else []:
            if is_ours(hook):
                return str(hook["command"])
    return ""


def scratch(folder: str, environ: Mapping[str, str]) -> dict[str, str]:
    """A repository with one prohibition, and the environment of a client that was started in it."""
    from tractguard.instructions.directive import Directive
    from tractguard.instructions.history import record_of, save
    from tractguard.model import Constraint

    os.makedirs(os.path.join(folder, ".git"))
    never = Directive(
        "Never touch migrations/", True, "OPERATIONAL", "HIGH", "PROJECT", "MANDATORY", 0.95, "forbid",
        (Constraint("forbid_path", {"glob": ["migrations/**"]}),),
    )  # fmt: skip
    save(os.path.join(folder, HISTORY), [record_of(never, id="inst_001", now=0.0, source="user", origin="")])
    own = {name: os.path.join(folder, "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    session = {"CLAUDE_PROJECT_DIR": folder, "CLAUDE_CODE_SESSION_ID": "canary"}
    return {**environ, **own, **session}


def sent(
    command: str, folder: str, environ: Mapping[str, str], tool_input: Mapping[str, Any]
) -> "subprocess.CompletedProcess[str]":
    """Run an installed command as the client does: `sh -c`, the payload on stdin."""
    payload = {
        "session_id": "canary",
        "cwd": folder,
        "hook_event_name": "PreToolUse",
        "tool_name": "Bash",
        "tool_input": dict(tool_input),
        "tool_use_id": "canary",
    }
    try:
        return subprocess.run(
            ["/bin/sh", "-c", command],
            input=json.dumps(payload),
            cwd=folder,
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=CANARY_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess([], 124, "", f"no answer within {CANARY_SECONDS} s")


def decision(done: "subprocess.CompletedProcess[str]") -> str:
    """What a hook decided, "" for silence and for what is not an answer."""
    try:
        return str(json.loads(done.stdout)["hookSpecificOutput"].get("permissionDecision", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""


def said(done: "subprocess.CompletedProcess[str]") -> str:
    """The last line that a command printed, to go with a complaint."""
    lines: list[str] = (done.stderr or done.stdout).strip().splitlines()
    return f": {lines[-1]}" if lines else ""
