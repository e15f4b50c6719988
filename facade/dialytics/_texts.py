"""What a text must be to be sent."""

from __future__ import annotations

NOT_UNICODE = "not valid Unicode: it holds half of a surrogate pair"


def is_unicode(text: str) -> bool:
    """Tell whether a text can be sent: half of a surrogate pair stands for no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
