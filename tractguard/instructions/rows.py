"""A row of a table as the sentence that its head makes of it: "| postgres | 5544 |" below "| service | port |".

It knows columns whose heads name a hard fact: a port, a version. It refuses to guess what other columns mean.
"""

import re

MOST_CELLS, LONGEST = 12, 400  # columns and characters of a row that are read
_MARKS = str.maketrans("", "", "`*_")
_PORT = re.compile(r"(?:local |host |dev |default )?ports?(?: \(\w{1,20}\))?$")
_VERSION = re.compile(r"(?:required |minimum |min |pinned )?versions?(?: \(\w{1,20}\))?$")
_NUMBER = re.compile(r"(?::|localhost:|127\.0\.0\.1:)?(\d{2,5})$")
_EXACT = re.compile(r"(?:v|>=\s?|=)?\d{1,4}(?:\.\d{1,4}){0,3}\+?$")


def as_sentence(row: str, head: str) -> str:
    """What `row` states below `head`, both as they stand in the text; "" where no column is known."""
    names, cells = _cells(head), _cells(row)
    if len(names) != len(cells) or not 2 <= len(cells) <= MOST_CELLS:
        return ""
    for column, name in enumerate(names):
        whose = next((cell for place, cell in enumerate(cells) if place != column and cell), "")
        port, exact = _NUMBER.match(cells[column]), _EXACT.match(cells[column])
        if port and _PORT.match(name) and whose:
            return f"{whose} runs on port {port.group(1)}"
        if exact and _VERSION.match(name) and whose:
            return f"{whose} version {cells[column]}"
    return ""


def _cells(row: str) -> list[str]:
    row = row.strip()
    if not row.startswith("|") or len(row) > LONGEST:
        return []
    return [cell.translate(_MARKS).strip().lower() for cell in row.strip("|").split("|")]
