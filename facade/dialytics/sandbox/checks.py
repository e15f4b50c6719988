"""What a fault plan's fields may hold; what may not is a `ValueError` that names the field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from .._texts import suggest

Check: TypeAlias = Callable[[Any, Any, Any], None]
T = TypeVar("T")
LONGEST_SECONDS = 1e9


def is_number(value: object) -> bool:
    """Tell whether a value is a number, which truth values are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_seconds(_: object, attribute: Any, value: Any) -> None:
    """Take what can be waited for."""
    if not (is_number(value) and 0 <= value <= LONGEST_SECONDS):
        problem = f"{attribute.name} must be a finite number of seconds, 0 or more; got {value!r}"
        raise ValueError(problem)


def check_offset(_: object, attribute: Any, value: Any) -> None:
    """Take seconds in either direction."""
    if not (is_number(value) and abs(value) <= LONGEST_SECONDS):
        raise ValueError(f"{attribute.name} must be a finite number of seconds; got {value!r}")


def check_share(_: object, attribute: Any, value: Any) -> None:
    """Take a share of a whole."""
    if not (is_number(value) and 0 <= value <= 1):
        raise ValueError(f"{attribute.name} must be a number from 0 to 1; got {value!r}")


def check_flag(_: object, attribute: Any, value: Any) -> None:
    """Take a truth value."""
    if not isinstance(value, bool):
        raise ValueError(f"{attribute.name} must be True or False; got {value!r}")


def check_text(_: object, attribute: Any, value: Any) -> None:
    """Take a text."""
    if not isinstance(value, str):
        raise ValueError(f"{attribute.name} must be a text; got {value!r}")


def check_error_status(_: object, attribute: Any, value: Any) -> None:
    """Take a status that says what is wrong."""
    if type(value) is not int or not 400 <= value <= 599:
        problem = f"{attribute.name} must be a whole number from 400 to 599; got {value!r}"
        raise ValueError(problem)


def check_page_status(_: object, attribute: Any, value: Any) -> None:
    """Take the status of a page in the place of an answer."""
    if type(value) is not int or not (value == 200 or 400 <= value <= 599):
        problem = f"{attribute.name} must be 200, or a whole number from 400 to 599; got {value!r}"
        raise ValueError(problem)


def require_at_least(least: int, **amounts: object) -> None:
    """Refuse what is no whole number from there on."""
    for name, amount in amounts.items():
        if type(amount) is not int or amount < least:
            raise ValueError(f"{name} must be a whole number, {least} or more; got {amount!r}")


def at_least(least: int) -> Check:
    """Return what takes whole numbers from there on."""

    def check(_: object, attribute: Any, value: Any) -> None:
        require_at_least(least, **{attribute.name: value})

    return check


def one_of(words: Sequence[T]) -> Callable[[Any, Any, T], None]:
    """Return what takes one of several words."""

    def check(_: object, attribute: Any, value: T) -> None:
        if value not in words:
            hint = suggest(value, [*map(str, words)], "it must be one of")
            raise ValueError(f"{attribute.name} cannot be {value!r}; {hint}")

    return check
