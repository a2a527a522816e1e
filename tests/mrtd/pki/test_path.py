"""Paths on made chains: each status, each reason, and the order of preference."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import keys as asn1_keys

from mrtd.crypto.keys import EcPublicKey, key_digest, parse_spki
from mrtd.inspection.check import CHECKS, CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.certificate import Certificate
from mrtd.pki.path import MAX_LINKS, build_path
from mrtd.pki.search import MAX_ATTEMPTS, CertificateIndex, search_issuers
from mrtd.pki.trust_store import Realm, TrustStore
from tests.mrtd.pki.support import AT, END, START, Identity, crl, csca, dsc, issue, new_key, source


def store(*anchors: Certificate, others: tuple[Certificate, ...] = (), crls: tuple[bytes, ...] = ()) -> TrustStore:
    untrusted = [source(*others, name="others")] if others else []
    return TrustStore.from_sources([source(*anchors, crls=crls)], Realm.PRODUCTION, untrusted=untrusted, at=AT)


def test_dsc_to_its_csca() -> None:
    state = Identity.new()
    root, signer = csca(state), dsc(state)
    found = build_path(signer, store(root), AT)
    assert (found.status, found.reason, found.links_used, found.attempts) == (CheckStatus.PASSED, None, 0, 1)
    assert found.certificates == (signer, root)
    assert found.anchor is not None
    assert found.anchor.certificate == root


def test_an_empty_store_trusts_nobody() -> None:
    found = build_path(dsc(Identity.new()), TrustStore.empty(), AT)
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.NO_TRUST_ANCHOR)


def test_without_its_csca_nothing_is_decided() -> None:
    found = build_path(dsc(Identity.new()), store(csca(Identity.new("Other", "NO"))), AT)
    assert (found.status, found.reason, found.attempts) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA, 0)


def test_a_missing_generation_is_no_bad_signature() -> None:
    """Same name, older key: the CSCA that signed is simply not there."""
    old = Identity.new()
    found = build_path(dsc(old.rekeyed()), store(csca(old)), AT)
    assert (found.status, found.reason, found.attempts) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA, 1)


def test_the_key_that_is_named_did_not_sign() -> None:
    state = Identity.new()
    forged = dsc(state, signer=new_key())
    found = build_path(forged, store(csca(state)), AT)
    assert (found.status, found.reason) == (CheckStatus.FAILED, Reason.BAD_ISSUER_SIGNATURE)
    assert found.anchor is None


def test_a_changed_certificate_fails() -> None:
    state = Identity.new()
    good = dsc(state)
    raw = bytearray(good.raw)
    place = good.raw.index(b"Document Signer")
    raw[place] ^= 1
    found = build_path(Certificate.parse(bytes(raw)), store(csca(state)), AT)
    assert (found.status, found.reason) == (CheckStatus.FAILED, Reason.BAD_ISSUER_SIGNATURE)


@pytest.mark.parametrize("aki", [None, b"wrong identifier"], ids=["none", "wrong"])
def test_the_name_leads_where_the_identifier_does_not(aki: bytes | None) -> None:
    state = Identity.new()
    decoys = [csca(state.rekeyed()) for _ in range(3)]
    found = build_path(dsc(state, aki=aki), store(*decoys, csca(state)), AT)
    assert found.status is CheckStatus.PASSED
    assert 1 <= found.attempts <= 4


def test_the_name_is_compared_folded() -> None:
    state = Identity.new("Country  Signing CA")
    spelled = Identity(Identity.new("COUNTRY signing CA").name, state.key)
    assert build_path(dsc(spelled, aki=None), store(csca(state)), AT).status is CheckStatus.PASSED


def test_the_identifier_leads_where_the_name_does_not() -> None:
    state = Identity.new()
    renamed = Identity(Identity.new("Renamed authority").name, state.key)
    found = build_path(dsc(renamed), store(csca(state)), AT)
    assert (found.status, found.attempts) == (CheckStatus.PASSED, 1)


@pytest.mark.parametrize(
    "changes",
    [{"ca": False}, {"usage": ("crl_sign",)}, {"ca": None, "usage": None}, {"ca": None, "usage": ("crl_sign",)}],
    ids=["not a CA", "no keyCertSign", "nothing said", "only CRLs"],
)
def test_the_issuer_must_be_a_ca(changes: dict[str, object]) -> None:
    state = Identity.new()
    found = build_path(dsc(state), store(csca(state, **changes)), AT)
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA)
    assert found.facts == {"issuer_not_ca": True}


@pytest.mark.parametrize("changes", [{"ca": None}, {"usage": None}], ids=["keyCertSign alone", "CA alone"])
def test_either_sign_of_a_ca_is_enough(changes: dict[str, object]) -> None:
    state = Identity.new()
    assert build_path(dsc(state), store(csca(state, **changes)), AT).status is CheckStatus.PASSED


def test_a_signature_that_cannot_be_judged_is_not_decided() -> None:
    state = Identity.new()
    signer = dsc(state)
    unknown = signer.raw.replace(bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d040309"))
    found = build_path(Certificate.parse(unknown), store(csca(state)), AT)
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.UNSUPPORTED_ALGORITHM)


def test_a_csca_on_an_unknown_curve_is_not_decided() -> None:
    state = Identity.new()
    curve = bytes.fromhex("2a8648ce3d030107")
    root = csca(state)
    place = root.raw.index(root.spki)
    changed = (
        root.raw[:place]
        + root.spki.replace(curve, bytes.fromhex("2a8648ce3d030109"))
        + root.raw[place + len(root.spki) :]
    )
    found = build_path(dsc(state), store(Certificate.parse(changed)), AT)
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.UNKNOWN_CURVE)


def test_a_csca_with_an_unusable_key_is_not_decided() -> None:
    state = Identity.new()
    root = csca(state)
    raw = bytearray(root.raw)
    raw[root.raw.index(root.spki) + len(root.spki) - 1] ^= 1
    found = build_path(dsc(state), store(Certificate.parse(bytes(raw))), AT)
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.UNSUPPORTED_ALGORITHM)


def test_an_algorithm_identifier_that_cannot_be_read_is_no_signature() -> None:
    state = Identity.new()
    signer = dsc(state)
    inner = bytes.fromhex("300a06082a8648ce3d040302")
    broken = signer.raw.replace(inner, bytes.fromhex("300a040804864886f70d0302"))
    found = build_path(Certificate.parse(broken), store(csca(state)), AT)
    assert (found.status, found.reason) == (CheckStatus.FAILED, Reason.BAD_ISSUER_SIGNATURE)


def test_the_table_admits_every_reason_of_a_path() -> None:
    used = {
        Reason.NO_CSCA,
        Reason.NO_TRUST_ANCHOR,
        Reason.BAD_ISSUER_SIGNATURE,
        Reason.LINK_NOT_TRUSTED,
        Reason.TOO_LONG,
        Reason.UNSUPPORTED_ALGORITHM,
        Reason.UNKNOWN_CURVE,
    }
    assert used <= set(CHECKS["pa.path"].reasons)


# --- which certificate of one key (CHECKS.md rule 3)


def test_self_signed_goes_before_its_link() -> None:
    old, new = Identity.new(), None
    new = old.rekeyed()
    root, link = csca(new, end=datetime(2030, 1, 1, tzinfo=UTC)), csca(new, old)
    found = build_path(dsc(new), store(link, root, csca(old)), AT)
    assert found.certificates[-1] == root


def test_then_the_one_that_is_valid_then_the_latest_then_the_hash() -> None:
    old = Identity.new()
    new = old.rekeyed()
    expired = csca(new, old, end=datetime(2026, 1, 1, tzinfo=UTC))
    later = csca(new, old, end=END)
    earlier = csca(new, old, end=datetime(2030, 1, 1, tzinfo=UTC))
    future = csca(new, old, start=AT + timedelta(days=1), end=END + timedelta(days=1))
    twins = sorted((csca(new, old, end=END), later), key=lambda c: c.sha256)
    index = CertificateIndex([future, expired, earlier, *reversed(twins)])
    made = TrustStore.from_sources([source(future, expired, earlier, *twins)], Realm.PRODUCTION)
    for where in (index, made.settled_index):
        best_first = search_issuers(dsc(new), where).best_first(AT)
        assert tuple(entry.certificate for entry in best_first) == (*twins, earlier, future, expired)


# --- links (SECURITY.md 4.1)


def chain_of_links(length: int) -> tuple[Identity, Certificate, tuple[Certificate, ...]]:
    """The newest identity, the first root, and the links between."""
    first = Identity.new()
    links = []
    old = first
    for _ in range(length):
        new = old.rekeyed()
        links.append(csca(new, old))
        old = new
    return old, csca(first), tuple(links)


@pytest.mark.parametrize("length", range(1, MAX_LINKS + 1))
def test_links_lead_to_the_anchor(length: int) -> None:
    newest, root, links = chain_of_links(length)
    signer = dsc(newest)
    found = build_path(signer, store(root, others=links), AT)
    assert (found.status, found.links_used) == (CheckStatus.PASSED, length)
    assert found.certificates == (signer, *reversed(links), root)


def test_too_many_links() -> None:
    newest, root, links = chain_of_links(MAX_LINKS + 1)
    found = build_path(dsc(newest), store(root, others=links), AT)
    assert (found.status, found.reason) == (CheckStatus.FAILED, Reason.TOO_LONG)


def test_a_self_signed_stranger_is_no_anchor() -> None:
    """A certificate outside accepted sources is trusted by a link only; self-issued is not self-signed."""
    stranger = Identity.new()
    found = build_path(dsc(stranger), store(csca(Identity.new("Real")), others=(csca(stranger),)), AT)
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA)
    assert found.facts == {"untrusted_issuer": True}


def test_a_self_signed_newcomer_with_a_link_is_trusted_by_the_link() -> None:
    newest, root, links = chain_of_links(1)
    found = build_path(dsc(newest), store(root, others=(csca(newest), *links)), AT)
    assert (found.status, found.links_used) == (CheckStatus.PASSED, 1)
    assert found.certificates[1] == links[0]


def link_result(
    root_changes: dict[str, object], link_changes: dict[str, object], new: Identity | None = None
) -> object:
    old = Identity.new()
    new = new or old.rekeyed()
    root, link = csca(old, **root_changes), csca(new, old, **link_changes)
    found = build_path(dsc(new), store(root, others=(link,)), AT)
    return found.status, found.reason, dict(found.facts)


def test_a_link_to_another_state_is_not_trusted() -> None:
    found = link_result({}, {}, Identity.new("CSCA", "NO"))
    assert found == (CheckStatus.FAILED, Reason.LINK_NOT_TRUSTED, {"link": "other_state"})


@pytest.mark.parametrize(
    "start", [START - timedelta(days=1), datetime(2031, 1, 1, tzinfo=UTC)], ids=["before", "after"]
)
def test_a_link_from_outside_the_old_validity_is_not_trusted(start: datetime) -> None:
    found = link_result({"end": datetime(2030, 1, 1, tzinfo=UTC)}, {"start": start})
    assert found == (CheckStatus.FAILED, Reason.LINK_NOT_TRUSTED, {"link": "outside_validity"})


def test_a_link_that_the_named_key_did_not_sign_is_not_trusted() -> None:
    found = link_result({}, {"signer": new_key()})
    assert found == (CheckStatus.FAILED, Reason.LINK_NOT_TRUSTED, {"link": "bad_signature"})


@pytest.mark.parametrize("which", ["old", "link"])
def test_a_link_does_not_outlive_a_revocation(which: str) -> None:
    old = Identity.new()
    new = old.rekeyed()
    root, link = csca(old), csca(new, old)
    revoked = {"old": root, "link": link}[which].serial
    found = build_path(dsc(new), store(root, others=(link,), crls=(crl(old, revoked=(revoked,)),)), AT)
    assert (found.status, found.reason) == (CheckStatus.FAILED, Reason.LINK_NOT_TRUSTED)
    assert found.facts == {"link": "revoked"}


def test_rings_of_links_end() -> None:
    one, two = Identity.new("A"), Identity.new("B")
    ring = (csca(one, two), csca(two, one))
    found = build_path(dsc(one), store(csca(Identity.new("Real")), others=ring), AT)
    assert found.status is CheckStatus.INDETERMINATE


# --- bounds


def test_attempts_are_bounded_and_counted() -> None:
    state = Identity.new()
    crowd = [csca(state.rekeyed()) for _ in range(MAX_ATTEMPTS + 3)]
    found = build_path(dsc(state, aki=None), store(*crowd), AT)
    assert (found.status, found.reason, found.attempts) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA, MAX_ATTEMPTS)


def test_one_key_is_tried_once() -> None:
    state = Identity.new()
    copies = [csca(state, serial=number) for number in range(1, 6)]
    found = build_path(dsc(state, signer=new_key()), store(*copies), AT)
    assert found.attempts == 1


def test_others_can_neither_hide_an_anchor_nor_use_up_its_attempts() -> None:
    """Junk of the anchor's name and key identifier, tried before it, would be a way to refuse every document."""
    state = Identity.new()
    junk = tuple(
        csca(Identity(state.name, new_key()), ski=state.key_identifier, serial=number)
        for number in range(1, MAX_ATTEMPTS + 9)
    )
    root = csca(state, end=datetime(2030, 1, 1, tzinfo=UTC))
    found = build_path(dsc(state), store(root, others=junk), AT)
    assert (found.status, found.attempts) == (CheckStatus.PASSED, 1)
    without_hint = build_path(dsc(state, aki=None), store(root, others=junk), AT)
    assert without_hint.status is CheckStatus.PASSED


def on_probation(made: TrustStore, *certificates: Certificate) -> TrustStore:
    waiting = {certificate.sha256 for certificate in certificates}
    anchors = (
        replace(anchor, provenance=replace(anchor.provenance, probation=anchor.sha256 in waiting))
        for anchor in made.anchors
    )
    return replace(made, anchors=tuple(anchors))


def test_a_list_that_grew_overnight_cannot_hide_a_settled_anchor() -> None:
    state = Identity.new()
    crowd = [csca(state.rekeyed(), ski=state.key_identifier) for _ in range(MAX_ATTEMPTS + 3)]
    root = csca(state, end=datetime(2030, 1, 1, tzinfo=UTC))
    made = on_probation(store(*crowd, root), *crowd)
    found = build_path(dsc(state), made, AT)
    assert (found.status, found.attempts) == (CheckStatus.PASSED, 1)
    assert found.anchor is not None
    assert found.anchor.certificate == root


def test_an_anchor_on_probation_vouches_but_never_fails_anybody() -> None:
    state = Identity.new()
    new = csca(state)
    made = on_probation(store(new, csca(Identity.new("B"))), new)
    found = build_path(dsc(state), made, AT)
    assert found.status is CheckStatus.PASSED
    assert found.anchor is not None
    assert found.anchor.provenance.probation
    decoy = csca(Identity(state.name, new_key()), ski=state.key_identifier)
    beside = on_probation(store(decoy, csca(Identity.new("B"))), decoy)
    refused = build_path(dsc(state), beside, AT)
    assert (refused.status, refused.reason) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA)


def test_others_can_never_make_a_failure() -> None:
    """A stranger's certificate with the key identifier that a DSC names says nothing about that DSC."""
    state = Identity.new()
    decoy = csca(Identity(state.name, new_key()), ski=state.key_identifier)
    found = build_path(dsc(state), store(csca(Identity.new("B")), others=(decoy,)), AT)
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA)


def test_attempts_that_ran_out_are_told_and_fail_nothing() -> None:
    state = Identity.new()
    crowd = [csca(state.rekeyed(), ski=state.key_identifier) for _ in range(MAX_ATTEMPTS + 3)]
    found = build_path(dsc(state), store(*crowd), AT)
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA)
    assert found.facts["attempts_exhausted"] is True


def test_a_key_is_one_key_however_it_is_spelled() -> None:
    """The same point over named and over explicit parameters: the anchor is found by either spelling."""
    state = Identity.new()
    root = csca(state)
    key = root.public_key()
    assert isinstance(key, EcPublicKey)
    asn1 = asn1_keys.ECDomainParameters(
        name="specified",
        value=asn1_keys.SpecifiedECDomain(
            {
                "version": "ecdpVer1",
                "field_id": {"field_type": "prime_field", "parameters": key.curve.p},
                "curve": {"a": key.curve.a.to_bytes(32), "b": key.curve.b.to_bytes(32)},
                "base": b"\x04" + key.curve.gx.to_bytes(32) + key.curve.gy.to_bytes(32),
                "order": key.curve.n,
                "cofactor": 1,
            }
        ),
    )
    info = asn1_keys.PublicKeyInfo.load(root.spki)
    info["algorithm"]["parameters"] = asn1
    spelled_out = info.dump(force=True)
    assert spelled_out != root.spki
    assert key_digest(parse_spki(spelled_out)) == root.key_digest


def test_only_certificates_of_the_store_are_path_material() -> None:
    """A DSC that another DSC issued does not chain: the issuer is neither an anchor nor a CA."""
    state = Identity.new()
    middle = Identity.new("Document Signer")
    between = issue(middle, state, usage=("digital_signature",))
    found = build_path(dsc(middle), store(csca(state), others=(between,)), AT)
    assert found.status is CheckStatus.INDETERMINATE


def test_a_path_result_can_be_compared() -> None:
    state = Identity.new()
    root, signer = csca(state), dsc(state)
    found = build_path(signer, store(root), AT)
    assert found == build_path(signer, store(root), AT) != replace(found, links_used=1)
