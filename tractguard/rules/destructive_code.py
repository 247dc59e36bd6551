"""Programs on a command line that delete: `rails runner 'User.delete_all'`, `node -e "…deleteMany()"`, `python -c` with
a cloud's library, `ruby -e 'FileUtils.rm_rf …'`. TG436.

It reads the names that code calls, strings blanked, by the grammar of names (`deleteMany`, `terminate_instances`,
`drop_table`); what is deleted on this machine is judged by the paths that the code names. It refuses to parse: where
the facts hold the effect (`facts/interpreters*`), they have spoken. Names are data (`verbs_code.json`).
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tractguard.model import Fact
from tractguard.rules import destructive_paths as paths
from tractguard.rules.destructive import Loss, Scene, bash, production, rule, shown, tested
from tractguard.tables import table

MOST = 8000  # characters of one program
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{1,60}[!?]?")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_STRING = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\.)*`")
_COMMENT = re.compile(r"(?m)(?:^|\s)(?:#(?!\{)|//)[^\n]*$")
_ALL = re.compile(
    r"(?:\.|::)\s{0,3}(?:objects\s{0,3}\.\s{0,3})?all\(\)\s{0,3}\.\s{0,3}delete\(\)|\bobjects\.delete\(\)"
)
_STORES = re.compile(
    r"\b(indices|buckets?|schema|databases?|topics|tables?|snapshots?|volumes?|instances?|clusters?|stacks?|keyspaces?)"
    r"\s{0,3}(?:\([^()\n]{0,80}\))?\s{0,3}\.\s{0,3}(?:delete|drop|destroy|purge|terminate|truncate)\("
)
_TRUNCATES = re.compile(
    r"::table\([^()\n]{0,60}\)\s{0,3}->\s{0,3}(?:truncate|delete)\(\)|::truncate\(\)|::query\(\)->(?:delete|truncate)\(\)"
)
_HOME = re.compile(r"Dir\.home|homedir\(|Path\.home|expanduser|\bENV\[|getenv\(|System\.user_home|process\.env\.HOME")
_PLACES = (paths.SYSTEM, paths.HOME, paths.ABOVE, paths.WHOLE, paths.OUTSIDE, paths.HISTORY, paths.INSIDE, paths.DEVICE)


@cache
def _table() -> dict[str, Any]:
    return {key: frozenset(value.split()) for key, value in table("verbs_code").items()}


def in_code(scene: Scene) -> Iterator[Loss]:
    """Every program text of the call that calls what deletes."""
    for fact in scene.runs():
        text = _text(fact)
        if not text:
            continue
        name = _grave(text, scene, fact)
        if name:
            yield Loss(
                fact,
                f"the code given to {fact.name} calls {shown(name, 40)}: what it deletes may exist nowhere else",
                way_out="Back it up, or ask the person.",
                subject=name,
            )


def _text(fact: Fact) -> str:
    """The program texts of a command: words that are code by their look, and what it is fed."""
    words = [str(word) for word in (fact.data.get("argv") or ())[1:]]
    code = [word.partition("=")[2] if word.startswith("--") else word for word in words if _like_code(word)]
    return "\n".join([*code, str(fact.data.get("fed") or "")])[:MOST].strip()


def _like_code(word: str) -> bool:
    return any(mark in word for mark in ("(", " ", ".", "!", "::")) and not word.startswith(("./", "/"))


def _grave(text: str, scene: Scene, fact: Fact) -> str:
    """The name of the first grave call, or ""."""
    bare = _COMMENT.sub(" ", _STRING.sub(lambda match: match[0][0] * 2, text))
    names = _NAME.findall(bare)
    if _deletes_data(bare, names) and not _trial(text, fact):
        return _deletes_data(bare, names)
    told = any(each.kind == "delete" and each.data.get("via") == fact.name for each in scene.of("delete"))
    local = "" if told else _deletes_files(text, names)
    if local and _place(text, scene):
        return local
    return ""


def _deletes_data(bare: str, names: list[str]) -> str:
    tight = _ALL.search(bare) or _TRUNCATES.search(bare) or _STORES.search(bare.lower())
    if tight:
        return tight[0].lstrip(".:")
    known = _table()
    for name in names:
        low = name.lower().rstrip("!?")
        if low in known["calls"]:
            return name
        parts = [part.lower() for part in _PARTS.findall(name)]
        if len(parts) > 1 and parts[0] in known["verbs"] and not known["things"].isdisjoint(parts[1:]):
            return name
    return next((name for name in names if name == "drop" and "drop()" in bare and not _frames(names)), "")


def _frames(names: list[str]) -> bool:
    """Whether code works on tables in memory, where `drop()` harms nothing."""
    return not {"pandas", "pd", "DataFrame", "polars", "pl"}.isdisjoint(names)


def _deletes_files(text: str, names: list[str]) -> str:
    known = _table()["files"]
    found = next((name for name in names if name.lower().rstrip("!?") in known), "")
    if found:
        return found
    if "rm" in names and "recursive" in text:
        return "rm"
    if "'unlink'" in text or '"unlink"' in text:  # a function by its name, as PHP takes it
        return "unlink"
    for phrase in ("file.remove(", "(delete-directory", "(delete-file", "empty trash", "empty the trash"):
        if phrase in text.lower():
            return phrase.strip("(")
    return "delete" if "finder" in text.lower() and "delete" in names else ""


def _place(text: str, scene: Scene) -> bool:
    """Whether what the code names is a place where work lies; a folder for builds or temporary files is none."""
    if "trash" in text.lower() or _HOME.search(text):
        return True
    folder = str(scene.event.cwd or scene.root)
    for match in _STRING.finditer(text):
        said = match[0][1:-1].strip("'\"")
        inner = [each[0][1:-1] for each in _STRING.finditer(said)] or [said]
        for one in inner:
            whole = one if one.startswith("/") else f"/home/dev{one[1:]}" if one.startswith("~") else f"{folder}/{one}"
            if ("/" in one or one.startswith("~")) and " " not in one and paths.kind_of(whole, scene.root) in _PLACES:
                return True
    return False


def _trial(text: str, fact: Fact) -> bool:
    """Whether a test database is meant: by the environment of the command, or by a name in the code."""
    env = [str(value) for value in (fact.data.get("env") or {}).values()]
    said = [match[0][1:-1] for match in _STRING.finditer(text) if len(match[0]) < 120]
    if any(production(one) for one in (*env, *said)):
        return False
    return ":memory:" in text or any(tested(one) for one in (*env, *said))


RULES = (
    rule(
        "TG436",
        "deleted by code",
        "destructive_code",
        in_code,
        bad=(
            bash("rails runner 'User.delete_all'"),
            bash('node -e "new PrismaClient().user.deleteMany()"'),
            bash("python3 -c \"import boto3; boto3.client('ec2').terminate_instances(InstanceIds=['i-1'])\""),
            bash("ruby -rfileutils -e 'FileUtils.rm_rf(Dir.home)'"),
        ),
        good=(
            bash("rails runner 'puts User.count'"),
            bash("python -c \"print('delete_all')\""),
            bash("RAILS_ENV=test rails runner 'User.delete_all'"),
            bash("ruby -rfileutils -e 'FileUtils.rm_rf(\"tmp/cache\")'"),
            bash("python3 -c \"import pandas as pd; print(pd.read_csv('a.csv').drop(columns=['b']))\""),
        ),
    ),
)
