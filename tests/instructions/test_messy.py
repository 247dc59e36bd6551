"""What people write in passing: complaints, things told before, tables, sentences that stand the other way round."""

import pytest

from tractguard.instructions.classifier import classify, read_text
from tractguard.instructions.history import record_of
from tractguard.model import in_full
from tractguard.reminder import reminder


@pytest.mark.parametrize("kind", ["prompt", "claude_md"])
@pytest.mark.parametrize(
    "sentence",
    [
        "Always rethrow errors.",
        "always hash passwords",
        "ALWAYS parametrize tests.",
        "Never stash in English.",
        "Always include a test for it.",
        "Never inline the whole table",
        "Prefer early returns.",
        "Avoid nested ternaries",
        "This project must keep working offline",
    ],
)
def test_an_order_without_exception_is_kept(sentence: str, kind: str) -> None:
    assert classify(sentence, kind, "Commands" if kind == "claude_md" else "").stored


@pytest.mark.parametrize(
    "sentence",
    [
        "I'll make the key while you are working.",
        "I am curious whether both suites pass without that rule.",
        "The linter says: never use var.",
        "My neighbour wrote: always use tabs",
        "No need for pnpm.",
        "no worries about the lockfile",
        "why are you still using npm?",
    ],
)
def test_what_asks_for_nothing_is_no_instruction(sentence: str) -> None:
    assert not classify(sentence).is_directive


@pytest.mark.parametrize(
    ("sentence", "scope"),
    [
        ("Ab jetzt nur noch pnpm benutzen", "PROJECT"),
        ("uppdatera ändringsloggen automatiskt från och med nu", "PROJECT"),
        ("à partir de maintenant, utilise pnpm", "PROJECT"),
        ("de ahora en adelante usa pnpm", "PROJECT"),
        ("с этого момента используй pnpm", "PROJECT"),
        ("今後は pnpm を使ってください", "PROJECT"),
        ("从现在开始使用 pnpm", "PROJECT"),
        ("Por ahora no toques la base de datos", "SESSION"),
        ("heute keine Commits", "SESSION"),
        ("En este PR no cambies los tests", "TASK"),
        ("Nur dieses eine Mal npm benutzen", "TASK"),
        ("今回は commit しないでください", "TASK"),
        ("Até o lançamento não mexa em billing/", "PHASE"),
        ("As long as I'm away (until Friday), don't deploy anything.", "PHASE"),
        ("Check that no token appears in the log file", "TASK"),
        ("branch names must start with feat/ or fix/", "PROJECT"),
    ],
)
def test_how_long_it_holds_in_any_language(sentence: str, scope: str) -> None:
    assert read_text(sentence)[0].temporal_scope == scope


def constraint(sentence: str, kind: str = "prompt", before: str = "") -> tuple[str, dict[str, object]]:
    found = classify(sentence, kind, "", before).constraints
    assert len(found) == 1, found
    return found[0].type, {key: value for key, value in found[0].data.items() if key in KEYS}


KEYS = ("glob", "permit", "except", "use", "forbid", "value", "service", "pattern", "constructs", "unless", "action")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("I said no npm!", ("forbid_command", {"pattern": ["npm"]})),
        ("You keep using npm.", ("forbid_command", {"pattern": ["npm"]})),
        ("I told you not to touch legacy/!", ("forbid_path", {"glob": ["legacy/**"]})),
        ("Never touch legacy/!", ("forbid_path", {"glob": ["legacy/**"]})),
        ("keep migrations/ as it is", ("forbid_path", {"glob": ["migrations/**"]})),
        ("vendor/ stays untouched", ("forbid_path", {"glob": ["vendor/**"]})),
        ("don't mess with vendor/", ("forbid_path", {"glob": ["vendor/**"]})),
        ("Until we ship no changes to billing/.", ("forbid_path", {"glob": ["billing/**"], "unless": "we ship"})),
        ("In `legacy/` you may edit freely.", ("forbid_path", {"glob": ["legacy/**"], "permit": True})),
        ("In legacy/patches/ you may.", ("forbid_path", {"glob": ["legacy/patches/**"], "permit": True})),
        ("Anything under docs/ you can edit without asking.", ("forbid_path", {"glob": ["docs/**"], "permit": True})),
        ("You can edit anything but migrations/.", ("forbid_path", {"glob": ["migrations/**"]})),
        ("Don't change any file except README.md", ("forbid_path", {"glob": ["**"], "except": "README.md"})),
        (
            "Instead of moment use date-fns, except in legacy/.",
            ("framework", {"use": "date-fns", "forbid": ["moment"], "except": "legacy/"}),
        ),
        ("npm is forbidden, pnpm is the only package manager allowed", ("tool_choice", {"use": "pnpm"})),
        (
            "we always had problems with redis on 6379, so it's on 6380 now",
            ("port", {"service": "redis", "value": "6380"}),
        ),
        ("Nothing goes to production without Anna's approval.", ("ask_before", {"action": ["deploy"]})),
        ("you're still adding comments to every line", ("forbid_code", {"constructs": ["comment"]})),
    ],
)
def test_a_sentence_that_stands_the_other_way_round(sentence: str, expected: tuple[str, dict[str, object]]) -> None:
    assert constraint(sentence) == expected


def test_each_service_gets_its_own_port() -> None:
    found = classify("Use port 3001 for the frontend, 3002 for the backend and 5433 for postgres.").constraints
    assert [(each.get("service"), each.get("value")) for each in found] == [
        ("frontend", "3001"), ("backend", "3002"), ("postgresql", "5433"),
    ]  # fmt: skip


TABLE = "| Service | URL | Port |\n|:--|---|--:|\n| **PostgreSQL** | db.example | 5544 |\n| Redis | cache.example | `6390` |\n"


@pytest.mark.parametrize("kind", ["prompt", "claude_md"])
def test_a_table_of_ports_states_them(kind: str) -> None:
    units = read_text(TABLE, kind)
    found = [(each.get("service"), each.get("value")) for unit in units if unit.stored for each in unit.constraints]
    assert found == [("postgresql", "5544"), ("redis", "6390")]


def test_another_table_states_nothing() -> None:
    assert not [
        unit for unit in read_text("| Name | Port |\n|---|---|\n| left | starboard |\n", "claude_md") if unit.stored
    ]


NESTED = "- Never edit `src/generated/`:\n  - regenerate with `make gen`\n- Never use:\n  - `git push --force`\n"


def test_what_stands_below_a_whole_order_is_not_shut_out_by_it() -> None:
    found = {unit.text: [each.type for each in unit.constraints] for unit in read_text(NESTED, "claude_md")}
    assert found == {
        "Never edit `src/generated/`:": ["forbid_path"],
        "regenerate with `make gen`": [],
        "Never use:": [],
        "`git push --force`": ["forbid_command"],
    }


def kept(text: str, kind: str = "claude_md") -> dict[str, object]:
    unit = next(each for each in read_text(text, kind) if each.stored)
    return record_of(unit, id="inst_001", now=0.0, source="file", origin="")


def test_an_item_below_never_is_told_with_its_heading() -> None:
    record = kept("## Never\n- force-push\n")
    assert (record["text"], in_full(record)) == ("force-push", "Never: force-push")
    assert "- Never: force-push (inst_001)" in reminder([record], 400)


def test_an_item_that_says_it_itself_is_told_as_it_is() -> None:
    assert in_full(kept("## Never\n- Never force-push\n")) == "Never force-push"


def test_a_rule_for_some_files_is_told_with_them() -> None:
    record = {**kept("- Use yarn.\n"), "scope": ["web/**"]}
    assert "- Use yarn. [in web/**] (inst_001)" in reminder([record], 400)


def test_the_mark_of_a_list_is_not_kept() -> None:
    assert kept("- never push to main\n", "prompt")["text"] == "never push to main"
