"""The safety questions of a stopped call, answered where this machine knows: is there a backup, did the people whom it
concerns consent, has somebody who knows the law looked? Yes, no or unknown, each with what says so.

Asked only when a call is stopped. A yes needs evidence: a recovery point, a dump that ran in this session, a filter on
consent in the call itself, a person's own words. It refuses to take a file's or the call's own claim for a person's.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tractguard.book import LiveBook
from tractguard.boundaries.model import DOMAINS, explanation, shown
from tractguard.decide import verdict_of
from tractguard.model import ESCALATED, REJECTED, Decision, Event, Finding
from tractguard.tables import table

YES, NO, UNKNOWN = "yes", "no", "unknown"
LOOK_BACK = 300  # calls of the session among which a backup is sought
LONGEST = 4000  # characters of one text
_GIVES = ("TG714", "TG717")  # findings about consent that the call itself sets
_AGREED = re.compile(
    r"\b(?:legal|lawyers?|counsel|attorney|dpo|data protection officer|compliance|rechtsabteilung|datenschutz\w*"
    r"|juristen)\b.{0,40}\b(?:approved|signed|agreed|cleared|okayed|confirmed|reviewed|freigegeben|zugestimmt)\b",
    re.IGNORECASE,
)
_NO_COPY = re.compile(r"--skip-final-snapshot|--no-backup|--no-snapshot|--skip-backup")

Answer = tuple[str, str]  # yes | no | unknown, and what says so


def answered(event: Event, decision: Decision, book: LiveBook) -> Decision:
    """The decision on a stopped call with what SPEC 3 wants known before somebody says yes, in reply and record."""
    verdict = decision.verdict
    asked = [each for each in verdict.findings if _stops(each)]
    if decision.response not in ("ask", "deny") or not asked:
        return decision
    known = {id(each): _with_answers(each, event, decision, book) for each in asked}
    findings = [known.get(id(each), each) for each in verdict.findings]
    changed = verdict_of(findings)._replace(corrected_action=verdict.corrected_action)
    line = sentence(known[id(asked[0])]) if decision.response == "ask" else ""
    return decision._replace(
        verdict=changed,
        to_assistant="\n".join(each for each in (decision.to_assistant, line) if each),
        to_person="\n".join(each for each in (decision.to_person, line) if each),
    )


def _stops(finding: Finding) -> bool:
    return finding.status in (ESCALATED, REJECTED) and finding.domain in DOMAINS


def _with_answers(finding: Finding, event: Event, decision: Decision, book: LiveBook) -> Finding:
    """A finding with all fields of SPEC 3, and its questions answered."""
    data = dict(finding.data)
    if "safety_checks" not in data:
        topic = "deletion" if finding.domain == "irreversible" else str(data.get("topic") or "other")
        data = {**explanation(finding.domain, topic, finding.why), **data}
        if not _of_people(event):
            data["safety_checks"] = {"backup": UNKNOWN}
    found = {name: _ANSWERS[name](finding, event, decision, book) for name in data["safety_checks"] if name in _ANSWERS}
    data["safety_checks"] = {**data["safety_checks"], **{name: said for name, (said, _) in found.items()}}
    evidence = {name: why for name, (_, why) in found.items() if why}
    return finding._replace(data={**data, **({"safety_evidence": evidence} if evidence else {})})


def _of_people(event: Event) -> bool:
    """Whether a call names people or what is theirs: else nobody's consent is at stake."""
    from tractguard.boundaries.acting import words_of
    from tractguard.boundaries.reading import lexicon

    known = lexicon("en")
    return any(_PEOPLE.intersection(known.get((word,), ())) for word in words_of(event))


_PEOPLE = frozenset("O_PEOPLE O_VULNERABLE O_PATIENT O_APPLICANT O_PDATA O_SENSITIVE".split())


def sentence(finding: Finding) -> str:
    """The questions with their answers, and who decides, in one line."""
    evidence: Mapping[str, str] = finding.data.get("safety_evidence") or {}
    said = [
        f"{name}? {answer}" + (f" ({evidence[name]})" if evidence.get(name) else "")
        for name, answer in finding.data["safety_checks"].items()
    ]
    who = "a person's judgement" if finding.data["final_decision_requires"] == "human_judgment" else "a person's yes"
    return f"Before it: {'; '.join(said)}. It takes {who}."


def _backup(_finding: Finding, event: Event, decision: Decision, book: LiveBook) -> Answer:
    text = _text_of(event.input)
    refuses = _NO_COPY.search(text)
    if refuses:
        return NO, f"the call says {refuses[0]}"
    kept = next((each.data["recovery"] for each in decision.verdict.findings if each.data.get("recovery")), "")
    if kept:
        return YES, f"recovery point {kept}"
    ran = next(_dumps(event, book), "")
    return (YES, f"{ran} ran in this session") if ran else (UNKNOWN, "no dump, snapshot or recovery point was seen")


def _dumps(event: Event, book: LiveBook) -> Iterator[str]:
    """Commands of this session that made a copy and went through, newest first."""
    marks = [str(mark) for mark in table("boundaries")["copies"]]
    rows = book.ledger.of_session(event.session_id, most=LOOK_BACK)
    done = {row.get("tool_use_id") for row in rows if row.get("kind") == "post_tool"}
    for row in reversed(rows):
        if row.get("kind") != "pre_tool" or row.get("response") == "deny" or row.get("tool_use_id") not in done:
            continue
        for fact in row.get("facts") or ():
            line = " ".join(str(fact[2]).split()) if fact[0] == "command" else ""
            if any(f" {mark} " in f" {line} " for mark in marks):
                yield shown(line, 60)


def _consent(finding: Finding, event: Event, _decision: Decision, _book: LiveBook) -> Answer:
    if finding.code in _GIVES:
        return NO, "the call itself sets it for them"
    low = _text_of(event.input).casefold().replace("-", "_")
    for word in table("boundaries")["consented"]:
        if re.search(rf"\b{word}\b[\"']?\s{{0,2}}(?:=|:|is|==)\s{{0,2}}[\"']?(?:true|1|yes|granted)\b", low):
            return YES, f"it reaches only those with {word}"
    return UNKNOWN, ""


def _legal(_finding: Finding, event: Event, _decision: Decision, book: LiveBook) -> Answer:
    from tractguard.boundaries.acting import words_of
    from tractguard.boundaries.prompts import content

    said = [(text, "a message of this session") for _, text in book.prompts]
    said += [(str(each.get("text")), str(each.get("id"))) for each in book.compiled.records()
             if not each.get("untrusted")]  # fmt: skip
    does = words_of(event)
    for text, where in said:
        match = _AGREED.search(text[:LONGEST])
        if match and content(text) & does:
            return YES, f'{where} says "{shown(match[0], 60)}"'
    return UNKNOWN, ""


def _text_of(given: Mapping[str, Any]) -> str:
    return json.dumps(dict(given), ensure_ascii=False, default=str)[:LONGEST]


_ANSWERS = {"backup": _backup, "consent": _consent, "legal": _legal}

__all__: Sequence[str] = ("answered", "sentence")
