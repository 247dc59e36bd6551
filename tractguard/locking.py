"""One writer at a time, over all sessions and worktrees of a repository. A lock ends with the process that holds it."""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from tractguard.places import Places

HISTORIES, RECORDS = "lock", "deliberations.lock"  # files of the state folder


@contextlib.contextmanager
def locked(places: Places, name: str = HISTORIES) -> Iterator[None]:
    """Hold the lock of the instruction histories, or of the deliberation records; waits for whoever has it."""
    os.makedirs(places.state, exist_ok=True)
    with open(os.path.join(places.state, name), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
