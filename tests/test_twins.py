"""The synchronous and the asynchronous half of the library are the same, word for word."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, is_typeddict

import pytest

import dialytics

PAIRS = sorted(
    name
    for name in dialytics.__all__
    if f"Async{name}" in dialytics.__all__ and not is_typeddict(getattr(dialytics, name))
)
SPELLINGS = {
    "aclose": "close",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
}
WORDS = (
    (re.compile(r"\basync (?=for\b|with\b)"), ""),
    (re.compile(r"\bawait "), ""),
    (re.compile(r"\bAsync(?=[A-Z])"), ""),
    (re.compile(r"\baclose\b"), "close"),
    (re.compile(r"\basynchronous\b"), "synchronous"),
)


def translate(text: object) -> object:
    """Return asynchronous prose or types as the synchronous half has them."""
    if not isinstance(text, str):
        return text
    for pattern, replacement in WORDS:
        text = pattern.sub(replacement, text)
    return text


def members(cls: type) -> dict[str, Any]:
    """Return what is public of a class and the protocols it takes part in, unbound."""
    return {
        SPELLINGS.get(name, name): value
        for name, value in inspect.getmembers_static(cls)
        if (not name.startswith("_") or name in {*SPELLINGS, *SPELLINGS.values(), "__init__"})
        and (inspect.isfunction(value) or isinstance(value, property))
    }


def functions(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions behind a class's members."""
    for name, value in members(cls).items():
        function = value.fget if isinstance(value, property) else value
        assert function is not None
        yield name, function


def pair(name: str) -> tuple[type, type]:
    """Return the two classes of a name."""
    return getattr(dialytics, name), getattr(dialytics, f"Async{name}")


def test_every_client_has_a_twin() -> None:
    """The four clients and the pager exist in both kinds, and nothing else does."""
    assert PAIRS == ["Chatlayer", "Cognigy", "DigitalCX", "Inkeep", "Pager"]


@pytest.mark.parametrize("name", PAIRS)
def test_same_members(name: str) -> None:
    """Both kinds have the same public methods and properties."""
    ours, theirs = pair(name)
    assert members(ours).keys() == members(theirs).keys()
    for member, value in members(ours).items():
        assert isinstance(value, property) == isinstance(members(theirs)[member], property)


@pytest.mark.parametrize("name", PAIRS)
def test_same_signatures(name: str) -> None:
    """Parameters, kinds, defaults and types are the same, aside from the types' Async."""
    ours, theirs = (dict(functions(cls)) for cls in pair(name))
    for member, function in ours.items():
        first, second = inspect.signature(function), inspect.signature(theirs[member])
        assert [*first.parameters] == [*second.parameters], member
        for parameter, mine in first.parameters.items():
            other = second.parameters[parameter]
            assert (mine.kind, mine.default) == (other.kind, other.default), (member, parameter)
            assert mine.annotation == translate(other.annotation), (member, parameter)
        assert first.return_annotation == translate(second.return_annotation), member


@pytest.mark.parametrize("name", PAIRS)
def test_same_docstrings(name: str) -> None:
    """Docstrings are the same once translated, and nothing asynchronous is left in ours."""
    ours, theirs = pair(name)
    assert ours.__doc__ == translate(theirs.__doc__)
    theirs_by_name = dict(functions(theirs))
    for member, function in functions(ours):
        assert function.__doc__ == translate(theirs_by_name[member].__doc__), member
        if not member.startswith("__"):
            assert function.__doc__, member
            assert not re.search(r"\b(async|await|Async\w+)\b", function.__doc__), member


@pytest.mark.parametrize("name", PAIRS)
def test_only_one_half_is_asynchronous(name: str) -> None:
    """No function of the synchronous half is a coroutine; what the other awaits, ours returns."""
    ours, theirs = (dict(functions(cls)) for cls in pair(name))
    assert not any(inspect.iscoroutinefunction(function) for function in ours.values())
    assert inspect.iscoroutinefunction(theirs["close"])
    # Listings are plain calls in both halves: a pager is iterated, not awaited.
    for member, function in theirs.items():
        listing = str(inspect.signature(function).return_annotation).startswith("AsyncPager")
        assert not (listing and inspect.iscoroutinefunction(function)), member


@pytest.mark.parametrize("name", PAIRS)
def test_names_are_their_own(name: str) -> None:
    """Each half names itself, and the two are different classes."""
    ours, theirs = pair(name)
    assert (ours.__name__, theirs.__name__) == (name, f"Async{name}")
    assert ours.__qualname__ == ours.__name__
    assert not issubclass(theirs, ours)
