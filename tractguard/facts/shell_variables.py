"""Statements that set variables: assignments, `export`, `local`, `declare`, `unset`."""

from typing import Any

from tractguard.facts import effects
from tractguard.facts.shell_command import assigned, schedule
from tractguard.facts.shell_run import Command, Run, Source
from tractguard.facts.shell_values import keep_list


def declaration(run: Run, src: Source, node: Any) -> None:
    """`export A=1`, `local a=1`, `declare -r a=1`."""
    exported = False
    for child in node.children:
        if child.type in ("export", "declare", "typeset"):
            exported = child.type == "export"
        elif child.type == "word" and "x" in src.raw(child):
            exported = True
        elif child.type == "variable_assignment":
            schedule(run, src, child)
            _assign(run, src, child, "export" if exported else "assignment")
        elif child.type == "variable_name" and exported and run.get(src.raw(child)) is not None:
            effects.environment(run, src.raw(child), run.variable(src.raw(child)), "export")
        else:
            schedule(run, src, child)
    _plain_command(run, src, node, "export" if exported else "declare")


def _plain_command(run: Run, src: Source, node: Any, name: str) -> None:
    """A builtin that the grammar gives its own node: told as the command that it is."""
    start, end = src.ends(node)
    words = tuple(src.word.cut(start, end).pieces()[:64])
    if words:
        run.commands += 1
        effects.told(run, Command(words, {}, run.cwd, text=src.word.text[start:end], where=run.where))


def assignment(run: Run, src: Source, node: Any) -> None:
    """`a=1` by itself."""
    schedule(run, src, node)
    _assign(run, src, node, "assignment")


def _assign(run: Run, src: Source, node: Any, via: str) -> None:
    name, word = assigned(run, src, node)
    if name:
        run.set(name, word)
        effects.environment(run, name, word, via)


def unset(run: Run, src: Source, node: Any) -> None:
    """`unset a`."""
    for child in node.named_children:
        run.set(src.raw(child), None)
        keep_list(run, src.raw(child), None)
