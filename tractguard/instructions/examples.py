"""For a constraint, a call that it would stop and one that would pass: the proof that a line is enforced.

Only proposes calls; the importer runs both through the engine and believes nothing else. Cold.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from tractguard.facts.services import default_port
from tractguard.model import Constraint


class Call(NamedTuple):
    """A tool call as an example."""

    tool: str
    input: dict[str, Any]

    def __str__(self) -> str:
        if self.tool == "Bash":
            return str(self.input["command"])
        text = str(self.input.get("content", "")).strip().replace("\n", " ⏎ ").replace("\t", "⇥")
        return f"{self.tool} {self.input['file_path']}" + (f": {text}" if text else "")


class Pair(NamedTuple):
    """A call that should be stopped and its nearest relative that should pass."""

    stopped: Call
    passed: Call
    before: tuple[Call, ...] = ()  # what was called earlier in the session
    files: Mapping[str, str] = {}  # path -> content: what is there already


SCHEMES = {"mongodb": "mongodb", "postgresql": "postgresql", "mysql": "mysql", "redis": "redis", "rabbitmq": "amqp"}
CLIENTS = {"mongodb": "mongosh", "postgresql": "psql", "redis": "redis-cli -u"}
SUFFIX = {
    "python": "py",
    "typescript": "ts",
    "javascript": "js",
    "go": "go",
    "rust": "rs",
    "java": "java",
    "ruby": "rb",
}
LOOK = "git status"


def bash(command: str) -> Call:
    """A Bash call."""
    return Call("Bash", {"command": command})


def write(path: str, content: str) -> Call:
    """A Write call."""
    return Call("Write", {"file_path": path, "content": content})


def pairs(constraint: Constraint, root: str) -> Iterator[Pair]:
    """Pairs worth trying for a constraint, the most telling first; none where it cannot be shown by one call."""
    propose = PROPOSE.get(constraint.type)
    if propose is not None and not constraint.get("permit"):
        yield from propose(constraint, root)


def placed(constraint: Constraint, root: str, name: str, glob: str = "") -> str:
    """The path of an example file: where the constraint holds, if that is a folder or a glob, else below the root.

    A file that stands for a `glob` with a folder of its own is there already.
    """
    area = next((each for each in constraint.list("scope") if "/" in each or "*" in each), "")
    own = "/" in glob.removeprefix("**/").rstrip("/") or (bool(glob) and name.startswith(area))
    if not area or own or " " in area:
        return f"{root}/{name}"
    if area.endswith("/"):
        return f"{root}/{area}{name}"
    folder = area.rpartition("/")[0].replace("**", "").replace("*", "example").strip("/")
    ending = _ending(area)
    last = posixpath.basename(name)
    if ending and not glob:
        last = last.rpartition(".")[0] + ending
    return posixpath.normpath(f"{root}/{folder}/{last}")


def _ending(glob: str) -> str:
    """ ".ts" of "src/**/*.{ts,tsx}"; "" where the glob asks for none."""
    last = _file_for(glob).rpartition("/")[2]
    return posixpath.splitext(last)[1] if "*." in glob.rpartition("/")[2] else ""


def _port(constraint: Constraint, root: str) -> Iterator[Pair]:
    service, value = str(constraint.get("service") or ""), str(constraint.get("value") or "")
    if not value.isdigit():
        return
    usual = str(default_port(service) or "")
    wrong = next(iter(constraint.list("not")), "") or (usual if usual not in ("", value) else str(int(value) + 1))
    if service in SCHEMES:
        client, scheme = CLIENTS.get(service, "curl"), SCHEMES[service]
        url = f"{client} {scheme}://localhost"
        yield Pair(bash(f"{url}:{wrong}/app"), bash(f"{url}:{value}/app"))
    name = service.upper().replace(" ", "_").replace("-", "_") or "APP"
    path = placed(constraint, root, ".env")
    yield Pair(write(path, f"{name}_PORT={wrong}\n"), write(path, f"{name}_PORT={value}\n"))
    yield Pair(bash(f"curl http://localhost:{wrong}/"), bash(f"curl http://localhost:{value}/"))


def _host(constraint: Constraint, root: str) -> Iterator[Pair]:
    service, value = str(constraint.get("service") or ""), str(constraint.get("value") or "")
    wrong = next(iter(constraint.list("not")), "other.example.net")
    scheme = SCHEMES.get(service, "http")
    client = CLIENTS.get(service, "curl")
    right = bash(f"{client} {scheme}://{value}/app") if value else bash(LOOK)
    yield Pair(bash(f"{client} {scheme}://{wrong}/app"), right)


def _tool(constraint: Constraint, root: str) -> Iterator[Pair]:
    right = next(iter(constraint.list("use")), "")
    for wrong in constraint.list("instead_of")[:3]:
        for rest in ("install", "test", "."):
            yield Pair(bash(f"{wrong} {rest}"), bash(f"{right} {rest}" if right else LOOK))


def _command(constraint: Constraint, root: str) -> Iterator[Pair]:
    for pattern in constraint.list("pattern")[:3]:
        called = f"{pattern} ls" if pattern in ("sudo", "doas") else pattern
        yield Pair(bash(called), bash(f"echo 'not run: {pattern}'" if "'" not in pattern else LOOK))


def _path(constraint: Constraint, root: str) -> Iterator[Pair]:
    for glob in constraint.list("glob")[:3] or constraint.list("path")[:3]:
        path = placed(constraint, root, _file_for(glob), glob)
        name, look = path.removeprefix(f"{root}/"), Call("Read", {"file_path": path})
        if constraint.get("op") == "commit":
            yield Pair(bash(f"git add {name} && git commit -m x"), bash(LOOK))
        elif constraint.get("op") == "delete" or constraint.type == "require_path":
            yield Pair(bash(f"rm {name}"), look)
        elif constraint.type == "append_only":
            yield Pair(write(path, "changed\n"), bash(f"echo more >> {name}"), files={path: "first\nsecond\n"})
        else:
            yield Pair(write(path, "changed\n"), look)


def _read(constraint: Constraint, root: str) -> Iterator[Pair]:
    for glob in constraint.list("glob")[:3]:
        path = placed(constraint, root, _file_for(glob), glob)
        yield Pair(Call("Read", {"file_path": path}), Call("Read", {"file_path": f"{root}/README.md"}))


def _branch(constraint: Constraint, root: str) -> Iterator[Pair]:
    for key, verb in (("forbid_push_to", "push"), ("forbid_commit_to", "push"), ("forbid_merge_to", "merge")):
        for branch in constraint.list(key)[:1]:
            if verb == "merge":
                yield Pair(bash(f"git checkout {branch} && git merge feature/x"), bash("git checkout feature/x"))
            yield Pair(bash(f"git push origin {branch}"), bash("git push origin feature/example"))
            yield Pair(
                bash(f"git checkout {branch} && git commit -m x"), bash("git checkout -b feature/x && git commit -m x")
            )
    for pattern in constraint.list("name_pattern")[:1]:
        good = pattern.replace("*", "example").rstrip(".")
        good = good[: good.index("<")] + "example" if "<" in good else good + "example" if good.endswith("/") else good
        yield Pair(bash("git checkout -b Some_Branch"), bash(f"git checkout -b {good}"))
    for branch in constraint.list("target")[:1]:
        right = bash(f"gh pr create --base {branch} --title x --body y")
        yield Pair(bash("gh pr create --base some-other-branch --title x --body y"), right)


def _version(constraint: Constraint, root: str) -> Iterator[Pair]:
    of, value = str(constraint.get("of") or ""), str(constraint.get("value") or "").lstrip("<>=~^ ")
    if not of or not value[:1].isdigit():
        return
    head, _, _ = value.partition(".")
    wrong = f"{int(head) - 1}" if head.isdigit() and int(head) > 1 else "0"
    if of == "python":
        wrong = "3.8" if not value.startswith("3.8") else "3.7"
    path = placed(constraint, root, "Dockerfile")
    yield Pair(write(path, f"FROM {of}:{wrong}\n"), write(path, f"FROM {of}:{value}\n"))
    use = {"node": "nvm use", "python": "pyenv local", "ruby": "rbenv local", "rust": "rustup default"}.get(of)
    if use:
        yield Pair(bash(f"{use} {wrong}"), bash(f"{use} {value}"))


def _code(constraint: Constraint, root: str) -> Iterator[Pair]:
    suffix = SUFFIX.get(str(constraint.get("lang") or ""), "")
    for pattern in constraint.list("pattern")[:2]:
        for ending, mark in (
            ((suffix, "#" if suffix in ("py", "rb") else "//"),) if suffix else (("ts", "//"), ("py", "#"))
        ):
            call = pattern if "(" in pattern or " " in pattern else f"{pattern}(1)"
            for text in (pattern, call, f"x = {call}", f"let x: {pattern} = 1;"):
                path = placed(constraint, root, f"src/example.{ending}")
                yield Pair(write(path, text + "\n"), write(path, f"{mark} no {pattern} here\n"))


def _message(constraint: Constraint, root: str) -> Iterator[Pair]:
    good = "feat: add an example"
    for word in constraint.list("forbid")[:2]:
        yield Pair(bash(f"git commit -m 'feat: add {word}'"), bash(f"git commit -m '{good}'"))
    if constraint.get("format") or constraint.get("types"):
        yield Pair(bash("git commit -m 'Changed some things'"), bash(f"git commit -m '{good}'"))
    if constraint.get("max_header_length"):
        yield Pair(bash(f"git commit -m 'feat: {'long ' * 40}'"), bash(f"git commit -m '{good}'"))


def _package(constraint: Constraint, root: str) -> Iterator[Pair]:
    for name in constraint.list("forbid")[:2] or ("left-pad",):
        for manager in ("npm install", "pip install"):
            yield Pair(bash(f"{manager} {name}"), bash(LOOK))


def _order(constraint: Constraint, root: str) -> Iterator[Pair]:
    do = next(iter(constraint.list("do")), "")
    moment = MOMENTS.get(str(constraint.get("before") or ""))
    for ending in ("py", "ts") if do and moment else ():
        changed = write(placed(constraint, root, f"src/example.{ending}"), "changed\n")
        yield Pair(bash(moment or ""), bash(f"{do} && {moment}"), (changed,))
    if do and moment:
        yield Pair(bash(moment), bash(LOOK), (write(f"{root}/src/example.py", "changed\n"),))


def _inside(constraint: Constraint, root: str) -> Iterator[Pair]:
    for what in constraint.list("what")[:2]:
        yield Pair(bash(what), bash(LOOK))


def _framework(constraint: Constraint, root: str) -> Iterator[Pair]:
    right = next(iter(constraint.list("use")), "")
    for wrong in (*constraint.list("forbid"), *constraint.list("instead_of"))[:2]:
        for tool in ("npm install", "pip install"):
            yield Pair(bash(f"{tool} {wrong}"), bash(f"{tool} {right}" if right else LOOK))


NAMES = {
    "snake_case": "an_example",
    "camelCase": "anExample",
    "PascalCase": "AnExample",
    "kebab-case": "an-example",
}
DEFINED = (("py", "def {}():\n    pass\n"), ("py", "class {}:\n    pass\n"), ("ts", "function {}() {{}}\n"))


def _name(constraint: Constraint, root: str) -> Iterator[Pair]:
    good = NAMES.get(str(constraint.get("style") or ""), "")
    for bad in NAMES.values() if good else ():
        for ending, text in DEFINED:
            path = placed(constraint, root, f"src/example.{ending}")
            yield Pair(write(path, text.format(bad)), write(path, text.format(good)))
        yield Pair(write(f"{root}/src/{bad}.ts", "changed\n"), write(f"{root}/src/{good}.ts", "changed\n"))


def _format(constraint: Constraint, root: str) -> Iterator[Pair]:
    for ending in (SUFFIX.get(str(constraint.get("lang") or ""), "py"), "ts"):
        path = placed(constraint, root, f"src/example.{ending}")
        lines = {"\t": "if x:\n\ty = 1\n", "    ": "if x:\n    y = 1\n", "  ": "if x:\n  y = 1\n"}
        for wrong in lines.values():
            for right in lines.values():
                if wrong != right and constraint.get("indent"):
                    yield Pair(write(path, wrong), write(path, right))
        if constraint.get("line_length"):
            yield Pair(write(path, f"x = '{'long ' * 80}'\n"), write(path, "x = 1\n"))
        if constraint.get("semicolons"):
            for wrong, right in (("let x = 1;\n", "let x = 1\n"), ("let x = 1\n", "let x = 1;\n")):
                yield Pair(write(path, wrong), write(path, right))
        if constraint.get("quotes"):
            for wrong, right in (("x = 'a'\n", 'x = "a"\n'), ('x = "a"\n', "x = 'a'\n")):
                yield Pair(write(path, wrong), write(path, right))


def _text(constraint: Constraint, root: str) -> Iterator[Pair]:
    for pattern in constraint.list("pattern")[:2]:
        for name in ("docs/example.md", "src/example.ts"):
            path = placed(constraint, root, name)
            yield Pair(write(path, f"Some {pattern} text\n"), write(path, "Some text\n"))
        yield Pair(bash(f"git commit -m 'feat: add {pattern}'"), bash("git commit -m 'feat: add an example'"))


def _where(constraint: Constraint, root: str) -> Iterator[Pair]:
    """A file of a kind, here and where it has to be."""
    folder = next(iter(constraint.list("must_be_in")), "").rstrip("/*")
    for name in ("example.test.ts", "test_example.py", "example_test.go", "Example.tsx", "example.sql", "example.md"):
        if folder:
            yield Pair(write(f"{root}/other/{name}", "x\n"), write(f"{root}/{folder}/{name}", "x\n"))
    for folder in constraint.list("must_not_be_in")[:1]:
        for name in ("example.test.ts", "test_example.py", "example.md", "example.ts"):
            yield Pair(write(f"{root}/{folder.rstrip('/*')}/{name}", "x\n"), write(f"{root}/other/{name}", "x\n"))


def _ask(constraint: Constraint, root: str) -> Iterator[Pair]:
    for action in constraint.list("action")[:3]:
        for word, command in ASKED.items():
            if word in action:
                yield Pair(bash(command), bash(LOOK))


def _setting(constraint: Constraint, root: str) -> Iterator[Pair]:
    value = str(constraint.get("value") or "")
    name = str(constraint.get("name") or constraint.get("key") or "")
    if value and name:
        path = placed(constraint, root, str(constraint.get("file") or ".env"))
        yield Pair(write(path, f"{name}=another\n"), write(path, f"{name}={value}\n"))


MOMENTS = {
    "git commit": "git commit -m 'feat: add an example'",
    "git push": "git push origin feature/example",
    "pull request": "gh pr create --title x --body y",
    "git merge": "git merge feature/example",
    "deploy": "kubectl apply -f deploy.yaml",
    "release": "npm publish",
}

ASKED = {
    "commit": "git commit -m 'feat: add an example'",
    "push": "git push origin feature/example",
    "pull request": "gh pr create --title x --body y",
    "install": "npm install left-pad",
    "delet": "rm -rf src",
    "deploy": "kubectl apply -f deploy.yaml",
    "migrat": "python manage.py migrate",
    "merge": "git merge feature/example",
    "publish": "npm publish",
    "release": "npm publish",
    "drop": "psql -c 'DROP TABLE users'",
    "dev server": "npm run dev",
    "test": "pytest",
}

PROPOSE: dict[str, Callable[[Constraint, str], Iterator[Pair]]] = {
    "port": _port,
    "host": _host,
    "url": _host,
    "tool_choice": _tool,
    "forbid_command": _command,
    "forbid_path": _path,
    "append_only": _path,
    "require_path": _path,
    "run_inside": _inside,
    "framework": _framework,
    "naming": _name,
    "format": _format,
    "forbid_text": _text,
    "path_rule": _where,
    "forbid_read": _read,
    "branch": _branch,
    "version": _version,
    "forbid_code": _code,
    "commit_msg": _message,
    "dependency": _package,
    "no_new_dependency": _package,
    "require_before": _order,
    "ask_before": _ask,
    "forbid_action": _ask,
    "env_var": _setting,
    "config": _setting,
}


def _file_for(glob: str) -> str:
    """A file that a glob would match, as a path below the root."""
    glob = glob.lstrip("/").removeprefix("./")
    if glob.endswith("/"):
        glob += "example.txt"
    path = glob.replace("**/", "").replace("**", "example.txt").replace("*", "example").replace("?", "x")
    if "{" in path and "}" in path:
        head, _, rest = path.partition("{")
        inner, _, tail = rest.partition("}")
        path = head + inner.split(",")[0] + tail
    last = path.rsplit("/", 1)[-1]
    return path if "." in last or "/" not in glob else f"{path}/example.txt"
