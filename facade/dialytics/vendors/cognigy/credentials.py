"""The credentials that Cognigy.AI takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias

from attrs import frozen

from ..._auth import (
    Auth,
    Credentials,
    FixedAuth,
    TokenProvider,
    bearer,
    header,
    make_auth,
    query,
)
from ..._settings import find, variable
from ...errors import ConfigurationError
from .declarations import VENDOR

if TYPE_CHECKING:
    from .grants import PasswordGrant, RefreshGrant

    Grant: TypeAlias = PasswordGrant | RefreshGrant

KeyPlace: TypeAlias = Literal["header", "query"]


@frozen(eq=False, repr=False, kw_only=True)
class Given:
    """What a client was given to authenticate with."""

    api_key: str | None
    api_key_in: KeyPlace
    cxone_token: str | None
    oauth: Grant | None
    auth: str | TokenProvider | Auth | None


def trim_root(root: str) -> str:
    """Return the host's root, also of a URL that already ends in the API's path."""
    return root.removesuffix(VENDOR.api_root)


def find_auth(root: str, given: Given) -> Auth:
    """Return the one scheme that was given, or an API key or CXone token from the environment.

    Raises:
        ConfigurationError: There is none, or more than one, or one that the API does not take.
    """
    _check(given)
    if given.auth is not None:
        return make_auth(given.auth, _token)
    if given.oauth is not None:
        return _oauth(root, given.oauth)
    key = None if given.cxone_token is not None else find(VENDOR, "API_KEY", given.api_key)
    if key is not None:
        in_query = given.api_key_in == "query"
        return FixedAuth(query("api_key", key) if in_query else header("X-API-Key", key))
    token = find(VENDOR, "CXONE_TOKEN", given.cxone_token)
    if token is None or given.api_key_in == "query":
        _refuse(
            "credentials are missing: pass api_key=, cxone_token=, oauth= or auth=, or set the "
            f"environment variable {variable(VENDOR, 'API_KEY')} or "
            f"{variable(VENDOR, 'CXONE_TOKEN')}"
        )
    return FixedAuth(_cxone(token))


def _check(given: Given) -> None:
    schemes = ("api_key", "cxone_token", "oauth", "auth")
    names = [name for name in schemes if getattr(given, name) is not None]
    if len(names) > 1:
        _refuse(f"pass one of {' and '.join(names)}")
    if given.api_key_in not in {"header", "query"}:
        _refuse("api_key_in must be 'header' or 'query'")
    if given.api_key_in == "query" and names not in ([], ["api_key"]):
        _refuse(f"api_key_in goes with api_key, not with {names[0]}")


def _token(token: str) -> Credentials:
    _refuse_basic(token)
    return bearer(token)


def _cxone(token: str) -> Credentials:
    _refuse_basic(token)
    return header("x-cxone-authorization", token if " " in token else f"Bearer {token}")


def _refuse_basic(token: str) -> None:
    if isinstance(token, str) and token.lower().startswith("basic "):
        _refuse(
            "Basic authentication is for the Management-UI only; analytics records take "
            "api_key=, cxone_token=, oauth= or a token as auth="
        )


def _oauth(root: str, grant: Grant) -> Auth:
    from ..._oauth import OAuth  # noqa: PLC0415  # most have a key
    from .grants import PasswordGrant, RefreshGrant  # noqa: PLC0415

    if not isinstance(grant, (PasswordGrant, RefreshGrant)):
        _refuse(f"oauth must be a PasswordGrant or a RefreshGrant; got {type(grant).__name__}")
    form = {"client_id": grant.client_id}
    if grant.client_secret is not None:
        form["client_secret"] = grant.client_secret
    headers: dict[str, str] = {}
    if grant.organisation_id is not None:
        headers = {**header("organisation-id", grant.organisation_id).headers}
    # The token URL hangs on the host's root, not under the API's path.
    url = f"{root}/auth/oauth2/token"
    if isinstance(grant, PasswordGrant):
        form |= {"username": grant.username, "password": grant.password}
        return OAuth(url, {"grant_type": "password", **form}, headers)
    form |= {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}
    secrets = (grant.refresh_token, *filter(None, [grant.client_secret]))
    token = grant.access_token
    return OAuth(url, form, headers, None if token is None else bearer(token, *secrets))


def _refuse(problem: str) -> NoReturn:
    raise ConfigurationError(problem, vendor=VENDOR.name)
