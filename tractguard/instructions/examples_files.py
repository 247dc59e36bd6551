"""Example calls about files and code: what is written, where it lies, how it is named and shaped. Cold."""

import re
from collections.abc import Callable, Iterator

from tractguard.instructions.ecosystems import Language, language
from tractguard.instructions.example_calls import LOOK, Call, Pair, bash, file_for, placed, write
from tractguard.model import Constraint
from tractguard.tables import table

Project = tuple[Language, ...]


def languages_of(constraint: Constraint, project: Project) -> Project:
    """The languages that a constraint is about: its own, the one of its files, else those of the repository."""
    own = str(constraint.get("lang") or "")
    if own:
        known = next((each for each in project if each.name == own), None)
        typed = next((each for each in project if each.name == "typescript" and own == "javascript"), None)
        return (known or typed or language(own),)
    said = str(constraint.get("words") or "")
    told = [
        each
        for each in project
        if re.search(rf"(?<!\w){re.escape(each.name)}(?!\w)", said, re.I) or _looks_like(each, said)
    ]
    project = (*told, *(each for each in project if each not in told))
    endings = {glob.rpartition(".")[2].strip("{}").split(",")[0] for glob in constraint.list("scope") if "*." in glob}
    fitting = tuple(each for each in project if each.suffix in endings)
    return fitting or project


def _looks_like(each: Language, said: str) -> bool:
    """Whether the code in a sentence is plainly of a language: `#[derive]`, `x::y()`, `$this->x`."""
    if each.name == "rust":
        return bool(re.search(r"`#\[|`[^`]*\w::\w|`\w+!\(?[^`]*`", said))
    return each.name == "php" and bool(re.search(r"`[^`]*(?:\$\w|->|::)|`(?:config|env)\(", said))


def _path(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    for glob in _literal_globs(constraint)[:3] or constraint.list("path")[:3]:
        path = placed(constraint, root, file_for(glob), glob)
        name, look = path.removeprefix(f"{root}/"), Call("Read", {"file_path": path})
        operations = constraint.list("op")
        there = {path: "first\nsecond\n"}
        if constraint.get("op") == "commit":
            yield Pair(bash(f"git add {name} && git commit -m 'Add it'"), bash(LOOK))
        elif constraint.get("op") == "delete" or constraint.type == "require_path":
            yield Pair(bash(f"rm {name}"), look)
        elif constraint.type == "append_only":
            yield Pair(write(path, "changed\n"), bash(f"echo more >> {name}"), files=there)
        elif constraint.get("op") == "run":
            yield Pair(bash(f"sh {name}"), look)
        elif constraint.get("op") == "append":
            yield Pair(bash(f"echo more >> {name}"), look, files=there)
        elif operations and "create" not in operations:
            edit = Call("Edit", {"file_path": path, "old_string": "first", "new_string": "changed"})
            yield Pair(edit, look, files=there)
            yield Pair(write(path, "changed\n"), look, files=there)
        else:
            yield Pair(write(path, "changed\n"), look)


def _literal_globs(constraint: Constraint) -> list[str]:
    """The globs; where they are the words of a usual kind ("lock files"), what those stand for."""
    named = table("rules_files")["named"]
    found: list[str] = []
    for glob in constraint.list("glob"):
        plain = glob.lower().strip()
        found += named.get(plain, [glob] if " " not in glob else [])
    return found


def _read(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    for glob in constraint.list("glob")[:3]:
        path = placed(constraint, root, file_for(glob), glob)
        yield Pair(Call("Read", {"file_path": path}), Call("Read", {"file_path": f"{root}/README.md"}))


def _bare(pattern: str) -> str:
    """A pattern as a word of a sentence: `.unwrap(` is `unwrap`, and `View<T>` stays."""
    word = pattern.strip(" :.([")
    return (word if "<" in word[1:] else word.strip("<>")) or pattern


def _code(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    use = next(iter(constraint.list("use")), "")
    for pattern in constraint.list("pattern")[:3]:
        for each in languages_of(constraint, project):
            path = placed(constraint, root, f"src/example.{each.suffix}")
            remark = f"{each.head}{each.mark} {_bare(pattern)} is not used here\n"
            good = write(path, _with(each, use)) if _code_like(use) and "`" not in use else None
            for text in _spellings(pattern, each):
                bad = write(path, each.head + text + "\n")
                if good:
                    yield Pair(bad, good)
                yield Pair(bad, write(path, remark))
    for name in constraint.list("constructs"):
        shown = table("thesaurus")["examples"].get(name)
        if shown:
            folder = "tests/" if "test" in shown[0] else "src/"
            path = placed(constraint, root, folder + shown[0])
            yield Pair(write(path, shown[1] + "\n"), write(path, shown[2] + "\n"))
    for each in languages_of(constraint, project) if constraint.list("imports") else ():
        name = constraint.list("imports")[0]
        if re.fullmatch(r"[\w@./-]+", name):
            path = placed(constraint, root, f"src/example.{each.suffix}")
            for text in (f'import x from "{name}"', f"import {name}", f"from {name} import x"):
                yield Pair(write(path, text + "\n"), write(path, f"{each.mark} without {name}\n"))


def _code_like(use: str) -> bool:
    return bool(re.fullmatch(r"[\w@./:$#-]+(?:\(\)?)?", use)) and not use.endswith("-")


def _with(each: Language, use: str) -> str:
    """A line with the right word."""
    end = _line_end(each)
    if re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)+", use):
        return f'{each.head}{_assigned(each)}"{use}"{end}\n'
    if re.fullmatch(r"[@\w.-]+(?:/[\w.-]+)+", use):
        return f'{each.head}import {{ x }} from "{use}"{end}\n'
    called = "()" if use.endswith((")", "(")) else ""
    return f"{each.head}{_assigned(each)}{use.removesuffix('()').rstrip('(')}{called}{end}\n"


def _line_end(each: Language) -> str:
    return ";" if each.mark == "//" and each.name not in ("go", "kotlin", "swift") else ""


def _assigned(each: Language) -> str:
    """What opens a line that gives a value a name."""
    opened = {
        "php": "$value = ",
        "go": "value := ",
        "rust": "let value = ",
        "csharp": "var value = ",
        "kotlin": "val value = ",
    }
    return opened.get(each.name, "const value = " if each.name in ("typescript", "javascript") else "value = ")


_WILDCARDS = {
    "python": "from os import *",
    "java": "import java.util.*;",
    "kotlin": "import java.util.*",
    "rust": "use std::io::*;",
    "typescript": 'import * as x from "y";',
    "javascript": 'import * as x from "y";',
}
_STATEMENTS = frozenset(("assert", "throw", "raise", "await", "yield", "goto", "unsafe", "return"))


def _spellings(pattern: str, each: Language) -> Iterator[str]:
    """Lines of code that hold a word, the most natural first."""
    end = _line_end(each)
    python = each.name == "python"
    if pattern == "import *":
        yield _WILDCARDS.get(each.name, pattern)
    if pattern in _STATEMENTS:
        yield f"{pattern} value{end}"
    if pattern.startswith(":"):
        yield f"def run(value{pattern}) -> None: ..." if python else f"let value{pattern} = input{end}"
    if pattern.startswith("->"):
        yield f"def run() {pattern}: ..."
    if re.match(r"as \w", pattern):
        yield f"const value = input {pattern}{end}"
    if re.match(r"[!=]= ", pattern):
        yield f"if (value {pattern}) {{ }}"
    if re.fullmatch(r"[a-z]+(?:-[a-z0-9]+)+", pattern):
        yield f'{_assigned(each)}"{pattern}"{end}'
    if pattern.startswith("."):
        yield f"value{pattern}" + (")" if pattern.endswith("(") else "") + end
    if pattern.endswith("("):
        yield f"{pattern}){end}"
        yield f"{_assigned(each)}{pattern}){end}"
    if re.fullmatch(r"[@\w]+(?:/[\w-]+)+", pattern):
        yield f'import {{ x }} from "{pattern}"{end}'
    if re.fullmatch(r"[\w.$]+", pattern):
        yield f"{_assigned(each)}{pattern}{end}"
        yield f"{pattern}(value){end}"
    yield pattern
    yield f"{pattern} = 1{end}"


def _text(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    for pattern in constraint.list("pattern")[:2]:
        for name in ("docs/example.md", f"src/example.{project[0].suffix}"):
            path = placed(constraint, root, name)
            yield Pair(write(path, f"Some {pattern} text\n"), write(path, "Some text\n"))
        yield Pair(bash(f"git commit -m 'feat: add {pattern}'"), bash("git commit -m 'feat: add an example'"))
    what = str(constraint.get("what") or "")
    shown = {"emoji": "Done 🎉", "link": "see https://example.org/x"}
    for word, text in shown.items():
        for each in project if word in what else ():
            path = placed(constraint, root, f"src/example.{each.suffix}")
            yield Pair(write(path, f"{each.mark} {text}\n"), write(path, f"{each.mark} done\n"))


def _where(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    """A file of a kind, here and where it has to be."""
    own = [each.test_file for each in project if each.test_file]
    names = (*own, f"Example.{'tsx' if project[0].suffix == 'ts' else project[0].suffix}", "example.sql", "example.md")
    folder = next(iter(constraint.list("must_be_in")), "").rstrip("/*")
    for name in names if folder and "." not in folder.rpartition("/")[2] else ():
        yield Pair(write(f"{root}/other/{name}", "x\n"), write(f"{root}/{folder}/{name}", "x\n"))
    for folder in constraint.list("must_not_be_in")[:1]:
        for name in (*names, f"example.{project[0].suffix}"):
            yield Pair(write(f"{root}/{folder.rstrip('/*')}/{name}", "x\n"), write(f"{root}/other/{name}", "x\n"))


NAMES = {
    "snake_case": "an_example",
    "camelCase": "anExample",
    "PascalCase": "AnExample",
    "kebab-case": "an-example",
}
DEFINED = {
    "py": ("def {}():\n    pass\n", "class {}:\n    pass\n"),
    "ts": ("function {}() {{}}\n", "class {} {{}}\n"),
    "js": ("function {}() {{}}\n", "class {} {{}}\n"),
    "go": ("package x\n\nfunc {}() {{}}\n",),
    "rs": ("fn {}() {{}}\n", "struct {};\n"),
    "rb": ("def {}\nend\n",),
    "php": ("<?php\n\nfunction {}() {{}}\n", "<?php\n\nclass {} {{}}\n"),
    "java": ("class X {{\n    void {}() {{}}\n}}\n", "class {} {{}}\n"),
    "kt": ("fun {}() {{}}\n", "class {}\n"),
    "cs": ("class {} {{ }}\n",),
}


def _name(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    good = NAMES.get(str(constraint.get("style") or ""), "")
    for bad in NAMES.values() if good else ():
        for each in languages_of(constraint, project):
            path = placed(constraint, root, f"src/example.{each.suffix}")
            for text in DEFINED.get(each.suffix, ()):
                if bad != good:
                    yield Pair(write(path, text.format(bad)), write(path, text.format(good)))
        suffix = project[0].suffix
        if bad != good:
            yield Pair(write(f"{root}/src/{bad}.{suffix}", "x\n"), write(f"{root}/src/{good}.{suffix}", "x\n"))


def _format(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    for each in languages_of(constraint, project):
        path = placed(constraint, root, f"src/example.{each.suffix}")
        lines = {
            step: f"{each.mark} first\n{step}{each.mark} second\n{step}{each.mark} third\n"
            for step in ("\t", "    ", "  ")
        }
        for wrong in lines.values() if constraint.get("indent") else ():
            for right in lines.values():
                if wrong != right:
                    yield Pair(write(path, wrong), write(path, right))
        longest = str(constraint.get("line_length") or constraint.get("max_line_length") or "")
        if longest.isdigit():
            text = f"{each.mark} {'a long line ' * (int(longest[:4]) // 12 + 2)}\n"
            yield Pair(write(path, text), write(path, f"{each.mark} a short line\n"))
        if constraint.get("semicolons"):
            for wrong, right in (("let x = 1;\n", "let x = 1\n"), ("let x = 1\n", "let x = 1;\n")):
                yield Pair(write(path, wrong), write(path, right))
        if constraint.get("quotes"):
            for wrong, right in (("x = 'a'\n", 'x = "a"\n'), ('x = "a"\n', "x = 'a'\n")):
                yield Pair(write(path, wrong), write(path, right))


def _setting(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    value = str(constraint.get("value") or "")
    name = str(constraint.get("name") or constraint.get("key") or "")
    if not value or not name:
        return
    file = str(constraint.get("file") or ("config.yml" if "." in name else ".env"))
    path = placed(constraint, root, file)
    other = {"true": "false", "false": "true"}.get(value.lower(), "1" if value.isdigit() and value != "1" else "other")
    for wrong, right in ((other, value),):
        if file.endswith(".json"):
            quoted = wrong in ("true", "false") or wrong.isdigit()
            sides = [f'{{"{name}": {each}}}\n' if quoted else f'{{"{name}": "{each}"}}\n' for each in (wrong, right)]
            yield Pair(write(path, sides[0]), write(path, sides[1]))
        yield Pair(write(path, f"{name}: {wrong}\n"), write(path, f"{name}: {right}\n"))
        yield Pair(write(path, f"{name}={wrong}\n"), write(path, f"{name}={right}\n"))


CODE_PROPOSALS: dict[str, Callable[[Constraint, str, Project], Iterator[Pair]]] = {
    "forbid_path": _path,
    "append_only": _path,
    "require_path": _path,
    "forbid_read": _read,
    "forbid_code": _code,
    "forbid_text": _text,
    "path_rule": _where,
    "naming": _name,
    "format": _format,
    "env_var": _setting,
    "config": _setting,
}
