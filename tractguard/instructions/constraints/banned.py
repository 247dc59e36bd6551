"""Commands and actions that must not run, and those that may run although something else excludes them.

A command in code marks is taken literally. Words with a fixed command ("force push", "hard reset") are expanded from a
table.
"""

import re
from typing import Any

from tractguard.instructions.constraints.asks import asks_of
from tractguard.instructions.constraints.choices import excluded_text, tools_at
from tractguard.instructions.constraints.conditions import where
from tractguard.instructions.constraints.deeds import AFTER_WORK, SAID_ONLY, TARGET, deeds_of
from tractguard.instructions.constraints.flags import programs_around
from tractguard.instructions.constraints.grants import granted
from tractguard.instructions.constraints.inside import is_about_the_host
from tractguard.instructions.constraints.lists import FOR_SOMETHING, is_sibling, shown_first
from tractguard.instructions.constraints.mentions import code_kind, command_text, is_path
from tractguard.instructions.constraints.others import others_of
from tractguard.instructions.constraints.reading import Code, Sentence, read
from tractguard.instructions.constraints.tables import pattern, programs, section
from tractguard.instructions.constraints.tasks import task_of
from tractguard.instructions.constraints.unmarked import Named, bare_programs, bare_tools, in_words, with_synonyms
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_WITHOUT = lazy(r"`?(?: \w+){0,3} without ([^,.;`]{3,60})")
_RUN_NEVER = lazy(
    r"`?(?: commands?)? (?:must|should|may|can|shall)(?:not| not| never) (?:ever )?be (?:run|executed|called|invoked)\b"
)
_SHELL_LIKE = lazy(r"[a-z][a-z0-9_]*(?:-[a-z0-9_]+)*(?:\.sh)?(?: [\w./:=@-]+){0,6}")
_THROUGH = lazy(r"\b(?:through|via|with|using|from|by) `$")
_SUCH_AS = lazy(r"`[ ,]*\(?(?:e\.g\.|i\.e\.|such as|for example|like)")
_BELONGS = lazy(
    r"\b(?:use|uses|using|pass|passing|add|adding|set|setting|append|combine|specify|put|include)\b[^.;,]{1,60}?"
    r" (?:with|to|for|on) `$"
)
_FLAG_OF = lazy(r"`(?: (?:flags?|options?|switch))? (?:with|to|on|for|of|in|when (?:running|using)) (?:the )?`")
_WITH_FLAG = lazy(r"`?(?: \w+){0,2} (?:with|using)(?: the)? `")
_AS_ROOT = lazy(r"` (?:with|using|via|through|under) `?sudo\b")
_OF_A_MARK = lazy(r" ?(?:with|to|on|for|of)(?: the)? `")
_GOES_THROUGH = lazy(r"\b(?:go(?:es)? through|go via|(?:run|do it|do this|do so) (?:via|through|with)) (?:the )?`$")
_A_SCRIPT = lazy(r"(?:\./|(?:\./)?(?:scripts?|bin|tools?|hack)/)[\w./-]+")
_BARE = lazy(r"\b(?:bare|naked|raw|plain) `|\b(?:bare|naked) [a-z]", needs="bare|naked|raw|plain")
_DIRECTLY = lazy(  # not through a runner: "never invoke `pytest` directly"
    r"\b(?:run|invoke|call|use|execute)\b[^.;]{0,60}? directly\b(?! (?:to|on|from|in|into|against)\b)", needs="directly"
)
_AT_ONCE = lazy(
    r"\b(?:in parallel|concurrently|simultaneously|at the same time)\b", needs="parallel|concurrent|simultan|same time"
)
_ONTO = lazy(
    r" (?:to|on|onto) (?:the )?((?:`[\w./-]+`|main\b|master\b|develop\b)"
    r"(?:(?:, | or |, or | and |/)(?:to )?(?:`[\w./-]+`|main\b|master\b|develop\b))*)"
)
_PIPED = lazy(r"\bpip(?:e|es|ed|ing) ([^.;]{0,50}?)(?:output )?(?:through|to|into|via|in|with)\b", needs="pip")
_OUTSIDE_RUNNER = lazy(r"outside(?: of)? `(?:uv|poetry|pipenv|pdm|hatch|bundle|docker|nix|mise|direnv)\b")
_OUTSIDE_OF = lazy(r"\b(?:outside(?: of)?|other than|except (?:via|through|with|by)) (?:the )?`$")
_LISTS = lazy(r"(?:,|\b(?:or|and|nor)) $")
_NOR = lazy(r"`?(?: \w+)?,? (?:or|nor) (?=[a-z])")
_ALL_WORK = lazy(
    r"(?:in|on|for|with|to|inside) (?:(?:the|our|your|these|my|any|all) )*(?:repos?|repositor(?:y|ies)|codebases?"
    r"|monorepo|projects?|(?:(?:feature|bug ?fix|regular|normal|daily|day-to-day)(?:, |/| and | or )?)*"
    r" ?(?:work|development))"
)
_LISTED = lazy(r",|\s(?:or|and|nor)\b|/")
_SAID_BY_PATTERN = ("when committing", "when pushing", "when you commit", "when you push", "while committing")


def banned_of(said: Sentence) -> list[Constraint]:
    """forbid_command, forbid_action, ask_before."""
    asks, asked = asks_of(said)
    forbidden = _forbidden(said, asked) or ([] if asks else others_of(said))
    return [*asks, *forbidden, *([] if asks else [*_permitted(said), *granted(said)])]


def _forbidden(said: Sentence, asked: tuple[int, int]) -> list[Constraint]:
    """Commands and actions excluded outside the stretch `asked`, where they only need a person's word."""
    if not said.forbids() or is_about_the_host(said):
        return []
    named = sorted(_literal(said, asked) + _phrases(said, asked), key=lambda found: found.at)
    if not named:
        return deeds_of(said, asked)
    right = [c.text.strip() for c in said.codes if code_kind(c.text) == "flag" and said.sign(c.start) == "+"]
    named = [left for each in named if (left := _without_flags(each, right)).patterns]
    wanted = [command_text(c.text) for c in said.codes if _is_wanted(said, c)]
    wanted = wanted or _with_flag(named, right)
    use: str | list[str] = wanted if 1 < len(wanted) == len(named) else "".join(wanted[:1])
    together: list[tuple[list[str], dict[str, Any]]] = []
    for found in named:
        bounds = {**_bounds(said, found), **({"use": use} if use else {})}
        patterns = next((patterns for patterns, known in together if known == bounds), None)
        if patterns is None:
            patterns = []
            together.append((patterns, bounds))
        patterns += [item for item in found.patterns if item not in patterns]
    shown = [each for patterns, bounds in together if (each := shown_first(patterns[0], bounds)) is not None]
    if len(shown) == len(together):
        return shown
    bare = {"bare": True} if _BARE.search(said.bare) or _DIRECTLY.search(said.bare) else {}
    told = [Constraint("forbid_command", {"pattern": patterns, **bounds, **bare}) for patterns, bounds in together]
    return told + _beside(said, named)


def _without_flags(named: Named, right: list[str]) -> Named:
    """Without the spellings that carry a flag which the sentence asks for ("`--force`; use `--force-with-lease`")."""
    return named._replace(patterns=[one for one in named.patterns if not set(one.split()) & set(right)])


def _with_flag(named: list[Named], right: list[str]) -> list[str]:
    """The right command where only its flag is told, and the wrong one has one flag: that one exchanged."""
    patterns = [one for each in named for one in each.patterns]
    first = patterns[0].rpartition(" ") if patterns else ("", "", "")
    one_flag = first[2].startswith("-") and "-" not in first[0].partition(" ")[2]
    return [f"{first[0]} {right[0]}"] if len(right) == 1 and one_flag else []


def _beside(said: Sentence, named: list[Named]) -> list[Constraint]:
    """What else is excluded without a command of its own: "never `x --abort`, never switch branches", "nor tag"."""
    found: list[Constraint] = []
    low, high = said.clause(named[0].at) if named else (0, 0)
    listed = _LISTS.search(said.bare, low, named[0].at) if named else None
    if listed:
        alone = read(said.text[low : listed.start()], said.heading, "", said.kind)
        found += deeds_of(alone, (-1, -1)) if alone.forbids() else []
    after = _NOR.match(said.bare, max(each.end for each in named)) if named else None
    if after and after.end() < high:
        found += deeds_of(read("never " + said.text[after.end() : high], "", "", said.kind), (-1, -1))
    for part in said.parts if len(said.parts) > 1 else ():
        if not any(part.start <= each.at <= part.end for each in named):
            alone = read(said.text[part.start : part.end], said.heading, "", said.kind)
            found += deeds_of(alone, (-1, -1)) if alone.forbids() else []
    return found


def _is_wanted(said: Sentence, code: Code) -> bool:
    """Whether a mark is the command to use instead; a script counts, which no known program begins."""
    sign = said.sign(code.start)
    if sign != "+" and not (sign == "0" and _GOES_THROUGH.search(said.bare, max(0, code.start - 30), code.start)):
        return False
    return code_kind(code.text) == "command" or bool(_A_SCRIPT.fullmatch(code.text.strip()))


def _bounds(said: Sentence, found: "Named") -> dict[str, Any]:
    """Where and when one excluded command is excluded: what its own clause says."""
    data = where(said, found.at)
    if _OUTSIDE_RUNNER.match(str(data.get("when", "")).lower()):
        del data["when"]
    if data.get("when") in _SAID_BY_PATTERN or AFTER_WORK.match(str(data.get("when", "")).lower()):
        del data["when"]  # "never use --no-verify when committing": the pattern says it already
    if set(found.patterns) <= {"git restore", *_DISCARDING["git checkout"]}:
        data.pop("when", None)
        return data
    if _AT_ONCE.search(str(data.get("when", "")).lower()) or _AT_ONCE.search(
        said.bare, found.end, said.clause(found.at)[1]
    ):
        data.pop("when", None)
        data["at_once"] = True
    piped = _PIPED.search(said.low, 0, found.at)
    if piped and said.sign(piped.start()) == "-":
        data["piped_from"] = _sources(piped.group(1))
    without = _WITHOUT.match(said.bare, found.end, said.clause(found.at)[1])
    named = (
        without
        and not re.match(r"an? |the ", without.group(1))
        and any(without.start(1) <= at < without.end(1) for _, at, _ in tools_at(said))
    )
    if without and not named and "unless" not in data:  # "python without uv" names the right way, no condition
        data["unless"] = said.text[without.start(1) : without.end(1)].strip()
    target = TARGET.search(said.bare, found.end, said.clause(found.at)[1])
    if target and _ALL_WORK.fullmatch(target.group().strip()):
        target = None
    if target and target.group().startswith("to ") and all(re.search(r" [-.]", one) for one in found.patterns):
        target = None  # "never `git add -A` to stage a fix": what it is always for
    if target and "when" not in data and "at_once" not in data and not _OF_A_MARK.match(said.bare, target.start()):
        data["when"] = _named_target(said, target)
    return data


def _sources(words: str) -> list[str]:
    """What a pipe comes from: the programs that are named, else the words ("test output"), else anything."""
    known = [word for word in re.findall(r"[\w.-]+", words) if word in programs()]
    marked = [command_text(text) for text in re.findall(r"`([^`]+)`", words)]
    return marked or known or [words.strip() or "*"]


def _named_target(said: Sentence, target: re.Match[str]) -> str:
    """The words of a target; "against it" speaks of the production or staging that was named before."""
    words = said.text[target.start() : target.end()].strip()
    if re.fullmatch(r"\w+ (?:it|them|this|that)", words):
        named = re.findall(r"\b(?:production|prod|live|staging|shared|remote)\b", said.low[: target.start()])
        return f"{words.split()[0]} {named[-1]}" if named else words
    return words


def _literal(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    found: list[Named] = []
    for code in said.codes:
        if said.sign(code.start) != "-" or asked[0] <= code.start <= asked[1]:
            continue
        kind, text = code_kind(code.text), command_text(code.text)
        if SAID_ONLY.search(said.bare, max(0, code.start - 60), code.start):
            continue  # "do not include `git commit` in a plan" is about the plan
        if _OUTSIDE_OF.search(said.bare, max(0, code.start - 24), code.start):
            continue  # "no bare `python` outside of `uv run`": that is the right way
        about = re.search(
            r"\b(?:edit|modify|touch|commit|delete|read|import|in|from|inside)(?: the| any)? `$|\binstall(?:ing)? `$",
            said.low[max(0, code.start - 18) : code.start],
        )
        if (
            kind == "command"
            and text
            and not (about and (is_path(code.text) or about.group().startswith("install")))
            and not _is_library_word(said, text, code.start)
        ):
            without = re.match(r"`? without `(-[\w=-]+(?: [\w.-]+)?)`", said.text[code.end : code.end + 40])
            if without:
                return [Named([f"{text} without {without.group(1)}"], code.start, code.end)]
            if " " not in text and FOR_SOMETHING.match(said.bare, code.end):
                continue  # a tool for one purpose only, which is not told here
            examples = _examples(said, code, text)
            if _AS_ROOT.match(said.text, code.end):
                found.append(Named([f"sudo {text}"], code.start, code.end))
            elif not examples and not _completes(said, code):
                found.append(
                    Named(
                        _discarding(said, text) or _spread(text) or with_synonyms(excluded_text(code.text)),
                        code.start,
                        code.end,
                    )
                )
        elif (kind == "code" and _is_told_to_run(said, code)) or (
            kind == "code" and found and is_sibling(said, code, found[-1].end)
        ):
            found.append(Named([text], code.start, code.end))
        elif kind in ("code", "path") and (spellings := task_of(said, code)):
            found.append(Named(spellings, code.start, code.end))
        elif kind == "flag":
            found.append(Named(_flag(text or code.text, said, code), code.start, code.end))
    found += in_words(said, asked) + _chain(said)
    if found:
        found += [tool for tool in bare_tools(said, asked) if _in_a_list(said.bare, tool)]
    return [named for named in found or bare_programs(said, asked) or bare_tools(said, asked) if named.patterns]


_CHAINING = lazy(r"\b(?:chain|combin|compound|operator|syntax|join|concatenat|string together)\w*")


def _chain(said: Sentence) -> list[Named]:
    """ "Never chain commands with `&&`"."""
    mark = next((c for c in said.codes if c.text.strip() == "&&" and said.sign(c.start) == "-"), None)
    if mark and _CHAINING.search(said.bare):
        return [Named(["&&"], mark.start, mark.end)]
    bare = re.search(r"\bchain (?:multiple |shell |several )*commands?\b(?! (?:with|using) `)", said.bare)
    return [Named(["&&"], bare.start(), bare.end())] if bare and said.sign(bare.start()) == "-" else []


def _examples(said: Sentence, code: Code, text: str) -> bool:
    """Whether a bare program only leads what the brackets behind it list: "X's tools through `npx` (e.g. `npx a`)"."""
    if " " in text or not _THROUGH.search(said.bare, max(0, code.start - 70), code.start):
        return False
    opened = _SUCH_AS.match(said.bare, code.end)
    return bool(opened) and any(
        c.start >= code.end and command_text(c.text).startswith(text + " ") and said.sign(c.start) == "-"
        for c in said.codes
    )


def _completes(said: Sentence, code: Code) -> bool:
    """Whether a command is only what something excluded belongs to: "do not use `--include` with `rsync`"."""
    if _BELONGS.search(said.bare, said.clause(code.start)[0], code.start):
        return True
    after = _OF_A_MARK.match(said.bare, code.end + 1)
    return bool(after) and any(
        c.start == after.end() and code_kind(c.text) in ("flag", "command") and said.sign(c.start) == "-"
        for c in said.codes
        if after
    )


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


_TO_DISCARD = lazy(
    r"\b(?:to|for) (?:revert|discard|undo|drop|throw|restor|reset|roll)\w*",
    needs="revert|discard|undo|drop|throw|restor|reset|roll",
)
_DISCARDING = {"git checkout": ["git checkout --", "git checkout ."], "git restore": ["git restore"]}


_EITHER = lazy(r"(.+ )([a-z][\w-]*(?:/[a-z][\w-]*){2,})")


def _spread(text: str) -> list[str]:
    """ "`deploy.sh push/up/all`" is three commands; [] where the last word may be a path."""
    match = _EITHER.fullmatch(text)
    words = match.group(2).split("/") if match else []
    return (
        []
        if set(words) & set(section("usual_folders")) - {"deploy", "build", "test"}
        else [match.group(1) + word for word in words if match]
    )


def _discarding(said: Sentence, text: str) -> list[str]:
    """The forms of a command that throw work away, where it is excluded for that purpose only."""
    return _DISCARDING.get(text, []) if _TO_DISCARD.search(said.bare) else []


def _flag(flag: str, said: Sentence, mark: Code) -> list[str]:
    """The commands with an excluded flag: the command that it is named with, else the usual ones, else the nearest."""
    low, high = said.clause(mark.start)
    near = [(c, command_text(c.text)) for c in said.codes if code_kind(c.text) == "command" and low <= c.start <= high]
    after = _FLAG_OF.match(said.bare, mark.end)
    of = [text for c, text in near if after and c.start == after.end()]
    of = of or [text for c, text in near if _WITH_FLAG.fullmatch(said.bare, c.end, mark.start)]
    known: dict[str, list[str]] = section("flag_commands")
    if flag in ("-i", "--interactive") and re.search(r"\bgit\b|\brebase\b", said.bare):
        return list(section("command_phrases")["interactive git commands"])
    if not of and flag in known:
        return list(known[flag])
    before = [text for c, text in near if c.start < mark.start]
    if said.bare[max(0, mark.start - 9) : mark.start - 1] == "without ":
        of = before[-1:] or [command_text(c.text) for c in said.codes if c.start < mark.start][-1:]
    first = next(iter(of or [text for _, text in near]), "")
    first = first or next((command_text(c.text) for c in said.codes if code_kind(c.text) == "command"), "")
    first = first or next(iter(programs_around(said)), "")
    return [f"{first.split(' --')[0]} {flag}"] if first else []


def _phrases(said: Sentence, asked: tuple[int, int]) -> list[Named]:
    table_of = section("command_phrases")
    found: list[Named] = []
    text = said.low.replace("`", " ")
    for match in pattern("command_phrases").finditer(text):
        inside = next((c for c in said.codes if c.start <= match.start() < c.end), None)
        if (
            said.sign(match.start()) == "-"
            and not asked[0] <= match.start() <= asked[1]
            and not SAID_ONLY.search(said.bare, max(0, match.start() - 60), match.start())
            and (inside is None or (inside.text.strip().lower() == match.group() and not _completes(said, inside)))
        ):
            commands = list(table_of[match.group()])
            onto = _ONTO.match(said.low, match.end()) if match.group().startswith("force") else None
            if onto:  # "never force push to `main`" leaves other branches free
                names = re.findall(r"[\w/-][\w./-]*", re.sub(r"\b(?:or|and|nor|to|the)\b", " ", onto.group(1)))
                commands = [f"{command} origin {name}" for name in names for command in commands]
            found.append(Named(commands, match.start(), onto.end() if onto else match.end()))
    return found


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
