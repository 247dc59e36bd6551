"""The triggers of a constraint: the names of which one must be in a call before it can conflict with it.

Each type of constraint has a function that reads names out of its fields. It knows the same tables as the rules, and
names too much rather than too little: a trigger that is missing is a conflict that is not seen.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from tractguard.facts.services import default_port, other_ports, service_of
from tractguard.model import Constraint
from tractguard.rules.words import phrase_table, phrases_in, table

_WORD = re.compile(r"\w+")
_TOO_COMMON = frozenset(("the", "a", "of", "in", "is", "to", "for", "and", "or", "not"))


def _endpoint(constraint: Constraint) -> Iterator[str]:
    said = str(constraint.get("service") or "").lower()
    service = service_of(said)
    yield "connect:" + service if service else "connect:*"
    if constraint.type == "port":
        for port in {*constraint.list("not"), default_port(service), *other_ports(service)} - {""}:
            yield "port:" + port
        for value in constraint.list("value"):
            yield "old:" + value
    if constraint.get("only"):
        yield "kind:url"
    if constraint.type == "host":
        for one in (*constraint.list("not"), *constraint.list("forbid")):
            yield "host:" + one.lower()


def _network(constraint: Constraint) -> Iterator[str]:
    if constraint.type == "url":
        yield "kind:url"
        return
    yield from ("kind:package", "kind:import", "connect:*", "engine")
    if constraint.get("name") or constraint.get("area"):
        yield from ("kind:env", "kind:url", "kind:connect")
    for one in (*constraint.list("forbid"), *constraint.list("not")):
        yield "version:" + (service_of(one) or one.lower())


def _tools(constraint: Constraint) -> Iterator[str]:
    from tractguard.rules.crossref_packages import plain
    from tractguard.rules.crossref_tools import excluded_tools

    for said in (*excluded_tools(constraint), *constraint.list("use")):
        yield from _programs(said)
    for said in constraint.list("instead_of"):
        if " " not in said and said not in table("tools")["managers"]:
            yield "module:" + plain(said).partition("/")[0]
    if constraint.get("said"):
        yield "program:docker"  # the tool's own image
    if "mcp" in " ".join(constraint.list("words")).lower():
        yield "kind:tool"
    if any(said in table("tools")["configured"] for said in excluded_tools(constraint)):
        yield "kind:config"


def _programs(said: str) -> Iterator[str]:
    from tractguard.rules.programs import pattern

    wanted = pattern(said)
    if wanted.program:
        yield "program:" + wanted.program
    if wanted.words[:1] and wanted.words[0].startswith("-m "):
        yield "program:" + wanted.words[0][3:]


def _command(constraint: Constraint) -> Iterator[str]:
    from tractguard.rules.programs import purposes_of_text, split_runner, variables_of

    texts = (*constraint.list("run"), *constraint.list("pattern"), *constraint.list("what"))
    what = " ".join(constraint.list("what"))
    if constraint.type == "run_inside" and (not what or "command" in what or what == "everything"):
        yield "kind:command"  # all commands
    for said in texts:
        yield from _programs(said)
        _, inner = split_runner(" ".join(variables_of(said)[1]))
        yield from _programs(inner)
        if "/" in said and " " not in said:
            yield "kind:command"  # a folder of programs
        for purpose, _ in purposes_of_text(said):
            yield "purpose:" + purpose
    from tractguard.rules.actions import actions_in

    if any("&&" in said for said in constraint.list("pattern")):
        yield "kind:command"  # a chain of any two
    for said in constraint.list("pattern"):
        for action in actions_in(said):
            if action in table("actions")["same_effect"]:
                yield "action:" + action
        if said.startswith(("docker-compose", "docker compose")):
            yield from ("program:docker", "program:docker-compose")
    for said in (*constraint.list("for"), *constraint.list("pattern"), *constraint.list("what")):
        for purpose in phrases_in(said, phrase_table("tools", "purpose_words")):
            yield "purpose:" + purpose


def _action(constraint: Constraint) -> Iterator[str]:
    from tractguard.rules.actions import actions_in
    from tractguard.rules.crossref_actions import ANY_EDIT, WHOLE, paths_meant
    from tractguard.rules.programs import kinds_meant

    for said in constraint.list("action"):
        for action in actions_in(said):
            yield "action:" + action
        yield from _programs(said)
        for purpose in kinds_meant(WHOLE.sub("", said.lower())):
            yield "purpose:" + purpose
    for glob in paths_meant(constraint):
        yield from segments(glob)
    if any(said.strip().lower() in ANY_EDIT for said in constraint.list("action")):
        yield from ("kind:write", "kind:append", "kind:delete", "kind:move")


def _order(constraint: Constraint) -> Iterator[str]:
    from tractguard.rules.actions import actions_in

    if constraint.type != "require_before":
        yield from ("action:commit", "action:push", "action:pull_request")
        return
    said = " ".join(constraint.list("before"))
    actions = [one for one in actions_in(said) if one != "create_file"]
    for action in actions:
        yield "action:" + action
    for purpose in phrases_in(said, phrase_table("tools", "purpose_words")):
        yield "purpose:" + purpose
    if "migration" in said:
        yield "action:run_migrations"
    if not actions:
        yield "changes"
        for do in constraint.list("do"):
            yield from _programs(do.strip("` "))
        yield from _programs(said)


def _paths(constraint: Constraint) -> Iterator[str]:
    from tractguard.rules.crossref_paths import globs_of

    globs = globs_of(constraint, "glob" if constraint.get("glob") else "path")
    for glob in globs:
        yield from segments(glob)
    if constraint.get("outside"):
        yield "path:*"
    for manifest in set(table("packages")["manifests"].values()):
        if any(glob.rsplit("/", 1)[-1] == manifest for glob in globs):
            yield "kind:package"
    for said, folders in table("files")["generators"].items():
        if any(folder in glob.split("/") for folder in folders for glob in globs):
            yield from _programs(said)


def segments(glob: str) -> Iterator[str]:
    """The triggers of a path: its own, and those of the folders above it, which go with all that is in them."""
    yield segment(glob)
    yield "path:wide"
    for part in glob.strip().strip("`").removeprefix("./").split("/")[:-1]:
        if part and not any(char in part for char in "*?[{"):
            yield "in:" + part


def segment(glob: str) -> str:
    """The trigger of a path: its most telling literal part ("seg:migrations"), an ending ("ext:lock"), or "path:*"."""
    parts = [part for part in glob.strip().strip("`").removeprefix("./").split("/") if part]
    literal = [part for part in parts if not any(char in part for char in "*?[{") and part not in (".", "..", "~")]
    if literal:
        usual = ("src", "lib", "app", "apps", "packages", "tests", "test", "docs")
        telling = [part for part in literal if part not in usual] or literal
        return "seg:" + telling[-1]
    last = parts[-1] if parts else ""
    ending = last.rpartition(".")[2]
    if "." in last and ending and not any(char in ending for char in "*?[{}"):
        return "ext:" + ending
    return "path:*"


def _created(constraint: Constraint) -> Iterator[str]:
    yield "created"
    if constraint.type == "naming" and "file" not in str(constraint.get("what") or "").lower():
        yield "kind:code"
    if constraint.type == "language":
        yield "foreign"
        if constraint.get("edition"):
            yield "kind:code"


def _code(constraint: Constraint) -> Iterator[str]:
    from tractguard.rules.constructs import constructs_in
    from tractguard.rules.crossref_code import literals
    from tractguard.rules.crossref_packages import products

    what = " ".join((*constraint.list("what"), *constraint.list("pattern")))
    if constraint.get("instead_of"):
        constraint = Constraint("forbid_code", {**constraint.data, "pattern": constraint.list("instead_of")})
    for said in literals(constraint):
        words = [word for word in _WORD.findall(said) if word.lower() not in _TOO_COMMON]
        yield "word:" + max(words, key=len) if words else "kind:code"
    if constraint.type == "require_code" or constraint.get("constructs") or constructs_in(what):
        yield "kind:code"
    if constraint.get("imports"):
        yield "kind:code"
    if products(what):
        yield from ("kind:package", "kind:import", "created")


def _text(constraint: Constraint) -> Iterator[str]:
    yield from ("kind:code", "kind:message")


def _shape(constraint: Constraint) -> Iterator[str]:
    yield "kind:code"


def _package(constraint: Constraint) -> Iterator[str]:
    yield from ("kind:package", "kind:import")
    if any(one.strip("`").startswith(":") for one in constraint.list("forbid")):
        yield from ("ext:gradle", "ext:kts")


def _version(constraint: Constraint) -> Iterator[str]:
    from tractguard.rules.crossref_versions import canonical

    of = canonical(str(constraint.get("of") or ""))
    yield "version:" + of
    if of == "junit":
        yield "module:org"


def _setting(constraint: Constraint) -> Iterator[str]:
    if constraint.type == "config":
        key = str(constraint.get("key") or "").strip("`").rpartition(".")[2]
        for name in () if key else constraint.list("forbid"):
            yield "config:" + name.strip("`$").lower()
        yield from ("config:" + key.lower(), "word:" + key)
        yield from _aims(key)
        return
    yield "env:" + str(constraint.get("name") or "").strip("`$")
    for said in (*constraint.list("for"), *constraint.list("when")):
        yield from _programs(said.strip("`"))


def _aims(key: str) -> Iterator[str]:
    """The programs and variables that say where a command goes, where a key is about that."""
    from tractguard.rules.crossref_settings import AIMS

    aim = AIMS.get(key)
    if aim is not None:
        yield from ("program:" + program for program in aim.programs)
        yield from ("env:" + name for name in aim.variables)


def _branch(constraint: Constraint) -> Iterator[str]:
    named = {"forbid_commit_to": "commit", "forbid_push_to": "push", "forbid_merge_to": "merge"}
    for key, action in named.items():
        if constraint.get(key):
            yield from ("git:" + action, "git:merge", "git:push")
    if constraint.get("name_pattern") or constraint.get("use") or constraint.get("from"):
        yield from ("git:checkout", "git:switch", "git:branch", "git:worktree")
    if constraint.get("target"):
        yield "git:pull_request"


def _message(constraint: Constraint) -> Iterator[str]:
    yield "kind:message"


def _secret(constraint: Constraint) -> Iterator[str]:
    yield from ("git:add", "git:commit", "git:stage", "kind:code")


def _values(constraint: Constraint) -> Iterator[str]:
    yield from ("kind:package", "kind:import", "kind:code")


OF_TYPE: Mapping[str, Callable[[Constraint], Iterator[str]]] = {
    "port": _endpoint, "host": _endpoint, "url": _network, "db": _network,
    "tool_choice": _tools, "command": _command, "run_inside": _command, "forbid_command": _command,
    "forbid_action": _action, "ask_before": _action,
    "require_before": _order, "require_after": _order, "require_with": _order, "doc_update": _order,
    "forbid_path": _paths, "forbid_read": _paths, "append_only": _paths, "require_path": _paths,
    "path_rule": _created, "naming": _created, "language": _created,
    "forbid_code": _code, "require_code": _code, "forbid_text": _text, "format": _shape,
    "framework": _package, "dependency": _package, "no_new_dependency": _package,
    "version": _version, "env_var": _setting, "config": _setting,
    "branch": _branch, "commit_msg": _message, "secrets": _secret, "values": _values,
}  # fmt: skip
