"""Doors to the standard library that cost a hook less: SHA-256 without OpenSSL, SQLite without its dates, alarms.

`hashlib` loads libcrypto, `sqlite3` loads `datetime`, `signal` makes enums of its numbers, and nothing here uses them:
together an eighth of what an approved call costs. These modules are only faces of the C modules that are taken here;
where an interpreter has none of that name, the ordinary one serves. Nothing of ours is imported.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha256
    from signal import ITIMER_REAL, SIGALRM, setitimer, signal
    from sqlite3 import Connection, DatabaseError, connect
    from sqlite3 import Error as DbError
else:
    try:
        from _sha2 import sha256  # from Python 3.12 on
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256
    try:
        from _signal import ITIMER_REAL, SIGALRM, setitimer, signal
    except ImportError:
        from signal import ITIMER_REAL, SIGALRM, setitimer, signal
    try:
        from _sqlite3 import Connection, DatabaseError, connect
        from _sqlite3 import Error as DbError
    except ImportError:
        from sqlite3 import Connection, DatabaseError, connect
        from sqlite3 import Error as DbError

__all__ = [
    "ITIMER_REAL",
    "SIGALRM",
    "Connection",
    "DatabaseError",
    "DbError",
    "connect",
    "setitimer",
    "sha256",
    "signal",
]
