"""Writing what is generated, and telling when it is stale."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import clients, generate, specs, twins

DIGEST = """
import hashlib, sys, tempfile
from pathlib import Path
from tools import generate
with tempfile.TemporaryDirectory() as scratch:
    for path, content in sorted(generate.generate_all(Path(scratch)).items()):
        print(hashlib.sha256(content).hexdigest(), path.as_posix())
"""
PACKAGE = Path("generated/dialytics_clients")
ECHO = PACKAGE / "chatlayer/api/analytics/echo.py"
TWIN = Path("facade/dialytics/_sync/pager.py")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, bytes]:
    """What the generators write."""
    return generate.generate_all(tmp_path_factory.mktemp("generated"))


@pytest.fixture
def root(made: dict[Path, bytes], tmp_path: Path) -> Path:
    """A copy of all generated files, alone in a folder."""
    generate.replace(made, tmp_path)
    return tmp_path


def test_up_to_date(made: dict[Path, bytes]) -> None:
    """What is checked in is what the generators write, for clients, rows and twins."""
    assert generate.compare(made) == []
    assert ECHO in made
    assert TWIN in made
    assert PACKAGE / "digitalcx/rows/interaction.py" in made


def test_any_scratch_folder_will_do(
    made: dict[Path, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scratch folder that git ignores, such as one in a virtual environment, will do."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*")
    monkeypatch.chdir(tmp_path)
    assert generate.generate_all(scratch) == made


def test_two_runs_are_alike(made: dict[Path, bytes]) -> None:
    """Another process with another hash seed writes the same bytes."""
    again = subprocess.run(
        [sys.executable, "-c", DIGEST],
        cwd=specs.ROOT,
        env={"PYTHONHASHSEED": "4711", "PATH": ""},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = [f"{hashlib.sha256(made[path]).hexdigest()} {path.as_posix()}" for path in sorted(made)]
    assert again.splitlines() == lines


def test_copy_is_up_to_date(made: dict[Path, bytes], root: Path) -> None:
    """A fresh copy has no differences, so the ones below are those that the tests make."""
    assert generate.compare(made, root) == []


@pytest.mark.parametrize("path", [ECHO, TWIN, PACKAGE / "inkeep/openapi.json"])
def test_changed_file(made: dict[Path, bytes], root: Path, path: Path) -> None:
    """A file in which a byte was changed is named."""
    (root / path).write_bytes(made[path] + b" ")
    assert generate.compare(made, root) == [f"differs: {path.as_posix()}"]


@pytest.mark.parametrize("path", [ECHO, TWIN, PACKAGE / "chatlayer/py.typed"])
def test_missing_file(made: dict[Path, bytes], root: Path, path: Path) -> None:
    """A file that is gone is named."""
    (root / path).unlink()
    assert generate.compare(made, root) == [f"missing: {path.as_posix()}"]


@pytest.mark.parametrize(
    "path",
    [
        "generated/dialytics_clients/cognigy/api/more.py",
        "generated/dialytics_clients/acme/__init__.py",
        "generated/notes.txt",
        "facade/dialytics/_sync/more.py",
        "facade/dialytics/vendors/acme/_sync.py",
    ],
)
def test_stray_file(made: dict[Path, bytes], root: Path, path: str) -> None:
    """A file that nothing generates is named, in Git or not; what is written by hand is not."""
    stray = root / path
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.touch()
    (root / "facade/dialytics/errors.py").touch()
    assert generate.compare(made, root) == [f"stray: {path}"]


def test_compiled_files_are_no_strays(made: dict[Path, bytes], root: Path) -> None:
    """What Python compiles beside the files is left alone."""
    compiled = root / PACKAGE / "__pycache__" / "rows.pyc"
    compiled.parent.mkdir()
    compiled.touch()
    assert generate.compare(made, root) == []


def test_replace_mends_everything(made: dict[Path, bytes], root: Path) -> None:
    """Writing brings back what is missing or differs, removes strays and touches nothing else."""
    kept = root / TWIN
    before = kept.stat().st_mtime_ns
    (root / ECHO).write_text("changed", encoding="utf-8")
    (root / PACKAGE / "rows.py").unlink()
    (root / PACKAGE / "stray.py").touch()
    by_hand = root / "facade/dialytics/errors.py"
    by_hand.touch()
    generate.replace(made, root)
    assert generate.compare(made, root) == []
    assert by_hand.exists()
    assert kept.stat().st_mtime_ns == before


def test_report(capsys: pytest.CaptureFixture[str]) -> None:
    """Differences are printed with what to do, and make the run fail."""
    assert generate.report([]) == 0
    assert generate.report(["differs: a.py", "stray: b.py"]) == 1
    printed = capsys.readouterr().out
    assert "differs: a.py\nstray: b.py\n" in printed
    assert "nox -s generate" in printed


def test_failure_is_a_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a maintainer has to mend comes as a message and an exit code, not as a traceback."""

    def fail(scratch: Path) -> dict[Path, bytes]:
        raise clients.GenerationError("the generator warns")

    monkeypatch.setattr(generate, "generate_all", fail)
    assert generate.main(["--check"]) == 1
    assert capsys.readouterr().err == "the generator warns\n"


def test_headers(made: dict[Path, bytes]) -> None:
    """Each file of a client says by which command, generator and spec it was made."""
    digests = {one: specs.canonical_sha256(specs.effective_spec(one)) for one in specs.VENDORS}
    for path, content in made.items():
        head = content.decode()[:400]
        assert "Generated by `nox -s generate`" in head or '"by `nox -s generate`' in head, path
        inside = path.relative_to(PACKAGE).parts if path.is_relative_to(PACKAGE) else ()
        if len(inside) > 1:
            assert digests[inside[0]] in head, path
            assert re.search(rf"openapi-python-client {clients.VERSION}|oas-patch [\d.]+", head), (
                path
            )


def test_headers_of_twins(made: dict[Path, bytes]) -> None:
    """Each twin names the module that it is made from."""
    for source, target in twins.twin_sources().items():
        head = made[target.relative_to(specs.ROOT)].decode().splitlines()[0]
        assert source.relative_to(specs.ROOT).as_posix() in head
        assert "Do not edit" in head


def test_typed(made: dict[Path, bytes]) -> None:
    """Every package says that it is typed."""
    marks = {path.parent.name for path in made if path.name == "py.typed"}
    assert marks == {"dialytics_clients", *specs.VENDORS}
