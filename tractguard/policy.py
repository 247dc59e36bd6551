"""Policy as the line sees it: one plain object with every number that matters, its defaults and its hash.

Hot: only defaults and a hash. People write TOML; `config.py` validates and merges it, `compiled.py` stores the result.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

Policy = Mapping[str, Any]

DEFAULTS: dict[str, Any] = {
    "mode": "enforce",  # enforce | shadow
    "on_failure": "ask",  # ask | deny | allow: a call that changes something, when the guard itself fails
    "verbosity": "summary",  # silent | summary | detailed | debug: what the person sees
    "deadline_ms": 4000,  # the guard's own, well below the host's
    "strength": {"MANDATORY": "refuse", "REQUIRED": "refuse", "OPTIONAL": "warn", "NONE": "record"},
    "confidence": {"clear": 0.8, "probable": 0.5},
    "rules": {"off": []},  # codes that are not evaluated
    "ledger": {"content": "full"},  # full | metadata
    "recovery": {  # what is kept before a call that could destroy work, and for how long
        "time_ms": 2000,
        "files": 10_000,
        "file_kb": 16_384,
        "point_kb": 65_536,
        "copies": 1_000,
        "copies_kb": 16_384,
        "keep_days": 7,
        "keep_mb": 500,
    },
    "instructions": {"store": "project", "reminder_tokens": 400},  # project | private
    "lifting": {  # a person lets a refused call through, once
        "minutes": 15,  # how long a code holds
        "tries": 3,  # wrong codes after which the open ones are void
        "never": ["TG002", "TG505", "TG6", "TG9"],  # codes, or their beginnings, that no code lifts
    },
}


def policy_hash(policy: Policy) -> str:
    """A short stable hash of a policy: 16 hexadecimal digits."""
    text = json.dumps(policy, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def rules_off(policy: Policy) -> frozenset[str]:
    """The codes of the rules that are not evaluated."""
    rules = policy.get("rules")
    off = rules.get("off") if isinstance(rules, Mapping) else None
    return frozenset(str(code) for code in off) if isinstance(off, (list, tuple, set, frozenset)) else frozenset()
