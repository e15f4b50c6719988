"""Write everything that is generated, or check that it is what the generators write.

Run by ``nox -s generate`` (``-- --check`` changes nothing and fails on any difference).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import clients, inputs, operations, phrases, rows, specs, twins

_PACKAGE = Path("generated") / "dialytics_clients"
_TABLE = Path("docs") / "operations.md"
_FACADE = twins.FACADE.relative_to(specs.ROOT)
# Nothing is passed over: the scratch folder may be one that git ignores, such as nox's.
_SETTINGS = ("line-length = 100", 'target-version = "py311"', "respect-gitignore = false")
_FORMAT = ("--isolated", *(part for setting in _SETTINGS for part in ("--config", setting)))
# Imports are sorted and unused ones dropped: what the stock templates need, and no rule more.
_LINT = ("--fix-only", "--exit-zero", "--select", "I,F401", "--quiet")


def main(arguments: list[str] | None = None) -> int:
    """Generate, or check; return the process's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; fail on differences")
    options = parser.parse_args(arguments)
    try:
        with tempfile.TemporaryDirectory() as scratch:
            made = generate_all(Path(scratch))
            if options.check:
                return report(compare(made))
            replace(made)
    except (
        specs.OverlayError,
        clients.GenerationError,
        rows.RowError,
        twins.TwinError,
        phrases.OperationError,
    ) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"wrote {len(made)} files")
    return 0


def generate_all(scratch: Path) -> dict[Path, bytes]:
    """Generate into a scratch folder; return the wanted bytes by path below the project's root."""
    packages = scratch / "dialytics_clients"
    packages.mkdir()
    rows.write_support(packages)
    effective = {vendor: specs.effective_spec(vendor) for vendor in specs.VENDORS}
    _finish(packages, f"specs (all effective specs sha256 {specs.canonical_sha256(effective)})")
    for vendor, spec in effective.items():
        _generate_vendor(vendor, spec, packages / vendor)
    sources = twins.twin_sources()
    for source, target in sources.items():
        copy = scratch / "twins" / target.relative_to(twins.FACADE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(_twin(source), encoding="utf-8")
    _format(scratch)
    shells = scratch / "twins"
    made = {_PACKAGE / path.relative_to(packages): path for path in _files(packages)}
    made |= {_FACADE / path.relative_to(shells): path for path in _files(shells)}
    wanted = {target: path.read_bytes() for target, path in made.items()}
    return wanted | {_TABLE: operations.write_operations(effective).encode()}


def compare(made: dict[Path, bytes], root: Path = specs.ROOT) -> list[str]:
    """Name every generated file that is missing, differs, or has no business being there."""
    present = _existing(root)
    missing = [f"missing: {path.as_posix()}" for path in made.keys() - present]
    stray = [f"stray: {path.as_posix()}" for path in present - made.keys()]
    stale = [
        f"differs: {path.as_posix()}"
        for path in made.keys() & present
        if (root / path).read_bytes() != made[path]
    ]
    return sorted(missing + stray + stale)


def report(differences: list[str]) -> int:
    """Print the differences and return the exit code that they deserve."""
    for line in differences:
        print(line)
    if differences:
        print("generated files are not what the generators write; run `nox -s generate`")
    return 1 if differences else 0


def replace(made: dict[Path, bytes], root: Path = specs.ROOT) -> None:
    """Put the wanted files in place and remove strays."""
    for path in _existing(root) - made.keys():
        (root / path).unlink()
    for path, content in made.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != content:
            target.write_bytes(content)


def _generate_vendor(vendor: str, spec: specs.Document, target: Path) -> None:
    digest = specs.canonical_sha256(spec)
    clients.generate_client(vendor, spec, target)
    rows.write_rows(spec, target / "rows")
    inputs.write_inputs(spec, target)
    _finish(target, f"specs/{vendor} (effective spec sha256 {digest})")
    overlaid = f"with oas-patch {specs.VERSION} from specs/{vendor}, sha256 {digest}"
    marked = {"x-generated": f"by `nox -s generate` {overlaid}", **spec}
    text = json.dumps(marked, indent=1, ensure_ascii=False) + "\n"
    (target / "openapi.json").write_text(text, encoding="utf-8")


def _finish(package: Path, source: str) -> None:
    (package / "py.typed").touch()
    generator = f"openapi-python-client {clients.VERSION}"
    header = f"# Generated by `nox -s generate` with {generator}\n# from {source}.\n"
    for path in _files(package):
        text = path.read_text(encoding="utf-8")
        path.write_text(f"{header}# Do not edit.\n{text}", encoding="utf-8")


def _twin(source: Path) -> str:
    name = source.relative_to(specs.ROOT).as_posix()
    header = f"# Generated by `nox -s generate` from {name}. Do not edit.\n"
    return header + twins.translate(source.read_text(encoding="utf-8"))


def _format(folder: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    known = ("--config", 'lint.isort.known-first-party = ["dialytics", "dialytics_clients"]')
    subprocess.run([*ruff, "check", *_FORMAT, *known, *_LINT, str(folder)], check=True)
    subprocess.run([*ruff, "format", *_FORMAT, "--quiet", str(folder)], check=True)


def _existing(root: Path) -> set[Path]:
    facade = root / _FACADE
    folders = [facade / "_sync", *facade.glob("vendors/*/_sync")]
    shells = [path for folder in folders for path in _files(folder)]
    shells += [*facade.glob("vendors/*/_sync.py"), *root.glob(_TABLE.as_posix())]
    return {path.relative_to(root) for path in [*_files(root / _PACKAGE.parent), *shells]}


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


if __name__ == "__main__":
    sys.exit(main())
