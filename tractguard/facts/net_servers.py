"""Servers that listen, containers that publish, tunnels and plain `host port` programs."""

import re
from collections.abc import Mapping, Sequence

from tractguard.facts import effects as base
from tractguard.facts import services
from tractguard.facts.net import HOST_PORT, PORT_WORD, connect, found
from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import NOTHING, Word, options
from tractguard.facts.wrappers import table, wrapper
from tractguard.model import UNKNOWN
from tractguard.tables import later

_PUBLISH = later(r"(?:(\[?[\w.:]{1,60}\]?):)?(\d{1,5})(?:-\d{1,5})?:(\d{1,5})(?:-\d{1,5})?(?:/\w+)?\Z", re.ASCII)
_RUNNERS = ("npm", "pnpm", "yarn", "bun")
_CONTAINERS = ("docker", "podman", "nerdctl", "docker-compose")


def effects(run: Run, command: Command) -> bool:
    """Note what a server, container or tunnel does. Returns whether nothing else is to be known of the program."""
    data = table("net")
    name = command.name
    if name in _CONTAINERS:
        _publish(run, command)
    elif name in data["compound"].split() or name == "rsync":
        _ssh(run, command)
    elif name in data["hosts"].split():
        _host_and_port(run, command)
    elif name == "pg_ctl":
        given = options(command.args, ("-o", "--options", "-D", "-l", "-m", "-t", "-w")).value("-o", "--options")
        port = options(given.pieces(), ("-p", "-c", "-k")).value("-p") if given is not None else None
        if port is not None and "start" in "".join(word.text for word in command.args):
            connect(run, "postgresql", port, NOTHING, command, role="listen", implicit=False)
    elif name in ("lsof", "fuser", "ngrok", "cloudflared", "lt", "localtunnel", "kubectl"):
        _others(run, command)
    else:
        listens = data["listen"].get(name) or data["listen"].get(name.rstrip("0123456789."))
        if listens is None and "/" in command.words[0].text[1:]:
            listens = data["listen"]["./"]  # a program of the project
        if listens is not None and not services.service_of_client(name):
            _listens(run, command, listens)
        return False
    return True


def _listens(run: Run, command: Command, entry: Mapping[str, str]) -> None:
    name = command.name
    takes = " ".join(entry.values()).split()
    args: Sequence[Word] = command.args
    if name.startswith("python") or name in ("manage.py", "php"):
        script = _script_server(run, command)
        if script is None:
            return
        args = script
    if name in _RUNNERS:
        args = [word for word in args if word.text != "--"]
    role = "config" if name in ("python", "node", "tsx", "nodemon", "deno", "bun", "go", "cargo", "java") else "listen"
    parsed = options(args, takes, singles=True)
    short = [flag for flag in entry.get("port", "").split() if len(flag) == 2]
    ports = parsed.values(*entry.get("port", "").split())
    for flag in short:
        ports += [word.after(flag) for word in args if word.text.startswith(flag) and word.text[2:].isdigit()]
    host = parsed.value(*entry.get("host", "").split()) or NOTHING
    for port in ports:
        if PORT_WORD().match(port.text) or UNKNOWN in port.text:
            connect(run, "", port, host, command, role=role, implicit=False)
        else:
            _bind(run, command, port)
    for word in parsed.values(*entry.get("bind", "").split()):
        _bind(run, command, word)


def _bind(run: Run, command: Command, word: Word) -> None:
    matched = HOST_PORT().match(word.text)
    if matched:
        port, host = word.cut(matched.start(2), matched.end(2)), word.cut(matched.start(1), matched.end(1))
        connect(run, "", port, host, command, role="listen", implicit=False)
    elif PORT_WORD().match(word.text):
        connect(run, "", word, NOTHING, command, role="listen", implicit=False)


def _script_server(run: Run, command: Command) -> Sequence[Word] | None:
    """`python -m http.server 8000`, `manage.py runserver 0.0.0.0:8000`; else the words that may hold `--port`."""
    args = command.args
    texts = [word.text for word in args]
    if "-m" in texts[:3]:
        index = texts.index("-m")
        module = texts[index + 1] if index + 1 < len(texts) else ""
        if module in ("http.server", "SimpleHTTPServer"):
            rest = options(args[index + 2 :], ("-b", "--bind", "-d", "--directory")).rest
            connect(run, "", rest[0] if rest else NOTHING, NOTHING, command, role="listen", default="8000")
            return None
        if table("net")["listen"].get(module):
            run.command(command._replace(words=tuple(args[index + 1 :]), outs=()))
            return None
    for index, text in enumerate(texts):
        if text == "runserver":
            rest = options(args[index + 1 :], ("--settings",)).rest
            if rest:
                _bind(run, command, rest[0])
            return None
        if text in ("-c", "-e"):
            return None
    return args


def _publish(run: Run, command: Command) -> None:
    words = command.args
    verbs = [word.text for word in words if word.text[:1] != "-"][:3]
    if not any(verb in ("run", "create") for verb in verbs):
        return
    takes = frozenset((wrapper("docker") or {})["sub"]["run"]["take"].split())
    start = next(index for index, word in enumerate(words) if word.text in ("run", "create")) + 1
    parsed = options(words[start:], takes, stop_at_rest=True)
    image = parsed.rest[0].text if parsed.rest else ""
    service = services.service_of_image(image)
    for word in parsed.values("-p", "--publish"):
        matched = _PUBLISH().match(word.text)
        if matched:
            port = word.cut(matched.start(2), matched.end(2))
            host = word.cut(matched.start(1), matched.end(1)) if matched.group(1) else NOTHING
            connect(run, service, port, host, command, role="publish", inner_port=matched.group(3), implicit=False,
                    inner_span=word.span(matched.start(3), matched.end(3)))  # fmt: skip
        elif PORT_WORD().match(word.text):
            connect(run, service, NOTHING, NOTHING, command, role="publish", inner_port=word.text, implicit=False)
    if service and "host" in (word.text for word in parsed.values("--network", "--net")):
        _own_arguments(run, command, service, parsed.rest[1:])
    for word in parsed.values("-e", "--env"):
        name, has, value = word.partition("=")
        if has:
            base.environment(run, name.text, value, "container")


def _own_arguments(run: Run, command: Command, service: str, args: Sequence[Word]) -> None:
    """The server's own `--port` behind its image, where the container shares this machine's network."""
    if args and args[0].text[:1] != "-" and services.service_of_client(args[0].text) != service:
        return
    parsed = options(args, ("--port", "-p", "-P", "--bind_ip", "--host"))
    port = parsed.value("--port", "-p", "-P")
    if port is not None and PORT_WORD().match(port.text):
        connect(run, service, port, NOTHING, command, role="listen", implicit=False)


def _ssh(run: Run, command: Command) -> None:
    name = command.name
    shell = name in ("ssh", "autossh")
    takes = (wrapper(name) or {})["take"] if shell else table("files")["take"].get(name, "-P -i -o -F")
    parsed = options(command.args, takes.split(), stop_at_rest=shell)
    if name == "ssh" or name == "autossh":
        if not parsed.rest:
            return
        host = parsed.rest[0]
        user, has, plain = host.partition("@")
        port = parsed.value("-p") or NOTHING
        connect(run, "ssh", port, plain if has else host, command, user=user.text if has else "", default="22")
        for flag, word in parsed.given:
            if word is not None:
                _forwarded(run, command, flag, word)
        return
    for word in parsed.rest:
        head, has, _ = word.partition(":")
        if has and "/" not in head.text:
            user, at, host = head.partition("@")
            port = parsed.value("-P") or NOTHING if name != "rsync" else NOTHING
            connect(run, "ssh", port, host if at else head, command, user=user.text if at else "", default="22")


def _socat(run: Run, command: Command, word: Word) -> None:
    kind, _, address = word.partition(":")
    address, low = address.partition(",")[0], kind.text.lower()
    if low in ("tcp", "tcp4", "tcp6", "tcp-connect", "openssl"):
        found(run, address, "socat")
    elif low in ("tcp-listen", "tcp4-listen", "tcp-l", "openssl-listen") and PORT_WORD().match(address.text):
        connect(run, "", address, NOTHING, command, role="listen", implicit=False)


def _host_and_port(run: Run, command: Command) -> None:
    if command.name == "socat":
        for word in command.args:
            _socat(run, command, word)
        return
    if command.name == "openssl":
        target = options(command.args, ("-connect", "-servername", "-host", "-port")).value("-connect")
        if target is not None:
            found(run, target, "openssl")
        return
    parsed = options(command.args, ("-w", "-p", "-s", "-q", "-X", "-x", "-i", "-c", "-W", "-t", "-T"))
    rest = parsed.rest
    if not rest:
        return
    if parsed.has("-l") and command.name in ("nc", "ncat", "netcat"):
        port = parsed.value("-p") or rest[-1]
        connect(run, "", port, NOTHING, command, role="listen", implicit=False)
        return
    said = rest[1] if len(rest) > 1 else parsed.value("-p") if command.name == "nmap" else None
    if said is not None and PORT_WORD().match(said.text):
        connect(run, services.service_of_variable(rest[0].text.partition(".")[0]), said, rest[0], command)
    elif command.name != "ping" and not found(run, rest[0], command.name):
        connect(run, "", NOTHING, rest[0], command, implicit=False)


def _others(run: Run, command: Command) -> None:
    """Programs that look at a port (`lsof -i :3000`) change and reach nothing; tunnels and forwards do."""
    words = command.args
    texts = [word.text for word in words]
    if command.name == "kubectl" and "port-forward" in texts:
        for word in words[texts.index("port-forward") + 2 :]:
            matched = re.match(r"(\d{1,5})(?::(\d{1,5}))?\Z", word.text)
            if matched:
                target = texts[texts.index("port-forward") + 1].rpartition("/")[2]
                connect(run, services.service_of_variable(target), word.cut(0, matched.end(1)), NOTHING, command,
                        role="publish", inner_port=matched.group(2) or matched.group(1), implicit=False)  # fmt: skip
    elif command.name in ("lt", "localtunnel", "ngrok", "cloudflared"):
        for word in words:
            if PORT_WORD().match(word.text) and len(word.text) > 1:
                connect(run, "", word, Word("localhost"), command, implicit=False)


_FORWARDS = {"localforward": "-L", "remoteforward": "-R"}
_FORWARD = r"(?:[^\s:]{0,250}:)?(\d{1,5})[:\s]\s{0,9}([^\s:]{1,250}|\[[^\]]{2,45}\]):(\d{1,5})\Z"


def _forwarded(run: Run, command: Command, flag: str, word: Word) -> None:
    """`-L [bind:]port:host:port`, `-R …`, `-o LocalForward='port host:port'`: the end that listens, and the far end.

    The far end of -L is reached from the other machine, that of -R from this one.
    """
    if flag == "-o":
        name = word.text.partition("=")[0].partition(" ")[0]
        flag, word = _FORWARDS.get(name.lower(), ""), word.cut(min(len(name) + 1, len(word.text)))
    found = re.match(_FORWARD, word.text, re.ASCII) if flag in ("-L", "-R") else None
    if found is None:
        return
    host, port = found[2].strip("[]"), found[3]
    known = services.services_of_default_port(port) if flag == "-L" else ()
    service = services.service_of_variable(host.partition(".")[0]) or (known[0] if len(known) == 1 else "")
    roles = ("inner", "listen") if flag == "-L" else ("client", "inner")
    via = f"ssh {flag}"
    far, near = word.cut(found.start(3), found.end(3)), word.cut(found.start(1), found.end(1))
    connect(run, service, far, Word(host), command, role=roles[0], implicit=False, via=via)
    connect(run, "", near, NOTHING, command, role=roles[1], implicit=False, via=via)
