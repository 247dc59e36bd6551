"""Deliberations: an analysis, the list of records, one of them, who was heard, an outcome before it is confirmed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from tractguard.numerals import counted
from tractguard.render.terminal import console, grid, line, plain, table

STATUS = {"open": "yellow", "decided": "green", "no_agreement": "magenta", "dismissed": "bright_black"}
STATES = {"entry": "green", "no answer": "bright_black", "draft": "yellow", "open": "yellow"}
Row = Mapping[str, Any]


def heading(text: str) -> None:
    """A line in bold."""
    console().print(Text(plain(text), "bold"), soft_wrap=True)


def listed(title: str, texts: Iterable[object]) -> None:
    """A title and a line for each text; nothing where there is none."""
    rows = [plain(each) for each in texts]
    if rows:
        heading(title)
        for each in rows:
            line(f"- {each}", indent=2)


def pairs(rows: Sequence[tuple[str, object]]) -> None:
    """Names with their values; those without are left out."""
    cells: list[list[RenderableType]] = [
        [name, Text(plain(value))] for name, value in rows if value not in ("", None, [])
    ]
    if cells:
        console().print(grid(cells, indent=0))


def analysis(found: Row) -> None:
    """The analysis of a question."""
    heading(found["question"])
    rows = [("topics", ", ".join(found["topics"])), ("scale", found["scale"]), ("harm", found["harm_type"])]
    pairs([("urgency", f"{found['urgency']} ({found['process']['time']}): {found['process']['how']}"), *rows])
    frameworks(found["moral_frameworks_in_tension"])
    listed("Trade-offs", found["value_trade_offs"])
    listed("Whom to ask", (group(each) for each in found["suggested_stakeholders"]))
    listed("Similar records", (precedent(each) for each in found["precedents"]))


def frameworks(rows: Sequence[Row]) -> None:
    """Frameworks with their positions."""
    if rows:
        heading("Frameworks in tension (none goes before another)")
    for each in rows:
        console().print(Text("  ") + Text(plain(each["framework"]), "cyan"), soft_wrap=True)
        line(each["position"], indent=4)


def group(row: Row) -> str:
    """A group with why it is asked."""
    text = f"{row['group']}: {row['why']}" if row.get("why") else str(row["group"])
    return text + (" (usually left out)" if row.get("usually_left_out") else "")


def precedent(row: Row) -> str:
    """A similar record, with what it shares."""
    decision = f' decided "{row["decision"]}"' if row.get("decision") else ""
    return f"{row['record']}{decision} (shares {', '.join(row['shared']) or 'its topic'})"


def record_opened(id: str, file: str, fields: Row) -> None:
    """A record that was just opened."""
    console().print(Text("opened  ", "green") + f"{id}  {plain(file)}", soft_wrap=True)
    line(f"{fields['urgency']}, due {str(fields['due'])[:16].replace('T', ' ')} UTC", indent=2)
    if fields["precedents"]:
        line("similar: " + "; ".join(precedent(each) for each in fields["precedents"]), indent=2)
    if fields["urgency"] in ("ROUTINE", "CRITICAL"):
        line(f"fill in the file, or: tractguard deliberate decide {id}", indent=2)
    else:
        line(f"next: tractguard deliberate stakeholders {id} --approve", indent=2)


def records(rows: Sequence[Row], more: int) -> None:
    """The list of records."""
    if not rows:
        line("No question waits for people." + (f" {counted(more, 'older record')}: --all" if more else ""))
        return
    made = table("id", "status", "tier", "due", "question")
    for each in rows:
        late = each["overdue"] or each["review_due"]
        due = (
            f"review {each['review_date']}" if each["status"] in ("decided", "no_agreement") else str(each["due"])[:10]
        )
        status = Text(str(each["status"]).replace("_", " "), STATUS.get(str(each["status"]), ""))
        made.add_row(
            str(each["id"]), status, str(each["urgency"]), Text(due, "red" if late else ""), plain(each["question"], 90)
        )
    console().print(made)
    for each in rows:
        for why in each["problems"]:
            console().print(Text("! ", "yellow") + plain(f"{each['id']}: {why}"), soft_wrap=True)
    if more:
        line(f"{counted(more, 'record')} more, decided or dismissed: --all")


def record(data: Row) -> None:
    """One record, everything that says something."""
    heading(f"{data['id']}  {data['question']}")
    pairs(
        [
            ("status", str(data["status"]).replace("_", " ")),
            ("urgency", data["urgency"]),
            ("due", str(data["due"])[:16] if data["status"] == "open" else ""),
            ("domain", data["domain"]),
            ("scale", data.get("scale")),
            ("file", data["file"]),
        ]
    )
    frameworks(data.get("moral_frameworks_in_tension") or [])
    listed("Trade-offs", data.get("value_trade_offs") or [])
    asked = data.get("stakeholders") or []
    approved = "approved" if data.get("stakeholders_approved") else "not approved yet"
    listed(f"Whom it is put to ({approved})", (group(each) for each in asked))
    listed("Suggested", (group(each) for each in (data.get("suggested_stakeholders") or []) if not asked))
    for each in data["rounds"]:
        one_round(each)
    listed("Similar records", (precedent(each) for each in data.get("precedents") or []))
    if data["status"] in ("decided", "no_agreement"):
        outcome_rows(data)
    for why in data["problems"]:
        console().print(Text("! ", "yellow") + plain(why), soft_wrap=True)


def record_problems(rows: Sequence[Row], number: int) -> None:
    """What is wrong with records, or worth a look."""
    for each in rows:
        style = "bright_black" if each["note"] else "red"
        place = f"{each['file']}:{each['line']}" if each["line"] else str(each["file"])
        console().print(Text(f"{plain(place)}: ", style) + plain(each["why"]), soft_wrap=True)
    wrong = sum(not each["note"] for each in rows)
    line(f"{counted(number, 'record')}, {counted(wrong, 'problem') if wrong else 'no problem'}")


def stakeholders(data: Row) -> None:
    """The list of groups, what is suggested beyond it, and whom it leaves out."""
    approved = "approved by a person" if data["approved"] else "not approved yet"
    listed(f"Whom {data['id']} is put to ({approved})", (group(each) for each in data["stakeholders"]))
    listed("Suggested", (group(each) for each in data.get("suggested") or []))
    listed("Usually left out, and left out here", (group(each) for each in data["left_out"]))


def rounds(rows: Sequence[Row], fields: Row) -> None:
    """Who was heard."""
    if not fields["stakeholders"]:
        line("No stakeholder list yet: it is approved before round 1.")
        return
    if not rows:
        line(f"A matter of tier {fields['urgency']} has no rounds: 'tractguard deliberate decide {fields['id']}'")
    for each in rows:
        one_round(each)


def one_round(row: Row) -> None:
    """One round: each group with what there is of it."""
    heading(f"Round {row['round']} ({'closed' if row['closed'] else 'open'})")
    for name, state in row["groups"].items():
        console().print(Text("  ") + Text(f"{state:10}", STATES.get(str(state), "")) + plain(name), soft_wrap=True)


def outcome_rows(fields: Row) -> None:
    """An outcome in its parts."""
    none = fields.get("none_voiced") or []
    heading("Outcome" if fields["status"] == "decided" else "Outcome: no agreement")
    pairs(
        [
            ("decision", fields.get("decision_made") or ""),
            ("put first", ", ".join(fields.get("values_prioritized") or [])),
            ("put behind", ", ".join(fields.get("values_deprioritized") or [])),
            ("what is lost", fields.get("moral_remainder") or ("none voiced" if "moral_remainder" in none else "")),
            ("why", fields.get("justification") or ""),
            ("speaks to", fields.get("precedent_applicability") or ""),
            ("review", " ".join(filter(None, (fields.get("review_date"), fields.get("review_trigger"))))),
        ]
    )
    dissent = fields.get("dissenting_perspectives") or []
    listed(
        "Dissent", (f"{each['framework']}: {each['objection']} ({', '.join(each['stakeholders'])})" for each in dissent)
    )
    if not dissent and "dissent" in none:
        line("Dissent: none voiced")


def outcome(data: Row) -> None:
    """An outcome before it is confirmed, with what it contradicts and similar records."""
    outcome_rows(data)
    for each in data["contradictions"]:
        console().print(Text("! ", "yellow") + f"contradicts {each['id']}: {plain(each['why'])}", soft_wrap=True)
        line(f'there: "{each["text"]}"', indent=4)
        line(f'here:  "{data.get("decision_made") or "no agreement"}"', indent=4)
        if each["instruction"]:
            line(f"--supersede {each['id']} ends that one with this decision", indent=4)
    listed("Ends with it", data["superseded"])
    listed("Similar records (they inform, they do not bind)", (precedent(each) for each in data["similar"]))


def decided(data: Row) -> None:
    """What became of a decision."""
    word = "decided  " if data["status"] == "decided" else "ended without agreement  "
    console().print(Text(word, "green") + plain(data["id"]), soft_wrap=True)
    if data["instruction"]:
        line(f'{data["instruction"]} "{data["decision"]}" holds from the next call on', indent=2)
    for each in data["superseded"]:
        line(f"{each} has ended", indent=2)
    for each in data["allowed"]:
        line(f"passes once: {each}", indent=2)
    line(f"review on {data['review_date']}", indent=2)
    if data.get("follow_up"):
        line(f"{data['follow_up']} takes it up again in full", indent=2)


def review(data: Row) -> None:
    """A decision at its review, with what was edited since."""
    heading(f"{data['id']}  {data['question']}")
    pairs([("decision", data["decision"]), ("review", data["review_date"]), ("trigger", data["trigger"])])
    for each in data["changed"]:
        console().print(Text("! ", "yellow") + f"edited since: {plain(each['field'])}", soft_wrap=True)
        line(f"then: {plain(each['then'], 300)}", indent=4)
        line(f"now:  {plain(each['now'], 300)}", indent=4)
    line("--keep [--next DATE] lets it stand, --reopen opens the question, --accept-edits takes edits over")
