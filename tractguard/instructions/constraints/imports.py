"""What must not be imported: folders and modules, endings of files, relative paths that climb too far.

An import stands in a string in most languages, so the patterns are literal openings of an import with its quote. A rule
whose module is not named literally ("barrel files") keeps its words.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.layers import layers_of
from tractguard.instructions.constraints.mentions import paths
from tractguard.instructions.constraints.reading import Code, Sentence
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_IMPORTS = lazy(r"\b(?:imports?|importing|imported|require|requires|requiring|re-?export\w*)\b")
_FROM = lazy(
    r"\b(?:never|not)(?: directly)? from [`'\"]?$|"
    r"\b(?:imports?|importing|imported|require|re-?exports?)\b[^,.;`'\"]{0,30}?"
    r"(?:\bfrom\s+|\s)(?:the |our |anything (?:in|from|under) |inside )*[`'\"]?$"
)
_EXTENSION = lazy(
    r"`?\.?(?:jsx?|tsx?|mjs|file)`? (?:file )?(?:extensions?|suffix(?:es)?|endings?)\b|\bfile extensions?\b"
    r"|`\.js` (?:to|in|on|from) (?:the |any )?import|\bextensions? (?:in|from|on) (?:\w+ )?imports?\b"
)
_ENDING = lazy(r"\.(jsx?|tsx?|mjs)\b")
_LEVELS = lazy(
    r"\b(?:relative|parent|upward) (?:imports?|paths?|import paths?)\b[^,.;]{0,24}?"
    r"\b(?:beyond|deeper than|more than|over|above|past|exceeding|further than)\s+(one|two|three|four|[1-4])\b"
    r"|\b(?:more than|deeper than|over)\s+(one|two|three|four|[1-4])\s+(?:levels?|director(?:y|ies)|folders?)\b",
    needs="relative|parent|upward|more than|deeper|over",
)
_KEEPS_ENDING = lazy(  # "relative imports must include `.js` extensions"
    r"\bimports? (?:must|should|always|need to|require|have to)\b[^.;]{0,24}?\b(?:includ\w+|use|carry|end (?:in|with)"
    r"|have|with)? ?(?:the |a |explicit )?`\.js`"
    r"|\b(?:always|must) (?:use|include|add) (?:the |a )?`\.js` (?:extensions?|suffix)[^.;]{0,20}\bimport",
    needs=".js",
)
_RELATIVE = lazy(
    r"\b(?:instead of|not|never|no|avoid|rather than)(?: use| using)? (?:deep |long )?relative (?:imports?|paths?)\b"
)
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4}
_CLIMB = lazy(r"(?:\.\./)+(?:\.\.)?(?:\.\.\.|…)?$")
_SUBJECT = lazy(
    r"\W*(?:the |all |any |our )?([a-z][\w-]*(?: [a-z][\w-]*){0,3}) (?:must|should|may|can|do|does|shall)"
    r"(?:not|n't| not| never)\b.{0,12}\bimport"
)
_BEHIND = lazy(
    r"`?/?(?: \w+ly)? ((?:in|inside|from|within|into) (?!any\b|this\b|here\b|code\b|new code\b"
    r"|the (?:code|project|repo))"
    r"[a-z][\w -]{2,40})"
)
_KEPT = lazy(r"\b(?:remov|drop|omit|strip|skip|forget|leave out|leave off|delet)\w*\s(?:the |any )?[`.]{0,2}$")
_OMITTED = lazy(r"^\W*(?:always |please )?(?:omit|drop|leave out|leave off|skip|strip)\s(?:the |any )?[`.]{0,2}$")
_BOUNDS = ("scope", "except", "when", "unless")
_OPENINGS = ("from ", "require(")
_PREFIXES = ("", "./", "../", "../../", "@/")
_DEPENDS = lazy(r"\b(?:depends?|depending|rely|relies) (?:up)?on\b")
_PART = lazy(r":?[\w-]+(?::[\w*-]+)*(?::|-?\*)?")
_ONLY_THESE = lazy(r"\W*only (?:the )?`")
_MODULE = lazy(r"^@?[\w~.-]*(?:/[\w.*-]+)*/?$")


def imports_of(said: Sentence) -> list[Constraint]:
    """forbid_code for imports that a sentence excludes, dependency for parts of the same build; [] for neither."""
    parts = depends_of(said) or layers_of(said)
    if parts:
        return parts
    cue = _IMPORTS.search(said.bare)
    if cue is None:
        return []
    if _KEEPS_ENDING.search(said.low):
        return [Constraint("require_code", {"what": ".js extensions in imports", "lang": "javascript"})]
    data = _climbing(said) or _ending(said) or _modules(said) or _relative(said)
    if not data:
        return []
    named = [path for path in paths(said) if "from" not in said.low[max(0, path.start - 8) : path.start]]
    bounds = {**_importer(said), **where(said, 0, named)}
    return [Constraint("forbid_code", {**data, **{key: bounds[key] for key in _BOUNDS if key in bounds}})]


def depends_of(said: Sentence) -> list[Constraint]:
    """ "`data:` never depends on `ui:`", "only `shell` may depend on `:secret`": parts of one build."""
    cue = _DEPENDS.search(said.bare)
    if cue is None:
        return []
    behind = [
        code.text.strip() for code in said.codes if code.start >= cue.end() and _PART.fullmatch(code.text.strip())
    ]
    ahead = [
        code.text.strip() for code in said.codes if code.start < cue.start() and _PART.fullmatch(code.text.strip())
    ]
    if not any(":" in text for text in behind):
        return []
    banned = [one for text in behind for one in _parts_of_build(text)]
    folders = [text.strip(":").replace(":", "/") + "/" for text in ahead]
    if _ONLY_THESE.match(said.bare):
        permit = {"forbid": banned, "permit": True, "scope": folders}
        return [Constraint("dependency", {"forbid": banned, "except": folders}), Constraint("dependency", permit)]
    if said.sign(cue.end()) != "-":
        return []
    return [Constraint("dependency", {"forbid": banned, "scope": folders} if folders else {"forbid": banned})]


def _parts_of_build(text: str) -> list[str]:
    """`ui:` is every part below it, `app` the part `:app`."""
    name = ":" + text.strip(":")
    return [name + ":*"] if text.endswith(":") else [name]


def _importer(said: Sentence) -> dict[str, str]:
    """Whose imports are meant, where the sentence says so in words: then the rules are less sure."""
    subject = _SUBJECT.match(said.low)
    if subject and subject.group(1) not in section("not_importers"):
        return {"scope": subject.group(1)}
    behind = next((match for code in said.codes if (match := _BEHIND.match(said.bare, code.end))), None)
    return {"when": behind.group(1)} if behind else {}


def _climbing(said: Sentence) -> dict[str, Any]:
    """Relative imports that go up more folders than allowed."""
    match = _LEVELS.search(said.bare)
    steps = 0
    if match and said.sign(match.start()) == "-":
        word = match.group(1) or match.group(2)
        steps = int(_COUNTS.get(word, word)) + 1
    for code in said.codes:
        text = code.text.strip()
        if _CLIMB.match(text) and said.sign(code.start) == "-":
            steps = text.count("..") - text.count("...") if "..." in text else text.count("..")
    if steps < 1:
        return {}
    path = "../" * steps
    return {"what": f"imports from `{path}`", "pattern": _opened(path), "lang": "javascript"}


def _relative(said: Sentence) -> dict[str, Any]:
    """Relative imports as such, where something else is to be used: those that leave the folder are out."""
    match = _RELATIVE.search(said.bare)
    if match is None or said.sign(match.end() - 1) != "-":
        return {}
    use = next((code.text for code in said.codes if said.sign(code.start) == "+"), "")
    data: dict[str, Any] = {"what": "imports from `../`", "pattern": _opened("../"), "lang": "javascript"}
    return {**data, "use": use} if use else data


def _ending(said: Sentence) -> dict[str, Any]:
    """Endings of files in import paths."""
    match = _EXTENSION.search(said.low)
    if not match:
        return {}
    ahead = said.low[: match.start()]
    excluded = said.sign(match.start()) == "-" and not _KEPT.search(ahead[-30:])
    if not excluded and not _OMITTED.match(ahead):
        return {}
    named = _ENDING.search(match.group())
    if named and named.group(1) != "js":
        return {}
    return {"what": ".js extensions in imports", "lang": "javascript"}


def _modules(said: Sentence) -> dict[str, Any]:
    """Folders and modules in code marks behind "import from"."""
    named = [code for code in said.codes if _is_source(said, code)]
    if not named:
        return {}
    patterns: list[str] = []
    for code in named:
        patterns += _literal(code.text.strip().removesuffix("/**").removesuffix("/*"))
    return {"what": ", ".join(f"import from {code.text}" for code in named), "pattern": list(dict.fromkeys(patterns))}


def _is_source(said: Sentence, code: Code) -> bool:
    text = code.text.strip()
    if said.sign(code.start) != "-" or not _MODULE.match(text) or text.startswith(("-", ".js", ".ts")):
        return False
    ahead = said.low[max(0, code.start - 60) : code.start]
    return bool(_FROM.search(ahead)) and (bool(re.search(r"\bfrom\b", ahead)) or "/" in text)


def _literal(text: str) -> list[str]:
    """The openings of an import of `text` in the languages that quote it, and as a dotted name."""
    stem = re.sub(r"\.(?:[cm]?[jt]sx?)$", "", text)
    if stem != text:
        return [one + end for prefix in _PREFIXES for one in _opened(prefix + stem) for end in (_quote(one), ".")]
    plain = text.rstrip("/").removeprefix("./")
    folder = text.endswith("/") or ("/" in plain and not plain.startswith("@"))
    found = []
    if folder:
        found = [one for prefix in _PREFIXES for one in _opened(prefix + plain + "/")]
    else:
        found = [one + end for one in _opened(plain) for end in (_quote(one), "/")]
    dotted = plain.replace("/", ".")
    if re.fullmatch(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", dotted):
        found.append(f"from {dotted}")
    return found


def _quote(opened: str) -> str:
    return "'" if "'" in opened else '"'


def _opened(path: str) -> list[str]:
    return [f"{opening}{quote}{path}" for opening in _OPENINGS for quote in "'\""]
