"""Sentences with the one constraint each must yield, sentences that yield none, and what holds for any text."""

import json
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tractguard.instructions.constraints import constraints_of
from tractguard.model import Constraint

_ROWS = os.path.join(os.path.dirname(__file__), "constraints.jsonl")

with open(_ROWS, encoding="utf-8") as _lines:
    ROWS = [json.loads(line) for line in _lines]

SAID = [row for row in ROWS if row["type"]]
SILENT = [row for row in ROWS if not row["type"]]
CUES = "never use not instead of before after `npm test` (main) port 27017, src/ / - — : ; . only unless any except in "


def _read(row: dict[str, str]) -> tuple[Constraint, ...]:
    return constraints_of(row["text"], row["heading"], row["before"], row["kind"])


def _holds(constraint: Constraint, want: dict[str, object]) -> bool:
    """Whether every wanted field is there; of a list of tools, whether all the wanted ones are in it."""
    for key, value in want.items():
        got = constraint.get(key)
        if key in ("instead_of", "said") and isinstance(value, list):
            if not set(value) <= set(constraint.list(key)):
                return False
        elif got != value:
            return False
    return True


@pytest.mark.parametrize("row", SAID, ids=[row["text"] for row in SAID])
def test_sentence_yields_its_constraint(row):
    found = [c for c in _read(row) if c.type == row["type"] and _holds(c, row["want"])]
    assert len(found) >= 1, _read(row)


@pytest.mark.parametrize("row", SILENT, ids=[row["text"] for row in SILENT])
def test_sentence_that_cannot_be_checked_yields_nothing(row):
    assert _read(row) == ()


def test_the_table_is_wide():
    assert (len(SAID) >= 250, len(SILENT) >= 80) == (True, True)


SEVERAL = [
    ("Outside Docker, Postgres is on localhost port 5436, not 5432.", ["port", "host"]),
    ("Python 3.12 only. Django stays at 4.2 LTS until the audit is over.", ["version", "version"]),
    ("Mongo is on host port 27117; inside the compose network it stays on 27017.", ["port", "port"]),
    ("Never commit or push to main.", ["branch"]),
    ("never use npm start; if you need the server started, ask me to start it", ["ask_before", "forbid_command"]),
]


@pytest.mark.parametrize(("text", "types"), SEVERAL)
def test_several_constraints_in_one_sentence(text, types):
    assert [c.type for c in constraints_of(text)] == types


LOOKALIKES = [
    ("Never commit .env files or other secrets.", "forbid_command"),
    ("Never commit .env files or other secrets.", "forbid_action"),
    ("Never use `any` in TypeScript.", "language"),
    ("Use single quotes in JavaScript.", "language"),
    ("In the UI, never use `{@html}` in Svelte.", "dependency"),
    ("We are on Rails 7.1; don't use Rails 8 features.", "dependency"),
    ("Never publish to npm.", "forbid_command"),
    ("Never edit `pyproject.toml` dependencies by hand.", "forbid_path"),
    ("Always use `===`.", "require_code"),
    ("Use `dayjs`, never `moment`.", "forbid_code"),
    ("Use Node 22.", "tool_choice"),
    ("Never push to main without a review.", "ask_before"),
    ("When done: `make finish BRANCH=X PR=N`", "env_var"),
    ("Elasticsearch is at es.internal:9201.", "config"),
    ("Use MYLIB_COMPAT=1 to smooth Python 3.14 builds.", "tool_choice"),
    ("`strict` must stay enabled in `tsconfig.json`.", "path_rule"),
    ("Don't install global packages.", "no_new_dependency"),
    ("The USA office decides.", "tool_choice"),
    ("NEVER skip `strict: true` in TypeScript configs", "forbid_code"),
    ("Never commit without running `npm test`.", "forbid_command"),
    ("Use uv for package management, never pip.", "forbid_command"),
    ("Read `package-lock.json` if you like, but never edit it.", "forbid_read"),
    ("You can edit migrations/0042_fix.py.", "forbid_read"),
    ("Ask before running `terraform apply`.", "forbid_command"),
    ("`npm test` runs the tests; never edit `dist/`.", "forbid_command"),
    ("We use PostgreSQL since 2019.", "port"),
    ("Don't forget to run `npm test`.", "forbid_command"),
    ("Do not forget to update CHANGELOG.md.", "forbid_path"),
    ("There is no need to run the tests.", "forbid_command"),
    ("You must not edit `src/a.ts` without running `make gen`.", "forbid_path"),
    ("Never push secrets to main.", "branch"),
    ("Never commit or push to main.", "forbid_action"),
    ("Never use TypeScript enums; use union types.", "language"),
    ("Never trust `req.body`.", "forbid_code"),
    ("Never commit `node_modules`.", "forbid_code"),
    ("Use `git push` to publish your branch, never `git push --force`.", "forbid_action"),
    ("Do not install packages globally.", "no_new_dependency"),
    ("Not every file needs a test; not all code uses `any`.", "forbid_code"),
    ("`npm start` is what users run.", "forbid_command"),
    ("Never put API keys in the frontend; they belong in `.env`.", "path_rule"),
    ("Don't put secrets in `.env.example`.", "forbid_path"),
    ('My colleague wrote in the ticket: "never use TypeScript".', "language"),
    ("Always use Vite path aliases.", "tool_choice"),
    ("Use pnpm scripts for that.", "tool_choice"),
    ("No hex literals, no arbitrary Tailwind values.", "dependency"),
    ("Do not add a Next.js route handler.", "dependency"),
    ("Do not expand this file—edit `docs/WEB.md` instead.", "forbid_path"),
    ("URLs are frozen. The paths are `/en` and `/fr`.", "forbid_path"),
    ("To change the schema, append a step; never edit an existing one.", "forbid_path"),
    ("Do not move fixtures to `conftest.py`.", "forbid_path"),
    ("Do not put business rules in `controllers/`.", "forbid_path"),
    ("Do not generate CHANGELOG entries from commit subjects.", "forbid_path"),
    ("Never remove comments that still hold.", "forbid_code"),
    ("Do not rename `mediaToolbar`.", "forbid_code"),
    ("Don't remove `LICENSE` or the `copyright:` field.", "forbid_code"),
    ("No `tailwind.config` needed.", "forbid_code"),
    ("Never call it done without running `make check`.", "forbid_command"),
    ("Do not include `git commit` in a plan.", "forbid_command"),
    ("Secrets stay in `.env`, never commit.", "forbid_command"),
    ("Secrets stay in `.env`, never commit.", "forbid_action"),
    ("Keep dependency lists split.", "no_new_dependency"),
    ("Log in as root with no password.", "secrets"),
    ("Run `node roll.js` to bump `playwright`.", "tool_choice"),
    ("Required engines: Bun >= 1.4.", "tool_choice"),
    ("npm 2FA needs a person.", "version"),
    ("Configure CORS for http://localhost:5173.", "port"),
    ("Keep `bun.lock` as the only lock file.", "config"),
    ("**Targets**: `min-h-11` on buttons.", "branch"),
]


@pytest.mark.parametrize(("text", "type_"), LOOKALIKES)
def test_what_a_sentence_does_not_say(text, type_):
    assert [c for c in constraints_of(text) if c.type == type_] == []


NARROWER = [
    ("Do not use panics for recoverable errors.", "forbid_code", "when", "for recoverable errors"),
    ("No `alloy` types in `core-lib`.", "forbid_code", "when", "in `core-lib`"),
    ("Do not run Biome over them.", "forbid_command", "when", "over them"),
    ("Never use the `window` globals.", "forbid_code", "pattern", None),
    ("`Options`, `Settings` are forbidden names.", "forbid_code", "pattern", None),
]


@pytest.mark.parametrize(("text", "type_", "field", "value"), NARROWER)
def test_a_narrower_exclusion_does_not_close_the_whole(text, type_, field, value):
    found = [c for c in constraints_of(text, "Naming") if c.type == type_]
    assert [c.get(field) for c in found] == [value]


def test_a_correction_keeps_the_words_of_the_person():
    found = constraints_of("Sorry, I meant 27028.", "", "MongoDB runs on port 27027", "prompt")
    assert [c.get("words") for c in found] == ["Sorry, I meant 27028."]


def test_what_might_be_meant_twice_stays_unresolved():
    before = "Compare lib/one.ts with lib/two.ts before you go on."
    assert constraints_of("never edit it", "", before, "prompt") == ()


def test_every_constraint_keeps_the_original_words():
    text = "**Never** touch `migrations/`."
    assert [c.get("words") for c in constraints_of(text)] == [text]


HIDDEN = [
    ("Never\u200b push to ma\u200bin.", "Never push to main."),
    ("Don\u2019t use npm.", "Don't use npm."),
    ("- [ ] **Use** *pnpm*, not npm.", "Use pnpm, not npm."),
]


@pytest.mark.parametrize(("marked", "plain"), HIDDEN)
def test_marks_and_invisible_characters_change_nothing(marked, plain):
    def bare(text):
        return [(c.type, {k: v for k, v in c.data.items() if k != "words"}) for c in constraints_of(text)]

    assert bare(marked) == bare(plain)


@pytest.mark.parametrize("value", [None, 3, b"never push", ["never push"], {}])
def test_what_is_no_text_yields_nothing(value):
    assert constraints_of(value) == ()


def test_a_context_that_is_no_text_is_ignored():
    assert [c.type for c in constraints_of("Never force push.", None, 7)] == ["forbid_command"]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=300), st.text(max_size=40))
def test_any_text_is_read_without_an_error_and_alike_twice(text, heading):
    assert constraints_of(text, heading) == constraints_of(text, heading)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(CUES.split(" ")), max_size=60))
def test_any_order_of_cue_words_is_read_without_an_error(words):
    text = " ".join(words)
    assert constraints_of(text) == constraints_of(text)


LONG = [
    "never use " * 60_000,
    "a/" * 200_000,
    "`" * 300_000,
    "((" * 200_000,
    "before you commit, " * 40_000,
    "use `x` instead of `y` " * 40_000,
    "*" * 300_000,
    " " * 300_000 + "x",
]


@pytest.mark.alone
@pytest.mark.parametrize("text", LONG, ids=[text[:12] for text in LONG])
def test_long_text_costs_no_more_than_its_length_warrants(text):
    constraints_of(text[:50])
    start = time.process_time()
    constraints_of(text)
    assert time.process_time() - start < 2.0


CUT = [
    "never use ",
    "a/",
    "a.",
    "`x` ",
    "(",
    "before you commit, ",
    "is not ",
    "port 1",
    "no new ",
    "- ",
    "x-",
    "*",
    "<a ",
]


@pytest.mark.alone
@pytest.mark.parametrize("piece", CUT)
def test_cost_grows_with_length_not_faster(piece):
    def cost(size):
        text = (piece * size)[:size]
        start = time.process_time()
        for _ in range(3):
            constraints_of(text)
        return time.process_time() - start

    constraints_of(piece)
    assert cost(2800) < 40 * max(cost(280), 0.002)
