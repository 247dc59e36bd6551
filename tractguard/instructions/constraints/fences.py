"""Fences around files: changes stay inside some folders ("only edit `src/`"), and what lies in a folder is not run.

It needs the path right behind the words of the fence. A folder that is closed to changes is for `places`.
"""

import re

from tractguard.instructions.constraints.mentions import Path, glob, scope_glob
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_BELOW = lazy(r"\b(?:below|under|inside|within|in)(?: the)? $")
MOST_AHEAD = 80  # characters ahead of a path in which the verb that it belongs to stands
_RUN_FROM = lazy(
    r"\b(?:run|execute|apply|source|invoke|replay)\b(?: [\w-]+){0,3}? "
    r"(?:migrations?|scripts?|files?|anything|queries|seeds?|fixtures|sql)(?: \w+)? "
    r"(?:from|in|under|below|inside)(?: the)? `?$"
)
_RUN_IT = lazy(r"\b(?:run|execute|invoke|launch|start)(?: the)?(?: script)? `$")
_ONLY_SO = lazy(r"\b(?:directly|before|until|unless|without|while|when|if|except|in parallel)\b")
_A_SCRIPT = lazy(r"[\w./-]+\.(?:py|sh|bash|js|mjs|cjs|ts|rb|pl|php|ps1|bat|r|jl|lua|exs)")
_FENCE = lazy(
    r"\b(?:never|do not|don't|must not|not)\b[^.;]{0,20}\b(?:edit|modify|touch|change|write"
    r"|create)\b[^.;]{0,40}\boutside(?: of)?(?: the)? `?$"
    r"|\bonly (?:ever )?(?:edit|modify|touch|change|write to|work in|work on)(?: (?:files?"
    r"|code))?(?: (?:in|inside|under|within))?(?: the)? `?$"
    r"|\bonly files? (?:you|to be)[^.;]{0,20}(?:edit|modify|touch|change)\w* (?:is|are) `?$",
    needs="only|outside",
)


def fenced_of(said: Sentence, named: list[Path]) -> list[Constraint]:
    """Changes stay inside some folders: everything else is closed."""
    inside = [scope_glob(path) for path in named if _FENCE.search(said.low[max(0, path.start - 90) : path.start])]
    return (
        [Constraint("forbid_path", {"glob": ["**"], "except": inside[0] if len(inside) == 1 else inside})]
        if inside
        else []
    )


_OUTSIDE = lazy(
    r"\b(?:chang\w+|files?|edit\w*|writ\w+|modif\w+|creat\w+|touch\w*|delet\w+|anything)\b[^.;]{0,30}?"
    r"\boutside (?:of )?(?:this|the|your|our) (?:repo(?:sitory)?|project|workspace|working (?:directory|tree)"
    r"|project (?:root|folder|directory)|codebase)\b(?! structure)",
    needs="outside",
)


def outside_of(said: Sentence) -> list[Constraint]:
    """ "Do not make changes outside this repository"."""
    match = _OUTSIDE.search(said.bare)
    if match is None or said.sign(match.start()) != "-":
        return []
    return [Constraint("forbid_path", {"glob": ["outside the repository"], "outside": True})]


def not_run_of(said: Sentence, named: list[Path]) -> list[Constraint]:
    """Files that are not to be run: "never run archived migrations from `sql/archived/`"."""
    globs = []
    for path in named:
        ran = _RUN_FROM.search(said.bare, max(0, path.start - MOST_AHEAD), path.start)
        if ran and said.sign(ran.start()) == "-" and said.sign(path.start) == "-":
            globs.append(glob(as_folder(path, said)).removeprefix("/"))
        elif _A_SCRIPT.fullmatch(path.text) and _never_run(said, path):
            globs.append(path.text.removeprefix("./"))
    return [Constraint("forbid_path", {"glob": globs, "op": "run"})] if globs else []


def _never_run(said: Sentence, path: Path) -> bool:
    """ "Do not run `load_all.py`": the script itself; "directly" leaves the way through a runner open."""
    ran = _RUN_IT.search(said.bare, max(0, path.start - MOST_AHEAD), path.start)
    return ran is not None and said.sign(path.start) == "-" and _ONLY_SO.search(said.bare) is None


def as_folder(path: Path, said: Sentence) -> Path:
    """ "files below `proto/gen`": what things are in is a folder."""
    ahead = said.low[max(0, path.start - 16) : path.start].rstrip("`")
    plain = "." not in path.text.rsplit("/", 1)[-1] and "*" not in path.text
    return path._replace(folder=True) if plain and (path.text[0] == "/" or _BELOW.search(ahead)) else path


_LIVES_IN = lazy(
    r"\b(?:lives?|is|are|sits?|stays?|resides?|kept|stored|found|generated|written) (?:in|at|to) (?:the )?`?$"
)


def only_mentioned(ahead: str) -> bool:
    """Whether the words ahead of a path make it a mere mention: "see X", "with X"; not "they live in X"."""
    beside = re.search(r"\b(?:in|at|from|with|by|via|see|to|of) (?:the )?`?$", ahead)
    return beside is not None and not _LIVES_IN.search(ahead)
