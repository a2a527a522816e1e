"""The master key in a PKCS#11 token: AES-256 that cannot be taken out, by AES-GCM inside the token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import structlog
from pkcs11 import Attribute, DecryptMixin, EncryptMixin, GCMParams, KeyType, Mechanism, ObjectClass, Session
from pkcs11.exceptions import EncryptedDataInvalid, EncryptedDataLenRange, GeneralError

from service.adapters.signing_pkcs11 import TokenSession
from service.adapters.vault.sealing import FORMAT, NONCE_BYTES, TAG_BYTES
from service.domain.errors import ConfigurationError
from service.domain.ports import Randomness
from service.domain.vault import KEY_BYTES, StorageUnavailableError, UnreadableError, WrappedKey

log: Final = structlog.get_logger("passkoll.keys")

#: Versions are CKA_ID, counted up: the highest is the newest.
_ID_BYTES: Final = 4
#: What tokens answer to a tag that does not fit; SoftHSM says no more than that something failed.
_REFUSALS: Final = (EncryptedDataInvalid, EncryptedDataLenRange, GeneralError)


class Pkcs11KeyProvider:
    """Answers `service.domain.vault.KeyProvider` with the AES keys of one label."""

    def __init__(self, token: TokenSession, label: str, randomness: Randomness) -> None:
        self._token: Final = token
        self._label: Final = label
        self._randomness: Final = randomness

    @classmethod
    def open(cls, token: TokenSession, label: str, randomness: Randomness, *, may_begin: bool) -> Pkcs11KeyProvider:
        """The keys of a label; a first start makes one if it `may_begin`, which is only where nothing is sealed yet.

        Raises:
            ConfigurationError: the token does not answer, or has no such key where it must have one.
        """
        token.check()
        provider = cls(token, label, randomness)
        if not provider.versions():
            if not may_begin:
                raise ConfigurationError(f"the token has no key {label}, and something is sealed with it")
            provider.rotate()
        return provider

    def wrap(self, secret: bytes, context: bytes) -> WrappedKey:
        nonce = self._randomness.octets(NONCE_BYTES)

        def encrypt(session: Session) -> WrappedKey:
            versions = self._versions(session)
            if not versions:
                raise StorageUnavailableError
            key = session.get_key(ObjectClass.SECRET_KEY, label=self._label, id=versions[-1])
            if not isinstance(key, EncryptMixin):
                raise StorageUnavailableError
            sealed = key.encrypt(secret, mechanism=Mechanism.AES_GCM, mechanism_param=_parameters(nonce, context))
            return WrappedKey(versions[-1].hex(), FORMAT + nonce + _whole(sealed))

        return self._token.use(encrypt)

    def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        nonce, sealed = wrapped.data[1 : 1 + NONCE_BYTES], wrapped.data[1 + NONCE_BYTES :]
        if wrapped.data[:1] != FORMAT or len(sealed) < TAG_BYTES:
            raise UnreadableError
        version = _version(wrapped.master)

        def decrypt(session: Session) -> bytes:
            if version not in self._versions(session):
                raise UnreadableError
            key = session.get_key(ObjectClass.SECRET_KEY, label=self._label, id=version)
            if not isinstance(key, DecryptMixin):
                raise StorageUnavailableError
            parameters = _parameters(nonce, context)
            try:
                return _whole(key.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))
            except _REFUSALS:
                raise UnreadableError from None

        return self._token.use(decrypt)

    def versions(self) -> Sequence[str]:
        return self._token.use(lambda session: tuple(version.hex() for version in self._versions(session)))

    def rotate(self) -> str:
        def generate(session: Session) -> bytes:
            versions = self._versions(session)
            newest = int.from_bytes(versions[-1], "big") if versions else 0
            version = (newest + 1).to_bytes(_ID_BYTES, "big")
            session.generate_key(
                KeyType.AES,
                KEY_BYTES * 8,
                id=version,
                label=self._label,
                store=True,
                template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
            )
            return version

        return self._token.use(generate).hex()

    def _versions(self, session: Session) -> list[bytes]:
        found = session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: self._label})
        versions = sorted(bytes(key[Attribute.ID]) for key in found)
        if len(set(versions)) != len(versions):
            # two rotations at once: whichever were taken, half of what it wrapped would not open
            log.error("two versions of the master key have one name")
            raise StorageUnavailableError
        return versions


def _parameters(nonce: bytes, context: bytes) -> GCMParams:
    return GCMParams(nonce, FORMAT + context, TAG_BYTES * 8)


def _version(name: str) -> bytes:
    try:
        return bytes.fromhex(name)
    except ValueError:
        raise UnreadableError from None


def _whole(answer: bytes | Iterator[bytes]) -> bytes:
    """Octets go in whole, and come out whole."""
    return answer if isinstance(answer, bytes) else b"".join(answer)
