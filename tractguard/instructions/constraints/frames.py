"""Orders of other languages put into English by their frames: "prohibido + verb", "darf nicht + verb + werden".

The shipped table gives each language its verbs and the frames around them, so that every verb is known in every frame.
It knows the languages of the table and the verbs of an instruction; nouns, names and code marks stay as they are.
"""

import functools
import re

from tractguard.instructions.constraints.tables import Words
from tractguard.instructions.patterns import lazy
from tractguard.tables import table

_SCRIPTS = (  # the letters that tell a language by themselves
    ("japanese", lazy("[\u3041-\u30ff]")),
    ("korean", lazy("[\uac00-\ud7af]")),
    ("chinese", lazy("[\u3400-\u9fff]")),
    ("russian", lazy("[\u0400-\u04ff]")),
)
_BLANKS = lazy(" {2,}")
_LATIN = ("spanish", "portuguese", "italian", "french", "german")


def languages_of(text: str) -> tuple[str, ...]:
    """The languages that `text` may be written in; () where it gives no sign of another than English."""
    if not text.isascii():
        found = next((name for name, letters in _SCRIPTS if letters.search(text)), "")
        if found:
            return (found,)
    said = {found.group() for found in _all_hints().finditer(text.lower())}
    return tuple(name for name in _LATIN if said and said.intersection(table("glossary")[name]["hints"]))


def framed(text: str, languages: tuple[str, ...]) -> str:
    """`text`, its code marks masked, with the orders of these languages in English."""
    for name in languages:
        for cue, english in _frames(name):
            text = cue.sub(english, text)
    return _BLANKS.sub(" ", text).strip(" ") if languages else text


@functools.cache
def _all_hints() -> Words:
    return Words({hint for name in _LATIN for hint in table("glossary")[name]["hints"]})


def _spelled_out(cue: str) -> str:
    """A cue with the words of the table in their places ("{X}" is any name)."""
    for name, words in table("glossary")["words"].items():
        cue = cue.replace("{" + name + "}", words)
    return cue


@functools.cache
def _frames(name: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The frames of a language, one for each verb where it has a place for one."""
    entry, english = table("glossary")[name], table("glossary")["english"]
    found = []
    for written, said in entry["pairs"]:
        cue = _spelled_out(written)
        verbs = entry["verbs"] if "{V}" in cue else {"": ""}
        for verb, forms in verbs.items():
            told = said.replace("{v}", verb).replace("{pp}", english.get(verb, ""))
            found.append((re.compile(cue.replace("{V}", forms)), told))
    return tuple(found)
