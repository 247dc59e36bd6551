"""Doubts: what a reader found in a sentence that does not order it.

Whole files hold many sentences that name a command, a setting or a word of code without a rule about it: they tell how
something works, give an example, name a cause, or speak of something narrower. Here such constraints are taken out
again, or get the condition that the sentence has. The doubts of each family are in the modules beside this one.
"""

from collections.abc import Callable

from tractguard.instructions.constraints.doubts_code import CODE_DOUBTS, unlike_messages
from tractguard.instructions.constraints.doubts_programs import (
    for_some,
    no_action,
    no_addition,
    no_command,
    no_package,
    not_chosen,
    not_run,
)
from tractguard.instructions.constraints.doubts_steps import (
    either_step,
    no_branch,
    no_document,
    no_message,
    no_question,
    no_step,
)
from tractguard.instructions.constraints.doubts_values import (
    closed_files,
    example,
    no_name,
    no_port,
    no_setting,
    no_version,
    of_language,
    told_setting,
)
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

Doubt = Callable[[Sentence, Constraint], Constraint | None]


def beyond_doubt(said: Sentence, found: list[Constraint]) -> list[Constraint]:
    """The constraints that the sentence really orders; what it permits stays as it is."""
    if not found or _is_history(said) or _is_about_remarks(said):
        return [each for each in found if each.get("permit")]
    kept: list[Constraint] = []
    for constraint in found:
        left: Constraint | None = constraint
        for doubt in () if constraint.get("permit") else _DOUBTS.get(constraint.type, ()):
            left = doubt(said, left) if left is not None else None
        if left is not None:
            kept.append(left)
    return either_step(said, kept)


_HISTORY = lazy(
    r"\b(?:bugs?|issues?|problems?) (?:already |recently |previously )?(?:fixed|resolved|solved)\b"
    r"|\b(?:fixed|resolved) (?:bugs?|issues?|problems?)\b|\b(?:version|release|change|migration|project) history\b"
    r"|^(?:changelog|release notes|recent changes|what changed|post-?mortems?|incidents?|completed (?:work|tasks))$"
)
_ORDERS = lazy(r"\b(?:never|always|must|do not|don't|avoid)\b")


def _is_history(said: Sentence) -> bool:
    """ "Known bugs already fixed": what was wrong once is no rule, unless it is said as one."""
    last = said.heading.rsplit(" > ", 1)[-1].strip("# *_:")
    return said.kind != "prompt" and bool(_HISTORY.search(last)) and not _ORDERS.search(said.bare)


_REMARKS = lazy(  # words of a reviewer: "do not flag syntax that needs Python 3.14 as an issue"
    r"(?:^|[.;:,]\s|\b(?:and|please|you should|you must)\s)\W{0,4}(?:do not|don't|never|avoid|no need to)\s(?:\w+ly\s)?"
    r"(?:flag(?:ging)?|suggest(?:ing)?|complain(?:ing)?|worry|question(?:ing)?|assum(?:e|ing)|conclud(?:e|ing)"
    r"|nitpick(?:ing)?|point(?:ing)? out)\b",
    needs="flag|suggest|complain|worry|question|assum|conclud|nitpick|point",
)


def _is_about_remarks(said: Sentence) -> bool:
    return bool(_REMARKS.search(said.bare))


_DOUBTS: dict[str, tuple[Doubt, ...]] = {
    "env_var": (example, told_setting),
    "config": (example, told_setting, no_setting),
    "naming": (example, no_name, of_language),
    "format": (of_language,),
    "forbid_action": (no_action,),
    "version": (no_version,),
    "command": (example, no_command, for_some),
    "port": (no_port,),
    "forbid_path": (closed_files,),
    "forbid_command": (no_action, not_run, for_some),
    "tool_choice": (not_chosen, for_some),
    "no_new_dependency": (no_addition,),
    "dependency": (no_package,),
    "require_before": (no_step,),
    "require_after": (no_step,),
    "branch": (no_branch,),
    "doc_update": (no_document,),
    "ask_before": (no_question,),
    "commit_msg": (no_message,),
    "forbid_code": (unlike_messages, *CODE_DOUBTS),
    "require_code": (unlike_messages,),
}
