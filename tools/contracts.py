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
from typing import Any

import griffe

from dialytics.contracts import (
    Change,
    ContractError,
    Report,
    compare,
    write_annotations,
    write_text,
)
from dialytics.contracts._python import compare_packages
from tools.specs import ROOT, VENDORS

_VERSION = Path("facade") / "dialytics" / "_version.py"


def main(arguments: list[str] | None = None) -> int:
    """Compare, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default=os.environ.get("CONTRACTS_BASE", "origin/main"))
    parser.add_argument("--github", action="store_true", help="print annotations")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            base = check_out(options.base, Path(scratch))
            reports = compare_trees(base, ROOT)
            before, after = read_version(base), read_version(ROOT)
    except ContractError as error:
        print(error, file=sys.stderr)
        return 2
    for report in reports:
        print(write_annotations(report) if options.github else write_text(report))
    if announces(before, after) or not reports[-1].is_breaking:
        return 0
    print(f"The façade breaks, and {before} to {after} does not say so: raise the version.")
    return 1


def check_out(revision: str, folder: Path) -> Path:
    """Put the files of a revision into a folder."""
    command = ["git", "archive", "--end-of-options", revision]
    archived = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        raise ContractError(f"{revision}: {archived.stderr.decode(errors='replace').strip()}")
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def compare_trees(old: Path, new: Path) -> list[Report]:
    """Compare each vendor's document and client, and last the façade."""
    reports = []
    for vendor in VENDORS:
        documents = [tree / "specs" / vendor / "vendor.yaml" for tree in (old, new)]
        if all(one.is_file() for one in documents):
            wire = compare(*documents)
            clients = Path("generated") / "dialytics_clients"
            changes = compare_packages(old / clients, new / clients, vendor)
            axes = ["wire", "python", "docs"]
            name = f"specs/{vendor}/vendor.yaml"
            reports.append(Report([*wire.changes, *changes], axes, old=f"{name} then", new="now"))
    changes = compare_facades(old / "facade", new / "facade")
    return [*reports, Report(changes, ["python"], old="façade then", new="now")]


def compare_facades(old: Path, new: Path) -> list[Change]:
    """Compare the public names of two trees' façades."""
    before, after = (
        griffe.load("dialytics", search_paths=[str(path)], allow_inspection=False)
        for path in (old, new)
    )
    promised = find_promised(before)
    gone = set(promised.values()) - set(find_promised(after).values())
    removed = [
        Change("python", "object-removed", "breaking", "", symbol=name, before=name)
        for name in sorted(gone)
    ]
    found = {change.fingerprint: change for change in removed}
    for one in griffe.find_breaking_changes(before, after):
        symbol = name_publicly(one.obj.path, promised)
        if symbol is None or symbol in gone:
            continue
        kind = one.kind.name.lower().replace("_", "-")
        before_and_after = _tell(one.old_value), _tell(one.new_value)
        change = Change("python", kind, "breaking", "", [], symbol, *before_and_after)
        found[change.fingerprint] = change
    return list(found.values())


def find_promised(package: Any) -> dict[str, str]:
    """Map where exported names and their base classes are defined to the names as promised."""
    promised: dict[str, str] = {}
    for name in package.exports or ():
        try:
            target = package[str(name)].final_target
            bases = target.mro() if target.is_class else []
        except (griffe.AliasResolutionError, AttributeError, KeyError, ValueError):
            continue
        promised[target.path] = f"{package.path}.{name}"
        for base in bases:
            promised.setdefault(base.path, f"{package.path}.{name}")
    return promised


def name_publicly(path: str, promised: dict[str, str]) -> str | None:
    """Return what a name is promised as; None where it is nobody's business."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        name = promised.get(".".join(parts[:length]))
        if name is not None:
            rest = parts[length:]
            return None if _is_private(rest) else ".".join([name, *rest])
    return None if _is_private(parts) else path


def _is_private(parts: list[str]) -> bool:
    return any(part.startswith("_") and not part.endswith("__") for part in parts)


def announces(old: str, new: str) -> bool:
    """Tell whether a version says that something breaks: the major one, or below 1.0 the minor."""
    before, after = ([int(part) for part in one.split(".")[:2]] for one in (old, new))
    return after > before if before[0] == 0 else after[0] > before[0]


def read_version(root: Path) -> str:
    """Return the version of a tree."""
    text = (root / _VERSION).read_text(encoding="utf-8")
    return text.partition('__version__ = "')[2].partition('"')[0]


def _tell(value: object) -> str | None:
    return None if value is None else str(value)


if __name__ == "__main__":
    sys.exit(main())
