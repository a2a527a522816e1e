"""The reader of deviation lists against pyasn1 on the real list, by hand-made lists, and who may sign one."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from hypothesis import given
from hypothesis import strategies as st

from mrtd import tlv
from mrtd.asn1 import deviation_list as asn1_deviation
from mrtd.errors import LimitExceededError, MalformedError, MrtdError
from mrtd.pki import deviation_list as module
from mrtd.pki import oids
from mrtd.pki.certificate import Certificate
from mrtd.pki.deviation import DEVIATION_NAMES, Deviation
from mrtd.pki.deviation_list import DeviationList, judge_signer, parse
from mrtd.pki.index import CertificateIndex
from mrtd.specimen import authorities, certificates, list_recipes
from mrtd.specimen.certificate_extensions import extended_key_usage
from mrtd.specimen.recipe import AT, Setting
from mrtd.specimen.trust_breakage import NEIGHBOUR, neighbour
from tests.budgets import heavy
from tests.mrtd.asn1.decoding import content as content_of
from tests.mrtd.asn1.decoding import decoded
from tests.mrtd.lds.build import der
from tests.mrtd.pki.mutations import deeply_mutated, rebuilt

#: Within the validity of the signer of the real list, 2018-06-26 to 2018-12-31.
IN_2018 = datetime(2018, 7, 1, tzinfo=UTC)
IN_2026 = datetime(2026, 11, 24, tzinfo=UTC)

VERSION = der(tlv.INTEGER, b"\x00")
#: 2.23.136.1.1.7.2.3 is id-Deviation-LDS-SODSignatureWrong (ICAO 9303-12 §10.2).
SOD_SIGNATURE_WRONG = der(tlv.OBJECT_IDENTIFIER, bytes.fromhex("6781080101070203"))
DESCRIPTION = der(tlv.SEQUENCE, SOD_SIGNATURE_WRONG)
SHA_256 = der(tlv.SEQUENCE, der(tlv.OBJECT_IDENTIFIER, bytes.fromhex("608648016503040201")))
UNKNOWN_HASH = der(tlv.SEQUENCE, der(tlv.OBJECT_IDENTIFIER, bytes.fromhex("2A0304")))


def text(value: str) -> bytes:
    return der(0x13, value.encode())


def deviation(*members: bytes, descriptions: tuple[bytes, ...] = (DESCRIPTION,)) -> bytes:
    return der(tlv.SEQUENCE, der(tlv.SEQUENCE, *members), der(tlv.SET, *descriptions))


def content(*deviations: bytes, algorithm: bytes = b"", version: bytes = VERSION) -> bytes:
    return der(tlv.SEQUENCE, version, algorithm, der(tlv.SET, *deviations))


@cache
def own() -> bytes:
    return list_recipes.own_deviation_list()


def around(econtent: bytes) -> bytes:
    """The specimen list with another content; the reader does not judge signatures."""
    root = tlv.read(own())
    encapsulated = root.children()[1].children()[0].children()[2]
    place = encapsulated.children()[1].children()[0].start
    return rebuilt(root, place, econtent)


def only(*members: bytes, algorithm: bytes = b"", descriptions: tuple[bytes, ...] = (DESCRIPTION,)) -> Deviation:
    read = parse(around(content(deviation(*members, descriptions=descriptions), algorithm=algorithm)))
    (found,) = read.deviations
    return found


def code_of(data: bytes) -> str:
    with pytest.raises(MalformedError) as error:
        parse(data)
    return error.value.code


def index(*stored: bytes) -> CertificateIndex:
    return CertificateIndex([Certificate.parse(der_) for der_ in stored])


def judged(found: DeviationList, pinned: CertificateIndex, at: datetime | None = AT) -> tuple[str, str | None]:
    judgement = judge_signer(found, pinned, at)
    return judgement.status.value, judgement.reason and judgement.reason.value


# --- the real list


@pytest.fixture(scope="module")
def estonian(real_data: Path) -> bytes:
    return (real_data / "deviation" / "eRP_deviation_list.bin").read_bytes()


@pytest.mark.real
def test_real_list_against_pyasn1(estonian: bytes) -> None:
    oracle = decoded(content_of(estonian), asn1_deviation.DeviationList())
    expected = [str(number) for number in oracle["deviations"][0]["documents"]["documentNumbers"]]
    read = parse(estonian)
    (found,) = read.deviations
    assert (read.state, read.version, read.sha256) == ("EE", 0, hashlib.sha256(estonian).hexdigest())
    assert (
        read.signed_at
        == asn1_cms.ContentInfo.load(estonian)["content"]["signer_infos"][0]["signed_attrs"][1]["values"][0].native
    )
    assert (found.document_type, found.signer, found.issued) == (None, None, None)
    assert [(each.type, each.name, each.text) for each in found.descriptions] == [
        ("2.23.136.1.1.7.2.3", "LDS-SODSignatureWrong", None)
    ]
    numbers = found.document_numbers
    assert numbers is not None
    assert len(numbers) == len(expected) == 169_422
    assert all(number in numbers for number in expected)
    stored = list(tlv.primitive_values(numbers.stored, 0x13, limit=200_000))
    for place in (0, 1, 20_000, 84_711, 169_420, 169_421):
        assert stored[place].decode() == expected[place]


@pytest.mark.real
def test_real_list_holds_no_other_numbers(estonian: bytes) -> None:
    """Neither a part of a number, nor one with more, nor octets across two numbers."""
    (found,) = parse(estonian).deviations
    numbers = found.document_numbers
    assert numbers is not None
    stored = set(tlv.primitive_values(numbers.stored, 0x13, limit=200_000))
    sample = sorted(stored)[::10_000]
    for number in (value.decode() for value in sample):
        assert number in numbers
        assert number.lower() + "<<" in numbers
        for other in (number[:-1], number[1:], number + "0", "0" + number, number[:-1] + "Z", number * 2, ""):
            assert other not in numbers
    octets = numbers.stored.value
    # nine octets from each place inside an element: they stand in the file and are no number
    for shift in range(1, 11):
        piece = octets[shift + 2 : shift + 11]
        assert piece not in stored
        assert piece.decode("latin-1") not in numbers


@pytest.mark.real
def test_signer_of_the_real_list(estonian: bytes, real_data: Path) -> None:
    pin = (real_data / "csca" / "certs" / "csca_Estonia_2016.cer").read_bytes()
    italian = (real_data / "csca" / "certs" / "IT_CSCA05.cer").read_bytes()
    read = parse(estonian)
    assert judged(read, index(pin), IN_2018) == ("PASSED", None)
    assert judged(read, index(pin, italian), read.signed_at) == ("PASSED", None)
    assert judged(read, index(pin), IN_2026) == ("FAILED", "expired")
    assert judged(read, index(pin), datetime(2018, 6, 1, tzinfo=UTC)) == ("FAILED", "not_yet_valid")
    assert judged(read, index(pin), None) == ("INDETERMINATE", "time_not_determined")
    assert judged(read, index(italian), IN_2018) == ("INDETERMINATE", "no_csca")
    assert judged(read, index(), IN_2018) == ("INDETERMINATE", "no_trust_anchor")
    assert judge_signer(read, index(pin), IN_2018, usable=lambda _: False).reason == "no_csca"


@pytest.mark.real
def test_a_changed_number_breaks_the_signature(estonian: bytes, real_data: Path) -> None:
    pin = (real_data / "csca" / "certs" / "csca_Estonia_2016.cer").read_bytes()
    place = estonian.index(b"\x13\x09") + 10
    changed = estonian[:place] + b"Z" + estonian[place + 1 :]
    assert judged(parse(changed), index(pin), IN_2018) == ("FAILED", "mismatch")


# --- specimen lists


def test_specimen_list() -> None:
    issuer = Setting().issuer()
    read = parse(own())
    (found,) = read.deviations
    assert (read.state, read.version, read.signed_at) == ("UT", 0, AT)
    assert found.document_type == "P"
    assert found.signer is not None
    assert found.signer.digest == hashlib.sha256(issuer.dsc_certificate).digest()
    assert found.signer.digest_hash == "sha256"
    assert [(each.type, each.name, each.text) for each in found.descriptions] == [
        ("2.23.136.1.1.7.2", "LDS", "DG11 holds fillers")
    ]
    assert judged(read, index(issuer.csca_certificate)) == ("PASSED", None)
    older = parse(list_recipes.own_deviation_list(age=timedelta(days=3)))
    assert older.signed_at == AT - timedelta(days=3)


def test_signers_who_may_not() -> None:
    issuer = Setting().issuer()
    pinned = index(issuer.csca_certificate)
    other_purpose = parse(list_recipes.deviation_list_of_a_master_list_signer())
    assert judged(other_purpose, pinned) == ("FAILED", "extended_key_usage")
    content_ = authorities.deviations((list_recipes.LDS_DEVIATION, issuer, "x"))
    by_dsc = parse(authorities.deviation_list(content_, authorities.dsc_as_list_signer(issuer), AT))
    assert judged(by_dsc, pinned) == ("FAILED", "extended_key_usage")
    impostor = Setting().issuer(csca_role="impostor-csca")
    signer = authorities.list_signer(impostor, oids.DEVIATION_LIST_SIGNER, role="deviation-signer")
    assert judged(parse(authorities.deviation_list(content_, signer, AT)), pinned) == ("INDETERMINATE", "no_csca")


def test_a_purpose_that_is_not_critical_is_enough() -> None:
    """As the signer of the real list has it. Critical or not, the purpose binds (RFC 5280 §4.2.1.12)."""
    issuer = Setting().issuer()

    def made(purpose: str) -> DeviationList:
        def edit(template: certificates.CertificateTemplate) -> certificates.CertificateTemplate:
            return template.with_extension(extended_key_usage(purpose, critical=False))

        signer = authorities.list_signer(issuer, oids.DEVIATION_LIST_SIGNER, role="deviation-signer", edit=edit)
        words = authorities.deviations((list_recipes.LDS_DEVIATION, issuer, "x"))
        return parse(authorities.deviation_list(words, signer, AT))

    pinned = index(issuer.csca_certificate)
    assert judged(made(oids.DEVIATION_LIST_SIGNER), pinned) == ("PASSED", None)
    assert judged(made(oids.MASTER_LIST_SIGNER), pinned) == ("FAILED", "extended_key_usage")


def test_the_state_is_the_csca_s() -> None:
    """The neighbour's signer writes `C=UT` into its own name: the list is the neighbour's all the same."""
    read = parse(list_recipes.foreign_deviation_list())
    (signer, _) = (Certificate.parse(stored) for stored in read.cms.certificates)
    assert (signer.subject.country, signer.issuer.country) == ("UT", NEIGHBOUR)
    assert read.state == NEIGHBOUR
    assert judged(read, index(neighbour(Setting()).csca_certificate)) == ("PASSED", None)
    assert judged(read, index(Setting().issuer().csca_certificate)) == ("INDETERMINATE", "no_csca")


def test_a_csca_vouches_for_no_list_of_another_country() -> None:
    """A signer whose issuer is misspelt as Utopia's is found by its key identifier, and is the neighbour's."""
    stranger = neighbour(Setting())
    utopian = Setting().issuer()

    def as_utopian(template: certificates.CertificateTemplate) -> certificates.CertificateTemplate:
        return replace(template, issuer=utopian.csca_template.subject)

    signer = authorities.list_signer(stranger, oids.DEVIATION_LIST_SIGNER, role="deviation-signer", edit=as_utopian)
    made = authorities.deviations((list_recipes.LDS_DEVIATION, utopian, "x"))
    read = parse(authorities.deviation_list(made, signer, AT))
    both = index(stranger.csca_certificate, utopian.csca_certificate)
    assert read.state == "UT"
    unlimited = module.judge_list_signature(read.cms, oids.DEVIATION_LIST_SIGNER, both, AT)
    assert unlimited.status == "PASSED"
    assert judged(read, both) == ("INDETERMINATE", "no_csca")


def test_list_without_its_signer_s_certificate() -> None:
    issuer = Setting().issuer()
    made = authorities.deviations((list_recipes.LDS_DEVIATION, issuer, "x"))
    signer = authorities.list_signer(issuer, oids.DEVIATION_LIST_SIGNER, role="deviation-signer")
    read = parse(
        authorities.deviation_list(made, signer, AT, edit=lambda template: replace(template, certificates=()))
    )
    assert read.state is None
    assert judged(read, index(issuer.csca_certificate)) == ("FAILED", "not_found")


# --- the structure (ICAO 9303-12 §10.2)


def test_every_member() -> None:
    name = der(tlv.SEQUENCE, der(tlv.SET, der(tlv.SEQUENCE, bytes.fromhex("0603550406"), text("UT"))))
    found = only(
        der(0x80, b"P<"),
        der(0xA1, name, der(tlv.INTEGER, b"\x01\x42")),
        der(0xA4, der(0x18, b"20180101000000Z"), der(0x18, b"20180630235959Z")),
        der(0xA5, text("AB123"), text("C4"), text("AB123")),
        descriptions=(
            der(
                tlv.SEQUENCE,
                text("hash of DG2"),
                der(tlv.OBJECT_IDENTIFIER, bytes.fromhex("6781080101070202")),
                der(0xA0, der(tlv.INTEGER, b"\x02")),
                der(0xA1, der(tlv.NULL)),
            ),
            der(tlv.SEQUENCE, der(tlv.OBJECT_IDENTIFIER, bytes.fromhex("2A0304"))),
        ),
    )
    assert found.document_type == "P"
    assert found.signer is not None
    assert found.signer.issuer is not None
    assert (found.signer.issuer.country, found.signer.serial) == ("UT", 0x142)
    assert found.issued == (datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 6, 30, 23, 59, 59, tzinfo=UTC))
    assert found.document_numbers is not None
    assert len(found.document_numbers) == 3
    assert [number in found.document_numbers for number in ("AB123", "C4", "AB", "123", "C", "4AB123")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip
    assert [(each.name, each.text) for each in found.descriptions] == [
        ("LDS-DGHashWrong", "hash of DG2"),
        ("1.2.3.4", None),
    ]
    assert repr(found) == "Deviation(descriptions=2)"
    assert repr(found.document_numbers) == "DocumentNumbers(3)"


def test_no_member() -> None:
    found = only(descriptions=())
    assert found == Deviation(None, None, None, None, ())


def test_key_identifier_and_digest() -> None:
    by_key = only(der(0x82, b"\x01" * 20)).signer
    assert by_key is not None
    assert by_key.key_identifier == b"\x01" * 20
    # without digestAlgorithm, the hash of the list's own signature (ICAO 9303-3 §7.3.6): SHA-256 here
    for algorithm in (b"", SHA_256):
        by_digest = only(der(0x83, b"\x02" * 32), algorithm=algorithm).signer
        assert by_digest is not None
        assert (by_digest.digest, by_digest.digest_hash) == (b"\x02" * 32, "sha256")
    unknown = only(der(0x83, b"\x02" * 7), algorithm=UNKNOWN_HASH).signer
    assert unknown is not None
    assert (unknown.digest, unknown.digest_hash) == (b"\x02" * 7, None)


@pytest.mark.parametrize(
    "members",
    [
        [der(0x80, b"")],
        [der(0x80, b"<<")],
        [der(0x80, b"PAS")],
        [der(0x80, b"\xc5")],
        [der(0x80, b"P"), der(0x80, b"P")],
        [der(0x82, b"\x01"), der(0x80, b"P")],
        [der(0x82, b"\x01"), der(0x83, b"\x01" * 32)],
        [der(0x82, b"")],
        [der(0x83, b"\x01" * 20)],
        [der(0xA1, der(tlv.SEQUENCE))],
        [der(0xA4, der(0x18, b"20180101000000Z"))],
        [der(0xA4, der(0x17, b"180101000000Z"), der(0x18, b"20180101000000Z"))],
        [der(0xA4, der(0x18, b"20180102000000Z"), der(0x18, b"20180101000000Z"))],
        [der(0xA6, b"")],
        [der(0x04, b"")],
    ],
    ids=range(15),
)
def test_bad_members(members: list[bytes]) -> None:
    assert code_of(around(content(deviation(*members)))) == "bad_deviation"


@pytest.mark.parametrize(
    "description",
    [
        der(tlv.SEQUENCE),
        der(tlv.SEQUENCE, text("x")),
        der(tlv.SEQUENCE, SOD_SIGNATURE_WRONG, text("x")),
        der(tlv.SEQUENCE, SOD_SIGNATURE_WRONG, der(0xA1), der(0xA0)),
        der(tlv.SEQUENCE, SOD_SIGNATURE_WRONG, SOD_SIGNATURE_WRONG),
    ],
    ids=range(5),
)
def test_bad_descriptions(description: bytes) -> None:
    assert code_of(around(content(deviation(descriptions=(description,))))) == "bad_deviation"


@pytest.mark.parametrize(
    ("econtent", "code"),
    [
        (der(tlv.SEQUENCE), "not_deviation_list"),
        (der(tlv.SEQUENCE, VERSION), "not_deviation_list"),
        (der(tlv.SEQUENCE, VERSION, der(tlv.SEQUENCE)), "not_deviation_list"),
        (der(tlv.SEQUENCE, der(tlv.SET), der(tlv.SET)), "not_deviation_list"),
        (der(tlv.SEQUENCE, VERSION, SHA_256, der(tlv.SET), der(tlv.SET)), "not_deviation_list"),
        (content() + b"\x00", "trailing_bytes"),
        (content(der(tlv.SEQUENCE, der(tlv.SEQUENCE))), "bad_deviation"),
        (content(deviation(der(0xA5, der(0x0C, b"A")))), "unexpected_tag"),
        (content(deviation(der(0xA5, b"\x13\x05A"))), "truncated"),
        (content(deviation(der(0xA4, der(0x18, b"2018"), der(0x18, b"2018")))), "bad_time"),
    ],
    ids=range(10),
)
def test_bad_content(econtent: bytes, code: str) -> None:
    assert code_of(around(econtent)) == code


def test_another_signed_list_is_none() -> None:
    issuer = Setting().issuer()
    master = authorities.master_list((issuer.csca_certificate,), authorities.list_signer(issuer), AT)
    assert code_of(master) == "not_deviation_list"


def test_names_are_the_standard_s() -> None:
    """The arcs of ICAO 9303-12 §10.2, written out by hand."""
    assert DEVIATION_NAMES["2.23.136.1.1.7.1.4"] == "CertOrKey-AAKeyCompromised"
    assert DEVIATION_NAMES["2.23.136.1.1.7.3.2"] == "MRZ-WrongCheckDigit"
    assert DEVIATION_NAMES["2.23.136.1.1.7.4"] == "Chip"
    assert len(DEVIATION_NAMES) == 15


# --- limits


def limit_of(data: bytes) -> str:
    with pytest.raises(LimitExceededError) as error:
        parse(data)
    return error.value.code


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limit_of(b"\x30" + bytes(module.MAX_DEVIATION_LIST)) == "deviation_list_too_long"
    long_number = text("1" * (module.MAX_DOCUMENT_NUMBER + 1))
    assert limit_of(around(content(deviation(der(0xA5, long_number))))) == "document_number_too_long"
    assert only(der(0xA5, text("1" * module.MAX_DOCUMENT_NUMBER))).document_numbers is not None
    many = (DESCRIPTION,) * (module.MAX_DESCRIPTIONS + 1)
    assert limit_of(around(content(deviation(descriptions=many)))) == "too_many_descriptions"
    assert len(only(descriptions=many[1:]).descriptions) == module.MAX_DESCRIPTIONS
    long_words = der(tlv.SEQUENCE, text("x" * (module.MAX_DESCRIPTION + 1)), SOD_SIGNATURE_WRONG)
    assert limit_of(around(content(deviation(descriptions=(long_words,))))) == "description_too_long"
    assert limit_of(around(content(deviation(der(0x82, bytes(65)))))) == "reference_too_long"
    too_many = (deviation(),) * (module.MAX_DEVIATIONS + 1)
    assert limit_of(around(content(*too_many))) == "too_many_deviations"
    assert len(parse(around(content(*too_many[1:]))).deviations) == module.MAX_DEVIATIONS
    # lowered: a million numbers would take a second to make
    monkeypatch.setattr(module, "MAX_DOCUMENT_NUMBERS", 5)
    three = deviation(der(0xA5, *(text("A1"),) * 3))
    assert limit_of(around(content(deviation(der(0xA5, *(text("A1"),) * 6))))) == "too_many"
    assert limit_of(around(content(three, three))) == "too_many_document_numbers"
    assert len(parse(around(content(three))).deviations) == 1


def test_as_many_numbers_as_allowed() -> None:
    numbers = der(0xA5, b"\x13\x01A" * module.MAX_DOCUMENT_NUMBERS)
    found = only(numbers).document_numbers
    assert found is not None
    assert len(found) == module.MAX_DOCUMENT_NUMBERS
    assert "A" in found


# --- hostile bytes


def test_any_change_raises_typed_errors_only() -> None:
    """Changes of the signed data, and of the content with all lengths around put right."""
    name = tlv.read(Certificate.parse(Setting().issuer().csca_certificate).subject.raw).raw
    rich = content(
        deviation(
            der(0x80, b"P"),
            der(0xA1, name, der(tlv.INTEGER, b"\x07")),
            der(0xA4, der(0x18, b"20180101000000Z"), der(0x18, b"20180630235959Z")),
            der(0xA5, *(text(f"AB{number}") for number in range(9))),
            descriptions=(DESCRIPTION, der(tlv.SEQUENCE, text("words"), SOD_SIGNATURE_WRONG, der(0xA0, VERSION))),
        ),
        deviation(der(0x82, b"\x01" * 20)),
        deviation(der(0x83, b"\x01" * 32)),
        algorithm=SHA_256,
    )
    genuine = parse(own())
    pinned = index(Setting().issuer().csca_certificate)
    seen = {"all": 0, "answered": 0}

    def use(data: bytes) -> None:
        read = parse(data)
        repr(read)
        for found in read.deviations:
            repr(found)
            assert found.document_numbers is None or "ZZ" not in found.document_numbers
        seen["answered"] += 1
        if judge_signer(read, pinned, AT).status == "PASSED":
            assert read.cms.econtent == genuine.cms.econtent
            assert read.state == genuine.state

    @heavy
    @given(st.data())
    def run(data: st.DataObject) -> None:
        seen["all"] += 1
        inside = data.draw(st.booleans())
        changed = data.draw(deeply_mutated([rich] if inside else [own()]))
        with suppress(MrtdError):
            use(around(changed) if inside else changed)

    run()
    assert 0 < seen["answered"] < seen["all"]
