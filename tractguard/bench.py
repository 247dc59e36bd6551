"""What one approved call costs, whole process, in multiples of the bare interpreter of the same run.

Runs the command that `init` installs, in a scratch repository with its own HOME, so nothing is recorded anywhere else.
Milliseconds belong to the machine; the multiples are what the project promises. Cold.
"""

import json
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tractguard.places import HISTORY

WARM_UPS = 2  # the first call compiles policy and instructions; it is not an ordinary one
SERVICES = ("postgresql", "redis", "mongodb", "mysql", "rabbitmq", "elasticsearch", "kafka", "memcached")
CALL = {"command": "git status --short && ls -la src", "description": "Look around"}


def measure(instructions: int, runs: int, step: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Measure `runs` approved Bash calls with so many instructions stored.

    {"ratio" of the medians, "p50", "p95" in multiples of the bare median, "hook_ms", "bare_ms" medians, "runs",
    "instructions", "python", "modules" that the call loads and a bare interpreter does not}.
    """
    from tractguard.hosts.claude_code_command import bake

    with tempfile.TemporaryDirectory(prefix="tractguard-bench-") as folder:
        environ = furnished(folder, instructions)
        payload = os.path.join(folder, "payload.json")
        command = installed(folder, environ)
        baked = bake()
        hook, bare = ["/bin/sh", "-c", command], [baked.interpreter, "-I", "-S", "-c", "pass"]
        for _ in range(WARM_UPS):
            timed(hook, payload, folder, environ)
        pairs = []
        for _ in range(runs):
            pairs.append((timed(hook, payload, folder, environ), timed(bare, os.devnull, folder, environ)))
            step()
        script = [baked.script, *baked.folders, "--", "claude-code", "PreToolUse"]
        modules = loaded(baked.interpreter, script, payload, folder, environ)
    return figures([pair[0] for pair in pairs], [pair[1] for pair in pairs]) | {
        "runs": runs,
        "instructions": instructions,
        "python": platform.python_version(),
        "modules": modules,
    }


def figures(hook: Sequence[float], bare: Sequence[float]) -> dict[str, float]:
    """Ratio and quantiles; the times are in seconds."""
    unit = statistics.median(bare)
    p95 = statistics.quantiles(hook, n=20, method="inclusive")[-1]
    return {
        "ratio": round(statistics.median(hook) / unit, 3),
        "p50": round(statistics.median(hook) / unit, 3),
        "p95": round(p95 / unit, 3),
        "hook_ms": round(statistics.median(hook) * 1000, 2),
        "bare_ms": round(unit * 1000, 2),
    }


def furnished(folder: str, instructions: int) -> dict[str, str]:
    """Make the scratch repository and the payload; the environment of a client started there."""
    from tractguard.instructions.history import save
    from tractguard.places import places_of
    from tractguard.trust import accept_all

    os.makedirs(os.path.join(folder, ".git"))
    save(os.path.join(folder, HISTORY), records(instructions))
    payload = {
        "session_id": "bench",
        "transcript_path": os.path.join(folder, "transcript.jsonl"),
        "cwd": folder,
        "permission_mode": "default",
        "hook_event_name": "PreToolUse",
        "tool_name": "Bash",
        "tool_input": CALL,
        "tool_use_id": "",
    }
    with open(os.path.join(folder, "payload.json"), "w", encoding="utf-8") as file:
        json.dump(payload, file)
    home = os.path.join(folder, "home")
    own = ("HOME", "CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    accept_all(places_of(folder), dict.fromkeys(own, home))
    return {"PATH": os.environ.get("PATH", os.defpath), **dict.fromkeys(own, home), "CLAUDE_PROJECT_DIR": folder}


def records(count: int) -> list[dict[str, Any]]:
    """So many live instructions of the kinds that people store: ports, paths, commands, tools."""
    from tractguard.instructions.directive import Directive
    from tractguard.instructions.history import record_of
    from tractguard.model import Constraint

    made = []
    for number in range(count):
        service = SERVICES[number // 4 % len(SERVICES)]
        text, type, data = kinds(number, service)[number % 4]
        directive = Directive(
            text, True, "SYSTEM", "HIGH", "PROJECT", "MANDATORY", 0.95, "require", (Constraint(type, data),)
        )
        made.append(record_of(directive, id=f"inst_{number + 1:03d}", now=0.0, source="user", origin=""))
    return made


def kinds(number: int, service: str) -> tuple[tuple[str, str, dict[str, Any]], ...]:
    """(text, constraint type, its fields) of the four kinds."""
    port, tool = 20000 + number, f"task{number}"
    return (
        (f"{service} {number} runs on port {port}", "port", {"service": service, "value": port}),
        (f"Never touch generated/{number}/", "forbid_path", {"glob": [f"generated/{number}/**"]}),
        (f"Never run deploy-{number}", "forbid_command", {"pattern": [f"deploy-{number}"]}),
        (f"Use {tool}, not make{number}", "tool_choice", {"use": tool, "instead_of": [f"make{number}"]}),
    )


def installed(folder: str, environ: Mapping[str, str]) -> str:
    """The PreToolUse command that `init` writes."""
    from tractguard.doctor import installed_command
    from tractguard.hosts.claude_code_install import install

    return installed_command(install(folder, "local", environ).path, "PreToolUse")


def timed(command: Sequence[str], stdin: str, folder: str, environ: Mapping[str, str]) -> float:
    """Seconds from start to end of one process. Raises RuntimeError where the call was not approved in silence."""
    with open(stdin, "rb") as source:
        begun = time.perf_counter()
        done = subprocess.run(
            command, stdin=source, cwd=folder, env=dict(environ), capture_output=True, timeout=60, check=False
        )
        spent = time.perf_counter() - begun
    if done.returncode or done.stdout:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
        raise RuntimeError(f"the measured call was not approved ({said[:300]})")
    return spent


def loaded(interpreter: str, script: Sequence[str], stdin: str, folder: str, environ: Mapping[str, str]) -> list[str]:
    """The modules that one call imports beyond what the bare interpreter has."""
    bare = imported([interpreter, "-X", "importtime", "-I", "-S", "-c", "pass"], os.devnull, folder, environ)
    call = imported([interpreter, "-X", "importtime", "-I", "-S", *script], stdin, folder, environ)
    return sorted(call - bare)


def imported(command: Sequence[str], stdin: str, folder: str, environ: Mapping[str, str]) -> set[str]:
    """The modules named by `-X importtime`."""
    with open(stdin, "rb") as source:
        done = subprocess.run(
            command,
            stdin=source,
            cwd=folder,
            env=dict(environ),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    rows = [row.split("|") for row in done.stderr.splitlines() if row.startswith("import time:")]
    return {row[2].strip() for row in rows[1:] if len(row) == 3}
