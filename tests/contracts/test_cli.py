"""The command: what it prints and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dialytics.cli import main

COMMAND = [sys.executable, "-m", "dialytics.cli", "contracts", "diff"]


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
    capsys.readouterr()
    given = ["contracts", "diff", *pair, "--fail-on", "none", "--suppressions", str(path)]
    path.write_text("- {fingerprint: '000000000000', reason: gone}", "utf-8")
    assert main(given) == 2
    shown = capsys.readouterr()
    assert "response-required-property-removed" in shown.out
    assert "000000000000 (gone): matches no change" in shown.err


def test_what_cannot_be_written_is_told(pair: list[str], tmp_path: Path, capsys: Any) -> None:
    """A file that cannot be written ends with code 2 and its name, and so does what is no file."""
    for path in (tmp_path, tmp_path / "no" / "report"):
        assert main(["contracts", "diff", *pair, "--output", str(path)]) == 2
        assert capsys.readouterr().err.startswith(f"dialytics: {path}: cannot be written: ")


def test_help_is_plain(capsys: Any) -> None:
    """Help names defaults, and has no marks of another language."""
    for given in (["--help"], ["contracts", "diff", "--help"]):
        with pytest.raises(SystemExit, match="0"):
            main(given)
        shown = capsys.readouterr().out
        assert "`" not in shown
    assert "breaking by default" in " ".join(shown.split())


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


@pytest.mark.parametrize("kind", ["text", "json", "markdown", "github"])
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_any_encoding_will_do(encoding: str, kind: str, api: Any, tmp_path: Path) -> None:
    """Signs that the output cannot hold are written otherwise, and the exit code stays."""
    old, new = (tmp_path / name for name in ("old.json", "new.json"))
    old.write_text(json.dumps(api(summary="Bäume \ud800 漢 \u001b[31m" + "x" * 99)), "utf-8")
    new.write_text(json.dumps({**api(), "paths": {"/ö漢": {"get": {"responses": {}}}}}), "utf-8")
    for given, code in (([old, new], 1), ([old, old], 0)):
        run = subprocess.run(
            [*COMMAND, *map(str, given), "--format", kind],
            env={**os.environ, "PYTHONIOENCODING": encoding},
            capture_output=True,
            check=False,
        )
        assert (run.returncode, run.stderr) == (code, b"")
        text = run.stdout.decode(encoding)
        assert "\x1b" not in text
        if kind == "json" and code:
            changes = json.loads(text)["changes"]
            assert ["GET /ö漢"] in [change["operations"] for change in changes]


def test_a_reader_may_leave_early(pair: list[str]) -> None:
    """A closed pipe is no error, and the exit code is that of the comparison."""
    run = subprocess.Popen([*COMMAND, *pair], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.close()
    assert run.stderr is not None
    assert (run.stderr.read(), run.wait()) == (b"", 1)
    run.stderr.close()


def test_files_hold_any_sign(api: Any, tmp_path: Path) -> None:
    """Half a sign in a document does not keep a report from being written."""
    old, new, out = (tmp_path / name for name in ("old.json", "new.json", "report"))
    old.write_text(json.dumps(api(summary="one")), "utf-8")
    new.write_text(json.dumps(api(summary="\ud800\x1b[31m")), "utf-8")
    for kind in ("text", "json", "markdown", "github"):
        given = [str(old), str(new), "--format", kind, "--output", str(out)]
        assert main(["contracts", "diff", *given]) == 0
        assert "ud800" in out.read_text("utf-8")
        assert "\x1b" not in out.read_text("utf-8")


def test_overlays_imply_the_python_axis(
    pair: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--overlay`` alone compares Python too; what is no overlay is refused, a miss is told."""
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("actions: [{target: \"$.paths['/none']\", remove: true}]", "utf-8")
    given = ["contracts", "diff", *pair, "--overlay", str(overlay), str(overlay)]
    assert main(given) == 1
    shown = capsys.readouterr().out
    assert "python: breaking" in shown
    assert "$.paths['/none'] matches nothing in the old document" in shown.replace("\n", " ")
    assert main([*given, "--no-python"]) == 2
    assert "--no-python" in capsys.readouterr().err
    for text in ("openapi: 3.1.0", "actions: 5", "actions: [5]", "actions: [{target: $}]"):
        overlay.write_text(text, "utf-8")
        assert main(given) == 2
        assert "overlay.yaml: " in capsys.readouterr().err
    overlay.write_text("actions: [{target: '$[', remove: true}]", "utf-8")
    assert main(given) == 2
    assert "action 1 cannot be applied" in capsys.readouterr().err
