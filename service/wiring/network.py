"""What stands between the service and those who reach it: limits, proxies, TLS."""

from __future__ import annotations

from datetime import UTC, datetime

from service.adapters.db.database import SqlDatabase
from service.adapters.rate_limits import FixedWindows, MemoryCounters, SqlCounters
from service.adapters.tls import ServerTls
from service.domain.errors import ConfigurationError
from service.domain.ports import Clock
from service.domain.proxies import TrustedProxies
from service.domain.rate_limits import per_minute
from service.exposure import is_loopback
from service.settings import Settings
from service.usecases.limit_requests import LimitRequests
from service.wiring.keys import limit_keys


def trusted_proxies(settings: Settings) -> TrustedProxies:
    """Whose headers are believed."""
    only_secure = settings.tls_certificate is None and not is_loopback(settings.host)
    return TrustedProxies(settings.trusted_proxies, settings.forwarded_header, only_secure)


def request_limits(settings: Settings, database: SqlDatabase, clock: Clock) -> LimitRequests:
    """The limits of these settings: counted in PostgreSQL for all replicas, else in the memory of the one process.

    Raises:
        ConfigurationError: the database was opened without its keys.
    """
    limits = per_minute(
        settings.limit_reading, settings.limit_sign_in, settings.limit_strangers, settings.limit_known
    )
    if database.engine.dialect.name == "sqlite":
        return LimitRequests(FixedWindows(MemoryCounters(clock), clock), limits)
    keys = limit_keys(settings, database)

    def secret(at: datetime) -> bytes:
        return keys.made(at.astimezone(UTC).year)

    return LimitRequests(FixedWindows(SqlCounters(database, clock, secret), clock), limits)


def server_tls(settings: Settings) -> ServerTls | None:
    """What the service shows those who connect; None where it speaks without TLS.

    Raises:
        ConfigurationError: half of it is named, or it cannot be used.
    """
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise ConfigurationError("PASSKOLL_TLS_CERTIFICATE and PASSKOLL_TLS_KEY need each other")
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return ServerTls(settings.tls_certificate, settings.tls_key)
