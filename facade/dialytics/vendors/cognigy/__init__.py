"""Cognigy.AI: its clients, and the types of what they are given."""

from ..._lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it as true; importing typing takes longer than us
if TYPE_CHECKING:
    from dialytics_clients.cognigy.inputs import Properties

    from ._async import AsyncCognigy
    from ._sync import Cognigy
    from .grants import PasswordGrant, RefreshGrant
    from .records import RecordUpdate

__all__ = (
    "AsyncCognigy",
    "Cognigy",
    "PasswordGrant",
    "Properties",
    "RecordUpdate",
    "RefreshGrant",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "AsyncCognigy": "._async",
            "Cognigy": "._sync",
            "PasswordGrant": ".grants",
            "Properties": "dialytics_clients.cognigy.inputs",
            "RecordUpdate": ".records",
            "RefreshGrant": ".grants",
        },
    )
