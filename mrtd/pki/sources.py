"""What a file of trust material holds: classification by content, never by name (API.md §4, `--trust PATH`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mrtd import tlv
from mrtd.errors import LimitExceededError, MrtdError
from mrtd.pki import deviation_list, master_list, oids
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import Crl
from mrtd.pki.master_list import MasterList
from mrtd.tlv import BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE, Tlv

#: The complete LDIF of the ICAO PKD with all DSCs has about 100 MB.
MAX_SOURCE: Final = 256 * 1024 * 1024
#: Certificates, lists and CRLs in one file; the PKD holds about 30,000 DSCs.
MAX_ITEMS: Final = 100_000

_PEM: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----")
_PEM_CERTIFICATES: Final = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")
_PEM_LISTS: Final = (b"CMS", b"PKCS7")
_LDIF: Final = re.compile(rb"^(?:version: *\d|dn::? )", re.MULTILINE)
#: How far into a text file the first mark of its format is sought.
_HEAD: Final = 64 * 1024

_LDIF_LISTS: Final = ("pkdmasterlistcontent", "cscamasterlistdata")
_LDIF_CERTIFICATES: Final = ("usercertificate", "cacertificate")
_LDIF_CRLS: Final = ("certificaterevocationlist", "authorityrevocationlist")


class SourceKind(StrEnum):
    """The format of a file of trust material."""

    MASTER_LIST = "master_list"
    MASTER_LIST_CONTENT = "master_list_content"
    PEM = "pem"
    CERTIFICATE = "certificate"
    LDIF = "ldif"
    CRL = "crl"
    DEVIATION_LIST = "deviation_list"


@dataclass(frozen=True, slots=True, repr=False)
class Source:
    """One file of trust material. `certificates` includes the content of `master_lists`, in stored order.

    `unreadable` counts parts that could not be read (a PEM block that is not base64, a broken list in an LDIF);
    whether a single certificate can be read shows when it is parsed.
    """

    name: str
    kind: SourceKind
    certificates: tuple[bytes, ...]
    master_lists: tuple[MasterList, ...]
    crls: tuple[bytes, ...]
    unreadable: int
    sha256: str
    deviation_lists: tuple[bytes, ...] = ()

    @property
    def lists(self) -> tuple[bytes, ...]:
        """Master lists and deviation lists as they came, each once: a signature is judged over octets."""
        return tuple(dict.fromkeys((*(found.raw for found in self.master_lists), *self.deviation_lists)))

    def __repr__(self) -> str:
        return f"Source(name={self.name!r}, kind={self.kind.value}, certificates={len(self.certificates)})"


@dataclass(slots=True)
class _Collected:
    certificates: list[bytes]
    master_lists: list[MasterList]
    crls: list[bytes]
    deviation_lists: list[bytes]
    unreadable: int = 0

    @classmethod
    def empty(cls) -> _Collected:
        return cls([], [], [], [])

    def add_list(self, found: MasterList) -> None:
        self.master_lists.append(found)
        self.certificates.extend(found.certificates)

    def check(self) -> None:
        if len(self.certificates) + len(self.crls) + self.unreadable > MAX_ITEMS:
            raise LimitExceededError("too_many_items")

    def source(self, name: str, kind: SourceKind, data: bytes) -> Source:
        self.check()
        return Source(
            name=name,
            kind=kind,
            certificates=tuple(self.certificates),
            master_lists=tuple(self.master_lists),
            crls=tuple(self.crls),
            unreadable=self.unreadable,
            sha256=hashlib.sha256(data).hexdigest(),
            deviation_lists=tuple(self.deviation_lists),
        )


def read_source(data: bytes, name: str) -> Source | None:
    """Read one file of trust material; None if it is no such file.

    Known: a CMS master list, its bare content, a PEM bundle, a DER certificate, an LDIF, a CRL (DER or PEM). Archives
    are unpacked by the caller.

    Args:
        data: the whole file.
        name: for reports only.

    Raises:
        MalformedError: it looks like one of these, but cannot be read or is over a limit.
    """
    if len(data) > MAX_SOURCE:
        raise LimitExceededError("source_too_long")
    if data[:1] == b"\x30":
        return _read_der(data, name)
    head = data[:_HEAD]
    if b"-----BEGIN " in head:
        return _read_pem(data, name)
    if _LDIF.search(head):
        return _read_ldif(data, name)
    return None


def _read_der(data: bytes, name: str) -> Source | None:
    kind = _classify(data)
    collected = _Collected.empty()
    if kind is None:
        return None
    if kind in (SourceKind.MASTER_LIST, SourceKind.MASTER_LIST_CONTENT):
        collected.add_list(master_list.parse(data))
    elif kind is SourceKind.DEVIATION_LIST:
        deviation_list.parse(data)
        collected.deviation_lists.append(data)
    elif kind is SourceKind.CRL:
        Crl.parse(data)
        collected.crls.append(data)
    else:
        Certificate.parse(data)
        collected.certificates.append(data)
    return collected.source(name, kind, data)


def _classify(data: bytes) -> SourceKind | None:
    """Tell the DER structures apart by their first members; None for anything else."""
    try:
        items = tlv.read(data).children()
        if not items:
            return None
        if items[0].tag == OBJECT_IDENTIFIER:
            return _SIGNED_LISTS.get(_signed_content(items))
        if items[0].tag == tlv.INTEGER and len(items) == 2:
            return SourceKind.MASTER_LIST_CONTENT
        if len(items) == 3 and items[2].tag == BIT_STRING and items[0].tag == SEQUENCE:
            return _certificate_or_crl(items[0].children())
    except MrtdError:
        pass
    return None


#: eContentType -> kind (ICAO 9303-12 §9, §10).
_SIGNED_LISTS: Final[dict[str, SourceKind]] = {
    oids.CSCA_MASTER_LIST: SourceKind.MASTER_LIST,
    oids.DEVIATION_LIST: SourceKind.DEVIATION_LIST,
}


def _signed_content(items: list[Tlv]) -> str:
    """ContentInfo, [0], SignedData, and in its third place the content with its type (RFC 5652 §5.1); else empty."""
    if len(items) != 2 or tlv.oid(items[0]) != oids.ID_SIGNED_DATA:
        return ""
    signed_data = items[1].children()
    members = signed_data[0].children() if signed_data else []
    content = members[2].children() if len(members) > 2 else []
    return tlv.oid(content[0]) if content else ""


def _certificate_or_crl(fields: list[Tlv]) -> SourceKind | None:
    """A CRL has a Time where a certificate has the second of two SEQUENCEs (RFC 5280 §4.1, §5.1)."""
    if fields and fields[0].tag == 0xA0:
        return SourceKind.CERTIFICATE
    tags = [item.tag for item in fields[:6]]
    if tags[:1] == [tlv.INTEGER] and 0x17 not in tags and 0x18 not in tags:
        return SourceKind.CERTIFICATE
    return SourceKind.CRL if 0x17 in tags or 0x18 in tags else None


def _read_pem(data: bytes, name: str) -> Source | None:
    collected = _Collected.empty()
    kind: SourceKind | None = None
    for block in _PEM.finditer(data):
        label, body = block.group(1), block.group(2)
        if label in _PEM_CERTIFICATES:
            kind = SourceKind.PEM
            target: list[bytes] | None = collected.certificates
        elif label == b"X509 CRL":
            kind = kind or SourceKind.CRL
            target = collected.crls
        elif label in _PEM_LISTS:
            target = None
        else:
            continue
        der = _base64(body)
        if der is None:
            collected.unreadable += 1
        elif target is not None:
            target.append(der)
        elif _classify(der) is SourceKind.MASTER_LIST:
            collected.add_list(master_list.parse(der))
            kind = kind or SourceKind.MASTER_LIST
        elif _classify(der) is SourceKind.DEVIATION_LIST:
            deviation_list.parse(der)
            collected.deviation_lists.append(der)
            kind = kind or SourceKind.DEVIATION_LIST
        collected.check()
    return None if kind is None else collected.source(name, kind, data)


def _base64(body: bytes) -> bytes | None:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        return None


def _read_ldif(data: bytes, name: str) -> Source:
    collected = _Collected.empty()
    for attribute, body in _ldif_values(data):
        target = _LDIF_TARGETS.get(attribute)
        if target is None:
            continue
        der = _base64(body)
        if der is None:
            collected.unreadable += 1
        elif target == "certificate":
            collected.certificates.append(der)
        elif target == "crl":
            collected.crls.append(der)
        else:
            try:
                collected.add_list(master_list.parse(der))
            except MrtdError:
                collected.unreadable += 1
        collected.check()
    return collected.source(name, SourceKind.LDIF, data)


_LDIF_TARGETS: Final[dict[str, str]] = {
    **dict.fromkeys(_LDIF_LISTS, "list"),
    **dict.fromkeys(_LDIF_CERTIFICATES, "certificate"),
    **dict.fromkeys(_LDIF_CRLS, "crl"),
}


def _ldif_values(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The base64 values of an LDIF (RFC 2849) as (attribute without options, base64 text).

    A line that begins with a blank continues the one before.
    """
    attribute = ""
    parts: list[bytes] = []
    for line in data.splitlines():
        if line[:1] == b" ":
            if attribute:
                parts.append(line[1:])
            continue
        if attribute:
            yield attribute, b"".join(parts)
        described, mark, value = line.partition(b"::")
        attribute = described.split(b";")[0].decode("ascii", "replace").strip().lower() if mark else ""
        parts = [value]
    if attribute:
        yield attribute, b"".join(parts)
