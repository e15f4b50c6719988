"""What the Cognigy.AI API promises for analytics records.

Sources: specs/cognigy (an excerpt of the vendor's own document and our overlay) and
docs.cognigy.com.
"""

from __future__ import annotations

from ..._declarations import Operation, Vendor
from ..._limits import RateLimit
from ..._retry import Replay

VENDOR = Vendor(
    name="cognigy",
    base_url="https://api-trial.cognigy.ai",
    api_root="/new",
    # Documented for the shared installations only (docs.cognigy.com, limitations).
    limited_hosts=("api-trial.cognigy.ai", "api-app.cognigy.ai", "api-app-us.cognigy.ai"),
    rate_limit=RateLimit(requests=1000, seconds=300.0),
    # "60 kB": the larger reading, since only what is surely refused is refused here.
    max_body=60 * 1024,
)

UPDATE_RECORD = Operation(
    vendor=VENDOR,
    name="update_record",
    method="PATCH",
    path="/v2.0/analytics",
    replay=Replay.SETS,
    # Whether tracked goals are added or set is unknown.
    once_with=("trackedGoals",),
    success=frozenset({204}),
    bulk="update_records",
)
