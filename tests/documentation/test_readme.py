"""The code blocks of README and docs, run against the sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dialytics
from dialytics.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")


def blocks() -> Iterator[Any]:
    """Yield every block of Python, padded so that a traceback shows the page's own lines."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for match in BLOCK.finditer(text):
            line = text.count("\n", 0, match.start(1))
            where = f"{page.relative_to(ROOT).as_posix()}:{line + 1}"
            yield pytest.param("\n" * line + match.group(1), id=where)


@pytest.fixture
def elsewhere(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let clients that a block makes itself find the sandbox and its day, and files a folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dialytics._sync.client.utc_now", sandbox.now)
    monkeypatch.setattr("dialytics._async.client.utc_now", sandbox.now)
    for vendor in ("chatlayer", "cognigy", "digitalcx", "inkeep"):
        url = sandbox.url(vendor)
        monkeypatch.setenv(f"DIALYTICS_{vendor.upper()}_BASE_URL", url)


@pytest.mark.parametrize("source", list(blocks()))
def test_blocks(source: str, stage: Callable[[str], Any], elsewhere: None) -> None:
    """A block of Python runs as it stands; `write` and `save` are the reader's own."""
    running = stage("")
    kept: list[Any] = []
    running.names |= {"write": kept.append, "save": kept.append}
    running.run(source, "exec")
    assert kept or "save(" not in source


def test_readme_is_short() -> None:
    """The README has at most 150 lines."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])
def test_links(page: Path) -> None:
    """A link to a file of the project leads to one."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_methods_are_listed() -> None:
    """The README names every client and every one of its methods."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("Chatlayer", "Cognigy", "DigitalCX", "Inkeep"):
        (row,) = (line for line in text.splitlines() if line.startswith(f"| `{name}("))
        members = [one for one in vars(getattr(dialytics, name)) if not one.startswith("_")]
        assert all(f"`{one}`" in row for one in members), name
