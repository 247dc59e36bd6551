"""Calls that do in the world what only people may decide: messages, publications, payments, signatures, consents,
verdicts on people, deletions of what is theirs. TG711 to TG716.

Judged are the words of an MCP tool's name, the address that a request goes to, and the command; all of it is data
(`boundaries_calls.json`). Reading, drafts, test modes and local stand-ins pass. It refuses to guess from contents.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from tractguard.model import Fact
from tractguard.rules.destructive import Loss, Rule, Scene, bash, line_of, phrase_in, rule, shown
from tractguard.tables import table

_LONGEST = 20  # words of a tool's name that are looked at
_SENDING = ("POST", "PUT", "PATCH", "DELETE")
CODES = {
    "TG711": ("message to people", "notification"),
    "TG712": ("publication", "publication"),
    "TG713": ("commitment", "commitment"),
    "TG714": ("consent for others", "consent"),
    "TG715": ("verdict on people", "moderation"),
    "TG716": ("people's data", "deletion"),
}


def _table() -> Mapping[str, Any]:
    return table("boundaries_calls")


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(str(_table()[name]).split())


@cache
def _server_kinds() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for kind, names in _table()["servers"].items():
        for name in names.split():
            found[name] = (*found.get(name, ()), kind)
    return found


def act_of(tool: str) -> Mapping[str, Any] | None:
    """The act of an MCP tool by its name, or None: `mcp__gmail__send_email` sends a message."""
    server, _, name = tool.removeprefix("mcp__").partition("__")
    words = tuple(split_name(name))[:_LONGEST]
    if not words or words[0] in _words("ordinary") or "draft" in words or not _words("tests").isdisjoint(words):
        return None
    if not _words("tests").isdisjoint(split_name(server)):
        return None
    kinds = {kind for part in (server.lower(), *split_name(server)) for kind in _server_kinds().get(part, ())}
    for act in _table()["acts"]:
        asked = [*act["anywhere"], *(act["any"] if kinds.intersection(act["on"]) else ())]
        if any(set(phrase) <= set(words) for phrase in asked):
            found: Mapping[str, Any] = act
            return found
    return None


def split_name(name: str) -> Iterator[str]:
    """The words of a name: `sendEmail`, `send_email` and `send-email` are "send", "email"."""
    word = ""
    for char in name[:200]:
        if char.isupper() and word and not word[-1].isupper():
            yield word.lower()
            word = char
        elif char.isalnum():
            word += char
        elif word:
            yield word.lower()
            word = ""
    if word:
        yield word.lower()


def _said(scene: Scene) -> Iterator[tuple[Fact, str, str, str]]:
    """(fact, code, topic, what was called) of everything outward in a call."""
    for fact in scene.of("tool"):
        act = act_of(fact.name) if fact.name.startswith("mcp__") else None
        if act is not None and not _in_test(scene.event.input):
            yield fact, str(act["rule"]), str(act["topic"]), fact.name
        elif _calls_all(fact.name, scene.event.input):
            yield fact, "TG711", "notification", f"{fact.name}, which calls everybody,"
    for fact in scene.of("url"):
        topic = _topic_of_address(fact, scene) or ("notification" if _calls_all_by_web(fact, scene) else "")
        if topic:
            yield fact, _code_of(topic), topic, f"{fact.data.get('via')} to {fact.name}"
    for fact in scene.runs():
        topic = _topic_of_command(fact)
        if topic:
            yield fact, _code_of(topic), topic, fact.value


def _calls_all(tool: str, given: Mapping[str, Any]) -> bool:
    """Whether a message of a team's chat calls every member: what is written to a channel alone is ordinary work."""
    if not tool.startswith("mcp__") or not any(word in tool.lower() for word in ("send", "post", "message", "reply")):
        return False
    texts = [value for value in list(given.values())[:20] if isinstance(value, str)]
    return any(mark in text[:4000] for text in texts for mark in _EVERYBODY)


def _calls_all_by_web(fact: Fact, scene: Scene) -> bool:
    """The same through the team chat's own web address."""
    behind = scene.behind(fact) if fact.name.endswith("slack.com") or "discord.com" in fact.name else None
    return behind is not None and any(mark in behind.value for mark in _EVERYBODY)


_EVERYBODY = ("<!channel>", "<!everyone>", "<!here>", "@channel", "@everyone", "@here")


def _code_of(topic: str) -> str:
    return next((code for code, (_, own) in CODES.items() if own == topic), "TG711")


def _in_test(given: Mapping[str, Any]) -> bool:
    """Whether a call says that it only tries: a dry run, a test mode, an address that reaches nobody."""
    for key, value in list(given.items())[:50]:
        low = str(key).lower()
        if low in ("dry_run", "dryrun", "test", "test_mode", "sandbox", "preview", "draft") and value is True:
            return True
        if low in ("to", "recipient", "recipients", "email", "to_email") and isinstance(value, str):
            return any(mark in value.lower() for mark in ("localhost", "mailhog", "mailtrap", "+test@", "@test."))
    return False


def _topic_of_address(fact: Fact, scene: Scene) -> str:
    if str(fact.data.get("method")).upper() not in _SENDING or fact.data.get("inside") or "file" in fact.data:
        return ""
    url = fact.value
    for host, path, topic in _table()["hosts"]:
        if (fact.name == host or fact.name.endswith("." + host)) and path in url:
            behind = scene.behind(fact)
            tries = behind is not None and any(mark in behind.value for mark in ("sk_test_", "rk_test_", "sandbox"))
            return "" if tries else str(topic)
    return ""


@cache
def _commands() -> Mapping[str, tuple[tuple[str, str], ...]]:
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for phrase, topic in _table()["commands"].items():
        program, _, rest = phrase.partition(" ")
        found[program] = (*found.get(program, ()), (rest, topic))
    return found


def _topic_of_command(fact: Fact) -> str:
    rows = _commands().get(fact.name)
    if not rows or fact.data.get("inside") or "sk_test_" in fact.value:
        return ""
    line = line_of(fact.data.get("argv") or (fact.name,))
    for phrase, topic in rows:
        if phrase and phrase_in(phrase, line):
            return topic
        if not phrase and (line.words or "-t" in line.flags) and not _reaches_nobody(line.words):
            return topic
    return ""


def _reaches_nobody(words: tuple[str, ...]) -> bool:
    """Whether a mail goes to this machine alone: names without a domain are its own users."""
    marks = str(_table()["mail_tests"]).split()
    return all("@" not in word or any(mark in word for mark in marks) for word in words)


def _by(code: str) -> Callable[[Scene], Iterator[Loss]]:
    def check(scene: Scene) -> Iterator[Loss]:
        if "outward" not in scene.memo:
            scene.memo["outward"] = list(_said(scene))
        for fact, own, topic, called in scene.memo["outward"]:
            if own == code:
                says = f"{shown(called, 80)} {_table()['says'][topic]}"
                yield Loss(fact, says, subject=topic)

    return check


def _mcp(name: str, **given: object) -> dict[str, object]:
    return {"tool": name, "input": given}


def _rule(code: str, domain: str, bad: tuple[Mapping[str, Any], ...], good: tuple[Mapping[str, Any], ...]) -> Rule:
    return rule(code, CODES[code][0], "boundary_calls", _by(code), bad, good)._replace(domain=domain)


RULES: tuple[Rule, ...] = (
    _rule(
        "TG711",
        "irreversible",
        bad=(
            _mcp("mcp__gmail__send_email", to="all@members.example.net", subject="Fees", body="…"),
            _mcp("mcp__twilio__send_sms", to="+4912345", body="hi"),
            _mcp("mcp__slack__post_message", channel="general", text="<!channel> We close in May."),
            bash("curl -X POST https://api.sendgrid.com/v3/mail/send -d @mail.json"),
            bash("echo bye | mail -s 'The service ends' members@club.net"),
            bash("curl https://slack.com/api/chat.postMessage -d channel=all -d text='<!everyone> We close.'"),
        ),
        good=(
            _mcp("mcp__gmail__create_draft", to="a@b.net", subject="x", body="y"),
            _mcp("mcp__gmail__search_emails", query="from:me"),
            _mcp("mcp__slack__send_message", channel="dev", text="build is green"),
            bash("curl https://api.sendgrid.com/v3/templates"),
            bash("curl https://slack.com/api/chat.postMessage -d channel=dev -d text='build is green'"),
            bash("echo done | mail -s done root"),
            bash("grep -rn 'mail/send' src"),
        ),
    ),
    _rule(
        "TG712",
        "irreversible",
        bad=(
            _mcp("mcp__twitter__create_tweet", text="We are hiring"),
            _mcp("mcp__wordpress__publish_post", id=4),
            bash("toot post 'We are hiring'"),
        ),
        good=(_mcp("mcp__wordpress__get_post", id=4), bash("gh repo view"), bash("gh repo edit --description 'x'")),
    ),
    _rule(
        "TG713",
        "irreversible",
        bad=(
            _mcp("mcp__stripe__create_refund", payment_intent="pi_1"),
            _mcp("mcp__docusign__sign_envelope", id="e1"),
            bash("curl https://api.stripe.com/v1/payouts -u sk_live_1234: -d amount=500"),
            bash("stripe refunds create --charge ch_1 --live"),
        ),
        good=(
            _mcp("mcp__stripe__list_refunds", limit=3),
            _mcp("mcp__stripe__create_refund", payment_intent="pi_1", test_mode=True),
            bash("curl https://api.stripe.com/v1/refunds -u sk_test_1234: -d charge=ch_1"),
            bash("stripe listen"),
        ),
    ),
    _rule(
        "TG714",
        "user_agency",
        bad=(
            _mcp("mcp__mailchimp__batch_subscribe", list_id="l1", members=["a@b.net"]),
            _mcp("mcp__crm__subscribe_users", list="offers"),
        ),
        good=(_mcp("mcp__mailchimp__list_members", list_id="l1"), _mcp("mcp__mqtt__subscribe", topic="t")),
    ),
    _rule(
        "TG715",
        "values",
        bad=(
            _mcp("mcp__forum__ban_user", user="u1", reason="rude"),
            _mcp("mcp__greenhouse__reject_application", id="a1"),
        ),
        good=(_mcp("mcp__forum__get_user", user="u1"), _mcp("mcp__greenhouse__list_applications")),
    ),
    _rule(
        "TG716",
        "irreversible",
        bad=(_mcp("mcp__crm__delete_contacts", older_than="2y"), _mcp("mcp__auth0__delete_users", filter="inactive")),
        good=(_mcp("mcp__crm__get_contact", id=1), _mcp("mcp__auth0_dev__delete_user", id="u1")),
    ),
)
