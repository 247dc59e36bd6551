"""From findings to one verdict, and from the verdict to what is answered.

Knows severity, the words for the assistant and the person, and when a correction may be made. Refuses to know why a
finding was made (rules) and how a host says it (hosts). Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.model import APPROVED, ESCALATED, REJECTED, WARNING, Decision, Finding, Verdict
from tractguard.policy import Policy

SEVERITY = {APPROVED: 0, WARNING: 1, ESCALATED: 2, REJECTED: 3}


def verdict_of(findings: Sequence[Finding]) -> Verdict:
    """The verdict of all findings together: the most severe, and among equals the surest, speaks for them."""
    if not findings:
        return Verdict()
    worst = max(findings, key=lambda finding: (SEVERITY[finding.status], finding.confidence))
    return Verdict(
        status=worst.status,
        reason=f"{worst.code} {worst.why}",
        instruction_violated=_violated(worst, findings),
        expected=worst.expected,
        actual=worst.actual,
        conflict_type=worst.conflict_type,
        confidence=worst.confidence,
        requires_human_approval=worst.status == ESCALATED,
        findings=tuple(findings),
    )


def _violated(worst: Finding, findings: Sequence[Finding]) -> str:
    """The instruction that a call breaks: the verdict's own; behind a built-in rule, the surest that agrees."""
    if worst.instruction or worst.status == APPROVED:
        return "" if worst.status == APPROVED else worst.instruction
    told = [each for each in findings if each.instruction and each.status != APPROVED]
    return max(told, key=lambda each: each.confidence).instruction if told else ""


def fixable(findings: Sequence[Finding]) -> bool:
    """Whether every finding that stops the call says how to put it right: only then one right answer exists."""
    stops = [finding for finding in findings if SEVERITY[finding.status] >= SEVERITY[ESCALATED]]
    return bool(stops) and all(finding.fixes and finding.status == REJECTED for finding in stops)


def puts_right(before: Sequence[Finding], after: Sequence[Finding]) -> bool:
    """Whether a corrected call is clean: nothing stops it, and nothing is left of what was corrected."""
    corrected = {finding.instruction for finding in before if finding.fixes}
    return not any(
        SEVERITY[finding.status] >= SEVERITY[ESCALATED]
        or (finding.status == WARNING and finding.instruction in corrected)
        for finding in after
    )


def decision_of(verdict: Verdict, policy: Policy) -> Decision:
    """What is answered to a verdict under this policy. In shadow mode nothing is: it is only recorded."""
    if policy["mode"] == "shadow" or verdict.status == APPROVED:
        return Decision(verdict)
    corrected = verdict.corrected_action
    if corrected is not None:
        text = _lines(verdict.findings, REJECTED, last=f"Corrected to {_corrected_to(verdict)}.")
        return Decision(verdict, "correct", text, text, corrected)
    if verdict.status == WARNING:
        text = _lines(verdict.findings, WARNING)
        return Decision(verdict, "context", text, text if policy["verbosity"] in ("detailed", "debug") else "")
    text = _lines(verdict.findings, verdict.status)
    return Decision(verdict, "deny" if verdict.status == REJECTED else "ask", text, text)


def words(finding: Finding) -> str:
    """A finding in two lines: the fact with its code, and the way out."""
    return f"{finding.code} {finding.why}" + (f"\n{finding.way_out}" if finding.way_out else "")


def _lines(findings: Sequence[Finding], status: str, last: str = "") -> str:
    """The findings that carried the verdict, each once; `last` stands for all their ways out."""
    said = [finding for finding in findings if finding.status == status]
    if last:
        return "\n".join([*dict.fromkeys(f"{finding.code} {finding.why}" for finding in said), last])
    return "\n".join(dict.fromkeys(words(finding) for finding in said))


def _corrected_to(verdict: Verdict) -> str:
    texts = [fix.text for finding in verdict.findings for fix in finding.fixes if finding.status == REJECTED]
    return ", ".join(dict.fromkeys(text.strip(" &;") for text in texts if text.strip(" &;")))


def without(verdict: Verdict, corrected: Mapping[str, Any] | None) -> Verdict:
    """The verdict with the corrected call beside it."""
    return verdict._replace(corrected_action=corrected)
