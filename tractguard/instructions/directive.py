"""What reading a text yields: one `Directive` for each sentence understood, also for those that direct nothing."""

from collections.abc import Mapping
from typing import NamedTuple

from tractguard.model import Constraint

STORED_FROM = 0.6  # explicitness from which a directive is kept (the framework's own threshold)
SURE_FROM = 0.74  # how sure it must be that it directs at all, where nothing checkable in it says so
SURE_CHECKED = 0.5  # and where something checkable was read from it


class Directive(NamedTuple):
    """One sentence as read. When `is_directive` is false every other dimension is empty."""

    text: str  # the sentence as written, markup and reason clause kept
    is_directive: bool = False
    quadrant: str = ""
    persistence: str = ""
    temporal_scope: str = ""
    verification_required: str = ""
    explicitness: float = 0.0
    polarity: str = ""
    constraints: tuple[Constraint, ...] = ()
    context: str = ""  # the heading above it
    correction: bool = False  # it repeats or corrects what was said before ("no, I said pnpm")
    corrects: str = ""  # the sentence of the turn before whose value it replaces ("sorry, I meant legacy/")
    note: str = ""  # "the default is 27017"
    confidence: Mapping[str, float] = {}  # dimension -> 0..1
    evidence: tuple[str, ...] = ()  # "persistence HIGH: absolute word 'never'", for classify --explain
    span: tuple[int, int] | None = None  # where it stands in the text that was read
    decidable: bool | None = None  # the classifier's own answer to `checkable`; None: a constraint decides

    @property
    def stored(self) -> bool:
        """Whether it is explicit enough to be kept, and surely enough meant as a directive."""
        sure = self.confidence.get("is_directive", 1.0) >= (SURE_CHECKED if self.constraints else SURE_FROM)
        return self.is_directive and self.explicitness >= STORED_FROM and sure

    def allowing(self, permits: tuple[Constraint, ...]) -> "Directive":
        """The same with `permits` for what it orders; an order that lifts a rule is always kept."""
        if not permits or not self.is_directive:
            return self
        more = tuple(each for each in permits if each not in self.constraints)
        explicit = max(self.explicitness, STORED_FROM)
        return self._replace(constraints=(*self.constraints, *more), explicitness=explicit)

    @property
    def checkable(self) -> bool:
        """Whether a deterministic check on tool calls could decide most violations."""
        return self.is_directive and (bool(self.constraints) if self.decidable is None else self.decidable)
