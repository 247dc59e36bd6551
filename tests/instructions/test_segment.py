"""Cutting texts into units: what is one, what is inert, and where it stands."""

import re
import time
from itertools import pairwise

import pytest
from costs import bare_interpreter
from hypothesis import given, settings
from hypothesis import strategies as st

from tractguard.instructions.classifier import read_text
from tractguard.instructions.markup import visible
from tractguard.instructions.segment import units

MARKDOWN = """---
title: Rules
---
# Weather service

Intro text that wraps
over two lines. It has a second sentence.

## Rules
- Keep handlers thin. Log errors once, because twice confuses people.
- Never:
  - push to `main`
  - edit `schema.sql`
1. Run the tests
   with coverage

```sh
rm -rf build
```

| Topic | Rule |
|-------|------|
| Dates | UTC only |

@docs/extra.md
<!-- a note -->

Underlined
----------
> **Important**: ask first
"""


def texts(text: str, kind: str) -> list[str]:
    return [unit.text for unit in units(text, kind) if not unit.inert]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Use pnpm. Never push to main.", ["Use pnpm.", "Never push to main."]),
        ("It fails, e.g. on Windows. Fix it.", ["It fails, e.g. on Windows.", "Fix it."]),
        ("Use `a. B` here", ["Use `a. B` here"]),
        ("Keep v1.2 for now", ["Keep v1.2 for now"]),
        ("Use uv. Because pip is slow.", ["Use uv. Because pip is slow."]),
        (
            "Saving gives an error 500 and please never touch the migrations folder",
            ["Saving gives an error 500", "please never touch the migrations folder"],
        ),
        ("don't use npm, use pnpm", ["don't use npm, use pnpm"]),
        ("- first\n- second", ["- first", "- second"]),
        ("修复这个问题。不要修改测试。", ["修复这个问题。", "不要修改测试。"]),
        ("this is slow. add an index. no redux", ["this is slow.", "add an index.", "no redux"]),
        ("Use Redis, i.e. the new one. Stop.", ["Use Redis, i.e. the new one.", "Stop."]),
        ("Add caches, queues, etc. Then stop.", ["Add caches, queues, etc.", "Then stop."]),
        ("Add caches (queues, etc.) where it helps", ["Add caches (queues, etc.) where it helps"]),
        ("Use it (but not always. Or never). Go.", ["Use it (but not always. Or never).", "Go."]),
        ("See https://x.y/z?a=b. Then go.", ["See https://x.y/z?a=b.", "Then go."]),
        ("See no. 5 of Python 3.11.4 in foo.py. Go", ["See no. 5 of Python 3.11.4 in foo.py.", "Go"]),
        ("Wait... then go", ["Wait... then go"]),
        ("an open ( bracket. " + "word " * 80 + "end. Go.", ["an open ( bracket.", "word " * 80 + "end.", "Go."]),
        ("# Task\nAdd it.\n## Never push to main", ["Add it.", "Never push to main"]),
    ],
)
def test_prompts_are_cut_into_sentences(text: str, expected: list[str]) -> None:
    assert texts(text, "prompt") == expected


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("> never use tabs", "a quotation"),
        ("TypeError: x is not a function", "a pasted log"),
        ("    at render (/app/a.js:12:3)", "a pasted log"),
        ("2024-03-01 12:00:01 WARN never received an ack", "a pasted log"),
        ("$ npm run build", "a pasted log"),
        ("import { a } from 'b'", "pasted code"),
        ("const always = require('x');", "pasted code"),
        ("```\nalways delete\n```", "code in a fence"),
        ("```\nnever closed", "code in a fence"),
    ],
)
def test_what_is_pasted_into_a_prompt_is_inert(line: str, why: str) -> None:
    assert [unit.inert for unit in units("Look at this\n" + line, "prompt")][-1] == why


PASTED = {
    "a stack trace": """Traceback (most recent call last):
  File "/app/db.py", line 3, in <module>
    never_use_this()
ModuleNotFoundError: No module named 'x'
we use psycopg""",
    "a diff": """diff --git a/a.ts b/a.ts
index 83db48f..bf269f4 100644
@@ -1,2 +1,2 @@
-// never use var
+// always use let
 const a = 1
we use psycopg""",
    "a function": """function foo(a) {
  if (a) return 1
  // never reached
  always(a)
}
we use psycopg""",
    "python": """def add(a, b):
    \"\"\"Always returns the sum.\"\"\"

    return a + b
we use psycopg""",
    "sql": """SELECT id, name
FROM users
WHERE never IS NULL
ORDER BY name;
we use psycopg""",
    "yaml": """services:
  db:
    image: postgres:16
    ports:
      - "5433:5432"
we use psycopg""",
    "git": """$ git status
On branch main
Changes not staged for commit:
  (use "git add <file>..." to update what will be committed)
we use psycopg""",
    "rust": """error: cannot find value `x` in this scope
 --> src/main.rs:4:5
  |
4 |     x
  |     ^ never found
  = help: always use `y`
we use psycopg""",
    "java": """Exception in thread "main" java.lang.NullPointerException: never null
\tat com.foo.Bar.main(Bar.java:5)
\t... 3 more
we use psycopg""",
    "pytest": """tests/test_api.py F.F            [100%]
============ FAILURES ============
_________ test_never ________
E       assert 422 == 201
tests/test_api.py:12: AssertionError
we use psycopg""",
    "shells": """me@host:~/app$ make test
PS C:\\app> npm run never
src/x.ts(3,5): error TS2322: never use this
we use psycopg""",
    "somebody else": """Anna wrote:
"please never deploy on Fridays"
we use psycopg""",
}


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED)
def test_what_comes_in_runs_is_pasted_as_a_whole(text: str) -> None:
    lines = [unit.text for unit in units(text, "prompt") if not unit.inert]
    assert [line for line in lines if line != "Anna wrote:"] == ["we use psycopg"]


@pytest.mark.parametrize(
    "text",
    [
        "# Rules\n  - never push to main",
        "use:\n  - react\n  - vite\n  - tailwind",
        "db: postgres\nport: 5433\nlanguage: python",
        'I said:\n"use pnpm"',
        "npm run build\nfails, never use webpack",
    ],
)
def test_what_a_person_lists_is_theirs(text: str) -> None:
    last = units(text, "prompt")[-1]
    assert (last.inert, last.text) == ("", text.rsplit("\n", 1)[1].strip())


def test_the_introduction_of_a_list_stands_before_each_of_its_items() -> None:
    found = units("Please never:\n- push\n- rebase\nThanks", "prompt")
    assert [unit.before for unit in found] == ["", "Please never:", "Please never:", "- rebase"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Use uv\nNever use pip\nPrefer ruff", ["Use uv", "Never use pip", "Prefer ruff"], id="plain lines"),
        pytest.param("- a **b**\n  and\n  `c` d", ["a **b** and `c` d"], id="wrapped item"),
        pytest.param(
            "This line is as long as the lines of this paragraph are\nUsually, and goes on.",
            ["This line is as long as the lines of this paragraph are Usually, and goes on."],
            id="wrapped prose",
        ),
        pytest.param("Ask for the\nAPI key", ["Ask for the API key"], id="wrapped before a name"),
        pytest.param("> **Note:** Never\n> commit secrets.\n>\n> - a b", ["**Note:** Never commit secrets.", "a b"], id="quote"),
        pytest.param("> [!WARNING]\n> Never force push.", ["Never force push."], id="alert"),
        pytest.param("- [ ] Run tests\n- [x] Lint it", ["Run tests", "Lint it"], id="check boxes"),
        pytest.param("✅ Use X\n❌ Use Y", ["✅ Use X", "❌ Use Y"], id="signs as bullets"),
        pytest.param("• one\n◦ two\n(1) three", ["one", "two", "three"], id="other bullets"),
        pytest.param("* one\n**Never:**\n1. two", ["one", "**Never:**", "two"], id="a lead-in"),
        pytest.param("<rules>\nNever do it.\n</rules>", ["Never do it."], id="tags"),
        pytest.param("<example>\nNever do it.\n</example>\nUse X.", ["Use X."], id="an example"),
        pytest.param("A | B\n--- | ---\nport | 5433\n\nx | y", ["port | 5433", "x | y"], id="a table without bars"),
        pytest.param("A long sentence stands above the rule.\n---\nUse X", ["A long sentence stands above the rule.", "Use X"], id="a rule"),
        pytest.param("## 🚨 NEVER push to main\n### Rule 3: Do not touch `a/`", ["🚨 NEVER push to main", "Rule 3: Do not touch `a/`"], id="orders as headings"),
        pytest.param("## Do not\n## Testing always", [], id="headings"),
        pytest.param("```markdown\n```sh\nrm x\n```\nUse Y\n```\nUse X", ["Use X"], id="a fence in a fence"),
        pytest.param("- a\n  ~~~\n  never\n  ~~~\n  then b", ["a", "then b"], id="a fence in an item"),
        pytest.param("Use uv.[^1] Do it.\n\n[^1]: x", ["Use uv.[^1]", "Do it."], id="a footnote"),
        pytest.param("Use X  \nuse Y", ["Use X", "use Y"], id="a hard break"),
        pytest.param("Use X.\r\n\r\n- Never\r\n  do Y\r\n", ["Use X.", "Never do Y"], id="CRLF"),
        pytest.param("+\n---\n***", [], id="no words"),
        pytest.param("Never push \ufffd to main", [], id="bytes that were no text"),
        pytest.param("never " * 2_000, [], id="too long for a sentence"),
    ],
)  # fmt: skip
def test_markdown_is_cut(text: str, expected: list[str]) -> None:
    assert texts(text, "claude_md") == expected


def test_markdown_units() -> None:
    assert texts(MARKDOWN, "claude_md") == [
        "Intro text that wraps over two lines.",
        "It has a second sentence.",
        "Keep handlers thin.",
        "Log errors once, because twice confuses people.",
        "Never:",
        "push to `main`",
        "edit `schema.sql`",
        "Run the tests with coverage",
        "| Dates | UTC only |",
        "**Important**: ask first",
    ]


def test_markdown_that_is_not_said() -> None:
    assert [unit.inert for unit in units(MARKDOWN, "claude_md") if unit.inert] == [
        "front matter",
        "a heading",
        "a heading",
        "code in a fence is an example",
        "the head of a table",
        "the head of a table",
        "an import",
        "a comment",
        "a heading",
    ]


def test_headings_nest_and_lists_keep_their_introduction() -> None:
    found = {unit.text: (unit.context, unit.before) for unit in units(MARKDOWN, "claude_md")}
    assert found["edit `schema.sql`"] == ("Weather service > Rules > Never", "- Never:")


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("## Never\n- push to main", "Never"),
        ("# Git\n**Never:**\n- push to main", "Git > Never"),
        ("# Git\n## Never push to main\nUse branches", "Git"),
        ("# Git\nNever do any of these things here:\n- push to main", "Git"),
    ],
)
@pytest.mark.parametrize("kind", ["prompt", "claude_md"])
def test_what_stands_above_an_item(text: str, context: str, kind: str) -> None:
    assert units(text, kind)[-1].context == context


def test_items_below_never_are_forbidden() -> None:
    found = {directive.text: directive for directive in read_text(MARKDOWN, "claude_md")}
    assert (found["push to `main`"].polarity, found["push to `main`"].persistence) == ("forbid", "HIGH")


def test_hidden_characters_do_not_hide_words() -> None:
    found = read_text("nev\u200ber push to ma\u2060in")
    assert [(directive.text, directive.polarity) for directive in found] == [("never push to main", "forbid")]


@pytest.mark.parametrize("text", ["", "   \n\n", "\x00\x01\x02\x03\x04\x05 never do this", "\ufffd" * 50])
def test_nothing_comes_from_nothing(text: str) -> None:
    assert read_text(text) == []


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("aA .!?`*_#->|\n:;,()[]{}\"'01\t\u200b。é禁never use"), max_size=300),
    st.sampled_from(["prompt", "claude_md"]),
)
def test_spans_say_where_a_unit_stands(text: str, kind: str) -> None:
    for unit in units(text, kind):
        start, end = unit.span
        said = visible(text[start:end])
        assert unit.text == (said if unit.inert else re.sub(r"[ \t]*\n[ \t>]*", " ", said))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.sampled_from(["prompt", "claude_md"]))
def test_any_text_is_read_without_error(text: str, kind: str) -> None:
    assert all(directive.span is not None for directive in read_text(text, kind))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("aB .`*#->|\n"), max_size=300), st.sampled_from(["prompt", "claude_md"]))
def test_units_are_in_order_and_do_not_overlap(text: str, kind: str) -> None:
    spans = [unit.span for unit in units(text, kind)]
    assert all(one[1] <= two[0] for one, two in pairwise(spans))


HEAVY = [
    "Never push to main. Use pnpm, not npm. ",
    "`" * 7 + " a ",
    "((((",
    "**a** _b_ ~~c~~ <x ",
    "- a, and b, so c: ",
    "aaaaaaaa",
    "[a](",
    "<!-- ",
    "| a ",
    "\n#\n",
    "e.g. ",
    "1. ",
    "-" * 9,
    "so never always and ",
]


def cost(text: str, kind: str) -> float:
    start = time.process_time()
    units(text, kind)
    return time.process_time() - start


MARKERS = (
    "` `` ``` ~~~ * ** _ ~~ > # ## | --- === < </ <example> </example> <!-- --> [ ]( ] ( ) { } : ; , . ! ? ... @a.md \" ' “"
    " é 。 、 never always use and because a A 0 :// http://a.b/ $ = + / a/b *.ts Error: 2024-01-01 @@ SELECT FROM ✅ → \u200b"
    " \u202e E FAILED x.py:1: ______ ====== diff e.g. etc. 1. (1)"
).split()


@pytest.mark.alone
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([*MARKERS, " ", "\n", "\n\n", "    "]), min_size=1, max_size=6),
    st.sampled_from(["prompt", "claude_md"]),
)
def test_no_marker_repeated_costs_more_than_its_length(pieces: list[str], kind: str) -> None:
    piece = "".join(pieces)
    small, large = piece * (4_000 // len(piece)), piece * (80_000 // len(piece))
    least = max(min(cost(small, kind) for _ in range(3)), 0.003)
    assert min(cost(large, kind) for _ in range(2)) < 20 * 5 * least  # once may be a collection of garbage


@pytest.mark.alone
def test_a_megabyte_costs_less_than_two_hundred_times_five_kilobytes() -> None:
    said = "Never push to main. Use pnpm, not npm, in web/. Why does port 8080 fail?\nKeyError: 'x'\nplease fix it\n"
    spent = []
    for size in (5_000, 5_000, 1_000_000):
        start = time.process_time()
        read_text((said * (size // len(said) + 1))[:size])
        spent.append(time.process_time() - start)
    assert spent[2] < 200 * spent[1]


def test_of_a_text_beyond_all_measure_both_ends_are_read() -> None:
    text = "Use pnpm.\n" + "word\n" * 2_000_000 + "Never push to main.\n"
    found = units(text)
    unread = [unit.inert for unit in found if unit.inert.startswith("too long")]
    last = found[-1]
    assert (found[0].text, last.text, text[last.span[0] : last.span[1]]) == ("Use pnpm.", *["Never push to main."] * 2)
    assert unread == ["too long a text: its middle was not read"]


@pytest.mark.alone
@pytest.mark.parametrize("kind", ["prompt", "claude_md"])
@pytest.mark.parametrize("piece", HEAVY)
def test_cutting_is_linear(piece: str, kind: str) -> None:
    small, large = piece * (20_000 // len(piece)), piece * (400_000 // len(piece))
    least = max(min(cost(small, kind) for _ in range(3)), 0.004)
    assert cost(large, kind) < 20 * 4 * least


@pytest.mark.alone
@pytest.mark.parametrize("piece", HEAVY)
def test_one_long_unit_costs_a_bounded_time(piece: str) -> None:
    start = time.process_time()
    read_text(piece * (200_000 // len(piece)))
    assert time.process_time() - start < 12.0


@pytest.mark.alone
def test_a_thousand_lines_cost_less_than_so_many_bare_interpreters() -> None:
    lines = [f"- Keep module {number} free of framework code, see `src/m{number}.py`" for number in range(1_000)]
    read_text("warm up, never push to main")
    spent = []
    for _ in range(3):  # the best of three: a busy machine makes any one of them dear
        start = time.process_time()
        found = read_text("# Rules\n" + "\n".join(lines), "claude_md")
        spent.append(time.process_time() - start)
    assert (len(found), min(spent) < 250 * bare_interpreter()) == (1_001, True)
