"""A mailing service as a tool server on standard streams: it writes down who was subscribed, one line for each call."""

import json
import sys

TOOL = {
    "name": "subscribe_users",
    "description": "Subscribe users to a list.",
    "inputSchema": {
        "type": "object",
        "properties": {"users": {"type": "string"}, "list": {"type": "string"}},
        "required": ["users", "list"],
    },
}


def answer(order: dict[str, object]) -> dict[str, object]:
    """The result of one order of the protocol."""
    method, said = order["method"], order.get("params")
    if method == "initialize" and isinstance(said, dict):
        info = {"name": "mailchimp", "version": "1"}
        return {"protocolVersion": said["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call" and isinstance(said, dict):
        given = said["arguments"]
        with open(sys.argv[1], "a", encoding="utf-8") as log:
            log.write(f"{given['list']}: {given['users']}\n")
        return {"content": [{"type": "text", "text": "subscribed"}]}
    return {}


if __name__ == "__main__":
    for line in sys.stdin:
        order = json.loads(line)
        if "id" in order:
            print(json.dumps({"jsonrpc": "2.0", "id": order["id"], "result": answer(order)}), flush=True)
