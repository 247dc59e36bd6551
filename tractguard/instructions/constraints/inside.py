"""Where commands have to run: inside a container, through its `exec` command, or from one folder.

"All Ruby commands: via `docker compose exec api`", "never run `npm` on the host" and "run the tests inside the `web`
container" say one thing. Words of a kind ("Ruby commands") become the programs of the shipped table; a kind that the
table lacks stays words, which no rule compares.
"""

import re
from typing import Any

from tractguard.instructions.constraints.mentions import code_kind, command_text
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import pattern, programs, section, tool_words
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_ROOM = r"(?:docker |dev |compose |docker[ -]compose )?(?:container|service|pod|vm)\b"
_INSIDE = lazy(
    r"\b(?:inside|in|within) (?:the |our |a )?(?:[`\"']([\w./-]+)[`\"']|(?!(?:docker|dev|same|any|this"
    r"|running|the|our|a|an|its|your|local)\b)([a-z][\w.-]*)) "
    + _ROOM
    + r"|\b(?:inside|in|within|through|via|using) (?:the |a |our )?(?:running )?(?:docker|dev"
    r"|podman)?[ -]?(?:compose )?(?:containers?|devcontainer|virtualenv|venv|vm|nix shell"
    r"|conda env(?:ironment)?|docker|sail|ddev|lando|vagrant)\b(?: `([\w./-]+)`)?",
    needs="contain|virtualenv|venv|vm|nix|conda|docker|service|pod|sail|ddev|lando|vagrant",
)
_FROM_FOLDER = lazy(
    r"\W*(?:always |please |(?:all |every |these |the )?commands? (?:must |should |are )?(?:be )?)*"
    r"(?:run|executed?|start)?"
    r"(?: (?:everything|(?:all |any |these |every )?commands?|it|them))?\s?(?:always )?from (?:the |inside )*"
    r"(?:`([\w./-]+)`|((?:repo(?:sitory)?|project|workspace|monorepo)(?:'s)? root|root)\b)",
    needs="from ",
)
_EXEC = lazy(  # the command that leads into a container; its name is the last word
    r"(?:docker[ -]compose|docker|podman(?:[ -]compose)?|kubectl)(?: -[\w.-]+(?: [\w./-]+\.ya?ml)?)* (?:exec|run)"
    r"(?: -{1,2}[\w-]+(?:=\S+)?(?: (?=\d+\b|root\b|[\w.-]+ -|application )[\w.-]+)?){0,4}(?: --)? ([a-z][\w.-]*)"
)
_SHELLS = lazy(
    r"(?:(?:\./)?(?:vendor/bin/)?sail|ddev(?: exec)?|lando|vagrant ssh(?: -c)?|direnv exec \.|devbox run(?: --)?"
    r"|nix develop -c|nix-shell --run|mise (?:exec|x) --|devenv shell|flox activate --|doppler run --|op run --)"
    r"(?!\S)"
)
_EVERYTHING = lazy(r"\b(?:everything|(?:all|every|any|each) (?:shell |project |dev )?commands?)\b")
_LEADS_IN = lazy(r"\b(?:via|through|with|using|inside|in|use|run|by|prefix(?:ed)?)\b[^.;`]{0,24}`$")
_RUN = lazy(r"\b(?:runs?|running|executed?|everything|commands?|install(?:ed)?|go(?:es)? through)\b")
_ABOUT_ALL = lazy(r"\b(?:commands?|everything|anything|all|always|only|must|never|tests?|every)\b")
_OUTSIDE = lazy(
    r"\b(?:on (?:the |your |my )?(?:host|local machine|bare metal)(?: machine| system)?|locally"
    r"|outside (?:of )?(?:the |a )?"
    r"(?:docker\b|\w* ?containers?\b)|natively)\b",
    needs="host|local|outside|bare metal|native",
)
_ROOMS = lazy(r"\b(?:docker|containers?|compose|devcontainer|podman|sail|ddev|lando)\b|docker")
_FOR = lazy(r"` for (?:all |any |every |the )*[^.;,`]{2,40}")
_OF_KIND = lazy(
    r"(?:[ /-](?:cli|test|management|console))?(?: (?:commands?|tests?|scripts?|tools?|tooling"
    r"|dependencies|packages|calls?|tasks)\b)"
    r"|(?:,|/| or| and)(?: |\b)|\s?$"
)
_WHAT = lazy(r"\b(?:runs?|executes?) ((?:all |any |every )?[\w` /-]+?) (?:only )?(?:inside|in|within|through|via)\b")


def inside_of(said: Sentence) -> list[Constraint]:
    """run_inside: at most one, for the sentence as a whole."""
    folder = _FROM_FOLDER.match(said.low)
    if folder and "`git" not in said.low:
        return [Constraint("run_inside", {"where": folder.group(1) or folder.group(2)})]
    found = _through(said) or _outside(said) or _in_a_room(said)
    if found.get("where") == "sail":  # it lies there itself
        found["what"] = [one for one in found["what"] if not one.startswith("vendor/")]
    return [Constraint("run_inside", found)] if found else []


def is_about_the_host(said: Sentence) -> bool:
    """Whether what is excluded is excluded on the host only, since it belongs into a container."""
    return bool(_outside(said))


def _through(said: Sentence) -> dict[str, Any]:
    """ "All Ruby commands: via `docker compose exec api`"."""
    for code in said.codes:
        text = command_text(code.text)
        lead = _EXEC.match(text) or _SHELLS.match(text)
        if not lead or lead.end() < len(text) or said.sign(code.start) in "-rc":
            continue
        what = _kinds(said, 0, code.start)
        if not what and (after := _FOR.match(said.bare, code.end)):
            what = _kinds(said, after.start(), after.end())
        if not what and _EVERYTHING.search(said.bare):
            what = ["all commands"]
        if not what or not _LEADS_IN.search(said.bare[: code.start]) or not _ABOUT_ALL.search(said.bare):
            continue
        where = lead.group(1) if lead.lastindex else text.split("/")[-1].split(" ")[0]
        return {"where": where, "what": what, "use": text}
    return {}


def _outside(said: Sentence) -> dict[str, Any]:
    """ "Never run `npm` or `node` on the host": only where the sentence or its heading speaks of containers."""
    if not said.forbids():
        return {}
    for match in _OUTSIDE.finditer(said.bare):
        if said.sign(match.start()) != "-":
            continue
        start, _ = said.reach(match.start())
        what = _kinds(said, start, match.start())
        room = any(map(_ROOMS.search, (said.low, said.heading, said.before.lower())))
        on_host = match.group().startswith("on") and "host" in match.group()
        room = room or (on_host and sum(code_kind(code.text) == "command" for code in said.codes) == len(what))
        if what and room:
            use = next((u for c in said.codes if (u := _EXEC.match(command_text(c.text)))), None)
            return (
                {"where": use.group(1), "what": what, "use": use.group()} if use else {"where": "docker", "what": what}
            )
    return {}


_DESCRIBES = lazy(  # "all services run in Docker" says where they are, and nothing of commands
    r"\b(?:services?|databases?|db|apps?|applications?|backend|frontend|workers?|server|stack|infrastructure) "
    r"(?:all |currently |locally )?(?:runs?|lives?) $"
)


def _in_a_room(said: Sentence) -> dict[str, Any]:
    """ "Run the tests inside the `web` container"."""
    match = _INSIDE.search(said.low)
    if match and _DESCRIBES.search(said.bare, 0, match.start() + 1):
        return {}
    if not match or said.sign(match.start()) in "-r" or not _RUN.search(said.bare) or not _ABOUT_ALL.search(said.bare):
        return {}
    place = next((group for group in match.groups() if group), "")
    kinds = _kinds(said, 0, match.start())
    what = _WHAT.search(said.low)
    use = next((u.group() for c in said.codes if (u := _EXEC.fullmatch(command_text(c.text)))), "")
    words = match.group().split(" ", 1)[1].removeprefix("the ").removeprefix("a ")
    if not kinds and not re.search(r"\b(?:run|execute|everything|commands)\b", said.bare):
        return {}
    data: dict[str, Any] = {
        "where": place or words,
        "what": kinds or (what.group(1).strip("` ") if what else "commands"),
    }
    return {**data, "use": use} if use else data


def _kinds(said: Sentence, start: int, end: int) -> list[str]:
    """The commands that a stretch names: code marks, tools, and kinds of commands ("Ruby commands")."""
    found: list[str] = []
    for code in said.codes:
        if start <= code.start < end:
            if code_kind(code.text) == "command":
                found.append(command_text(code.text))
            elif re.fullmatch(r"[\w./-]+/bin/?\*?", code.text.strip()):
                found.append(code.text.strip().rstrip("*").rstrip("/"))
    table = section("command_kinds")
    for match in pattern("command_kinds").finditer(said.bare[:end]):
        if match.start() >= start and _OF_KIND.match(said.bare, match.end(), end):
            found += table[match.group()]
    for named in tool_words().finditer(said.bare[:end]):
        if named.start() >= start and named.group() in programs() and _OF_KIND.match(said.bare, named.end(), end):
            found.append(named.group())
    return list(dict.fromkeys(found))
