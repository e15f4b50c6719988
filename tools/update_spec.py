"""Take a vendor's new document: show what it changes, and regenerate, all of it or nothing.

Run by ``nox -s update_spec -- VENDOR [--from FILE|URL] [--dry-run]``. Everything happens in a copy
of the project first; only when the overlay still fits, the clients generate and the declarations
hold is the project itself changed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import yaml
from jsonpath_ng.ext.parser import parse

from dialytics.contracts import ContractError, Report, compare, write_text
from dialytics.contracts._document import as_map
from dialytics.contracts._facade import read_declarations
from dialytics.contracts._load import read_source
from tools import drafts, specs
from tools.excerpts import UpdateError, extract
from tools.trees import TreeError, exchange_files, read_files

_LEFT = shutil.ignore_patterns(".git", ".nox", ".venv", "dist", "__pycache__", ".*_cache")
_WRITTEN = ("specs", "generated", "facade", "docs/operations.md", "CHANGELOG.md")
_LINT = "tests/specs/test_declarations.py"


def main(arguments: list[str] | None = None) -> int:
    """Update, and return the exit code."""
    parser = argparse.ArgumentParser(description=str(__doc__).replace("``", ""))
    parser.add_argument("vendor", choices=specs.VENDORS)
    parser.add_argument("--from", dest="given", help="file or URL; by default the one on record")
    parser.add_argument("--dry-run", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            update(options.vendor, options.given, Path(scratch), write=not options.dry_run)
    except (UpdateError, TreeError, ContractError, specs.OverlayError, OSError) as error:
        print(f"Nothing is changed. {error}", file=sys.stderr)
        return 1
    return 0


def update(vendor: str, given: str | None, scratch: Path, *, write: bool) -> None:
    """Do it all in a scratch folder, then put what came out into the project."""
    record = specs.SPECS / vendor / "source.toml"
    known = tomllib.loads(record.read_text(encoding="utf-8"))
    given = str(given or known["url"])
    target = write_new(given, known["extracted"], scratch / "vendor.yaml")
    digest = specs.canonical_sha256(specs.load_document(target))
    if digest == known["sha256"]:
        print("The content is the one on record; at most the formatting differs.")
        return
    for earlier, commit in find_earlier(vendor):
        if earlier == digest:
            print(f"The vendor went back to the document that commit {commit} has.")
            break
    report = show_changes(vendor, target, name_new(vendor, given, target))
    check_overlay(vendor, specs.load_document(target))
    before = read_files(specs.ROOT, _WRITTEN)
    stage = scratch / "project"
    shutil.copytree(specs.ROOT, stage, ignore=_LEFT)
    shutil.copy(target, stage / "specs" / vendor / "vendor.yaml")
    today = datetime.now(UTC).date().isoformat()
    write_record(stage / "specs" / vendor / "source.toml", digest, today)
    draft_changelog(stage / "CHANGELOG.md", vendor, report, known["sha256"], target)
    run_in(stage, "-m", "tools.generate")
    run_in(stage, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider", _LINT)
    if not write:
        print("Dry run: nothing is changed.")
        return
    after = read_files(stage, _WRITTEN)
    last = f"specs/{vendor}/source.toml"
    names = exchange_files(specs.ROOT, before, after, last)
    print("\n".join(["written:", *sum_up(names), "Now read `git diff -I sha256`."]))
    if drafts.find_base(specs.ROOT / "CHANGELOG.md", vendor):
        print("Then edit the draft in CHANGELOG.md.")


def name_new(vendor: str, given: str, written: Path) -> str:
    """Return what to call the new document: as it was given, unless it is an excerpt of that."""
    path = Path(given)
    whole = path.is_file() and path.read_bytes() == written.read_bytes()
    return given if whole else f"specs/{vendor}/vendor.yaml"


def sum_up(names: list[str]) -> list[str]:
    """Name the files that a person looks at, and count what is generated, by package."""
    made = Counter("/".join(one.split("/")[:3]) for one in names if one.startswith("generated/"))
    told = [one for one in names if not one.startswith("generated/")]
    return told + [
        f"{folder} ({number} files)" if number > 1 else folder for folder, number in made.items()
    ]


def write_new(given: str, extracted: dict[str, list[str]], target: Path) -> Path:
    """Write the new document, as it is, or the excerpt that is on record."""
    source = read_source(given, fetch=True)
    content = source.content
    target.write_text(source.text or "", encoding="utf-8")
    if extracted["operations"]:
        content = extract(content, extracted["operations"], extracted["components"])
    elif is_readable(target):
        return target
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    target.write_text(text, encoding="utf-8")
    return target


def is_readable(path: Path) -> bool:
    """Tell whether the project's own, strict reader takes a document (tabs in JSON it does not)."""
    try:
        specs.load_document(path)
    except (yaml.YAMLError, RecursionError, ValueError):
        return False
    return True


def find_earlier(vendor: str, until: str = "HEAD") -> Iterator[tuple[str, str]]:
    """Yield the hashes that were once on record until a revision, each with its commit."""
    path = f"specs/{vendor}/source.toml"
    for commit in _git("log", "--format=%h", "--end-of-options", until, "--", path).split():
        digest = re.search(r'^sha256 = "(\w+)"', _git("show", f"{commit}:{path}"), re.MULTILINE)
        if digest:
            yield digest[1], commit


def show_changes(vendor: str, new: Path, name: str) -> Report:
    """Print what changes, on the wire and in Python, with the new document's name."""
    report = compare_documents(vendor, specs.SPECS / vendor / "vendor.yaml", new)
    changes = [
        replace(one, location=one.location and one.location.replace(str(new), name, 1))
        for one in report.changes
    ]
    told = replace(report, changes=changes, old=f"specs/{vendor}/vendor.yaml", new=name)
    print(write_text(told))
    return told


def compare_documents(vendor: str, old: Path, new: Path) -> Report:
    """Compare two documents, and what our overlay makes of them."""
    overlay = specs.SPECS / vendor / "overlay.yaml"
    axes = ("wire", "docs", "python", "generator")
    return compare(old, new, axes=axes, overlays=(overlay, overlay))


def check_overlay(vendor: str, new: specs.Document) -> None:
    """Refuse an overlay that no longer fits, showing what stood where it did."""
    overlay = specs.load_document(specs.SPECS / vendor / "overlay.yaml")
    try:
        patched = specs.patch_document(new, overlay)
    except specs.OverlayError as error:
        lines = [f"specs/{vendor}/overlay.yaml no longer fits: {error}"]
        old = specs.vendor_spec(vendor)
        for action in overlay.get("actions", []):
            path = parse(action["target"])
            if not path.find(new) and (stood := path.find(old)):
                what = yaml.safe_dump(stood[0].value, sort_keys=False).strip()[:500]
                lines.append(f"At {action['target']} stood:\n{what}")
        raise UpdateError("\n".join(lines)) from None
    check_declarations(vendor, patched)


def check_declarations(vendor: str, promised: specs.Document) -> None:
    """Refuse a document without an operation that the façade has."""
    paths = as_map(promised.get("paths"))
    for declared, name, place in read_declarations():
        method, _, path = declared.partition(" ")
        if place.startswith(f"{vendor}.") and method.lower() not in as_map(paths.get(path)):
            raise UpdateError(
                f"The new document has no {declared}, which {name} sends: take the operation out "
                f"of the façade first ({place}), or add it to specs/{vendor}/overlay.yaml."
            )


def write_record(path: Path, digest: str, day: str) -> None:
    """Put hash and date into ``source.toml``, and leave its words as they are."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'^sha256 = ".*"$', f'sha256 = "{digest}"', text, flags=re.MULTILINE)
    text = re.sub(r"^date = .*$", f"date = {day}", text, flags=re.MULTILINE)
    path.write_text(text, encoding="utf-8")


def draft_changelog(path: Path, vendor: str, report: Report, known: str, new: Path) -> None:
    """Draft an entry; where one is still a draft, for all that changed since its beginning."""
    begun = drafts.find_base(path, vendor)
    told: Report | None = report
    since = known
    for digest, commit in find_earlier(vendor) if begun else ():
        if digest.startswith(str(begun)):
            old = new.with_name("begun.yaml")
            old.write_text(_git("show", f"{commit}:specs/{vendor}/vendor.yaml"), encoding="utf-8")
            same = specs.canonical_sha256(specs.load_document(new)) == digest
            told, since = None if same else compare_documents(vendor, old, new), digest
            break
    try:
        drafts.write_draft(path, vendor, told, since)
    except ValueError as error:
        raise UpdateError(str(error)) from None


def run_in(stage: Path, *arguments: str) -> None:
    """Run Python in the copy, on the copy's own code."""
    paths = os.pathsep.join(map(str, (stage, stage / "facade", stage / "generated")))
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=stage,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise UpdateError(f"{' '.join(arguments)} fails:\n{done.stdout}{done.stderr}")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607  # whichever git the maintainer has
        cwd=specs.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout if done.returncode == 0 else ""


if __name__ == "__main__":
    sys.exit(main())
