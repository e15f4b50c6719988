"""What numbers are taken from the user."""

from __future__ import annotations

from typing import Final

# No timer takes many more; it is thirty years.
_LONGEST_SECONDS: Final = 1e9
_LONGEST_TEXT: Final = 60


def is_duration(value: object) -> bool:
    """Tell whether a value is a number of seconds, 0 or more, that can be waited for."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and 0 <= value <= _LONGEST_SECONDS
    )


def shorten(value: object) -> str:
    """Return how a wrong value is shown: Python refuses to write out very long numbers."""
    try:
        text = repr(value)
    except ValueError:
        return "a very long number"
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..."
