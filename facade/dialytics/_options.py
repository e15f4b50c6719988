"""The keyword options that many methods share, typed once and documented once."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import tzinfo
from inspect import currentframe, iscoroutinefunction
from os import PathLike, fspath
from typing import TYPE_CHECKING, Literal, TypedDict

from ._numbers import shorten
from ._texts import suggest
from .errors import ArgumentError

if TYPE_CHECKING:
    from ._bad_rows import BadRow
    from ._checkpoints import Checkpoint
    from ._declarations import Operation
    from ._http import Timeout
    from ._retry import RetryPolicy
    from ._stats import Stats


# What comes before it in Windows, a drive, has one letter; pathlib leaves one slash.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/", re.ASCII | re.IGNORECASE)
# Each is a thread or a task, with a connection; no vendor is known to take so many.
_MOST_AT_ONCE = 64


class CallOptions(TypedDict, total=False):
    """What every method takes.

    Attributes:
        timeout: Seconds to wait for the next bytes of a response; the client's by default.
        max_retries: How often a failed request is repeated; the client's by default.
        retry: How often and how patiently, in full, but for the budget, which is the client's: a
            policy with another one is refused. ``max_retries`` goes before it.
        deadline: Seconds that the whole call, or iteration, may take from its first request on,
            retries and waits included; none by default. Timeouts are cut to what is left, and a
            wait that would pass it raises ``DeadlineExceeded`` at once.
    """

    timeout: Timeout
    max_retries: int
    retry: RetryPolicy
    deadline: float | None


class ReportOptions(CallOptions, total=False):
    """What every report on a range of time takes.

    Attributes:
        tz: The time zone of dates, a ``tzinfo`` or a name such as ``Europe/Amsterdam``; UTC.
    """

    tz: tzinfo | str


class ListOptions(CallOptions, total=False):
    """What every listing takes, beside what ``CallOptions`` has.

    Attributes:
        max_items: Stop after this many rows.
        page_size: Rows a request, at most what the vendor allows, which is the default. Where the
            vendor's pages cannot be sized, the most rows in a page of ``pages()``.
        resume: A checkpoint of the same call, or its JSON, to go on behind the row it stands after.
        on_progress: A function that is called with the ``stats`` after each page, by whoever
            iterates; what it raises ends the iteration.
        on_bad_row: A function that is called with each ``BadRow``, a row that cannot be read, by
            whoever iterates (``batches()`` of an asynchronous pager: in another thread). The
            listing goes on with the next row; without it, a bad row ends it with its error.
    """

    max_items: int | None
    page_size: int | None
    resume: Checkpoint | str | None
    on_progress: Callable[[Stats], object] | None
    on_bad_row: Callable[[BadRow], object] | None


class BulkOptions(CallOptions, total=False):
    """What every call takes that sends many records.

    Attributes:
        concurrency: How many records are sent at once; 4, at most 64.
        resume: A checkpoint of the same call, or its JSON, to go on with the same records behind
            the one it stands after.
    """

    concurrency: int | None
    resume: Checkpoint | str | None


class RangeOptions(ListOptions, total=False):
    """What every listing over a range of time takes, beside what ``ListOptions`` has.

    Attributes:
        tz: The time zone of dates, a ``tzinfo`` or a name such as ``Europe/Amsterdam``; UTC.
        concurrency: How many windows are read at once; 4, or 1 with ``max_items``, at most 64.
            Where it is given and at least twice the number of windows, as in a short range, they
            are cut shorter.
        ordered: Whether windows come in ascending order; true. ``False`` gives pages as they come,
            each window's in their order: nothing waits for a slow window.
        on_window_error: What happens when a window fails for good: ``"raise"`` ends with its error,
            which is the default; ``"continue"`` reads all others first and ends in
            ``WindowsFailed``, whose checkpoint leads to those that failed.
    """

    tz: tzinfo | str
    concurrency: int | None
    ordered: bool
    on_window_error: Literal["raise", "continue"]


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
        known = sorted({*kind.__annotations__, *_own_parameters(called)})
        hint = suggest(name, known, "it takes")
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


def check_count(name: str, value: int | None, default: int) -> int:
    """Return a positive whole number, or the default for ``None``."""
    return check_limit(name, value, None) or default


def check_concurrency(value: int | None, default: int) -> int:
    """Return how much is done at once, or the default for ``None``."""
    count = check_count("concurrency", value, default)
    if count > _MOST_AT_ONCE:
        raise ArgumentError(f"concurrency must be at most {_MOST_AT_ONCE}; got {shorten(count)}")
    return count


def check_flag(name: str, value: object) -> bool:
    """Return a switch, refusing what only looks like one: ``"no"`` is true."""
    if not isinstance(value, bool):
        raise ArgumentError(f"{name} must be True or False; got {type(value).__name__}")
    return value


def check_choice(name: str, value: object, choices: Collection[str]) -> str:
    """Return one of several words."""
    if not isinstance(value, str) or value not in choices:
        raise ArgumentError(f"{name} must be one of {', '.join(choices)}; got {value!r}")
    return value


def check_function(name: str, value: object) -> None:
    """Refuse what is neither a function nor ``None``."""
    if value is not None and not callable(value):
        raise ArgumentError(f"{name} must be a function; got {type(value).__name__}")
    called = getattr(type(value), "__call__", None)  # noqa: B004  # is it async?
    if iscoroutinefunction(value) or iscoroutinefunction(called):
        raise ArgumentError(f"{name} must be a plain function, not async: nobody would await it")


def check_folder(folder: object) -> None:
    """Refuse what is no path; an empty text is taken for a mistake, not for this folder."""
    name = None
    if isinstance(folder, str | PathLike):
        with suppress(TypeError):
            name = fspath(folder)
    if not isinstance(name, str) or not name or "\0" in name:
        raise ArgumentError(f"folder must be a path, as text or a Path; got {shorten(folder)}")
    if _ADDRESS.match(name):
        raise ArgumentError(
            f"folder must be one of this machine, or mounted on it; got {shorten(folder)}"
        )


def check_limit(name: str, value: int | None, most: int | None) -> int | None:
    """Return a positive whole number up to the vendor's limit, or ``None``."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ArgumentError(f"{name} must be a whole number, 1 or more; got {shorten(value)}")
    if most is not None and value > most:
        raise ArgumentError(
            f"{name} must be at most {most}, the vendor's limit; got {shorten(value)}"
        )
    return value
