"""What users may import from the façade, compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialytics.contracts import Report, write_text
from tools.public_names import compare_facades


def build_facade(folder: Path, client: str) -> Path:
    """Write a façade whose public names come lazily from private modules, as ours do."""
    package = folder / "dialytics"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from ._client import Client, Options\n"
        '__all__ = ("Client", "Options")\n',
        "utf-8",
    )
    (package / "_client.py").write_text(client, "utf-8")
    (package / "inner.py").write_text("from json import dumps\ndef save(rows): ...\n", "utf-8")
    return folder


CLIENT = """
from typing import TypedDict


class Base:
    def close(self): ...
    def _wait(self): ...


class Client(Base):
    size: int | None
    def rows(self, bot, *, page: int = 1) -> list[int]: ...


class Options(TypedDict, total=False):
    limit: int | None


class Hidden:
    def rows(self): ...
"""


@pytest.mark.parametrize(
    ("old", "new", "symbols"),
    [
        ("def rows(self, bot, *", "def rows(self, bot, *", []),
        ("def rows(self, bot, *", "def rows(self, name, *", ["dialytics.Client.rows"] * 2),
        ("def close(self)", "def shut(self)", ["dialytics.Client.close"]),
        ("def _wait(self)", "def _rest(self)", []),
        ("class Hidden", "class Gone", []),
        ("class Client(Base)", "class Klient(Base)", ["dialytics.Client"]),
        ("page: int = 1", "page: str = 1", ["dialytics.Client.rows"]),
        ("page: int = 1", "page: int | str = 1", []),
        ("-> list[int]", "-> list[int] | None", ["dialytics.Client.rows"]),
        ("size: int | None", "size: int", []),
        ("size: int | None", "size: str", ["dialytics.Client.size"]),
        ("limit: int | None", "limit: int", ["dialytics.Options.limit"]),
        ("limit: int | None", "limit: int | str | None", []),
    ],
)
def test_public_names_are_compared(old: str, new: str, symbols: list[str], tmp_path: Path) -> None:
    """A change of what is promised is named as it is promised; private names are nobody's."""
    trees = [
        build_facade(tmp_path / "old", CLIENT),
        build_facade(tmp_path / "new", CLIENT.replace(old, new)),
    ]
    breaks = [one for one in compare_facades(*trees) if one.level == "breaking"]
    assert {str(one.symbol).partition("(")[0] for one in breaks} == set(symbols)
    report = Report(breaks, ["python"])
    assert not any(sign in write_text(report) for sign in ("Function(", "None = None"))


def test_only_what_is_promised_counts(tmp_path: Path) -> None:
    """What no `__all__` names may come and go: functions of inner modules, imported names."""
    trees = [build_facade(tmp_path / name, CLIENT) for name in ("old", "new")]
    (trees[1] / "dialytics" / "inner.py").write_text("", "utf-8")
    assert compare_facades(*trees) == []
    (trees[0] / "dialytics" / "errors.py").write_text(
        '__all__ = ["Bad"]\nclass Bad: ...\n', "utf-8"
    )
    (trees[0] / "dialytics" / "pytest_plugin.py").write_text("def sandbox(): ...\n", "utf-8")
    assert {one.symbol for one in compare_facades(*trees)} == {
        "dialytics.errors.Bad",
        "dialytics.pytest_plugin.sandbox",
    }


def test_needed_arguments_are_told_as_they_are(tmp_path: Path) -> None:
    """A new argument without a default is told without one, a removed one by its name."""
    trees = [
        build_facade(tmp_path / "old", CLIENT),
        build_facade(tmp_path / "new", CLIENT.replace("*, page: int = 1", "*, depth: int")),
    ]
    changes = {one.id: (one.before, one.after) for one in compare_facades(*trees)}
    assert changes == {
        "parameter-removed": ("page: int = 1", None),
        "parameter-added-required": (None, "depth: int"),
    }
