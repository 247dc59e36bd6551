"""Sentences and what they come to, dimension by dimension."""

import pytest

from tractguard.instructions.classifier import classify, read_text


def five(sentence: str, kind: str = "prompt", context: str = "") -> tuple[str, str, str, str]:
    found = classify(sentence, kind, context)
    return found.quadrant, found.persistence, found.temporal_scope, found.verification_required


@pytest.mark.parametrize("kind", ["prompt", "claude_md"])
@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("This project must maintain GDPR compliance", ("STRATEGIC", "HIGH", "PERMANENT", "MANDATORY")),
        (
            "All API responses should return JSON with success/error format",
            ("OPERATIONAL", "MEDIUM", "PROJECT", "REQUIRED"),
        ),
        ("Add error handling to this specific function", ("TACTICAL", "LOW", "TASK", "OPTIONAL")),
        ("MongoDB runs on port 27017", ("SYSTEM", "HIGH", "PROJECT", "MANDATORY")),
        ("Explore different approaches to caching", ("STOCHASTIC", "VARIABLE", "PHASE", "NONE")),
    ],
)
def test_the_five_examples_of_the_framework(sentence: str, expected: tuple[str, str, str, str], kind: str) -> None:
    assert five(sentence, kind) == expected


@pytest.mark.parametrize(
    ("sentence", "scope"),
    [
        ("update the changelog when you change the API", "PROJECT"),
        ("regenerate the client after changing the schema", "PROJECT"),
        ("run the tests before you commit", "PROJECT"),
        ("Add a test when you fix this bug", "TASK"),
        ("when you add the field, bump the version in package.json", "TASK"),
    ],
)
def test_what_is_owed_along_with_any_change_stays(sentence: str, scope: str) -> None:
    assert classify(sentence, "prompt", "").temporal_scope == scope


@pytest.mark.parametrize(
    ("sentence", "least", "below"),
    [
        ("Always use port 27017", 0.9, 1.01),
        ("Prefer functional style", 0.7, 0.9),
        ("Keep code clean", 0.5, 0.7),
        ("Make it better", 0.3, 0.5),
        ("Improve this", 0.0, 0.3),
    ],
)
def test_explicitness_bands(sentence: str, least: float, below: float) -> None:
    found = classify(sentence)
    assert (found.is_directive, least <= found.explicitness < below) == (True, True)


def test_an_unusual_value_in_passing_is_kept() -> None:
    found = classify("Check MongoDB at port 27027")
    assert (found.stored, five("Check MongoDB at port 27027"), found.note) == (
        True,
        ("SYSTEM", "HIGH", "PROJECT", "MANDATORY"),
        "the default is 27017",
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "add a dark mode toggle to the settings page",
        "Fix the off-by-one error in the pager",
        "can you rename this function to load_page",
        "Write tests for the date parser",
        "please update the README with the new flags",
    ],
)
def test_one_off_tasks(sentence: str) -> None:
    assert five(sentence) == ("TACTICAL", "LOW", "TASK", "OPTIONAL")


@pytest.mark.parametrize(
    "sentence",
    [
        "What does this function do?",
        "why is the build so slow?",
        "Thanks, that works!",
        "I get a 404 when I open the page",
        "The tests fail on my machine",
        "What if we used websockets instead?",
        "Maybe we could add a plugin system one day",
        'He told me "never use tabs"',
        "TypeError: Cannot read properties of undefined",
        "> do not use this in production",
        "",
        "???",
    ],
)
def test_what_directs_nothing(sentence: str) -> None:
    found = classify(sentence)
    assert (found.is_directive, found.stored, found.quadrant, found.constraints) == (False, False, "", ())


@pytest.mark.parametrize(
    ("sentence", "heading"),
    [
        ("The service reads orders from Kafka and writes them to Postgres", "Architecture"),
        ("`src/server` - HTTP server and routing", "Layout"),
        ("`npm run dev` starts the development server", "Commands"),
        ("See `docs/testing.md` for details", "Testing"),
        ("Uses Redis for caching", "Tech stack"),
        ("How does the sync work?", "FAQ"),
        ("This repository contains the mobile app", "Overview"),
    ],
)
def test_descriptions_in_files(sentence: str, heading: str) -> None:
    assert classify(sentence, "claude_md", heading).is_directive is False


@pytest.mark.parametrize(
    ("sentence", "heading", "expected"),
    [
        ("Never edit files in `generated/`", "Rules", "forbid"),
        ("No default exports", "Conventions", "forbid"),
        ("Edit files in `dist/`", "Don't", "forbid"),
        ("Prefer composition over inheritance", "Design", "prefer"),
        ("Always run `make lint` before committing", "Workflow", "require"),
        ("Use early returns", "Style", "require"),
        ("Plugins must not import each other", "Rules", "forbid"),
    ],
)
def test_polarity(sentence: str, heading: str, expected: str) -> None:
    found = classify(sentence, "claude_md", heading)
    assert (found.is_directive, found.polarity) == (True, expected)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("never touch the migrations folder", "HIGH"),
        ("you must run the linter before each commit", "HIGH"),
        ("prefer functions over classes", "MEDIUM"),
        ("use pnpm", "HIGH"),
    ],
)
def test_persistence(sentence: str, expected: str) -> None:
    assert classify(sentence).persistence == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Until we ship, do not add new dependencies", "PHASE"),
        ("for this session, answer in German", "SESSION"),
        ("from now on always explain what you will do first", "PROJECT"),
        ("never put secrets in the repo", "PERMANENT"),
        ("fix the tooltip", "TASK"),
    ],
)
def test_temporal_scope(sentence: str, expected: str) -> None:
    assert classify(sentence).temporal_scope == expected


@pytest.mark.parametrize("sentence", ["no, I said pnpm!", "I told you to use uv", "no, use port 27027 for MongoDB"])
def test_corrections_raise_persistence(sentence: str) -> None:
    found = classify(sentence)
    assert (found.is_directive, found.correction, found.persistence) == (True, True, "HIGH")


@pytest.mark.parametrize(
    "sentence",
    ["Niemals direkt auf `main` pushen", "不要提交 `.env` 文件", "必ずテストを実行する", "Nunca edites `build/`"],
)
def test_other_languages(sentence: str) -> None:
    assert classify(sentence, "claude_md").is_directive is True


@pytest.mark.parametrize(
    ("sentence", "heading", "expected"),
    [
        ("One approval before merging", "Git rules", True),
        ("Export to PDF and CSV", "Features", False),
        ("Labels on every form field", "UI rules", True),
        ("Labels on a map of Europe", "Features", False),
        ("Repositories never call services — they only return rows", "Conventions", True),
        ("Vor jedem Release die Versionsnummer anpassen", "Regeln", True),
        ("Garder les commits petits", "Règles", True),
        ("Die Oberfläche ist in drei Sprachen verfügbar", "Überblick", False),
        ("변수 이름은 영어로 작성한다", "코딩 규칙", True),
        ("이 앱은 세 개의 화면으로 구성되어 있습니다", "개요", False),
    ],
)
def test_the_form_of_a_phrase_and_its_heading(sentence: str, heading: str, expected: bool) -> None:
    assert classify(sentence, "claude_md", heading).is_directive is expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The import breaks on empty rows, can you find out why and repair it?", True),
        ("Do you think the queue is too small?", False),
        ("My colleague says we should never use threads", False),
        ("I read that you should always pin versions", False),
    ],
)
def test_requests_and_reports_in_a_chat(sentence: str, expected: bool) -> None:
    assert classify(sentence).is_directive is expected


def test_a_short_request_without_an_object_is_not_kept() -> None:
    found = classify("Could you look into that?")
    assert (found.is_directive, found.explicitness, found.stored) == (True, 0.4, False)


def test_every_decision_has_its_evidence() -> None:
    found = classify("Never edit files in `generated/`", "claude_md", "Rules")
    assert [line.split(":")[0] for line in found.evidence] == [
        "is_directive yes",
        "quadrant OPERATIONAL",
        "persistence HIGH",
        "temporal_scope PROJECT",
        "verification_required MANDATORY",
        "polarity forbid",
        "explicitness 0.95",
    ]


def test_several_directives_in_one_message() -> None:
    found = read_text("I get a 500 on save. Use pnpm, never npm. Can you look into it? Thanks!")
    assert [directive.text for directive in found if directive.stored] == ["Use pnpm, never npm."]


@pytest.mark.parametrize("value", [None, 7, b"never"])
def test_wrong_types_are_read_as_text(value: object) -> None:
    assert classify(value).text == str(value)  # type: ignore[arg-type]
