"""What several readers found in one sentence, put together: no repetitions, nothing said twice in two ways.

It knows which constraint says what another one says already. It reads no sentence.
"""

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
_BRANCHES = frozenset("main master develop dev trunk staging production release".split())
_IMPORT_WORDS = ("imports from", "import from", ".js extensions in imports")


def tidy(found: list[Constraint], words: str) -> tuple[Constraint, ...]:
    """Without repetitions: a tool that a choice excludes by name is not forbidden once more as a command."""
    chosen = {item for c in found if c.type == "tool_choice" and not c.get("permit") for item in c.list("said")}
    found = _asked_for_a_branch(found)
    asked = any(constraint.type == "ask_before" for constraint in found)
    for weeded in _PASSES:
        found = weeded(found)
    if any(c.type == "dependency" and not c.get("permit") for c in found) and "dependenc" not in words.lower():
        found = [c for c in found if c.type != "no_new_dependency"]
    kept: list[Constraint] = []
    particular = _particular(found)
    for constraint in found:
        left = _without_chosen(_without_particular(constraint, particular), chosen)
        if left is None:
            continue
        if asked and left.type in ("forbid_path", "forbid_code", "forbid_read"):
            left = Constraint(left.type, {"unless": "asked", **left.data})
        left = _worded(left, words)
        if left not in kept:
            kept.append(left)
    return tuple(kept)


def _of_secrets(found: list[Constraint]) -> list[Constraint]:
    """Where secrets belong is no rule about those files; what must not be logged says it all."""
    if not any(constraint.type == "secrets" for constraint in found):
        return found
    found = [c for c in found if c.type not in ("path_rule", "forbid_text") and c.get("op") != "create"]
    logged = any(c.get("log") for c in found)
    return [c for c in found if not logged or c.type != "secrets" or c.get("log")]


def _of_layers(found: list[Constraint]) -> list[Constraint]:
    """What a place must not use is no library that is out, and no file to be put there."""
    apart = {name.lower() for c in found if "imports" in c.data for name in c.list("pattern") + c.list("imports")}
    if not apart:
        return found
    found = [c for c in found if c.type not in ("framework", "dependency") or not apart.intersection(c.list("forbid"))]
    return [c for c in found if c.type != "path_rule" and not (c.type == "forbid_command" and _starts(c, apart))]


def _of_libraries(found: list[Constraint]) -> list[Constraint]:
    """A library that is out needs no second word against its name in code."""
    libraries = {item for c in found if c.type in ("dependency", "framework") for item in c.list("forbid")}
    return [c for c in found if c.type != "forbid_code" or not c.list("pattern") or set(c.list("pattern")) - libraries]


def _of_import_forms(found: list[Constraint]) -> list[Constraint]:
    """A sentence about the form of imports has no other construct."""
    if not any(c.type == "forbid_code" and _of_imports(c) for c in found):
        return found
    return [c for c in found if c.type not in ("forbid_code", "require_code") or _of_imports(c) or _of_forms(c)]


def _of_forms(constraint: Constraint) -> bool:
    return "imports" in constraint.data or constraint.list("constructs") == ("relative_import",)


def _of_placement(found: list[Constraint]) -> list[Constraint]:
    """ "Only there, unless asked" is one rule, not two."""
    if not any(c.type == "path_rule" and c.get("must_be_in") for c in found):
        return found
    return [c for c in found if c.type != "ask_before" or c.get("permit")]


def _of_new_dependencies(found: list[Constraint]) -> list[Constraint]:
    """One of a kind."""
    first = next((c for c in found if c.type == "no_new_dependency"), None)
    return [c for c in found if c.type != "no_new_dependency" or c is first]


def _of_commands(found: list[Constraint]) -> list[Constraint]:
    """An excluded command is no excluded construct."""
    excluded = {item for c in found if c.type == "forbid_command" for item in c.list("pattern")}
    return [c for c in found if c.type != "forbid_code" or c.get("permit") or not set(c.list("pattern")) & excluded]


def _of_test_databases(found: list[Constraint]) -> list[Constraint]:
    """Tests may run, against another database."""
    if not any(c.type == "db" and c.get("for") == "run tests" for c in found):
        return found
    return [c for c in found if c.type not in ("forbid_action", "forbid_command")]


def _of_endings(found: list[Constraint]) -> list[Constraint]:
    """An ending of closed files (`.snap`) is no construct."""
    endings = {item.removeprefix("**/*") for c in found if c.type == "forbid_path" for item in c.list("glob")}
    return [c for c in found if c.type != "forbid_code" or not c.list("pattern") or set(c.list("pattern")) - endings]


def _of_branches(found: list[Constraint]) -> list[Constraint]:
    """ "Branches come from `next`, not `main`": the name of a branch is no construct."""
    if not any(constraint.type == "branch" for constraint in found):
        return found
    return [c for c in found if c.type != "forbid_code" or not c.list("pattern") or set(c.list("pattern")) - _BRANCHES]


def _of_messages(found: list[Constraint]) -> list[Constraint]:
    """The types in front of a message are no words of code."""
    if not any(constraint.type == "commit_msg" for constraint in found):
        return found
    return [c for c in found if c.type != "forbid_code" or not all(p.endswith(":") for p in c.list("pattern") or [""])]


_PASSES = (
    _of_messages,
    _of_branches,
    _of_secrets,
    _of_layers,
    _of_libraries,
    _of_import_forms,
    _of_placement,
    _of_new_dependencies,
    _of_commands,
    _of_test_databases,
    _of_endings,
)


def _without_particular(constraint: Constraint, particular: set[str]) -> Constraint | None:
    """Without the actions that are excluded in a particular case only; None where nothing is left."""
    if constraint.type not in ("forbid_action", "forbid_command") or constraint.get("permit"):
        return constraint
    bare = [item for item in constraint.list("action") + constraint.list("pattern") if item not in particular]
    if not bare:
        return None
    key = "action" if constraint.type == "forbid_action" else "pattern"
    return Constraint(constraint.type, {**constraint.data, key: bare if len(bare) > 1 or key == "pattern" else bare[0]})


def _without_chosen(constraint: Constraint | None, chosen: set[str]) -> Constraint | None:
    """Without the commands whose tool a choice excludes already; None where nothing is left."""
    if constraint is None or constraint.type != "forbid_command" or not chosen or constraint.get("permit"):
        return constraint
    rest = [item for item in constraint.list("pattern") if item not in chosen and item.split(" ")[0] not in chosen]
    return Constraint("forbid_command", {**constraint.data, "pattern": rest}) if rest else None


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
