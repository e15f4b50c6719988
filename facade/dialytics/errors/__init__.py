"""Every error that dialytics raises: one tree, the same for each vendor.

::

    DialyticsError
    ├─ ConfigurationError
    ├─ ArgumentError (ValueError)
    │  └─ WindowError
    ├─ ConnectionFailed
    │  ├─ RequestTimeout (TimeoutError)
    │  └─ DeadlineExceeded (TimeoutError)
    ├─ StatusError
    │  ├─ BadRequest 400
    │  │  └─ UnknownProject 400
    │  ├─ Unauthorized 401
    │  ├─ PaymentRequired 402
    │  ├─ Forbidden 403
    │  ├─ NotFound 404
    │  ├─ MethodNotAllowed 405
    │  ├─ Conflict 409
    │  ├─ PayloadTooLarge 413
    │  ├─ Unprocessable 422
    │  ├─ RateLimited 429
    │  ├─ ClientError
    │  ├─ UnexpectedStatus
    │  └─ ServerError
    │     ├─ NotSupported 501
    │     ├─ BadGateway 502
    │     ├─ Unavailable 503
    │     └─ GatewayTimeout 504
    ├─ InvalidResponse
    │  └─ IncompleteBody
    ├─ PaginationLoop
    ├─ UnstableListing
    ├─ PositionLost
    ├─ WindowsFailed
    └─ CheckpointMismatch

In parentheses: the builtin that a class also is; the number: the status that :func:`status_class`
maps to it. Errors can be pickled and copied, and hold no secret and no connection. ``str(error)``
is one line, whatever the vendor wrote.
"""

from __future__ import annotations

from ._base import ArgumentError, ConfigurationError, DialyticsError, WindowError
from ._exchanges import (
    ConnectionFailed,
    DeadlineExceeded,
    IncompleteBody,
    InvalidResponse,
    RequestTimeout,
)
from ._listings import (
    CheckpointMismatch,
    FailedWindow,
    PaginationLoop,
    PositionLost,
    UnstableListing,
    WindowsFailed,
)
from ._statuses import (
    BadGateway,
    BadRequest,
    ClientError,
    Conflict,
    Forbidden,
    GatewayTimeout,
    MethodNotAllowed,
    NotFound,
    NotSupported,
    PayloadTooLarge,
    PaymentRequired,
    RateLimited,
    ServerError,
    StatusError,
    Unauthorized,
    Unavailable,
    UnexpectedStatus,
    UnknownProject,
    Unprocessable,
    status_class,
)

__all__ = [
    "ArgumentError",
    "BadGateway",
    "BadRequest",
    "CheckpointMismatch",
    "ClientError",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "DeadlineExceeded",
    "DialyticsError",
    "FailedWindow",
    "Forbidden",
    "GatewayTimeout",
    "IncompleteBody",
    "InvalidResponse",
    "MethodNotAllowed",
    "NotFound",
    "NotSupported",
    "PaginationLoop",
    "PayloadTooLarge",
    "PaymentRequired",
    "PositionLost",
    "RateLimited",
    "RequestTimeout",
    "ServerError",
    "StatusError",
    "Unauthorized",
    "Unavailable",
    "UnexpectedStatus",
    "UnknownProject",
    "Unprocessable",
    "UnstableListing",
    "WindowError",
    "WindowsFailed",
    "status_class",
]

# Tracebacks and pickles name what can be imported, not the room that it is in.
for _name in __all__:
    globals()[_name].__module__ = __name__
