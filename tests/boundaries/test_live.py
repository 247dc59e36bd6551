"""A decision for people in a live session, through the real hook: never blocked, kept, explained, recorded; the calls
that carry it out ask.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clocked import Answer, Say, Session, ask_, do_, say_, session_, start_
from tests.conftest import trust
from tractguard.boundaries import matters
from tractguard.ledger import Ledger
from tractguard.places import places_of

FIXTURES = (ask_, do_, say_, session_, start_)  # pytest finds them here
ORDER = "Auto-subscribe users to newsletter"
CODE = "export function onSignup(user: User) {\n  newsletter.subscribe(user.email)\n}\n"


def call(session: Session, tool: str, at: float = 2, **given: object) -> Answer:
    return session("PreToolUse", tool_name=tool, tool_input=given, tool_use_id=f"t{at}", at=at)


def ledger_of(repo: Path) -> Ledger:
    return Ledger.open(places_of(str(repo)).ledger)


def of_kind(repo: Path, kind: str) -> list[dict[str, Any]]:
    with ledger_of(repo) as ledger:
        return [row for row in (json.loads(entry.record) for entry in ledger.entries()) if row["kind"] == kind]


def test_a_prompt_passes_and_the_assistant_is_told(session: Session) -> None:
    answer = session("UserPromptSubmit", prompt=ORDER)
    first, second = answer.context.splitlines()[:2]
    assert (answer.decision, first[:5], "A person decides" in first) == ("context", "TG702", True)
    assert second.startswith("Until then do not carry it out; you may ")


def test_the_matter_waits_in_the_state_and_in_the_ledger(session: Session, repo: Path) -> None:
    session("UserPromptSubmit", prompt=ORDER)
    with ledger_of(repo) as ledger:
        (matter,) = matters.pending("s1", ledger)
    record = of_kind(repo, "prompt")[-1]
    assert (matter.domain, matter.text, record["boundary"]["id"]) == ("user_agency", ORDER, matter.id)
    assert [finding["code"] for finding in record["findings"]] == ["TG702"]


def test_saying_it_twice_opens_one_matter(session: Session, repo: Path) -> None:
    session("UserPromptSubmit", prompt=ORDER)
    session("UserPromptSubmit", prompt=ORDER, at=1)
    with ledger_of(repo) as ledger:
        assert len(matters.of("s1", ledger)) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_an_order_that_is_kept_as_an_instruction_does_not_answer_itself(
    session: Session, repo: Path, times: int
) -> None:
    for at in range(times):
        session("UserPromptSubmit", prompt="Subscribe every user to the newsletter.", at=at)
    answer = call(session, "Bash", command="python manage.py subscribe_users --all --newsletter")
    assert (answer.decision, answer.reason[:5]) == ("ask", "TG719")


def test_the_call_that_carries_it_out_asks(session: Session, repo: Path) -> None:
    session("UserPromptSubmit", prompt=ORDER)
    answer = call(session, "Write", file_path=str(repo / "src/signup.ts"), content=CODE)
    assert (answer.decision, answer.reason[:5]) == ("ask", "TG719")
    assert of_kind(repo, "pre_tool")[-1]["findings"][0]["domain"] == "user_agency"


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Read", {"file_path": "/repo/src/newsletter/subscribe_users.ts"}),
        ("Grep", {"pattern": "subscribe.*newsletter", "path": "src"}),
        ("Bash", {"command": "grep -rn 'users newsletter subscribe' src"}),
        ("Bash", {"command": "npm test -- newsletter subscribe users"}),
        ("Write", {"file_path": "docs/newsletter-options.md", "content": "Subscribe users to the newsletter: options"}),
        ("Write", {"file_path": "tests/newsletter.test.ts", "content": "subscribe(user, newsletter)"}),
        ("Write", {"file_path": "src/theme.ts", "content": "export const dark = true\n"}),
        ("Bash", {"command": "git commit -m 'newsletter: subscribe users'"}),
    ],
)
def test_other_calls_pass(session: Session, tool: str, given: dict[str, str]) -> None:
    session("UserPromptSubmit", prompt=ORDER)
    assert call(session, tool, **given).decision == "silence"


def test_a_settled_matter_holds_nothing_back(session: Session, repo: Path) -> None:
    session("UserPromptSubmit", prompt=ORDER)
    with ledger_of(repo) as ledger:
        (matter,) = matters.pending("s1", ledger)
        settled = matters.settle("s1", ledger, matter.id, matters.DECIDED, record="2026-01-newsletter")
    assert settled == matter._replace(status="decided", record="2026-01-newsletter")
    assert call(session, "Write", file_path="src/signup.ts", content=CODE).decision == "silence"
    assert session("UserPromptSubmit", prompt=ORDER, at=3).decision == "silence"


def test_another_session_is_not_held_back(session: Session) -> None:
    session("UserPromptSubmit", prompt=ORDER)
    given = {"file_path": "src/signup.ts", "content": CODE}
    answer = session("PreToolUse", tool_name="Write", tool_input=given, tool_use_id="x", id="s2", at=2)
    assert answer.decision == "silence"


def test_a_subagents_prompt_opens_nothing(session: Session, repo: Path) -> None:
    session("UserPromptSubmit", prompt=ORDER, agent_id="a1")
    with ledger_of(repo) as ledger:
        assert matters.of("s1", ledger) == []


@pytest.mark.parametrize(
    "prompt",
    [
        "Add an unsubscribe link to every mail.",
        "Fix the failing tests in src/newsletter.",
        "Why does the subscribe endpoint return 500?",
        "Rename user_agency.py to agency.py and commit.",
    ],
)
def test_ordinary_work_is_silent(session: Session, prompt: str) -> None:
    assert session("UserPromptSubmit", prompt=prompt).context == ""


def test_a_policy_switches_it_off(session: Session, repo: Path, home: dict[str, str]) -> None:
    (repo / ".claude").mkdir(exist_ok=True)
    (repo / ".claude/tractguard.toml").write_text("[boundaries]\nleast = 0.99\n", encoding="utf-8")
    trust(repo, home)
    assert session("UserPromptSubmit", prompt=ORDER).decision == "silence"


def test_secrets_of_a_prompt_are_not_kept(session: Session, repo: Path) -> None:
    key = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
    session("UserPromptSubmit", prompt=f"{ORDER}, with the key {key}")
    with ledger_of(repo) as ledger:
        (matter,) = matters.of("s1", ledger)
    assert key not in matter.text


# The first outward act of its kind


def test_the_first_production_deployment_asks_and_the_answer_is_its_precedent(session: Session, repo: Path) -> None:
    deploy = {"tool_name": "Bash", "tool_input": {"command": "vercel --prod"}}
    first = session("PreToolUse", tool_use_id="d1", at=1, **deploy)
    session("PostToolUse", tool_use_id="d1", at=2, tool_response={}, **deploy)
    second = session("PreToolUse", tool_use_id="d2", at=3, **deploy)
    assert (first.decision, first.reason[:5], second.decision) == ("ask", "TG718", "silence")
    assert of_kind(repo, "pre_tool")[0]["findings"][0]["domain"] == "unprecedented"


def test_a_refused_first_time_is_no_precedent(session: Session) -> None:
    deploy = {"tool_name": "Bash", "tool_input": {"command": "vercel --prod"}}
    session("PreToolUse", tool_use_id="d1", at=1, **deploy)
    assert session("PreToolUse", tool_use_id="d2", at=3, **deploy).decision == "ask"


@pytest.mark.parametrize("prompt", ["deploy to production", "please ship this with vercel", "go live now"])
def test_a_persons_order_is_the_answer(session: Session, ask: Say, prompt: str) -> None:
    session("UserPromptSubmit", prompt=prompt)
    assert ask("vercel --prod", at=2) == "silence"


@pytest.mark.parametrize(
    "command", ["vercel", "kubectl apply -f k8s/staging", "npm run build", "python manage.py migrate"]
)
def test_local_and_staging_work_is_never_unprecedented(ask: Say, command: str) -> None:
    assert ask(command) == "silence"
