"""The codes that lift a refusal are for the person's eyes: reading the key that makes them, and reading them off the
person's screen. TG607.

A terminal that the call names by a name of its own (a server that the assistant started in tmux) is left alone; the
client's own pane is the one that is meant where none is named, or a number is. It refuses to know which pane that is.
"""

from collections.abc import Iterator, Sequence

from tractguard.model import ESCALATED, REJECTED, Fact
from tractguard.rules.destructive import Loss, Scene, line_of, shown
from tractguard.rules.integrity_commands import code_text
from tractguard.rules.integrity_paths import words

KEY = "lifting.key"
_STATE = "/tractguard"
_HOMES = (".local/state", "xdg_state_home", "state")
_READS = ("read", "move", "link")
_TMUX = ("capture-pane", "capturep", "pipe-pane", "pipep", "send-keys", "send", "paste-buffer", "pasteb")
_TAKES = frozenset(("-t", "-S", "-E", "-b", "-s", "-L", "-f", "-p", "-X", "-N", "--match", "-m", "--pane-id"))
_SCREEN = ("hardcopy", "stuff", "log", "readreg", "paste", "writebuf")
_OTHERS = {
    "kitty": ("get-text", "send-text", "send-key"),
    "kitten": ("get-text", "send-text", "send-key"),
    "wezterm": ("get-text", "send-text"),
    "zellij": ("dump-screen", "write", "write-chars", "edit-scrollback"),
    "xdotool": ("type", "key"),
    "ydotool": ("type", "key"),
    "wtype": ("",),
    "osascript": (),
}
_ASK = "A person can run it in a terminal of their own."


def codes(scene: Scene) -> Iterator[Loss]:
    """The key of the codes read, copied or linked; the client's own screen read or typed into."""
    for fact in scene.of(*_READS):
        name = (fact.value if fact.kind in ("move", "link") else fact.name).rstrip("/")
        if _is_key(name) or (fact.data.get("recursive") and _is_state(name)):
            yield _key(fact)
    for fact in scene.runs(*words("code"), "awk", "sqlite3", "base64", "xxd", "cat"):
        if KEY in code_text(scene, fact) or any(KEY in str(word) for word in fact.data.get("argv") or ()):
            yield _key(fact)
    for fact in scene.runs("tmux", "byobu", "screen", *_OTHERS):
        if not fact.data.get("inside") and _own_screen(fact):
            says = f"{shown(fact.value, 60)} may read or type into the terminal in which codes are shown to the person"
            yield Loss(fact, says, ESCALATED, "Name a session that you started yourself (-t NAME).", 0.8, "screen")


def _key(fact: Fact) -> Loss:
    says = f"this call reads {KEY}, which makes the codes that only a person may say"
    return Loss(fact, says, REJECTED, _ASK, 0.97, subject=KEY)


def _is_key(path: str) -> bool:
    return path.endswith("/" + KEY) or (path.endswith(("/tractguard/*", "/tractguard/**")) and _is_state(path[:-2]))


def _is_state(path: str) -> bool:
    """Whether a path is the guard's folder in the person's state."""
    low = path.lower().rstrip("*/")
    return low.endswith(_STATE) and any(one in low for one in _HOMES)


def _own_screen(fact: Fact) -> bool:
    argv = [str(word) for word in fact.data.get("argv") or ()]
    line = line_of(argv, _TAKES)
    if fact.name == "screen":
        given = line.flags.get("-X", "").split() or list(line.words)
        return bool(given) and given[0] in _SCREEN and not _named(line.flags.get("-S", ""))
    if fact.name in ("tmux", "byobu"):
        own_server = "-L" in line.flags or "-S" in argv[1:2]
        verb = next((word for word in line.words if word in _TMUX), "")
        target = _value(argv, "-t") or (_value(argv, "-b") if verb.startswith("paste") else "")
        return bool(verb) and not own_server and not _named(target)
    return any(word in _OTHERS[fact.name] for word in line.words) and not _value(argv, "--match", "-m", "--pane-id")


def _value(argv: Sequence[str], *names: str) -> str:
    """The value of the last of these options."""
    for at in range(len(argv) - 1, 0, -1):
        if argv[at - 1] in names:
            return argv[at]
        for name in names:
            if argv[at].startswith(name) and len(argv[at]) > len(name):
                return argv[at][len(name) :].lstrip("=")
    return ""


def _named(target: str) -> bool:
    """Whether a target is a name that somebody gave, and no number, mark or part of the session that one is in."""
    session = target.partition(":")[0].partition(".")[0].lstrip("=$")
    return bool(session) and not session[0].isdigit() and session[0] not in "%@{!+-~^:."
