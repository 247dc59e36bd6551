"""The command line and the hook as processes of their own, without paying for their imports each time.

A server, started once for each test worker, has imported what they import. Every run is a fork of it: its own process,
folder, environment and streams. What a real start does (which modules it loads, how it is found, what its parent is)
is not shown by such a run: tests of that start the interpreter themselves.
"""

import atexit
import contextlib
import io
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from tests.homes import CHECKOUT

PRELOADED = (
    "tractguard.cli.app", "tractguard.config", "tractguard.compiling", "tractguard.render", "tractguard.live",
    "tractguard.heard", "tractguard.hook", "tractguard.hosts.claude_code_install", "tractguard.rules.loop",
)  # fmt: skip
SECONDS = 60.0


def run(
    job: Sequence[str], *, cwd: Path, env: Mapping[str, str], stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run `job` (a name of JOBS and its arguments) and wait for its end. Raises subprocess.TimeoutExpired."""
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        streams[0].write(stdin.encode("utf-8", "surrogateescape"))
        streams[0].seek(0)
        client = stack.enter_context(socket.socket(socket.AF_UNIX))
        client.settimeout(SECONDS)
        client.connect(_server())
        request = json.dumps({"job": list(job), "cwd": str(cwd), "env": dict(env)}).encode()
        socket.send_fds(client, [struct.pack("!I", len(request))], [each.fileno() for each in streams])
        client.sendall(request)
        try:
            code = struct.unpack("!i", client.recv(4))[0]
        except TimeoutError as error:
            raise subprocess.TimeoutExpired(list(job), SECONDS) from error
        except struct.error as error:
            raise RuntimeError(f"the process of {list(job)} was killed") from error
        texts = []
        for each in streams[1:]:
            each.seek(0)
            texts.append(io.TextIOWrapper(io.BytesIO(each.read()), encoding="utf-8").read())
        return subprocess.CompletedProcess(list(job), code, *texts)


_started: list[str] = []


def _server() -> str:
    """The address of this worker's server, started at the first call."""
    if not _started:
        folder = tempfile.mkdtemp(prefix="tractguard-tests-")
        address = os.path.join(folder, "server")
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm", address], cwd=CHECKOUT, stdin=subprocess.PIPE, env=_bare(folder)
        )
        atexit.register(process.communicate)  # its standard input ends with this worker, and so does the server
        until = time.monotonic() + SECONDS
        while not os.path.exists(address):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the server of warm processes did not start")
            time.sleep(0.01)
        _started.append(address)
    return _started[0]


def _bare(folder: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": folder, "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"}


# The server


def serve(address: str) -> None:
    """Answer until standard input ends."""
    import importlib
    import select
    import signal

    for name in PRELOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children of this process
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address + ".new")
    listening.listen(64)
    os.rename(address + ".new", address)
    while True:
        ready, _, _ = select.select([listening, sys.stdin], [], [])
        if sys.stdin in ready:
            shutil.rmtree(os.path.dirname(address), ignore_errors=True)
            return
        client, _ = listening.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            listening.close()
            _become(client)
        client.close()


def _become(client: socket.socket) -> None:
    """Be the process that was asked for, to its end, and say how it ended. Its parent is this worker's one server, as
    the hooks of a session have one client.
    """
    leave, code = os._exit, 1

    def left(number: int) -> NoReturn:
        client.sendall(struct.pack("!i", number))
        leave(number)

    os._exit = left  # the hook ends by it
    try:
        head, streams, _, _ = socket.recv_fds(client, 4, 3)
        request = b""
        while len(request) < struct.unpack("!I", head)[0]:
            request += client.recv(1 << 16)
        job = json.loads(request)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - they live as long as the process
        sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8")  # noqa: SIM115
        os.environ.clear()
        os.environ.update(job["env"])
        time.tzset()
        os.chdir(job["cwd"])
        name, *arguments = job["job"]
        code = JOBS[name](arguments)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
            sys.stderr.flush()
        left(code)


def _command(arguments: Sequence[str]) -> int:
    """`python -m tractguard`"""
    from tractguard.cli import main

    sys.argv = ["tractguard", *arguments]
    return main()


def _hook(arguments: Sequence[str]) -> int:
    """The hook's process, its clock turned to the first argument."""
    from tractguard.hook import answer

    reply, _ = answer(list(arguments[1:]), sys.stdin.buffer.read(), os.environ, float(arguments[0]), 20.0)
    sys.stdout.buffer.write(reply.stdout)
    sys.stderr.buffer.write(reply.stderr)
    return reply.exit_code


JOBS = {"command": _command, "hook": _hook}

if __name__ == "__main__":
    serve(sys.argv[1])
