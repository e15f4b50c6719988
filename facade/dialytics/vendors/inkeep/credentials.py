"""The keys that Inkeep takes."""

from __future__ import annotations

from ..._auth import Auth, FixedAuth, TokenProvider, bearer, make_auth
from ..._settings import find, variable
from ...errors import ConfigurationError
from .declarations import VENDOR


def find_auth(
    api_key: str | None, web_key: str | None, auth: str | TokenProvider | Auth | None
) -> Auth:
    """Return the one key that was given, or one from the environment."""
    given = {"api_key": api_key, "web_key": web_key, "auth": auth}
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise ConfigurationError(f"pass one of {' and '.join(names)}", vendor=VENDOR.name)
    if auth is not None:
        return make_auth(auth, bearer)
    key = api_key if web_key is None else web_key
    if key is None:
        key = find(VENDOR, "API_KEY", None) or find(VENDOR, "WEB_KEY", None)
    if key is None:
        raise ConfigurationError(
            "a key is missing: pass api_key= or web_key=, or set the environment variable "
            f"{variable(VENDOR, 'API_KEY')} or {variable(VENDOR, 'WEB_KEY')}",
            vendor=VENDOR.name,
        )
    return FixedAuth(bearer(key))
