"""Exchanging files: all at once, or after any failure none."""

from __future__ import annotations

import itertools
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tools import trees

OLD = {"a/gone": b"1", "a/kept": b"2", "a/same": b"3", "record": b"4"}
NEW = {"a/kept": b"5", "a/same": b"3", "b/c/come": b"6", "record": b"7"}


def build(root: Path) -> Path:
    for name, content in OLD.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / "a/kept").chmod(0o755)
    return root


def state(root: Path) -> dict[str, tuple[int, bytes | None]]:
    """Read a tree: modes, contents, and folders without any."""
    return {
        path.relative_to(root).as_posix(): (
            path.stat().st_mode,
            path.read_bytes() if path.is_file() else None,
        )
        for path in root.rglob("*")
    }


def test_all_is_exchanged(tmp_path: Path) -> None:
    """Files come, go and change, with their modes; nothing else is left behind."""
    root = build(tmp_path)
    mode = state(root)["a/kept"][0]
    assert trees.exchange_files(root, OLD, NEW, "record") == [
        "a/gone",
        "a/kept",
        "b/c/come",
        "record",
    ]
    assert trees.read_files(root, ["a", "b", "record"]) == NEW
    assert state(root)["a/kept"][0] == mode
    assert set(state(root)) == {"a", "a/kept", "a/same", "b", "b/c", "b/c/come", "record"}


def test_the_record_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What says that all is there is written when all is there."""
    root, placed = build(tmp_path), []
    real = Path.replace

    def note(self: Path, target: Path) -> Path:
        placed.append(target.name)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", note)
    trees.exchange_files(root, OLD, {**NEW, "z": b"8"}, "record")
    assert placed == ["kept", "come", "z", "record"]


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_a_failure_anywhere_changes_nothing(error: BaseException, tmp_path: Path) -> None:
    """Stopped at each line of the work in turn, the tree is as it was, to the byte."""
    number, root = 0, tmp_path
    for number in itertools.count():
        root = build(tmp_path / str(number))
        before = state(root)
        left = number

        def trace(frame: Any, event: str, _: Any) -> Any:
            nonlocal left
            ours = frame.f_code.co_filename == trees.__file__
            if not ours or frame.f_code.co_name not in ("_write", "_move", "_place"):
                return trace
            left -= event == "line"
            if left < 0:
                sys.settrace(None)
                raise error
            return trace

        sys.settrace(trace)
        with suppress(OSError, KeyboardInterrupt):
            trees.exchange_files(root, OLD, NEW, "record")
        sys.settrace(None)
        if left >= 0:
            break
        assert state(root) == before
    assert trees.read_files(root, ["a", "b", "record"]) == NEW
    assert number > 20


def test_what_others_changed_is_kept(tmp_path: Path) -> None:
    """A file that somebody edited while the work was done is not overwritten."""
    root = build(tmp_path)
    (root / "a/kept").write_bytes(b"edited")
    before = state(root)
    with pytest.raises(trees.TreeError, match="a/kept"):
        trees.exchange_files(root, OLD, NEW, "record")
    assert state(root) == before
