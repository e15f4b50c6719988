"""The examples of the code's docstrings, run against the sandbox."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import dialytics

VENDORS = ("Chatlayer", "Cognigy", "DigitalCX", "Inkeep")
CLIENTS = [prefix + name for prefix in ("", "Async") for name in VENDORS]
VENDOR_MODULES = [f"dialytics.vendors.{name.lower()}" for name in VENDORS]
CHECKER = doctest.OutputChecker()


def modules() -> Iterator[Any]:
    """Yield the library's and the tools' modules."""
    for name in ("dialytics", "tools"):
        package = importlib.import_module(name)
        yield package
        for _, inner, _ in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not inner.endswith("__main__"):
                yield importlib.import_module(inner)


def documented() -> list[doctest.DocTest]:
    """Return every docstring that has examples."""
    finder = doctest.DocTestFinder()
    found = [test for module in modules() for test in finder.find(module) if test.examples]
    return sorted(found, key=lambda test: test.name)


DOCUMENTED = documented()


@pytest.mark.parametrize("test", DOCUMENTED, ids=[test.name for test in DOCUMENTED])
def test_examples(test: doctest.DocTest, stage: Callable[[str], Any]) -> None:
    """An example of a docstring runs as it stands and shows what it says."""
    running = stage("Async" if "._async." in test.name else "")
    inner = {name: value for name, value in test.globs.items() if not hasattr(dialytics, name)}
    running.names = {**inner, **running.names}
    for example in test.examples:
        printed = running.run(example.source, "single")
        assert CHECKER.check_output(example.want, printed, doctest.ELLIPSIS), (
            f"{test.name}: {example.source.strip()} shows\n{printed}instead of\n{example.want}"
        )


def methods(client: str) -> dict[str, Any]:
    """Return the public methods that a vendor's client adds to what all clients have."""
    return {
        name: value
        for name, value in inspect.getmembers_static(getattr(dialytics, client))
        if not name.startswith("_")
        and inspect.isfunction(value)
        and ".vendors." in value.__module__
    }


@pytest.mark.parametrize("client", CLIENTS)
def test_every_method_has_an_example(client: str) -> None:
    """Each operation of each client shows how it is called."""
    found = {test.name for test in DOCUMENTED}
    assert methods(client)
    for name, method in methods(client).items():
        assert f"{method.__module__}.{method.__qualname__}" in found
        assert f".{name}(" in (inspect.getdoc(method) or "").partition("Example:")[2]


def public() -> Iterator[tuple[str, Any]]:
    """Yield every public name and what it stands for."""
    for module in (dialytics, *map(importlib.import_module, VENDOR_MODULES)):
        for name in module.__all__:
            thing = getattr(module, name)
            # An alias has its words where it is defined, which nothing reads at runtime.
            if inspect.isclass(thing) or inspect.isroutine(thing) or inspect.ismodule(thing):
                yield f"{module.__name__}.{name}", thing


NAMES = dict(public())


@pytest.mark.parametrize("name", NAMES)
def test_public_names_are_documented(name: str) -> None:
    """Every public name, and every public method and property of it, says what it is."""
    thing = NAMES[name]
    assert inspect.getdoc(thing)
    for member, value in inspect.getmembers_static(thing) if inspect.isclass(thing) else ():
        ours = inspect.isroutine(value) or isinstance(value, property)
        if ours and not member.startswith("_"):
            assert inspect.getdoc(value), f"{name}.{member}"


def test_wrong_output_is_noticed(stage: Callable[[str], Any]) -> None:
    """The comparison is one that can fail."""
    printed = stage("Async").run("await chatlayer.echo('hello')", "single")
    assert printed == "'hello'\n"
    assert not CHECKER.check_output("'other'\n", printed, doctest.ELLIPSIS)
