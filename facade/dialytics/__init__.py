"""One library for the analytics APIs of Cognigy.AI, DigitalCX, Chatlayer and Inkeep.

Names are imported when they are first used; ``errors`` holds every exception.
"""

from ._lazy import lazy_names
from ._version import __version__

TYPE_CHECKING = False  # type checkers take it as true; importing typing takes longer than us
if TYPE_CHECKING:
    from . import errors as errors
    from ._async.pager import AsyncPager
    from ._auth import ClientCredentials, PasswordGrant
    from ._checkpoints import Checkpoint
    from ._pages import Page
    from ._stats import Stats
    from ._sync.pager import Pager
    from ._windows import Window
    from .vendors.chatlayer._async import AsyncChatlayer
    from .vendors.chatlayer._sync import Chatlayer
    from .vendors.chatlayer.series import Series, SeriesPoint
    from .vendors.cognigy._async import AsyncCognigy
    from .vendors.cognigy._sync import Cognigy
    from .vendors.digitalcx._async import AsyncDigitalCX
    from .vendors.digitalcx._sync import DigitalCX
    from .vendors.digitalcx.declarations import InteractionType
    from .vendors.inkeep._async import AsyncInkeep
    from .vendors.inkeep._sync import Inkeep

__all__ = (
    "AsyncChatlayer",
    "AsyncCognigy",
    "AsyncDigitalCX",
    "AsyncInkeep",
    "AsyncPager",
    "Chatlayer",
    "Checkpoint",
    "ClientCredentials",
    "Cognigy",
    "DigitalCX",
    "Inkeep",
    "InteractionType",
    "Page",
    "Pager",
    "PasswordGrant",
    "Series",
    "SeriesPoint",
    "Stats",
    "Window",
    "__version__",
    "errors",
)

_MODULES = {
    "AsyncChatlayer": ".vendors.chatlayer._async",
    "AsyncCognigy": ".vendors.cognigy._async",
    "AsyncDigitalCX": ".vendors.digitalcx._async",
    "AsyncInkeep": ".vendors.inkeep._async",
    "AsyncPager": "._async.pager",
    "Chatlayer": ".vendors.chatlayer._sync",
    "Checkpoint": "._checkpoints",
    "ClientCredentials": "._auth",
    "Cognigy": ".vendors.cognigy._sync",
    "DigitalCX": ".vendors.digitalcx._sync",
    "Inkeep": ".vendors.inkeep._sync",
    "InteractionType": ".vendors.digitalcx.declarations",
    "Page": "._pages",
    "Pager": "._sync.pager",
    "PasswordGrant": "._auth",
    "Series": ".vendors.chatlayer.series",
    "SeriesPoint": ".vendors.chatlayer.series",
    "Stats": "._stats",
    "Window": "._windows",
    "errors": ".errors",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(__name__, _MODULES)
