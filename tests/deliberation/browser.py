"""A real browser, driven over a pair of pipes with its own protocol: nothing but the standard library is needed.

Any Chromium will do: the one that `TRACTGUARD_BROWSER` names, else the first on the PATH, else npm's (`packed.py`).
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.deliberation.packed import program

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
OPTIONS = (
    "--headless=shell --no-sandbox --no-zygote --single-process --in-process-gpu --disable-gpu --no-first-run"
    " --disable-software-rasterizer --disable-dev-shm-usage --disable-extensions --remote-debugging-pipe"
).split()
PATIENCE = 30.0


def found() -> str:
    """The browser's program, "" where there is none."""
    named = os.environ.get("TRACTGUARD_BROWSER", "")
    return named or next((path for name in NAMES if (path := shutil.which(name))), "") or program()


def high(descriptor: int) -> int:
    """The same file under a number that nothing else is expected at."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved


class Browser:
    """`with Browser(program, folder) as browser: browser.look(page, 390, 844)`"""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder, self.number, self.held = program, folder, 0, b""
        self.events: list[Mapping[str, Any]] = []

    def __enter__(self) -> "Browser":
        theirs_in, self.write = map(high, os.pipe())
        self.read, theirs_out = map(high, os.pipe())

        def as_expected() -> None:
            os.dup2(theirs_in, 3)  # the protocol's own numbers
            os.dup2(theirs_out, 4)

        run = [self.program, *OPTIONS, f"--user-data-dir={self.folder / 'browser'}", "about:blank"]
        nowhere = subprocess.DEVNULL
        self.process = subprocess.Popen(
            run, stdin=nowhere, stdout=nowhere, stderr=nowhere, close_fds=False, preexec_fn=as_expected
        )
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            self.begin()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def begin(self) -> None:
        """Open a page to work in."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.ask(f"{domain}.enable")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.write)
        os.close(self.read)

    def ask(self, method: str, **parameters: Any) -> Any:
        """One order of the protocol, and its result."""
        self.number += 1
        order: dict[str, Any] = {"id": self.number, "method": method, "params": parameters}
        if hasattr(self, "session"):
            order["sessionId"] = self.session
        os.write(self.write, json.dumps(order).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def message(self) -> Mapping[str, Any]:
        """The next message."""
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.held:
            assert select.select([self.read], [], [], max(0.0, end - time.monotonic()))[0], "the browser says nothing"
            self.held += os.read(self.read, 65536)
        text, _, self.held = self.held.partition(b"\0")
        found: Mapping[str, Any] = json.loads(text)
        return found

    def open(self, page: Path, width: int, height: int) -> None:
        """Load a page on a screen of this size."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
        self.ask("Page.navigate", url=page.as_uri())
        while not any(each.get("method") == "Page.loadEventFired" for each in self.events):
            self.events.append(self.message())

    def value(self, expression: str) -> Any:
        """What an expression is in the page."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def printed(self) -> bytes:
        """The page as it would be printed."""
        return base64.b64decode(self.ask("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])

    def requested(self) -> list[str]:
        """Every address that was asked for."""
        sent = [each for each in self.events if each.get("method") == "Network.requestWillBeSent"]
        return [str(each["params"]["request"]["url"]) for each in sent]
