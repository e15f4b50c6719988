"""The comparison of this project's own contracts with those of another revision."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import contracts
from tools.specs import ROOT


def build_facade(folder: Path, client: str) -> Path:
    """Write a façade whose public names come lazily from private modules, as ours do."""
    package = folder / "dialytics"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    from ._client import Client\n"
        '__all__ = ("Client",)\n',
        "utf-8",
    )
    (package / "_client.py").write_text(client, "utf-8")
    (package / "sinks.py").write_text("def save(rows, path): ...\n", "utf-8")
    return folder


CLIENT = """
class Base:
    def close(self): ...
    def _wait(self): ...


class Client(Base):
    def rows(self, bot, *, page=1): ...


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
    ],
)
def test_public_names_are_compared(old: str, new: str, symbols: list[str], tmp_path: Path) -> None:
    """A change of what is promised is named as it is promised; private names are nobody's."""
    trees = [
        build_facade(tmp_path / "old", CLIENT),
        build_facade(tmp_path / "new", CLIENT.replace(old, new)),
    ]
    found = contracts.compare_facades(*trees)
    assert {str(change.symbol).partition("(")[0] for change in found} == set(symbols)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.0", "1.0.0", True),
        ("1.4.0", "1.5.0", False),
        ("1.4.0", "2.0.0", True),
    ],
)
def test_versions_announce(old: str, new: str, *, said: bool) -> None:
    """The major version says that something breaks; below 1.0 the minor one does."""
    assert contracts.announces(old, new) is said


def test_this_tree_against_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """Compared with itself nothing changed, and what cannot be compared ends with 2."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    reports = contracts.compare_trees(ROOT, ROOT)
    assert [report.changes for report in reports] == [[]] * 5
    assert contracts.main(["--base", "no-such-revision"]) == 2
    assert "no-such-revision" in capsys.readouterr().err
