"""The process that runs one check to its end: beside the guard, in a group of its own, within a time limit.

It writes what the check prints into a log, and at the end one JSON object: the exit code, how long it took, the last of
the output. Told to end (SIGTERM), it ends the check and says nothing. It knows neither ledger nor trees. Its arguments:
the base name of its files, the limit in seconds, the command. Standard library only.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

MOST_LOG = 5_000_000  # bytes of output that are written; the rest is only read
LAST = 20_000  # bytes of its end that the result holds
GRACE_SECONDS = 2.0  # from the request to end to the end
PIECE = 65_536


def main(arguments: Sequence[str]) -> None:
    """Run the check and write down how it ended."""
    base, limit, command = arguments[0], float(arguments[1]), arguments[2]
    began = time.monotonic()
    # An output of its own, which everything that the check starts inherits; nothing of ours does.
    process = subprocess.Popen(
        ["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    signal.signal(signal.SIGTERM, lambda *_: _give_up(process))
    with open(f"{base}.pid", "w", encoding="ascii") as file:
        file.write(str(process.pid))  # for whoever finds this process gone, and the check still at work
    last = read_output(process, f"{base}.log", began + limit)
    timed_out = process.poll() is None
    if timed_out:
        end(process)
    result: dict[str, Any] = {
        "code": None if timed_out else process.returncode,
        "seconds": round(time.monotonic() - began, 1),
        "output": last.decode("utf-8", "replace"),
    }
    with open(f"{base}.part", "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.replace(f"{base}.part", f"{base}.json")


def read_output(process: "subprocess.Popen[bytes]", path: str, until: float) -> bytes:
    """Read what a process prints into a log, until it has ended or time is over; the last of it."""
    last = b""
    written = 0
    assert process.stdout is not None
    stream = process.stdout.fileno()
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0) as log:
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([stream], [], [], min(left, 0.2))
            piece = os.read(stream, PIECE) if ready else b""
            if written < MOST_LOG and piece:
                written += log.write(piece[: MOST_LOG - written])
            last = (last + piece)[-LAST:]
            if not piece and (ready or process.poll() is not None):
                break  # all is read, or it has ended and only something that it left behind holds the output open
        if time.monotonic() < until:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=until - time.monotonic())
    return last


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and its group, asking first."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE_SECONDS)
            break
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)  # what ignored the request


def _give_up(process: "subprocess.Popen[bytes]") -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end(process)
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
