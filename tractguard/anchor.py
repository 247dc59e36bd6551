"""The anchor: how far the ledger had come, kept in the person's own state folder, outside the repository.

The chain shows that nothing inside the ledger was changed; only something outside it can show that its end is still
there. Written at the end of every turn and compared when a session starts. Against a process of the same user it
detects, it does not prevent.
"""

import json
import os
from collections.abc import Mapping

from tractguard.instructions.history import write_atomically
from tractguard.lean import sha256
from tractguard.ledger import Ledger
from tractguard.places import Places, state_home


def anchor_path(places: Places, environ: Mapping[str, str]) -> str:
    """The file for one repository: named by a hash, so that the folder tells nothing about anybody's projects."""
    name = sha256(places.home_root.encode("utf-8", "replace")).hexdigest()[:24]
    return os.path.join(state_home(environ), name + ".json")


def write_anchor(ledger: Ledger, places: Places, environ: Mapping[str, str]) -> None:
    """Note how far the ledger has come. A folder that cannot be written is not worth a stop: nothing is noted then."""
    seq, head = ledger.head()
    try:
        write_atomically(anchor_path(places, environ), json.dumps({"seq": seq, "hash": head}).encode())
    except OSError:
        return


def lost(ledger: Ledger, places: Places, environ: Mapping[str, str]) -> str:
    """What is missing or changed against the anchor, in one sentence; "" where all that was noted is still there."""
    try:
        with open(anchor_path(places, environ), encoding="utf-8") as file:
            noted = json.load(file)
        seq, known = int(noted["seq"]), str(noted["hash"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # nothing was noted yet, or on another machine
    if seq == 0:
        return ""
    entry = next(ledger.entries(after=seq - 1), None)
    if entry is None:
        return (
            f"the ledger {places.ledger} ends before event {seq}, which was there when the last turn ended:"
            " somebody cut it off or replaced it; 'tractguard audit verify' shows what is left"
        )
    if (entry.seq, entry.hash) != (seq, known):
        return (
            f"event {seq} of the ledger {places.ledger} is not the one that was there when the last turn ended:"
            " the record was rewritten; 'tractguard audit verify' shows where"
        )
    return ""
