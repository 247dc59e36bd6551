"""Facts about configuration that a call adds: settings, variables, ports, published ports, URLs.

It knows which keys carry ports and hosts, how compose publishes them, and what around a key names the service. It
refuses to merge files or to expand variables. Packages and versions are read in `config_packages`.
"""

import re
from collections.abc import Iterator, Sequence

from tractguard.facts import services
from tractguard.facts.code_scan import family_of
from tractguard.facts.code_source import Source
from tractguard.facts.config_flow import Entry
from tractguard.facts.endpoints import Part, connect_fact, endpoint_facts, port_part
from tractguard.model import UNKNOWN, Fact

MOST_FACTS = 9_000  # of one text: more than `facts.MOST_FACTS`, which says that there were more
MOST_VALUE = 4000  # characters of a value kept in a fact

_DIGITS = re.compile(r"\d{1,5}$")
_TELLING = frozenset(
    ("adapter", "dialect", "driver", "client", "engine", "type", "image", "provider", "kind", "dbtype", "connection",
     "vendor", "backend", "store", "connector", "driver-class-name", "broker")
)  # fmt: skip
_TELLING_ENDS = ("_CONNECTION", "_DRIVER", "_ENGINE", "_CLIENT", "_TYPE", "_DIALECT")
_LONG_FORM = ("published", "hostPort", "nodePort")
_LISTEN_KEYS = frozenset(("containerport", "targetport", "expose", "listen"))
_RANGE = re.compile(r"(\d{1,5})(?:-\d{1,5})?(?:/(?:tcp|udp|sctp))?$")


def config_facts(origin: Source, found: Sequence[Entry]) -> list[Fact]:
    """`config`, `env`, `connect` and `url` facts of the added lines of a configuration text, whose scalars (of
    `config_scan.entries`) are `found`."""
    family = family_of(origin.language)
    hints = _Hints(origin, found)
    facts: list[Fact] = []
    for entry in found:
        if not origin.touches(entry.start, entry.end):
            continue
        facts.append(_config(origin, entry))
        facts.extend(_env(origin, entry, family))
        facts.extend(_endpoints(origin, entry, hints))
        if len(facts) > MOST_FACTS:
            break
    return facts


def _config(origin: Source, entry: Entry) -> Fact:
    data = {"file": origin.path, "format": origin.language, "via": origin.via}
    return Fact("config", entry.key, entry.value[:MOST_VALUE], data, origin.field, origin.span(entry.start, entry.end))


def _env(origin: Source, entry: Entry, family: str) -> Iterator[Fact]:
    """Variables: a line of .env, `ENV` of a Dockerfile, `environment` of compose, `env` of a workflow."""
    name, value, start = entry.key, entry.value, entry.start
    parts = entry.key.split(".")
    if family == "dockerfile":
        if parts[0] not in ("ENV", "ARG") or len(parts) < 2:
            return
        name = parts[1]
    elif family != "env":
        if not {"environment", "env"} & set(parts[:-1]):
            return
        name = parts[-1]
        if name.isdigit():
            name, sign, value = entry.value.partition("=")
            start = entry.start + len(name) + 1
            if not sign:
                return
    data = {"via": "file", "file": origin.path}
    yield Fact("env", name, value[:MOST_VALUE], data, origin.field, origin.span(start, start + len(value)))


def _endpoints(origin: Source, entry: Entry, hints: "_Hints") -> Iterator[Fact]:
    value = entry.value
    if entry.key == "EXPOSE":
        yield from _expose(origin, entry)
        return
    parts = entry.key.split(".")
    if _is_published(parts, value):
        yield from _published(origin, entry, hints, parts)
        return
    name, start = parts[-1] if not parts[-1].isdigit() else entry.last, entry.start
    if parts[-1].isdigit() and "=" in value and services.words_of(value.partition("=")[0]):
        head = value.partition("=")[0]  # `- NAME=value` in a list of variables
        if head.replace("_", "").isalnum():
            name, value, start = head, value[len(head) + 1 :], entry.start + len(head) + 1
    words = services.words_of(name)
    port = _port(value, start)
    if words and words[-1] in ("port", "ports", *_LISTEN_KEYS) and port.text:
        role = "inner" if hints.within(parts) else "listen" if name.lower() in _LISTEN_KEYS else "config"
        yield _connect(origin, hints.service(entry, name), port, role, entry.key)
        return
    if ":" in value or "=" in value or "," in value:
        place = start - origin.low + origin.offset
        service = hints.service(entry, name)
        yield from endpoint_facts(value, origin.field, place, origin.via, "config", service, entry.key)
    elif words and words[-1] in ("host", "hostname", "hosts", "server", "address") and " " not in value and value:
        service = hints.service(entry, name)
        if service or _looks_like_host(value):
            yield _host(origin, service, Part(value, start), entry.key)


def _port(value: str, start: int) -> Part:
    """The port that a value is: digits, or the default in `${PORT:-5432}`; nothing where it is something else."""
    if _DIGITS.match(value) and 0 < int(value) < 65536:
        return Part(value, start)
    if value.startswith("${"):
        port = port_part(Part(value, start))
        return port if port.text != UNKNOWN else Part("")
    return Part("")


def _looks_like_host(value: str) -> bool:
    return value == "localhost" or (value.count(".") > 0 and value.replace(".", "").replace("-", "").isalnum())


def _connect(origin: Source, service: str, port: Part, role: str, key: str) -> Fact:
    start = origin.offset - origin.low
    return connect_fact(
        service, port, Part(""), origin.field, start, via=origin.via, role=role, key=key, implicit=False
    )


def _host(origin: Source, service: str, host: Part, key: str) -> Fact:
    """A setting that names a host: no port is said there, and none is implied."""
    start = origin.offset - origin.low
    return connect_fact(
        service, Part(""), host, origin.field, start, via=origin.via, role="config", key=key, implicit=False
    )


def _expose(origin: Source, entry: Entry) -> Iterator[Fact]:
    for word in re.finditer(r"[^\s]+", entry.value):
        port = _RANGE.match(word[0])
        if port:
            yield _connect(origin, "", Part(port[1], entry.start + word.start()), "listen", entry.key)


# --- published ports ---


def _is_published(parts: Sequence[str], value: str) -> bool:
    """Whether an entry is one of compose's `ports`: `- "127.0.0.1:5436:5432"`, or `published: 8080` (long form)."""
    if parts[-1] in _LONG_FORM:
        return True
    if parts != [""] and not (parts[-1].isdigit() and ("ports" in parts[-2:] or len(parts) == 1)):
        return False
    pieces = _pieces(value)
    return len(pieces) > 1 and all(_RANGE.match(text) or text.startswith("${") for text, _ in pieces[-2:])


def _pieces(value: str) -> list[tuple[str, int]]:
    """`value` split at the colons outside `${...}` and `[...]`, with the place of each piece."""
    pieces: list[tuple[str, int]] = []
    depth = start = 0
    for index, char in enumerate(value):
        if char in "{[":
            depth += 1
        elif char in "}]":
            depth -= 1
        elif char == ":" and depth <= 0:
            pieces.append((value[start:index], start))
            start = index + 1
    pieces.append((value[start:], start))
    return pieces


def _published(origin: Source, entry: Entry, hints: "_Hints", parts: Sequence[str]) -> Iterator[Fact]:
    if parts[-1] in _LONG_FORM:
        port = _port(entry.value, entry.start)
        inner = hints.sibling(entry, ("target", "containerPort", "targetPort", "port"))
        host = Part("")
    else:
        pieces = _pieces(entry.value)
        text, place = pieces[-2]
        said = _RANGE.match(text)
        port = Part(said[1], entry.start + place) if said else port_part(Part(text, entry.start + place))
        digits = _RANGE.match(pieces[-1][0])
        inner = digits[1] if digits else port_part(Part(pieces[-1][0])).text
        host = Part(":".join(text for text, _ in pieces[:-2]), entry.start) if len(pieces) > 2 else Part("")
    if not port.text:
        return
    service = hints.service(entry, "") or _service_of_inner(inner)
    yield connect_fact(
        service, port, host, origin.field, origin.offset - origin.low,
        via=origin.via, role="publish", key=entry.key, inner_port=inner, implicit=False,
        container=hints.container(entry),
    )  # fmt: skip


def _service_of_inner(port: str) -> str:
    """The service of a container's port, where only one service has it and it is no development server's."""
    names = [name for name in services.services_of_default_port(port) if not services.kind_of(name)]
    return names[0] if len(names) == 1 and int(port) > 1023 and port not in ("8000", "8080", "8081", "9000") else ""


class _Hints:
    """What around a setting names its service: its path, its siblings, the container's image, the file's name."""

    def __init__(self, origin: Source, found: Sequence[Entry]) -> None:
        self.file = services.service_of_variable(origin.path.rpartition("/")[2].partition(".")[0])
        self.family = family_of(origin.language)
        self.images: dict[str, str] = {}
        self.telling: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.kubernetes = {"apiVersion", "kind"} <= {entry.key for entry in found}
        for entry in found:
            last = entry.last
            if last == "image":
                self.images[entry.parent] = services.service_of_image(entry.value)
            if last.lower() in _TELLING:
                known = services.service_of_variable(entry.value)
                if known:
                    self.telling.setdefault(entry.parent, known)
            elif self.family == "env" and last.upper().endswith(
                ("_CONNECTION", "_DRIVER", "_ENGINE", "_CLIENT", "_TYPE")
            ):
                known = services.service_of(entry.value)
                if known:
                    self.telling.setdefault(last.rpartition("_")[0].upper(), known)
            if last in ("target", "containerPort", "targetPort", "port"):
                self.values.setdefault(entry.key, entry.value)

    def sibling(self, entry: Entry, names: Sequence[str]) -> str:
        """The value of a setting beside `entry`."""
        for name in names:
            key = f"{entry.parent}.{name}" if entry.parent else name
            if key != entry.key and key in self.values:
                return self.values[key]
        return ""

    def within(self, parts: Sequence[str]) -> bool:
        """Whether a port is one between containers: `ports` of a Kubernetes object, `expose` of a compose service."""
        if self.kubernetes:
            return "ports" in parts
        return "expose" in parts[-2:] and "services" in parts[:-1]

    def container(self, entry: Entry) -> str:
        """The compose service that `entry` belongs to: `backend` of `services.backend.ports.0`."""
        parts = entry.key.split(".")
        return parts[parts.index("services") + 1] if "services" in parts[:-1] else ""

    def service(self, entry: Entry, name: str) -> str:
        """The service of the setting, nearest evidence first; "" where nothing tells."""
        known = services.service_of_variable(name)
        if known:
            return known
        if self.family == "env":
            return self.telling.get(name.rpartition("_")[0].upper(), "") if name else ""
        path = entry.key
        while path:
            path = path.rpartition(".")[0]
            if path in self.images:
                return self.images[path] or services.service_of_variable(path.rpartition(".")[2])
            if path in self.telling:
                return self.telling[path]
            last = path.rpartition(".")[2]
            if last and not last.isdigit():
                known = services.service_of_variable(last)
                if known:
                    return known
        return self.file
