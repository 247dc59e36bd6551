"""Whether words come from a person: the evidence against it, and nothing but evidence.

At a session's start the client's process is noted (its id and start time), in the session's state and in the person's
own state folder. Later words count as a person's unless something speaks against it: they name a subagent; the hook
does not descend directly from that client, or its payload comes from somebody else; the client itself runs below a
guarded session; the words were written before by a tool call; a tool call has driven a terminal. Looks at processes,
not at rules. It cannot hold against a process of the same user that sets out to deceive: docs/threat-model.md says so.
Standard library only; loaded at prompts, session starts and in the command line.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tractguard.book import LiveBook
from tractguard.closing import SHELLS, machine, process
from tractguard.ledger import Ledger
from tractguard.model import Event
from tractguard.places import state_home
from tractguard.stored import read_file, read_object

OPENED = "opened"  # the key of the client in which a session started
SESSION_MARKS = ("CLAUDECODE", "CLAUDE_CODE_SESSION_ID")
SESSION_ID = b"CLAUDE_CODE_SESSION_ID="
HOOK_SAYS = "tractguard could not run"  # stands in every installed hook command
DEEPEST = 64  # processes that are climbed
LONG_AGO, LAST_STOPS = 20_000, 3  # calls among which those that send words are sought; ends of turns
KEPT = 20  # clients that have gone and stay noted: what they set free may live on
LOOK_BACK = 400  # calls of the repository among which words and terminals are sought
# Programs that type into another terminal, read one, or make one.
TERMINALS = frozenset(
    (
        "tmux screen byobu zellij dtach abduco reptyr xdotool ydotool wtype dotool xte expect autoexpect unbuffer"
        " script osascript kitty kitten wezterm ttyd socat systemd-run machinectl run0 at batch"
    ).split()
)
LOOKS = {"tmux": frozenset(("ls", "list-sessions", "has-session", "has", "-V", "list-windows", "list-panes", "info")),
         "screen": frozenset(("-ls", "-list", "-v", "--version"))}  # fmt: skip
LOCAL = frozenset(("localhost", "127.0.0.1", "::1"))
SENDS = frozenset(("CronCreate", "ScheduleWakeup", "SendMessage", "RemoteTrigger"))


class Process(NamedTuple):
    """One process: its start time tells it from a later one with the same id."""

    pid: int
    start: str
    name: str

    @property
    def key(self) -> str:
        """A name for a file: one process, one key."""
        return f"{self.pid}-{hashlib.sha256(self.start.encode()).hexdigest()[:12]}"


def note_start(event: Event, book: LiveBook) -> None:
    """A session starts: note the client that it runs in. What was noted of a living client is never replaced."""
    chain = list(ancestors(os.getppid()))
    client = client_of(chain)
    if client is None:
        return
    if not noted(client, book.environ):
        above = chain[chain.index(client) + 1 :]
        below = any(noted(each, book.environ) for each in above) or any(
            marked(each.pid, book.ledger, book.environ) for each in (client, *above)
        )
        below = below or bool(free((client, *above), book.ledger, book.environ, living=True))
        said = {"channel": channel(client.pid), "below": below, "session": event.session_id, "at": event.time}
        write_note(client, said, book.environ)
    before = read_object(book.ledger.get(event.session_id, OPENED))
    same = before.get("client") == client.key
    if not same and not (before and still_there(before)):
        said = {"client": client.key, "pid": client.pid, "start": client.start, **machine()}
        book.ledger.put(event.session_id, OPENED, json.dumps(said))


def against(event: Event, book: LiveBook) -> str:
    """What speaks against a prompt being a person's, as the end of a sentence; "" where nothing does."""
    if event.agent_id:
        return "it names a subagent"
    chain = list(ancestors(os.getppid()))
    client = client_of(chain)
    opened = read_object(book.ledger.get(event.session_id, OPENED))
    if client is None or (opened and opened.get("client") != client.key):
        return "it does not come from the client in which this session started" if opened else ""
    if any(not runs_hook(each.pid) for each in chain[: chain.index(client)]):
        return "a command stands between the client and the guard"
    note = noted(client, book.environ)
    if note.get("below"):
        return "this client was started below a guarded session"
    came = channel(client.pid)
    if came == "other" or (note and came != note.get("channel")):
        return "it was not the client that handed it over"
    return written_before(event.prompt, book.ledger, event.session_id)


def lifts_nothing(event: Event, book: LiveBook) -> str:
    """Why a prompt may lift nothing, though it may add; "" for a person who is there."""
    if event.headless:
        return "nobody is at this session"
    why = against(event, book)
    if not why and not book.ledger.get(event.session_id, OPENED):
        return "the client of this session is not known"
    return why


def at_terminal(ledger: Ledger | None, environ: Mapping[str, str]) -> str:
    """What speaks against a command of the terminal being a person's; "" where nothing does."""
    if any(environ.get(mark) for mark in SESSION_MARKS):
        return "this command was started inside a coding session"
    chain = list(ancestors(os.getpid()))
    clients = any(noted(each, environ).get("channel") == "socket" for each in chain)  # as a client's own hooks come
    if clients or any(marked(each.pid, ledger, environ) for each in chain):
        return "this command was started inside a coding session"
    return free(chain, ledger, environ)


def free(chain: Sequence[Process], ledger: Ledger | None, environ: Mapping[str, str], *, living: bool = False) -> str:
    """Whether a tool call may have set a process free (`tractguard/orphans.py`). `living`: only of clients that run."""
    from tractguard.orphans import set_free

    notes = [note for note in every_note(environ) if not living or still_there(note)]
    return set_free([(each.pid, each.start, each.name) for each in chain], notes, ledger)


# Processes


def ancestors(pid: int) -> Iterator[Process]:
    """A process and those above it, nearest first, as far as the system shows them."""
    for _ in range(DEEPEST):
        start, parent, name = process(pid)
        if not start or pid < 1:
            return
        yield Process(pid, start, name)
        if parent < 1:
            return
        pid = parent


def client_of(chain: Sequence[Process]) -> Process | None:
    """The nearest process above the hook that is no shell."""
    return next((each for each in chain if each.name.lstrip("-").rpartition("/")[2] not in SHELLS), None)


def runs_hook(pid: int) -> bool:
    """Whether a shell was started for an installed hook command, and not for a tool call that runs one."""
    text = arguments(pid)
    begins = text[2] if len(text) > 2 and text[1] == "-c" else ""
    return HOOK_SAYS in begins and begins.startswith(("out=$(", "command -v tractguard", "[ -e "))


def arguments(pid: int) -> list[str]:
    """The arguments of a process; without /proc one text stands for all that follows `-c`."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode("utf-8", "replace").split("\0")
    except OSError:
        if os.path.exists("/proc/self/stat"):
            return []
    import subprocess

    try:
        done = subprocess.run(["/bin/ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, timeout=1)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.rstrip("\n").split(" ", 2)


def variables(pid: int) -> list[bytes]:
    """The environment that a process was started with; nothing where the system does not show it."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def channel(client: int) -> str:
    """What the payload came through: `socket` made by this very client, `other` for one that somebody else made,
    else the sort of file that standard input is. The system itself says who made a pair of sockets.
    """
    import stat

    try:
        mode = os.fstat(0).st_mode
    except OSError:
        return "none"
    if not stat.S_ISSOCK(mode):
        return "pipe" if stat.S_ISFIFO(mode) else "file"
    maker = made_by(0)
    return "socket" if maker in (0, client) else "other"


def made_by(descriptor: int) -> int:
    """The process that made the pair of sockets which `descriptor` is one of; 0 where the system does not say."""
    import socket
    import struct

    try:
        with socket.socket(fileno=os.dup(descriptor)) as mine:
            if sys.platform == "darwin":
                return int(mine.getsockopt(0, 2))  # SOL_LOCAL, LOCAL_PEERPID
            raw = mine.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            return int(struct.unpack("3i", raw)[0])
    except (OSError, AttributeError, ValueError):
        return 0


# Guarded sessions


def marked(pid: int, ledger: Ledger | None, environ: Mapping[str, str]) -> str:
    """The id of a guarded session that a process was started with, "" for none."""
    for variable in variables(pid):
        if variable.startswith(SESSION_ID):
            session = variable[len(SESSION_ID) :].decode("utf-8", "replace")
            if session and is_guarded(session, ledger, environ):
                return session
    return ""


def is_guarded(session: str, ledger: Ledger | None, environ: Mapping[str, str]) -> bool:
    """Whether a session is one that this guard has seen, in this repository or, while its client runs, in another."""
    if ledger is not None and ledger.of_session(session, most=1):
        return True
    return any(note.get("session") == session for note in every_note(environ))


def every_note(environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every client of a guarded session that is noted, also some that have gone."""
    folder = notes_folder(environ)
    names = os.listdir(folder) if os.path.isdir(folder) else []
    return [read_file(os.path.join(folder, name)) for name in names]


def notes_folder(environ: Mapping[str, str]) -> str:
    """Where the clients of guarded sessions are noted, outside every repository."""
    return os.path.join(state_home(environ), "clients")


def noted(client: Process, environ: Mapping[str, str]) -> dict[str, Any]:
    """What was noted of a client when a session started in it; nothing for any other process."""
    note = read_file(os.path.join(notes_folder(environ), client.key))
    here = machine()
    return note if note.get("boot") == here["boot"] and note.get("space") == here["space"] else {}


def write_note(client: Process, said: Mapping[str, Any], environ: Mapping[str, str]) -> None:
    """Note a client, and forget most of those that are gone. A folder that cannot be written leaves nothing noted."""
    from tractguard.orphans import group_of

    folder = notes_folder(environ)
    note = {"pid": client.pid, "start": client.start, "group": group_of(client.pid), **machine(), **said}
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        names = [os.path.join(folder, name) for name in os.listdir(folder)]
        gone = [name for name in names if not still_there(read_file(name))]
        kept = sorted(gone, key=os.path.getmtime)[-KEPT:]
        for name in gone:
            if name not in kept or read_file(name).get("boot") != note["boot"]:
                os.unlink(name)
        with open(os.path.join(folder, client.key), "x", encoding="utf-8") as file:
            json.dump(note, file)
    except OSError:
        return


def still_there(note: Mapping[str, Any]) -> bool:
    """Whether the client of a note still runs; also where that cannot be told from here."""
    here = machine()
    if note.get("host") != here["host"] or note.get("space") != here["space"]:
        return bool(note)
    return note.get("boot") == here["boot"] and process(int(note.get("pid") or 0))[0] == note.get("start")


# What tool calls did before


def written_before(text: str, ledger: Ledger, session: str = "") -> str:
    """Whether these very words, alone or as a line, stand in an earlier tool call, or are scheduled in the session. A
    scheduled prompt comes to the guard exactly as a person's.
    """
    words = plain(text)
    if not words:
        return ""
    for call in calls(ledger, 0.0):
        for value in strings(call.get("input")):
            if words in {plain(line) for line in value[:20_000].splitlines()}:
                return "a tool call wrote these words before"
    for call in sending(ledger):
        if "input" not in call:  # the ledger keeps no inputs here
            return "a tool call may have scheduled these words"
        if any(words == plain(value) for value in strings(call["input"])):
            return "a tool call wrote these words before"
    for stop in stops(ledger, session):
        if any(words == plain(value) for value in strings((stop.get("extra") or {}).get("session_crons"))):
            return "these words were scheduled"
    return ""


def plain(text: str) -> str:
    """Text as words are compared: without case, and with single blanks."""
    return " ".join(text.casefold().split())


def sending(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Earlier calls of tools that send words on, however long ago."""
    query = (
        "SELECT record FROM (SELECT record FROM events WHERE kind = 'pre_tool' ORDER BY seq DESC LIMIT ?)"
        f" WHERE {' OR '.join(['instr(record, ?)'] * len(SENDS))}"
    )
    names = [f'"tool_name":"{name}"' for name in sorted(SENDS)]
    for (record,) in ledger.db.execute(query, (LONG_AGO, *names)).fetchall():
        yield json.loads(record)


def stops(ledger: Ledger, session: str) -> Iterator[dict[str, Any]]:
    """The last ends of a session's turns: the client says there what is scheduled."""
    query = "SELECT record FROM events WHERE session_id = ? AND kind = 'stop' ORDER BY seq DESC LIMIT ?"
    for (record,) in ledger.db.execute(query, (session, LAST_STOPS)).fetchall():
        yield json.loads(record)


def named_before(code: str, ledger: Ledger, since: float) -> str:
    """Whether a tool call has named a code: nobody but the person knows it."""
    import re

    wanted = re.compile(rf"(?<![0-9a-f]){re.escape(code)}(?![0-9a-f])", re.IGNORECASE)
    for call in calls(ledger, since):
        if any(wanted.search(value) for value in strings(call.get("input"))):
            return "a tool call named this code before"
    return ""


def drove_terminal(ledger: Ledger, since: float) -> str:
    """Whether a tool call that went ahead could have read a terminal or typed into one."""
    for call in calls(ledger, since):
        if call.get("response") == "deny" or (call.get("response") == "ask" and not ran(call, ledger)):
            continue
        for kind, name, _value, data in call.get("facts") or ():
            argv = [str(word) for word in data.get("argv") or ()]
            here = name == "ssh" and any(word.rpartition("@")[2] in LOCAL for word in argv[1:])
            looks = argv[1:2] and argv[1] in LOOKS.get(name, frozenset())
            if kind == "command" and ((name in TERMINALS and not looks) or here):
                return f"a tool call has used {name} since"
    return ""


def ran(call: Mapping[str, Any], ledger: Ledger) -> bool:
    """Whether a call that was asked about went ahead: the client told of its end."""
    query = "SELECT 1 FROM events WHERE tool_use_id = ? AND kind IN ('post_tool', 'post_tool_failure') LIMIT 1"
    name = str(call.get("tool_use_id") or "")
    return not name or ledger.db.execute(query, (name,)).fetchone() is not None


def calls(ledger: Ledger, since: float) -> Iterator[dict[str, Any]]:
    """The newest calls of the repository that were judged after a moment."""
    query = "SELECT record FROM events WHERE kind = 'pre_tool' ORDER BY seq DESC LIMIT ?"
    for (record,) in ledger.db.execute(query, (LOOK_BACK,)).fetchall():
        call = json.loads(record)
        if float(call.get("time") or 0.0) < since:
            return
        yield call


def strings(value: Any) -> Iterator[str]:
    """Every text in a tool's input."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
