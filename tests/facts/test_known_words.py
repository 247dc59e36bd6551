"""What stands in the command itself or in a file of the project is known: arrays, programs, mounts, substitutions.

Every table has the spelling and, beside it, what only looks like it.
"""

from threading import Thread

import pytest

from tractguard.facts.files import text_facts
from tractguard.facts.shell import shell_facts
from tractguard.facts.treesitter import parser
from tractguard.facts.world import Row
from tractguard.model import UNKNOWN, Fact

FILES = {
    "db/a.sql": "",
    "db/b.sql": "",
    "web.yml": 'services:\n  db:\n    image: mongo:7\n    ports:\n      - "27027:27017"\n',
    "src/db.ts": "const u = 'mongodb://localhost:27027/x';\n",
    "fix.py": "import os, sys\nos.remove('db/a.sql')\nos.remove(sys.argv[1])\neval(input())\n\ndef never():\n    os.remove('x')\n",
    "run.py": "import subprocess\ndef main():\n    subprocess.run(['npm', 'ci'])\nmain()\n",
    "broken.py": "def (",
    "fix.js": "const fs = require('fs');\nfs.unlinkSync('db/a.sql');\nfs.unlinkSync(process.argv[2]);\n/x/.exec('rm y');\n",
    "fix.rb": "File.delete('db/a.sql')\n",
    "fix.pl": "unlink('db/a.sql');\n",
    "v2.0": "",
}  # fmt: skip


def facts(command: str, *kinds: str) -> list[Fact]:
    return [fact for fact in shell_facts(command, "/repo", Row(FILES)) if fact.kind in kinds]


def names(command: str, *kinds: str) -> list[str]:
    return [fact.name.removeprefix("/repo/") for fact in facts(command, *kinds)]


@pytest.mark.parametrize(
    ("command", "deleted"),
    [
        ('a=(x y); rm "${a[@]}"', ["x", "y"]),
        ("a=(x y); rm ${a[*]}", ["x", "y"]),
        ('a=(x y z); rm "${a[@]:1}"', ["y", "z"]),
        ('a=(x y); rm "${a[1]}"', ["y"]),
        ('a=(x y); rm "$a"', ["x"]),
        ('a=(x); a+=(y); rm "${a[@]}"', ["x", "y"]),
        ('declare -a a=(x); for f in "${a[@]}"; do rm "$f"; done', ["x"]),
        ('a=(x); a=y; rm "${a[@]}"', [UNKNOWN]),
        ('a=(x); a[0]=y; rm "${a[@]}"', ["y"]),
        ('a=(x); unset a; rm "${a[@]}"', [UNKNOWN]),
        ('if c; then a=(x); else a=(y); fi; rm "${a[@]}"', [UNKNOWN]),
        ("a=(x); echo '${a[@]}'", []),
        ('set -- x y; rm "$1"', ["x"]),
        ('set x y; shift; rm "$@"', ["y"]),
        ('set -e; rm "$1"', [UNKNOWN]),
        ('if c; then set -- x; fi; rm "$1"', [UNKNOWN]),
        ('read -r f <<< x; rm "$f"', ["x"]),
        ('read -r a b <<< "x y z"; rm "$b"', ["y z"]),
        ("read -ra a <<< 'x y'; rm \"${a[@]}\"", ["x", "y"]),
        ('mapfile -t a <<< x; rm "${a[@]}"', ["x"]),
        ('read -r f < /dev/tty; rm "$f"', [UNKNOWN]),
        ('printf "x\\ny\\n" | while read -r f; do rm "$f"; done', ["x", "y"]),
        ('while IFS= read -r f; do rm "$f"; done <<< "x y"', ["x y"]),
        ('find . | while read -r f; do rm "$f"; done', [UNKNOWN]),
        (': "${F:=x}"; rm "$F"', ["x"]),
        (': "${F:-x}"; rm "$F"', [UNKNOWN]),
        ('d=db/; rm "${d%/}/x"', ["db/x"]),
        ("f=./db/x; rm ${f#./}", ["db/x"]),
        ("f=db/x.sql; rm ${f%/*} ${f##*/} ${f%.sql} ${f/sql/txt}", ["db", "x.sql", "db/x", "db/x.txt"]),
        ("f=db/x; rm ${f%[a-z]}", [UNKNOWN]),
        ('rm "${f%/}"', [UNKNOWN]),
        ("rm -rf $TMPDIR/x", ["/tmp/tmp." + UNKNOWN + "/x"]),
        ("TMPDIR=db; rm -rf $TMPDIR/x", ["db/x"]),
        ("fd -e sql . db -x rm {}", ["db/**/*.sql", "db/a.sql", "db/b.sql"]),
        ("fd -e sql . db -X rm", ["db/**/*.sql", "db/a.sql", "db/b.sql"]),
        ("fd -e sql . db", []),
        ("cd db; ls | xargs rm", ["db/*", "db/a.sql", "db/b.sql"]),
        ("ls db | xargs rm", [UNKNOWN]),
    ],
)
def test_words_that_the_command_knows(command: str, deleted: list[str]) -> None:
    assert names(command, "delete") == deleted


@pytest.mark.parametrize(
    "command", ['a=(npm ci); "${a[@]}"', 'set -- npm ci; "$@"', 'read -ra a <<< "npm ci"; "${a[@]}"']
)
def test_a_program_that_the_command_knows(command: str) -> None:
    assert [fact.data["argv"] for fact in facts(command, "command")][-1] == ("npm", "ci")


@pytest.mark.parametrize(
    ("command", "deleted"),
    [
        ("python fix.py", ["db/a.sql"]), ("python3 -B ./fix.py", ["db/a.sql"]), ("node fix.js", ["db/a.sql"]),
        ("ruby fix.rb", ["db/a.sql"]), ("perl fix.pl", ["db/a.sql"]), ("cat fix.py", []), ("python -m fix.py", []),
        ("bun run fix.js", ["db/a.sql"]), ("deno run -A fix.js", ["db/a.sql"]), ("bun run build", []),
        ("python missing.py", []), ("python broken.py", []), ("docker exec web python fix.py", []),
    ],
)  # fmt: skip
def test_a_program_of_the_project_is_followed(command: str, deleted: list[str]) -> None:
    found = facts(command, "delete", "opaque")
    assert [(fact.name.removeprefix("/repo/"), fact.span) for fact in found] == [(name, None) for name in deleted]


def test_what_a_program_of_the_project_starts_is_told_through_it() -> None:
    found = facts("python run.py", "package")
    assert [(fact.data["manager"], fact.data["through"]) for fact in found] == [("npm", "python run.py")]


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ('docker run -v "$PWD":/w -w /w alpine rm db/x', [("/repo/db/x", True)]),
        ("docker run -v .:/w alpine rm /w/db/x /etc/x", [("/repo/db/x", True), ("/etc/x", False)]),
        ('podman run --volume "$(pwd)/db":/d:ro alpine sh -c "cd /d && rm x"', [("/repo/db/x", True)]),
        ("docker run --mount type=bind,source=.,target=/w -w /w a rm x", [("/repo/x", True)]),
        ("docker run --mount type=volume,source=d,target=/w -w /w a rm x", [("/w/x", False)]),
        ("docker run -v data:/w -w /w alpine rm db/x", [("/w/db/x", False)]),
        ("docker run -v .:/w -w /ws alpine rm db/x", [("/ws/db/x", False)]),
        ('docker run -v "$D":/w -w /w alpine rm x', [("/w/x", False)]),
    ],
)
def test_a_path_below_a_mount_point_is_a_path_here(command: str, told: list[tuple[str, bool]]) -> None:
    found = facts(command, "delete")
    assert [(fact.name, fact.data.get("mounted", False)) for fact in found] == told
    assert {bool(fact.data["inside"]) for fact in found} == {True}


@pytest.mark.parametrize(
    ("command", "mounted"),
    [("docker run -v .:/app -w /app node:22 npm ci", True), ("docker run -w /app node:22 npm ci", False)],
)
def test_package_files_that_are_mounted(command: str, mounted: bool) -> None:
    assert [fact.data.get("mounted", False) for fact in facts(command, "package")] == [mounted]


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("split -l 10 F db/part_", ["db/part_*"]), ("split F", ["x*"]), ("csplit -f db/p F /x/", ["db/p*"]),
        ("split --filter='wc' F db/p", []), ('sqlite3 x.db ".output db/d.sql" .dump', ["db/d.sql"]),
        ('sqlite3 x.db ".once db/d.sql" "select 1"', ["db/d.sql"]), ("sqlite3 x.db '.backup main db/b'", ["db/b"]),
        ("sqlite3 x.db .schema", []), ('sqlite3 x.db ".output stdout"', []), ("sqlite3 x.db .dump > db/d", ["db/d"]),
    ],
)  # fmt: skip
def test_files_that_are_written(command: str, written: list[str]) -> None:
    assert names(command, "write") == written


@pytest.mark.parametrize(
    ("code", "deleted"),
    [
        ("require('fs/promises').rm('db', {recursive: true})", ["db"]),
        ("require('node:fs').rmSync('db')", ["db"]),
        ("const {rm} = require('node:fs/promises'); rm('x')", ["x"]),
        ("import {rm as r, cp} from 'fs'; rm('x')", []),
        ("const f = require('fs'); f.rm('x'); list.rm('y'); rm('z')", ["x"]),
        ("await import('node:fs/promises').then(fs => fs.rm('x'))", ["x"]),
        ("require('child_process').execSync('rm \\'a b\\'')", ["a b"]),
        ("require('child_process').exec('rm x')", ["x"]),
        ("/x/.exec('rm x'); re.exec('rm x')", []),
        ("fs.unlinkSync(`db/x`)", ["db/x"]),
        ("require('child_process').execSync('rm d*/x')", ["d*/x"]),
        ("fs.unlinkSync(`db/${n}.sql`)", ["db/" + UNKNOWN + ".sql"]),
        ('fs.unlinkSync("db/\\x61.sql")', ["db/a.sql"]),
        ("console.log('fs.rm(\\'x\\')')", []),
    ],
)
def test_javascript(code: str, deleted: list[str]) -> None:
    assert names(f"node <<'EOF'\n{code}\nEOF", "delete") == deleted


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os; os.chdir('db'); open('x', 'w')", ["write db/x"]),
        ("import os, glob\n[os.remove(p) for p in glob.glob('d/*.sql')]", ["delete d/*.sql"]),
        ("from pathlib import Path\nfor p in sorted(Path('d').rglob('*.sql')): p.unlink()", ["delete d/**/*.sql"]),
        ("import os\nfor p in ['x', 'y']: os.remove(p)", ["delete x", "delete y"]),
        ("import os\nfor p in os.listdir('d'): os.remove(os.path.join('d', p))", ["delete d/*"]),
        ("import os, glob\n[print(p) for p in glob.glob('d/*.sql')]", []),
        ("import fileinput\nfor l in fileinput.input('x', inplace=True): print(l)", ["write x"]),
        ("import fileinput\nfor l in fileinput.input('x'): print(l)", []),
        ("import tempfile, shutil\nd = tempfile.mkdtemp()\nshutil.rmtree(d)", ["delete /tmp/tmp." + UNKNOWN]),
        ("import os, shutil\nshutil.rmtree(os.path.expanduser('~/x'))", ["delete /home/dev/x"]),
        ("import os\nfor p in unknown(): os.remove(p)", ["delete " + UNKNOWN]),
    ],
)
def test_python(code: str, told: list[str]) -> None:
    found = facts(f"python3 <<'EOF'\n{code}\nEOF", "write", "delete")
    assert [f"{fact.kind} {fact.name.removeprefix('/repo/')}" for fact in found] == told


@pytest.mark.parametrize(
    ("command", "ports"),
    [
        ("sed -i 's/27027/27018/' web.yml", [("27018", "27018")]),
        ("sed -i 's#localhost:27027#localhost:27017#g' src/db.ts", [("27017", "27017")]),
        ("perl -pi -e 's/:27027/:27017/' src/db.ts", [("27017", "27017")]),
        ("sed 's/27027/27017/' web.yml", []),
        ("sed -i 's/9999/27017/' web.yml", []),
        ("sed -i 's/27[0-9]*/27017/' missing.yml", []),
        ("docker run --network host mongo:7 --port 27017", [("27017", "27017")]),
        ("docker run --net=host mongo:7 mongod --port=27017", [("27017", "27017"), ("27017", "27017")]),
        ("docker run mongo:7 --port 27017", []),
        ("docker run --network host app:1 --port 27017", []),
        ("npx migrate-mongo up --url mongodb://localhost:27017/x", [("27017", "27017")]),
        ("goose postgres postgres://localhost:5433/x up", [("5433", "5433")]),
        ("sometool 'see mongodb://localhost:27017 there'", []),
        ("sometool https://example.com", []),
        ("echo mongodb://localhost:27017", []),
        ("kubectl create secret generic x --from-literal=U=mongodb://localhost:27017", []),
    ],
)
def test_ports(command: str, ports: list[tuple[str, str]]) -> None:
    found = facts(command, "connect")
    assert [(fact.value, command[fact.span[0] : fact.span[1]] if fact.span else "") for fact in found] == ports


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("git checkout v1.2.3", [("git", "v1.2.3")]), ("git checkout release/1.2", [("git", "release/1.2")]),
        ("git checkout v2.0", [("write", ""), ("git", "")]), ("git checkout a.md", [("write", ""), ("git", "")]),
        ("git checkout 1.2.0-rc.1", [("git", "1.2.0-rc.1")]),
    ],
)  # fmt: skip
def test_a_version_is_a_ref(command: str, told: list[tuple[str, str]]) -> None:
    assert [(fact.kind, fact.value) for fact in facts(command, "git", "write")] == told


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [
        ("git checkout -f", "discards", True), ("git checkout -f main", "discards", True),
        ("git checkout main", "discards", False), ("git submodule foreach git reset --hard", "hard", True),
        ("git submodule foreach --recursive 'git reset --hard'", "hard", True),
        ("git submodule foreach git reset", "hard", False),
    ],
)  # fmt: skip
def test_git_that_discards(command: str, field: str, value: bool) -> None:
    assert bool(facts(command, "git")[-1].data.get(field)) is value


@pytest.mark.parametrize(
    ("command", "recursive"),
    [("rm --recurs x", True), ("rm --forc x", False), ("chmod --rec 777 x", True), ("chmod --ref=y x", False)],
)
def test_a_long_option_written_short(command: str, recursive: bool) -> None:
    assert facts(command, "delete", "chmod")[-1].data["recursive"] is recursive


@pytest.mark.parametrize(
    ("command", "removed"),
    [
        ("rsync -a --delete a/ me@h:/b", [("/b", "me@h")]), ("rsync -a --delete a/ rsync://h/m/b", [("~/m/b", "h")]),
        ("rsync -a a/ h:/b", []),
    ],
)  # fmt: skip
def test_a_mirror_on_another_machine(command: str, removed: list[tuple[str, str]]) -> None:
    assert [(fact.name, fact.data["inside"]) for fact in facts(command, "delete")] == removed


def test_a_version_option_with_a_value_is_no_help() -> None:
    shown = [facts(command, "command")[0].data["help"] for command in ("cargo yank --version 1.0", "cargo --version")]
    assert shown == [False, True]


# The door to the grammar


@pytest.mark.parametrize(
    "text", ["{\U0010ffff", "{\U000e0000,b}", "[[ -\U0010ffff x", "cat <<\U0010ffff\n", "$\ud800", "\0"]
)
def test_only_ascii_reaches_the_scanner(text: str) -> None:
    door = parser("bash")
    assert door is not None
    assert door.parse(text).root_node.end_byte <= len(text)


def test_what_stands_behind_other_scripts_keeps_its_place() -> None:
    command = "echo é𝄞 {\U0010ffff,x}; rm ü𝄞 y"
    spans = [fact.span for fact in facts(command, "delete")]
    assert [command[slice(*span)] for span in spans if span] == ["ü𝄞", "y"]


def test_threads_share_the_parser() -> None:
    found: list[list[str]] = []
    command = "cat <<E | sh\nrm a 'é' $(rm b)\nE\nrm c"

    def read() -> None:
        found.extend(names(command, "delete") for _ in range(50))

    threads = [Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), {tuple(each) for each in found}) == (200, {tuple(names(command, "delete"))})


SERVICE = "apiVersion: v1\nkind: Service\nspec:\n  ports:\n    - port: 6379\n      targetPort: 6379\n"


@pytest.mark.parametrize(
    ("path", "text", "roles"),
    [
        ("k8s/redis.yaml", SERVICE, ["inner", "inner"]),
        ("k8s/redis.yaml", SERVICE + "      nodePort: 30079\n", ["inner", "inner", "publish"]),
        ("conf.yaml", "redis:\n  port: 6379\n", ["config"]),
        ("compose.yml", 'services:\n  db:\n    image: mongo:7\n    expose: ["27017"]\n', ["inner"]),
        ("compose.yml", 'services:\n  db:\n    image: mongo:7\n    ports: ["27027:27017"]\n', ["publish"]),
    ],
)
def test_a_port_between_containers_is_inner(path: str, text: str, roles: list[str]) -> None:
    found = text_facts(f"/repo/{path}", text, "create", Row(None), "content", 0)
    assert [fact.data["role"] for fact in found if fact.kind == "connect"] == roles


def test_a_large_file_is_not_worked_out() -> None:
    """A substitution that changes thousands of places is told as a write, without the lines."""
    found = shell_facts("sed -i 's/a/b/g' big", "/repo", Row({"big": "a\n" * 50_000}))
    assert [(fact.kind, fact.value) for fact in found if fact.kind in ("write", "code")] == [
        ("write", ""),
        ("code", "b"),
    ]
