"""Kinds of products that must not be brought in: "no CRM integration", "never add analytics or telemetry".

It gives the general word; which packages are of that kind the rules know. A kind that is only a word beside another
("the analytics page", "tracking branches") is none.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.layers import place_of
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import pattern, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_BRINGS = lazy(
    r"(?:\b|(?=,))(?:add|adding|introduce|introducing|integrate|integrating|include|including|install|installing"
    r"|bring in|embed|embedding|implement|implementing|use|using|ship|set up|pull in|wire up|depend on|no|never|or"
    r"|nor"
    r"|and|without|any|(?<=\w),)\s*(?:(?:a|an|any|the|our|new|more|other|another|third-party|third party"
    r"|external|client-side"
    r"|user|usage|in-app|extra|additional|kind of|form of|sort of|of)\s+)*"
    r"(?:(?!(?:of|for|to|from|in|with|about|on|by|via|as|and|or)\b)[a-z][\w./+-]*\s+)?$"
)
_IS_ALL = lazy(
    r"(?:\s+(?:integrations?|sdks?|librar(?:y|ies)|tools?|tooling|scripts?|services?|packages?|systems?|providers?"
    r"|software|vendors?|pixels?|features?|platforms?|snippets?|dependenc(?:y|ies)|of any kind|ever|anywhere|at all|"
    r"whatsoever|code|calls))*\s*(?:$|[.,;:!()—/]|(?:or|and|nor|to|in|into|without|unless|because|that|here|for"
    r" now)\b)"
)
_LEADS = lazy(r"\W*(?:add|introduce|integrate|include|install|embed|implement|use|ship|depend on)\b")  # below "Never"
_NOUN_ALONE = lazy(r"^\W*(?:(?:absolutely|strictly|there (?:is|must be|should be)) )?(?:no|zero)\s+[^,.;]{0,40}$")


def products_of(said: Sentence) -> list[Constraint]:
    """dependency constraints that exclude a kind of product by its general word."""
    table: dict[str, str] = section("product_words")
    found: list[str] = []
    at = -1
    bare = said.bare.replace("/", ",")
    for match in pattern("product_words").finditer(bare):
        if said.sign(match.start()) != "-" or not _IS_ALL.match(said.bare, match.end()):
            continue
        ahead = bare[max(0, match.start() - 60) : match.start()]
        if not _BRINGS.search(ahead) or not _excluded_verb(said, match.start()):
            continue
        at = match.start() if at < 0 else at
        found.append(table[match.group()])
    if not found:
        return []
    data: dict[str, Any] = {"forbid": list(dict.fromkeys(found)), **place_of(said), **where(said, at)}
    return [Constraint("dependency", data)]


def _excluded_verb(said: Sentence, at: int) -> bool:
    """Whether what is excluded is bringing the product in: not, for example, sending something to it."""
    start = said.clause(at)[0]
    ahead = said.bare[start:at]
    if _NOUN_ALONE.match(ahead) or (said.forbidding and _LEADS.match(ahead)):
        return True
    verb = re.search(
        r"\b(?:never|not|don't|dont|cannot|can't|avoid|without|mustn't|shouldn't)"
        r"\s+(?:ever\s+|be\s+)?([a-z-]+(?: (?:in|up))?)",
        ahead,
    )
    return bool(
        verb
        and re.match(
            r"(?:add|introduc|integrat|includ|install|bring|embed|implement|us(?:e|ing)"
            r"|ship|set up|pull|wire|depend|any\b|third)",
            verb.group(1),
        )
    )
