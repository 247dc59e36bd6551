"""A model on 127.0.0.1 that plays scripted turns and writes down what it was asked.

It speaks as much of the Messages API as the client needs. Which turn comes next is read from the request itself (how
often the assistant has spoken in this conversation), so a request that is sent again gets the same answer.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

COMPACTING = "Your task is to create a detailed summary"  # in the client's request for a compaction
JUDGING = "security monitor for autonomous AI coding agents"
SUMMARY = "The conversation so far, in short."


class Call(NamedTuple):
    """One tool call of the scripted assistant."""

    tool: str
    input: Mapping[str, Any]


class Turn(NamedTuple):
    """What the scripted assistant says in one answer."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    tokens: int = 1000  # of the context, as the usage of this answer tells


def bash(command: str, text: str = "", tokens: int = 1000) -> Turn:
    """A turn that runs one shell command."""
    return Turn(text, (Call("Bash", {"command": command, "description": "scripted"}),), tokens)


def delegate(task: str) -> Turn:
    """A turn that hands `task` to a subagent."""
    return Turn("", (Call("Agent", {"description": "a part", "prompt": task, "subagent_type": "general-purpose"}),))


def text_in(content: Any) -> str:
    """All text of a message's content, tool results included."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(
        str(part.get("text", "")) if part.get("type") == "text" else text_in(part.get("content")) for part in parts
    )


class ModelApi:
    """`with ModelApi(turns) as api:` serves `turns` at `api.url`. `tasks` gives the turns of the conversation whose
    first message holds the key: that is how a subagent gets its own. `requests` are the bodies, in order.
    """

    def __init__(self, turns: Sequence[Turn], tasks: Mapping[str, Sequence[Turn]] | None = None) -> None:
        self.turns = tuple(turns)
        self.tasks = {key: tuple(value) for key, value in (tasks or {}).items()}
        self.requests: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        api = self

        class Handler(_Handler):
            model = api

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "ModelApi":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, body: dict[str, Any]) -> Turn:
        """Write the request down and choose the turn."""
        with self._lock:
            self.requests.append(body)
        if JUDGING in str(body.get("system"))[:1000]:
            return Turn("<block>no</block>")  # the mode "auto" asks a model about each call
        if not body.get("tools"):
            return Turn("{}")  # a title or a classification, no part of the conversation
        messages = body.get("messages") or []
        if messages and COMPACTING in text_in(messages[-1]["content"]):
            return Turn(f"<summary>{SUMMARY}</summary>")
        first = next((text_in(message["content"]) for message in messages if message["role"] == "user"), "")
        turns = next((turns for key, turns in self.tasks.items() if key in first), self.turns)
        spoken = sum(message["role"] == "assistant" for message in messages)
        return turns[spoken] if spoken < len(turns) else Turn("Done.")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Nothing on the terminal: the client drops idle connections when it ends."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: ModelApi

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        path = self.path.partition("?")[0]
        if path.endswith("/count_tokens"):
            self._send(b'{"input_tokens": 1000}', "application/json")
        elif path.endswith("/messages"):
            self._answer(body)
        else:
            self._send(b"{}", "application/json")

    def do_GET(self) -> None:
        self._send(b'{"data": []}', "application/json")

    do_HEAD = do_GET

    def _answer(self, body: dict[str, Any]) -> None:
        turn = self.model.answer(body)
        number = len(self.model.requests)
        blocks: list[dict[str, Any]] = [{"type": "text", "text": turn.text}] if turn.text or not turn.calls else []
        for place, call in enumerate(turn.calls):
            identity = f"toolu_{number:04}_{place:02}"
            blocks.append({"type": "tool_use", "id": identity, "name": call.tool, "input": dict(call.input)})
        message = {
            "id": f"msg_{number:04}",
            "type": "message",
            "role": "assistant",
            "model": str(body.get("model", "")),
            "content": blocks,
            "stop_reason": "tool_use" if turn.calls else "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": turn.tokens, "output_tokens": 10},
        }
        if body.get("stream"):
            self._send(_as_stream(message), "text/event-stream")
        else:
            self._send(json.dumps(message).encode(), "application/json")

    def _send(self, data: bytes, kind: str) -> None:
        try:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the client was ended while it waited


def _as_stream(message: Mapping[str, Any]) -> bytes:
    """A whole message as the server-sent events of a streamed one."""
    opening = {**message, "content": [], "stop_reason": None}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": opening}]
    for place, block in enumerate(message["content"]):
        if block["type"] == "text":
            start, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            start = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        events.append({"type": "content_block_start", "index": place, "content_block": start})
        events.append({"type": "content_block_delta", "index": place, "delta": delta})
        events.append({"type": "content_block_stop", "index": place})
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ending, "usage": message["usage"]})
    events.append({"type": "message_stop"})
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()
