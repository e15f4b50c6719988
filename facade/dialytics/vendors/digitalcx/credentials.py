"""The credentials that DigitalCX takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from ..._auth import Auth, TokenProvider, bearer, make_auth
from ..._settings import check_url, find, variable
from ...errors import ConfigurationError
from .declarations import VENDOR

_TOKEN_URL = "https://login.microsoftonline.com/digitalcx.onmicrosoft.com/oauth2/token"  # noqa: S105  # a URL
_TOKEN_RESOURCE = "https://digitalcx.onmicrosoft.com/external-api"  # noqa: S105  # a name


@frozen
class ClientCredentials:
    """OAuth2 client credentials of DigitalCX.

    Attributes:
        client_id: The client id that CM.com gave you.
        client_secret: Its secret; never shown in a repr.
        token_url: Where tokens are issued; ``None`` means Entra ID's tenant of DigitalCX, as
            observed in a public client of the API.
        resource: What the token is for; ``None`` means DigitalCX's external API, as observed.
    """

    client_id: str
    client_secret: str = field(repr=False)
    token_url: str | None = None
    resource: str | None = None


def find_auth(
    auth: str | TokenProvider | ClientCredentials | Auth | None, options: Mapping[str, Any]
) -> Auth:
    """Return the scheme for ``auth=``, or for what the environment holds."""
    if auth is None:
        auth = find(VENDOR, "TOKEN", None) or _find_login()
    if not isinstance(auth, ClientCredentials):
        return make_auth(auth, bearer)
    from ..._oauth import OAuth  # noqa: PLC0415  # others have a token

    url = check_url(auth.token_url or _TOKEN_URL, "token_url", VENDOR, options)
    form = {
        "grant_type": "client_credentials",
        "client_id": auth.client_id,
        "client_secret": auth.client_secret,
        "resource": auth.resource or _TOKEN_RESOURCE,
    }
    return OAuth(url, form)


def _find_login() -> ClientCredentials:
    client, secret = (find(VENDOR, name, None) for name in ("CLIENT_ID", "CLIENT_SECRET"))
    if client is None or secret is None:
        token, *login = (variable(VENDOR, n) for n in ("TOKEN", "CLIENT_ID", "CLIENT_SECRET"))
        raise ConfigurationError(
            "credentials are missing: pass auth= (a token, a callable that returns one, or "
            f"ClientCredentials), or set the environment variable {token}, or both of "
            f"{' and '.join(login)}",
            vendor=VENDOR.name,
        )
    return ClientCredentials(client, secret)
