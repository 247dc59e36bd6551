"""Hosts of services: TG302.

It compares where a call goes with the hosts that a person named or excluded. It refuses to judge names that only
stand in prose, and a local machine where a remote one was said.
"""

from collections.abc import Iterator

from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import Call, Hit, bash, rule
from tractguard.rules.crossref_ports import LOCAL, about, accepts_value, canonical, in_prose
from tractguard.rules.programs import FETCHERS, same_host


def host(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A connection to a host that was excluded, or to the usual local one where another was said."""
    banned = {value.lower() for key in ("not", "forbid") for value in constraint.list(key)}
    wanted = constraint.list("value")
    service = canonical(constraint)
    yield from _outside(call, constraint)
    for fact in call.of("connect", "url", "env", "config"):
        name = _host_of(fact)
        if not name or UNKNOWN in name or in_prose(call, fact):
            continue
        if name in banned:
            pair = bool(wanted) and (not service or about_host(fact, service))  # "use a, not b"
            yield _wrong_host(fact, name, wanted if pair else (), service, 0.95)
        elif wanted and fact.kind == "connect" and service and about(fact, constraint, service):
            right = {value.lower() for value in wanted}
            if name in right or _same_machine(name, right) or not _rivals(constraint, name):
                continue
            yield _wrong_host(fact, name, wanted, service, 0.85 if name in LOCAL else 0.6)


def _outside(call: Call, constraint: Constraint) -> Iterator[Hit]:
    """An address outside the only ones that are left open."""
    only = constraint.list("only")
    for fact in call.of("url") if only else ():
        name = fact.name.lower()
        here = name in LOCAL or UNKNOWN in name or name.endswith((".localhost", ".local"))
        if name and not here and not any(same_host(one, name) for one in only) and not in_prose(call, fact):
            yield Hit(
                fact,
                f"this call goes to {name}",
                actual=name,
                expected=" or ".join(only),
                confidence=0.9 if fact.data.get("via") in FETCHERS else 0.6,
                way_out=f"Use {only[0]}, or ask the person.",
                subject="action:fetch_internet",
            )


def about_host(fact: Fact, service: str) -> bool:
    """Whether the fact is known to be about this very service, so that its host may be written for another's."""
    return fact.kind == "connect" and bool(service) and fact.name == service


def _rivals(constraint: Constraint, name: str) -> bool:
    """A host said for staging or production says nothing about a local one."""
    words = " ".join((str(constraint.get("service") or ""), str(constraint.get("words") or ""))).lower()
    qualified = any(word in words for word in ("staging", "prod", "remote", "ci"))
    return not qualified and (name in LOCAL or "." not in name)


def _same_machine(name: str, right: set[str]) -> bool:
    return name in LOCAL and any(value in LOCAL for value in right)


def _host_of(fact: Fact) -> str:
    if fact.kind == "connect":
        return str(fact.data.get("host") or "").lower()
    if fact.kind == "url":
        return fact.name.lower()
    value = fact.value.strip().strip("\"'").lower()
    return value if value and " " not in value and len(value) < 256 else ""


def _wrong_host(fact: Fact, name: str, wanted: tuple[str, ...], service: str, sure: float) -> Hit:
    field = str(fact.data.get("host_field") or fact.field)
    span = fact.data.get("host_span") if fact.kind == "connect" else None
    fixes: tuple[Fix, ...] = ()
    remote = "." in name and name not in LOCAL
    if len(wanted) == 1 and not service:
        fixes = _named_host(fact, name, wanted[0])
    elif len(wanted) == 1 and not remote and isinstance(span, (tuple, list)) and len(span) == 2 and field:
        fixes = (Fix(field, int(span[0]), int(span[1]), wanted[0]),)
    return Hit(
        fact,
        f"this call goes to {name}",
        actual=name,
        expected=wanted[0] if wanted else "",
        conflict_type="explicit_value",
        confidence=sure,
        fixes=fixes,
        way_out=f"Use the host {wanted[0]}." if wanted else f"Leave {name} alone, or ask the person.",
        subject=f"host:{service}",
    )


def _named_host(fact: Fact, name: str, right: str) -> tuple[Fix, ...]:
    """One host written for another where both were named: in a URL, or alone."""
    said = fact.data.get("host_span")
    if fact.kind == "connect" and isinstance(said, (tuple, list)) and len(said) == 2:
        return (Fix(str(fact.data.get("host_field") or fact.field), int(said[0]), int(said[1]), right),)
    if fact.span is None or not fact.field:
        return ()
    at = fact.value.lower().find(name)
    if at < 0 or fact.value.lower().count(name) != 1 or fact.span[1] - fact.span[0] != len(fact.value):
        return ()
    start = fact.span[0] + at
    return (Fix(fact.field, start, start + len(name), right),)


RULES = (
    rule(
        "TG302",
        "host of a service",
        ("host",),
        host,
        bad=(
            bash(
                "Never connect to db-prod.internal.example.net from scripts.",
                "psql -h db-prod.internal.example.net app",
            ),
        ),
        good=(
            bash(
                "Never connect to db-prod.internal.example.net from scripts.", "psql -h db-stg.internal.example.net app"
            ),
            bash(
                "Never connect to db-prod.internal.example.net from scripts.",
                "grep -n db-prod.internal.example.net scripts/a.sh",
            ),
        ),
        accepts=accepts_value,
    ),
)
