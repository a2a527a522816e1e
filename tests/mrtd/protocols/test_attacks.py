"""What somebody tries who holds the phone, a copy of a passport, or both (SECURITY.md sections 5 and 6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from asn1crypto import core

import mrz
from mrtd import tlv
from mrtd.asn1 import oids
from mrtd.crypto.domain_parameters import DH_PARAMETERS
from mrtd.crypto.session_ciphers import Cipher, session_keys
from mrtd.errors import MalformedError, MrtdError
from mrtd.evidence import ChipEvidence, ElementaryFile, EvidenceSource, Provenance
from mrtd.inspection import POLICIES, Verdict, inspect, judge
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.mrz_evidence import MrzEvidence, MrzSource
from mrtd.inspection.reason import Reason
from mrtd.inspection.report import InspectionReport
from mrtd.inspection.verdict import ChipGenuine
from mrtd.lds.security_infos import ChipAuthenticationPublicKeyInfo
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import Realm, TrustStore
from mrtd.protocols.apdu import Command, data_object, parse_response
from mrtd.protocols.channel import Channel
from mrtd.protocols.chip_authentication import DH_PUBLIC_NUMBER
from mrtd.protocols.chip_authentication import static_key as static_key_of
from mrtd.protocols.errors import ProofFailedError, ProtocolError
from mrtd.protocols.exchange import Batch, Phase, answers_of
from mrtd.protocols.secure_messaging import SecureMessaging
from mrtd.specimen import certificates, chip_protocols
from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, PaceOffer, SpecimenCard, make_card
from mrtd.specimen.card.card import CLONE
from mrtd.specimen.card.keys import static_key
from mrtd.specimen.card.messaging import Messaging
from mrtd.specimen.card.pace import Pace
from mrtd.specimen.card.symmetric import pad
from mrtd.specimen.issuer import Edits, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from tests.mrtd.protocols.reading import (
    ACCESS,
    NOW,
    PROOFS,
    Counted,
    issuer,
    persist,
    report_of,
    status,
    trusted,
    wanted,
)
from tests.mrtd.protocols.test_secure_messaging import made

EF = ElementaryFile
CAM, GM = PaceOffer("6.2"), PaceOffer("2.2")
PACE_CAM = ("pace_cam.token", "pace_cam.card_security", "pace_cam.mapping", "pace_cam.same_session")


def strict(report: InspectionReport) -> Verdict:
    """By the rules of trust level 3."""
    return judge(report, POLICIES["strict-level3"])


def copied(card: SpecimenCard, *hidden: ElementaryFile, **changes: Any) -> SpecimenCard:
    """The files of a chip without some of them, on one that has none of its keys."""
    files = {name: data for name, data in card.document.files.items() if name not in hidden}
    if "pace" in changes and EF.CARD_ACCESS in files:
        infos = [chip_protocols.pace_info(f"{oids.PACE}.{one.suite}", one.parameter_id) for one in changes["pace"]]
        files[EF.CARD_ACCESS] = chip_protocols.card_access(infos)
    return SpecimenCard(replace(card.document, files=files), replace(card.behaviour, **changes), owner=CLONE)


# --- 2.3, 5.5: a proof that the state signed for, and that nobody was offered


@pytest.fixture(scope="module")
def mapped() -> SpecimenCard:
    """A chip that proves itself within PACE, and in no other way."""
    return make_card(issuer(), Behaviour(pace=(CAM, GM), active_authentication=False))


def test_a_copy_that_does_not_offer_the_mapping_withholds_a_proof(mapped: SpecimenCard) -> None:
    """EF.CardAccess is not signed: a copy offers the generic mapping alone, as if its state had made no other."""
    assert strict(report_of(mapped, Counted(mapped).read(wanted()))).chip_genuine is ChipGenuine.YES
    copy = copied(mapped, EF.CARD_SECURITY, pace=(GM,))
    report = report_of(mapped, Counted(copy).read(wanted()))
    assert strict(report).chip_genuine is ChipGenuine.UNDETERMINED
    assert [status(report, row) for row in PACE_CAM] == [("NOT_PERFORMED", "not_performed")] * 4


@pytest.mark.parametrize("hidden", [(EF.CARD_ACCESS,), (EF.CARD_ACCESS, EF.DG14), (EF.DG14,)], ids=len)
def test_nor_does_it_help_to_hide_more(mapped: SpecimenCard, hidden: tuple[ElementaryFile, ...]) -> None:
    pace = () if EF.CARD_ACCESS in hidden else (GM,)
    copy = copied(mapped, EF.CARD_SECURITY, *hidden, pace=pace)
    verdict = strict(report_of(mapped, Counted(copy).read(wanted())))
    assert verdict.chip_genuine is ChipGenuine.UNDETERMINED
    assert verdict.outcome.value != "verified"


def test_a_dump_of_it_shows_no_proof_and_no_lack_of_one(mapped: SpecimenCard) -> None:
    report = inspect(ChipEvidence(mapped.document.files), None, trusted(), NOW)
    assert strict(report).chip_genuine is ChipGenuine.UNDETERMINED


def test_a_chip_whose_state_signed_for_no_proof_supports_none() -> None:
    card = make_card(issuer(), Behaviour(pace=(GM,), active_authentication=False))
    report = report_of(card, Counted(card).read(wanted()))
    assert strict(report).chip_genuine is ChipGenuine.NOT_SUPPORTED
    assert [status(report, row) for row in PACE_CAM] == [("NOT_APPLICABLE", "not_supported")] * 4


# --- 5.8: a downgrade that hides its trace


@pytest.mark.parametrize("proof", ["aa", "none"])
def test_who_hides_dg14_as_well_does_not_pass_for_a_chip_with_bac_alone(proof: str) -> None:
    """A phone that opens a genuine chip with BAC, and says that neither EF.CardAccess nor DG14 is there."""
    genuine = make_card(issuer(), Behaviour(pace=(GM,), **PROOFS[proof]))
    files = {name: data for name, data in genuine.document.files.items() if name not in (EF.CARD_ACCESS, EF.DG14)}
    behind = SpecimenCard(replace(genuine.document, files=files), replace(genuine.behaviour, pace=()))
    report = report_of(genuine, Counted(behind).read(wanted()))
    assert status(report, "access.pace_downgrade") == ("NOT_PERFORMED", "no_evidence")
    verdict = strict(report)
    assert (verdict.authenticity.value, verdict.outcome.value) == ("inconclusive", "review")


def test_a_dg14_that_somebody_changed_says_nothing_about_access() -> None:
    genuine = make_card(issuer(), Behaviour(pace=(GM,)))
    files = {name: data for name, data in genuine.document.files.items() if name is not EF.CARD_ACCESS}
    files[EF.DG14] = data_object(0x6E, chip_protocols.card_access([chip_protocols.pace_info(f"{oids.PACE}.9.9", 13)]))
    behind = SpecimenCard(replace(genuine.document, files=files), replace(genuine.behaviour, pace=()))
    report = report_of(genuine, Counted(behind).read(wanted()))
    assert status(report, "access.pace_downgrade") == ("NOT_PERFORMED", "earlier_step")
    assert strict(report).outcome.value == "refused"


def test_a_chip_without_dg14_has_nothing_to_be_downgraded_from() -> None:
    card = make_card(issuer(rsa_chips=True), Behaviour())
    assert EF.DG14 not in card.document.files
    report = report_of(card, Counted(card).read(wanted()))
    assert status(report, "access.pace_downgrade") == ("PASSED", None)


# --- 5.1: words in the clear


def test_a_word_about_a_length_in_the_clear_is_forgiven_once() -> None:
    """223 octets are too many, and so are 160: twice is no quirk of a chip but somebody who steers the reader."""
    card = make_card(issuer(), Behaviour(max_expected=100, naked_length_word=True))
    with pytest.raises(ProtocolError) as caught:
        Counted(card).read(wanted("short"))
    assert (caught.value.code, caught.value.sw) == ("sm.unprotected_response", 0x6700)


def test_it_is_not_forgiven_where_a_policy_says_so() -> None:
    card = make_card(issuer(), Behaviour(max_expected=160, naked_length_word=True))
    assert Counted(card).read(wanted("short")).session.length_quirk
    with pytest.raises(ProtocolError, match=r"sm\.unprotected_response"):
        Counted(card).read(wanted("short", forgives_length_words=False))


@pytest.mark.parametrize("cipher", Cipher)
@pytest.mark.parametrize("hidden", [b"\x01" + bytes(16), b"\x01" + bytes(3), b"\x02" + bytes(16), b""], ids=len)
def test_nothing_is_decrypted_that_has_no_code(cipher: Cipher, hidden: bytes) -> None:
    """Whatever is wrong inside, who has no key is told of the code alone, so that no answer is an oracle."""
    session = SecureMessaging(session_keys(cipher, b"agreed"))
    command = session.protect(Command(0, 0xB0, 0, 0, expected=16))
    answer = data_object(0x87, hidden) + bytes.fromhex("99029000") + data_object(0x8E, bytes(8)) + b"\x90\x00"
    with pytest.raises(ProtocolError) as caught:
        session.unprotect(command, parse_response(answer))
    assert caught.value.code == "sm.bad_mac"


@pytest.mark.parametrize(
    "words",
    [[], ["9000"], ["9000", "6a82", "9000"], ["6a82", "9000"], ["9000", "9000", "9000", "9000"]],
    ids=["none", "too few", "one behind the last", "all behind the first", "too many"],
)
def test_a_batch_is_answered_as_it_was_asked(words: list[str]) -> None:
    """An answer to each command until the first that ends the batch: no more, no fewer, none behind it."""
    batch = Batch((b"1", b"2", b"3"), Phase.READ)
    with pytest.raises(MalformedError, match="wrong_answer_count"):
        answers_of(batch, [bytes.fromhex(word) for word in words])


# --- 5.2, 5.3: Chip Authentication


class Agreeing(SpecimenCard):
    """Remembers the ephemeral keys that it was given."""

    def __init__(self, card: SpecimenCard) -> None:
        super().__init__(card.document, card.behaviour)
        self.given: list[bytes] = []

    def _agree(self, offer: ChipAuthenticationOffer, public: bytes) -> None:
        self.given.append(public)
        super()._agree(offer, public)


@pytest.mark.parametrize("kind", ["ca-ecdh", "ca-dh"])
def test_an_ephemeral_key_serves_one_connection(kind: str) -> None:
    card = Agreeing(make_card(issuer(), Behaviour(**ACCESS["gm"], **PROOFS[kind])))
    for connection in range(3):
        Counted(card).read(wanted(), seed=f"connection {connection}".encode())
    assert len(set(card.given)) == len(card.given) == 3


def info_of(protocol: str, value: bytes, key_id: bytes) -> bytes:
    """A SecurityInfo of two octet strings as they are."""
    return data_object(0x30, data_object(0x06, tlv.encode_oid(protocol)) + value + key_id)


@pytest.mark.parametrize("number", [b"\xff", b"\x80\x00\x00\x00"], ids=len)
def test_a_number_of_a_key_that_cannot_be_named_breaks_nothing(number: bytes) -> None:
    """A DG14 by a stranger, which the reader follows before anybody knows that no state signed it."""
    card = make_card(issuer(), Behaviour(**PROOFS["ca-ecdh"]))
    key_id, version = data_object(0x02, number), data_object(0x02, b"\x01")
    spki = dg14_key(card.document.files[EF.DG14])
    infos = info_of(oids.CA_ECDH_AES_128, version, key_id) + info_of(oids.PK_ECDH, spki, key_id)
    forged = card.document.with_file(EF.DG14, data_object(0x6E, data_object(0x31, infos)))
    report = report_of(card, Counted(SpecimenCard(forged, card.behaviour)).read(wanted()))
    verdict = strict(report)
    assert (verdict.outcome.value, verdict.chip_genuine.value) == ("refused", "undetermined")


def dg14_key(content: bytes) -> bytes:
    """The SubjectPublicKeyInfo of the one key in a DG14."""
    for info in tlv.read_only(content, 0x6E).children()[0].children():
        protocol, value, *_ = info.children()
        if tlv.oid(protocol) == oids.PK_ECDH:
            return value.raw
    raise AssertionError("no key")


def test_a_key_of_ones_own_proves_a_stranger() -> None:
    """Chip Authentication succeeds with a key that the clone put into DG14; no state signed that DG14."""
    offers = (ChipAuthenticationOffer(),)
    genuine = make_card(issuer(), Behaviour(active_authentication=False, chip_authentication=offers))
    own = chip_protocols.chip_authentication_public_key(clone_key(), oids.PK_ECDH)
    suite = chip_protocols.chip_authentication_info(oids.CA_ECDH_AES_128)
    forged = data_object(0x6E, chip_protocols.card_access([suite, own]))
    copy = SpecimenCard(genuine.document.with_file(EF.DG14, forged), genuine.behaviour, owner=CLONE)
    reading = Counted(copy).read(wanted())
    assert reading.session.chip_authentication is not None
    assert reading.session.chip_authentication.proved
    report = report_of(genuine, reading)
    assert strict(report).outcome.value == "refused"
    assert strict(report).chip_genuine is not ChipGenuine.YES
    assert status(report, "ca.secure_messaging")[0] == "NOT_PERFORMED"


def clone_key() -> bytes:
    """The SubjectPublicKeyInfo of a static key that no state signed."""
    return static_key(CLONE).spki()


@pytest.mark.parametrize(
    ("inside", "outside", "behind"),
    [("6A80", "6A80", []), ("6A80", "9000", ["6988"]), ("9000", "6A80", [])],
    ids=["refused", "refused, and the carrier goes on", "done, and the carrier does not go on"],
)
def test_keys_that_were_not_answered_under_are_destroyed(inside: str, outside: str, behind: list[str]) -> None:
    """SECURITY.md 5.3: an ephemeral key serves one batch, and nothing is believed by it after another answer."""
    old, new = session_keys(Cipher.AES_128, b"old"), SecureMessaging(session_keys(Cipher.AES_128, b"new"))
    channel = Channel(SecureMessaging(old))
    select = Command(0, 0xA4, 2, 0x0C, bytes.fromhex("011D"))
    exchange = channel.switch(Phase.CHIP_AUTHENTICATION, [select], new, [select])
    next(exchange)
    answer = made(old, 2, bytes.fromhex(f"9902{inside}"))[:-2] + bytes.fromhex(outside)
    with pytest.raises(StopIteration) as ended:
        exchange.send([answer, *map(bytes.fromhex, behind)])
    (done,), none = ended.value.value
    assert (done.sw, none) == (int(inside, 16), [])
    assert not new.open_
    # a chip that changed its keys cannot be spoken to under the old ones
    assert channel.messaging is not None
    assert channel.messaging.open_ is (inside != "9000")


# --- a proof is all of its checks


ALONE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "aa": (PROOFS["aa"], ("aa.key", "aa.signature", "aa.challenge_bound")),
    "ca": (PROOFS["ca-ecdh"], ("ca.key", "ca.secure_messaging", "ca.rebind")),
    "cam": ({**ACCESS["cam"], **PROOFS["none"]}, PACE_CAM),
}


@pytest.mark.parametrize("left", [CheckStatus.NOT_PERFORMED, CheckStatus.NOT_APPLICABLE, CheckStatus.INDETERMINATE])
@pytest.mark.parametrize(("proof", "row"), [(proof, row) for proof, (_, rows) in ALONE.items() for row in rows])
def test_a_proof_of_which_a_part_is_open_is_none(proof: str, row: str, left: CheckStatus) -> None:
    report = read_once(proof)
    assert strict(report).chip_genuine is ChipGenuine.YES
    checks = [
        replace(one, status=left, reason=Reason.EARLIER_STEP) if one.id == row else one for one in report.checks
    ]
    assert checks != list(report.checks)
    assert strict(replace(report, checks=tuple(checks))).chip_genuine is ChipGenuine.UNDETERMINED


@cache
def read_once(proof: str) -> InspectionReport:
    """The report on a chip with one proof."""
    card = make_card(issuer(), Behaviour(**ALONE[proof][0]))
    return report_of(card, Counted(card).read(wanted()))


# --- 5.4, 5.5: the mapping


class OtherFactor(SpecimenCard):
    """Runs PACE-CAM to its end, as anybody can who knows the password, and then says another CA_IC, or none."""

    def __init__(self, card: SpecimenCard, factor: int | None) -> None:
        super().__init__(card.document, card.behaviour)
        self._factor = factor

    def _set_pace(self, found: Mapping[int, bytes]) -> Pace:
        pace = super()._set_pace(found)
        pace._proof = self._proof  # type: ignore[method-assign]
        return pace

    def _proof(self, channel: Messaging) -> bytes:
        if self._factor is None:
            return b""
        plain = pad(self._factor.to_bytes(33), 16)
        start = channel.suite.encrypt(channel.encryption, bytes(16), b"\xff" * 16)
        return data_object(0x8A, channel.suite.encrypt(channel.encryption, start, plain))


#: The order of brainpoolP256r1 (RFC 5639 §3.4).
ORDER = 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7


@pytest.mark.parametrize(
    ("factor", "code"),
    [(0, "cam.bad_data"), (ORDER, "cam.bad_data"), (ORDER + 1, "cam.bad_data"), (None, "cam.no_data")],
    ids=["zero", "the order", "beyond", "none"],
)
def test_a_factor_out_of_range_is_a_failed_proof(mapped: SpecimenCard, factor: int | None, code: str) -> None:
    """0 < CA_IC < n (SECURITY.md 5.4): what maps every key to infinity, or names a factor in two ways."""
    with pytest.raises(ProofFailedError) as caught:
        Counted(OtherFactor(mapped, factor)).read(wanted())
    assert caught.value.code == code


@pytest.mark.parametrize("factor", [1, ORDER - 1])
def test_a_factor_of_ones_own_proves_another_key(mapped: SpecimenCard, factor: int) -> None:
    report = report_of(mapped, Counted(OtherFactor(mapped, factor)).read(wanted()))
    assert status(report, "pace_cam.mapping") == ("FAILED", "mismatch")
    assert strict(report).outcome.value == "refused"


def test_a_failed_mapping_is_told_when_the_chip_is_read_without_it(mapped: SpecimenCard) -> None:
    story = persist(OtherFactor(mapped, 0))
    assert story.errors == ["cam.bad_data"] * 2
    report = report_of(mapped, story.read)
    assert status(report, "access.protocol") == ("PASSED", None)
    assert status(report, "pace_cam.token") == ("FAILED", "bad_token")
    assert strict(report).chip_genuine is ChipGenuine.NO


# --- 6.2: how long it took


def test_a_session_that_nobody_timed_is_looked_at_by_people() -> None:
    card = make_card(issuer(), Behaviour(**PROOFS["ca-ecdh"]))
    reading = Counted(card).read(wanted())
    provenance = Provenance(EvidenceSource.LIVE, None, reading.session)
    lines = MrzEvidence(mrz.parse("\n".join(card.document.mrz_lines), today=NOW.date()), MrzSource.TYPED)
    report = inspect(ChipEvidence(reading.files), lines, trusted(), NOW, provenance=provenance)
    assert status(report, "live.timing") == ("NOT_PERFORMED", "no_evidence")
    assert strict(report).attention == ("live.timing",)
    assert strict(report).outcome.value == "review"


# --- 5.4, 5.6: prime fields of somebody's choice


def prime_field_key(p: int, g: int, q: int, public: int) -> ChipAuthenticationPublicKeyInfo:
    """A key by RFC 3279 §2.3.3, encoded by asn1crypto."""
    number = core.Integer
    domain = b"".join(number(value).dump() for value in (p, g, q))
    parameters = data_object(0x30, core.ObjectIdentifier(DH_PUBLIC_NUMBER).dump() + data_object(0x30, domain))
    spki = data_object(0x30, parameters + core.OctetBitString(number(public).dump()).dump())
    return ChipAuthenticationPublicKeyInfo(oids.PK_DH, spki, None)


#: RFC 5114 §2.1: a modulus of 1024 bits with a subgroup of 160.
FIELD = DH_PARAMETERS[0]


def test_a_prime_field_as_the_standard_has_it() -> None:
    group, public = static_key_of(prime_field_key(FIELD.p, FIELD.g, FIELD.q, FIELD.g))
    assert (group, int.from_bytes(public)) == (FIELD, FIELD.g)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"g": 1}, "changed_parameters"),
        ({"g": FIELD.p - 1}, "changed_parameters"),
        ({"q": 2}, "changed_parameters"),
        ({"p": FIELD.p + 2}, "unknown_parameters"),
        ({"p": (1 << 4096) + 1}, "bad_key"),
        ({"p": (1 << 1022) + 1}, "bad_key"),
        ({"p": -FIELD.p}, "unknown_parameters"),
        ({"public": 0}, "bad_key"),
        ({"public": 1}, "bad_key"),
        ({"public": FIELD.p - 1}, "bad_key"),
        ({"public": FIELD.p}, "bad_key"),
        ({"public": FIELD.p + FIELD.g}, "bad_key"),
        ({"public": 2}, "bad_key"),
        ({"public": -FIELD.g}, "bad_key"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_a_prime_field_of_ones_own_choice_is_not_used(changes: dict[str, int], code: str) -> None:
    """RFC 2631 §2.1.5; where the base or a key lies in a small subgroup, everybody comes to the same secret."""
    info = prime_field_key(**{"p": FIELD.p, "g": FIELD.g, "q": FIELD.q, "public": FIELD.g} | changes)
    with pytest.raises(MrtdError) as caught:
        static_key_of(info)
    assert caught.value.code == code


# --- 5.5: EF.CardSecurity is signed, not hashed, so that anybody may bring another one


def signer_of(country: str, csca: str, dsc: str) -> SpecimenIssuer:
    """Somebody who signs as a state does, and calls the state so."""

    def of_state(common_name: str) -> bytes:
        return certificates.name(common_name, country=country)

    edits = Edits(
        csca=lambda one: replace(one, issuer=of_state("CSCA"), subject=of_state("CSCA")),
        dsc=lambda one: replace(one, subject=of_state("DSC")),
    )
    return SpecimenIssuer.create(BRAINPOOL_P256R1, now=NOW, csca_role=csca, dsc_role=dsc, edits=edits)


def store_of(*issuers: SpecimenIssuer) -> TrustStore:
    """Trust in all of them."""
    files = [(f"{place} {name}", data) for place, one in enumerate(issuers) for name, data in one.trust().items()]
    return TrustStore.from_sources([read_source(data, name) for name, data in files], Realm.SPECIMEN)


@pytest.mark.parametrize(
    ("country", "trusted_too", "expected"),
    [("XX", True, "untrusted"), ("UT", False, "untrusted"), ("UT", True, None)],
    ids=["of another state", "of nobody", "of the state"],
)
def test_whose_card_security_counts(
    mapped: SpecimenCard, country: str, trusted_too: bool, expected: str | None
) -> None:
    """A copy whose EF.CardSecurity lists a key of its own, with which it runs PACE-CAM as it should."""
    signer = signer_of(country, "another csca", "another dsc")
    infos = [chip_protocols.pace_info(f"{oids.PACE}.{one.suite}", one.parameter_id) for one in (CAM, GM)]
    own = chip_protocols.chip_authentication_public_key(clone_key(), oids.PK_ECDH)
    document = mapped.document.with_file(EF.CARD_SECURITY, signer.sign_card_security([*infos, own], NOW.date()))
    reading = Counted(SpecimenCard(document, mapped.behaviour, owner=CLONE)).read(wanted())
    store = store_of(issuer(), signer) if trusted_too else trusted()
    provenance = Provenance(EvidenceSource.LIVE, None, replace(reading.session, slow=False))
    report = inspect(ChipEvidence(reading.files), None, store, NOW, provenance=provenance)
    assert status(report, "pace_cam.same_session") == ("PASSED", None)
    if expected is None:
        # the state itself gave this chip a key: by that, and by nothing else, the copy would be genuine
        assert strict(report).chip_genuine is ChipGenuine.YES
        return
    assert status(report, "pace_cam.card_security") == ("INDETERMINATE", expected)
    assert status(report, "pace_cam.mapping") == ("NOT_PERFORMED", "earlier_step")
    assert strict(report).chip_genuine is ChipGenuine.UNDETERMINED
