"""Context pressure: how full a session is, measured with the host's own numbers, and what follows from it.

`formula.py` is the arithmetic, `inputs.py` reads the numbers, `levels.py` acts on a level, `gate.py` answers a call at
the two highest ones, `compaction.py` brings back what a compaction takes. docs/pressure.md explains it to people.
"""

from tractguard.pressure.state import at_least as at_least
from tractguard.pressure.state import level_of as level_of
