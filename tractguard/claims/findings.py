"""False claims and weakened tests as findings: the words for the assistant, and what a person is told."""

from tractguard.claims.evidence import Session
from tractguard.claims.ground import Ground
from tractguard.claims.judging import Falsehood, falsehoods
from tractguard.claims.reading import Message
from tractguard.claims.weakening import weakened
from tractguard.model import REJECTED, WARNING, Finding

LONGEST_QUOTE = 120


def findings_of(message: Message, session: Session, ground: Ground) -> list[Finding]:
    """What the evidence says against a message. Tests that were weakened are named where it says that tests pass."""
    found = [finding_of(each, session) for each in falsehoods(message, session, ground)]
    if any(claim.kind == "tests" for claim in message.claims):
        lost = weakened(session, ground)
        if lost:
            why = f"tests pass, but {lost.words} in this session"
            status = REJECTED if lost.deleted or lost.skipped else WARNING
            out = "Say so to the person, with the reason, or put them back."
            found.append(Finding("TG816", "weaker tests", status, why, out, confidence=0.85, domain="process"))
    return found


def finding_of(each: Falsehood, session: Session) -> Finding:
    """One false claim: the sentence, and the fact. The same claim after more calls is another one."""
    said = each.claim.sentence
    said = said if len(said) <= LONGEST_QUOTE else said[: LONGEST_QUOTE - 1] + "…"
    why = f'you say "{said}": {each.fact}.'
    data = {"claim": each.claim.kind, "seen": len(session.calls)}
    return Finding(each.code, "a claim that is not so", REJECTED, why, each.way_out, confidence=0.9, data=data)
