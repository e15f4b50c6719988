"""Reports as JSON, Markdown and GitHub annotations."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ._report import LEVELS, Change, Report

SCHEMA_VERSION = 1
_LONGEST_COMMENT = 60_000  # characters; GitHub takes 65,536
_MOST_ANNOTATIONS = 10  # of each kind and step; GitHub shows no more
_LONGEST_VALUE = 80
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def as_data(report: Report) -> dict[str, Any]:
    """Write a report as plain data, as the published JSON Schema describes it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "old": report.old,
        "new": report.new,
        "profile": report.profile,
        "verdicts": dict(report.verdicts),
        "advice": report.advice,
        "notes": list(report.notes),
        "changes": [_change_data(change) for change in report.changes],
        "suppressed": [
            {"reason": reason, **_change_data(change)} for change, reason in report.suppressed
        ],
    }


def write_json(report: Report) -> str:
    """Write a report as JSON."""
    return json.dumps(as_data(report), indent=2, ensure_ascii=False, default=str)


def write_markdown(report: Report) -> str:
    """Write a report as Markdown, short enough for a pull request's comment."""
    lines = ["## Contract changes", "", f"`{report.old}` → `{report.new}`", ""]
    lines += ["| axis | verdict | changes |", "|---|---|---|"]
    for axis, verdict in report.verdicts.items():
        number = sum(change.axis == axis for change in report.changes)
        lines.append(
            f"| {axis} | {'**' + verdict + '**' if LEVELS[verdict] > 1 else verdict} | {number} |"
        )
    lines += ["", f"Version advice: **{report.advice}**.", *report.notes]
    groups = group_changes(report)
    for level, changes in groups.items():
        rows = ["| change | where | what |", "|---|---|---|", *map(_markdown_row, changes)]
        title = f"{level} ({len(changes)})"
        if LEVELS[level] > 1:
            lines += ["", f"### {title}", "", *rows]
        else:
            lines += ["", f"<details><summary>{title}</summary>", "", *rows, "", "</details>"]
    if report.suppressed:
        lines += ["", f"Accepted changes left out: {len(report.suppressed)}."]
    return _cut("\n".join(lines) + "\n")


def write_annotations(report: Report) -> str:
    """Write a report as GitHub annotations: the first ten errors, warnings and notices."""
    kinds = {3: "error", 2: "warning", 1: "notice"}
    lines: list[str] = []
    for level, changes in group_changes(report).items():
        for change in changes[:_MOST_ANNOTATIONS]:
            file, line, column = _split_location(change.location)
            place = f"file={_escape(file, ',:')},line={line},col={column}," if file else ""
            title = _escape(change.id, ",:")
            text = _escape(" ".join(filter(None, [describe(change), _operations(change)])))
            lines.append(f"::{kinds[LEVELS[level]]} {place}title={title}::{text}")
        if len(changes) > _MOST_ANNOTATIONS:
            rest = len(changes) - _MOST_ANNOTATIONS
            lines.append(f"::notice title=contracts::{level} changes not shown here: {rest}")
    told = report.notes[:_MOST_ANNOTATIONS]
    lines += [f"::notice title=contracts::{_escape(note)}" for note in told]
    verdict = ", ".join(f"{axis}: {level}" for axis, level in report.verdicts.items())
    lines.append(
        f"::notice title=contracts::{_escape(f'{verdict}; version advice: {report.advice}')}"
    )
    return "\n".join(lines) + "\n"


def group_changes(report: Report) -> dict[str, list[Change]]:
    """Return the changes by level, the worst first."""
    groups: dict[str, list[Change]] = {}
    for change in sorted(report.changes, key=lambda one: -LEVELS[one.level]):
        groups.setdefault(change.level, []).append(change)
    return groups


def describe(change: Change) -> str:
    """Write what changed as a short text: what it is about, the value before and after."""
    before, after = shorten(change.before), shorten(change.after)
    words = change.id.replace("-", " ") + _subject(change)
    if isinstance(change.before, bool) and isinstance(change.after, bool):
        return words
    if change.before is None and change.after is None:
        return words
    if change.after is None:
        return f"{words}: {before}"
    if change.before is None:
        return f"{words}: {after}"
    return f"{words}: {before} → {after}"


def _subject(change: Change) -> str:
    parts = change.pointer.split("/")
    named = [n for n, part in enumerate(parts[:-1]) if part in ("properties", "headers")]
    return f" ({parts[named[-1] + 1]})" if named else ""


def shorten(value: Any) -> str:
    """Write a value in one short line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = plain(" ".join(text.split()))
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def plain(text: str) -> str:
    """Take out what would steer a terminal."""
    return _CONTROL.sub("?", text)


def _change_data(change: Change) -> dict[str, Any]:
    return {
        "axis": change.axis,
        "id": change.id,
        "level": change.level,
        "pointer": change.pointer,
        "operations": list(change.operations),
        "symbol": change.symbol,
        "before": change.before,
        "after": change.after,
        "location": change.location,
        "fingerprint": change.fingerprint,
    }


def _markdown_row(change: Change) -> str:
    where = change.symbol or change.pointer or "/"
    cells = f"`{change.id}`", f"`{_quote(where)}`{_operations(change, ' in ')}", describe(change)
    return "| " + " | ".join((cells[0], cells[1], _escape_markdown(cells[2]))) + " |"


def _operations(change: Change, prefix: str = "in ") -> str:
    if not change.operations:
        return ""
    first = ", ".join(change.operations[:3])
    more = len(change.operations) - 3
    return prefix + _quote(first) + (f" and {more} more" if more > 0 else "")


def _quote(text: str) -> str:
    return text.replace("`", "'").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _escape_markdown(text: str) -> str:
    for sign in "\\|<>*_[]`@#":
        text = text.replace(
            sign,
            f"\\{sign}" if sign not in "<>@" else {"<": "&lt;", ">": "&gt;", "@": "@\u200b"}[sign],
        )
    return text


def _escape(text: str, more: Iterable[str] = ()) -> str:
    codes: Mapping[str, str] = {"\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"}
    text = text.replace("%", "%25")
    for sign in ("\r", "\n", *more):
        text = text.replace(sign, codes[sign])
    return text


def _split_location(location: str | None) -> tuple[str, str, str]:
    if location is None or "://" in location:
        return "", "1", "1"
    reference, colon, path = location.partition(":")
    if colon and len(reference) != 1 and not path.partition(":")[0].isdecimal():
        location = path  # of a revision, the file
    file, line, column = [*location.rsplit(":", 2), "1", "1"][:3]
    return (file, line, column) if line.isdecimal() else (location, "1", "1")


def _cut(text: str) -> str:
    if len(text) <= _LONGEST_COMMENT:
        return text
    kept = text[:_LONGEST_COMMENT].rpartition("\n")[0]
    tail = "\n\n</details>" if kept.count("<details>") > kept.count("</details>") else "\n"
    return f"{kept}{tail}\n\nThe report is longer; the JSON has all of it.\n"
