"""Network endpoints that are written in text: URLs, connection strings, `host:port`, into `connect` and `url` facts.

It knows URLs with any scheme (several hosts, user and password, JDBC, SQLAlchemy drivers), Go's `tcp(host:port)`,
keyword strings (`host=db port=5432`, `Server=db,1433;Database=x`) and bare `host:port` pairs. It refuses to know what a
name resolves to, and it takes no `file:line`, image tag or clock time for a port. One pass, linear in the text.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tractguard.facts import services
from tractguard.model import UNKNOWN, Fact
from tractguard.tables import later

LONGEST_SCHEME = 40
LONGEST_HOST = 255
LONGEST_ADDRESS = 47  # an IPv6 address in brackets
LONGEST_URL = 4000
MOST_ENDPOINTS = 2000  # in one text; what lies beyond is not looked at

_SCHEME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-:")
_URL_END = later(r"""[\s"'`<>|\\^]""")
_AUTHORITY_END = later(r"[/?#;]")
_PLAIN_SCHEMES = frozenset(
    ("http", "https", "ws", "wss", "file", "git", "data", "npm", "ftp", "sftp", "chrome", "about", "app", "tcp", "udp")
)
_WEB_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}
_PORT = later(r":(\d{1,5})(?![\w.])")
_IPV4 = later(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$")
_LOCAL = frozenset(("localhost", "0.0.0.0", "host.docker.internal", "[::1]", "[::]", "ip6-localhost", "127.0.0.1"))
_ENDINGS = (
    "py js jsx ts tsx mjs cjs go rs rb php java kt kts c cc cpp cxx h hpp cs swift dart lua sh bash zsh sql md mdx txt "
    "rst html htm css scss less vue svelte json yaml yml toml ini cfg conf lock xml log ex exs erl hs ml scala clj r "
    "jl pl pm proto tf tmpl tpl env gradle mod sum"
)
_FILE_ENDINGS = frozenset(_ENDINGS.split())
_KEYWORDS = later(
    r"(?<![\w-])(host|hostaddr|server|data source|port|dbname|database|initial catalog|user id|user|uid)"
    r"[ \t]?=[ \t]?([^\s;,\"'`]{1,255})",
    re.IGNORECASE,
)
_GO_TCP = later(r"@tcp\(([^():\s]{1,255})(?::(\d{1,5}))?\)/([\w-]{0,64})")
_ORACLE = later(r"jdbc:oracle:\w{1,10}:[^@\s]{0,100}@(?://)?([\w.-]{1,255}):(\d{1,5})(?:[:/]([\w.]{1,64}))?")
_TEMPLATE_SIGNS = frozenset("{}$%<>")
_DEFAULTED = later(r"\$\{[A-Za-z_][\w.]{0,80}:-?([^{}]{0,255})\}")


class Part(NamedTuple):
    """A piece of text and where it stands. `start` < 0: computed."""

    text: str
    start: int = -1

    def span(self, offset: int) -> tuple[int, int] | None:
        return (self.start + offset, self.start + offset + len(self.text)) if self.start >= 0 and self.text else None


def endpoint_facts(
    text: str,
    field: str = "",
    offset: int = 0,
    via: str = "",
    role: str = "client",
    service: str = "",
    key: str = "",
    bare: bool = True,
) -> list[Fact]:
    """`connect` and `url` facts for every endpoint in `text`, in order.

    `offset` is added to each span. `service` names the service where scheme and host do not tell. `key` is the
    variable or config key that carries the text. `bare=False` leaves `host:port` without a scheme alone.
    """
    facts: list[Fact] = []
    covered: list[tuple[int, int]] = []
    common = {"via": via, "role": role, "key": key}
    for url in _urls(text):
        covered.append((url.start, url.start + len(url.text)))
        facts.extend(_url_facts(url, field, offset, common, service))
        if len(facts) > MOST_ENDPOINTS:
            return facts
    facts.extend(_driver_facts(text, field, offset, common, covered))
    facts.extend(_keyword_facts(text, field, offset, common, service))
    if bare:
        facts.extend(_bare_facts(text, field, offset, common, service, covered))
    return facts[:MOST_ENDPOINTS]


def connect_fact(
    service: str,
    port: Part,
    host: Part,
    field: str = "",
    offset: int = 0,
    **data: Any,
) -> Fact:
    """One `connect` fact. No port said: the service's default applies (`implicit`), unless `data` says otherwise."""
    default = data.pop("default", "") or services.default_port(service)
    implicit = data.pop("implicit", not port.text)
    filled = {
        "host": host.text,
        "scheme": "",
        "database": "",
        "user": "",
        "via": "",
        "role": "client",
        "key": "",
        "implicit": implicit,
        "default": default,
        "host_span": host.span(offset),
        "host_field": field,
    }
    filled.update(data)
    return Fact("connect", service, port.text, filled, field, port.span(offset))


def _urls(text: str) -> Iterator[Part]:
    """Every `scheme://...` in `text`; the end is the first character that cannot stand in a URL there."""
    mark = text.find("://")
    done = 0
    while mark >= 0:
        start = mark
        lowest = max(done, mark - LONGEST_SCHEME)
        while start > lowest and text[start - 1] in _SCHEME_CHARS:
            start -= 1
        while start < mark and not text[start].isalpha():
            start += 1
        found = _URL_END().search(text, mark + 3, mark + LONGEST_URL)
        end = found.start() if found else min(len(text), mark + LONGEST_URL)
        if start < mark:
            url = _trim(text[start:end], text[start - 1 : start])
            if len(url) > mark + 3 - start:
                yield Part(url, start)
            end = max(start + len(url), mark + 3)
        done = max(end, mark + 3)
        mark = text.find("://", done)


def _trim(url: str, before: str) -> str:
    """`url` without the punctuation of the sentence or the code around it."""
    if before == "(":
        depth = 0
        for index, char in enumerate(url):
            depth += (char == "(") - (char == ")")
            if depth < 0:
                url = url[:index]
                break
    url = url.rstrip(".,;:!?*_&=")
    while url.endswith((")", "]", "}")):
        opening = {")": "(", "]": "[", "}": "{"}[url[-1]]
        if url.count(opening) >= url.count(url[-1]):
            break
        url = url[:-1].rstrip(".,;:!?")
    return url


def _url_facts(url: Part, field: str, offset: int, common: dict[str, Any], service: str) -> Iterator[Fact]:
    scheme, _, rest = url.text.partition("://")
    scheme = scheme.lower().lstrip(":")
    at = url.start + len(url.text) - len(rest)
    found = _AUTHORITY_END().search(_blank_templates(rest))
    authority = rest[: found.start()] if found else rest
    path = rest[found.start() :] if found else ""
    user, sign, hosts = authority.rpartition("@")
    at += len(user) + len(sign)
    known = services.service_of_scheme(scheme)
    database = path[1:].partition("?")[0].partition(";")[0] if path.startswith("/") and known else ""
    data = {**common, "scheme": scheme, "database": database, "user": user.partition(":")[0]}
    first = True
    for host, port in _hosts(Part(hosts, at)):
        if first:
            span = (url.start + offset, url.start + offset + len(url.text))
            about = {"scheme": scheme, "port": port.text, "path": path, "via": common["via"], "method": ""}
            yield Fact("url", host.text, url.text, about, field, span)
        first = False
        name = known or service or _service_of_host(host.text) or services.service_of_variable(common["key"])
        if scheme == "file" or (not known and scheme not in _PLAIN_SCHEMES and not port.text):
            continue
        default = _WEB_PORTS.get(scheme, "")
        if default and not port.text and common["role"] == "config" and host.text.lower() not in _LOCAL:
            continue  # a link: the `url` fact says all there is
        implicit = not port.text and not scheme.endswith("+srv") and (bool(known) or bool(default))
        yield connect_fact(name, port, host, field, offset, **{**data, "implicit": implicit, "default": default})


def _hosts(authority: Part) -> Iterator[tuple[Part, Part]]:
    """Host and port of each member of `h1:1,h2:2`."""
    at = authority.start
    for member in authority.text.split(","):
        yield _host_port(Part(member, at))
        at += len(member) + 1


def _host_port(member: Part) -> tuple[Part, Part]:
    text, at = member.text, member.start
    if text.startswith("["):
        close = text.find("]")
        host, rest = (text[: close + 1], text[close + 1 :]) if close > 0 else (text, "")
    else:
        # The colon of `${HOST:-x}` is not the one before the port.
        colon = _blank_templates(text).find(":")
        host, rest = (text[:colon], text[colon:]) if colon >= 0 else (text, "")
    port = Part("")
    if rest.startswith(":") and len(rest) > 1:
        port = port_part(Part(rest[1:], at + len(host) + 1))
    return _host_part(Part(host, at)), port


def _host_part(said: Part) -> Part:
    """The host as it is written; the default inside `${HOST:-db}`; `UNKNOWN` where a template will tell."""
    if not _TEMPLATE_SIGNS & set(said.text):
        return said
    defaulted = _DEFAULTED().fullmatch(said.text)
    if defaulted and defaulted[1] and not _TEMPLATE_SIGNS & set(defaulted[1]):
        return Part(defaulted[1], said.start + defaulted.start(1))
    return Part(UNKNOWN)


def port_part(said: Part) -> Part:
    """The port in `said`: digits with their place, the default inside `${PORT:-5432}`, else `UNKNOWN`."""
    text = said.text
    digits = re.match(r"\d{1,5}(?!\d)", text)
    if digits and not text[digits.end() : digits.end() + 1].isalnum():
        return Part(digits[0], said.start)
    defaulted = _DEFAULTED().match(text)
    if defaulted and defaulted[1].isdigit():
        return Part(defaulted[1], said.start + defaulted.start(1))
    return Part(UNKNOWN)


def _blank_templates(text: str) -> str:
    """`text` with `${...}`, `{...}` and `<...>` filled with `x`, so that what is inside splits nothing."""
    if "{" not in text:
        return text
    out: list[str] = []
    depth = 0
    for char in text:
        if char == "{":
            depth += 1
        out.append("x" if depth else char)
        if char == "}" and depth:
            depth -= 1
    return "".join(out)


def _service_of_host(host: str) -> str:
    """What a host's own name tells: `redis`, `redis-master`, `mongo.internal`. Public names tell nothing."""
    first, _, rest = host.partition(".")
    if rest and (rest.rpartition(".")[2] in ("com", "org", "net", "io", "dev", "co", "app") or first.isdigit()):
        return ""
    return services.service_of_variable(first)


def _driver_facts(
    text: str, field: str, offset: int, common: dict[str, Any], covered: list[tuple[int, int]]
) -> Iterator[Fact]:
    """Spellings of one driver: Go's `user:pw@tcp(host:port)/db` and Oracle's `jdbc:oracle:thin:@host:port:sid`."""
    for mark, pattern, service in (("@tcp(", _GO_TCP, "mysql"), ("jdbc:oracle:", _ORACLE, "oracle")):
        if mark not in text:
            continue
        for found in pattern().finditer(text):
            covered.append(found.span())
            port = Part(found[2], found.start(2)) if found[2] else Part("")
            host = Part(found[1], found.start(1))
            yield connect_fact(service, port, host, field, offset, **{**common, "database": found[3] or ""})


def _keyword_facts(text: str, field: str, offset: int, common: dict[str, Any], service: str) -> Iterator[Fact]:
    """`host=db port=5432 dbname=x` (libpq) and `Server=db,1433;Database=x` (ADO): a host and one more keyword."""
    if "=" not in text:
        return
    group: dict[str, Part] = {}
    last = -1
    for found in _KEYWORDS().finditer(text):
        if last >= 0 and (found.start() - last > 60 or "\n" in text[last : found.start()]):
            yield from _keyword_group(text, group, field, offset, common, service)
            group = {}
        group.setdefault(found[1].lower(), Part(found[2], found.start(2)))
        last = found.end()
    yield from _keyword_group(text, group, field, offset, common, service)


def _keyword_group(
    text: str, group: dict[str, Part], field: str, offset: int, common: dict[str, Any], service: str
) -> Iterator[Fact]:
    host = group.get("host") or group.get("hostaddr") or group.get("server") or group.get("data source")
    database = group.get("dbname") or group.get("database") or group.get("initial catalog")
    if host is None or len(group) < 2 or not ("port" in group or database):
        return
    libpq = "dbname" in group or "hostaddr" in group
    ado = "server" in group or "data source" in group
    name = service or ("postgresql" if libpq else "mssql" if ado and "initial catalog" in group else "")
    port = group.get("port", Part(""))
    if not port.text and ado:
        comma = re.compile(r",[ ]?(\d{1,5})(?!\d)").match(text, host.start + len(host.text))
        if comma:
            port, name = Part(comma[1], comma.start(1)), name or "mssql"
    host = Part(host.text.removeprefix("tcp:"), host.start + (4 if host.text.startswith("tcp:") else 0))
    name = name or services.service_of_variable(common["key"]) or _service_of_host(host.text)
    if port.text and not port.text.isdigit():
        port = port_part(port)
    data = {**common, "database": database.text if database else "", "implicit": not port.text and bool(name)}
    yield connect_fact(name, port, host, field, offset, **data)


def _bare_facts(
    text: str, field: str, offset: int, common: dict[str, Any], service: str, covered: list[tuple[int, int]]
) -> Iterator[Fact]:
    covered.sort()
    position = 0
    for found in _PORT().finditer(text):
        while position < len(covered) and covered[position][1] <= found.start():
            position += 1
        if position < len(covered) and covered[position][0] <= found.start():
            continue
        start = _host_start(text, found.start())
        if start >= found.start():
            continue
        host = Part(text[start : found.start()], start)
        before = text[host.start - 1 : host.start] if host.start else ""
        if before in ("/", ":", "$", "{", "-", "_", "%", "\\", ".") or not is_host(host.text, found[1]):
            continue
        name = service or _service_of_host(host.text) or services.service_of_variable(common["key"])
        yield connect_fact(name, Part(found[1], found.start(1)), host, field, offset, **common)


def _host_start(text: str, end: int) -> int:
    """Where the host that ends at `end` begins; `end` where there is none."""
    if text[end - 1 : end] == "]":
        opening = text.rfind("[", max(0, end - LONGEST_ADDRESS), end)
        return opening if opening >= 0 else end
    start, lowest = end, max(0, end - LONGEST_HOST)
    while start > lowest and (text[start - 1].isalnum() or text[start - 1] in "_.-"):
        start -= 1
    while start < end and not text[start].isalnum():
        start += 1
    return start


def is_host(host: str, port: str) -> bool:
    """Whether `host:port` is an endpoint and not `file:line`, `image:tag`, `key:value` or a time of day."""
    if not 0 < int(port) < 65536:
        return False  # port 0 asks for any free one
    if host.lower() in _LOCAL or host.startswith("[") or _IPV4().match(host):
        return True
    if int(port) < 1000:
        return False
    head, dot, ending = host.rpartition(".")
    if dot:
        return bool(head) and ending.isalpha() and len(ending) > 1 and ending.lower() not in _FILE_ENDINGS
    return bool(services.service_of_variable(host)) or host in ("db", "database", "cache", "broker", "queue")
