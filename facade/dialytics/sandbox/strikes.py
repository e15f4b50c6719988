"""Which requests are struck."""

from __future__ import annotations

import threading
from collections.abc import Collection

from .draws import digest
from .exchange import Vendor
from .faults import Effect
from .plans import Fault, FaultPlan


class Strikes:
    """Counts requests and decides what strikes each; may be asked from any thread."""

    def __init__(self, plan: FaultPlan) -> None:
        self._plan = plan
        self._met = [0] * len(plan.faults)
        self._struck = [0] * len(plan.faults)
        self._lock = threading.Lock()

    def draw(self, vendor: Vendor, operations: Collection[str], *, later: bool) -> list[Effect]:
        """Return what strikes the next request of a vendor's operation (by any of its names)."""
        with self._lock:
            return [
                fault.effect
                for index, fault in enumerate(self._plan.faults)
                if fault.matches(vendor, operations, later=later) and self._strikes(index, fault)
            ]

    def _strikes(self, index: int, fault: Fault) -> bool:
        self._met[index] += 1
        since = self._met[index] - fault.first
        if since < 0 or since % fault.every or self._struck[index] == fault.times:
            return False
        drawn = int.from_bytes(digest(self._plan.seed, "fault", index, since)[:7], "big")
        struck = drawn < fault.probability * (1 << 56)
        self._struck[index] += struck
        return struck
