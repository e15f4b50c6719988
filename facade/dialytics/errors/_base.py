"""What all errors have in common, and those that come before any request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .._checkpoints import Checkpoint
    from .._windows import Window

_SHOWN: Final = 300


class DialyticsError(Exception):
    """Base of every error here; catch it to catch them all.

    Attributes:
        message: what happened, in our own words.
        vendor: the vendor's short name, or None where no vendor is involved.
        operation: the operation that failed, or None.
        checkpoint: in a listing, the place to resume after; None elsewhere.
        window: in a listing over a range, the window that failed; None elsewhere.
        key: in a listing with keys, such as cultures, the one that failed; None elsewhere.
        tries: how often the request was tried; None where none was.
    """

    def __init__(
        self,
        message: str,
        *,
        vendor: str | None = None,
        operation: str | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.vendor = vendor
        self.operation = operation
        self.checkpoint = checkpoint
        self.window: Window | None = None
        self.key: str | None = None
        self.tries: int | None = None

    def __str__(self) -> str:
        source = " ".join(filter(None, (self.vendor, self.operation)))
        line = ": ".join(filter(None, (one_line(source), *self._statements())))
        places = (("window", self.window), ("key", self.key))
        told = [*self._facts(), *((name, value) for name, value in places if value is not None)]
        if self.tries is not None and self.tries > 1:
            told.append(("tries", self.tries))
        facts = ", ".join(f"{name} {cut(str(value))}" for name, value in told)
        return f"{line} ({facts})" if facts else line

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with `args` alone; keyword-only arguments would be lost.
        return _restore, (type(self), self.args, self.__dict__)

    def _statements(self) -> list[str]:
        return [one_line(self.message)]

    def _facts(self) -> list[tuple[str, object]]:
        return []


class ConfigurationError(DialyticsError):
    """A setting or credential is missing or contradicts another; raised before any request.

    Set the argument or environment variable that the message names.
    """


class ArgumentError(DialyticsError, ValueError):
    """An argument is of the wrong kind or out of range; raised at the call, before any request.

    Correct the argument that the message names.
    """


class WindowError(ArgumentError):
    """A date range that the vendor would surely refuse; raised before any request.

    The message names the nearest range that is acceptable; ``clip=True`` narrows instead.
    """


def one_line(text: str) -> str:
    """Keep a vendor's line breaks and terminal escapes out of logs."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cut(text: str) -> str:
    line = one_line(text[: 4 * _SHOWN])
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"


def _restore(
    cls: type[DialyticsError], args: tuple[Any, ...], state: dict[str, Any]
) -> DialyticsError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error
