"""Comment, string and code told apart by grammar: whole texts, and fragments that begin or end anywhere."""

import pytest

from tractguard.facts import Row
from tractguard.facts.code_scan import regions, without
from tractguard.facts.code_scanner import grammar
from tractguard.facts.code_tree import MOST_TREE, tree_regions
from tractguard.facts.files import edit_facts, text_facts
from tractguard.facts.treesitter import parser

# Found by fuzzing.
ENDLESS = "''>(a/[''|a(a]-'\n<>x::::::"

WHOLE = [
    ("python", "a = f'{f(\"x\")} y'", "a = f'{f(\" \")}  '"),
    ("python", "a = '#' # '", "a = ' '    "),
    ("python", 'a = rb\'\\\'\' + u"""b"""', 'a = rb\'  \' + u""" """'),
    (
        "python",
        "def f():\n    r'''doc'''\n    return '''no\ndoc'''",
        "def f():\n              \n    return '''  \n   '''",
    ),
    ("python", "x = {'a': 1}  # type: ignore", "x = {' ': 1}                "),
    ("javascript", "a = b / c / d // e", "a = b / c / d     "),
    ("javascript", "if (x) /'/.test(y)", "if (x) / /.test(y)"),
    ("javascript", "`a ${`b ${c} d`} e`", "`  ${`  ${c}  `}  `"),
    ("javascript", "a('\\'') /* ' */ + b", "a('  ')         + b"),
    ("typescript", "let a: Array<string> = ['b'] // c", "let a: Array<string> = [' ']     "),
    ("typescript", "const a = <T,>(b: T) => b // it's", "const a = <T,>(b: T) => b        "),
    ("typescript", "x = <p a='b'>it's {c('d')}</p>", "x = <p a=' '>     {c(' ')}</p>"),
    ("go", "a := '\\'' // '", "a := '  '     "),
    ("go", 'var b = "c" + `d\n"e` /* f */', 'var b = " " + ` \n  `        '),
    ("rust", "/* a /* b */ c */ let d = 'e';", "                  let d = ' ';"),
    ("rust", 'let a: &\'static str = br"b"; // c', 'let a: &\'static str = br" ";     '),
    ("java", 'String a = """\n "b" """; // c', 'String a = """\n     """;     '),
    ("java", "char a = '\"'; /** b */ int c;", "char a = ' ';          int c;"),
    ("ruby", "a = \"b #{c('d')} e\" # f", "a = \"  #{c(' ')}  \"    "),
    ("ruby", "x = %w[a b] + [/c #/, :d]", "x = %w[   ] + [/   /, :d]"),
    ("ruby", "=begin\na\n=end\nb", "      \n \n    \nb"),
    ("ruby", "f <<~A, 'b'\n  c\nA\nd", "f <<~A, ' '\n   \nA\nd"),
    ("shell", "echo \"a $(b 'c') d\" # e", "echo \"  $(b ' ')  \"    "),
    ("shell", "echo a#b ${c#d} $'e\\'f' # g", "echo a#b ${c#d} $'    '    "),
    ("shell", "cat <<'E' | sh # x\ndon't\nE\necho 'a'", "cat <<'E' | sh    \n     \nE\necho ' '"),
]


@pytest.mark.parametrize(("language", "text", "code"), WHOLE)
def test_a_whole_text(language: str, text: str, code: str) -> None:
    assert without(text, regions(text, language)) == code


FRAGMENTS = [
    ("python", "the rest of it.\n    '''\n    return 'a'\n", "               \n       \n    return ' '\n"),
    ("python", '    def f(self):\n        """It begins\n', "    def f(self):\n                    \n"),
    (
        "python",
        "        'a',\n        b=1,  # c\n    )\n    d('e')\n",
        "        ' ',\n        b=1,     \n    )\n    d(' ')\n",
    ),
    ("python", "    else:\n        a('b')\n", "    else:\n        a(' ')\n"),
    ("javascript", "  a: 'b', // c\n  d() { return `e` },\n", "  a: ' ',     \n  d() { return ` ` },\n"),
    ("javascript", "  }\n\n  get a() { return 'b' } // c\n", "  }\n\n  get a() { return ' ' }     \n"),
    ("javascript", "more text\n`;\nconst a = 'b';\n", "         \n`;\nconst a = ' ';\n"),
    ("javascript", " * a b's\n * c\n */\nf('d')\n", "        \n    \n   \nf(' ')\n"),
    ("typescript", "  private a: string = 'b'; // c\n", "  private a: string = ' ';     \n"),
    (
        "typescript",
        "    <li>don't {a('b')}</li>\n    <li>c // d</li>\n",
        "    <li>      {a(' ')}</li>\n    <li>      </li>\n",
    ),
    ("go", '\tif a != nil {\n\t\treturn "b" // c\n', '\tif a != nil {\n\t\treturn " "     \n'),
    ("go", "\t}\n\treturn 'a'\n}\n", "\t}\n\treturn ' '\n}\n"),
    ("rust", '    } else { "a" } // b\n}\n', '    } else { " " }     \n}\n'),
    (
        "java",
        '    @Override public String a() { return "b"; } // c\n',
        '    @Override public String a() { return " "; }     \n',
    ),
    ("ruby", "    puts 'a' # b\n  end\nend\n", "    puts ' '    \n  end\nend\n"),
    ("shell", "  fi # a\ndone\necho 'b'\n", "  fi    \ndone\necho ' '\n"),
]


@pytest.mark.parametrize(("language", "text", "code"), FRAGMENTS)
def test_a_fragment(language: str, text: str, code: str) -> None:
    assert without(text, regions(text, language)) == code


@pytest.mark.parametrize("language", ["python", "javascript", "typescript", "go", "rust", "java", "ruby", "shell"])
@pytest.mark.parametrize(
    "text", ["", "\0", "\ufeff# é\n", "'" * 999, "((" * 500, "\u2028`${" * 99, "<<A\n" * 99, "😀 = '漢' # é"]
)
def test_regions_lie_in_order_inside_any_text(language: str, text: str) -> None:
    found = regions(text, language)
    places = [place for one in found for place in (one.start, one.inner, one.outer, one.end)]
    assert (places, len(without(text, found))) == (sorted(min(max(p, 0), len(text)) for p in places), len(text))


def test_what_is_too_long_is_left_to_the_scanner() -> None:
    text = "a = 'b'\n" * (MOST_TREE // 8 + 1)
    assert tree_regions(text, "python", lambda: text) is None
    assert without(text, regions(text, "python"))[:8] == "a = ' '\n"


def test_every_language_with_a_grammar_has_a_table_row_too() -> None:
    named = ["python", "javascript", "typescript", "go", "rust", "java", "ruby", "shell"]
    assert [name for name in named if grammar(name).flags.get("tree") and grammar(name).opener] == named


def calls(path: str, old: str, new: str, text: str) -> list[str]:
    edit = {"old_string": old, "new_string": new}
    facts = edit_facts(path, path, [("", edit)], "Edit", Row({path: text}))
    return [fact.name for fact in facts if fact.kind == "call"]


IN_CONTEXT = [
    ("/repo/a.py", "x", "print(1)", 'def f():\n    """Doc.\n\n    x\n    """\n', []),
    ("/repo/a.py", "x", "print(1)", 'def f():\n    """Doc."""\n    x\n', ["print"]),
    ("/repo/a.ts", "x", "console.log(1)", "const a = `\n  x\n`\n", []),
    ("/repo/a.ts", "x", "console.log(1)", "const a = `${\n  x\n}`\n", ["console.log"]),
    ("/repo/a.tsx", "x", "console.log(1)", "const a = <p>\n  x\n</p>\n", []),
    ("/repo/a.tsx", "x", "console.log(1)", "const a = <p>{\n  x\n}</p>\n", ["console.log"]),
    ("/repo/a.go", "x", "fmt.Println(1)", "package a\n\n/*\nx\n*/\n", []),
    ("/repo/a.rb", "x", "puts(1)", "a = <<~B\n  x\nB\n", []),
]


@pytest.mark.parametrize(("path", "old", "new", "text", "names"), IN_CONTEXT)
def test_an_edit_is_read_in_its_file(path: str, old: str, new: str, text: str, names: list[str]) -> None:
    assert calls(path, old, new, text) == names


TEMPLATES = [
    ("a.ts", "const u = `mongodb://${host}:27018/x`", [("mongodb", "27018")]),
    ("a.py", "u = f'mongodb://{host}:27018/x'", [("mongodb", "27018")]),
    ("a.rb", 'u = "redis://#{host}:6380"', [("redis", "6380")]),
]


@pytest.mark.parametrize(("path", "text", "ports"), TEMPLATES)
def test_an_address_with_holes_is_one_address(path: str, text: str, ports: list[tuple[str, str]]) -> None:
    facts = text_facts(path, text, "create", Row(None), "content", 0)
    assert [(fact.name, fact.value) for fact in facts if fact.kind == "connect"] == ports


def test_a_parse_that_does_not_end_is_cut_off_and_the_parser_lives_on() -> None:
    engine = parser("tsx")
    assert engine is not None
    assert engine.parse(ENDLESS, 0.2) is None
    assert engine.parse("a = <b />", 0.2).root_node.has_error is False


def test_what_a_grammar_cannot_end_is_left_to_the_scanner() -> None:
    text = ENDLESS + "</"
    assert tree_regions(text, "typescript", lambda: text) is None


@pytest.mark.parametrize(
    ("language", "text"),
    [("java", "a<" * 9000), ("go", "{(" * 9000), ("ruby", "%w[" * 5000), ("typescript", "a<" * 9000)],
)
def test_endless_nesting_is_left_to_the_scanner(language: str, text: str) -> None:
    assert tree_regions(text, language, lambda: text) is None


LONG_UNITS = {
    "python": "class A{n}:\n    \'\'\'It\'s\n\n    def not_code(): {n}\n    \'\'\'\n\n    @b\n    def f(self):\n        return \'{n}\'  # d\n\n\n",
    "typescript": "export function f{n}(a: string) {{\n  /* const b =\nconst c = \'\n */\n  return `a ${{b(\'{n}\')}}\nconst d = 1\n`\n}}\n\n",
    "go": "func F{n}() string {{\n\t// it\'s\n\treturn `a\nfunc b() {{\n` + \"{n}\"\n}}\n\n",
    "rust": "/* fn\nfn a() {{ \'\n*/\npub fn f{n}() -> u8 {{\n    g(\"a\nfn b\", \'{n}\')\n}}\n\n",
}  # fmt: skip


@pytest.mark.parametrize("language", LONG_UNITS)
def test_a_place_in_a_long_text_is_read_as_in_the_whole(language: str) -> None:
    """Only the statements around it are parsed; whatever it stands in, the answer is the same."""
    text = "".join(LONG_UNITS[language].format(n=number % 10) for number in range(80))
    whole = without(text, regions(text, language))
    places = range(0, len(text), 97)
    parts = [without(text, regions(text, language, low=at, high=at + 40))[at : at + 40] for at in places]
    assert parts == [whole[at : at + 40] for at in places]
