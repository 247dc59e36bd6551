"""What `init` found and wrote, and what holds from now on."""

import os
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from tractguard.numerals import counted
from tractguard.render.terminal import coloured, console, line, notices, plain, table

if TYPE_CHECKING:
    from tractguard.instructions.importer import Import


def imported(found: "Import", root: str, titles: Container[tuple[str, int]] = ()) -> None:
    """The table of imported lines, and how many there are of each kind. `titles`, (path, line), are only counted."""
    if not found.lines:
        line("No CLAUDE.md, AGENTS.md or other instruction file was found.")
        return
    made = table("where", "outcome", "line", "tried on the engine")
    counts = dict.fromkeys(("enforced", "warned", "reminded", "not an instruction", "title"), 0)
    for each in found.lines:
        if each.outcome == "not an instruction" and (each.path, each.line) in titles:
            counts["title"] += 1
            continue
        counts[each.outcome] += 1
        where = plain(f"{os.path.relpath(each.path, root)}:{each.line}", 40)
        style = "bright_black" if each.outcome == "not an instruction" else ""
        tried = Text()
        seen = each.stopped or each.warned
        if seen and each.passed:
            stopped, passed = (plain(str(call).replace(f"{root}/", ""), 50) for call in (seen, each.passed))
            did = ("stops  ", "red") if each.stopped else ("warns  ", "yellow")
            tried = Text.assemble(did, f"{stopped}\n", ("passes ", "green"), passed)
        made.add_row(where, coloured(each.outcome), Text(plain(each.directive.text, 80), style), tried)
    if made.row_count:
        console().print(made)
    names = ("enforced", "warned", "reminded", "not an instruction")
    told = [name for name in names if name != "warned" or counts[name]]
    said = [f"{counts[name]} {name}" for name in told]
    line(", ".join([*said, *([counted(counts["title"], "title")] if counts["title"] else [])]))


def after_init(found: Mapping[str, Any]) -> None:
    """What holds from now on."""
    if not found["guarded"]:
        console().print(Text("Not guarded: ", "bold red") + plain(found["why"]), soft_wrap=True)
        return
    reach = "every folder" if found["subfolders"] else f"sessions started in {found['root']}"
    if found["mode"] == "shadow":
        made = Text("Watched. ", "bold yellow") + f"The next session is watched, nothing is stopped ({reach})."
    else:
        made = Text("Guarded. ", "bold green") + f"The next session is held to this ({reach})."
    console().print(made + " Look at it with 'tractguard status'.", soft_wrap=True)
    if found["doubled"]:
        way_out = "'tractguard uninstall --user'" if "user" in found["doubled"] else "'tractguard uninstall'"
        notices(
            [
                f"the hooks stand in two layers ({', '.join(found['doubled'])}): every call is judged twice; "
                f"{way_out} takes them all out, and one 'tractguard init' puts one back"
            ]
        )
    if found["layer"] == "shared":
        line("Commit .claude/settings.json; where tractguard is not installed, a session says so once and goes on.")
