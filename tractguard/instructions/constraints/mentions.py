"""What a sentence names: paths, commands, and the kind of a code mark.

It knows spellings only. Whether a path is to be left alone or a command to be run is for the families.
"""

import re
from typing import NamedTuple

from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import programs, section
from tractguard.instructions.patterns import lazy

_BARE_PATH = lazy(
    r"(?<![\w/`@.:$<-])((?:~|\.{1,2})?/?(?:[\w.*@+-]|\{[\w,.*-]+\})+(?:/(?:[\w.*@<>+-]|\{[\w,.*-]+\})+)+/?"
    r"|/[\w.*-]+(?:/[\w.*-]+)*/?|[\w.*-]+/(?=[\s,;:)]|\.?$)|\*{1,2}[\w.*/-]*\.[\w*]+"
    r"|\.env(?:\.[\w*]+)*|\.[a-z]+(?:rc|ignore|-versions?)\b|[\w-]+(?:\.[\w-]+)*\.[A-Za-z]\w{0,9})(?![\w/@(])"
)
_FOLDER = lazy(r"(?:`([\w./@-]+)`|\b([\w./@-]+)) (?:folders?|director(?:y|ies)|dirs?|folder's)\b")
_DOTTED_CODE = lazy(
    r"^(?:console|process|window|document|logger|log|math|json|os|sys|path|fs|object|array|promise|self"
    r"|this|super|fmt|time|np|pd|torch|cls|app|api|db|req|res|ctx|e|i)\.",
    re.I,
)
_DOTFILE = lazy(
    r"^\.(?:git\w*|env\w*|venv|vscode|idea|claude|cursor\w*|husky|docker\w*|editorconfig|eslint\w*"
    r"|prettier\w*|DS_Store|github|circleci"
    r"|(?:tool|ruby|node|python|java|go|terraform)-versions?|\w+rc|\w+ignore|next|nuxt|\w*cache|terraform|aws|ssh|config|local|yarn|pnp|changeset|storybook)$"
)
_VERSIONISH = lazy(r"^[<>=~^v]*\d+(?:\.[\dx]+)*\+?$")
_ENV_NAME = lazy(r"^\$?[A-Z][A-Z0-9]*_[A-Z0-9_]+(?:=\S*)?$|^[A-Z][A-Z0-9_]{2,}=\S+$")
_PLACEHOLDER = lazy(
    r"\s+[\"'](?:pattern|name|message|msg|string|text|file|query)[\"']"
    r"|\s*<[^<>]*>|\s*\[[^\[\]]*\]|\s\.\.\.$|\s*…$"
)
_SCRIPT = lazy(r"^(?:\./|bin/|scripts?/|tools?/|hack/|dev/)[\w./-]+(?:\.(?:sh|py|js|ts|mjs|rb|pl|ps1))?(?:\s|$)")


_DECLARES = lazy(r"^export (?:default|const|let|var|function|class|type|interface|async|enum|abstract|\{|\*)")


_A_BRANCH = lazy(r"`?\s(?:\w+ )?branch(?:es)?\b")


_SPELLED = {  # names that every tool writes in one way, however a person writes them
    name.lower(): name
    for name in "CLAUDE.md AGENTS.md GEMINI.md README.md CHANGELOG.md LICENSE.md CONTRIBUTING.md SECURITY.md".split()
}


class Path(NamedTuple):
    """One path named by a sentence: as written, and where."""

    text: str
    start: int
    marked: bool  # it stood in code marks
    folder: bool  # it is surely a folder


def code_kind(text: str) -> str:
    """What a code mark holds: command, flag, path, env, version, slash (a chat command) or code."""
    text = text.strip()
    first = text.split(" ", 1)[0] if text else ""
    if first.startswith("-"):
        return "flag"
    if _DECLARES.match(text):
        return "code"
    if first in programs() or (_SCRIPT.match(text) and (" " in text or text.endswith((".sh", ".ps1")))):
        return "command" if ("=" not in first and "(" not in text.split(" -c ", 1)[0][:40]) or " " in text else "code"
    if first.isupper() and "=" in first and " " in text and text.split(" ", 2)[1] in programs():
        return "command"
    if _ENV_NAME.match(text):
        return "env"
    if _VERSIONISH.match(text):
        return "version"
    if re.match(r"^/[a-z][\w:-]*$", text):
        return "slash"
    return "path" if is_path(text) else "code"


def is_path(text: str) -> bool:
    """Whether one word reads as a path or a glob."""
    if (
        not text
        or " " in text
        or any(c in text for c in "()=;\"'|&$#?!\\")
        or "::" in text
        or "://" in text
        or text.startswith(("@", "-"))
    ):
        return False
    if (
        re.search(r"\.(?:md|mdx|txt|jsonl?|ya?ml|toml|tsx?|jsx?|py|rs|go|css|html|sql|sh)$", text)
        and re.match(r"^[\w./@*{},~-]+$", text)
        and text.lower() not in section("dotted_names")
    ):
        return True
    if _DOTTED_CODE.match(text) or ("**" in text and len(text) > 2) or text.endswith("/"):
        return not _DOTTED_CODE.match(text)
    if text.startswith(".env"):
        return True
    name = text.rsplit("/", 1)[-1]
    ending = name.rsplit(".", 1)[-1].lower().rstrip("}") if "." in name else ""
    if ending and (ending in section("endings") or ("{" in name and "," in name) or _DOTFILE.match(name)):
        return True
    if name in section("bare_files"):
        return True
    if "/" in text.strip("/") or text.startswith(("/", "./", "~/")):
        return bool(re.match(r"^[\w./~@*<>{},+\[\]:-]+$", text))
    return False


def paths(said: Sentence) -> list[Path]:
    """The paths of a sentence in order: code marks, bare words that read as paths, "the X folder"."""
    found = [
        Path(c.text.strip(), c.start, True, c.text.strip().endswith("/"))
        for c in said.codes
        if is_path(c.text.strip()) and not _A_BRANCH.match(said.bare, c.end)
    ]
    if "/" in said.bare or "." in said.bare:
        for match in _BARE_PATH.finditer(said.bare):
            text = said.text[match.start(1) : match.end(1)].rstrip(".,")
            if "\u2588" not in text and _bare_ok(text):
                found.append(Path(text, match.start(1), False, text.endswith("/")))
    for match in _FOLDER.finditer(said.low) if "fold" in said.low or "dir" in said.low else ():
        start, end = match.span(1 if match.group(1) else 2)
        text = said.text[start:end]
        if text.lower() not in section("not_folders"):
            found = [p for p in found if p.start != start]
            found.append(Path(text.rstrip("/") + "/", start, bool(match.group(1)), True))
    return sorted(found, key=lambda path: path.start)


def _bare_ok(text: str) -> bool:
    if not is_path(text):
        return False
    if "." not in text and not text.endswith("/") and not text.startswith(("/", "./", "~")) and "*" not in text:
        usual = section("usual_folders")
        return text.count("/") >= 2 or text.split("/", 1)[0] in usual or text.rsplit("/", 1)[-1] in usual
    if "/" not in text and "*" not in text and not text.startswith(".") and text.lower() in section("dotted_names"):
        return False
    return not re.match(r"^\d+(?:\.\d+)*/?\d*$", text)


def glob(path: Path) -> str:
    """A path as a glob: a folder covers what is below it, a name with a star matches at any depth."""
    text = path.text.removeprefix("./")
    usual = _SPELLED.get(text.lower(), text)
    if path.marked and text != usual and text.islower():
        return "{" + text + "," + usual + "}"  # it may well be spelled as the sentence has it
    text = usual
    if path.folder or text.endswith("/"):
        return text.rstrip("/") + "/**"
    if "/" not in text and "*" in text:
        return "**/" + text
    return text


def scope_glob(path: Path) -> str:
    """A path as the place where something holds: a folder ends with a slash."""
    text = path.text.removeprefix("./")
    if path.folder or text.endswith("/") or ("/" in text and not re.search(r"[.*][^/]*$", text)):
        return text.rstrip("/").lstrip("/") + "/"
    return text.lstrip("/")


def command_text(text: str) -> str:
    """A command as said, placeholders cut off: "bun run <script>" is "bun run"."""
    text = _PLACEHOLDER.sub("", text.strip().lstrip("$ "))
    return " ".join(text.split())


def commands(said: Sentence) -> list[tuple[str, int]]:
    """The commands in code marks with their places."""
    return [(command_text(c.text), c.start) for c in said.codes if code_kind(c.text) == "command"]
