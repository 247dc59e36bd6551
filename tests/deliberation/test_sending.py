"""What goes out to people, and what the ledger keeps: invitations, the page, the links between call and decision."""

from pathlib import Path

from tests.deliberation.desk import Desk
from tractguard.deliberation.known import known
from tractguard.ledger import Ledger

NEWSLETTER = "Subscribe every user to the newsletter"
ROUTINE = ("--routine",)


def test_invitations_speak_each_group_s_language(desk: Desk, tmp_path: Path) -> None:
    id = desk.opened()
    desk.tg("deliberate", "stakeholders", id, "--speak", "users=de formal", "--speak", "support staff=fr")
    desk.typed("y\n", "stakeholders", id, "--approve")
    done = desk.tg(
        "deliberate", "invite", id, "--contact", "a@example.org", "--by", "2026-12-24", "--out", str(tmp_path / "out")
    )
    texts = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    german, french = texts[f"{id}-users.md"], texts[f"{id}-support-staff.md"]
    assert ("Selbstbestimmung" in german, "bis 2026-12-24" in german, "autonomie" in french) == (True, True, True)
    assert (done.returncode, [name for name, text in texts.items() if "{{" in text]) == (0, [])
    assert "fr plain" not in done.stdout


def test_an_invitation_in_a_language_of_one_s_own(desk: Desk) -> None:
    id = desk.opened()
    desk.tg("deliberate", "stakeholders", id, "--speak", "users=pl")
    desk.typed("y\n", "stakeholders", id, "--approve")
    done = desk.tg("deliberate", "invite", id, "--group", "users")
    assert "there is no template for pl plain: en plain was used" in done.stdout
    own = desk.repo / ".claude/deliberations/templates"
    own.mkdir()
    (own / "invitation.pl.plain.md").write_text("Prosimy: {{question}}\n")
    assert f"Prosimy: {NEWSLETTER}" in desk.tg("deliberate", "invite", id, "--group", "users").stdout


def test_the_page_escapes_what_people_wrote(desk: Desk) -> None:
    id = desk.opened("Is <script>alert(1)</script> fair to users?")
    page = desk.tg("deliberate", "export", id, "--html", "-").stdout
    assert ("<script" in page, "&lt;script&gt;" in page, "viewport" in page, "@media print" in page) == (
        False,
        True,
        True,
        True,
    )
    assert [word for word in ("http://", "https://", "src=", "url(") if word in page] == []


def test_the_ledger_links_everything(desk: Desk) -> None:
    id = desk.opened("Which greeting for the mailing?", *ROUTINE)
    desk.decided(id, "--allow", "python manage.py greet")
    with Ledger.open(str(desk.repo / ".claude/tractguard/ledger.db"), create=False) as ledger:
        mine = known(ledger)[id]
        rows = [entry.json()["deliberation"] for entry in ledger.entries() if '"deliberation":' in entry.record]
    assert [row["step"] for row in rows] == ["opened", "stakeholders approved", "decided"]
    assert (mine.status, mine.instruction, rows[2]["allowed"][0]["what"]) == (
        "decided",
        "inst_001",
        "Bash: python manage.py greet",
    )
