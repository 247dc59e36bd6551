"""Deleted files and trees. TG401.

It knows what a path is to a person (`destructive_paths`) and asks what the probes found there: a clean or ignored
tree, a temporary or built folder, a file made in this session pass. Where nothing was found the state is unknown:
then trees are asked about, single ordinary files inside the repository are not.
"""

import posixpath
from collections.abc import Iterator

from tractguard.model import ESCALATED, REJECTED, UNKNOWN, Fact
from tractguard.rules import destructive_paths as paths
from tractguard.rules.destructive import Loss, Scene, bash, host_inside, rule, shown, variables_in

_NEVER = (paths.DEVICE, paths.SYSTEM, paths.HOME)
_PASS = (paths.TEMP, paths.BUILD, paths.CACHE)
_GIT = ("git", "hub", "jj")
_CODE = ("node", "bun", "deno", "ruby", "perl", "php")  # of their calls the facts may not know how deep they go
_PROGRAMS = ("python", "python3", "node", "bun", "ruby", "perl", "php", "pypy3")
_MADE_HERE = (
    "mkdtemp",
    "TemporaryDirectory",
    "tempfile",
    "tmpdir",
    "mktmpdir",
    "gettempdir",
    "sys_get_temp_dir",
    "tempdir",
)
_REACHED = 3  # letters from which a long option may be cut short
_ROOMS = ("docker run", "podman run", "nerdctl run", "docker build", "docker compose run", "docker-compose run")


def deletes(scene: Scene) -> Iterator[Loss]:
    """Deleted trees, bulk deletes, and files that exist nowhere else."""
    for fact in scene.of("delete"):
        if fact.data.get("via") in _GIT or moved_away(scene, fact):
            continue
        command = command_of(scene, fact)
        yield from _deleted(scene, fact, command)
    yield from _found_by_fd(scene)


def _found_by_fd(scene: Scene) -> Iterator[Loss]:
    """`fd -e py -x rm`: what fd finds is not among the facts."""
    for fact in scene.runs("rm", "grm"):
        wrappers = tuple(fact.data.get("wrappers") or ())
        if not any(one.startswith(("fd ", "fdfind ")) for one in wrappers):
            continue
        outer = next((each for each in scene.runs("fd", "fdfind")), fact)
        argv = tuple(outer.data.get("argv") or ())
        endings = [argv[at + 1] for at in range(len(argv) - 1) if argv[at] in ("-e", "--extension", "-g", "--glob")]
        if not endings or not all(paths.is_build("x." + one.lstrip("*.")) for one in endings):
            yield _gone(fact, "fd", "this call deletes every file that fd finds here")


def _deleted(scene: Scene, fact: Fact, command: Fact | None) -> Iterator[Loss]:
    path = fact.name
    if path.startswith("/tmp/tmp." + UNKNOWN):
        return  # what mktemp made in this very command
    found = False
    for named in _named(scene, fact, command) if UNKNOWN in path else (path,):
        found = True
        loss = _judged(scene, fact, command, named)
        if loss is not None:
            yield loss
    if not found:
        loss = _lost_somewhere(scene, fact, command)
        if loss is not None:
            yield loss


def _judged(scene: Scene, fact: Fact, command: Fact | None, path: str) -> Loss | None:
    kind = paths.kind_of(path, scene.root)
    if kind == paths.TEMP:
        path = _before(scene, fact, path)
        kind = paths.kind_of(path, scene.root)
    deep = bool(fact.data.get("recursive") or fact.data.get("glob")) or _recursive(command)
    deep = deep or (fact.data.get("via") in _CODE and "." not in posixpath.basename(path).strip("."))
    if "rmdir" in (fact.data.get("via"), command.name if command else ""):
        return None  # refuses what is not empty
    if _prompts(command):
        return None
    if fact.data.get("inside") and not fact.data.get("mounted"):
        return _elsewhere(scene, fact, kind, path, deep)
    if kind == paths.NOWHERE:
        return _lost_somewhere(scene, fact, command)
    if kind in _PASS and not _link_out(scene, path):
        return None
    if _by_find(fact, command) and _narrow(scene):
        return None
    if kind in _NEVER and (deep or path in ("/",) or kind == paths.HOME or paths.kind_of(path, "/nowhere") == kind):
        return _refused(scene, fact, kind, path, deep)
    if kind in (paths.ABOVE, paths.WHOLE, paths.HISTORY):
        return _gone(fact, path, f"this call deletes {paths.shown_kind(kind, path)} ({shown(path, 60)})")
    return _inside(scene, fact, kind, path, deep)


def _before(scene: Scene, fact: Fact, path: str) -> str:
    """Where what is deleted in a temporary folder stood before this very call moved it there."""
    for each in scene.of("move"):
        if each.name == path or each.name.startswith(path + "/"):
            return each.value
        if path.startswith(each.name + "/"):
            return each.value + path[len(each.name) :]
    return path


def _by_find(fact: Fact, command: Fact | None) -> bool:
    wrappers = command.data.get("wrappers") or () if command is not None else ()
    return fact.data.get("via") == "find" or any(one.startswith("find") for one in wrappers)


def _prompts(command: Fact | None) -> bool:
    """Whether rm asks before each file and nobody answers for it: `rm -rf -i x`."""
    if command is None or command.name not in ("rm", "grm") or command.data.get("piped_from"):
        return False
    asks = False
    for word in command.data.get("argv") or ():
        if word.startswith("--interactive") and not word.endswith(("=never", "=none", "=no")):
            asks = True
        elif word[:1] == "-" and word[1:2] != "-":
            asks = max(word.rfind("i"), word.rfind("I")) > word.rfind("f") or (asks and "f" not in word)
        elif word == "--force":
            asks = False
    return asks and "<" not in command.value


def _refused(scene: Scene, fact: Fact, kind: str, path: str, deep: bool) -> Loss | None:
    if not deep and paths.is_build(posixpath.basename(path)):
        return None
    says = f"this call deletes {shown(path, 60)}: {paths.shown_kind(kind, path)}"
    return Loss(
        fact,
        says,
        status=REJECTED if deep or kind == paths.HOME else ESCALATED,
        confidence=0.97,
        way_out="Name the one folder that is to go, or ask the person.",
        subject=path,
    )


def _inside(scene: Scene, fact: Fact, kind: str, path: str, deep: bool) -> Loss | None:
    """A path in the repository or outside it: decided by what the probes know, else by how much it takes."""
    state = scene.state("path", path)
    if state.get("exists") is False or state.get("empty"):
        return None
    only_here = state.get("only_here")
    if only_here is not None:
        if only_here == 0 or state.get("new"):
            return None
        files = "1 file that exists" if only_here == 1 else f"{only_here} files that exist"
        return _gone(fact, path, f"this call deletes {shown(scene.rel(path), 60)}: {files} only here")
    if kind == paths.OUTSIDE:
        if state.get("new") or (not deep and paths.is_build(posixpath.basename(path))):
            return None
        return _gone(fact, path, f"this call deletes {shown(path, 60)}, which is outside this repository")
    if deep and _takes_many(path, fact):
        return _gone(
            fact, path, f"this call deletes {shown(scene.rel(path), 60)}: uncommitted work in it would be lost"
        )
    if paths.is_precious(path):
        return _gone(fact, path, f"this call deletes {shown(scene.rel(path), 60)}, which is usually kept nowhere else")
    return None


def _takes_many(path: str, fact: Fact) -> bool:
    """Whether a recursive or glob delete takes a tree or many files: `rm -rf notes.txt` takes one."""
    last = posixpath.basename(path)
    if fact.data.get("glob"):
        return not paths.is_build(last.lstrip("*"))
    return "." not in last.strip(".") or "*" in last


def _gone(fact: Fact, path: str, says: str) -> Loss:
    return Loss(fact, says, way_out="Move it aside instead, or ask the person.", subject=path)


def _lost_somewhere(scene: Scene, fact: Fact, command: Fact | None) -> Loss | None:
    """A delete of a path that only the shell will know."""
    if _temporary(scene, fact, command):
        return None
    many = fact.data.get("recursive") or fact.data.get("glob") or _recursive(command)
    fed = command is not None and any(
        one.startswith(("xargs", "parallel")) for one in command.data.get("wrappers") or ()
    )
    last = posixpath.basename(fact.name)
    if fact.data.get("inside") or (not many and not fed) or (UNKNOWN not in last and paths.is_build(last)):
        return None
    return Loss(
        fact,
        "this call deletes a tree whose path cannot be told before it runs",
        subject="unknown",
        way_out="Write the path out, or ask the person.",
    )


def _temporary(scene: Scene, fact: Fact, command: Fact | None) -> bool:
    """Whether an unknown path is a variable that holds what mktemp made, or the usual folder for temporary files."""
    text = command.value if command is not None else ""
    argv = tuple(str(word) for word in command.data.get("argv") or ()) if command is not None else ()
    if fact.data.get("via") in _PROGRAMS and (argv[1:] in ((), ("-",)) or any(one in text for one in _MADE_HERE)):
        return True  # a program makes its own temporary folders; what it is given on standard input is not known here
    names = variables_in(text)
    if names & {"TMPDIR", "TMP", "TEMP", "RUNNER_TEMP", "TEMPDIR", "BATS_TMPDIR", "BATS_TEST_TMPDIR", "XDG_CACHE_HOME"}:
        return True
    made = any(each.name == "mktemp" for each in scene.of("command"))
    given = {each.name for each in scene.of("env") if UNKNOWN in each.value}
    moved = UNKNOWN not in str(fact.data.get("said") or UNKNOWN)  # a plain name in a folder that mktemp made
    return made and bool(given) and (moved or "$" not in text or bool(names & given))


def _named(scene: Scene, fact: Fact, command: Fact | None) -> list[str]:
    """What an unknown path may stand for: the names that a `find` before the pipe looks for."""
    fed = tuple(command.data.get("piped_from") or ()) if command is not None else ()
    if not fed or fed[0] not in ("find", "fd", "fdfind") or UNKNOWN not in fact.name:
        return []
    cwd = str(command.data.get("cwd") or scene.root) if command is not None else scene.root
    roots = []
    for word in fed[1:]:
        if word[:1] in ("-", "(", "!"):
            break
        roots.append(word)
    names = [fed[at + 1] for at in range(len(fed) - 1) if fed[at] in ("-name", "-iname", "-path", "-e")]
    if fed[0] != "find":
        names = ["*." + name for name in names]
    joined = [posixpath.normpath(posixpath.join(cwd, where)) for where in roots or ["."]]
    return [f"{where.rstrip('/')}/**/{name.lstrip('./')}" for where in joined for name in names]


def _narrow(scene: Scene) -> bool:
    """Whether a find only takes what is empty."""
    found = [fact.data.get("argv") or () for fact in scene.of("command") if fact.name in ("find", "gfind")]
    return any("-empty" in argv and not {"-o", "-or", ","} & set(argv) for argv in found)


def _recursive(command: Fact | None) -> bool:
    """Whether rm was told to go deep by a long option cut short."""
    if command is None or command.name not in ("rm", "grm"):
        return False
    return any(len(word) >= _REACHED and "--recursive".startswith(word) for word in command.data.get("argv") or ())


def _elsewhere(scene: Scene, fact: Fact, kind: str, path: str, deep: bool) -> Loss | None:
    """A delete in a container or on another machine."""
    command = command_of(scene, fact)
    wrappers = tuple(command.data.get("wrappers") or ()) if command is not None else ()
    there = host_inside(command) if command is not None else ""
    if kind in _PASS or (not deep and not there):
        return None
    if not there and any(one.startswith(_ROOMS) for one in wrappers) and not _mounts(scene):
        return None
    if not there and kind == paths.INSIDE:
        return None
    if not deep and there and paths.is_build(posixpath.basename(path)):
        return None
    where = f"on {there}" if there else f"in {fact.data.get('inside')}"
    return _gone(fact, path, f"this call deletes {shown(path, 60)} {where}")


def _mounts(scene: Scene) -> bool:
    """Whether a folder of this machine is mounted into a container of the call."""
    words = [
        word
        for fact in scene.of("command")
        if fact.name in ("docker", "podman", "nerdctl")
        for word in fact.data.get("argv") or ()
    ]
    return any(
        word in ("-v", "--volume", "--mount") or word.startswith(("-v/", "--volume=", "--mount=")) for word in words
    )


def _link_out(scene: Scene, path: str) -> bool:
    return bool(scene.state("path", path).get("leads_out"))


def moved_away(scene: Scene, fact: Fact) -> bool:
    """Whether a delete is the old place of a file that a move of this call keeps."""
    if "moved" not in scene.memo:
        scene.memo["moved"] = frozenset(move.value for move in scene.of("move"))
    return fact.name in scene.memo["moved"]


def command_of(scene: Scene, fact: Fact) -> Fact | None:
    """The command behind an effect: the last one before it, of the program that the effect names."""
    return scene.behind(fact)


RULES = (
    rule(
        "TG401",
        "deleted files",
        "destructive_files",
        deletes,
        bad=(
            bash("rm -rf /"),
            bash("rm -rf ~/"),
            bash("rm -rf src"),
            bash("find . -delete"),
            bash("ls | xargs rm -rf"),
        ),
        good=(
            bash("rm -rf node_modules dist"),
            bash("rm notes.txt"),
            bash("rm -rf /tmp/x"),
            bash("find . -name '*.pyc' -delete"),
            bash("echo 'rm -rf /'"),
        ),
    ),
)
