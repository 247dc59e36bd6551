"""The assistant's own list of tasks, as its task tools tell of it: TodoWrite, TaskCreate, TaskUpdate.

Kept in the session's state. Knows those tools' inputs and answers; refuses to know what a task is worth. Warm.
"""

import json
from typing import Any

from tractguard.book import LiveBook
from tractguard.model import Event
from tractguard.pressure.state import TASKS
from tractguard.redact import redact
from tractguard.stored import read_object

MOST, LONGEST = 100, 200  # tasks kept; characters of a subject
GONE = "deleted"


def note_tasks(event: Event, book: LiveBook) -> None:
    """Take over what a task tool did."""
    if event.agent_id or not event.session_id:
        return

    def changed(before: str | None) -> str:
        tasks = after(event, read_object(before))
        return json.dumps(dict(list(tasks.items())[-MOST:]), ensure_ascii=False)

    book.ledger.change(event.session_id, TASKS, changed)


def after(event: Event, tasks: dict[str, Any]) -> dict[str, Any]:
    """The tasks after one call of a task tool. What has another shape than the tools use changes nothing."""
    given, answer = event.input, event.response if isinstance(event.response, dict) else {}
    if event.tool == "TodoWrite":
        todos = given.get("todos")
        if not isinstance(todos, list):
            return tasks
        listed = [each for each in todos if isinstance(each, dict)]
        return {str(at): task(each.get("content"), each.get("status"), event) for at, each in enumerate(listed)}
    if event.tool == "TaskCreate":
        made = answer.get("task")
        id = str(made.get("id") or "") if isinstance(made, dict) else ""
        return {**tasks, id: task(given.get("subject"), "pending", event)} if id else tasks
    if event.tool == "TaskUpdate" and answer.get("success") is not False:
        id = str(given.get("taskId") or "")
        old = tasks.get(id)
        if not isinstance(old, dict):
            return tasks
        if given.get("status") == GONE:
            return {key: value for key, value in tasks.items() if key != id}
        subject = given.get("subject") or old.get("subject")
        return {**tasks, id: task(subject, given.get("status") or old.get("status"), event)}
    return tasks


def task(subject: Any, status: Any, event: Event) -> dict[str, str]:
    """One task as it is kept; `call` is the call that said so last."""
    text = " ".join(str(subject or "").split())[:LONGEST]
    return {"subject": redact(text), "status": str(status or "pending")[:20], "call": event.tool_use_id}
