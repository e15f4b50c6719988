"""OAuth2 grants of Cognigy.AI."""

from __future__ import annotations

from attrs import field, frozen


@frozen
class PasswordGrant:
    """OAuth2 password grant of Cognigy.AI.

    Attributes:
        username: The Cognigy.AI user.
        password: Its password; never shown in a repr.
        client_id: The OAuth2 client.
        client_secret: Its secret; never shown in a repr.
        organisation_id: The organisation to log in to, for users of several; sent as a header.
    """

    username: str
    password: str = field(repr=False)
    client_id: str
    client_secret: str = field(repr=False)
    organisation_id: str | None = None


@frozen
class RefreshGrant:
    """OAuth2 refresh token of Cognigy.AI, such as the authorization-code flow ends with.

    Attributes:
        refresh_token: The refresh token; never shown in a repr. If the vendor answers with a new
            one, that is used from then on, as long as the client lives.
        client_id: The OAuth2 client.
        client_secret: Its secret, where it has one; never shown in a repr.
        access_token: The token that came with it, used until the vendor refuses it; ``None``
            fetches one at once. Never shown in a repr.
        organisation_id: The organisation to log in to, for users of several; sent as a header.
    """

    refresh_token: str = field(repr=False)
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    organisation_id: str | None = None
