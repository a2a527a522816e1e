"""LDIF as the ICAO PKD publishes certificates, CRLs and master lists (RFC 2849; ICAO 9303-12 §8)."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

#: How many characters a line may have before software that reads LDIF folds it (RFC 2849, note 2).
_LINE: Final = 76


class PkdAttribute(StrEnum):
    """The attributes of the PKD's entries that hold trust material."""

    CERTIFICATE = "userCertificate;binary"
    CRL = "certificateRevocationList;binary"
    MASTER_LIST = "pkdMasterListContent"
    #: The name until 2019.
    OLD_MASTER_LIST = "CscaMasterListData"


def ldif(entries: Iterable[tuple[PkdAttribute, bytes]], *, country: str = "UT") -> bytes:
    """An LDIF with one entry a value.

    Args:
        entries: attribute and DER.
        country: of the entries' names.
    """
    lines = ["version: 1", ""]
    for number, (attribute, value) in enumerate(entries, start=1):
        lines += [
            f"dn: cn={number},o=specimen,c={country},dc=data,dc=download,dc=pkd,dc=icao,dc=int",
            "objectClass: top",
            *_folded(f"{attribute}:: {base64.b64encode(value).decode()}"),
            "",
        ]
    return "\n".join(lines).encode()


def _folded(line: str) -> list[str]:
    """A continued line begins with a blank (RFC 2849)."""
    rest = [f" {line[place : place + _LINE - 1]}" for place in range(_LINE, len(line), _LINE - 1)]
    return [line[:_LINE], *rest]
