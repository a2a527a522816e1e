"""Signs results with the newest of several keys; where the private parts lie is another module's matter."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn, Protocol

from joserfc import jws, jwt
from joserfc.jwk import ECKey

from mrtd.pki.realm import Realm
from service.adapters.signing_files import FileKeys
from service.adapters.signing_register import ALGORITHM, KeyRegister, RegisteredKey, Stamp, public_members
from service.domain.errors import ConfigurationError
from service.domain.ports import Clock
from service.domain.signing_keys import KeyState, SigningKey, UnknownKeyError


class PrivateKeys(Protocol):
    """Where private parts lie, by `kid`. Each is used as joserfc uses one, whether it can be read or not."""

    def create(self) -> ECKey:
        """Make a P-256 key and keep it."""
        ...

    def existing(self) -> ECKey | None:
        """The one key that is there though no register names it, if any; ConfigurationError if there are several."""
        ...

    def open(self, kid: str) -> ECKey:
        """The key; ConfigurationError if it is not there or not fit."""
        ...

    def destroy(self, kid: str) -> None:
        """Make an end of the private part, if it is there."""
        ...


class KeyRing:
    """Answers `service.domain.ports.Signer` and `service.domain.signing_keys.SigningKeys`.

    The register is looked at before each signature, so that a rotation by another process counts at once.
    """

    def __init__(self, folder: Path, realm: Realm, private: PrivateKeys, clock: Clock) -> None:
        self._register: Final = KeyRegister(folder, realm)
        self._strangers: Final = tuple(KeyRegister(folder, other) for other in Realm if other is not realm)
        self._private: Final = private
        self._clock: Final = clock
        self._guard: Final = threading.Lock()
        self._current: tuple[Stamp | None, ECKey] | None = None

    def start(self) -> None:
        """Make the first key at the first start, and see that the one that signs is there.

        Raises:
            ConfigurationError: a register or a key that cannot be used, or one of the other realm.
        """
        with self._register.locked():
            if not self._register.read():
                key = self._private.existing() or self._private.create()
                self._refuse_strangers(key.thumbprint())
                self._register.write([self._registered(key, self._clock.now())])
        self._key()

    def sign(self, claims: Mapping[str, object], token_type: str) -> str:
        key = self._key()
        header = {"alg": ALGORITHM, "kid": key.thumbprint(), "typ": token_type}
        return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])

    def key_of(self, token: str) -> str:
        return str(jws.extract_compact(token.encode()).headers()["kid"])

    def public_keys(self) -> Mapping[str, object]:
        now = self._clock.now()
        return {"keys": [_published(entry) for entry in self._register.read() if entry.key.is_published(now)]}

    def all(self) -> Sequence[SigningKey]:
        return [entry.key for entry in self._register.read()]

    def rotate(self) -> SigningKey:
        with self._register.locked():
            return self._replace(list(self._register.read()), compromised=None)

    def mark_compromised(self, kid: str) -> SigningKey:
        with self._register.locked():
            entries = list(self._register.read())
            if kid not in {entry.key.kid for entry in entries}:
                raise UnknownKeyError(kid)
            self._replace(entries, compromised=kid)
        return next(key for key in self.all() if key.kid == kid)

    def _replace(self, entries: list[RegisteredKey], compromised: str | None) -> SigningKey:
        """The register after a rotation, or after a key was found compromised; then the end of private parts."""
        now = self._clock.now()
        signing = [entry.key.kid for entry in entries if entry.key.state is KeyState.SIGNING]
        leaving = signing if compromised is None or compromised in signing else []
        changed = [_ended(entry, now, entry.key.kid in leaving, entry.key.kid == compromised) for entry in entries]
        made = self._registered(self._private.create(), now) if leaving or not signing else None
        if made is not None:
            changed.append(made)
        try:
            self._register.write(changed)
        except BaseException:
            if made is not None:
                self._private.destroy(made.key.kid)
            raise
        # after the register is on the disk: a crash before leaves a key too many, never one too few
        for entry in changed:
            if entry.key.state is not KeyState.SIGNING:
                self._private.destroy(entry.key.kid)
        return changed[-1].key

    def _key(self) -> ECKey:
        with self._guard:
            stamp = self._register.stamp()
            if self._current is None or self._current[0] != stamp:
                self._current = stamp, self._open()
            return self._current[1]

    def _open(self) -> ECKey:
        signing = [entry.key.kid for entry in self._register.read() if entry.key.state is KeyState.SIGNING]
        if len(signing) != 1:
            raise ConfigurationError(f"{len(signing)} keys want to sign: the register of signing keys is damaged")
        self._refuse_strangers(signing[0])
        key = self._private.open(signing[0])
        if key.thumbprint() != signing[0]:
            raise ConfigurationError("the private part is of another key than the register says")
        return key

    def _refuse_strangers(self, kid: str) -> None:
        """One key never signs in two realms: a specimen must not be able to look like anything else."""
        for register in self._strangers:
            if any(entry.key.kid == kid for entry in register.read()):
                raise ConfigurationError("this signing key belongs to the other realm")

    @staticmethod
    def _registered(key: ECKey, now: datetime) -> RegisteredKey:
        public = ECKey.import_key({**public_members(key)})
        return RegisteredKey(SigningKey(public.thumbprint(), now), public)


class FileSigner(KeyRing):
    """Keys in files that only their owner reads; the default."""

    @classmethod
    def open(cls, folder: Path, realm: Realm, clock: Clock) -> FileSigner:
        """The keys of `realm` in `folder`; a first start makes one.

        Raises:
            ConfigurationError: a file is no P-256 key, others may read it, or it is of the other realm.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        signer = cls(folder, realm, FileKeys(folder, realm), clock)
        signer.start()
        return signer


class RefusingSigner:
    """A signer without a key, for tools that must never issue anything. Loud: it raises."""

    def sign(self, claims: Mapping[str, object], token_type: str) -> NoReturn:
        raise ConfigurationError("signing is switched off here")

    def key_of(self, token: str) -> NoReturn:
        raise ConfigurationError("signing is switched off here")

    def public_keys(self) -> Mapping[str, object]:
        return {"keys": []}


def _ended(entry: RegisteredKey, now: datetime, leaves: bool, compromised: bool) -> RegisteredKey:
    key = entry.key
    if leaves:
        key = replace(key, retired_at=now)
    if compromised and key.compromised_at is None:
        key = replace(key, compromised_at=now)
    return replace(entry, key=key)


def _published(entry: RegisteredKey) -> dict[str, object]:
    """A member of the JWK Set. `exp`: the key signed nothing after that; what it signed before stays good."""
    retired = entry.key.retired_at
    return entry.jwk() | ({} if retired is None else {"exp": int(retired.timestamp())})
