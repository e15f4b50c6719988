"""What a text must be to be sent, and which one may have been meant."""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it as true; importing typing takes longer than us
if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_UNICODE = "not valid Unicode: it holds half of a surrogate pair"


def is_unicode(text: str) -> bool:
    """Tell whether a text can be sent: half of a surrogate pair stands for no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def suggest(word: object, known: Sequence[str], otherwise: str) -> str:
    """Say which of the known words may have been meant; where none is near, name them all."""
    from difflib import get_close_matches  # noqa: PLC0415  # for mistakes only

    near = get_close_matches(str(word), known, n=1)
    return f"did you mean {near[0]}?" if near else f"{otherwise} {', '.join(known)}"
