"""Where clients get their settings from: arguments first, then the environment."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from attrs import evolve

from ._declarations import Vendor
from ._gates import Gate, find_gate
from ._limits import RateLimit
from ._retry import RetryPolicy
from ._texts import NOT_UNICODE, is_unicode
from .errors import ArgumentError, ConfigurationError


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


def variable(vendor: Vendor, name: str) -> str:
    """Return the name of a setting's environment variable."""
    return f"DIALYTICS_{vendor.name.upper()}_{name}"


def find(vendor: Vendor, name: str, value: str | None) -> str | None:
    """Return a setting from its argument or its environment variable."""
    if value is None:
        return os.environ.get(variable(vendor, name)) or None
    if not isinstance(value, str):
        raise ConfigurationError(
            f"{name.lower()} must be a text; got {type(value).__name__}", vendor=vendor.name
        )
    return value


def need(vendor: Vendor, name: str, value: str | None) -> str:
    """Return a setting that must be there.

    Raises:
        ConfigurationError: It is neither given nor in the environment.
    """
    found = find(vendor, name, value)
    if not found:
        raise ConfigurationError(
            f"{name.lower()} is missing: pass {name.lower()}=, or set the environment variable "
            f"{variable(vendor, name)}",
            vendor=vendor.name,
        )
    return found


def find_root(vendor: Vendor, base_url: str | None, options: Mapping[str, Any]) -> str:
    """Return the base URL without a slash at its end, refusing one that would expose secrets."""
    url = find(vendor, "BASE_URL", base_url)
    url = vendor.base_url if url is None else url
    if url is None:
        raise ConfigurationError(
            f"base_url is missing: pass base_url=, or set {variable(vendor, 'BASE_URL')}",
            vendor=vendor.name,
        )
    return check_url(url, "base_url", vendor, options)


def check_url(url: str, name: str, vendor: Vendor, options: Mapping[str, Any]) -> str:
    """Return a URL that credentials may be sent to: plain http only with ``allow_insecure``."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    unclean = " " in url or not url.isprintable()
    if parts.scheme not in {"http", "https"} or not host or unclean:
        problem = f"{name} must be an absolute https:// URL"
    elif "?" in url or "#" in url or parts.username is not None:
        problem = f"{name} must have no query, fragment or user information"
    elif parts.scheme == "http" and not (options.get("allow_insecure") or _is_loopback(host)):
        problem = (
            f"{name} is plain http and would send credentials unencrypted; use https, or pass "
            "allow_insecure=True if the network is yours"
        )
    else:
        return url.rstrip("/")
    raise ConfigurationError(problem, vendor=vendor.name)


def require_text(name: str, value: str) -> str:
    """Return a text that goes into a URL's path, refusing what would change the path."""
    if not isinstance(value, str):
        raise ArgumentError(f"{name} must be a text; got {type(value).__name__}")
    if not value.strip() or value in {".", ".."}:
        raise ArgumentError(f"{name} must not be empty, '.' or '..'")
    if not is_unicode(value):
        raise ArgumentError(f"{name} is {NOT_UNICODE}")
    return value


def find_policy(options: Mapping[str, Any]) -> RetryPolicy:
    """Return how a client tries again."""
    policy = options.get("retry", RetryPolicy())
    if not isinstance(policy, RetryPolicy):
        raise ConfigurationError(f"retry must be a RetryPolicy; got {type(policy).__name__}")
    return evolve(policy, max_retries=options.get("max_retries", policy.max_retries))


def open_gate(vendor: Vendor, root: str, options: Mapping[str, Any]) -> Gate:
    """Return what a client's requests start through: the host's limit is its clients' together."""
    declared = vendor.rate_limit if is_limited(vendor, root) else None
    limit = options.get("rate_limit", declared)
    if limit is None:
        return Gate(None, heeds="rate_limit" not in options)
    if not isinstance(limit, RateLimit):
        raise ConfigurationError(f"rate_limit must be a RateLimit; got {type(limit).__name__}")
    parts = urlsplit(root)
    # Servers on one machine, as in tests, have limits of their own.
    port = parts.port or (80 if parts.scheme == "http" else 443)
    return find_gate(f"{parts.hostname}:{port}", limit)


def is_limited(vendor: Vendor, root: str) -> bool:
    """Tell whether the limits that a vendor documents hold for a host."""
    return not vendor.limited_hosts or urlsplit(root).hostname in vendor.limited_hosts


def check_now(now: Callable[[], datetime]) -> Callable[[], datetime]:
    """Return the clock, refusing one that was read instead of passed."""
    if not callable(now):
        raise ConfigurationError("now must be a callable that returns an aware datetime")
    return now


def check_switch(name: str, value: object) -> None:
    """Refuse a setting that only looks like a switch: ``"no"`` would count as true."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be True or False; got {type(value).__name__}")


def check_verify(verify: object) -> None:
    """Refuse anything that would not verify the server's certificate.

    Raises:
        ConfigurationError: It is neither ``True`` nor an ``ssl.SSLContext``, or one with
            ``CERT_NONE``.
    """
    if verify is not True and not isinstance(verify, ssl.SSLContext):
        raise ConfigurationError(
            f"verify must be True or an ssl.SSLContext; got {type(verify).__name__}. For "
            "certificates of your own, pass ssl.create_default_context(cafile=...)"
        )
    if verify is not True and verify.verify_mode == ssl.CERT_NONE:
        raise ConfigurationError(
            "verify= is an ssl.SSLContext with CERT_NONE, so that anybody could read the "
            "credentials; for certificates of your own, pass ssl.create_default_context(cafile=...)"
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
