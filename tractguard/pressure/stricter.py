"""Instructions held one step stricter while a session's context is under pressure: which step, policy says.

Hot: loaded only where the session's state asks for it. Knows one table; refuses to know what pressure is.
"""

from tractguard.model import Instruction
from tractguard.policy import Policy
from tractguard.pressure.state import table


def held_stricter(instruction: Instruction, policy: Policy) -> Instruction:
    """The instruction with the next stricter verification. What gives a permission, or varies, stays as it is."""
    if instruction.persistence == "VARIABLE" or any(each.get("permit") for each in instruction.constraints):
        return instruction
    now = instruction.verification_required
    return instruction._replace(verification_required=str(table(policy, "pressure")["stricter"].get(now, now)))
