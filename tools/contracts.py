"""Compare this tree's contracts with those of another revision: the specs, and what users import.

Run by ``nox -s contracts`` (``-- --base REVISION``, ``--github`` for annotations). It fails where
the façade breaks and the version does not say so; what vendors break is shown whatever our version.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from dialytics.contracts import (
    Change,
    ContractError,
    Report,
    compare,
    write_annotations,
    write_text,
)
from dialytics.contracts._python import compare_packages
from tools.public_names import compare_facades
from tools.specs import ROOT, canonical_sha256, load_document
from tools.update_spec import find_earlier

_BASES = ("origin/main", "main")
_VERSION = Path("facade") / "dialytics" / "_version.py"


def main(arguments: list[str] | None = None) -> int:
    """Compare, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).replace("``", ""))
    parser.add_argument(
        "--base",
        default=os.environ.get("CONTRACTS_BASE"),
        help="revision to compare with: CONTRACTS_BASE, else origin/main, main, or HEAD",
    )
    parser.add_argument("--github", action="store_true", help="print annotations")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            revision = options.base or find_base()
            base = check_out(revision, Path(scratch))
            print(f"Compared with {revision}.")
            reports = compare_trees(base, ROOT, revision)
            before, after = read_version(base), read_version(ROOT)
    except ContractError as error:
        print(error, file=sys.stderr)
        return 2
    for report in reports:
        print(write_annotations(report) if options.github else write_text(report))
    if announces(before, after) or not reports[-1].is_breaking:
        return 0
    raised = f"raise the version in {_VERSION}"
    print(f"The façade breaks, and {before} to {after} does not say so: {raised}.")
    return 1


def find_base() -> str:
    """Return the first of the usual bases that this clone has; HEAD it has if any."""
    for name in _BASES:
        command = ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
        if not subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode:
            return name
    return "HEAD"


def check_out(revision: str, folder: Path) -> Path:
    """Put the files of a revision into a folder."""
    command = ["git", "archive", "--end-of-options", revision]
    archived = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        why = archived.stderr.decode(errors="replace").strip()
        raise ContractError(
            f"{revision}: {why}. Name a branch, a tag or a commit that this clone has with --base "
            "(`git fetch origin` gets those of the remote)."
        )
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def compare_trees(old: Path, new: Path, base: str = "HEAD") -> list[Report]:
    """Compare each vendor's document and client, and last the façade."""
    found = {path.parent.name for tree in (old, new) for path in tree.glob("specs/*/vendor.yaml")}
    reports = [compare_vendor(vendor, old, new, base) for vendor in sorted(found)]
    changes = compare_facades(old / "facade", new / "facade")
    return [*reports, Report(changes, ["python"], old="façade then", new="now")]


def compare_vendor(vendor: str, old: Path, new: Path, base: str) -> Report:
    """Compare a vendor's document and client; one that only one tree has came or went."""
    name = f"specs/{vendor}/vendor.yaml"
    documents = old / name, new / name
    axes = ["wire"]
    found, notes = _tell_presence(vendor, *documents), []
    if not found:
        wire = compare(*documents)
        notes = [*wire.notes, *note_revert(vendor, base, *documents)]
        clients = Path("generated") / "dialytics_clients"
        found = [*wire.changes, *compare_packages(old / clients, new / clients, vendor)]
        axes = ["wire", "python", "docs"]
    return Report(found, axes, old=f"{name} then", new="now", notes=notes)


def _tell_presence(vendor: str, old: Path, new: Path) -> list[Change]:
    """Return the change of a vendor that only one tree has."""
    if not new.is_file():
        return [Change("wire", "vendor-removed", "breaking", "", before=vendor)]
    if not old.is_file():
        return [Change("wire", "vendor-added", "compatible", "", after=vendor)]
    return []


def note_revert(vendor: str, base: str, old: Path, new: Path) -> list[str]:
    """Say where a document is one that was once on record before a revision."""
    before, after = (canonical_sha256(load_document(path)) for path in (old, new))
    if before == after:
        return []
    return [
        f"The vendor went back to the document that commit {commit} has."
        for digest, commit in find_earlier(vendor, base)
        if digest == after
    ][-1:]


def announces(old: str, new: str) -> bool:
    """Tell whether a version says that something breaks: the major one, or below 1.0 the minor."""
    before, after = ([int(part) for part in one.split(".")[:2]] for one in (old, new))
    return after > before if before[0] == 0 else after[0] > before[0]


def read_version(root: Path) -> str:
    """Return the version of a tree."""
    text = (root / _VERSION).read_text(encoding="utf-8")
    return text.partition('__version__ = "')[2].partition('"')[0]


if __name__ == "__main__":
    sys.exit(main())
