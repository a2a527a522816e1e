"""UNSAFE: two fixed persons with two random tokens, so that the service can be tried before real sign-in exists.

Both may do everything that a person or system may do; only "two different persons" still holds. It refuses every
address but loopback and the production realm, so that it can never meet a real passport.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from typing import Final

from mrtd.pki.realm import Realm
from service.domain.errors import ConfigurationError
from service.domain.identity import Caller, Presented, Principal, Role
from service.domain.ports import Randomness

TOKEN_BYTES: Final = 32
PERSONS: Final = ("unsafe-administrator-1", "unsafe-administrator-2")


class UnsafeLoopbackIdentity:
    """Answers `service.domain.ports.Identity` for development on one machine.

    Args:
        host: the address that the service will bind.
        realm: the realm of the service.
        organisation: where both work.
        randomness: where the tokens come from; they live as long as the process.

    Raises:
        ConfigurationError: another address than loopback, or the production realm.
    """

    def __init__(self, host: str, realm: Realm, organisation: str, randomness: Randomness) -> None:
        if realm is not Realm.SPECIMEN:
            raise ConfigurationError(
                "UnsafeLoopbackIdentity has two fixed persons and refuses the production realm: "
                "start with PASSKOLL_REALM=specimen"
            )
        if not is_loopback(host):
            raise ConfigurationError(
                f"UnsafeLoopbackIdentity has two fixed persons and refuses to listen on {host}: "
                "start with PASSKOLL_HOST=127.0.0.1"
            )
        self.tokens: Final = tuple(randomness.octets(TOKEN_BYTES).hex() for _ in PERSONS)
        self._by_digest: Final = {
            _digest(token): Principal(person, organisation, frozenset(Caller), frozenset(Role))
            for token, person in zip(self.tokens, PERSONS, strict=True)
        }

    def authenticate(self, presented: Presented) -> Principal | None:
        if presented.scheme != "bearer" or _is_foreign(presented.local_address):
            # Another server than `passkoll serve` bound another address; the tokens are worth nothing there.
            return None
        digest = _digest(presented.token)
        found = [who for known, who in self._by_digest.items() if hmac.compare_digest(known, digest)]
        return found[0] if found else None

    def banner(self) -> tuple[str, ...]:
        """What the operator must see at start."""
        lines = (f"  {person}: {token}" for person, token in zip(PERSONS, self.tokens, strict=True))
        return (
            "UNSAFE: UnsafeLoopbackIdentity is on. Two fixed persons, two tokens, this machine only, specimens only.",
            *lines,
        )


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_foreign(local_address: str) -> bool:
    """An address beyond this machine; a name is what an in-process client uses."""
    try:
        return not ipaddress.ip_address(local_address).is_loopback
    except ValueError:
        return False


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
