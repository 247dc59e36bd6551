"""What programs in JavaScript and TypeScript would do, given to node, deno, bun or tsx, or as a file of the project."""

import pytest

from tractguard.facts import Row
from tractguard.facts.shell import shell_facts

KINDS = ("write", "append", "delete", "move", "chmod", "link", "opaque", "package", "git", "process")


def effects(command: str, project: dict[str, str] | None = None) -> list[tuple[str, str]]:
    facts = shell_facts(command, "/repo", Row(project))
    return [(fact.kind, fact.name) for fact in facts if fact.kind in KINDS]


def node(program: str) -> list[tuple[str, str]]:
    return effects(f"node <<'EOF'\n{program}\nEOF")


PROGRAMS = [
    ('require("fs").writeFileSync("a", "b")', [("write", "/repo/a")]),
    ('fs["unlinkSync"]("a")', [("delete", "/repo/a")]),
    ('const {rm} = require("fs/promises"); rm("a")', [("delete", "/repo/a")]),
    ('const {rm: gone} = require("node:fs"); gone("a", f)', [("delete", "/repo/a")]),
    ('import fs from "node:fs"; fs.rmSync("a")', [("delete", "/repo/a")]),
    ('import * as f from "fs"; f.rmSync("a")', [("delete", "/repo/a")]),
    ('import { unlink as u } from "fs"; u("a")', [("delete", "/repo/a")]),
    ('const fs = (await import("fs")).promises; await fs.cp("a", "b")', [("write", "/repo/b")]),
    ('import("fs").then(({ rm }) => rm("a"))', [("delete", "/repo/a")]),
    ('const d = "m"; fs.rmSync(`${d}/x`)', [("delete", "/repo/m/x")]),
    ('const d = "m"; fs.rmSync(d + "/" + "x")', [("delete", "/repo/m/x")]),
    ('fs.rmSync(path.join("m", "..", "x"))', [("delete", "/repo/x")]),
    ('fs.rmSync(path.resolve("m", "/repo/y"))', [("delete", "/repo/y")]),
    ('fs.rmSync("\\x61\\u0062")', [("delete", "/repo/ab")]),
    ('fs.rmSync(Buffer.from("YWI=", "base64").toString())', [("delete", "/repo/ab")]),
    ('fs.rmSync(atob("YWI="))', [("delete", "/repo/ab")]),
    ('for (const f of ["a", "b"]) fs.rmSync("d/" + f)', [("delete", "/repo/d/a"), ("delete", "/repo/d/b")]),
    ('["a", "b"].forEach(f => fs.rmSync(f))', [("delete", "/repo/a"), ("delete", "/repo/b")]),
    ('fs.readdirSync("d").forEach(f => fs.rmSync(`d/${f}`))', [("delete", "/repo/d/*")]),
    (
        'process.chdir("d"); fs.renameSync("a", "b")',
        [("delete", "/repo/d/a"), ("write", "/repo/d/b"), ("move", "/repo/d/b")],
    ),
    ('fs.symlinkSync("a", "b"); fs.chmodSync("c", 0o600)', [("link", "/repo/b"), ("chmod", "/repo/c")]),
    ('fs.openSync("a", "w"); fs.openSync("b", "a"); fs.openSync("c")', [("write", "/repo/a"), ("append", "/repo/b")]),
    ('require("rimraf").sync("a")', [("delete", "/repo/a")]),
    ('require("shelljs").rm("-rf", "a")', [("delete", "/repo/a")]),
    ('execSync("rm a")', [("delete", "/repo/a")]),
    ('require("child_process").spawnSync("rm", ["a"], {cwd: "d"})', [("delete", "/repo/d/a")]),
    ('const run = require("util").promisify(require("child_process").exec); run("npm i x")', [("package", "x")]),
    ('import { execa } from "execa"; await execa("pnpm", ["add", "x"])', [("package", "x")]),
    ('import { $ } from "zx"; const f = "a"; await $`rm ${f}`', [("delete", "/repo/a")]),
    ('Bun.write("a", "b"); await Bun.file("c").delete()', [("write", "/repo/a"), ("delete", "/repo/c")]),
    ('new Deno.Command("git", { args: ["push"] }).output()', [("git", "push")]),
    ('Deno.openSync("a", { write: true })', [("write", "/repo/a")]),
    ('const f: string = "a"; fs.rmSync(f as any)', [("delete", "/repo/a")]),
    ("eval(\"fs.rmSync('a')\")", [("delete", "/repo/a")]),
    ("eval(process.argv[2])", [("opaque", "computed")]),
    ("execSync(process.argv[2])", [("opaque", "computed")]),
]


@pytest.mark.parametrize(("program", "expected"), PROGRAMS, ids=[row[0] for row in PROGRAMS])
def test_a_program(program: str, expected: list[tuple[str, str]]) -> None:
    assert node(program) == expected


SILENT = [
    '// fs.rmSync("a")',
    "console.log(\"fs.rmSync('a')\")",
    "const s = `fs.rmSync('a')`",
    '/rm/.exec("a"); cache.rm("a"); db.open("a"); list.remove("a")',
    'const fs = require("memfs"); fs.writeFileSync("a", "b")',
    'map.delete("a"); new Set().delete("b"); url.rename("a", "b")',
    'fs.existsSync("a"); fs.statSync("b"); path.join("c", "d")',
    'function fsync(a) { return a } fsync("a")',
]


@pytest.mark.parametrize("program", SILENT)
def test_what_only_looks_like_an_effect(program: str) -> None:
    assert node(program) == []


SPELLINGS = [
    "node -e 'fs.rmSync(\"a\")'",
    "node --eval='fs.rmSync(\"a\")'",
    "node -p 'fs.rmSync(\"a\")'",
    "deno eval 'Deno.removeSync(\"a\")'",
    'bun -e \'require("fs").rmSync("a")\'',
    'tsx -e \'import { rmSync } from "fs"; rmSync("a" as string)\'',
    "ts-node <<'EOF'\nimport { rmSync } from 'fs'\nrmSync('a')\nEOF",
    "echo 'fs.rmSync(\"a\")' | node",
    "f=a; node -e \"fs.rmSync('$f')\"",
]


@pytest.mark.parametrize("command", SPELLINGS)
def test_ways_to_run_a_program(command: str) -> None:
    assert effects(command) == [("delete", "/repo/a")]


def test_a_program_of_the_project_is_followed_as_far_as_it_is_sure() -> None:
    text = "import { rmSync } from 'fs'\nfunction unused() { rmSync('b') }\nrmSync('a'); rmSync(process.argv[2])\n"
    assert effects("node tools/x.mjs", {"tools/x.mjs": text}) == [("delete", "/repo/a")]


@pytest.mark.parametrize(
    "program", ["", "}{", "fs.rmSync(", "`${" * 400, "(" * 4000, "a." * 4000 + "b", "fs.rmSync(" * 900, "é = '\udcff'"]
)
def test_broken_programs_are_survived(program: str) -> None:
    assert {kind for kind, _ in node(program)} <= {"opaque", "delete"}
