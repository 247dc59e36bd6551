"""What whole instruction files name without ordering it: descriptions, examples, other objects, one case only."""

from typing import Any

import pytest

from tractguard.instructions.constraints import constraints_of


def read(text: str, heading: str = "", before: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = constraints_of(text, heading, before, "claude_md")
    return [(each.type, {key: value for key, value in each.data.items() if key != "words"}) for each in found]


# (sentence, heading, the type of constraint that it must not give)
NAMED_ONLY = [
    ("You run where `SANDBOX_MODE=1` will be set by the shell.", "", "env_var"),
    ("The test must fail with `USE_SYSTEM=1 app test <file>`.", "", "env_var"),
    ("Add a step like the others (e.g. `SUITE=Smoke`).", "", "env_var"),
    ("Reproduce with the same variables (especially `LEGACY=1` when present).", "", "env_var"),
    ("Use `TRACE=1` to see the queries.", "", "env_var"),
    ("Use `DEBUG=app` for debug logging", "", "env_var"),
    ("Both `dev` and `build` produce bundles with `APP_ENV=development`.", "", "env_var"),
    ("Use `MODEL_FILE=/path/model.bin` when tests need weights.", "", "env_var"),
    ("Run with `RUST_BACKTRACE=1` for full backtrace", "", "env_var"),
    ("`app.config.mjs:5` holds the defaults", "", "config"),
    ("Set timeout to 90+ minutes.", "", "config"),
    ("Always put `#[wire(name = 3)]` on public fields", "", "config"),
    ("Every file starts with `declare(strict_types=1);`.", "", "config"),
    ("Security is on; disable it with `-Dapp.security=false` or with `-Dapp.auth=false`.", "", "config"),
    ("Read the tokens (`docs/design.md:77`) before styling", "", "port"),
    ("`make docs` builds them (served at http://localhost:8000)", "", "port"),
    ("`compose.yml` published 2665, but Postgres listens on 5432.", "Known bugs already fixed", "port"),
    ("`cache.lock` is an alternate manifest for a PHP 8.3 target.", "", "version"),
    ("Do not flag syntax that needs Python 3.14 as an issue.", "", "version"),
    ("Do not create ad-hoc environments outside the package folder.", "", "forbid_path"),
    ("Never add fragments for `providers/` — they are made from `git log`.", "", "forbid_path"),
    ("Save drafts through `server/drafts.js`; never write them into the filter directly.", "", "forbid_path"),
    ("Presenters are generated/nested by the menu; do not edit their names by hand.", "", "forbid_path"),
    (
        "**Never add notes for `lib/`** — its managers write them from `git log` and read nothing else.",
        "",
        "forbid_command",
    ),
    ("Run `just fmt` when you are done; do not ask for approval to run it.", "", "forbid_command"),
    ("Only run `just fix` without `-p` if shared crates changed.", "", "forbid_command"),
    ("**NEVER mix** npm and yarn in the same project", "", "forbid_command"),
    ("`uv run` operates without manual `source .venv/bin/activate`.", "", "forbid_command"),
    ("You never invoke `./build/debug/app` directly.", "", "forbid_command"),
    ("**204 No Content**: use `head :no_content`", "", "forbid_command"),
    ("Never commit: phone numbers, booking codes or anything from the guests.", "", "forbid_command"),
    ("Never print secrets in responses, commits, or shared logs.", "", "forbid_action"),
    ("run mypy and pylint", "", "tool_choice"),
    ("Run `script/setup` to get all dependencies (pylint, hooks, etc.).", "", "tool_choice"),
    ("Check for `yarn.lock` → use `yarn`", "", "tool_choice"),
    ("If the build fails: ensure Docker has enough disk space", "", "tool_choice"),
    ("Never add dependencies directly in `build.gradle` files", "", "no_new_dependency"),
    ("Texts are constants, not gettext calls despite the dependency.", "", "no_new_dependency"),
    ("**No FIXME**: use TODO instead of FIXME", "", "dependency"),
    ("**No FIXME**: use TODO instead of FIXME", "", "forbid_code"),
    ("The app container has **no `ports:`** of its own", "", "forbid_code"),
    ("The font library does not parse variable fonts (`fvar`).", "", "forbid_code"),
    ("Never expose users (`User`) in public responses.", "", "forbid_code"),
    ("Do NOT use double backtick formatting (` ``code`` `).", "", "forbid_code"),
    ("No unreferenced `volumes:`.", "", "forbid_code"),
    ("Names can be used without `from __future__ import annotations`.", "", "forbid_code"),
    ("Do not add a `# Summary` header.", "PR descriptions", "forbid_code"),
    ("Work only in `acme/shop`.", "", "forbid_code"),
    ("If the build fails, fix the errors before committing.", "", "require_before"),
    ("Or build the assets with `bin/assets --build` before running tests", "", "require_before"),
    ("Read the issue (`gh issue view`) before writing code", "Working on issues", "require_before"),
    ("You MUST complete the baseline build BEFORE making any code changes.", "When running under CI", "require_before"),
    ("Run `make all` before CI push, or when changes span multiple packages.", "", "require_after"),
    ("Update the changelog when needed.", "", "doc_update"),
    ("Verify current branch follows naming: `release/x.y`", "", "branch"),
    ("Current branch: `claude/notes-0123`", "Branch naming", "branch"),
    ("Run `cargo fmt --all -- --check`.", "", "command"),
    ("For example, run `cargo test -p app-tui` for the terminal.", "", "command"),
]


@pytest.mark.parametrize(("text", "heading", "kind"), NAMED_ONLY)
def test_what_is_only_named_gives_no_constraint(text: str, heading: str, kind: str) -> None:
    assert [each for each in read(text, heading) if each[0] == kind] == []


# (sentence, heading, type, what the constraint must say)
KEPT = [
    ("Set `APP_ENV=test` for every run.", "", "env_var", {"name": "APP_ENV", "value": "test"}),
    ("Use `pnpm`, not `npm`.", "", "tool_choice", {"use": "pnpm"}),
    ("Never run `git log`.", "", "forbid_command", {"pattern": ["git log"]}),
    ("Never run `pytest` directly.", "", "forbid_command", {"bare": True}),
    ("Never `docker restart` a sidecar alone.", "", "forbid_command", {"when": "a sidecar alone"}),
    ("Only edit `lang/en.json` directly.", "", "forbid_path", {"glob": ["lang/*.json"], "except": "lang/en.json"}),
    ("The `uv.lock` file is generated by `uv lock`.", "", "forbid_path", {"op": "edit"}),
    ("Never touch `db/versions/`; generate with alembic.", "", "forbid_path", {"use": "alembic"}),
    ("No `Date.now()` or other clocks in render", "", "forbid_code", {"when": "in render"}),
    ("Never use `location.reload()` to fix state", "", "forbid_code", {"when": "to fix state"}),
    ("Prefer `interface` over `type`.", "", "forbid_code", {"pattern": ["type"]}),
    (
        "Type hints everywhere, no `Any`.",
        "",
        "forbid_code",
        {"pattern": [": Any", "-> Any", "[Any", "import Any"], "lang": "python"},
    ),
    ("No `any` in TypeScript.", "", "forbid_code", {"lang": "typescript"}),
    ("No `version:` key", "Compose rules", "forbid_code", {"scope": ["**/docker-compose*.y*ml", "**/compose*.y*ml"]}),
    (
        "In `core`, functions with a `session` argument must not call `x.commit()`.",
        "",
        "forbid_code",
        {"scope": "core/"},
    ),
    (
        "Never add a dependency without checking what is there.",
        "",
        "no_new_dependency",
        {"unless": "checking what is there"},
    ),
    (
        "For type errors only: use `make types` instead of `make all`.",
        "",
        "tool_choice",
        {"when": "for type errors only"},
    ),
    ("Follow conventional commits for PR titles", "", "commit_msg", {"for": "pull requests"}),
    (
        "✅ `yarn build` or `npm run build` before committing",
        "",
        "require_before",
        {"do": "`yarn build` or `npm run build`"},
    ),
    ("Run affected tests after changes: `pytest tests/module/`", "", "require_after", {"do": "run tests"}),
    ("Fix type errors before committing.", "", "require_before", {"before": "git commit"}),
]


@pytest.mark.parametrize(("text", "heading", "kind", "says"), KEPT)
def test_what_is_ordered_stays_with_its_condition(text: str, heading: str, kind: str, says: dict[str, Any]) -> None:
    found = next((data for each, data in read(text, heading) if each == kind), {})
    assert {key: found.get(key) for key in says} == says


def test_a_step_of_a_labelled_item_is_about_its_label() -> None:
    found = read("Run `make toggles` after changes.", before="- **Feature toggles**: Defined in `flags/`.")
    assert [data["after"] for kind, data in found if kind == "require_after"] == ["changes to feature toggles"]


@pytest.mark.parametrize(
    ("text", "heading", "ending"),
    [
        ("C/C++: 4-space indentation", "", "**/*.cc"),
        ("Python: `snake_case` for functions", "", "**/*.py"),
        ("Use tabs for indentation", "style > go", "**/*.go"),
        ("Use `snake_case` for functions", "rust coding guidelines", "**/*.rs"),
    ],
)
def test_a_style_of_one_language_holds_in_its_files(text: str, heading: str, ending: str) -> None:
    found = read(text, heading)
    assert found
    assert all(ending in data["scope"] for _, data in found)


def test_a_style_of_no_language_or_of_several_holds_as_it_says() -> None:
    assert all("scope" not in data for _, data in read("Use `snake_case` for functions", "code style"))
    assert all("scope" not in data for _, data in read("Python: 4 spaces; TypeScript: 2 spaces"))


def test_these_that_are_not_run_by_some_means() -> None:
    found = read("Do NOT run these directly with `./out/tool test`.", "", "Run them via `cargo test`:")
    assert [data["pattern"] for _, data in found] == [["./out/tool test"]]


def test_a_step_that_is_to_be_run_is_the_command() -> None:
    found = read("Before committing, make sure `tools/format.js` is run to format your code")
    assert [data["do"] for kind, data in found if kind == "require_before"] == ["tools/format.js"]


def test_the_moment_of_a_push_is_no_condition_of_a_push() -> None:
    [(_, data)] = read("When pushing updates to the PR, never force push.")
    assert "when" not in data


def test_a_folder_below_another_one_and_what_is_made_anew() -> None:
    found = read("`gen/`: Generated bindings (auto-generated, do not edit)", "layout", "Sources (`src/`):")
    assert found == [("forbid_path", {"glob": ["src/gen/**"], "op": "write"})]
