"""Git and the code hosts' own tools: which refs, files and requests a command changes, and the messages it carries.

A ref that only git can tell (the branch checked out, the upstream of a bare push) comes from the world or stays
`UNKNOWN`. A branch made or switched to earlier in the same command is known.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from tractguard.facts.git_command import COMMITISH, GitCommand, current, is_folder, is_path, message
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word, absolute, join, options, whole
from tractguard.facts.wrappers import table
from tractguard.model import UNKNOWN


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Note what a git (or hub, gh, glab) command changes."""
    if command.name in ("gh", "glab", "tea", "hub", "jj", "hg", "svn"):
        from tractguard.facts import git_hosts

        git_hosts.effects(run, command)
        if command.name != "hub" or (command.args[:1] and command.args[0].text == "pull-request"):
            return
    data = table("git")
    parsed = options(command.args, data["global"].split(), stop_at_rest=True)
    if not parsed.rest:
        return
    cwd = command.cwd
    for folder in parsed.values("-C"):
        cwd = absolute(folder.text, cwd, run.world.home)
    tree = parsed.value("--work-tree")
    if tree is not None:
        cwd = absolute(tree.text, cwd, run.world.home)
    action, words = parsed.rest[0].text, list(parsed.rest[1:])
    settings = [word.text for word in parsed.values("-c")]
    for setting in settings:
        if setting.startswith(f"alias.{action}="):
            _alias(run, command, setting.partition("=")[2], words)
            return
    words = [whole(word, data["long"].get(action, "").split()) for word in words]
    git = GitCommand(run, command, cwd, action, options(words, data["take"].get(action, "").split()), settings)
    maker = _ACTIONS.get(action)
    if maker is not None:
        maker(git)
    else:
        git.fact(current(run, cwd) if action in _ON_BRANCH else "")


def _alias(run: Run, command: Command, text: str, words: Sequence[Word]) -> None:
    if text.startswith("!"):
        run.script(join([Word(text[1:]), *words], " "), command.where, command.cwd)
    else:
        run.command(command._replace(words=(Word("git"), *Word(text).pieces(), *words)))


# Messages


def _commit(git: GitCommand) -> None:
    if git.has("--dry-run"):
        return
    paths = git.parsed.rest if not git.has("--interactive") else ()
    text = message(git, "commit")
    everything = git.has("-a", "--all")
    git.fact(
        current(git.run, git.cwd), all=everything, paths=git.paths(paths), message=text,
        no_verify=git.no_hooks or git.has("-n", "--no-verify"), force=False,
    )  # fmt: skip


def _push(git: GitCommand) -> None:
    rest = list(git.parsed.rest)
    said = git.parsed.value("--repo")
    remote = rest.pop(0).text if rest else (said.text if said else "")
    force = git.has("-f", "--force", "--force-with-lease", "--force-if-includes")
    delete = git.has("-d", "--delete")
    everything = git.has("--all", "--mirror", "--branches")
    data: dict[str, Any] = {"remote": remote, "force": force or git.has("--mirror"), "delete": delete,
            "all": everything, "lease": git.has("--force-with-lease")}  # fmt: skip
    if rest:
        index = 0
        while index < len(rest):
            if rest[index].text == "tag" and index + 1 < len(rest):
                index += 1
                git.fact(rest[index].text, rest[index].span(), **{**data, "tags": True})
            else:
                _refspec(git, rest[index], data)
            index += 1
        return
    if git.has("--tags") and not everything:
        git.fact("", **{**data, "tags": True})
        return
    if everything:
        git.fact(UNKNOWN, **data)
        return
    branch = current(git.run, git.cwd)
    upstream = None
    if branch != UNKNOWN and not git.has("-u", "--set-upstream"):
        upstream = git.run.world.upstream(git.cwd, branch)
    git.fact(upstream or branch, source=branch, implicit=True, **data)


def _refspec(git: GitCommand, word: Word, data: dict[str, Any]) -> None:
    """`src:dst`, `+src:dst`, `:dst`, `branch`, `HEAD`."""
    force = data["force"]
    if word.text.startswith("+"):
        word, force = word.cut(1), True
    source, has, target = word.partition(":")
    delete = data["delete"] or (has and not source.text)
    if not has:
        target = source
    tags = target.text.startswith("refs/tags/")
    for prefix in ("refs/heads/", "refs/tags/"):
        if target.text.startswith(prefix):
            target = target.after(prefix)
    name, span = target.text, target.span()
    if name in ("HEAD", "@"):
        name, span = current(git.run, git.cwd), None
    filled = {**data, "force": force, "delete": delete, "source": "" if delete else source.text}
    if tags:
        filled["tags"] = True
    git.fact(name, span, **filled)


def _checkout(git: GitCommand) -> None:
    new = git.parsed.value("-b", "-B", "--orphan")
    paths = git.after_dashes()
    if new is not None:
        git.run.set(":branch", new.text)
        start = git.parsed.rest[0].text if git.parsed.rest else ""
        git.fact(new.text, new.span(), create=True, source=start, force=git.has("-f", "-B", "--force"))
        return
    rest = [word for word in git.parsed.rest if word not in paths]
    if not paths and rest and (len(rest) > 1 or is_path(git, rest[0])):
        paths, rest = (rest[1:], rest[:1]) if len(rest) > 1 and not is_path(git, rest[0]) else (rest, [])
    if paths:
        for word in paths:
            git.file("write", word, mode="restore", recursive=is_folder(word))
        source = rest[0].text if rest else ""
        git.fact("", paths=git.paths(paths), source=source, discards=True)
        return
    if rest:
        _moved(git, rest[0])
    elif git.has("-f", "--force"):  # every change that is not committed goes
        git.fact(current(git.run, git.cwd), discards=True)


def _moved(git: GitCommand, word: Word) -> None:
    name = word.text
    if re.match(COMMITISH, name) or name.startswith("-") or git.has("--detach", "-d"):
        git.run.set(":branch", UNKNOWN)
    else:
        local = name.removeprefix("origin/") if git.has("-t", "--track") else name
        git.run.set(":branch", local)
    git.fact(name, word.span(), discards=git.has("-f", "--force", "--discard-changes"))


def _switch(git: GitCommand) -> None:
    new = git.parsed.value("-c", "-C", "--create", "--force-create", "--orphan")
    if new is not None:
        git.run.set(":branch", new.text)
        start = git.parsed.rest[0].text if git.parsed.rest else ""
        git.fact(new.text, new.span(), create=True, source=start)
    elif git.parsed.rest:
        _moved(git, git.parsed.rest[0])


def _restore(git: GitCommand) -> None:
    words = git.parsed.rest
    staged_only = git.has("-S", "--staged") and not git.has("-W", "--worktree")
    if not staged_only:
        for word in words:
            git.file("write", word, mode="restore", recursive=is_folder(word))
    source = git.parsed.value("-s", "--source")
    git.fact("", paths=git.paths(words), source=source.text if source else "", discards=not staged_only)


def _branch(git: GitCommand) -> None:
    rest = git.parsed.rest
    if git.has("-d", "-D", "--delete"):
        for word in rest:
            git.fact(word.text, word.span(), delete=True, force=git.has("-D", "-f", "--force"))
    elif git.has("-m", "-M", "--move") and rest:
        git.fact(rest[-1].text, rest[-1].span(), create=True, delete=True, force=git.has("-M", "-f"),
                 source=rest[0].text if len(rest) > 1 else current(git.run, git.cwd))  # fmt: skip
        if len(rest) == 1 or rest[0].text == current(git.run, git.cwd):
            git.run.set(":branch", rest[-1].text)
    elif git.has("-c", "-C", "--copy") and rest:
        git.fact(rest[-1].text, rest[-1].span(), create=True)
    elif rest and not git.has(*_LISTING) and not git.has("-u", "--set-upstream-to"):
        git.fact(rest[0].text, rest[0].span(), create=True, force=git.has("-f", "--force"),
                 source=rest[1].text if len(rest) > 1 else "")  # fmt: skip


_LISTING = ("-l", "--list", "-a", "--all", "-r", "--remotes", "--show-current", "--contains", "--merged",
            "--no-merged", "--points-at", "--no-contains", "-v", "-vv")  # fmt: skip


def _tag(git: GitCommand) -> None:
    rest = git.parsed.rest
    if git.has("-d", "--delete"):
        for word in rest:
            git.fact(word.text, word.span(), delete=True)
    elif rest and not git.has("-l", "--list", "--contains", "--points-at", "-n", "-v", "--verify"):
        text = message(git, "tag")
        git.fact(rest[0].text, rest[0].span(), create=True, message=text)


def _merge(git: GitCommand) -> None:
    if git.has("--abort", "--quit"):
        git.fact(current(git.run, git.cwd), abort=True)
        return
    text = message(git, "merge") if git.action == "merge" else ""
    source = ",".join(word.text for word in git.parsed.rest)
    git.fact(current(git.run, git.cwd), source=source, message=text)


def _rebase(git: GitCommand) -> None:
    for script in git.parsed.values("-x", "--exec"):
        git.run.script(script, git.command.where, git.cwd)
    rest = git.parsed.rest
    if len(rest) > 1:
        git.run.set(":branch", rest[1].text)
    git.fact(current(git.run, git.cwd), source=rest[0].text if rest else "", abort=git.has("--abort", "--quit"))


def _reset(git: GitCommand) -> None:
    rest = git.parsed.rest
    paths = git.after_dashes() or (rest[1:] if len(rest) > 1 else [])
    source = rest[0].text if rest and rest[0] not in paths else ""
    git.fact(current(git.run, git.cwd), source=source, paths=git.paths(paths),
             discards=git.has("--hard", "--merge", "--keep"))  # fmt: skip


def _clean(git: GitCommand) -> None:
    if git.has("-n", "--dry-run"):
        return
    git.fact("", paths=git.paths(git.parsed.rest), force=git.has("-f", "--force"), discards=True,
             recursive=git.has("-d"), ignored=git.has("-x", "-X"))  # fmt: skip
    for word in git.parsed.rest if git.has("-f", "--force") else ():
        git.file("delete", word, recursive=git.has("-d"), force=True)


def _stash(git: GitCommand) -> None:
    verb = git.parsed.rest[0].text if git.parsed.rest else "push"
    if verb in ("list", "show"):
        return
    git.fact("", verb=verb, discards=verb in ("drop", "clear"), delete=verb in ("drop", "clear"))


def _worktree(git: GitCommand) -> None:
    rest = git.parsed.rest
    verb = rest[0].text if rest else "list"
    if verb == "list":
        return
    paths = rest[1:2]
    new = git.parsed.value("-b", "-B")
    if verb == "add" and paths:
        git.file("write", paths[0], mode="create", recursive=True)
        name = new.text if new else rest[2].text if len(rest) > 2 else ""
        git.fact(name, new.span() if new else None, verb=verb, create=True, paths=git.paths(paths))
        return
    if verb == "remove" and paths:
        git.file("delete", paths[0], recursive=True, force=git.has("-f", "--force"))
    git.fact("", verb=verb, delete=verb in ("remove", "prune"), paths=git.paths(paths))


def _add(git: GitCommand) -> None:
    everything = git.has("-A", "--all") or any(word.text in (".", ":/", "*", "./") for word in git.parsed.rest)
    git.fact("", all=everything, paths=git.paths(git.parsed.rest), update=git.has("-u", "--update"))


def _remove(git: GitCommand) -> None:
    if git.has("-n", "--dry-run"):
        return
    if not git.has("--cached"):
        for word in git.parsed.rest:
            git.file("delete", word, recursive=git.has("-r"), force=git.has("-f", "--force"))
    git.fact("", paths=git.paths(git.parsed.rest), cached=git.has("--cached"))


def _move(git: GitCommand) -> None:
    from tractguard.facts import effects_files

    rest = git.parsed.rest
    if len(rest) < 2 or git.has("-n", "--dry-run"):
        return
    command = git.command._replace(words=(git.command.words[0]._replace(text="git"), *rest), cwd=git.cwd)
    target = rest[-1]
    inside = len(rest) > 2 or target.text.endswith("/") or bool(git.run.world.is_dir(git.path(target)))
    for source in rest[:-1]:
        place = Word(f"{target.text.rstrip('/')}/{source.text.rstrip('/').rpartition('/')[2]}", target.places)
        effects_files.moved(git.run, command, source, place if inside else target)
    git.fact("", paths=git.paths(rest))


def _apply(git: GitCommand) -> None:
    from tractguard.facts import effects_edit

    if git.has("--check", "--stat", "--numstat", "--summary") or git.has("--abort", "--quit"):
        return
    text: Word | None = None if git.parsed.rest else git.command.stdin
    for word in git.parsed.rest:
        content = git.run.world.text(git.path(word)) if word.known else None
        git.file("read", word, recursive=False)
        if content is not None:
            text = Word(content)
    if not git.has("--cached"):
        effects_edit.patched(git.run, git.command, text, git.cwd)
    git.fact(current(git.run, git.cwd) if git.action == "am" else "")


def _config(git: GitCommand) -> None:
    rest = [word for word in git.parsed.rest if word.text not in ("set", "--")]
    reading = git.has("--get", "--get-all", "--list", "-l", "--get-regexp") or (
        rest and rest[0].text in ("get", "list")
    )
    if reading or (len(rest) < 2 and not git.has("--unset", "--unset-all", "--remove-section")):
        return
    scope = "global" if git.has("--global") else "system" if git.has("--system") else "local"
    delete = git.has("--unset", "--unset-all", "--remove-section")
    span = rest[1].span() if len(rest) > 1 else None
    key = rest[0].text if rest else ""
    git.fact(rest[1].text if len(rest) > 1 else "", span, key=key, scope=scope, delete=delete)


def _remote(git: GitCommand) -> None:
    rest = git.parsed.rest
    verb = rest[0].text if rest else ""
    if verb in ("", "show", "get-url") or (git.has("-v", "--verbose") and not verb):
        return
    git.fact(rest[1].text if len(rest) > 1 else "", verb=verb, delete=verb in ("remove", "rm", "prune"),
             source=rest[2].text if len(rest) > 2 else "")  # fmt: skip


def _submodule(git: GitCommand) -> None:
    rest = git.parsed.rest
    if len(rest) > 1 and rest[0].text == "foreach":
        words = git.command.args
        at = next(index for index, word in enumerate(words) if word.text == "foreach") + 1
        while at < len(words) and words[at].text in ("--recursive", "--quiet", "-q"):
            at += 1
        git.run.script(join(words[at:], " "), git.command.where, UNKNOWN)
    if len(rest) > 1 and rest[0].text == "add":
        name = rest[2] if len(rest) > 2 else Word(rest[1].text.rstrip("/").rpartition("/")[2].removesuffix(".git"))
        git.file("write", name, mode="create", recursive=True)
    git.fact("", verb=rest[0].text if rest else "")


def _subtree(git: GitCommand) -> None:
    prefix = options(git.command.args, ("-P", "--prefix", "-m")).value("-P", "--prefix")
    verb = next((word.text for word in git.parsed.rest), "")
    if prefix is not None and verb in ("add", "pull", "merge"):
        git.file("write", prefix, mode="overwrite", recursive=True)
    git.fact(current(git.run, git.cwd), verb=verb)


def _bisect(git: GitCommand) -> None:
    rest = git.parsed.rest
    if len(rest) > 1 and rest[0].text == "run":
        git.run.command(git.command._replace(words=tuple(rest[1:]), outs=()))
    git.fact("", verb=rest[0].text if rest else "")


def _output(git: GitCommand) -> None:
    target = git.parsed.value("-o", "--output", "--output-directory")
    if target is not None:
        git.file("write", target, mode="overwrite", recursive=git.action == "format-patch")
    git.fact("")


def _clone(git: GitCommand) -> None:
    rest = git.parsed.rest
    if rest:
        name = rest[1] if len(rest) > 1 else Word(rest[0].text.rstrip("/").rpartition("/")[2].removesuffix(".git"))
        git.file("write", name, mode="create", recursive=True)
        branch = git.parsed.value("-b", "--branch")
        git.fact(branch.text if branch else "", remote=rest[0].text)


def _update_ref(git: GitCommand) -> None:
    rest = git.parsed.rest
    if rest and (len(rest) > 1 or git.has("-d", "--delete")):
        name = rest[0].text.removeprefix("refs/heads/")
        git.fact(name, delete=git.has("-d", "--delete"), source=rest[1].text if len(rest) > 1 else "", force=True)


_ON_BRANCH = frozenset(("cherry-pick", "revert", "pull", "filter-branch", "filter-repo"))
_ACTIONS: dict[str, Callable[[GitCommand], None]] = {
    "commit": _commit, "push": _push, "checkout": _checkout, "switch": _switch, "restore": _restore,
    "branch": _branch, "tag": _tag, "merge": _merge, "cherry-pick": _merge, "revert": _merge, "pull": _merge,
    "rebase": _rebase, "reset": _reset, "clean": _clean, "stash": _stash, "worktree": _worktree, "add": _add,
    "stage": _add, "rm": _remove, "mv": _move, "apply": _apply, "am": _apply, "config": _config, "remote": _remote,
    "submodule": _submodule, "subtree": _subtree, "bisect": _bisect, "archive": _output, "format-patch": _output,
    "diff": _output, "clone": _clone, "update-ref": _update_ref, "symbolic-ref": _update_ref,
}  # fmt: skip
