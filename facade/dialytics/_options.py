"""The keyword options that many methods share, typed once and documented once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from inspect import currentframe
from typing import TYPE_CHECKING, TypedDict

from .errors import ArgumentError

if TYPE_CHECKING:
    from ._checkpoints import Checkpoint
    from ._declarations import Operation
    from ._http import Timeout


class CallOptions(TypedDict, total=False):
    """What every method takes.

    Attributes:
        timeout: Seconds to wait for the next bytes of a response; the client's by default.
        max_retries: How often a failed request is repeated; the client's by default.
    """

    timeout: Timeout
    max_retries: int


class ReportOptions(CallOptions, total=False):
    """What every report on a range of time takes.

    Attributes:
        tz: The time zone of dates, a ``tzinfo`` or a name such as ``Europe/Amsterdam``; UTC.
    """

    tz: tzinfo | str


class ListOptions(CallOptions, total=False):
    """What every listing takes.

    Attributes:
        max_items: Stop after this many rows.
        page_size: Rows a request, at most what the vendor allows, which is the default. Where the
            vendor's pages cannot be sized, the most rows in a page of ``pages()``.
        resume: A checkpoint of the same call, or its JSON, to go on behind the row it stands after.
    """

    max_items: int | None
    page_size: int | None
    resume: Checkpoint | str | None


class BulkOptions(CallOptions, total=False):
    """What every call takes that sends many records.

    Attributes:
        concurrency: How many records are sent at once; 4.
        resume: A checkpoint of the same call, or its JSON, to go on with the same records behind
            the one it stands after.
    """

    concurrency: int | None
    resume: Checkpoint | str | None


class RangeOptions(ListOptions, total=False):
    """What every listing over a range of time takes.

    Attributes:
        tz: The time zone of dates, a ``tzinfo`` or a name such as ``Europe/Amsterdam``; UTC.
        concurrency: How many windows are read at once; 4, or 1 with ``max_items``. Where it is
            given and at least twice the number of windows, they are cut shorter.
        ordered: Whether windows come in ascending order; true. ``False`` gives pages as they come,
            each window's in their order: nothing waits for a slow window.
    """

    tz: tzinfo | str
    concurrency: int | None
    ordered: bool


def check_options(
    operation: Operation, options: Mapping[str, object], kind: type[Mapping[str, object]]
) -> None:
    """Refuse options that are none of a method's.

    Raises:
        ArgumentError: One is unknown; the nearest known one is named.
    """
    vendor = operation.vendor.name
    check_names(operation.name, options, kind, vendor, operation.name)


def check_names(
    called: str,
    options: Mapping[str, object],
    kind: type[Mapping[str, object]],
    vendor: str,
    operation: str | None = None,
) -> None:
    """Refuse keyword options that a ``TypedDict`` does not name."""
    for name in options.keys() - kind.__annotations__.keys():
        from difflib import get_close_matches  # noqa: PLC0415  # for mistakes only

        known = sorted({*kind.__annotations__, *_own_parameters(called)})
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it takes {', '.join(known)}"
        raise ArgumentError(
            f"{called}() has no option {name}; {hint}", vendor=vendor, operation=operation
        )


def _own_parameters(called: str) -> tuple[str, ...]:
    """Return the parameters that a method, or a class's constructor, names beside its options.

    It is looked for among what is running, since only mistakes need it.
    """
    frame = currentframe()
    while frame is not None:
        code = frame.f_code
        if code.co_name == called or f".{code.co_qualname}".endswith(f".{called}.__init__"):
            return code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
        frame = frame.f_back
    return ()
