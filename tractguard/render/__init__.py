"""What people see in a terminal. The only home of rich, one file for each noun.

Takes plain data and draws it; refuses to know where it comes from. Every text that is not ours loses its control
characters first: a recorded command must not drive the screen.
"""

from tractguard.numerals import counted
from tractguard.render.directives import added, classified, instruction, instructions
from tractguard.render.events import event
from tractguard.render.examination import checks
from tractguard.render.figures import bench, corpora
from tractguard.render.handoff import handoffs
from tractguard.render.installation import after_init, imported
from tractguard.render.ledger import audit
from tractguard.render.obligations import obligations
from tractguard.render.overview import status
from tractguard.render.own_cases import cases
from tractguard.render.policies import policy, policy_problems
from tractguard.render.pressure import pressure
from tractguard.render.recovery import recovery_points, undone
from tractguard.render.session import scenes
from tractguard.render.terminal import line, notices, progress, wrote
from tractguard.render.verdicts import explanation, verdict
from tractguard.render.verifier import verified
from tractguard.render.watch import watched

__all__ = [
    "added",
    "after_init",
    "audit",
    "bench",
    "cases",
    "checks",
    "classified",
    "corpora",
    "counted",
    "event",
    "explanation",
    "handoffs",
    "imported",
    "instruction",
    "instructions",
    "line",
    "notices",
    "obligations",
    "policy",
    "policy_problems",
    "pressure",
    "progress",
    "recovery_points",
    "scenes",
    "status",
    "undone",
    "verdict",
    "verified",
    "watched",
    "wrote",
]
