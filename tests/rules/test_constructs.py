"""Constructs that the grammar decides on, from an instruction to the answer: each beside what only looks like it."""

import pytest

from tractguard.check import check_row
from tractguard.corpus_bench import outcome

ROWS = [
    ("Never use the any type.", "/repo/src/a.ts", "export const f = (x: any) => x\n", "stop"),
    (
        "Never use the any type.",
        "/repo/src/a.ts",
        "expect(x).toEqual(expect.any(Number))\nconst any = ['any']\n",
        "pass",
    ),
    (
        "Never use the any type.",
        "/repo/src/a.ts",
        "// any is not allowed: string | any\nexport const s = 'as any'\n",
        "pass",
    ),
    ("No console.log in committed code.", "/repo/src/a.ts", "function f() {\n  console.log('x')\n}\n", "stop"),
    (
        "No console.log in committed code.",
        "/repo/src/a.ts",
        "const hint = `use console.log(x)`\nlogger.log('x')\n",
        "pass",
    ),
    ("Do not use print statements, use logging.", "/repo/src/a.py", "def f():\n    print('x')\n", "stop"),
    (
        "Do not use print statements, use logging.",
        "/repo/src/a.py",
        "def f(console):\n    console.print('x')\n    '''print(1)'''\n",
        "pass",
    ),
    (
        "Do not use print statements, use logging.",
        "/repo/src/a.py",
        "class P:\n    def print(self, x):\n        return self.out.print(x)\n",
        "pass",
    ),
    ("Never skip tests.", "/repo/a.test.ts", "await page.skip(10)\nlist.skip(5)\n", "pass"),
    ("No mutable global state.", "/repo/src/a.py", "_cache: dict[str, int] = {}\n", "stop"),
    (
        "No mutable global state.",
        "/repo/src/a.py",
        "def f():\n    cache = {}\n    return cache\n\n\nLIMIT = 3\n",
        "pass",
    ),
    ("Never use unwrap() in production code.", "/repo/src/a.rs", "fn f() -> u8 { g().unwrap() }\n", "stop"),
    (
        "Never use unwrap() in production code.",
        "/repo/src/a.rs",
        "fn f() -> u8 { g().unwrap_or(1) } // no unwrap()\n",
        "pass",
    ),
    ("Do not use @ts-ignore.", "/repo/src/a.ts", "// @ts-ignore\nf()\n", "stop"),
    ("Do not use @ts-ignore.", "/repo/src/a.ts", "const rule = 'ban @ts-ignore comments'\n", "pass"),
    ("Never use fmt.Println for logging.", "/repo/a.go", "package a\n\nfunc f() { fmt.Println(1) }\n", "stop"),
    (
        "Never use fmt.Println for logging.",
        "/repo/a.go",
        "package a\n\n// fmt.Println is out\nfunc f() { fmt.Fprintln(w, 1) }\n",
        "pass",
    ),
    ("Don't use non-null assertions.", "/repo/a.ts", "const a = b!.c\n", "stop"),
    ("Don't use non-null assertions.", "/repo/a.ts", "if (!a && b !== c) d('x!')\n", "pass"),
    ("Never use global variables.", "/repo/a.js", "window.app = {}\n", "stop"),
    ("Never use global variables.", "/repo/a.js", "if (window.app === 1) go(window.location)\n", "pass"),
    ("No default exports.", "/repo/src/a.ts", "export default function f() {}\n", "stop"),
    ("No default exports.", "/repo/src/a.ts", "export const d = { default: 1 } // export default\n", "pass"),
]


@pytest.mark.parametrize(("said", "path", "text", "expected"), ROWS)
def test_a_written_construct(said: str, path: str, text: str, expected: str) -> None:
    given = {"file_path": path, "content": text}
    row = {"instructions": [said], "project": {}, "tool_name": "Write", "tool_input": given, "cwd": "/repo"}
    assert outcome(check_row(row)["status"]) == expected
