"""Inside a session: a stopped call opens one record, its decision comes back, the very call passes once."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deliberation.desk import OUTCOME, Desk
from tractguard.boundaries.matters import Matter, of, open_matter
from tractguard.deliberation.escalation import due_lines
from tractguard.ledger import Ledger

Hook = Callable[..., dict[str, Any]]
CALL = {"tool_name": "mcp__mailchimp__subscribe_users", "tool_input": {"users": "all", "list": "newsletter"}}
LIKE_IT = {"tool_name": "mcp__mailchimp__subscribe_users", "tool_input": {"users": "new", "list": "newsletter"}}


@pytest.fixture
def hook(desk: Desk) -> Hook:
    """Sends an event through the hook command, and gives the answer."""

    def call(event: str = "PreToolUse", id: str = "t1", session: str = "s1", **more: Any) -> dict[str, Any]:
        payload = {"session_id": session, "cwd": str(desk.repo), "hook_event_name": event, "tool_use_id": id, **more}
        env = {"CLAUDE_PROJECT_DIR": str(desk.repo), "CLAUDE_CODE_ENTRYPOINT": "cli"}
        done = desk.tg("hook", "claude-code", event, stdin=json.dumps(payload), env=env)
        assert done.stderr == ""
        answer: dict[str, Any] = json.loads(done.stdout or "{}")
        return answer

    return call


def ledger(desk: Desk) -> Ledger:
    return Ledger.open(str(desk.repo / ".claude/tractguard/ledger.db"), create=False)


def says(answer: dict[str, Any]) -> str:
    """deny, ask, context or nothing."""
    said = answer.get("hookSpecificOutput", {})
    return str(said.get("permissionDecision") or ("context" if said.get("additionalContext") else ""))


def test_a_stopped_call_opens_one_record_for_its_matter(desk: Desk, hook: Hook) -> None:
    hook("UserPromptSubmit", prompt="Subscribe every user to the newsletter, all of them.")
    answer = hook(**CALL)
    ids = [row["id"] for row in desk.rows("list")]
    assert (says(answer), len(ids)) == ("ask", 1)
    assert f"'tractguard deliberate show {ids[0]}'" in answer["hookSpecificOutput"]["permissionDecisionReason"]
    hook(id="t2", **CALL)
    again = hook(id="t3", **LIKE_IT)
    assert ids[0] in again["hookSpecificOutput"]["permissionDecisionReason"]
    assert [row["id"] for row in desk.rows("list")] == ids
    assert (desk.problems(), desk.rows("list")[0]["domain"]) == ([], "user_agency")
    with ledger(desk) as book:
        call = book.of_call("t1")
    assert call is not None
    assert call["record"] == ids[0]


def test_the_decision_comes_back_and_the_very_call_passes_once(desk: Desk, hook: Hook) -> None:
    hook(**CALL)
    id = desk.rows("list")[0]["id"]
    desk.edit(id, "urgency: IMPORTANT", "urgency: ROUTINE")
    code, seen = desk.typed("y\ny\n", "decide", id, *OUTCOME, "--allow-call")
    assert code == 0, seen
    told = hook("UserPromptSubmit", prompt="Go on.")["hookSpecificOutput"]["additionalContext"]
    assert ("Only people who tick the box" in told, "Limits: Mailings" in told, "passes once" in told) == (
        True,
        True,
        True,
    )
    assert "Only people" not in json.dumps(hook("UserPromptSubmit", prompt="Go on."))
    assert says(hook(id="t2", **CALL)) == "context"
    refused = hook(id="t3", **CALL)
    assert (says(refused), f"Decided in {id}" in json.dumps(refused)) == ("ask", True)
    with ledger(desk) as book:
        allowed = (book.of_call("t2") or {})["allowed"]
        assert list(book.verify()) == []
    assert (allowed["by"], allowed["record"], allowed["instruction"]) == ("record", id, "inst_001")


def test_another_call_does_not_pass_with_it(desk: Desk, hook: Hook) -> None:
    hook(**CALL)
    id = desk.rows("list")[0]["id"]
    desk.edit(id, "urgency: IMPORTANT", "urgency: ROUTINE")
    desk.typed("y\ny\n", "decide", id, *OUTCOME, "--allow-call")
    answer = hook(id="t2", **LIKE_IT)
    assert (says(answer), f"Decided in {id}" in json.dumps(answer), len(desk.rows("list"))) == ("ask", True, 0)


def test_a_dismissed_matter_becomes_a_look_alike_case(desk: Desk, hook: Hook) -> None:
    hook(**CALL)
    id = desk.rows("list")[0]["id"]
    assert desk.typed("", "dismiss", id, "--reason", "A test list.")[0] == 0
    case = json.loads((desk.repo / ".claude/deliberations/look-alikes.jsonl").read_text())
    assert (case["tool_name"], case["expect"]) == (CALL["tool_name"], "APPROVED")
    assert [says(hook(id=name, **CALL)) for name in ("t2", "t3")] == ["context", "context"]
    assert says(hook(id="t4", **LIKE_IT)) == "ask"
    assert len(desk.rows("list", "--all")) == 1
    figures = json.loads(desk.tg("status", "--json").stdout)["boundaries"]["user_agency"]
    assert (figures["raised"], figures["dismissed"], figures["precision"]) == (1, 1, 0.0)


def test_a_file_alone_dismisses_nothing(desk: Desk, hook: Hook) -> None:
    hook(**CALL)
    desk.edit(desk.rows("list")[0]["id"], "status: open", "status: dismissed")
    assert says(hook(id="t2", **CALL)) == "ask"


def test_nothing_is_opened_where_policy_says_never(desk: Desk, hook: Hook) -> None:
    policy = desk.repo / ".claude/tractguard.toml"
    policy.write_text('[deliberation]\nopen = "never"\n')
    desk.typed("", "list")
    from tests.conftest import trust

    trust(desk.repo, desk.home)
    assert says(hook(**CALL)) == "ask"
    assert desk.rows("list") == []


def test_a_request_opens_its_record_and_is_linked(desk: Desk, hook: Hook) -> None:
    hook("UserPromptSubmit", prompt="Hello.")
    matter = Matter(
        "bm_aa11bb", "Hide the cancel button.", "user_agency", "less choice", "2026-11-20T10:00:00Z", "consent"
    )
    with ledger(desk) as book:
        open_matter("s1", book, matter)
    answer = hook("UserPromptSubmit", prompt="Thanks.")
    (row,) = desk.rows("list")
    assert (row["question"], row["id"] in answer["systemMessage"]) == ("Hide the cancel button", True)
    with ledger(desk) as book:
        assert of("s1", book)[0].record == row["id"]
    hook("UserPromptSubmit", prompt="Thanks again.")
    assert len(desk.rows("list")) == 1
    desk.edit(row["id"], "urgency: IMPORTANT", "urgency: ROUTINE")
    assert desk.decided(row["id"], "--go-ahead")[0] == 0
    with ledger(desk) as book:
        assert (of("s1", book)[0].status, of("s1", book)[0].record) == ("decided", row["id"])


RECORDS = [
    {"id": "d-1", "question": "Sell it?", "status": "open", "due": "2026-11-01T00:00:00Z", "review_date": ""},
    {"id": "d-2", "question": "Keep it?", "status": "decided", "due": "", "review_date": "2026-11-20"},
    {"id": "d-3", "question": "Later?", "status": "open", "due": "2027-11-01T00:00:00Z", "review_date": ""},
    {"id": "d-4", "question": "Not yet?", "status": "decided", "due": "", "review_date": "2026-11-21"},
    {"id": "d-5", "question": "No.", "status": "dismissed", "due": "2026-11-01T00:00:00Z", "review_date": "2026-11-01"},
]


def test_what_is_due() -> None:
    assert list(due_lines(RECORDS, "2026-11-20", "2026-11-20T12:00:00Z")) == [
        "tractguard: \"Sell it?\" waits for people since 2026-11-01: 'tractguard deliberate show d-1'",
        "tractguard: the decision on \"Keep it?\" is due for review: 'tractguard deliberate review d-2'",
    ]


def test_a_session_start_says_once_a_day_what_is_due(desk: Desk, hook: Hook) -> None:
    id = desk.opened()
    text = desk.file(id).read_text()
    due = next(line for line in text.splitlines() if line.startswith("due:"))
    desk.edit(id, due, "due: 2020-01-01")
    first = hook("SessionStart", source="startup")["systemMessage"]
    again = hook("SessionStart", source="startup", session="s2")
    assert (id in first, id in json.dumps(again)) == (True, False)


def test_a_record_that_cannot_be_written_stops_the_call_all_the_same(desk: Desk, hook: Hook) -> None:
    folder = desk.repo / ".claude" / "deliberations"
    folder.write_text("in the way")
    answer = hook(**CALL)
    assert (says(answer), "could not be written" in answer["systemMessage"]) == ("ask", True)


@pytest.mark.alone
def test_opening_a_record_is_quick(desk: Desk, tmp_path: Path) -> None:
    """The analysis, the text and the file of one record, in this process, best of three."""
    from tractguard.deliberation.analysis import analyse
    from tractguard.deliberation.drafting import drafted
    from tractguard.policy import DEFAULTS

    took = []
    for _ in range(3):
        start = time.process_time()
        drafted(analyse("Subscribe every user"), str(tmp_path), DEFAULTS, now=0.0, origin="escalation")
        took.append(time.process_time() - start)
    assert min(took) < 0.05
