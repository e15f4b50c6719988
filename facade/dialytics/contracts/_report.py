"""What a comparison says: changes, a verdict for each axis, and a version advice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import ContractError

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
    "not compared": 0,
}
# What the generator says where there is no client to compare on one side.
REFUSALS = ("generator-refuses", "generator-accepts")


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
        location: ``file:line:column`` where the document was a file: in the new document, of
            what changed or, where it went, of what it was taken from.
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
            object.__setattr__(self, "fingerprint", fingerprint(self, self.pointer))


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a comparison.

    Attributes:
        changes: All changes, in the order of the documents.
        axes: The axes that were asked for.
        profile: ``consumer`` or ``oasdiff``.
        old: What the old document is called.
        new: What the new document is called.
        suppressed: Changes that a suppression took out, with its reason.
        notes: Remarks, for example that only the documentation changed.
        failed: The axes among them that could not be compared; the notes say why.
    """

    changes: list[Change]
    axes: list[str]
    profile: str = "consumer"
    old: str = ""
    new: str = ""
    suppressed: list[tuple[Change, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def verdicts(self) -> Mapping[str, str]:
        """The verdict of each axis that was asked for."""
        return {axis: self.verdict(axis) for axis in self.axes}

    @property
    def advice(self) -> str:
        """Which part of our version to raise: ``major``, ``minor`` or ``patch``.

        The Python axis decides where it was compared (with the generator's), else the wire axis.
        """
        axis = "wire" if self.verdict("python") == "not compared" else "python"
        worst = max(LEVELS[self.verdict(axis)], self._dropped())
        if worst == LEVELS["breaking"]:
            return "major"
        grows = any(
            change.id == "generator-accepts" or (change.axis == axis and change.after is not None)
            for change in self.changes
        )
        return "minor" if worst and grows else "patch"

    @property
    def is_breaking(self) -> bool:
        """Whether any change breaks something."""
        return any(LEVELS[change.level] == LEVELS["breaking"] for change in self.changes)

    def verdict(self, axis: str) -> str:
        """Return the highest level of an axis.

        Args:
            axis: ``wire``, ``python``, ``generator`` or ``docs``.

        Returns:
            A level; ``none`` where nothing changed; ``not compared`` where nobody looked, or where
            the generator refuses a document.

        Raises:
            ContractError: There is no such axis.
        """
        if axis not in AXES:
            raise ContractError(f"axis {axis!r} is unknown; use one of {', '.join(AXES)}")
        if axis not in self.axes or axis in self.failed:
            return "not compared"
        levels = (change.level for change in self.changes if change.axis == axis)
        return max(levels, key=LEVELS.__getitem__, default="none")

    def fails(self, level: str) -> bool:
        """Tell whether any change is at a level or above; ``none`` never fails."""
        if level == "none":
            return False
        return any(LEVELS[change.level] >= LEVELS[level] for change in self.changes)

    def _dropped(self) -> int:
        return LEVELS[self.verdict("generator")]


def fingerprint(change: Change, where: str) -> str:
    """Hash what a change says, of what stands at a place: not how levels or texts call it."""
    told = [change.axis, change.id, where or change.symbol, change.before, change.after]
    text = json.dumps(told, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


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
