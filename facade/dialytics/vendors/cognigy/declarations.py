"""What the Cognigy.AI API promises for analytics records.

Sources: specs/cognigy (an excerpt of the vendor's own document and our overlay) and
docs.cognigy.com.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from ..._auth import (
    Auth,
    FixedAuth,
    OAuth,
    PasswordGrant,
    TokenProvider,
    bearer,
    header,
    make_auth,
)
from ..._declarations import Operation, Vendor
from ..._limits import RateLimit
from ..._retry import Replay
from ..._settings import find, variable
from ...errors import ConfigurationError

VENDOR = Vendor(
    name="cognigy",
    base_url="https://api-trial.cognigy.ai",
    api_root="/new",
    # Documented for the shared installations only (docs.cognigy.com, limitations).
    limited_hosts=("api-trial.cognigy.ai", "api-app.cognigy.ai", "api-app-us.cognigy.ai"),
    rate_limit=RateLimit(requests=1000, seconds=300.0),
    # "60 kB": the larger reading, since only what is surely refused is refused here.
    max_body=60 * 1024,
)

UPDATE_RECORD = Operation(
    vendor=VENDOR,
    name="update_record",
    method="PATCH",
    path="/v2.0/analytics",
    replay=Replay.SETS,
    success=frozenset({204}),
)


def choose_update(properties: Mapping[str, object] | None) -> Operation:
    """Return the declaration for an update; whether tracked goals are added or set is unknown."""
    if properties and "trackedGoals" in properties:
        return evolve(UPDATE_RECORD, replay=Replay.NEVER)
    return UPDATE_RECORD


def trim_root(root: str) -> str:
    """Return the host's root, also of a URL that already ends in the API's path."""
    return root.removesuffix(VENDOR.api_root)


def find_auth(
    root: str,
    api_key: str | None,
    cxone_token: str | None,
    oauth: PasswordGrant | None,
    auth: str | TokenProvider | Auth | None,
) -> Auth:
    """Return the one scheme that was given, or an API key from the environment."""
    given = {"api_key": api_key, "cxone_token": cxone_token, "oauth": oauth, "auth": auth}
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise ConfigurationError(f"pass one of {' and '.join(names)}", vendor=VENDOR.name)
    if auth is not None:
        return make_auth(auth, bearer)
    if cxone_token is not None:
        cxone_token = find(VENDOR, "CXONE_TOKEN", cxone_token) or ""
        value = cxone_token if " " in cxone_token else f"Bearer {cxone_token}"
        return FixedAuth(header("x-cxone-authorization", value))
    if oauth is not None and not isinstance(oauth, PasswordGrant):
        raise ConfigurationError(
            f"oauth must be a PasswordGrant; got {type(oauth).__name__}", vendor=VENDOR.name
        )
    if oauth is not None:
        # The token URL hangs on the host's root, not under the API's path.
        return OAuth(f"{root}/auth/oauth2/token", _password_form(oauth))
    key = find(VENDOR, "API_KEY", api_key)
    if key is None:
        raise ConfigurationError(
            "credentials are missing: pass api_key=, cxone_token=, oauth= or auth=, or set the "
            f"environment variable {variable(VENDOR, 'API_KEY')}",
            vendor=VENDOR.name,
        )
    return FixedAuth(header("X-API-Key", key))


def _password_form(grant: PasswordGrant) -> dict[str, str]:
    return {
        "grant_type": "password",
        "username": grant.username,
        "password": grant.password,
        "client_id": grant.client_id,
        "client_secret": grant.client_secret,
    }
