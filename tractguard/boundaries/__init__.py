"""What only people may decide, recognised in a prompt by what is being decided. docs/boundaries.md.

`find_in_text` finds a decision, `decision_on` the person's word that already answers it, `finding_of` makes the
finding. Calls are judged by `tractguard/rules/boundary*.py` and, where a session waits for a decision, by `acting`;
what waits is kept by `matters`. The room refuses to decide anything itself.
"""

from tractguard.boundaries.model import Boundary, decided_finding, finding_of
from tractguard.boundaries.prompts import decision_on, find_in_text, judge_prompt

__all__ = ["Boundary", "decided_finding", "decision_on", "find_in_text", "finding_of", "judge_prompt"]
