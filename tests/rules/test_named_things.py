"""What a person names: packages and their versions, ports, databases, files that only shrink, places of new files."""

import pytest

from tests.rules.constraint_cases import said
from tractguard.facts import gather
from tractguard.facts.world import Row
from tractguard.model import APPROVED, PRE_TOOL, REJECTED, WARNING, Constraint, Event, Instruction, Lineage
from tractguard.policy import DEFAULTS
from tractguard.rules.loop import judge

ORDER = (REJECTED, "ESCALATED", WARNING, APPROVED)
NO_16 = said("version", of="next", **{"not": [">=16"]})
ALONE = said("no_new_dependency", use=["std_core"], scope="core/")
TESTS = said("db", name=["ledger"], **{"for": "run tests"})
LIVE = said("db", area=["prod"], **{"for": "run tests"})
SHRINKS = said("forbid_path", glob=["baseline.neon"], op="append")
OUTSIDE = said("forbid_path", glob=["outside the repository"], outside=True)
ASKED = said("forbid_path", glob=["pyproject.toml"], unless="asked")
STAMPED = said("path_rule", what="db/steps/*.sql", must_match=["[0-9]*_*.sql"])
DOCS = said("path_rule", what="other documentation", must_be_in="docs/")


def _write(path, text):
    return ("Write", {"file_path": "/repo/" + path, "content": text})


def _edit(path, old, new):
    return ("Edit", {"file_path": "/repo/" + path, "old_string": old, "new_string": new})


CASES = [
    (NO_16, "npm install next@16.1", REJECTED),
    (NO_16, "npm install next@latest", WARNING),
    (NO_16, "npm install next@15.2", APPROVED),
    (ALONE, "cd core && npm install chalk", REJECTED),
    (ALONE, "cd core && npm install std_core", APPROVED),
    (TESTS, "PGDATABASE=ledger pytest", REJECTED),
    (TESTS, "PGDATABASE=ledger_test pytest", APPROVED),
    (TESTS, "psql ledger -c 'select 1'", APPROVED),
    (LIVE, "DATABASE_URL=postgresql://localhost/shop_production pytest", REJECTED),
    (LIVE, "DATABASE_URL=postgresql://localhost/shop_test pytest", APPROVED),
    (SHRINKS, _edit("baseline.neon", "a", "a\nb\n"), REJECTED),
    (SHRINKS, _edit("baseline.neon", "a\nb\n", "a"), APPROVED),
    (OUTSIDE, "echo x >> /etc/hosts", REJECTED),
    (OUTSIDE, "echo x > /tmp/x", APPROVED),
    (OUTSIDE, _write("src/a.py", "x = 1\n"), APPROVED),
    (ASKED, "uv sync", APPROVED),
    (STAMPED, _write("db/steps/add_users.sql", "select 1;\n"), REJECTED),
    (STAMPED, _write("db/steps/20260102030405_add_users.sql", "select 1;\n"), APPROVED),
    (DOCS, _write("GUIDE.md", "# g\n"), REJECTED),
    (DOCS, _write("README.md", "# r\n"), APPROVED),
]


@pytest.mark.parametrize(("constraint", "call", "expected"), CASES)
def test_named_thing(constraint, call, expected):
    tool, given = ("Bash", {"command": call}) if isinstance(call, str) else call
    event = Event(PRE_TOOL, tool=tool, input=given, cwd="/repo", root="/repo")
    told = Instruction(
        "inst_001", "Said.", "SYSTEM", "HIGH", "PROJECT", "MANDATORY", constraints=(Constraint(*constraint),)
    )
    facts = gather(event, Row({"baseline.neon": "a\nb\n"}, "/repo"))
    found = [finding.status for finding in judge(event, facts, [told], Lineage(), DEFAULTS)]
    assert min([*found, APPROVED], key=ORDER.index) == expected
