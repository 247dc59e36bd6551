"""Questions of the person that a turn ended without answering. Cautious: they are listed, nothing is refused for them.

A question is a sentence with a question mark that asks for knowledge; "can you …?" asks for work. It counts as answered
by any message that speaks of one of its subjects, says yes or no, or is long. Pure.
"""

import hashlib
import re

from tractguard.task import subjects

LONG = 400  # characters from which a message counts as an answer
MOST, LONGEST = 3, 300
_SENTENCE = re.compile(r"[^.!?\n]{8,300}\?")
_WORK = re.compile(
    r"^\W{0,3}(?:and |so |ok |okay |also |then |please )?(?:can|could|would|will|shall|should) (?:you|we|i)\b"
    r"|^\W{0,3}(?:please|kannst|könntest)\b"
)
_YES = re.compile(r"^\W{0,5}(?:yes|no|yep|nope|correct|right|true|ja|nein|oui|non|sí|si)\b")


def questions_in(prompt: str) -> list[str]:
    """The questions of a message that ask for knowledge and are about something."""
    text = re.sub(r"```.*?(?:```|\Z)|https?://\S{1,400}", " ", prompt[:20_000], flags=re.DOTALL)
    found = (" ".join(each.split()) for each in _SENTENCE.findall(text))
    return [each[:LONGEST] for each in found if not _WORK.search(each.lower()) and subjects(each)][:MOST]


def answered(question: str, message: str) -> bool:
    """Whether a message may be an answer."""
    if len(message) >= LONG or _YES.search(message.lower()):
        return True
    return bool(subjects(question) & subjects(message))


def key_of(question: str) -> str:
    """What names a question: asked twice it is open once."""
    return f"question:{hashlib.sha256(question.lower().encode('utf-8', 'replace')).hexdigest()[:12]}"
