"""What shadow mode would have stopped: calls that were judged as refused or asked about, and answered with nothing.

It reads the ledger alone. It refuses to judge again: what was decided then is what counts. Cold.
"""

import json
from typing import Any

from tractguard.ledger import Ledger
from tractguard.model import ESCALATED, REJECTED

LOOK_BACK, SHOWN = 2000, 5  # calls among which they are sought; those that are shown


def would_have_stopped(ledger: Ledger) -> dict[str, Any]:
    """{"judged", "stopped", "refused", "asked", "by_code", "last"}: of the newest calls, newest first.

    `last` are ledger records. Calls that were let through by a person, or corrected, are not among them.
    """
    query = "SELECT record FROM events WHERE kind = 'pre_tool' ORDER BY seq DESC LIMIT ?"
    judged, found, codes = 0, [], dict[str, int]()
    for (text,) in ledger.db.execute(query, (LOOK_BACK,)):
        record = json.loads(text)
        judged += 1
        if record.get("status") not in (REJECTED, ESCALATED) or record.get("response") != "silence":
            continue
        found.append(record)
        for code in {str(each.get("code")) for each in record.get("findings") or () if _stops(each)}:
            codes[code] = codes.get(code, 0) + 1
    refused = sum(record["status"] == REJECTED for record in found)
    return {
        "judged": judged,
        "stopped": len(found),
        "refused": refused,
        "asked": len(found) - refused,
        "by_code": dict(sorted(codes.items(), key=lambda item: (-item[1], item[0]))),
        "last": found[:SHOWN],
    }


def _stops(finding: dict[str, Any]) -> bool:
    return finding.get("status") in (REJECTED, ESCALATED)
