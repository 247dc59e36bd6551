"""What programs that list files hand on: find, fd, ls, `grep -l`, `git ls-files`.

A list is told as a pattern below its folder, as narrow as the tests of find say. Where find's tests are plain ones and
the tree can be listed, the files that they hold for are kept beside the pattern: an effect on the pattern is then told
of each of them. A test that narrows the list in a way that cannot be judged (`-newer`, `-size`) keeps nothing.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from tractguard.facts.shell_run import Run
from tractguard.facts.words import Word, absolute, options
from tractguard.facts.wrappers import table
from tractguard.model import UNKNOWN

MOST_WALKS = 8  # lists of one call that the tree is looked through for
MOST_FOLDERS = 64  # folders that are looked into for one list
MOST_NAMES = 64  # files that one list is told as
_UNSEEN = (".git", "node_modules", ".venv")  # not looked into: nobody protects a file there by its name
_PLAIN = frozenset(
    "-o -or -a -and -not -print -print0 -prune -depth -delete -follow -mount -xdev -exec -execdir -ok -okdir".split()
)
_KEEPS = frozenset("sort head tail uniq tac shuf cat".split())  # they hand on what they read, or a part of it


class Tests(NamedTuple):
    """What find's tests ask of a file."""

    names: tuple[str, ...]  # patterns of its name, or of its path where a `/` stands in them: one of them holds
    without: tuple[str, ...]  # none of these does
    folder: bool | None  # whether it has to be a folder; None where that does not matter
    depth: int  # how deep below the root, at most


def listing(run: Run, argv: Sequence[str], cwd: str) -> list[Word]:
    """The files that a command lists, as patterns; none where that cannot be told."""
    name, args = (argv[0].rpartition("/")[2], argv[1:]) if argv else ("", ())
    if name in ("find", "gfind"):
        words = [Word(arg) for arg in args]
        narrow = any(arg in _NAMING for arg in args) or any(root.text not in (".", "./", "/") for root in roots(words))
        return [find(run, words, cwd)] if narrow else []
    if name in ("fd", "fdfind"):
        return [fd(run, [Word(arg) for arg in args], cwd)]
    flags = [arg for arg in args if arg[:1] == "-"]
    rest = [arg for arg in args if arg[:1] != "-"]
    if name == "ls":
        if not rest and not any("R" in flag for flag in flags):
            return [Word("*", (), False, True)]
        return [Word(arg, (), False, True) for arg in rest if "*" in arg or "?" in arg]
    lists = any(arg in ("--files-with-matches", "--files-without-match", "--name-only") for arg in flags)
    lists = lists or any(arg[1:2] != "-" and ("l" in arg or "L" in arg) for arg in flags)
    if name in ("grep", "egrep", "fgrep", "rg", "ag") and lists:
        rest = rest[1:]  # the first is what is looked for
    elif name == "git" and rest[:1] == ["ls-files"]:
        rest = rest[1:]
    else:
        return []
    return [_pathspec(arg) for arg in rest if arg != "."]


def keeps(name: str) -> bool:
    """Whether a program in a pipe hands on names as it was given them."""
    return name in _KEEPS


def _pathspec(arg: str) -> Word:
    if "*" in arg or "?" in arg:
        return Word(arg, (), False, True)
    return Word(f"{arg.rstrip('/')}/**", (), False, True) if "." not in arg.rpartition("/")[2] else Word(arg)


# find

_NAMING = ("-name", "-iname", "-path", "-wholename", "-ipath")


def roots(args: Sequence[Word]) -> list[Word]:
    """The folders that find looks below."""
    found: list[Word] = []
    for arg in args:
        if arg.text in ("-H", "-L", "-P"):
            continue
        if arg.text[:1] in ("-", "(", "!"):
            break
        found.append(arg)
    return found


def branch(args: Sequence[Word]) -> Sequence[Word]:
    """The tests that hold for the last action: `-path ./x -prune -o -name y -exec` looks at y alone."""
    last = max((index for index, arg in enumerate(args) if arg.text in ("-o", "-or")), default=-1)
    return args[last + 1 :]


def find(run: Run, args: Sequence[Word], cwd: str) -> Word:
    """What find hands on: a pattern below its first root, as narrow as its -name says."""
    found = roots(args)
    pattern = _pattern(branch(args), found[0] if found else Word("."))
    tests = _tests([arg.text for arg in args[len(found) :]])
    if tests is not None:
        _keep(run, pattern, found or [Word(".")], tests, cwd)
    return pattern


def _pattern(args: Sequence[Word], root: Word) -> Word:
    for index, arg in enumerate(args[:-1]):
        if index and args[index - 1].text in ("!", "-not"):
            continue
        if arg.text in ("-name", "-iname") and args[index + 1].known:
            return Word(f"{root.text.rstrip('/')}/**/{args[index + 1].text}", (), False, True)
        if arg.text in ("-path", "-wholename") and args[index + 1].known:
            text = args[index + 1].text
            return Word(text if text.startswith(("/", "./")) else f"{root.text}/{text}", (), False, True)
    return Word(f"{root.text.rstrip('/')}/**", (), False, True)


def _tests(args: Sequence[str]) -> Tests | None:
    """The tests, where all of them are understood and at least one is about a name."""
    names: list[str] = []
    without: list[str] = []
    folder: bool | None = None
    depth = 99
    index = 0
    while index < len(args):
        word, value = args[index], args[index + 1] if index + 1 < len(args) else ""
        index += 1
        if word in _NAMING:
            if UNKNOWN in value or word in ("-iname", "-ipath"):
                return None
            negated = index > 1 and args[index - 2] in ("!", "-not")
            pruned = "-prune" in args[index:] and ("-o" in args[index:] or "-or" in args[index:])
            (without if negated or pruned else names).append(value)
            index += 1
        elif word == "-type":
            folder = None if value not in ("f", "d") else value == "d"
            index += 1
        elif word == "-maxdepth" and value.isdigit():
            depth = int(value[:2])
            index += 1
        elif word in ("-exec", "-execdir", "-ok", "-okdir"):
            break
        elif word[:1] == "-" and word not in _PLAIN:
            return None
    return Tests(tuple(names), tuple(without), folder, depth) if names else None


# fd


def fd(run: Run, args: Sequence[Word], cwd: str) -> Word:
    """What fd hands on: a pattern below its first folder, as narrow as a plain name or an extension says."""
    takes = [flag for flag in table("files")["take"]["fd"].split() if flag not in ("-x", "--exec", "-X")]
    parsed = options(args, frozenset(takes))
    root = parsed.rest[1].text.rstrip("/") if len(parsed.rest) > 1 else "."
    name = parsed.rest[0].text if parsed.rest else "."
    ending = parsed.value("-e", "--extension")
    if parsed.has("-g", "--glob") and "/" not in name:
        last = name
    else:
        plain = name.replace("-", "").replace("_", "").isalnum()
        last = f"*{name}*" if plain else "*"
    if ending is not None and ending.known:
        last = f"{last.rstrip('*') or ''}*.{ending.text.lstrip('.')}"
    pattern = Word(f"{root}/**/{last}" if last != "*" else f"{root}/**", (), False, True)
    if last != "*" and UNKNOWN not in last and not parsed.has("-E", "--exclude", "-S", "--size", "--changed-within"):
        _keep(run, pattern, [Word(root)], Tests((last,), (), None, 99), cwd)
    return pattern


# The tree


def _keep(run: Run, pattern: Word, places: Sequence[Word], tests: Tests, cwd: str) -> None:
    """Remember the files that a pattern stands for, by the path that an effect on it will have."""
    walks = run.get(":walks") or 0
    if run.where.inside or not pattern.known or walks >= MOST_WALKS:
        return
    run.set(":walks", walks + 1)
    names: list[str] = []
    for place in places[:4]:
        names.extend(_walk(run, absolute(place.text, cwd, run.world.home), place.text.rstrip("/"), tests))
    run.set(":g:" + absolute(pattern.text, cwd, run.world.home), tuple(names[:MOST_NAMES]))


def _walk(run: Run, root: str, said: str, tests: Tests) -> list[str]:
    top = run.world.root
    if UNKNOWN in root or not (root == top or root.startswith(top.rstrip("/") + "/")):
        return []
    found: list[str] = []
    todo = [(root, 1)]
    for folder, depth in todo:
        for name in run.world.listing(folder) or ():
            path = f"{folder}/{name}"
            shown = said + path[len(root) :]
            if any(_fits(name, shown, test) for test in tests.without):
                continue
            is_folder = bool(run.world.is_dir(path))
            if is_folder and depth < tests.depth and len(todo) < MOST_FOLDERS and name not in _UNSEEN:
                todo.append((path, depth + 1))
            if tests.folder in (None, is_folder) and any(_fits(name, shown, test) for test in tests.names):
                found.append(path)
        if len(found) >= MOST_NAMES:
            break
    return found


def _fits(name: str, shown: str, test: str) -> bool:
    return fnmatchcase(shown if "/" in test else name, test)


def matches(run: Run, path: str) -> list[str]:
    """The files that a pattern stands for: those kept for it, or those that match its last part in a known folder."""
    kept = run.get(":g:" + path)
    if isinstance(kept, tuple):
        return list(kept)
    folder, _, pattern = path.rpartition("/")
    if any(char in folder for char in "*?[") or UNKNOWN in path or pattern == "**":
        return []
    found = [
        f"{folder}/{name}"
        for name in run.world.listing(folder or "/") or ()
        if fnmatchcase(name, pattern) and (not name.startswith(".") or pattern.startswith("."))
    ]
    return found[:MOST_NAMES]


def kept(run: Run, path: str) -> bool:
    """Whether a path is a pattern of a list, however it was quoted since."""
    return run.get(":g:" + path) is not None
