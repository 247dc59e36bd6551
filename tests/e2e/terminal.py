"""The real client in a terminal of its own, with somebody who types: what headless sessions cannot show.

The terminal is a pseudo-terminal of this process; nothing is typed before the screen shows what is waited for.
"""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from client import Client
from model_api import ModelApi, Turn

LINES, COLUMNS = 50, 160
MOVES = re.compile(r"\x1b\[[0-9;?>=]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[78=>]")
PATIENCE = 30.0  # seconds for one thing to appear
PROMPT = "\u276f"  # what the client's input line begins with


class Talk:
    """`with Talk(client, folder, turns, "--permission-mode", "default") as talk: talk.say("Hello.")`"""

    def __init__(
        self,
        client: Client,
        folder: Path,
        turns: Sequence[Turn],
        *options: str,
        tasks: Mapping[str, Sequence[Turn]] | None = None,
    ) -> None:
        self.client, self.folder, self.options = client, folder, options
        self.api = ModelApi(turns, tasks)
        self.raw = b""

    def __enter__(self) -> "Talk":
        self.api.__enter__()
        settled(self.client.home, self.folder)
        self.terminal, inner = pty.openpty()
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environment = {**self.client.environment(self.api.url), "TERM": "xterm-256color"}
        self.process = subprocess.Popen(
            [str(self.client.program), *self.options],
            cwd=self.folder,
            env=environment,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            start_new_session=True,
        )
        os.close(inner)
        self.wait_for(PROMPT)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        os.close(self.terminal)
        self.api.__exit__(kind, error, trace)

    def look(self, seconds: float) -> str:
        """Everything that was ever drawn, after so many seconds at most, without the cursor's movements."""
        if select.select([self.terminal], [], [], seconds)[0]:
            try:
                self.raw += os.read(self.terminal, 65536)
            except OSError:
                pass  # the client has gone
        return " ".join(MOVES.sub(" ", self.raw.decode("utf-8", "replace")).split())

    def wait_for(self, pattern: str, *, times: int = 1) -> list[str]:
        """Wait until `pattern` was drawn so often; what it matched, or its group, in order."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            found = re.findall(pattern, self.look(0.1))
            if len(found) >= times:
                return found
        raise AssertionError(f"{pattern} did not appear; the screen ends with {self.look(0)[-2000:]!r}")

    def say(self, text: str) -> None:
        """Type a message and send it."""
        os.write(self.terminal, text.encode())
        self.rest(0.4)
        os.write(self.terminal, b"\r")

    def press(self, key: str) -> None:
        """Press a key, without sending a message."""
        os.write(self.terminal, key.encode())

    def rest(self, seconds: float) -> None:
        """Let the client draw for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look(0.05)

    def transcripts(self) -> str:
        """Everything that the client wrote into its transcripts."""
        files = sorted((self.client.home / ".claude" / "projects").rglob("*.jsonl"))
        return "".join(file.read_text() for file in files)

    def asked(self) -> str:
        """Everything that the model was sent."""
        return json.dumps(self.api.requests)


def settled(home: Path, folder: Path) -> None:
    """A client that has been started before: no welcome, and this folder is trusted."""
    folders = {str(folder.resolve()): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}}
    known = {
        "numStartups": 5,
        "installMethod": "native",
        "autoUpdates": False,
        "hasCompletedOnboarding": True,
        "lastOnboardingVersion": "2.1.197",
        "theme": "dark",
        "bypassPermissionsModeAccepted": True,
        "customApiKeyResponses": {"approved": ["not-a-key"], "rejected": []},
        "projects": folders,
    }
    file = home / ".claude" / ".claude.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        file.write_text(json.dumps(known))
