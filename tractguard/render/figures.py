"""What was measured: the cost of a call, and the verdicts over the corpora."""

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from tractguard.render.terminal import console, grid, line, plain, table


def bench(found: Mapping[str, Any]) -> None:
    """The cost of a call, in multiples of the bare interpreter."""
    rows: list[list[RenderableType]] = [
        ["one approved call", Text(f"{found['ratio']:.2f} × the bare interpreter", "bold")],
        ["p50", Text(f"{found['p50']:.2f} ×   {found['hook_ms']:.1f} ms")],
        ["p95", Text(f"{found['p95']:.2f} ×")],
        ["bare interpreter", Text(f"1.00 ×   {found['bare_ms']:.1f} ms   Python {found['python']}")],
        ["measured", Text(f"{found['runs']} runs, {found['instructions']} instructions stored")],
        ["modules loaded", Text(f"{len(found['modules'])}: " + " ".join(found["modules"]))],
    ]
    console().print(grid(rows))


def corpora(found: Mapping[str, Mapping[str, Any]]) -> None:
    """What became of the rows of each corpus, and the rows that came out wrong."""
    made = table("corpus", "rows", "stopped", "warned", "passed", "wrong")
    for name, each in found.items():
        made.add_row(plain(name), *[str(each[key]) for key in ("n", "stopped", "warned", "passed", "wrong")])
    console().print(made)
    for name, each in found.items():
        families(name, each.get("families", {}))
    for name, each in found.items():
        for miss in each["misses"]:
            codes = " ".join(miss["codes"])
            line(f"{name} {miss['id']}: expected {miss['expected']}, got {miss['got']} {codes}")


def families(name: str, found: Mapping[str, Mapping[str, int]]) -> None:
    """Recall and specificity of each family of a corpus; nothing where its rows name none."""
    if not found:
        return
    made = table(name, "recall", "specificity")
    for family, each in sorted(found.items()):
        recall, specificity = share(each["found"], each["bad"]), share(each["left"], each["good"])
        made.add_row(
            plain(family),
            f"{recall}  {each['found']}/{each['bad']}",
            f"{specificity}  {each['left']}/{each['good']}",
        )
    console().print(made)


def share(part: int, whole: int) -> str:
    """A share with three digits, "–" of nothing."""
    return f"{part / whole:.3f}" if whole else "–"
