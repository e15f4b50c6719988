"""Drafts for the changelog."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dialytics.contracts import Report, compare
from tools import drafts

EMPTY = "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A\n"


@pytest.fixture
def changelog(tmp_path: Path) -> Path:
    path = tmp_path / "CHANGELOG.md"
    path.write_text(EMPTY, "utf-8")
    return path


@pytest.fixture
def report() -> Report:
    old: dict[str, Any] = {"paths": {"/a": {"get": {"responses": {}}}}}
    return compare(old, {"paths": {}})


def test_what_is_not_harmless_is_named(changelog: Path, report: Report) -> None:
    """A draft stands below [Unreleased], with verdicts and what breaks."""
    drafts.write_draft(changelog, "inkeep", report, "f" * 64)
    text = changelog.read_text("utf-8")
    head = "- DRAFT: inkeep's new document, since ffffffffffff (wire breaking, docs none; "
    assert f"## [Unreleased]\n\n### Changed\n\n{head}advice: major):\n" in text
    assert "  - breaking: api-path-removed-without-deprecation, GET /a\n\n### Added\n" in text


def test_a_harmless_document_says_so(changelog: Path) -> None:
    """Where nothing breaks the line ends as a sentence."""
    drafts.write_draft(changelog, "inkeep", Report([], ["wire"]), "f" * 64)
    assert "(wire none; advice: patch); nothing of it breaks.\n" in changelog.read_text("utf-8")


def test_each_vendor_has_one_draft(changelog: Path, report: Report) -> None:
    """A new draft takes the place of the vendor's former one; None takes it out to the byte."""
    for vendor in ("inkeep", "cognigy", "inkeep"):
        drafts.write_draft(changelog, vendor, report, "f" * 64)
    text = changelog.read_text("utf-8")
    assert (text.count("DRAFT: inkeep"), text.count("DRAFT: cognigy")) == (1, 1)
    assert drafts.find_base(changelog, "inkeep") == "f" * 12
    assert drafts.find_base(changelog, "chatlayer") is None
    for vendor in ("inkeep", "cognigy"):
        drafts.write_draft(changelog, vendor, None, "")
    assert changelog.read_text("utf-8") == EMPTY


def test_a_changelog_has_a_place_for_it(changelog: Path, report: Report) -> None:
    """Without the section nothing is written."""
    changelog.write_text("# Changelog\n", "utf-8")
    with pytest.raises(ValueError, match=r"CHANGELOG\.md has no section"):
        drafts.write_draft(changelog, "inkeep", report, "f" * 64)
