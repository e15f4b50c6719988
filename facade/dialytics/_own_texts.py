"""The caller's own texts in a request, which logs and errors do not show."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from ._declarations import Operation
from ._messages import Request
from ._redaction import find_texts, may_repeat, request_id
from ._vocabulary import is_setting, knows

_LONG_ID = 8
_SWITCHES = frozenset({"true", "false"})


def tell_own_texts(request: Request, operation: Operation) -> list[str]:
    """Return the caller's own texts in a request's path and query.

    Not the range of time, no settings and no short ids: vendors name these for good reason. What is
    not ASCII is no id.
    """
    times, vendor = operation.window_query or (), operation.vendor.name
    query = [(name, value) for name, value in request.query.items() if name not in times]
    sent = [(n, one) for n, v in query for one in ([v] if isinstance(v, str) else v)]
    texts = [(n, one) for n, one in sent if one not in _SWITCHES and not knows(vendor, n, one)]
    parts = zip(operation.path.split("/"), request.path.split("/"), strict=False)
    ids = [(name.strip("{}"), unquote(part)) for name, part in parts if name.startswith("{")]
    texts += [(name, one) for name, one in ids if len(one) >= _LONG_ID or not one.isascii()]
    return [one for name, one in texts if not is_setting(name, one)]


def find_id(
    text: str | None, request: Request, operation: Operation, secrets: Sequence[str]
) -> str:
    """Return a request's id as a log may show it: not what the caller has said."""
    if text is None or request_id(text) is None:
        return "-"
    content = request.content
    if content is not None and not may_repeat(text, content):
        content = None
    said = find_texts(content, tell_own_texts(request, operation))
    return request_id(text, secrets, said) or "-"
