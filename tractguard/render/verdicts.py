"""A verdict, and the whole line that led to it."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from tractguard.render.terminal import COLOURS, coloured, console, grid, line, plain


def verdict(found: Mapping[str, Any]) -> None:
    """A verdict and its findings, as the assistant would read them."""
    text = coloured(str(found["status"]))
    if found["corrected_input"]:
        text += Text("  corrected", COLOURS["corrected"])
    console().print(text)
    for each in found["findings"]:
        line(f"{each['code']} {each['why']}", indent=2)
        if each.get("way_out"):
            line(each["way_out"], indent=2)
    if found.get("in_session"):
        line(found["in_session"], indent=2)
    if found["corrected_input"]:
        line(f"would run as {plain(found['corrected_input'])}", indent=2)


def explanation(command: str, found: Mapping[str, Any]) -> None:
    """The whole line for one call."""
    out = console()
    out.print(Text("call    ", "bold") + plain(command), soft_wrap=True)
    facts = [[each["kind"], Text(plain(each["name"])), Text(plain(each["value"], 70))] for each in found["facts"]]
    out.print(Text("\nfacts", "bold"), grid(facts), sep="\n")
    touched = [[each["id"], Text(plain(each["text"], 110))] for each in found["instructions"]]
    out.print(Text("\ninstructions that these facts touch", "bold"), grid(touched or [["none", ""]]), sep="\n")
    quiet = [each["code"] for each in found["rules"] if each["answer"] == "not concerned"]
    rows = [
        [each["code"], each["rule"], Text(plain(each["answer"]))]
        for each in found["rules"]
        if each["code"] not in quiet
    ]
    rows.append(["others", "not concerned", Text(" ".join(quiet), "bright_black")])
    out.print(Text("\nrules", "bold"), grid(rows), sep="\n")
    out.print(Text("\nverdict ", "bold"), end="")
    verdict(found["verdict"])
    reply = found["reply"] or "silence: the call runs"
    out.print(Text("reply   ", "bold") + plain(reply), soft_wrap=True)
    if not found["verdict"]["recorded"]:
        line("Nothing is set up here, so the question was not recorded.")
