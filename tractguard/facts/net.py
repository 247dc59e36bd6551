"""Network effects: which host and port of which service a command reaches, listens on or publishes.

Client programs and their flags come from `services`, URLs and connection strings from `endpoints`; dev servers and
fetchers from `data/programs_net.json`. A client that names no port uses its service's default: told as implicit.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tractguard.facts import endpoints, services
from tractguard.facts.shell_run import Command, Run, placed
from tractguard.facts.words import NOTHING, Word, options
from tractguard.facts.wrappers import table
from tractguard.model import UNKNOWN
from tractguard.tables import later

PORT_WORD = later(r"\d{1,5}\Z", re.ASCII)
HOST_PORT = later(r"\[?([\w.*-]{0,250}|[0-9a-fA-F:]{2,45})\]?:(\d{1,5})(?:[/?#].*)?\Z", re.ASCII)
_TEXT_FLAGS = ("command", "eval")  # flags whose value is a script or a statement, not an endpoint


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Note what `command` reaches, listens on or publishes."""
    data = table("net")
    name = command.name
    if name in data["fetch"]:
        _fetch(run, command, data["fetch"][name])
        return
    from tractguard.facts import net_servers

    if net_servers.effects(run, command):
        return
    if services.service_of_client(name):
        _client(run, command)


def connect(run: Run, service: str, port: Word, host: Word, command: Command | None = None, **data: Any) -> None:
    """One `connect` fact."""
    data.setdefault("default", services.default_port(service))
    filled: dict[str, Any] = {
        "host": host.text, "scheme": "", "database": "", "user": "", "via": command.name if command else "",
        "role": "client", "key": "", "implicit": not port.text, "host_span": host.span(), "host_field": run.field,
    }  # fmt: skip
    filled.update(data)
    if filled["role"] == "client" and run.where.inside and _not_outside(host.text):
        filled["role"] = "inner"
    run.add("connect", service, port.text, filled, port.span())


def _not_outside(host: str) -> bool:
    """Whether a client inside a container or on another machine reaches that place itself, or a sibling by its name."""
    return UNKNOWN not in host and "." not in host.replace("127.0.0.1", "")


def found(run: Run, word: Word, via: str, role: str = "client", service: str = "", key: str = "", bare: bool = True,
          method: str = "") -> int:  # fmt: skip
    """Facts of the URLs, connection strings and host:port pairs in a word; returns how many connect."""
    count = 0
    for fact in placed(endpoints.endpoint_facts(word.text, run.field, 0, via, role, service, key, bare), word):
        data = dict(fact.data)
        if fact.kind == "url" and method:
            data["method"] = method
        count += fact.kind == "connect"
        run.add(fact.kind, fact.name, fact.value, data, fact.span)
    return count


def variable(run: Run, name: str, value: Word) -> None:
    """The endpoint that a variable names: `PGPORT=5432`, `DATABASE_URL=…`, `PORT=3000`."""
    if not value.text:
        return
    if PORT_WORD().match(value.text) and name.upper().endswith("PORT"):
        service = services.service_of_variable(name)
        role = "config" if service or name.upper() != "PORT" else "listen"
        connect(run, service, value, NOTHING, via="env", role=role, key=name)
        return
    service = services.service_of_variable(name)
    if found(run, value, "env", "config", service, name):
        return
    if service and name.upper().endswith("HOST") and value.known:
        connect(run, service, NOTHING, value, via="env", role="config", key=name, implicit=False)


def device(run: Run, target: Word) -> None:
    """bash's `/dev/tcp/host/port`."""
    parts = target.text.split("/")
    if len(parts) >= 5:
        at = target.text.rindex("/") + 1
        head = len("/dev/tcp/")
        connect(run, "", target.cut(at), target.cut(head, at - 1), via="/dev/tcp", implicit=False)


def addressed(run: Run, command: Command, unknown: bool) -> None:
    """`migrate up --url mongodb://…`: a program that no table knows is given the address of a service.

    An address in a sentence, in a text to look for or in a setting to be stored is not one that is reached.
    """
    data = table("net")
    if command.name in data["talk"].split() or not (unknown or command.name in data["given"].split()):
        return
    for word in command.args[:40]:
        text = word.text
        if "://" not in text or any(char in text for char in " \n\t(){};"):
            continue
        head, _, _ = text.partition("://")
        if services.service_of_scheme(head.rpartition("=")[2].lower()) and head.rpartition("=")[2].lower() != "http":
            found(run, word.cut(len(head) - len(head.rpartition("=")[2])), command.name)


# Clients of a service


def _client(run: Run, command: Command) -> None:
    name = command.name
    service = services.service_of_client(name)
    flags = services.client_flags(name)
    takes = [flag for key, names in flags.items() if key != "positional" for flag in names]
    parsed = options(command.args, frozenset((*takes, *_MORE.get(service, ()))))
    port = parsed.value(*flags.get("port", ())) or NOTHING
    host = parsed.value(*flags.get("host", ())) or NOTHING
    user = parsed.value(*flags.get("user", ())) or NOTHING
    database = parsed.value(*flags.get("database", ())) or NOTHING
    uris = parsed.values(*flags.get("uri", ()))
    meanings = list(flags.get("positional", ()))
    for word in parsed.rest:
        meaning = meanings.pop(0) if meanings else ""
        if "://" in word.text or _keyword(word) or meaning == "uri":
            uris.append(word)
        elif meaning == "host":
            host = host if host.text else word
        elif meaning == "port" and not port.text:
            port = word
        elif meaning == "database" and not database.text:
            database = word
    if database.text and ("://" in database.text or _keyword(database) or database.text.startswith(UNKNOWN)):
        uris.append(database)
        database = NOTHING
    role = "listen" if name in table("net")["listen"] else "client"
    verbs = table("net")["serve"].get(name)
    first = parsed.rest[0].text if parsed.rest else ""
    if verbs is not None and not port.text and first not in verbs.split(" "):
        return  # `next build` and `rails db:migrate` listen to nobody
    if _from_uris(run, command, uris, service, role):
        return
    bare = uris[0].text if uris else ""
    if not port.text and host.text:
        matched = HOST_PORT().match(host.text)
        if matched:
            port, host = host.cut(matched.start(2), matched.end(2)), host.cut(matched.start(1), matched.end(1))
    port = port if port.text else _from_env(run, command, service)
    if port.text and not PORT_WORD().match(port.text):
        port = Word(UNKNOWN)
    connect(run, service, port, host, command, user=user.text, database=database.text or bare, role=role)


_MORE = {
    "postgresql": ("-v", "-F", "-R", "-o", "-P", "-t", "-n", "-N", "-T", "-j", "-Z", "-L"),
    "redis": ("-n", "-a", "-r", "-i", "-x", "-s", "--user", "--pass"),
    "mysql": ("-S", "--socket", "--defaults-file"),
    "mongodb": ("--eval", "-p", "--password", "-c", "--collection", "-o", "--out", "--authenticationDatabase", "-d",
                "--db", "-f", "-q", "--archive", "--type", "--file"),
}  # fmt: skip


def _keyword(word: Word) -> bool:
    return "=" in word.text and any(part in word.text for part in ("host=", "dbname=", "port=", "hostaddr="))


def _from_uris(run: Run, command: Command, uris: Iterable[Word], service: str, role: str) -> bool:
    done = False
    for word in uris:
        bare = HOST_PORT().match(word.text.partition("/")[0])
        if bare and "://" not in word.text:
            connect(run, service, word.cut(bare.start(2), bare.end(2)), word.cut(bare.start(1), bare.end(1)), command,
                    role=role)  # fmt: skip
            done = True
        elif found(run, word, command.name, role, service):
            done = True
        elif _keyword(word):
            _keywords(run, command, word, service, role)
            done = True
        elif UNKNOWN in word.text:
            connect(run, service, Word(UNKNOWN), Word(UNKNOWN), command, role=role, implicit=False)
            done = True
    return done


def _keywords(run: Run, command: Command, word: Word, service: str, role: str) -> None:
    """libpq's `host=db port=5432`, where only some of it is said."""
    said: dict[str, Word] = {}
    for part in word.pieces():
        name, _, value = part.partition("=")
        said[name.text] = value
    host = said.get("host") or said.get("hostaddr") or NOTHING
    database, user = said.get("dbname", NOTHING), said.get("user", NOTHING)
    connect(run, service, said.get("port", NOTHING), host, command, database=database.text, user=user.text, role=role)


def _from_env(run: Run, command: Command, service: str) -> Word:
    """The port that a variable set in this command gives the client."""
    names = {"postgresql": ("PGPORT",), "mysql": ("MYSQL_TCP_PORT",), "redis": ("REDISCLI_PORT",)}.get(service, ())
    for name in names:
        value = command.env.get(name) or run.get(name)
        if isinstance(value, Word):
            return value
    return NOTHING


# Fetchers


def _fetch(run: Run, command: Command, entry: Mapping[str, Any]) -> None:
    takes = " ".join(str(entry.get(key, "")) for key in ("take", "output", "upload", "method", "url", "log"))
    parsed = options(command.args, takes.split())
    method = parsed.value(*entry.get("method", "").split())
    rest = [*parsed.rest, *parsed.values(*entry.get("url", "").split())]
    verb = method.text.upper() if method is not None else ""
    if not verb and any(name in ("-d", "--data", "--data-raw", "--data-binary", "-F", "--form", "--json", "--post-data")
                        for name, _ in parsed.given):  # fmt: skip
        verb = "POST"
    if command.name in ("http", "https", "xh", "httpie") and rest and rest[0].text.isupper() and rest[0].text.isalpha():
        verb = rest.pop(0).text
    for word in rest[:40]:
        _target(run, command, word, verb)
    for target in parsed.values(*entry.get("output", "").split()):
        _output(run, command, target)
    if (parsed.has("-O", "--remote-name", "-J") and command.name == "curl") or (
        command.name == "wget" and not parsed.has("-O", "--output-document", "--spider")
    ):
        _named_output(run, command, rest, parsed.value("-P", "--directory-prefix", "--output-dir"))
    if command.name == "wget" and parsed.has("-r", "--recursive", "-m", "--mirror"):  # as many files as the pages name
        _output(run, command, parsed.value("-P", "--directory-prefix") or Word("."), recursive=True, archive=True)
    for word in parsed.values("-T", "--upload-file"):
        run.add("read", run.path(word, command.cwd), "", {"said": word.text, "via": command.name}, word.span())
    for word in parsed.values("-d", "--data", "--data-binary", "-F", "--form"):
        at = word.text.find("@")
        if at >= 0 and (at == 0 or word.text[at - 1] == "="):
            path = word.cut(at + 1).partition(";")[0]
            if path.text and path.text != "-":
                run.add("read", run.path(path, command.cwd), "", {"said": path.text, "via": command.name}, path.span())


def _target(run: Run, command: Command, word: Word, verb: str) -> None:
    if "://" in word.text:
        if not found(run, word, command.name, method=verb) and UNKNOWN in word.text:
            connect(run, "", Word(UNKNOWN), Word(UNKNOWN), command, implicit=False)
        return
    text = word.text
    if text.startswith(":") and command.name in ("http", "https", "xh"):  # `http :3000/x` means localhost
        digits = text[1:].partition("/")[0]
        port = word.cut(1, 1 + len(digits))
        connect(run, "", port, Word("localhost"), command, scheme="http")
        run.add("url", "localhost", f"http://localhost{text}", {"scheme": "http", "port": digits, "path": "",
                "via": command.name, "method": verb}, None)  # fmt: skip
        return
    head = text.partition("/")[0]
    if "=" in head or " " in head or ("." not in head and ":" not in head and head != "localhost"):
        return
    matched = HOST_PORT().match(head)
    host = word.cut(0, matched.end(1)) if matched else word.cut(0, len(head))
    port = word.cut(matched.start(2), matched.end(2)) if matched else NOTHING
    path = text[len(head) :]
    connect(run, services.service_of_variable(host.text.partition(".")[0]) if matched else "", port, host, command,
            scheme="http", default="80")  # fmt: skip
    about = {"scheme": "http", "port": port.text, "path": path, "via": command.name, "method": verb}
    run.add("url", host.text, text, about, word.span())


def _output(run: Run, command: Command, target: Word, **data: Any) -> None:
    from tractguard.facts.effects_files import touch

    path = touch(run, command, "write", target, mode="overwrite", **data)
    if path and not run.where.inside:
        run.wrote(path, None)


def _named_output(run: Run, command: Command, rest: Sequence[Word], folder: Word | None) -> None:
    for word in rest[:10]:
        name = word.text.partition("?")[0].rstrip("/").rpartition("/")[2]
        if name and "://" in word.text and word.text.partition("://")[2].rstrip("/").endswith(name) is not False:
            head = folder.text.rstrip("/") + "/" if folder else ""
            if "/" in word.text.partition("://")[2].rstrip("/"):
                _output(run, command, Word(head + name))


# Servers


# Containers, tunnels, the rest
