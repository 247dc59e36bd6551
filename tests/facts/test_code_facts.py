"""Program text: what is code, what is prose, what it imports and calls, which ports it names."""

import pytest

from tractguard.facts import Row
from tractguard.facts.code_scan import language_of, regions, without
from tractguard.facts.files import text_facts

BLANKED = [
    ("python", 'x = "a#b"  # note', 'x = "   "        '),
    ("python", "def f():\n    '''doc it'''\n    return 1", "def f():\n                \n    return 1"),
    ("python", "s = f'it'", "s = f'  '"),
    ("python", "it = don't", "it = don't"),
    ("javascript", "a('x') // b", "a(' ')     "),
    ("typescript", "`a ${b('c')} d`", "`  ${b(' ')}  `"),
    ("typescript", "x = /[\"']/g; y()", "x = /    /g; y()"),
    ("typescript", "a / b / c", "a / b / c"),
    ("typescript", "<p>don't</p>", "<p>     </p>"),
    ("go", "a := `x//y` // z", "a := `    `     "),
    ("rust", "fn f<'a>(c: char) { c == '\"' }", "fn f<'a>(c: char) { c == ' ' }"),
    ("rust", 'r#"a"b"# // c', 'r#"   "#     '),
    ("java", "a('\\'', \"b\"); /* c */", "a('  ', \" \");        "),
    ("csharp", 'var a = @"c:\\"; // x', 'var a = @"   ";     '),
    ("cpp", 'auto s = R"x(a " b)x"; n = 1\'000;', 'auto s = R"x(     )x"; n = 1\'000;'),
    ("ruby", "x = <<~SQL\n select 1\nSQL\ny", "x = <<~SQL\n         \nSQL\ny"),
    ("ruby", "puts 'a' # b", "puts ' '    "),
    ("php", "#[A]\n$a = 'x'; # c", "#[A]\n$a = ' ';    "),
    ("shell", "echo $# ${#a} # c", "echo $# ${#a}    "),
    ("sql", "select 'it''s' -- c", "select '     '     "),
    ("lua", "--[[ a\nb ]] x = [[c]]", "      \n     x = [[ ]]"),
    ("yaml", "a: don't # c", "a: don't    "),
    ("css", "a { b: url(x) } /* c */", "a { b: url(x) }        "),
    ("svelte", "<!-- {@html a} --><p>{@html b}</p>", "                  <p>{@html b}</p>"),
    ("vue", "<script>// c\na('x')</script>", "<script>    \na(' ')</script>"),
    ("javascript", " * rest of a comment\n */ a()", "                    \n    a()"),
    ("markdown", "use `npm`", "         "),
]


@pytest.mark.parametrize(("language", "text", "expected"), BLANKED)
def test_comments_and_strings_are_blanked(language: str, text: str, expected: str) -> None:
    assert without(text, regions(text, language)) == expected


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("/r/a.tsx", "typescript"),
        ("/r/Dockerfile.prod", "dockerfile"),
        ("/r/.env.local", "env"),
        ("/r/a.H", "c"),
        ("/r/requirements-dev.txt", "requirements"),
        ("/r/Gemfile", "ruby"),
        ("/r/notes", ""),
        ("/r/README", "markdown"),
        ("/r/environment.py", "python"),
        ("/r/.nvmrc", "pin"),
    ],
)
def test_languages(path: str, language: str) -> None:
    assert language_of(path) == language


def found(path: str, text: str, kind: str):
    return [fact for fact in text_facts(path, text, "create", Row(None), "content", 0) if fact.kind == kind]


IMPORTS = [
    ("a.py", "import os, sys as s\nfrom a.b import (c,\n  d)\n", ["os", "sys", "a.b"]),
    ("a.py", "from . import x", ["."]),
    ("a.py", "if a: import b\ntry: from c import d\nexcept E: import f.g as h; import i", ["b", "c", "f.g", "i"]),
    ("a.py", "import a, \\\n  b", ["a", "b"]),
    ("a.ts", "import {\n  // from 'x'\n  a,\n} from 'a'\nlet b: import('b').B", ["a", "b"]),
    ("a.rs", "use {std::fs, serde::Json as J};\nfn f() { use a::b; }", ["std::fs", "serde::Json", "a::b"]),
    ("a.rb", "begin; require 'a'; rescue LoadError; end", ["a"]),
    ("a.py", "'''\nimport os\n'''\n# import re\nx = 'import json'", []),
    ("a.ts", "import { a, type B } from './b.js'\nexport * from \"./c\"\nimport 'd'", ["./b.js", "./c", "d"]),
    ("a.ts", "const e = require('e')", ["e"]),
    ("a.ts", "const f = 'bundle.js'; // import x from 'y'", []),
    ("a.js", "const m = await import('./m')", ["./m"]),
    ("a.go", 'import (\n\t"fmt"\n\tx "example.com/y"\n)\n', ["fmt", "example.com/y"]),
    ("a.rs", "use std::collections::HashMap;\npub use crate::a::{b, c};", ["std::collections::HashMap", "crate::a::"]),
    ("A.java", "import java.util.List;\nimport static a.B.*;", ["java.util.List", "a.B.*"]),
    ("A.cs", "using System.Text;\nusing (var x = y()) {}", ["System.Text"]),
    ("a.rb", "require 'json'\nrequire_relative \"b\"", ["json", "b"]),
    ("a.php", "use App\\Models\\User;\nrequire_once __DIR__ . '/x.php';", ["App\\Models\\User", "/x.php"]),
    ("a.dart", "import 'package:dio/dio.dart';", ["package:dio/dio.dart"]),
    ("a.c", '#include <stdio.h>\n#include "a.h"', ["stdio.h", "a.h"]),
    ("a.svelte", "<script>\n  import A from './A.svelte'\n</script>", ["./A.svelte"]),
]


@pytest.mark.parametrize(("path", "text", "modules"), IMPORTS)
def test_imports(path: str, text: str, modules: list[str]) -> None:
    assert sorted(fact.name for fact in found(path, text, "import")) == sorted(modules)


CALLS = [
    ("a.ts", 'console.log("a", b(c))', [("console.log", '"a", b(c)'), ("b", "c")]),
    ("a.ts", "// console.log(1)\nconst s = 'console.log(2)'", []),
    ("a.ts", "function f(a) { if (a) return g?.h(a) }", [("g.h", "a")]),
    ("a.ts", "x\n  .map(f)", [("map", "f")]),
    ("a.ts", "debugger;", [("debugger", "")]),
    ("a.py", "def f(x):\n    os.system('ls')", [("os.system", "'ls'")]),
    ("a.py", "class A(B): pass", []),
    ("a.rs", 'println!("{}", x);', [("println!", '"{}", x')]),
    ("a.go", "func (s *S) Do() { fmt.Println(1) }", [("fmt.Println", "1")]),
    ("a.rb", "puts 'x'\nbinding.pry", [("puts", "'x'"), ("binding.pry", "")]),
    ("a.php", 'echo $x;\n$this->run("y");', [("$this->run", '"y"'), ("echo", "$x")]),
]


@pytest.mark.parametrize(("path", "text", "calls"), CALLS)
def test_calls(path: str, text: str, calls: list[tuple[str, str]]) -> None:
    assert [(fact.name, fact.value) for fact in found(path, text, "call")] == calls


PORTS = [
    ("a.py", 'MongoClient("localhost", 27017)', [("mongodb", "27017", "client")]),
    ("a.py", "MongoClient(host='x', port=27017)", [("mongodb", "27017", "config")]),
    ("a.py", "POSTGRES_PORT: int = 5433", [("postgresql", "5433", "config")]),
    ("a.py", "import redis\nr = redis.Redis(host='h', port=6380)", [("redis", "6380", "config")]),
    ("a.py", 'port = int(os.environ.get("PORT", 5001))', [("", "5001", "config")]),
    ("a.py", "app.run(port=5001)", [("", "5001", "config")]),
    ("a.ts", "createClient({ socket: { port: 6380 } }) // redis", [("", "6380", "config")]),
    ("a.ts", "const redis = createClient({ socket: { port: 6380 } })", [("redis", "6380", "config")]),
    ("a.ts", "import { c } from 'redis'\nconst d = c({ port: 6380 })", [("redis", "6380", "config")]),
    ("a.ts", "const url = 'mongodb://localhost:27017/x'", [("mongodb", "27017", "client")]),
    ("a.ts", "app.listen(3000)", [("", "3000", "listen")]),
    ("a.ts", "const port = process.env.PORT || 3001", [("", "3001", "config")]),
    ("vite.config.ts", "server: { port: 3001 }", [("vite", "3001", "config")]),
    ("a.go", 'http.ListenAndServe(":8081", nil)', [("", "8081", "listen")]),
    ("a.ts", "// mongodb://localhost:27017\nsetTimeout(f, 3000); const MAX = 27017; report = 5432", []),
    ("a.ts", "import a from 'b'; export const viewport = 1024", []),
    ("a.py", '"""Connects to mongodb://localhost:27017 by default."""', []),
]


def test_a_bare_port_is_named_by_its_object() -> None:
    (fact,) = found("vite.config.ts", "export default { server: { port: 3001 } }", "connect")
    assert (fact.data["key"], fact.data["file"]) == ("server.port", "vite.config.ts")


@pytest.mark.parametrize(("path", "text", "ports"), PORTS)
def test_ports(path: str, text: str, ports: list[tuple[str, str, str]]) -> None:
    assert [(fact.name, fact.value, fact.data["role"]) for fact in found(path, text, "connect")] == ports
