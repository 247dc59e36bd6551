"""Rules: pure functions from a call and what a person said to findings. No clock, no files, no environment.

`loop.judge` asks the rules of the families that the instructions at hand need; `index` says which instructions those
are; `builtin` holds the rules that need no instruction. Nothing is imported here: a call that no instruction concerns
pays for none of it.
"""

from collections.abc import Mapping

# Constraint type -> the families that have rules for it. A family is loaded when one of its types is at hand.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "port": ("ports",),
    "host": ("hosts",),
    "url": ("network",),
    "db": ("network",),
    "tool_choice": ("tools",),
    "command": ("prescribed",),
    "run_inside": ("commands",),
    "forbid_command": ("commands",),
    "forbid_action": ("actions",),
    "ask_before": ("actions",),
    "require_before": ("order",),
    "require_after": ("order",),
    "require_with": ("order",),
    "doc_update": ("order",),
    "forbid_path": ("paths",),
    "forbid_read": ("paths",),
    "append_only": ("paths",),
    "require_path": ("paths",),
    "path_rule": ("placement",),
    "naming": ("placement",),
    "language": ("placement", "wording", "code"),
    "forbid_code": ("code",),
    "require_code": ("code",),
    "forbid_text": ("wording",),
    "format": ("wording",),
    "framework": ("packages",),
    "dependency": ("packages",),
    "no_new_dependency": ("packages",),
    "version": ("versions",),
    "env_var": ("settings",),
    "config": ("settings",),
    "branch": ("branches",),
    "commit_msg": ("messages",),
    "secrets": ("secrecy",),
    "values": ("secrecy",),
}
