"""Checks of the project: which command ran with what outcome, on which tree, and what policy wants at the gate.

`exits` says which commands a shell's exit code speaks for, `summaries` reads what a test runner printed, `runs` puts
both together, `tree` names the state of the worktree, `gate` and `green` act on policy's `[checks]`. Nothing is
imported here: a call that runs no check pays for none of it.
"""
