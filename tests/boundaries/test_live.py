"""A decision for people in a live session, through the real hook: never blocked, kept, explained, recorded; the calls
that carry it out ask.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.clocked import Answer, Say, Session, ask_, do_, say_, session_, start_
from tests.conftest import trust
from tests.standin import StandIn
from tractguard.boundaries import matters
from tractguard.boundaries.acting import orders_outward
from tractguard.hosts.claude_code_install import install
from tractguard.ledger import Ledger
from tractguard.places import places_of

FIXTURES = (ask_, do_, say_, session_, start_)  # pytest finds them here
ORDER = "Auto-subscribe users to newsletter"
CODE = "export function onSignup(user: User) {\n  newsletter.subscribe(user.email)\n}\n"


ERASE = "psql $PROD_URL -c \"DELETE FROM users WHERE seen < '2020-01-01'\""
Reason = Callable[[str], str]


@pytest.fixture
def ask_reason(session: Session) -> Reason:
    """The last line of the reason for which a shell command asks."""
    return lambda command: last_line(call(session, "Bash", command=command))


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


# Safety questions


def last_line(answer: Answer) -> str:
    return answer.reason.splitlines()[-1]


def test_what_is_not_known_is_said_to_be_unknown(ask_reason: Reason) -> None:
    assert ask_reason(ERASE) == (
        "Before it: backup? unknown (no dump, snapshot or recovery point was seen); legal? unknown; consent? unknown."
        " It takes a person's yes."
    )


def test_a_dump_of_this_session_and_a_persons_words_answer(session: Session, ask_reason: Reason) -> None:
    dump = {"tool_name": "Bash", "tool_input": {"command": "pg_dump $PROD_URL > d.sql"}, "tool_use_id": "d1"}
    session("PreToolUse", **dump)
    session("PostToolUse", tool_response={}, at=1, **dump)
    session("UserPromptSubmit", prompt="Legal approved that old users go.", at=1)
    assert ask_reason(ERASE) == (
        "Before it: backup? yes (pg_dump $PROD_URL ran in this session);"
        ' legal? yes (a message of this session says "Legal approved"); consent? unknown. It takes a person\'s yes.'
    )


def test_a_dump_that_did_not_run_is_none(session: Session, ask_reason: Reason) -> None:
    command = {"command": "pg_dump $PROD_URL > d.sql"}
    session("PreToolUse", tool_name="Bash", tool_input=command, tool_use_id="d1")
    assert "backup? unknown" in ask_reason(ERASE)


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("mcp__mailchimp__batch_subscribe", {"members": "all"}, "consent? no (the call itself sets it for them)"),
        ("mcp__mailgun__send_bulk", {"segment": "opt_in = true"}, "consent? yes (it reaches only those with opt_in)"),
        ("mcp__mailgun__send_bulk", {"segment": "opt_in = false"}, "consent? unknown"),
        ("Bash", {"command": "aws rds delete-db-instance --db-instance-identifier claims-prod --skip-final-snapshot"},
         "backup? no (the call says --skip-final-snapshot)"),
    ],
)  # fmt: skip
def test_the_call_itself_answers(session: Session, tool: str, given: dict[str, object], said: str) -> None:
    assert said in last_line(call(session, tool, **given))


def test_a_stopped_call_has_every_field_in_the_ledger(session: Session, repo: Path, ask_reason: Reason) -> None:
    ask_reason(ERASE)
    data = of_kind(repo, "pre_tool")[-1]["findings"][0]["data"]
    assert {"decision", "requires_human", "reason", "alternatives_ai_can_provide", "final_decision_requires"} <= {*data}
    assert data["safety_checks"] == {"backup": "unknown", "legal": "unknown", "consent": "unknown"}


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


def test_a_persons_order_is_the_answer_and_nobody_elses(repo: Path, home: dict[str, str]) -> None:
    install(str(repo), "local", home)
    with StandIn(repo, home) as client:
        client.start()
        client.judged("CronCreate", {"cron": "* * * * *", "prompt": "deploy to production"})
        client.say("deploy to production")
        scheduled = client.bash("vercel --prod")
        client.say("Looks good, please ship this with vercel.")
        assert (scheduled, client.bash("vercel --prod")) == ("ask", "")


@pytest.mark.parametrize(
    ("kind", "text", "orders"),
    [
        ("deploy", "deploy to production", True),
        ("deploy", "Fix the bug and deploy it.", True),
        ("deploy", "Looks good, please ship this with vercel.", True),
        ("deploy", "go live now", True),
        ("deploy", "why did the production build fail?", False),
        ("deploy", "Ask before you deploy to production.", False),
        ("deploy", "The deploy failed, look at the logs.", False),
        ("deploy", "Write a deploy script.", False),
        ("migration", "Run the migrations on production.", True),
        ("migration", "Write a migration that adds a column.", False),
    ],
)
def test_what_orders_an_outward_act(kind: str, text: str, orders: bool) -> None:
    assert orders_outward(kind, text) is orders


@pytest.mark.parametrize(
    "command", ["vercel", "kubectl apply -f k8s/staging", "npm run build", "python manage.py migrate"]
)
def test_local_and_staging_work_is_never_unprecedented(ask: Say, command: str) -> None:
    assert ask(command) == "silence"
