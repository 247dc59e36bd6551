"""One git command taken apart: its folder, its branch, its message, and how its facts are told."""

import re
from collections.abc import Sequence
from typing import Any

from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Options, Word, absolute, join
from tractguard.model import UNKNOWN

# Patterns are compiled on first use.
_LOOKS_LIKE_PATH = r"(?:^\.{1,2}(?:/|$)|\*|\.\w{1,8}$|/$)"
_VERSION = r"(?:^|[/-])v?\d{1,9}(?:\.\d{1,9}){1,3}(?:[-+.](?:alpha|beta|rc|pre|dev|x)?[\d.]{0,9})?$"
COMMITISH = r"^(?:HEAD|@|FETCH_HEAD|ORIG_HEAD|[0-9a-f]{7,40})(?:[~^@{].*)?$"


def current(run: Run, cwd: str) -> str:
    """The branch checked out, or `UNKNOWN`."""
    moved = run.get(":branch")
    if isinstance(moved, str):
        return moved
    return UNKNOWN if UNKNOWN in cwd else run.world.branch(cwd) or UNKNOWN


class GitCommand:
    """One git command, taken apart."""

    def __init__(self, run: Run, command: Command, cwd: str, action: str, parsed: Options, settings: list[str]) -> None:
        self.run = run
        self.command = command
        self.cwd = cwd
        self.action = action
        self.parsed = parsed
        self.no_hooks = any(setting.lower().startswith("core.hookspath=") for setting in settings)
        self.no_hooks = self.no_hooks or command.env.get("HUSKY", Word("")).text == "0"

    def has(self, *names: str) -> bool:
        return self.parsed.has(*names)

    def fact(self, value: str = "", span: tuple[int, int] | None = None, action: str = "", **data: Any) -> None:
        has = self.has
        filled: dict[str, Any] = {
            "remote": "", "source": "", "create": False, "delete": False, "force": has("-f", "--force"),
            "no_verify": self.no_hooks or has("--no-verify"), "amend": has("--amend"), "all": has("-A", "--all"),
            "hard": has("--hard"), "paths": (), "target": "", "message": "", "cwd": self.cwd,
            "flags": tuple(name for name, _ in self.parsed.given), "args": tuple(w.text for w in self.parsed.rest),
        }  # fmt: skip
        filled.update(data)
        self.run.add("git", action or self.action, value, filled, span)

    def paths(self, words: Sequence[Word]) -> tuple[str, ...]:
        return tuple(self.path(word) for word in words)

    def path(self, word: Word) -> str:
        text = word.text.removeprefix(":/") if word.text.startswith(":/") else word.text
        base = self.run.world.root if word.text.startswith(":/") and self.run.world.root else self.cwd
        return absolute(text, base, self.run.world.home)

    def file(self, kind: str, word: Word, **data: Any) -> None:
        facts: dict[str, Any] = {"said": word.text, "via": "git", **data}
        if word.glob or "*" in word.text:
            facts["glob"] = True
        self.run.add(kind, self.path(word), "", facts, word.span())

    def after_dashes(self) -> list[Word]:
        words = self.command.args
        for index, word in enumerate(words):
            if word.text == "--":
                return list(words[index + 1 :])
        return []


def message(git: GitCommand, kind: str) -> str:
    """Note the message that a command carries; returns its text."""
    parts = git.parsed.values("-m", "--message")
    said = git.parsed.value("-F", "--file")
    if parts:
        text: Word | None = join([_trimmed(part) for part in parts], "\n\n")
    elif said is not None and said.text in ("-", "/dev/stdin", "/dev/fd/63"):
        text = git.command.stdin
    elif said is not None and said.known:
        path = absolute(said.text, git.cwd, git.run.world.home)
        content = git.run.world.text(path)
        git.run.add("read", path, "", {"said": said.text, "via": "git", "recursive": False}, said.span())
        text = None if content is None else Word(content)
    else:
        return ""
    if text is None:
        return UNKNOWN
    text = _trimmed(text)
    for trailer in git.parsed.values("--trailer"):
        text = join([text, trailer], "\n\n")
    signoff = git.has("-s", "--signoff") and not git.has("--no-signoff")
    title = text.text.partition("\n")[0]
    git.run.add("message", kind, text.text, {"title": title, "signoff": signoff, "via": "git"}, text.span())
    return text.text


def _trimmed(word: Word) -> Word:
    return word.cut(0, len(word.text.rstrip("\n")))


def is_path(git: GitCommand, word: Word) -> bool:
    """Whether a word of `checkout` names a file rather than a ref."""
    if re.match(COMMITISH, word.text):
        return False
    if re.search(_VERSION, word.text):  # a tag or a release branch, except where such a file is there
        return bool(git.run.world.exists(git.path(word)))
    if re.search(_LOOKS_LIKE_PATH, word.text):
        return True
    return git.run.world.text(git.path(word)) is not None


def is_folder(word: Word) -> bool:
    """Whether a pathspec stands for what is below it."""
    return word.text.endswith(("/", ".")) or word.text in (".", "..", ":/", "*")
