"""The real certificates, each once, read by asn1crypto alone."""

from __future__ import annotations

import base64
import re
from functools import cache
from pathlib import Path

from asn1crypto import cms, core, x509

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


class _Certificates(core.SetOf):
    _child_spec = x509.Certificate


class CscaMasterList(core.Sequence):
    """ICAO 9303-12, declared for asn1crypto."""

    _fields = [("version", core.Integer), ("cert_list", _Certificates)]  # noqa: RUF012


def list_content(data: bytes) -> list[bytes]:
    """The certificates of a master list, signed or bare."""
    if data[:20].find(bytes.fromhex("2a864886f70d010702")) >= 0:
        data = cms.ContentInfo.load(data)["content"]["encap_content_info"]["content"].native
    return [certificate.dump() for certificate in CscaMasterList.load(data)["cert_list"]]


def from_file(path: Path) -> list[bytes]:
    """The certificates of a list, of a PEM bundle or of a single file."""
    return list(_from_file(path))


@cache
def _from_file(path: Path) -> tuple[bytes, ...]:
    data = path.read_bytes()
    if path.parent.name == "masterlists":
        return tuple(list_content(data))
    found = _PEM.findall(data)
    return tuple(base64.b64decode(body) for body in found) if found else (data,)


@cache
def unique(folder: Path, *patterns: str) -> tuple[bytes, ...]:
    """The different certificates of the files that match, in the order of file names."""
    paths = [path for pattern in patterns for path in sorted((folder / "csca").glob(pattern))]
    assert paths
    return tuple(dict.fromkeys(der for path in paths for der in from_file(path)))


def everything(folder: Path) -> tuple[bytes, ...]:
    return unique(folder, "masterlists/*", "bundles/*", "certs/*")
