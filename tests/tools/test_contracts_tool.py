"""The comparison of this project's own contracts with those of another revision."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import contracts, specs
from tools.specs import ROOT


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.0", "1.0.0", True),
        ("1.4.0", "1.5.0", False),
        ("1.4.0", "2.0.0", True),
    ],
)
def test_versions_announce(old: str, new: str, *, said: bool) -> None:
    """The major version says that something breaks; below 1.0 the minor one does."""
    assert contracts.announces(old, new) is said


def test_this_tree_against_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """Compared with itself nothing changed, and what cannot be compared ends with 2."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    reports = contracts.compare_trees(ROOT, ROOT)
    assert [report.changes for report in reports] == [[]] * 5
    assert contracts.main(["--base", "no-such-revision"]) == 2
    assert "no-such-revision" in capsys.readouterr().err


def test_a_document_that_comes_back_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A document whose hash was once on record is named with the commit that had it."""
    monkeypatch.setattr(specs, "ROOT", tmp_path)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.test", "-C", str(tmp_path)]
    folder = tmp_path / "specs" / "inkeep"
    folder.mkdir(parents=True)
    subprocess.run([*git, "init", "-q"], check=True)
    texts = {name: f"openapi: 3.1.0\npaths: {{/{name}: {{}}}}\n" for name in ("one", "two")}
    for name, text in texts.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, "utf-8")
        digest = specs.canonical_sha256(specs.load_document(path))
        (folder / "source.toml").write_text(f'sha256 = "{digest}"\n', "utf-8")
        subprocess.run([*git, "add", "specs"], check=True)
        subprocess.run([*git, "commit", "-qm", name], check=True)
    (first,) = subprocess.run(
        [*git, "log", "--format=%h", "--grep=one"], check=True, capture_output=True, text=True
    ).stdout.split()
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    assert contracts.note_revert("inkeep", "HEAD", two, one) == [
        f"The vendor went back to the document that commit {first} has."
    ]
    assert contracts.note_revert("inkeep", "HEAD", one, one) == []
    assert contracts.note_revert("inkeep", first, one, two) == []
    two.write_text("openapi: 3.1.0\npaths: {}\n", "utf-8")
    assert contracts.note_revert("inkeep", "HEAD", one, two) == []


def test_a_vendor_that_went_is_told(tmp_path: Path) -> None:
    """A vendor that only one of the trees has is a change, and no reason to be silent."""
    for name in ("old", "new"):
        package = tmp_path / name / "facade" / "dialytics"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("__all__ = []", "utf-8")
    folder = tmp_path / "old" / "specs" / "acme"
    folder.mkdir(parents=True)
    (folder / "vendor.yaml").write_text("paths: {}", "utf-8")
    for trees, kind in ((("old", "new"), "removed"), (("new", "old"), "added")):
        old, new = (tmp_path / one for one in trees)
        first, _ = contracts.compare_trees(old, new)
        assert [one.id for one in first.changes] == [f"vendor-{kind}"]


def test_the_base_is_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a remote it is main, without that HEAD; a wrong one says what to do."""
    monkeypatch.setattr(contracts, "ROOT", tmp_path)
    monkeypatch.delenv("CONTRACTS_BASE", raising=False)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.test", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q", "-b", "work"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "a"], check=True)
    assert contracts.find_base() == "HEAD"
    subprocess.run([*git, "branch", "main"], check=True)
    assert contracts.find_base() == "main"
    assert contracts.main(["--base", "origin/other"]) == 2
    assert "Name a branch, a tag or a commit that this clone has with --base" in (
        capsys.readouterr().err
    )
