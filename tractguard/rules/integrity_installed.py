"""What the guard leans on: the installed package and its processes (TG605), the client's own record (TG606).

Which path is which says `integrity_paths`. Notes of the assistant's memory beside the transcripts are ordinary files.
"""

from collections.abc import Iterator
from itertools import pairwise

from tractguard.model import ESCALATED, REJECTED, UNKNOWN
from tractguard.rules.destructive import Loss, Scene, shown
from tractguard.rules.integrity_paths import CHANGES, EVIDENCE, PACKAGE, harmless, hit, hit_of

_CLIENTS = ("claude", "claude-code")
_PACKAGE = "A person can do that in a terminal of their own."


def evidence(scene: Scene) -> Iterator[Loss]:
    """The client's transcripts and task lists: evidence of what was said and done."""
    for fact in scene.of(*CHANGES):
        found = hit_of(scene, fact)
        if found is None or found.kind != EVIDENCE or harmless(scene, fact) or fact.kind == "chmod":
            continue
        done = "takes away" if fact.kind == "delete" else "changes"
        says = f"this call {done} {shown(fact.name, 60)}: the client's own record of what was said"
        out = "A person can tidy it up; reading it is fine."
        yield Loss(fact, says, REJECTED if found.sure else ESCALATED, out, subject=fact.name)


def package(scene: Scene) -> Iterator[Loss]:
    """The installed guard removed, replaced or written to, and its processes ended."""
    for fact in scene.of(*CHANGES):
        if fact.data.get("inside") or fact.data.get("folder"):
            continue
        found = hit(scene, fact.name)
        if found is None and fact.name.startswith(UNKNOWN) and _beside_modules(scene):
            yield Loss(fact, "this call may write beside the installed guard", ESCALATED, _PACKAGE, 0.8, "x")
        elif found is not None and found.kind == PACKAGE:
            yield Loss(
                fact, f"this call changes the installed guard ({shown(fact.name, 60)})", REJECTED, _PACKAGE, 0.97, "x"
            )
    for fact in scene.of("package"):
        last = fact.name.lower().partition("[")[0].rpartition("/")[2]
        if fact.data.get("inside") or not (last == "tractguard" or (last.startswith("tractguard-") and _forced(scene))):
            continue
        if fact.data.get("action") == "remove":
            yield Loss(fact, "this call removes the installed guard", REJECTED, _PACKAGE, 0.97, "x")
        elif fact.data.get("upgrade") or fact.value or fact.data.get("action") == "update" or _forced(scene):
            yield Loss(fact, "this call replaces the installed guard", ESCALATED, _PACKAGE, 0.9, "x")
    for fact in scene.runs("pip", "pip3", "uv"):
        argv = [str(word) for word in fact.data.get("argv") or ()]
        for before, word in pairwise(argv):
            into = hit(scene, word) if before in ("--target", "-t") and word.startswith(("/", "~")) else None
            if (into is not None and into.kind == PACKAGE) or (before in ("--target", "-t") and "/tractguard" in word):
                yield Loss(fact, "this call installs into the guard's own folder", REJECTED, _PACKAGE, 0.97, "x")
    yield from _ended(scene)


def _beside_modules(scene: Scene) -> bool:
    """Whether the call asks an interpreter where the guard's modules are."""
    texts = [" ".join(map(str, (fact.data.get("argv") or ())[1:])) for fact in scene.runs()]
    return any("import" in text and "tractguard" in text and "__" in text for text in texts)


def _forced(scene: Scene) -> bool:
    return any("--force-reinstall" in (fact.data.get("argv") or ()) for fact in scene.of("command"))


def _ended(scene: Scene) -> Iterator[Loss]:
    looks = any(
        fact.name in ("pgrep", "pidof", "ps", "grep", "rg", "egrep", "awk", "lsof", "fuser")
        and any("tractguard" in str(word) or str(word) in _CLIENTS for word in fact.data.get("argv") or ())
        for fact in scene.of("command")
    )
    for fact in scene.runs("strace", "ltrace", "gdb", "gcore") if looks else ():
        if any(UNKNOWN in str(word) for word in fact.data.get("argv") or ()):
            yield Loss(fact, "this call takes hold of a process of the guard", REJECTED, _PACKAGE, 0.9, "process")
    for fact in scene.of("process"):
        if fact.value != "kill" or fact.data.get("inside"):
            continue
        if fact.name in _CLIENTS:
            yield Loss(fact, "this call ends the client's own sessions", ESCALATED, _PACKAGE, 0.9, "client")
        elif "tractguard" in fact.name.lower() or (UNKNOWN in fact.name and looks):
            yield Loss(fact, "this call ends processes of the guard", REJECTED, _PACKAGE, 0.95, "process")
