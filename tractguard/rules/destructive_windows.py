"""PowerShell and cmd called from another shell: `pwsh -c "Remove-Item -Recurse C:\\Users"`, `cmd /c rd /s /q C:\\proj`.
TG455.

Cmdlets are judged by their grammar (Verb-Noun) and a short list of nouns that hold nothing (`windows.json`); paths by
the names of folders that are made again or temporary. It refuses to know the registry and the modules.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from tractguard.model import UNKNOWN
from tractguard.rules import destructive_paths as paths
from tractguard.rules.destructive import Loss, Scene, bash, line_of, rule, shown
from tractguard.rules.destructive_clients import lost_by
from tractguard.rules.destructive_phrases import lost_by as lost_in
from tractguard.rules.destructive_phrases import tools
from tractguard.tables import table

MOST = 4000  # characters of one script
_SHELLS = ("pwsh", "powershell")
_CMDLET = re.compile(r"[A-Za-z]{2,20}-[A-Za-z]\w{1,60}")
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"']+")
_FETCHES = re.compile(r"invoke-(?:webrequest|restmethod)|\biwr\b|\birm\b|downloadstring|net\.webclient|new-object")
_OWN = frozenset(
    "rd rmdir del erase ri kill ps history".split()
)  # what these shells mean otherwise, or judge themselves
_SCRIPT = ("-command", "-c", "-commandwithargs", "-noprofile", "-nop", "-noninteractive", "-nologo")
_VALUED = (
    "-executionpolicy",
    "-ep",
    "-ex",
    "-file",
    "-f",
    "-version",
    "-windowstyle",
    "-w",
    "-workingdirectory",
    "-wd",
)


@cache
def _set(key: str) -> frozenset[str]:
    return frozenset(table("windows")[key].split())


def windows(scene: Scene) -> Iterator[Loss]:
    """What a script of PowerShell or cmd deletes or switches off."""
    for fact in scene.runs():
        name = fact.name.removesuffix(".exe").lower()
        argv = [str(word) for word in fact.data.get("argv") or ()]
        if name in _SHELLS:
            script = _script(argv[1:]) or _unparsed(scene)
            found = _powershell(f"{script}\n{fact.data.get('fed') or ''}"[:MOST])
        elif name == "cmd":
            found = _cmd(" ".join(_after_slash(argv[1:]))[:MOST])
        elif _CMDLET.fullmatch(fact.name):
            found = _powershell(" ".join([fact.name, *argv[1:]])[:MOST])
        else:
            continue
        if found:
            yield Loss(fact, f"{shown(found, 80)} takes away what may exist nowhere else", subject=found)


def _script(words: Sequence[str]) -> str:
    """The script of a PowerShell command line, without its own options."""
    at = 0
    while at < len(words) and words[at][:1] == "-":
        option = words[at].lower()
        if at + 1 < len(words) and option[1:2] == "e" and "-encodedcommand".startswith(option.replace("-ec", "-enc")):
            return _decoded(words[at + 1])
        at += 2 if words[at].lower() in _VALUED else 1
    return " ".join(words[at:])


def _decoded(text: str) -> str:
    """A script that is given as base64; what cannot be decoded stays a removal of something unknown."""
    from base64 import b64decode

    try:
        return b64decode(text[:MOST], validate=True).decode("utf-16-le")
    except (ValueError, UnicodeError):
        return "remove-item ENCODED -recurse"


def _unparsed(scene: Scene) -> str:
    """What the shell's grammar could not read: PowerShell's own backquotes in double quotes."""
    texts = [fact.value for fact in scene.of("opaque") if fact.name == "syntax"]
    return " ".join(texts).replace("`$", "$").strip("\"' ")


def _after_slash(words: Sequence[str]) -> Sequence[str]:
    """What stands behind `/c`, `//c` or `/k`."""
    for at, word in enumerate(words):
        if word.lower().lstrip("/") in ("c", "k") and word.startswith("/"):
            return words[at + 1 :]
    return ()


def _statements(text: str) -> Iterator[list[str]]:
    """The words of each statement; quotes are taken off, and a pipe or a `;` inside them parts nothing."""
    words: list[str] = []
    for match in _WORD.finditer(text.replace(";", " ; ").replace("|", " | ").replace("{", " ; ").replace("}", " ; ")):
        word = match[0]
        if word in (";", "|", "&", "&&", "||"):
            yield words
            words = []
        else:
            words.append(word.strip("\"'"))
    yield words


def _powershell(text: str) -> str:
    """The statement of a script that takes something away, or ""."""
    before: list[str] = []
    for words in _statements(text.replace("\n", " ; ")):
        if not words:
            continue
        low = [word.lower() for word in words]
        if "-whatif" not in low and "-whatif:$true" not in low and (_takes(low, before) or _by_table(low)):
            return " ".join(words)
        before = low
    return ""


def _takes(words: list[str], before: list[str]) -> bool:
    head = words[0].removeprefix("&").lstrip("(")
    if head in _set("removers"):
        if head in ("clear-content", "clc"):
            return any(_matters(one, deep=True) for one in _targets(words[1:]))
        given = _targets(words[1:]) or [word for word in before[1:] if word[:1] != "-"]
        deep = any(word.startswith(("-r", "/s", "-fo")) for word in words[1:]) or bool(before)
        return any(_matters(one, deep=deep) for one in given)
    verb, dash, noun = head.partition("-")
    if head in ("invoke-sqlcmd", "invoke-dbaquery") and "-query" in words[:-1]:
        return bool(lost_by(words[words.index("-query") + 1]))
    if head == "stop-process" and before[:1] in (["get-process"], ["gps"], ["ps"]) and not _targets(before[1:]):
        return True
    if head in ("iex", "invoke-expression") and any(_FETCHES.search(word) for word in words[1:]):
        return True
    if head == "set-netfirewallprofile":
        return "-enabled" in words[:-1] and words[words.index("-enabled") + 1] in ("false", "$false", "0")
    if head == "set-executionpolicy":
        return bool({"unrestricted", "bypass"} & set(words)) and "process" not in words
    if not dash or not noun:
        return False
    if verb in _set("verbs"):
        return noun not in _set("open") and not (verb in ("stop", "disable") and not _grave_stop(noun, words))
    return head in _set("cmdlets")


def _by_table(words: list[str]) -> bool:
    """Whether a program that PowerShell or cmd runs is one of the tables', and says a grave phrase there."""
    for name in ("verbs_disks", "verbs_system"):
        tool = tools(name).get(words[0].removesuffix(".exe"))
        if tool is not None and words[0] not in _OWN and lost_in(tool, line_of(words, tool.takes)):
            return True
    return False


def _grave_stop(noun: str, words: Sequence[str]) -> bool:
    """Whether what is stopped or disabled is the machine, its protection, a service that others need, or everything."""
    if noun == "service":
        return any(word == "*" or word.startswith(tuple(_set("daemons"))) for word in words[1:])
    return noun in _set("vital") or (noun == "process" and any(word in ("*", "lsass", "explorer") for word in words))


def _targets(words: Sequence[str]) -> list[str]:
    return [one for word in words if word[:1] != "-" for one in word.split(",") if one]


def _matters(path: str, *, deep: bool) -> bool:
    """Whether a path is where work lies."""
    bare = path.strip("\"'").replace("\\\\", "\\").replace("\\", "/").rstrip("/*").lower()
    bare = bare.replace(UNKNOWN + ":", "$env:")  # a shell has taken `$env` for a variable of its own
    parts = [part for part in bare.split("/") if part not in ("", ".")]
    if any(part in _set("temporary") for part in parts) or (parts and paths.is_build(parts[-1])):
        return False
    if any(paths.is_build(part) and part in ("node_modules", ".next", "__pycache__") for part in parts):
        return False
    rooted = bare[1:2] == ":" or bare.startswith(("~", "$home", "$env:", "%", "/", "hklm", "hkcu"))
    return rooted or deep


def _cmd(text: str) -> str:
    """The statement of a cmd line that takes something away, or ""."""
    for words in _statements(text.strip("\"'")):
        low = [word.lower().strip("\"'") for word in words]
        if not low:
            continue
        low = low[low.index("do") + 1 :] if "do" in low[:-1] else low
        head, given = low[0], [word for word in low[1:] if not (word[:1] == "/" and len(word) < 4)]
        deep = "/s" in low
        if head in ("rd", "rmdir", "del", "erase"):
            wild = any("*" in word for word in given)
            if (deep or wild) and any(_matters(one, deep=True) for one in given):
                return " ".join(words)
        elif (head in ("format", "diskpart") and given) or _by_table(low):
            return " ".join(words)
    return ""


RULES = (
    rule(
        "TG455",
        "Windows shells",
        "destructive_windows",
        windows,
        bad=(
            bash("pwsh -c 'Remove-Item -Recurse -Force C:\\Users\\me\\Documents'"),
            bash("powershell.exe -Command 'Remove-AzResourceGroup -Name prod -Force'"),
            bash("cmd.exe /c 'rd /s /q C:\\proj'"),
        ),
        good=(
            bash("pwsh -c 'Remove-Item -Recurse -Force .\\node_modules'"),
            bash("pwsh -c 'Get-ChildItem C:\\Users'"),
            bash("pwsh -c 'Remove-Item C:\\data -Recurse -WhatIf'"),
            bash("cmd.exe /c 'dir C:\\proj'"),
            bash("pwsh -c 'Remove-Variable x'"),
        ),
    ),
)
