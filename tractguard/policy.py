"""Policy as the line sees it: one plain object with every number that matters, its defaults and its hash.

Hot: only defaults and a hash. People write TOML; `config.py` validates and merges it, `compiled.py` stores the result.
"""

import json
from collections.abc import Mapping
from typing import Any

from tractguard.lean import sha256

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
    "pressure": {  # how full a session is, and what follows: docs/pressure.md
        "weights": {"conversation": 0.40, "tokens": 0.30, "tasks": 0.15, "errors": 0.10, "instructions": 0.05},
        "maxima": {"messages": 60, "compactions": 2, "tasks": 5, "errors": 3, "instructions": 10},
        "levels": {"elevated": 0.30, "high": 0.50, "critical": 0.70, "dangerous": 0.85},
        "window_tokens": 0,  # of the context window, where you know it; 0: what the host says
        "learned_messages": [60, 600],  # bounds of the compaction point that is learned
        "recent_calls": 25,  # the calls that "errors of late" are counted among
        "cluster": 6,  # refused or corrected calls among them, repeats weighing more, that alone suggest a handoff
        "stricter": {"NONE": "OPTIONAL", "OPTIONAL": "REQUIRED", "REQUIRED": "MANDATORY"},  # from ELEVATED on
        "complex_tools": ["Agent", "Task", "Workflow", "WebSearch", "WebFetch", "EnterWorktree"],
        "new_files": 3,  # that may be begun at CRITICAL and above
    },
    "handoff": {  # docs/handoff.md
        "tokens": 1500,  # of one document
        "load_tokens": 1500,  # of it that the next session is given; 0: none
        "stale_days": 7,  # after which it is not given any more
        "keep": 20,  # documents
    },
    "boundaries": {"least": 0.5},  # how likely a request must be a decision for people: docs/boundaries.md
    "deliberation": {  # what only people decide: when a record is opened, by when it is due
        "open": "prompt",  # prompt | call | never
        "critical_hours": 4,
        "urgent_hours": 72,
        "important_days": 21,
        "routine_days": 90,
        "review_days": 180,
        "allow_days": 7,
    },
    "obligations": {  # what is owed, and what is said: docs/obligations.md, docs/claims.md
        "at_commit": "refuse",  # refuse | warn: a commit before a step or change that an instruction asks for
        "at_stop": ["order", "along", "promise"],  # kinds that hold a stop back, once
        "claims": "refuse",  # refuse | warn | off: a claim that the ledger or git contradicts
    },
    "checks": {  # commands that are run at a gate, or were run on this very tree: docs/verifier.md
        "command": "",  # "pytest -q"; tables below [checks] name more, each with its globs
        "globs": [],  # the files that it is about; none: all source files
        "seconds": 600,  # longest run; what takes longer than a gate has goes on beside it
        "at_gate": "run",  # run | logged: run it, or only accept a run that was seen
    },
    "verifier": {  # docs/verifier.md
        "weights": {"alignment": 0.25, "coherence": 0.20, "completeness": 0.20, "safety": 0.20, "alternatives": 0.15},
        "thresholds": {"proceed": 0.80, "caution": 0.60, "review": 0.40},
        "from_level": "HIGH",  # of context pressure, from which major calls are verified; OFF: never
        "files": 5,  # changed in one call, from which an edit is major
        "major": ["commit", "push", "deploy", "migration", "files", "subagent"],
    },
    "lifting": {  # a person lets a refused call through, once
        "minutes": 15,  # how long a code holds
        "tries": 3,  # wrong codes after which the open ones are void
        "never": ["TG002", "TG505", "TG6", "TG9"],  # codes, or their beginnings, that no code lifts
    },
}


def policy_hash(policy: Policy) -> str:
    """A short stable hash of a policy: 16 hexadecimal digits."""
    text = json.dumps(policy, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:16]


def rules_off(policy: Policy) -> frozenset[str]:
    """The codes of the rules that are not evaluated."""
    rules = policy.get("rules")
    off = rules.get("off") if isinstance(rules, Mapping) else None
    return frozenset(str(code) for code in off) if isinstance(off, (list, tuple, set, frozenset)) else frozenset()
