"""Branches: where commits, pushes and merges may go, how branches are called, what a pull request targets. TG341–TG343.

It compares the refs that git commands change. A ref that only the shell or git will know is no clear conflict.
"""

import re
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import MISSING, Call, Hit, bash, rule
from tractguard.rules.programs import listed
from tractguard.rules.scope import matches

_VERBS = (("forbid_push_to", "push"), ("forbid_commit_to", "commit"), ("forbid_merge_to", "merge"))
_PLAIN = re.compile(r"^[\w./*{}<>|,\[\]#-]+$")


def protected(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A commit, push or merge to a branch that was excluded."""
    for key, action in _VERBS:
        names = constraint.list(key)
        if not names:
            continue
        for fact in call.of("git"):
            if (
                fact.name == "push"
                and action == "commit"
                and _bare(fact.value) in names
                and not fact.data.get("dry_run")
            ):
                hit = _onto(fact, "push", _bare(fact.value), names)  # what is pushed there was committed there
                if hit is not None:
                    yield hit._replace(confidence=0.85)
            if fact.name != action or fact.data.get("dry_run"):
                continue
            remotes = (*_REMOTES, *constraint.list("remotes"))
            hit = _to_remote(fact, remotes, names) or _onto(fact, action, _bare(fact.value), names)
            if hit is not None:
                yield hit
    names = constraint.list("forbid_merge_to") or constraint.list("forbid_push_to")
    if names and not constraint.get("by"):
        yield from _merged_by_host(call, names)


_REMOTES = ("upstream", "fork", "production", "heroku", "live", "github", "gitlab", "mirror", "public")


def _to_remote(fact: Fact, known: tuple[str, ...], names: tuple[str, ...]) -> Hit | None:
    """A push to a remote that was excluded by its name (`upstream`)."""
    remote = str(fact.data.get("remote") or "")
    if fact.name != "push" or remote not in known or remote not in names:
        return None
    return Hit(
        fact,
        f"this call pushes to {remote}",
        actual=remote,
        expected=f"not {remote}",
        conflict_type="branch",
        confidence=0.95,
        way_out="Push to your own remote and open a pull request.",
        subject="action:push",
    )


def _bare(ref: str) -> str:
    for head in ("refs/heads/", "heads/"):
        ref = ref.removeprefix(head)
    return ref


def _onto(fact: Fact, action: str, ref: str, names: tuple[str, ...]) -> Hit | None:
    if UNKNOWN in ref or not ref:
        if action != "push" or "--tags" in listed(fact, "flags"):
            return None
        return Hit(
            fact,
            "this call pushes a branch that it does not name",
            actual="a branch not named",
            expected=f"not {names[0]}",
            conflict_type="branch",
            manner=MISSING,
            confidence=0.6,
            way_out="Name the branch: git push origin <branch>.",
            subject=f"branch:{action}",
        )
    if not any(name_fits(name, ref) for name in names):
        return None
    verb = {"push": "pushes to", "commit": "commits to", "merge": "merges into"}[action]
    return Hit(
        fact,
        f"this call {verb} {ref}",
        actual=ref,
        expected=f"not {ref}",
        conflict_type="branch",
        confidence=0.95,
        way_out=f"Use a branch of its own and open a pull request to {ref}.",
        subject=f"action:{action}",
    )


def _merged_by_host(call: Call, names: tuple[str, ...]) -> Iterator[Hit]:
    for fact in call.of("git"):
        if fact.name == "merge" and fact.data.get("target") in names:
            yield Hit(
                fact,
                f"this call merges into {fact.data['target']}",
                actual=str(fact.data["target"]),
                conflict_type="branch",
                confidence=0.9,
                subject="action:merge",
            )


def name_fits(said: str, ref: str) -> bool:
    """Whether a branch name is what was said: a name, or a glob (`release/*`)."""
    said = said.strip("`\"' ").removeprefix("origin/")
    return said == ref or (any(char in said for char in "*?[{") and matches(said, ref))


def naming(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A new branch with another kind of name than was asked for, and a switch away from the only branch to be used."""
    patterns = [one for one in constraint.list("name_pattern") if _PLAIN.match(one.strip("`"))]
    only = tuple(one for one in constraint.list("use") if " " not in one)  # "feature branch" is no name
    yield from _started_elsewhere(call, constraint)
    for fact in call.of("git"):
        ref = _bare(fact.value)
        if not ref or UNKNOWN in ref or fact.data.get("dry_run"):
            continue
        creates = fact.name in ("checkout", "switch", "branch", "worktree") and fact.data.get("create")
        if creates and patterns and not any(_pattern(one).match(ref) for one in patterns):
            yield _misnamed(fact, ref, patterns)
        elif only and ref not in only and _leaves(fact):
            yield Hit(
                fact,
                f"this call goes to {ref}",
                actual=ref,
                expected=only[0],
                conflict_type="branch",
                confidence=0.9,
                way_out=f"Stay on {only[0]}.",
                subject="branch:use",
            )


def _started_elsewhere(call: Call, constraint: Constraint) -> Iterator[Hit]:
    """A new branch that starts at another branch than was said: one named in the command, or switched to before."""
    wanted = constraint.list("from")
    here = ""
    for fact in call.of("git") if wanted else ():
        creates = bool(fact.data.get("create")) and fact.name in ("checkout", "switch", "branch")
        start = str(fact.data.get("source") or "") or here
        plain = start.removeprefix("origin/").removeprefix("upstream/")
        usual = plain in _USUAL_BASES and UNKNOWN not in plain
        if creates and usual and not any(name_fits(one, plain) for one in wanted):
            yield Hit(
                fact,
                f"this call starts a branch at {start}",
                actual=start,
                expected=wanted[0],
                conflict_type="branch",
                confidence=0.85,
                way_out=f"Start it at {wanted[0]}.",
                subject="branch:from",
            )
        if fact.name in ("checkout", "switch") and not fact.data.get("paths"):
            here = _bare(fact.value)


_USUAL_BASES = frozenset("main master develop dev development staging production trunk rc next release".split())


def _leaves(fact: Fact) -> bool:
    if fact.name == "switch":
        return True
    return fact.name == "checkout" and not fact.data.get("paths")


def _misnamed(fact: Fact, ref: str, patterns: list[str]) -> Hit:
    return Hit(
        fact,
        f"this call makes a branch {ref}",
        actual=ref,
        expected=patterns[0].strip("`"),
        conflict_type="branch",
        manner="cosmetic",
        confidence=0.85,
        fixes=_prefixed(fact, ref, patterns),
        way_out=f"Name it like {patterns[0].strip('`')}.",
        subject="branch:name",
    )


def _prefixed(fact: Fact, ref: str, patterns: list[str]) -> tuple[Fix, ...]:
    """The one prefix that was asked for in front of the name, where only that is missing."""
    prefix, slash, rest = patterns[0].strip("`\"' ").partition("/")
    plain = bool(slash) and re.fullmatch(r"[\w.-]+", prefix) is not None and re.fullmatch(r"\*+|<[^<>]*>|\.\.\.|", rest)
    if len(patterns) != 1 or not plain or fact.span is None or fact.span[1] - fact.span[0] != len(ref):
        return ()
    return (Fix(fact.field, fact.span[0], fact.span[1], f"{prefix}/{ref.rpartition('/')[2]}"),)


_PLACEHOLDER = re.compile(  # words that stand for a name of one's own
    r"(?<![\w<{/-])type(?=/)|(?<![\w<{])(?:v?[XxNnYy](?:\.[XxNnYyZz]){1,2}(?![\w>}])|[A-Z][A-Z0-9_]{1,}(?![\w>}])|N{2,}(?![\w>}])|(?:your|my|short)-[a-z-]+"
    r"|(?:feature|branch|bug|task|issue|topic|fix)-(?:name|description|number|id|title)|description|slug|topic|name"
    r"|ticket(?:-(?:id|number))?|something|xxx+|desc)(?![\w>}])"
)


def _pattern(said: str) -> re.Pattern[str]:
    """A branch pattern as people write it: `feat/<name>`, `feature/*`, `{feat,fix}/...`, `feat|fix/x`."""
    out = []
    text = _PLACEHOLDER.sub("<x>", said.strip("`\"' "))
    for part in re.split(r"(<[^<>]*>|\{[^{}]*\}|\*+|\.\.\.|\[[^\[\]]*\])", text):
        if not part:
            continue
        if part[0] == "{" and "," in part:
            out.append("(?:" + "|".join(re.escape(one.strip()) for one in part[1:-1].split(",")) + ")")
        elif part[0] == "<" and "|" in part:
            out.append("(?:" + "|".join(re.escape(one.strip()) for one in part[1:-1].split("|")) + ")")
        elif part[0] in "<{[*" or part == "...":
            out.append(r"[\w./#-]+")
        else:
            out.append(re.escape(part))
    text = "".join(out)
    return re.compile(text + (r"[\w./#-]+" if text.endswith("/") else "") + r"\Z")


def target(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A pull request against another branch than the one that was said."""
    wanted = constraint.list("target")
    if not wanted:
        return
    for fact in call.of("git"):
        base = str(fact.data.get("target") or fact.value) if fact.name == "pull_request" else ""
        if not base or UNKNOWN in base or any(name_fits(one, base) for one in wanted):
            continue
        yield Hit(
            fact,
            f"this call targets {base}",
            actual=base,
            expected=wanted[0],
            conflict_type="branch",
            confidence=0.9,
            fixes=_fixed(fact, base, wanted),
            way_out=f"Target {wanted[0]}.",
            subject="branch:target",
        )


def _fixed(fact: Fact, base: str, wanted: tuple[str, ...]) -> tuple[Fix, ...]:
    """The right branch in the place of the wrong one, where the fact says where that stands."""
    if len(wanted) != 1 or fact.span is None or not fact.field or fact.span[1] - fact.span[0] != len(base):
        return ()
    return (Fix(fact.field, fact.span[0], fact.span[1], wanted[0]),)


def accepts_target(constraint: Constraint, hit: Hit) -> bool:
    """Whether another instruction names this very branch as the target."""
    return hit.actual in constraint.list("target")


def accepts_branch(constraint: Constraint, hit: Hit) -> bool:
    """Whether another instruction names this very branch, or a pattern that it fits."""
    return hit.actual in constraint.list("use") or any(
        _pattern(one).match(hit.actual) for one in constraint.list("name_pattern") if _PLAIN.match(one.strip("`"))
    )


_MAIN = "Never push directly to main."

RULES = (
    rule(
        "TG341",
        "protected branch",
        ("branch",),
        protected,
        bad=(bash(_MAIN, "git push origin main"), bash(_MAIN, "git push origin HEAD:main")),
        good=(
            bash(_MAIN, "git push -u origin feat/main-menu"),
            bash(_MAIN, "git pull origin main"),
            bash(_MAIN, "git commit -m 'never push to main'"),
        ),
    ),
    rule(
        "TG342",
        "name of a branch",
        ("branch",),
        naming,
        bad=(bash("Name branches `feat/<name>`.", "git checkout -b my-thing"),),
        good=(bash("Name branches `feat/<name>`.", "git checkout -b feat/login"),),
        accepts=accepts_branch,
    ),
    rule(
        "TG343",
        "target of a pull request",
        ("branch",),
        target,
        bad=(bash("Pull requests must target `develop`.", "gh pr create --base main --fill"),),
        good=(bash("Pull requests must target `develop`.", "gh pr create --base develop --fill"),),
        accepts=accepts_target,
    ),
)
