"""A verification: the scores, what gave them, and what they come to."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from tractguard.render.terminal import console, line, plain, table

COLOURS = {"PROCEED": "green", "PROCEED_WITH_CAUTION": "yellow", "REQUIRE_REVIEW": "yellow", "BLOCKED": "red"}


def verified(found: Mapping[str, Any]) -> None:
    """The five dimensions, the confidence and the decision."""
    made = table("dimension", "score", "weight", "from")
    for name, value in found["scores"].items():
        shown = (
            Text("unknown", "bright_black")
            if value is None
            else Text(f"{value:.2f}", "yellow" if name in found["weak"] else "")
        )
        evidence = "; ".join(found["evidence"][name])
        made.add_row(name, shown, f"{found['weights'][name]:.2f}", plain(evidence, 100))
    console().print(made)
    sure = "unknown" if found["confidence"] is None else f"{found['confidence']:.4f}"
    console().print(
        Text("confidence ")
        + Text(sure, "bold")
        + Text("  ")
        + Text(found["decision"], COLOURS.get(found["decision"], ""))
    )
    for each in found["recommendations"]:
        line(each, indent=2)
