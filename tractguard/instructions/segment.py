"""A text cut into units: one sentence, bullet, step, table row or heading each, with its place in the text.

A prompt may hold several orders, a pasted log, a quotation; `markdown` knows the structure of instruction files. What
is plainly not said by the writer (code, logs, quotations, front matter) becomes an inert unit that names the reason.
It cuts and labels; it does not judge whether a sentence directs anything.
"""

import re
from typing import NamedTuple

from tractguard.instructions.grammar import interjection
from tractguard.instructions.markup import MOST_CHARACTERS, REORDERED, visible
from tractguard.instructions.pasted import HEADING, reasons

MOST_UNITS = {"prompt": 2_000, "claude_md": 20_000}  # read from both ends of a longer text; the rest is named unread
MOST_TEXT = {"prompt": 400_000, "claude_md": 4_000_000}  # characters of which the same holds
_BINARY_SHARE = 0.02  # of control characters, from which a text is not text

_STOP = re.compile(r"(?<=\S)[.!?]{1,3}[\"'”’)\]*_]{0,4}(?:\[\^\w{1,9}\])?(?=\s|$)|[。！？](?![」』”’])[”’]?")
_SHORT = re.compile(  # what a stop after it does not end
    r"(?:\b(?:e\.?g|i\.e|vs|approx|resp|incl|excl|cf|dr|mr|mrs|ms|z\.B|d\.h|bzw|ca|esp|max|min|ver|ex|inkl|ggf|evtl|vgl|"
    r"a\.k\.a|w\.r\.t)|(?:^|[\s.(])[A-Za-z]|\.\.)\.$",
    re.I,
)
_MACRO = re.compile(  # "use format! args": a macro of Rust
    r"\b(?:format|println|eprintln|print|vec|panic|assert|assert_eq|todo|dbg|write|writeln|matches|env|unimplemented)!$"
)
_BEFORE_NUMBER = re.compile(r"\b(?:no|nr|fig|p|pp|sec|ch|eq)\.$", re.I)
_GOES_ON = re.compile(r"(?:e\.g\.|i\.e\.|etc\b|z\.B\.)", re.I)
_JOINED = re.compile(
    r"\s*(?:;|,? (?:and|but|also|so)|,|\.\.\.| [—–-]{1,2})\s+(?=(?:please\s+|pls\s+)?"
    r"(?:never|don't|dont|don’t|do not|always|make sure|from now on|remember to)\s)",
    re.I,
)
_WRAP = re.compile(r"[ \t\r]*\n[ \t>]*")
_ORDER = re.compile(
    r"(?:[\W_]{0,12}|(?:rule|step|critical|important|warning|note)?\W{0,4}\d{0,3}\W{1,5}|(?:critical|important|warning)\W{1,6})"
    r"(?:never|always|do not|don't|don’t|must|no)\b(?:\W*\s\W*\w\S*){2,}",
    re.I,
)
_LISTED = re.compile(r"\s*(?:[-*+•‣◦▪●–—✅❌✔✗]|\d{1,3}[.)])\s")
_FENCES = re.compile(r"^[ \t]{0,12}(?:```|~~~)", re.M)
_LOST = re.compile("[\ufffd\ud800-\udfff]")  # what was no text before it was decoded
_WHOLE = re.compile(
    r"[\W_]*(?:never|always|do not|don't|don’t|dont|must not|please)\b[^`/]{0,60}(?:`[^`]+`|[\w.-]+/)", re.I
)
_THESE = re.compile(r"\b(?:these|those|following|any of|commands?|files|folders|directories|paths|flags?)\b", re.I)
_CONDITION = re.compile(r"\s*(?:as long as|until|till|while|during|when|whenever|if|unless|before|after|once)\b", re.I)
_ROW_RULE = re.compile(r"\s*\|[\s:|]*-[\s:|-]*$")
_WORD = re.compile(r"[^\W_]")
_TITLE_WORDS = 4  # at most, of a line before a list that counts as its heading
_FAR = 300  # characters in which what was opened, a bracket or a code span, must be closed to hold a sentence together
_NEAR = 80  # characters beside a conjunction in which words are counted


class Unit(NamedTuple):
    """A piece of a text. `span` holds for the text as given; `inert` says why it cannot direct anything, or ""."""

    text: str
    span: tuple[int, int]
    context: str = ""  # the headings above it, outermost first, joined by " > "
    before: str = ""  # the list's introduction, or the sentence before
    inert: str = ""


class Line(NamedTuple):
    """A physical line: where it starts and its text without the line break."""

    start: int
    text: str


def units(text: str, kind: str = "prompt", context: str = "", before: str = "") -> list[Unit]:
    """The units of `text` in order. Text that is not text (binary) has none."""
    if not isinstance(text, str) or _binary(text):
        return []
    kind = "prompt" if kind == "prompt" else "claude_md"
    most = MOST_TEXT[kind]
    if len(text) > most:
        head, tail = _ends(text, most)
        found = _cut(text[:head], kind, context, before)
        late = _cut(text[tail:], kind, context, "")
        found += [_unread(head, tail, context)]
        found += [unit._replace(span=(unit.span[0] + tail, unit.span[1] + tail)) for unit in late]
    else:
        found = _cut(text, kind, context, before)
    half = MOST_UNITS[kind] // 2
    if len(found) <= 2 * half:
        return found
    unread = _unread(found[half].span[0], found[-half - 1].span[1], context)
    return [*found[:half], unread, *found[-half:]]


def _cut(text: str, kind: str, context: str, before: str) -> list[Unit]:
    if kind == "prompt":
        return _prompt(text, context, before)
    from tractguard.instructions.markdown import markdown_units

    return markdown_units(text, context, before)


def _unread(start: int, end: int, context: str) -> Unit:
    return Unit("…", (start, end), context, "", "too long a text: its middle was not read")


def _ends(text: str, most: int) -> tuple[int, int]:
    """Where the first part that is read of a long text ends, and the last begins: between lines, outside fences."""
    head = text.rfind("\n", most // 4, most // 2) + 1 or most // 2
    tail = text.find("\n", len(text) - most // 2, len(text) - most // 4) + 1 or len(text) - most // 2
    if len(_FENCES.findall(text, 0, tail)) % 2:
        closing = _FENCES.search(text, tail)
        tail = text.find("\n", closing.end()) + 1 or len(text) if closing else tail
    return head, tail


def lines_of(text: str) -> list[Line]:
    """The lines of `text` with their places."""
    out, start = [], 0
    for line in text.split("\n"):
        out.append(Line(start, line.rstrip("\r")))
        start += len(line) + 1
    return out


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Where the sentences of `text[start:end]` stand. Stops inside code spans and brackets do not end a sentence."""
    part = text[start:end]
    out: list[tuple[int, int]] = []
    begin = seen = ticks = depth = 0
    for stop in _STOP.finditer(part):
        piece = part[seen : stop.end()]
        ticks += piece.count("`")
        depth += piece.count("(") - piece.count(")")
        seen = stop.end()
        wide = stop.group(0)[0] in "。！？"
        ahead = part[stop.end() : stop.end() + _FAR]
        if (ticks % 2 and "`" in ahead) or (depth > 0 and not wide and ")" in ahead):
            continue
        if not wide and _goes_on(part, stop.end()):
            continue
        if part[begin : stop.start()].strip().rstrip(".)").isdigit():
            continue  # "1." is the mark of a step
        out.append((start + begin, start + stop.end()))
        begin, ticks, depth = stop.end(), 0, 0
    if part[begin:].strip():
        out.append((start + begin, end))
    return _with_reasons(text, out)


def _goes_on(part: str, stop: int) -> bool:
    """Whether the sentence goes on after a stop: an abbreviation, an ellipsis, or "e.g." that follows."""
    word, rest = part[max(0, stop - 9) : stop], part[stop : stop + 12].lstrip()
    if _SHORT.search(word) or _GOES_ON.match(rest) or (rest[:1].islower() and _MACRO.search(word)):
        return True
    if rest[:1].isdigit() and _BEFORE_NUMBER.search(word):
        return True
    return word.lower().rstrip("*_)]\"'").endswith(("etc.", "misc.")) and not rest[:1].isupper()


_REASON = re.compile(
    r"\s{0,9}(?:because|since that|otherwise|so that|reason:|why:|that way|or else|sonst|weil|sinon|porque)\b",
    re.I,
)


def _with_reasons(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A sentence that only gives the reason stays with the one before."""
    out: list[tuple[int, int]] = []
    for start, end in spans:
        if out and _REASON.match(text, start, end):
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def _binary(text: str) -> bool:
    head = text[:20_000]
    odd = sum(1 for char in head if (char < " " and char not in "\t\n\r\f\x1b") or char == "\ufffd")
    return odd > 4 and odd > len(head) * _BINARY_SHARE


def _unit(text: str, start: int, end: int, context: str, before: str, inert: str = "") -> Unit:
    """A unit without the blanks around it; what was wrapped over several lines, also of a quotation, is one line."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    end = start + len(piece.rstrip())
    said = visible(text[start + left : end])
    inert = inert or _unreadable(piece, said)
    said = said if inert else _WRAP.sub(" ", said)
    return Unit(said, (start + left, max(start + left, end)), context, before, inert)


def _unreadable(piece: str, said: str) -> str:
    """Why a unit cannot be read as a sentence, or ""."""
    if not _WORD.search(said):
        return "no words"
    if _LOST.search(piece):
        return "some of its bytes are not text"
    if REORDERED.search(piece):
        return "its letters are reordered on the screen"
    return "too long for a sentence" if len(said) > MOST_CHARACTERS else ""


def make(text: str, start: int, end: int, context: str, before: str, inert: str = "") -> list[Unit]:
    """The unit at a place, or nothing where only blanks stand there."""
    unit = _unit(text, start, end, context, before, inert)
    return [unit] if unit.text.strip() else []


def below(context: str, intro: str) -> str:
    """The headings of an item: a few words that introduce its list ("**Never:**") are a heading too."""
    words = intro.strip("-+*_•:： \t")
    if not words or len(words.split()) > _TITLE_WORDS:
        return context
    return f"{context} > {words}" if context else words


def introduces(line: str) -> bool:
    """Whether a line with a colon leads into its list ("Never:", "When using `x`:"). An order with its object does not:
    "Never edit `gen/`:" is said in full, and its items say more about it.
    """
    return not (_WHOLE.match(line) and not _THESE.search(line))


def orders(title: str) -> bool:
    """Whether a heading is an order by itself ("Never push to main", "Rule 3: do not touch legacy/")."""
    return bool(_ORDER.match(title))


def _prompt(text: str, context: str, before: str) -> list[Unit]:
    out: list[Unit] = []
    last, intro, head = before, "", ""
    blocks = _blocks(lines_of(text))
    for place, (start, end, inert) in enumerate(blocks):
        if text.startswith("|", start):  # a row: what stands before it is the head of its table
            row, below_it = text[start:end].strip(), blocks[place + 1] if place + 1 < len(blocks) else (0, 0, "")
            head = row if _ROW_RULE.match(text[below_it[0] : below_it[1]]) else head
            why = inert or ("the head of a table" if row == head or _ROW_RULE.match(row) else "")
            out += make(text, start, end, context, head or last, why)
            continue
        head = ""
        if inert == HEADING:
            title = text[start:end].strip("# \t")
            inert = "" if orders(title) else HEADING
            out += make(text, start + text[start:end].index(title), end, context, "", inert)
            context, last, intro = title if inert else context, "", ""
            continue
        if inert:
            out += make(text, start, end, context, last, inert)
            continue
        listed = bool(_LISTED.match(text, start, end))
        if not listed and text[start:end].strip():
            intro = ""
        for first, stop in sentences(text, start, end):
            for left, right in _orders(text, first, stop):
                led = intro if listed else ""
                found = make(text, left, right, below(context, led), led or last)
                out += found
                last = found[0].text if found and not interjection(found[0].text) else last
        if not listed and last.rstrip("*_ ").endswith((":", "：")) and introduces(last):
            intro = last
    return out


def _orders(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Several orders in one sentence of a chat: cut where a conjunction leads into a new order of its own."""
    out = []
    for join in _JOINED.finditer(text, start, end):
        if join.group(0).strip() == "," and _CONDITION.match(text, start, join.start()):
            continue  # "until Friday, don't deploy" is one order
        before = len(text[max(start, join.start() - _NEAR) : join.start()].split())
        after = len(text[join.end() : min(end, join.end() + _NEAR)].split())
        if before >= 3 and after >= 3 and not (join.group(0).strip() == "," and before < 6):
            out.append((start, join.start()))
            start = join.end()
    out.append((start, end))
    return out


def _blocks(lines: list[Line]) -> list[tuple[int, int, str]]:
    """Runs of lines that belong together: (start, end, why inert)."""
    out: list[tuple[int, int, str]] = []
    for line, why in zip(lines, reasons([line.text for line in lines]), strict=True):
        end = line.start + len(line.text)
        same = bool(out) and bool(line.text.strip()) and out[-1][2] == why != HEADING
        if same and (why or _continues(line, out[-1])):
            out[-1] = (out[-1][0], end, why)
        else:
            out.append((line.start, end, why))
    return out


def _continues(line: Line, last: tuple[int, int, str]) -> bool:
    """A wrapped line: the one before ended in the middle of a sentence and this one goes on in lower case."""
    begin = line.text.lstrip()[:1]
    return last[1] + 1 >= line.start - 1 and last[0] != last[1] and begin.islower() and last[1] - last[0] > 60
