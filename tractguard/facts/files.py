"""Facts of the file tools: what Edit, Write, MultiEdit, NotebookEdit, Read and their kin would do.

It knows which argument is the path and which the text, and that only added lines count: a line that the file, or the
replaced text, already holds is no addition, nor is a value that stood in the replaced line. It refuses to judge
content; that is read by `code`, `config` and `sql`, which are loaded only when such a text is written.
"""

import posixpath
from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.facts.world import MOST_BYTES, World
from tractguard.model import Fact

READERS = frozenset(("Read", "NotebookRead", "Glob", "Grep", "LS"))
FETCHERS = frozenset(("WebFetch", "WebSearch"))
MOST_EDITED = 800_000  # characters of new text and of the file around it that are read for all edits of a call
EDIT_COST = 500  # what reading one edit costs beside its length, in characters
_MANIFESTS = frozenset(
    ("package.json", "composer.json", "pyproject.toml", "Pipfile", "setup.cfg", "Cargo.toml", "pubspec.yaml",
     "pubspec.yml", "Gemfile", "gems.rb", "pom.xml", "Directory.Packages.props", "mise.toml", ".mise.toml",
     "rust-toolchain.toml", "gleam.toml", "libs.versions.toml", "mix.exs", "Package.swift", "Podfile", "Cartfile",
     "packages.config", "build.sbt", "conanfile.txt", "rebar.config", "Project.toml", "elm.json", "deno.json",
     "deno.jsonc", "import_map.json", "shard.yml", "bower.json", "environment.yml", "environment.yaml", "vcpkg.json",
     "pixi.toml")
)  # fmt: skip
_PROJECTS = (".gemspec", ".csproj", ".fsproj", ".vbproj", ".gradle", ".gradle.kts")
_SHEBANGS = (("python", "python"), ("node", "javascript"), ("ruby", "ruby"), ("perl", "perl"), ("sh", "shell"))
_DROPPED = frozenset(("import", "call", "config", "env", "connect", "url", "package", "version", "sql", "script"))


def file_facts(tool: str, tool_input: Mapping[str, Any], cwd: str, world: World) -> list[Fact]:
    """Facts of one call of a file tool. What cannot be read (a path that is no text ...) becomes an `opaque` fact."""
    if tool in FETCHERS:
        return _fetch(tool, tool_input)
    if tool in READERS:
        return _read(tool, tool_input, cwd, world)
    said = tool_input.get("notebook_path" if tool == "NotebookEdit" else "file_path")
    if tool == "NotebookEdit" and not isinstance(said, str):
        said = tool_input.get("file_path")
    if not isinstance(said, str) or not said:
        return [opaque("no path", repr(said)[:200], tool)]
    path = absolute(said, cwd, world)
    if tool == "NotebookEdit":
        return _notebook(path, said, tool_input, world)
    if tool == "MultiEdit":
        return _multi(path, said, tool_input, tool, world)
    if "content" in tool_input or tool in ("Write", "Create"):
        return write_facts(path, said, tool_input.get("content"), "content", tool, world)
    return edit_facts(path, said, [("", tool_input)], tool, world)


def absolute(said: str, cwd: str, world: World) -> str:
    """`said` as an absolute, normalised path: `~`, `.`, `..` and the working folder applied."""
    if said.startswith("file://"):
        said = said[7:]
    if said == "~" or said.startswith("~/"):
        said = world.home + said[1:]
    return posixpath.normpath(posixpath.join(cwd or world.root or "/", said.replace("\0", "")))


def opaque(reason: str, text: str, via: str) -> Fact:
    """What could not be read, and why."""
    return Fact("opaque", reason, text, {"via": via})


def write_facts(
    path: str, said: str, content: Any, field: str, via: str, world: World, append: bool = False
) -> list[Fact]:
    """A whole file is written, or its end: the effect, and what the added text holds."""
    there = world.exists(path)
    if append:
        facts = [Fact("append", path, "", {"said": said, "via": via, "exists": there})]
    else:
        mode = "overwrite" if there else "create"
        facts = [_write(path, said, via, mode, there)]
    if not isinstance(content, str):
        return [*facts, opaque("content is no text", repr(content)[:200], via)]
    old = "" if append or there is False else world.text(path) or ""
    op = "append" if append else "edit" if old else "create"
    return [*facts, *text_facts(path, content, op, world, field, 0, old, via)]


def edit_facts(
    path: str, said: str, edits: Sequence[tuple[str, Mapping[str, Any]]], via: str, world: World
) -> list[Fact]:
    """Replacements in one file, in order. Each is (prefix of its fields, {old_string, new_string, replace_all})."""
    text = world.text(path)
    there = world.exists(path)
    olds = [edit.get("old_string", edit.get("oldText", edit.get("old_str", ""))) for _, edit in edits]
    mode = "create" if there is not True and olds and olds[0] == "" and text is None else "edit"
    facts = [_write(path, said, via, mode, there)]
    op = "create" if mode == "create" else "edit"
    from tractguard.facts.code_source import MOST_TEXT

    budget = MOST_EDITED
    for (prefix, edit), old in zip(edits, olds, strict=False):
        key = next((name for name in ("new_string", "newText", "new_str") if name in edit), "new_string")
        new = edit.get(key)
        if not isinstance(new, str):
            facts.append(opaque("new text is no text", repr(new)[:200], via))
            continue
        old = old if isinstance(old, str) else ""
        before, after = _around(text, old)
        if budget < len(before) + len(after):
            before = after = ""
        budget -= len(before) + len(after) + min(len(new), MOST_TEXT) + EDIT_COST
        if budget < 0:
            facts.append(opaque("too many edits", f"{len(edits)} edits are more than is read of one call", via))
            break
        facts.extend(_added(path, new, op, prefix + key, 0, old, via, before, after, world))
        text = _replaced(text, old, new, edit.get("replace_all") is True)
    return facts


def _around(text: str | None, old: str) -> tuple[str, str]:
    """What stands before and behind `old` in the file; nothing where that is not known."""
    place = text.find(old) if text and old else -1
    return (text[:place], text[place + len(old) :]) if text and place >= 0 else ("", "")


def _replaced(text: str | None, old: str, new: str, everywhere: bool) -> str | None:
    """The file after an edit, as the next edit of the same call meets it; None where it would grow too large."""
    if text is None or not old:
        return text
    count = text.count(old) if everywhere else 1
    if len(text) + count * len(new) > 2 * MOST_BYTES:
        return None
    return text.replace(old, new, count)


def _write(path: str, said: str, via: str, mode: str, exists: bool | None) -> Fact:
    data = {"said": said, "via": via, "mode": mode, "recursive": False, "glob": False, "exists": exists}
    return Fact("write", path, "", data)


def _multi(path: str, said: str, tool_input: Mapping[str, Any], tool: str, world: World) -> list[Fact]:
    edits = tool_input.get("edits")
    if not isinstance(edits, (list, tuple)):
        return [_write(path, said, tool, "edit", world.exists(path)), opaque("no edits", repr(edits)[:200], tool)]
    known = [(f"edits.{index}.", edit) for index, edit in enumerate(edits) if isinstance(edit, Mapping)]
    facts = edit_facts(path, said, known, tool, world)
    if len(known) < len(edits):
        facts.append(opaque("an edit is no object", "", tool))
    return facts


def _notebook(path: str, said: str, tool_input: Mapping[str, Any], world: World) -> list[Fact]:
    tool = "NotebookEdit"
    facts = [_write(path, said, tool, "edit", world.exists(path))]
    if tool_input.get("edit_mode") == "delete":
        return facts
    new = tool_input.get("new_source")
    if not isinstance(new, str):
        return [*facts, opaque("new text is no text", repr(new)[:200], tool)]
    if tool_input.get("cell_type") == "markdown":
        return [*facts, *_added(path, new, "edit", "new_source", 0, "", tool, "", "", world, "markdown")]
    from tractguard.facts.code_scripts import cell, cell_scripts

    text, lines = cell(new)
    facts.extend(_added(path, text, "edit", "new_source", 0, "", tool, "", "", world, "python"))
    facts.extend(cell_scripts(new, lines, path, world))
    return facts


def _read(tool: str, tool_input: Mapping[str, Any], cwd: str, world: World) -> list[Fact]:
    key = next((k for k in ("file_path", "notebook_path", "path") if isinstance(tool_input.get(k), str)), "")
    recursive = tool in ("Glob", "Grep")
    data = {"said": tool_input.get(key, ""), "via": tool, "recursive": recursive}
    if recursive or tool == "LS":
        # A listing or a search below a folder; the pattern is data, not a path that is read.
        folder = absolute(tool_input[key], cwd, world) if key else posixpath.normpath(cwd or world.root or "/")
        pattern = tool_input.get("glob") if tool == "Grep" else tool_input.get("pattern")
        return [Fact("read", folder, "", {**data, "pattern": pattern if isinstance(pattern, str) else ""})]
    if not key or not tool_input[key]:
        return [opaque("no path", "", tool)]
    return [Fact("read", absolute(tool_input[key], cwd, world), "", data)]


def _fetch(tool: str, tool_input: Mapping[str, Any]) -> list[Fact]:
    url = tool_input.get("url")
    if tool == "WebSearch" or url is None:
        query = tool_input.get("query")
        return [Fact("url", "", "", {"via": tool, "query": query if isinstance(query, str) else "", "method": "get"})]
    if not isinstance(url, str):
        return [opaque("no url", repr(url)[:200], tool)]
    from tractguard.facts.endpoints import endpoint_facts

    text = url if "://" in url else ""
    facts = endpoint_facts(text, "url", 0, tool, bare=False)
    if not facts:
        host = url.partition("/")[0]
        return [Fact("url", host, url, {"scheme": "", "port": "", "path": "", "via": tool, "method": "get"}, "url")]
    return [f._replace(data={**f.data, "method": "get"}) if f.kind == "url" else f for f in facts]


# --- text that is written ---


def text_facts(
    path: str,
    added_text: str,
    op: str,
    world: World,
    field: str,
    offset: int,
    old_text: str = "",
    via: str = "",
) -> list[Fact]:
    """Facts of a text that a call writes to `path`: `op` is create, edit (lines of `old_text` are not new) or append.

    `offset` is where the text begins in the string at `field`. A text longer than `code_source.MOST_TEXT` is read up to
    there, and an `opaque` fact says so.
    """
    return _added(path, added_text, op, field, offset, old_text, via, "", "", world)


def _added(
    path: str, text: str, op: str, field: str, offset: int, old: str, via: str, before: str, after: str,
    world: World, language: str = "",
) -> list[Fact]:  # fmt: skip
    from tractguard.facts import code_source
    from tractguard.facts.code_scan import language_of

    facts: list[Fact] = []
    whole = text
    text = code_source.cut(text)
    if len(text) < len(whole):
        reason = f"text too large: the first {len(text)} of {len(whole)} characters were read"
        facts.append(opaque("text too large", reason, via))
    if not text.strip():
        return facts
    old = code_source.cut(old)
    if len(before) + len(after) > code_source.MOST_CONTEXT:
        before = after = ""
    language = language or language_of(path) or _by_first_line(text)
    origin = code_source.source(path, language, text, old, before, after, field, offset, via, op)
    if not any(origin.new):
        return facts
    removed = _removed(old, text)
    found = _read_text(origin, removed, world, True)
    if before or after:
        found = [origin.clip(fact) for fact in found]
    if removed.strip() and any(_stood(fact, removed) for fact in found):
        # What also stood in the removed lines is not brought in by this call.
        earlier = code_source.source(path, language, old, text, before, after, field, 0, via, op)
        gone = {(f.kind, f.name, f.value) for f in _read_text(earlier, "", world, False) if f.kind in _DROPPED}
        found = [fact for fact in found if (fact.kind, fact.name, fact.value) not in gone]
    return facts + [_filed(fact, path) for fact in found]


def _stood(fact: Fact, removed: str) -> bool:
    """Whether the removed lines may have said the same: a call or an import has its last name there."""
    if fact.kind not in _DROPPED:
        return False
    if fact.kind not in ("call", "import"):
        return True
    end = len(fact.name.rstrip("!?*:."))
    start = end
    while start and (fact.name[start - 1].isalnum() or fact.name[start - 1] == "_"):
        start -= 1
    return fact.name[start:end] in removed


def _filed(fact: Fact, path: str) -> Fact:
    """An endpoint says which file names it: `apps/api/vite.config.ts` tells whose port it is."""
    return fact._replace(data={**fact.data, "file": path}) if fact.kind in ("connect", "url") else fact


def _removed(old: str, new: str) -> str:
    """The lines of `old` that `new` does not hold."""
    if not old:
        return ""
    kept = set(new.split("\n"))
    return "\n".join([line for line in old.split("\n") if line not in kept])


def _by_first_line(text: str) -> str:
    if not text.startswith("#!"):
        return ""
    first = text[:200].partition("\n")[0]
    for word, language in (
        ("python", "python"),
        ("node", "javascript"),
        ("ruby", "ruby"),
        ("perl", "perl"),
        ("sh", "shell"),
    ):
        if word in first:
            return language
    return ""


def _read_text(origin: Any, removed: str, world: World, judged: bool) -> list[Fact]:
    """The facts of one text by its family."""
    from tractguard.facts.code import code_facts
    from tractguard.facts.code_scan import family_of

    family = family_of(origin.language)
    facts = code_facts(origin, removed, family == "code", judged)
    found: list[Any] = []
    if family in ("json", "yaml", "toml", "ini", "env", "dockerfile"):
        from tractguard.facts.config import config_facts
        from tractguard.facts.config_scan import MOST_ENTRIES, entries

        found = entries(origin.text, family)
        facts.extend(config_facts(origin, found))
        if len(found) >= MOST_ENTRIES:
            facts.append(opaque("too many entries", f"the first {MOST_ENTRIES} were read", origin.via))
    if family == "sql":
        from tractguard.facts.sql import sql_facts

        start = origin.offset
        facts.extend(
            fact
            for fact in sql_facts(origin.part, "file", "", origin.field, start)
            if fact.kind == "opaque" or (fact.span and origin.is_new(fact.span[0] - start + origin.low))
        )
    name = origin.path.rpartition("/")[2]
    if _is_manifest(name, family, origin.text):
        from tractguard.facts.config_packages import package_facts

        facts.extend(package_facts(origin, found, removed))
    if family in ("shell", "make", "dockerfile", "yaml") or name == "package.json":
        from tractguard.facts.code_scripts import scripts

        facts.extend(scripts(origin, found, world))
    return facts


def _is_manifest(name: str, family: str, text: str) -> bool:
    """Whether packages or versions may be stated in a file: by its name, or by what it says."""
    if family in ("pin", "requirements", "gomod", "dockerfile") or name in _MANIFESTS or name.endswith(_PROJECTS):
        return True
    return family in ("yaml", "env", "toml", "ini") and ("image" in text or "ersion" in text or "VERSION" in text)
