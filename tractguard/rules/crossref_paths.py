"""Files that must not be changed, read, rewritten or removed: TG321–TG324.

It compares the paths that a call writes, deletes or reads with globs. It refuses to guess what a name in words
("generated files") covers, unless the shipped table of usual file names knows it.
"""

import posixpath
import re
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Constraint, Fact, Instruction
from tractguard.rules.covered import ELSEWHERE, is_whole, literal_head, touched
from tractguard.rules.crossref import Call, Hit, bash, edit, rule, write
from tractguard.rules.programs import argv_of, fits, only_looks
from tractguard.rules.scope import place
from tractguard.rules.words import pathlike, table

CHANGES = ("write", "append", "delete", "move", "link")
_BY_OP = {
    "write": ("write", "append"),
    "edit": ("write", "append"),
    "create": ("write",),
    "delete": ("delete",),
    "append": ("append", "write"),
    "move": ("move", "delete"),
}
_CLIENTS = frozenset(
    ("psql mysql mariadb sqlite3 mongosh mongo redis-cli clickhouse-client sqlcmd sqlplus cqlsh duckdb"
     " bash sh zsh").split()
)  # fmt: skip


def globs_of(constraint: Constraint, key: str = "glob") -> tuple[str, ...]:
    """The globs of a constraint; usual names in words ("lock files") become the globs that the table has for them."""
    named = table("files")["named"]
    found: list[str] = []
    for said in constraint.list(key):
        text = said.strip().strip("`\"'")
        if text.startswith("~/"):
            found += [home + text[1:] for home in ("/home/*", "/root", "/Users/*")]
        elif text.endswith("/*") and text.count("*") == 1:
            found.append(text + "*")  # all that is in a folder, also further down
        elif pathlike(text) or (text and " " not in text and text.lower() not in named):
            found.append(text)
        else:
            found += named.get(text.lower().removeprefix("the "), ())
    return tuple(dict.fromkeys(found))


def forbid_path(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A change to a protected path."""
    globs = tuple(_from_root(call, glob) for glob in globs_of(constraint))
    if constraint.get("outside"):
        yield from _outside(call)
    for op in (constraint.list("op") or ("",)) if globs else ():
        yield from _done_to(call, constraint, globs, op, instruction)


def _from_root(call: Call, glob: str) -> str:
    """A glob beside the repository (`../legacy`) as an absolute one."""
    if not glob.startswith("../"):
        return glob
    path = posixpath.normpath(posixpath.join(call.root, glob))
    return path if "." in posixpath.basename(path) or "*" in path else path + "/**"


def _done_to(
    call: Call, constraint: Constraint, globs: tuple[str, ...], op: str, instruction: Instruction
) -> Iterator[Hit]:
    """One operation ("" for any change) on a protected path."""
    if op in ("commit", "run"):
        yield from _committed(call, globs) if op == "commit" else _executed(call, globs)
        return
    kinds = _BY_OP.get(op, CHANGES)
    beside = all(glob.startswith("../") for glob in globs_of(constraint))
    for fact in call.of(*kinds):
        if not _op_fits(op, fact) or (op == "append" and fact.kind == "write" and not _grows(call)):
            continue
        glob, sure = touched(call, fact, globs)
        if beside and not call.rel(fact.name).startswith("/"):
            continue
        if glob and not _by_its_generator(call, fact, instruction):
            yield _changed(call, fact, glob, sure, constraint)
    if op in ("", "write", "edit"):
        yield from _by_git(call, globs, constraint)
    if op in ("", "write", "edit") and constraint.get("unless"):  # a bare "never edit it" is about editing
        yield from _by_manager(call, globs, instruction)
    if op in ("", "write", "create", "append") and not _HAND.search(instruction.text):
        yield from _generated(call, globs, constraint)


def _by_its_generator(call: Call, fact: Fact, instruction: Instruction) -> bool:
    """Whether a tool that generates writes a file that is only not to be changed by hand (`gen types > types.ts`)."""
    via = str(fact.data.get("via") or "")
    if fact.kind != "write" or not via or not _REGENERATED.search(instruction.text):
        return False
    words = [word for each in call.of("command") if each.name == via for word in argv_of(each)[1:]]
    return any(_GENERATES.match(word) for word in words)


def _outside(call: Call) -> Iterator[Hit]:
    """A change outside the guarded folder; scratch files of the machine are nobody's concern."""
    for fact in call.of(*CHANGES):
        path = call.rel(fact.name)
        if path.startswith("/") and UNKNOWN not in path and not path.startswith((*ELSEWHERE, "/private/tmp/")):
            yield Hit(
                fact,
                f"this call changes {path}, outside the repository",
                actual=path,
                expected="no change outside the repository",
                conflict_type="path",
                confidence=0.9,
                way_out="Stay inside the repository, or ask the person.",
                subject=f"path:{path}",
            )


def _op_fits(op: str, fact: Fact) -> bool:
    if op == "create":
        return fact.data.get("mode") == "create"
    if op == "edit":
        return fact.data.get("mode") != "create"
    return True


def _changed(call: Call, fact: Fact, glob: str, sure: float, constraint: Constraint) -> Hit:
    path = call.rel(fact.name)
    does = {"delete": "deletes", "move": "moves", "append": "appends to"}.get(fact.kind, "changes")
    use = constraint.list("use")
    return Hit(
        fact,
        f"this call {does} {path}",
        actual=path,
        expected=f"no change in {glob}",
        conflict_type="path",
        confidence=sure,
        way_out=f"Use {use[0]} instead." if use else f"Leave {glob} as it is; reading it is fine.",
        subject=f"path:{path}",
    )


def _by_git(call: Call, globs: tuple[str, ...], constraint: Constraint) -> Iterator[Hit]:
    """Files that git itself rewrites or removes (`git checkout HEAD~1 -- FILE`, `git rm`)."""
    known = {fact.name for fact in call.of(*CHANGES)}
    for fact in call.of("git"):
        if fact.name not in ("checkout", "restore", "rm", "mv"):
            continue
        for path in paths_of(call, fact):
            if path not in known:
                glob, sure = touched(call, Fact("write", path), globs)
                if glob:
                    yield _changed(call, fact._replace(kind="git", name=path), glob, sure, constraint)


_REGENERATED = re.compile(r"\b(?:[Rr]e-?generat|by hand|manual|hand-?edit)")
_GENERATES = re.compile(r"(?:[\w-]+:)?(?:(?:re)?gen(?:erate|erated)?(?:[:-][\w-]+)?|codegen|typegen|introspect)$")
_HAND = re.compile(r"(?i)\b(?:by hand|manual|hand-?edit|von hand|à la main|a mano|na mão)|手[动工動]|手作業|직접")
_BY_HAND = re.compile(r"\b(?:by hand|hand|hand-?edit\w*|manual\w*|direct(?:ly)?|generated|use `|instead)\b")


def _by_manager(call: Call, globs: tuple[str, ...], instruction: Instruction) -> Iterator[Hit]:
    """A package that is added or removed: its manager changes the manifest. Not where only a hand is kept off it."""
    if _BY_HAND.search(instruction.text.lower()):
        return
    for fact in call.of("package"):
        manifest = table("packages")["manifests"].get(str(fact.data.get("manager") or ""))
        if not manifest or fact.data.get("verb") not in _CHANGING or not fact.name or fact.data.get("dry_run"):
            continue
        where = place(call, fact) or manifest
        if not where.endswith(manifest) or fact.data.get("global"):
            continue
        glob, sure = touched(call, Fact("write", posixpath.join(call.root, where)), globs)
        if glob and not glob.endswith(("*", "/")):
            yield Hit(
                fact,
                f"{fact.data.get('manager')} changes {where}",
                actual=where,
                expected=f"no change in {glob}",
                conflict_type="path",
                confidence=min(sure, 0.85),
                way_out=f"Leave {glob} as it is, or ask the person.",
                subject=f"path:{where}",
            )


_CHANGING = frozenset(("add", "install", "i", "remove", "uninstall", "rm", "require", "un", "delete"))


def paths_of(call: Call, fact: Fact) -> list[str]:
    """The paths that a git command names, absolute."""
    folder = str(fact.data.get("cwd") or call.event.cwd or call.root)
    found = fact.data.get("paths")
    if not isinstance(found, (list, tuple)):
        return []
    return [
        posixpath.normpath(posixpath.join(folder, str(path))) for path in found if path and UNKNOWN not in str(path)
    ]


def _committed(call: Call, globs: tuple[str, ...]) -> Iterator[Hit]:
    for fact in call.of("git"):
        if fact.name not in ("add", "commit", "stage") or fact.data.get("dry_run"):
            continue
        for path in paths_of(call, fact):
            glob, sure = touched(call, Fact("write", path), globs)
            if not glob and any(is_whole(one, call.rel(path)) for one in globs):
                glob, sure = call.rel(path) + "/**", 0.9  # the folder itself
            if glob:
                shown = call.rel(path)
                yield Hit(
                    fact,
                    f"this call puts {shown} into git",
                    actual=shown,
                    expected=f"{glob} not committed",
                    conflict_type="path",
                    confidence=max(sure, 0.85),
                    way_out=f"Leave {shown} out of the commit.",
                    subject=f"path:{shown}",
                )


def _executed(call: Call, globs: tuple[str, ...]) -> Iterator[Hit]:
    """Files that must not be run, and are: by an interpreter, as a program, or fed to a database client."""
    clients = any(fact.name in _CLIENTS for fact in call.of("command"))
    found = [fact for fact in call.of("read") if fact.data.get("runs") or _fed(fact, clients)]
    for fact in call.of("command"):
        path = str(fact.data.get("path") or "")
        if "/" in path and UNKNOWN not in path:
            where = posixpath.normpath(posixpath.join(str(fact.data.get("cwd") or call.root), path))
            found.append(fact._replace(name=where))
    for fact in found:
        glob, sure = touched(call, Fact("write", fact.name, data=fact.data), globs)
        if glob:
            path = call.rel(fact.name)
            yield Hit(
                fact,
                f"this call runs {path}",
                actual=path,
                expected=f"nothing of {glob} run",
                conflict_type="path",
                confidence=sure,
                way_out=f"Leave {glob} alone; reading it is fine.",
                subject=f"run:{path}",
            )


def _fed(fact: Fact, clients: bool) -> bool:
    via = str(fact.data.get("via") or "")
    return via in _CLIENTS or (via == "<" and clients)


def _generated(call: Call, globs: tuple[str, ...], constraint: Constraint) -> Iterator[Hit]:
    """Commands whose whole point is to write new files below a usual folder (`makemigrations`)."""
    use = constraint.list("use")
    for fact in call.of("command"):
        argv = argv_of(fact)
        if only_looks(fact) or any(fits(one, argv) for one in use):
            continue
        for said, folders in table("files")["generators"].items():
            if not fits(said, argv):
                continue
            glob = next((one for one in globs for folder in folders if literal_head(one).split("/")[-1] == folder), "")
            if glob:
                yield Hit(
                    fact,
                    f"{said} writes new files there",
                    actual=said,
                    expected=f"no change in {glob}",
                    conflict_type="path",
                    confidence=0.85 if "." in literal_head(glob) else 0.7,
                    way_out=f"Leave {glob} as it is, or ask the person.",
                    subject=f"path:{glob}",
                )


def forbid_read(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A protected path that is read."""
    globs = globs_of(constraint)
    for fact in call.of("read"):
        glob, sure = touched(call, fact, globs)
        if glob:
            path = call.rel(fact.name)
            yield Hit(
                fact,
                f"this call reads {path}",
                actual=path,
                expected=f"no reading of {glob}",
                conflict_type="path",
                confidence=sure,
                way_out=f"Leave {path} unread; ask the person for what is needed from it.",
                subject=f"read:{path}",
            )


def append_only(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A file that may only grow and is rewritten, shortened or removed."""
    globs = globs_of(constraint, "path")
    for fact in call.of("write", "delete"):
        glob, sure = touched(call, fact, globs)
        if not glob or fact.data.get("mode") == "create" or _only_adds(call, fact):
            continue
        path = call.rel(fact.name)
        yield Hit(
            fact,
            f"this call rewrites {path}" if fact.kind == "write" else f"this call deletes {path}",
            actual=path,
            expected=f"{path} only appended to",
            conflict_type="path",
            confidence=max(sure, 0.9) if "/" not in path else sure,
            way_out=f"Append with >> {path}.",
            subject=f"path:{path}",
        )


def _grows(call: Call) -> bool:
    """Whether a change of a part of a file leaves more lines than there were."""
    old, new = call.event.input.get("old_string"), call.event.input.get("new_string")
    return isinstance(old, str) and isinstance(new, str) and new.count("\n") > old.count("\n")


def _only_adds(call: Call, fact: Fact) -> bool:
    """An edit whose new text starts with the old one only adds."""
    old, new = call.event.input.get("old_string"), call.event.input.get("new_string")
    return isinstance(old, str) and isinstance(new, str) and len(old) > 1 and new.startswith(old)


def require_path(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A file that must stay and is deleted or moved away."""
    globs = globs_of(constraint, "path")
    for fact in call.of("delete"):
        glob, sure = touched(call, fact, globs)
        if glob:
            path = call.rel(fact.name)
            yield Hit(
                fact,
                f"this call removes {path}",
                actual=path,
                expected=f"{glob} stays",
                conflict_type="path",
                confidence=sure,
                way_out=f"Keep {glob}.",
                subject=f"path:{path}",
            )


_MIGRATIONS = "Never touch migrations/."
_KEEP = "`docs/index.md` must stay."
_KEEP_RULE = {"type": "require_path", "path": "docs/index.md"}
_LOG = "`docs/log.md` is append-only."

RULES = (
    rule(
        "TG321",
        "protected path",
        ("forbid_path",),
        forbid_path,
        bad=(
            edit(_MIGRATIONS, "/repo/migrations/0001_init.py", "b"),
            bash(_MIGRATIONS, "sed -i s/a/b/ migrations/0001_init.py"),
            bash(_MIGRATIONS, "rm -rf migrations"),
            bash("Never edit `CHANGELOG.md`.", "echo x >> CHANGELOG.md"),
        ),
        good=(
            bash(_MIGRATIONS, "cat migrations/0001_init.py"),
            bash(_MIGRATIONS, "grep -rn create_table migrations/ > /tmp/found.txt"),
            edit(_MIGRATIONS, "/repo/docs/migrations.md", "b"),
            bash("Never edit `src/api.ts` by hand, regenerate it.", "apitool generate schema.json > src/api.ts"),
            edit(
                [_MIGRATIONS, "For this task you can edit migrations/0042_fix.py."], "/repo/migrations/0042_fix.py", "b"
            ),
            write("Never edit `CHANGELOG.md`.", "/repo/docs/CHANGELOG-template.md", "# x\n"),
        ),
    ),
    rule(
        "TG322",
        "path not to be read",
        ("forbid_read",),
        forbid_read,
        bad=(bash("Never read files in `secrets/`.", "cat secrets/prod.yml"),),
        good=(bash("Never read files in `secrets/`.", "cat config/prod.yml"),),
    ),
    rule(
        "TG323",
        "append-only file",
        ("append_only",),
        append_only,
        bad=(bash(_LOG, "echo fresh > docs/log.md"),),
        good=(bash(_LOG, "echo more >> docs/log.md"), bash(_LOG, "tail -5 docs/log.md")),
    ),
    rule(
        "TG324",
        "file that must stay",
        ("require_path",),
        require_path,
        bad=(bash(_KEEP, "rm docs/index.md", constraints=[_KEEP_RULE]),),
        good=(bash(_KEEP, "cat docs/index.md", constraints=[_KEEP_RULE]),),
    ),
)
