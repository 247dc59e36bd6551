"""Ports, hosts and URLs: where a sentence says that something is reached.

A number is a port only beside the word, or as the correction of a turn that spoke of one.
"""

import functools
import re
from typing import Any

from tractguard.facts import services
from tractguard.instructions.constraints.conditions import condition
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import Words, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_PORT = lazy(
    r"\bports?\b(?:\s+(?:is|are|was|always|number|no\.?|=|should be|must be|to|on|at))*\s*[:=(]?\s*`?:?(\d{2,5})\b"
    r"|(?:\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0|(?<![\w.-])[a-z][\w-]{0,62}(?:\.[\w-]{1,62}){1,8})"
    r"|\s):(\d{2,5})\b(?![:/.]\d)"
    r"|(?<![\w.:/-])(\d{4,5})(?= (?:is|already) (?:already |currently )?(?:taken|used|occupied|reserved"
    r"|owned|claimed) )"
    r"|\b(?:on|at|uses?|using|to|from|not|stays on|now|instead of|listens? on|it's|it is|never"
    r"|via) `?:?(\d{4,5})`?(?![\w%-]|\.\d|\s?(?:ms|px|kb|mb|gb|characters|chars|lines|tokens|rows|items"
    r"|bytes|seconds|words|files|users|requests|and later|entries|times))"
)
# Who may call, not where.
_ALLOWED = lazy(
    r"\b(?:cors|origins?|redirect|callback|proxy|proxies|webhook)\b",
    needs="cors|origin|redirect|callback|prox"
    r"|webhook",
)
_NUMBER = lazy(r"(?<![\w.#:/-])(\d{4,5})(?![\w%/-]|\.\d)")
_DEFAULT = lazy(
    r"\b(?:back (?:to|on)|use|uses|using|on|runs? on|listens? on|is on|at|stays on|to)(?: the| its| their)?"
    r"(?: usual| standard)? (?:default|usual|standard|normal)(?: [a-z]+)? port\b",
    needs="port",
)
_HOST_WORDS = (
    r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|host\.docker\.internal|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"
    r"|[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:internal|local|com|net|org|io|dev|app|cloud|test|example"
    r"|lan|svc|ai|co|eu|de))"
)
_HOST = lazy(r"(?<![\w./@-])(?:[a-z][\w+.-]*://)?(" + _HOST_WORDS + r")(?![\w-])")
_URL = lazy(r"\b(?:https?|wss?|postgres(?:ql)?|mongodb(?:\+srv)?|redis|mysql|amqp)://[^\s`'\")>,]+", re.I)
_PLAIN_HOST = lazy(r"\.(?:internal|local|lan|svc|com|net|org|io)$|-[\w-]*\.|\.[\w-]+\.(?!test|example)")
_HOST_CUE = lazy(
    r"\b(?:hosts?|hostname|domains?|server|connect|reach(?:able|ed)?|runs? (?:on|at)|listens?|is (?:on|at)"
    r"|lives? (?:on|at)|endpoint|base url|api url|at port|port)\b"
)
_PURPOSE = lazy(r"\bfor (?:the )?(?:tests?|testing|dev(?:elopment)?|prod(?:uction)?|staging|ci)\b(?! ?server)")
_NET_CUE = lazy(
    r"\b(?:internet|network|fetch|requests? to|connect|external|download|reach|access|url|api|endpoint|call)\b"
)


def endpoints_of(said: Sentence) -> list[Constraint]:
    """port, host and url constraints of a sentence."""
    return [*_ports(said), *_hosts(said), *_urls(said)]


@functools.cache
def _service_names() -> dict[str, str]:
    """Word -> service: those of the shipped table whose words mean nothing else, and file databases."""
    ambiguous = set(section("ambiguous_services"))
    words = ((word, name) for name, entry in services.table().items() for word in (name, *entry.get("aliases", ())))
    return {**{word: name for word, name in words if word not in ambiguous}, **section("services")}


@functools.cache
def _service_words() -> Words:
    return Words(_service_names())


def services_in(low: str) -> list[tuple[str, int]]:
    """The services that a text in lower case names, each with its place."""
    names = _service_names()
    return [(names[m.group()], m.start()) for m in _service_words().finditer(low)]


_OWNER = lazy(
    r"\d+`?,?\s(?:is|which is|it is|it's|already|stays)?\s?(?:already |currently )?(?:taken|used|occupied"
    r"|reserved|owned|claimed)"
    r" (?:by|for) (?:the |our )?([a-z][\w-]{0,40})"
)
_ANOTHERS = lazy(  # whose port it is matters not: it is not the one that is spoken of
    r"\d+`?,?\s(?:is |which is |it is |it's |already )*(?:(?:taken|used|occupied|reserved|owned|claimed"
    r"|for) (?:by|for)?"
    r"|belongs? to|is) ?(?:by |for )?(?:an)?other(?:'s)?\b|\d+`? belongs? to\b"
)
_DEV_SERVER = lazy(
    r"\b(?:local )?dev(?:elopment)?(?: server)?(?:'s)? ports?\b|\bdev(?:elopment)? server\b|開発|开发|개발"
)
_HERE = lazy(r"(?:https?://)?(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|host\.docker\.internal):?$")
_TAKEN_BY = lazy(r"(?:taken|used|occupied|reserved|owned|claimed) (?:by|for) (?:the |our )?`?$")
_PART_NAME = lazy(
    r"(?:^|[\s`])(?:the |our )?([a-z][\w-]{0,40}?)(?: (?:dev )?(?:server|service|app|container|process))?`?"
    r"(?: (?:now|always))? ?(?:(?:is|are|runs?|running|listens?|lives|served|available|reachable"
    r"|spawns|starts|binds|exposed|goes|moves|moved|switched|changed)\b[^,;]{0,24})?"
    r"(?:(?:on|at|uses?|to)(?: port)? `?:?|:\s?(?:port )?`?|\((?:on )?port )$"
)


_FOR_WHAT = lazy(
    r"\d+`? for (?:the |our )?(?!(?:tests?|testing|dev|development|prod|production|staging|ci|server|app)\b)"
    r"([a-z][\w-]{1,40})"
)


def _stretch(said: Sentence, position: int) -> int:
    """Where the words begin that speak of one thing: after the last comma, bracket or "and" before `position`."""
    start = said.part_of(position).start
    found = [match.end() for match in re.finditer(r"[,(]\s|\band\s|\bbut\s|\bwhile\s", said.bare[start:position])]
    return start + found[-1] if found else start


def _own_part(low: str, start: int, position: int) -> str:
    """A part of the project that the words before a port name as what runs there ("the api on port 8000")."""
    match = _PART_NAME.search(_HERE.sub("", low[start:position]))
    name = match.group(1) if match else ""
    return "" if not name or name in section("not_services") or name in _service_names() else name


def _owner(words: str, first: str) -> str:
    named = services_in(words)
    return named[0][0] if named else first


def _taken(low: str, at: int) -> bool:
    return bool(_TAKEN_BY.search(low[max(0, at - 40) : at]))


def service_at(said: Sentence, position: int) -> str:
    """The service spoken of at `position`: the nearest before it, else the first, else that of the turn before."""
    owner = _OWNER.match(said.low, position)
    if owner:
        return _owner(said.low[owner.start(1) : owner.end(1) + 24], owner.group(1))
    named = services_in(said.low.replace("`", " "))
    start = _stretch(said, position)
    earlier = [(name, at) for name, at in named if at < position]
    near = _own_part(said.low, start, position)
    if near and not any(at >= start for _, at in earlier):
        return near
    if earlier:
        return earlier[-1][0]
    later = [name for name, at in named if not _taken(said.low, at)]
    if later:
        return later[0]
    subject = re.search(
        r"(?<![\w-])(?:the |our )?([a-z][\w-]{0,40})(?: (?:dev )?(?:server|service|app|container"
        r"|process))?(?: now)? (?:is "
        r"|are )?(?:reachable |runs |running |listens |listening |available |served |exposed |lives )",
        said.low,
    )
    if subject and subject.group(1) not in section("not_services"):
        return str(subject.group(1))
    before = [name for name, _ in services_in(said.before.lower())]
    if before:
        return before[-1]
    subject = re.search(
        r"(?:^|\b(?:the|our) )([a-z][\w-]*)(?: (?:dev )?(?:server|service|app"
        r"|container))?(?:'s)? (?:uses )?(?:port|is on|on port|at port)\b",
        said.low,
    )
    for found in (subject, _FOR_WHAT.match(said.low, position)):
        if found and found.group(1) not in section("not_services"):
            return str(found.group(1))
    return ""


def _ports(said: Sentence) -> list[Constraint]:
    low = said.low
    if re.match(
        r"\W*(?:please )?(?:don'?t |do not |never )?(?:fix|debug|investigate|kill|free|stop|close|find)\b", low
    ):
        return []  # a task at a port, not a fact about it
    if _ALLOWED.search(low, 0, said.parts[0].end):
        return []
    if not re.search(r"\d", low):
        return _usual_port(said)
    talks = "port" in low or "localhost" in low or ":" in low or bool(services_in(low))
    numbers: list[tuple[str, int]] = []
    for match in _PORT.finditer(low):
        group = next(number for number in (1, 2, 3, 4) if match.group(number))
        if (
            group == 4
            and not talks
            and not re.search(r"\b(?:listen|reachable|serve|runs? on|published|exposed)", low)
            and "port" not in said.before.lower()
        ):
            continue
        numbers.append((match.group(group), match.start(group)))
    if re.search(r"\bports?\b", said.heading):  # "API: 8080" below "Ports"
        seen = {at for _, at in numbers}
        labelled = re.finditer(r"[a-z][`*)]{0,3}(?::| —| -|=|→)\s?`?(\d{4,5})(?![\w%/-]|\.\d)", low)
        numbers += [(m.group(1), m.start(1)) for m in labelled if m.start(1) not in seen]
    pairs = _pairs(said)
    numbers += [(number, at) for at, (number, _) in pairs.items() if at not in {seen for _, seen in numbers}]
    if numbers or "port" in said.before.lower() or (talks and "port" in low):
        seen = {at for _, at in numbers}
        numbers += [
            (m.group(1), m.start(1))
            for m in _NUMBER.finditer(low)
            if m.start(1) not in seen and said.sign(m.start(1)) in "+-" and _near(low, m.start(1))
        ]
    if numbers:
        seen = {at for _, at in numbers}
        more = [m for m in _NUMBER.finditer(low) if m.start(1) not in seen and _ANOTHERS.match(low, m.start(1))]
        numbers += [(m.group(1), m.start(1)) for m in more]
    numbers = [
        (n, at)
        for n, at in sorted(numbers, key=lambda pair: pair[1])
        if 0 < int(n) < 65536 and not 1990 <= int(n) <= 2035 and not _allowed(said, at)
    ]
    owners = {at: owner for at, (_, owner) in pairs.items()}
    return _group_ports(said, numbers, owners) if numbers else _usual_port(said)


_PAIR = lazy(
    r"(?:^|[,;:(]\s?|\band\s)\W{0,3}(?:the )?([a-z][\w-]{1,30})[`*)]{0,3}:?\s`?:?(\d{4,5})`?(?=\s*(?:[,;.)]|$"
    r"|\band\b))"
)


def _pairs(said: Sentence) -> dict[int, tuple[str, str]]:
    """ "Frontend 4200, Backend 9002": where each number stands -> (number, what listens there)."""
    found = [(match.start(2), match.group(2), match.group(1)) for match in _PAIR.finditer(said.low)]
    names = _service_names()
    told = re.search(r"\bports?\b", said.low + " " + said.heading) or any(name in names for _, _, name in found)
    if not told:
        return {}
    return {at: (number, names.get(name, name)) for at, number, name in found if name not in section("not_services")}


def _allowed(said: Sentence, at: int) -> bool:
    """Whether the port at `at` is only one that may call."""
    part = said.part_of(at)
    return _ALLOWED.search(said.low, part.start, part.end) is not None


def _usual_port(said: Sentence) -> list[Constraint]:
    """ "Back to the default port": the port that the service has unless told otherwise."""
    match = _DEFAULT.search(said.bare)
    service = service_at(said, match.start()) if match else ""
    usual = services.default_port(service)
    if match is None or not usual or said.sign(match.start()) not in "+-0":
        return []
    data: dict[str, Any] = {"service": service}
    data["not" if said.sign(match.start()) == "-" else "value"] = [usual] if said.sign(match.start()) == "-" else usual
    when = _circumstance(said, match.start())
    return [Constraint("port", {**data, "when": when} if when else data)]


def _near(low: str, at: int) -> bool:
    return bool(
        re.search(r"\b(?:use|not|never|instead of|or|and|it's|is|than|over|to|,)\s*`?:?$", low[max(0, at - 14) : at])
    )


def _is_dev(said: Sentence, at: int, count: int) -> bool:
    """Whether a port of no named service is the one of the development server."""
    part = said.part_of(at)
    near = said.low if count == 1 else said.low[part.start : part.end]
    return bool(_DEV_SERVER.search(near) or _DEV_SERVER.search(said.heading))


_MOVED_FROM = lazy(
    r"\b(?:chang\w*|modif\w*|alter(?:s|ed|ing)?|mov\w*|switch\w*|touch\w*|edit\w*)\b(?! (?:it )?to\b)[^.;,]{0,40}$"
)
_UPWARDS = lazy(r"`?(?:\+|\s(?:or|and) (?:higher|above|up|greater|later))(?!\w)")


def _group_ports(said: Sentence, numbers: list[tuple[str, int]], owners: dict[int, str]) -> list[Constraint]:
    groups: list[dict[str, Any]] = []
    for number, at in numbers:
        another = bool(_ANOTHERS.match(said.low, at))
        negative = (
            another
            or said.sign(at) == "-"
            or (said.sign(at) == "c" and bool(re.search(r"\bnot\b[^,;]{0,12}$", said.low[:at])))
        )
        onwards = re.match(r"`?\s+to\b", said.low[at + len(number) :])
        if negative and not onwards and _MOVED_FROM.search(said.low, max(0, at - 48), at):
            negative = another  # "never change the port from 3000": it is that one
        if another:
            service = groups[-1]["service"] if groups else ""
        elif negative and _OWNER.match(said.low, at):  # "not 8080, it is taken by Jenkins": not for us
            service = _own_part(said.low, _stretch(said, at), at)
        else:
            service = owners.get(at) or service_at(said, at)
        if not service and (not negative or groups) and _is_dev(said, at, len(numbers)):
            service = "dev server"
        known = [g for g in groups if g["service"] == service or (another and not g.get("service"))]
        group = next((g for g in known if negative or "value" not in g or (g.get("not") and not g["value"])), None)
        if group is None:
            group = {"service": service}
            groups.append(group)
            when = _circumstance(said, at)
            if when:
                group["when"] = when
        if negative:
            group.setdefault("not", []).append(number)
        else:
            group["value"] = ">=" + number if _UPWARDS.match(said.low, at + len(number)) else number
    return [Constraint("port", g) for g in groups if g.get("value") or g.get("not")]


_WHERE = lazy(
    r"\b(?:outside(?: of)?|inside|within|in|on) (?:the )?(?:docker(?: compose)?|compose|container|host|production"
    r"|prod"
    r"|staging|ci|dev(?:elopment)?|test|local)(?: (?:network|container|compose|environment|machine))?\b"
    r"|\b(?:published on host|in tests?|locally)\b"
)


_RUNS = lazy(
    r"\b(?:runs?|running|exposed|published|mapped|served|hosted|available|started|lives?|listens?)\b[^,;.]{0,40}$"
)


def _runs_there(said: Sentence, where: str) -> bool:
    """Whether these words say in what the service runs ("runs in Docker on port 27018"), not when the port holds."""
    contained = any(word in where for word in ("docker", "compose", "container"))
    if not contained or re.match(r"(?:inside|outside|within)", where) or len(_NUMBER.findall(said.low)) != 1:
        return False
    return _RUNS.search(said.low, 0, said.low.index(where)) is not None


def _circumstance(said: Sentence, at: int) -> str:
    part = said.part_of(at)
    start = _stretch(said, at)
    end = next((m.start() for m in re.finditer(r",\s|\sand\s|\sbut\s|;", said.low[at : part.end])), part.end - at) + at
    found = _WHERE.search(said.low[start:end]) or _WHERE.search(said.low[part.start : start])
    if found and not _runs_there(said, found.group()):
        return found.group()
    purpose = _PURPOSE.search(said.low, at, min(part.end, at + 30))
    return purpose.group() if purpose else condition(said, at)


def is_host(text: str) -> bool:
    """Whether a code mark is a host or a URL of one, and surely no code."""
    match = _HOST.fullmatch(text.strip().lower())
    return match is not None and _PLAIN_HOST.search(match.group(1)) is not None


def _hosts(said: Sentence) -> list[Constraint]:
    if "." not in said.low and "localhost" not in said.low:
        return []
    good, bad = [], []
    for match in _HOST.finditer(said.low):
        host, at = match.group(1), match.start(1)
        if ("/" in said.low[match.end() : match.end() + 1] and "://" not in match.group()) or host in section(
            "dotted_names"
        ):
            continue
        sign = said.sign(at)
        if sign == "-":
            bad.append((host, at))
        elif sign != "r":
            good.append((host, at))
    only = re.search(r"\b(?:except|only|other than|nothing (?:else )?but)\b", said.low)
    if only and _NET_CUE.search(said.low) and (good or bad):
        return [Constraint("host", {"only": [h for h, _ in good + bad], "words": said.words})]
    if not (good or bad):
        return []
    plain = [host for host, _ in good + bad if _PLAIN_HOST.search(host)]
    if not _HOST_CUE.search(said.low) and not (bad and len(plain) == len(good + bad)):
        return []
    data: dict[str, Any] = {"service": service_at(said, (good or bad)[0][1])}
    if good:
        data["value"] = good[0][0]
    if bad:
        data["not"] = [host for host, _ in bad]
    when = _circumstance(said, (good or bad)[0][1])
    if when:
        data["when"] = when
    return [Constraint("host", data)]


def _urls(said: Sentence) -> list[Constraint]:
    good: list[tuple[str, int]] = []
    bad: list[tuple[str, int]] = []
    for match in _URL.finditer(said.text) if "://" in said.text else ():
        sign = said.sign(match.start())
        (bad if sign == "-" else good).append((match.group().rstrip("."), match.start()))
    cue = re.search(
        r"\b(?:url|endpoint|api|base|point|call|hit|requests?|served|running|runs|available|database|host|against)\b",
        said.bare,
    )
    if (
        not (good or bad)
        or not cue
        or re.search(r"\b(?:see|refer|docs? at|documentation|read more|guide)\b", said.bare)
    ):
        return []
    data: dict[str, Any] = {"service": service_at(said, (good or bad)[0][1])}
    if good:
        data["value"] = good[0][0]
    if bad:
        data["not"] = [url for url, _ in bad]
    return [Constraint("url", data)]
