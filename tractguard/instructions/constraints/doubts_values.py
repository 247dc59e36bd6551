"""Doubts about values and files: settings, ports, versions and paths that a sentence names without ordering them.

They are examples, descriptions of how something is, options for once, lines of a file, or the means of something else.
"""

import re

from tractguard.instructions.constraints.mentions import code_kind
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint
from tractguard.tables import table

_EXAMPLE = lazy(
    r"[(\[]\s?(?:e\.g\.|eg\.|i\.e\.|for example|for instance|such as|like|especially"
    r"|including|example|ex\.|z\.b\.)[^()]*$"
)
_AS_EXAMPLE = lazy(r"\W{0,6}(?:for example|for instance|e\.g\.|example|examples|beispiel|por ejemplo|ejemplo)\b")


def example(said: Sentence, constraint: Constraint) -> Constraint | None:
    """What stands in brackets behind "e.g.", or in a sentence that begins so, is an example."""
    if _AS_EXAMPLE.match(said.low):
        return None
    for key in ("name", "key", "run", "pattern"):
        for text in constraint.list(key):
            at = said.low.find(text.lower())
            if at > 0 and _EXAMPLE.search(said.low, max(0, at - 120), at):
                return None
    return constraint


_TOLD_SETTING = lazy(  # the setting is somebody else's doing, or a way to do something for once
    r"\b(?:will be|gets?|is (?:automatically |always )?|are|was) set (?:by|on|when|whenever|for|in|to|automatically)\b"
    r"|\b(?:pass|fail|work|succeed|break)\w* (?:with|under|without|on|if)\b|\bor (?:\w+ ){0,3}with `",
)
_AN_OPTION = lazy(  # "use `DEBUG=1` to see the queries"
    r"`(?: \w+){0,2} to (?!be\b|stay\b|match\b)(?:\w+ly )?[a-z]{3,}\b"
    r"|`(?: \w+){0,2} (?:for (?:debug\w*|more|verbose|tracing|profiling|logging|a|an|one)\b|if you|when you need)"
    r"|`(?: \w+){0,2} for (?:[\w-]+ ){0,2}(?:backtraces?|traces?|logs?|logging|output|details?|diagnostics)\b"
)
_SAMPLE_VALUE = lazy(r"(?:/?path/to/|/path/|<|your[-_]|my[-_]|xxx|\.\.\.|…)")
_SETS = lazy(  # words of somebody who wants it set
    r"\b(?:set|sets|export|use|using|must|always|should|needs?|requires?|required|ensure|make sure|keep|stays?|remains?"
    r"|pass|add|put|run|start|default|never|not|only|environment|env|variables?|value)\b"
)


def _is_set(said: Sentence, at: int) -> bool:
    """Whether somebody wants a setting: an order, or a line that is nothing but the setting and its label."""
    return (
        bool(_SETS.search(said.bare))
        or at <= MOST_AHEAD
        or bool(re.fullmatch(r"[\w ./-]{0,40}[:=]\W*", said.bare[:at]))
    )


MOST_AHEAD = 3  # characters ahead of a setting that a line begins with
_STRONG = lazy(r"\b(?:always|must|never|only|required?|mandatory|has to|have to)\b")


def told_setting(said: Sentence, constraint: Constraint) -> Constraint | None:
    """A variable that is described, tried with a command, or offered as an option."""
    name = str(constraint.get("name") or constraint.get("key") or "")
    at = said.low.find(name.lower())
    code = next((each for each in said.codes if each.start <= at < each.end), None)
    if code is not None and re.match(r"[\w.-]*=\S+ \S", code.text[at - code.start :]):
        return None  # it stands in front of a command
    if _SAMPLE_VALUE.match(str(constraint.get("value") or "").lower()):
        return None  # `MODEL=/path/model.gguf` shows where a value goes
    if constraint.get("forbid") or constraint.get("require"):
        return constraint
    if _TOLD_SETTING.search(said.low) or (code is not None and not _is_set(said, code.start)):
        return None
    optional = code is not None and _AN_OPTION.match(said.low, code.end) and not _STRONG.search(said.bare)
    return None if optional else constraint


_LINE_OF_FILE = lazy(r"[\w./-]+\.[a-z]{1,10}(?::\d+)?")
_AMOUNT = lazy(r"\s?\+|\s?(?:ms|s|seconds?|minutes?|mins?|hours?|days?|px|%)\b")


def no_setting(said: Sentence, constraint: Constraint) -> Constraint | None:
    """`file.ts:12` is a place, `-Dx=y` an argument, `#[x = "y"]` code, and "a timeout of 30 s" no key of a file."""
    key, value = str(constraint.get("key") or ""), str(constraint.get("value") or "")
    named = value.isdigit() and "." in key and "_" not in key and _LINE_OF_FILE.fullmatch(key.lower())
    if named and key.rpartition(".")[2].lower() in section("endings"):
        return None
    for code in said.codes:
        if key and key in code.text and value and value in code.text:
            call = re.search(r"^[#@]\[?|\w\(", code.text) and "{" not in code.text
            if code.text.lstrip().startswith("-") or call:
                return None
    at = said.low.find(key.lower())
    marked = any(code.start <= at < code.end for code in said.codes)
    amount = re.search(rf"{re.escape(value.lower())}(.*)", said.low[at:]) if value.isdigit() else None
    if not marked and key.isalpha() and not constraint.get("file") and amount and _AMOUNT.match(amount.group(1)):
        return None
    return constraint


_PLACE_OF_LINE = lazy(r"[\w/@-]+\.[a-z]{1,10}:\d+(?:-\d+)?$")
_PORTS = lazy(r"\bports?\b|ポート|端口|포트|puerto|porta\b")


_NOT_TOUCHED = lazy(
    r"`?\W{1,4}(?:do not|don't|dont|never) (?:touch|use|kill|stop|connect to|reuse|bind(?: to)?|take)"
    r" (?:it|this|that|this one)\b"
)


def no_port(said: Sentence, constraint: Constraint) -> Constraint | None:
    """`docs/x.md:77` is a line; an address in brackets says where to look, not where all services are."""
    value = str(constraint.get("value") or "")
    for code in said.codes:
        if code.text.strip().endswith(":" + value) and _PLACE_OF_LINE.fullmatch(code.text.strip().lower()):
            return None
    after = said.low.find(value) + len(value) if value else 0
    if value and _NOT_TOUCHED.match(said.bare, after) and not constraint.get("not"):
        left = {key: data for key, data in constraint.data.items() if key != "value"}
        return Constraint(constraint.type, {**left, "not": [value]})  # somebody else's
    if constraint.get("not") or _PORTS.search(said.bare):
        return constraint
    places = [match.start() for match in re.finditer(re.escape(value), said.low)] if value else []
    inside = [code for code in said.codes if code_kind(code.text) == "command"]
    if places and all(any(code.start <= at < code.end for code in inside) for at in places):
        return None  # how to start it is no statement of where it has to be
    if constraint.get("service"):
        return constraint
    at = said.low.find(":" + value)
    opened = said.bare.rfind("(", 0, max(at, 0))
    return None if at > 0 and opened >= 0 and ")" not in said.bare[opened:at] else constraint


_MADE_OUTSIDE = lazy(  # "do not create virtual environments outside X" closes nothing to other files
    r"\b(?:create|make|install|use|add|start|run|put|define|declare|introduce)\w* (?:an?y? |the |new |own |your )*"
    r"(?!(?:files?|code|changes?|anything|folders?|director)\b)[\w-]+(?: [\w-]+){0,4}? outside\b"
)
_ONE_FILE = lazy(r"[^*]*/[^/*]+\.\w+|[^/*]+\.\w+")
_FOR_A_FOLDER = lazy(r"\b(?:add|create|write|put|make|generate)\w* ((?:[\w-]+ ){1,4})(?:for|about|to) (?:the )?`")
_ANY_FILES = frozenset("files file code anything folders folder directories directory content".split())
_GENERATED = lazy(r"\b(?:is|are) (?:auto-?)?generated\b|\bauto-?generated\b")
_TOUCH = lazy(r"\b(?:do not|don't|never|not|no|read-?only|frozen|locked|off-?limits)\b")
_EDIT_ONLY = lazy(
    r"^(?!.*\b(?:touch|delet|remov|commit|mov(?:e|ing)|renam|overwrit|replac)).*\b(?:do not|don't|never|not) (?:be )?"
    r"(?:manually |directly |hand-?|ever )?(?:edit|modif|chang|alter)"
)
_MADE_WITH = lazy(
    r"\b(?:re)?generated?(?: \w+){0,2} (?:with|via|using|by|through) (?:the )?`?([a-z][\w-]*(?: [a-z][\w-]*)?)`?"
)


def closed_files(said: Sentence, constraint: Constraint) -> Constraint | None:
    """Files that a sentence seems to close."""
    globs = constraint.list("glob")
    closed = [glob for glob in globs if not _is_no_target(said, glob)]
    if len(closed) < len(globs):
        return Constraint(constraint.type, {**constraint.data, "glob": closed}) if closed else None
    if globs == ("**",) and constraint.get("except"):
        if _MADE_OUTSIDE.search(said.bare):
            return None
        return _siblings(said, constraint)
    if len(globs) == 1 and (inner := _below(said, globs[0])):
        constraint = Constraint(constraint.type, {**constraint.data, "glob": [inner]})
    added = _FOR_A_FOLDER.search(said.low) if constraint.get("op") == "create" else None
    if added and _ANY_FILES.isdisjoint(added.group(1).split()):
        return None
    if not constraint.get("op") and _GENERATED.search(said.bare) and not _TOUCH.search(said.bare):
        return Constraint(constraint.type, {**constraint.data, "op": "edit"})  # it may be made anew
    if not constraint.get("op") and _GENERATED.search(said.bare) and _EDIT_ONLY.search(said.bare):
        constraint = Constraint(constraint.type, {**constraint.data, "op": "write"})  # it may go, and be made anew
    made = _MADE_WITH.search(said.low)
    if made and not constraint.get("use"):
        return Constraint(constraint.type, {**constraint.data, "use": made.group(1)})
    return constraint


_FOLDER_LEAD = lazy(r"[^`]*`((?:[\w.@-]+/)+)`[^`]*:\W*")


def _below(said: Sentence, glob: str) -> str:
    """A folder that a list names below "Sources (`src/`):" stands in that one; "" for any other."""
    lead = _FOLDER_LEAD.fullmatch(said.before.strip())
    named = re.match(r"`([\w.@-]+)/`", said.text)
    if lead is None or named is None or glob != named.group(1) + "/**" or glob.startswith(lead.group(1)):
        return ""
    return lead.group(1) + glob


_MEANS = lazy(r"\b(?:through|via|by|using|with) (?:the )?`?$")
_BEING = lazy(r"\b(?:is|are|be|been|being|was|were) $")


def _is_no_target(said: Sentence, glob: str) -> bool:
    """A file that something goes through ("save it through `x.js`; never write it …"), or words with a slash."""
    name = glob.removeprefix("**/").removesuffix("/**").lower()
    text = said.low if name in said.low else said.before.lower()
    at = text.find(name)
    if at < 0:
        return False
    if _MEANS.search(text, max(0, at - 24), at) and re.search(r"\b(?:it|them|this|these|those)\b", said.bare[at:]):
        return True
    return bool(re.fullmatch(r"[a-z]+/[a-z]+", name)) and bool(_BEING.search(text, max(0, at - 8), at))


def _siblings(said: Sentence, constraint: Constraint) -> Constraint:
    """ "Only edit `lang/en.json`" in a file of rules is about its neighbours, not about the whole project."""
    kept = constraint.list("except")
    if said.kind == "prompt" or len(kept) != 1 or not _ONE_FILE.fullmatch(kept[0]) or kept[0].endswith("/"):
        return constraint
    folder, _, name = kept[0].removeprefix("./").rpartition("/")
    ending = name.rpartition(".")[2]
    beside = f"{folder}/*.{ending}" if folder else f"*.{ending}"
    return Constraint(constraint.type, {**constraint.data, "glob": [beside]})


def no_name(said: Sentence, constraint: Constraint) -> Constraint | None:
    """A path is no pattern of names."""
    return None if any("/" in each for each in constraint.list("pattern")) else constraint


_OTHER_TARGET = lazy(r"\b(?:for an?|alternate|alternative|older|legacy|deprecated|old|upgraded? from|migrated? from) $")


def no_version(said: Sentence, constraint: Constraint) -> Constraint | None:
    """ "An alternate manifest for a PHP 8.3 target" says nothing about the project's own version."""
    of = str(constraint.get("of") or "").lower()
    at = said.low.find(of)
    return None if at > 0 and _OTHER_TARGET.search(said.low, max(0, at - 24), at) else constraint


_LANGUAGE_LEAD = lazy(r"\W*(?:for |in )?([a-z+#][a-z+#/,& ]{0,40}?)(?: (?:files?|code|sources?))?[*_`\s]{0,3}[:—]\s")
_LANGUAGE_TITLE = lazy(
    r"\W*([a-z+#][a-z+#/,& ]{0,30}?)(?: (?:code|coding|specific|style|guide(?:lines?)?|conventions?|standards?"
    r"|rules?|files?|formatting|naming|and|backend|frontend|development))*(?![+#])\W*"
)
_ANOTHER = lazy(r"[;.,]\s(?:for |in )?([a-z+#]+)(?: files?| code)?:\s")


def of_language(said: Sentence, constraint: Constraint) -> Constraint | None:
    """ "C/C++: four spaces", or the same below a heading "C/C++", holds in files of that language."""
    if constraint.get("scope") or constraint.get("except"):
        return constraint
    spoken: dict[str, list[str]] = table("rules_files")["languages"]
    lead = _LANGUAGE_LEAD.match(said.low)
    title = _LANGUAGE_TITLE.fullmatch(re.split(r"\s[>›»|]\s", said.heading)[-1])
    others = any(match.group(1) in spoken for match in _ANOTHER.finditer(said.low))
    for found in (lead if not others else None, title):
        names = re.split(r"\s?[/,&]\s?|\sand\s", found.group(1)) if found else []
        if names and all(name in spoken for name in names):
            endings = dict.fromkeys(ending for name in names for ending in spoken[name])
            return Constraint(constraint.type, {**constraint.data, "scope": [f"**/*.{ending}" for ending in endings]})
    return constraint
