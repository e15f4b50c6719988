"""Cognigy.AI: its clients."""

from ..._lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it as true; importing typing takes longer than us
if TYPE_CHECKING:
    from ._async import AsyncCognigy
    from ._sync import Cognigy

__all__ = (
    "AsyncCognigy",
    "Cognigy",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "AsyncCognigy": "._async",
            "Cognigy": "._sync",
        },
    )
