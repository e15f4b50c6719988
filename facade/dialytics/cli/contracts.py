"""``dialytics contracts``: what changed between two OpenAPI documents."""

from __future__ import annotations

import argparse
import json
import os
import shutil
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
        "cannot be compared, or a suppression is wrong, unused or expired.",
    )
    _add_options(diff)
    diff.set_defaults(run=run_diff, extra="contracts")


def _add_options(diff: argparse.ArgumentParser) -> None:
    diff.add_argument("old", help="file, git-ref:path, or URL (with --fetch)")
    diff.add_argument("new", help="likewise")
    diff.add_argument(
        "--profile",
        choices=("consumer", "oasdiff"),
        default="consumer",
        help="whose ids and levels; %(default)s by default",
    )
    diff.add_argument(
        "--python",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="also generate both clients and compare what users import; not by default",
    )
    diff.add_argument(
        "--overlay",
        nargs=2,
        metavar=("OLD", "NEW"),
        help="overlays to apply before generating; implies --python",
    )
    diff.add_argument("--facade", action="store_true", help="say which methods here are touched")
    diff.add_argument("--fetch", action="store_true", help="allow URLs; not by default")
    diff.add_argument("--format", choices=_FORMATS, default="text", help="%(default)s by default")
    diff.add_argument("--output", type=Path, help="write to this file instead of printing")
    diff.add_argument("--suppressions", type=Path, help="a YAML file of accepted changes")
    diff.add_argument(
        "--fail-on",
        choices=("breaking", "risky", "none"),
        default="breaking",
        help="the least level that gives exit code 1, %(default)s by default; with none, changes "
        "never do",
    )


def run_diff(options: argparse.Namespace) -> int:
    """Compare, write the report, and return the exit code."""
    from ..contracts import (  # noqa: PLC0415  # its dependencies are an extra
        ContractError,
        StaleSuppressionError,
    )

    problem = None
    try:
        try:
            report = _compare(options)
        except StaleSuppressionError as error:
            report, problem = error.report, error
        _put(_write(report, options), options)
    except (ContractError, OSError) as error:
        return _fail(error)
    if problem is not None:
        return _fail(problem)
    return 1 if report.fails(options.fail_on) else 0


def _fail(error: Exception) -> int:
    sys.stderr.write(f"dialytics: {error}\n")
    return 2


def _compare(options: argparse.Namespace) -> Report:
    from ..contracts import (  # noqa: PLC0415
        ContractError,
        compare,
        read_suppressions,
        suppress,
    )

    if options.overlay and options.python is False:
        raise ContractError("--overlay is for what is generated; leave --no-python away")
    python = options.python or options.overlay
    axes = ("wire", "docs", "python", "generator") if python else ("wire", "docs")
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
        terminal = options.output is None and sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else None
        return contracts.write_text(report, color=terminal, width=width)
    writers = {
        "json": contracts.write_json,
        "markdown": contracts.write_markdown,
        "github": contracts.write_annotations,
    }
    text = writers[options.format](report)
    return text if text.endswith("\n") else text + "\n"


def _put(text: str, options: argparse.Namespace) -> None:
    """Write the report where it is to go."""
    from ..contracts import ContractError  # noqa: PLC0415

    if options.output is None:
        _print(text, options.format)
        return
    try:
        options.output.write_text(_encodable(text, "utf-8", options.format), encoding="utf-8")
    except OSError as error:
        raise ContractError(f"{options.output}: cannot be written: {error.strerror}") from None


def _print(text: str, kind: str) -> None:
    """Print on whatever encoding the output has; a reader that left early is no error."""
    try:
        sys.stdout.write(_encodable(text, sys.stdout.encoding or "utf-8", kind))
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _encodable(text: str, encoding: str, kind: str) -> str:
    """Write signs that an encoding lacks otherwise; JSON stays JSON with the same content."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        if kind == "json":
            return json.dumps(json.loads(text), indent=2) + "\n"
        for sign, plain in (("→", "->"), ("…", "..."), ("\u200b", "")):
            text = text.replace(sign, plain)
        return text.encode(encoding, "backslashreplace").decode(encoding)
    return text
