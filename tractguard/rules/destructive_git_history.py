"""History that git rewrites or forgets: filter-branch, reflog expire, gc, prune, forced fetches. Part of TG424.

It knows the words of such commands. What discards uncommitted work or refs is `destructive_git`'s.
"""

from collections.abc import Iterator, Mapping

from tractguard.rules.destructive import Loss, Scene, line_of, shown


def history(scene: Scene) -> Iterator[Loss]:
    """filter-branch, filter-repo, reflog expire, gc and prune that forget at once."""
    for fact in scene.runs("git"):
        line = line_of(fact.data.get("argv") or (), ("-C", "-c", "--git-dir", "--work-tree", "--namespace"))
        words, flags = line.words, line.flags
        settings = [str(word).lower() for word in fact.data.get("argv") or () if "prune" in str(word).lower()]
        if not words:
            continue
        lost = _forgets(words, flags, settings)
        if lost:
            yield Loss(fact, f"{shown(fact.value, 60)} {lost}", subject=words[0])
    for fact in scene.runs("java"):
        argv = [str(word) for word in fact.data.get("argv") or ()]
        if any(word.rpartition("/")[2].startswith("bfg") and word.endswith(".jar") for word in argv) and len(argv) > 3:
            yield Loss(fact, "bfg rewrites history: the old commits are gone", subject="bfg")
    for fact in scene.runs("git-filter-repo", "bfg", "git-filter-branch"):
        if fact.name != "git-filter-repo" or "--analyze" not in fact.data.get("argv", ()):
            yield Loss(fact, f"{fact.name} rewrites history: the old commits are gone", subject=fact.name)


def _forgets(words: tuple[str, ...], flags: Mapping[str, str], settings: list[str]) -> str:
    first = words[0]
    if first == "filter-repo":
        return "" if "--analyze" in flags else "rewrites history: the old commits are gone"
    if first == "filter-branch":
        return "rewrites history: the old commits are gone"
    if first == "reflog" and words[1:2] in (("expire",), ("delete",)):
        keeps = flags.get("--expire", "now") in ("never", "false")
        return "" if keeps or "--dry-run" in flags or "-n" in flags else "forgets where lost work could be found again"
    if first in ("gc", "repack") and any("now" in one or "all" in one for one in settings):
        return "deletes unreachable commits at once: nothing can be recovered after it"
    if first == "prune":
        return (
            ""
            if "-n" in flags or "--dry-run" in flags
            else "deletes unreachable commits: nothing can be recovered after it"
        )
    if first == "lfs" and words[1:3] in (("migrate", "import"), ("migrate", "export")) and "--no-rewrite" not in flags:
        return "rewrites history: the old commits are gone"
    if first == "lfs" and words[1:2] == ("prune",):
        return "" if "--dry-run" in flags or "-d" in flags else "deletes local copies of large files"
    if first == "submodule" and words[1:2] == ("deinit",) and ("-f" in flags or "--force" in flags):
        return "throws away changes in the submodules"
    if first == "submodule" and words[1:2] == ("foreach",):
        inner = " ".join(words[2:])
        hard = "--hard" in flags or "--hard" in inner or " -f" in inner or "-f" in flags
        return (
            "throws away changes in the submodules"
            if hard and any(one in inner for one in ("reset", "clean", "checkout"))
            else ""
        )
    if first == "fetch" and any(word.startswith("+") and ":refs/heads/" in word for word in words[1:]):
        return "overwrites local branches with those of the remote"
    if first == "replace" and "-d" in flags:
        return "deletes replace refs"
    if first == "svn" and words[1:2] == ("reset",):
        return "forgets fetched revisions"
    if first == "annex" and words[1:2] in (("drop",), ("dropunused",)) and "--force" in flags:
        return "deletes the only known copy of files"
    return ""
