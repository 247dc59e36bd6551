"""The checkable parts of one sentence: `constraints_of` turns a sentence into constraints of docs/constraints.md.

It reads what stands there: tools, paths, commands, ports, code words, their signs and conditions. It does not decide
whether the sentence is a directive, how long it holds or how strict it is; the classifier does. What cannot be compared
with an action yields nothing.
"""

from tractguard.instructions.constraints.asides import meant, without_address
from tractguard.instructions.constraints.banned import banned_of
from tractguard.instructions.constraints.branches import branches_of
from tractguard.instructions.constraints.choices import choices_of
from tractguard.instructions.constraints.databases import databases_of
from tractguard.instructions.constraints.doubts import beyond_doubt
from tractguard.instructions.constraints.endpoints import endpoints_of
from tractguard.instructions.constraints.glossary import in_english
from tractguard.instructions.constraints.grants import for_once, just_now
from tractguard.instructions.constraints.headings import limited_by
from tractguard.instructions.constraints.imports import imports_of
from tractguard.instructions.constraints.literals import literals_of
from tractguard.instructions.constraints.messages import messages_of
from tractguard.instructions.constraints.packages import packages_of
from tractguard.instructions.constraints.places import places_of
from tractguard.instructions.constraints.products import products_of
from tractguard.instructions.constraints.reading import MOST_CHARS, read
from tractguard.instructions.constraints.references import resolved
from tractguard.instructions.constraints.rephrased import plainly
from tractguard.instructions.constraints.settings import settings_of
from tractguard.instructions.constraints.stack import stack_of
from tractguard.instructions.constraints.thesaurus import with_constructs
from tractguard.instructions.constraints.tidy import tidy
from tractguard.instructions.constraints.together import order_of
from tractguard.instructions.constraints.values import values_of
from tractguard.instructions.constraints.worded import worded_of
from tractguard.instructions.constraints.written import written_of
from tractguard.model import Constraint

_FAMILIES = (
    endpoints_of,
    databases_of,
    choices_of,
    banned_of,
    places_of,
    branches_of,
    messages_of,
    products_of,
    packages_of,
    stack_of,
    settings_of,
    order_of,
    imports_of,
    written_of,
    values_of,
)


def constraints_of(
    sentence: str, context: str = "", context_before: str = "", kind: str = "claude_md"
) -> tuple[Constraint, ...]:
    """The constraints of `sentence`, in the order of its families; () where nothing can be checked.

    `context` is the heading above it (it completes a bare item below "Never"), `context_before` the sentence before it,
    `kind` "claude_md" or "prompt". Deterministic, linear in the length, never raises.
    """
    if not isinstance(sentence, str) or not sentence.strip():
        return ()
    heading = context if isinstance(context, str) else ""
    before = context_before if isinstance(context_before, str) else ""
    told = in_english(sentence[:MOST_CHARS])
    whole = resolved(told, in_english(before), str(kind))
    words = sentence[:MOST_CHARS].strip()
    found = _found(whole, words, heading, before, str(kind))
    if whole is not told and not found:
        found = _found(sentence, words, heading, before, str(kind))
    return tuple(limited_by(heading, constraint) for constraint in tidy(found, words))


def _found(sentence: str, words: str, heading: str, before: str, kind: str) -> list[Constraint]:
    """What the families read in `sentence`; `words` are those of the person, where they are others."""
    once = just_now(sentence) if kind == "prompt" else ""
    if once:  # said of the order, not a condition of it
        at = sentence.lower().find(once)
        sentence = f"{sentence[:at].rstrip(' ,')} {sentence[at + len(once) :].lstrip(' ,')}".strip()
    said = read(plainly(without_address(sentence)), heading, before, kind)._replace(words=words)
    found: list[Constraint] = []
    for family in _FAMILIES:
        found += family(said)
    found = with_constructs(said, [*found, *literals_of(said, found)])
    found = beyond_doubt(said, found or worded_of(said))
    if once:
        found = for_once(found)
    return meant(found, sentence.lower())
