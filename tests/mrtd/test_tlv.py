"""The BER-TLV reader against asn1crypto's parser, on real files and on changed ones."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from asn1crypto import parser
from hypothesis import given
from hypothesis import strategies as st

from mrtd import tlv
from mrtd.errors import LimitExceededError, MalformedError, MrtdError
from mrtd.tlv import Leniency
from tests.budgets import heavy, light
from tests.mrtd.lds.build import der
from tests.mrtd.lds.mutations import edited, real_files

#: ASN.1 alone: asn1crypto refuses the tags of ICAO's data objects (5F1F is 31 in ASN.1, but 5F0E is no DER).
_REAL = (
    "chips/*_20*/*.bin",
    "chips/*/EF.SOD.bin",
    "chips/*/DG1[45]*.bin",
    "csca/masterlists/IT_ML_old.ml",
    "csca/certs/*.cer",
    "crl/*.crl",
)


def _same_tree(item: tlv.Tlv) -> int:
    """Compare `item` and everything below it with asn1crypto; the number of objects compared."""
    _class, method, _number, header, content, trailer = parser.parse(item.raw, strict=True)
    assert item.data[item.start : item.content] == header
    assert item.value == content
    assert item.data[item.content_end : item.end] == trailer
    assert item.constructed is (method == 1)
    return 1 + sum(_same_tree(child) for child in item.children()) if item.constructed else 1


@pytest.mark.real
def test_real_files_have_the_same_tree_as_in_asn1crypto(real_data: Path) -> None:
    objects = 0
    for data in real_files(real_data, *_REAL):
        if data.startswith(b"-----"):
            continue
        objects += _same_tree(tlv.read(data))
    assert objects > 6_000


@pytest.mark.real
def test_only_the_new_zealand_sod_has_indefinite_lengths(real_data: Path) -> None:
    found = {
        path.parent.name: tlv.leniencies(tlv.read(path.read_bytes()))
        for path in sorted((real_data / "chips").glob("*_20*/EF.SOD.bin"))
    }
    assert found.pop("NZ_2017") == {Leniency.INDEFINITE_LENGTH}
    assert set(found.values()) == {frozenset()}


@pytest.mark.real
def test_changed_files_raise_typed_errors_or_agree_with_asn1crypto(real_data: Path) -> None:
    files = real_files(real_data, "chips/*_20*/*.bin", "chips/specimen_*/DG1*.bin", "chips/loose_dgs/*.bin")
    walked: list[bool] = []

    @heavy
    @given(st.data())
    def run(data: st.DataObject) -> None:
        changed = data.draw(st.composite(lambda draw: edited(draw(st.sampled_from(files)), draw))())
        try:
            item = tlv.read(changed)
            everything = list(tlv.walk(item))
        except MrtdError:
            walked.append(False)
            return
        walked.append(True)
        assert everything[0] == item
        assert all(below.end <= item.end for below in everything)
        if item.tag > 0xFF:
            return  # see _REAL
        _, _, _, header, content, trailer = parser.parse(changed, strict=False)
        assert len(header) + len(content) + len(trailer) == item.end

    run()
    assert 0 < sum(walked) < len(walked)


@heavy
@given(st.binary(max_size=64))
def test_random_bytes_never_raise_anything_else(data: bytes) -> None:
    for reader in (tlv.read, tlv.read_all, tlv.read_only, tlv.decode_oid):
        with contextlib.suppress(MrtdError):
            reader(data)


@light
@given(
    st.recursive(
        st.binary(max_size=300).map(lambda value: der(tlv.OCTET_STRING, value)),
        lambda inner: st.lists(inner, max_size=4).map(lambda parts: der(0x7F61, *parts)),
        max_leaves=12,
    )
)
def test_what_was_built_is_read(encoded: bytes) -> None:
    item = tlv.read_only(encoded)
    assert item.raw == encoded
    assert not tlv.leniencies(item)
    if item.constructed:
        assert b"".join(child.raw for child in item.children()) == item.value


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        ("", "truncated"),
        ("30", "truncated"),
        ("3001", "truncated"),
        ("3082FF", "truncated"),
        ("7F", "truncated"),
        ("7F8001", "bad_tag"),
        ("0480", "bad_length"),
        ("3080020101", "truncated"),
        ("308030800000", "truncated"),
    ],
)
def test_malformed(encoded: str, code: str) -> None:
    with pytest.raises(MalformedError) as error:
        tlv.read(bytes.fromhex(encoded))
    assert error.value.code == code


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        ("3085 0000000000", "length_too_long"),
        ("30FF", "length_too_long"),
        ("7FFFFFFF01 00", "tag_too_long"),
        ("3080" * 40 + "0000" * 40, "too_deep"),
    ],
)
def test_limits(encoded: str, code: str) -> None:
    with pytest.raises(LimitExceededError) as error:
        tlv.read(bytes.fromhex(encoded))
    assert error.value.code == code


def test_depth_is_bounded_while_walking() -> None:
    encoded = b""
    for _ in range(tlv.MAX_DEPTH + 2):
        encoded = der(tlv.SEQUENCE, encoded)
    with pytest.raises(LimitExceededError, match="too_deep"):
        list(tlv.walk(tlv.read(encoded)))


def test_children_are_bounded() -> None:
    with pytest.raises(LimitExceededError, match="too_many"):
        tlv.read_all(b"\x05\x00" * (tlv.MAX_CHILDREN + 1))
    with pytest.raises(LimitExceededError, match="too_many"):
        tlv.read(b"\x30\x80" + b"\x05\x00" * (tlv.MAX_CHILDREN + 1) + b"\x00\x00")


@light
@given(st.lists(st.binary(max_size=200), max_size=30))
def test_primitive_values_are_those_of_the_children(values: list[bytes]) -> None:
    # shorter values have a length of one octet, longer ones of two
    item = tlv.read(b"\x00\x00" + der(0xA5, *(der(0x13, value) for value in values)) + b"\x13\x00", 2)
    assert list(tlv.primitive_values(item, 0x13, limit=30)) == values
    assert [child.value for child in item.children()] == values


@pytest.mark.parametrize(
    ("encoded", "code"),
    [
        ("A503 130241", "truncated"),
        ("A501 13", "truncated"),
        ("A503 138141", "truncated"),
        ("A502 1380", "bad_length"),
        ("A503 138500", "length_too_long"),
        ("A506 130141 0C0142", "unexpected_tag"),
        ("1303 130141", "not_constructed"),
        ("A506 1300 1300 1300", "too_many"),
    ],
)
def test_primitive_values_refused(encoded: str, code: str) -> None:
    # what follows the object would fit: only its own octets count
    item = tlv.read(bytes.fromhex(encoded) + b"\x13\x01A" * 20)
    with pytest.raises(MalformedError) as error:
        list(tlv.primitive_values(item, 0x13, limit=2))
    assert error.value.code == code


def test_end_of_contents_must_lie_inside_the_parent() -> None:
    inside = tlv.read(bytes.fromhex("3004 3080 0000")[:6])
    assert inside.children()[0].indefinite
    with pytest.raises(MalformedError, match="truncated"):
        tlv.read(bytes.fromhex("3003 3080 00 00")).children()


@pytest.mark.parametrize(
    ("encoded", "value"),
    [("020100", 0), ("0201FF", -1), ("02020080", 128), ("0200", None), ("040100", None)],
)
def test_integers(encoded: str, value: int | None) -> None:
    item = tlv.read_only(bytes.fromhex(encoded))
    if value is None:
        with pytest.raises(MalformedError):
            tlv.integer(item)
    else:
        assert tlv.integer(item) == value


def test_integers_are_bounded_before_arithmetic() -> None:
    with pytest.raises(LimitExceededError, match="integer_too_long"):
        tlv.integer(tlv.read_only(der(tlv.INTEGER, b"\x01" * 5)), max_octets=4)


@pytest.mark.parametrize(
    ("encoded", "dotted"),
    [("06062A864886F70D", "1.2.840.113549"), ("0606678108010101", "2.23.136.1.1.1"), ("0603883703", "2.999.3")],
)
def test_object_identifiers(encoded: str, dotted: str) -> None:
    assert tlv.oid(tlv.read_only(bytes.fromhex(encoded))) == dotted


@pytest.mark.parametrize("content", ["", "2A80", "2A8001", "80"])
def test_bad_object_identifiers(content: str) -> None:
    with pytest.raises(MalformedError, match="bad_oid"):
        tlv.oid(tlv.read_only(der(tlv.OBJECT_IDENTIFIER, bytes.fromhex(content))))


def test_octet_strings_in_segments() -> None:
    item = tlv.read_only(bytes.fromhex("2480 0402AABB 2403 0401CC 0000"))
    assert tlv.octets(item) == bytes.fromhex("AABBCC")
    with pytest.raises(MalformedError):
        tlv.octets(tlv.read_only(bytes.fromhex("2403 020101")))
