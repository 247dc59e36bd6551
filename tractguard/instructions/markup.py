"""One unit of Markdown as plain words: emphasis, links and list marks taken off, code spans put aside.

Code is data: the words inside backticks never count as words of the sentence. Each span leaves one mark behind, so
that grammar still sees an object there. Characters that hide or reorder text are taken out and reported.
"""

import re
from functools import lru_cache
from typing import NamedTuple

CODE = "\u00a4"  # stands for a code span in the plain text
MOST_CHARACTERS = 4_000  # of one unit are analysed; what follows is kept but not weighed

_RANGES = ((0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2070), (0xD800, 0xE000), (0xE0000, 0xE0080))
_HIDDEN = dict.fromkeys((0, 0x00AD, 0x061C, 0x180E, 0xFEFF))
_HIDDEN.update((code, None) for first, end in _RANGES for code in range(first, end))
REORDERED = re.compile("[\u202d\u202e]")  # what follows is shown in another order than it is written
HIDING = re.compile(  # a word cut by what cannot be seen, letters shown in another order, or words in tag characters
    "[a-zA-Z][\u200b-\u200f\u2060-\u2064\ufeff\u00ad]+[a-zA-Z]|[\u202d\u202e]"
    "|(?<![\U0001f3f4\U000e0000-\U000e007f])[\U000e0000-\U000e007f]"
)
_CODE = re.compile(r"(`{1,3})([^`\n]{1,400})\1")
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\s]{0,400}\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]{0,100}>|<!--[^\n]{0,400}?-->")
_URL = re.compile(r"\b[a-z][a-z+]{1,12}://[^\s<>\"')\]]+")
_MARK = re.compile(r"^\s{0,40}(?:[-*+•‣◦]\s+|\(?\d{1,3}[.)]\s+|[a-zA-Z][.)]\s+|>\s?|#{1,6}\s+|\|\s*)")
_BOX = re.compile(r"^\[[ xX]\]\s+")
_EMPHASIS = re.compile(r"\*{1,3}|(?<![^\W_])_{1,3}(?=\S)|(?<=\S)_{1,3}(?![^\W_])|~~")
_PATHISH = re.compile(r"^[~.]{0,2}/?[\w@.*{},<>$\[\]-]*(?:/[\w@.*{},<>$\[\]-]*)+$")
_FILE = re.compile(r"^[\w@.*-]+\.[A-Za-z][A-Za-z0-9]{0,9}$")
_LABEL = re.compile(
    r"^((?:[\w@/-]{1,40}\.){1,3}[a-z]\w{0,5}(?=\s?[:—–-])|[^.:;!?,`—–]{1,60}?)\s?(?::\s|：\s?|\s[—–-]\s|:$|：$)"
)
_EMOJI = re.compile("[\u2190-\u2191\u2194-\u21ff\u2300-\u2bff\u3030\U0001f000-\U0001faff\ufe0f]")
NO_SIGNS = ("❌", "🚫", "⛔", "✗", "✘", "🛑")
YES_SIGNS = ("✅", "✔", "☑", "👍")


class Plain(NamedTuple):
    """A unit without its markup."""

    text: str  # words, with CODE for each code span
    label: str  # "Testing" of "**Testing**: use pytest", else ""
    body: str  # the text after the label
    codes: tuple[str, ...]
    sign: str  # "no" | "yes" | "" for a leading cross or tick
    bold: bool  # the unit, or its label, is emphasised
    marked: bool  # a bullet, a numbered step or a check box
    hidden: bool  # invisible or reordering characters were taken out
    raw: str  # as given, at most MOST_CHARACTERS of it


def visible(text: str) -> str:
    """`text` without zero-width, bidirectional-control and tag characters."""
    return text if text.isascii() and "\0" not in text else text.translate(_HIDDEN)


def code_kind(code: str) -> str:
    """What a code span looks like: path, file, command, call, assignment, word or code."""
    code = code.strip()
    if _PATHISH.match(code):
        return "path"
    if _FILE.match(code):
        return "file"
    if " " in code:
        return "command" if code[:1].islower() or code[:1] in "./$" else "code"
    if code.endswith(")"):
        return "call"
    return "assignment" if "=" in code else "word"


def plain(text: str) -> Plain:
    """The words of one unit."""
    shown = visible(text)
    return _plain(shown.strip()[:MOST_CHARACTERS], shown != text)


@lru_cache(maxsize=256)  # a heading, and the unit before, are asked for again with each unit
def _plain(shown: str, hidden: bool) -> Plain:
    if shown.startswith("|"):  # a table row reads like a label and what it says
        shown = " — ".join(cell.strip() for cell in shown.strip("|").split("|"))
    raw, marked = shown, False
    for pattern in (_MARK, _BOX):
        match = pattern.match(shown)
        if match:
            marked, shown = True, shown[match.end() :]
    sign = "no" if shown.startswith(NO_SIGNS) else "yes" if shown.startswith(YES_SIGNS) else ""
    codes: list[str] = []

    def aside(match: re.Match[str]) -> str:
        codes.append(match.group(2))
        return f" {CODE} " if match.end() < len(shown) and shown[match.end()].isalnum() else CODE

    shown = _CODE.sub(aside, shown)
    shown = _LINK.sub(r"\1", shown)
    bold = shown.startswith(("**", "__"))
    shown = _URL.sub(lambda match: codes.append(match.group(0)) or CODE, shown)  # type: ignore[func-returns-value]
    shown = _EMOJI.sub(" ", _TAG.sub(" ", _EMPHASIS.sub("", shown))).strip()
    label, body = _label(shown)
    return Plain(shown, label, body, tuple(codes), sign, bold, marked, hidden, raw)


def _label(shown: str) -> tuple[str, str]:
    match = _LABEL.match(shown)
    if not match or len(match.group(1).split()) > 7:
        return "", shown
    return match.group(1).strip(), shown[match.end() :].strip()
