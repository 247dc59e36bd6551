"""Constructs by the grammar: each beside look-alikes (strings, comments, names that hold the word, methods, data)."""

import pytest

from tractguard.facts import Row
from tractguard.facts.files import edit_facts, text_facts
from tractguard.model import Fact


def judged(facts: list[Fact]) -> list[str]:
    (code,) = [fact for fact in facts if fact.kind == "code"]
    return sorted(name for name, places in code.data["constructs"].items() if places)


CASES = [
    # Python
    ("a.py", "def f():\n    global total\n    total += 1\n", ["global_state"]),
    ("a.py", "_CACHE: dict[str, int] = {}\n", ["global_state"]),
    ("a.py", "seen = set()\n", ["global_state"]),
    ("a.py", "def f():\n    seen = set()\n", []),
    ("a.py", "class A:\n    items = []\n", []),
    ("a.py", "__all__ = []\n", []),
    ("a.py", "LIMITS = {'a': 1}\n", []),
    ("a.py", "x = 'global state'  # global y\n", []),
    ("a.py", "print('a')\n", ["print"]),
    ("a.py", "if x:\n    print (a, file=f)\n", ["print"]),
    ("a.py", "console.print('a')\nself.print(b)\npprint(c)\n", []),
    ("a.py", "def print(a):\n    return 'print(b)'\n", []),
    ("a.py", "class A:\n    def print(self): ...\n", []),
    ("a.py", "handlers = {'print': print}\n", []),
    ("a.py", "breakpoint()\n", ["debugger"]),
    ("a.py", "import pdb\npdb.set_trace()\n", ["debugger"]),
    ("a.py", "set_breakpoint(1)\nbreakpoints = 2\n", []),
    ("a.py", "def f(a: Any) -> int: ...\n", ["any_type"]),
    ("a.py", "x: dict[str, list[Any]] = load()\n", ["any_type"]),
    ("a.py", "def f(a: int) -> 'Foo': return Any\n", []),
    ("a.py", "from typing import Any\n", []),
    ("a.py", "AnyStr = 1\nx = any(y)\n", []),
    ("a.py", "x = f()  # type: ignore[arg-type]\n", ["lint_suppression", "type_ignore"]),
    ("a.py", "x = '# type: ignore'\n", []),
    ("a.py", "import a  # noqa: F401\n", ["lint_suppression"]),
    ("a.py", "@pytest.mark.skip(reason='x')\ndef test_a(): ...\n", ["skipped_test"]),
    ("a.py", "@pytest.mark.skipif(x, reason='y')\ndef test_a(): ...\n", ["skipped_test"]),
    ("a.py", "@unittest.skip('x')\ndef test_a(self): ...\n", ["skipped_test"]),
    ("a.py", "def test_a():\n    pytest.skip('later')\n", ["skipped_test"]),
    ("a.py", "def test_a(self):\n    self.skipTest('later')\n", ["skipped_test"]),
    ("a.py", "it.skip(3)\nskip = next(rows)\n'pytest.mark.skip'\n", []),
    ("a.py", "@pytest.mark.parametrize('skip', [1])\ndef test_skip(skip): ...\n", []),
    ("a.py", "def test_a():\n    assert True\n", ["weakened_test"]),
    ("a.py", "def test_a(self):\n    self.assertTrue(True)\n", ["weakened_test"]),
    ("a.py", "assert True_value\nassert x is True\n", []),
    ("a.py", "try:\n    f()\nexcept:\n    pass\n", ["bare_except", "broad_except"]),
    ("a.py", "try:\n    f()\nexcept Exception as e:\n    raise\n", ["broad_except"]),
    ("a.py", "try:\n    f()\nexcept (ValueError, KeyError):\n    pass\n", []),
    ("a.py", "try:\n    f()\nexcept ExceptionGroupOfOurs:\n    pass\n", []),
    ("a.py", "from a import *\n", ["wildcard_import"]),
    ("a.py", "from a import b\nx = b * 2\n", []),
    ("a.py", "y = eval(x)\n", ["eval"]),
    ("a.py", "model.eval()\nmodel.exec(q)\n", []),
    ("a.py", "key = lambda a: a\n", ["lambda"]),
    ("a.py", "aws_lambda = 1\n", []),
    ("a.py", "def f(a=[], *, b: dict = {}): ...\n", ["mutable_default"]),
    ("a.py", "f(a=[], b={})\n", []),
    ("a.py", "time.sleep(1)\n", ["sleep"]),
    ("a.py", "sleep_time = time.sleeping\n", []),
    # TypeScript and JavaScript
    ("a.ts", "console.log(a)\n", ["console_log", "print"]),
    ("a.ts", "console?.debug('x')\n", ["console_log"]),
    ("a.ts", "console.error(a); console.warn(b)\n", []),
    ("a.ts", "const log = { console: 1 }; myconsole.log(a)\n", []),
    ("a.ts", "it('uses console.log(x)', () => {}) // console.log(y)\n", []),
    ("a.ts", "app.console.log(a)\n", []),
    ("a.ts", "debugger\n", ["debugger"]),
    ("a.ts", "const debuggerPort = 1; a.debugger = b\n", []),
    ("a.ts", "let f = (a: any) => a\n", ["any_type", "global_state"]),
    ("a.ts", "const a = b as any\n", ["any_type"]),
    ("a.ts", "type A = Record<string, any>\n", ["any_type"]),
    ("a.ts", "const x: any[] = []\n", ["any_type"]),
    ("a.ts", "const any = 1; f({ any: 2 }); expect.any(String); Promise.any(a)\n", []),
    ("a.ts", "function any<T>(a: T) { return any(a) }\n", []),
    ("a.ts", "// @ts-ignore\nf()\n", ["lint_suppression", "ts_ignore"]),
    ("a.ts", "// @ts-expect-error wrong\nf()\n", ["ts_ignore"]),
    ("a.ts", "const rule = '@typescript-eslint/ban-ts-comment: @ts-ignore'\n", []),
    ("a.ts", "/* eslint-disable no-console */\n", ["lint_suppression"]),
    ("a.ts", "rules['eslint-disable'] = 1\n", []),
    ("a.ts", "const a = b!.c\n", ["nonnull_assertion"]),
    ("a.ts", "const a = list[0]!\n", ["nonnull_assertion"]),
    ("a.ts", "if (!a || a !== b || !!c) f('d!')\n", []),
    ("a.js", "var a = 1\n", ["global_state", "var_keyword"]),
    ("a.js", "function f() { var a = 1 }\n", ["var_keyword"]),
    ("a.js", "const variable = process.env.var\n", []),
    ("a.ts", "export default function f() {}\n", ["default_export"]),
    ("a.ts", "export { default } from './a'\nexport const d = 1\n", []),
    ("a.ts", "export enum Color { Red }\n", ["enum"]),
    ("a.ts", "const enumerate = { enum: ['a'] }\n", []),
    ("a.test.ts", "it.skip('a', () => {})\n", ["skipped_test"]),
    ("a.test.ts", "describe.each([1]).skip('a', f)\ntest.todo('b')\n", ["skipped_test"]),
    ("a.test.ts", "xit('a', () => {})\n", ["skipped_test"]),
    ("a.test.ts", "test.only('a', () => {})\n", ["focused_test", "skipped_test"]),
    ("a.test.ts", "fdescribe('a', () => {})\n", ["focused_test"]),
    ("a.ts", "query.skip(10); iterator.skip; benefit('a'); exit(1); profit('a')\n", []),
    ("a.test.ts", "expect(true).toBe(true)\n", ["weakened_test"]),
    ("a.test.ts", "expect(isTrue).toBe(true); expect(a).toEqual(1)\n", []),
    ("a.ts", "window.state = {}\n", ["global_state"]),
    ("a.ts", "globalThis['x'] ??= 1\n", ["global_state"]),
    ("a.ts", "if (window.state === 1) f(window.state)\n", []),
    ("a.ts", "export let count = 0\n", ["global_state"]),
    ("a.ts", "function f() { let count = 0; return count }\n", []),
    ("a.ts", "eval(code); new Function('a')\n", ["eval"]),
    ("a.ts", "page.$eval('a', f); redis.eval(script)\n", []),
    ("a.ts", "process.exit(1)\n", ["process_exit"]),
    ("a.ts", "process.exitCode = 1\n", []),
    ("a.js", "const a = require('a')\n", ["require_call"]),
    ("a.js", "jest.requireActual('a'); required(b)\n", []),
    ("a.tsx", "class A extends React.Component<Props> {}\n", ["class_component"]),
    ("a.tsx", "const A = () => <p>console.log(any) debugger</p>\n", []),
    ("a.ts", "list.forEach(f)\n", ["foreach"]),
    ("a.ts", "fetch(a).then(b)\n", ["then_chain"]),
    ("a.ts", "if (a) { /* then() */ } const then = 1\n", []),
    # Go
    ("a.go", 'package a\n\nfunc f() { fmt.Println("a") }\n', ["print"]),
    ("a.go", "package a\n\nfunc f() { fmt.Fprintln(w, a); log.Print(b); fmt.Sprintf(c) }\n", []),
    ("a.go", 'package a\n\nfunc f() { panic("a") }\n', ["panic"]),
    ("a.go", "package a\n\nfunc f() { x.panic(1) } // panic(a)\n", []),
    ("a.go", "package a\n\nfunc f(a any) {}\n", ["any_type"]),
    ("a.go", "package a\n\nvar m map[string]interface{}\n", ["any_type", "global_state"]),
    ("a.go", "package a\n\nfunc any(xs []int) bool { return any(xs) }\n", []),
    ("a.go", "package a\n\nvar cache = map[string]int{}\n", ["global_state"]),
    ("a.go", "package a\n\nfunc f() { var a = 1; _ = a }\n", []),
    ("a.go", 'package a\n\nfunc TestA(t *testing.T) { t.Skip("x") }\n', ["skipped_test"]),
    ("a.go", "package a\n\nfunc f() { rows.Skip(1); opts.SetSkip(2) }\n", []),
    ("a.go", "package a\n\nfunc f() { g() } //nolint:errcheck\n", ["lint_suppression"]),
    ("a.go", "package a\n\nfunc f() { p := unsafe.Pointer(&a); _ = p }\n", ["unsafe"]),
    ("a.go", "package a\n\nfunc f() { time.Sleep(time.Second) }\n", ["sleep"]),
    # Rust
    ("a.rs", 'fn f() { println!("a"); }\n', ["print"]),
    ("a.rs", 'fn f() { dbg!(x); eprintln!("{x}"); }\n', ["print"]),
    ("a.rs", 'fn f() { writeln!(w, "println!"); log::info!("a"); }\n', []),
    ("a.rs", "fn f() { a.b().unwrap(); }\n", ["unwrap"]),
    ("a.rs", "fn f() { a.unwrap_or(1); a.unwrap_or_default(); unwrap(b); }\n", []),
    ("a.rs", 'fn f() { panic!("a"); }\n', ["panic"]),
    ("a.rs", "fn panic() {} // panic!\n", []),
    ("a.rs", "fn f() { unsafe { g() } }\n", ["unsafe"]),
    ("a.rs", "unsafe fn f() {}\n", ["unsafe"]),
    ("a.rs", '#![deny(unsafe_code)]\nfn f() { g("unsafe") }\n', []),
    ("a.rs", "static mut COUNT: u32 = 0;\n", ["global_state"]),
    ("a.rs", "static NAME: &str = \"static mut\";\nfn f<'a>(x: &'static mut u8) {}\n", []),
    ("a.rs", "#[test]\n#[ignore]\nfn a() {}\n", ["skipped_test"]),
    ("a.rs", "#[allow(dead_code)]\nfn a() {}\n", ["lint_suppression"]),
    ("a.rs", "use a::*;\n", ["wildcard_import"]),
    # Java
    ("A.java", 'class A { void f() { System.out.println("a"); } }\n', ["print"]),
    ("A.java", 'class A { void f() { out.println("System.out.println"); } }\n', []),
    ("A.java", "class A { @SuppressWarnings(\"x\") void f() {} }\n", ["lint_suppression"]),
    ("A.java", "class A { @Disabled void f() {} }\n", ["skipped_test"]),
    ("A.java", "class A { @JsonIgnore int a; @IgnoreWhen int b; }\n", []),
    ("A.java", "class A { public static int count = 0; }\n", ["global_state"]),
    ("A.java", "class A { static final int N = 0; static void f() {} static class B {} }\n", []),
    ("A.java", 'class A { String a = "static"; }\n', []),
    ("A.java", "class A { void f() { try { g(); } catch (Exception e) { } } }\n", ["broad_except"]),
    ("A.java", "class A { void f() { try { g(); } catch (IOException e) { } } }\n", []),
    ("A.java", "import java.util.*;\nclass A {}\n", ["wildcard_import"]),
    # Ruby
    ("a.rb", "puts 'a'\n", ["print"]),
    ("a.rb", "p(x)\npp y\n", ["print"]),
    ("a.rb", "p = 1\np.name\nio.puts 'a'\nx = { p: 1, puts: 2 }\n", []),
    ("a.rb", "binding.pry\n", ["debugger"]),
    ("a.rb", "def f\n  byebug\nend\n", ["debugger"]),
    ("a.rb", "gem 'byebug'\nx = debugger_port\n", []),
    ("a.rb", "$count = 0\n", ["global_state"]),
    ("a.rb", "@@all ||= []\n", ["global_state"]),
    ("a.rb", "puts_count = $stdout.sync\nreturn if $x == 1\n", []),
    ("a_spec.rb", "xit 'a' do\nend\n", ["skipped_test"]),
    ("a_spec.rb", "it 'a' do\n  pending 'b'\nend\n", ["skipped_test"]),
    ("a.rb", "rows.skip 1\norder.pending?\nscope :pending, -> { skip }\n", []),
    ("a_spec.rb", "fit 'a' do\nend\n", ["focused_test"]),
    ("a.rb", "x = 1 # rubocop:disable Lint\n", ["lint_suppression"]),
    ("a.rb", "sleep 1\n", ["sleep"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "names"), CASES)
def test_constructs(path: str, text: str, names: list[str]) -> None:
    assert judged(text_facts(path, text, "create", Row(None), "content", 0)) == names


IN_CONTEXT = [
    ("/r/a.py", "x = 1", "x = 2\nprint(x)", "def f():\n    x = 1\n", ["print"]),
    ("/r/a.py", "    x", "    print(x)", 'def f():\n    """Doc.\n\n    x\n    """\n', []),
    ("/r/a.py", "y", "total = []", "def f():\n    y\n", []),
    ("/r/a.ts", "b", "any", "type A = { b: string }\n", []),
    ("/r/a.ts", "string", "any", "type A = { b: string }\n", ["any_type"]),
    ("/r/a.ts", "x", "it.skip('a', f)", "// x\n", []),
    ("/r/a.test.ts", "  it('a'", "  it.skip('a'", "describe('b', () => {\n  it('a', f)\n})\n", ["skipped_test"]),
    ("/r/a.rb", "x", "puts 1", "a = <<~B\n  x\nB\n", []),
    ("/r/a.go", "return", "panic(a)\n\treturn", "package a\n\nfunc f() {\n\treturn\n}\n", ["panic"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "text", "names"), IN_CONTEXT)
def test_an_edit_is_judged_where_it_stands(path: str, old: str, new: str, text: str, names: list[str]) -> None:
    edit = {"old_string": old, "new_string": new}
    assert judged(edit_facts(path, path, [("", edit)], "Edit", Row({path: text}))) == names


def test_what_stood_in_the_file_already_is_not_brought_in() -> None:
    facts = text_facts("a.py", "print(1)\nx = 2\n", "edit", Row(None), "content", 0, "print(1)\nx = 1\n")
    assert judged(facts) == []


@pytest.mark.parametrize("text", ["def f(:\n    print(1\n", "print('", "))) print(1)"])
def test_a_text_with_faults_is_left_to_the_patterns(text: str) -> None:
    (code,) = [f for f in text_facts("a.py", text, "create", Row(None), "content", 0) if f.kind == "code"]
    assert "constructs" not in code.data


def test_a_place_is_told_in_the_field() -> None:
    (code,) = [
        f for f in text_facts("a.py", "x = 1\nprint(x)\n", "create", Row(None), "content", 0) if f.kind == "code"
    ]
    assert code.data["constructs"]["print"] == ((6, "print", 0.9),)


DEFINITIONS = [
    ("a.ts", "class A { get(a) { return b(a) } }", ["b"]),
    ("A.java", "class A { A(int b) { c(b); } void d(int e) { f(e); } }", ["c", "f"]),
    ("a.go", "package a\n\ntype I interface { Do(a int) }\n\nfunc (s *S) Do(a int) { b(a) }", ["b"]),
    ("a.rb", "def a(b)\n  c(b)\nend", ["c"]),
    ("a.rs", "fn a(b: u8) { c(b) }", ["c"]),
]


@pytest.mark.parametrize(("path", "text", "names"), DEFINITIONS)
def test_the_head_of_a_definition_is_no_call(path: str, text: str, names: list[str]) -> None:
    facts = text_facts(path, text, "create", Row(None), "content", 0)
    assert [fact.name for fact in facts if fact.kind == "call"] == names
