"""Who may use what: layers, packages and modules that a sentence keeps apart.

"`packages/ui/` must not import `@x/core`", "never call `fetch` directly from components", "React is imported only in
`shell/`" become forbid_code: `imports` names the modules, folders or layers, `pattern` the names of code, `scope` or
`except` the places. A layer is known by the names of its folders and files; one that no path can tell yields nothing.
"""

import re
from itertools import islice
from typing import Any, NamedTuple

from tractguard.instructions.constraints.mentions import Path, is_path, scope_glob
from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import programs, section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_STOP = (
    r"(?!(?:no|or|and|nor|from|in|inside|within|under|outside|only|directly|for|to|must|should|may|can|never|not|is|are|do"
    r"|does|with|on|at|by|as|when|if|unless|because|instead|through|via)\b)"
)
_WORDS = rf"{_STOP}[a-z@][\w@.:~*-]*(?:/[\w@.*-]+)*(?: {_STOP}[a-z][\w.-]*){{0,2}}"
_ARTICLES = r"(?:the|any|an?|our|your|another|other|its|raw|all|every)"
_ITEM = rf"(?:{_ARTICLES} )?(?:`\u2588+`(?: {_STOP}[a-z][\w-]*)?|{_WORDS})"
_LIST = rf"{_ITEM}(?:(?:,? (?:or|and|nor) (?:from )?|, ?| / |(?<=`)/(?=`)){_ITEM}){{0,6}}"
_NOT = r"(?:never|not|n't|nor)(?: ever)?"
_USES = (
    r"(?:imports?|importing|depends?|calls?|uses?|using|access(?:es)?|references?|touch(?:es)?|reach(?:es)?|query|queries"
    r"|invokes?|instantiates?|knows?|hits?|talks?|consumes?|defines?|contains?|includes?)"
)
_VERB = (
    rf"(?:(?:directly|manually|ever) )?(?P<verb>{_USES})(?: directly)?(?: (?:from|on|into|to|about))?"
    r"(?: anything (?:from|in|under|inside))?"
)
_MODAL = r"(?:must|should|may|can|do|does|shall|will|is|are|ca|wo)"
_DONE = r"(?:imported|used|called|accessed|allowed)"
_APART = lazy(
    rf"(?P<who>{_LIST}) (?:{_MODAL} ?)?{_NOT} (?:be allowed to |allowed to )?{_VERB} (?P<what>{_LIST})",
    needs="never|not|n't|nor",
)
_FROM = lazy(
    rf"(?:\b|(?<=do)|(?<=must)){_NOT} (?:{_VERB} )?(?P<what>{_LIST})(?: (?:sdks?|apis?|imports?|calls?))?(?: directly)?"
    rf",? (?P<prep>from|in|inside|within|outside(?: of)?|except in|anywhere (?:else )?but) (?P<where>{_LIST})",
    needs="from|in|outside|within|except|but",
)
_ONLY = lazy(
    rf"(?:^|[.;,] |\b(?:use|import|call|access) )(?P<what>{_LIST})(?: (?:{_MODAL} be|{_MODAL}))?(?: {_DONE})?"
    rf" only (?:be )?(?:{_DONE} )?(?P<prep>in|from|inside|within|under|by)"
    rf" (?:[a-z][a-z -]{{0,40}} (?:such as|like|under) )?(?P<where>{_LIST})",
    needs="only",
)
_UNUSED = lazy(
    rf"(?:^|[,;.(—–:*-] ?)no (?:direct |raw )?(?P<what>{_LIST}?) (?:usage|use|calls?|access|requests?|queries)"
    rf" (?P<prep>in|from|inside|within|outside(?: of)?) (?P<where>{_LIST})",
    needs="usage|use|call|access|request|quer",
)
_NONE = lazy(
    rf"(?:^|[,;.(—–:*-] ?)no (?P<what>{_LIST}) imports?\b"
    rf"(?:,? (?:in|from|inside|within|outside(?: of)?) (?P<where>{_LIST}))?",
    needs="import",
)
_HERE = lazy(rf"(?P<who>{_WORDS}) (?:must|should|may|can)? ?{_NOT} {_VERB} here\b", needs="here")
_LEFT = lazy(
    rf"^\W*never (?P<verb>imports|depends|calls|uses|accesses|references|touches) (?:from |on )?(?P<what>{_LIST})"
)
_SPLIT = lazy(r",? (?:or|and|nor) (?:from )?|, ?| ?/ ?(?!\w*/)")
_ARTICLE = lazy(rf"^{_ARTICLES} ", re.I)
_KINDS = lazy(
    r"\s(?:layers?|code|files?|modules?|packages?|folders?|director(?:y|ies)|side|tree|imports?|sdks?|apis?"
    r"|librar(?:y|ies)|clients?|internals|systems?|subsystems?|ts|typescript|js|javascript|python|java|kotlin)$",
    re.I,
)
_OWN_KIND = lazy(r"\s(?:layers?|systems?|subsystems?|packages?|modules?)$", re.I)
_NAME = lazy(r"@?[A-Za-z_$][\w$]*(?:(?:\.|::)[A-Za-z_$*][\w$]*)*(?:::)?(?:\(\)?)?")
_NAMED = lazy(r"`([^`\n]{2,80})`")
_PLACE = lazy(
    rf"\b(?P<prep>in|inside|within|outside(?: of)?|except in) (?P<where>(?:{_ARTICLES} )?(?:`\u2588+`|[a-z][\w-]*"
    r"(?: [a-z][\w-]*)?))(?=[\s.,;:)]|$)"
)
# Words by which a sentence goes on about what the one before it was about.
_SAME = lazy(r"\b(?:they|them|there|these|those|each of them|in it|it (?:must|should|may|has))\b")
_EVERY = lazy(r"^\W*(every|each|all) ((?:[a-z-]+ ){1,3})")
_IMPORTING = ("import", "depend")
_APPLICATION = ("application code", "app code", "consumers", "user code", "apps")
_MARKUP = "**/*.{tsx,jsx,vue,svelte,astro}"  # what is written so is a component
_PLAIN = frozenset(("react", "vue", "svelte", "ui", "page", "api", "angular", "view", "app", "domain", "frontend"))
_REACHING = ("import", "depend", "call", "access", "touch", "reference", "reach", "quer", "know", "talk", "hit")
_PRONOUNS = (["it"], ["they"], ["this"], ["these"])
_CUE = lazy(r"\b(?:never|not|nor|no|only|here)\b|n't\b", needs="never|not|nor|no|only|here|n't")
MOST_CUES = 6  # of one sentence that are looked at, each with so many characters ahead of it and behind it
AHEAD, BEHIND = 120, 200
_CLIENTS = ("fetch", "axios")  # what sends a request, also without marks
_FORMS = {"none": _NONE, "unused": _UNUSED, "from": _FROM, "apart": _APART, "only": _ONLY, "here": _HERE, "left": _LEFT}


class Term(NamedTuple):
    """One thing or place named: as written, and whether in code marks."""

    text: str
    marked: bool


def layers_of(said: Sentence) -> list[Constraint]:
    """forbid_code for what a sentence keeps out of some place, or in one place alone; [] where it names no such."""
    for kind, pattern in _FORMS.items():
        done = 0
        for cue in islice(_CUE.finditer(said.bare), MOST_CUES):
            low, high = max(done, cue.start() - AHEAD), min(len(said.bare), cue.end() + BEHIND)
            for match in pattern.finditer(said.bare, low, high):
                data = _read(said, match, kind)
                if data:
                    return [Constraint("forbid_code", data)]
            done = cue.start()
    return []


def _read(said: Sentence, match: "re.Match[str]", kind: str) -> dict[str, Any]:
    groups = match.groupdict()
    at = match.start("what") if "what" in groups else match.end() - 1
    sign = said.sign(at)
    if sign in "rc" or (kind != "only" and sign != "-") or (kind == "only" and sign == "-"):
        return {}
    what = _terms(said, match, "what") if "what" in groups else _here(said)
    verb = str(groups.get("verb") or ("import" if kind in ("none", "only", "here") else "use"))
    imports, names = _objects(what, verb.startswith(_IMPORTING), verb.startswith(_REACHING))
    if kind == "only" and "imported only" in match.group():
        imports += [term.text for term in what if re.fullmatch(r"[a-z][\w.-]*", term.text) and term.text not in imports]
    if not imports and not names:
        return {}
    if not imports and all(name in programs() for name in names):
        return {}  # "never use `npm` in this repo" is about a command
    lead = "import from " if verb.startswith(_IMPORTING) else ""
    data: dict[str, Any] = {"what": lead + ", ".join(term.text for term in what), "pattern": names, "imports": imports}
    where = "who" if groups.get("who") else "where"
    named = _terms(said, match, where)
    if kind == "left" or (where == "who" and [term.text.lower() for term in named] in _PRONOUNS):
        named = [Term(text, True) for text in _NAMED.findall(said.before)[:1]]
    places = [glob for term in named for glob in globs_of(term)]
    if not places and str(groups.get("who")) in _APPLICATION:
        places = ["application code"]
    if not places and kind != "none":
        return {}
    alone = kind == "only" or str(groups.get("prep") or "").startswith(("outside", "except", "anywhere"))
    return {**data, ("except" if alone else "scope"): list(dict.fromkeys(places))} if places else data


def _terms(said: Sentence, match: "re.Match[str]", group: str) -> list[Term]:
    start, end = match.span(group) if group in match.groupdict() else (-1, -1)
    if start < 0:
        return []
    found, at = [], start
    for piece in [*_SPLIT.finditer(said.bare, start, end), None]:
        stop = piece.start() if piece else end
        code = next((code for code in said.codes if at <= code.start < stop), None)
        if code:
            found.append(Term(code.text.strip(), True))
        else:
            found += [Term(text, False) for text in _spoken(said.text[at:stop].strip(" .:,"))]
        at = piece.end() if piece else end
    return found


def _spoken(text: str) -> list[str]:
    """Words without their article; "Gemini/OpenAI SDKs" are two."""
    text = _ARTICLE.sub("", text)
    joined = re.fullmatch(r"([A-Za-z]\w+(?:/[A-Za-z]\w+)+)( \w+)?", text)
    known = (*section("layers"), *_CLIENTS)
    if joined and all(one[0].isupper() or one in known for one in joined.group(1).split("/")):
        return [one + (joined.group(2) or "") for one in joined.group(1).split("/")]
    return [text] if text else []


def _here(said: Sentence) -> list[Term]:
    """What "here" is: the module that the sentence before, or the heading, names in code marks."""
    named = _NAMED.findall(said.before) or _NAMED.findall(said.heading)
    return [Term(named[0], True)] if named and re.match(r"@?[\w-]+(?:/[\w.-]+)+$", named[0]) else []


def _objects(terms: list[Term], importing: bool, reaching: bool) -> tuple[list[str], list[str]]:
    """(modules or layers, names of code) of what is excluded; a term that is neither makes nothing of itself."""
    imports: list[str] = []
    names: list[str] = [t.text.lower() for t in terms if not t.marked and t.text.lower() in _CLIENTS]
    for term in terms:
        text = _KINDS.sub("", term.text)
        if term.marked:
            text = re.sub(r"^import\s+", "", term.text)
            module = bool(re.fullmatch(r"@?[\w~.*-]+(?:[/:][\w.*@-]*)*", text))
            if _NAME.fullmatch(text) and not is_path(text) and (not importing or text != text.lower()):
                names.append(text[:-1] if text.endswith("()") else text)
            if module and (importing or "/" in text or (reaching and text == text.lower() and text.isidentifier())):
                imports.append(text)
        elif re.fullmatch(r"[A-Z]\w*[a-z][A-Z]\w*", text) and not importing:
            names.append(text)
        elif " " not in text and _is_module(text, term.text, importing, reaching):
            imports.append(text)
    return [one for one in dict.fromkeys(imports) if one], list(dict.fromkeys(names))


def _is_module(text: str, said: str, importing: bool, reaching: bool) -> bool:
    """Whether a word without marks names a module or a layer: a proper name, "SDKs", "the map system"."""
    if re.match(r"[A-Z][a-z]", text) or (text[:1].isupper() and (importing or text != said)):
        return True
    return (importing and bool(_OWN_KIND.search(said))) or (reaching and text.lower() in section("layers"))


def globs_of(term: Term) -> list[str]:
    """A place as globs: a path, or a layer by the usual names of its folders and files; [] where nothing tells it."""
    if term.marked:
        text = term.text.removesuffix("/*").removesuffix("/**")
        if is_path(text) or re.fullmatch(r"[a-z][\w-]*(?:/[\w-]+)*/?", text):
            glob = scope_glob(Path(text, 0, True, "." not in text.rsplit("/", 1)[-1]))
            return [f"**/{glob}**" if glob.endswith("/") and "*" not in glob else glob]
        return _of_layer(text) if re.fullmatch(r"[A-Z]\w*", text) else []
    low = term.text.lower().strip()
    if is_path(low) and "/" in low:
        return [f"**/{low.strip('/')}/**" if "." not in low.rsplit("/", 1)[-1] else low]
    name = _KINDS.sub("", low)
    kind, _, last = name.rpartition(" ")
    if any(form in section("layers") for form in numbers(last)):
        return [low] if kind and kind not in _PLAIN else _of_layer(last)  # "class components" no path can tell
    return _of_layer(name) if _OWN_KIND.search(low) and " " not in name else []


def _of_layer(name: str) -> list[str]:
    """The folders and files of a layer: `repositories/`, `user.repository.ts`, `UserRepository.kt`."""
    name = name.lower()
    known: list[str] = section("layers").get(name, [])
    forms = list(dict.fromkeys([*known, *numbers(name)]))
    titles = [form.upper() if len(form) < 4 else form.title().replace("-", "") for form in forms]
    either = "{" + ",".join(forms) + "}"
    markup = [_MARKUP] if "component" in forms else []
    return [
        *markup,
        f"**/{either}/**",
        f"**/*.{either}.*",
        f"**/*_{either}.*",
        f"**/*-{either}.*",
        f"**/{either}.*",
        "**/{" + ",".join(titles) + "}/**",
        "**/*{" + ",".join(titles) + "}.*",
    ]


def place_of(said: Sentence) -> dict[str, Any]:
    """`scope` or `except` where a construct is spoken of in a layer ("in components", "every script …"), else {}."""
    for match in islice(_PLACE.finditer(said.bare), MOST_CUES):
        if said.codes and any(code.start <= match.end("where") <= code.end + 1 for code in said.codes):
            continue  # a path in code marks is read by `conditions`
        globs = [glob for term in _terms(said, match, "where") for glob in globs_of(term)]
        if globs and said.sign(match.start()) not in "rc":
            return {("scope" if match.group("prep") in ("in", "inside", "within") else "except"): globs}
    every = _EVERY.match(said.low) or (_SAME.search(said.low) and _EVERY.match(said.before.lower()))
    for word in every.group(2).split() if every else ():
        if word.endswith("s") is (every.group(1) == "all" if every else False) and (
            globs := globs_of(Term(word, False))
        ):
            return {"scope": globs}
    return {}


def numbers(word: str) -> list[str]:
    """A word in the singular and the plural."""
    if word.endswith("ies"):
        return [word, word[:-3] + "y"]
    if word.endswith("s"):
        return [word, word[:-1]]
    return [word, word[:-1] + "ies" if word.endswith("y") else word + "s"]
