"""Statements that set variables: assignments, `export`, `local`, `declare`, `unset`; what a branch leaves known, and
what a group hands on."""

from typing import Any

from tractguard.facts import effects
from tractguard.facts.shell_command import assigned, schedule
from tractguard.facts.shell_run import Command, Run, Source
from tractguard.facts.shell_values import keep_list
from tractguard.facts.words import UNKNOWN_WORD, Word, join
from tractguard.model import UNKNOWN


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


def settle(run: Run, mark: int, args: tuple[Word, ...] | None) -> None:
    """After a branch that may not have been taken: what it set is no longer known."""
    if run.args is not args:
        run.args = None
    for name in {name for name, _ in run.log[mark:]}:
        if name[:3] == ":l:":
            run.set(name, None)
        elif name[:1] != ":":
            old = next(value for key, value in run.log[mark:] if key == name)
            if old is not None and old != run.values.get(name):
                run.set(name, UNKNOWN_WORD)


def prints(run: Run, begins: bool) -> None:
    """What the commands of a group print, one after the other, is what the next stage of a pipe reads."""
    if begins:
        run.prints.append([])
    elif texts := run.prints.pop():
        known = any(text is not None for text in texts)
        run.last = (run.last[0], join([text or Word(UNKNOWN + "\n") for text in texts]) if known else None)
