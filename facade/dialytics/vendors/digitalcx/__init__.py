"""DigitalCX: its clients and the rows it returns."""

from ..._lazy import lazy_names

TYPE_CHECKING = False  # type checkers take it as true; importing typing takes longer than us
if TYPE_CHECKING:
    from dialytics_clients.digitalcx.rows import Interaction, InteractionType

    from ._async import AsyncDigitalCX
    from ._sync import DigitalCX
    from .options import InteractionOptions

__all__ = (
    "AsyncDigitalCX",
    "DigitalCX",
    "Interaction",
    "InteractionOptions",
    "InteractionType",
)

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "AsyncDigitalCX": "._async",
            "DigitalCX": "._sync",
            "Interaction": "dialytics_clients.digitalcx.rows",
            "InteractionOptions": ".options",
            "InteractionType": "dialytics_clients.digitalcx.rows",
        },
    )
