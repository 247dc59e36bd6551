"""The checkable parts of one sentence: `constraints_of` turns a sentence into constraints of docs/constraints.md.

It reads what stands there: tools, paths, commands, ports, code words, their signs and conditions. It does not decide
whether the sentence is a directive, how long it holds or how strict it is; the classifier does. What cannot be compared
with an action yields nothing.
"""

from tractguard.instructions.constraints.asides import meant, without_address
from tractguard.instructions.constraints.banned import banned_of
from tractguard.instructions.constraints.branches import branches_of
from tractguard.instructions.constraints.choices import choices_of
from tractguard.instructions.constraints.databases import databases_of
from tractguard.instructions.constraints.endpoints import endpoints_of
from tractguard.instructions.constraints.grants import for_once, just_now
from tractguard.instructions.constraints.headings import limited_by
from tractguard.instructions.constraints.imports import imports_of
from tractguard.instructions.constraints.packages import packages_of
from tractguard.instructions.constraints.places import places_of
from tractguard.instructions.constraints.products import products_of
from tractguard.instructions.constraints.reading import MOST_CHARS, read
from tractguard.instructions.constraints.references import resolved
from tractguard.instructions.constraints.settings import settings_of
from tractguard.instructions.constraints.stack import stack_of
from tractguard.instructions.constraints.together import order_of
from tractguard.instructions.constraints.values import values_of
from tractguard.instructions.constraints.worded import worded_of
from tractguard.instructions.constraints.written import written_of
from tractguard.model import Constraint

_MOMENT_ACTIONS = {
    "pull request": (
        "create pr",
        "create a pr",
        "open a pr",
        "create pull requests",
        "open pull requests",
        "gh pr create",
        "glab mr create",
    ),
    "git merge": ("merge pull requests", "gh pr merge"),
}
_IMPORT_WORDS = ("imports from", "import from", ".js extensions in imports")
_FAMILIES = (
    endpoints_of,
    databases_of,
    choices_of,
    banned_of,
    places_of,
    branches_of,
    products_of,
    packages_of,
    stack_of,
    settings_of,
    order_of,
    imports_of,
    written_of,
    values_of,
)


def constraints_of(
    sentence: str, context: str = "", context_before: str = "", kind: str = "claude_md"
) -> tuple[Constraint, ...]:
    """The constraints of `sentence`, in the order of its families; () where nothing can be checked.

    `context` is the heading above it (it completes a bare item below "Never"), `context_before` the sentence before it,
    `kind` "claude_md" or "prompt". Deterministic, linear in the length, never raises.
    """
    if not isinstance(sentence, str) or not sentence.strip():
        return ()
    heading = context if isinstance(context, str) else ""
    before = context_before if isinstance(context_before, str) else ""
    whole = resolved(sentence, before, str(kind))
    words = sentence[:MOST_CHARS].strip()
    found = _found(whole, words, heading, before, str(kind))
    if whole is not sentence and not found:
        found = _found(sentence, words, heading, before, str(kind))
    return tuple(limited_by(heading, constraint) for constraint in _tidy(found, words))


def _found(sentence: str, words: str, heading: str, before: str, kind: str) -> list[Constraint]:
    """What the families read in `sentence`; `words` are those of the person, where they are others."""
    once = just_now(sentence) if kind == "prompt" else ""
    if once:  # said of the order, not a condition of it
        at = sentence.lower().find(once)
        sentence = f"{sentence[:at].rstrip(' ,')} {sentence[at + len(once) :].lstrip(' ,')}".strip()
    said = read(without_address(sentence), heading, before, kind)._replace(words=words)
    found: list[Constraint] = []
    for family in _FAMILIES:
        found += family(said)
    found = found or worded_of(said)
    if once:
        found = for_once(found)
    return meant(found, sentence.lower())


def _tidy(found: list[Constraint], words: str) -> tuple[Constraint, ...]:
    """Without repetitions: a tool that a choice excludes by name is not forbidden once more as a command."""
    chosen = {item for c in found if c.type == "tool_choice" and not c.get("permit") for item in c.list("said")}
    found = _asked_for_a_branch(found)
    asked = any(constraint.type == "ask_before" for constraint in found)
    if any(constraint.type == "secrets" for constraint in found):  # where secrets belong is no rule about those files
        found = [c for c in found if c.type not in ("path_rule", "forbid_text") and c.get("op") != "create"]
        if any(c.get("log") for c in found):
            found = [c for c in found if c.type != "secrets" or c.get("log")]
    apart = {name.lower() for c in found if "imports" in c.data for name in c.list("pattern") + c.list("imports")}
    if apart:  # what a place must not use is no library that is out, and no file to be put there
        found = [
            c for c in found if c.type not in ("framework", "dependency") or not apart.intersection(c.list("forbid"))
        ]
        found = [c for c in found if c.type != "path_rule" and not (c.type == "forbid_command" and _starts(c, apart))]
    libraries = {item for c in found if c.type in ("dependency", "framework") for item in c.list("forbid")}
    found = [
        c
        for c in found
        if not (
            c.type == "forbid_code" and set(c.list("pattern")) & libraries and not (set(c.list("pattern")) - libraries)
        )
    ]
    if any(c.type == "forbid_code" and str(c.get("what")).startswith(_IMPORT_WORDS) for c in found):
        found = [
            c for c in found if c.type not in ("forbid_code", "require_code") or _of_imports(c) or "imports" in c.data
        ]
    if any(c.type == "dependency" and not c.get("permit") for c in found):
        found = [c for c in found if c.type != "no_new_dependency" or "dependenc" in words.lower()]
    if any(
        c.type == "path_rule" and c.get("must_be_in") for c in found
    ):  # "only there, unless asked": one rule, not two
        found = [c for c in found if c.type != "ask_before" or c.get("permit")]
    if sum(c.type == "no_new_dependency" for c in found) > 1:
        first = next(c for c in found if c.type == "no_new_dependency")
        found = [c for c in found if c.type != "no_new_dependency" or c is first]
    excluded = {item for c in found if c.type == "forbid_command" for item in c.list("pattern")}
    found = [c for c in found if c.type != "forbid_code" or c.get("permit") or not set(c.list("pattern")) & excluded]
    endings = {item.removeprefix("**/*") for c in found if c.type == "forbid_path" for item in c.list("glob")}
    if any(c.type == "db" and c.get("for") == "run tests" for c in found):  # tests may run, against another database
        found = [c for c in found if c.type not in ("forbid_action", "forbid_command")]
    found = [c for c in found if c.type != "forbid_code" or not c.list("pattern") or set(c.list("pattern")) - endings]
    kept: list[Constraint] = []
    particular = _particular(found)
    for constraint in found:
        if constraint.type in ("forbid_action", "forbid_command") and not constraint.get("permit"):
            bare = [item for item in constraint.list("action") + constraint.list("pattern") if item not in particular]
            if not bare:
                continue
            key = "action" if constraint.type == "forbid_action" else "pattern"
            constraint = Constraint(
                constraint.type, {**constraint.data, key: bare if len(bare) > 1 or key == "pattern" else bare[0]}
            )
        if constraint.type == "forbid_command" and chosen and not constraint.get("permit"):
            rest = [
                item for item in constraint.list("pattern") if item not in chosen and item.split(" ")[0] not in chosen
            ]
            if not rest:
                continue
            constraint = Constraint("forbid_command", {**constraint.data, "pattern": rest})
        if asked and constraint.type in ("forbid_path", "forbid_code", "forbid_read"):
            constraint = Constraint(constraint.type, {"unless": "asked", **constraint.data})
        constraint = _worded(constraint, words)
        if constraint not in kept:
            kept.append(constraint)
    return tuple(kept)


def _starts(constraint: Constraint, names: set[str]) -> bool:
    """Whether the commands of a constraint begin with what is no command here ("never call Prisma from …")."""
    return all(item.split(" ")[0] in names for item in constraint.list("pattern"))


def _of_imports(constraint: Constraint) -> bool:
    return str(constraint.get("what")).startswith(_IMPORT_WORDS)


def _asked_for_a_branch(found: list[Constraint]) -> list[Constraint]:
    """ "Never push to main without a review" asks about main alone: a push elsewhere needs nobody."""
    verbs = {
        key.removeprefix("forbid_").removesuffix("_to")
        for constraint in found
        if constraint.type == "branch" and constraint.get("unless")
        for key in constraint.data
        if key.startswith("forbid_")
    }
    kept = []
    for constraint in found:
        if constraint.type == "ask_before" and verbs and not constraint.get("permit"):
            actions = [action for action in constraint.list("action") if action.split(" to ")[0] not in verbs]
            if not actions:
                continue
            constraint = Constraint("ask_before", {**constraint.data, "action": actions})
        kept.append(constraint)
    return kept


def _particular(found: list[Constraint]) -> set[str]:
    """Actions that the sentence excludes only for a branch, or only until something was done: not excluded as such."""
    limited: set[str] = set()
    for constraint in found:
        if constraint.type == "branch" and any(key.startswith("forbid_") for key in constraint.data):
            limited.update(("commit", "push", "merge", "git commit", "git push", "git merge"))
        elif constraint.type == "require_before":
            moment = str(constraint.get("before", ""))
            limited.update((moment, moment.removeprefix("git "), *_MOMENT_ACTIONS.get(moment, ())))
    return limited


def _worded(constraint: Constraint, words: str) -> Constraint:
    data = {key: value for key, value in constraint.data.items() if value not in ("", [], None)}
    data.setdefault("words", words)
    return Constraint(constraint.type, data)
