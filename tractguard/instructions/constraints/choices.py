"""Which tool: tool choices, prescribed commands, and where they have to run.

A tool counts only where the sentence says to use it or not to. Its relatives come from the table of tools; a choice
whose excluded tools were only inferred from their family says so (`implied`), so that the rules can be milder with it.
"""

import re
from typing import Any

from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.flags import flags_of
from tractguard.instructions.constraints.inside import inside_of
from tractguard.instructions.constraints.mentions import code_kind, command_text, commands, paths, scope_glob
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import canonical, members, section, tool_words
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

_MANAGER_LABEL = lazy(
    r"^\W*(?:js |node |python |default )?(package manager|package management|dependency manager"
    r"|dependency management|pkg manager|test runner|test framework"
    r"|testing framework|linter|formatter|lint|tests?|linting|formatting|build tool|bundler|runtime|type checker"
    r"|task runner|orm|monorepo(?: tool)?|(?:(?:primary|main|iac|preferred|cli|required) )+tool"
    r"|iac)s?\W*(?::|—|=|\bis\b|`)",
    needs="manage|runner|framework|lint|format|tool|bundler|runtime|type checker|orm|monorepo|iac",
)
_RUN = lazy(
    r"\b(?:run|runs|running|execute|invoke|use|using|call|try|with|via|using|through|issue|start|launch|verify|test)\b"
)
_WORKED_ON = lazy(
    r"\bto (?:bump|update|upgrade|refresh|regenerate|install|remove|uninstall|configure|fix|debug|patch)\b[^.;]*$"
)


_VIA = lazy(  # "install via `X`": the verb ahead says what for
    r"\b(install|build|test|lint|format|deploy|migrate|typecheck)(?:s|ed|ing)?(?: (?:it|everything|only|always"
    r"|dependencies"
    r"|packages))? (?:via|with|using|through) (?:the )?`$"
)
_NUMBERED = lazy(r"[`\s]*(?:version )?(?:[<>=^~≥]{1,2}\s?)?v?\d")
_FILE_HOLE = lazy(r"[\w.-]+ [<\[{](?:(?:the|any|a|your)[-_ ]?)?(?:file|path|script)s?(?:[-_ ]?(?:name|path))?[>\]}]")
_OR_FLAG = lazy(r"`? or (?:(?:add|pass|append|with|use|include|set|the|flag) )*`(-{1,2}[\w-]+(?:=[\w.-]+)?)`")
_GONE = lazy(
    r"`?(?:(?:,? and |, )`?[\w-]+`?){0,3} (?:was|were|ha(?:s|ve) been) (?:removed|dropped|retired|replaced|banned)\b",
    needs="removed|dropped|retired|replaced|banned",
)
_OVER_OTHERS = lazy(r"`?\*{0,2} \((?:not|never|no|instead of|rather than|over) ")
_BARE = lazy(r"\b(?:(bare|raw|direct) (?:binar(?:y|ies)|commands?|tools?|executables?|`)|(directly)\b)")
_PURPOSES = lazy(
    r"\b(?:tests?|testing|lint\w*|format(?:ting|ter)?|builds?|building|compil\w+|type.?check\w*|migrat\w+|deploy\w*"
    r"|releas\w+|publish\w*|install\w*|dependenc\w+|packages?|dev server|run(?:ning)? (?:the )?(?:app|server)|e2e)\b"
)
_REST = lazy(
    r"\b(?:the rest(?: of (?:the |our )?[\w-]+)?|everything else|everywhere else|elsewhere|all other \w+)\b[^.;]{0,24}?"
    r"\b(?:on|uses?|with|to|is|:)\s`?([a-z][\w-]*)",
    needs="rest|else|all other",
)
_STANDS_ALONE = lazy(  # what may follow a name that is meant itself
    r" (?:for|to|as|instead|and|or|nor|in|on|with|when(?:ever)?|if|only|not|over|rather|everywhere|exclusively|here"
    r"|throughout|by|from|unless|at|via|because|since|while|but|never|always|now|please|then|across|inside|within"
    r"|where|is|are|was|has|must|should|will|can|may|which|that|so|package manager|package manag\w+|workspaces?"
    r"|test runner|runner|linter|formatter|directly|either|yet|any|anywhere|ever|again|after|before|during|until|under"
    r"|against|without|except|test|tests|run|install|add|build|lint|commands?|too|first|per|library"
    r"|libraries|framework|cli|binary|toolchain"
    r"|packages with|css|js|php|v?\d\S*|last|already|recently|today|yesterday"
    r"|it|this|these|those|the|all|every|everything|new|we|you|unit|throughout)\b"
)


def choices_of(said: Sentence) -> list[Constraint]:
    """tool_choice, command, run_inside."""
    inside = inside_of(said)
    led = {use for constraint in inside for use in constraint.list("use")}
    found = [_for_a_purpose(choice) for choice in _contrast(said) or _wrapper(said) or _tools(said)]
    found = [choice for choice in found if choice.get("use") not in led]
    told = [c for c in _commands(said, bool(found)) if c.get("run") not in led]
    led_to = {canonical(str(c.get("run")).split(" ")[0]) for c in told if c.get("bare")}
    led_to.update(each for constraint in inside for each in constraint.list("what"))
    found = [c for c in found if not (c.get("implied") and c.get("use") in led_to)]
    return [*found, *told, *flags_of(said), *inside]


_WRAPPER = lazy(
    r"\b(gradle|maven) wrapper\b|\./(gradle|mvn)w\b[^;]{1,40}\b(?:system|global(?:ly)?|installed|bare|plain|local)[- ]",
    needs="wrapper|gradlew|mvnw",
)
_WRAPPERS = {"gradle": ("./gradlew", "gradle"), "maven": ("./mvnw", "mvn"), "mvn": ("./mvnw", "mvn")}


def _wrapper(said: Sentence) -> list[Constraint]:
    """ "Always use the Gradle wrapper": the script of the project, and not the program of the machine."""
    match = _WRAPPER.search(said.low)
    if not match or said.sign(match.start()) != "+":
        return []
    use, program = _WRAPPERS[match.group(1) or match.group(2)]
    return [Constraint("tool_choice", {"use": use, "instead_of": [program], "said": [program], "for": "run builds"})]


def _for_a_purpose(choice: Constraint) -> Constraint:
    """ "Use vitest for tests" says what for, not where: the tests are run from anywhere."""
    place = section("places").get(str(choice.get("for", "")).removeprefix("all ").removeprefix("the "))
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
        if code is not None and code.text.strip().lower() != word:
            continue
        if code is None and word in ordinary and not _capital(said, at):
            continue
        found.append((canonical(word), at, match.end()))
    return found


def _capital(said: Sentence, at: int) -> bool:
    """Whether an ordinary word is meant as a name: a capital inside the sentence, or a clear frame around it."""
    if (
        said.low[at : at + 4].split(" ")[0].strip("`.,")
        in ("make", "just", "task", "find", "go", "got", "less", "invo")
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
    label = label or (_OVER_OTHERS.search(said.bare) if re.match(r"\W*[\w /.-]{2,24}:\W", said.bare) else None)
    families = table("tools")["families"]
    heading = bool(re.search(r"package manager|tooling|toolchain|monorepo", said.heading))
    found: list[Constraint] = []
    done: set[str] = set()
    for tool, at, _ in named:
        sign = said.sign(at)
        if tool in done or (
            sign not in "+p"
            and not (
                sign == "0"
                and (
                    (label and _told_by(said, label, at))
                    or _declared(said, at, tool)
                    or (heading and len(said.text) < 40)
                )
            )
        ):
            continue
        family = _family([tool], said.low)
        if at < 3 and re.match(r"`?\s?:\s.*`", said.low[at + len(tool) :]) and len(named) > 1:
            continue  # "Bundler: use `bundle exec`": a label
        if _WORKED_ON.search(said.low, max(0, at - 60), at):
            continue  # "run X to bump playwright" chooses X
        told = said.low[max(0, at - 14) : at].rstrip("` ")
        if told.endswith("uses") and "package managers" not in family and not label:
            continue  # "the app uses vite" describes
        if not family or families[family].get("kind") == "library" or _is_subject(said, at, tool):
            continue
        if "package manager" not in said.low and _NUMBERED.match(said.low, at + len(tool)):
            continue  # "use Node 22" is about the version
        rest = [t for t, p, end in named if t != tool and (said.sign(p) == "-" or _GONE.match(said.low, end))]
        rest = [t for t in rest if t in families[family]["tools"]] or rest
        done.update([tool, *rest])
        found.append(Constraint("tool_choice", _choice(said, tool, at, family, rest, sign)))
    rest_of = _the_rest(said, found)
    same = {each.get("use") for each in rest_of}
    return [*(each for each in found if each.get("scope") or each.get("use") not in same), *rest_of]


def _told_by(said: Sentence, label: re.Match[str], at: int) -> bool:
    """Whether a label speaks of the tool at `at`: "Formatter: X; Y was removed" says nothing for Y."""
    return said.bare.find(";", label.end(), at) < 0


def _the_rest(said: Sentence, found: list[Constraint]) -> list[Constraint]:
    """ "npm in site/, the rest uses pnpm": another choice for everything beside the place of the first."""
    match = _REST.search(said.low)
    tool = canonical(match.group(1)) if match else ""
    first = next((c for c in found if c.get("scope") and c.get("use") != tool), None)
    family = next((f for f in members().get(tool, ()) if first and f in members().get(str(first.get("use")), ())), "")
    if not first or not family:
        return []
    others = [name for name in table("tools")["families"][family]["tools"] if name != tool]
    data = {"use": tool, "for": first.get("for"), "instead_of": others, "except": first.get("scope"), "implied": True}
    return [Constraint("tool_choice", data)]


def _choice(said: Sentence, tool: str, at: int, family: str, rest: list[str], sign: str) -> dict[str, Any]:
    entry = table("tools")["families"][family]
    purpose = re.search(r"\bfor ((?:all )?[a-z][a-z -]{2,40}?)(?=[,.;:()]|$| and never| not )", said.low[at:])
    data: dict[str, Any] = {"use": tool, "for": purpose.group(1).strip() if purpose else entry["for"]}
    data.update(where(said, at))
    own = _its_place(said, at)
    if own:
        data = {**{key: value for key, value in data.items() if key != "except"}, "scope": own}
    if sign == "p":
        return {**data, "permit": True}
    chosen = {t for t, p, _ in tools_at(said) if said.sign(p) in "+0" and not _its_place(said, p)}
    chosen = {tool} if own else chosen
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


_USED_THERE = lazy(  # "`web/` uses X", "except in `old/`, which still uses X"
    r"(`[^`]{1,80}`)(?: (?:folder|directory|app|package|workspace|project|module|service))?"
    r"(?:,? which)? (?:still |currently |only )*(?:uses|is on|runs on) (?:the )?`?$"
)


def _its_place(said: Sentence, at: int) -> str:
    """The folder of which a sentence says that the tool at `at` is used there; "" where it says that of none."""
    match = _USED_THERE.search(said.low, max(0, at - 160), at)
    named = match.group(1).strip("`") if match else ""
    found = next((path for path in paths(said) if path.text.lower() == named), None) if named else None
    return scope_glob(found) if found else ""


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
            bad.append((excluded_text(code.text), code.start))
        elif sign == "+":
            good.append((command_text(code.text), code.start))
    if not good or not bad:
        return []
    programs = {text.split()[0] for text, _ in good + bad}
    if len(programs) == 1 and (len(good) > 1 or programs == {"git"}):
        return []  # other commands of one program: no choice of tools
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


def excluded_text(text: str) -> str:
    """An excluded command as said; "deno <file>" keeps its hole, since it is not every use of deno."""
    plain = command_text(text)
    return text.strip() if " " not in plain and _FILE_HOLE.fullmatch(text.strip()) else plain


def _commands(said: Sentence, chosen: bool) -> list[Constraint]:
    """The prescribed command: run `X` (to do Y)."""
    found: list[Constraint] = []
    bare = any(said.sign(match.start(1)) == "-" for match in _BARE.finditer(said.bare))
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
        purpose = re.search(r"\b(?:to|for) ([a-z][^,.;:()—]{2,60})", said.low[at + len(text) :])
        via = _VIA.search(said.bare, max(0, at - 40), at)
        data["for"] = (
            purpose.group(1).strip().strip("`")
            if purpose
            else ("install dependencies" if via.group(1) == "install" else via.group(1))
            if via
            else _purpose_of(said.heading)
        )
        data.update(where(said, at, []))
        if data.get("when") and str(data["when"]) in str(data["for"]):
            del data["when"]  # "to run tests and exit" says what for
        either = _OR_FLAG.match(said.text, at + len(text))
        if either:
            data["or_flags"] = [either.group(1)]
        if bare:
            data["bare"] = True
        found.append(Constraint("command", data))
        uv = re.match(r"^(uv run|poetry run|bun run|pnpm exec|bundle exec|pipenv run|npx|bunx)$", text)
        if uv and (not chosen or text == "bundle exec"):
            found.append(
                Constraint(
                    "tool_choice",
                    {"use": text, "for": data["for"], "instead_of": _bypassed(text), **where(said, at, [])},
                )
            )
    return found


def _purpose_of(heading: str) -> str:
    """The heading where it says what is done below it ("Running tests"); "" for any other ("Common pitfalls")."""
    return heading if _PURPOSES.search(heading) else ""


def _bypassed(runner: str) -> list[str]:
    return list(section("bypassed").get(runner, ()))


def _only_names(said: Sentence, ahead: str) -> bool:
    """Whether a command is only described: "`npm test` runs the tests", "the output of `x`"."""
    return not re.search(
        r"(?:^|[.,:;—]\s*|\b(?:then|please|and|to|by|simply|with|just|can)\s+)(?:\w+ )?(?:run|running|execute"
        r"|use|using|start|build|test|launch|verify|format|lint|check|install|generate|regenerate|compile"
        r"|deploy|migrate|typecheck|bump)[^.]*$",
        ahead,
    )
