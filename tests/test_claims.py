"""Claims on a folder's files: no two runs write the same, and what the dead left goes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import pytest

from dialytics._claims import Claims
from dialytics.errors import ConfigurationError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_claims_exclude_each_other(tmp_path: Path) -> None:
    """What one run writes no other may, until it is released; other files it may."""
    first, second = Claims(tmp_path, "a.b"), Claims(tmp_path, "a.b")
    first.claim("x", ["one", "two"])
    second.claim("x", ["three"])
    for asked, arguments in ((["two", "four"], "x"), (["four"], "y")):
        with pytest.raises(ConfigurationError, match="another run is writing"):
            Claims(tmp_path, "a.b").claim(arguments, asked)
    assert len(names(tmp_path)) == 2
    first.release()
    first.release()
    third = Claims(tmp_path, "a.b")
    third.claim("x", ["two", "four"])
    with pytest.raises(ConfigurationError, match="with other arguments"):
        Claims(tmp_path, "a.b").claim("y", [])
    Claims(tmp_path, "a.bc").claim("y", ["two"])
    for one in (second, third):
        one.release()
    assert len(names(tmp_path)) == 1


def test_what_live_runs_hide_stays(tmp_path: Path) -> None:
    """Unfinished files of runs that go on are left alone, those of others are removed."""
    first, second = Claims(tmp_path, "a.b"), Claims(tmp_path, "a.b")
    first.claim("x", ["a.b-one"])
    dead = Claims(tmp_path, "a.b").hide("a.b-two")
    for path in (first.hide("a.b-one"), dead, tmp_path / ".a.b-old.partial"):
        path.touch()
    second.claim("x", ["a.b-three"])
    assert first.hide("a.b-one").exists()
    assert [name for name in names(tmp_path) if name.endswith(".partial")] == [
        first.hide("a.b-one").name,
    ]
    first.release()
    Claims(tmp_path, "a.b").claim("x", [])
    assert not first.hide("a.b-one").exists()


@pytest.mark.parametrize("text", ["", "[", "{}"])
def test_a_run_that_tells_nothing_is_respected(tmp_path: Path, text: str) -> None:
    """A live run whose file cannot be read may write anything."""
    first = Claims(tmp_path, "a.b")
    first.claim("x", ["one"])
    next(tmp_path.glob("*.run")).write_text(text)
    with pytest.raises(ConfigurationError, match="another run"):
        Claims(tmp_path, "a.b").claim("x", ["two"])
    first.release()


KILLED: Final = """
import os, signal, sys
from pathlib import Path
from dialytics._claims import Claims
claims = Claims(Path(sys.argv[1]), "a.b")
with claims.locked():
    claims.claim("x", ["one"])
    claims.hide("a.b-one").touch()
    print(flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_the_dead_hold_nothing(tmp_path: Path) -> None:
    """A process that is killed leaves neither a lock nor a claim, and its files are removed."""
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert len(names(tmp_path)) == 3
        process.kill()
    claims = Claims(tmp_path, "a.b")
    with claims.locked():
        claims.claim("x", ["one"])
    assert len(names(tmp_path)) == 1
    claims.release()
    assert names(tmp_path) == []


def test_waiting_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds the folder's lock for ever, or whatever says so, others do not wait as long."""
    monkeypatch.setattr("dialytics._claims._PATIENCE", 0.0)
    with (
        Claims(tmp_path, "a.b").locked(),
        pytest.raises(ConfigurationError, match=r"\.a\.b\.lock is held"),
        Claims(tmp_path, "a.b").locked(),
    ):
        pass
    assert names(tmp_path) == []
    with Claims(tmp_path, "a.b").locked():
        assert names(tmp_path) == [".a.b.lock"]


def test_one_at_a_time(tmp_path: Path) -> None:
    """Of many at once each is alone, though the lock's file comes and goes."""
    inside, most = [0], [0]

    def work() -> None:
        for _ in range(20):
            with Claims(tmp_path, "a.b").locked():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                (tmp_path / "there").write_text("x")
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, names(tmp_path)) == ([1], ["there"])
