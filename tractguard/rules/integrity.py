"""The guard itself: its files, its package and what it leans on are not changed by a tool call. TG601 to TG607.

Here: the guard's own files (TG601). The client's settings are in `integrity_settings`, commands that loosen or go
round the guard in `integrity_commands`, its package and the client's record in `integrity_installed`, and which path
is whose in `integrity_paths`. Reading is always fine, and so is a person with an
editor: a rule only sees tool calls. It refuses to know whether a file is there. Pure.
"""

from collections.abc import Iterator
from itertools import pairwise

from tractguard.model import ESCALATED, REJECTED, UNKNOWN, Fact
from tractguard.rules.destructive import Loss, Rule, Scene, bash, rule, shown
from tractguard.rules.integrity_codes import codes
from tractguard.rules.integrity_commands import client, code_text, loosened
from tractguard.rules.integrity_installed import evidence, package
from tractguard.rules.integrity_paths import (
    AROUND,
    CHANGES,
    FINDS,
    FOLDER,
    OWN,
    PACKAGE,
    SETTINGS,
    aims,
    command_text,
    harmless,
    hit,
    hit_of,
    words,
)
from tractguard.rules.integrity_settings import settings

SETTINGS_FILE = "/repo/.claude/settings.json"
BY_HAND = "A person can change it: tractguard instructions retire|edit, or an editor."
_SQL_LOOKS = ("select", "explain", "values", "show", "describe", "")
_STASHES = frozenset("list show apply pop drop clear branch create store export import".split())
_DOTTED = (".restore", ".import", ".recover", ".shell", ".system", ".open", ".read", ".clone", ".load")
_CHANGING_CODE = ("remove", "unlink", "rmtree", "rmSync", "write", "truncate", "os.replace", "rename", "chmod", "dump(",
                  "symlink", "copyfile", "move(", "system(", "exec(")  # fmt: skip
_CHANGING_SQL = ("delete from", "update ", "drop table", "insert into", "alter table", "replace into", "pragma ",
                 "vacuum", "create trigger")  # fmt: skip
_CALLS = frozenset(("remove", "unlink", "rmtree", "rename", "replace", "truncate", "chmod", "write_text", "write_bytes",
                    "writeFileSync", "writeFile", "rmSync", "unlinkSync", "renameSync", "copyFileSync", "move", "copy",
                    "copyfile", "symlink", "system", "run", "check_call", "execSync"))  # fmt: skip
_OPENED = ("'w", "'a", "'r+", '"w', '"a', '"r+')


def own_files(scene: Scene) -> Iterator[Loss]:
    """The history, the policy, the ledger and the compiled state: written, emptied, deleted, moved, linked, shut."""
    for fact in scene.of(*CHANGES):
        found = hit_of(scene, fact)
        if found is not None and not harmless(scene, fact):
            status = _status_of(scene, fact, found.kind, found.sure)
            if status:
                yield _changed(scene, fact, status)
        elif fact.kind == "link" and fact.value:
            yield from _linked(scene, fact)
    yield from _by_git(scene)
    yield from _by_database(scene)
    yield from _by_program(scene)
    yield from _by_code(scene)
    yield from _by_script(scene)


def _status_of(scene: Scene, fact: Fact, kind: str, sure: bool) -> str:
    """How a change of such a path is judged; "" where it is none of this rule's."""
    if kind == OWN:
        if fact.kind == "write" and fact.data.get("mode") == "restore":
            return ESCALATED
        if fact.kind == "write" and "**" in fact.name and not _meant(fact.name):
            return ""
        return REJECTED if sure else ESCALATED
    if kind == FOLDER:
        if fact.kind in ("delete", "link"):
            return REJECTED if sure else ESCALATED
        if fact.kind == "chmod":
            if fact.data.get("via") in ("chown", "chgrp"):
                return ESCALATED
            return "" if _opens(fact.value) else REJECTED
        if fact.kind == "write" and (fact.data.get("recursive") or fact.data.get("mode") == "restore"):
            return ESCALATED
        return ""
    if kind == AROUND and fact.kind == "delete":
        cleaned = fact.data.get("via") == "git" and any(each.name == "clean" for each in scene.of("git"))
        return "" if cleaned else _around(fact)  # git clean leaves what is ignored or tracked: see _by_git
    return ""


def _meant(pattern: str) -> bool:
    """Whether a search for files is one for the guard's: a formatter's `**/*.json` is not."""
    return any(one in pattern.lower() for one in ("tractguard", "instruction-", "ledger", ".claude"))


def _opens(mode: str) -> bool:
    """Whether a mode leaves the owner what is needed to read and write."""
    return mode[-3:-2] in ("6", "7") or (not mode[:1].isdigit() and "-" not in mode and "=" not in mode)


def _around(fact: Fact) -> str:
    """The whole repository, or what holds it, is deleted or moved away."""
    if fact.data.get("via") in FINDS or (fact.data.get("glob") and fact.data.get("via") not in ("mv", "git")):
        return ESCALATED
    moved = fact.data.get("via") in ("mv", "gmv")
    return REJECTED if fact.data.get("recursive") or moved else ""


def _changed(scene: Scene, fact: Fact, status: str) -> Loss:
    done = {"delete": "takes away", "link": "puts a link over", "chmod": "changes the rights of"}.get(
        fact.kind, "changes"
    )
    if fact.data.get("mode") == "restore":
        done = "puts back another version of"
    what = shown(scene.rel(fact.name), 60)
    says = f"this call {done} {what}, which the guard keeps"
    return Loss(fact, says, status, BY_HAND, 0.97, subject=fact.name)


def _linked(scene: Scene, fact: Fact) -> Iterator[Loss]:
    """A second name for a file of the guard: what is written there would change it."""
    found = hit(scene, fact.value)
    if found is not None and found.kind in (OWN, SETTINGS, FOLDER, PACKAGE):
        says = f"this call gives {shown(scene.rel(fact.value), 60)}, which the guard keeps, a second name"
        yield Loss(fact, says, ESCALATED, BY_HAND, subject=fact.value)


def _by_git(scene: Scene) -> Iterator[Loss]:
    """git clean of ignored files, stashes and older versions that take the guard's files along."""
    for fact in scene.of("git"):
        flags = fact.data.get("flags") or ()
        given = [str(path) for path in fact.data.get("paths") or ()]
        cwd = str(fact.data.get("cwd") or scene.root)
        if fact.data.get("dry_run") or "--dry-run" in flags:
            continue
        if fact.name == "clean" and {"-x", "-X"} & set(flags) and not {"-n", "-i", "--interactive"} & set(flags):
            found = hit(scene, cwd)
            if (
                (not given or scene.root in given)
                and found is not None
                and found.kind in (AROUND, FOLDER, OWN)
                and not _excluded(scene)
            ):
                says = "git clean -x takes the guard's ledger and state away: git ignores them, and nothing keeps them"
                yield Loss(fact, says, ESCALATED, "Leave them out: git clean -fdx -e .claude", 0.97, "clean")
        elif fact.name == "stash" and fact.data.get("verb") not in _STASHES:
            named = any(_names_own(scene, cwd, word) for word in fact.data.get("args") or ())
            if named or {"-a", "--all"} & set(flags):
                says = "this stash takes the guard's own files out of force"
                yield Loss(fact, says, ESCALATED, "Leave -a and the files below .claude out.", subject="stash")
        elif fact.name in ("checkout", "restore") and _older(scene, fact, given):
            says = "this call puts back an older instruction history with everything else"
            yield Loss(
                fact, says, ESCALATED, "Leave it out: git restore --source=REV -- . ':!.claude'", subject="older"
            )


def _older(scene: Scene, fact: Fact, given: list[str]) -> bool:
    """Whether every file of the repository is put back to another commit's version."""
    if scene.root not in given or any(".claude" in str(word) for word in fact.data.get("args") or ()):
        return False
    flags, args = fact.data.get("flags") or (), list(fact.data.get("args") or ())
    if "--staged" in flags and "--worktree" not in flags:
        return False
    if fact.name == "restore":
        return bool({"--source", "-s"} & set(flags))
    return len(args) > len(given) and args[0] not in ("HEAD", "@", ".", "--")


def _names_own(scene: Scene, cwd: str, word: str) -> bool:
    found = hit(scene, word if word.startswith("/") else f"{cwd}/{word.removeprefix('./')}")
    return found is not None and found.kind in (OWN, FOLDER)


def _excluded(scene: Scene) -> bool:
    """Whether a git clean of this call was told to leave `.claude` alone."""
    for command in scene.of("command"):
        argv = [str(word) for word in command.data.get("argv") or ()]
        if command.name != "git" or "clean" not in argv:
            continue
        given = [after for word, after in pairwise(argv) if word in ("-e", "--exclude")]
        given += [
            word.partition("=")[2] if "=" in word else word[2:]
            for word in argv
            if word[:2] == "-e" or "--exclude=" in word
        ]
        if any(one.strip("/*") in (".claude", ".*") for one in given):
            return True
    return False


def _by_database(scene: Scene) -> Iterator[Loss]:
    """The ledger through a database client or server whose statement cannot be read or changes something."""
    for fact in scene.runs("sqlite3", "sqlite", "litecli", "duckdb", "sqlite-utils"):
        argv = [str(word) for word in fact.data.get("argv") or ()]
        if "-readonly" in argv or not any(found.kind == OWN for found in aims(scene, fact)):
            continue
        rest = [word for word in argv[2:] if word[:1] != "-"]
        fed = not rest and ("<" in command_text(scene) or fact.data.get("piped_from"))
        dotted = any(word.lstrip().startswith(_DOTTED) for word in rest)
        if fed or dotted or any(UNKNOWN in word for word in rest):
            says = f"{fact.name} is given statements for the guard's ledger that cannot be read"
            yield Loss(fact, says, ESCALATED, "Look with sqlite3 -readonly, or tractguard log.", subject="sql")
    if scene.event.tool.startswith("mcp__"):
        named = [value for value in scene.event.input.values() if isinstance(value, str) and "tractguard" in value]
        if any(found is not None and found.kind == OWN for found in (hit(scene, value) for value in named)):
            for fact in scene.of("sql"):
                if fact.name not in _SQL_LOOKS:
                    yield Loss(fact, "this call changes the guard's ledger", REJECTED, BY_HAND, subject="sql")


def _by_program(scene: Scene) -> Iterator[Loss]:
    """Programs that change a file in ways of their own: attributes, mounts, line editors."""
    moves = {"trash", "remove", "move", "rename"}
    trashed = [fact for fact in scene.runs("gio") if not moves.isdisjoint(fact.data.get("argv") or ())]
    for fact in (*scene.runs(*words("changers")), *trashed, *_unpacking(scene)):
        if not fact.data.get("inside") and any(found.kind in (OWN, FOLDER, SETTINGS) for found in aims(scene, fact)):
            says = f"{shown(fact.value, 60)} changes what the guard keeps"
            yield Loss(fact, says, REJECTED, BY_HAND, subject=fact.value)


def _unpacking(scene: Scene) -> Iterator[Fact]:
    """Archives that are unpacked; which of their files, the command says."""
    for fact in scene.runs("tar", "bsdtar", "gtar", "unzip", "7z", "7za", "cpio"):
        words = [str(word) for word in (fact.data.get("argv") or ())[1:]]
        first = words[0].lstrip("-") if words else ""
        if fact.name == "unzip":
            unpacks = not {"-l", "-p", "-t", "-v", "-Z", "-d"} & set(words)
        elif fact.name in ("7z", "7za"):
            unpacks = first in ("x", "e")
        else:
            unpacks = not {"-C", "--directory"} & set(words)
            unpacks = unpacks and ("--extract" in words or (first.isalpha() and "x" in first))
        if unpacks:
            yield fact


def _by_code(scene: Scene) -> Iterator[Loss]:
    """A program text that names a file of the guard and changes something that no fact tells."""
    for fact in scene.runs(*words("code")):
        text = code_text(scene, fact)
        low = text.lower()
        if fact.data.get("inside") or not _mentioned(low):
            continue
        if "sqlite" in low and any(one in low for one in _CHANGING_SQL):
            yield Loss(fact, "this program changes the guard's ledger", REJECTED, BY_HAND, subject="code")
            continue
        told = any(each.data.get("via") == fact.name for each in scene.of("write", "append", "delete", "chmod", "link"))
        if not told and any(one in text for one in _CHANGING_CODE):
            says = "this program names the guard's own files, and what it changes cannot be told"
            yield Loss(fact, says, ESCALATED, BY_HAND, 0.7, "code")


def _by_script(scene: Scene) -> Iterator[Loss]:
    """A program that this call writes and runs, and that changes a file of the guard."""
    run = {fact.name for fact in scene.of("read") if fact.data.get("runs")}
    for fact in scene.of("call") if run else ():
        if fact.data.get("path") in run and _mentioned(fact.value.lower()):
            last = fact.name.rpartition(".")[2]
            if last in _CALLS or (last == "open" and any(mode in fact.value for mode in _OPENED)):
                yield Loss(
                    fact, "this call runs a program that changes the guard's files", REJECTED, BY_HAND, subject="code"
                )


def _mentioned(low: str) -> bool:
    return any(one in low for one in ("instruction-history", "tractguard.toml", ".claude/tractguard", "ledger.db"))


def tool(name: str, **given: object) -> dict[str, object]:
    """An example that is a call of another tool than the shell."""
    return {"tool": name, "input": given}


def edit(path: str, old: str, new: str) -> dict[str, object]:
    """An example that is an edit of a file."""
    return tool("Edit", file_path=path, old_string=old, new_string=new)


_ALL = (
    rule(
        "TG601",
        "the guard's own files",
        "integrity",
        own_files,
        bad=(
            bash("rm -rf .claude"),
            bash("sed -i s/27027/27017/ .claude/instruction-history.json"),
            bash("git clean -fdx"),
            bash("sqlite3 .claude/tractguard/ledger.db 'delete from events'"),
            tool("Write", file_path="/repo/.claude/tractguard.toml", content="mode = 'shadow'"),
        ),
        good=(
            bash("cat .claude/instruction-history.json"),
            bash("git add .claude/instruction-history.json && git commit -m 'rm -rf .claude'"),
            bash("rm -rf /tmp/demo/.claude"),
            tool("Read", file_path="/repo/.claude/tractguard.toml"),
        ),
    ),
    rule(
        "TG602",
        "a looser guard",
        "integrity",
        loosened,
        bad=(
            bash("tractguard uninstall --yes"),
            bash("env -u CLAUDECODE tractguard instructions retire inst_001"),
            bash("python -m tractguard init --mode shadow"),
            bash("echo 'tractguard uninstall' | at now"),
        ),
        good=(
            bash("tractguard status"),
            bash("tractguard uninstall --help"),
            bash("tractguard explain 'tractguard uninstall'"),
            bash("grep -rn 'tractguard uninstall' docs"),
        ),
    ),
    rule(
        "TG603",
        "the client's settings",
        "integrity",
        settings,
        bad=(
            bash("echo '{}' > .claude/settings.json"),
            bash("jq 'del(.hooks)' .claude/settings.json > t && mv t .claude/settings.json"),
            edit(SETTINGS_FILE, "{", '{"disableAllHooks": true,'),
        ),
        good=(
            bash("jq .hooks .claude/settings.json"),
            edit(SETTINGS_FILE, '"allow": []', '"allow": ["Bash(ls)"]'),
        ),
    ),
    rule(
        "TG604",
        "a session beside the guard",
        "integrity",
        client,
        bad=(
            bash("claude --bare -p 'rm it'"),
            bash("CLAUDE_CODE_SIMPLE=1 claude"),
            bash("echo '{}' | tractguard hook claude-code UserPromptSubmit"),
            bash("python3 hooks/tractguard_hook.py claude-code PreToolUse < x.json"),
        ),
        good=(bash("claude --version"), bash("claude mcp list"), bash("cat hooks/tractguard_hook.py")),
    ),
    rule(
        "TG605",
        "the installed guard",
        "integrity",
        package,
        bad=(
            bash("pip uninstall -y tractguard"),
            bash("rm -rf ~/.local/lib/python3.12/site-packages/tractguard"),
            bash("pkill -f tractguard"),
        ),
        good=(bash("pip show tractguard"), bash("pip install tractguard"), bash("pgrep -fl tractguard")),
    ),
    rule(
        "TG606",
        "the client's record",
        "integrity",
        evidence,
        bad=(bash("rm -rf ~/.claude/projects"), bash("echo '{}' >> ~/.claude/projects/-repo/0a.jsonl")),
        good=(
            bash("grep -l port ~/.claude/projects/-repo/*.jsonl"),
            tool("Write", file_path="/home/dev/.claude/projects/-repo/memory/MEMORY.md", content="x"),
        ),
    ),
    rule(
        "TG607",
        "codes for the person",
        "integrity",
        codes,
        bad=(bash("xxd ~/.local/state/tractguard/lifting.key"), bash("tmux capture-pane -p")),
        good=(bash("ls ~/.local/state/tractguard"), bash("tmux capture-pane -p -t server"), bash("tmux ls")),
    ),
)  # fmt: skip
RULES: tuple[Rule, ...] = tuple(each._replace(domain="") for each in _ALL)
