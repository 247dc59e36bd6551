"""The packages of a repository that holds several: npm, yarn, pnpm, bun, lerna.

Read from what the root's manifests list, through the world. A pattern deeper than `folder/*` is left unread.
"""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

from tractguard.facts.config_scan import entries
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import options
from tractguard.model import UNKNOWN

_FILTERS = {
    "npm": ("-w", "--workspace"), "pnpm": ("-F", "--filter"), "bun": ("--filter", "-F"), "lerna": ("--scope",),
    "yarn": (),
}  # fmt: skip
MOST_MEMBERS = 64  # packages that are looked at
MOST_TAKEN = 16  # packages that one command is followed into


def members(run: Run, cwd: str, names: Sequence[str] = (), whole: bool = False) -> list[str]:
    """Folders of the packages whose name or folder fits one of `names` (all without names), and with `whole` that of
    the root where it fits too."""
    if run.where.inside or UNKNOWN in cwd:
        return []
    root = run.world.root if (cwd + "/").startswith(run.world.root.rstrip("/") + "/") else cwd
    wanted = [name.strip("{}^[]").removesuffix("...").removeprefix("...").removeprefix("./") for name in names]
    found = [cwd] if whole and (not names or _named(run, cwd, root, wanted)) else []
    found.extend(each for each in _folders(run, root) if not names or _named(run, each, root, wanted))
    return list(dict.fromkeys(found))[:MOST_TAKEN]


def told(run: Run, command: Command) -> list[str]:
    """The packages that a package manager's options name: `-w web`, `--workspaces`, `--filter web`, `-r`."""
    takes = _FILTERS.get(command.name)
    if takes is None:
        return []
    parsed = options(command.args, takes)
    names = [value.text for value in parsed.values(*takes)]
    every = parsed.has("--workspaces", "--ws", "-r", "--recursive") and command.name != "lerna"
    if not names and not every and command.name != "lerna":
        return []
    return members(run, command.cwd, names)


def _named(run: Run, folder: str, root: str, wanted: Sequence[str]) -> bool:
    said = str(_json(run, f"{folder}/package.json").get("name", ""))
    for name in wanted:
        path = name.removeprefix("/").rstrip("/")
        if (
            folder in (f"{root}/{path}", name)
            or fnmatchcase(folder, f"{root}/{path}")
            or (said and fnmatchcase(said, name))
        ):
            return True
        if said.startswith("@") and said.partition("/")[2] == name:
            return True
    return False


def _folders(run: Run, root: str) -> list[str]:
    patterns: list[str] = []
    listed = _json(run, f"{root}/package.json").get("workspaces")
    listed = listed.get("packages") if isinstance(listed, dict) else listed
    patterns.extend(each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, str))
    pnpm = run.world.text(f"{root}/pnpm-workspace.yaml")
    if pnpm is not None:
        patterns.extend(entry.value for entry in entries(pnpm, "yaml") if entry.key.startswith("packages."))
    lerna = _json(run, f"{root}/lerna.json").get("packages")
    patterns.extend(each for each in (lerna if isinstance(lerna, list) else ()) if isinstance(each, str))
    found: list[str] = []
    for pattern in dict.fromkeys(patterns):
        head, _, last = pattern.removeprefix("./").rstrip("/").rpartition("/")
        if pattern.startswith("!") or "*" in head.removesuffix("/**"):
            continue
        folder = f"{root}/{head.removesuffix('/**')}".rstrip("/")
        if "*" not in last:
            found.append(f"{folder}/{last}")
        else:
            names = run.world.listing(folder) or ()
            found.extend(f"{folder}/{name}" for name in names if fnmatchcase(name, last) and name[:1] != ".")
    return found[:MOST_MEMBERS]


def _json(run: Run, path: str) -> dict[str, Any]:
    text = run.world.text(path)
    try:
        found = json.loads(text) if text is not None else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
