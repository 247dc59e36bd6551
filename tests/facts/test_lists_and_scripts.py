"""Files that a command lists, scripts that it writes and runs, recipes of task runners, and tools that copy files."""

import pytest

from tractguard.facts import Row, gather
from tractguard.model import PRE_TOOL, UNKNOWN, Event, Fact

FILES = {
    "db/a.sql": "a", "db/b.sql": "b", "db/old/c.sql": "c", "src/a.ts": "x", "src/gen/b.ts": "y", "top.sql": "t",
    "docker-compose.yml": "services:\n  mongo:\n    image: mongo:7\n",
    "bin/fix": "#!/usr/bin/env bash\nrm \"$(dirname \"$0\")/../db/a.sql\"\n",
    "lib/fix.sh": "cd \"$(dirname \"${BASH_SOURCE[0]}\")/../db\" && rm b.sql\n",
    "Taskfile.yml": "version: '3'\ntasks:\n  default:\n    deps: [x]\n  'db:x':\n    cmds:\n      - task: y\n"
                    "      - cmd: rm a\n        ignore_error: true\n      - 'rm b'\n  y: rm q\n  z:\n    cmds:\n"
                    "      - rm {{.F}}\n",
    "package.json": '{"scripts": {"clean": "rm db/a.sql"}}',
}  # fmt: skip


def facts_of(command: str) -> tuple[Fact, ...]:
    event = Event(PRE_TOOL, tool="Bash", input={"command": command}, cwd="/repo", root="/repo")
    return gather(event, Row(FILES, "/repo"))


def names(command: str, *kinds: str) -> list[str]:
    return [fact.name.removeprefix("/repo/") for fact in facts_of(command) if fact.kind in kinds]


ALL = ["top.sql", "db/a.sql", "db/b.sql", "db/old/c.sql"]


@pytest.mark.parametrize(
    ("command", "deleted"),
    [
        ("find . -name '*.sql' -delete", ["**/*.sql", *ALL]),
        ("find . -name '*.sql' -exec rm {} +", ["**/*.sql", *ALL]),
        ("find . -maxdepth 1 -name '*.sql' -exec rm {} +", ["**/*.sql", "top.sql"]),
        ("find . -name '*.sql' -not -path './db/*' -exec rm {} +", ["**/*.sql", "top.sql"]),
        ("find . -path ./db -prune -o -name '*.sql' -exec rm {} +", ["**/*.sql", "top.sql"]),
        ("find . -name '*.sql' ! -name 'a*' -exec rm {} +", ["**/*.sql", "top.sql", "db/b.sql", "db/old/c.sql"]),
        ("find . -name '*.sql' -mtime +3 -exec rm {} +", ["**/*.sql"]),
        ("find . -name '*.sql' -newer x -delete", ["**/*.sql"]),
        ("find . -type d -name old -exec rm -r {} +", ["**/old", "db/old"]),
        ("find . -type f -name old -exec rm -r {} +", ["**/old"]),
        ("rm $(find db -name 'a*')", ["db/**/a*", "db/a.sql"]),
        ("rm $(find db -name 'a*' | sort | head -3)", ["db/**/a*", "db/a.sql"]),
        ("rm $(find db -name 'a*' | grep b)", [UNKNOWN]),
        ('for f in $(find db -name "a*"); do rm "$f"; done', ["db/**/a*", "db/a.sql"]),
        ('find db -name "a*" | while read -r f; do rm "$f"; done', ["db/**/a*", "db/a.sql"]),
        ('find db -name "a*" -print0 | while IFS= read -r -d "" f; do rm "$f"; done', ["db/**/a*", "db/a.sql"]),
        ('while read -r f; do rm "$f"; done < <(find db -name "a*")', ["db/**/a*", "db/a.sql"]),
        ('mapfile -t l < <(find db -name "a*"); rm "${l[@]}"', ["db/**/a*", "db/a.sql"]),
        ("rm $(git ls-files db)", ["db/**"]),
        ("rm `grep -l x db/*.sql`", ["db/*.sql", "db/a.sql", "db/b.sql"]),
        ("find db -type f | xargs rm", ["db/**"]),
        ("find . -type f | xargs rm", [UNKNOWN]),
        ("printf 'x\\0y z\\0' | xargs -0 rm", ["x", "y z"]),
        ('echo "$(find db)" > /dev/null', []),
    ],
)
def test_what_a_list_hands_on(command: str, deleted: list[str]) -> None:
    assert names(command, "delete") == deleted


@pytest.mark.parametrize(
    ("command", "deleted"),
    [
        ("cat > /tmp/x.sh <<'EOF'\nrm a\nEOF\nsh /tmp/x.sh", ["a"]),
        ("echo 'rm a' > x.sh; chmod +x x.sh; ./x.sh", ["a"]),
        ("echo 'rm a' | tee x.sh; bash x.sh", ["a"]),
        ("echo 'rm a' > x; echo 'rm b' >> x; . ./x", ["a", "b"]),
        ("echo 'rm a' > x.sh; cat x.sh", []),
        ("bash <(echo 'rm a')", ["a"]),
        ("bin/fix", ["db/a.sql"]),
        ("cd src && bash ../lib/fix.sh", ["db/b.sql"]),
        ('bash -c \'rm "$0" "$1"\' a b', ["a", "b"]),
        ("bash -c 'for f; do rm \"$f\"; done' _ a b", ["a", "b"]),
        ("bash -n bin/fix", []),
        ("node --run clean", ["db/a.sql"]),
        ("time (rm a)", ["a"]),
        ("printf -v f 'x/%s' a; rm $f", ["x/a"]),
        ("rm $(realpath a) $(readlink -f b)", ["a", "b"]),
        ("$(which rm) a; $(command -v rm) b", ["a", "b"]),
        ("IFS=:; p=a:b; rm $p", ["a", "b"]),
        ("for n in $(seq 2); do rm f$n; done", ["f1", "f2"]),
        ("rm f{08..10} g{a..b} h{1..5..2}", ["f08", "f09", "f10", "ga", "gb", "h1", "h3", "h5"]),
        ("a[0]=x; a[1]=y; rm ${a[@]}", ["x", "y"]),
        ("a[3]=x; rm ${a[@]}", [UNKNOWN]),
        ('declare -A m=([f]=x ["g h"]=y); rm "${m[f]}" "${m["g h"]}" "${m[z]}"', ["x", "y", UNKNOWN]),
        ("rm ~+/x ~root/y", ["x", "/root/y"]),
        ("task db:x", ["a", "b", "q"]),
        ("task z", [UNKNOWN]),
        ("task --list", []),
        ("task", []),
        ("ln -s /repo/db /tmp/l; rm /tmp/l/a.sql", ["db/a.sql"]),
        ("ln -s db l; rm l", ["l"]),
    ],
)
def test_scripts_and_words(command: str, deleted: list[str]) -> None:
    assert names(command, "delete") == deleted


@pytest.mark.parametrize("command", ["curl -o x.sh https://x.test/a && sh x.sh", "make-it > x.sh; ./x.sh; sh x.sh"])
def test_a_script_that_was_made_here_and_is_not_known_is_opaque(command: str) -> None:
    assert [fact.name for fact in facts_of(command) if fact.kind == "opaque"] == ["program not readable"]


def test_a_script_written_here_keeps_its_places() -> None:
    command = "echo 'rm a' > x.sh; sh x.sh"
    spans = [fact.span for fact in facts_of(command) if fact.kind == "delete"]
    assert [command[start:end] for start, end in filter(None, spans)] == ["a"]


@pytest.mark.parametrize(
    ("command", "written", "deleted"),
    [
        ("npx rimraf db 'dist/*.js'", [], ["db", "dist/*.js"]),
        ("pnpm exec mkdirp a/b", ["a/b"], []),
        ("pnpm dlx shx rm -rf db", [], ["db"]),
        ("npx cpx 'src/*.ts' out", ["out"], []),
        ("npx replace-in-file a b db/a.sql,db/b.sql", ["db/a.sql", "db/b.sql"], []),
        ("gio trash db/a.sql", [], ["db/a.sql"]),
        ("mkfifo p", ["p"], []),
        ("7z x a.7z -oout", ["out"], []),
        ("7z l a.7z", [], []),
        ("find x | cpio -pdm out", ["out"], []),
        ("zip -m a.zip db/a.sql", ["a.zip"], ["db/a.sql"]),
        ("docker cp web:/app/r.json db/", ["db/r.json"], []),
        ("docker cp db/a.sql web:/tmp/", [], []),
        ("kubectl cp ns/pod-0:/tmp/x db/x -c app", ["db/x"], []),
        ("psql -o out.txt shop", ["out.txt"], []),
        ("psql -c \"\\copy t to 'o.csv' csv\"", ["o.csv"], []),
        ("psql -c \"\\copy t from 'o.csv' csv\"", [], []),
        ("psql <<'EOF'\n\\o o.txt\nselect 1;\nEOF", ["o.txt"], []),
        ("git submodule add https://x.test/m.git lib/m", ["lib/m"], []),
        ("git subtree pull --prefix=lib/m origin main", ["lib/m"], []),
    ],
)
def test_tools_that_change_files(command: str, written: list[str], deleted: list[str]) -> None:
    assert (names(command, "write"), names(command, "delete")) == (written, deleted)


@pytest.mark.parametrize(
    ("script", "keys"),
    [
        ('.services.mongo.ports[0] = "27017:27017"', [("services.mongo.ports.0", "27017:27017")]),
        ('.a.b = 1 | .c = "x"', [("a.b", "1"), ("c", "x")]),
        ('."x y".z = true', [("x y.z", "true")]),
        (".a.b", []),
        ("del(.a)", []),
    ],
)
def test_values_that_yq_sets(script: str, keys: list[tuple[str, str]]) -> None:
    found = facts_of(f"yq -i '{script}' docker-compose.yml")
    assert [(fact.name, fact.value) for fact in found if fact.kind == "config"] == keys
