"""When two instructions speak of the same thing: the newer then replaces the older.

Only facts and choices of which there can be one at a time have a subject (a service's port, a package manager, a
version). Prohibitions add up: "never touch a/" does not end "never touch b/".
"""

from collections.abc import Iterable

from tractguard.model import Constraint

# The fields that together name the subject of a type.
SUBJECT_FIELDS = {
    "port": ("service",),
    "host": ("service",),
    "url": ("service",),
    "db": ("service", "for"),
    "version": ("of",),
    "env_var": ("name", "file"),
    "config": ("key", "file"),
    "language": ("for",),
    "framework": ("for",),
    "naming": ("what",),
}
WHERE = ("scope", "except", "when", "unless", "lang")


def same_subject(old: Iterable[Constraint], new: Iterable[Constraint]) -> bool:
    """Whether every subject of `old` is spoken of again, and differently, in `new`. Without a subject: never."""
    fresh = tuple(new)
    pairs = [any(_replaces(constraint, each) for each in fresh) for constraint in old]
    return bool(pairs) and all(pairs)


def ends(old_text: str, old: tuple[Constraint, ...], new: tuple[Constraint, ...], corrects: str = "") -> bool:
    """Whether `new` ends an older instruction: it speaks of the same subject, or it is the correction of that very
    sentence (`corrects`) and says the same sort of thing.
    """
    if same_subject(old, new):
        return True
    one, other = _plain(corrects), _plain(old_text)
    types = {constraint.type for constraint in new}
    return bool(one and other and old) and (one in other or other in one) and {each.type for each in old} <= types


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" .!?")


def says_the_same(old_text: str, old: tuple[Constraint, ...], new_text: str, new: tuple[Constraint, ...]) -> bool:
    """Whether it is the same instruction said again: the same words, or the same checkable content."""
    if " ".join(old_text.casefold().split()) == " ".join(new_text.casefold().split()):
        return True
    return bool(old) and sorted(map(_content, old)) == sorted(map(_content, new))


def subjects_of(constraint: Constraint) -> tuple[str, ...]:
    """Keys that two constraints share wherever one may deny the other: what they speak of, without what they say."""
    if constraint.type == "tool_choice":
        tools = (*constraint.list("use"), *constraint.list("instead_of"))
        return tuple(f"tool {_text(each)}" for each in tools)
    fields = SUBJECT_FIELDS.get(constraint.type)
    if fields is not None:
        name = " ".join(_text(constraint.get(field)) for field in fields)
        return (f"{constraint.type} {name}",) if name.strip() else ()
    return tuple(f"{constraint.type} {key} {value}" for key, value in _said(constraint))


def denies(old: Constraint, new: Constraint) -> bool:
    """Whether both cannot be followed in one place: another value of one subject, or a permit against a prohibition."""
    if any(_text(old.get(field)) != _text(new.get(field)) for field in WHERE):
        return False
    if bool(old.get("permit")) != bool(new.get("permit")):
        same = set(_said(old)) & set(_said(new))
        return old.type == new.type and bool(same) and old.type not in SUBJECT_FIELDS
    if old.get("permit") or not _replaces(old, new):
        return False
    if old.type == "version" and any(str(each.get("value"))[:1] in ("<", ">", "~", "^") for each in (old, new)):
        return False  # a range and a version may both hold
    return old.type == "tool_choice" or _content(old) != _content(new)


def _said(constraint: Constraint) -> list[tuple[str, str]]:
    """(field, value) of everything that a prohibition or a permit names."""
    passed = (*WHERE, "words", "permit", "implied", "said", "use", "for", "op")
    return [(key, item.casefold()) for key in constraint.data if key not in passed for item in constraint.list(key)]


def _replaces(old: Constraint, new: Constraint) -> bool:
    if old.type != new.type or any(_text(old.get(field)) != _text(new.get(field)) for field in WHERE):
        return False
    if bool(old.get("permit")) != bool(new.get("permit")):
        return False
    if old.type == "tool_choice":
        return _tools_overlap(old, new)
    fields = SUBJECT_FIELDS.get(old.type)
    if fields is None or not any(old.get(field) for field in fields):
        return False
    return all(_text(old.get(field)) == _text(new.get(field)) for field in fields)


def _tools_overlap(old: Constraint, new: Constraint) -> bool:
    """Two choices concern each other when one names what the other uses or excludes ("use pnpm", then "use bun")."""
    if old.list("for") and new.list("for") and _text(old.get("for")) != _text(new.get("for")):
        return False
    mine = {*old.list("use"), *old.list("instead_of")}
    return bool({*new.list("use"), *new.list("instead_of")} & mine) and old.list("use") != new.list("use")


def _content(constraint: Constraint) -> str:
    data = {key: value for key, value in constraint.data.items() if key != "words"}
    return f"{constraint.type} {sorted((key, _text(value)) for key, value in data.items())}"


def _text(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(sorted(map(str, value))).casefold()
    return "" if value is None else str(value).casefold()
