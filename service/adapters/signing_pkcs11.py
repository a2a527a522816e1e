"""Private signing keys in a PKCS#11 token, from which they never come out (extra `pkcs11`).

The token only makes the ECDSA signature. `TokenKey` is that key in the shape in which `cryptography` shows private
keys, so joserfc makes the JWS with it as with any other: nothing of JOSE is written here.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from copy import copy
from typing import Final, NoReturn, TypeVar

import pkcs11
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc.jwk import ECKey
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, SignMixin
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from service.adapters.signing_register import public_members
from service.domain.errors import ConfigurationError, ProblemCode, ServiceError

#: The token is asked again after this many seconds, where it does not answer now.
RETRY_AFTER_S: Final = 5
_ID_BYTES: Final = 16
_HALF: Final = 32
_P256: Final = encode_named_curve_parameters("secp256r1")

_Answer = TypeVar("_Answer")


class TokenSession:
    """One session of one token, opened when it is needed, and again where the token was away.

    PKCS#11 sessions do one thing at a time, so callers wait for each other here.
    """

    def __init__(self, module: str, token_label: str, pin: str) -> None:
        self._module: Final = module
        self._token_label: Final = token_label
        self._pin: Final = pin
        self._guard: Final = threading.RLock()
        self._session: pkcs11.Session | None = None

    def use(self, work: Callable[[pkcs11.Session], _Answer]) -> _Answer:
        """What `work` answers; tried a second time with a new session, as tokens forget sessions.

        Raises:
            ServiceError: `not_ready`: the token does not answer.
        """
        with self._guard:
            try:
                return work(self._session or self._open())
            except pkcs11.PKCS11Error:
                self._session = None
            try:
                return work(self._open())
            except pkcs11.PKCS11Error as error:
                self._session = None
                raise ServiceError(ProblemCode.NOT_READY, retry_after_s=RETRY_AFTER_S) from error

    def check(self) -> None:
        """Open the session now.

        Raises:
            ConfigurationError: no such module or token, or another PIN; the PIN is never in the text.
        """
        with self._guard:
            try:
                self._open()
            except (pkcs11.PKCS11Error, OSError, RuntimeError) as error:
                raise ConfigurationError(
                    f"the PKCS#11 token {self._token_label} cannot be opened ({type(error).__name__})"
                ) from None

    def _open(self) -> pkcs11.Session:
        token = pkcs11.lib(self._module).get_token(token_label=self._token_label)
        try:
            self._session = token.open(rw=True, user_pin=self._pin)
        except pkcs11.UserAlreadyLoggedIn:
            # somebody else in this process is signed in to the token; PKCS#11 shares that among sessions
            self._session = token.open(rw=True)
        return self._session


class TokenKey(ec.EllipticCurvePrivateKey):
    """A key in a token, as a private key of `cryptography` that cannot be read."""

    def __init__(self, session: TokenSession, label: str, key_id: bytes, public: ec.EllipticCurvePublicKey) -> None:
        self._session: Final = session
        self._label: Final = label
        self._id: Final = key_id
        self._public: Final = public

    def sign(self, data: object, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """ECDSA with SHA-256 (FIPS 186-5 §6.4); only the digest goes to the token."""
        if not isinstance(data, bytes) or not isinstance(signature_algorithm.algorithm, hashes.SHA256):
            raise ValueError("this key makes ECDSA signatures with SHA-256 over bytes")
        digest = hashlib.sha256(data).digest()
        raw = self._session.use(lambda session: self._sign(session, digest))
        return encode_dss_signature(int.from_bytes(raw[:_HALF]), int.from_bytes(raw[_HALF:]))

    def _sign(self, session: pkcs11.Session, digest: bytes) -> bytes:
        private = session.get_key(ObjectClass.PRIVATE_KEY, KeyType.EC, label=self._label, id=self._id)
        if not isinstance(private, SignMixin):
            raise pkcs11.FunctionNotSupported
        return private.sign(digest, mechanism=Mechanism.ECDSA)

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        return self._public.curve

    @property
    def key_size(self) -> int:
        return self._public.key_size

    def exchange(self, algorithm: ec.ECDH, peer_public_key: ec.EllipticCurvePublicKey) -> NoReturn:
        raise TypeError("this key only signs")

    def private_numbers(self) -> NoReturn:
        raise TypeError("the private key never leaves the token")

    def private_bytes(
        self,
        encoding: serialization.Encoding,
        format: serialization.PrivateFormat,
        encryption_algorithm: serialization.KeySerializationEncryption,
    ) -> NoReturn:
        raise TypeError("the private key never leaves the token")

    def __copy__(self) -> TokenKey:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> TokenKey:
        return copy(self)


class TokenKeys:
    """Answers `service.adapters.signing.PrivateKeys`: the P-256 keys of one label in a token.

    A label belongs to one realm; the register tells the keys of a label apart by the thumbprint of their public part.
    """

    def __init__(self, session: TokenSession, label: str) -> None:
        self._session: Final = session
        self._label: Final = label
        session.check()

    def create(self) -> ECKey:
        def generate(session: pkcs11.Session) -> bytes:
            # an id of its own at each attempt: a first one that was cut off leaves a key that no register names
            key_id = os.urandom(_ID_BYTES)
            curve = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: _P256}, local=True)
            curve.generate_keypair(
                store=True,
                label=self._label,
                id=key_id,
                private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.SIGN: True},
            )
            return key_id

        made = self._session.use(generate)
        return next(key for key_id, key in self._keys() if key_id == made)

    def existing(self) -> ECKey | None:
        keys = [key for _, key in self._keys()]
        if len(keys) > 1:
            raise ConfigurationError(
                f"the token holds {len(keys)} keys {self._label}, and no register says which one signs; "
                "bring the register, or choose another PASSKOLL_PKCS11_SIGNING_KEY"
            )
        return keys[0] if keys else None

    def open(self, kid: str) -> ECKey:
        found = [(key_id, key) for key_id, key in self._keys() if key.thumbprint() == kid]
        if len(found) != 1:
            raise ConfigurationError(f"the token holds {len(found)} times the key {self._label} that is to sign")
        ((key_id, key),) = found
        if not self._session.use(lambda session: self._is_bound(session, key_id)):
            raise ConfigurationError(f"the key {self._label} could be taken out of the token: it must never leave it")
        return key

    def destroy(self, kid: str) -> None:
        for key_id in [key_id for key_id, key in self._keys() if key.thumbprint() == kid]:
            self._session.use(lambda session, key_id=key_id: self._destroy(session, key_id))  # type: ignore[misc]

    def _keys(self) -> list[tuple[bytes, ECKey]]:
        return self._session.use(self._read_keys)

    def _read_keys(self, session: pkcs11.Session) -> list[tuple[bytes, ECKey]]:
        wanted = {
            Attribute.CLASS: ObjectClass.PUBLIC_KEY,
            Attribute.KEY_TYPE: KeyType.EC,
            Attribute.LABEL: self._label,
        }
        found = []
        for public in session.get_objects(wanted):
            if public[Attribute.EC_PARAMS] != _P256:
                raise ConfigurationError(f"the key {self._label} in the token is not on P-256")
            key_id = bytes(public[Attribute.ID])
            loaded = serialization.load_der_public_key(encode_ec_public_key(public))  # type: ignore[arg-type]
            if not isinstance(loaded, ec.EllipticCurvePublicKey):
                raise ConfigurationError(f"the key {self._label} in the token is not on P-256")
            # given its public part in words, joserfc never asks for the private numbers
            members = public_members(ECKey.import_key(loaded))
            found.append((key_id, ECKey(TokenKey(self._session, self._label, key_id, loaded), members)))
        return found

    def _is_bound(self, session: pkcs11.Session, key_id: bytes) -> bool:
        private = session.get_key(ObjectClass.PRIVATE_KEY, KeyType.EC, label=self._label, id=key_id)
        return bool(private[Attribute.SENSITIVE]) and not private[Attribute.EXTRACTABLE]

    def _destroy(self, session: pkcs11.Session, key_id: bytes) -> None:
        for stored in list(session.get_objects({Attribute.LABEL: self._label, Attribute.ID: key_id})):
            stored.destroy()
