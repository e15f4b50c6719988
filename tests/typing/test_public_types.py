"""No public name is `Any`: the type checker is asked for the type of each, down to attributes.

Runs where mypy is installed (`nox -s types`).
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import dialytics

pytest.importorskip("mypy", reason="nox -s types runs this")

from mypy import api  # only where it is installed

ROOT = Path(__file__).resolve().parents[2]
VENDORS = ("chatlayer", "cognigy", "digitalcx", "inkeep")
MODULES = (
    "dialytics",
    "dialytics.errors",
    "dialytics.sandbox",
    *(f"dialytics.vendors.{vendor}" for vendor in VENDORS),
)
NOTE = re.compile(r'^[^:]+:(\d+): note: Revealed type is "(.*)"$', re.MULTILINE)
PAGERS = ("AsyncPager", "Pager")
FAULT = re.compile(r"^.*asking\.py:\d+: error: .*$", re.MULTILINE)
# The sandbox's truth, for assertions in tests: documents as the vendors would have them.
DOCUMENTS = {"dialytics.sandbox.Sandbox.cognigy_records", "dialytics.sandbox.Sandbox.events"}
# Keywords of any client's constructor.
KEYWORDS = {f"dialytics.sandbox.Sandbox.{name}" for name in ("client", "client_options")}
# pyarrow has no types.
ARROW = {f"dialytics.{pager}.{name}" for pager in PAGERS for name in ("batches", "to_arrow")}


def members(cls: type) -> list[str]:
    """Return the public attributes of a class that are ours."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith("dialytics")]
    names = {name for base in ours for name in (*vars(base), *inspect.get_annotations(base))}
    if issubclass(cls, BaseException):
        # What its constructor takes can be read from it.
        names |= inspect.signature(cls).parameters.keys()
    return sorted(name for name in names if not name.startswith("_"))


def probe() -> Iterator[tuple[str, str]]:
    """Yield what is asked about, and the line of Python that asks."""
    for place in MODULES:
        module = importlib.import_module(place)
        for name in module.__all__:
            thing, path = getattr(module, name), f"{place}.{name}"
            parameters = getattr(thing, "__parameters__", ())
            subscript = f"[{', '.join(['str'] * len(parameters))}]" if parameters else ""
            if parameters and not inspect.isclass(thing):
                # A generic alias is one in annotations only.
                function = re.sub(r"\W", "_", path)
                yield path, f"def {function}(x: {path}{subscript}) -> None: reveal_type(x)"
                continue
            yield path, f"reveal_type({path})"
            if not inspect.isclass(thing) or not thing.__module__.startswith("dialytics"):
                continue
            for member in members(thing) if not issubclass(thing, dict) else ():
                function = re.sub(r"\W", "_", f"{path}.{member}")
                asked = f"def {function}(x: {path}{subscript}) -> None: reveal_type(x.{member})"
                yield f"{path}.{member}", asked


def reveal(folder: Path, questions: list[tuple[str, str]]) -> dict[str, str]:
    """Return what mypy takes each thing's type to be."""
    imports = [f"import {name}" for name in MODULES]
    asking = folder / "asking.py"
    lines = [*imports, *(line for _, line in questions)]
    asking.write_text("\n".join(lines), encoding="utf-8")
    settings = [
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--hide-error-context",
        "--no-pretty",
    ]
    said, trouble, _ = api.run([*settings, str(asking)])
    assert (trouble, FAULT.findall(said)) == ("", [])
    told = {int(line) - len(imports) - 1: answer for line, answer in NOTE.findall(said)}
    assert told.keys() == set(range(len(questions)))
    answers = {name: told[number] for number, (name, _) in enumerate(questions)}
    # How a coroutine is typed is not ours, and mypy's editions spell builtins differently.
    return {
        name: re.sub(r"Coroutine\[Any, Any, |builtins\.", "", answer)
        for name, answer in answers.items()
    }


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The types of all public names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return reveal(tmp_path_factory.mktemp("types"), list(probe()))


def test_no_public_type_is_any(types: dict[str, str]) -> None:
    """Neither a public name, nor an attribute, parameter or result of one, is `Any`."""
    vague = {name for name, kind in types.items() if re.search(r"\bAny\b", kind)}
    assert vague == DOCUMENTS | KEYWORDS | ARROW


def test_no_public_type_is_unset(types: dict[str, str]) -> None:
    """What is absent is `None`: the generated clients' `Unset` is in no public type."""
    assert [name for name, kind in types.items() if "Unset" in kind] == []


def test_everything_was_asked(types: dict[str, str]) -> None:
    """The walk reaches methods, properties, columns, errors' attributes and options."""
    assert types["dialytics.vendors.digitalcx.Interaction.log_id"] == "int"
    assert "Checkpoint" in types["dialytics.Pager.checkpoint"]
    assert "bot_id: str" in types["dialytics.AsyncChatlayer.events"]
    assert types["dialytics.errors.NotFound.status"] == "int"
    assert types["dialytics.errors.DialyticsError.checkpoint"].endswith("Checkpoint | None")
    assert "timeout" in types["dialytics.CallOptions"]
    assert set(dialytics.__all__) <= {name.split(".")[1] for name in types}
