"""Files that are closed by what they are and not by a path: "never edit applied migrations", "lock files stay".

It knows the words for kinds of files, and the usual places of some. A kind without a place is for people alone.
"""

import re

from tractguard.instructions.constraints.reading import Sentence
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

EXISTING = lazy(  # what is there stays as it is, something new may be made
    r"\b(?:existing|applied|merged|past|previous|historical|released|shipped|already (?:\w+ )?(?:committed"
    r"|deployed|run"
    r"|executed|pushed|applied|shipped|released|in)|(?:been|were|are) (?:committed|deployed|pushed|executed))\b"
)
_DOES = {"change": ("edit", "delete"), "create": ("create",), "move": ("move",), "delete": ("delete",)}
_KIND = lazy(  # and nothing behind it: "to make them pass" is about how
    r"\W*(?:you (?:must|may|should|can) )?(?:never|do not|don't|must not|may not|should not|cannot) (?:ever )?"
    r"(?:(?:create|write|add|edit|modify|touch|change|delete|remove|rewrite|alter|update|rename|move)"
    r"(?:, (?:or )?|/| or | nor )?)+ (?:(?:any|the|our|existing|new|unit|integration|e2e|of the|in the) )*"
    r"(?:(?P<tests>test files?|tests? suites?|tests)|doc(?:umentation)? files)\W*",
    needs="test|doc",
)
_EXISTING_AHEAD = lazy(
    r"^(?:(?:an?|any) )?(?:(?:existing|already(?:-\w+)?|applied|merged|past|previous|old|released|shipped|committed) )+"
)
_SUBJECT = lazy(
    r"^\W*(?:the |all |any |our |an |a |every )*((?:[a-z-]+ ){0,3}?[a-z-]*(?:files|migrations?|folders?"
    r"|configs|schemas?|snapshots|fixtures|clients|stubs|artifacts|bindings))\b"
)


def described(said: Sentence, verbs: set[str]) -> list[Constraint]:
    """Files that are named in words only: they are for people."""
    sort = _KIND.fullmatch(said.bare) if verbs & {"change", "create", "move"} else None
    if sort:
        operations = [op for verb in ("change", "create", "move", "delete") if verb in verbs for op in _DOES[verb]]
        globs = section("of_tests" if sort.group("tests") else "of_documents")
        return [Constraint("forbid_path", {"glob": globs, "op": list(dict.fromkeys(operations))})]
    if not verbs & {"change", "delete", "read"}:
        return []
    match = re.search(
        r"\b(?:manually |directly |hand-?)?(?:(?:edit|modify|touch|change|overwrite|delete|remove|read|rewrite|alter"
        r"|append [^.;]{1,60}? to)(?:ed|d|ing)?) (?:any "
        r"|the |our |existing |all |these |any of the )*((?:[a-z][\w-]* ){0,4}?(?:generated|vendored|vendor"
        r"|third[- ]party|auto-?generated|migrations?|config(?:uration)?|lock|schema|fixture|snapshot|large|state"
        r"|data"
        r"|golden|reference|asset|log|build"
        r"|code paths?|api|source|test|tests|core|engine|kernel|workflow|ci)(?:(?: [a-z]+){0,2}? (?:files?"
        r"|code paths?|code|folders?|migrations?|configs?|paths?|schemas?|snapshots?))?)\b",
        said.low,
    )
    subject = match is None
    match = (
        match or _SUBJECT.match(said.low)
        if re.search(r"\b(?:them|it|they|these)\b|\bbe (?:\w+ly )?\w+ed\b|\bedited\b", said.low)
        else match
    )
    if not match or said.sign(match.start(1)) not in ("-0" if subject else "-"):
        return []  # "to change the schema, append a step" closes nothing
    words = match.group(1).strip()
    if words.startswith(("or ", "and ", "nor ")):
        return []
    if not re.search(
        r"\b(?:\w+ files?|code paths?|generated|vendored|migrations?|folders?|configs?|schemas?|snapshots?|paths?"
        r"|vendor|clients|stubs|artifacts|bindings|fixtures)\b",
        words,
    ) or words in section("too_wide"):
        return []
    plain = _EXISTING_AHEAD.sub("", words)
    if plain == "a migration" and EXISTING.search(said.low):
        plain = "migration"
    known = "migration files" if plain.startswith("migration") else plain
    usual = section("named_files").get(known) if plain != words else None
    if usual and verbs - {"commit"} <= {"change", "delete"}:  # "applied migrations": a new one may be made
        return [Constraint("forbid_path", {"glob": list(usual), "op": ["edit", "delete"], "words": said.words})]
    kind = "forbid_read" if verbs == {"read"} else "forbid_path"
    data = {"glob": list(section("word_globs").get(words, [words])), "words": said.words}
    if kind == "forbid_path" and words.startswith("generated migration"):
        data["op"] = "edit"  # a new one is made by the tool, or by hand where the tool leaves room
    return [Constraint(kind, data)]
