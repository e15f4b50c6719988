"""Reading documents: from everywhere, in every spelling, with errors that say what is wrong."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dialytics.contracts import ContractError, compare
from dialytics.contracts._load import Source, parse_text, read_source


def content(text: str) -> dict[str, Any]:
    return parse_text(text, "text").content


def test_yaml_is_read_as_json_would_have_it() -> None:
    """Keys are text and times stay text; numbers and booleans are what they look like."""
    text = "200: {on: 2026-10-01}\ntrue: [1, 1.5, yes, null, 0o17, 'x']\n"
    assert content(text) == {
        "200": {"on": "2026-10-01"},
        "true": [1, 1.5, True, None, "0o17", "x"],
    }


def test_anchors_and_merges_are_followed() -> None:
    """A merge gives its keys unless there are own ones; an anchor within itself becomes null."""
    assert content("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}")["b"] == {"x": 1, "y": 3}
    assert content("a: &a {x: *a}") == {"a": {"x": None}}


@pytest.mark.parametrize("text", ["a: [", "- 1", "5", "", "a: b: c", "{", "\x00"])
def test_what_is_no_document_is_refused(text: str, tmp_path: Path) -> None:
    """A text that is no mapping is refused by name."""
    path = tmp_path / "spec.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ContractError, match=r"spec\.yaml"):
        compare(path, {})


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """Missing files, folders, unknown revisions, URLs without asking, and other encodings."""
    path = tmp_path / "spec.yaml"
    path.write_bytes(b"a: \xff\xfe\xfa")
    for given in (
        tmp_path,
        tmp_path / "none",
        path,
        "nowhere:spec.yaml",
        "-p:x",
        "https://a.test/x",
    ):
        with pytest.raises(ContractError):
            read_source(given, fetch=False)


def test_endless_nesting_is_refused() -> None:
    """A document too deep for Python is refused, not a traceback."""
    deep: dict[str, Any] = {}
    for _ in range(200_000):
        deep = {"a": deep}
    with pytest.raises(ContractError, match="deep"):
        compare(deep, {})


def test_encodings(tmp_path: Path) -> None:
    """A byte order mark is no part of the document."""
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path = tmp_path / encoding
        path.write_text("a: ö", encoding)
        assert read_source(path, fetch=False).content == {"a": "ö"}


def test_a_revision_of_git_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``git-ref:path`` is the file as it was."""
    monkeypatch.chdir(tmp_path)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.test"]
    path = tmp_path / "spec.json"
    path.write_text('{"a": 1}', "utf-8")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    path.write_text('{"a": 2}', "utf-8")
    assert read_source("HEAD:spec.json", fetch=False).content == {"a": 1}
    assert read_source("spec.json", fetch=False).content == {"a": 2}


def test_mappings_are_copied() -> None:
    """What a caller gives stays as it is; keys become text and a cycle is cut."""
    given: dict[Any, Any] = {"paths": {200: (1, 2)}, True: {"x": 1}}
    given["self"] = given
    assert read_source(given, fetch=False).content == {
        "paths": {"200": [1, 2]},
        "true": {"x": 1},
        "self": None,
    }


@pytest.mark.parametrize("text", ["a:\n  b: [1,\n   2]\n", '{"a":\n  {"b": [1,\n   2]}}'])
def test_pointers_have_lines(text: str) -> None:
    """A pointer's line and column are found, or those of its nearest parent."""
    source: Source = parse_text(text, "spec")
    assert source.find_line("/a/b/1") == "spec:3:4"
    assert source.find_line("/a/b/7/c") == source.find_line("/a/b")
    assert json.dumps(source.content) == '{"a": {"b": [1, 2]}}'
