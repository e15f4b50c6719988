"""Run the benchmarks and print one table."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from .cases import CASES
from .harness import Result, measure
from .server import start_server
from .setup import QUICK, Setup, Sizes
from .site import Site
from .table import count_missed, to_json, write_table

_FOLDER = Path(tempfile.gettempdir()) / "dialytics-bench"


def main() -> None:
    """Run what the command line asks for; exit with 1 if an aim is missed, in full sizes only."""
    arguments = _parse()
    results = list(_run(arguments))
    notes = [note for result in results if (note := result.case.notes())]
    print(
        "\n\n".join([_describe(arguments), write_table(results, judge=not arguments.quick), *notes])
    )
    if arguments.json:
        content = {"machine": _describe(arguments), "cases": to_json(results)}
        arguments.json.write_text(json.dumps(content, indent=1), encoding="utf-8")
    if (missed := count_missed(results)) and not arguments.quick:
        sys.exit(f"{missed} of the aims are not met")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", metavar="NAME", help="a case, or the beginning of some names"
    )
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it still run?")
    parser.add_argument("--runs", type=int, help="rounds that count (5; quick: 1)")
    parser.add_argument("--sync", action="store_true", help="judge the synchronous clients")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")
    parser.add_argument(
        "--data", type=Path, default=_FOLDER, metavar="FOLDER", help="where prepared pages are kept"
    )
    return parser.parse_args()


def _run(arguments: argparse.Namespace) -> Iterator[Result]:
    names = [name for name in CASES if name.startswith(tuple(arguments.only or ("",)))]
    if not names:
        sys.exit(f"no such case; there are {', '.join(CASES)}")
    runs = arguments.runs or (1 if arguments.quick else 5)
    with start_server(arguments.data) as url:
        setup = Setup(
            QUICK if arguments.quick else Sizes(),
            url,
            arguments.data,
            Site(arguments.data),
            asynchronous=not arguments.sync,
        )
        for name in names:
            yield measure(name, CASES[name](setup), runs, warm_up=not arguments.quick)


def _describe(arguments: argparse.Namespace) -> str:
    kind = "synchronous" if arguments.sync else "asynchronous"
    sizes = "tiny sizes, figures mean nothing" if arguments.quick else "full sizes"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    packages = ", ".join(f"{name} {version(name)}" for name in ("dialytics", "httpx", "msgspec"))
    return f"{kind} clients, {sizes}; {python}, {os.cpu_count()} processors, {packages}"


if __name__ == "__main__":
    main()
