"""The entry for CHANGELOG.md that a vendor's new document gives, for a person to edit."""

from __future__ import annotations

import re
from pathlib import Path

from dialytics.contracts import Report

_HEAD = "## [Unreleased]\n"
_DIGITS = 12


def find_base(path: Path, vendor: str) -> str | None:
    """Return how the hash begins of the document that a draft of a vendor counts from."""
    found = re.search(_former(vendor), path.read_text(encoding="utf-8"))
    return found[1] if found else None


def write_draft(path: Path, vendor: str, report: Report | None, since: str) -> None:
    """Put a draft into the place of the former one of the vendor; None takes it out.

    Raises:
        ValueError: There is no section for it.
    """
    text = path.read_text(encoding="utf-8")
    if _HEAD not in text:
        raise ValueError(f"{path.name} has no section [Unreleased].")
    for pattern in (rf"\n### Changed\n\n{_former(vendor)}(?=\n)", _former(vendor)):
        text = re.sub(pattern, "", text)
    if report is not None:
        draft = f"{_HEAD}\n### Changed\n\n{_draft(vendor, report, since)}"
        text = text.replace(_HEAD, draft, 1)
    path.write_text(text, encoding="utf-8")


def _draft(vendor: str, report: Report, since: str) -> str:
    """Write the verdicts, and each change that is not harmless."""
    verdicts = ", ".join(f"{axis} {level}" for axis, level in report.verdicts.items())
    told = [
        f"  - {change.level}: {change.id}, "
        f"{change.symbol or ', '.join(change.operations) or change.pointer}\n"
        for change in report.changes
        if change.level in ("breaking", "risky")
    ]
    end = ":" if told else "; nothing of it breaks."
    head = f"- DRAFT: {vendor}'s new document, since {since[:_DIGITS]}"
    return f"{head} ({verdicts}; advice: {report.advice}){end}\n{''.join(told)}"


def _former(vendor: str) -> str:
    return rf"- DRAFT: {vendor}'s new document, since (\w+) .*\n(?:  - .*\n)*"
