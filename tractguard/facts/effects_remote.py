"""Tools that act outside this machine or on its containers, clusters, clouds and databases' schemas.

It says which tool, which verb on which object, and what target is named. It does not judge which verbs are grave.
"""

from tractguard.facts.shell_run import Command, Run
from tractguard.facts.words import Word, options
from tractguard.facts.wrappers import table

_TARGETS = ("--context", "--kube-context", "--profile", "--project", "-n", "--namespace", "-a", "--app", "-e", "--env",
            "--environment", "-s", "--stage", "--stack", "--subscription", "-P", "--db-url", "--database-url", "--url",
            "-u", "-d", "--destination", "-i", "--inventory", "-database", "-w", "--workspace",
            "--project-ref")  # fmt: skip
# Runners of all kinds of tasks: only those that touch a database or go out count.
_TASKS = frozenset(("mix", "rake", "rails", "artisan", "manage.py", "console"))
_MAIL = frozenset("mail sendmail mutt msmtp swaks".split())


def effects(run: Run, command: Command, printed: Word | None) -> None:
    """The `remote` fact of a command, where it changes something."""
    name = command.name
    if name in ("gh", "glab"):
        return
    if name in _MAIL:
        run.add("remote", name, "send", {"object": "", "target": "", "flags": (), "dry_run": False}, None)
        return
    if name in ("reboot", "shutdown", "halt", "poweroff"):
        run.add("process", "host", name, {"signal": "", "via": name}, command.words[0].span())
        return
    if name == "crontab":
        if any(word.text == "-r" for word in command.args):
            run.add("remote", name, "remove", {"object": "", "target": "", "flags": ("-r",), "dry_run": False}, None)
        return
    data = table("remote")
    parsed = options(command.args, data["take"].get(name, "").split(), singles=name in ("terraform", "tofu"))
    rest = list(parsed.rest)
    verbs: list[Word] = []
    grouped = False
    while rest and len(verbs) < 3 and rest[0].text.islower():
        verbs.append(rest.pop(0))
        grouped = verbs[-1].text in data["skip"].split() and name in data["twice"].split()
        grouped = grouped and (verbs[-1].text != "run" or name == "gcloud")
        if not grouped:
            break
    if not verbs and name not in ("flyway", "mongocli", "ansible-playbook", "vercel", "cap"):
        return
    verb = " ".join(word.text for word in verbs) or (rest[0].text if rest else "deploy" if name == "vercel" else "run")
    reads = data["read"].split()
    if verbs and (verbs[-1].text in reads or grouped):
        return
    if name in _TASKS and not verb.startswith(
        ("db:", "ecto.", "hex.", "migrate", "flush", "db", "assets:", "loaddata", "doctrine:")
    ):
        return
    run.add(
        "remote",
        name,
        verb,
        {
            "object": " ".join(word.text for word in rest[:4]),
            "target": _target(parsed.given),
            "flags": tuple(flag for flag, _ in parsed.given),
            "dry_run": any("dry-run" in flag for flag, _ in parsed.given) or parsed.has("--plan", "-check", "--check"),
        },
        verbs[0].span() if len(verbs) == 1 else None,
    )


def _target(given: tuple[tuple[str, Word | None], ...]) -> str:
    """The account, context, environment or stage that is named."""
    for flag, value in given:
        if flag == "--prod" or flag == "--production":
            return "production"
        if flag in _TARGETS and value is not None:
            return value.text
    return ""
