"""The commands of a sed script: files that it writes or reads (`w`, `r`, `s///w`) and commands that it starts (`e`).

It knows addresses, the parts of `s` and `y`, blocks and the commands that take a text or a name up to the end of the
line. What does not read as a script ends the reading.
"""

from collections.abc import Iterator

MOST_COMMANDS = 20_000  # of one script: more than it can be of use to have
_TO_THE_END = frozenset("aicrRwWe")  # their argument goes to the end of the line
_LABELS = frozenset("btT:v")


def sed_files(text: str) -> Iterator[tuple[str, int, int]]:
    """(`write`, `read` or `run`, start, end) of each file name and command that stands in a script."""
    at, count = 0, 0
    while at < len(text) and count < MOST_COMMANDS:
        count += 1
        at = _address(text, at)
        if at >= len(text):
            return
        letter = text[at]
        if letter in "{};\n \t":
            at += 1
        elif letter == "#":
            at = _line(text, at)
        elif letter in "sy":
            cuts = _parts(text, at + 1)
            if cuts is None:
                return
            at = cuts
            if letter == "s":
                while at < len(text) and (text[at] in "gpiIMme" or text[at].isdigit()):
                    if text[at] == "e":
                        yield "run", at, at  # what the line then holds is run: not known
                    at += 1
                if text[at : at + 1] == "w":
                    end = _line(text, at)
                    yield "write", *_trimmed(text, at + 1, end)
                    at = end
        elif letter in _TO_THE_END:
            end = _line(text, at, joined=letter in "aic")
            start, end_of_name = _trimmed(text, at + 1, end)
            if letter in "wW":
                yield "write", start, end_of_name
            elif letter in "rR":
                yield "read", start, end_of_name
            elif letter == "e":
                yield "run", start, end_of_name
            at = end
        elif letter in _LABELS:
            while at < len(text) and text[at] not in ";\n}":
                at += 1
        else:
            at += 1


def _address(text: str, at: int) -> int:
    """Behind the addresses of a command: `1,5`, `$`, `/x/I`, `\\,x,`, `0~3`, `+2`, `!`."""
    while at < len(text):
        char = text[at]
        if char == "/" or (char == "\\" and at + 1 < len(text) and not text[at + 1].isalnum()):
            mark = "/" if char == "/" else text[at + 1]
            at = _closing(text, at + (1 if char == "/" else 2), mark)
            while text[at : at + 1] in ("I", "M"):
                at += 1
        elif char.isdigit() or char in ",$~+! \t":
            at += 1
        else:
            break
    return at


def _closing(text: str, at: int, mark: str) -> int:
    """Just behind the next mark that is not escaped, nor in brackets."""
    inside = False
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif inside:
            inside = char != "]"
        elif char == "[" and mark != "[" and text.find("]", at + 2) > 0:
            inside = True
            at += 1
            continue
        elif char == mark:
            return at + 1
        at += 1
    return len(text)


def _parts(text: str, at: int) -> int | None:
    """Behind the two parts of `s` or `y`; None where there are none."""
    mark = text[at : at + 1]
    if not mark or mark in "\\\n" or mark.isalnum():
        return None
    second = _closing(text, at + 1, mark)
    end = second
    while end < len(text) and text[end] != mark:
        end += 2 if text[end] == "\\" else 1
    return end + 1 if end < len(text) else None


def _line(text: str, at: int, joined: bool = False) -> int:
    """The end of the line; with `joined` of those too that a backslash joins to it."""
    while True:
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        if not joined or text[end - 1 : end] != "\\":
            return end
        at = end + 1


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \t":
        start += 1
    return start, end - len(text[start:end]) + len(text[start:end].rstrip())
