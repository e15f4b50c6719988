"""A server in a process of its own, quick enough not to be what is measured."""

from __future__ import annotations

import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from .scenario import ROOT, Scenario
from .site import Answer, Site

_SLICES_PER_SECOND = 100


class _Handler(socketserver.BaseRequestHandler):
    """One connection: requests one after the other, each after the scenario's latency."""

    request: socket.socket

    def handle(self) -> None:
        site = cast("_Server", self.server).site
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.request.makefile("rb") as stream:
            while line := stream.readline():
                target = line.split(b" ")[1].decode()
                headers = dict(_read_headers(iter(stream.readline, b"\r\n")))
                body = stream.read(int(headers.get("content-length", 0)))
                answer = site.answer(target, headers, body)
                scenario = Scenario.parse(target[1:].partition("/")[0])
                if scenario.latency:
                    time.sleep(scenario.latency)
                try:
                    self._send(answer, scenario.rate)
                except ConnectionError:
                    return

    def _send(self, answer: Answer, rate: int) -> None:
        lines = [f"HTTP/1.1 {answer.status} X"]
        lines += (f"{name}: {value}" for name, value in answer.headers.items())
        if answer.status != 204:
            lines.append(f"content-length: {sum(map(len, answer.parts))}")
        head = "\r\n".join([*lines, "", ""]).encode()
        if sum(map(len, answer.parts)) < 1 << 16:
            self.request.sendall(head + b"".join(answer.parts))
            return
        self.request.sendall(head)
        for part in answer.parts:
            self._send_part(memoryview(part), rate)

    def _send_part(self, part: memoryview, rate: int) -> None:
        step = rate // _SLICES_PER_SECOND or len(part)
        started = time.perf_counter()
        for begin in range(0, len(part), step):
            # Against the clock, so that what sleeping takes too long is made good.
            due = started + begin / rate if rate else started
            time.sleep(max(0.0, due - time.perf_counter()))
            self.request.sendall(part[begin : begin + step])


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, site: Site) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site = site


def _read_headers(lines: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.decode().partition(":")
        yield name.lower(), value.strip()


@contextmanager
def start_server(folder: Path) -> Iterator[str]:
    """Run the server in another process and yield its URL."""
    command = [sys.executable, "-m", "benchmarks.server", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError
        port = int(process.stdout.readline())
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()


def main() -> None:
    """Serve until standard input is closed, so that no server outlives who started it."""
    with _Server(Site(Path(sys.argv[1]))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
