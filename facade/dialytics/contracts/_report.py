"""What a comparison says: changes, a verdict for each axis, and a version advice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

AXES = ("wire", "python", "generator", "docs")
# From the worst to the least, for both profiles; "none" is no change at all.
LEVELS = {
    "breaking": 3,
    "error": 3,
    "risky": 2,
    "warning": 2,
    "compatible": 1,
    "info": 1,
    "none": 0,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a contract.

    Attributes:
        axis: ``wire`` (programs already running), ``python`` (code that imports the regenerated
            package), ``generator`` (its warnings) or ``docs``.
        id: What kind of change, for example ``request-property-became-required``.
        level: ``breaking``, ``risky`` or ``compatible``; with the oasdiff profile ``error``,
            ``warning`` or ``info``.
        pointer: JSON pointer to what changed: in the old document where something went, else in
            the new one. A change in a component points into the component.
        operations: The operations that it reaches, as ``"METHOD /path"`` with the paths of the
            old document; empty for what concerns the document as a whole.
        symbol: The Python name that changed, on the Python axis.
        before: What stood there, None where nothing did.
        after: What stands there now, None where nothing does.
        location: ``file:line:column`` where the document was a file.
        fingerprint: Twelve hexadecimal digits that name this change, for suppressions.
    """

    axis: str
    id: str
    level: str
    pointer: str
    operations: list[str] = field(default_factory=list)
    symbol: str | None = None
    before: Any = None
    after: Any = None
    location: str | None = None
    fingerprint: str = ""

    def __post_init__(self) -> None:
        """Compute the fingerprint, unless it is given."""
        if not self.fingerprint:
            told = [self.axis, self.id, self.pointer or self.symbol, self.before, self.after]
            text = json.dumps(told, sort_keys=True, default=str)
            digest = hashlib.sha256(text.encode()).hexdigest()[:12]
            object.__setattr__(self, "fingerprint", digest)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a comparison.

    Attributes:
        changes: All changes, in the order of the documents.
        axes: The axes that were compared.
        profile: ``consumer`` or ``oasdiff``.
        old: What the old document is called.
        new: What the new document is called.
        suppressed: Changes that a suppression took out, with its reason.
        notes: Remarks, for example that only the documentation changed.
    """

    changes: list[Change]
    axes: list[str]
    profile: str = "consumer"
    old: str = ""
    new: str = ""
    suppressed: list[tuple[Change, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def verdicts(self) -> Mapping[str, str]:
        """The highest level of each compared axis, ``none`` where nothing changed."""
        return {axis: self.verdict(axis) for axis in self.axes}

    @property
    def advice(self) -> str:
        """Which part of our version to raise: ``major``, ``minor`` or ``patch``.

        The Python axis decides where it was compared, else the wire axis does.
        """
        axis = "python" if "python" in self.axes else "wire"
        worst = max(LEVELS[self.verdict(axis)], self._dropped())
        if worst == LEVELS["breaking"]:
            return "major"
        grows = any(change.after is not None for change in self.changes if change.axis == axis)
        return "minor" if worst and grows else "patch"

    @property
    def is_breaking(self) -> bool:
        """Whether any change breaks something."""
        return any(LEVELS[change.level] == LEVELS["breaking"] for change in self.changes)

    def verdict(self, axis: str) -> str:
        """Return the highest level of an axis, ``none`` where nothing changed."""
        levels = (change.level for change in self.changes if change.axis == axis)
        return max(levels, key=LEVELS.__getitem__, default="none")

    def fails(self, level: str) -> bool:
        """Tell whether any change is at a level or above; ``none`` never fails."""
        if level == "none":
            return False
        return any(LEVELS[change.level] >= LEVELS[level] for change in self.changes)

    def _dropped(self) -> int:
        return LEVELS[self.verdict("generator")]


def merge_changes(changes: Iterable[Change]) -> list[Change]:
    """Make one of changes that say the same, with the operations of all of them."""
    merged: dict[str, Change] = {}
    for change in changes:
        known = merged.get(change.fingerprint)
        if known is None:
            merged[change.fingerprint] = change
        else:
            operations = dict.fromkeys([*known.operations, *change.operations])
            merged[change.fingerprint] = replace(known, operations=list(operations))
    return list(merged.values())
