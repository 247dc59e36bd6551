"""Ports, hosts and URLs in program text: in strings, in named settings, in the arguments of a connecting call.

It knows what stands written: `MongoClient("localhost", 27017)`, `createClient({ port: 6379 })`, `app.listen(3000)`,
`process.env.PORT || 3000`. The service comes from the name, the call or object around it, a file's imports or the
file's name; where none of them tells, it stays "". It refuses to follow variables.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice

from tractguard.facts import services
from tractguard.facts.code_source import STRING, Region, Source
from tractguard.facts.endpoints import Part, connect_fact, endpoint_facts
from tractguard.model import Fact
from tractguard.tables import later

MOST_AROUND = 800  # characters looked back for the call or object around a port
MOST_ENDPOINTS = 1000  # of one text; an `opaque` fact says when there are more

_PORT_WORD = later(r"[Pp](?:ort|orts|ORT|ORTS)(?![a-zA-Z])")
# What may stand between the name and the number: a type, an assignment, a default.
_TAIL = later(
    r"[\"'\])?]{0,3}\s{0,4}(?::\s{0,4}(?:int|number|u16|Int|Integer|str|string|uint16)\s{0,4}=|:=|=>|[:=(]|\|\||\?\?|or\b)"
    r"\s{0,4}(?:(?:int|Number|parseInt|str|String)\()?[\"']?(?P<port>\d{2,5})(?![\w.%])"
)
# A default: `getenv("PORT", 3000)`, `env.PORT || 3000`. The comma needs the quote: `parseInt(port, 10)` is none.
_ENV_TAIL = later(
    r"(?:[\"']\]?\)?\s{0,4},|[\"'\])]{0,3}\s{0,4}(?:\|\||\?\?|or\b|:))\s{0,4}[\"']?(?P<port>\d{2,5})(?![\w.%])"
)
_LISTEN = later(r"(?<![\w$])(?:listen|bind|setPort|port|Port)\(\s{0,20}[\"']?(?P<port>\d{2,5})[\"']?\s{0,8}[,)]")
_PAIR = later(
    r"(?<![\w$.:])(?P<call>[A-Za-z_$][\w$.:]{0,60}+)\(\s{0,20}\(?\s{0,8}[\"'](?P<host>[A-Za-z0-9_.-]{1,200})[\"']"
    r"\s{0,8},\s{0,8}(?P<port>\d{2,5})(?![\w.])"
)
_PAIR_REVERSED = later(
    r"(?<![\w$.:])(?P<call>[A-Za-z_$][\w$.:]{0,60}+)\(\s{0,20}(?P<port>\d{3,5})\s{0,8},"
    r"\s{0,8}[\"'](?P<host>[A-Za-z0-9_.-]{1,200})[\"']"
)
_CONNECTING = frozenset(
    ("connect", "client", "createclient", "createconnection", "createpool", "connection", "dial", "create_connection")
)
_CONTAINERS = frozenset(("exposed", "mapped", "container", "internal"))
_DECLARING = frozenset(
    ("const", "let", "var", "val", "export", "static", "final", "public", "private", "String", "str")
)
_OUTER = later(r"([A-Za-z_$][\w$]{0,60})[\"']?\s{0,4}[:=]\s{0,4}$")
_BRACKET = later(r"[(){}\[\]]")
_COLON_PORT = later(r":(\d{2,5})$")
_SEGMENT = later(r"[;\n{}(),\[\]]")


def endpoints(origin: Source, found: Sequence[Region], code: str) -> list[Fact]:
    """`connect` and `url` facts of the added lines. `code` is the text with comments and strings blanked."""
    facts: list[Fact] = []
    hint = _Hint(origin, code)
    done = 0  # a template is read as a whole, its holes are unknown parts of it
    for region in found:
        end = region.whole or region.outer
        if region.kind == STRING and region.start >= done and origin.touches(region.inner, end):
            done = end
            text = origin.text[region.inner : end].replace("#{", "${")  # a fragment of a URL would begin there
            if ":" in text or "=" in text:
                facts.extend(_in_string(origin, region, text, hint))
        if len(facts) > MOST_ENDPOINTS:
            break
    facts.extend(islice(_settings(origin, found, hint), MOST_ENDPOINTS))
    if len(facts) > MOST_ENDPOINTS:
        facts.append(Fact("opaque", "too many endpoints", origin.path, {"via": origin.via}))
    return _unique(facts)


def _in_string(origin: Source, region: Region, text: str, hint: "_Hint") -> Iterator[Fact]:
    start = region.inner - origin.low + origin.offset
    if (
        len(text) > 1
        and (listening := _COLON_PORT().fullmatch(text))
        and hint.code[: region.start].rstrip()[-1:] in ("(", "=", ":", ",")
    ):
        service = hint.service(region.start, "")
        yield connect_fact(
            service, Part(listening[1], listening.start(1)), Part(""), origin.field, start,
            via=origin.via, role="listen", implicit=False,
        )  # fmt: skip
        return
    if "://" in text or "tcp(" in text or "host" in text.lower() or "server" in text.lower() or _has_port(text):
        key = hint.key(region.start)
        yield from endpoint_facts(text, origin.field, start, origin.via, "client", key=key)


def _has_port(text: str) -> bool:
    colon = text.find(":")
    return colon > 0 and text[colon + 1 : colon + 2].isdigit()


def _settings(origin: Source, found: Sequence[Region], hint: "_Hint") -> Iterator[Fact]:
    from tractguard.facts.code_scan import without

    text = without(origin.text, list(found), strings=False)
    for pattern in (_PAIR, _PAIR_REVERSED):
        for pair in pattern().finditer(text, origin.first, origin.last):
            if origin.is_new(pair.start("port")):
                yield from _pair(origin, pair, hint)
    for listening in _LISTEN().finditer(text, origin.first, origin.last):
        if origin.is_new(listening.start("port")) and not hint.code[listening.start()].isspace():
            yield _setting(origin, listening, hint.service(listening.start(), ""), "listen", "")
    for word in _PORT_WORD().finditer(text, origin.first, origin.last):
        tail = _TAIL().match(text, word.end()) or _ENV_TAIL().match(text, word.end())
        if tail is None or not origin.is_new(tail.start("port")):
            continue
        key = _key_before(text, word.end())
        if _CONTAINERS & set(services.words_of(key)[-2:-1]):
            continue  # `withExposedPorts(27017)`: the port inside a container, not one of this machine
        if services.words_of(key)[-1:] not in (["port"], ["ports"]):
            continue
        yield _setting(origin, tail, hint.service(word.start(), key), "config", hint.path(word.start(), key))


def _key_before(text: str, end: int) -> str:
    start = end
    while start and end - start < 80 and (text[start - 1].isalnum() or text[start - 1] in "_$.-"):
        start -= 1
    return text[start:end].lstrip("$.-")


def _setting(origin: Source, found: "re.Match[str]", service: str, role: str, key: str) -> Fact:
    start = origin.offset - origin.low
    return connect_fact(
        service, Part(found["port"], found.start("port")), Part(""), origin.field, start,
        via=origin.via, role=role, key=key, implicit=False,
    )  # fmt: skip


def _pair(origin: Source, pair: "re.Match[str]", hint: "_Hint") -> Iterator[Fact]:
    call = pair["call"]
    if hint.code[pair.start() : pair.start() + 1].isspace():
        return
    service = services.service_of_variable(call) or hint.imported()
    last = services.words_of(call.rpartition(".")[2])
    if not service and not (_CONNECTING & {"".join(last), *last}):
        return
    start = origin.offset - origin.low
    yield connect_fact(
        service, Part(pair["port"], pair.start("port")), Part(pair["host"], pair.start("host")), origin.field, start,
        via=origin.via, role="client", implicit=False,
    )  # fmt: skip


def _unique(facts: list[Fact]) -> list[Fact]:
    """One fact for one place: the same port is seen as a pair and as a setting."""
    kept: list[Fact] = []
    seen: set[tuple[str, tuple[int, int]]] = set()
    for fact in facts:
        if fact.span is not None:
            if (fact.kind, fact.span) in seen:
                continue
            seen.add((fact.kind, fact.span))
        kept.append(fact)
    return kept


def _open_brackets(code: str) -> tuple[list[int], list[int]]:
    """Where each bracket stands, and behind it the innermost one that is open (its number, -1 for none). One pass."""
    places: list[int] = []
    opened: list[int] = []
    stack: list[int] = []
    for bracket in _BRACKET().finditer(code):
        places.append(bracket.start())
        if bracket[0] in "({[":
            stack.append(len(places) - 1)
        elif stack:
            stack.pop()
        opened.append(stack[-1] if stack else -1)
    return places, opened


class _Hint:
    """What tells the service of a port: its own name, what stands around it, the imports, the file's name."""

    def __init__(self, origin: Source, code: str) -> None:
        self.origin = origin
        self.code = code
        self._imported: str | None = None
        self._brackets: tuple[list[int], list[int]] | None = None

    def service(self, place: int, key: str) -> str:
        """The service of the port whose name begins at `place`."""
        own = services.service_of_variable(key)
        if own:
            return own
        for name in self._around(place):
            found = services.service_of_variable(name)
            if found:
                return found
        return self.imported() or self._from_path()

    def key(self, place: int) -> str:
        """The name that the string at `place` is given to: `MONGO_URL = "..."`, `redis: "..."`."""
        line = self.code.rfind("\n", max(0, place - 200), place) + 1
        before = self.origin.text[max(line, place - 200) : place]
        words = re.findall(r"[A-Za-z_$][\w$]*", before)
        words = [word for word in words if word not in _DECLARING]
        return words[0] if len(words) == 1 else next((w for w in words if services.service_of_variable(w)), "")

    def _around(self, place: int) -> Iterator[str]:
        """Names before the brackets that are open at `place`, innermost first."""
        if self._brackets is None:
            self._brackets = _open_brackets(self.code)
        places, opened = self._brackets
        index = bisect_left(places, place) - 1
        at = opened[index] if index >= 0 else -1
        while at >= 0 and place - places[at] <= MOST_AROUND:
            before = self.code[max(0, places[at] - 120) : places[at]]
            yield _SEGMENT().split(before)[-1]
            at = opened[at - 1] if at else -1

    def path(self, place: int, key: str) -> str:
        """`server.port` for the `port` of `server: { port: 3000 }`: a bare "port" says too little."""
        if key.lower() not in ("port", "ports"):
            return key
        outer = next((_OUTER().search(segment) for segment in self._around(place)), None)
        return f"{outer[1]}.{key}" if outer else key

    def imported(self) -> str:
        """The one service that the file's imports name, or ""."""
        if self._imported is None:
            names = set()
            for line in self.origin.text[:20_000].split("\n"):
                if "import" in line or "require" in line or line.startswith("use "):
                    found = services.service_of_variable(line[:300])
                    if found:
                        names.add(found)
            self._imported = names.pop() if len(names) == 1 else ""
        return self._imported

    def _from_path(self) -> str:
        name = self.origin.path.rpartition("/")[2]
        found = services.service_of_variable(name)
        if found:
            return found
        tool = services.service_of(name.partition(".")[0]) if ".config." in name else ""
        return tool if services.kind_of(tool) == "dev" else ""
