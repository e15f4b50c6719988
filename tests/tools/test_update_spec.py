"""Taking a vendor's new document: all of it or nothing."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialytics.contracts import Report, compare
from tools import specs, update_spec

CHECKOUT = (specs.ROOT / ".git").exists()


def state() -> str:
    """Hash of what an update may write."""
    whole = hashlib.sha256()
    for name, path in sorted(update_spec._read_files(specs.ROOT).items()):
        whole.update(name.encode() + path.read_bytes())
    return whole.hexdigest()


def change_vendor(vendor: str, change: Any, tmp_path: Path) -> str:
    """Write a vendor's document with a change; return the file's name."""
    document = specs.vendor_spec(vendor)
    change(document)
    path = tmp_path / "new.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")
    return str(path)


def test_the_same_content_is_no_update(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another order and another format are recognised by the hash."""
    path = change_vendor(
        "inkeep", lambda document: document.update(document.pop("x", {})), tmp_path
    )
    before = state()
    assert update_spec.main(["inkeep", "--from", path]) == 0
    assert "the formatting differs" in capsys.readouterr().out
    assert state() == before


@pytest.mark.skipif(not CHECKOUT, reason="needs the checkout's history")
def test_a_revert_is_recognised(capsys: pytest.CaptureFixture[str]) -> None:
    """Each hash that was ever on record is known with its commit."""
    record = (specs.SPECS / "chatlayer" / "source.toml").read_text("utf-8")
    earlier = dict(update_spec.find_earlier("chatlayer"))
    assert any(digest in record for digest in earlier)


def test_a_new_document_goes_all_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The changes are shown, clients generate and the lint holds; a dry run writes nothing."""

    def grow(document: dict[str, Any]) -> None:
        document["components"]["schemas"]["Feedback"]["properties"]["mood"] = {"type": "string"}

    before = state()
    assert (
        update_spec.main(["inkeep", "--dry-run", "--from", change_vendor("inkeep", grow, tmp_path)])
        == 0
    )
    shown = capsys.readouterr().out
    assert "response-optional-property-added" in shown
    assert "models.Feedback.mood" in shown
    assert state() == before


def test_an_overlay_that_no_longer_fits_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The action is named, with what stood where it pointed, and the project stays as it is."""

    def shrink(document: dict[str, Any]) -> None:
        paths = document["paths"]
        del paths[next(iter(paths))]

    before = state()
    assert (
        update_spec.main(["chatlayer", "--from", change_vendor("chatlayer", shrink, tmp_path)]) == 1
    )
    told = capsys.readouterr().err
    assert "Nothing is changed" in told
    assert "overlay.yaml no longer fits" in told
    assert " stood:\n" in told
    assert state() == before


def test_excerpts_hold_what_they_need() -> None:
    """An operation comes with what it refers to, however far, and with what is named."""
    schemas = {name: {"$ref": f"#/components/schemas/{name}x"} for name in ("A", "Ax", "B", "Bx")}
    schemas["Axx"] = {"type": "string"}
    reference = {"$ref": "#/components/schemas/A"}
    document = {
        "openapi": "3.0.0",
        "paths": {
            "/a": {
                "parameters": [{"name": "q", "in": "query"}],
                "get": {"operationId": "a", "responses": {"200": {"x": reference}}},
                "put": {"operationId": "b"},
            },
            "/b": {"get": {"operationId": "c"}},
        },
        "components": {"schemas": schemas, "securitySchemes": {"k": {}, "l": {}}},
        "x-other": 1,
    }
    excerpt = update_spec.extract(document, ["a"], ["securitySchemes/k"])
    assert excerpt["paths"] == {
        "/a": {key: document["paths"]["/a"][key] for key in ("parameters", "get")}  # type: ignore[index]
    }
    assert set(excerpt["components"]["schemas"]) == {"A", "Ax", "Axx"}
    assert excerpt["components"]["securitySchemes"] == {"k": {}}
    assert "x-other" not in excerpt
    with pytest.raises(update_spec.UpdateError, match="no operation z"):
        update_spec.extract(document, ["z"], [])


def test_records_are_rewritten(tmp_path: Path) -> None:
    """Only hash and date of ``source.toml`` change."""
    path = tmp_path / "source.toml"
    path.write_text('# why\nurl = "x"\ndate = 2020-01-01\nsha256 = "old"\n', "utf-8")
    update_spec.write_record(path, "new", "2026-11-20")
    assert path.read_text("utf-8") == '# why\nurl = "x"\ndate = 2026-11-20\nsha256 = "new"\n'


def test_changelog_gets_a_draft(tmp_path: Path) -> None:
    """What is not harmless is named below [Unreleased]."""
    path = tmp_path / "CHANGELOG.md"
    path.write_text("# Changelog\n\n## [Unreleased]\n\n### Added\n", "utf-8")
    old: dict[str, Any] = {"paths": {"/a": {"get": {"responses": {}}}}}
    report: Report = compare(old, {"paths": {}})
    update_spec.draft_changelog(path, "inkeep", report)
    text = path.read_text("utf-8")
    assert "- DRAFT: inkeep's new document (wire breaking, docs none; advice: major):" in text
    assert "  - breaking: api-path-removed-without-deprecation, GET /a" in text
    assert text.endswith("\n\n### Added\n")
