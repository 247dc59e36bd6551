"""What was said for a phase: what its words name is looked up when they are heard, and whether it has come.

A date is compared with the time of the event, a tag and a merge with the refs of the checkout. What git cannot tell (a
squashed merge, "until we ship") is never guessed: a person is asked about it. It only looks; `keeping` ends what is
over. Warm: starts git, and only where a phase names something of git's.
"""

from collections.abc import Mapping
from typing import Any

from tractguard.book import LiveBook
from tractguard.instructions.directive import Directive
from tractguard.instructions.endings import named_end, version_of

Refs = Mapping[str, str]  # full name -> commit
GIT_SECONDS = 1.0
APART = "apart "  # the key of the last commit of a branch that was seen outside the trunk, with the instruction's id
TRUNKS = ("main", "master", "trunk", "develop")


class Checkout:
    """What git says of a checkout, each thing asked for once and only when it is wanted. It only reads."""

    def __init__(self, book: LiveBook) -> None:
        self.book = book
        self._refs: dict[str, str] | None = None
        self._branch: str | None = None

    def refs(self) -> Refs:
        """Every ref of the repository and its commit."""
        if self._refs is None:
            lines = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
            self._refs = {name: commit for name, _, commit in (line.partition(" ") for line in lines)}
        return self._refs

    def branch(self) -> str:
        """The branch that is checked out, "" where none is."""
        if self._branch is None:
            self._branch = self.git("symbolic-ref", "--short", "-q", "HEAD")
        return self._branch

    def within(self, commit: str, trunk: str) -> bool:
        """Whether a trunk has a commit."""
        return commit == trunk or self.git("merge-base", commit, trunk) == commit

    def git(self, *words: str) -> str:
        """What git answers, "" where it fails or takes too long."""
        import subprocess

        environ = {key: value for key, value in self.book.environ.items() if not key.startswith("GIT_")}
        environ["GIT_OPTIONAL_LOCKS"] = "0"
        command = ["git", "-c", "core.fsmonitor=false", "-C", self.book.places.root, *words]
        try:
            done = subprocess.run(command, capture_output=True, timeout=GIT_SECONDS, env=environ, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def end_for(directive: Directive, checkout: Checkout, now: float, source: str) -> dict[str, Any]:
    """What ends a directive: what its words name, with the branch checked out now; {} where they name nothing."""
    found = named_end(directive.text, now, relative=source != "file")
    if found is None:
        return {}
    if found["kind"] == "tag" and tagged(str(found["name"]), checkout.refs()):
        return {"kind": "event", "words": f"{found['name']} is tagged"}  # it is there already: another one is meant
    if found["kind"] == "merge":
        here = checkout.branch() if source != "file" else ""
        branch = str(found["branch"]) or here
        if not branch or branch in TRUNKS:
            return {"kind": "event", "words": "that branch is merged"}
        return {**found, "branch": branch}
    return found


def ended_by(record: Mapping[str, Any], now: str, checkout: Checkout) -> str:
    """Why a record no longer holds at `now` (RFC 3339), "" while it does."""
    until = record["until"]
    kind = until.get("kind")
    if kind == "date" and now >= str(until.get("at") or "9"):
        return f"it was said until {str(until['at'])[:16].replace('T', ' ')} UTC"
    if kind == "tag" and tagged(str(until.get("name") or ""), checkout.refs()):
        return f"{until['name']} is tagged"
    if kind == "merge" and merged(str(record.get("id")), str(until.get("branch") or ""), checkout):
        return f"{until['branch']} is merged"
    return ""


def tagged(name: str, known: Refs) -> bool:
    """Whether the repository has a tag, `v2.0` also as `2.0` or `release-2.0.0`."""
    version = version_of(name)
    tags = [ref.removeprefix("refs/tags/") for ref in known if ref.startswith("refs/tags/")]
    return any(tag == name or (version and version_of(tag) == version) for tag in tags)


def merged(id: str, branch: str, checkout: Checkout) -> bool:
    """Whether commits of a branch that were seen apart from the trunk are in it now."""
    known, state = checkout.refs(), checkout.book.ledger
    trunks = [known[ref] for name in TRUNKS for ref in trunk_refs(name) if ref in known and name != branch]
    seen = state.get("", APART + id)
    if not trunks or not branch:
        return False
    if seen and any(checkout.within(seen, trunk) for trunk in trunks):
        return True
    tip = known.get(f"refs/heads/{branch}") or known.get(f"refs/remotes/origin/{branch}")
    if tip and tip != seen and not any(checkout.within(tip, trunk) for trunk in trunks):
        state.put("", APART + id, tip)
    return False


def trunk_refs(name: str) -> tuple[str, str]:
    """Where a trunk may be: here, or as it was last fetched."""
    return f"refs/heads/{name}", f"refs/remotes/origin/{name}"


def question(record: Mapping[str, Any], checkout: Checkout) -> str:
    """Why a person must be asked whether a phase is over, "" where that can be seen from here."""
    until = record.get("until")
    until = until if isinstance(until, dict) else {}
    if record.get("temporal_scope") != "PHASE" or until.get("kind") in ("date", "tag"):
        return ""
    if until.get("kind") == "merge":
        here = checkout.branch()
        return "" if not here or here == until.get("branch") else f"until {until.get('branch')} is merged"
    return f"until {until['words']}" if until.get("words") else "for a phase"
