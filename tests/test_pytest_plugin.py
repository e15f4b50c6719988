"""The pytest plugin: what it gives, and that a plain install is not disturbed by it."""

from __future__ import annotations

import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ASKS = """
def test_asks(dialytics_sandbox):
    pass

def test_does_not_ask():
    pass
"""


def run_pytest(folder: Path, content: str, python: str = sys.executable) -> tuple[int, str]:
    """Run one file of tests in a process of its own; return the exit code and what it printed."""
    (folder / "test_example.py").write_text(content, encoding="utf-8")
    command = [python, "-m", "pytest", "-W", "error", "--strict-markers", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, str(folder)], check=False, capture_output=True, text=True, cwd=folder
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of an environment with the library, without extras, and pytest."""
    folder = tmp_path_factory.mktemp("bare")
    venv.create(folder, symlinks=True)
    python = str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run([*install, str(ROOT), "pytest"], check=True)
    return python


def test_example_of_the_documentation(tmp_path: Path) -> None:
    """The tests in docs/testing.md pass as they stand, in a project that has only them."""
    text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (example,) = (block for block in blocks if "def test_" in block)
    code, printed = run_pytest(tmp_path, example)
    assert code == 0, printed
    assert f"{example.count('def test_')} passed" in printed


def test_each_test_has_its_own_sandbox(tmp_path: Path) -> None:
    """What one test has changed another does not see, and waits take no time in each."""
    content = """
import dialytics, pytest
from dialytics import Cognigy
from dialytics.sandbox import Fault, FaultPlan, faults

@pytest.mark.parametrize("turn", range(2))
def test_one(dialytics_sandbox, turn):
    assert dialytics_sandbox.cognigy_records == {}
    slow = Fault(faults.ErrorStatus(429, retry_after=50))
    dialytics_sandbox.set_faults(FaultPlan(slow))
    with dialytics_sandbox.client(Cognigy) as cognigy:
        cognigy.update_record(project_id="p", properties={"rating": 1})
    assert len(dialytics_sandbox.cognigy_records) == 1
    assert [one.status for one in dialytics_sandbox.requests] == [429, 204]
"""
    code, printed = run_pytest(tmp_path, content)
    assert code == 0, printed


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("42", "the marker takes keywords only: seed=, now=, rows_per_day="),
        ("'x', seed=1", "the marker takes keywords only"),
        ("row_per_day=5", "a sandbox takes no row_per_day; did you mean rows_per_day?"),
        ("weather='rain'", "a sandbox takes no weather; it takes seed, now, rows_per_day"),
        ("rows_per_day=-5", "rows_per_day must be"),
    ],
)
def test_markers_that_are_misspelt_fail_the_test(tmp_path: Path, given: str, words: str) -> None:
    """What the marker does not take is told in a line, and never passed over."""
    content = f"""
import pytest

@pytest.mark.dialytics_sandbox({given})
def test_one(dialytics_sandbox):
    pass
"""
    code, printed = run_pytest(tmp_path, content)
    assert code == 1, printed
    assert f"dialytics_sandbox: {words}" in printed
    assert "Traceback" not in printed


def test_a_plain_install_is_not_disturbed(bare: str, tmp_path: Path) -> None:
    """Without the extra, tests that do not ask run; one that does is told what to install."""
    code, printed = run_pytest(tmp_path, ASKS, bare)
    assert code == 1, printed
    assert "1 passed, 1 error" in printed
    assert "dialytics_sandbox: the sandbox needs" in printed
    assert "install dialytics with its extra 'sandbox'" in printed


def test_loading_it_imports_nothing_heavy(bare: str, tmp_path: Path) -> None:
    """Where pytest loads it, no dependency of the library is imported before a test asks."""
    content = """
import sys

def test_modules():
    assert "dialytics.pytest_plugin" in sys.modules
    assert not {"attrs", "httpx", "msgspec", "dialytics.sandbox"} & set(sys.modules)
"""
    code, printed = run_pytest(tmp_path, content, bare)
    assert code == 0, printed
