"""Suppressions: changes that somebody has looked at and accepted, with a reason and an end."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from ._report import Change, Report
from .errors import ContractError, StaleSuppressionError

_KEYS = {"fingerprint", "id", "pointer", "reason", "until"}


@dataclass(frozen=True, slots=True)
class Suppression:
    """One accepted change.

    Attributes:
        reason: Why it is accepted.
        fingerprint: The change's fingerprint; or else
        id: the change's id, with
        pointer: a pattern for its pointer or, on the Python axis, its symbol (``*`` for anything).
        until: The last day on which this holds; None for ever.
    """

    reason: str
    fingerprint: str | None = None
    id: str | None = None
    pointer: str | None = None
    until: date | None = None

    def covers(self, change: Change) -> bool:
        """Tell whether a change is the one that is accepted."""
        if self.fingerprint is not None:
            return self.fingerprint == change.fingerprint
        where = change.pointer or change.symbol or ""
        return self.id == change.id and fnmatchcase(where, self.pointer or "")


def read_suppressions(path: str | os.PathLike[str]) -> list[Suppression]:
    """Read a YAML list of suppressions.

    Args:
        path: The file. Each entry has ``fingerprint``, or ``id`` and ``pointer``; and a ``reason``;
            and, if it is to end, ``until`` (a date).

    Returns:
        The suppressions.

    Raises:
        ContractError: The file cannot be read, or an entry is not as above.
    """
    name = os.fspath(path)
    try:
        given = yaml.safe_load(Path(name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError) as error:
        raise ContractError(f"{name}: cannot be read: {' '.join(str(error).split())}") from None
    if given is None:
        return []
    if not isinstance(given, list):
        raise ContractError(f"{name}: not a list of suppressions")
    return [_read_one(entry, f"{name}: entry {number}") for number, entry in enumerate(given, 1)]


def suppress(report: Report, suppressions: Sequence[Suppression], today: date) -> Report:
    """Take accepted changes out of a report.

    Args:
        report: The report.
        suppressions: What is accepted.
        today: The day that expiry is judged by.

    Returns:
        The report with the accepted changes under ``suppressed``.

    Raises:
        StaleSuppressionError: A suppression is expired, or matches no change any more; its
            ``report`` is what would be returned otherwise.

    Example:
        >>> from datetime import date
        >>> from dialytics.contracts import Suppression, compare, suppress
        >>> old = {"paths": {"/bots": {"get": {"responses": {}}}}}
        >>> report = compare(old, {"paths": {}})
        >>> accepted = [Suppression("Nobody calls it.", report.changes[0].fingerprint)]
        >>> suppress(report, accepted, date(2026, 11, 20)).verdict("wire")
        'none'
    """
    expired = [one for one in suppressions if one.until and one.until < today]
    stale = [_tell(one, "expired") for one in expired]
    kept: list[Change] = []
    taken: list[tuple[Change, str]] = []
    used: set[int] = set()
    for change in report.changes:
        by = [one for one in suppressions if one.covers(change)]
        used.update(map(id, by))
        valid = [one for one in by if one not in expired]
        if valid:
            taken.append((change, valid[0].reason))
        else:
            kept.append(change)
    stale += [_tell(one, "matches no change") for one in suppressions if id(one) not in used]
    rest = replace(report, changes=kept, suppressed=[*report.suppressed, *taken])
    if stale:
        text = "suppressions to remove or renew:\n" + "\n".join(stale)
        raise StaleSuppressionError(text, rest)
    return rest


def _read_one(entry: Any, where: str) -> Suppression:
    if not isinstance(entry, Mapping) or entry.keys() - _KEYS:
        raise ContractError(f"{where}: may have {', '.join(sorted(_KEYS))} only")
    if not str(entry.get("reason") or "").strip():
        raise ContractError(f"{where}: gives no reason")
    if ("fingerprint" in entry) == bool({"id", "pointer"} <= entry.keys()):
        raise ContractError(f"{where}: needs either a fingerprint, or an id and a pointer")
    until = given = entry.get("until")
    if isinstance(given, str):
        until = _read_date(given)
    elif isinstance(given, datetime):
        until = given.date()
    if given is not None and not isinstance(until, date):
        raise ContractError(f"{where}: until is no date; write it as 2030-01-31")
    texts = {key: str(entry[key]) for key in ("fingerprint", "id", "pointer") if key in entry}
    return Suppression(str(entry["reason"]), until=until, **texts)


def _read_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _tell(one: Suppression, why: str) -> str:
    what = one.fingerprint or f"{one.id} at {one.pointer}"
    end = f" on {one.until}" if why == "expired" else ""
    return f"  {what} ({one.reason}): {why}{end}"
