"""Reports as text for a terminal."""

from __future__ import annotations

from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from ._report import LEVELS, Change, Report
from ._write import describe, group_changes, plain

_STYLES = {3: "bold red", 2: "yellow", 1: "green", 0: "dim"}
_UNWRAPPED = 100_000


def write_text(report: Report, *, color: bool = False, width: int | None = None) -> str:
    """Write a report as text, the worst changes first, with a line of verdict for each axis.

    Args:
        report: The report.
        color: Whether to write colours for a terminal.
        width: Columns to wrap at; by default lines are as long as they are.

    Returns:
        The text.
    """
    console = Console(
        file=StringIO(),
        width=width or _UNWRAPPED,
        force_terminal=color,
        no_color=not color,
        highlight=False,
    )
    console.print(Text(f"{report.old} → {report.new}"))
    for level, changes in group_changes(report).items():
        console.print()
        console.print(Text(f"{level} ({len(changes)})", style=_STYLES[LEVELS[level]]))
        for change in changes:
            _print_change(console, change)
    if report.changes:
        console.print()
    for axis, verdict in report.verdicts.items():
        console.print(Text.assemble(f"{axis}: ", (verdict, _STYLES[LEVELS[verdict]])))
    console.print(Text(f"version advice: {report.advice}"))
    if report.suppressed:
        console.print(Text(f"accepted changes left out: {len(report.suppressed)}"))
    for note in report.notes:
        console.print(Text(note))
    file = console.file
    text = file.getvalue() if isinstance(file, StringIO) else ""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _print_change(console: Console, change: Change) -> None:
    title = Text.assemble(describe(change), (f"  [{change.id}]", "dim"))
    console.print(Padding(title, (0, 0, 0, 2), expand=False))
    where = change.symbol or "  ".join(filter(None, (change.location, change.pointer)))
    operations = ", ".join(change.operations[:3])
    more = len(change.operations) - 3
    if more > 0:
        operations += f" and {more} more"
    for line in filter(None, (operations, where)):
        console.print(Padding(Text(plain(line), style="dim"), (0, 0, 0, 6), expand=False))
