"""Ports of named services: TG301.

It compares what a call would reach with where a person said that a service is. It refuses to judge other services,
other machines, and the port that a service keeps inside its own container.
"""

import re
from collections.abc import Iterator

from tractguard.facts.services import default_port, kind_of, other_ports, serves, service_of, words_of
from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import MISSING, Call, Hit, bash, edit, rule, write
from tractguard.rules.programs import FETCHERS, program_of
from tractguard.rules.scope import place
from tractguard.rules.words import table

LOCAL = frozenset(("", "localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", "::", "host.docker.internal", "local"))
_SCRATCH = frozenset(("http", "https", "the", "server", "service", "app", "application", "dev", "port"))
_SERVER = re.compile(r"\b(?:dev(?:elopment)? server|server|app|application|frontend|site|website)\b")
_QUALIFIED = re.compile(
    r"\b(test|testing|staging|analytics|replica|reporting|e2e|ci|production|prod|legacy|secondary|second|other|cache)"
    r"(?:ing)? (?:postgres\w*|mysql|mongo\w*|redis|database|db|instance|server|cluster)\b"
)
_SIDE = re.compile(r"\b(?:management|admin|dashboard|console|web ui|metrics|ui)\b")
_ANY_DATABASE = frozenset(("database", "db", "the database", "local database", "dev database"))
_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc")


def port(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A connection to the named service at another port than the one that was said."""
    wanted, banned = constraint.list("value"), constraint.list("not")
    service = canonical(constraint)
    others = {value for each in instruction.constraints if each.type == "port" for value in each.list("value")}
    side = other_ports(service) if _SIDE.search(_spoken_of(constraint, wanted)) else ()
    usual = {*banned, *(side or (default_port(service),))} - {"", *wanted}
    named = {(fact.field, fact.span) for fact in call.of("connect") if fact.name and fact.span}
    strict = _STRICT.search(str(constraint.get("words") or "").lower()) is not None
    yield from _replaced_number(call, wanted, service)
    for fact in call.of("connect"):
        if not fact.name and (fact.field, fact.span) in named:
            continue  # the same port, of which more is known
        known = about(fact, constraint, service, _started(call, fact))
        hinted = not known and fact.value not in others and _hinted(call, fact, constraint, service)
        if not (known or hinted) and not (fact.name == "" and fact.value in usual and not fact.data.get("container")):
            continue
        if side and fact.value not in (*side, *banned):
            continue  # of its management console, where its own port is another matter
        if (
            _is_wanted(fact.value, (*wanted, *(others if not service else ())))
            or UNKNOWN in fact.value
            or in_prose(call, fact)
            or not _near(fact, constraint, instruction)
        ):
            continue
        if not fact.value:
            hit = _implicit(fact, wanted, service) if known else None
        elif (not wanted and fact.value not in banned) or _inner(fact, banned, service, strict):
            continue
        else:
            hit = _wrong_port(fact, wanted, banned, service, known, strict)
            if _another(fact, constraint):
                hit = hit._replace(confidence=min(hit.confidence, 0.6))
        if hit is not None:
            yield hit


def _replaced_number(call: Call, wanted: tuple[str, ...], service: str) -> Iterator[Hit]:
    """An edit that puts another number in the place of the very port that was said (`API: 5555` to `API: 3000`)."""
    old, new = call.event.input.get("old_string"), call.event.input.get("new_string")
    if not isinstance(old, str) or not isinstance(new, str) or len(wanted) != 1 or not wanted[0].isdigit():
        return
    before = re.search(rf"([\w.\"'-]{{1,60}})(\s{{0,3}}[:=]\s{{0,3}})[\"']?{wanted[0]}(?!\d)", old[:20_000])
    behind = r"\s{0,3}[:=]\s{0,3}[\"']?(\d{2,5})(?!\d)"
    after = re.search(re.escape(before.group(1)) + behind, new[:20_000]) if before else None
    told = {fact.value for fact in call.of("connect")}
    for fact in call.of("code")[:1] if after and after.group(1) != wanted[0] and after.group(1) not in told else ():
        if not in_prose(call, fact):
            yield Hit(
                fact,
                f"this call changes {wanted[0]} to {after.group(1) if after else ''}",
                actual=after.group(1) if after else "",
                expected=wanted[0],
                confidence=0.85,
                way_out=f"Leave port {wanted[0]}.",
                subject=f"port:{service}",
            )


def _spoken_of(constraint: Constraint, wanted: tuple[str, ...]) -> str:
    """The words around the port that was said, without what the same sentence says of other ports."""
    words = str(constraint.get("words") or "").lower()
    parts = re.split(r"[,;(]|\band\b", words)
    return next((part for part in parts if set(wanted) & set(re.findall(r"\d+", part))), words)


_BACKEND = frozenset(("backend", "api", "server"))
_BACKENDS = frozenset("go cargo python uvicorn gunicorn java dotnet mix rails puma ruby php".split())


def _hinted(call: Call, fact: Fact, constraint: Constraint, service: str) -> bool:
    """Whether something beside an unnamed connection says that it is the part of the project that was said: the path
    of its URL, the line of code that it stands in, or a program that no frontend is started by.
    """
    if fact.name or not service or service_of(service) or fact.data.get("container") or constraint.get("when"):
        return False
    started = _started(call, fact).split()
    if service in _BACKEND and started and program_of(started[0]) in _BACKENDS:
        return True
    parts = set(words_of(service)) - _SCRATCH
    paths = [url for url in call.of("url") if url.data.get("port") == fact.value and url.field == fact.field]
    if any(parts & set(words_of(str(url.data.get("path") or ""))) for url in paths):
        return True
    text = call.event.input.get(fact.field)
    if (
        fact.data.get("role") != "client"
        or fact.span is None
        or not isinstance(text, str)
        or fact.data.get("via") in FETCHERS
    ):
        return False
    start = text.rfind("\n", max(0, fact.span[0] - 200), fact.span[0]) + 1
    return bool(parts & set(words_of(text[max(start, fact.span[0] - 200) : fact.span[0]])))


def _is_wanted(value: str, wanted: tuple[str, ...]) -> bool:
    """Whether a port is one that was said, or lies above a lower bound (`>=3002`)."""
    bounds = [one[2:] for one in wanted if one.startswith(">=")]
    return value in wanted or (value.isdigit() and any(int(value) >= int(one) for one in bounds if one.isdigit()))


def canonical(constraint: Constraint) -> str:
    """The service of a constraint as the shipped table names it, else its own word in lower case."""
    said = str(constraint.get("service") or "").lower()
    return "" if _SERVER.fullmatch(said) else service_of(said) or said


def about(fact: Fact, constraint: Constraint, service: str, started: str = "") -> bool:
    """Whether a connection is one to the service that was said. `started`: the command that opens the port, if any."""
    if not service:  # a bare "port 3001": the server of the project, or what nothing is known of
        unnamed = not fact.name or (fact.value in constraint.list("not") and kind_of(fact.name) in ("dev", "web"))
        server = bool(_SERVER.search(str(constraint.get("words") or "").lower()))
        listens = fact.data.get("role") == "listen" or (
            fact.data.get("role") == "config" and default_port(fact.name) in constraint.list("value")
        )
        own = server or (listens and not constraint.get("when"))
        return unnamed or (own and kind_of(fact.name) in ("dev", "web"))
    if fact.name == service or service_of(fact.name) == service:
        return True
    own = kind_of(fact.name) in ("dev", "web") and fact.data.get("role") in ("listen", "config")
    if own and service in serves(fact.name):
        return True
    if service in _ANY_DATABASE and fact.name in (*table("databases")["relational"], "mongodb"):
        return fact.value in constraint.list("not")  # of all databases that one which was excluded
    if service_of(service) or (service_of(fact.name) and not own):
        return False
    # A part of the project ("api", "frontend") is known only by the names around it.
    key = [part for part in str(fact.data.get("key") or "").split(".") if not part.isdigit()]
    texts = (*key[-1:], str(fact.data.get("container") or ""), str(fact.data.get("host") or ""), fact.name)
    named = {word for text in texts for word in words_of(text)}
    if own or (not fact.name and fact.data.get("role") in ("listen", "config")):
        folder = str(fact.data.get("file") or "").rpartition("/")[0]  # apps/api/vite.config.ts is the api's
        program = str(fact.data.get("via") or "").lower()  # `wrangler dev --port`: wrangler's
        named.update(
            word for text in (*folder.split("/")[-2:], *started.split()[1:], program) for word in words_of(text)
        )
    return bool(named & (set(words_of(service)) - _SCRATCH))


def _started(call: Call, fact: Fact) -> str:
    """The command that opens the port: it is told by a flag (`uvicorn backend.main:app --port 8000`), or by a variable
    in front of it (`PORT=3000 npm run dev:api`).
    """
    key = str(fact.data.get("key") or "")
    if fact.data.get("via") == "env" and key:
        commands = (one for one in call.of("command") if key in (one.data.get("env") or ()))
        return next((one.value for one in commands), "")
    if fact.data.get("role") not in ("listen", "config") or fact.field != "command" or fact.span is None:
        return ""
    return next((one.value for one in call.of("command") if fact.span in (one.data.get("word_spans") or ())), "")


def _near(fact: Fact, constraint: Constraint, instruction: Instruction) -> bool:
    """Whether the host is one that the instruction speaks of: this machine, an unknown one, or the one it names."""
    host = str(fact.data.get("host") or "").lower()
    if host in LOCAL or UNKNOWN in host or "$" in host or "{" in host:
        return True
    if fact.value and fact.value in constraint.list("not") and "." not in host:
        return True
    named = [value.lower() for each in instruction.constraints if each.type == "host" for value in each.list("value")]
    if host in named or host in instruction.text.lower():
        return True
    return "." not in host and not named


def in_prose(call: Call, fact: Fact) -> bool:
    """Whether a fact stands in a file that is read, not run."""
    return place(call, fact).lower().endswith(_PROSE)


def _inner(fact: Fact, banned: tuple[str, ...], service: str, strict: bool) -> bool:
    """Whether this is how containers of one network reach the service: by its own name, at its own port."""
    host = str(fact.data.get("host") or "").lower()
    if fact.data.get("key") == "EXPOSE" and not service and strict:
        return False  # the project's own image, and its app was said to listen there
    last = str(fact.data.get("key") or "").rpartition(".")[2].lower().replace("_", "")
    if fact.data.get("inside") or last in ("containerport", "targetport", "expose", "internalport"):
        return True
    if ".expose." in f".{fact.data.get('key')}." or str(fact.data.get("key")).startswith("spec."):
        return True  # a port between containers, or of a Kubernetes object: not the one on this machine
    if host in LOCAL or "." in host or UNKNOWN in host:
        return False
    return (fact.value == default_port(service) and fact.value not in banned) or service_of(host) == service


def _implicit(fact: Fact, wanted: tuple[str, ...], service: str) -> Hit | None:
    usual = str(fact.data.get("default") or default_port(service))
    if not wanted or not usual or usual in wanted or fact.data.get("role", "client") != "client":
        return None
    return Hit(
        fact,
        f"this call names no port, so it goes to {usual}",
        actual=usual,
        expected=wanted[0],
        conflict_type="training_pattern_override",
        manner=MISSING,
        confidence=0.6,
        way_out=f"Name port {wanted[0]}.",
        subject=f"port:{service}",
    )


def _another(fact: Fact, constraint: Constraint) -> bool:
    """Whether one of several instances was said ("the test database") and the call does not show that it means it."""
    said = _QUALIFIED.search(str(constraint.get("words") or "").lower())
    if said is None:
        return False
    shown = " ".join(str(fact.data.get(key) or "") for key in ("key", "host", "database", "file", "container", "user"))
    return said.group(1)[:4] not in f"{shown} {fact.name}".lower()


_STRICT = re.compile(r"\b(?:always|only|must|never|required?|do not|don't|exactly)\b")


def _wrong_port(
    fact: Fact, wanted: tuple[str, ...], banned: tuple[str, ...], service: str, known: bool, strict: bool = False
) -> Hit:
    host = str(fact.data.get("host") or "").lower()
    if not known:
        sure = 0.8 if fact.value in banned else 0.6  # the port says so, nothing else does
    elif service:
        sure = 0.95 if fact.name else 0.85
    else:
        own = kind_of(fact.name) in ("dev", "web") or fact.data.get("role") in ("listen", "publish") or _is_own(fact)
        sure = 0.85 if fact.value in banned or own else 0.45  # a client: perhaps of another server
    if (
        fact.data.get("role") == "listen"
        and (fact.name == service or service in serves(fact.name))
        and not (strict and not service)
        and fact.value not in (*banned, default_port(service))
    ):
        sure = min(sure, 0.7)  # another instance that is started on a port of its own
    if host not in LOCAL and "." not in host:
        sure = min(sure, 0.6)  # a name that only containers of one network know: perhaps the port inside
    usual = fact.value == default_port(service) or fact.value == str(fact.data.get("default") or "-")
    return Hit(
        fact,
        f"this call uses {fact.value}",
        actual=fact.value,
        expected=wanted[0] if wanted else "",
        conflict_type="training_pattern_override" if usual else "explicit_value",
        confidence=sure,
        fixes=replaced(fact, wanted) if known or fact.value in banned else (),
        way_out=f"Use port {wanted[0]}." if wanted else f"Use another port than {fact.value}.",
        subject=f"port:{service}",
    )


def _is_own(fact: Fact) -> bool:
    """Whether a setting is the port of the project's own server (`PORT`, `SERVER_PORT`, `devUrl`)."""
    key = str(fact.data.get("key") or "").rpartition(".")[2]
    words = set(words_of(key))
    return fact.data.get("role") == "config" and bool(words & {"port", "url"}) and words <= _OWN_KEYS


_OWN_KEYS = frozenset("port url server app http dev web listen".split())


def replaced(fact: Fact, wanted: tuple[str, ...]) -> tuple[Fix, ...]:
    """The fix that writes the one wanted value where the fact's own stands, or ()."""
    if len(wanted) != 1 or fact.span is None or not fact.field:
        return ()
    return (Fix(fact.field, fact.span[0], fact.span[1], wanted[0]),)


def accepts_value(constraint: Constraint, hit: Hit) -> bool:
    """Whether another instruction names this very value for the same service."""
    service = canonical(constraint)
    same = hit.subject.partition(":")[2] in ("", service)
    return same and hit.actual.lower() in [value.lower() for value in constraint.list("value")]


_MONGO = "MongoDB runs on port 27027"

RULES = (
    rule(
        "TG301",
        "port of a service",
        ("port",),
        port,
        bad=(
            bash(_MONGO, "mongosh --port 27017 --eval 'db.stats()'"),
            write(_MONGO, "/repo/src/db.js", 'module.exports = { url: "mongodb://localhost:27017/app" };\n'),
            bash("Postgres listens on port 5436, not 5432.", "psql -h localhost -p 5432 app"),
        ),
        good=(
            bash(_MONGO, "mongosh --port 27027"),
            bash(_MONGO, "grep -rn 27017 src/"),
            bash(_MONGO, "redis-cli -p 6379 ping"),
            bash(_MONGO, "git commit -m 'stop using 27017'"),
            edit(_MONGO, "/repo/docs/notes.md", "The driver's default is 27017; we run on 27027.\n"),
        ),
        accepts=accepts_value,
    ),
)

__all__ = ["LOCAL", "RULES", "about", "accepts_value", "canonical", "in_prose", "replaced"]
