"""Which tool: tool choices, prescribed commands, and where they have to run.

A tool counts only where the sentence says to use it or not to. Its relatives come from the table of tools; a choice
whose excluded tools were only inferred from their family says so (`implied`), so that the rules can be milder with it.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.mentions import code_kind, command_text, commands
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import canonical, members, section, tool_words
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

_MANAGER_LABEL = lazy(
    r"^\W*(?:js |node |python |default )?(package manager|package management|dependency manager"
    r"|dependency management|pkg manager|test runner|test framework"
    r"|testing framework|linter|formatter|lint|tests?|linting|formatting|build tool|bundler|runtime|type checker"
    r"|task runner|orm|monorepo(?: tool)?)s?\W*(?::|—|=|\bis\b|`)",
    needs="manage|runner|framework|lint|format|build tool|bundler|runtime|type checker|orm|monorepo",
)
_RUN = lazy(
    r"\b(?:run|runs|running|execute|invoke|use|using|call|try|with|via|using|through|issue|start|launch"
    r"|verify|test)\b"
)
_WORKED_ON = lazy(
    r"\bto (?:bump|update|upgrade|refresh|regenerate|install|remove|uninstall|configure|fix|debug|patch)\b[^.;]*$"
)


_STANDS_ALONE = lazy(  # what may follow a name that is meant itself
    r" (?:for|to|as|instead|and|or|nor|in|on|with|when(?:ever)?|if|only|not|over|rather|everywhere|exclusively|here"
    r"|throughout|by|from|unless|at|via|because|since|while|but|never|always|now|please|then|across|inside|within"
    r"|where|is|are|was|has|must|should|will|can|may|which|that|so|package manager|package manag\w+|workspaces?"
    r"|test runner|runner|linter|formatter|directly|either|yet|any|anywhere|ever|again|after|before|during|until|under"
    r"|against|without|except|test|tests|run|install|add|build|lint|commands?|too|first|per|library|libraries|framework|cli|binary|toolchain"
    r"|packages with|css|js|v?\d\S*|it|this|these|those|the|all|every|everything|new|we|you|unit|throughout)\b"
)


def choices_of(said: Sentence) -> list[Constraint]:
    """tool_choice and command."""
    found = [_for_a_purpose(choice) for choice in _contrast(said) or _tools(said)]
    return [*found, *_commands(said, bool(found))]


def _for_a_purpose(choice: Constraint) -> Constraint:
    """ "Use vitest for tests" says what for, not where: the tests are run from anywhere."""
    place = section("places").get(str(choice.get("for", "")))
    if place is None or choice.get("scope") != place:
        return choice
    return Constraint(choice.type, {key: value for key, value in choice.data.items() if key != "scope"})


def tools_at(said: Sentence) -> list[tuple[str, int, int]]:
    """Tools that a sentence names: (usual name, start, end). An ordinary word needs marks or a capital."""
    marked = {code.start: code for code in said.codes}
    ordinary = set(table("tools")["ordinary_words"])
    found = []
    for match in tool_words().finditer(said.low):
        word, at = match.group(), match.start()
        code = next((c for s, c in marked.items() if s <= at < c.end), None)
        if code is not None and (code.text.strip().lower() != word):
            continue
        if code is None and word in ordinary and not _capital(said, at):
            continue
        found.append((canonical(word), at, match.end()))
    return found


def _capital(said: Sentence, at: int) -> bool:
    """Whether an ordinary word is meant as a name: a capital inside the sentence, or a clear frame around it."""
    if (
        said.low[at : at + 4].split(" ")[0].strip("`.,") in ("make", "just", "task", "find", "go", "got", "less")
        and not said.text[at].isupper()
    ):
        return False
    if said.text[at].isupper() and at > 0 and not re.search(r"[.!?:]\s*$", said.text[:at]):
        return True
    around = said.low[max(0, at - 26) : at]
    return bool(
        re.search(r"\b(?:use|using|with|via|not|never|over|than|of|or|and|no|from|to|prefer)[ `]*$", around)
    ) and bool(
        re.search(
            r"\b(?:package|dependenc|install|lint|format|test|build|runtime|framework|library|http|runner|manager"
            r"|instead)",
            said.low,
        )
    )


def _family(tools: list[str], low: str) -> str:
    """The family that the tools share; the one whose words the sentence holds, else the usual one of the first tool."""
    families = table("tools")["families"]
    shared = [f for f in members().get(tools[0], ()) if all(f in members().get(t, ()) for t in tools)]
    pool = shared or list(members().get(tools[0], ()))
    for family in pool:
        if any(hint in low for hint in families[family].get("hints", ())):
            return family
    return pool[0] if pool else ""


def _tools(said: Sentence) -> list[Constraint]:
    named = tools_at(said)
    label = _MANAGER_LABEL.search(said.bare)
    families = table("tools")["families"]
    heading = bool(re.search(r"package manager|tooling|toolchain|monorepo", said.heading))
    found: list[Constraint] = []
    done: set[str] = set()
    for tool, at, _ in named:
        sign = said.sign(at)
        if tool in done or (
            sign not in "+p"
            and not (sign == "0" and (label or _declared(said, at, tool) or (heading and len(said.text) < 40)))
        ):
            continue
        family = _family([tool], said.low)
        if _WORKED_ON.search(said.low, max(0, at - 60), at):
            continue  # "run X to bump playwright" chooses X
        told = said.low[max(0, at - 14) : at].rstrip("` ")
        if told.endswith("uses") and "package managers" not in family and not label:
            continue  # "the app uses vite" describes
        if not family or families[family].get("kind") == "library" or _is_subject(said, at, tool):
            continue
        if re.match(r"[`\s]*(?:version )?(?:[<>=^~≥]{1,2}\s?)?v?\d", said.low[at + len(tool) :]):
            continue  # "use Node 22" is about the version
        rest = [t for t, p, _ in named if t != tool and said.sign(p) == "-"]
        done.update([tool, *rest])
        found.append(Constraint("tool_choice", _choice(said, tool, at, family, rest, sign)))
    return found


def _choice(said: Sentence, tool: str, at: int, family: str, rest: list[str], sign: str) -> dict[str, Any]:
    entry = table("tools")["families"][family]
    purpose = re.search(r"\bfor ((?:all )?[a-z][a-z -]{2,40}?)(?=[,.;:()]|$| and never| not )", said.low[at:])
    data: dict[str, Any] = {"use": tool, "for": purpose.group(1).strip() if purpose else entry["for"]}
    data.update(where(said, at))
    if sign == "p":
        return {**data, "permit": True}
    chosen = {t for t, p, _ in tools_at(said) if said.sign(p) in "+0"}
    siblings = [t for t in entry["tools"] if t != tool and t not in rest and t not in chosen]
    if rest:
        data["instead_of"] = list(dict.fromkeys(rest)) + siblings
        if "pip" in rest:
            data["instead_of"].append("pip3")
        data["said"] = list(dict.fromkeys(rest))
    else:
        data["instead_of"] = siblings
        data["implied"] = True
    return data


def _declared(said: Sentence, at: int, tool: str) -> bool:
    """ "pnpm only", "it's pnpm", "pnpm workspaces", "I told you pnpm": a choice without a verb of use."""
    after = said.low[at + len(tool) : at + len(tool) + 30].strip("` ")
    ahead = said.low[max(0, at - 30) : at].rstrip("` ")
    return bool(
        re.match(
            r"(?:only|workspaces?\b|package manager\W*$|everywhere|please|for everything|is (?:the|our|used)|[.!]*$)",
            after,
        )
    ) and bool(
        not ahead
        or re.search(
            r"(?:\bit's|\bi said|told you(?: to use)?|this (?:is a|repo is|project is)|\bwe're on|\bare on|[:,])$",
            ahead,
        )
        or re.match(r"only|workspace|everywhere|package manager|is the|is our|is used", after)
    )


def _is_subject(said: Sentence, at: int, tool: str) -> bool:
    """Whether the tool only qualifies something else: "use the npm registry", "use React components"."""
    after = said.low[at + len(tool) : at + len(tool) + 24].lstrip("`")
    ahead = said.low[max(0, at - 8) : at]
    return qualifies(after) or bool(
        re.search(r"\b(?:in|on|from|inside|outside|within|under|per|of) [`]*$", ahead)
        and not re.search(r"\b(?:told|run)\b", said.low)
    )


def qualifies(after: str) -> bool:
    """Whether a name only says of what kind the next word is: "use Vite aliases", "no Tailwind values"."""
    return after.startswith("'s") or (after[:1] in " -" and after[1:2].isalpha() and not _STANDS_ALONE.match(after))


def _contrast(said: Sentence) -> list[Constraint]:
    """Commands or tools in code marks set against each other: use `X`, not `Y`."""
    good, bad = [], []
    single = [c for c in said.codes if code_kind(c.text) == "command" and said.sign(c.start) == "-"]
    for code in said.codes:
        plain = single and re.fullmatch(r"[a-z][\w-]{1,20}", code.text)
        if (code_kind(code.text) != "command" and not plain) or not command_text(code.text):
            continue
        sign = said.sign(code.start)
        if sign == "-":
            bad.append((command_text(code.text), code.start))
        elif sign == "+":
            good.append((command_text(code.text), code.start))
    if not good or not bad:
        return []
    if good[0][0].split()[0] == bad[0][0].split()[0] == "git":
        return []
    use, at = good[0]
    data: dict[str, Any] = {
        "use": use,
        "instead_of": list(dict.fromkeys(text for text, _ in bad if text != use)),
        **where(said, at),
    }
    data["said"] = data["instead_of"]
    if not data["instead_of"]:
        return []
    family = _family([canonical(use)], said.low) if canonical(use) in members() else ""
    if family:
        data["for"] = table("tools")["families"][family]["for"]
    return [Constraint("tool_choice", data)]


def _commands(said: Sentence, chosen: bool) -> list[Constraint]:
    """The prescribed command: run `X` (to do Y)."""
    found = []
    for text, at in commands(said):
        sign = said.sign(at)
        if (
            sign not in "+0p"
            or (sign == "p" and " can " not in said.bare)
            or not text
            or (" " not in text and not re.match(r"^(?:\./|scripts?/|bin/|make$|just$|tools?/)", text) and not chosen)
        ):
            continue
        ahead = said.bare[max(0, at - 60) : at]
        if (not _RUN.search(ahead) and not re.match(r"\W*(?:[\w /-]+:\s*)`?$", ahead)) or (
            sign == "0" and _only_names(said, ahead)
        ):
            continue
        if chosen and " " not in text:
            continue
        data: dict[str, Any] = {"run": text}
        purpose = re.search(r"\b(?:to|for) ([a-z][^,.;:()]{2,60})", said.low[at + len(text) :])
        data["for"] = purpose.group(1).strip().strip("`") if purpose else said.heading
        data.update(where(said, at, []))
        found.append(Constraint("command", data))
        uv = re.match(r"^(uv run|poetry run|bun run|pnpm exec|bundle exec|pipenv run|npx|bunx)$", text)
        if uv and not chosen:
            found.append(
                Constraint(
                    "tool_choice",
                    {"use": text, "for": data["for"], "instead_of": _bypassed(text), **where(said, at, [])},
                )
            )
    return found


def _bypassed(runner: str) -> list[str]:
    return ["python", "python3"] if runner in ("uv run", "poetry run", "pipenv run") else []


def _only_names(said: Sentence, ahead: str) -> bool:
    """Whether a command is only described: "`npm test` runs the tests", "the output of `x`"."""
    return not re.search(
        r"(?:^|[.,:;—]\s*|\b(?:then|please|and|to|by|simply|with|just|can)\s+)(?:\w+ )?(?:run|running|execute"
        r"|use|using|start|build|test|launch|verify|format|lint|check|install|generate|regenerate|compile"
        r"|deploy|migrate|typecheck|bump)[^.]*$",
        ahead,
    )
