"""Secrets that come to the screen by another route: an old version in git, a copy made a moment ago, the address at
which a cloud hands out credentials, the environment of another shell, a library that reads settings. Part of TG501 and
TG502.

It refuses to know what a secret file is called: that is `secrets_marks`'s.
"""

import posixpath
import re
from collections.abc import Iterator
from itertools import pairwise

from tractguard.model import UNKNOWN, Fact
from tractguard.rules.destructive import Loss, Scene, shown
from tractguard.rules.secrets_marks import is_secret_file, is_secret_name, listed
from tractguard.tables import table

_SHOWS = frozenset(("show", "cat-file", "diff", "log", "blame", "annotate", "grep", "whatchanged", "stash"))
_PATCH = ("-p", "-u", "--patch", "-U", "-G", "-S")
_QUIET = ("--stat", "--name-only", "--name-status", "--shortstat", "--numstat", "--oneline", "--quiet", "--raw")
_COPIES = ("cp", "mv", "ln", "install", "rsync", "gcp", "gmv", "Copy-Item")
_PUBLIC = frozenset("public static www htdocs wwwroot html public_html assets docs".split())
_HANDS_OUT = ("/iam/security-credentials/", "/service-accounts/", "/v2/credentials", "/metadata/identity/oauth2/token",
              "/instance/attributes/kube-env", "/latest/user-data")  # fmt: skip
_HOSTS = (
    "169.254.169.254",
    "169.254.170.2",
    "metadata.google.internal",
    "metadata",
    "100.100.100.200",
    "fd00:ec2::254",
)
_ENVIRONMENT = re.compile(
    r"(?i)\b(?:get-childitem|gci|dir|ls|get-item|gi)\s{1,4}(?:-path\s{1,4})?env:(?!\w)|getenvironmentvariables\(\)"
)
_VARIABLE = re.compile(r"(?i)\$env:(\w{3,60})|%(\w{3,60})%")
_ECHOED = re.compile(r"(?:^|[;&|\n(])\s{0,4}(?:echo|printf)\b[^;|&\n]{0,400}(?=$|[;&\n)])")
_SETTINGS = re.compile(
    r"(?:print|puts|echo|console\.log|dumps)\W[^\n]{0,60}(?:dotenv_values|dotenv\.parse|Dotenv\.parse)"
)


def other_reads(scene: Scene) -> Iterator[Loss]:
    """Secret files read out of git's history, or through a copy that this call made."""
    for fact in scene.runs("git"):
        path = _in_history(scene, fact)
        if path:
            yield Loss(
                fact,
                f"this call shows {shown(path, 60)} as git keeps it, with the secrets in it",
                subject=path,
                way_out="Look at the names of files only (--stat), or ask the person.",
            )
    copies = {copy: path for path, copy in _copies(scene)}
    for copy, path in copies.items():
        if not _PUBLIC.isdisjoint(posixpath.dirname(scene.rel(copy)).lower().split("/")):
            says = f"this call puts {shown(scene.rel(path), 60)} where others read it ({shown(scene.rel(copy), 60)})"
            yield Loss(next(iter(scene.of("read", "move", "link"))), says, subject=copy)
    for fact in scene.of("read"):
        if fact.name in copies and fact.data.get("via") in listed("printers"):
            yield Loss(fact, f"this call shows a copy of {shown(scene.rel(copies[fact.name]), 60)}", subject=fact.name)


def _in_history(scene: Scene, fact: Fact) -> str:
    """The secret file of which a git command shows a version, or ""."""
    argv = [str(word) for word in fact.data.get("argv") or ()][1:]
    verb = next((word for word in argv if word[:1] != "-"), "")
    if verb not in _SHOWS or any(word in _QUIET or word.startswith("--stat") for word in argv):
        return ""
    if verb == "log" and not any(word.startswith(_PATCH) for word in argv):
        return ""
    if verb == "grep" and any(word in ("-l", "-q", "-c", "--name-only", "--count") for word in argv):
        return ""
    cwd = str(fact.data.get("cwd") or scene.root)
    for word in argv[argv.index(verb) + 1 :]:
        name = word.partition(":")[2] if ":" in word and "://" not in word else word
        if name and name[:1] != "-" and UNKNOWN not in name and " " not in name:
            path = posixpath.normpath(posixpath.join(cwd, name))
            if is_secret_file(path, scene.root):
                return name
    return ""


def _copies(scene: Scene) -> Iterator[tuple[str, str]]:
    """(secret file, its copy) for the copies and links that this call makes."""
    secret: dict[str, str] = {}
    for fact in scene.facts:
        via = str(fact.data.get("via") or "")
        if fact.kind in ("link", "move") and is_secret_file(fact.value, scene.root):
            yield fact.value, fact.name
        elif fact.kind == "read" and via in _COPIES and is_secret_file(fact.name, scene.root):
            secret[via] = fact.name
        elif fact.kind == "write" and via in secret and not is_secret_file(fact.name, scene.root):
            yield secret[via], fact.name


_KINDS = frozenset("secret secrets credential credentials password passwords token tokens api-key api-keys".split())
_TELLS = frozenset("get show view read reveal access print download export decrypt fetch value values dump raw".split())
_NAMES_ONLY = ("--only-names", "--names-only", "--list", "-o", "--output-file", "--out", "--help", "--dry-run")


def _told_by_tool(scene: Scene) -> Iterator[Loss]:
    """`TOOL secrets get NAME`, `TOOL auth token`: a store that no table knows is asked for what it keeps."""
    known, local = table("verbs_secrets"), frozenset(table("verbs_grammar")["local"].split())
    for fact in scene.runs():
        argv = [str(word) for word in fact.data.get("argv") or ()]
        words = [word.lower() for word in argv[1:] if word[:1] != "-"][:4]
        if fact.name in known or fact.name in local or "/" in str(fact.data.get("path") or "") or len(words) < 2:
            continue
        pairs = [set(pair) for pair in pairwise(words[:3])]
        asked = any(pair & _KINDS and pair & _TELLS for pair in pairs) or words[:3] in (["auth", "token"],)
        if asked and not any(word.startswith(_NAMES_ONLY) for word in argv):
            yield Loss(fact, f"{shown(fact.value, 60)} shows what a store of secrets keeps", subject=fact.value)


def other_dumps(scene: Scene) -> Iterator[Loss]:
    """Credentials fetched from a cloud's own address, the environment shown by another shell or by a library."""
    yield from _told_by_tool(scene)
    for fact in scene.of("url"):
        path = str(fact.data.get("path") or "")
        if fact.name in _HOSTS and any(one in path and _named_after(path, one) for one in _HANDS_OUT):
            yield Loss(fact, f"this call asks {fact.name} for credentials of this machine", subject="metadata")
    for fact in scene.runs("bash", "sh", "zsh", "dash", "ksh"):
        argv = [str(word) for word in fact.data.get("argv") or ()]
        text = argv[argv.index("-c") + 1][:4000] if "-c" in argv[:-1] else ""
        echoed = " ".join(_ECHOED.findall(text))
        named = next((name for name in re.findall(r"\$\{?(\w{3,60})\}?", echoed) if is_secret_name(name)), "")
        if named:
            yield Loss(fact, f"this call shows ${shown(named)}", subject=named)
    for fact in scene.runs("pwsh", "powershell", "pwsh.exe", "powershell.exe", "cmd", "cmd.exe"):
        text = " ".join(str(word) for word in (fact.data.get("argv") or ())[1:])[:4000]
        named = [one or two for one, two in _VARIABLE.findall(text) if is_secret_name(one or two)]
        whole = fact.name.startswith("cmd") and text.lower().split()[-1:] == ["set"]
        if whole or _ENVIRONMENT.search(text):
            yield Loss(fact, "this call shows the whole environment, with the secrets in it", subject="environment")
        elif named and re.search(r"(?i)\b(?:echo|write-(?:output|host))\b", text):
            yield Loss(fact, f"this call shows {shown(named[0])}", subject=named[0])
    for fact in scene.runs("python", "python3", "node", "ruby"):
        text = " ".join(str(word) for word in (fact.data.get("argv") or ())[1:])[:4000]
        if _SETTINGS.search(text):
            yield Loss(fact, "this call shows settings with the secrets in them", subject="dotenv")


def _named_after(path: str, place: str) -> bool:
    """Whether the credentials themselves are asked for, and not only the list of roles that have some."""
    rest = path.partition(place)[2]
    if place == "/iam/security-credentials/":
        return bool(rest.strip("/"))
    return place != "/service-accounts/" or rest.rstrip("/").endswith(("token", "identity")) or "token" in rest
