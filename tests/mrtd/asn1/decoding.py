"""Decoding by pyasn1 alone, as an oracle: nothing here touches the reader that it judges."""

from __future__ import annotations

from typing import Any

from pyasn1.codec.ber.decoder import decode

from mrtd.asn1 import cms


def decoded(data: bytes, spec: Any) -> Any:
    """`data` as `spec`, filled exactly."""
    value, rest = decode(data, asn1Spec=spec)
    assert rest == b""
    return value


def signed_data(content_info: bytes) -> Any:
    """The SignedData inside a ContentInfo."""
    return decoded(content_info, cms.ContentInfo())["content"]


def content(content_info: bytes) -> bytes:
    """The eContent of a ContentInfo."""
    return bytes(signed_data(content_info)["encapContentInfo"]["eContent"])
