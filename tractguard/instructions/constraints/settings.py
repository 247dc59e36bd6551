"""Settings, environment variables, and what must stay secret."""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.flags import programs_named
from tractguard.instructions.constraints.mentions import code_kind, is_path
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.surroundings import surroundings_of
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_SECRET = lazy(
    r"\b(?:secrets?|credentials?|api[- ]?keys?|access keys?|private keys?|passwords?|(?:access |auth |api "
    r"|bearer |refresh |session )?tokens\b|auth(?:entication)? tokens?|connection strings?|personal data"
    r"|pii|personally identifiable|sensitive (?:data|information|info|values?|env\w*)|customer data"
    r"|user data|phi)\b|密钥|密码|비밀|秘密|geheimnisse|zugangsdaten",
    needs=(
        "secret|credential|key|password|token|connection string|personal data|pii|personally|sensitive"
        "|customer data|user data|phi|密|비밀|秘密|geheim|zugang"
    ),
)
_SECRET_VERB = lazy(
    r"\b(?:commit\w*|log(?:s|ged|ging)?|hard-?\s?cod\w*|print\w*|expos\w*|stor\w*|put|includ\w*|leak\w*"
    r"|check(?:ed)? in|paste\w*|embed\w*|write|writ\w*|push\w*|share\w*|echo\w*|output\w*|send\w*|plac\w*"
    r"|add\w*|in (?:code|source|git|logs?|the repo\w*|version control|plain ?text)|track\w*|reveal\w*"
    r"|upload\w*|display\w*)\b"
)
_LOGS = lazy(
    r"\b(?:log|logs|logging(?: of)?|(?:never|not) (?:contain|include)|print)\b(?! (?:in|out|into|on|off|level|file)\b)"
    r"(?: (?:raw|any|the|full|real))* ([a-z`][^.;:()—]{2,120}?)(?=[.;:()—]|$| (?:in|to|unless|because"
    r"|since|when|without|anywhere|at)\b)",
    needs="log|print|never|not",
)
_IS_LOGGED = lazy(
    r"(?:^|[.;:]\s)\W*([a-z][^.;:()]{2,100}?) (?:must|should|may|can|are|is)(?: not|n't"
    r"| never)(?: ever)?(?: to)?(?: be)? logged\b",
    needs="logged",
)
_AND = lazy(r",\s*(?:and |or |nor )?| (?:and|or|nor) |/")
_PERSONAL = lazy(
    r"\b(?:contents?|body|bodies|payloads?|e-?mails?|address(?:es)?|phone|names?|users?|personal\w*|pii"
    r"|phi|health|medical"
    r"|patients?|passwords?|tokens?|secrets?|keys?|credentials?|messages?|locations?|cards?|cookies?|headers?|prompts?"
    r"|transcripts?|ssn|birth\w*|sensitive|private|customer)\b"
)
_SECRET_NO = lazy(
    r"(?<!with )\bno (?:hard-?coded |plain ?text |committed |real )?(?:secrets?|credentials?|api[- ]?keys?"
    r"|passwords?|tokens|pii|personal data)\b|\b(?:secrets?|credentials?|keys|tokens"
    r"|passwords?)\b[^.;]{0,40}\b(?:must|should|are|stay|live|go|belong|come|only)\b[^.;]{0,40}\b(?:never"
    r"|not|env\w*|vault|secret manager|keychain)\b"
)
_ENV = lazy(r"(?<![\w$])\$?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z][A-Z0-9]{2,}(?==))(?:\s?=\s?[`\"']?([\w./:@-]+))?")
_ENV_CUE = lazy(
    r"\b(?:stays?|remains?|kept|set|needs?|requires?d?|export|must be|should be|environment variable"
    r"|env(?:ironment)? var\w*"
    r"|with|unset|is|value)\b|="
)
_PLACE = lazy(
    r"\b(?:in|on|for|during) (?:the )?(?:prod(?:uction)?|staging|ci|dev(?:elopment)?|local(?:ly)?|release"
    r"|tests?|docker)"
    r"(?: (?:builds?|environments?|mode|runs?))?\b"
)
_SET = lazy(
    r"\b(?:set|increase|decrease|raise|lower|change|keep|limit|configure"
    r"|default)\s+(?:the )?`?([a-z][\w.-]*[a-z0-9])`?\s+(?:to|at|=|as|is)\s+`?\"?([\w./-]+)`?"
)
_PAIR = lazy(r"^\"?([A-Za-z@][\w.@/-]*)\"?\s*[:=]\s*\"?([\w./@<>=^~-]+)\"?;?$")
_PAIR_BARE = lazy(
    r"(?<![\w.])([a-z][a-z0-9]{0,40}(?:[_.][a-z0-9]{1,40}){1,6})`?\s*(?:[:=]|must be|should be|is set to"
    r"|to)\s*`?(true|false|on|off"
    r"|\d+(?:\.\d+)?|\"[^\"]*\")"
)
_TOGGLE = lazy(r"\b(?:enable|disable|turn (?:on|off)|set|remove|weaken|skip|loosen|relax|change|keep|use|allow)\b")
_LABELLED = lazy(
    r"\W*((?:[\w-]+ ){0,3}(?:regions?|buckets?|zone|namespace|cluster|project id|app-?id|bundle id(?:entifier)?|account"
    r"|tenant|model|timeout|timezone|time zone|locale|org(?:anization)?|package name|registry|license))\W*(?:is|:|=)\W*"
    r"`([^`\s]{2,60})`\W*",
    re.I,
    needs="`",
)
_CODEISH = lazy(r"^[a-z][A-Za-z0-9]*(?:[A-Z][a-z]+){1,}\w*$")


def settings_of(said: Sentence) -> list[Constraint]:
    """secrets, env_var and config."""
    variables = _env(said)
    names = {constraint.get("name") for constraint in variables}
    surroundings = surroundings_of(said)
    others = [] if surroundings else [c for c in _config(said) if c.get("key") not in names]
    return [*_secrets(said), *variables, *surroundings, *others]


def _logged(said: Sentence) -> list[str]:
    """What must not reach a log: the things of "never log A, B or C" and "A must never be logged" that are personal."""
    if "log" not in said.low:
        return []
    found: list[str] = []
    active = [match for match in _LOGS.finditer(said.bare) if said.sign(match.start()) == "-"]
    for match in (*active, *_IS_LOGGED.finditer(said.bare)):
        words = said.text[match.start(1) : match.end(1)]
        found += [item.strip(" `*") for item in _AND.split(words) if _PERSONAL.search(item.lower())]
    return list(dict.fromkeys(item for item in found if item))


def _secrets(said: Sentence) -> list[Constraint]:
    kept_out = _logged(said)
    match = _SECRET.search(said.low)
    if not match:
        return [Constraint("secrets", {"forbid": "log " + ", ".join(kept_out), "log": kept_out})] if kept_out else []
    low = said.low
    verbs = [m for m in _SECRET_VERB.finditer(low) if said.sign(m.start()) == "-"]
    things = any(said.sign(m.start()) == "-" for m in _SECRET.finditer(low))
    if not (kept_out or (verbs and things) or _SECRET_NO.search(low) or (verbs and "env" in low and things)):
        return []
    if re.search(
        r"\b(?:design|color|css|theme) tokens?\b|\btoken (?:count|usage|budget|limit)s?\b|\bmax_tokens\b", low
    ):
        return []
    data: dict[str, Any] = {"forbid": (verbs[0].group() + " " if verbs else "") + match.group(), "words": said.words}
    if kept_out:
        data["log"] = kept_out
    committed = re.search(r"\b(?:commit\w*|push\w*|check(?:ed)? in)\b[^;]{0,60}\.env\b(?!\.)", low)
    if committed and said.sign(committed.start()) == "-":
        data["glob"] = ["**/.env", "**/.env.*"]
    if re.search(r"\bpii|personal|customer data|user data|personally", low):
        data["personal_data"] = True
    return [Constraint("secrets", data)]


_FOR_ALL = lazy(r"\b(?:for|with|in front of|before) (?:every|all|any|each) [^.;]{2,40}")


def _env(said: Sentence) -> list[Constraint]:
    if not _ENV_CUE.search(said.low):
        return []
    found: list[Constraint] = []
    for match in _ENV.finditer(said.text):
        name, value = match.group(1), match.group(2)
        if any(c.start < match.start() < c.end and code_kind(c.text) == "command" for c in said.codes):
            continue  # an argument of a command: "make finish BRANCH=x"
        sign = said.sign(match.start())
        told = re.match(
            r"[`\s]*(?:to|=|must be|should be|is|needs to be"
            r"|(?P<stays>(?:(?:must|should|has to|needs to|always|is to) )?(?:stays?|remains?"
            r"|(?:be )?kept)(?: set)?(?: at| on| as| to)?))"
            r"\s+`?\"?([\w./:@-]+)",
            said.text[match.end() :],
        )
        near = re.search(
            r"\b(?:set|export|unset|with|needs|need|requires|using|use|variable)\b[^.;]{0,16}$",
            said.low[max(0, match.start() - 26) : match.start()],
        ) or (told and told.group("stays"))
        if (
            value is None
            and not (told and near)
            and not (
                sign == "-"
                and re.search(
                    r"\b(?:set|export|change|override|use|read)\b[^.;]{0,16}$",
                    said.low[max(0, match.start() - 26) : match.start()],
                )
            )
        ):
            continue
        data: dict[str, Any] = {"name": name}
        value = (value or (told.group(2) if told and near else "")).rstrip(".,:")
        if sign == "-":
            data["forbid"] = value or True
        else:
            data["value"] = value
        bounds = where(said, match.start())
        file = bounds.get("scope")
        if isinstance(file, str) and re.search(r"\.env(?:\.\w+)?$|\.(?:ya?ml|json|toml|ini|properties)$", file):
            data["file"] = bounds.pop("scope")
        place = _PLACE.search(said.low) if "file" not in data else None
        if place and "when" not in bounds:
            bounds["when"] = place.group()
        about = _FOR_ALL.search(said.low, match.end())
        words = f"{bounds.get('when') or ''} {about.group() if about else ''}".lower()
        told_for = programs_named(words) if data.get("value") else []
        found.append(Constraint("env_var", {**data, **bounds, **({"for": told_for} if told_for else {})}))
    return found[:3]


def _config(said: Sentence) -> list[Constraint]:
    found = _pairs(said) or _toggles(said) or _strict(said) or _labelled(said)
    if found:
        return found
    told = _SET.search(said.low)
    match = told or _PAIR_BARE.search(said.low)
    plain = (
        match
        and told
        and not re.search(r"[\d_]|^(?:true|false|on|off)$", match.group(2))
        and not re.search(r"[_.]", match.group(1))
    )
    if match and (re.match(r":\d", said.low[match.end(1) :]) or match.group(2) in ("the", "a", "an", "is", "as")):
        return []  # host:port; "keep `bun.lock` as the only lock file"
    if match and told and said.sign(match.start()) == "-" and _CODEISH.match(said.text[match.start(1) : match.end(1)]):
        key = said.text[match.start(1) : match.end(1)]
        known = section("config_keys").get(key)
        return [
            Constraint(
                "config",
                {
                    "key": key,
                    "forbid": match.group(2).strip("."),
                    **(_file(said) or ({"file": known} if known else {})),
                },
            )
        ]
    if (
        match
        and not plain
        and said.sign(match.start()) in "+0"
        and (
            re.search(r"[_.\d]|[a-z][A-Z]", said.text[match.start(1) : match.end(1)])
            or match.group(1) in section("config_keys")
        )
    ):
        return [
            Constraint(
                "config",
                {
                    "key": said.text[match.start(1) : match.end(1)],
                    "value": said.text[match.start(2) : match.end(2)].strip('".'),
                    **_file(said),
                },
            )
        ]
    return []


def _labelled(said: Sentence) -> list[Constraint]:
    """ "Region: `eu-west-2`", "State bucket: `app-state`": a setting of the surroundings with its one value."""
    match = _LABELLED.fullmatch(said.text)
    if not match or code_kind(match.group(2)) in ("command", "path", "flag") or not re.search(r"\w", match.group(2)):
        return []
    return [Constraint("config", {"key": match.group(1).strip("* ").lower(), "value": match.group(2)})]


def _strict(said: Sentence) -> list[Constraint]:
    """TypeScript's strict mode, named in words."""
    match = re.search(
        r"\b(?:keep|enable|use|leave|never (?:disable|turn off|weaken|relax)|don't (?:disable|turn off|weaken"
        r"|relax))\b[^.;]{0,24}\bstrict(?: type)? mode\b",
        said.bare,
    )
    if not match or ("typescript" not in said.low + said.heading and "tsconfig" not in said.low):
        return []
    return [Constraint("config", {"key": "strict", "value": "true", "file": "tsconfig.json"})]


def _file(said: Sentence) -> dict[str, str]:
    named = next(
        (
            c.text
            for c in said.codes
            if is_path(c.text)
            and re.search(r"\.(?:json|toml|ya?ml|ini|cfg|conf|jsonc|js|ts|mjs|properties|xml)$", c.text)
        ),
        "",
    )
    low = said.low
    if not named:
        named = "tsconfig.json" if re.search(r"\btypescript config|\btsconfig|compileroptions", low) else ""
    return {"file": named} if named else {}


def _pairs(said: Sentence) -> list[Constraint]:
    """`key: value` in code marks, together with a word of setting."""
    found = []
    for code in said.codes:
        match = _PAIR.match(code.text.strip())
        if not match or code_kind(code.text) in ("path", "command", "env") or "://" in code.text:
            continue
        key, value = match.groups()
        known = (
            key in section("config_keys")
            or re.fullmatch(r"true|false|\d+|on|off|yes|no|error|strict", value) is not None
        )
        about = re.search(
            r"\b(?:config\w*|settings?|options?|flag|tsconfig|package\.json|pyproject|enable|disable|strict mode"
            r"|set|keep|module)\b",
            said.low + " " + said.heading,
        )
        if not known or (not about and key not in section("config_keys")) or (" " in code.text and "(" in code.text):
            continue
        sign = said.sign(code.start)
        skipped = sign == "-" and re.search(
            r"\b(?:skip|remove|disable|drop|weaken|omit|turn off|without|change)\b[^.;]{0,24}$",
            said.low[max(0, code.start - 36) : code.start],
        )
        data: dict[str, Any] = {"key": key}
        if skipped:
            data["require"] = value
        elif sign == "-":
            data["forbid"] = value
        else:
            data["value"] = value
        file = _file(said) or ({"file": section("config_keys")[key]} if section("config_keys").get(key) else {})
        found.append(Constraint("config", {**data, **file}))
    return found


def _toggles(said: Sentence) -> list[Constraint]:
    """Never enable `x`, never disable `x`, `x` must stay enabled."""
    for code in said.codes:
        key = code.text.strip().strip('"')
        stays = re.match(
            r"`?\s(?:must|should|has to) (?:always )?(?:stay|remain|be) (enabled|disabled|on|off|true|false)\b",
            said.low[code.end :],
        )
        if stays and (
            _CODEISH.match(key) or key in section("config_keys") or re.fullmatch(r"[a-z]+(?:[._-][\w.-]+)?", key)
        ):
            value = "true" if stays.group(1) in ("enabled", "on", "true") else "false"
            known = section("config_keys").get(key)
            return [
                Constraint(
                    "config", {"key": key, "value": value, **(_file(said) or ({"file": known} if known else {}))}
                )
            ]
        ahead = said.low[max(0, code.start - 22) : code.start]
        match = re.search(r"\b(enable|disable|turn on|turn off|activate|weaken|relax|loosen)\b (?:the )?`$", ahead)
        if not match or not (
            _CODEISH.match(key) or key in section("config_keys") or re.match(r"^[a-z]+[._-][\w.-]+$", key)
        ):
            continue
        on = match.group(1) in ("enable", "turn on", "activate")
        if said.sign(code.start) == "-":
            data: dict[str, Any] = (
                {"key": key, "forbid": "true"} if on else {"key": key, "forbid": "false", "require": "true"}
            )
        else:
            data = {"key": key, "value": "true" if on else "false"}
        file = _file(said) or ({"file": section("config_keys")[key]} if section("config_keys").get(key) else {})
        return [Constraint("config", {**data, **file})]
    return []
