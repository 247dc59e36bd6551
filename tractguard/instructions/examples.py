"""For a constraint, a call that it would stop and one that would pass: the proof that a line is enforced.

Calls are of the repository's own kind: its languages, its package manager, its test command. It only proposes; the
importer runs both calls through the engine and believes nothing else. Files and code are in `examples_files`. Cold.
"""

import re
from collections.abc import Callable, Iterator

from tractguard.facts.services import default_port
from tractguard.instructions.ecosystems import Language, language
from tractguard.instructions.example_calls import LOOK, Pair, bash, mentioning, placed, write
from tractguard.instructions.examples_files import CODE_PROPOSALS
from tractguard.model import Constraint
from tractguard.tables import table

Project = tuple[Language, ...]

SCHEMES = {"mongodb": "mongodb", "postgresql": "postgresql", "mysql": "mysql", "redis": "redis", "rabbitmq": "amqp"}
CLIENTS = {"mongodb": "mongosh", "postgresql": "psql", "redis": "redis-cli -u"}
USUAL: Project = (language("typescript"), language("python"))


def pairs(constraint: Constraint, root: str, project: Project = USUAL) -> Iterator[Pair]:
    """Pairs worth trying for a constraint, the most telling first; none where it cannot be shown by one call."""
    propose = PROPOSE.get(constraint.type)
    if propose is not None and not constraint.get("permit"):
        yield from propose(constraint, root, project)


def spelled(tool: str) -> str:
    """A plausible command of a tool: "pip install requests", "eslint ."; the bare name where none is known."""
    data = table("examples")
    if tool in data["spelled"]:
        return str(data["spelled"][tool])
    return f"{tool} {data['arguments'].get(tool, '')}".strip()


def _port(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
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


def _host(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    service, value = str(constraint.get("service") or ""), str(constraint.get("value") or "")
    wrong = next(iter(constraint.list("not")), "other.example.net")
    scheme = SCHEMES.get(service, "http")
    client = CLIENTS.get(service, "curl")
    right = bash(f"{client} {scheme}://{value}/app") if value else bash(LOOK)
    yield Pair(bash(f"{client} {scheme}://{wrong}/app"), right)


def _tool(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    right = next(iter(constraint.list("use")), "")
    good = bash(spelled(right) if right else LOOK)
    for wrong in (*constraint.list("said"), *constraint.list("instead_of"))[:5]:
        yield Pair(bash(spelled(wrong)), good)
        yield Pair(bash(wrong), good)


def _command(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    uses = constraint.list("use")
    for number, pattern in enumerate(constraint.list("pattern")[:3]):
        called = re.sub(r"<[^<>]*>", "src/example.ts", pattern)
        called = spelled(called) if " " not in called else called
        called = called.partition(" without ")[0]
        use = uses[number] if len(uses) == len(constraint.list("pattern")) else next(iter(uses), "")
        if use and "<" not in use and "*" not in use:
            yield Pair(bash(called), bash(use))
        flag = re.search(r" --?[a-z][\w-]*$", called)
        if flag:
            yield Pair(bash(called), bash(called[: flag.start()]))
        yield Pair(bash(called), mentioning(pattern))
        yield Pair(bash(pattern), bash(LOOK))


def _branch(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    feature = "feature/example"
    for key, verb in (("forbid_push_to", "push"), ("forbid_commit_to", "push"), ("forbid_merge_to", "merge")):
        for branch in constraint.list(key)[:2]:
            if branch == "upstream":
                yield Pair(bash(f"git push upstream {feature}"), bash(f"git push origin {feature}"))
            if verb == "merge":
                yield Pair(bash(f"git checkout {branch} && git merge {feature}"), bash(f"git checkout {feature}"))
            yield Pair(bash(f"git push origin {branch}"), bash(f"git push origin {feature}"))
            yield Pair(
                bash(f"git checkout {branch} && git commit -m 'Fix it'"),
                bash(f"git checkout -b {feature} && git commit -m 'Fix it'"),
            )
    for pattern in constraint.list("name_pattern")[:1]:
        good = re.sub(r"[<{\[][^<>{}\[\]]*[>}\]]", "example", pattern).replace("*", "example").rstrip(".")
        good += "example" if good.endswith(("/", "-")) else ""
        yield Pair(bash("git checkout -b Some_Branch"), bash(f"git checkout -b {good}"))
    for branch in constraint.list("target")[:1]:
        right = bash(f"gh pr create --base {branch} --title x --body y")
        yield Pair(bash("gh pr create --base some-other-branch --title x --body y"), right)


def _version(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    of, value = str(constraint.get("of") or "").lower(), str(constraint.get("value") or "").lstrip("<>=~^ ")
    if not of or not value[:1].isdigit():
        return
    head, _, rest = value.partition(".")
    wrong = f"{int(head) - 1}" if head.isdigit() and int(head) > 1 else "0"
    minor = rest.partition(".")[0]
    if wrong == "0" and minor.isdigit() and int(minor) > 0:
        wrong = f"{head}.{int(minor) - 1}"
    if of == "python":
        wrong = "3.8" if not value.startswith("3.8") else "3.7"
    data = table("examples")
    image, use = data["images"].get(of), data["uses"].get(of)
    path = placed(constraint, root, "Dockerfile")
    if image:
        yield Pair(write(path, f"FROM {image}:{wrong}\n"), write(path, f"FROM {image}:{value}\n"))
    if use:
        yield Pair(bash(f"{use} {wrong}"), bash(f"{use} {value}"))
    for each in adders(of, project) if not image else ():
        package, sign = _package_name(of), {"pip": "==", "uv": "==", "composer": ":^"}.get(each.add.split()[0], "@")
        if package:
            yield Pair(bash(f"{each.add} {package}{sign}{wrong}"), bash(f"{each.add} {package}{sign}{value}"))


def _package_name(name: str) -> str:
    return str(table("examples")["packages"].get(name.lower(), name.lower().replace(" ", "-")))


def adders(package: str, project: Project) -> list[Language]:
    """The languages that have a command to add packages, the one of the package first."""
    home = table("examples")["package_languages"].get(package.lower(), "")
    scripts = ("javascript", "typescript")
    found = [
        each for each in project if each.add and (not home or home == each.name or {home, each.name} <= set(scripts))
    ]
    return found or ([language(home)] if home else [])


def _package(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    for name in constraint.list("forbid")[:2]:
        for each in adders(name, project):
            if _package_name(name):
                yield Pair(bash(f"{each.add} {_package_name(name)}"), bash(LOOK))
    for each in project if not constraint.list("forbid") else ():
        if each.add:
            yield Pair(bash(f"{each.add} {each.package}"), bash(each.test or LOOK))


def _framework(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    right = _package_name(next(iter(constraint.list("use")), ""))
    homes = table("examples")["package_languages"]
    names = [*constraint.list("forbid"), *(one for one in constraint.list("instead_of") if one in homes)]
    for wrong in names[:8]:
        for each in adders(wrong, project):
            if _package_name(wrong) and each in (*project, *(() if constraint.get("implied") else (each,))):
                good = bash(f"{each.add} {right}" if right else LOOK)
                yield Pair(bash(f"{each.add} {_package_name(wrong)}"), good)


def _message(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    kind = next(iter(constraint.list("types")), "feat")
    good = f"{kind}: add an example"
    if "scope" in constraint.list("require"):
        good = f"{kind}(core): add an example"
    title = constraint.get("for") == "pull requests"

    def said(text: str) -> str:
        return f"gh pr create --title '{text}' --body x" if title else f"git commit -m '{text}'"

    for word in constraint.list("forbid")[:2]:
        trailer = word if ":" in word else f"{word}: Claude <noreply@anthropic.com>"
        if "-by" in word.lower():
            yield Pair(bash(f"git commit -m '{good}' -m '{trailer}'"), bash(said(good)))
        yield Pair(bash(said(f"{good} {word}")), bash(said(good)))
    if constraint.get("format") or constraint.get("types"):
        yield Pair(bash(said("Changed some things")), bash(said(good)))
    if constraint.get("max_header_length"):
        yield Pair(bash(said(f"{kind}: {'long ' * 40}".strip())), bash(said(good)))


MOMENTS = {
    "git commit": "git commit -m 'feat: add an example'",
    "git push": "git push origin feature/example",
    "pull request": "gh pr create --title 'feat: add an example' --body x",
    "git merge": "git merge feature/example",
    "deploy": "kubectl apply -f deploy.yaml",
}


def _order(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    said, before = next(iter(constraint.list("do")), ""), str(constraint.get("before") or "")
    release = next((each.publish for each in project if each.publish), "npm publish")
    moment = release if before == "release" else MOMENTS.get(before, "")
    if not said or not moment:
        return
    either = re.match(r"`([^`]+)`", said)
    words = said.lower()
    for each in project:
        do = either.group(1) if either else said
        if " " not in do.strip() or words[:1].isupper() or not re.match(r"[\w./-]+(?: |$)", do) or _in_words(words):
            do = _own_command(each, words) or do
        changed = write(placed(constraint, root, f"src/example.{each.suffix}"), "changed\n")
        yield Pair(bash(moment), bash(f"{do} && {moment}"), (changed,))
    yield Pair(bash(moment), bash(LOOK), (write(f"{root}/src/example.{project[0].suffix}", "changed\n"),))


def _own_command(each: Language, words: str) -> str:
    """The project's own command for work told in words."""
    if re.search(r"\btype.?check|\btypes\b", words):
        return each.types
    if re.search(r"\blint|\bformat", words):
        return each.lint
    return each.test if "test" in words else each.build if re.search(r"\bbuild|compil", words) else ""


def _after(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    """A commit of a change whose following step has not been done."""
    do = next(iter(constraint.list("do")), "")
    marked = re.search(r"`([^`]+)`", do)
    do = marked.group(1) if marked else do
    commit = MOMENTS["git commit"]
    paths = [one for one in constraint.list("paths") if "*" not in one]
    names = [one + "example.txt" if one.endswith("/") else one for one in paths]
    for name in names or [f"src/example.{each.suffix}" for each in project]:
        if do:
            yield Pair(bash(commit), bash(f"{do} && {commit}"), (write(placed(constraint, root, name), "changed\n"),))


def _prescribed(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    """Another command for the same work."""
    run = next(iter(constraint.list("run")), "")
    if not run or "<" in run or "*" in run:
        return
    for each in project:
        for other in (each.test, each.lint, each.build, each.types):
            if other and other != run:
                yield Pair(bash(other), bash(run))


def _in_words(words: str) -> bool:
    """Whether a step is told in words ("run the tests"), so that the project's own command stands for it."""
    return bool(re.match(r"(?:run|all|the|make sure|ensure|tests?|always)\b", words)) and "`" not in words


def _along(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    """A commit of a change without the file that has to come along."""
    files = [one for one in (*constraint.list("file"), *constraint.list("paths")) if "*" not in one and "." in one]
    for each in project if files else ():
        changed = write(placed(constraint, root, f"src/api.{each.suffix}"), "changed\n")
        commit = MOMENTS["git commit"]
        yield Pair(bash(commit), bash(f"echo '- Changed.' >> {files[0]} && {commit}"), (changed,))


def _inside(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    use = next(iter(constraint.list("use")), "")
    for what in constraint.list("what")[:2]:
        called = spelled(what) if " " not in what else what
        if use:
            yield Pair(bash(called), bash(f"{use} {called}"))
        yield Pair(bash(called), bash(LOOK))


def _ask(constraint: Constraint, root: str, project: Project) -> Iterator[Pair]:
    for said in constraint.list("action")[:4]:
        action = said.lower()
        path = re.search(r"`?([\w./-]+/[\w.-]+\.[a-z]{2,8})`?", said)
        if path:
            yield Pair(write(f"{root}/{path.group(1)}", "changed\n"), bash(LOOK))
        if any(word in action for word in _TEXTS):
            yield Pair(write(f"{root}/docs/example.md", "# Example\n"), write(f"{root}/src/example.txt", "text\n"))
        if action.startswith(("git ", "gh ", "npm ", "docker ")):
            yield Pair(bash(said), bash(LOOK))
        for word, commands in _asked(project).items():
            for command in commands if word in action else ():
                yield Pair(bash(command), bash(LOOK))


_TEXTS = ("markdown", "documentation", "readme", ".md", "docs")  # files that a person may want to be asked about


def _asked(project: Project) -> dict[str, list[str]]:
    """What would be done by an action of which these are words."""
    add = [f"{each.add} {each.package}" for each in project if each.add]
    test, build = [each.test for each in project if each.test], [each.build for each in project if each.build]
    publish = [each.publish for each in project if each.publish] or ["npm publish"]
    return {
        "github release": ["gh release create v1.2.3"],
        "tag": ["git tag v1.2.3"],
        "force": ["git push --force origin feature/example"],
        "commit": [MOMENTS["git commit"]],
        "push": [MOMENTS["git push"]],
        "pull request": [MOMENTS["pull request"]],
        "install": add,
        "dependenc": add,
        "delet": ["rm -rf src"],
        "remov": ["rm -rf src"],
        "deploy": [MOMENTS["deploy"]],
        "migrat": ["python manage.py migrate", "npx prisma migrate deploy"],
        "merge": [MOMENTS["git merge"]],
        "publish": publish,
        "release": publish,
        "drop": ["psql -c 'DROP TABLE users'"],
        "dev server": ["npm run dev"],
        "build": build,
        "test": test,
    }


PROPOSE: dict[str, Callable[[Constraint, str, Project], Iterator[Pair]]] = {
    **CODE_PROPOSALS,
    "port": _port,
    "host": _host,
    "url": _host,
    "tool_choice": _tool,
    "forbid_command": _command,
    "run_inside": _inside,
    "framework": _framework,
    "branch": _branch,
    "version": _version,
    "commit_msg": _message,
    "dependency": _package,
    "no_new_dependency": _package,
    "command": _prescribed,
    "require_before": _order,
    "require_after": _after,
    "require_with": _along,
    "doc_update": _along,
    "ask_before": _ask,
    "forbid_action": _ask,
}
