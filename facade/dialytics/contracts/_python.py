"""The Python axis: both documents generated, and what users import compared."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ._breaks import Changes, compare_surfaces
from ._generate import PACKAGE, Generated, generate
from ._overlay import apply_overlay
from ._report import Change
from ._surface import read_surface
from .errors import ContractError


def compare_python(
    old: dict[str, Any],
    new: dict[str, Any],
    *,
    overlays: Sequence[str | os.PathLike[str]] | None,
    strict: bool,
) -> tuple[list[Change], list[str], bool]:
    """Generate both documents' clients and compare them, and the generator's warnings.

    Returns:
        The changes, remarks, and whether there were two clients to compare.
    """
    old, new, notes = _apply_overlays(old, new, overlays)
    with tempfile.TemporaryDirectory(prefix="contracts-") as scratch:
        before = generate(old, Path(scratch) / "old")
        after = generate(new, Path(scratch) / "new")
        changes = Changes(old, strict=strict)
        _compare_warnings(changes, before, after)
        if before.refusal is None and after.refusal is None:
            surfaces = [read_surface(one.folder, PACKAGE) for one in (before, after)]
            compare_surfaces(changes, *surfaces)
    refusals = [
        f"the generator refuses the {name} document: {one.refusal}"
        for name, one in (("old", before), ("new", after))
        if one.refusal is not None
    ]
    notes += [f"The Python axis could not be compared: {why}" for why in refusals]
    return changes.found, notes, not refusals


def _apply_overlays(
    old: dict[str, Any], new: dict[str, Any], overlays: Sequence[str | os.PathLike[str]] | None
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    if overlays is None:
        return old, new, []
    if isinstance(overlays, str) or len(overlays) != 2:
        raise ContractError("overlays are two files: one for the old, one for the new document")
    patched, notes = [], []
    for name, document, path in zip(("old", "new"), (old, new), overlays, strict=True):
        given, missed = apply_overlay(document, path)
        patched.append(given)
        notes += [
            f"{os.fspath(path)}: {one} matches nothing in the {name} document" for one in missed
        ]
    return patched[0], patched[1], notes


def compare_packages(old: Path, new: Path, package: str) -> list[Change]:
    """Compare a generated package as it is in two folders."""
    changes = Changes({}, strict=False)
    if (old / package).is_dir() and (new / package).is_dir():
        compare_surfaces(changes, *(read_surface(one, package) for one in (old, new)))
    return changes.found


def _compare_warnings(changes: Changes, old: Generated, new: Generated) -> None:
    if new.refusal is not None or old.refusal is not None:
        if new.refusal is None:
            changes.add(
                "generator-accepts", "compatible", None, old.refusal, None, axis="generator"
            )
        elif old.refusal != new.refusal:
            told = (None, new.refusal) if old.refusal is None else (old.refusal, new.refusal)
            level = "breaking" if old.refusal is None else "risky"
            changes.add("generator-refuses", level, None, *told, axis="generator")
        return
    before, after = Counter(old.warnings), Counter(new.warnings)
    for text in (after - before).elements():
        dropped = "Endpoint will not be generated" in text
        name = "generator-endpoint-dropped" if dropped else "generator-warning-added"
        changes.add(name, "breaking" if dropped else "risky", None, None, text, axis="generator")
    for text in (before - after).elements():
        changes.add("generator-warning-removed", "compatible", None, text, None, axis="generator")
