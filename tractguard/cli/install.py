"""`init` and `uninstall`: the hooks, the policy file and the first instructions of a repository."""

import json
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from tractguard.cli import FINDINGS
from tractguard.cli.errors import Stop, Usage
from tractguard.cli.repository import here, is_our_checkout, opened
from tractguard.places import Places

if TYPE_CHECKING:
    from tractguard.book import LiveBook
    from tractguard.cli.importing import Kept
    from tractguard.instructions.importer import Import

POLICY_LINE = "/.claude/tractguard.toml"
HISTORY_LINE = "/.claude/instruction-history.json"
PURGE_SECONDS = 30.0  # for the refs of recovery points


class Mode(StrEnum):
    """What is done with a call that should be stopped."""

    enforce = "enforce"
    shadow = "shadow"


def init(
    host: Annotated[str, typer.Option(help="The program in which the assistant works.")] = "claude-code",
    shared: Annotated[bool, typer.Option("--shared", help="Install into .claude/settings.json, for the team.")] = False,
    user: Annotated[bool, typer.Option("--user", help="Install for you, in every repository and folder.")] = False,
    private: Annotated[bool, typer.Option("--private", help="Keep all instructions out of git.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; works without a terminal.")] = False,
    mode: Annotated[Mode | None, typer.Option(help="shadow records what would be stopped and stops nothing.")] = None,
    statusline: Annotated[bool, typer.Option("--statusline", help="Show the context's pressure there, too.")] = False,
    inside: Annotated[bool, typer.Option("--here", help="Also inside tractguard's own checkout.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Guard this repository: install the hooks, write the policy file, import CLAUDE.md and its relatives.

    Your own hooks and settings stay as they are. Running it again changes nothing that is right already.
    Exit 1 where something keeps the next session from being guarded.

    \b
    Example:
      cd my-project && tractguard init
    """
    from tractguard.hosts import host_named

    host_named(host)
    if shared and user:
        raise Usage("--shared and --user exclude each other: choose one settings file")
    places = here()
    if is_our_checkout(places.root) and not inside:
        raise Usage(f"{places.root} is tractguard's own checkout: say --here if you mean to guard it")
    layer = "user" if user else "shared" if shared else "local"
    agreed(places, layer, mode, yes)
    done = guard(places, layer, private=private, mode=mode, status_line=statusline)
    found = done.json()
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        from tractguard import render

        render.wrote(done.written)
        if done.found is not None:
            from tractguard.cli.importing import titles

            render.imported(done.found, places.root, titles(done.found))
        render.notices(done.notices)
        render.after_init(found)
    if not found["guarded"]:
        raise typer.Exit(FINDINGS)


class Done(NamedTuple):
    """What `init` did, and what holds from now on."""

    state: dict[str, Any]  # {"root", "layer", "mode", "guarded", "why", "subfolders", "doubled"}
    written: list[tuple[str, str]]  # (path, what became of it)
    found: "Import | None" = None  # what the instruction files say; None in a folder without a repository
    notices: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """All of it as data."""
        from tractguard.cli.importing import line_json

        return {
            **self.state,
            "written": [{"path": path, "what": what} for path, what in self.written],
            "imported": [line_json(each) for each in self.found.lines] if self.found else [],
            "notices": list(self.notices),
        }


def agreed(places: Places, layer: str, mode: Mode | None, yes: bool) -> None:
    """Ask before anything is written. Shadow mode loosens, so it needs a person in any case."""
    from tractguard.cli.person import ask, confirm, in_terminal
    from tractguard.hosts.claude_code_install import settings_path

    target = settings_path(places.root, layer, os.environ)
    question = f"Guard {places.root}: install the hooks into {target}?"
    if mode is Mode.shadow:
        confirm("shadow mode", question, yes=yes, places=places)
    elif not yes:
        if not in_terminal():
            raise Usage("init asks before it writes: say --yes where there is no terminal")
        ask(question)


def guard(places: Places, layer: str, *, private: bool, mode: Mode | None, status_line: bool = False) -> Done:
    """Write everything; what was written, and what came of it."""
    from tractguard.as_installed import note
    from tractguard.cli.person import below_a_session
    from tractguard.hosts import claude_code_install as installer
    from tractguard.numerals import counted

    theirs = status_line_of_theirs(places) if status_line else ""
    change = installer.install(places.root, layer, os.environ, status_line=status_line and not theirs)
    note(places, os.environ, person=not below_a_session(places, os.environ))
    written = [(change.path, change.what)]
    if layer == "user" and not os.path.exists(os.path.join(places.root, ".git")):
        return Done(state_after(places, layer), written)
    written += prepared(places, layer, private=private, mode=mode)
    with opened(places) as book:
        found, kept = imported(places, book)
        notices = (*book.compiled.notices, *kept.left_out, *found.problems, *([theirs] if theirs else []))
    if kept.added:
        target = places.local_history if private else places.history
        written.append((target, f"{counted(len(kept.added), 'instruction')} added"))
    return Done(state_after(places, layer), written, found, notices)


def status_line_of_theirs(places: Places) -> str:
    """A sentence where the person has a status line of their own, which stays; "" where there is none."""
    from tractguard import settings_file
    from tractguard.hosts.claude_code_install import LAYERS, settings_path
    from tractguard.hosts.claude_code_statusline import KEY, SETTING, is_ours

    for layer in LAYERS:
        path = settings_path(places.root, layer, os.environ)
        there = settings_file.load(settings_file.read(path) or "").get(KEY)
        if there is not None and not is_ours(there):
            return f"the status line in {path} is your own and stays; ours would be {SETTING}"
    return ""


def state_after(places: Places, layer: str) -> dict[str, Any]:
    """Whether the next session started in the root is guarded, how, and if not, why."""
    from tractguard.cli.status import why_not
    from tractguard.config import merged
    from tractguard.hosts.claude_code_install import inspect

    found = inspect(places.root, os.environ)
    return {
        "root": places.root,
        "layer": layer,
        "mode": merged(places, os.environ).policy["mode"],
        "guarded": found.active,
        "why": "" if found.active else why_not(found, places, places.root),
        "subfolders": found.covers_subfolders,
        "doubled": list(found.doubled),
    }


def prepared(places: Places, layer: str, *, private: bool, mode: Mode | None) -> list[tuple[str, str]]:
    """Keep out of git what is not meant for it, and write the policy file; what was done, by path.

    What a linked worktree shall have otherwise than the main one goes into a policy file of its own.
    """
    from tractguard.cli.policy_text import with_key
    from tractguard.cli.shipped import template
    from tractguard.git_exclude import PRIVATE, exclude
    from tractguard.instructions.history import write_atomically
    from tractguard.trust import accept_file, is_trusted, read_trust

    lines = [*PRIVATE, *([] if layer == "shared" else [POLICY_LINE]), *([HISTORY_LINE] if private else [])]
    done = []
    if exclude(places.root, lines):
        done.append((".git/info/exclude", "changed"))
    try:
        with open(places.policy, encoding="utf-8") as file:
            before = file.read()
    except FileNotFoundError:
        before = ""
    text = before or template("tractguard.toml")
    if mode is not None or not before:
        text = with_key(text, "", "mode", (mode or Mode.enforce).value)
    if private:
        text = with_key(text, "instructions", "store", "private")
    if text == before:
        done.append((places.policy, "unchanged"))
        return done
    what = "changed" if os.path.exists(places.own_policy) else "created"
    ours = is_trusted(places.policy, read_trust(places, os.environ))
    write_atomically(places.own_policy, text.encode())
    if ours:  # what came with a clone does not become ours by a line of ours in it
        accept_file(places.own_policy, places, os.environ)
    done.append((places.own_policy, what))
    return done


def imported(places: Places, book: "LiveBook") -> "tuple[Import, Kept]":
    """Read the instruction files and keep what they direct, as live: `init` outside a session is a person's word."""
    from tractguard.cli.importing import keep
    from tractguard.cli.person import below_a_session
    from tractguard.instructions.importer import import_files

    found = import_files(places, os.environ)
    return found, keep(found, book, agreed=not below_a_session(places, os.environ))


def uninstall(
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing. Refused inside a coding session.")] = False,
    user: Annotated[bool, typer.Option("--user", help="Also the hooks that guard all your folders.")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="Also delete ledger, history and policy; asks.")] = False,
    inside: Annotated[bool, typer.Option("--here", help="Also inside tractguard's own checkout.")] = False,
) -> None:
    """Remove the hooks. A person must do this: it loosens the guard.

    Settings come back byte for byte where nobody else changed them. The history, the policy and the ledger stay,
    unless you say --purge. Hooks of 'init --user' guard every other folder too: they go where they were installed from
    here, or with --user.

    \b
    Example:
      tractguard uninstall
    """
    from tractguard import render
    from tractguard.as_installed import forget
    from tractguard.cli.person import confirm
    from tractguard.git_exclude import include
    from tractguard.hosts.claude_code_install import inspect
    from tractguard.hosts.claude_code_install import uninstall as take_out

    places = here()
    if is_our_checkout(places.root) and not inside:
        raise Usage(f"{places.root} is tractguard's own checkout: say --here if you mean it")
    if purge:
        really(places)
    else:
        confirm("uninstalling", f"Remove tractguard's hooks for {places.root}?", yes=yes, places=places)
    written = [(change.path, change.what) for change in take_out(places.root, os.environ, user=user)]
    forget(places, os.environ)
    if purge:
        written += purged(places)
        include(places.root, (POLICY_LINE, HISTORY_LINE))
    include(places.root)
    render.wrote(written or [(places.root, "had no hooks of tractguard")])
    stays = [each.path for each in inspect(places.root, os.environ).layers if each.layer == "user" and each.installed]
    render.notices(
        [
            f"the hooks in {path} stay, they guard every folder: 'tractguard uninstall --user' removes them"
            for path in stays
        ]
    )


def really(places: Places) -> None:
    """A purge asks in a terminal, always."""
    from tractguard.cli.person import confirm, in_terminal

    if not in_terminal():
        raise Usage("--purge deletes the ledger and the history, so it asks in a terminal: run it there")
    things = "\n".join(f"  {path}" for path in purgeable(places))
    confirm("a purge", f"Remove the hooks and delete\n{things}\nfor good?", yes=False, places=places)


def purgeable(places: Places) -> list[str]:
    """What a purge deletes, as far as it is there."""
    paths = (places.state, places.own_policy, places.history, places.local_history)
    return [path for path in dict.fromkeys(paths) if os.path.lexists(path)]


def purged(places: Places) -> list[tuple[str, str]]:
    """Delete ledger, state, history and policy; what was done, by path."""
    import shutil

    from tractguard.recovery import drop, points
    from tractguard.recovery_git import Clock

    drop(places, points(places), Clock(PURGE_SECONDS))  # their refs are in git, not in our folder
    done = []
    for path in purgeable(places):
        try:
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        except OSError as error:
            raise Stop(f"{path} could not be deleted ({error.strerror}): check its permissions") from error
        done.append((path, "deleted"))
    return done
