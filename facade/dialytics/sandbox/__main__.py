"""`python -m dialytics.sandbox`: serves the four vendors until Ctrl-C."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from .clock import parse_instant
from .exchange import Vendor
from .plans import FaultPlan
from .server import VENDORS, Sandbox

EXAMPLES = {
    "cognigy": 'Cognigy(base_url="{url}", api_key="demo-key"{now})',
    "digitalcx": (
        'DigitalCX(base_url="{url}", customer="acme", project="shop", auth="Bearer demo"{now})'
    ),
    "chatlayer": 'Chatlayer(base_url="{url}", token_id="demo", token_secret="demo"{now})',
    "inkeep": 'Inkeep(base_url="{url}", api_key="demo-key"{now})',
}


def build_parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    parser = argparse.ArgumentParser(
        prog="python -m dialytics.sandbox",
        description="Serve the four vendors' documented behaviour, with invented data.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to bind (default: loopback only)")
    add("--port", type=int, default=0, help="port to bind (default: a free one)")
    add("--seed", type=int, default=1, help="all data is a function of it (default: 1)")
    add("--now", type=read_instant, help="stop the clock at an ISO 8601 instant (default: real)")
    add("--rows-per-day", type=int, default=200, help="DigitalCX rows per day and culture (200)")
    add("--page-rows", type=int, default=100, help="DigitalCX rows a page (100)")
    add("--events-per-day", type=int, default=100, help="Chatlayer events per day and bot (100)")
    add("--conversations", type=int, default=45, help="Inkeep conversations at the start (45)")
    add("--faults", type=read_faults, help="a file with a fault plan in JSON: what is to go wrong")
    add("--no-validate", action="store_true", help="do not check against the specifications")
    return parser


def read_instant(text: str) -> datetime:
    """Read the command line's instant."""
    moment = parse_instant(text)
    if moment is None:
        raise argparse.ArgumentTypeError("not an ISO 8601 instant, for example 2026-11-20T12:00Z")
    return moment


def read_faults(path: str) -> FaultPlan:
    """Read the command line's fault plan."""
    try:
        return FaultPlan.from_json(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def main(arguments: Sequence[str] | None = None, stop: threading.Event | None = None) -> None:
    """Serve until Ctrl-C, or until `stop` is set."""
    parser = build_parser()
    options = parser.parse_args(arguments)
    try:
        box = _make(options)
        box.start()
    except (OSError, OverflowError, ValueError) as error:
        parser.error(str(error))
    try:
        for vendor in VENDORS:
            url = box.url(vendor)
            print(f"{vendor:10} {url}\n{'':10} {write_example(vendor, url, options.now)}")
        if options.now:
            print("The clock stands still, and the clients' too: from datetime import datetime")
        print("Ctrl-C stops it.", flush=True)
        (stop or threading.Event()).wait()
    except KeyboardInterrupt:
        print("stopped")
    finally:
        box.stop()


def write_example(vendor: Vendor, url: str, now: datetime | None) -> str:
    """Return a line of Python that makes a client; where the clock stands still, with that."""
    clock = f', now=lambda: datetime.fromisoformat("{now.isoformat()}")' if now else ""
    return EXAMPLES[vendor].format(url=url, now=clock)


def _make(options: argparse.Namespace) -> Sandbox:
    return Sandbox(
        seed=options.seed,
        now=options.now,
        rows_per_day=options.rows_per_day,
        page_rows=options.page_rows,
        events_per_day=options.events_per_day,
        conversations=options.conversations,
        host=options.host,
        port=options.port,
        validate=not options.no_validate,
        faults=options.faults,
    )


if __name__ == "__main__":
    main()
