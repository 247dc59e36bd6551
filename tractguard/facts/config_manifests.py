"""Dependencies that an edit states in the manifests of further ecosystems.

Those that are programs or lists of lines (mix.exs, Package.swift, Podfile, Gradle, sbt, Cartfile …) are read by the
patterns of `data/manifests.json`; those that are TOML, YAML or JSON (gleam.toml, libs.versions.toml, shard.yml,
deno.json, environment.yml …) by the place of their keys. It refuses to follow names to where their version stands.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tractguard.facts.code_source import Source
from tractguard.facts.config_flow import Entry
from tractguard.model import Fact
from tractguard.tables import table

Place = tuple[int, int]
Make = Callable[[Source, str, str, str, bool | None, Place], Iterator[Fact]]
_SECTIONS: Mapping[str, tuple[str, Mapping[str, bool]]] = {
    "gleam.toml": ("gleam", {"dependencies": False, "dev-dependencies": True, "dev_dependencies": True}),
    "Project.toml": ("julia", {"deps": False}),
    "elm.json": ("elm", {"dependencies.direct": False, "test-dependencies.direct": True}),
    "deno.json": ("deno", {"imports": False}), "deno.jsonc": ("deno", {"imports": False}),
    "import_map.json": ("deno", {"imports": False}),
    "shard.yml": ("shards", {"dependencies": False, "development_dependencies": True}),
    "bower.json": ("bower", {"dependencies": False, "devDependencies": True}),
    "rockspec.toml": ("luarocks", {"dependencies": False}),
}  # fmt: skip
_LISTS = {"environment.yml": "conda", "environment.yaml": "conda", "vcpkg.json": "vcpkg", "pixi.toml": "pixi"}
_CATALOGUE = "libs.versions.toml"
NAMES = frozenset((*_SECTIONS, *_LISTS, _CATALOGUE))
_SPECIFIER = r"(?:npm|jsr):(@?[^@\s]{1,100})(?:@([\w.^~*-]{1,40}))?"
_LISTED = r"([A-Za-z0-9][\w.-]{0,100})[ \t]*(?:[=<>!~]{1,2}[ \t]*([\w.*]{1,40}))?"
_COMMENTS = ("#", "//", "--", "*", "<!--", "%")


def patterned(name: str) -> str:
    """The row of the table that reads a manifest of this name; "" where none does."""
    rows = table("manifests")
    if name.startswith("build.gradle") or name.endswith((".gradle", ".gradle.kts")):
        return "build.gradle"
    return name if name in rows else ""


def from_patterns(origin: Source, name: str, make: Make) -> Iterator[Fact]:
    """`package` facts of a manifest that `patterned` knows. `make` gives the facts of one package."""
    row: Mapping[str, Any] = table("manifests")[patterned(name)]
    seen: set[int] = set()
    for pattern in row["patterns"]:
        for found in re.compile(pattern, re.MULTILINE).finditer(origin.text, origin.first, origin.last):
            line = origin.text[origin.text.rfind("\n", 0, found.start() + 1) + 1 : found.end()]
            if found.start() in seen or line.lstrip().startswith(_COMMENTS):
                continue
            seen.add(found.start())
            yield from _of_match(origin, row, found, make)


def _of_match(origin: Source, row: Mapping[str, Any], found: re.Match[str], make: Make) -> Iterator[Fact]:
    groups = found.groupdict()
    named = "name" if groups.get("name") else "alias"
    package = groups[named] or ""
    if row.get("last"):
        package = package.rstrip("/").removesuffix(".git").rpartition("/")[2]
    if named == "alias":
        package = package.replace(".", "-")
    version = groups.get("version") or ""
    place = found.span("version") if version else found.span(named)
    end = origin.text.find("\n", found.end())
    said = groups.get("conf") or origin.text[found.start() : end if end >= 0 else len(origin.text)]
    dev = row.get("dev", "\n").lower() in said.lower()
    yield from make(origin, package, version, row["manager"], dev, place)


def from_entries(origin: Source, name: str, entry: Entry, make: Make) -> Iterator[Fact]:
    """`package` facts of one scalar of a manifest in `NAMES`."""
    if name == _CATALOGUE:
        yield from _catalogue(origin, entry, make)
    elif name in _LISTS:
        yield from _listed(origin, entry, _LISTS[name], make)
    else:
        manager, sections = _SECTIONS[name]
        yield from _sectioned(origin, entry, manager, sections, make)


def _sectioned(origin: Source, entry: Entry, manager: str, sections: Mapping[str, bool], make: Make) -> Iterator[Fact]:
    section = next((each for each in sections if entry.key.startswith(each + ".")), "")
    package, _, rest = entry.key[len(section) + 1 :].partition(".") if section else ("", "", "")
    place = (entry.start, entry.end)
    if manager == "elm":
        package, rest = entry.key[len(section) + 1 :], ""
    if not package:
        return
    if manager == "deno":
        found = re.match(_SPECIFIER, entry.value)
        if found:
            start = entry.start + max(found.start(2), 0)
            version = found[2] or ""
            yield from make(
                origin, found[1], version, "deno", False, (start, start + len(version)) if version else place
            )
    elif manager == "julia":
        yield from make(origin, package, "", manager, sections[section], place)
    elif not rest or rest == "version":
        yield from make(origin, package, entry.value, manager, sections[section], place)
    elif rest in ("git", "github", "gitlab", "path"):
        yield from make(origin, package, "", manager, sections[section], place)


def _listed(origin: Source, entry: Entry, manager: str, make: Make) -> Iterator[Fact]:
    """`dependencies:` as a list of names, with conda's inner list for pip."""
    parts = entry.key.split(".")
    if parts[0] != "dependencies" or not (parts[-1].isdigit() or parts[-1] == "name"):
        return
    found = re.match(_LISTED, entry.value)
    if found:
        version = found[2] or ""
        start = entry.start + (found.start(2) if version else 0)
        place = (start, start + len(version)) if version else (entry.start, entry.end)
        yield from make(origin, found[1], version, "pip" if "pip" in parts else manager, False, place)


def _catalogue(origin: Source, entry: Entry, make: Make) -> Iterator[Fact]:
    """Gradle's version catalogue: libraries and plugins by their coordinates, versions by their names."""
    section, _, rest = entry.key.partition(".")
    alias, _, field = rest.partition(".")
    place = (entry.start, entry.end)
    if section == "versions" and alias:
        yield from (fact for fact in make(origin, alias, entry.value, "gradle", None, place) if fact.kind == "version")
    elif section in ("libraries", "plugins") and field in ("", "module", "name", "id"):
        parts = entry.value.split(":")
        package = ":".join(parts[:2])
        version = parts[2] if len(parts) > 2 else ""
        start = entry.end - len(version)
        yield from make(origin, package, version, "gradle", None, (start, entry.end) if version else place)
