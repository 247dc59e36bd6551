"""Function words of other languages in English, so that "Nutze niemals npm" is read as "never use npm".

It knows the cues of an instruction (never, use, instead of, run, edit, commit …) in some languages, as the shipped
table gives them. It translates nothing else: nouns, names and code marks stay as they are written.
"""

import functools
import re

from tractguard.instructions.constraints.frames import framed, languages_of
from tractguard.instructions.constraints.tables import Words
from tractguard.instructions.patterns import lazy
from tractguard.tables import table

_CODE = lazy(r"`[^`\n]*`")
_KEPT = lazy("\ue000(\\d{1,4})\ue001")


_KANA = lazy("[\u3041-\u30ff]")
_BOLD = lazy(r"(?<![/*])\*\*(?!/)")  # "**nunca** uses" is "nunca uses"
_CYRILLIC = "\u0400"  # the first letter beyond the Latin and Greek ones


@functools.cache
def _hints() -> Words:
    return Words(table("glossary")["everywhere"]["hints"])


def _foreign(text: str) -> bool:
    """Whether a text holds another script, or a cue of another language."""
    other = not text.isascii() and any(_CYRILLIC <= char < "\u2000" or "\u3040" <= char <= "\ud7af" for char in text)
    return other or _hints().search(text.lower()) is not None


@functools.cache
def _first() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Cues whose words mean something else to the frames of their language."""
    return tuple((re.compile(cue), english) for cue, english in table("glossary")["everywhere"]["first"])


@functools.cache
def _pairs(japanese: bool) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The cues of all languages; those of Japanese first where the text is Japanese, since Chinese shares its signs."""
    languages = table("glossary")["everywhere"]["pairs"]
    names = sorted(languages, key=lambda name: japanese and name != "japanese")
    return tuple((re.compile(cue), english) for name in names for cue, english in languages[name])


def in_english(text: str) -> str:
    """`text` with the cues of other languages in English; the same object where it holds none."""
    languages = languages_of(text)
    if not languages and not _foreign(text):
        return text
    codes: list[str] = []

    def keep(match: re.Match[str]) -> str:
        codes.append(match.group())
        return f"\ue000{len(codes) - 1}\ue001"

    masked = _BOLD.sub("", _CODE.sub(keep, text.replace("\ue000", "").replace("\ue001", "")))
    for cue, english in _first():
        masked = cue.sub(english, masked)
    masked = framed(masked, languages)
    for cue, english in _pairs(_KANA.search(text) is not None):
        masked = cue.sub(english, masked)
    return _KEPT.sub(lambda match: codes[int(match.group(1))] if int(match.group(1)) < len(codes) else "", masked)
