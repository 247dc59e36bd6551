"""The code hosts' tools: `gh`, `glab`, `hub`: pull requests, merges, releases, issues and the texts they carry."""

from typing import Any

from tractguard.facts.git_command import current
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import NOTHING, Options, Word, options
from tractguard.model import UNKNOWN

_TAKES = (
    "-t --title -b --body -F --body-file -B --base -H --head -a --assignee -l --label -r --reviewer -m --milestone "
    "-R --repo -d --description --target-branch --source-branch -s --notes -n --notes-file --target -X --method -f -q "
    "--jq --json -L --limit --raw-field --field --input --template --head-repo --message -e --env --org --user -p "
    "--project"
).split()
_GLAB_TAKES = [name for name in _TAKES if name not in ("-H", "-B", "-m", "-n", "-F", "-s", "-e", "-p")] + ["-s", "-b"]
_READS = frozenset(
    "view list status diff checks watch download browse search ls show get help log view-log token".split()
)


def effects(run: Run, command: Command) -> None:
    """Note what a host's command changes."""
    name = command.name
    if name in ("jj", "hg", "svn"):
        return
    # `-f` is a field of `gh api` and a flag elsewhere; `-m` and `-s` choose how a pull request is merged.
    texts = [word.text for word in command.args]
    merge = "merge" in texts[:3]
    flags = {"-f"} if "api" not in texts[:2] else set()
    flags |= {"-m", "-s", "-r", "-d"} if merge else set()
    takes = [flag for flag in (_GLAB_TAKES if name == "glab" else _TAKES) if flag not in flags]
    if name == "hub" and texts[:1] == ["pull-request"]:
        takes = ["-m", "--message", "-F", "--file", "-b", "--base", "-h", "--head", "-l", "-r", "-a"]
    parsed = options(command.args, takes)
    rest = parsed.rest
    verbs = [word.text for word in rest[:2]]
    if name == "hub":
        if verbs[:1] == ["pull-request"]:
            _request(run, command, parsed, rest[0])
        return
    if not verbs or verbs[-1] in _READS or verbs[0] in ("help", "version", "auth", "config", "alias", "completion"):
        return
    if verbs[0] == "api":
        _api(run, command, parsed)
        return
    span = (rest[0].span() or (0, 0))[0], (rest[min(1, len(rest) - 1)].span() or (0, 0))[1]
    verb = " ".join(verbs)
    thing = rest[2].text if len(rest) > 2 else ""
    repo = parsed.value("-R", "--repo")
    data = {
        "object": thing,
        "target": repo.text if repo else "",
        "flags": tuple(flag for flag, _ in parsed.given),
        "dry_run": parsed.has("--dry-run"),
    }
    run.add("remote", name, verb, data, span if span[1] > span[0] and rest[0].span() else None)
    if verbs[0] in ("pr", "mr"):
        _pull_request(run, command, parsed, verbs, thing)
    elif verbs[0] in ("issue", "release") and len(verbs) > 1:
        kind = "comment" if verbs[1] in ("comment", "note") else "issue" if verbs[0] == "issue" else "tag"
        _texts(run, command, parsed, kind)
        if verbs == ["release", "create"] and thing:
            _git(run, "tag", thing, rest[2].span(), create=True)


def _pull_request(run: Run, command: Command, parsed: Options, verbs: list[str], thing: str) -> None:
    verb = verbs[1] if len(verbs) > 1 else ""
    if verb in ("create", "new"):
        _request(run, command, parsed, NOTHING)
    elif verb in ("merge", "accept"):
        data = {"source": thing, "target": "", "remote": "origin", "pull_request": True,
                "delete": parsed.has("-d", "--delete-branch"), "force": parsed.has("--admin"), "flags":
                tuple(flag for flag, _ in parsed.given)}  # fmt: skip
        _git(run, "merge", UNKNOWN, None, **data)
        _texts(run, command, parsed, "merge")
    elif verb in ("edit", "update"):
        _texts(run, command, parsed, "pr")
    elif verb in ("comment", "review", "note"):
        _texts(run, command, parsed, "comment")
    elif verb == "checkout":
        run.set(":branch", UNKNOWN)
        _git(run, "checkout", UNKNOWN, None, source=thing, remote="")


def _request(run: Run, command: Command, parsed: Options, verb: Word) -> None:
    if command.name == "hub":
        run.add("remote", "hub", "pull-request", {"object": "", "target": "", "flags": ()}, verb.span())
    base = parsed.value("-B", "--base", "--target-branch") if command.name != "hub" else parsed.value("-b", "--base")
    if command.name == "glab":
        base = parsed.value("-b", "--target-branch")
    head = parsed.value("-H", "--head", "--source-branch", "-s" if command.name == "glab" else "--head")
    title = _texts(run, command, parsed, "pr")
    data = {
        "target": base.text if base else "", "source": head.text if head else current(run, command.cwd),
        "create": True, "message": title, "remote": "origin", "draft": parsed.has("-d", "--draft", "--wip"),
        "flags": tuple(flag for flag, _ in parsed.given),
    }  # fmt: skip
    _git(run, "pull_request", base.text if base else UNKNOWN, base.span() if base else None, **data)


def _git(run: Run, action: str, value: str, span: tuple[int, int] | None, **data: Any) -> None:
    """A `git` fact with every field that git's own facts have."""
    filled: dict[str, Any] = {
        "remote": "origin", "source": "", "create": False, "delete": False, "force": False, "no_verify": False,
        "amend": False, "all": False, "hard": False, "paths": (), "target": "", "message": "", "flags": (), "args": (),
    }  # fmt: skip
    run.add("git", action, value, {**filled, **data}, span)


def _texts(run: Run, command: Command, parsed: Options, kind: str) -> str:
    """The title and body as a `message` fact; returns the title."""
    title = parsed.value("-t", "--title", "-m", "--message") or NOTHING
    body = parsed.value("-b", "--body", "-d", "--description", "--notes", "-n") or NOTHING
    if command.name == "glab":
        body = parsed.value("-d", "--description") or NOTHING
    file = parsed.value("-F", "--body-file", "--notes-file")
    if file is not None and not body.text:
        if file.text == "-" and command.stdin is not None:
            body = command.stdin
        elif file.known and file.text != "-":
            path = run.path(file, command.cwd)
            run.add("read", path, "", {"said": file.text, "via": command.name, "recursive": False}, file.span())
            body = Word(run.world.text(path) or "")
    if not title.text and not body.text:
        return ""
    text = body.text.rstrip("\n") if body.text else title.text
    carrier = body if body.text else title
    first = title.text or text.partition("\n")[0]
    whole = f"{title.text}\n\n{text}" if title.text and body.text else text
    span = carrier.span() if whole == carrier.text else None
    run.add("message", kind, whole, {"title": first, "signoff": False, "via": command.name}, span)
    return first


def _api(run: Run, command: Command, parsed: Options) -> None:
    method = parsed.value("-X", "--method")
    verb = method.text.upper() if method else ("POST" if parsed.has("-f", "-F", "--field", "--raw-field") else "GET")
    if verb != "GET" and len(parsed.rest) > 1:
        data = {"object": parsed.rest[1].text, "target": "", "flags": (), "dry_run": False}
        run.add("remote", command.name, f"api {verb.lower()}", data, None)
