"""The command line. `main` is what the `tractguard` program runs.

Thin: a command reads its arguments, asks a room of the house and shows the answer. One file for each noun, and heavy
libraries are imported inside the command that needs them. What a host or a pipeline starts (`hook`, `statusline`,
`check --jsonl`, `classify --jsonl`, `--version`) does not even load the argument parser.
"""

import sys
from collections.abc import Sequence

FINE, FINDINGS, USAGE, BUG = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 fine, 1 findings, 2 usage, 3 our bug."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["hook"] and "--help" not in arguments:
        from tractguard.hook import main as answer

        return answer(arguments[1:])
    if arguments == ["statusline"]:
        from tractguard.statusline import main as show

        show()
        return FINE
    if arguments in (["--version"], ["version"]):
        from tractguard import __version__

        print(f"tractguard {__version__}")
        return FINE
    from tractguard.cli.errors import guarded

    if arguments in (["check", "--jsonl"], ["classify", "--jsonl"]):
        from tractguard.cli.streams import stream

        return guarded(lambda: stream(arguments[0], sys.stdin.buffer, sys.stdout))
    return guarded(lambda: parsed(arguments))


def parsed(arguments: list[str]) -> int:
    """Run one command through the argument parser."""
    from tractguard.cli.app import app

    try:
        app(arguments, prog_name="tractguard")
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # rich and click make an error of it: `log | head`
            raise ended.__context__ from None
        return ended.code if isinstance(ended.code, int) else FINE
    return FINE
