"""What in a chat message is plainly not the person's own words: fenced code, quotations, logs, diffs, bare code.

It knows how such lines look and that they come in runs: what is indented below a line of code, or stands inside a diff
or a stack trace, is pasted too. It refuses to judge sentences; a line that could be a person's stays a person's.
"""

import re
from collections.abc import Sequence

QUOTED, LOG, CODE, FENCED, HEADING = "a quotation", "a pasted log", "pasted code", "code in a fence", "a heading"
FENCE = re.compile(r"\s{0,12}(`{3,}|~{3,})")
_TITLE = re.compile(r" {0,3}(?:#{2,6}\s+\S|#\s+[^\sa-z])")  # "# apt install" is a shell's prompt
_LISTED = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+(?:\S+\s+){2,}\S")

_LOG = re.compile(
    r"\s*(?:at\s+\S.{0,300}[:(]\d|Traceback|File \"|\$ |% |# |>>> |npm (?:ERR|WARN)|\+\+\+ |--- |@@ |diff --git|"
    r"(?:\[?\d{4}[-/]\d\d[-/]\d\d|\[?\d\d:\d\d:\d\d)|\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL|TRACE)\b[\]:\s]|"
    r"\w{0,40}(?:Error|Exception)(?::|\b.{0,80}\bat line)|FAILED |PASSED |E\s{2,}|error\[E\d|error TS\d|"
    r"fatal: |warning: |error: |panic: |During handling of the above |The above exception was |"
    r"Exception in thread |\.\.\. \d+ more$|--> \S|= (?:help|note): |\|\s*\^|"
    r"Caused by:|goroutine \d|thread '|Process finished|exit code|make(?:\[\d+\])?: \*\*\*|\d{1,6}\s?\|\s)"
)
_OUTPUT = re.compile(
    r"\s*(?:On branch \S+$|Your branch is |Changes (?:not staged|to be committed)|Untracked files:$|\(use \"git |"
    r"(?:modified|new file|deleted|renamed):\s{2,}|no changes added to commit|nothing to commit|"
    r"[\w.~-]{1,40}@[\w.-]{1,60}:\S{0,200}[$#] |PS [A-Z]:\\[^>]{0,200}>|[A-Z]:\\[^>\s]{0,200}>|"
    r"\([\w.-]{1,40}\) \$ |[❯➜] |"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} \d\d:\d\d:\d\d |"
    r"={3,} .{1,120} ={3,}$|_{3,} .{1,120} _{3,}$|-{3,} .{1,120} -{3,}$|"
    r"\S{1,200} [.FEsxX]{1,200}\s{1,80}\[ {0,2}\d{1,3}%\]$)"
)
_PLACE = re.compile(
    r"\s*\S{1,300}?(?:\.\w{1,5}:\d+(?::\d+)?(?:: |:?$|\s+\+0x)|\.\w{1,5}\(\d+,\d+\): )"
    r"(?:$|[\[\w]*(?:[Ee]rror|[Ww]arning|Exception|note)\b|[A-Z]{1,3}\d{2,4}\b|[0-9a-f]{1,8}$)"
)
_CODE_LINE = re.compile(
    r"\s*(?:import [\w.{*]|from [\w.]{1,60} import |"
    r"(?:export |async )?(?:function|const|let|var|class|interface)\s+\w{1,60}\s?[=({:<]|"
    r"def \w{1,60}\(|return\b.{0,200};$|[{}\[\])(;,]{1,4}$|<\/?\w{1,40}[^<>]{0,200}>$|\"[\w-]{1,60}\"\s?:|"
    r"#include|package \w{1,60};|"
    r"(?:SELECT|INSERT|UPDATE|DELETE) .{1,400} (?:FROM|INTO|SET) |\w[\w.\[\]]{0,60}\s?=\s?[^=].{0,200};$|"
    r"<(?:div|p|span|a|ul|ol|li|button|input|form|img|h[1-6]|table|tr|td|th|html|head|body|script|style|link|meta|"
    r"section|nav|header|footer|main|svg|path|template|label|select|option|textarea|article)\b.{0,400}>$|"
    r"(?:if|for|while|switch|catch|else if|\} else|func|fn|pub fn|try)\b.{0,300}\{$|\S.{0,300}\)\s?(?:=>\s?)?\{$|"
    r"@\w[\w.]{0,60}\(.{0,200}\)$|(?:public|private|protected|static)\s.{1,200}[;{]$)"
)
_SQL = re.compile(
    r"\s*(?:SELECT|FROM|WHERE|AND|ORDER BY|GROUP BY|(?:LEFT |RIGHT |INNER |OUTER )?JOIN|HAVING|LIMIT|VALUES|SET|UNION|"
    r"INSERT INTO|DELETE FROM|CREATE TABLE|ALTER TABLE)\b"
)
_KEY = re.compile(r"\s*(?:- )?[\"']?[a-z_][\w./-]{0,60}[\"']?:(?:\s+\S.{0,200})?$", re.I)
_VALUE = re.compile(r"\s*- \S+$")
_IN_CODE = re.compile(r"\s*(?://|/\*|\*/|#|\"\"\"|'''|[\w.]{1,80}\(.{0,200}\)[;:]?$|.{1,200};$|\.\.\.$)")
_DIFF = re.compile(
    r"[ +\-\\]|index [0-9a-f]|@@ |(?:old|new|deleted|new file) mode|similarity index|rename |diff --git|$"
)
_SAID = re.compile(
    r"\b(?:said|says|wrote|writes|told|tells|asked|from|reads|states|commented|posted|replied|claims|suggested)\b"
    r"[^.:\n]{0,60}:\s*$",
    re.I,
)
_OWN = re.compile(r"\bI(?:'ve| have)? (?:said|wrote|told|asked)\b|\bwe (?:said|agreed)\b", re.I)
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "「": "」"}


def pasted(line: str) -> str:
    """Why a line of a chat is not the person's own words, looked at alone; "" where it may be theirs."""
    bare = line.lstrip()
    if _TITLE.match(line):
        return HEADING
    if bare.startswith(">") and not bare.startswith(">>>"):
        return QUOTED
    if _LOG.match(line) or _OUTPUT.match(line) or _PLACE.match(line):
        return LOG
    if _CODE_LINE.match(line):
        return CODE
    return ""


def reasons(lines: Sequence[str]) -> list[str]:
    """For each line why it is not the person's own, or "": fences first, then lines alone, then what stands in runs."""
    found = _fenced(lines)
    for place, line in enumerate(lines):
        found[place] = found[place] or (pasted(line) if line.strip() else "")
    _diffs(lines, found)
    _tracebacks(lines, found)
    _statements(lines, found)
    _indented(lines, found)
    _nested_keys(lines, found)
    _quoted(lines, found)
    return found


def _fenced(lines: Sequence[str]) -> list[str]:
    """Lines between fences, the fences included; one that is never closed holds to the end."""
    found, fence = [""] * len(lines), ""
    for place, line in enumerate(lines):
        mark = FENCE.match(line)
        if fence:
            found[place] = FENCED
            if mark and mark.group(1).startswith(fence) and not line[mark.end() :].strip():
                fence = ""
        elif mark and "`" not in line[mark.end() :]:
            fence, found[place] = mark.group(1), FENCED
    return found


def _diffs(lines: Sequence[str], found: list[str]) -> None:
    """From the head of a hunk on, whatever starts like a line of a diff; a blank line ends it."""
    inside = False
    for place, line in enumerate(lines):
        if line.startswith(("diff --git", "@@ ", "+++ ", "--- a/")):
            inside = True
        inside = inside and bool(_DIFF.match(line))
        if inside:
            found[place] = LOG


def _tracebacks(lines: Sequence[str], found: list[str]) -> None:
    """A Python stack trace: its frames are indented, and the line at the margin after them is the error."""
    inside = False
    for place, line in enumerate(lines):
        if line.lstrip().startswith("Traceback (most recent"):
            inside = True
        elif inside:
            found[place] = found[place] or LOG
            inside = line.startswith((" ", "\t"))


def _statements(lines: Sequence[str], found: list[str]) -> None:
    """Two or more lines of SQL in a row are a statement."""
    start = 0
    for place in range(len(lines) + 1):
        if place < len(lines) and not found[place] and _SQL.match(lines[place]):
            continue
        if place - start >= 2:
            found[start:place] = [CODE] * (place - start)
        start = place + 1


def _indented(lines: Sequence[str], found: list[str]) -> None:
    """What is indented below a line of code or of a log, and comments and calls beside code, belong to it."""
    depth, last = -1, ""
    for place, line in enumerate(lines):
        if not line.strip():
            continue
        if found[place] in (CODE, LOG):
            depth = min(depth, _indent(line)) if last else _indent(line)
            last = found[place]
        elif found[place] or not last:
            last = ""
        elif (_indent(line) > depth and not _LISTED.match(line)) or (
            last == CODE and lines[place - 1].strip() and _IN_CODE.match(line)
        ):
            found[place] = last
        else:
            last = ""
    for place in range(len(lines) - 2, -1, -1):  # a comment above the code that it is about
        if not found[place] and found[place + 1] == CODE and _IN_CODE.match(lines[place]):
            found[place] = CODE


def _nested_keys(lines: Sequence[str], found: list[str]) -> None:
    """Three or more lines of `key: value` of which some are indented below a key alone: a configuration file."""
    start = keys = 0
    nested = False
    for place in range(len(lines) + 1):
        line = lines[place] if place < len(lines) else ""
        key = bool(line.strip()) and not found[place] and bool(_KEY.match(line))
        if key or (place > start and line.strip() and not found[place] and _VALUE.match(line)):
            above = lines[place - 1] if place > start else ""
            nested = nested or (key and above.rstrip().endswith(":") and _indent(line) > _indent(above))
            keys += key
            continue
        if keys >= 3 and nested:
            found[start:place] = [CODE] * (place - start)
        start, keys, nested = place + 1, 0, False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _quoted(lines: Sequence[str], found: list[str]) -> None:
    """A line that is wholly a quotation, below words that say whose it is ("Anna wrote:")."""
    intro = ""
    for place, line in enumerate(lines):
        bare = line.strip()
        if not bare or found[place]:
            continue
        close = _QUOTES.get(bare[0])
        if close and len(bare) > 2 and bare.find(close, 1) == len(bare) - 1:
            if _SAID.search(intro[-200:]) and not _OWN.search(intro[-200:]):
                found[place] = QUOTED
        else:
            intro = bare
