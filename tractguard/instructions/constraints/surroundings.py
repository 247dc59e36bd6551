"""Where commands of a cluster or a cloud go: the kube context, the region, the profile, the namespace.

A region is known by its shape; a context or profile by the word beside it ("against the `dev` context"), or because it
is set against one that was named so. Any other name is left alone.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_REGION = lazy(
    r"(?<![\w/.-])((?:us|eu|ap|sa|ca|me|af|il|mx|asia|europe|australia|northamerica|southamerica)(?:-gov)?"
    r"-(?:north|south|east|west|central|northeast|southeast|northwest|southwest)-?\d)(?![\w/-])",
    needs="-",
)
_ABOUT_REGION = lazy(r"\bregions?\b|\baws\b|\bgcp\b|\bbuckets?\b", needs="region|aws|gcp|bucket")
_NAME = r"`?([a-z][\w./:@-]{0,60}\w)`?"
_NAMED = lazy(
    r"\b(?:the |kube |kubectl |kubernetes |k8s |aws |our )+"
    + _NAME
    + r" (?:kube |kubectl |kubernetes )?(context|profile)\b"
    r"|\b(?:kube |kubectl |kubernetes |k8s |aws )*(context|profile|namespace)s?"
    r"(?: (?:must be|should be|is|to|named|called)|:|=)? "
    r"`([\w./:@-]{2,60})`",
    needs="context|profile|namespace",
)
_ABOUT = {
    "context": lazy(r"\bkube\w*\b|\bhelm\b|\bk8s\b|\bcluster\b"),
    "profile": lazy(r"\baws\b|\bsso\b"),
    "namespace": lazy(r"\bkube\w*\b|\bhelm\b|\bk8s\b"),
}
_STRICT = lazy(r"\b(?:only|always|must|every|all)\b")
_OTHER = lazy(r"\b(?:never|not|nor|or) (?:the |against |to |in |use |touch )*" + _NAME + r"(?=\W*(?:$|[.,;)]| or ))")


def surroundings_of(said: Sentence) -> list[Constraint]:
    """config constraints with the key `region`, `context`, `profile` or `namespace`."""
    return _regions(said) or _names(said)


def _regions(said: Sentence) -> list[Constraint]:
    found = [(match.group(1), match.start(1)) for match in _REGION.finditer(said.low)]
    if not found or not _ABOUT_REGION.search(said.low + " " + said.heading):
        return []
    label = re.match(r"\W*(?:[\w-]+ )?regions?\W", said.low)
    good = [name for name, at in found if said.sign(at) == "+" or (label and said.sign(at) == "0")]
    return _constraint("region", good, [name for name, at in found if said.sign(at) == "-"], where(said, 0, []))


def _names(said: Sentence) -> list[Constraint]:
    match = _NAMED.search(said.low)
    if match is None:
        return []
    key = match.group(2) or match.group(3)
    group = 1 if match.group(2) else 4
    name, at = match.group(group), match.start(group)
    if not _ABOUT[key].search(said.low) or (not re.search(r"[-_/:@\d]", name) and said.low[at - 1] != "`"):
        return []  # "the current context"
    sign = said.sign(at)
    if key == "namespace" and sign == "+" and not _STRICT.search(said.bare):
        return []  # where something runs says nothing about a look elsewhere
    good, bad = ([name] if sign == "+" else []), ([name] if sign == "-" else [])
    bad += [other.group(1) for other in _OTHER.finditer(said.low) if good and said.sign(other.start(1)) == "-"]
    return _constraint(key, good, [one for one in bad if re.search(r"[-_/:@\d]|^prod", one)], where(said, at, []))


def _constraint(key: str, good: list[str], bad: list[str], bounds: dict[str, Any]) -> list[Constraint]:
    data: dict[str, Any] = {"key": key}
    if good:
        data["value"] = good[0]
    if bad:
        data["forbid"] = list(dict.fromkeys(bad))
    return [Constraint("config", {**data, **bounds})] if good or bad else []
