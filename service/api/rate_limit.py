"""Which limit a route has."""

from __future__ import annotations

from typing import Final

from service.usecases.limit_requests import LimitRequests

#: Open to anyone, and nothing there turns a secret into a right. Every other public route is limited as a sign-in.
READING: Final = frozenset(
    {
        "show_catalogue",
        "show_public_keys",
        "show_configuration",
        "show_openid_configuration",
        "show_authorization_server",
        "show_live",
        "show_ready",
    }
)


def limit_public(limits: LimitRequests, operation: str, address: str) -> None:
    """Count a request to a public route."""
    if operation in READING:
        limits.reading(address)
    else:
        limits.sign_in(address)
