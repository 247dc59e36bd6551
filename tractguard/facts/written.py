"""The world as a command leaves it behind: files that it wrote itself, with the text that it put there.

`cat > x.sh <<EOF … EOF; sh x.sh` runs what stands in the command. Only whole texts are kept; a file that was written
with something that is not known has no text.
"""

from tractguard.facts.words import Word, join
from tractguard.facts.world import World

MOST_FILES = 64
MOST_PIECES = 200  # stretches of the command that one file is put together from
MOST_TEXT = 1_000_000  # characters of all files together


class Written:
    """A world with some files replaced."""

    def __init__(self, world: World) -> None:
        self.before = world
        self.root = world.root
        self.home = world.home
        self.level: int = getattr(world, "level", 0)
        self.left = getattr(world, "left", None)
        self.is_dir = world.is_dir
        self.real = world.real
        self.listing = world.listing
        self.branch = world.branch
        self.upstream = world.upstream
        self.words: dict[str, Word | None] = {}
        self.size = 0

    def put(self, path: str, content: Word | None, append: bool) -> None:
        """Note what was written to `path`; None where that is not known."""
        if append and content is not None:
            old = self.word(path)
            unknown = old is None and (path in self.words or self.before.exists(path))
            many = old is not None and len(old.places) > MOST_PIECES
            content = None if unknown or many else join([old or Word(""), content])
        self.size += len(content.text) if content is not None else 0
        if path in self.words or len(self.words) < MOST_FILES:
            self.words[path] = content if self.size <= MOST_TEXT else None

    def word(self, path: str) -> Word | None:
        """The text of a file, with the places of what was written in the command."""
        if path in self.words:
            return self.words[path]
        text = self.before.text(path)
        return None if text is None else Word(text)

    def text(self, path: str) -> str | None:
        word = self.word(path)
        return word.text if word is not None and word.known else None

    def exists(self, path: str) -> bool | None:
        return True if path in self.words else self.before.exists(path)
