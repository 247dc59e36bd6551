"""`statusline`: one line for the client's status line, from its JSON on stdin."""


def statusline() -> None:
    """Print one line about a session: level, tokens, instructions, what is owed. For the client's status line.

    Reads what the client says on stdin, and keeps its live context window, which hooks are not told.
    'tractguard init --statusline' puts it into the settings where you have no status line of your own.

    \b
    Example:
      "statusLine": {"type": "command", "command": "tractguard statusline"}
    """
    from tractguard.statusline import main

    main()
