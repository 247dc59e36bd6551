"""Regular expressions that cost nothing until they are needed.

A prompt is read in a fresh process, where compiling every expression costs more than reading the prompt. `lazy` gives
an expression that is compiled at its first use, and then is as fast as any other. With `needs`, plain words of which
every match holds at least one, it is not even compiled for texts that hold none of them.
"""

import re
from collections.abc import Iterator
from typing import Any, cast


class _Lazy:
    """Stands for a compiled expression; becomes one in all its methods at the first that cannot be told otherwise."""

    def __init__(self, source: str, flags: int, needs: tuple[str, ...]) -> None:
        self._given = source, flags
        self._needs = needs

    def search(self, text: str, *span: int) -> re.Match[str] | None:
        return self._compiled().search(text, *span) if self._possible(text) else None

    def match(self, text: str, *span: int) -> re.Match[str] | None:
        return self._compiled().match(text, *span) if self._possible(text) else None

    def fullmatch(self, text: str, *span: int) -> re.Match[str] | None:
        return self._compiled().fullmatch(text, *span) if self._possible(text) else None

    def finditer(self, text: str, *span: int) -> Iterator[re.Match[str]]:
        return self._compiled().finditer(text, *span) if self._possible(text) else iter(())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._compiled(), name)

    def _possible(self, text: str) -> bool:
        return not self._needs or any(word in text for word in self._needs)

    def _compiled(self) -> re.Pattern[str]:
        compiled = re.compile(*self._given)
        for method in ("search", "match", "fullmatch", "finditer", "findall", "sub", "split"):
            setattr(self, method, getattr(compiled, method))  # from now on without a detour
        return compiled


def lazy(source: str, flags: int = 0, needs: str = "") -> re.Pattern[str]:
    """`re.compile(source, flags)`, later: a mistake in `source` shows at the first use.

    `needs` are words (parted by "|") of which every match holds one, as they stand in a match: lower case where the
    texts are.
    """
    return cast(re.Pattern[str], _Lazy(source, flags, tuple(needs.split("|")) if needs else ()))
