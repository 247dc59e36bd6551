"""Imports that a text adds, as each language writes them.

It knows the import lines of Python, JavaScript and TypeScript (also in Vue and Svelte), Go, Rust, Java and its kin, C#,
Ruby, PHP, Dart, Swift, C, Elixir, Lua and Perl. It refuses to resolve them: the module stays as it is written.
"""

import re
from collections.abc import Iterator
from functools import cache

from tractguard.facts.code_source import Source
from tractguard.model import Fact
from tractguard.tables import later

_M = re.MULTILINE
_JS = (
    # import a, { b } from "x"; export * from "x"; the braces may span lines
    r"(?<![\w.$])(?:import|export)\b(?!\s*\()(?P<names>[\w\s{},*$]{0,400}?)\bfrom\s{0,8}[\"'](?P<module>[^\"'\n]{1,300})",
    r"(?<![\w.$])import\s{1,8}[\"'](?P<module>[^\"'\n]{1,300})",
    r"(?<![\w.$])(?P<names>)(?:import|require|require\.resolve)\s{0,4}\(\s{0,40}[\"'`](?P<module>[^\"'`\n]{1,300})",
    r"(?<![\w.$])import\s+[\w$]+\s*=\s*require\(\s*[\"'](?P<module>[^\"'\n]{1,300})",
)
_JVM = (r"^[ \t]*import[ \t]+(?:static[ \t]+)?(?P<module>\w+(?:\.\w+)*+(?:\.\*)?)",)
_PATTERNS: dict[str, tuple[str, ...]] = {
    "python": (
        r"(?:^|(?<=[;:]))[ \t]*from[ \t]+(?P<module>[.\w]+)[ \t]+import[ \t]+"
        r"(?:\((?P<block>[^()]{0,4000})|(?P<names>[^\n#;]+))",
        r"(?:^|(?<=[;:]))[ \t]*import[ \t]+(?P<list>(?:[\w., \t]|\\\n)+)",
        r"(?<![\w.])(?:importlib\.import_module|__import__)\([\"'](?P<module>[\w.]+)",
    ),
    "javascript": _JS,
    "typescript": _JS,
    "vue": _JS,
    "svelte": _JS,
    "html": (r"<script\b[^>]{0,300}?\bsrc=[\"'](?P<module>[^\"'\n]{1,300})",),
    "go": (
        r"^[ \t]*import[ \t]+(?:[\w.]+[ \t]+)?[\"`](?P<module>[^\"`\n]{1,300})",
        r"^[ \t]*import[ \t]*\((?P<group>[^()]{0,8000})",
        # a line of an import block, seen alone
        r"^[ \t]+(?:[\w.]+[ \t]+)?\"(?P<module>[\w.-]+(?:/[\w.-]+)+)\"[ \t]*$",
    ),
    "rust": (
        r"(?:^|(?<=[{;]))[ \t]*(?:pub(?:\([\w ]+\))?[ \t]+)?use[ \t]+\{(?P<list>[^{};]{0,2000})\}",
        r"(?:^|(?<=[{;]))[ \t]*(?:pub(?:\([\w ]+\))?[ \t]+)?use[ \t]+"
        r"(?P<module>[\w:]+(?:::\*)?)(?:\{(?P<names>[^;]{0,2000}))?",
        r"^[ \t]*extern[ \t]+crate[ \t]+(?P<module>\w+)",
    ),
    "java": _JVM,
    "kotlin": _JVM,
    "scala": _JVM,
    "groovy": _JVM,
    "csharp": (r"^[ \t]*(?:global[ \t]+)?using[ \t]+(?:static[ \t]+)?(?:\w+[ \t]*=[ \t]*)?(?P<module>[\w.]+)[ \t]*;",),
    "ruby": (
        r"(?:^|(?<=;))[ \t]*(?:require(?:_relative)?|load|autoload[ \t]+:\w+,)[ \t(]*[\"'](?P<module>[^\"'\n]{1,300})",
    ),
    "php": (
        r"^[ \t]*use[ \t]+(?:function[ \t]+|const[ \t]+)?(?P<module>\\?[A-Za-z_][\w\\]*)",
        r"(?<!\w)(?:require|include)(?:_once)?[ \t(]{0,8}[^\n;\"']{0,60}[\"'](?P<module>[^\"'\n]{1,300})",
    ),
    "dart": (r"^[ \t]*(?:import|export|part)[ \t]+[\"'](?P<module>[^\"'\n]{1,300})",),
    "swift": (r"^[ \t]*(?:@testable[ \t]+)?import[ \t]+(?:struct |class |enum |func )?(?P<module>[\w.]+)",),
    "c": (r"^[ \t]*#[ \t]*(?:include|import)[ \t]*[<\"](?P<module>[^>\"\n]{1,300})",),
    "elixir": (r"^[ \t]*(?:import|alias|use|require)[ \t]+(?P<module>[A-Z][\w.]*)",),
    "lua": (r"(?<![\w.])require[ \t(]{0,4}[\"'](?P<module>[^\"'\n]{1,300})",),
    "perl": (r"^[ \t]*(?:use|require)[ \t]+(?P<module>[A-Z][\w:]*)",),
    "haskell": (r"^[ \t]*import[ \t]+(?:qualified[ \t]+)?(?P<module>[A-Z][\w.]*)",),
    "scss": (r"@(?:import|use|forward)[ \t]+[\"'](?P<module>[^\"'\n]{1,300})",),
    "css": (r"@import[ \t]+(?:url\()?[\"'](?P<module>[^\"'\n]{1,300})",),
    "proto": (r"^[ \t]*import[ \t]+(?:public |weak )?\"(?P<module>[^\"\n]{1,300})",),
    "r": (r"(?<![\w.])(?:library|require)\([\"']?(?P<module>[\w.]+)",),
}
# What every import of a language says: without it no pattern has to be compiled.
_CUES = {
    "python": ("import",), "javascript": ("import", "export", "require"), "go": ("import", '"'),
    "rust": ("use", "extern"), "java": ("import",), "kotlin": ("import",), "csharp": ("using",),
    "c": ("include", "import"),
    "ruby": ("require", "load"), "swift": ("import",), "dart": ("import", "export", "part"),
}  # fmt: skip
_CUES["typescript"] = _CUES["vue"] = _CUES["svelte"] = _CUES["javascript"]
_CUES["cpp"] = _CUES["objc"] = _CUES["c"]
_PATTERNS["cpp"] = _PATTERNS["objc"] = _PATTERNS["c"]
_QUOTED = later(r"[\"`]([^\"`\n]{1,300})[\"`]")
_NAME = later(r"[A-Za-z_$*][\w$]*")


@cache
def _compiled(language: str) -> tuple["re.Pattern[str]", ...]:
    return tuple(re.compile(pattern, _M) for pattern in _PATTERNS.get(language, ()))


def imports(origin: Source, commentless: str, code: str) -> Iterator[Fact]:
    """`import` facts of the added lines. `commentless` is the text without comments, `code` also without strings."""
    if not any(cue in commentless[origin.first : origin.last] for cue in _CUES.get(origin.language, ("",))):
        return
    seen: set[int] = set()
    for pattern in _compiled(origin.language):
        for found in pattern.finditer(commentless, origin.first, origin.last):
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            if code[start : start + 1].isspace():
                continue  # the line stands in a string
            for fact in _facts(origin, found):
                if fact.span is None or fact.span[0] not in seen:
                    yield fact
                if fact.span is not None:
                    seen.add(fact.span[0])


def _facts(origin: Source, found: "re.Match[str]") -> Iterator[Fact]:
    groups = found.groupdict()
    if groups.get("list"):
        at = found.start("list")
        for item in groups["list"].split(","):
            module = item.split(" as ")[0].strip(" \t\n\\")
            if module:
                yield from _fact(origin, module, (), at + item.find(module))
            at += len(item) + 1
        return
    if groups.get("group"):
        for quoted in _QUOTED().finditer(groups["group"]):
            yield from _fact(origin, quoted[1], (), found.start("group") + quoted.start(1))
        return
    if groups.get("module"):
        names = groups.get("names") or groups.get("block") or ""
        yield from _fact(origin, groups["module"], _listed(names), found.start("module"))


def _fact(origin: Source, module: str, names: tuple[str, ...], start: int) -> Iterator[Fact]:
    if origin.is_new(start):
        data = {"lang": origin.language, "path": origin.path, "names": names}
        yield Fact("import", module, "", data, origin.field, origin.span(start, start + len(module)))


def _listed(names: str) -> tuple[str, ...]:
    """The names that are brought in: `a, { b as c }` gives a, b."""
    found: list[str] = []
    for item in re.split(r"[,{}()\n]", names[:4000]):
        name = _NAME().search(item.strip().removeprefix("type "))
        if name and name[0] not in ("as", "from", "type"):
            found.append(name[0])
    return tuple(found)
