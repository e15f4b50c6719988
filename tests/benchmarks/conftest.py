"""A server of the benchmarks with little data, shared by the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.server import start_server
from benchmarks.setup import QUICK, Setup
from benchmarks.site import Site


@pytest.fixture(scope="module", params=[True, False], ids=["async", "sync"])
def setup(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Setup:
    """Tiny sizes, no server."""
    folder = tmp_path_factory.mktemp("pages")
    return Setup(QUICK, "", folder, Site(folder), asynchronous=request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a server's pages are."""
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """A running server."""
    with start_server(folder) as url:
        yield url
