"""The structure of an instruction file: headings, lists, steps, tables, fences, front matter, imports.

Headings give every unit its context (the whole path, "Rules > Never"); the line that introduces a list is what stands
before each of its items. Code fences, front matter and comments are examples or data. It reads the file that it is
given: imports are noted, never followed.
"""

import re

from tractguard.instructions.segment import Line, Unit, below, introduces, lines_of, make, orders, sentences

_HEADING = re.compile(r" {0,3}(#{1,6})\s+(\S.*)$")
_ITEM = re.compile(
    r"(\s*)(?:(?:[-*+•‣◦▪●]|\(?\d{1,3}[.)]|[a-zA-Z][.)])\s+(?:\[[ xX]\]\s+)?|(?=[①-⑳✅❌✔✗✘🚫⛔☑→➜🛑👍👎]))"
)
_DASH = re.compile(r"(\s*)[–—]\s+")
_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_TABLE = re.compile(r"\s*\|.*\|\s*$")
_RULE_ROW = re.compile(r"\s*\|?[\s:|-]+\|?\s*$")
_IMPORT = re.compile(r"\s*(?:[-*]\s+)?@[\w~./-]+\s*$")
_RULE = re.compile(r"\s{0,3}(?:-\s*){3,}$|\s{0,3}(?:\*\s*){3,}$|\s{0,3}(?:_\s*){3,}$|\s{0,3}=+\s*$")
_REFERENCE = re.compile(r"\s{0,3}\[[^\]]{1,80}\]:\s")
_TAGS = re.compile(r"\s*(?:</?[a-zA-Z][^<>]{0,200}>\s*)+$")
_EXAMPLE = re.compile(r"\s*<([a-zA-Z][\w-]*)[^<>]{0,200}>\s*$")
_MIDDLE = re.compile(  # what a line ends with that is not done
    r"[,(/—-]$|\b(?:and|or|the|an?|of|to|in|on|for|with|by|from|at|as|is|are|be|that|than|not|if|when|which|via|using)$",
    re.I,
)
_SHORT_CAPS = re.compile(
    r"(?!NEVER|ALWAYS|USE|DO|NO|MUST|ONLY|ALL)[A-Z]{2,5}\b"
)  # "API", "JSON": a word, not a beginning
_LEAD_IN = re.compile(r"\*\*[^*]{1,120}(?::\*\*|\*\*\s?:)")
_QUOTE = re.compile(r"(?:\s{0,3}>\s?)+")
_ALERT = re.compile(r"\s*\[!\w{1,20}\]\s*$")
_CODE = "code in a fence is an example"
_MARKDOWN = frozenset(("markdown", "md", "mdx"))
_LONGEST_TITLE = 120  # of an underlined heading; a longer one is a paragraph above a rule
_LEAST_WRAP = 60  # a paragraph is not wrapped at fewer characters: shorter lines are lines of their own
_MOST_NESTED = 400  # lines in which the end of an example, or of a fence around fences, is looked for


def markdown_units(text: str, context: str = "", before: str = "") -> list[Unit]:
    """The units of a Markdown file in order."""
    reader = _Reader(text, context, before)
    lines = lines_of(text)
    place = reader.front_matter(lines)
    while place < len(lines):
        place = reader.step(lines, place)
    reader.close()
    return reader.out


class _Reader:
    """One pass over the lines; `open_` is the paragraph or item being gathered."""

    def __init__(self, text: str, context: str, before: str) -> None:
        self.text, self.base, self.before = text, context, before
        self.out: list[Unit] = []
        self.headings: list[tuple[int, str]] = []
        self.open_: tuple[int, int] | None = None
        self.parents: list[tuple[int, str]] = []  # (indent, text) of the items around
        self.intro = ""  # the line that introduces the list being read
        self.last = before
        self.dashes = False  # the list being read is one of dashes
        self.head = ""  # the first row of the table being read
        self.bare = False  # a table without bars at the ends of its rows is being read
        self.unclosed: set[str] = set()  # kinds of examples that nothing closes: not looked for again
        self.widest = 0  # characters of the longest line of the paragraph

    def context(self) -> str:
        parts = [self.base, *(title for _, title in self.headings)]
        return " > ".join(part for part in parts if part)

    def inert(self, first: Line, last: Line, why: str) -> None:
        self.close()
        self.out += make(self.text, first.start, last.start + len(last.text), self.context(), self.last, why)

    def front_matter(self, lines: list[Line]) -> int:
        if not lines or lines[0].text.strip() != "---":
            return 0
        for place in range(1, min(len(lines), 200)):
            if lines[place].text.strip() in ("---", "..."):
                self.inert(lines[0], lines[place], "front matter")
                return place + 1
        return 0

    def step(self, lines: list[Line], place: int) -> int:
        line = self._unquoted(lines[place])
        if not line.text.strip() or _ALERT.match(line.text):
            self.head = ""
            self.close()
            return place + 1
        fence = _FENCE.match(line.text)
        if fence:
            return self._block(lines, place, self._fence_end(lines, place, fence.group(1)), _CODE)
        if line.text.lstrip().startswith("<!--"):
            end = place
            while "-->" not in lines[end].text and end + 1 < len(lines):
                end += 1
            return self._block(lines, place, end, "a comment")
        closed = self._example(lines, place)
        if closed:
            return self._block(lines, place, closed, "an example")
        if self._single(lines, place, line):
            return place + 1
        item = _ITEM.match(line.text) or (_DASH.match(line.text) if self.open_ is None or self.dashes else None)
        if item:
            self.dashes = bool(_DASH.match(line.text))
            self._item(line, len(item.group(1).expandtabs(4)), item.end())
        elif self.open_ is None and line.text.startswith(("    ", "\t")) and not self.parents:
            self.inert(line, line, "indented code is an example")
        elif self.open_ is None:
            self._paragraph(line)
        elif self._own_line(lines[place - 1].text, line.text):
            self.close()
            self._paragraph(line)
        else:
            self.widest = max(self.widest, len(line.text))
            self.open_ = (self.open_[0], line.start + len(line.text))
        return place + 1

    def _unquoted(self, line: Line) -> Line:
        """A quoted line without its marks: what a file quotes this way it means (a note, a warning)."""
        mark = _QUOTE.match(line.text)
        return Line(line.start + mark.end(), line.text[mark.end() :]) if mark else line

    def _paragraph(self, line: Line) -> None:
        if not line.text.startswith((" ", "\t")):
            self.parents = []
        self.dashes, self.widest = False, len(line.text)
        self.open_ = (line.start, line.start + len(line.text))

    def _own_line(self, above: str, line: str) -> bool:
        """Whether a line in a paragraph was meant as a line of its own, not wrapped from the one above.

        It begins like a sentence, the one above does not end in the middle of one, and its first word would have fit.
        """
        if above.endswith(("  ", "\\")) or (_LEAD_IN.match(line) and not above.endswith(",")):
            return True
        begin = line.lstrip()[:2].lstrip("*_")[:1]
        if (
            not (begin.isupper() or line.startswith("**"))
            or _SHORT_CAPS.match(line)
            or _MIDDLE.search(above.rstrip()[-12:])
        ):
            return False
        width = max(self.widest, _LEAST_WRAP)
        return len(above) + 1 + len(line.split(maxsplit=1)[0]) <= width

    def _block(self, lines: list[Line], place: int, end: int, why: str) -> int:
        self.inert(lines[place], lines[end], why)
        return end + 1

    def _example(self, lines: list[Line], place: int) -> int:
        """The line that closes `<example>` and the like, opened at `place`; 0 where none is opened or closed."""
        mark = _EXAMPLE.match(lines[place].text) if "xample" in lines[place].text else None
        if not mark or mark.group(1) in self.unclosed:
            return 0
        for end in range(place + 1, min(len(lines), place + _MOST_NESTED)):
            if f"</{mark.group(1)}>" in lines[end].text:
                return end
        self.unclosed.add(mark.group(1))
        return 0

    def _single(self, lines: list[Line], place: int, line: Line) -> bool:
        """Lines that are a unit, or nothing, by themselves."""
        heading = _HEADING.match(line.text)
        if heading:
            self._heading(line, len(heading.group(1)), heading.group(2))
        elif _IMPORT.match(line.text):
            self.inert(line, line, "an import")
        elif self.open_ is not None and self._underlined(line):
            pass
        elif _RULE.match(line.text) or _REFERENCE.match(line.text):
            self.close()
        elif _TAGS.match(line.text):
            self.inert(line, line, "a tag")
        elif _TABLE.match(line.text) or self._bare_row(lines, place):
            self._row(lines, place, line)
        else:
            return False
        return True

    def _underlined(self, line: Line) -> bool:
        """A heading that is underlined by the line after it."""
        if self.open_ is None or self.parents or not line.text.strip() or set(line.text.strip()) not in ({"="}, {"-"}):
            return False
        start, end = self.open_
        title = self.text[start:end]
        if len(title) > _LONGEST_TITLE or "\n" in title or title.endswith((".", ":", "!")):
            self.close()
            return True
        self.open_ = None
        self._heading(Line(start, title), 1 if "=" in line.text else 2, title.strip())
        return True

    def _heading(self, line: Line, level: int, title: str) -> None:
        self.close()
        title = title.rstrip("# ").strip()
        self.headings = [(depth, text) for depth, text in self.headings if depth < level]
        why = "" if orders(title) else "a heading"
        first = line.start + line.text.index(title) if title in line.text else line.start
        self.out += make(self.text, first, line.start + len(line.text), self.context(), "", why)
        self.headings.append((level, title if why else ""))  # an order of its own says nothing of what follows
        self.parents, self.intro, self.last = [], "", ""

    def _bare_row(self, lines: list[Line], place: int) -> bool:
        """A row of a table whose rows have no bar at their ends: below its rule, or above it."""
        if "|" not in lines[place].text:
            self.bare = False
            return False
        below = lines[place + 1].text if place + 1 < len(lines) else ""
        if "|" in below and "-" in below and _RULE_ROW.match(below) and self.open_ is None:
            self.bare = True
        return self.bare

    def _row(self, lines: list[Line], place: int, line: Line) -> None:
        below = self._unquoted(lines[place + 1]).text if place + 1 < len(lines) else ""
        head = "-" in below and bool(_RULE_ROW.match(below))
        if head or _RULE_ROW.match(line.text):
            self.head = line.text.strip() if head else self.head
            self.inert(line, line, "the head of a table")
            return
        self.close()
        self.out += make(self.text, line.start, line.start + len(line.text), self.context(), self.head or self.last)

    def _item(self, line: Line, indent: int, mark: int) -> None:
        self.close()
        self.parents = [(depth, text) for depth, text in self.parents if depth < indent]
        self.open_ = (line.start + mark, line.start + len(line.text))
        self.widest = len(line.text)
        self.parents.append((indent, line.text.strip()))

    def close(self) -> None:
        """End the paragraph or item: its sentences become units."""
        if self.open_ is None:
            return
        start, end = self.open_
        self.open_ = None
        leads = (text for _, text in reversed(self.parents[:-1]) if text.rstrip("*_ ").endswith((":", "：")))
        around = next((text for text in leads if introduces(text)), "")
        if not self.parents:
            self.intro = ""
        context = below(self.context(), around or self.intro)
        for first, stop in sentences(self.text, start, end):
            found = make(self.text, first, stop, context, around or self.intro or self.last)
            self.out += found
            self.last = found[0].text if found else self.last
        if not self.parents and self.last.rstrip("*_ ").endswith((":", "：")) and introduces(self.last):
            self.intro = self.last

    def _fence_end(self, lines: list[Line], place: int, mark: str) -> int:
        """The line that closes the fence opened at `place`; the last line where none does.

        A fence around Markdown may hold fences of the same length: each that names a language is closed before it.
        """
        name = lines[place].text.lstrip(" >\t`~").strip().lower()
        deep = 0
        for end in range(place + 1, min(len(lines), place + _MOST_NESTED)) if name in _MARKDOWN - self.unclosed else ():
            found = _FENCE.match(lines[end].text)
            named = found and lines[end].text[found.end() :].strip()
            deep += 1 if named else -1 if found else 0
            if deep < 0:
                return end
        self.unclosed.add(name)
        for end in range(place + 1, len(lines)):
            closing = _FENCE.match(_QUOTE.sub("", lines[end].text, count=1))
            if closing and closing.group(1).startswith(mark) and not lines[end].text[closing.end() :].strip(" >`~"):
                return end
        return len(lines) - 1
