"""An expression that is compiled late finds what one compiled at once finds, and its plain words never hide a match."""

import importlib
import json
import os
import pkgutil
import re

import pytest

import tractguard.instructions.constraints as package
from tractguard.instructions.constraints.tables import Words
from tractguard.instructions.patterns import lazy

HERE = os.path.dirname(__file__)
NAMES = [f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)]

with open(os.path.join(HERE, "constraints.jsonl"), encoding="utf-8") as lines:
    TEXTS = [json.loads(line)["text"] for line in lines]


def _lazies(name):
    """The expressions of a module that name words they need: (constant, source, flags, words)."""
    return [
        (key, *value._given, value._needs)
        for key, value in vars(importlib.import_module(name)).items()
        if getattr(value, "_needs", None)
    ]


def test_a_late_expression_finds_the_same():
    late = lazy(r"\bport (\d+)", re.I)
    assert [m.group(1) for m in late.finditer("Port 80, port 81")] == ["80", "81"]


def test_a_late_expression_is_not_compiled_without_its_words():
    late = lazy(r"\bport (\d+)", needs="port")
    assert (late.search("nothing here"), "search" in vars(late)) == (None, False)


@pytest.mark.parametrize("name", NAMES)
def test_the_words_that_an_expression_needs_hide_no_match(name):
    hidden = [
        (key, text)
        for key, source, flags, words in _lazies(name)
        for text in (said for each in TEXTS for said in (each, each.lower()))
        if not any(word in text for word in words) and re.search(source, text, flags)
    ]
    assert hidden == []


FOUND = [
    (("npm", "npm run"), "use npm run x", [("npm run", 4)]),
    (("npm",), "pnpm and ./npm and npm-run and npm.", [("npm", 31)]),
    (("r", "rust"), "rust, r", [("rust", 0), ("r", 6)]),
    (("`any`", "any"), "no `any` here", [("`any`", 3)]),
]


@pytest.mark.parametrize(("words", "text", "places"), FOUND)
def test_words_are_found_whole_and_the_longest_first(words, text, places):
    assert [(found.group(), found.start()) for found in Words(words).finditer(text)] == places
