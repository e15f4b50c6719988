"""The pins of this folder are complete: a new method comes with the type of what it gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dialytics

RESULTS = (Path(__file__).parent / "results.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["Chatlayer", "Cognigy", "DigitalCX", "Inkeep"])
def test_every_method_is_pinned(name: str) -> None:
    """Each method of each client is called in results.py, in a function that takes that client."""
    used = "".join(
        part
        for part in re.split(r"^(?=def |async def )", RESULTS, flags=re.MULTILINE)
        if f"client: {name}" in part
    )
    members = {one for one in dir(getattr(dialytics, name)) if not one.startswith("_")} - {"close"}
    assert members
    assert {one for one in members if f"client.{one}(" not in used} == set()
