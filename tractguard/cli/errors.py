"""What can go wrong in a command, and the exit code it ends with. A message says what, where and what now.

Stop                 a sentence and an exit code
├── Usage       2    the command line asks for what there is not
│   └── NeedsPerson  it loosens the guard, and only a person may do that
└── Broken      1    something that belongs to the person is in the way
errors of the rooms, each already a sentence:
├── LedgerError, BrokenHistory, BrokenRecord, BrokenSettings, CannotCompile, OSError   1
└── BadRow, BadCase, UnknownHost                                         2
anything else   3    our bug: one sentence, and the traceback where TRACTGUARD_TRACEBACK is set
"""

import os
import sys
from collections.abc import Callable

from tractguard.cli import BUG, FINDINGS, FINE, USAGE

# By name, so that naming an error does not import its room.
ROOMS = {
    "LedgerError": FINDINGS,
    "BrokenHistory": FINDINGS,
    "BrokenSettings": FINDINGS,
    "BrokenRecord": FINDINGS,
    "Changed": FINDINGS,
    "CannotCompile": FINDINGS,
    "BadRow": USAGE,
    "BadCase": USAGE,
    "UnknownHost": USAGE,
}


class Stop(Exception):
    """A command cannot go on. The message is a sentence or two for a person."""

    code = FINDINGS


class Usage(Stop):
    """The command line asks for what there is not."""

    code = USAGE


class NeedsPerson(Usage):
    """What was asked loosens the guard, and there is no person to say so."""


class Broken(Stop):
    """Something that belongs to the person is in the way: a file, a folder, a setting."""


def guarded(run: Callable[[], int]) -> int:
    """The exit code of `run`; whatever it raises becomes one sentence on stderr."""
    try:
        code = run()
        sys.stdout.flush()
        return code
    except Stop as stop:
        return say(str(stop), stop.code)
    except KeyboardInterrupt:
        return say("stopped", 130)
    except BrokenPipeError:
        # Whoever read our output has gone. Python would complain once more while it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception as error:
        return said_by(error)


def said_by(error: Exception) -> int:
    """Say an error of a room, or our own bug."""
    room = ROOMS.get(type(error).__name__) if type(error).__module__.startswith("tractguard") else None
    if room is not None:
        return say(str(error), room)
    if os.environ.get("TRACTGUARD_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError) and error.filename:
        return say(f"{error.filename}: {error.strerror}; check the path and its permissions", FINDINGS)
    return say(
        f"this is a bug in tractguard: {type(error).__name__}: {error}\n"
        "Run the command again with TRACTGUARD_TRACEBACK=1 and report what it prints.",
        BUG,
    )


def say(text: str, code: int) -> int:
    """One message on stderr."""
    try:
        sys.stderr.write(f"tractguard: {text}\n")
    except (OSError, ValueError):
        pass  # nobody listens
    return code
