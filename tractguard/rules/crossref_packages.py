"""Dependencies: which packages may be added, which library or framework was chosen. TG355, TG356.

It compares packages that are installed or put into a manifest, and modules that are imported. It refuses to judge
versions (`crossref_versions`) and packages that are removed.
"""

import re
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Constraint, Fact, Fix, Instruction
from tractguard.rules.crossref import ASK, Call, Hit, bash, edit, rule
from tractguard.rules.scope import place
from tractguard.rules.words import phrase_table, phrases_in, table

_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc")
_SYSTEM = frozenset(("apt", "apt-get", "brew", "dnf", "yum", "apk", "pacman", "choco", "winget", "snap", "nix"))
_ADDS = ("install", "", None)


def plain(name: str) -> str:
    """A package or module name made comparable: lower case, no version, no extras, dashes."""
    name = name.strip().lower().removeprefix("package:").removeprefix("node:")
    head, at, _ = name[1:].partition("@")
    name = name[:1] + head if at else name
    return re.split(r"[\[=<>~!; ]", name, maxsplit=1)[0].replace("_", "-")


def added(call: Call) -> Iterator[tuple[str, Fact]]:
    """(plain name, fact) for each package that the call adds or module that it newly imports."""
    for fact in call.of("package"):
        if fact.name and fact.data.get("action") in _ADDS and not fact.data.get("dry_run") and UNKNOWN not in fact.name:
            yield plain(fact.name), fact
    for fact in call.of("import"):
        if fact.name and not fact.name.startswith("node:") and not place(call, fact).lower().endswith(_PROSE):
            yield plain(fact.name), fact


def is_of(name: str, wanted: str) -> bool:
    """Whether a package or module is the wanted one or a part of it (`http/http.dart`, `lodash.get`, `@jest/x`)."""
    if not wanted:
        return False
    heads = (wanted + "/", wanted + ".", wanted + "::", f"@{wanted}/")
    return name in (wanted, wanted.replace("-", "")) or name.startswith(heads)


def dependency(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A package that was excluded, or one that does what another was chosen for."""
    use = [plain(one) for one in constraint.list("use")]
    banned = {plain(one): 0.95 for one in constraint.list("forbid")}
    implied = bool(constraint.get("implied"))
    for one in constraint.list("instead_of"):
        if not implied or _of_one_ecosystem(plain(one), use):
            banned.setdefault(plain(one), 0.8 if implied else 0.95)
    for product in products(" ".join(constraint.list("forbid"))):
        banned.setdefault(product, 0.85)
    for one in constraint.list("forbid"):
        if products(one) and " " not in one:
            banned[plain(one)] = 0.85  # the general word itself, also as a part of a name: `@vercel/analytics`
    rivals = _rivals(use) if not constraint.list("forbid") else ()
    yield from _modules(call, constraint)
    for name, fact in added(call):
        if any(is_of(name, one) for one in use):
            continue
        wrong = next((one for one in banned if is_of(name, one) or _part(name, one, banned[one])), "")
        sure = banned.get(wrong, 0.0)
        if not wrong:
            own = set(use) & set(re.split(r"[-/_]", name))  # `react-redux` is of `redux`
            wrong = "" if own else next((one for one in rivals if is_of(name, one)), "")
            sure = 0.85 if wrong else 0.0
        if wrong:
            yield Hit(
                fact,
                f"this call adds {fact.name}",
                actual=fact.name,
                expected=constraint.list("use")[0] if use else "",
                conflict_type="tool_choice",
                confidence=sure,
                fixes=_fixed(fact, constraint.list("use")),
                way_out=f"Use {constraint.list('use')[0]}." if use else f"Do without {fact.name}.",
                subject=f"package:{wrong}",
            )


def _modules(call: Call, constraint: Constraint) -> Iterator[Hit]:
    """A part of the same build that was excluded (`:internal`, `:feature:*`), depended on in a Gradle file."""
    banned = [one.strip("`") for one in constraint.list("forbid") if one.strip("`").startswith(":")]
    for fact in call.of("call") if banned else ():
        where = call.rel(str(fact.data.get("path") or ""))
        if not where.endswith((".gradle", ".gradle.kts")):
            continue
        for path in _gradle_paths(fact):
            parent = path.rpartition(":")[0].strip(":").replace(":", "/")
            beside = bool(parent) and where.rpartition("/")[0].rpartition("/")[0] == parent
            wrong = next((one for one in banned if _part_of_path(one, path)), "")
            if wrong and not beside:  # the parts of one module may know each other
                yield Hit(
                    fact,
                    f"this call depends on {path}",
                    actual=path,
                    expected=f"no {wrong}",
                    conflict_type="semantic",
                    confidence=0.9,
                    way_out=f"Do without {path}.",
                    subject=f"module:{wrong}",
                )


def _gradle_paths(fact: Fact) -> list[str]:
    """The project paths in one call: `project(":a:b")`, `projects.a.b`."""
    found = re.findall(r"^\s*[\"'](:[\w:-]{1,200})[\"']", fact.value[:400]) if fact.name == "project" else []
    if fact.name != "project" and "projects." in fact.value[:400]:
        for accessor in re.findall(r"\bprojects\.([\w.]{1,200})", fact.value[:400]):
            found.append(":" + re.sub(r"(?<=[a-z0-9])([A-Z])", r"-\1", accessor).lower().replace(".", ":"))
    return found


def _part_of_path(said: str, path: str) -> bool:
    """Whether the parts of a project path hold those that were said, one after the other; the last may hold a star."""
    wanted, have = said.strip(":").split(":"), path.strip(":").split(":")
    starts = range(len(have) - len(wanted) + 1)
    return any(all(_star(one, have[at + i]) for i, one in enumerate(wanted)) for at in starts)


def _star(said: str, part: str) -> bool:
    return said == part or (said.endswith("*") and part.startswith(said[:-1]))


def _of_one_ecosystem(name: str, use: list[str]) -> bool:
    """Whether a rival that nobody named is of the chosen package's language (Dio and httpx are not)."""
    groups = [group for group in table("packages")["groups"] if any(one in group for one in use)]
    return not groups or any(name in group for group in groups)


def _part(name: str, wanted: str, sure: float) -> bool:
    """A product is known by its word anywhere in a package's name (`@hubspot/api-client`)."""
    return sure == 0.85 and wanted in re.split(r"[@/.:-]", name)


def products(text: str) -> list[str]:
    """The product names behind a general word ("CRM"), as the table has them."""
    kinds = phrases_in(text, phrase_table("packages", "kind_words"))
    return [name for kind in kinds for name in table("packages")["kinds"][kind]]


def _rivals(use: list[str]) -> tuple[str, ...]:
    """The other packages of the same group, where a choice named only one."""
    return tuple(
        name
        for group in table("packages")["groups"]
        if any(one in group for one in use)
        for name in group
        if name not in use
    )


def _fixed(fact: Fact, use: tuple[str, ...]) -> tuple[Fix, ...]:
    """The right name in the place of the wrong one, where nothing else is said with it."""
    if fact.kind != "package" or len(use) != 1 or fact.span is None or not fact.field or fact.value:
        return ()
    name = use[0]
    if " " in name or fact.span[1] - fact.span[0] != len(fact.name):
        return ()
    return (Fix(fact.field, fact.span[0], fact.span[1], name if name != name.title() else name.lower()),)


def no_new_dependency(call: Call, constraint: Constraint, instruction: Instruction) -> Iterator[Hit]:
    """A dependency that was not there before."""
    old = call.event.input.get("old_string")
    seen = old if isinstance(old, str) else ""
    kind = " ".join((*constraint.list("kind"), *constraint.list("words"))).lower() or instruction.text.lower()
    ecosystems = {
        manager
        for word, managers in table("packages")["ecosystems"].items()
        if re.search(rf"\b{word}\b", kind)
        for manager in managers
    }
    for fact in call.of("package"):
        if not fact.name or fact.data.get("action") not in _ADDS or fact.data.get("dry_run") or fact.name in seen:
            continue
        if fact.data.get("global") or fact.name.startswith((".", "/")) or fact.name in table("tools")["managers"]:
            continue  # a tool of the machine or a part of this very project is no dependency
        if ("runtime" in kind or "production" in kind) and fact.data.get("dev"):
            continue
        if any(is_of(plain(fact.name), plain(one)) for one in constraint.list("use")):
            continue  # "it depends on that one and nothing else"
        manager = str(fact.data.get("manager") or "")
        if manager in _SYSTEM or (ecosystems and manager and manager not in ecosystems):
            continue
        yield Hit(
            fact,
            f"this call adds {fact.name}",
            actual=fact.name,
            expected="no new dependency",
            conflict_type="semantic",
            manner=ASK if constraint.get("unless") else "does",
            confidence=0.85,
            way_out="Do it with what is there, or ask the person.",
            subject="action:install_package",
        )


def accepts_named(constraint: Constraint, hit: Hit) -> bool:
    """Whether a person named the very package that was added."""
    return not constraint.get("implied") and accepts_package(constraint, hit)


def accepts_package(constraint: Constraint, hit: Hit) -> bool:
    """Whether another choice wants the very package that was added."""
    return any(is_of(plain(hit.actual), plain(one)) for one in constraint.list("use"))


_DIO = "Use **Dio** for HTTP requests"
_NONE = "Do not add new dependencies."

RULES = (
    rule(
        "TG355",
        "package of choice",
        ("dependency", "framework"),
        dependency,
        bad=(bash(_DIO, "flutter pub add http"), bash("Never use lodash.", "npm install lodash")),
        good=(
            bash(_DIO, "flutter pub add dio"),
            bash("Never use lodash.", "npm uninstall lodash"),
            edit("Never use lodash.", "/repo/README.md", "We do not use lodash.\n"),
        ),
        accepts=accepts_package,
    ),
    rule(
        "TG356",
        "no new dependency",
        ("no_new_dependency",),
        no_new_dependency,
        bad=(bash(_NONE, "npm install left-pad"),),
        good=(bash(_NONE, "npm ci"), bash(_NONE, "npm uninstall left-pad")),
        accepts=accepts_named,
        heeds=("dependency", "framework", "tool_choice"),
    ),
)
