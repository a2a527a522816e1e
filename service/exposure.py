"""Who may be reached from where: what must stand before the service leaves this machine (SECURITY.md 4.5, 7.1)."""

from __future__ import annotations

import ipaddress

from mrtd.pki.realm import Realm
from service.domain.errors import ConfigurationError
from service.settings import Settings


def require_safe_exposure(settings: Settings) -> None:
    """Refuse to listen where tokens, passports and portraits would travel in the clear.

    Raises:
        ConfigurationError: what is missing, and how to set it.
    """
    has_tls = settings.tls_certificate is not None
    origin = settings.public_origin
    public = origin is not None and origin.startswith("https://")
    if settings.realm is Realm.PRODUCTION and not public:
        raise ConfigurationError(
            "the production realm needs the https address that clients use: set PASSKOLL_PUBLIC_ORIGIN=https://..."
        )
    if is_loopback(settings.host):
        return
    if settings.realm is Realm.SPECIMEN and not settings.expose_specimen:
        raise ConfigurationError(
            f"a service of specimens does not listen on {settings.host}: its keys are public. Start with "
            "PASSKOLL_HOST=127.0.0.1, or say --expose-specimen where that is wanted"
        )
    if not (has_tls or settings.trusted_proxies):
        raise ConfigurationError(
            f"the service does not listen on {settings.host} without TLS: set PASSKOLL_TLS_CERTIFICATE and "
            "PASSKOLL_TLS_KEY, or PASSKOLL_TRUSTED_PROXIES to the proxies before it that bring TLS"
        )
    if not public:
        raise ConfigurationError(
            f"the service does not listen on {settings.host} without a name: set PASSKOLL_PUBLIC_ORIGIN=https://... "
            "to the address that clients use"
        )


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
