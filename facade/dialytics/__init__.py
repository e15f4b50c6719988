"""One library for the analytics APIs of Cognigy.AI, DigitalCX, Chatlayer and Inkeep.

Names are imported when they are first used; ``errors`` holds every exception.
"""

from ._lazy import lazy_names
from ._version import __version__

TYPE_CHECKING = False  # type checkers take it as true; importing typing takes longer than us
if TYPE_CHECKING:
    from . import errors as errors
    from ._async.bulk import AsyncOutcomes
    from ._async.client import AsyncClientOptions
    from ._async.pager import AsyncPager
    from ._bad_rows import BadRow
    from ._bulk import Outcome
    from ._checkpoints import Checkpoint
    from ._limits import RateLimit
    from ._options import BulkOptions, CallOptions, ListOptions, RangeOptions, ReportOptions
    from ._pages import Page, RawPage
    from ._retry import RetryPolicy
    from ._stats import BulkStats, Stats
    from ._sync.bulk import Outcomes
    from ._sync.client import ClientOptions
    from ._sync.pager import Pager
    from ._windows import Window
    from .vendors.chatlayer._async.client import AsyncChatlayer
    from .vendors.chatlayer._sync.client import Chatlayer
    from .vendors.chatlayer.series import Series, SeriesPoint
    from .vendors.cognigy._async import AsyncCognigy
    from .vendors.cognigy._sync import Cognigy
    from .vendors.cognigy.grants import PasswordGrant, RefreshGrant
    from .vendors.digitalcx import InteractionType
    from .vendors.digitalcx._async import AsyncDigitalCX
    from .vendors.digitalcx._sync import DigitalCX
    from .vendors.digitalcx.credentials import ClientCredentials
    from .vendors.inkeep._async.client import AsyncInkeep
    from .vendors.inkeep._sync.client import Inkeep

__all__ = (
    "AsyncChatlayer",
    "AsyncClientOptions",
    "AsyncCognigy",
    "AsyncDigitalCX",
    "AsyncInkeep",
    "AsyncOutcomes",
    "AsyncPager",
    "BadRow",
    "BulkOptions",
    "BulkStats",
    "CallOptions",
    "Chatlayer",
    "Checkpoint",
    "ClientCredentials",
    "ClientOptions",
    "Cognigy",
    "DigitalCX",
    "Inkeep",
    "InteractionType",
    "ListOptions",
    "Outcome",
    "Outcomes",
    "Page",
    "Pager",
    "PasswordGrant",
    "RangeOptions",
    "RateLimit",
    "RawPage",
    "RefreshGrant",
    "ReportOptions",
    "RetryPolicy",
    "Series",
    "SeriesPoint",
    "Stats",
    "Window",
    "__version__",
    "errors",
)

_MODULES = {
    "AsyncChatlayer": ".vendors.chatlayer._async.client",
    "AsyncClientOptions": "._async.client",
    "AsyncCognigy": ".vendors.cognigy._async",
    "AsyncDigitalCX": ".vendors.digitalcx._async",
    "AsyncInkeep": ".vendors.inkeep._async.client",
    "AsyncOutcomes": "._async.bulk",
    "AsyncPager": "._async.pager",
    "BadRow": "._bad_rows",
    "BulkOptions": "._options",
    "BulkStats": "._stats",
    "CallOptions": "._options",
    "Chatlayer": ".vendors.chatlayer._sync.client",
    "Checkpoint": "._checkpoints",
    "ClientCredentials": ".vendors.digitalcx.credentials",
    "ClientOptions": "._sync.client",
    "Cognigy": ".vendors.cognigy._sync",
    "DigitalCX": ".vendors.digitalcx._sync",
    "Inkeep": ".vendors.inkeep._sync.client",
    "InteractionType": ".vendors.digitalcx",
    "ListOptions": "._options",
    "Outcome": "._bulk",
    "Outcomes": "._sync.bulk",
    "Page": "._pages",
    "Pager": "._sync.pager",
    "PasswordGrant": ".vendors.cognigy.grants",
    "RangeOptions": "._options",
    "RateLimit": "._limits",
    "RawPage": "._pages",
    "RefreshGrant": ".vendors.cognigy.grants",
    "ReportOptions": "._options",
    "RetryPolicy": "._retry",
    "Series": ".vendors.chatlayer.series",
    "SeriesPoint": ".vendors.chatlayer.series",
    "Stats": "._stats",
    "Window": "._windows",
    "errors": ".errors",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
