"""Package managers and version switchers: what is installed, removed or pinned, in which version.

`data/programs_packages.json` holds their verbs and options. A bare install (`npm ci`) has the name "". A package is
named as its registry names it, without extras, tags or quotes; a local path or a URL keeps its spelling.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import NOTHING, Options, Word, join, options
from tractguard.facts.wrappers import table

# Compiled on first use.
_PIP = r"([A-Za-z0-9][\w.-]{0,100})(\[[^\]]{0,200}\])?\s{0,9}(?:(===?|[<>!~]=|[<>]|@)\s{0,9}([^;]{1,300}))?"
_ENDS_IN_VERSION = r"(python|pip|pypy|ruby|node|php|java|go|perl|lua)(\d[\d.]{0,12})\Z"


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """Note packages and versions that `command` touches."""
    data = table("packages")
    name = command.name.removesuffix(".exe").removesuffix(".cmd")
    numbered = re.match(_ENDS_IN_VERSION, name)
    if numbered:
        runtime, version = numbered.groups()
        if (runtime != "pip" and "." in version) or runtime in ("node", "php", "java", "ruby", "go"):
            at = command.words[0].text.rfind(version)
            span = command.words[0].span(at, at + len(version))
            run.add("version", runtime, version, {"via": name, "how": "use", "file": ""}, span)
        name = runtime
    args = command.args
    if name.startswith("python") or name in ("pypy", "uvx"):
        if len(args) > 1 and args[0].text == "-m" and args[1].text in ("pip", "pipx", "poetry", "pipenv", "uv", "pdm",
                                                                     "twine", "venv", "hatch"):  # fmt: skip
            name, args = args[1].text, args[2:]
        else:
            return
    if name in ("docker", "podman", "nerdctl", "docker-compose"):
        _images(run, command)
        return
    if name in data["versions"]:
        _versions(run, name, args, data["versions"][name])
    if name in ("flutter", "dart") and args and args[0].text in ("pub", "packages"):
        name, args = "pub", args[1:]
    name = data["aliases"].get(name, name)
    entry = data["managers"].get(name)
    if entry is not None:
        _manage(run, command, name, entry, list(args))
    if name == "uv" and len(args) > 2 and args[0].text == "python" and args[1].text in ("pin", "install"):
        _version(run, "python", args[2], name, "pin" if args[1].text == "pin" else "install")
    if name in ("uv", "pipenv", "poetry", "conda", "virtualenv"):
        _python_option(run, name, args)


def _manage(run: Run, command: Command, name: str, entry: Mapping[str, Any], args: list[Word]) -> None:
    parsed = options(args, f"{entry.get('take', '')} {entry.get('editable', '')}".split())
    if entry.get("dotnet"):
        _dotnet(run, command, entry, parsed)
        return
    verb, rest, sub = _verb(entry, parsed, args)
    if name == "uv" and sub in ("pip", "tool"):
        inner = table("packages")["managers"]["pip" if sub == "pip" else "pipx"]
        later = args[[word.text for word in args].index(sub) + 1 :]
        _manage(run, command, "uv", {**inner, "bare": "sync" if sub == "pip" else ""}, later)
        return
    action = _action(entry, verb)
    if not action or (name == "go" and sub == "mod" and verb not in ("tidy", "download")):
        return
    if action == "install" and verb in entry.get("init", "").split():
        action = "init"
    data = {
        "manager": name,
        "action": action,
        "dev": _flagged(parsed, entry.get("dev", "")) or "-G dev" in command.text,
        "global": entry.get("global") == "*" or sub == "global" or _flagged(parsed, entry.get("global", ""))
        or verb in entry.get("global_verbs", "").split(),
        "file": "",
        "verb": verb,
    }  # fmt: skip
    if action == "install" and _flagged(parsed, entry.get("upgrade", "")):
        data["upgrade"] = True
    _packages(run, entry, parsed, rest, data, command)


def _verb(entry: Mapping[str, Any], parsed: Options, args: Sequence[Word]) -> tuple[str, list[Word], str]:
    """The verb, the words after it, and the group that it stands in (`uv pip install`, `yarn global add`)."""
    rest = list(parsed.rest)
    if entry.get("flags"):
        verb = next((word.text for word in args if word.text[:1] == "-"), "")
        return verb, rest, ""
    if entry.get("install") == "*" or entry.get("publish") == "*":
        return "*", rest, ""
    sub = ""
    while rest and rest[0].text in entry.get("sub", "").split():
        sub = rest.pop(0).text
    verb = rest.pop(0).text if rest else entry.get("empty", "")
    return verb, rest, sub


def _action(entry: Mapping[str, Any], verb: str) -> str:
    if entry.get("flags"):
        for action in ("install", "remove"):
            if any(verb.startswith(flag) for flag in entry.get(action, "").split()):
                return action
        return ""
    for action in ("install", "bare", "remove", "update", "publish", "init"):
        if verb and verb in entry.get(action, "").split():
            return "install" if action == "bare" else action
    return ""


def _flagged(parsed: Options, names: str) -> bool:
    return bool(names) and parsed.has(*names.split())


def _packages(
    run: Run, entry: Mapping[str, Any], parsed: Options, rest: Sequence[Word], data: dict[str, Any], command: Command
) -> None:
    count = 0
    style = entry.get("style", "plain")
    said = parsed.value(*entry.get("version", "").split())
    if data["action"] == "init" and rest and data["manager"] in ("npm", "pnpm", "yarn", "bun"):
        executed(run, _initializer(rest[0]), data["manager"])
    if style in ("none", "files") or data["action"] in ("publish", "init"):
        run.add("package", "", "", {**data, "args": tuple(word.text for word in rest)}, None)
        return
    for word in rest:
        if not word.text:
            continue
        name, version = _split(style, word)
        value = version or said or NOTHING
        facts = {**data, "said": word.text, "value_span": value.span(), "name_span": name.span()}
        run.add("package", name.text, value.text, facts, value.span() if value.text else name.span())
        count += 1
    for word in parsed.values(*entry.get("editable", "").split()):
        run.add("package", word.text, "", {**data, "local": True}, word.span())
        count += 1
    for word in parsed.values(*entry.get("files", "").split()):
        path = run.path(word, command.cwd)
        run.add("package", "", "", {**data, "requirements": path}, None)
        run.add("read", path, "", {"said": word.text, "via": command.name, "recursive": False}, word.span())
        count += 1
    if not count:
        run.add("package", "", "", data, None)


def _split(style: str, word: Word) -> tuple[Word, Word | None]:
    """Name and version of one package as it is spelled for its manager."""
    text = word.text
    if text.startswith((".", "/", "~", "http:", "https:", "git+", "git:", "git@", "file:", "github:")):
        return word, None
    if style == "npm" and text.startswith(("npm:", "jsr:")):
        return _split(style, word.cut(4))
    if style in ("npm", "go", "cargo", "opam", "brew"):
        mark = "." if style == "opam" else "@"
        at = text.find(mark, 1)
        if at < 0 or style == "brew":
            return word, None
        version = word.cut(at + 1)
        if version.text.startswith("npm:"):
            return _split(style, version.after("npm:"))
        return word.cut(0, at), version
    if style == "pip":
        found = re.match(_PIP, text)
        if found is None:
            return word, None
        name = word.cut(0, found.end(1))
        if not found.group(3):
            at = found.end()
            return name, word.cut(at + 1) if text[at : at + 1] == "=" else None
        if found.group(3) in ("==", "===", "@"):
            return name, word.cut(found.start(4), found.end(4))
        return name, word.cut(found.start(3), found.end(4))
    for mark in {"apt": "=", "composer": ":", "pub": ":"}.get(style, ""):
        name, has, version = word.partition(mark)
        if style == "pub" and name.text in ("dev", "override"):
            return _split(style, version)
        return name, version if has else None
    return word, None


def _initializer(word: Word) -> Word:
    """The package that `npm create vite@5` runs: `create-vite@5`; of a scope `@a/create`, `@a/create-b`."""
    if not word.text.startswith("@"):
        return join([Word("create-"), word])
    scope, slash, name = word.partition("/")
    return join([scope, Word("/create-"), name]) if slash else join([scope, Word("/create")])


def executed(run: Run, word: Word, manager: str) -> None:
    """A package that a runner fetches and runs (`npx create-vite@5`)."""
    style = "pip" if manager in ("uv", "pipx") and "@" not in word.text else "npm"
    name, version = _split(style, word)
    data = {"manager": manager, "action": "exec", "dev": False, "global": False, "file": "", "said": word.text,
            "name_span": name.span()}  # fmt: skip
    value = version or NOTHING
    run.add("package", name.text, value.text, data, value.span() if value.text else name.span())
    if name.text in ("node", "python", "npm", "pnpm", "yarn", "bun", "deno") and version is not None:
        _version(run, name.text, version, manager, "use")


def _dotnet(run: Run, command: Command, entry: Mapping[str, Any], parsed: Options) -> None:
    words = [word.text for word in parsed.rest]
    data = {"manager": "dotnet", "dev": False, "global": parsed.has("-g", "--global"), "file": "", "verb": ""}
    rest = list(parsed.rest)
    if words[:2] == ["tool", "install"] or words[:2] == ["tool", "update"]:
        _packages(run, entry, parsed, rest[2:], {**data, "action": "install"}, command)
    elif words[:2] == ["tool", "uninstall"]:
        _packages(run, entry, parsed, rest[2:], {**data, "action": "remove"}, command)
    elif words[:2] in (["package", "add"], ["package", "remove"]):
        action = "install" if words[1] == "add" else "remove"
        _packages(run, entry, parsed, rest[2:], {**data, "action": action}, command)
    elif "package" in words[:3] and words[0] in ("add", "remove"):
        action = "install" if words[0] == "add" else "remove"
        _packages(run, entry, parsed, rest[words.index("package") + 1 :], {**data, "action": action}, command)
    elif words[:1] == ["restore"]:
        run.add("package", "", "", {**data, "action": "install"}, None)
    elif words[:2] == ["nuget", "push"]:
        run.add("package", "", "", {**data, "action": "publish"}, None)


# Versions


def _version(run: Run, name: str, word: Word, via: str, how: str) -> None:
    version = word
    if version.text[:1] == "v" and version.text[1:2].isdigit():
        version = version.cut(1)
    name = table("packages")["runtimes"].get(name, name)
    run.add("version", name, version.text, {"via": via, "how": how, "file": ""}, version.span())


def _versions(run: Run, tool: str, args: Sequence[Word], verbs: Mapping[str, str]) -> None:
    parsed = options(args, ("--python", "-j", "--jobs", "-C", "--cd", "-p", "--profile", "-c", "-t", "--target"))
    rest = list(parsed.rest)
    verb = rest[0].text if rest else ""
    if verb not in verbs:
        if "" not in verbs or not rest or not verbs[""]:
            return
        _version(run, verbs[""], rest[0], tool, "use")
        return
    rest = rest[1:]
    how = "install" if verb in ("install", "i") else "pin" if verb in ("pin", "local", "default", "set") else "use"
    if tool == "rustup":
        how = "install" if rest[:1] and rest[0].text == "install" else how
        rest = [
            word for word in rest if word.text not in ("install", "set", "add", "link", "uninstall", "list", "unset")
        ]
    subject = verbs[verb]
    if subject == "+":
        if len(rest) > 1:
            _version(run, rest[0].text, rest[1], tool, how)
    elif subject == "*":
        for word in rest:
            name, has, version = word.partition("@")
            if has:
                _version(run, name.text, version, tool, how)
            elif verb in ("exec", "x"):
                break
    elif subject and rest:
        _version(run, subject, rest[-1] if verb == "alias" else rest[0], tool, how)


def _python_option(run: Run, name: str, args: Sequence[Word]) -> None:
    for index, word in enumerate(args):
        if word.text in ("--python", "-p") and index + 1 < len(args) and args[index + 1].text[:1].isdigit():
            _version(run, "python", args[index + 1], name, "use")
        elif word.text.startswith("--python=") and word.text[9:10].isdigit():
            _version(run, "python", word.after("--python="), name, "use")
        elif word.text.startswith("python=") and name == "conda":
            _version(run, "python", word.after("python=").cut(1 if word.text[7:8] == "=" else 0), name, "install")


def _images(run: Run, command: Command) -> None:
    """`docker run node:18` uses node 18."""
    words = [word for word in command.args if word.text[:1] != "-"]
    if not words or words[0].text not in ("run", "pull", "create", "build", "image", "container"):
        return
    images = table("packages")["images"]
    for word in words[1:6]:
        name, has, tag = word.partition(":")
        short = name.text.removeprefix("docker.io/").removeprefix("library/")
        if has and short in images and tag.text[:1].isdigit():
            version = tag.cut(0, len(tag.text.partition("-")[0]))
            data = {"via": command.name, "how": "image", "file": ""}
            run.add("version", images[short], version.text, data, version.span())
            return
