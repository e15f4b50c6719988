"""``dialytics contracts``: what changed between two OpenAPI documents."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..contracts import Report

_FORMATS = ("text", "json", "markdown", "github")


def add_commands(commands: Any) -> None:
    """Add ``contracts diff`` to the command."""
    group = commands.add_parser("contracts", help="compare OpenAPI documents")
    diff = group.add_subparsers(required=True, metavar="COMMAND").add_parser(
        "diff",
        help="say what changed and what it breaks",
        description="Say what changed between two OpenAPI documents and what it breaks. "
        "Exit code 0: nothing at the level of --fail-on or above; 1: something; 2: the documents "
        "cannot be compared, or a suppression is unused or expired.",
    )
    diff.add_argument("old", help="file, git-ref:path, or URL (with --fetch)")
    diff.add_argument("new", help="likewise")
    diff.add_argument("--profile", choices=("consumer", "oasdiff"), default="consumer")
    diff.add_argument(
        "--python",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="also generate both clients and compare what users import",
    )
    diff.add_argument(
        "--overlay", nargs=2, metavar=("OLD", "NEW"), help="applied before generating"
    )
    diff.add_argument("--facade", action="store_true", help="say which methods here are touched")
    diff.add_argument("--fetch", action="store_true", help="allow URLs")
    diff.add_argument("--format", choices=_FORMATS, default="text")
    diff.add_argument("--output", type=Path, help="write the report to a file")
    diff.add_argument("--suppressions", type=Path, help="a YAML file of accepted changes")
    diff.add_argument("--fail-on", choices=("breaking", "risky", "none"), default="breaking")
    diff.set_defaults(run=run_diff, extra="dialytics[contracts]")


def run_diff(options: argparse.Namespace) -> int:
    """Compare, write the report, and return the exit code."""
    from ..contracts import ContractError  # noqa: PLC0415  # its dependencies are an extra

    try:
        report = _compare(options)
        text = _write(report, options)
        if options.output is None:
            sys.stdout.write(text)
        else:
            options.output.write_text(text, encoding="utf-8")
    except (ContractError, OSError) as error:
        sys.stderr.write(f"dialytics: {error}\n")
        return 2
    return 1 if report.fails(options.fail_on) else 0


def _compare(options: argparse.Namespace) -> Report:
    from ..contracts import compare, read_suppressions, suppress  # noqa: PLC0415

    axes = ("wire", "docs", "python", "generator") if options.python else ("wire", "docs")
    report = compare(
        options.old,
        options.new,
        profile=options.profile,
        axes=axes,
        fetch=options.fetch,
        overlays=options.overlay,
    )
    if options.facade:
        from ..contracts._facade import add_facade  # noqa: PLC0415

        report = add_facade(report)
    if options.suppressions is not None:
        today = datetime.now(UTC).date()
        report = suppress(report, read_suppressions(options.suppressions), today)
    return report


def _write(report: Report, options: argparse.Namespace) -> str:
    from .. import contracts  # noqa: PLC0415

    if options.format == "text":
        return contracts.write_text(report, color=options.output is None and sys.stdout.isatty())
    writers = {
        "json": contracts.write_json,
        "markdown": contracts.write_markdown,
        "github": contracts.write_annotations,
    }
    text = writers[options.format](report)
    return text if text.endswith("\n") else text + "\n"
