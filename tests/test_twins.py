"""The synchronous and the asynchronous half of the library are the same, word for word."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, is_typeddict

import pytest

import dialytics
from dialytics import (
    _task_readers,
    _task_workers,
    _tasks,
    _thread_readers,
    _thread_workers,
    _threads,
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
    (re.compile(r"\basync_(?=[a-z])"), ""),
    (re.compile(r"\bAn asynchronous\b"), "A synchronous"),
    (re.compile(r"\basynchronous\b"), "synchronous"),
)


def translate(text: object) -> object:
    """Return asynchronous prose or types as the synchronous half has them."""
    if not isinstance(text, str):
        return text
    for pattern, replacement in WORDS:
        text = pattern.sub(replacement, text)
    return text


def modules() -> Iterator[tuple[ModuleType, ModuleType]]:
    """Yield every module that is translated, the synchronous one first."""
    for found in pkgutil.walk_packages(dialytics.__path__, "dialytics."):
        if "_async" in found.name.split("."):
            twin = found.name.replace("._async", "._sync")
            yield importlib.import_module(twin), importlib.import_module(found.name)


def classes(module: ModuleType) -> dict[str, type]:
    """Return the classes that a module defines, by their names in the synchronous half."""
    return {
        name.removeprefix("Async"): value
        for name, value in vars(module).items()
        if inspect.isclass(value) and value.__module__ == module.__name__
    }


MODULES = list(modules())
PAIRS = {
    f"{ours.__name__}.{name}": (cls, classes(theirs)[name])
    for ours, theirs in MODULES
    for name, cls in classes(ours).items()
}
every_pair = pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
PUBLIC = {
    name: (getattr(dialytics, name), getattr(dialytics, f"Async{name}"))
    for name in dialytics.__all__
    if f"Async{name}" in dialytics.__all__
}


def members(cls: type) -> dict[str, Any]:
    """Return what is public of a class and the protocols it takes part in, unbound."""
    return {
        SPELLINGS.get(name, name): value
        for name, value in inspect.getmembers_static(cls)
        if (not name.startswith("_") or name in {*SPELLINGS, *SPELLINGS.values(), "__init__"})
        and (inspect.isfunction(value) or isinstance(value, (property, classmethod, staticmethod)))
    }


def functions(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions behind a class's members."""
    for name, value in members(cls).items():
        function = value.fget if isinstance(value, property) else value
        assert function is not None
        yield name, getattr(function, "__func__", function)


def spell(default: object) -> object:
    """Return a default, or a function's name: the halves sleep in ways of their own."""
    return default.__name__ if inspect.isroutine(default) else default


def test_every_public_name_has_a_twin() -> None:
    """What is public and asynchronous has its synchronous twin, and both are compared below."""
    names = [name for name in dialytics.__all__ if name.startswith("Async")]
    assert sorted(f"Async{name}" for name in PUBLIC) == names
    assert {"Chatlayer", "ClientOptions", "Cognigy", "DigitalCX", "Inkeep", "Pager"} <= set(PUBLIC)
    assert [pair for pair in PUBLIC.values() if pair not in PAIRS.values()] == []


def test_every_module_has_a_twin() -> None:
    """Both halves define the same classes, and what the clients are made of is among them."""
    for ours, theirs in MODULES:
        assert classes(ours).keys() == classes(theirs).keys(), ours
    assert len(MODULES) > 10
    compared = {cls for pair in PAIRS.values() for cls in pair}
    for pair in PUBLIC.values():
        for base in (base for cls in pair for base in cls.__mro__):
            shell = {"_sync", "_async"} & set(base.__module__.split("."))
            assert not shell or base in compared, base


@every_pair
def test_same_members(pair: tuple[type, type]) -> None:
    """Both kinds have the same public methods and properties."""
    ours, theirs = map(members, pair)
    assert ours.keys() == theirs.keys()
    for member, value in ours.items():
        assert type(value) is type(theirs[member])


@every_pair
def test_same_signatures(pair: tuple[type, type]) -> None:
    """Parameters, kinds, defaults and types are the same, aside from the types' Async."""
    ours, theirs = (dict(functions(cls)) for cls in pair)
    for member, function in ours.items():
        first, second = inspect.signature(function), inspect.signature(theirs[member])
        assert [*first.parameters] == [*second.parameters], member
        for parameter, mine in first.parameters.items():
            other = second.parameters[parameter]
            assert mine.kind == other.kind, (member, parameter)
            assert spell(mine.default) == spell(other.default), (member, parameter)
            assert mine.annotation == translate(other.annotation), (member, parameter)
        assert first.return_annotation == translate(second.return_annotation), member


@every_pair
def test_same_fields(pair: tuple[type, type]) -> None:
    """Options and records have the same fields, aside from the types' Async."""
    ours, theirs = (
        {name: getattr(kind, "__forward_arg__", kind) for name, kind in found.items()}
        for found in map(inspect.get_annotations, pair)
    )
    assert ours == {name: translate(kind) for name, kind in theirs.items()}
    assert is_typeddict(pair[0]) == is_typeddict(pair[1])
    if is_typeddict(pair[0]):
        assert pair[0].__total__ == pair[1].__total__  # type: ignore[attr-defined]


@every_pair
def test_same_docstrings(pair: tuple[type, type]) -> None:
    """Docstrings are the same once translated, and nothing asynchronous is left in ours."""
    ours, theirs = pair
    assert ours.__doc__ == translate(theirs.__doc__)
    theirs_by_name = dict(functions(theirs))
    for member, function in functions(ours):
        assert function.__doc__ == translate(theirs_by_name[member].__doc__), member
        if not member.startswith("__") and pair in PUBLIC.values():
            assert function.__doc__, member
        assert not re.search(r"\b(async|await|Async\w+)\b", function.__doc__ or ""), member


@every_pair
def test_only_one_half_is_asynchronous(pair: tuple[type, type]) -> None:
    """No function of the synchronous half is a coroutine; what the other awaits, ours returns."""
    ours, theirs = (dict(functions(cls)) for cls in pair)
    for function in ours.values():
        assert not inspect.iscoroutinefunction(function)
        assert not inspect.isasyncgenfunction(function)
    if "close" in theirs:
        assert inspect.iscoroutinefunction(theirs["close"])
    # Listings are plain calls in both halves: a pager is iterated, not awaited.
    for member, function in theirs.items():
        returned = str(inspect.signature(function).return_annotation)
        listing = returned.startswith(("AsyncPager", "AsyncOutcomes"))
        assert not (listing and inspect.iscoroutinefunction(function)), member


@pytest.mark.parametrize("name", PUBLIC)
def test_names_are_their_own(name: str) -> None:
    """Each half names itself, and the two are different classes."""
    ours, theirs = PUBLIC[name]
    assert (ours.__name__, theirs.__name__) == (name, f"Async{name}")
    assert ours.__qualname__ == ours.__name__
    assert ours is not theirs
    assert theirs not in ours.__mro__


@pytest.mark.parametrize(
    ("threads", "tasks"),
    [(_threads, _tasks), (_thread_readers, _task_readers), (_thread_workers, _task_workers)],
    ids=["each", "readers", "workers"],
)
def test_what_is_written_twice(threads: ModuleType, tasks: ModuleType) -> None:
    """Tasks and threads, which no tool translates, offer the same under the same names."""
    ours, theirs = classes(threads), classes(tasks)
    public = {name for name in ours if not name.startswith("_")}
    # A thread has to be told to stop.
    assert public - {"Sleep", "Stopped"} == {name for name in theirs if not name.startswith("_")}
    for name in public & theirs.keys():
        assert members(ours[name]).keys() == members(theirs[name]).keys()
