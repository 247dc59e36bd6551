"""Where a test's person lives: folders and environment of its own, never those of whoever runs the tests."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]


def own_home(base: Path) -> dict[str, str]:
    """The environment of somebody who lives in `base`."""
    folders = {
        "HOME": base,
        "CLAUDE_CONFIG_DIR": base / ".claude",
        "XDG_CONFIG_HOME": base / ".config",
        "XDG_STATE_HOME": base / ".local" / "state",
        "XDG_CACHE_HOME": base / ".cache",
        "XDG_DATA_HOME": base / ".local" / "share",
    }
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        **{name: str(folder) for name, folder in folders.items()},
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(CHECKOUT),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A Person",
        "GIT_AUTHOR_EMAIL": "person@example.org",
        "GIT_COMMITTER_NAME": "A Person",
        "GIT_COMMITTER_EMAIL": "person@example.org",
    }
