"""Everything that the sandbox can do to a request, by name."""

from __future__ import annotations

from dialytics.sandbox import faults
from dialytics.sandbox.faults import Effect

# What a client cannot tell from an answer as it should be: that the rows are not in their order.
REORDERS = "out-of-order"
MALFORMED = "malformed-row"
CHANGES = frozenset({"inserted", "deleted", "replaced", "appended"})

HAZARDS: dict[str, Effect] = {
    "latency": faults.Latency(0.01),
    "slow-drip": faults.SlowDrip(4, 0.002),
    "408": faults.ErrorStatus(408),
    "429": faults.ErrorStatus(429),
    "429-seconds": faults.ErrorStatus(429, retry_after=2),
    "429-date": faults.ErrorStatus(429, retry_after=5, as_date=True),
    "429-past": faults.ErrorStatus(429, retry_after=-60, as_date=True),
    "429-too-long": faults.ErrorStatus(429, retry_after=4000),
    "500": faults.ErrorStatus(500),
    "502": faults.ErrorStatus(502),
    "503-seconds": faults.ErrorStatus(503, retry_after=1),
    "504": faults.ErrorStatus(504),
    "520": faults.ErrorStatus(520),
    "error-page": faults.ErrorPage(502),
    "page-as-success": faults.ErrorPage(200),
    "refused": faults.Refusal(0.03),
    "reset-before": faults.Reset(),
    "reset-after-head": faults.Reset(0.0),
    "reset-in-body": faults.Reset(0.5),
    "cut-length": faults.Truncation(0.5),
    "cut-length-row": faults.Truncation(0.6, row_end=True),
    "cut-chunked": faults.Truncation(0.5, "chunked"),
    "cut-chunked-row": faults.Truncation(0.6, "chunked", row_end=True),
    "unended-chunked": faults.Truncation(1.0, "chunked"),
    "cut-close": faults.Truncation(0.5, "close"),
    "cut-close-row": faults.Truncation(0.6, "close", row_end=True),
    "ended-by-close": faults.Truncation(1.0, "close", row_end=True),
    "cut-whole": faults.Truncation(0.37, "whole"),
    "cut-gzip": faults.Truncation(0.5, "whole", gzip=True),
    "cut-gzip-close": faults.Truncation(0.5, "close", gzip=True),
    "empty-body": faults.Truncation(0.0, "length"),
    "second-member": faults.SecondMember(),
    "wrong-type-html": faults.WrongType("text/html"),
    "wrong-type-binary": faults.WrongType(),
    "repeated-token": faults.RepeatedToken(),
    "expired-token": faults.ExpiredToken(),
    "empty-page": faults.EmptyPage(),
    REORDERS: faults.OutOfOrder(),
    MALFORMED: faults.MalformedRow(),
    "clock-ahead": faults.ClockSkew(2 * 86_400),
    "clock-behind": faults.ClockSkew(-3600),
    "inserted": faults.Change(insert=2),
    "deleted": faults.Change(delete=2),
    "replaced": faults.Change(insert=3, delete=1),
    "appended": faults.Change(advance=3600),
}
