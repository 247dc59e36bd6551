"""Every command, in the order in which a newcomer meets them."""

from typing import Annotated

import typer

from tractguard.cli import (
    allow,
    audit,
    bench,
    cases,
    check,
    classify,
    deliberate,
    doctor,
    explain,
    handoff,
    install,
    instructions,
    log,
    obligations,
    pause,
    policy,
    pressure,
    resume,
    status,
    statusline,
    trust,
    undo,
    verify,
    watch,
)

app = typer.Typer(
    name="tractguard",
    help="Say it once: tractguard holds a coding assistant to what you told it, at every tool call.\n\n"
    "Begin with 'tractguard init' in a repository, then look at 'tractguard status'.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        version_()


def version_() -> None:
    """Print the version.

    \b
    Example:
      tractguard version
    """
    from tractguard import __version__

    print(f"tractguard {__version__}")
    raise typer.Exit


def hook(
    host: Annotated[str, typer.Argument(help="The host's name.")],
    event: Annotated[str, typer.Argument(help="The host's name for the event.")],
) -> None:
    """Answer one event on stdin. What the shared form of the installed hook command runs."""
    from tractguard.hook import main

    raise typer.Exit(main([host, event]))


app.command(short_help="Guard this repository.")(install.init)
app.command(short_help="What is in force here.")(status.status)
app.command(short_help="The whole line for one command.")(explain.explain)
app.command(short_help="A verdict on a call, or on a stream.")(check.check)
app.command(short_help="How a sentence is understood.")(classify.classify)
app.add_typer(instructions.app, name="instructions", short_help="List, add, edit, retire, import …")
app.command("test", short_help="Run your own cases.")(cases.run)
app.command(short_help="What happened and what was decided.")(log.log)
app.command(short_help="All sessions here, as they happen.")(watch.watch)
app.command(short_help="Bring back work from before a call.")(undo.undo)
app.command(short_help="How full the context of a session is.")(pressure.pressure)
app.add_typer(handoff.app, name="handoff", short_help="What a session leaves to the next.")
app.add_typer(deliberate.app, name="deliberate", short_help="What only people may decide.")
app.command(short_help="One line for the client's status line.")(statusline.statusline)
app.add_typer(obligations.app, name="obligations", short_help="What is owed: steps, promises.")
app.command(short_help="How sure a major step is, and why.")(verify.verify)
app.command(short_help="Let one refused call pass, once.")(allow.allow)
app.command(short_help="Hold every change back.")(pause.pause)
app.command(short_help="End a pause.")(resume.resume)
app.command(short_help="Accept what came from elsewhere.")(trust.trust)
app.add_typer(audit.app, name="audit", short_help="Whether the record can be trusted.")
app.add_typer(policy.app, name="policy", short_help="The numbers and switches in force.")
app.command(short_help="Whether the guard really stands.")(doctor.doctor)
app.command(short_help="What one approved call costs.")(bench.bench)
app.command(short_help="Remove the hooks.")(install.uninstall)
app.command("version", short_help="Print the version.")(version_)
app.command(hidden=True)(hook)
