"""The loop: strength, confidence, permits, later words, broken rules, bounds."""

import pytest

from tractguard.model import (
    APPROVED,
    ESCALATED,
    REJECTED,
    UNKNOWN,
    WARNING,
    Constraint,
    Event,
    Fact,
    Instruction,
    Lineage,
)
from tractguard.policy import DEFAULTS
from tractguard.rules import loop as rules
from tractguard.rules.crossref import ASK, COSMETIC, DOES, MISSING, REFINES, VALUES, grade, relative, rule

EVENT = Event("pre_tool", tool="Bash", input={"command": "x"}, cwd="/repo", root="/repo")
PORT = Constraint("port", {"service": "mongodb", "value": "27027"})
WRONG = Fact("connect", "mongodb", "27017", {"host": "localhost", "default": "27017"}, "command", (0, 5))


def said(*constraints, id="inst_001", verification="MANDATORY", persistence="HIGH", text="said so"):
    return Instruction(id, text, "SYSTEM", persistence, "PROJECT", verification, constraints=constraints)


def judged(facts, *instructions, policy=None):
    return rules.judge(EVENT, tuple(facts), instructions, Lineage(), {**DEFAULTS, **(policy or {})})


@pytest.mark.parametrize(
    ("verification", "persistence", "manner", "confidence", "expected"),
    [
        ("MANDATORY", "HIGH", DOES, 0.9, REJECTED),
        ("MANDATORY", "HIGH", DOES, 0.8, REJECTED),
        ("MANDATORY", "HIGH", DOES, 0.79, WARNING),
        ("MANDATORY", "HIGH", DOES, 0.5, WARNING),
        ("MANDATORY", "HIGH", DOES, 0.49, APPROVED),
        ("MANDATORY", "HIGH", MISSING, 0.9, REJECTED),
        ("MANDATORY", "HIGH", COSMETIC, 0.9, REJECTED),
        ("MANDATORY", "HIGH", ASK, 0.9, ESCALATED),
        ("MANDATORY", "VARIABLE", DOES, 0.9, WARNING),
        ("MANDATORY", "VARIABLE", ASK, 0.9, WARNING),
        ("REQUIRED", "MEDIUM", DOES, 0.9, REJECTED),
        ("REQUIRED", "MEDIUM", MISSING, 0.9, WARNING),
        ("REQUIRED", "MEDIUM", COSMETIC, 0.9, WARNING),
        ("REQUIRED", "MEDIUM", ASK, 0.9, ESCALATED),
        ("OPTIONAL", "LOW", DOES, 0.95, WARNING),
        ("OPTIONAL", "LOW", ASK, 0.95, WARNING),
        ("NONE", "HIGH", DOES, 0.95, APPROVED),
        ("MANDATORY", "HIGH", VALUES, 0.85, ESCALATED),
        ("REQUIRED", "MEDIUM", VALUES, 0.6, WARNING),
        ("MANDATORY", "VARIABLE", VALUES, 0.9, WARNING),
        ("REQUIRED", "MEDIUM", REFINES, 0.9, APPROVED),
    ],
)
def test_strength(verification, persistence, manner, confidence, expected):
    assert grade(said(verification=verification, persistence=persistence), manner, confidence, DEFAULTS) == expected


def test_a_finding_says_the_fact_and_the_way_out():
    (found,) = judged([WRONG], said(PORT, text="MongoDB runs on port 27027"))
    assert found.code == "TG301"
    assert found.why == 'you said "MongoDB runs on port 27027" (inst_001); this call uses 27017.'
    assert found.way_out == "Use port 27027."
    assert (found.expected, found.actual) == ("27027", "27017")
    assert found.conflict_type == "training_pattern_override"
    assert [fix.text for fix in found.fixes] == ["27027"]


def test_another_value_than_the_default_is_an_explicit_value():
    (found,) = judged([WRONG._replace(value="27018")], said(PORT))
    assert found.conflict_type == "explicit_value"


def test_all_places_of_one_mistake_are_one_finding():
    second = WRONG._replace(span=(10, 15))
    (found,) = judged([WRONG, second], said(PORT))
    assert [(fix.start, fix.end) for fix in found.fixes] == [(0, 5), (10, 15)]


def test_one_place_that_cannot_be_corrected_leaves_none():
    (found,) = judged([WRONG, WRONG._replace(span=None, field="")], said(PORT))
    assert found.fixes == ()


def test_an_unknown_value_is_no_conflict():
    assert judged([WRONG._replace(value=UNKNOWN)], said(PORT)) == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (PORT, Constraint("port", {"service": "mongodb", "value": "27017"}), []),
        (Constraint("port", {"service": "mongodb", "value": "27017"}), PORT, ["inst_002"]),
        (PORT, Constraint("port", {"service": "mongodb", "value": "27017", "permit": True}), []),
        (Constraint("port", {"service": "mongodb", "value": "27017", "permit": True}), PORT, ["inst_002"]),
        (PORT, Constraint("port", {"service": "redis", "value": "27017", "permit": True}), ["inst_001"]),
        (PORT, Constraint("port", {"service": "mongodb", "value": "27028"}), ["inst_002"]),
    ],
)
def test_later_words(first, second, expected):
    found = judged([WRONG], said(first), said(second, id="inst_002"))
    assert [each.instruction for each in found] == expected


BAN = Constraint("forbid_path", {"glob": ["migrations/"]})
WRITE = Fact("write", "/repo/migrations/0042_fix.py", "", {"mode": "edit"})


@pytest.mark.parametrize(
    ("permit", "order", "expected"),
    [
        ({"glob": ["migrations/0042_fix.py"]}, "after", 0),
        ({"glob": ["migrations/0042_fix.py"]}, "before", 0),
        ({"glob": ["migrations/0041.py"]}, "after", 1),
        ({"glob": ["migrations/"]}, "after", 0),
        ({"glob": ["migrations/"]}, "before", 1),
        ({"glob": ["migrations/"], "scope": "docs/"}, "after", 1),
    ],
)
def test_permits(permit, order, expected):
    allowing = said(Constraint("forbid_path", {**permit, "permit": True}), id="inst_002", verification="NONE")
    banning = said(BAN)
    both = [banning, allowing] if order == "after" else [allowing, banning]
    assert len(judged([WRITE], *both)) == expected


@pytest.mark.parametrize(
    ("ban", "permit"),
    [
        (Constraint("ask_before", {"action": "push"}), Constraint("ask_before", {"action": "push"})),
        (Constraint("forbid_action", {"action": "push"}), Constraint("ask_before", {"action": "push"})),
        (Constraint("forbid_command", {"pattern": ["git push"]}), Constraint("ask_before", {"action": "push"})),
    ],
)
def test_a_permit_holds_however_the_ban_was_said(ban, permit):
    allowing = said(permit._replace(data={**permit.data, "permit": True}), id="inst_002")
    assert len(judged(PUSH, said(ban))) == 1
    assert judged(PUSH, said(ban), allowing) == []


PUSH = [
    Fact("command", "git", "git push origin main", {"argv": ("git", "push", "origin", "main")}, "command", (0, 3)),
    Fact("git", "push", "main", {"remote": "origin"}),
]


@pytest.mark.parametrize(
    ("words", "expected"),
    [("push it", 1), ("push to main", 0), ("push it to `main`, please", 0), ("push to maintain", 1)],
)
def test_an_order_lifts_a_protected_branch_only_by_its_name(words, expected):
    permit = Constraint("ask_before", {"action": "push", "permit": True})
    allowing = said(permit, id="inst_002")._replace(text=words)
    assert len(judged(PUSH, said(Constraint("branch", {"forbid_push_to": "main"})), allowing)) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"scope": "src/"}, [REJECTED]),
        ({"scope": "docs/"}, []),
        ({"scope": ["docs/", "src/"]}, [REJECTED]),
        ({"scope": "everywhere"}, [REJECTED]),
        ({"scope": "the billing part"}, [WARNING]),
        ({"except": "src/"}, []),
        ({"except": "tests"}, [REJECTED]),
        ({"except": "docs/"}, [REJECTED]),
        ({"lang": "python"}, []),
        ({"lang": "typescript"}, [REJECTED]),
        ({"when": "the moon is full"}, [WARNING]),
        ({"unless": "I ask for it"}, [REJECTED]),
        ({"unless": "src/"}, []),
    ],
)
def test_scope_and_conditions(fields, expected):
    constraint = Constraint("forbid_code", {"pattern": ["debugger"], **fields})
    fact = Fact("code", "/repo/src/a.ts", "debugger", {"code": "debugger", "lang": "typescript", "op": "edit"})
    assert [each.status for each in judged([fact], said(constraint))] == expected


def test_a_rule_that_raises_asks_a_human(monkeypatch):
    def broken(call, constraint, instruction):
        raise KeyError("x")

    bad = rule("TG398", "broken on purpose", ("port",), broken, ({},), ({},))
    monkeypatch.setattr(rules, "rules_for", lambda type: (bad,))
    (found,) = judged([WRONG], said(PORT))
    assert (found.code, found.status, found.data["rule"]) == ("TG001", ESCALATED, "TG398")
    assert "asks a human" in found.why


def test_a_rule_can_be_switched_off():
    assert judged([WRONG], said(PORT), policy={"rules": {"off": ["TG301"]}}) == []


@pytest.mark.parametrize("type", ["", "no_such_type", "forbid_command", "forbid_path", "version", "config", "branch"])
@pytest.mark.parametrize(
    "data", [{}, {"pattern": ""}, {"glob": [None, 5]}, {"value": {"a": 1}}, {"name_pattern": "((("}]
)
def test_odd_constraints_do_no_harm(type, data):
    facts = [
        WRONG,
        WRITE,
        Fact("command", "git", "git push", {}),
        Fact("git", "push", "", {}),
        Fact("version", "", "", {}),
    ]
    assert judged(facts, said(Constraint(type, data))) == []


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("/repo/a/b.py", "/repo", "a/b.py"),
        ("/repo", "/repo", "."),
        ("/repository/a", "/repo", "/repository/a"),
        ("/repo/../etc/x", "/repo", "/etc/x"),
        ("a/./b", "/repo", "a/b"),
        ("/a", "/", "a"),
    ],
)
def test_relative(path, root, expected):
    assert relative(path, root) == expected
