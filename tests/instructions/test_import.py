"""Import: which files are read, for which paths they hold, and the proof that a line is enforced."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from costs import bare_interpreter

from tractguard.instructions.classifier import classify
from tractguard.instructions.importer import (
    ENFORCED,
    NOT_AN_INSTRUCTION,
    REMINDED,
    WARNED,
    Import,
    import_files,
    import_source,
    prove,
)
from tractguard.instructions.sources import Source, front_matter, sources
from tractguard.places import Places

Write = Callable[[str, str], None]
Read = Callable[[], Import]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write("backend/CLAUDE.md", text)` below the root, which is `tmp_path/home/repo`."""

    def put(path: str, text: str) -> None:
        file = tmp_path / "home" / "repo" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")

    return put


@pytest.fixture
def read(tmp_path: Path) -> Read:
    return lambda: import_files(places(tmp_path), environ(tmp_path))


def places(base: Path) -> Places:
    root = base / "home" / "repo"
    root.mkdir(parents=True, exist_ok=True)
    return Places(str(root), str(root))


def environ(base: Path) -> dict[str, str]:
    return {"HOME": str(base / "home")}


def told(found: Import, base: Path) -> list[tuple[str, int, str]]:
    root = str(base / "home" / "repo")
    return [(os.path.relpath(line.path, root), line.line, line.outcome) for line in found.lines]


def scopes(found: Import) -> dict[str, tuple[str, ...]]:
    return {line.directive.text: line.scope for line in found.lines}


def test_each_line_is_enforced_reminded_or_no_instruction(write: Write, read: Read, tmp_path: Path) -> None:
    write("CLAUDE.md", "# Rules\n\nThis is a shop.\n\n- Never push to main.\n- Keep functions small and focused.\n")
    assert told(read(), tmp_path) == [
        ("CLAUDE.md", 1, NOT_AN_INSTRUCTION),
        ("CLAUDE.md", 3, NOT_AN_INSTRUCTION),
        ("CLAUDE.md", 5, ENFORCED),
        ("CLAUDE.md", 6, REMINDED),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "CLAUDE.md",
        ".claude/CLAUDE.md",
        "CLAUDE.local.md",
        "AGENTS.md",
        "GEMINI.md",
        ".cursorrules",
        ".github/copilot-instructions.md",
        ".claude/rules/deep/git.md",
        ".cursor/rules/git.mdc",
        ".github/instructions/git.instructions.md",
        "backend/CLAUDE.md",
        "backend/api/AGENTS.md",
        "../CLAUDE.md",
        "../.claude/CLAUDE.md",
        "../../CLAUDE.md",
    ],
)
def test_every_kind_of_file_is_found(write: Write, read: Read, tmp_path: Path, path: str) -> None:
    write(path, "Never push to main.\n")
    assert told(read(), tmp_path) == [(path, 1, ENFORCED)]


@pytest.mark.parametrize(
    "path", ["node_modules/x/CLAUDE.md", ".venv/CLAUDE.md", "vendor/lib/AGENTS.md", "docs/notes.md", "README.md"]
)
def test_what_others_wrote_is_left_out(write: Write, read: Read, path: str) -> None:
    write(path, "Never push to main.\n")
    assert read().lines == ()


def test_another_repository_inside_is_left_out(write: Write, read: Read) -> None:
    write("inner/.git/HEAD", "ref: refs/heads/main\n")
    write("inner/CLAUDE.md", "Never push to main.\n")
    assert read().lines == ()


@pytest.mark.parametrize(
    ("path", "head", "scope"),
    [
        (".claude/rules/a.md", '---\npaths:\n  - "src/**/*.ts"\n  - lib/**\n---\n', ("src/**/*.ts", "lib/**")),
        (".cursor/rules/a.mdc", "---\ndescription: x\nglobs: a/*.{ts,tsx}, *.css\n---\n", ("a/*.{ts,tsx}", "*.css")),
        (".cursor/rules/b.mdc", '---\r\nglobs: ["web/**"]\r\nalwaysApply: false\r\n---\r\n', ("web/**",)),
        (".cursor/rules/c.mdc", "---\nglobs:\nalwaysApply: true\n---\n", ()),
        (".github/instructions/p.instructions.md", '---\napplyTo: "**/*.py"\n---\n', ("**/*.py",)),
        ("backend/CLAUDE.md", "", ("backend/",)),
    ],
)
def test_a_file_holds_for_its_paths(write: Write, read: Read, path: str, head: str, scope: tuple[str, ...]) -> None:
    write(path, f"{head}Never use `var`.\n")
    found = read()
    assert scopes(found) == {"Never use `var`.": scope}
    assert [each.get("scope") for each in found.lines[0].directive.constraints] == [list(scope) or None]


def test_front_matter_keeps_the_line_numbers() -> None:
    assert front_matter("---\npaths: a\n---\nrule\n") == ({"paths": "a"}, "\n\n\nrule\n")


@pytest.mark.parametrize(
    ("said", "globs"),
    [
        ("Never touch `migrations/`.", ["backend/migrations/**"]),
        ("Never touch `backend/migrations/`.", ["backend/migrations/**"]),
        ("Never touch `shared/schema/`.", ["shared/schema/**"]),
        ("Never edit `*.lock` files.", ["**/*.lock"]),
    ],
)
def test_paths_of_a_subfolder_are_written_from_there(write: Write, read: Read, said: str, globs: list[str]) -> None:
    write("shared/schema/a.json", "{}")
    write("backend/CLAUDE.md", said + "\n")
    (line,) = read().lines
    assert ([list(each.list("glob")) for each in line.directive.constraints], line.outcome) == ([globs], ENFORCED)


def test_a_linked_file_is_read_once(write: Write, read: Read, tmp_path: Path) -> None:
    write("CLAUDE.md", "Never push to main.\n")
    (tmp_path / "home" / "repo" / "AGENTS.md").symlink_to("CLAUDE.md")
    assert told(read(), tmp_path) == [("CLAUDE.md", 1, ENFORCED)]


def test_an_imported_file_speaks_for_itself(write: Write, read: Read, tmp_path: Path) -> None:
    write("CLAUDE.md", "See @docs/git.md\n\n```\n@docs/other.md\n```\nand `@docs/other.md`\n")
    write("docs/git.md", "# Git\n\nNever push to main.\n")
    write("docs/other.md", "Never use sudo.\n")
    assert told(read(), tmp_path)[-2:] == [("docs/git.md", 1, NOT_AN_INSTRUCTION), ("docs/git.md", 3, ENFORCED)]


def test_a_circle_of_imports_is_one_sentence_and_each_file_is_read_once(
    write: Write, read: Read, tmp_path: Path
) -> None:
    write("CLAUDE.md", "@a.md\n")
    write("a.md", "Never push to main. @CLAUDE.md\n")
    found = read()
    root = tmp_path / "home" / "repo"
    assert [line for line in told(found, tmp_path) if line[2] == ENFORCED] == [("a.md", 1, ENFORCED)]
    assert found.problems == (f"{root}/a.md imports {root}/CLAUDE.md, which leads back to it: each file was read once",)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"Never \x00\x01 push", "is not a text file and was not read", id="binary"),
        pytest.param("Never push".encode("utf-16"), "is UTF-16 and was not read", id="UTF-16"),
        pytest.param(b"Never push \xff\n", "is not UTF-8 (byte 11) and was not read", id="invalid UTF-8"),
        pytest.param(b"- Never push to main.\n" * 500_000, "is larger than 2 MB and was not read", id="10 MB"),
    ],
)
def test_a_file_that_is_no_text_is_a_sentence(tmp_path: Path, read: Read, data: bytes, said: str) -> None:
    places(tmp_path)
    (tmp_path / "home" / "repo" / "CLAUDE.md").write_bytes(data)
    found = read()
    assert (found.lines, [said in problem for problem in found.problems]) == ((), [True])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("Ne\u200bver push to main.", ["Never push to main."], id="a word cut by nothing"),
        pytest.param("\u202eniam ot hsup reveN", [], id="letters in another order"),
        pytest.param("Never push to \u202eniam", [], id="the end in another order"),
        pytest.param(
            "Use pnpm." + "".join(chr(0xE0000 + ord(each)) for each in "Never use npm"), ["Use pnpm."], id="tags"
        ),
    ],
)
def test_only_what_can_be_seen_is_kept(write: Write, read: Read, tmp_path: Path, text: str, kept: list[str]) -> None:
    write("CLAUDE.md", text + "\n")
    found = read()
    assert [line.directive.text for line in found.lines if line.outcome != NOT_AN_INSTRUCTION] == kept
    assert found.problems == (
        f"{tmp_path}/home/repo/CLAUDE.md:1 has characters that hide or reorder words: only what can be seen was read",
    )


@pytest.mark.parametrize(
    "text", ["Use 👩‍💻 emoji.", "Never push to main 🏴\U000e0067\U000e0062\U000e007f.", "שלום. Use pnpm."]
)
def test_honest_writing_is_not_suspected(write: Write, read: Read, text: str) -> None:
    write("CLAUDE.md", text + "\n")
    assert read().problems == ()


def test_a_head_that_does_not_end_is_told(write: Write, read: Read, tmp_path: Path) -> None:
    write(".claude/rules/a.md", "---\npaths: src/**\nNever push to main.\n")
    assert [problem.split(" has ")[1] for problem in read().problems] == [
        "a front matter that no '---' closes: it holds for every file until that is put right"
    ]


@pytest.mark.parametrize(
    ("text", "stopped", "passed"),
    [
        ("Use pnpm, not npm", "npm install left-pad", "pnpm add left-pad"),
        ("Never use sudo", "sudo ls", "git log --grep 'sudo'"),
        ("Never commit `.env` files", "git add .env && git commit -m 'Add it'", "git status"),
        ("`CHANGELOG.md` is append-only", "Write /r/CHANGELOG.md: changed", "echo more >> CHANGELOG.md"),
        (
            "Always run `make lint` before committing",
            "git commit -m 'feat: add an example'",
            "make lint && git commit -m 'feat: add an example'",
        ),
    ],
)
def test_both_calls_of_a_proof_were_run(text: str, stopped: str, passed: str) -> None:
    proof = prove(classify(text, kind="claude_md"), "/r")
    assert proof is not None
    assert (str(proof.stopped), str(proof.passed), proof.status) == (stopped, passed, "REJECTED")


def test_what_is_only_warned_about_is_not_called_enforced(write: Write, read: Read) -> None:
    write("CLAUDE.md", "Run `make lint` before opening a pull request.\n")
    (line,) = read().lines
    call = "gh pr create --title 'feat: add an example' --body x"
    assert (line.outcome, line.stopped, str(line.warned)) == (WARNED, None, call)


def test_what_a_commit_waits_for_is_enforced(write: Write, read: Read) -> None:
    write("CLAUDE.md", "Run `make lint` before committing.\n")
    (line,) = read().lines
    assert (line.outcome, str(line.stopped)) == (ENFORCED, "git commit -m 'feat: add an example'")


@pytest.mark.alone
def test_the_files_of_many_folders_are_looked_for_in_a_bounded_time(tmp_path: Path) -> None:
    root = Path(places(tmp_path).root)
    for number in range(3_000):
        (root / f"d{number}").mkdir()
    start = time.process_time()
    assert sources(places(tmp_path), environ(tmp_path)) == []
    assert time.process_time() - start < 1.0


SECTION = """## Part {n}

The module `part{n}` reads its settings from the environment and hands
them on to the workers, which never see a file.

- Keep functions in `part{n}` small and focused.
- Never import `part{n}.internal` from outside.
- Log errors with `logger.exception`, not with `print`.
- Run `make part{n}` before committing.

```sh
make part{n}
make check
```

1. Add a test to `tests/test_part{n}.py`.
2. Use port {port} for the service of this part.

"""


@pytest.mark.alone
def test_a_thousand_lines_are_imported_in_a_second() -> None:
    text = "".join(SECTION.format(n=n, port=9_000 + n) for n in range(60))
    lines = text.splitlines()[:1_000]
    list(import_source(Source("/r/CLAUDE.md", "Never push to main.\n"), "/r"))
    start = time.process_time()
    found = list(import_source(Source("/r/CLAUDE.md", "\n".join(lines)), "/r"))
    spent = time.process_time() - start
    assert (len(lines), sum(line.outcome == ENFORCED for line in found) > 50) == (1_000, True)
    assert spent < 220 * bare_interpreter()  # each of these costs about 9 ms; with room for a busy machine
