"""Whether a changed path falls under a glob that a person gave, and how sure that is.

A plain name means the file at the root; scratch folders of the machine are never meant by a name of the repository.
"""

import posixpath

from tractguard.model import UNKNOWN, Fact
from tractguard.rules.crossref import Call
from tractguard.rules.scope import matches
from tractguard.rules.words import table

ELSEWHERE = ("/tmp/", "/var/tmp/", "/dev/")


def touched(call: Call, fact: Fact, globs: tuple[str, ...]) -> tuple[str, float]:
    """The glob that a changed path falls under, and how sure that is; ("", 0) where there is none."""
    if UNKNOWN in fact.name:
        return _below_known(call, fact, globs)
    path = call.rel(fact.name)
    if path.startswith(ELSEWHERE) or (path.startswith("/") and str(fact.data.get("said")).startswith("/")):
        globs = tuple(glob for glob in globs if not _of_the_root(glob))
    for glob in globs:
        if matches(glob, path) and not _sample(glob, path):
            return glob, _sure(glob, path)
    into = fact.kind == "write" and fact.data.get("recursive") and not fact.data.get("folder")
    if fact.kind in ("delete", "move") or into:  # the folder itself goes, or files are put into it
        for glob in globs:
            if matches(glob, path + "/x") and not matches(glob, "x"):
                return glob, _sure(glob, path + "/x")
    wide = fact.data.get("recursive") or fact.data.get("glob")
    if wide and fact.kind in ("delete", "move"):
        for glob in globs:
            head = literal_head(glob)
            if head and (path == "." or head == path or head.startswith(path.rstrip("/*") + "/")):
                return glob, 0.85
    return "", 0.0


def is_whole(glob: str, path: str) -> bool:
    """Whether a path is the very folder whose inside a glob covers (`**/node_modules/**`)."""
    folder = glob.removeprefix("**/").rstrip("/*")
    return glob.endswith("/**") and (path == folder or (glob.startswith("**/") and path.endswith("/" + folder)))


def _of_the_root(glob: str) -> bool:
    """Whether a glob names a place of this repository, and not files of a kind wherever they are."""
    return not glob.startswith(("/", "~", "**/")) and "/" in glob


def _below_known(call: Call, fact: Fact, globs: tuple[str, ...]) -> tuple[str, float]:
    """A name whose end only the shell will know: enough where what is known already lies in a protected folder."""
    folder = call.rel(fact.name.partition(UNKNOWN)[0].rpartition("/")[0])
    for glob in globs:
        head = literal_head(glob)
        if glob.endswith("/**") and head and (folder == head or folder.startswith(head + "/")):
            return glob, _sure(glob, folder + "/x")
    return "", 0.0


def _sample(glob: str, path: str) -> bool:
    """`.env.example` is there to be edited, also where `.env*` is not."""
    name = posixpath.basename(path).lower()
    return ".env" in glob and any(name.endswith(tail) for tail in (".example", ".sample", ".template", ".dist"))


def _sure(glob: str, path: str) -> float:
    """A plain name without a folder means the file at the root; the same name deeper down is only probably meant."""
    bare = glob.removeprefix("./")
    if path.startswith("/"):
        return 0.95 if bare.startswith(("/", "~")) else 0.6
    anywhere = bare.startswith("**/") or (any(char in bare for char in "*?[{") and "/" not in bare.rstrip("/*"))
    if anywhere and not bare.endswith(("/", "/**")):
        return 0.95
    name = bare.removeprefix("**/").rstrip("/").removesuffix("/**").rstrip("/")
    if "/" in name or path == name or path.startswith(name + "/"):
        return 0.95
    if bare.endswith(("/", "/**")):
        if path.partition("/")[0] in table("files")["beside"]:
            return 0.65  # tests/migrations/ is about migrations/, it is not it
        return 0.85 if name in table("files")["usual_generated"] or bare.startswith("**/") else 0.7
    if name in table("files")["unique_names"]:
        return 0.95
    stem = name.partition(".")[0].lower()
    return 0.65 if stem in table("files")["common_stems"] or "." not in name else 0.82


def literal_head(glob: str) -> str:
    """What a glob begins with, up to its first sign of a pattern."""
    head = glob.removeprefix("./").removeprefix("**/")
    for index, char in enumerate(head):
        if char in "*?[{":
            head = head[:index]
            break
    return head.rstrip("/")
