"""Code and SQL that decide for people: a consent given by default, a consent set by a statement, a way out taken away.
TG717, and TG720 for accessible names.

Only where the added lines say it plainly: a consent box that starts ticked, a consent that defaults to true, an update
that sets everybody's consent, a link to leave or an accessible name removed from a page. Tests, stories, fixtures,
documents and migrations' down parts pass. It refuses to guess what a page is for.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from tractguard.model import Fact
from tractguard.rules.destructive import Loss, Rule, Scene, bash, parts_of, rule, shown
from tractguard.tables import table

_LONGEST = 60_000  # characters of one text
_TICKED = (
    r"\bdefaultChecked(?!\s*=\s*\{\s*(?:false|[a-zA-Z_]))|\bdefaultChecked\s*=\s*\{?\s*true"
    r"|(?<![-\w.:@])checked(?=\s|>|/|=\"checked\"|=\"true\"|=\{true\})(?!=\{[^t])"
)
_YES = (
    r"(?i:default(?:_value|value)?[\"']?\s{0,3}[:=(]?\s{0,3}[\"']?true\b|\bdefault\s{1,3}true\b|(?:\?\?|\|\|)\s{0,3}true\b"
    r"|server_default\s{0,3}=\s{0,3}[\"']?(?:true|1))"
)
_PAGES = (".tsx", ".jsx", ".vue", ".svelte", ".html", ".htm", ".erb", ".hbs", ".mjml", ".liquid", ".twig", ".ejs",
          ".pug", ".astro", ".php", ".cshtml", ".njk", ".jinja", ".j2")  # fmt: skip
_NOT_LIVE = frozenset("test tests spec specs stories story fixture fixtures mock mocks seed seeds docs doc example"
                      " examples e2e cypress playwright storybook snapshots demo testdata".split())  # fmt: skip
_NAMES = r"(?i:\baria-label\s{0,3}=|\balt\s{0,3}=\s{0,3}[\"'{][^\"'}]|\baria-labelledby\s{0,3}=)"
_TAGS = r"<([a-zA-Z][\w.]{0,40})"
_LINKS = r"(?i:<(?:a|button|link|NavLink)\b)"
_GRANTS = ("true", "1", "now", "'granted'", "'yes'", "current_timestamp")
_ONE = r"\bwhere (?:\w{1,60}\.)?(?:id|email|user_id)\b"


@cache
def _consents() -> tuple[str, ...]:
    return tuple(str(table("boundaries_calls")["consent_words"]).split())


def _about_consent(text: str) -> bool:
    """Whether a line names the consent of people, in the spellings of code."""
    low = text.lower().replace("-", "_").replace(" ", "_")
    return any(word.replace("-", "_") in low for word in _consents())


def decides(scene: Scene) -> Iterator[Loss]:
    """Everything in a call that decides for people."""
    for fact in scene.of("code"):
        if _live(scene.rel(fact.name)):
            yield from _given(fact, scene)
    yield from _taken_away(scene)
    yield from _by_sql(scene)


def _live(path: str) -> bool:
    """Whether a file is part of what people will use, by its name."""
    return not path.endswith((".md", ".mdx", ".txt", ".rst", ".lock")) and _NOT_LIVE.isdisjoint(parts_of(path))


def _given(fact: Fact, scene: Scene) -> Iterator[Loss]:
    """A consent that is there before anybody gave it."""
    lines = [str(text) for _, text in (fact.data.get("lines") or ())][:5000]
    for at, line in enumerate(lines):
        near = " ".join(lines[max(0, at - 3) : at + 4])[:2000]
        ticked = (
            "hecked" in line and 'ype="radio' not in near and re.search(_TICKED, line[:2000]) and _about_consent(near)
        )
        defaults = "rue" in line and re.search(_YES, line[:2000]) and _about_consent(line)
        if (ticked or defaults) and "disabled" not in near:
            says = f"{shown(scene.rel(fact.name), 60)} gives people's consent before they did: {shown(line, 70)}"
            yield Loss(fact, says, subject=f"consent {fact.name}")
            return


def _taken_away(scene: Scene) -> Iterator[Loss]:
    """A link to leave that an edit takes out of a page."""
    for fact, path, old, new in _pages(scene):
        ways = str(table("boundaries_calls")["leave_words"]).split()
        leave = [word for word in ways if word in old and word not in new]
        if leave and len(re.findall(_LINKS, new)) < len(re.findall(_LINKS, old)):
            says = f"this edit takes {shown(leave[0], 40)} out of {shown(scene.rel(path), 60)}"
            yield Loss(fact, says, confidence=0.8, subject=f"leave {path}")


def unnamed(scene: Scene) -> Iterator[Loss]:
    """An accessible name that an edit takes from an element that stays."""
    for fact, path, old, new in _pages(scene):
        if _unnamed(old, new):
            says = f"this edit takes the names that a screen reader speaks out of {shown(scene.rel(path), 60)}"
            yield Loss(fact, says, confidence=0.8, subject=f"names {path}")


def _pages(scene: Scene) -> Iterator[tuple[Fact, str, str, str]]:
    """(fact, path, replaced text, new text) of each edit of a page that people will see."""
    given = scene.event.input
    path = str(given.get("file_path") or "")
    fact = next(iter(scene.of("code", "write")), None)
    if fact is None or not path.endswith(_PAGES) or not _live(scene.rel(path)):
        return
    for old, new in _edits(given):
        if len(old) <= _LONGEST and len(new) <= _LONGEST:
            yield fact, path, old, new


def _unnamed(old: str, new: str) -> bool:
    """Whether an element stays and its accessible name goes, without the same words beside it."""
    if not re.search(_NAMES, old) or re.search(_NAMES, new):
        return False
    stays = not set(re.findall(_TAGS, old)).isdisjoint(re.findall(_TAGS, new))
    return stays and not _only_moved(old, new)


def _only_moved(old: str, new: str) -> bool:
    """Whether what was named is written as text, or named by other means, in the new version."""
    words = [part for part in re.findall(r"(?:aria-label|alt)\s*=\s*[\"']([^\"']{2,80})", old) if part in new]
    return bool(words) or "aria-hidden" in new or "sr-only" in new or 'role="presentation"' in new or "{..." in new


def _edits(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    several = given.get("edits")
    for each in (given, *(several if isinstance(several, list) else ())):
        if isinstance(each, dict) or each is given:
            old, new = each.get("old_string"), each.get("new_string")
            if isinstance(old, str) and isinstance(new, str):
                yield old, new


def _by_sql(scene: Scene) -> Iterator[Loss]:
    """A statement that sets the consent of many people."""
    for fact in scene.of("sql"):
        if fact.name != "update" or "file" in fact.data or _local(fact):
            continue
        low = " ".join(fact.value.lower().split())
        sets = low.partition(" set ")[2].partition(" where ")[0]
        yes = any(f"={mark}" in sets.replace(" ", "") for mark in _GRANTS)
        if yes and _about_consent(sets) and not re.search(_ONE, low):
            says = f"{shown(fact.value, 90)} gives consent in people's names"
            yield Loss(fact, says, subject="consent sql")


def _local(fact: Fact) -> bool:
    said = parts_of(f"{fact.data.get('database') or ''} {fact.data.get('service') or ''}")
    return not {"test", "dev", "development", "local", "sandbox"}.isdisjoint(said)


def _edit(path: str, old: str, new: str) -> dict[str, object]:
    return {"tool": "Edit", "input": {"file_path": path, "old_string": old, "new_string": new}}


def _write(path: str, content: str) -> dict[str, object]:
    return {"tool": "Write", "input": {"file_path": path, "content": content}}


_BAD_PAGE = '<input type="checkbox" name="newsletter" checked> Send me offers'
_NAMED = '<button aria-label="Close"><X /></button>'

RULES: tuple[Rule, ...] = (
    rule(
        "TG717",
        "decided for people",
        "boundary_code",
        decides,
        bad=(
            _write("/repo/src/Signup.tsx", "<Checkbox defaultChecked name='newsletter' />\n"),
            _edit("/repo/web/signup.html", "<p>", _BAD_PAGE),
            _edit("/repo/app/models.py", "x", "    marketing_opt_in = models.BooleanField(default=True)"),
            _edit("/repo/mail/foot.mjml", '<a href="{{unsubscribe_url}}">unsubscribe</a>', ""),
            bash('psql -c "UPDATE users SET marketing_consent = true WHERE country = 7"'),
        ),
        good=(
            _write("/repo/src/Signup.tsx", "<Checkbox defaultChecked={false} name='newsletter' />\n"),
            _write("/repo/src/Signup.tsx", "<Checkbox defaultChecked={prefs.newsletter} />\n"),
            _write("/repo/src/Theme.tsx", "<Checkbox defaultChecked name='darkMode' />\n"),
            _write("/repo/tests/signup.test.tsx", "<Checkbox defaultChecked name='newsletter' />\n"),
            _edit("/repo/src/feed.ts", "const off = source.unsubscribe()", "source.complete()"),
            bash('psql -c "UPDATE users SET newsletter = true WHERE id = 4"'),
            bash("grep -rn 'marketing_opt_in = True' app"),
        ),
    )._replace(domain="user_agency"),
    rule(
        "TG720",
        "accessible names",
        "boundary_code",
        unnamed,
        bad=(
            _edit("/repo/src/Dialog.tsx", _NAMED, "<button><X /></button>"),
            _edit("/repo/web/index.html", '<img alt="The team" src="team.jpg">', '<img src="team.jpg">'),
        ),
        good=(
            _edit("/repo/src/Dialog.tsx", _NAMED, "<button><span>Close</span></button>"),
            _edit("/repo/src/Dialog.tsx", _NAMED, '<button aria-label={t("close")}><X /></button>'),
            _edit("/repo/src/Dialog.test.tsx", _NAMED, "<button><X /></button>"),
        ),
    )._replace(domain="values"),
)
