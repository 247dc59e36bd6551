"""Files moved away, overwritten or emptied, and trees made equal to others. TG402 to TG404.

What a path is, `destructive_paths` says; what stands there, the probes. An ordinary file may be overwritten by a
redirect: that is how files are written. What exists only here may not, and nothing is emptied without a question.
"""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from tractguard.model import ESCALATED, REJECTED, Fact
from tractguard.rules import destructive_paths as paths
from tractguard.rules.destructive import Loss, Scene, bash, rule, shown
from tractguard.rules.destructive_files import command_of, moved_away

_NEVER = (paths.DEVICE, paths.SYSTEM, paths.HOME)
_PASS = (paths.TEMP, paths.BUILD, paths.CACHE)
_COPIES = ("cp", "gcp", "install", "dd", "sort", "ditto")
_LOGIN = frozenset(
    (
        ".bashrc",
        ".zshrc",
        ".profile",
        ".bash_profile",
        ".zprofile",
        ".zshenv",
        ".vimrc",
        ".tmux.conf",
        ".gitconfig",
        ".netrc",
        ".inputrc",
    )
)


_ROOTS = ("/", "/etc", "/usr", "/bin", "/sbin", "/lib", "/var", "/boot", "/root", "/home")

# Moves


def moves(scene: Scene) -> Iterator[Loss]:
    """Roots and homes moved away, trees moved to nowhere, files overwritten that exist nowhere else."""
    for fact in scene.of("move"):
        kind = paths.kind_of(fact.value, scene.root)
        if kind in (paths.SYSTEM, paths.HOME, paths.ABOVE, paths.WHOLE, paths.HISTORY) and _whole(
            fact.value, scene.root
        ):
            yield Loss(
                fact,
                f"this call moves {shown(fact.value, 60)} away: {paths.shown_kind(kind, fact.value)}",
                status=REJECTED if kind in _NEVER else ESCALATED,
                subject=fact.value,
            )
            continue
        state: Mapping[str, Any] = scene.state("path", fact.name)
        if state.get("only_here") and not state.get("folder") and not state.get("new") and not _derived(scene, fact):
            yield Loss(
                fact,
                f"this move overwrites {shown(scene.rel(fact.name), 60)}, which exists only here",
                way_out="Use mv -n, or move the old file aside first.",
                subject=fact.name,
            )
    yield from _replaced(scene)
    for fact in scene.of("delete"):
        to_null = fact.data.get("via") in ("mv", "gmv") and not moved_away(scene, fact)
        if to_null:
            yield Loss(fact, f"this call moves {shown(fact.name, 60)} to nowhere", status=REJECTED, subject=fact.name)


def _replaced(scene: Scene) -> Iterator[Loss]:
    """A file that exists only here, replaced by another file or a link (a redirect is how files are written)."""
    for fact in scene.of("write", "link"):
        if fact.kind == "write" and (fact.data.get("mode") != "overwrite" or fact.data.get("via") not in _COPIES):
            continue
        state = scene.state("path", fact.name)
        if state.get("only_here") and not state.get("folder") and not state.get("new") and not _derived(scene, fact):
            yield Loss(
                fact,
                f"this call replaces {shown(scene.rel(fact.name), 60)}, which exists only here",
                way_out="Copy the old file aside first, or ask the person.",
                subject=fact.name,
            )


def _whole(path: str, root: str) -> bool:
    kind = paths.kind_of(path, root)
    return kind != paths.SYSTEM or paths.kind_of(path + "/x", root) != kind or path.count("/") <= 2


def _derived(scene: Scene, fact: Fact) -> bool:
    """Whether the new file was made from the old one in this call (`jq … a > b && mv b a`)."""
    return any(each.name == fact.name for each in scene.of("read"))


# Emptied files


def emptied(scene: Scene) -> Iterator[Loss]:
    """Files truncated or filled with nothing."""
    for fact in scene.of("write"):
        how = _empties(scene, fact)
        if not how or fact.data.get("inside"):
            continue
        kind = paths.kind_of(fact.name, scene.root)
        if kind in _PASS or kind in (paths.NOWHERE, paths.DEVICE) or paths.is_build(posixpath.basename(fact.name)):
            continue
        state = scene.state("path", fact.name)
        if state.get("exists") is False or state.get("empty") or state.get("only_here") == 0 or state.get("new"):
            continue
        known = bool(state.get("only_here"))
        if (
            how == "redirect"
            and not known
            and not paths.is_precious(fact.name)
            and kind in (paths.INSIDE, paths.OUTSIDE)
        ):
            continue
        yield Loss(
            fact,
            f"this call empties {shown(scene.rel(fact.name), 60)}",
            subject=fact.name,
            way_out="Copy the file first, or ask the person.",
        )


def unpacked(scene: Scene) -> Iterator[Loss]:
    """An archive unpacked over the machine itself, and a login file that becomes a link to nowhere."""
    for fact in scene.of("write"):
        if fact.data.get("archive") and fact.data.get("recursive") and fact.name in _ROOTS:
            yield Loss(fact, f"this call unpacks an archive over {fact.name}", subject=fact.name)
    for fact in scene.of("link"):
        plain = fact.name.rpartition("/")[2]
        if fact.value == "/dev/null" and (plain in _LOGIN or paths.is_precious(fact.name)):
            yield Loss(fact, f"this call makes {shown(scene.rel(fact.name), 60)} a link to nowhere", subject=fact.name)


def _empties(scene: Scene, fact: Fact) -> str:
    via = str(fact.data.get("via") or "")
    if via == "sed":
        said = command_of(scene, fact)
        words = tuple(said.data.get("argv") or ()) if said is not None else ()
        return "null" if {"d", "1,$d", "1,$ d"} & set(words) else ""
    if fact.data.get("mode") != "overwrite":
        return ""
    if paths.home_of(fact.name) and fact.name.rpartition("/")[2] in _LOGIN and fact.data.get("field") != "content":
        return "login" if via not in ("Write", "Edit", "cp", "mv", "install", "ln") else ""
    if via in (">", ":", "true"):
        return "redirect"
    command = command_of(scene, fact)
    argv = tuple(command.data.get("argv") or ()) if command is not None else ()
    if via == "truncate" and any(word in ("-s0", "--size=0") or word == "0" for word in argv):
        return "truncate"
    if via in ("cp", "cat", "dd", "tee", "install") and any(word in ("/dev/null", "if=/dev/null") for word in argv):
        return "null"
    if via == "shred":
        return "shred"
    return ""


# Trees made equal to others


def mirrored(scene: Scene) -> Iterator[Loss]:
    """rsync --delete to another machine, robocopy /MIR."""
    for fact in scene.runs("rsync"):
        argv = tuple(fact.data.get("argv") or ())
        target = argv[-1] if len(argv) > 2 else ""
        if any(word.startswith(("--delete", "--del")) for word in argv) and (
            ":" in target.partition("/")[0] or "::" in target
        ):
            yield Loss(
                fact, f"rsync --delete removes from {shown(target, 60)} what the source does not have", subject=target
            )
        if "--remove-source-files" in argv:
            continue
    for fact in scene.runs("robocopy", "Robocopy"):
        words = {str(word).upper() for word in fact.data.get("argv") or ()}
        if words & {"/MIR", "/PURGE"} and "/L" not in words:  # /L only lists
            yield Loss(fact, "robocopy /MIR removes from the target what the source does not have", subject="mir")


RULES = (
    rule(
        "TG402",
        "moved away",
        "destructive_overwrites",
        moves,
        bad=(bash("mv src /dev/null"), bash("mv /etc /tmp/etc")),
        good=(bash("mv a.txt b.txt"), bash("mv src lib")),
    ),
    rule(
        "TG403",
        "emptied files",
        "destructive_overwrites",
        emptied,
        bad=(bash("truncate -s 0 data.sqlite"), bash("cp /dev/null config.yml")),
        good=(bash("truncate -s 0 app.log"), bash("> src/__init__.py"), bash("truncate -s 10M disk.img")),
    ),
    rule(
        "TG405",
        "unpacked over",
        "destructive_overwrites",
        unpacked,
        bad=(bash("tar -xzf backup.tgz -C /"), bash("ln -sf /dev/null ~/.bashrc")),
        good=(bash("sudo tar -C /usr/local -xzf go.tar.gz"), bash("tar -xzf a.tgz -C vendor"), bash("ln -s a b")),
    ),
    rule(
        "TG404",
        "mirrored trees",
        "destructive_overwrites",
        mirrored,
        bad=(bash("rsync -a --delete src/ me@host:/srv/"),),
        good=(bash("rsync -a src/ me@host:/srv/"), bash("rsync -an --delete src/ me@host:/srv/")),
    ),
)
