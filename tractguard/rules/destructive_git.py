"""Work that git would throw away, and history that could not be found again. TG421 to TG424.

It knows which git actions discard uncommitted work, unreachable commits, stashes, refs and remote history, and asks
the state that probes found (changed and untracked files, unpushed commits) before it stops anything. It refuses to
know which branches a person protects: those are instructions; only the usual main branches are guarded here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tractguard.model import ESCALATED, REJECTED, UNKNOWN, Fact
from tractguard.rules.destructive import Loss, Scene, bash, rule, shown
from tractguard.rules.destructive_git_history import history

MAIN = frozenset(("main", "master", "trunk", "production", "prod", "release", "stable", "develop"))
_ABBREVIATED = {"reset": ("--hard", "--merge"), "checkout": ("--force",), "switch": ("--force", "--discard-changes"),
                "clean": ("--force",), "push": ("--force", "--mirror", "--delete"), "branch": ("--delete",
                "--force")}  # fmt: skip
_SHORTEST = 3  # "--h": git takes every prefix that is not ambiguous


def _given(fact: Fact, *names: str) -> bool:
    """Whether one of these long options was given, also cut short as git allows (`--h` for `--hard`)."""
    for flag in fact.data.get("flags") or ():
        for name in names:
            if flag == name or (len(flag) >= _SHORTEST and flag.startswith("--") and name.startswith(flag)):
                return True
    return False


def _args(fact: Fact) -> tuple[str, ...]:
    return tuple(fact.data.get("args") or ())


def _gits(scene: Scene, *actions: str) -> list[Fact]:
    found = [fact for fact in scene.of("git") if fact.name in actions]
    return [fact for fact in found if not fact.data.get("dry_run") and not _given(fact, "--dry-run")]


def _state(scene: Scene, fact: Fact) -> Mapping[str, Any]:
    return scene.state("git", str(fact.data.get("cwd") or scene.root))


def _count(number: Any, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


# Uncommitted work


def uncommitted(scene: Scene) -> Iterator[Loss]:
    """reset --hard, checkout and restore of paths, forced switches, clean."""
    for fact in _gits(scene, "reset", "checkout", "switch", "restore", "clean", "read-tree", "checkout-index", "rm"):
        what = _discards(fact)
        if not what:
            continue
        loss = _left(scene, fact, what)
        if loss is not None:
            yield loss


def _discards(fact: Fact) -> str:
    """What of the uncommitted work an action throws away: "tracked", "paths", "untracked", or "" for nothing."""
    name, flags = fact.name, fact.data.get("flags") or ()
    if name == "reset":
        return "tracked" if _given(fact, "--hard") or "--merge" in flags else ""
    if name in ("checkout", "switch"):
        if "-p" in flags or "--patch" in flags:
            return ""
        forced = "-f" in flags or _given(fact, "--force", "--discard-changes")
        if fact.data.get("paths"):
            return "" if {"--ours", "--theirs", "--merge", "-m"} & set(flags) else "paths"
        return "tracked" if forced else ""
    if name == "restore":
        if "-p" in flags or "--patch" in flags or {"--ours", "--theirs"} & set(flags):
            return ""
        staged_only = ("--staged" in flags or "-S" in flags) and not ("--worktree" in flags or "-W" in flags)
        return "" if staged_only else "paths"
    if name == "clean":
        listed = "-n" in flags or "-i" in flags or _given(fact, "--interactive")
        settings = " ".join(str(one) for one in fact.data.get("settings") or ())
        forced = fact.data.get("force") or "-f" in flags or "requireforce=false" in settings.lower() or _unforced(fact)
        return "untracked" if forced and not listed else ""
    if name == "read-tree":
        return "tracked" if "--reset" in flags and ("-u" in flags or "-m" not in flags) else ""
    if name == "checkout-index":
        return "tracked" if "-f" in flags and ("-a" in flags or "--all" in flags) else ""
    return "paths" if "-f" in flags and not fact.data.get("cached") else ""


def _unforced(fact: Fact) -> bool:
    """`git -c clean.requireForce=false clean`: no -f is given, and the fact says that it discards nevertheless."""
    return bool(fact.data.get("discards")) and not fact.data.get("force")


def _left(scene: Scene, fact: Fact, what: str) -> Loss | None:
    """The loss, or None where the state says that there is nothing to lose."""
    state = _state(scene, fact)
    command = _shown(scene, fact)
    if what == "untracked":
        return _cleaned(fact, state, command)
    if what == "paths":
        return _restored(scene, fact, state, command)
    dirty = state.get("dirty")
    if dirty == 0:
        return _left_behind(scene, fact, command)
    files = _count(dirty, "changed file exists", "changed files exist") if dirty else "uncommitted changes would exist"
    says = f"{command} discards uncommitted work: {files} only here"
    return Loss(
        fact, says, way_out="Commit or stash the work first (git stash -u), or ask the person.", subject=command
    )


def _left_behind(scene: Scene, fact: Fact, command: str) -> Loss | None:
    """The commits that a reset of a clean tree takes off the branch, where no other ref holds them."""
    left = scene.state("commits", _folder(scene, fact)).get("left")
    if fact.name != "reset" or not left:
        return None
    commits = _count(left, "commit that exists", "commits that exist")
    way_out = "Keep them on a branch first (git branch NAME), or ask the person."
    return Loss(fact, f"{command} takes away {commits} nowhere else", way_out=way_out, subject=command)


def _cleaned(fact: Fact, state: Mapping[str, Any], command: str) -> Loss | None:
    if fact.data.get("ignored") and "-X" in (fact.data.get("flags") or ()):
        untracked = state.get("ignored_precious")
    elif fact.data.get("ignored"):
        untracked = (
            None if state.get("untracked") is None else state["untracked"] + (state.get("ignored_precious") or 0)
        )
    else:
        untracked = state.get("untracked")
    if untracked == 0:
        return None
    paths = [str(path).rstrip("/").rpartition("/")[2] for path in fact.data.get("paths") or ()]
    from tractguard.rules.destructive_paths import is_build

    if paths and all(is_build(path) for path in paths):
        return None
    files = _count(untracked, "untracked file", "untracked files") if untracked else "every untracked file"
    return Loss(
        fact,
        f"{command} deletes {files}; git cannot bring them back",
        way_out="Look first with git clean -n, or ask the person.",
        subject=command,
    )


def _restored(scene: Scene, fact: Fact, state: Mapping[str, Any], command: str) -> Loss | None:
    """Files put back to an older state. One named file from HEAD is asked about as well: its changes are gone for
    good."""
    if state.get("dirty") == 0 or _only_a_ref(fact):
        return None
    paths = [str(path) for path in fact.data.get("paths") or ()]
    known = [scene.state("path", path).get("changed") for path in paths]
    if paths and all(changed == 0 for changed in known):
        return None
    files = sum(changed for changed in known if changed) if all(changed is not None for changed in known) else 0
    what = _count(files, "changed file exists", "changed files exist") if files else "changes there that exist"
    verb = "" if files else "any "
    says = f"{command} overwrites the working files: {verb}{what} only here"
    return Loss(
        fact, says, way_out="Stash the files first (git stash push -- PATH), or ask the person.", subject=command
    )


def _only_a_ref(fact: Fact) -> bool:
    """Whether the one word of a checkout is a version tag and no path: `git checkout v1.2.3`."""
    args = _args(fact)
    if fact.name != "checkout" or len(args) != 1 or "/" in args[0]:
        return False
    parts = args[0].removeprefix("v").split(".")
    return len(parts) > 1 and all(part[:1].isdigit() for part in parts)


def _shown(scene: Scene, fact: Fact) -> str:
    """The command behind a git fact, as it is named in a sentence."""
    words = ["git", fact.name, *(fact.data.get("flags") or ()), *_args(fact)]
    return shown(" ".join(str(word) for word in words), 60)


# Stashes, worktrees, branches


def refs(scene: Scene) -> Iterator[Loss]:
    """Stashes dropped, branches deleted by force, worktrees removed by force, tags and refs deleted."""
    for fact in _gits(scene, "stash"):
        verb = fact.data.get("verb")
        state = scene.state("git", _folder(scene, fact))
        number = state.get("stashes")
        if number == 0 and state.get("dirty") != 0 and _stashed(scene, fact):
            number = None  # the work that this very call stashes
        if verb in ("drop", "clear") and number != 0:
            what = _count(number, "stash", "stashes") if number and verb == "clear" else "work kept in a stash"
            yield Loss(fact, f"git stash {verb} throws away {what}", subject=f"stash {verb}")
    for fact in _gits(scene, "branch"):
        yield from _branch(scene, fact)
    for fact in _gits(scene, "branch", "checkout", "switch"):
        unmerged = scene.state("branch", fact.value).get("unmerged")
        if (
            fact.data.get("create")
            and (unmerged or (unmerged is None and fact.value in MAIN))
            and {"-B", "-C", "-M", "--force-create"} & set(fact.data.get("flags") or ())
        ):
            commits = _count(unmerged or "any", "commit that exists", "commits that exist")
            yield Loss(
                fact, f"this call makes {shown(fact.value)} anew and leaves {commits} only there", subject=fact.value
            )
    for fact in _gits(scene, "tag"):
        unmerged = scene.state("branch", fact.value).get("unmerged")
        if fact.data.get("delete") and unmerged:
            commits = _count(unmerged, "commit that exists", "commits that exist")
            yield Loss(fact, f"git tag -d {shown(fact.value)} throws away {commits} only there", subject=fact.value)
    for fact in _gits(scene, "worktree"):
        if fact.data.get("verb") == "remove" and ("-f" in (fact.data.get("flags") or ()) or _given(fact, "--force")):
            path = str((fact.data.get("paths") or ("",))[0])
            if scene.state("git", path).get("dirty") == 0 and scene.state("git", path).get("untracked") == 0:
                continue
            yield Loss(
                fact,
                f"git worktree remove --force throws away what is not committed in {scene.rel(path)}",
                way_out="Leave --force out: git then keeps a worktree with changes.",
                subject=path,
            )
    for fact in _gits(scene, "update-ref", "symbolic-ref"):
        known = scene.state("branch", fact.value).get("unmerged") == 0
        if (fact.data.get("delete") or "-d" in (fact.data.get("flags") or ())) and not known:
            yield Loss(fact, f"git {fact.name} -d deletes the ref {shown(fact.value)}", subject=fact.value)


def _stashed(scene: Scene, drop: Fact) -> bool:
    """Whether work is stashed in the same call before."""
    before = scene.facts[: next(at for at, each in enumerate(scene.facts) if each is drop)]
    return any(each.kind == "git" and each.name == "stash" and each.data.get("verb") == "push" for each in before)


def _folder(scene: Scene, fact: Fact) -> str:
    return str(fact.data.get("cwd") or scene.root)


def _branch(scene: Scene, fact: Fact) -> Iterator[Loss]:
    flags = fact.data.get("flags") or ()
    if not fact.data.get("delete") or fact.data.get("create"):
        known = scene.state("branch", fact.value).get("unmerged") == 0
        if fact.data.get("create") and fact.data.get("force") and not fact.data.get("delete") and not known:
            yield Loss(
                fact, f"git branch --force moves {shown(fact.value)}: its commits may be lost", subject=fact.value
            )
        return
    forced = "-D" in flags or fact.data.get("force") or _given(fact, "--force")
    if "-r" in flags or "--remotes" in flags or not forced:
        return
    unpushed = scene.state("branch", fact.value).get("unmerged")
    if unpushed == 0:
        return
    commits = _count(unpushed, "commit", "commits") + " that exist only there" if unpushed else "its unmerged commits"
    yield Loss(
        fact,
        f"git branch -D {shown(fact.value)} throws away {commits}",
        way_out="Use git branch -d: it keeps a branch that is not merged.",
        subject=fact.value,
    )


# Remote history


def pushes(scene: Scene) -> Iterator[Loss]:
    """Forced and deleting pushes."""
    for fact in _gits(scene, "push"):
        flags = fact.data.get("flags") or ()
        ref = fact.value.removeprefix("refs/heads/")
        main = ref in MAIN
        if fact.data.get("delete") or "-d" in flags or _given(fact, "--delete"):
            if scene.state("branch", ref).get("unmerged") != 0 or main:
                yield Loss(
                    fact,
                    f"this push deletes {shown(ref) or 'refs'} at the remote",
                    status=REJECTED if main else ESCALATED,
                    subject=f"delete {ref}",
                )
            continue
        if "--mirror" in flags or "--prune" in flags or _given(fact, "--mirror"):
            yield Loss(fact, "git push --mirror or --prune deletes remote refs that are not here", subject="mirror")
            continue
        hard = "-f" in flags or any(arg.startswith("+") for arg in _args(fact)) or _hard(flags)
        lease = any(flag.startswith("--force-with-lease") or flag == "--force-if-includes" for flag in flags)
        if not hard and not (lease and (main or fact.data.get("all"))):
            continue
        where = (
            f"{shown(ref)}" if ref and UNKNOWN not in ref else "every branch" if fact.data.get("all") else "the branch"
        )
        yield Loss(
            fact,
            f"this forced push overwrites {where} at the remote: commits there may exist nowhere else",
            way_out="Use --force-with-lease on your own branch, or ask the person.",
            subject=f"force {ref}",
        )


def _hard(flags: tuple[str, ...]) -> bool:
    return any(len(flag) > 3 and flag.startswith("--f") and "--force".startswith(flag) for flag in flags)


RULES = (
    rule(
        "TG421",
        "uncommitted work",
        "destructive_git",
        uncommitted,
        bad=(bash("git reset --hard"), bash("git reset --h HEAD~1"), bash("git checkout -- ."), bash("git clean -fd")),
        good=(
            bash("git reset --soft HEAD~1"),
            bash("git restore --staged a.py"),
            bash("git clean -nfd"),
            bash("git checkout -b feature"),
            bash("git reset --hard --help"),
        ),
    ),
    rule(
        "TG422",
        "stashes and branches",
        "destructive_git",
        refs,
        bad=(bash("git stash drop"), bash("git branch -D feature"), bash("git worktree remove --force ../wt")),
        good=(bash("git stash pop"), bash("git branch -d feature"), bash("git worktree remove ../wt")),
    ),
    rule(
        "TG423",
        "remote history",
        "destructive_git",
        pushes,
        bad=(
            bash("git push --force origin feature"),
            bash("git push origin :main"),
            bash("git push --force-with-lease origin main"),
        ),
        good=(
            bash("git push --force-with-lease origin feature"),
            bash("git push -u origin feature"),
            bash("git push --dry-run --force"),
        ),
    ),
    rule(
        "TG424",
        "forgotten history",
        "destructive_git",
        history,
        bad=(
            bash("git filter-repo --force --path src"),
            bash("git gc --prune=now"),
            bash("git -c gc.pruneExpire=now gc"),
        ),
        good=(bash("git gc"), bash("git reflog"), bash("git prune -n")),
    ),
)
