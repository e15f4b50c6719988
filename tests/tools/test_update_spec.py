"""Taking a vendor's new document: all of it or nothing."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialytics.contracts import Report
from tools import specs, update_spec

CHECKOUT = (specs.ROOT / ".git").exists()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, which the updates then take for the project."""
    root = tmp_path / "project"
    shutil.copytree(specs.ROOT, root, ignore=update_spec._LEFT)
    monkeypatch.setattr(specs, "ROOT", root)
    monkeypatch.setattr(specs, "SPECS", root / "specs")
    return root


def state(root: Path) -> dict[str, bytes | None]:
    """Read all of a tree, folders too, but what Python and the tests leave behind."""
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
        if not {"__pycache__", ".hypothesis"} & {*path.parts}
    }


def grow(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Feedback"]["properties"]["mood"] = {"type": "string"}


def change_vendor(vendor: str, change: Any, tmp_path: Path) -> str:
    """Write a vendor's document with a change; return the file's name."""
    document = specs.vendor_spec(vendor)
    change(document)
    path = tmp_path / "new.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    return str(path)


def test_the_same_content_is_no_update(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Another order and another format are recognised by the hash."""
    path = change_vendor(
        "inkeep", lambda document: document.update(document.pop("x", {})), tmp_path
    )
    before = state(project)
    assert update_spec.main(["inkeep", "--from", path]) == 0
    assert "the formatting differs" in capsys.readouterr().out
    assert state(project) == before


@pytest.mark.skipif(not CHECKOUT, reason="needs the checkout's history")
def test_a_revert_is_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    """Each hash that was ever on record is known with its commit."""
    record = (specs.SPECS / "chatlayer" / "source.toml").read_text("utf-8")
    earlier = dict(update_spec.find_earlier("chatlayer"))
    assert any(digest in record for digest in earlier)


def test_a_new_document_goes_all_the_way(
    project: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The changes are shown, clients generate and the lint holds; a dry run writes nothing."""
    before = state(project)
    path = change_vendor("inkeep", grow, tmp_path)
    real = update_spec.run_in
    monkeypatch.setattr(update_spec, "run_in", lambda *given: None)
    assert update_spec.main(["inkeep", "--dry-run", "--from", path]) == 0
    monkeypatch.setattr(update_spec, "run_in", real)
    shown = capsys.readouterr().out
    assert "response-optional-property-added" in shown
    assert "models.Feedback.mood" in shown
    assert "Dry run: nothing is changed." in shown
    assert f"specs/inkeep/vendor.yaml → {path}" in shown
    assert f"{path}:" in shown
    assert state(project) == before
    assert update_spec.main(["inkeep", "--from", path]) == 0
    assert "generated/dialytics_clients/inkeep (" in capsys.readouterr().out
    after = state(project)
    changed = {name for name in after if after[name] != before.get(name)}
    assert "generated/dialytics_clients/inkeep/models/feedback.py" in changed
    assert {"specs/inkeep/source.toml", "specs/inkeep/vendor.yaml", "CHANGELOG.md"} < changed
    assert before.keys() - after.keys() == set()
    assert update_spec.main(["inkeep", "--from", path]) == 0
    assert "The content is the one on record" in capsys.readouterr().out


STEPS = ("write_new", "show_changes", "check_overlay", "write_record", "draft_changelog")


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", [*STEPS, "run_in", "exchange_files"])
def test_a_step_that_fails_changes_nothing(
    step: str, error: BaseException, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever step fails, and however, the project stays as it is to the byte."""
    real = getattr(update_spec, step)

    def fail(*given: Any) -> Any:
        if step != "exchange_files":
            real(*given)
        raise error

    path = change_vendor("inkeep", grow, tmp_path)
    before = state(project)
    monkeypatch.setattr(update_spec, "show_changes", lambda *given: Report([], []))
    if step not in ("run_in", "show_changes"):
        monkeypatch.setattr(update_spec, "run_in", lambda *given: None)
    monkeypatch.setattr(update_spec, step, fail)
    with suppress(KeyboardInterrupt):
        assert update_spec.main(["inkeep", "--from", path]) == 1
    assert state(project) == before


@pytest.mark.parametrize("document", ["paths: null", "paths: {/a: 5}", "- 1", "a: [", "{}", ""])
@pytest.mark.parametrize("vendor", ["cognigy", "inkeep"])
def test_what_is_no_document_changes_nothing(
    vendor: str, document: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken document is refused with its reason, and without a traceback."""
    path = tmp_path / "new.yaml"
    path.write_text(document, "utf-8")
    assert update_spec.main([vendor, "--dry-run", "--from", str(path)]) == 1
    assert "Nothing is changed. " in capsys.readouterr().err


def test_json_with_tabs_is_taken(tmp_path: Path) -> None:
    """JSON that YAML's rules forbid is written as YAML with the same content."""
    path, target = tmp_path / "new.json", tmp_path / "vendor.yaml"
    path.write_text('{\n\t"paths": {},\n\t"x": "\\ud83d\\ude00"\n}', "utf-8")
    update_spec.write_new(str(path), {"operations": []}, target)
    assert specs.load_document(target) == {"paths": {}, "x": "\U0001f600"}


def test_an_overlay_that_no_longer_fits_changes_nothing(
    project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The action is named, with what stood where it pointed, and the project stays as it is."""

    def shrink(document: dict[str, Any]) -> None:
        paths = document["paths"]
        del paths[next(iter(paths))]

    before = state(project)
    assert (
        update_spec.main(["chatlayer", "--from", change_vendor("chatlayer", shrink, tmp_path)]) == 1
    )
    told = capsys.readouterr().err
    assert "Nothing is changed" in told
    assert "overlay.yaml no longer fits" in told
    assert " stood:\n" in told
    assert state(project) == before


def test_records_are_rewritten(tmp_path: Path) -> None:
    """Only hash and date of ``source.toml`` change."""
    path = tmp_path / "source.toml"
    path.write_text('# why\nurl = "x"\ndate = 2020-01-01\nsha256 = "old"\n', "utf-8")
    update_spec.write_record(path, "new", "2026-11-20")
    assert path.read_text("utf-8") == '# why\nurl = "x"\ndate = 2026-11-20\nsha256 = "new"\n'


def test_an_operation_that_went_is_named(tmp_path: Path, capsys: Any) -> None:
    """A document without an operation of ours is refused in one sentence that names both."""

    def shrink(document: dict[str, Any]) -> None:
        del document["paths"]["/query/property-keys"]

    path = change_vendor("inkeep", shrink, tmp_path)
    assert update_spec.main(["inkeep", "--dry-run", "--from", path]) == 1
    told = capsys.readouterr().err
    assert "has no POST /query/property-keys, which inkeep.property_keys sends" in told
    assert "Traceback" not in told


def test_what_was_written_is_summed_up() -> None:
    """What is generated is counted by package; the rest is named."""
    many = [f"generated/dialytics_clients/inkeep/models/m{n}.py" for n in range(99)]
    names = ["CHANGELOG.md", *many, "generated/dialytics_clients/__init__.py"]
    assert update_spec.sum_up(names) == [
        "CHANGELOG.md",
        "generated/dialytics_clients/inkeep (99 files)",
        "generated/dialytics_clients/__init__.py",
    ]


@pytest.mark.parametrize("draft", [True, False])
def test_drafts_count_from_their_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, draft: bool
) -> None:
    """A draft that nobody has edited yet takes in what comes next, and goes with a revert."""
    path, new = tmp_path / "CHANGELOG.md", tmp_path / "vendor.yaml"
    empty = "# Changelog\n\n## [Unreleased]\n\n### Added\n"
    path.write_text(empty, "utf-8")
    first = specs.vendor_spec("inkeep")
    text = yaml.safe_dump(first, sort_keys=False)
    digest = specs.canonical_sha256(first)
    monkeypatch.setattr(update_spec, "find_earlier", lambda vendor: [(digest, "abc1234")])
    monkeypatch.setattr(update_spec, "_git", lambda *given: text)
    net = Report([], ["docs"])
    monkeypatch.setattr(update_spec, "compare_documents", lambda *given: net)
    new.write_text("paths: {}", "utf-8")
    update_spec.draft_changelog(path, "inkeep", Report([], ["wire"]), digest, new)
    assert f"since {digest[:12]} (wire none; advice: patch)" in path.read_text("utf-8")
    if not draft:
        path.write_text(path.read_text("utf-8").replace("DRAFT: ", ""), "utf-8")
    update_spec.draft_changelog(path, "inkeep", Report([], ["wire"]), "f" * 64, new)
    kept = path.read_text("utf-8")
    assert kept.count("inkeep's new document") == (1 if draft else 2)
    assert (f"since {digest[:12]} (docs none" in kept) is draft
    new.write_text(text, "utf-8")
    update_spec.draft_changelog(path, "inkeep", Report([], ["wire"]), "f" * 64, new)
    assert (path.read_text("utf-8") == empty) is draft
