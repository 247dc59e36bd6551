"""Settings: configuration keys and environment variables with other values than were said. TG371, TG372.

It compares key paths and variables that a call sets. It refuses to judge a key that the call does not set.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import MISSING, Call, Hit, bash, edit, rule, write
from tractguard.rules.crossref_ports import replaced
from tractguard.rules.programs import argv_of, fits, listed, only_looks
from tractguard.rules.scope import matches, place


def config(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A configuration key that is set to what was excluded, or to something else than was required."""
    key = str(constraint.get("key") or "").strip("`")
    files = constraint.list("file")
    if not key and files:
        yield from _not_in_file(call, constraint, files)
    if not key or " " in key:
        return
    found = False
    for fact in call.of("config"):
        if not same_key(key, fact.name) or UNKNOWN in fact.value or not _in(call, fact, files):
            continue
        found = True
        hit = _wrong(fact, constraint, key, fact.value)
        if hit is not None:
            yield hit
    if not found and not files:
        yield from _in_code(call, constraint, key)
    if key in AIMS:
        yield from _aimed(call, constraint, key)


class Aim(NamedTuple):
    """How a call says where its commands go: the programs, their flags, the variables, the commands that switch."""

    programs: tuple[str, ...]
    flags: tuple[str, ...]
    variables: tuple[str, ...]
    switches: tuple[str, ...]


AIMS: Mapping[str, Aim] = {
    "context": Aim(
        ("kubectl", "helm", "k9s", "stern", "flux", "kustomize", "kubectx"),
        ("--context", "--kube-context"),
        ("KUBE_CONTEXT", "HELM_KUBECONTEXT"),
        ("kubectl config use-context", "kubectx"),
    ),
    "region": Aim(
        ("aws", "gcloud", "eksctl", "terraform", "sam", "cdk"),
        ("--region",),
        ("AWS_REGION", "AWS_DEFAULT_REGION", "CLOUDSDK_COMPUTE_REGION"),
        ("gcloud config set compute/region", "aws configure set region"),
    ),
    "profile": Aim(("aws", "eksctl", "sam", "cdk"), ("--profile",), ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"), ()),
    "namespace": Aim(("kubectl", "helm", "stern"), ("--namespace", "-n"), ("HELM_NAMESPACE",), ("kubens",)),
}


def _aimed(call: Call, constraint: Constraint, key: str) -> Iterator[Hit]:
    """A command or a variable that aims at another context, region, profile or namespace than was said."""
    aim = AIMS[key]
    for fact in call.of("command"):
        argv = argv_of(fact)
        if not argv or fact.name not in aim.programs or only_looks(fact):
            continue
        told = [words[-1] for one in aim.switches if (words := _switched(one, argv))]
        for index, word in enumerate(argv):
            name, _, value = word.partition("=")
            if name in aim.flags:
                told.append(value or "".join(argv[index + 1 : index + 2]))
        for value in told:
            hit = _wrong(fact, constraint, key, value) if value and UNKNOWN not in value and "$" not in value else None
            if hit is not None:
                right = _aimed_right(fact, value, constraint)
                yield hit._replace(says=f"this call goes to the {key} {value}", fixes=right)
    for fact in call.of("env"):
        hit = _wrong(fact, constraint, key, fact.value) if fact.name in aim.variables and fact.value else None
        if hit is not None and UNKNOWN not in fact.value and "$" not in fact.value:
            yield hit


def _aimed_right(fact: Fact, value: str, constraint: Constraint) -> tuple[Fix, ...]:
    """The right context or region in the place of the wrong one, where that is a word of its own or ends one."""
    wanted, argv, spans = constraint.list("value"), argv_of(fact), listed(fact, "word_spans")
    for word, span in zip(argv, spans, strict=False):
        if len(wanted) == 1 and fact.field and span and (word == value or word.endswith("=" + value)):
            return (Fix(fact.field, span[1] - len(value), span[1], wanted[0]),)
    return ()


def _switched(said: str, argv: tuple[str, ...]) -> tuple[str, ...]:
    """The words behind a command that switches, where `argv` is it and names one thing."""
    size = fits(said, argv)
    return argv[size:] if size and len(argv) == size + 1 else ()


def _not_in_file(call: Call, constraint: Constraint, files: tuple[str, ...]) -> Iterator[Hit]:
    """A setting that was said not to stand in a file."""
    banned = {one.strip("`$").lower(): one for one in constraint.list("forbid")}
    for fact in call.of("config"):
        name = fact.name.rpartition(".")[2].lower()
        if name in banned and place(call, fact) and _in(call, fact, files):
            yield _hit(fact, fact.name, fact.value, [], 0.95)._replace(
                says=f"this call puts {fact.name} into {place(call, fact)}", way_out=f"Leave it out of {files[0]}."
            )


def _in_code(call: Call, constraint: Constraint, key: str) -> Iterator[Hit]:
    """A setting that is passed in code (`max_tokens: 512`), where the key is a name of its own."""
    if not re.fullmatch(r"[A-Za-z_]\w*[_A-Z]\w*", key):
        return
    for fact in call.of("code"):
        code = str(fact.data.get("code") or fact.value)
        for match in re.finditer(rf"\b{key}\b[\"']?\s{{0,3}}[:=]\s{{0,3}}(\d[\w.]*|true|false|True|False)\b", code):
            hit = _wrong(fact, constraint, key, match.group(1))
            if hit is not None:
                yield hit._replace(fixes=(), confidence=min(hit.confidence, 0.85))
                return


def same_key(said: str, path: str) -> bool:
    """Whether a key path is, or ends with, the key that was said."""
    want, have = said.lower().split("."), path.lower().split(".")
    if len(have) < len(want):  # a fragment of a file shows only the end of the path
        return want[-len(have) :] == have
    return len(have) >= len(want) and have[-len(want) :] == want


def _in(call: Call, fact: Fact, files: tuple[str, ...]) -> bool:
    where = place(call, fact)
    if not files or not where:
        return True
    return any(matches(one, where) or _variant(one, where) for one in files)


def _variant(said: str, where: str) -> bool:
    """tsconfig.base.json is a tsconfig.json."""
    stem, _, ending = posixpath.basename(said).rpartition(".")
    name = posixpath.basename(where)
    return bool(stem) and name.startswith(stem + ".") and name.endswith("." + ending)


def norm(value: str) -> str:
    """A value made comparable: no quotes, lower-case booleans."""
    text = value.strip().strip("\"'`").strip()
    return text.lower() if text.lower() in ("true", "false", "yes", "no", "on", "off", "null", "none") else text


def _wrong(fact: Fact, constraint: Constraint, key: str, said: str) -> Hit | None:
    value = norm(said)
    banned = [norm(one) for one in constraint.list("forbid")]
    wanted = [norm(one) for one in (*constraint.list("require"), *constraint.list("value"))]
    if value in banned or (banned and not wanted and banned in (["*"], ["any"])):
        return _hit(fact, key, value, wanted, 0.95)
    if wanted and value not in wanted:
        return _hit(fact, key, value, wanted, 0.9 if wanted[0] in ("true", "false") else 0.82)
    return None


def _hit(fact: Fact, key: str, value: str, wanted: list[str], sure: float) -> Hit:
    fits_span = fact.span is not None and fact.span[1] - fact.span[0] == len(value)
    expected = wanted[0] if wanted else f"not {value}"
    return Hit(
        fact,
        f"this call sets {key} to {value or 'nothing'}",
        actual=value,
        expected=expected,
        conflict_type="explicit_value",
        confidence=sure,
        fixes=replaced(fact, tuple(wanted)) if fits_span else (),
        way_out=f"Set {key} to {wanted[0]}." if wanted else f"Leave {key} as it is.",
        subject=f"config:{key.lower()}",
    )


def variable(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """An environment variable set to something else than was said, or missing where a command needs it."""
    name = str(constraint.get("name") or "").strip("`$")
    if not name or " " in name:
        return
    found = False
    files = constraint.list("file")
    for fact in call.of("env"):
        if fact.name != name or (files and not _set_in(call, fact, files)):
            continue
        found = True
        if UNKNOWN not in fact.value:
            hit = _wrong(fact, constraint, name, fact.value)
            if hit is None and not constraint.list("value") and "set" in constraint.list("forbid"):
                hit = _hit(fact, name, norm(fact.value), [], 0.85)
            if hit is not None:
                yield hit
    if not found:
        yield from _missing(call, constraint, name)


def _set_in(call: Call, fact: Fact, files: tuple[str, ...]) -> bool:
    """Whether a variable is set in one of the files that were said; for one run, it is in none."""
    return bool(fact.data.get("file")) and _in(call, fact, files)


def _missing(call: Call, constraint: Constraint, name: str) -> Iterator[Hit]:
    """A command that was said to need the variable, run without it."""
    for said in (*constraint.list("for"), *constraint.list("when")):
        for fact in call.of("command"):
            words = said.strip("`").split()
            if not words or only_looks(fact) or not (fits(said, argv_of(fact)) or words[0] == fact.name):
                continue
            env = fact.data.get("env") or {}
            if isinstance(env, dict) and name not in env:
                yield Hit(
                    fact,
                    f"this call runs {fact.name} without {name}",
                    actual=f"no {name}",
                    expected=f"{name}={constraint.get('value') or '…'}",
                    conflict_type="explicit_value",
                    manner=MISSING,
                    confidence=0.8,
                    way_out=f"Put {name}={constraint.get('value') or '…'} in front.",
                    subject=f"env:{name}",
                )


def accepts_setting(constraint: Constraint, hit: Hit) -> bool:
    """Whether another instruction asks for this very value."""
    return norm(hit.actual) in [norm(one) for one in (*constraint.list("value"), *constraint.list("require"))]


_NODE_ENV = "`NODE_ENV` must be `test` in `.env.test`."
_NODE_ENV_RULE = {"type": "env_var", "name": "NODE_ENV", "value": "test", "scope": ".env.test"}

RULES = (
    rule(
        "TG371",
        "configuration",
        ("config",),
        config,
        bad=(edit("NEVER skip `strict: true` in tsconfig.json.", "/repo/tsconfig.json", '"strict": false'),),
        good=(
            edit("NEVER skip `strict: true` in tsconfig.json.", "/repo/tsconfig.json", '"strict": true'),
            edit("NEVER skip `strict: true` in tsconfig.json.", "/repo/docs/ts.md", "strict: false is not for us\n"),
        ),
        accepts=accepts_setting,
    ),
    rule(
        "TG372",
        "environment variable",
        ("env_var",),
        variable,
        bad=(write(_NODE_ENV, "/repo/.env.test", "NODE_ENV=production\n", constraints=[_NODE_ENV_RULE]),),
        good=(
            write(_NODE_ENV, "/repo/.env.test", "NODE_ENV=test\n", constraints=[_NODE_ENV_RULE]),
            bash(_NODE_ENV, "grep NODE_ENV .env.test", constraints=[_NODE_ENV_RULE]),
        ),
        accepts=accepts_setting,
    ),
)
