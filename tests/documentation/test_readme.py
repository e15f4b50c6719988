"""README and docs: their code runs against the sandbox, their links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dialytics
from dialytics.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]
DOCS = sorted((ROOT / "docs").glob("**/*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
CLIENTS = ("Chatlayer", "Cognigy", "DigitalCX", "Inkeep")
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```python (\w+\.py)\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
LINK = re.compile(r"\]\(([^):#]*)(?:#([^)]+))?\)")
every_page = pytest.mark.parametrize("page", PAGES, ids=[page.name for page in PAGES])


def blocks(page: Path) -> list[str]:
    """Return a page's blocks of Python, padded so that a traceback shows the page's own lines."""
    text = page.read_text(encoding="utf-8")
    found = BLOCK.finditer(text)
    return ["\n" * text.count("\n", 0, match.start(1)) + match.group(1) for match in found]


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the file and the anchor that each of a page's links to the project leads to."""
    for target, anchor in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if target or anchor:
            yield (page.parent / target).resolve() if target else page, anchor


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings make."""
    headings = HEADING.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    plain = [re.sub(r"[^\w\- ]", "", heading).lower() for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


@pytest.fixture
def elsewhere(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let clients that a block makes itself find the sandbox and its day, and files a folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("dialytics._sync.client.utc_now", sandbox.now)
    monkeypatch.setattr("dialytics._async.client.utc_now", sandbox.now)
    for vendor in ("chatlayer", "cognigy", "digitalcx", "inkeep"):
        url = sandbox.url(vendor)
        monkeypatch.setenv(f"DIALYTICS_{vendor.upper()}_BASE_URL", url)


def run_blocks(page: Path) -> dict[str, Any]:
    """Run a page's Python from top to bottom, from nothing, and return what it has named."""
    names: dict[str, Any] = {"__name__": "examples"}
    try:
        for source in blocks(page):
            exec(compile(source, str(page), "exec"), names)
    finally:
        for value in [*names.values()]:
            if hasattr(value, "close") and type(value).__module__.startswith("dialytics"):
                value.close()
        if isinstance(names.get("box"), Sandbox):
            names["box"].stop()
    return names


@pytest.mark.parametrize("page", [page for page in DOCS if blocks(page)], ids=lambda one: one.name)
def test_blocks(page: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A page's Python runs when it is copied, with nothing beside it, and asks the sandbox only.

    What it sends and receives is as the vendors' documents have it.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name, source in FILE.findall(page.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(source, encoding="utf-8")
    box = run_blocks(page).get("box")
    assert box is None or box.violations == []


def test_blocks_of_the_readme(elsewhere: None) -> None:
    """The README's Python runs as it stands, where the vendors' addresses lead to the sandbox."""
    assert run_blocks(ROOT / "README.md")["saved"].startswith("{")


def test_readme_is_short() -> None:
    """The README has at most 150 lines."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("name", CLIENTS)
def test_vendor_pages_are_short(name: str) -> None:
    """A vendor's page has fewer than 230 lines."""
    text = (ROOT / "docs" / f"{name.lower()}.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 230


@every_page
def test_links(page: Path) -> None:
    """A link to a file of the project leads to one, and to a heading in it where it names one."""
    for target, anchor in links(page):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


def test_every_page_can_be_found() -> None:
    """Links lead from the README to every page of the documentation."""
    found, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        found.add(page)
        reached = {target for target, _ in links(page) if target.suffix == ".md"}
        ahead += reached & set(PAGES) - found
    assert set(PAGES) - found == set()


def methods(name: str) -> list[str]:
    """Return the methods of a client that are not those of all clients."""
    client, shared = getattr(dialytics, name), dialytics.Pager.__module__.rpartition(".")[0]
    bases = [base for base in client.__mro__ if not base.__module__.startswith(f"{shared}.")]
    return [one for base in bases[:-1] for one in vars(base) if not one.startswith("_")]


@pytest.mark.parametrize("name", CLIENTS)
def test_methods_are_shown(name: str) -> None:
    """A vendor's page calls every method of its client in an example, and the README links it."""
    page = ROOT / "docs" / f"{name.lower()}.md"
    shown = "\n".join(blocks(page))
    assert methods(name)
    assert [one for one in methods(name) if f".{one}(" not in shown] == []
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (row,) = (line for line in readme.splitlines() if line.startswith(f"| `{name}("))
    assert f"(docs/{page.name})" in row


def test_links_and_anchors_are_read(tmp_path: Path) -> None:
    """Headings and links are found as a reader sees them: not those in code, nor web addresses."""
    page = tmp_path / "page.md"
    page.write_text(
        "# What's `new`?\n[a](other.md#part) [b](#whats-new) [c](https://x.test/#y)\n"
        "```sh\n# no heading\n[d](no.md)\n```\n",
        encoding="utf-8",
    )
    assert list(links(page)) == [(tmp_path / "other.md", "part"), (page, "whats-new")]
    assert anchors(page) == {"whats-new"}
