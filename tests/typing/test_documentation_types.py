"""The documentation's Python is what type checkers accept, page by page.

Runs where mypy is installed (`nox -s types`).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="nox -s types runs this")

from mypy import api  # only where it is installed

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```python (\w+\.py)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_pages_are_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks of each page, one after the other, pass mypy --strict as a script would.

    That a field of a row may be absent is left to the reader: the examples know their data.
    """
    monkeypatch.chdir(ROOT)
    scripts = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        for name, source in FILE.findall(text):
            (tmp_path / name).write_text(source, encoding="utf-8")
            scripts.append(str(tmp_path / name))
        if found := BLOCK.findall(text):
            script = tmp_path / f"{page.stem.lower()}_page.py"
            script.write_text("\n".join(found), encoding="utf-8")
            scripts.append(str(script))
    shown, problems, _ = api.run(["--strict", "--no-strict-optional", *scripts])
    assert len(scripts) > 5
    assert not problems
    assert "error:" not in shown, shown
