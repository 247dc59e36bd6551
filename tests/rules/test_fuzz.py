"""Odd facts against odd constraints, odd calls against odd sentences: no rule breaks, and nothing takes long."""

import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.fuzz_rows import run
from tractguard.model import Constraint, Event, Fact, Instruction, Lineage, Past
from tractguard.policy import DEFAULTS
from tractguard.rules import FAMILIES
from tractguard.rules.index import triggers_for, triggers_of
from tractguard.rules.loop import judge

KINDS = tuple(
    (
        "tool command read write append delete move chmod link connect url package version git "
        "message sql env config code import call remote process opaque script unheard"
    ).split()
)
FIELDS = tuple(
    (
        "use instead_of for run when unless cwd where what pattern action do before after "
        "file glob op path must_be_in must_match must_not_be_in indent semicolons quotes style forbid of value "
        "not service name key require forbid_push_to name_pattern target format types max_lines scope except lang "
        "permit words only edition implied said language max_line_length kind"
    ).split()
)
SOME = (
    *("npm install", "git push origin main", "migrations/", "**/*.lock", "5432", "postgresql", ">=3.1", "main"),
    *("feat/<x>", "tests", "create files", "run `cargo fmt`", "any type", "emoji", "\0", "", "(((", "[", "{a,b"),
    *("*" * 9, "é\ud83d", "localhost", "a.b.c"),
)
text = st.one_of(st.sampled_from(SOME), st.text(max_size=12))
value = st.one_of(
    text,
    st.none(),
    st.booleans(),
    st.integers(-1, 9999),
    st.lists(text, max_size=3),
    st.dictionaries(text, text, max_size=1),
)
constraint = st.builds(
    Constraint, st.sampled_from(sorted(FAMILIES)), st.dictionaries(st.sampled_from(FIELDS), value, max_size=5)
)
DATA = tuple(
    (
        "argv cwd said via mode recursive host default role key paths create force lang "
        "code prose op manager how file target inside wrappers word_spans action flags"
    ).split()
)
words = st.lists(text, max_size=4).map(tuple)
fact = st.builds(
    Fact,
    st.sampled_from(KINDS),
    text,
    text,
    st.dictionaries(st.sampled_from(DATA), st.one_of(text, words, st.booleans()), max_size=6),
    st.sampled_from(("", "command", "content")),
    st.one_of(st.none(), st.tuples(st.integers(0, 9), st.integers(0, 9))),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(fact, max_size=5), st.lists(constraint, min_size=1, max_size=4), st.lists(fact, max_size=2))
def test_no_rule_breaks(facts, constraints, before):
    told = [
        Instruction(f"inst_{index:03d}", "said", "SYSTEM", "HIGH", "PROJECT", "MANDATORY", constraints=(one,))
        for index, one in enumerate(constraints)
    ]
    event = Event("pre_tool", tool="Bash", input={"command": "x"}, cwd="/repo", root="/repo")
    lineage = Lineage((Past("Bash", {"command": "y"}, tuple(before)),))
    found = judge(event, tuple(facts), told, lineage, DEFAULTS)
    assert [finding.why for finding in found if finding.code == "TG001"] == []
    assert all(isinstance(one, str) for each in constraints for one in triggers_of(each))
    assert all(isinstance(one, str) for one in triggers_for(facts))


def test_mutated_rows_are_judged():
    """A minute of mutated commands, texts and instructions in `make soak`, a tenth of it otherwise."""
    judged, faults = run(60 if os.environ.get("TRACTGUARD_SOAK") else 6)
    assert faults == []
    assert judged > 0
