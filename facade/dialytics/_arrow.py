"""pyarrow, which is an extra, or the error that tells how to get it."""

from __future__ import annotations

from typing import Any

from .errors import ConfigurationError

try:
    import pyarrow as pa
    from pyarrow import compute as _compute
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet
except ImportError:
    raise ConfigurationError(
        "record batches and Parquet files need pyarrow, which is not installed: "
        "install dialytics with its extra 'arrow'"
    ) from None

# Arrow makes these functions when it is imported, where type checkers do not see them.
functions: Any = _compute

__all__ = ["arrow_csv", "functions", "pa", "parquet"]
