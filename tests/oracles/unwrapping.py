"""Elementary files opened by asn1crypto alone, so that an oracle shares nothing with what it judges."""

from __future__ import annotations

from asn1crypto import core, parser

#: Application classes of the elementary files (ICAO 9303-10 §4.6, §4.7).
SOD_TAG, DG1_TAG, DG14_TAG, DG15_TAG = 23, 1, 14, 15
APPLICATION = 1


def content(data: bytes, tag: int) -> bytes | None:
    """What stands under an application tag; None if another tag is there or nothing can be read."""
    try:
        kind, _, number, _, inside, _ = parser.parse(data)
    except (ValueError, TypeError):
        return None
    return inside if (kind, number) == (APPLICATION, tag) else None


def content_info(data: bytes) -> bytes:
    """The ContentInfo of an EF.SOD or EF.CardSecurity, wrapped or bare; the data themselves where there is none."""
    inside = content(data, SOD_TAG)
    return first(data if inside is None else inside)


def first(data: bytes) -> bytes:
    """The first object of these octets, without what follows it."""
    try:
        _, _, _, header, inside, trailer = parser.parse(data)
    except (ValueError, TypeError):
        return data
    return data[: len(header) + len(inside) + len(trailer)]


class DataGroupHash(core.Sequence):
    """ICAO 9303-10 §4.6.2.3."""

    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012


class _Hashes(core.SequenceOf):
    _child_spec = DataGroupHash


class _Algorithm(core.Sequence):
    _fields = [  # noqa: RUF012
        ("algorithm", core.ObjectIdentifier),
        ("parameters", core.Any, {"optional": True}),
    ]


class _Versions(core.Sequence):
    _fields = [("lds", core.PrintableString), ("unicode", core.PrintableString)]  # noqa: RUF012


class LdsSecurityObject(core.Sequence):
    """ICAO 9303-10 §4.6.2.3, declared for asn1crypto."""

    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("digest_algorithm", _Algorithm),
        ("hashes", _Hashes),
        ("versions", _Versions, {"optional": True}),
    ]
