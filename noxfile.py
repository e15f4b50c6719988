"""Every job of the project; `nox -l` lists them."""

from __future__ import annotations

from pathlib import Path

import nox
from packaging.requirements import Requirement

nox.options.sessions = ["tests", "lint", "types"]
nox.options.error_on_missing_interpreters = False

PYPROJECT = nox.project.load_toml("pyproject.toml")
# What `--soak` makes longer.
SOAKED = (
    "tests/faults",
    "tests/parquet",
    "tests/test_abandoned.py",
    "tests/test_error_bodies.py",
    "tests/test_fuzz.py",
    "tests/test_walks.py",
)
PYTHONS = nox.project.python_versions(PYPROJECT)


@nox.session
def quickstart(session: nox.Session) -> None:
    """Run the main job against the embedded sandbox and show what comes out."""
    session.install(".[sandbox]")
    session.run("python", "examples/quickstart.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests against the built and installed wheel (arguments go to pytest)."""
    run_tests(session)


@nox.session
def soak(session: nox.Session) -> None:
    """Run whole what `tests` samples: faults, fuzz, kill and resume, a million rows (an hour)."""
    install_wheel(session)
    # Some of these tests take a hundred times as long as others.
    run_pytest(session, "--dist=worksteal", "--soak", *(session.posargs or SOAKED))


@nox.session(python=PYTHONS)
def tests_all(session: nox.Session) -> None:
    """Run the tests with every supported Python that is installed here."""
    run_tests(session)


@nox.session
def minimums(session: nox.Session) -> None:
    """Run the tests with the oldest version that each dependency is allowed to have."""
    constraints = Path(session.create_tmp()) / "minimums.txt"
    constraints.write_text("\n".join(oldest_versions()), encoding="utf-8")
    run_tests(session, "--constraint", str(constraints))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting (`-- --fix` mends what can be mended)."""
    session.install(*group("lint"))
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", *([] if "--fix" in session.posargs else ["--check"]))


@nox.session
def types(session: nox.Session) -> None:
    """Check types with mypy --strict and pyright, and that no public name is `Any`."""
    session.install("-e", ".[all]", *group("types"))
    session.run("mypy")
    session.run("pyright")
    session.run("python", "-m", "pytest", "tests/typing")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed and memory beside references (`-- --quick`, `-- --only NAME`, `-- --help`)."""
    session.install(".[all]", *group("bench"))
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def generate(session: nox.Session) -> None:
    """Write clients, rows, twins and the table of operations (`-- --check` only compares)."""
    session.install(*group("generate"))
    session.run("python", "-m", "tools.generate", *session.posargs)


@nox.session
def contracts(session: nox.Session) -> None:
    """Compare specs and public API with a base (`-- --base REVISION --github`); fail on breaks."""
    session.install("-e", ".[contracts]", *group("generate"))
    session.run("python", "-m", "tools.contracts", *session.posargs)


@nox.session
def update_spec(session: nox.Session) -> None:
    """Take a vendor's new document (`-- VENDOR --from FILE|URL`), show the diff, regenerate."""
    session.install("-e", ".[contracts]", *group("tests"))
    session.run("python", "-m", "tools.update_spec", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build sdist and wheel into dist/."""
    session.install("build")
    session.run("python", "-m", "build")


def run_tests(session: nox.Session, *pip_arguments: str) -> None:
    """Run the tests against the wheel."""
    install_wheel(session, *pip_arguments)
    run_pytest(session, *session.posargs)


def run_pytest(session: nox.Session, *arguments: str) -> None:
    """Run pytest with a process for each processor."""
    session.run("python", "-m", "pytest", "--numprocesses=auto", "--maxprocesses=8", *arguments)


def install_wheel(session: nox.Session, *pip_arguments: str) -> None:
    """Install the wheel that the sdist gives, with its extras, and what the tests need."""
    session.install("build")
    dist = Path(session.create_tmp()).resolve() / "dist"
    for old in dist.glob("*"):
        old.unlink()
    session.run("python", "-m", "build", "--outdir", str(dist), silent=True)
    (wheel,) = dist.glob("*.whl")
    session.install(f"{wheel}[all]", *group("tests"), *pip_arguments)


def group(name: str) -> tuple[str, ...]:
    """Return a dependency group's requirements."""
    return nox.project.dependency_groups(PYPROJECT, name)


def oldest_versions() -> list[str]:
    """Pin each dependency of the project to the lower bound that it declares."""
    extras = PYPROJECT["project"]["optional-dependencies"].values()
    declared = [*PYPROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]
    requirements = [Requirement(text) for text in declared]
    return [
        f"{requirement.name}=={bound.version}"
        for requirement in requirements
        for bound in requirement.specifier
        if bound.operator == ">="
    ]
