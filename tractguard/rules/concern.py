"""Which built-in rules a call concerns: a look at names that decides whether any of them is loaded at all.

On the hot path of every call, so it knows one table and no rule. It lets go what is surely ordinary; the families look
closely.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from tractguard.model import UNKNOWN, Fact
from tractguard.tables import table

# Family -> the kinds of facts that concern it. Programs are in data/destructive.json.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "destructive_files": ("delete", "move"),
    "destructive_overwrites": ("delete", "move", "link"),
    "destructive_disks": (),
    "destructive_git": ("git",),
    "destructive_vcs": (),
    "destructive_databases": ("sql", "url"),
    "destructive_clients": (),
    "destructive_scripts": (),
    "destructive_code": (),
    "destructive_cloud": ("remote",),
    "destructive_verbs": (),
    "destructive_system": ("process", "chmod"),
    "destructive_windows": (),
    "destructive_fetch": ("opaque",),
    "destructive_hidden": (),
    "secrets": ("read", "code", "env"),
    "integrity": (),
    "boundary_calls": (),
    "boundary_code": (),
}
_CUES = ("ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "sk-", "sk_live_", "rk_live_", "xox", "AKIA", "ASIA",
    "AIza", "npm_", "pypi-",
         "SG.", "hf_", "-----BEGIN", "hooks.slack.com")  # fmt: skip
_NAMES = ("passw", "secret", "token", "api_key", "apikey", "api-key", "private_key", "access_key")
_SHORT_TEXT = 100_000  # characters of a text in which names of secrets are looked for
_CODE = ("python", "pypy", "node", "bun", "php", "ruby", "perl")
_PLACES = ("/etc/", "/proc/", "/sys/", "/boot/", "/usr/", "/bin/", "/sbin/", "/lib/")
_STAGES = ("add", "stage", "commit")
_LOOKERS = ("git", "docker", "terraform", "gh")  # their ordinary commands may show what is secret
_SHOWN = tuple(".env Env -json secret key .pem redential id_ tfstate passw token .pfx .p12".split())
_STORES = ("secret", "credential", "password", "token", "api-key")
_GUARD = ("claude", "tractguard", "CLAUDE_")  # what a path, a word or a variable says that is about the guard
_SCREENS = ("tmux", "byobu", "screen", "kitty", "kitten", "wezterm", "zellij", "xdotool", "ydotool", "wtype")
_GUARD_PLACES = ("write", "append", "delete", "link", "chmod")
_CARRIERS = frozenset(("at", "batch", "crontab", "expect"))  # what they are told to run may stand behind a `<<`
_STEMS = tuple(
    "delet destroy drop purge wipe terminat erase obliterate nuke truncate decommission deprovision undeploy teardown"
    " expunge shred remove rollback downgrade revert evict revoke forget yank unpublish register abandon uninstall"
    " unlink flush deactivate discard recreate reinstall rebuild suspend disable trash".split()
)
_SHORT = frozenset(
    "rm del rb rmi zap unset reset clear prune cancel gc format empty drain detach down clean archive kill stop".split()
)
_MARKS = str.maketrans(dict.fromkeys("-:_./()'\"`=,;!<>[]{}@", " "))
_ACTS = ("send", "post", "publish", "tweet", "pay", "refund", "transfer", "charge", "sign", "accept", "subscri", "ban",
    "suspend", "reject", "delete", "remove", "purge", "erase", "enrol", "order", "buy", "sell", "trade", "invoice",
    "envelope", "campaign", "broadcast", "terminat", "hire", "deny", "approve", "decline", "kick", "block", "consent",
    "empty", "drop", "withdraw", "swap", "share", "upload", "reply", "forward", "comment", "call", "deactivate", "fire",
    "void", "book", "register", "wire", "purchase", "advance", "dismiss", "mass", "press", "file", "submit", "report",
    "archive", "add_", "import", "set_", "launch", "start", "disqualify")  # fmt: skip
_SENDERS = frozenset(
    "mail mailx mutt neomutt sendmail s-nail swaks msmtp aws twilio stripe gh glab toot bsky cast bitcoin-cli".split()
)
_CONSENT = ("hecked", "onsent", "ewsletter", "pt_in", "ptIn", "arketing", "terms_accepted", "accepted_terms")
_LEAVE = ("aria-label", "alt=", "subscribe", "href")
_PAGES = (".tsx", ".jsx", ".vue", ".svelte", ".html", ".mjml", ".erb", ".hbs", ".liquid", ".twig", ".ejs", ".astro")
_GIT_TAKES = frozenset(("-x", "-X", "-a", "--all", "--source", "-s"))


def concerned(facts: Iterable[Fact]) -> list[str]:
    """The families that these facts concern, in their fixed order."""
    wanted: set[str] = set()
    cut = False  # a page is edited and nothing is written: something is taken out
    for fact in facts:
        if fact.kind == "command":
            wanted.update(_of_command(fact))
        elif fact.kind in ("write", "append"):
            wanted.update(_of_write(fact))
        elif fact.kind == "git":
            if fact.name not in _ordinary("git") or (fact.name == "fetch" and _overwrites(fact)):
                wanted.update(("destructive_git", "secrets") if fact.name in _STAGES else ("destructive_git",))
        elif fact.kind in ("read", "code", "env"):
            if _may_be_secret(fact):
                wanted.add("secrets")
        else:
            wanted.update(_by_kind().get(fact.kind, ()))
            if fact.kind in ("link", "move") and any(cue in fact.value.lower() for cue in _reads()):
                wanted.add("secrets")
        if "integrity" not in wanted and _of_guard(fact):
            wanted.add("integrity")
        wanted.update(_of_people(fact))
        cut = (cut or _of_page(fact)) and fact.kind != "code"
    if cut:
        wanted.add("boundary_code")
    return [name for name in FAMILIES if name in wanted]


def _overwrites(fact: Fact) -> bool:
    """Whether a fetch puts branches of the remote in the place of local ones."""
    return any(str(word)[:1] == "+" and ":refs/heads/" in str(word) for word in fact.data.get("args") or ())


def _of_people(fact: Fact) -> Iterable[str]:
    """A cheap look for what may be for people to decide: messages, payments, consents, what is theirs."""
    kind = fact.kind
    if kind == "tool":
        low = fact.name.lower()
        return ("boundary_calls",) if low.startswith("mcp__") and any(stem in low for stem in _ACTS) else ()
    if kind == "url":
        return ("boundary_calls",) if fact.data.get("method") not in (None, "", "GET", "HEAD") else ()
    if kind == "command":
        return ("boundary_calls",) if fact.name in _SENDERS else ()
    if kind in ("code", "sql"):
        text, old = fact.value, str(fact.data.get("old") or "")
        hit = any(cue in text for cue in _CONSENT) or any(cue in old for cue in _LEAVE)
        return ("boundary_code",) if hit else ()
    return ()


def _of_page(fact: Fact) -> bool:
    return fact.kind == "write" and fact.data.get("via") in ("Edit", "MultiEdit") and fact.name.endswith(_PAGES)


def _of_command(fact: Fact) -> Iterable[str]:
    """The families that a command concerns by its program, unless it begins as ordinary work does."""
    argv: Sequence[str] = fact.data.get("argv") or ("",)
    found: set[str] = set()
    if any(cue in fact.value for cue in _CUES):
        found.add("secrets")
    if fact.data.get("piped_from") and fact.data["piped_from"][0] == argv[0]:
        found.add("destructive_system")
    name, programs = fact.name, _programs()
    own = programs.get(name) or programs.get(_plain(name)) or ()
    first = argv[1] if len(argv) > 1 else ""
    plain = name.rstrip("0123456789.")
    if plain in _CODE and first[:1] not in ("-", ""):  # a script: what matters is its name
        own = programs.get(first.rpartition("/")[2], ())
        fed = first.startswith("/dev/fd/")
        return found | set(own) | ({"destructive_fetch"} if fed else set())
    if plain in _CODE and first == "-m" and len(argv) > 2:
        return found | set(programs.get(argv[2], ())) | ({"secrets"} if argv[2] == "json.tool" else set())
    if first in _ordinary(name):
        if name in _LOOKERS and any(cue in fact.value for cue in _SHOWN):
            found.add("secrets")
        return found
    if name not in _local() and _says_verb(fact):
        found.update(("destructive_verbs", "destructive_clients"))
        if ".sql" in fact.value:
            found.add("destructive_scripts")
    elif ("mutation" in fact.value or "drop_" in fact.value) and _says_verb(fact):
        found.add("destructive_clients")
    if not own and any(cue in fact.value for cue in _STORES) and name not in _local():
        found.add("secrets")
    if "destructive_code" in own and not _says_verb(fact):
        own = tuple(each for each in own if each != "destructive_code")
    if UNKNOWN in first and plain in ("bash", "sh", "zsh"):
        found.add("destructive_system")
    return found | set(own)


def _of_guard(fact: Fact) -> bool:
    """A cheap look for the guard's names, and for deletes and git actions that take its folder along unnamed."""
    kind = fact.kind
    if kind in _GUARD_PLACES:
        name = fact.name.lower()
        if "claude" in name or "tractguard" in name or UNKNOWN in name or ("/." in name and "*" in name):
            return True
        return kind == "delete" and bool(
            fact.data.get("recursive") or fact.data.get("glob") or fact.data.get("via") in ("mv", "gmv")
        )
    if kind == "command":
        named = fact.name in _GUARD or fact.name in _SCREENS
        return named or any(word in fact.value for word in _GUARD) or _is_fed(fact)
    if kind == "env":
        return fact.name.startswith("CLAUDE_CODE_")
    if kind in ("call", "script"):  # of a program that this call may also run
        return fact.name in _GUARD or "tractguard" in fact.value or ".claude" in fact.value
    if kind in ("package", "process"):
        return "tractguard" in fact.name or (kind == "process" and UNKNOWN in fact.name)
    if kind == "git" and fact.name in ("clean", "stash", "checkout", "restore"):
        data = fact.data
        return (
            not _GIT_TAKES.isdisjoint(data.get("flags") or ())
            or bool(data.get("paths"))
            or len(data.get("args") or ()) > 1
        )
    if kind == "read":
        runs = bool(fact.data.get("runs") or fact.data.get("recursive"))
        return "lifting.key" in fact.name or ("tractguard" in fact.name and (runs or "*" in fact.name))
    if kind == "sql":
        return str(fact.data.get("via")).startswith("mcp__")
    return False


def _is_fed(fact: Fact) -> bool:
    """Whether a program reads what it is to run from its standard input."""
    argv: Sequence[str] = fact.data.get("argv") or ()
    if fact.name in _CARRIERS:
        return True
    return fact.name.rstrip("0123456789.") in _CODE and (len(argv) < 2 or argv[1] == "-")


def _may_be_secret(fact: Fact) -> bool:
    """A cheap look that lets ordinary files and values go by; the family looks closely."""
    if fact.kind == "read":
        low = fact.name.lower()
        return any(cue in low for cue in _reads())
    if fact.kind == "env":
        return len(fact.value) > 15
    if any(cue in fact.value for cue in _CUES):
        return True
    low = fact.value.lower() if fact.kind == "code" and len(fact.value) < _SHORT_TEXT else ""
    return any(name in low for name in _NAMES)


def _of_write(fact: Fact) -> Iterable[str]:
    """A write concerns a family where it empties something, or where the place is one that a machine needs."""
    found = set()
    if fact.name.startswith("/dev/"):
        found.add("destructive_disks")
    if fact.name.startswith(_PLACES) or fact.name.endswith("/.ssh/authorized_keys"):
        found.add("destructive_system")
    if fact.kind == "write" and fact.data.get("mode") == "overwrite" and fact.data.get("via") not in ("Write", "Edit"):
        found.add("destructive_overwrites")
    if fact.data.get("via") in ("curl", "wget", "fetch", "aria2c", "http"):
        found.add("destructive_fetch")
    return found


def _plain(name: str) -> str:
    """`mkfs.ext4` is `mkfs`, `python3.12` is `python`, `kubectl.exe` is `kubectl`."""
    return name.partition(".")[0].rstrip("0123456789") if name[:1].isalpha() else name


@cache
def _by_kind() -> Mapping[str, tuple[str, ...]]:
    kinds = {kind for own in FAMILIES.values() for kind in own}
    return {kind: tuple(name for name, own in FAMILIES.items() if kind in own) for kind in kinds}


def _says_verb(fact: Fact) -> bool:
    """A cheap look for the verbs that end something: in the command, and in what it is fed."""
    fed = " ".join(fact.data.get("piped_from") or ())[:200]
    low = f"{fact.value[:4000]} {fact.data.get('fed') or ''} {fed}".lower()
    if any(stem in low for stem in _STEMS):
        return True
    return not _SHORT.isdisjoint(low[:2000].translate(_MARKS).split())


@cache
def _local() -> frozenset[str]:
    """Programs that work on text and code: what they are given is no verb."""
    return frozenset(table("verbs_grammar")["local"].split())


@cache
def _ordinary(program: str) -> frozenset[str]:
    return frozenset(str(table("destructive")["ordinary"].get(program, "")).split())


@cache
def _reads() -> tuple[str, ...]:
    return tuple(table("destructive")["reads"].split())


@cache
def _programs() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, programs in table("destructive")["programs"].items():
        for program in programs.split():
            found[program] = (*found.get(program, ()), name)
    return found
