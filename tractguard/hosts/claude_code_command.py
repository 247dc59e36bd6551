"""The command line that Claude Code runs at each event, and how one is recognised as ours.

Knows POSIX shell and the one form that was measured to fail closed: the guard's answer is gathered before anything is
printed, and when the guard cannot run nothing is printed and the exit code is 2. Refuses to know settings files. Cold.
"""

import importlib.util
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tractguard
from tractguard.hosts import REFUSED
from tractguard.hosts.claude_code import EVENTS, NAME

TIMEOUT_S = 60  # the client's own limit fails open, so it stands far above the guard's deadline

SCRIPT = "tractguard_hook.py"
EXTENSIONS = ("tree_sitter", "tree_sitter_bash")

_FAILED = "tractguard could not run"
_OPENING = "out=$("
_LOCATE = "command -v tractguard >/dev/null 2>&1 || "
# Words of the assistant are shown every second: where no code waits, not even Python is started.
_NO_CODE = '[ -e "${XDG_STATE_HOME:-$HOME/.local/state}/tractguard/codes" ] || exit 0; '
_SO = {
    "PreToolUse": "so this call was not let through",
    "MessageDisplay": "so a code is not shown",
}
_ABSENT = (
    "This project asks for tractguard, which is not installed on this machine: "
    "this session is not guarded. Install tractguard, or ignore this."
)


class Baked(NamedTuple):
    """What a command of this machine names: absolute, real paths. `folders` go on the path of the bare interpreter."""

    interpreter: str
    script: str
    folders: tuple[str, ...]

    def missing(self) -> tuple[str, ...]:
        """Those of the named files and folders that are not there."""
        files = [path for path in (self.interpreter, self.script) if not os.path.isfile(path)]
        return (*files, *(folder for folder in self.folders if not os.path.isdir(folder)))


def bake() -> Baked:
    """The interpreter, script and folders of the installation that is running now.

    The interpreter is the real one, not a virtual environment's link: it starts faster and outlives `source activate`.
    """
    package = os.path.dirname(os.path.realpath(tractguard.__file__))
    folders = [os.path.dirname(package)]
    for name in EXTENSIONS:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.origin:
            folders.append(os.path.dirname(os.path.dirname(os.path.realpath(spec.origin))))
    return Baked(os.path.realpath(sys.executable), _script(package), tuple(dict.fromkeys(folders)))


def command(event: str, baked: Baked | None) -> str:
    """The shell command for one event. Without `baked` it is the form for a shared file, which finds the guard when it
    runs. It does not say in which file it stands: the client runs one command once, however many files hold it.
    """
    run = ["tractguard", "hook", NAME, event]
    prefix = _LOCATE + _otherwise(event) + "; "
    if baked is not None:
        run = [baked.interpreter, "-I", "-S", baked.script, *baked.folders, "--", NAME, event]
        prefix = ""
    if event == "MessageDisplay":
        prefix = _NO_CODE + prefix
    so = _SO.get(event, "so nothing passes unchecked")
    failure = (
        f"{_FAILED}, {so}. A person can repair it with 'tractguard doctor' and 'tractguard init' "
        f"or remove it with 'tractguard uninstall', or by hand in Claude Code's settings files."
    )
    return (
        f"{prefix}{_OPENING}{shlex.join(run)}) && "
        "case $out in '' | '{'*'}') ;; *) false ;; esac || "  # a stray line would make the client ignore the rest
        f"{{ [ $? -eq {REFUSED} ] || echo {_quote(failure)} >&2; exit 2; }}; "
        f"printf '%s' \"$out\""
    )


def group(event: str, baked: Baked | None) -> dict[str, Any]:
    """The element of the client's `hooks.EVENT` array: no matcher, so that it holds for every tool."""
    return {"hooks": [{"type": "command", "command": command(event, baked), "timeout": TIMEOUT_S}]}


def plugin() -> dict[str, Any]:
    """The content of the Claude Code plugin's `hooks.json`: the shared form for every event."""
    return {"hooks": {event: [group(event, None)] for event in EVENTS}}


def is_ours(hook: Any) -> bool:
    """Whether one element of a `hooks` array was written by us, in this version or another."""
    text = hook.get("command") if isinstance(hook, Mapping) else None
    return isinstance(text, str) and _OPENING in text and _FAILED in text


def mentioned_in(text: str) -> bool:
    """Whether a settings file, valid or not, holds a command of ours."""
    return _FAILED in text


def baked_in(text: str) -> Baked | None:
    """What one of our commands names, None for the shared form and for what cannot be read."""
    text = text.removeprefix(_NO_CODE)
    if not text.startswith(_OPENING):
        return None
    try:
        words = shlex.split(text[len(_OPENING) : text.index(") && case")])
        end = words.index("--")
    except ValueError:
        return None
    return Baked(words[0], words[3], tuple(words[4:end])) if end > 3 else None


def _otherwise(event: str) -> str:
    if event != "SessionStart":
        return "exit 0"
    return f"{{ printf '%s' {shlex.quote(json.dumps({'systemMessage': _ABSENT}))}; exit 0; }}"


def _quote(sentence: str) -> str:
    """A sentence of ours in double quotes, with its single quotes left readable."""
    for char in '\\"$`':
        sentence = sentence.replace(char, "\\" + char)
    return f'"{sentence}"'


def _script(package: str) -> str:
    """The hook script: inside an installed package, or beside it in a checkout."""
    shipped = os.path.join(package, "_hooks", SCRIPT)
    return shipped if os.path.isfile(shipped) else os.path.join(os.path.dirname(package), "hooks", SCRIPT)


def main(arguments: Sequence[str]) -> int:
    """Print the plugin's hooks.json: `python -m tractguard.hosts.claude_code_command > hooks/hooks.json`."""
    del arguments
    print(json.dumps(plugin(), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
