"""One job in a fresh process: how much memory it takes over time, or how long an import does."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .scenario import ROOT

if TYPE_CHECKING:
    from .ours import Job

_INTERVAL = 0.05


def run_probe(job: str, *arguments: object) -> dict[str, Any]:
    """Run a job in a process of its own; return what it prints."""
    command = [sys.executable, "-m", "benchmarks.probe", job, *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def time_code(code: str) -> float:
    """Return how many seconds a fresh process takes for some code, its own start aside."""
    timed = f"import time; begun = time.perf_counter(); {code}; print(time.perf_counter() - begun)"
    command = [sys.executable, "-c", timed]
    # As installed: a source tree may have no bytecode, and then everything is compiled each time.
    kept = {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=kept)
    return float(done.stdout)


def read_ours(url: str, segment: str, days: str, concurrency: str, kind: str) -> int:
    """Read the rows of the first days in order, with our client."""
    from .ours import ALL_COLUMNS, touch

    return _read(touch(*ALL_COLUMNS), url, kind, segment, days, concurrency)


def read_batches(url: str, segment: str, days: str, concurrency: str, kind: str) -> int:
    """Read the first days in order as record batches."""
    from .ours import batches

    return _read(batches(), url, kind, segment, days, concurrency)


def read_bare(url: str, segment: str, kind: str) -> int:
    """Read the first page of the first day as a stream, with bare httpx of the same kind."""
    from .bare.http import find_url, plan, stream_whole, stream_whole_async
    from .scenario import Scenario

    url, query = find_url(url, Scenario.parse(segment[1:])), plan(1)[0]
    # An event loop and its backend alone take 6 MB, which are not ours.
    if kind == "async":
        return asyncio.run(stream_whole_async(url, query))
    return stream_whole(url, query)


def _read(job: Job, url: str, kind: str, *how: str) -> int:
    from .ours import Ours
    from .scenario import Scenario

    ours = Ours(url, asynchronous=kind == "async")
    scenario, (days, most) = Scenario.parse(how[0][1:]), map(int, how[1:])
    return ours.read_interactions(job, scenario, days=days, concurrency=most).amount


class Sampler:
    """Samples the process's resident memory in a thread."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, int]] = []
        self._started = time.perf_counter()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Sample no more."""
        self._stopped.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stopped.wait(_INTERVAL):
            now = time.perf_counter() - self._started
            self.samples.append((round(now, 2), read_status("VmRSS")))


def read_status(name: str) -> int:
    """Return one of the process's memory figures in bytes."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


def main(job: str, arguments: Sequence[str]) -> None:
    """Run a job and print its peak and its samples."""
    jobs: dict[str, Callable[..., int]] = {
        "ours": read_ours,
        "batches": read_batches,
        "bare": read_bare,
    }
    sampler = Sampler()
    amount = jobs[job](*arguments)
    sampler.stop()
    result = {"peak": read_status("VmHWM"), "amount": amount, "samples": sampler.samples}
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
