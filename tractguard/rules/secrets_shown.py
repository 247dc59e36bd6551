"""Secrets brought to the screen: files read, the environment dumped, stores asked. The checks of TG501 and TG502.

It follows where an output goes: into a variable, an argument, a file or a program that does not show it, nothing is
shown. It refuses to know what a secret looks like: that is `secrets_marks`'s.
"""

import posixpath
import re
from collections.abc import Iterator

from tractguard.model import UNKNOWN, Fact
from tractguard.rules.destructive import Loss, Scene, shown
from tractguard.rules.destructive_paths import is_temp
from tractguard.rules.destructive_phrases import grave
from tractguard.rules.secrets_marks import is_secret_file, is_secret_folder, is_secret_name, listed

_FILTERS = frozenset(
    "cat tee base64 grep egrep rg sed head tail awk jq yq cut xxd od tr sort less more rev fold python python3 echo"
    " xargs".split()
)
_NAMES_ONLY = ("-q", "--quiet", "-c", "--count", "-l", "-L", "--files-with-matches", "--silent")


def read(scene: Scene) -> Iterator[Loss]:
    """A file with secrets whose content would come to the screen."""
    for fact in scene.of("read"):
        via = str(fact.data.get("via") or "")
        if via == "<":
            via = reader(scene, fact)
        if via.rstrip("0123456789.") not in listed("printers") and via not in listed("printers"):
            continue
        deep = fact.data.get("recursive") and is_secret_folder(fact.name)
        if fact.data.get("runs") or not (deep or is_secret_file(fact.name, scene.root)):
            continue
        if _masked(scene, fact, via):
            continue
        yield Loss(
            fact,
            f"this call shows {shown(scene.rel(fact.name), 60)}, which holds secrets",
            subject=fact.name,
            way_out="Read the names only (cut -d= -f1), or the .example file, or ask the person.",
        )
    for fact in scene.runs("base64", "xxd", "strings", "perl", "ruby", "php", "node", "python", "python3"):
        for path in _opened(scene, fact):
            yield Loss(fact, f"this call shows {shown(scene.rel(path), 60)}, which holds secrets", subject=path)


def reader(scene: Scene, fact: Fact) -> str:
    """The program that a file is fed to: the first command after the redirect."""
    past = False
    for each in scene.facts:
        past = past or each is fact
        if past and each.kind == "command":
            return each.name
    return ""


def _opened(scene: Scene, fact: Fact) -> list[str]:
    """Secret files that a command names as plain arguments, or opens in a one-liner that prints."""
    argv = [str(word) for word in fact.data.get("argv") or ()]
    cwd = str(fact.data.get("cwd") or scene.root)
    if fact.name in ("base64", "xxd", "strings"):
        words = [posixpath.normpath(posixpath.join(cwd, word)) for word in argv[1:] if word[:1] != "-"]
        return [word for word in words if is_secret_file(word, scene.root)]
    text = " ".join(argv[1:])
    if fact.name in ("perl", "ruby") and any(
        word[:1] == "-" and word[1:2] != "-" and ("n" in word or "p" in word) and "e" in word for word in argv[1:3]
    ):
        words = [posixpath.normpath(posixpath.join(cwd, word)) for word in argv[3:] if word[:1] != "-"]
        return [word for word in words if is_secret_file(word, scene.root)]
    if argv[1:3] == ["-m", "json.tool"] and len(argv) > 3:
        word = posixpath.normpath(posixpath.join(cwd, argv[3]))
        return [word] if is_secret_file(word, scene.root) else []
    printed = any(one in text for one in ("print", "puts", "console.log", "echo", "stdout")) or "-p" in argv[1:3]
    if not printed:
        return []
    found = re.findall(
        r"(?:open|read_text|Path|readFileSync|readFile|File\.read|file_get_contents|read|require)\(\s{0,3}['\"]([^'\"\n]{1,200})['\"]",
        text,
    )
    return [
        word
        for word in (posixpath.normpath(posixpath.join(cwd, one)) for one in found)
        if is_secret_file(word, scene.root)
    ]


def _masked(scene: Scene, fact: Fact, via: str) -> bool:
    """Whether only names, counts or masked values are shown, or the output goes where nobody reads it."""
    for each in scene.of("command"):
        if each.name != via:
            continue
        argv = tuple(str(word) for word in each.data.get("argv") or ())
        if via in ("grep", "egrep", "rg", "zgrep", "fgrep", "ag") and (
            set(argv) & set(_NAMES_ONLY) or _only_names(argv)
        ):
            return True
        if (via == "cut" and any(word in ("-f1", "-f 1") for word in argv)) or (
            via == "cut" and "-f" in argv and "1" in argv
        ):
            return True
        if via in ("sed", "awk", "gawk", "gsed") and any(
            "=.*" in word or "$1" in word or "***" in word or word == "-i" for word in argv
        ):
            return True
        if via in ("diff", "cmp") and set(argv) & {"-q", "--brief", "-s"}:
            return True
        after = [one for one in scene.of("command") if tuple(one.data.get("piped_from") or ()) == argv]
        if after and all(hides(one) for one in after):
            return True
    return via in ("sed", "perl", "python", "python3", "ruby", "node", "yq", "ex", "ed") and any(
        each.name == fact.name for each in scene.of("write")
    )


def _only_names(argv: tuple[str, ...]) -> bool:
    return "-o" in argv and any(word.rstrip("'\"").endswith("=") or "[A-Z" in word for word in argv)


def hides(fact: Fact) -> bool:
    """Whether a program at the end of a pipe does not show the values that it is fed."""
    argv = tuple(str(word) for word in fact.data.get("argv") or ())
    if fact.name in ("grep", "egrep", "rg"):
        return bool(set(argv) & set(_NAMES_ONLY)) or _only_names(argv)
    if fact.name == "cut":
        return "-f1" in argv or ("-f" in argv and "1" in argv)
    if fact.name in ("sed", "awk"):
        return any("=.*" in word or "$1" in word or "***" in word for word in argv)
    return fact.name in (
        "wc",
        "sha256sum",
        "md5sum",
        "shasum",
        "docker",
        "gh",
        "podman",
        "helm",
        "kubectl",
        "gpg",
        "npm",
        "xargs",
        "ssh-add",
        "vercel",
        "wrangler",
        "fly",
        "crane",
        "skopeo",
        "true",
    )


def dumped(scene: Scene) -> Iterator[Loss]:
    """The environment or a variable with a secret printed, a secret store asked."""
    for fact in scene.runs():
        says = _dump(scene, fact)
        if says and not _captured(scene, fact):
            yield Loss(fact, says, subject=says, way_out='Ask whether it is set instead: [ -n "$NAME" ].')
    for said in grave(scene, "verbs_secrets"):
        if not _captured(scene, said.fact):
            yield Loss(said.fact, f"{shown(said.fact.value, 60)} shows {said.lost}", subject=said.fact.value)


def _dump(scene: Scene, fact: Fact) -> str:
    argv = tuple(str(word) for word in fact.data.get("argv") or ())
    name, rest = fact.name, argv[1:]
    if name in ("env", "printenv") and not [word for word in rest if word not in ("-0", "--null")]:
        return _unless_filtered(scene, argv)
    if name == "printenv":
        named = [word for word in rest if is_secret_name(word)]
        return f"this call shows {shown(named[0])}" if named else ""
    if (name in ("export", "declare", "typeset") and rest and set(rest) <= {"-p", "-x", "-px", "-xp"}) or (
        name in ("set", "export") and not rest
    ):
        return _unless_filtered(scene, argv)
    if name == "compgen" and "-e" in rest:
        return ""
    if name in ("echo", "printf", "print"):
        for variable in _variables(fact.value):
            if is_secret_name(variable):
                return f"this call shows ${variable}"
    if name == "ps" and any(
        not word.startswith("-") and "e" in word and ("a" in word or "w" in word) and len(word) > 2 for word in rest
    ):
        return "this call shows the environment of every process"
    return _one_liner(name, " ".join(rest))


def _one_liner(name: str, text: str) -> str:
    plain = name.rstrip("0123456789.")
    if (
        plain == "python"
        and re.search(r"print\([^\n]{0,60}(?:os\.)?environ\b(?!\.get|\[|\.keys|\.setdefault)", text)
        and " in os.environ" not in text
        and not re.search(r"(?:sorted|list|len|set|keys)\(os\.environ\)", text)
    ):
        return "this call shows the whole environment"
    if plain in ("node", "bun", "deno") and re.search(
        r"(?:console\.log|stringify|-p|--print)[^\n]{0,60}process\.env(?![.\[\w])", text.replace("keys(process.env", "")
    ):
        return "this call shows the whole environment"
    if plain == "ruby" and re.search(
        r"\b(?:puts|p|pp|print)\s{0,3}\(?ENV(?:\.to_h|\.inspect|\.to_a|\))?\s{0,3}\)?\s{0,3}(?:$|['\";])", text
    ):
        return "this call shows the whole environment"
    if plain == "perl" and "%ENV" in text and "print" in text:
        return "this call shows the whole environment"
    if plain == "php" and re.search(r"(?:print_r|var_dump|echo)\W{1,5}(?:getenv\(\)|\$_ENV)", text):
        return "this call shows the whole environment"
    named = re.search(
        r"(?:print|console\.log|puts|echo)\W[^\n]{0,40}(?:environ(?:\.get)?|process\.env|getenv|ENV)[\[.(]{1,2}['\"]?(\w{3,60})",
        text,
    )
    if (
        named
        and plain in ("python", "node", "ruby", "php")
        and is_secret_name(named.group(1))
        and "bool(" not in text
        and "!!" not in text
        and " in os.environ" not in text
    ):
        return f"this call shows {named.group(1)}"
    return ""


def _unless_filtered(scene: Scene, argv: tuple[str, ...]) -> str:
    """A dump of the environment, unless the pipe behind it lets only harmless lines or names through."""
    for fact in scene.of("command"):
        if tuple(fact.data.get("piped_from") or ()) != argv:
            continue
        if hides(fact):
            return ""
        if fact.name in ("grep", "egrep", "rg", "awk"):
            wanted = [word for word in fact.data.get("argv", ())[1:] if word[:1] != "-"]
            inverted = any(word.startswith("-") and "v" in word for word in fact.data.get("argv", ())[1:])
            if (
                wanted
                and not inverted
                and not any(
                    is_secret_name(part) or part.lower() in ("key", "pass", "auth", "=", ".", ".*")
                    for part in re.split(r"\\?\|", wanted[0])
                )
                and not re.search(r"(?i)secret|token|key|pass|cred|auth|aws|_url", wanted[0])
            ):
                return ""
    return "this call shows the whole environment, with the secrets in it"


def _variables(text: str) -> list[str]:
    """Variables whose value a command line shows: not their length, a part, or whether they are set."""
    found = []
    for match in re.finditer(r"\$(?:\{(?P<deep>[^{}\n]{1,100})\}|(?P<name>\w{1,80}))", text):
        inner = match.group("deep")
        if inner is None:
            found.append(match.group("name"))
        elif re.fullmatch(r"!?\w{1,80}(?::?-[^\n]{0,60})?", inner):
            found.append(re.split(r"[:\-]", inner.lstrip("!"))[0])
    if "'" in text and "$" in text:
        quoted = re.findall(r"'([^']{0,200})'", text)
        found = [name for name in found if not any("$" + name in part or "${" + name in part for part in quoted)]
    return found


def _captured(scene: Scene, fact: Fact) -> bool:
    """Whether a command's output goes into a variable, an argument, a file or a program that does not show it."""
    argv = tuple(fact.data.get("argv") or ())
    inner = fact.value.strip()
    for each in scene.of("command"):
        if each is fact:
            continue
        fed = tuple(each.data.get("piped_from") or ())
        if fed == argv:
            return each.name not in _FILTERS or hides(each)
        around = f"$({inner}" in each.value or f"`{inner}" in each.value
        if around and inner and each.name not in ("echo", "printf"):
            return True
    if any(UNKNOWN in each.value and each.data.get("via") in ("assignment", "export") for each in scene.of("env")):
        return fact.name not in ("echo", "printf")
    return any(each.data.get("via") == fact.name and not is_temp(each.name) for each in scene.of("write", "append"))
