"""What pytest finds by itself once dialytics is installed: the fixture `dialytics_sandbox`."""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import pytest

from ._texts import suggest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .sandbox import Sandbox

_MARKER = "dialytics_sandbox"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(**options): make the fixture's sandbox with these, as dialytics.sandbox.Sandbox"
        " takes them",
    )


@pytest.fixture
def dialytics_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A running sandbox of the four vendors, in which no wait of the library takes time.

    Its `client` gives ready clients, its `set_faults` lets things go wrong, its `requests` are what
    was received. Each test has its own; the marker `dialytics_sandbox` says how it is made. Needs
    the extra `sandbox`.
    """
    # pytest loads this module wherever the library is installed, also without the extra.
    try:
        from .sandbox import Sandbox  # noqa: PLC0415
    except ModuleNotFoundError as error:
        pytest.fail(f"dialytics_sandbox: {error}", pytrace=False)
    from .testing import no_waits  # noqa: PLC0415

    try:
        box = Sandbox(**_read_marker(request.node.get_closest_marker(_MARKER), Sandbox))
    except ValueError as error:
        pytest.fail(f"dialytics_sandbox: {error}", pytrace=False)
    with no_waits(), box:
        yield box


def _read_marker(marker: pytest.Mark | None, kind: type[Sandbox]) -> Mapping[str, Any]:
    """Return a marker's options; raise `ValueError` for what the sandbox does not take."""
    if marker is None:
        return {}
    known = [*signature(kind).parameters]
    if marker.args:
        taken = ", ".join(f"{name}=" for name in known)
        raise ValueError(f"the marker takes keywords only: {taken}")
    for name in marker.kwargs.keys() - {*known}:
        raise ValueError(f"a sandbox takes no {name}; {suggest(name, known, 'it takes')}")
    return marker.kwargs
