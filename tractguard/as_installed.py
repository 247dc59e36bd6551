"""Whether the guard is what was installed: its entries in the client's settings, and its own files, by hashes.

Noted in the person's own state folder, outside the repository, when a person says `init` or `trust`; compared when a
session starts, and shown by `status`. Against a process of the same user this detects, it does not prevent.
"""

import json
import os
from collections.abc import Mapping

from tractguard.anchor import anchor_path
from tractguard.instructions.history import write_atomically
from tractguard.lean import sha256
from tractguard.places import Places
from tractguard.stored import read_file

SHOWN = 12  # characters of a hash that people read
KINDS = (".py", ".json", ".toml", ".md")
PACKAGE = os.path.dirname(os.path.abspath(__file__))


def present(places: Places, environ: Mapping[str, str]) -> dict[str, str]:
    """Hashes of what is there: "guard" for the guard's own files, and one for its entries in each settings file."""
    return {**{layer: found for layer, (found, _) in _hooks(places, environ).items()}, "guard": files_hash()}


def _hooks(places: Places, environ: Mapping[str, str]) -> dict[str, tuple[str, bool]]:
    """For each settings file a hash of our entries, "" for none, and whether they are what `init` writes now."""
    from tractguard.hosts.claude_code_install import inspect

    layers = inspect(places.root, environ).layers
    return {each.layer: (each.digest, each.installed and not (each.missing or each.stale)) for each in layers}


def files_hash(folder: str = PACKAGE) -> str:
    """A hash of every file that the guard is made of: names and contents."""
    whole = sha256()
    for at, folders, names in os.walk(folder):
        folders[:] = sorted(each for each in folders if each != "__pycache__")
        for name in sorted(names):
            if name.endswith(KINDS):
                with open(os.path.join(at, name), "rb") as file:
                    whole.update(f"{os.path.relpath(os.path.join(at, name), folder)}\n".encode())
                    whole.update(sha256(file.read()).digest())
    return whole.hexdigest()


def at_start(places: Places, environ: Mapping[str, str]) -> str:
    """What a session's start says of it. Where nothing was noted yet, what is there is noted."""
    if noted(places, environ):
        return changed(places, environ)
    note(places, environ, person=False)
    return ""


def forget(places: Places, environ: Mapping[str, str]) -> None:
    """The guard was taken out: nothing is expected any more."""
    try:
        os.unlink(_path(places, environ))
    except OSError:
        return


def note(places: Places, environ: Mapping[str, str], *, person: bool) -> None:
    """Note what is there now as what was installed. Without a person only where nothing was noted before."""
    if not person and noted(places, environ):
        return
    try:
        write_atomically(_path(places, environ), json.dumps(present(places, environ)).encode())
    except OSError:
        return  # a folder that cannot be written leaves nothing noted


def noted(places: Places, environ: Mapping[str, str]) -> dict[str, str]:
    """What was noted, {} where nothing was."""
    return {key: str(value) for key, value in read_file(_path(places, environ)).items()}


def compared(places: Places, environ: Mapping[str, str]) -> dict[str, str]:
    """For people: {"hash", "state"}; the state is "as installed", "never noted", or what has changed since."""
    hooks, guard, then = _hooks(places, environ), files_hash(), noted(places, environ)
    text = " ".join([*(found for found, _ in hooks.values()), guard])
    whole = sha256(text.encode()).hexdigest()[:SHOWN]
    if not then:
        return {"hash": whole, "state": "never noted"}
    # Entries that are just what `init` writes are as good as those that were noted.
    other = [layer for layer, (found, ours) in hooks.items() if then.get(layer) not in ("", None, found) and not ours]
    words = ["the guard's hooks in the client's settings"] if other else []
    words += ["the guard's own files"] if then.get("guard") != guard else []
    return {"hash": whole, "state": f"{' and '.join(words)} changed since" if words else "as installed"}


def changed(places: Places, environ: Mapping[str, str]) -> str:
    """A sentence for the person where something is not as it was installed, "" where it is, or nothing was noted."""
    found = compared(places, environ)["state"] if noted(places, environ) else ""
    if not found.endswith("since"):
        return ""
    return f"{found} a person installed them: look at 'tractguard status', then say 'tractguard trust' if that was you"


def _path(places: Places, environ: Mapping[str, str]) -> str:
    return anchor_path(places, environ).removesuffix(".json") + ".installed.json"
