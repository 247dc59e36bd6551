"""A record as one page to send round: self-contained, readable on a phone, printable. Cold.

Everything that people wrote is escaped; of Markdown it knows paragraphs, headings, lists, quotes, code and emphasis.
The page loads nothing and runs nothing.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from tractguard.deliberation.drafting import template
from tractguard.deliberation.record import split
from tractguard.deliberation.rounds import COMMENT
from tractguard.deliberation.tiers import process_of

CODE = re.compile(r"`([^`]+)`")
STRONG = re.compile(r"\*\*([^*]+)\*\*")
SOFT = re.compile(r"(?<![\w*])[*_]([^*_\s][^*_]*)[*_](?![\w*])")
STATUS = {"open": "open", "decided": "decided", "no_agreement": "ended without agreement", "dismissed": "dismissed"}


def page(fields: Mapping[str, Any], text: str, root: str) -> str:
    """The whole page of a record."""
    filled = template("deliberation.html", root)
    body = "\n".join((*head(fields), *outcome(fields), *analysis(fields), *whom(fields), *discussion(split(text)[1])))
    return filled.replace("{{title}}", escape(str(fields["question"]))).replace("{{content}}", body)


def head(fields: Mapping[str, Any]) -> Iterator[str]:
    """The question, and where it stands."""
    tier = str(fields["urgency"])
    yield f'<p><span class="tag">{STATUS[str(fields["status"])]}</span> <span class="tag">{escape(tier)}</span></p>'
    yield f"<h1>{escape(str(fields['question']))}</h1>"
    rows = [
        ("record", fields["id"]),
        ("opened", str(fields["opened"])[:10]),
        ("due", str(fields.get("due") or "")[:10] if fields["status"] == "open" else ""),
        ("process", f"{process_of(tier)['how']} ({process_of(tier)['time']})"),
        ("scale", fields.get("scale")),
        ("harm", fields.get("harm_type")),
    ]
    yield described(rows)
    if fields.get("dismissed"):
        reason = escape(str(fields["dismissed"]["reason"]))
        yield f'<div class="box"><strong>No matter of values:</strong> {reason}</div>'


def outcome(fields: Mapping[str, Any]) -> Iterator[str]:
    """The decision with what is lost, who objects and why; nothing where there is none."""
    if fields["status"] not in ("decided", "no_agreement"):
        return
    none = fields["none_voiced"]
    yield "<h2>Outcome</h2>"
    said = fields.get("decision_made") or "No agreement was reached. What was stopped stays stopped."
    yield f'<div class="box">{inline(str(said))}</div>'
    rows = [
        ("put first", ", ".join(fields["values_prioritized"]).replace("_", " ")),
        ("put behind", ", ".join(fields["values_deprioritized"]).replace("_", " ")),
        ("what is lost", fields.get("moral_remainder") or ("none voiced" if "moral_remainder" in none else "")),
        ("why", fields.get("justification")),
        ("speaks to", fields.get("precedent_applicability")),
        ("binding", "no: it informs later decisions"),
        ("review", " ".join(filter(None, (fields.get("review_date"), fields.get("review_trigger"))))),
    ]
    yield described(rows)
    yield "<h3>Dissent</h3>"
    for each in fields["dissenting_perspectives"]:
        held = escape(f"{each['framework']}; held by {', '.join(each['stakeholders'])}")
        yield f"<blockquote>{inline(str(each['objection']))}<br>{held}</blockquote>"
    if not fields["dissenting_perspectives"]:
        yield f"<p>{'None voiced.' if 'dissent' in none else 'The positions below stand as they are.'}</p>"


def analysis(fields: Mapping[str, Any]) -> Iterator[str]:
    """The frameworks with their positions, and what pulls against what. The order says nothing."""
    if fields["moral_frameworks_in_tension"]:
        yield "<h2>Frameworks in tension</h2>"
        yield '<p class="soft">None of them goes before another; the order says nothing.</p>'
        for each in fields["moral_frameworks_in_tension"]:
            yield f"<h3>{escape(str(each['framework']))}</h3><p>{inline(str(each['position']))}</p>"
    if fields["value_trade_offs"]:
        yield "<h2>Trade-offs</h2>" + bulleted(fields["value_trade_offs"])
    if fields["precedents"]:
        yield "<h2>Similar records</h2>" + bulleted(
            [f"{each['record']} ({', '.join(each['shared']) or 'same topic'})" for each in fields["precedents"]]
        )


def whom(fields: Mapping[str, Any]) -> Iterator[str]:
    """The groups that are asked, or that are suggested."""
    rows = fields["stakeholders"] or fields["suggested_stakeholders"]
    if not rows:
        return
    approved = fields.get("stakeholders_approved")
    state = f"approved by a person on {str(approved['time'])[:10]}" if approved else "not approved yet"
    yield f'<h2>Who is asked</h2><p class="soft">{state}</p>'
    yield bulleted([f"{each['group']}: {each['why']}" if each.get("why") else str(each["group"]) for each in rows])


def discussion(body: str) -> Iterator[str]:
    """What was said in the rounds: the record's own text below its title."""
    lines = COMMENT.sub("", body).split("\n")
    start = next((at for at, line in enumerate(lines) if line.startswith("# ")), -1)
    yield from blocks(lines[start + 1 :])


def blocks(lines: Sequence[str]) -> Iterator[str]:
    """Markdown as HTML, block by block."""
    held: list[str] = []
    fenced: list[str] | None = None
    for line in (*lines, ""):
        if line.lstrip().startswith("```"):
            if fenced is not None:
                yield "<pre>" + escape("\n".join(fenced)) + "</pre>"
            fenced = [] if fenced is None else None
        elif fenced is not None:
            fenced.append(line)
        elif line.startswith("#") or not line.strip():
            if held:
                yield block(held)
                held = []
            level = len(line) - len(line.lstrip("#"))
            if 0 < level <= 6:
                yield f"<h{max(2, level)}>{inline(line[level:].strip())}</h{max(2, level)}>"
        else:
            held.append(line)
    if fenced:
        yield "<pre>" + escape("\n".join(fenced)) + "</pre>"


def block(lines: Sequence[str]) -> str:
    """A list, a quotation or a paragraph."""
    bare = [line.strip() for line in lines]
    if all(line.startswith(("- ", "* ")) for line in bare):
        return bulleted([line[2:] for line in bare])
    if all(line.startswith(">") for line in bare):
        return f"<blockquote>{'<br>'.join(inline(line.lstrip('> ')) for line in bare)}</blockquote>"
    return f"<p>{inline(' '.join(bare))}</p>"


def inline(text: str) -> str:
    """One line of text: escaped, with emphasis and code."""
    safe = escape(text.removeprefix("\\"))
    return SOFT.sub(r"<em>\1</em>", STRONG.sub(r"<strong>\1</strong>", CODE.sub(r"<code>\1</code>", safe)))


def bulleted(texts: Sequence[str]) -> str:
    """A list."""
    return "<ul>" + "".join(f"<li>{inline(str(each))}</li>" for each in texts) + "</ul>"


def described(rows: Sequence[tuple[str, Any]]) -> str:
    """Names with what is said of them; those without are left out."""
    cells = "".join(f"<dt>{name}</dt><dd>{inline(str(value))}</dd>" for name, value in rows if value)
    return f"<dl>{cells}</dl>"
