"""Code marks of a sentence as constructs: which are asked for, which are excluded, and what of them is compared.

It knows the words ahead of and behind a mark. Constructs that are named in plain words are read in `written`.
"""

import re

from tractguard.instructions.constraints.endpoints import is_host
from tractguard.instructions.constraints.mentions import code_kind
from tractguard.instructions.constraints.reading import Code, Sentence
from tractguard.instructions.constraints.tables import section
from tractguard.instructions.patterns import lazy

_VERB = lazy(
    r"\b(?:including|such as|namely|e\.g\.|use|using|add|adding|call"
    r"|calling|reach for|ship|reintroduce|restore|resurrect|merge|keep|reference|invoke|enable"
    r"|configure|annotate with|import|importing|write|writing|introduce|leave|leaving|commit"
    r"|rely on|relying on|define|pass|cast(?:ing)? to|suppress with|suppress|disable|with|via|to|append"
    r"|return|throw|concatenat\w*|access|create|put|include|have|generic|the|a|an|any|raw|bare|no|not"
    r"|never|avoid|and|or|nor|of|over|than|plain|new|direct|directly|naked|explicit|global|like|as"
    r"|prefer|deprecated|legacy|obsolete|outdated|old|native|built-in|browser|standard)\s*$"
)
_ABOUT = lazy(
    r"\b(?:in|inside|within|from|on|for|under|by|see|when|with|of|to|at|into|through|via|outside|before"
    r"|after)\s+(?:the |a |an |any |your )?$"
)
REMOVES = lazy(
    r"\b(?:skip\w*|remov\w*|disabl\w*|omit\w*|forget\w*|delet\w*|drop\w*|break\w*|los\w*|weaken\w*|edit\w*"
    r"|modify\w*|touch\w*|bypass\w*|ignor\w*|renam\w*|chang\w*|without|read|open|alter\w*|overwrite"
    r"|replace)\s(?:the )?$"
)
_EITHER_VERB = lazy(
    r"\b(?:((?:us(?:e|ing)|add\w*|writ\w+|creat\w+|introduc\w+|call\w*|import\w*|put|includ\w+|insert\w*|set|cast\w*"
    r"|return\w*|throw\w*|pass\w*|suppress\w*|no|without|instead of|rather than|with|via|over))"
    r"|(?:remov\w*|delet\w*|renam\w*|drop\w*|break\w*|weaken\w*|bypass\w*|omit\w*|try-catch|catch\w*|swallow\w*"
    r"|touch\w*|edit\w*|modif\w+|chang\w+|alter\w*|reorder\w*|conclude|read|open))\b"
)
_OWNER = lazy(r"(?<=[a-z] )[A-Z][A-Za-z]*(?:\.js|\.NET)?(?:'s)? $")
_LINT_RULE = lazy(r"['\"](?:error|warn|off)['\"]")
_NARROWED = lazy(  # a plain word that only says of what kind the next is: "`window` globals", "`@next` dist-tag"
    r"`\s?(?:[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{2}|(?!(?:for|to|as|instead|and|or|nor|in|on|with"
    r"|when|whenever|if"
    r"|only|not|over|rather|everywhere|here|anywhere|throughout|by|from|unless|at|via|because|since|while"
    r"|but|never|always"
    r"|is|are|must|should|will|can|may|which|that|so|calls?|statements?|keywords?|types?|functions?|methods?|hooks?"
    r"|directives?|annotations?|decorators?|macros?|operators?|blocks?|imports?|usage|attributes?|components?|casts?"
    r"|class|classes|comments?|expressions?|assertions?|api|module|package|library|property|prop|props|interface"
    r"|without|inside|outside|within|into|directly|ever|except|against|alone|before|after|during|under|it|them|yourself"
    r"|modifier|parameters?|args?|arguments?|variables?|constants?|pattern|syntax|literals?|clauses?)\b)[a-z-]{3,})"
)
_OTHER_QUOTE = str.maketrans("\"'", "'\"")
_API_VERSION = lazy(r"[a-z][\w.-]*/v\d\w*")
_GONE = lazy(
    r"\b(?:deprecated|removed|obsolete|stale|outdated|legacy|retired|no longer)\b|削除|廃止|非推奨|已废弃|已弃用|已移除"
    r"|deprecad|obsolet"
)


_AGAINST = lazy(r"\b(?:instead of|rather than|use of)\s+$|使用\s*$|(?:suppress|silence)\w*[^.;]{0,24}with\s+$")
_AIM = lazy(r"`\s(?:just |only |merely )?to \w+[^,;`]{0,30}`$")  # "never `let _ =` to discard a `Result`"
_WRITES_TO = lazy(
    r"\b(?:assign|assigning|writ(?:e|ing)|switch|convert|cast|fall back|default|revert|resort)\b[^.;,`]{0,16} to $"
)
_CONTRASTED = lazy(r"`,? \(?not `")
_SAID_AFTER = lazy(r"`:?\s(?:is |are )?(?:(never)|(always))\s?(?:$|[,;:.()—-])")
_EMPTY_BLOCK = lazy(r"(?<=[\w)]) ?\{\s?(?:\.\.\.|…)?\s?\}$")  # "async { }" is any such block
_ANY_VALUE = lazy(r"(?<!=)=\s?(?:expr(?:ession)?|value|something|foo|\.\.\.|…)$")  # "let _ = expr" is any such binding
_ANY_ATTRIBUTE = lazy(r"(?<=[\w)])=(?:\{\w+\}|\"\.\.\.\"|\{\.\.\.\})$")  # "on:click={handler}" is any such handler
_ANY_TAIL = lazy(
    r"^((?:export|let|const|var|import|def|class|new|throw|raise)(?: \w+)?) (?:props?|prop|name|foo|bar|x|expr)$"
)
_HEX = lazy(r"#[0-9a-fA-F]{6}")
_VARIABLE = lazy(r"--[a-z]\w*(?:-\w+)+")
_TOUCHING = lazy(
    r"\b(?:code|lines?|logic|anything)\s(?:related to|that \w+|concerning|around|involving)\s(?:the )?"
    r"(?:`[^`]*`(?:,|\s(?:or|and))\s?)?$"
)


def marks(said: Sentence) -> tuple[list[Code], list[Code]]:
    """Code marks asked for, and code marks excluded, as constructs."""
    good, bad = [], []
    for code in said.codes:
        if is_host(code.text):
            continue
        kind, sign = _kind(said, code), _sign(said, code)
        if (kind == "code" and _is_gone(said, code) and any(said.sign(other.start) == "+" for other in said.codes)) or (
            sign == "-" and ((kind in ("path", "slash") and _imported(said, code)) or _is_touched(said, code, kind))
        ):
            bad.append(code)
        elif _is_construct(code, kind):
            ahead = said.low[max(0, code.start - 60) : code.start - 1]
            if (
                sign == "-"
                and _is_excluded(said, code, ahead)
                and not (bad and _AIM.search(said.bare, bad[-1].end, code.start))
            ):
                bad.append(code)
            elif sign == "+" and not re.search(r"\b(?:in|from|inside|of|on|under|see)\s+$", ahead):
                good.append(code)
    return good, bad


def _kind(said: Sentence, code: Code) -> str:
    kind, text = code_kind(code.text), code.text.strip()
    if _API_VERSION.fullmatch(text) or (kind == "slash" and _is_contrast(said)):
        return "code"
    variables = kind == "flag" and _VARIABLE.fullmatch(text) and not any(mark != text for mark in _not_flags(said))
    return "code" if variables else kind


def _not_flags(said: Sentence) -> list[str]:
    """The marks of a sentence beside its flags: where there are none, `--x-y` may be a variable of a style sheet."""
    return [code.text for code in said.codes if not _VARIABLE.fullmatch(code.text.strip())]


def _sign(said: Sentence, code: Code) -> str:
    """The sign of a mark, where words behind it may turn it: "`a` never", "not `b`, `c` not `d`"."""
    after = _SAID_AFTER.match(said.bare, code.end)
    if after:
        return "-" if after.group(1) else "+"
    sign = said.sign(code.start)
    return "+" if sign == "-" and _CONTRASTED.match(said.bare, code.end) else sign


def _imported(said: Sentence, code: Code) -> bool:
    ahead = said.low[max(0, code.start - 10) : code.start - 1]
    return bool(re.search(r"\bfrom\s+$", ahead)) and "import" in said.bare


def _is_touched(said: Sentence, code: Code, kind: str) -> bool:
    """ "Never modify any code related to `X_ENV`": the name is out, whatever it is."""
    return kind == "env" and bool(_TOUCHING.search(said.low, max(0, code.start - 90), code.start - 1))


def _is_construct(code: Code, kind: str) -> bool:
    text = code.text
    return (kind == "code" or (kind == "slash" and "/api" in text)) and bool(text.strip()) and len(text) <= 120


def _is_excluded(said: Sentence, code: Code, ahead: str) -> bool:
    """Whether the words ahead of a mark with the sign "-" exclude it, and not something beside it."""
    if _LINT_RULE.search(code.text):
        return False
    if _SAID_AFTER.match(said.bare, code.end) or _HEX.fullmatch(code.text):
        return True
    if removal_rules(said, code.start):
        return False
    if not _AGAINST.search(ahead):
        if REMOVES.search(ahead) or (_ABOUT.search(ahead) and not _WRITES_TO.search(ahead)):
            return False
        if _WRITES_TO.search(ahead):
            return True
        owner = _OWNER.search(said.text, max(0, code.start - 60), code.start - 1)
        ahead = ahead[: -len(owner.group())] if owner else ahead  # "Never use React `useEffect`"
        if not (_VERB.search(ahead) or re.search(r"[,:(/|]\s*$|^\W*$|`\s*(?:/|or|and|,)?\s*$", ahead)):
            return False
    return not re.search(r"\bcommit\s+$", ahead) or bool(re.search(r"[.(@:]", code.text))


def _is_contrast(said: Sentence) -> bool:
    """Whether one route is set against another: "use `/health`, not `/healthz`"."""
    signs = {said.sign(code.start) for code in said.codes if code_kind(code.text) == "slash"}
    return {"+", "-"} <= signs


def _is_gone(said: Sentence, code: Code) -> bool:
    """Whether an aside names a construct as the one that is out: "use `v2` (`v1` is deprecated)"."""
    opened = said.bare.rfind("(", 0, code.start)
    if opened < 0 or ")" in said.bare[opened : code.start] or said.bare[opened + 1 : code.start].strip(" `"):
        return False
    closed = said.bare.find(")", code.end)
    return bool(_GONE.search(said.bare, code.end, closed if closed >= 0 else len(said.bare)))


def removal_rules(said: Sentence, at: int) -> bool:
    """Whether the last verb ahead of a place takes away: "don't remove `NOTICE`" is no word against it."""
    start = said.clause(at)[0]
    verb = next(reversed(list(_EITHER_VERB.finditer(said.bare, start, at))), None)
    return verb is not None and verb.group(1) is None


def is_narrowed(said: Sentence, code: Code) -> bool:
    if re.match(r"@[A-Z]", code.text):
        return False  # an annotation, whatever it is called: "`@Autowired` fields"
    return bool(re.fullmatch(r"@?[\w-]+", code.text)) and bool(_NARROWED.match(said.low, code.end))


def pattern_of(text: str) -> list[str]:
    text = _EMPTY_BLOCK.sub(" {", text.strip().rstrip(";"))
    text = _ANY_TAIL.sub(r"\1", _ANY_ATTRIBUTE.sub("=", _ANY_VALUE.sub("=", text)))
    known = section("code_words").get(text.lower())
    if known is not None and known.get("pattern"):
        return list(known["pattern"])
    if text in section("keywords") or not re.search(r"\w|.{3}", text) or re.fullmatch(r"\\[a-z0]", text):
        return []  # `as` or `!` stand everywhere: what is meant by them no word can tell
    if text.count('"') == 1 or text.count("'") == 1:  # an opening: either quote may follow
        return [text, text.translate(_OTHER_QUOTE)]
    return [text[:-2] + "(" if text.endswith("()") else text.removesuffix("*") if text.endswith((".*", "-*")) else text]
