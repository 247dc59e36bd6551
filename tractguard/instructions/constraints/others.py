"""What is somebody else's to do: "deploys are run by the maintainer", "I do the releases", "`x` (do not run directly)".

It reads who does a thing, and commands that are named first and excluded behind ("never run it directly"). A person who
only happens to do something ("I run the tests on a Mac") excludes nothing by it.
"""

import re

from tractguard.instructions.constraints.actions import actions_at, verbs
from tractguard.instructions.constraints.mentions import code_kind, command_text
from tractguard.instructions.constraints.reading import Code, Sentence
from tractguard.instructions.patterns import lazy
from tractguard.model import Constraint

_WHO = (
    r"(?:(?:the |a |our |your |repo |project |human )*(?:users?|owners?|humans?|maintainers?"
    r"|operators?|person|people|developers?)|me|hand)"
)
_BY = lazy(
    r"\b(?:is|are|be|gets?|must be|should be|will be) (?:always |only |strictly |solely )*"
    r"(?:run|done|handled|performed|executed|applied|made|triggered|cut|published|started|launched|deployed|created)"
    r" (?:manually )?(?:only )?by " + _WHO + r"\b",
    needs=" by ",
)
_LEFT = lazy(
    r"\b(?:leave|left|reserved|keep)\b[^.;]{0,60}?\b(?:to|for) " + _WHO + r"\b(?! (?:review|reading))",
    needs="lea|lef|reserved|keep",
)
_DOES = lazy(
    r"(?:^|[.,;:!—(]\s*|\b(?:and|but|since|because)\s)(?:i|the user|the owner|the maintainers?|a human|humans)"
    r" (?:will |always |alone |manually |personally |only )*"
    r"(?:(?:do|does|handle|handles|make|makes|own|owns|manage|manages|take care of|takes care"
    r" of)(?: all| the| our| any)* "
    r"(?P<deed>[a-z][^.;]{2,60})|(?:run|runs|execute|executes|apply|applies|start|starts) (?P<what>[^.;]{2,80}?)"
    r" (?:myself|themselves|themself|himself|herself|manually|by hand))",
    needs="i |user|owner|maintainer|human",
)
_FOREIGN = lazy(
    r"(?:는|은|을|를)? ?(?:사용자|유저|사람)(?:가|이|만) ?(?:직접 ?)?(?:실행|수행|진행|처리)"
    r"|(?:は|を)?、?(?:(?:実行|run)\s?は)?\s?(?:ユーザー?|人間|開発者|オーナー)(?:に任せ|に委ね|が(?:手動で|自分で|直接)?\s?(?:実行|行う|行い|やる|対応|run))"
    r"|(?:由|交给|交由)(?:用户|使用者|我|人工|开发者|维护者)(?:手动|自己|自行|亲自|来)*\s?(?:执行|运行|操作|完成|处理|决定|run)",
    needs="사용자|유저|사람|ユーザ|人間|開発者|オーナー|用户|使用者|由我|交给我|人工|开发者|维护者",
)
_LEFT_ALONE = lazy(  # nothing stands behind the verb: what was named before is meant
    r"\b(?:do not|don't|never|must not|must never|should not|should never|cannot|can't|not to) (?:ever )?(?:be )?"
    r"(?:run|ran|executed?|used?|invoked?|called?|launch(?:ed)?|start(?:ed)?)"
    r"(?: (?:it|them|this|these|that|either|both))?"
    r"(?: (?:directly|manually|yourself|by hand|locally|in automation|here|ever|again|automatically|on your own"
    r"|by yourself"
    r"|as an agent|from an agent))*(?=\s*(?:$|[.,;:!)—]|- |because\b|since\b|unless\b|as (?:it|they|this)\b))",
    needs="run|ran|execut|use|invoke|call|launch|start",
)
_UNMARKED = lazy(
    r"\W*((?:terraform|tofu|kubectl|helm|docker|git|npm|pnpm|yarn|cargo|alembic|prisma|gh|vercel|fly)"
    r"(?: [a-z][a-z:-]+){1,2})"
)
_NEW_CLAUSE = lazy(r"[;.!?](?=\s)|,\s(?:and|but|then|so)\s|\b(?:use|instead of|prefer|run|via|through|with)\s`?$")


def others_of(said: Sentence) -> list[Constraint]:
    """forbid_command and forbid_action for what a person does, or for commands named first and then excluded."""
    return _of_people(said) or _left_alone(said)


def _of_people(said: Sentence) -> list[Constraint]:
    for cue in (_BY, _LEFT, _FOREIGN):
        match = cue.search(said.low)
        if match and said.sign(match.start()) in "0+":
            start = said.part_of(match.start()).start
            end = match.end() if cue is _LEFT else match.start()
            return _excluded(said, start, end)
    match = _DOES.search(said.low)
    if match and said.sign(match.start()) in "0+-":
        group = "deed" if match.group("deed") else "what"
        return _excluded(said, match.start(group), match.end(group))
    return []


def _excluded(said: Sentence, start: int, end: int) -> list[Constraint]:
    """The commands in a stretch, else the actions that it names."""
    found = [command_text(c.text) for c in said.codes if start <= c.start < end and code_kind(c.text) == "command"]
    plain = [word for word in found if " " in word]
    words = verbs(said.bare[start:end])
    bare = _UNMARKED.match(words)
    if bare and not plain:
        plain = [bare.group(1)]
    if plain:
        return [Constraint("forbid_command", {"pattern": list(dict.fromkeys(plain))})]
    named = [action.phrase for action in actions_at(words)]
    named += [p for cue, p in _DEEDS if re.search(cue, words) and not any(one in p.split() for one in named)]
    return [Constraint("forbid_action", {"action": list(dict.fromkeys(named))})] if named else []


_DEEDS = (
    (r"\breleas", "release"),
    (r"\bdeploy", "deploy"),
    (r"\b(?:prs?|pull requests?)\b(?! (?:review|title|desc|template|number|body|comment))", "create a pull request"),
    (r"\bmerg", "merge pull requests"),
    (r"\bcommit(?:s|ting)?\b(?! message)", "commit"),
    (r"\bpush", "push"),
    (r"\bpublish", "publish"),
    (r"\bmigrations?\b", "run migrations"),
    (r"\bversion", "bump the version"),
    (r"\btag(?:s|ging)?\b", "create a tag"),
)


def _left_alone(said: Sentence) -> list[Constraint]:
    """ "`x` → build + `y` (do not run directly)": the commands ahead of it in the same clause."""
    match = _LEFT_ALONE.search(said.bare)
    if match is None or not re.search(r"[\w`]", said.bare[: match.start()]):
        return []
    start = 0
    for clause in _NEW_CLAUSE.finditer(said.bare, 0, match.start()):
        start = clause.end() if not clause.group().rstrip("`").strip().isalpha() else start
    ahead = [code for code in said.codes if start <= code.start < match.start() and _is_meant(said, code)]
    found = [command_text(code.text) for code in ahead]
    return [Constraint("forbid_command", {"pattern": list(dict.fromkeys(found))})] if found else []


def _is_meant(said: Sentence, code: Code) -> bool:
    told = re.search(r"\b(?:use|prefer|run|via|through|with|instead)(?: the)? `$", said.bare[: code.start])
    return code_kind(code.text) == "command" and " " in code.text.strip() and said.sign(code.start) in "0-" and not told
