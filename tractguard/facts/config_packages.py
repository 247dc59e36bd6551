"""Packages and versions that a manifest or a pin file states, as far as a call adds them.

It knows package.json, requirements files, pyproject.toml, Cargo.toml, go.mod, Gemfile, composer.json, pubspec.yaml,
pom.xml and project files of .NET, Dockerfiles, workflow inputs, and the pin files of version switchers; the manifests
of further ecosystems are read by `config_manifests`. It refuses to resolve ranges: a version is the text that is
written. A package that was there before counts as `update`.
"""

import re
from collections.abc import Iterator, Sequence

from tractguard.facts.code_scan import family_of
from tractguard.facts.code_source import Source
from tractguard.facts.config_flow import Entry
from tractguard.model import Fact

_RUNTIMES = {
    "node": "node", "nodejs": "node", "node-version": "node", "python": "python", "python-version": "python",
    "go": "go", "golang": "go", "go-version": "go", "ruby": "ruby", "ruby-version": "ruby", "java": "java",
    "java-version": "java", "rust": "rust", "rust-version": "rust", "php": "php", "php-version": "php",
    "deno": "deno", "deno-version": "deno", "bun": "bun", "bun-version": "bun", "dotnet-version": "dotnet",
    "terraform": "terraform", "pnpm": "pnpm", "npm": "npm", "yarn": "yarn", "flutter": "flutter", "sdk": "dart",
    "swift": "swift", "elixir": "elixir", "erlang": "erlang", "kotlin": "kotlin", "uv": "uv", "poetry": "poetry",
    "flutter-version": "flutter", "elixir-version": "elixir", "toolchain": "rust", "channel": "rust",
    "terraform_version": "terraform", "PYTHON_VERSION": "python", "NODE_VERSION": "node", "GO_VERSION": "go",
    "RUBY_VERSION": "ruby", "RUST_VERSION": "rust", "JAVA_VERSION": "java", "PHP_VERSION": "php",
}  # fmt: skip
_PIN_FILES = {
    ".nvmrc": "node", "nvmrc": "node", ".node-version": "node", ".python-version": "python", ".ruby-version": "ruby",
    ".java-version": "java", ".go-version": "go", ".terraform-version": "terraform", ".bun-version": "bun",
    ".swift-version": "swift", ".php-version": "php", "rust-toolchain": "rust",
}  # fmt: skip
_IMAGES = {
    "node": "node", "python": "python", "golang": "go", "ruby": "ruby", "rust": "rust", "openjdk": "java",
    "eclipse-temurin": "java", "amazoncorretto": "java", "php": "php", "oven/bun": "bun", "denoland/deno": "deno",
    "mcr.microsoft.com/dotnet/sdk": "dotnet", "mcr.microsoft.com/dotnet/aspnet": "dotnet", "elixir": "elixir",
    "swift": "swift", "dart": "dart", "hashicorp/terraform": "terraform", "maven": "maven", "gradle": "gradle",
    "cimg/node": "node", "cimg/python": "python", "cimg/go": "go", "cimg/ruby": "ruby", "bitnami/node": "node",
    "mcr.microsoft.com/devcontainers/python": "python", "mcr.microsoft.com/playwright": "playwright",
}  # fmt: skip
_NPM = {"dependencies": False, "devDependencies": True, "peerDependencies": False, "optionalDependencies": False}
_COMPOSER = {"require": False, "require-dev": True}
_CARGO = {"dependencies": False, "dev-dependencies": True, "build-dependencies": True}
_PUB = {"dependencies": False, "dev_dependencies": True, "dependency_overrides": False}
_POETRY = {"tool.poetry.dependencies": False, "tool.poetry.dev-dependencies": True, "packages": False}
# Keys of a package.json that are no package, for fragments whose section is not seen.
_NPM_KEYS = frozenset(
    ("name", "version", "private", "type", "main", "module", "types", "typings", "license", "author", "homepage",
     "description", "packageManager", "exports", "bin", "files", "repository", "bugs", "sideEffects", "browser")
)  # fmt: skip
# Patterns stay text until a manifest of their kind is read: compiling them all costs more than most readings.
_RANGE = (r"(?:[\^~<>=v]{0,2}\s?\d[\w.+*-]{0,60}|latest|next|\*|workspace:\S{1,40}|npm:\S{1,80}|file:\S{1,200}|link:\S{1,200}|catalog:\S{0,40})")  # fmt: skip  # noqa: E501
_REQUIREMENT = (
    r"[ \t]*([A-Za-z0-9][\w.-]{0,100})[ \t]*(?:\[[^\]\n]{0,200}\])?[ \t]*"
    r"((?:[=<>!~]=?=?[ \t]*[^\s;#,]{1,60}[ \t]*,?[ \t]*){0,6})"
)
_GEM = r"(?m)^[ \t]*gem[ \t(]+[\"']([\w.-]{1,100})[\"'](?:[ \t]*,[ \t]*[\"']([^\"'\n]{1,60})[\"'])?"
_RUBY = r"(?m)^[ \t]*ruby[ \t(]+[\"']([^\"'\n]{1,60})[\"']"
_GO_REQUIRE = r"(?m)^[ \t]*(?:require[ \t]+)?([\w-][\w.-]{1,100}(?:/[\w.~-]{1,100}){1,10})[ \t]+(v[\w.+-]{1,100})"
_GO_VERSION = r"(?m)^[ \t]*(go|toolchain)[ \t]+(?:go)?(\d[\w.]{0,20})"
_POM = r"<artifactId>([\w.-]{1,100})</artifactId>(?:\s{0,80}<version>([^<\s]{1,60})</version>)?"
_NUGET = r"<PackageReference\s{1,8}Include=\"([\w.-]{1,100})\"(?:\s{1,8}Version=\"([^\"\n]{1,60})\")?"
_TARGET = r"<(TargetFramework|java\.version|maven\.compiler\.source|maven\.compiler\.release)>([^<\s]{1,40})<"
_TOOL_LINE = r"(?m)^[ \t]*([\w-]{1,40})[ \t]+([\w.-]{1,40})"
_FROM = r"(?:--platform=\S{1,60}[ \t]+)?([^\s:@$]{1,200})(?::([\w.-]{1,128}))?"
_PACKAGE_MANAGER = r"(npm|pnpm|yarn|bun)@(\d[\w.-]{0,40})"


def package_facts(origin: Source, found: Sequence[Entry], removed: str = "") -> list[Fact]:
    """`package` and `version` facts of the added lines of a manifest; [] for a file that is none. `found` are its
    scalars (of `config_scan.entries`), `removed` is the text that the call takes away."""
    name = origin.path.rpartition("/")[2]
    family = family_of(origin.language)
    facts = list(_dispatch(origin, name, family, found))
    return [_as_update(fact, removed) for fact in facts] if removed else facts


def _as_update(fact: Fact, before: str) -> Fact:
    """A package that the removed text named as well is not new."""
    if (
        fact.kind == "package"
        and fact.name
        and re.search(r"(?<![\w@/.-])" + re.escape(fact.name) + r"(?![\w/.-])", before)
    ):
        return fact._replace(data={**fact.data, "action": "update"})
    return fact


def _dispatch(origin: Source, name: str, family: str, found: Sequence[Entry]) -> Iterator[Fact]:
    if name in _PIN_FILES or family == "pin":
        yield from _pins(origin, name)
    elif family == "requirements":
        yield from _requirements(origin)
    elif family == "gomod":
        yield from _go(origin)
    elif name in ("Gemfile", "gems.rb") or name.endswith(".gemspec"):
        yield from _gems(origin)
    elif name == "pom.xml" or (name.endswith(("proj", ".props")) and name != "Directory.Packages.props"):
        yield from _markup(origin)
    else:
        from tractguard.facts import config_manifests as further

        if further.patterned(name):
            yield from further.from_patterns(origin, name, _package)
        elif name in further.NAMES:
            for entry in found:
                if origin.touches(entry.start, entry.end):
                    yield from further.from_entries(origin, name, entry, _package)
        else:
            yield from _entries(origin, name, family, found)


def _entries(origin: Source, name: str, family: str, found: Sequence[Entry]) -> Iterator[Fact]:
    for entry in found:
        if not origin.touches(entry.start, entry.end):
            continue
        if name == "package.json":
            yield from _npm(origin, entry)
        elif name == "composer.json":
            if "." not in entry.key and "/" in entry.key and _is_fragment(origin, entry, "{"):
                yield from _package(origin, entry.key, entry.value, "composer", None, (entry.start, entry.end))
            else:
                yield from _sections(origin, entry, _COMPOSER, "composer")
        elif name == "Cargo.toml":
            yield from _cargo(origin, entry)
        elif name in ("pubspec.yaml", "pubspec.yml"):
            yield from _pub(origin, entry)
        elif name in ("pyproject.toml", "Pipfile", "setup.cfg"):
            yield from _pyproject(origin, entry)
        elif family == "dockerfile":
            yield from _docker(origin, entry)
        elif family == "yaml":
            yield from _workflow(origin, entry)
        elif entry.last in ("terraform_version", "channel") or (family == "env" and entry.last in _RUNTIMES):
            yield from _version(origin, _RUNTIMES.get(entry.last, "rust"), entry.value, (entry.start, entry.end), "pin")
        elif name in ("mise.toml", ".mise.toml") and entry.parent == "tools":
            yield from _version(
                origin, _RUNTIMES.get(entry.last, entry.last), entry.value, (entry.start, entry.end), "pin"
            )


def _package(
    origin: Source, package: str, version: str, manager: str, dev: bool | None, place: tuple[int, int]
) -> Iterator[Fact]:
    start, end = place
    if start < 0 or not origin.is_new(start):
        return
    data = {
        "manager": manager, "action": "install", "dev": dev, "global": False, "file": origin.path, "via": origin.via,
    }  # fmt: skip
    span = origin.span(start, end) if origin.text[start:end] == version else None
    yield Fact("package", package, version, data, origin.field, span)
    if version:
        yield from _version(origin, package, version, place, "require")


def _version(origin: Source, name: str, value: str, place: tuple[int, int], how: str) -> Iterator[Fact]:
    start, end = place
    if name and value and origin.is_new(start):
        data = {"via": origin.via, "how": how, "file": origin.path}
        span = origin.span(start, end) if origin.text[start:end] == value else None
        yield Fact("version", name, value, data, origin.field, span)


def _npm(origin: Source, entry: Entry) -> Iterator[Fact]:
    place = (entry.start, entry.end)
    section, _, package = entry.key.partition(".")
    if section in _NPM:
        yield from _package(origin, package, entry.value, "npm", _NPM[section], place)
    elif section == "engines" and package:
        yield from _version(origin, _RUNTIMES.get(package, package), entry.value, place, "require")
    elif section == "volta" and package:
        yield from _version(origin, _RUNTIMES.get(package, package), entry.value, place, "pin")
    elif section == "packageManager":
        found = re.compile(_PACKAGE_MANAGER).match(entry.value)
        if found:
            start = entry.start + found.start(2)
            yield from _version(origin, found[1], found[2], (start, start + len(found[2])), "pin")
    elif section not in _NPM_KEYS and _is_fragment(origin, entry, "{"):
        if section in ("node", "npm", "pnpm", "yarn"):
            yield from _version(origin, section, entry.value, place, "require")
        else:
            yield from _package(origin, entry.key, entry.value, "npm", None, place)


def _sections(origin: Source, entry: Entry, sections: dict[str, bool], manager: str) -> Iterator[Fact]:
    section, _, package = entry.key.partition(".")
    if section in sections and package:
        if package in ("php", "hhvm"):
            yield from _version(origin, package, entry.value, (entry.start, entry.end), "require")
        else:
            yield from _package(origin, package, entry.value, manager, sections[section], (entry.start, entry.end))


def _cargo(origin: Source, entry: Entry) -> Iterator[Fact]:
    place = (entry.start, entry.end)
    parts = entry.key.split(".")
    if parts[-1] == "rust-version" or entry.key == "rust-version":
        yield from _version(origin, "rust", entry.value, place, "require")
        return
    for section, dev in _CARGO.items():
        if section in parts[:-1]:
            package = parts[parts.index(section) + 1]
            rest = parts[parts.index(section) + 2 :]
            if not rest or rest == ["version"]:
                yield from _package(origin, package, entry.value, "cargo", dev, place)
            elif rest[0] in ("git", "path"):
                yield from _package(origin, package, "", "cargo", dev, place)
            return


def _pub(origin: Source, entry: Entry) -> Iterator[Fact]:
    section, _, package = entry.key.partition(".")
    place = (entry.start, entry.end)
    if section == "environment" and package:
        yield from _version(origin, _RUNTIMES.get(package, package), entry.value, place, "require")
    elif section in _PUB and package and "." not in package:
        yield from _package(origin, package, entry.value, "pub", _PUB[section], place)
    elif section in _PUB and package.endswith((".version", ".path", ".git", ".url")):
        yield from _package(origin, package.partition(".")[0], "", "pub", _PUB[section], place)


def _pyproject(origin: Source, entry: Entry) -> Iterator[Fact]:
    place = (entry.start, entry.end)
    key = entry.key
    if entry.last in ("requires-python", "python_requires", "python_version"):
        yield from _version(origin, "python", entry.value, place, "require")
        return
    # PEP 508 strings: project.dependencies, optional-dependencies, dependency-groups, build-system.requires.
    if key.rpartition(".")[2].isdigit():
        parent = entry.parent
        listed = parent in ("project.dependencies", "build-system.requires", "dependencies", "tool.uv.dev-dependencies")
        if listed or parent.startswith(("project.optional-dependencies.", "dependency-groups.")):
            dev = not parent.endswith("project.dependencies") and parent != "dependencies"
            yield from _requirement(origin, entry.value, entry.start, "pip", dev)
        return
    for section, dev in (*_POETRY.items(), ("dev-packages", True)):
        if key.startswith(section + "."):
            yield from _poetry(origin, entry, key[len(section) + 1 :], dev)
            return
    if key.startswith("tool.poetry.group.") and ".dependencies." in key:
        yield from _poetry(origin, entry, key.partition(".dependencies.")[2], True)
    elif "." not in key and key not in ("version", "name") and _is_fragment(origin, entry, "["):
        yield from _poetry(origin, entry, key, None)


def _is_fragment(origin: Source, entry: Entry, opener: str) -> bool:
    """Whether `entry` looks like a dependency whose section is not seen."""
    return not origin.low and opener not in origin.text[: entry.at] and bool(re.compile(_RANGE).fullmatch(entry.value))


def _poetry(origin: Source, entry: Entry, package: str, dev: bool | None) -> Iterator[Fact]:
    place = (entry.start, entry.end)
    name, _, rest = package.partition(".")
    if name == "python":
        yield from _version(origin, "python", entry.value, place, "require")
    elif not rest or rest == "version":
        yield from _package(origin, name, entry.value, "poetry", dev, place)


def _requirement(origin: Source, text: str, start: int, manager: str, dev: bool) -> Iterator[Fact]:
    found = re.compile(_REQUIREMENT).match(text)
    if found:
        version = found[2].strip().rstrip(",").strip()
        low = start + found.start(2)
        place = (low, low + len(version)) if version else (start + found.start(1), start + found.end(1))
        yield from _package(origin, found[1], version, manager, dev, place)


def _requirements(origin: Source) -> Iterator[Fact]:
    dev = any(word in origin.path.rpartition("/")[2] for word in ("dev", "test", "lint"))
    at = origin.first
    for line in origin.text[origin.first : origin.last].split("\n"):
        if line and line[0] not in "#-; \t" and "://" not in line.partition("#")[0]:
            yield from _requirement(origin, line, at, "pip", dev)
        at += len(line) + 1


def _go(origin: Source) -> Iterator[Fact]:
    for found in re.compile(_GO_REQUIRE).finditer(origin.text, origin.first, origin.last):
        yield from _package(origin, found[1], found[2], "go", False, found.span(2))
    for found in re.compile(_GO_VERSION).finditer(origin.text, origin.first, origin.last):
        yield from _version(origin, "go", found[2], found.span(2), "require")


def _gems(origin: Source) -> Iterator[Fact]:
    for found in re.compile(_GEM).finditer(origin.text, origin.first, origin.last):
        place = found.span(2) if found[2] else found.span(1)
        yield from _package(origin, found[1], found[2] or "", "bundler", None, place)
    for found in re.compile(_RUBY).finditer(origin.text, origin.first, origin.last):
        yield from _version(origin, "ruby", found[1], found.span(1), "require")


def _markup(origin: Source) -> Iterator[Fact]:
    for pattern, manager in ((_POM, "maven"), (_NUGET, "nuget")):
        for found in re.compile(pattern).finditer(origin.text, origin.first, origin.last):
            place = found.span(2) if found[2] else found.span(1)
            yield from _package(origin, found[1], found[2] or "", manager, None, place)
    for found in re.compile(_TARGET).finditer(origin.text, origin.first, origin.last):
        runtime = "dotnet" if found[1] == "TargetFramework" else "java"
        yield from _version(origin, runtime, found[2], found.span(2), "require")


def _pins(origin: Source, name: str) -> Iterator[Fact]:
    if name in _PIN_FILES:
        first = re.compile(r"[ \t]*v?([^\s#]{1,60})").match(origin.text, origin.first, origin.last)
        if first:
            yield from _version(origin, _PIN_FILES[name], first[1], first.span(1), "pin")
        return
    for found in re.compile(_TOOL_LINE).finditer(origin.text, origin.first, origin.last):
        yield from _version(origin, _RUNTIMES.get(found[1], found[1]), found[2], found.span(2), "pin")


def _docker(origin: Source, entry: Entry) -> Iterator[Fact]:
    if entry.key == "FROM":
        yield from _image(origin, entry)
    elif entry.key.partition(".")[0] in ("ARG", "ENV") and entry.last in _RUNTIMES:
        yield from _version(origin, _RUNTIMES[entry.last], entry.value, (entry.start, entry.end), "image")


def _image(origin: Source, entry: Entry) -> Iterator[Fact]:
    found = re.compile(_FROM).match(entry.value)
    if found and found[2]:
        name = found[1].removeprefix("docker.io/").removeprefix("library/")
        runtime = _IMAGES.get(name)
        if runtime is None:
            from tractguard.facts import services

            runtime = services.service_of_image(name) or name.rpartition("/")[2]
        version = re.compile(r"v?\d[\w.]*").match(found[2])
        text = version[0] if version else found[2]
        start = entry.start + found.start(2)
        yield from _version(origin, runtime, text, (start, start + len(text)), "image")


def _workflow(origin: Source, entry: Entry) -> Iterator[Fact]:
    """Inputs of a workflow (`node-version: 20`, a matrix of them) and images of compose and CI files."""
    if entry.last == "image":
        yield from _image(origin, entry)
    elif entry.last in _RUNTIMES and (entry.last.lower().endswith(("version", "_version"))):
        yield from _version(origin, _RUNTIMES[entry.last], entry.value, (entry.start, entry.end), "pin")
