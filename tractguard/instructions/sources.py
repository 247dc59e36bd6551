"""The instruction files that people keep for their assistants: where they lie, their text, and what they import.

Knows the places and the front matter of each kind; refuses to know what a sentence means. Each file is read once,
whatever leads to it: a link, an import, a circle of imports. Cold.
"""

import hashlib
import os
import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tractguard.instructions.markup import HIDING
from tractguard.places import Places

MOST_BYTES = 2_000_000
IMPORTED = "imported"  # the key under which the ledger's state keeps the fingerprints of what was imported
DEEPEST = 5  # how far `@imports` are followed, as the client does
MOST_FOLDERS = 2_000  # are looked through for the files of subfolders, the nearest first
IMPORT = re.compile(r"(?:^|(?<=\s))@((?:~/|\.{0,2}/)?[\w.\-/]+\.\w+)")
_HEAD = re.compile(r"---\n(?:paths|globs|applyTo|alwaysApply|description|name):")
_NAMES = ("CLAUDE.md", ".claude/CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", "GEMINI.md", ".cursorrules")
_IN_SUBFOLDERS = frozenset(("CLAUDE.md", "CLAUDE.local.md", "AGENTS.md", "GEMINI.md", ".cursorrules"))
_NOT_OURS = frozenset(  # folders of what others wrote, or a program made
    "node_modules vendor third_party target dist build out venv env __pycache__ site-packages Pods coverage".split()
)


class Source(NamedTuple):
    """One instruction file as found."""

    path: str
    text: str
    scope: tuple[str, ...] = ()  # globs of the files it holds for, from its front matter
    problem: str = ""  # one sentence, where it could not be read
    folder: str = ""  # "backend/": the subfolder that it speaks of, and from which its paths are written
    notes: tuple[str, ...] = ()  # sentences on what is odd about a file that was read


def sources(places: Places, environ: Mapping[str, str]) -> list[Source]:
    """Every instruction file that is in force for a repository, the most general first, each file once."""
    found: list[Source] = []
    seen: set[str] = set()
    for path, folder in _candidates(places, environ):
        if os.path.isfile(path):
            found += with_imports(path, folder, seen, ())
    return found


def fingerprints(places: Places, environ: Mapping[str, str]) -> dict[str, str]:
    """A hash of each instruction file's text: what tells that a file has changed."""
    return {
        source.path: hashlib.sha256(source.text.encode("utf-8", "replace")).hexdigest()[:16]
        for source in sources(places, environ)
    }


def with_imports(path: str, folder: str, seen: set[str], above: tuple[str, ...]) -> list[Source]:
    """A file and what it imports with `@path`, outside code. `above`: the files that led here, to name a circle."""
    real = os.path.realpath(path)
    if real in seen:
        return []
    seen.add(real)
    source = read_source(path, folder)
    inner: list[Source] = []
    for name in _imported(source.text) if len(above) < DEEPEST else ():
        aim = os.path.expanduser(name) if name.startswith("~") else os.path.join(os.path.dirname(path), name)
        aim = os.path.normpath(aim)
        if os.path.realpath(aim) in (real, *above):
            other = "itself" if os.path.realpath(aim) == real else f"{aim}, which leads back to it"
            source = source._replace(notes=(*source.notes, f"{path} imports {other}: each file was read once"))
        elif os.path.isfile(aim):
            inner += with_imports(aim, folder, seen, (*above, real))
    if source.scope:
        inner = [each._replace(scope=each.scope or source.scope) for each in inner]
    return [source, *inner]


def read_source(path: str, folder: str = "") -> Source:
    """One file: text decoded, front matter taken off."""
    try:
        if os.path.getsize(path) > MOST_BYTES:
            return Source(path, "", (), f"{path} is larger than {MOST_BYTES // 1_000_000} MB and was not read")
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        return Source(path, "", (), f"{path} cannot be read ({error.strerror}): check its permissions")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Source(path, "", (), f"{path} is UTF-16 and was not read: save it as UTF-8")
    if b"\0" in data:
        return Source(path, "", (), f"{path} is not a text file and was not read")
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return Source(path, "", (), f"{path} is not UTF-8 (byte {error.start}) and was not read: save it as UTF-8")
    front, body = front_matter(text)
    globs = tuple(_globs(front.get("paths") or front.get("globs") or front.get("applyTo") or ""))
    return Source(path, body, globs, "", folder, tuple(_odd(path, text, body)))


def _odd(path: str, text: str, body: str) -> Iterator[str]:
    """A sentence on characters that hide words from the eye, and one on a head that does not end."""
    found = HIDING.search(text) if not text.isascii() else None
    if found:
        where = text.count("\n", 0, found.start()) + 1
        yield f"{path}:{where} has characters that hide or reorder words: only what can be seen was read"
    if body is text and _HEAD.match(text):
        yield f"{path} has a front matter that no '---' closes: it holds for every file until that is put right"


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """The `key: value` lines between the first two `---`, lists joined by commas, and the text with them blanked."""
    if not text.startswith("---\n"):
        return {}, text
    end = text.find("\n---", 3)
    if end < 0:
        return {}, text
    head, rest = text[4:end], text[end + 4 :]
    fields: dict[str, str] = {}
    key = ""
    for line in head.splitlines():
        if line.lstrip().startswith("- ") and key:
            fields[key] = ",".join(part for part in (fields[key], line.strip()[2:].strip("\"' ")) if part)
        elif ":" in line and not line.lstrip().startswith("#"):
            key, value = (part.strip() for part in line.split(":", 1))
            fields[key] = value.strip("\"'[] ")
    return fields, "\n" * (head.count("\n") + 2) + rest.removeprefix("-")


def _imported(text: str) -> Iterator[str]:
    if "@" not in text:
        return
    fenced = False
    for line in text.splitlines():
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and "@" in line:
            yield from (found.group(1) for found in IMPORT.finditer(re.sub(r"`[^`]*`", "", line)))


def _candidates(places: Places, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(path, subfolder that it speaks of), whether it is there or not."""
    home = environ.get("HOME") or os.path.expanduser("~")
    yield os.path.join(environ.get("CLAUDE_CONFIG_DIR") or os.path.join(home, ".claude"), "CLAUDE.md"), ""
    for folder in reversed(_parents(places.root)):
        yield os.path.join(folder, "CLAUDE.md"), ""
    root = places.root
    for name in (*_NAMES, ".github/copilot-instructions.md"):
        yield os.path.join(root, name), ""
    for folder, suffixes in (
        (".claude/rules", (".md",)),
        (".cursor/rules", (".mdc", ".md")),
        (".github/instructions", (".instructions.md",)),
    ):
        for path in _below(os.path.join(root, folder), suffixes):
            yield path, ""
    yield from _of_subfolders(root)


def _of_subfolders(root: str) -> Iterator[tuple[str, str]]:
    """The files of subfolders, with the subfolder. Other repositories, and what was not written here, are left out."""
    ahead, looked = deque([""]), 0
    while ahead and looked < MOST_FOLDERS:
        folder, looked = ahead.popleft(), looked + 1
        try:
            with os.scandir(os.path.join(root, folder)) as listed:
                entries = sorted(listed, key=lambda entry: entry.name)
        except OSError:
            continue
        if folder and any(entry.name == ".git" for entry in entries):
            continue
        for entry in entries:
            if folder and entry.name in _IN_SUBFOLDERS:
                yield entry.path, folder
            elif not entry.name.startswith(".") and entry.name not in _NOT_OURS and entry.is_dir(follow_symlinks=False):
                ahead.append(f"{folder}{entry.name}/")


def _parents(root: str) -> list[str]:
    """The folders above the repository, without the root of the disk: the client reads them all."""
    found = []
    folder = os.path.dirname(root)
    while folder != os.path.dirname(folder):
        found.append(folder)
        folder = os.path.dirname(folder)
    return found


def _below(folder: str, suffixes: tuple[str, ...]) -> list[str]:
    found = []
    for here, folders, files in os.walk(folder):
        folders.sort()
        found += [os.path.join(here, name) for name in sorted(files) if name.endswith(suffixes)]
    return found


def _globs(text: str) -> Iterator[str]:
    """Comma-separated globs; a comma inside braces does not separate."""
    part, depth = "", 0
    for letter in text:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            yield from [part.strip("\"' ")] if part.strip("\"' ") else []
            part = ""
        else:
            part += letter
    if part.strip("\"' "):
        yield part.strip("\"' ")
