"""Well-known services: their names, default ports, URL schemes, client programs, images and variables.

It knows what `tractguard/data/services.json` says, which is read on first use. It refuses to guess: a name that people
give to their own parts ("api", "backend", "dev server", "frontend") is no service, and the answer is "".
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from tractguard import tables
from tractguard.tables import later

LONGEST_NAME = 80  # longer words are no service names

_WORD = later(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z0-9]+|[^\W_A-Za-z0-9]+")
_NOISE = ("service", "server", "container", "instance", "database", "db", "cluster", "the", "local", "our", "dev")
_PG = "PG"
_PG_SETTINGS = ("PORT", "HOST", "HOSTADDR", "USER", "PASSWORD", "DATABASE", "SSLMODE", "PASSFILE", "SERVICE", "DATA")


def table() -> Mapping[str, Mapping[str, Any]]:
    """The shipped table: canonical name -> port, ports, aliases, schemes, images, words, clients, kind."""
    return tables.table("services")


@cache
def _index(key: str) -> Mapping[str, str]:
    """Lower-case word -> service, for one list of the table. The first service that claims a word keeps it."""
    found: dict[str, str] = {}
    for name, entry in table().items():
        for word in entry.get(key, ()):
            found.setdefault(word.lower(), name)
    return found


def service_of(name: str) -> str:
    """The canonical service that `name` means ("Mongo", "pg", "k8s" ...), or "" where it is none."""
    if not isinstance(name, str) or not name or len(name) > LONGEST_NAME:
        return ""
    word = " ".join(name.lower().replace("_", " ").split())
    found = _exact(word) or _exact(word.replace(" ", "-"))
    if found:
        return found
    words = [part for part in word.replace("-", " ").split() if part not in _NOISE]
    if not words or len(words) == len(word.replace("-", " ").split()):
        return ""
    return _exact(" ".join(words))


def _exact(word: str) -> str:
    if word in table():
        return word
    return _index("aliases").get(word, "")


def default_port(service: str) -> str:
    """The port that `service` (canonical) listens on unless told otherwise, as text; "" where there is none."""
    return str(table().get(service, {}).get("port", ""))


def other_ports(service: str) -> tuple[str, ...]:
    """Further usual ports of `service`: its management console, its encrypted twin."""
    return tuple(map(str, table().get(service, {}).get("ports", ())))


def kind_of(service: str) -> str:
    """`dev` for development servers, `web` for plain web servers, else ""."""
    return str(table().get(service, {}).get("kind", ""))


def serves(service: str) -> tuple[str, ...]:
    """The services that a program of another name runs: `uvicorn` the one of FastAPI."""
    return tuple(map(str, table().get(service, {}).get("serves", ())))


@cache
def services_of_default_port(port: str) -> tuple[str, ...]:
    """Every service whose main default port is `port`, in the order of the table."""
    return tuple(name for name, entry in table().items() if entry.get("port") == str(port))


def service_of_scheme(scheme: str) -> str:
    """The service behind a URL scheme (`mongodb+srv`, `postgresql+asyncpg`, `jdbc:mysql`); "" for http and unknown."""
    scheme = scheme.lower().removeprefix("jdbc:").removeprefix("r2dbc:")
    schemes = _index("schemes")
    return schemes.get(scheme, "") or schemes.get(scheme.partition("+")[0], "")


def service_of_client(program: str) -> str:
    """The service that a client or server program talks to (`mongosh`, `psql`, `redis-cli`), or ""."""
    return _clients().get(program, ("", {}))[0]


def client_flags(program: str) -> Mapping[str, tuple[str, ...]]:
    """The flags of a client program: `port`, `host`, `user`, `database`, `uri`, `command`, `file` -> its spellings.

    `positional` lists what bare arguments mean, in order (`host`, `port`, `database`, `user`, `uri`, `file`,
    `statement`, `command`). Empty for a program that is not in the table.
    """
    return _clients().get(program, ("", {}))[1]


@cache
def _clients() -> Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]]:
    found: dict[str, tuple[str, Mapping[str, tuple[str, ...]]]] = {}
    for name, entry in table().items():
        for program, flags in entry.get("clients", {}).items():
            found.setdefault(program, (name, {key: tuple(value) for key, value in flags.items()}))
    return found


def service_of_image(image: str) -> str:
    """The service in a container image, whatever its registry, tag or digest; "" where it is none."""
    if not isinstance(image, str) or not image or len(image) > 400:
        return ""
    name = image.lower().partition("@")[0]
    head, _, last = name.rpartition("/")
    name = (head + "/" if head else "") + last.partition(":")[0]
    images = _index("images")
    for candidate in (name, name.removeprefix("docker.io/").removeprefix("library/")):
        if candidate in images:
            return images[candidate]
    # A mirror keeps the official name behind its own host: registry.example.com/library/postgres.
    first, _, rest = name.partition("/")
    if rest and ("." in first or ":" in first):
        return images.get(rest.removeprefix("library/"), "")
    return ""


def service_of_variable(name: str) -> str:
    """The service that a variable, a config key or a container name is about: `REDIS_PORT`, `spring.redis.port`,
    `mongoUrl`, `my-app-postgres`, `PGPORT`. "" for generic ones (`DB_PORT`, `PORT`)."""
    if not isinstance(name, str) or not name or len(name) > LONGEST_NAME * 4:
        return ""
    if name.startswith(_PG) and name[2:] in _PG_SETTINGS:
        return "postgresql"
    known = _index("words")
    words = words_of(name)
    for word in words:
        found = known.get(word) or known.get(word.rstrip("0123456789"), "")
        if found:
            return found
    for index in range(1, len(words)):  # camel case splits "MongoDb", "sqlServer"
        if words[index - 1] + words[index] in known:
            return known[words[index - 1] + words[index]]
    return ""


def words_of(name: str) -> list[str]:
    """The lower-case words of an identifier: split at anything but letters and digits, and at changes of case."""
    return [word.lower() for word in _WORD().findall(name)]
