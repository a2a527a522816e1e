"""TLS of the service itself (RFC 9325): versions 1.2 and 1.3, ephemeral keys, authenticated ciphers."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

import structlog

from service.domain.errors import ConfigurationError

log: Final = structlog.get_logger("passkoll.tls")

#: For TLS 1.2 (RFC 9325 §4.2); those of TLS 1.3 are all of this kind.
CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


class ServerTls:
    """A certificate with its key, in a context that new connections use.

    Raises:
        ConfigurationError: they cannot be read, or do not belong together.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        self._certificate: Final = certificate
        self._key: Final = key
        self.context: Final = _context()
        self._load(self.context)

    def reload(self) -> bool:
        """Read both again, for connections from now on; what cannot be used changes nothing. Whether it was taken."""
        try:
            # Tried elsewhere first: a certificate that does not fit its key would break the context in use.
            self._load(_context())
            self._load(self.context)
        except ConfigurationError as error:
            log.error("the certificate was not read again", problem=str(error))
            return False
        log.info("the certificate was read again")
        return True

    def _load(self, context: ssl.SSLContext) -> None:
        try:
            # An encrypted key would make OpenSSL ask at the terminal.
            context.load_cert_chain(self._certificate, self._key, password=_no_password)
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "not readable"
            raise ConfigurationError(
                f"PASSKOLL_TLS_CERTIFICATE and PASSKOLL_TLS_KEY cannot be used: {reason}; "
                "both are PEM, the key without a password"
            ) from error


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")
