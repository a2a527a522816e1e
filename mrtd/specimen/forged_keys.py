"""The arithmetic of forgers: signatures and keys made from what is public."""

from __future__ import annotations

from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from mrtd.specimen.elliptic_curves import LibraryKey, domain_parameters, with_generator
from mrtd.specimen.encoding import digest_info
from mrtd.specimen.scheme import EcKeySpec
from mrtd.specimen.signing_key import SigningKey

#: The least padding that PKCS #1 v1.5 allows (RFC 8017 §9.2).
_LEAST_PADDING: Final = 8


def cube_root_signature(key: SigningKey, message: bytes, hash_name: str = "sha256") -> bytes:
    """An RSA signature with exponent 3 made without the private key (Bleichenbacher 2006; CVE-2006-4339).

    The cube of the answer begins with a right block of PKCS #1 v1.5 with the least padding, and ends in garbage.
    """
    if not isinstance(key.private, rsa.RSAPrivateKey):
        raise ValueError("not an RSA key")
    size = key.private.key_size // 8
    block = b"\x00\x01" + b"\xff" * _LEAST_PADDING + b"\x00" + digest_info(hash_name, message)
    garbage_bits = 8 * (size - len(block))
    lowest = int.from_bytes(block) << garbage_bits
    root = _cube_root(lowest)
    if pow(root, 3) >> garbage_bits != int.from_bytes(block):
        raise ValueError("no room for garbage: the modulus is too short for this hash")
    return root.to_bytes(size)


def _cube_root(value: int) -> int:
    """The smallest integer whose cube is at least `value`, by bisection."""
    low, high = 0, 1 << (value.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**3 < value:
            low = middle + 1
        else:
            high = middle
    return low


def generator_parameters(key: SigningKey, scalar: int) -> bytes:
    """ECParameters of the key's curve with the generator Q / scalar, in DER."""
    curve = _curve(key)
    return with_generator(curve, _generator(key, scalar)).encode()


def generator_key(key: SigningKey, scalar: int) -> SigningKey:
    """A key that signs with `scalar` over the generator Q / scalar: its public point is that of `key`."""
    curve = _curve(key)
    return SigningKey(key.name, key.spec, LibraryKey.on(curve, scalar, generator=_generator(key, scalar)))


def _generator(key: SigningKey, scalar: int) -> tuple[int, int]:
    order = domain_parameters(_curve(key)).order
    return LibraryKey.multiple(_curve(key), key.public_bits(), pow(scalar, -1, order))


def _curve(key: SigningKey) -> str:
    if not isinstance(key.spec, EcKeySpec):
        raise ValueError("not an EC key")
    return key.spec.curve
