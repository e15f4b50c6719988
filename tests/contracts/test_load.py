"""Reading documents: from everywhere, in every spelling, with errors that say what is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
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


MANY = 100_000


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * MANY + "1" + "}" * MANY,
        '{"a":' * 500 + "1" + "}" * 500,
        '{"a":' * MANY,
        "[" * MANY + "]" * MANY,
        "- " * MANY + "a",
        "? " * MANY + "a",
        "a: " + "{a: " * MANY + "1" + "}" * MANY,
        "".join(" " * depth + "a:\n" for depth in range(1_000)),
    ],
    ids=["json", "some", "open", "list", "items", "keys", "flow", "block"],
)
def test_deep_texts_are_refused(text: str) -> None:
    """Nesting without end is said to be too deep; no interpreter dies of it."""
    with pytest.raises(ContractError, match=r"^spec: .*deep"):
        parse_text(text, "spec")


def test_deep_documents_are_compared_as_far_as_is_promised(api: Any) -> None:
    """Schemas nested to nearly the limit are compared; a chain of references ends in words."""

    def nest(kind: str) -> Any:
        schema: dict[str, Any] = {"type": kind}
        for _ in range(180):
            schema = {"type": "object", "properties": {"a": schema}}
        return api(response=schema)

    assert compare(nest("string"), nest("string")).changes == []
    assert compare(nest("string"), nest("integer")).verdict("wire") == "breaking"
    chain = {f"S{n}": {"allOf": [{"$ref": f"#/components/schemas/S{n + 1}"}]} for n in range(5_000)}
    old = api(response={"$ref": "#/components/schemas/S0"}, schemas=chain)
    new = {**old, "components": {"schemas": {**chain, "S4999": {"type": "string"}}}}
    with pytest.raises(ContractError, match="too deeply"):
        compare(old, new)


def test_aliases_cannot_fill_the_memory() -> None:
    """Aliases of aliases that stand for too much are refused."""
    lines = ["a0: &a0 [" + ",".join("x" * 10) + "]"]
    lines += [f"a{n}: &a{n} [" + ",".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 12)]
    with pytest.raises(ContractError, match=r"spec: .*aliases"):
        parse_text("\n".join(lines), "spec")


@pytest.mark.parametrize(
    "text", ["{}", '{"name": "x", "version": "1"}', "asyncapi: 2.0.0\ncomponents: {}", "a: 1"]
)
def test_other_mappings_are_refused(text: str, tmp_path: Path) -> None:
    """A mapping that is no OpenAPI document is not taken for an empty one."""
    path = tmp_path / "spec.yaml"
    path.write_text(text, "utf-8")
    empty: dict[str, Any] = {"paths": {}}
    with pytest.raises(ContractError, match=r"spec\.yaml: not an OpenAPI document"):
        compare(path, empty)
    with pytest.raises(ContractError, match=r"spec\.yaml: not an OpenAPI document"):
        compare(empty, path)


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
    assert read_source(":spec.json", fetch=False).content == {"a": 1}
    with pytest.raises(ContractError, match=r"from this folder: HEAD:\./none"):
        read_source("HEAD:none", fetch=False)


def test_json_of_any_make_has_lines() -> None:
    """Tabs and halves of signs, which YAML does not know, cost no line numbers."""
    source = parse_text('{\n\t"a": "\\ud83d\\ude00",\n\t"b": NaN}', "spec")
    assert source.content == {"a": "\U0001f600", "b": "NaN"}
    assert source.find_line("/b") == "spec:3:2"


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


def test_what_is_missing_is_named_with_its_extra() -> None:
    """Where the extra is not installed, the error says which one it is."""
    code = "import sys; sys.modules['yaml'] = None\nimport dialytics.contracts"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    told = "comparing contracts needs yaml: install dialytics with its extra 'contracts'"
    assert run.stderr.splitlines()[-1] == f"ModuleNotFoundError: {told}"
