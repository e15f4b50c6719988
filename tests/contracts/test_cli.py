"""The command: what it prints and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dialytics.cli import main


@pytest.fixture
def pair(api: Any, tmp_path: Path) -> list[str]:
    """Two files, of which the second lacks a property of an answer."""
    paths = []
    for name, properties in (("old", {"a": {"type": "string"}}), ("new", {})):
        path = tmp_path / f"{name}.json"
        schema = {"required": list(properties), "properties": properties}
        path.write_text(json.dumps(api(response=schema)), "utf-8")
        paths.append(str(path))
    return paths


def test_exit_codes(pair: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0: nothing at the level; 1: something; 2: it could not be compared."""
    old, new = pair
    assert main(["contracts", "diff", old, old]) == 0
    assert main(["contracts", "diff", old, new]) == 1
    assert main(["contracts", "diff", old, new, "--fail-on", "none"]) == 0
    capsys.readouterr()
    assert main(["contracts", "diff", old, str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml: cannot be read" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["contracts", "diff", old])


@pytest.mark.parametrize("kind", ["text", "json", "markdown", "github"])
def test_formats(kind: str, pair: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each format names the change."""
    main(["contracts", "diff", *pair, "--format", kind])
    assert "response-required-property-removed" in capsys.readouterr().out


def test_reports_go_to_files(pair: list[str], tmp_path: Path, capsys: Any) -> None:
    """``--output`` writes the report and prints nothing."""
    path = tmp_path / "report.json"
    main(["contracts", "diff", *pair, "--format", "json", "--output", str(path)])
    assert json.loads(path.read_text("utf-8"))["verdicts"] == {"docs": "none", "wire": "breaking"}
    assert capsys.readouterr().out == ""


def test_profiles_and_suppressions(pair: list[str], tmp_path: Path, capsys: Any) -> None:
    """The other profile has its own levels; an accepted change fails nothing."""
    main(["contracts", "diff", *pair, "--format", "json", "--profile", "oasdiff"])
    (change,) = json.loads(capsys.readouterr().out)["changes"]
    assert change["level"] == "error"
    path = tmp_path / "accepted.yaml"
    path.write_text(f"- {{fingerprint: '{change['fingerprint']}', reason: known}}", "utf-8")
    assert main(["contracts", "diff", *pair, "--suppressions", str(path)]) == 0
    assert main(["contracts", "diff", pair[0], pair[0], "--suppressions", str(path)]) == 2


def test_facade_names_methods(tmp_path: Path, capsys: Any) -> None:
    """``--facade`` says which method of the library a change touches."""
    given = {"name": "x", "in": "query", "required": True, "schema": {"type": "string"}}
    path = "/v1/bots/{id}/events/stream"
    paths = []
    for name, parameters in (("old", []), ("new", [given])):
        file = tmp_path / f"{name}.json"
        one = {"get": {"parameters": parameters, "responses": {}}}
        file.write_text(json.dumps({"openapi": "3.1.0", "paths": {path: one}}), "utf-8")
        paths.append(str(file))
    main(["contracts", "diff", *paths, "--facade"])
    assert "chatlayer.events (chatlayer.declarations.EVENTS) is touched: breaking" in (
        capsys.readouterr().out
    )
