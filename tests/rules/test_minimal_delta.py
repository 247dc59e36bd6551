"""Change the one token that matters and the verdict changes; change anything else and it does not."""

import shlex

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rules.delta_cases import ELSEWHERE, FILES, MADE, ORDERED, SHELL
from tractguard.check import check_row
from tractguard.model import APPROVED, Constraint, Instruction
from tractguard.rules import FAMILIES

OFTEN = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

BEFORE = (
    "", "CI=1 ", "LANG=C TZ=UTC ", "cd . && ", "true && ", "echo start; ", "time ", "nice -n 5 ", "cat README.md && ",
    "ls src | head -3; ", "if true; then :; fi; ", "# first\n", "  ", "set -e\n", "test -d src && ", "env A=1 ",
)  # fmt: skip
AFTER = (
    "", " # all in one", " 2>&1", " > /tmp/out.txt", " 2>/dev/null", " && echo done", " || true", "; echo $?", " | cat",
    "\necho end", " | tail -n 5", "\n# 3306 npm migrations/ main\n",
)  # fmt: skip


def quoted(word, how):
    """The same word to a shell, spelled otherwise. Words with signs of their own stay as they are."""
    if not word.replace("-", "").replace(".", "").replace("/", "").replace("_", "").isalnum():
        return shlex.quote(word)
    return {"single": f"'{word}'", "double": f'"{word}"', "part": f"{word[0]}'{word[1:]}'", "plain": word}[how]


HOW = st.sampled_from(("plain", "single", "double", "part"))


@st.composite
def spelled(draw, command):
    """A command with other quotes, and other commands, comments and variables around it."""
    words = shlex.split(command)
    said = " ".join([words[0], *(quoted(word, draw(HOW)) for word in words[1:])])
    return draw(st.sampled_from(BEFORE)) + said + draw(st.sampled_from(AFTER))


def verdict(constraint, tool, given, history=()):
    one = Constraint(*constraint)
    told = Instruction("inst_001", "said so", "SYSTEM", "HIGH", "PROJECT", "MANDATORY", constraints=(one,))
    row = {
        "tool_name": tool,
        "tool_input": given,
        "cwd": "/repo",
        "history": [{"tool_name": name, "tool_input": past, "success": True} for name, past in history],
    }
    answer = check_row(row, [told])
    own = [finding["status"] for finding in answer["findings"] if finding.get("instruction")]
    return max(own, key=("APPROVED", "WARNING", "ESCALATED", "REJECTED").index, default=APPROVED)


@pytest.mark.parametrize(("constraint", "wrong", "right"), SHELL)
def test_one_token_of_a_command_matters(constraint, wrong, right):
    assert verdict(constraint, "Bash", {"command": wrong}) != APPROVED
    assert verdict(constraint, "Bash", {"command": right}) == APPROVED


@OFTEN
@given(st.data(), st.sampled_from(SHELL))
def test_nothing_else_of_a_command_matters(data, row):
    constraint, wrong, right = row
    expected = verdict(constraint, "Bash", {"command": wrong})
    assert verdict(constraint, "Bash", {"command": data.draw(spelled(wrong))}) == expected
    assert verdict(constraint, "Bash", {"command": data.draw(spelled(right))}) == APPROVED


@pytest.mark.parametrize("constraint", [row[0] for row in SHELL], ids=[row[0][0] for row in SHELL])
def test_a_wrong_command_is_wrong_for_its_own_constraint_only(constraint):
    related = RELATED.get(constraint[0], frozenset())
    others = [row for row in SHELL if row[0] is not constraint and row[0][0] not in related]
    assert [row[1] for row in others if verdict(constraint, "Bash", {"command": row[1]}) != APPROVED] == []


# Types that rightly see each other's example: a package that is added, a push, a run of npm.
RELATED = {
    "no_new_dependency": frozenset(("db", "tool_choice", "dependency", "framework", "values")),
    "ask_before": frozenset(("branch",)),
    "tool_choice": frozenset(("values", "command")),
}


@pytest.mark.parametrize("command", ["echo '{}'", "grep -rn '{}' docs", "git commit -m 'fix: no {}'", "# {}"])
@pytest.mark.parametrize(("constraint", "wrong", "right"), SHELL)
def test_words_that_are_only_mentioned_do_not_matter(constraint, wrong, right, command):
    assert verdict(constraint, "Bash", {"command": command.format(wrong.replace("'", ""))}) == APPROVED


@pytest.mark.parametrize(("constraint", "path", "wrong", "right", "other"), FILES)
def test_one_token_of_a_text_matters(constraint, path, wrong, right, other):
    assert verdict(constraint, *edit(path, wrong)) != APPROVED
    assert verdict(constraint, *edit(path, right)) == APPROVED


@OFTEN
@given(st.sampled_from(FILES), st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_nothing_else_of_a_text_matters(row, before, after, alone):
    """Lines around it, and whether the file is written whole or a part of it."""
    constraint, path, wrong, right, other = row
    around = lambda text: "\n".join([*[other] * before, text, *[other] * after]) + "\n" * alone  # noqa: E731
    expected = verdict(constraint, *edit(path, wrong))
    assert verdict(constraint, *edit(path, around(wrong))) == expected
    assert verdict(constraint, *edit(path, around(right))) == APPROVED
    assert verdict(constraint, *edit(path, around(right), old=around(wrong))) == APPROVED


@pytest.mark.parametrize(("constraint", "path", "wrong", "right", "other"), FILES)
def test_what_is_taken_away_does_not_matter(constraint, path, wrong, right, other):
    assert verdict(constraint, *edit(path, other, old=wrong)) == APPROVED


@OFTEN
@given(st.sampled_from(MADE), st.sampled_from(("", "x = 1\n", "-- nothing\n")), st.sampled_from(("write", "touch")))
def test_one_folder_matters_and_not_how_a_file_is_made(row, content, how):
    constraint, wrong, right = row
    expected = verdict(constraint, *made(wrong, "", "write"))
    assert expected != APPROVED
    assert verdict(constraint, *made(wrong, content, how)) == expected
    assert verdict(constraint, *made(right, content, how)) == APPROVED


@OFTEN
@given(st.sampled_from(ORDERED), st.lists(st.sampled_from(("ls", "git status", "cat a.md")), max_size=3), st.data())
def test_the_order_matters_and_not_what_lies_between(row, between, data):
    constraint, wrong, right = row
    idle = [("Bash", {"command": command}) for command in between]
    commit = data.draw(spelled("git commit -m x"))
    assert verdict(constraint, "Bash", {"command": commit}, [*wrong, *idle]) != APPROVED
    assert verdict(constraint, "Bash", {"command": commit}, [*right, *idle]) == APPROVED


def edit(path, new, old="nothing_of_this"):
    return "Edit", {"file_path": f"/repo/{path}", "old_string": old, "new_string": new}


def made(path, content, how):
    if how == "write":
        return "Write", {"file_path": f"/repo/{path}", "content": content}
    return "Bash", {"command": f"touch {path}"}


def test_every_type_is_tried():
    tried = {row[0][0] for table in (SHELL, FILES, MADE, ORDERED) for row in table}
    assert set(FAMILIES) - tried - ELSEWHERE == set()
