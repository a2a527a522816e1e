"""Key descriptions that are no such thing, each with its code (AOSP schema; X.690 §11)."""

from __future__ import annotations

import pytest
from pyasn1.codec.ber import encoder as ber
from pyasn1.codec.der.encoder import encode
from pyasn1.type import univ

from service.adapters.attestation.key_description import parse_key_description
from service.domain.attestation import MalformedAttestationError
from tests.service.attestation.key_descriptions import (
    Stated,
    authorization_list,
    sequence,
    set_of,
    tagged,
)


def described(software: object, hardware: object = sequence(), *, version: int = 400, level: int = 1) -> bytes:
    """A description with these lists."""
    return encode(
        sequence(
            univ.Integer(version),
            univ.Enumerated(level),
            univ.Integer(version),
            univ.Enumerated(1),
            univ.OctetString(b"challenge"),
            univ.OctetString(b"id of a phone"),
            software,
            hardware,
        )
    )


EMPTY = sequence()


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (encode(sequence(univ.Integer(400))), "bad_key_description"),
        (described(EMPTY, version=600), "unknown_version"),
        (described(EMPTY, version=0), "unknown_version"),
        (described(EMPTY, level=3), "unknown_value"),
        (described(EMPTY) + b"\x00", "trailing_bytes"),
        (described(univ.Integer(1)), "unexpected_tag"),
        (described(authorization_list({999: univ.Integer(1)})), "unknown_tag"),
        (described(sequence(univ.Integer(1))), "bad_member"),
        (described(sequence(tagged(701, univ.Integer(1)), tagged(701, univ.Integer(2)))), "tags_not_ordered"),
        (described(sequence(tagged(702, univ.Integer(0)), tagged(701, univ.Integer(2)))), "tags_not_ordered"),
        (described(authorization_list({702: univ.Integer(5)})), "unknown_value"),
        (described(authorization_list({701: univ.Integer(-1)})), "bad_integer"),
        (described(authorization_list({701: univ.Integer(1 << 80)})), "bad_integer"),
        (described(authorization_list({717: univ.OctetString(b"\xff\xfe")})), "bad_text"),
        (described(authorization_list({1: set_of(*map(univ.Integer, range(65)))})), "set_too_large"),
        (described(authorization_list({704: sequence(univ.OctetString(b""))})), "bad_root_of_trust"),
        (described(authorization_list({709: univ.OctetString(encode(sequence()))})), "bad_application_id"),
        (
            described(
                authorization_list(
                    {709: univ.OctetString(encode(sequence(set_of(sequence(univ.Integer(1))), set_of())))}
                )
            ),
            "bad_application_id",
        ),
        (
            described(authorization_list({709: univ.OctetString(b"\x30\x80\x31\x00\x31\x00\x00\x00")})),
            "bad_application_id",
        ),
        (described(authorization_list({503: univ.OctetString(b"")})), "unexpected_tag"),
        (described(authorization_list({724: univ.OctetString(bytes(8200))})), "key_description_too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_descriptions_that_cannot_be_read(octets: bytes, code: str) -> None:
    with pytest.raises(MalformedAttestationError) as raised:
        parse_key_description(octets)
    assert raised.value.code == code


def test_only_der_is_read() -> None:
    """The same content in BER: an endless length, a padded length, a padded integer, a padded tag."""
    good = described(EMPTY)
    parse_key_description(good)
    assert good[2:6] == b"\x02\x02\x01\x90"
    endless = b"\x30\x80" + good[2:] + b"\x00\x00"
    padded_length = b"\x30\x81" + good[1:]
    padded_integer = b"\x30" + bytes([good[1] + 1]) + b"\x02\x03\x00\x01\x90" + good[6:]
    tagged_five = described(authorization_list({5: set_of(univ.Integer(4))}))
    assert tagged_five.count(b"\x30\x07\xa5\x05") == 1
    padded_tag = tagged_five.replace(b"\x30\x07\xa5\x05", b"\x30\x08\xbf\x05\x05")
    padded_tag = b"\x30" + bytes([tagged_five[1] + 1]) + padded_tag[2:]
    for octets in (endless, padded_length, padded_integer, padded_tag):
        with pytest.raises(MalformedAttestationError, match="not_der"):
            parse_key_description(octets)


def test_a_null_with_something_inside() -> None:
    good = described(authorization_list({503: univ.Null("")}))
    assert good.count(b"\x30\x06\xbf\x83\x77\x02\x05\x00") == 1
    longer = good.replace(b"\x30\x06\xbf\x83\x77\x02\x05\x00", b"\x30\x07\xbf\x83\x77\x03\x05\x01\x00")
    with pytest.raises(MalformedAttestationError, match="bad_null"):
        parse_key_description(b"\x30" + bytes([good[1] + 1]) + longer[2:])


def test_what_names_one_phone_is_read_and_not_kept() -> None:
    secret = b"351163520096208"
    members = {number: univ.OctetString(secret) for number in (601, 713, 714, 715, 723)}
    read = parse_key_description(described(authorization_list(members), authorization_list(members)))
    assert secret.decode() not in repr(read)
    assert "id of a phone" not in repr(read)
    with pytest.raises(MalformedAttestationError, match="unexpected_tag"):
        parse_key_description(described(authorization_list({714: univ.Integer(1)})))


def test_octets_in_pieces_are_not_read() -> None:
    """A constructed string could hide what a reader of whole ones sees."""
    pieces = ber.encode(univ.OctetString(b"challenge"), defMode=True, maxChunkSize=4)
    whole = encode(univ.OctetString(b"challenge"))
    good = Stated().der()
    assert good.count(whole) == 1
    octets = good.replace(whole, pieces)
    size = len(good) - 3 + len(pieces) - len(whole)
    with pytest.raises(MalformedAttestationError, match="not_der"):
        parse_key_description(b"\x30\x82" + size.to_bytes(2) + octets[3:])


def test_no_cause_carries_what_the_phone_said() -> None:
    with pytest.raises(MalformedAttestationError) as raised:
        parse_key_description(b"\x30\x05hello")
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
