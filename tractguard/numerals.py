"""Numbers as people say them. Standard library only: the status line says them too."""


def counted(number: int, noun: str) -> str:
    """A number and its noun: "1 event", "2 events"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def short(number: int) -> str:
    """A large number in few characters: 940, "12k", "1.2M"."""
    if number >= 1_000_000:
        return f"{number / 1_000_000:.1f}M"
    return f"{number / 1000:.0f}k" if number >= 1000 else str(number)
