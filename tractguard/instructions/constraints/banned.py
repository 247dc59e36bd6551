"""Commands and actions that must not run, and those that may run although something else excludes them.

A command in code marks is taken literally. Words with a fixed command ("force push", "hard reset") are expanded from a
table.
"""

import re
from typing import Any, NamedTuple

from tractguard.instructions.constraints.actions import actions_at, verbs
from tractguard.instructions.constraints.asks import asks_of, granted
from tractguard.instructions.constraints.choices import tools_at
from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.mentions import code_kind, command_text, is_path
from tractguard.instructions.constraints.reading import Code, Sentence
from tractguard.instructions.constraints.tables import pattern, programs, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

_TARGET = lazy(
    r"\b(?:over|on|against|in) (?:them|these|those)\b"
    r"|\b(?:against|on|in|for|from|to|with|inside) (?!me\b|you\b|any\b|all\b|every|this (?:project|repo)"
    r"|the host|tests? runs?|your own)[^,.;—]{2,40}"
    r"|\b(?:shared|public|published|pushed|merged|released|protected|other people's|others') [a-z][^,.;—]{2,40}"
    r"|\b(?:that|which|already|once) (?:have|has|are|is|were|was|you|someone|others) [^,.;—]{2,40}"
)
_UNMARKED = lazy(  # a command in plain words: "never run npm audit fix"
    r"\b(?:run|use|using|running|do|execute|call|or|and|,)\s+((?:npm|pnpm|yarn|bun|git|docker|cargo|prisma"
    r"|npx|pip|rails|kubectl|terraform|python|gh|uv|poetry|sudo|supabase|firebase|bundle|flutter|dart"
    r"|dotnet|mvn|gradle|alembic|helm|aws|gcloud|wrangler|vercel|heroku|composer|php|mix|brew|apt"
    r"|systemctl|pm2|tsc|jest|vitest|pytest|playwright)(?: (?:run )?[a-z-]+){1,3})(?=[,.;:)!]|$"
    r"| (?:against|on|in|unless|ever|without|for|yourself|because|as|to|myself|or|and|directly"
    r"|manually)\b)",
    needs=(
        "npm|yarn|bun|git|docker|cargo|prisma|npx|pip|rails|kubectl|terraform|python|gh|uv|poetry|sudo"
        "|supabase|firebase|bundle|flutter|dart|dotnet|mvn|gradle|alembic|helm|aws|gcloud|wrangler|vercel"
        "|heroku|composer|php|mix|brew|apt|systemctl|pm2|tsc|jest|vitest|pytest|playwright"
    ),
)
_WITHOUT = lazy(r"`?(?: \w+){0,3} without ([^,.;`]{3,60})")
_NO_COMMAND = lazy(r"\b(?:are|is|be|must|should|may|can|not|never|was|were)\b")
_TOLD = lazy(
    r"(?:^|[,/(:]|\b(?:use|used|using|run|running|execute|call|with|via|no|never|not|of|and|or|nor|direct))\W{0,3}$"
)
_RUN_NEVER = lazy(
    r"`?(?: commands?)? (?:must|should|may|can|shall)(?:not| not| never) (?:ever )?be (?:run|executed|called|invoked)\b"
)
_SHELL_LIKE = lazy(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*(?:\.sh)?(?: [\w./:=@-]+){0,6}")
_PASSIVE = lazy(  # "init-db --force must never be run"
    r"(?:^|[.;]\s)\W{0,3}([a-z][\w./-]{1,40}(?: [a-z][\w-]{1,20}){0,2}(?: --?[a-z][\w=-]{0,30}){1,4})"
    r" (?:must|should|may|can|shall)(?:not| not| never) (?:ever )?be (?:run|used|executed|called|invoked)\b",
    needs=" be ",
)
_PASSIVE_PROGRAM = lazy(  # "make clean-all must never be run"
    r"(?:^|[.;]\s)\W{0,3}(([a-z][\w.-]{0,30})(?: [a-z][\w:./-]{1,40}){1,3}) (?:must|should|may|can|shall)"
    r"(?:not| not| never) (?:ever )?be (?:run|executed|invoked)\b",
    needs=" be ",
)
_AT = lazy(r"\b(?:to|from|on|in|into|onto|at|for|by) (?:the )?`?$")  # "publish to npm" does not exclude npm
_FLAGS = lazy(r"(?: --?[a-z0-9][\w-]*)+")  # "pkill -f" is narrower than "pkill"
_ABOUT_FILES = lazy(r"\u2588|/|\.env\b|\b(?:secrets?|keys?|passwords?|tokens|credentials|files?|folders?|artifacts?)\b")
_LISTS = lazy(r"(?:,|\b(?:or|and|nor)) $")
_LISTED = lazy(r",|\s(?:or|and|nor)\b|/")
_WRITTEN = lazy(
    r"\b(?:includ\w*|mention\w*|suggest\w*|recommend\w*|describ\w*)\b(?:(?!\b(?:run|use|execute|call)\b)[^.;])*$"
)
_SAID_BY_PATTERN = ("when committing", "when pushing", "when you commit", "when you push", "while committing")


def banned_of(said: Sentence) -> list[Constraint]:
    """forbid_command, forbid_action, ask_before."""
    asks, asked = asks_of(said)
    return [*asks, *_forbidden(said, asked), *([] if asks else [*_permitted(said), *granted(said)])]


def _forbidden(said: Sentence, asked: tuple[int, int]) -> list[Constraint]:
    """Commands and actions excluded outside the stretch `asked`, where they only need a person's word."""
    if not said.forbids():
        return []
    named = sorted(_literal(said, asked) + _phrases(said, asked), key=lambda found: found.at)
    if not named:
        return _actions_forbidden(said, asked)
    use = next(
        (command_text(c.text) for c in said.codes if said.sign(c.start) == "+" and code_kind(c.text) == "command"), ""
    )
    together: list[tuple[list[str], dict[str, Any]]] = []
    for found in named:
        bounds = {**_bounds(said, found), **({"use": use} if use else {})}
        patterns = next((patterns for patterns, known in together if known == bounds), None)
        if patterns is None:
            patterns = []
            together.append((patterns, bounds))
        patterns += [item for item in found.patterns if item not in patterns]
    return [Constraint("forbid_command", {"pattern": patterns, **bounds}) for patterns, bounds in together]


def _bounds(said: Sentence, found: "Named") -> dict[str, Any]:
    """Where and when one excluded command is excluded: what its own clause says."""
    data = where(said, found.at)
    if data.get("when") in _SAID_BY_PATTERN:
        del data["when"]  # "never use --no-verify when committing": the pattern says it already
    without = _WITHOUT.match(said.bare, found.end, said.clause(found.at)[1])
    named = (
        without
        and not re.match(r"an? |the ", without.group(1))
        and any(without.start(1) <= at < without.end(1) for _, at, _ in tools_at(said))
    )
    if without and not named and "unless" not in data:  # "python without uv" names the right way, no condition
        data["unless"] = said.text[without.start(1) : without.end(1)].strip()
    target = _TARGET.search(said.bare, found.end, said.clause(found.at)[1])
    if target and "when" not in data:
        data["when"] = _named_target(said, target)
    return data


def _named_target(said: Sentence, target: re.Match[str]) -> str:
    """The words of a target; "against it" speaks of the production or staging that was named before."""
    words = said.text[target.start() : target.end()].strip()
    if re.fullmatch(r"\w+ (?:it|them|this|that)", words):
        named = re.findall(r"\b(?:production|prod|live|staging|shared|remote)\b", said.low[: target.start()])
        return f"{words.split()[0]} {named[-1]}" if named else words
    return words


class Named(NamedTuple):
    """Commands that one place of the sentence excludes: their prefixes, and where they are named."""

    patterns: list[str]
    at: int
    end: int


def _literal(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    found: list[Named] = []
    for code in said.codes:
        if said.sign(code.start) != "-" or asked[0] <= code.start <= asked[1]:
            continue
        kind, text = code_kind(code.text), command_text(code.text)
        if _WRITTEN.search(said.bare, max(0, code.start - 60), code.start):
            continue  # "do not include `git commit` in a plan" is about the plan
        about = re.search(
            r"\b(?:edit|modify|touch|commit|delete|read|import|in|from|inside)(?: the| any)? `$",
            said.low[max(0, code.start - 14) : code.start],
        )
        if (
            kind == "command"
            and text
            and not (about and is_path(code.text))
            and not _is_library_word(said, text, code.start)
        ):
            without = re.match(r"`? without `(-[\w=-]+)`", said.text[code.end : code.end + 40])
            if without:
                return [Named([f"{text} without {without.group(1)}"], code.start, code.end)]
            found.append(Named(_with_synonyms(text), code.start, code.end))
        elif kind == "code" and _is_told_to_run(said, code):
            found.append(Named([text], code.start, code.end))
        elif kind == "flag":
            found.append(Named(_flag(text or code.text, said), code.start, code.end))
    found += _in_words(said, asked)
    if found:
        found += [tool for tool in _bare_tools(said, asked) if _in_a_list(said.bare, tool)]
    return [named for named in found or _bare_programs(said, asked) or _bare_tools(said, asked) if named.patterns]


def _in_a_list(bare: str, tool: Named) -> bool:
    """Whether a tool stands in a list with what else is excluded: "npm, yarn or `npx`"."""
    return bool(_LISTED.match(bare, tool.end) or _LISTS.search(bare, max(0, tool.at - 6), tool.at))


def _is_told_to_run(said: Sentence, code: Code) -> bool:
    """Whether a mark that no known program begins is spoken of as a command: "`init-db --force` must never be run"."""
    text = code.text.strip()
    if not _SHELL_LIKE.fullmatch(text) or not re.search(r"[ -]|\.sh$", text):
        return False
    ahead = said.bare[max(0, code.start - 24) : code.start]
    return bool(_RUN_NEVER.match(said.bare, code.end)) or bool(
        re.search(r"\b(?:run|execute|running|executing) `$", ahead)
    )


def _in_words(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    """Commands without marks: "never run npm audit fix", "init-db --force must never be run"."""
    found = [
        Named(_with_synonyms(_trim(match.group(1))), match.start(1), match.end(1))
        for match in _UNMARKED.finditer(said.bare)
        if said.sign(match.start(1)) == "-" and not _NO_COMMAND.search(match.group(1))
    ]
    found += [
        Named([said.text[match.start(1) : match.end(1)]], match.start(1), match.end())
        for match in _PASSIVE.finditer(said.bare)
    ]
    found += [
        Named(_with_synonyms(said.text[match.start(1) : match.end(1)]), match.start(1), match.end())
        for match in _PASSIVE_PROGRAM.finditer(said.bare)
        if match.group(2) in programs()
    ]
    return [named for named in found if not asked[0] <= named.at <= asked[1]]


def _bare_tools(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    """Tools without marks: "never use npm"; not where something is published to one."""
    if not re.search(
        r"\b(?:use|used|run|using|install with|never|no|forbidden|banned|prohibited|allowed)\b", said.bare
    ):
        return []
    libraries = {t for f in table("tools")["families"].values() if f.get("kind") == "library" for t in f["tools"]}
    return [
        Named([tool], at, end)
        for tool, at, end in tools_at(said)
        if tool not in libraries
        and tool in programs()
        and not _AT.search(said.low[max(0, at - 12) : at])
        and _TOLD.search(said.low[:at][-16:])
        and said.sign(at) == "-"
        and not asked[0] <= at <= asked[1]
    ]


def _bare_programs(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    """Programs without marks: "never use sed or awk to edit files"."""
    found = []
    for match in pattern("bare_programs").finditer(said.bare):
        ahead = said.bare[max(0, match.start() - 16) : match.start()]
        told = re.search(r"\b(?:run|use|using|running|execute|with|via|or|and|no|never|call)\s$|[,/]\s?$", ahead)
        if match.group() in section("verbs_too") and re.search(r"\b(?:never|no|not|don't|dont)\s$", ahead):
            continue  # "never kill processes" speaks of an action, not of the program
        if told and said.sign(match.start()) == "-" and not asked[0] <= match.start() <= asked[1]:
            flags = _FLAGS.match(said.bare, match.end())
            end = flags.end() if flags else match.end()
            found.append(Named([said.bare[match.start() : end]], match.start(), end))
    return found


def _trim(words: str) -> str:
    return re.sub(
        r" (?:against|on|in|unless|ever|without|for|yourself|because|as|to|or|and|directly|manually|command"
        r"|commands)\b.*$",
        "",
        words,
    )


def _is_library_word(said: Sentence, text: str, at: int) -> bool:
    """A single program word that the sentence speaks of as something else: "`node` objects", "the `time` field"."""
    if " " in text:
        return False
    after = said.low[at + len(text) + 1 : at + len(text) + 20]
    return bool(
        re.match(
            r"\s(?:object|field|type|prop|variable|tag|element|key|attribute|column|folder|directory|module|class"
            r"|file|value|statement|keyword|package|import)",
            after,
        )
    )


def _with_synonyms(text: str) -> list[str]:
    for group in section("same_commands"):
        if text in group:
            return [text, *(item for item in group if item != text)]
    return [text]


def _flag(flag: str, said: Sentence) -> list[str]:
    known: dict[str, list[str]] = section("flag_commands")
    if flag in known:
        return list(known[flag])
    first = next((command_text(c.text).split(" --")[0] for c in said.codes if code_kind(c.text) == "command"), "")
    return [f"{first} {flag}"] if first else []


def _phrases(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    table_of = section("command_phrases")
    found: list[Named] = []
    text = said.low.replace("`", " ")
    for match in pattern("command_phrases").finditer(text):
        inside = next((c for c in said.codes if c.start <= match.start() < c.end), None)
        if (
            said.sign(match.start()) == "-"
            and not asked[0] <= match.start() <= asked[1]
            and not _WRITTEN.search(said.bare, max(0, match.start() - 60), match.start())
            and (inside is None or inside.text.strip().lower() == match.group())
        ):
            found.append(Named(list(table_of[match.group()]), match.start(), match.end()))
    return found


def _actions_forbidden(said: Sentence, asked: tuple[int, int]) -> list[Constraint]:
    found: list[str] = []
    first = 0
    low = verbs(said.bare)
    for action in actions_at(low):
        if len(low) == len(said.bare):
            sign = said.sign(action.start)
        else:
            sign = (
                "-"
                if said.sign(0) == "-" or any(s == "-" for p in said.parts for a, s in p.marks if a <= action.start)
                else "0"
            )
        after = low[action.end : action.end + 24]
        if _WRITTEN.search(said.bare, max(0, action.start - 90), min(action.start, len(said.bare))):
            continue
        if asked[0] <= action.start <= asked[1] or after[:1] in ("-", "_", "/"):
            continue
        if sign != "-" or (
            re.match(r"\s+(?:directly )?(?:to|on|into) [`\w]", after) and action.phrase in ("commit", "push")
        ):
            continue
        if re.search(r"\b(?:before|after|when|if|until|while) (?:you )?$", low[: action.start]):
            continue
        if (
            low[action.start : action.end].strip() == action.phrase
            and action.phrase
            in (
                "commit",
                "push",
                "deploy",
                "publish",
                "release",
                "tag",
                "stash",
                "squash",
            )
            and not _verb_here(low, action.start, after)
        ):
            continue
        if action.phrase in ("commit", "push") and after.strip().startswith("directly"):
            continue  # "never commit directly" is about the main branch
        first = first if found else action.end
        found.append(action.phrase)
    if not found:
        return []
    bounds = where(said, first - 1)
    target = _TARGET.search(said.bare, first, said.clause(first - 1)[1])
    if target and "when" not in bounds:
        bounds["when"] = said.text[target.start() : target.end()].strip()
    excluded = Constraint("forbid_action", {"action": found[0] if len(found) == 1 else found, **bounds})
    table_of = section("action_commands")
    commands = [item for words in found for cue, items in table_of.items() if re.match(cue, words) for item in items]
    return (
        [excluded, Constraint("forbid_command", {"pattern": list(dict.fromkeys(commands)), **bounds})]
        if commands
        else [excluded]
    )


def _verb_here(low: str, at: int, after: str) -> bool:
    """Whether `commit` and the like stand as the verb that is excluded, with nothing more particular as object."""
    ahead = bool(
        re.search(
            r"\b(?:never|not|don't|dont|avoid|ever|or|and|no|cannot|can't|,)\s(?:\w+ly |ever |auto-?)?$",
            low[max(0, at - 16) : at],
        )
    )
    if ahead and re.match(r"\W*$", after) and _ABOUT_FILES.search(low[: max(0, at - 6)]):
        return False  # "secrets only in .env, never commit": the secrets are meant
    return ahead and bool(
        re.match(
            r"\s*(?:$|[.,;:!)](?!\w)|or\b|and\b|changes|anything|code|yourself|automatically|unless|for me|on (?:my"
            r"|your)|the changes|any(?:thing)?\b|directly|by yourself|without|manually|by hand|to (?:production"
            r"|prod|npm|pypi|crates\.io|maven|the registry"
            r"|the app store|nuget|rubygems)|the app)",
            after,
        )
    )


def _permitted(said: Sentence) -> list[Constraint]:
    if not re.search(r"\b(?:may|allowed|ok|okay|fine|feel free|permitted|acceptable)\b", said.bare):
        return []  # "you can build with X" tells how, it lifts nothing
    found = [command_text(c.text) for c in said.codes if said.sign(c.start) == "p" and code_kind(c.text) == "command"]
    phrases = [
        item
        for m in pattern("command_phrases").finditer(said.low)
        if said.sign(m.start()) == "p"
        for item in section("command_phrases")[m.group()]
    ]
    tools = {t for t, _, _ in tools_at(said)}
    found = [text for text in found + phrases if text not in tools]
    return (
        [Constraint("forbid_command", {"pattern": list(dict.fromkeys(found)), "permit": True, **where(said, 0)})]
        if found
        else []
    )
