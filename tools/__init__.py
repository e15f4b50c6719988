"""What maintainers and CI run: code generation and its checks. Not part of the wheel."""

import sys
from importlib.util import find_spec
from pathlib import Path

# The environment that generates does not have the library installed, whose declarations it reads.
if find_spec("dialytics") is None:
    sys.path.append(str(Path(__file__).resolve().parent.parent / "facade"))
