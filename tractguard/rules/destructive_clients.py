"""Statements and requests given to programs that no fact reads: `trino --execute "DROP SCHEMA x"`, a here-document
for a shell of some store, a `flush_all` sent through nc, a DELETE request of an HTTP client. TG435.

It reads the words that stand where a client takes its statements, and what a client is fed. Text given to tools that
work on text (`grep`, `echo`, a commit) is no statement. It refuses to know the clients themselves.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from tractguard.model import Fact
from tractguard.rules.destructive import Loss, Scene, bash, rule, shown, tested
from tractguard.rules.destructive_databases import trial
from tractguard.tables import table

MOST = 4000  # characters of one text
_TAKES = frozenset(
    "-e -c -q -Q -x -s -sql --execute --exec --execute-string --query --command --eval --sql --statement --script"
    " --cypher --cql --ksql --cmd --run --javascript.execute-string -query -command -execute --aql --gremlin"
    " --query-string".split()
)
_RAW = ("nc", "ncat", "netcat", "netcat.openbsd", "telnet", "socat")
_HTTP = ("http", "https", "xh", "xhs", "httpie", "curlie")
_TALKS = ("gh", "glab", "jira", "slack", "linear", "hub", "tea", "git", "asana", "trello", "notion", "twilio")
_SHOWS = ("echo", "printf", "grep", "rg", "cat", "sed", "awk", "git", "jq", "tee")
_MUTATION = re.compile(r"\bmutation\b\s{0,3}[\w(]{0,40}[^{]{0,80}\{")
_NAME = re.compile(r"[A-Za-z_]\w{1,60}")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SAFE = "index|view|trigger|function|procedure|policy|sequence|temporary|temp|constraint|statistics|synonym|rule|alias"
_HEAD = re.compile(
    rf"drop\s{{1,5}}(?!(?:if|{_SAFE})\b)[\w'\"`]|drop\s{{1,5}}if\s|truncate\s{{1,5}}[\w'\"`]|truncate_preserve\s"
    r"|remove\s{1,5}(?:table|database|namespace|collection|keyspace|index|user|bucket)\b|delete\s{1,5}topic|deleteall\s"
    r"|purge\s{1,5}\w|(?:clear|delete)\s{1,5}(?:q\w{3,10}|channel|topic)\(|mirror\s[^;]{0,100}--delete|flush_?all|flushdb|rmr\s|undefine\s"
    r"|db\s{0,2}\.\s{0,2}(?:_drop|dropdatabase|_dropdatabase|_truncate)|delete\s{1,5}(?:database|keyspace|namespace)\b",
    re.IGNORECASE,
)
_ALTERS = re.compile(r"alter\s{1,5}table\s.{1,200}?\sdrop\s{1,5}(?:column|partition|part|detached)\b", re.IGNORECASE)
_ALL_ROWS = re.compile(r"(?i:delete\s{1,5}from\s{1,5})[\w.\"`\[\]-]{1,120}\s{0,5}$|DELETE\s{1,5}\w{1,60}\s{0,5}$")
_ALL_NODES = re.compile(r"match\s.{1,400}?\bdelete\b", re.IGNORECASE)
_DROPS = re.compile(
    r"\bdropdatabase['\"]?\s{0,2}:\s{0,2}(?:1|true)|\.updatemany\(\{\s{0,3}\}\s{0,3},\s{0,3}\{\s{0,3}['\"]?\$unset"
    r"|[.:]\s{0,2}(?:_?drop(?:database|collection)?|(?:db|table|index)_?drop|_?truncate|delete)\(\s{0,3}(?:\)|['\"])"
    r"|\.(?:deletemany|remove)\(\{\s{0,3}\}\)"
)
_IN_JSON = re.compile(r"[\"']drop_(?:all|attr|op)[\"']\s{0,3}:\s{0,3}(?!false)")


def unread(scene: Scene) -> Iterator[Loss]:
    """Statements of clients whose facts hold none, and requests that delete."""
    told = {str(fact.data.get("via")) for fact in scene.of("sql")}
    for fact in scene.runs():
        mutation = _mutates(f"{fact.value} {_fed(fact)}") if fact.name not in _SHOWS else ""
        if mutation:
            yield Loss(fact, f"{fact.name} sends the mutation {shown(mutation, 40)}, which deletes", subject=mutation)
        if fact.name in _HTTP:
            yield from _request(fact)
        elif fact.name in _RAW:
            text = _fed(fact)
            if lost_by(text):
                yield _loss(fact, text)
        elif fact.name not in told and not _text_tool(fact.name):
            for text in _texts(fact):
                lost = lost_by(text)
                if lost and not trial(scene, fact._replace(data={**fact.data, "via": fact.name})):
                    yield _loss(fact, lost)


def _mutates(text: str) -> str:
    """The name of a GraphQL mutation that deletes (`volumeDelete`, `deleteProjectV2`), or ""."""
    if _IN_JSON.search(text):
        return "drop"
    if not _MUTATION.search(text):
        return ""
    verbs = frozenset(table("verbs_grammar")["strong"].split())
    for name in map(str, _NAME.findall(text[:MOST])):
        parts = [part.lower() for part in _PARTS.findall(name)]
        if len(parts) > 1 and not verbs.isdisjoint((parts[0], parts[-1])):
            return name
    return ""


def _loss(fact: Fact, text: str) -> Loss:
    return Loss(
        fact,
        f"{fact.name} is given {shown(text, 70)}: what it drops may exist nowhere else",
        way_out="Back the data up and ask the person.",
        subject=text,
    )


def _text_tool(name: str) -> bool:
    return name in frozenset(table("verbs_grammar")["local"].split()) or name in _TALKS


def _texts(fact: Fact) -> Iterator[str]:
    """The words that a client takes as statements, and what it is fed."""
    argv = [str(word) for word in fact.data.get("argv") or ()]
    plain = [word for word in argv[1:] if word[:1] != "-"]
    for before, word in pairwise(argv):
        name, has, value = word.partition("=")
        alone = len(plain) == 1 and word == plain[0] and (" " in word or "(" in word)
        named = " " in word and word[:1] != "-" and any(one in fact.name for one in ("sql", "db", "cql", "cypher"))
        if has and name in _TAKES:
            yield value[:MOST]
        elif before in _TAKES or before == "eval" or alone or named:
            yield word[:MOST]
    yield _fed(fact)


def _fed(fact: Fact) -> str:
    """What a program reads, as far as it is known: a here-document, or the words of an `echo` before the pipe."""
    fed = [str(word) for word in fact.data.get("piped_from") or ()]
    said = " ".join(fed[1:]) if fed[:1] in (["echo"], ["printf"]) else ""
    return (str(fact.data.get("fed") or "") or said)[:MOST]


def lost_by(text: str) -> str:
    """The first statement of a text that drops something, or ""."""
    for statement in text.replace("\\n", "\n").replace("\n", ";").split(";")[:200]:
        bare = statement.strip().removesuffix("\\r")
        if _HEAD.match(bare) or _ALTERS.match(bare) or _ALL_ROWS.match(bare):
            return bare
        if _ALL_NODES.match(bare) and "where" not in bare.lower():
            return bare
        if _DROPS.search(bare.lower()):
            return bare
    return ""


def _request(fact: Fact) -> Iterator[Loss]:
    """`http DELETE URL`, `xh delete URL`, where the address is not on this machine."""
    words = [str(word) for word in (fact.data.get("argv") or ())[1:] if not str(word).startswith("-")]
    if words[:1] and words[0].upper() == "DELETE" and len(words) > 1:
        address = words[1]
        host = address.partition("://")[2] or address
        if not host.startswith((":", "localhost", "127.0.0.1", "0.0.0.0", "[::1]")) and not tested(host[:60]):
            yield Loss(fact, f"this call deletes {shown(address, 80)}", subject=address)


RULES = (
    rule(
        "TG435",
        "statements of other clients",
        "destructive_clients",
        unread,
        bad=(
            bash('acmesql --execute "DROP SCHEMA sales CASCADE"'),
            bash("acme-shell <<< 'drop table events'"),
            bash("echo flush_all | nc cache 11211"),
            bash("xh delete https://api.example.com/v1/projects/1"),
        ),
        good=(
            bash('acmesql --execute "SELECT 1"'),
            bash("acme-shell <<< 'show tables'"),
            bash('git commit -m "drop table events"'),
            bash('acme create --title "Drop table support"'),
            bash("xh delete :3000/items/1"),
        ),
    ),
)
