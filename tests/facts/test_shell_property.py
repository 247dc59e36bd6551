"""No text makes the reader of commands raise; places are where the text stands; cost grows with length, not faster."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tractguard.facts.shell import shell_facts
from tractguard.facts.world import Row

PIECES = st.sampled_from(
    [
        "git", "npm", "install", "commit", "-m", "'", '"', "$(", ")", "`", "${", "}", "<<EOF\n", "\nEOF\n", "<<<", ">",
        ">>", "2>&1", "|", "&&", "||", ";", "&", "\n", "(", "{", " ", "\\", "$x", "x=1", "cd", "..", "rm", "-rf", "*",
        "if", "then", "fi", "for", "in", "do", "done", "case", "esac", "while", "f()", "sudo", "xargs", "bash", "-c",
        "eval", "python3", "sed", "-i", "s/a/b/", "psql", "-p", "5432", "é", "日本", "\0", "\ud800", "#", "[[", "]]",
        "$((", "))", "find", "-exec", "{}", "\\;", "docker", "exec", "web", "curl", "http://x:1/", "tee", "~", "!",
    ]
)  # fmt: skip
COMMANDS = (
    st.lists(PIECES, max_size=40).map("".join) | st.lists(PIECES, max_size=40).map(" ".join) | st.text(max_size=200)
)
WORLD = Row({"Makefile": "a: b\n\trm x\nb:\n\tnpm install\n", "package.json": '{"scripts": {"t": "rm y"}}'})


@settings(max_examples=400, deadline=None)
@given(COMMANDS)
def test_never_raises_and_places_are_inside(command: str) -> None:
    for fact in shell_facts(command, "/repo", WORLD):
        if fact.span is not None:
            start, end = fact.span
            assert 0 <= start < end <= len(command)


@settings(max_examples=200, deadline=None)
@given(COMMANDS)
def test_the_same_text_gives_the_same_facts(command: str) -> None:
    assert shell_facts(command, "/repo", WORLD) == shell_facts(command, "/repo", WORLD)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abcxyz/._-éü日", min_size=1, max_size=30), st.sampled_from(["", "cd a && ", "x=1; ", "é; "]))
def test_the_place_of_a_written_path_is_its_text(path: str, before: str) -> None:
    command = f"{before}echo x > '{path}'"
    facts = [fact for fact in shell_facts(command, "/repo", Row(None)) if fact.kind == "write"]
    assert [command[slice(*fact.span)] for fact in facts if fact.span] == [path]


DEEP = [
    "(" * 10_000, "(a" * 5_000 + ")" * 5_000, "$(" * 10_000, '"$(' * 5_000, "echo $(echo " * 2_000 + ")" * 2_000,
    "{ " * 10_000, "if " * 5_000, "${" * 5_000, "$((" * 5_000, "`" * 5_001, "'" * 5_001, "<<A " * 2_000,
    "sudo " * 3_000 + "ls", "eval " * 2_000 + "ls", "bash -c '" * 200, "[[" * 5_000, "x=$x$x$x$x;" * 60,
    "f() { f; f; }; f", "alias a=a; a", "{a,b}" * 40, "a|" * 1_500, "a|" * 5_000, "cat > a.sh <<E\n" * 1_000,
]  # fmt: skip


@pytest.mark.alone
@pytest.mark.parametrize("command", DEEP, ids=[text[:12] for text in DEEP])
def test_depth_and_doubling_are_survived(command: str) -> None:
    start = time.process_time()
    shell_facts(command, "/repo", Row(None))
    assert time.process_time() - start < 10


@pytest.mark.alone
@pytest.mark.parametrize("unit", ["rm a; ", "echo 'x' | tee b && ", "x=1 ls \n", "a "])
def test_cost_is_linear(unit: str) -> None:
    def cost(times: int) -> float:
        best = []
        for _ in range(3):
            start = time.process_time()
            shell_facts(unit * times, "/repo", Row(None))
            best.append(time.process_time() - start)
        return min(best)

    cost(10)
    assert cost(4_000) < 40 * max(cost(400), 0.002)
