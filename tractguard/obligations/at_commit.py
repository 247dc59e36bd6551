"""Which warnings about order become refusals at a commit of a session, and what to say of that outside of one.

`explain`, `check` and `init` judge a call in no session, where nothing is known to have changed. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from tractguard.model import WARNING, Finding
from tractguard.policy import DEFAULTS, Policy

ORDER = ("TG391", "TG392", "TG393")  # rules about order: a warning of a call, a refusal of a commit


def settings(policy: Policy) -> Mapping[str, Any]:
    """Policy's `[obligations]`."""
    found = policy.get("obligations")
    defaults: Mapping[str, Any] = DEFAULTS["obligations"]
    return {**defaults, **found} if isinstance(found, Mapping) else defaults


def binds(finding: Finding) -> bool:
    """Whether a finding is a warning about order that a commit has to wait for, where the session is sure of it."""
    return finding.code in ORDER and finding.status == WARNING and finding.data.get("verification") != "OPTIONAL"


def is_sure(finding: Finding, policy: Policy) -> bool:
    """Whether the calls of a session show clearly that the step or change is missing."""
    return finding.confidence >= float(policy["confidence"]["clear"])


def in_session(findings: Iterable[Finding], commits: bool, policy: Policy) -> str:
    """What a session would do beyond these warnings; "" for nothing."""
    if not commits or settings(policy)["at_commit"] != "refuse":
        return ""
    waits = [each for each in findings if binds(each)]
    if not waits:
        return ""
    named = ", ".join(dict.fromkeys(each.code for each in waits))
    return f"In a session: refused (TG801) once it has changed what {named} is about, until that is done."
