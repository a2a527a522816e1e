"""Hash functions of travel documents (ICAO 9303-12; FIPS 180-4), by object identifier and by name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mrtd.errors import UnsupportedError

#: Object identifier -> name. SHA-1 is read because documents of 2008 to 2016 use it; policy judges its strength.
HASHES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.3.14.3.2.26": "sha1",
        "2.16.840.1.101.3.4.2.4": "sha224",
        "2.16.840.1.101.3.4.2.1": "sha256",
        "2.16.840.1.101.3.4.2.2": "sha384",
        "2.16.840.1.101.3.4.2.3": "sha512",
    }
)

#: Name -> object identifier.
HASH_OIDS: Final[Mapping[str, str]] = MappingProxyType({name: oid for oid, name in HASHES.items()})

#: Name -> length of the hash in octets.
DIGEST_SIZES: Final[Mapping[str, int]] = MappingProxyType(
    {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
)


def hash_name(oid: str) -> str:
    """The name of the hash function with this object identifier.

    Raises:
        UnsupportedError: `unsupported_algorithm`.
    """
    name = HASHES.get(oid)
    if name is None:
        raise UnsupportedError("unsupported_algorithm", detail=f"hash {oid}")
    return name


def digest(name: str, data: bytes) -> bytes:
    """The hash of `data` (FIPS 180-4); `name` is one of `DIGEST_SIZES`.

    Raises:
        UnsupportedError: `unsupported_algorithm`.
    """
    if name not in DIGEST_SIZES:
        raise UnsupportedError("unsupported_algorithm", detail=f"hash {name}")
    return hashlib.new(name, data, usedforsecurity=True).digest()
