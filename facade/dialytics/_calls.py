"""What all methods of clients have in common: their errors say whose they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction, isfunction
from typing import Any

from .errors import DialyticsError

_PACKAGE = __name__.partition(".")[0]


def sign_errors(client: type) -> None:
    """Let a class's constructor and public methods name vendor and operation in their errors.

    Operations are named as their methods are. What is raised deep inside, of an argument say, need
    not know where it is.
    """
    for name, value in [*vars(client).items()]:
        if isfunction(value) and (name == "__init__" or not name.startswith("_")):
            setattr(client, name, _signed(value))


def forget_foreign(error: DialyticsError) -> None:
    """Let an error not lead back to what others raised, whose texts may hold what was said.

    ``raise ... from None`` only keeps it from being shown. What the caller was handling when the
    call was made stays.
    """
    found: list[DialyticsError] = []
    left = [error]
    while left:
        one = left.pop()
        if one in found:
            continue
        found.append(one)
        left += [failure.error for failure in getattr(one, "failures", ())]
        for link in ("__cause__", "__context__"):
            other = getattr(one, link)
            if isinstance(other, DialyticsError):
                left.append(other)
            elif other is not None and _was_caught_here(other):
                setattr(one, link, None)


def _was_caught_here(error: BaseException) -> bool:
    """Tell whether an error was handled by this package, or by nobody."""
    trace = error.__traceback__
    name = "" if trace is None else trace.tb_frame.f_globals.get("__name__", "")
    return trace is None or name.partition(".")[0] == _PACKAGE


def _signed(method: Callable[..., Any]) -> Callable[..., Any]:
    if not iscoroutinefunction(method):

        @wraps(method)
        def call(client: Any, *arguments: Any, **options: Any) -> Any:
            try:
                return method(client, *arguments, **options)
            except DialyticsError as error:
                _sign(error, client, method.__name__)
                raise

        return call

    @wraps(method)
    async def call_later(client: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return await method(client, *arguments, **options)
        except DialyticsError as error:
            _sign(error, client, method.__name__)
            raise

    return call_later


def _sign(error: DialyticsError, client: Any, method: str) -> None:
    forget_foreign(error)
    vendor = getattr(client, "_vendor", None)
    error.vendor = error.vendor or (vendor and vendor.name)
    if method != "__init__":
        error.operation = error.operation or method
