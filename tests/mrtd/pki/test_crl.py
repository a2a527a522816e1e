"""CRLs: reading, trust, freshness, and what they say of a certificate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from mrtd import tlv
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import CRL_GRACE, MAX_CRL, REVOCATION_MAX_AGE, Crl, RevocationResult, revocation
from mrtd.pki.sources import read_source
from mrtd.pki.trust_store import Realm, Refusal, TrustStore
from tests.mrtd.lds.build import der
from tests.mrtd.pki.support import AT, Identity, crl, csca, dsc, name, source


def judged(certificate: Certificate, roots: list[Certificate], *crls: bytes, at: datetime = AT) -> RevocationResult:
    return revocation(certificate, TrustStore.from_sources([source(*roots, crls=crls)], Realm.PRODUCTION), at)


def test_a_crl_as_pyca_reads_it() -> None:
    state = Identity.new()
    reason = (x509.CRLReason(x509.ReasonFlags.key_compromise), False)
    data = crl(state, revoked=(7, 1 << 150), number=44, entry_extra=(reason,))
    theirs = x509.load_der_x509_crl(data)
    ours = Crl.parse(data)
    assert ours.issuer.raw == theirs.issuer.public_bytes()
    assert (ours.this_update, ours.next_update) == (theirs.last_update_utc, theirs.next_update_utc)
    assert set(ours.revoked) == {entry.serial_number for entry in theirs}
    assert {entry.reason_code for entry in ours.revoked.values()} == {1}
    assert (ours.number, ours.unusable) == (44, None)
    assert ours.authority_key_identifier == state.key_identifier
    assert ours.tbs == theirs.tbs_certlist_bytes
    assert "44" in repr(ours)


def test_not_listed() -> None:
    state = Identity.new()
    found = judged(dsc(state), [csca(state)], crl(state, revoked=(5,)))
    assert (found.status, found.reason) == (CheckStatus.PASSED, None)
    assert found.facts["crl_number"] == "1"


def test_listed() -> None:
    state = Identity.new()
    found = judged(dsc(state, serial=77), [csca(state)], crl(state, revoked=(76, 77)))
    assert (found.status, found.reason) == (CheckStatus.FAILED, Reason.REVOKED)
    assert found.facts["revoked_at"] == "2026-11-01T00:00:00Z"


def test_a_crl_of_the_new_key_revokes_a_dsc_of_the_old_key() -> None:
    """RFC 5280: a CRL speaks for its issuer's name, whichever key signed it."""
    old = Identity.new()
    new = old.rekeyed()
    found = judged(dsc(old, serial=77), [csca(old), csca(new)], crl(new, revoked=(77,)))
    assert (found.status, found.reason) == (CheckStatus.FAILED, Reason.REVOKED)


def test_the_folded_name_counts() -> None:
    state = Identity.new("Country Signing CA")
    shouting = Identity(name("COUNTRY  SIGNING CA"), state.key)
    found = judged(dsc(shouting, serial=77), [csca(state)], crl(state, revoked=(77,)))
    assert found.reason is Reason.REVOKED


def test_an_untrusted_namesake_is_ignored_and_reported() -> None:
    state = Identity.new()
    store = TrustStore.from_sources(
        [source(csca(state), crls=(crl(state.rekeyed(), revoked=(77,)),))], Realm.PRODUCTION
    )
    found = revocation(dsc(state, serial=77), store, AT)
    assert (found.status, found.reason, dict(found.facts)) == (
        CheckStatus.INDETERMINATE,
        Reason.NO_CRL,
        {"crls_ignored": 1},
    )
    assert store.refused == {Refusal.CRL_UNTRUSTED: 1}


def test_the_signer_of_a_crl_needs_the_right_to() -> None:
    state = Identity.new()
    found = judged(dsc(state, serial=77), [csca(state, usage=("key_cert_sign",))], crl(state, revoked=(77,)))
    assert found.reason is Reason.NO_CRL


def test_without_a_crl_nothing_is_decided() -> None:
    state, other = Identity.new(), Identity.new("Other", "NO")
    found = judged(dsc(state), [csca(state), csca(other)], crl(other))
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.NO_CRL)


THIS = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("next_update", "at", "fresh"),
    [
        (THIS + timedelta(days=30), THIS + timedelta(days=30) + CRL_GRACE, True),
        (THIS + timedelta(days=30), THIS + timedelta(days=30, seconds=1) + CRL_GRACE, False),
        (THIS + timedelta(days=900), THIS + REVOCATION_MAX_AGE + CRL_GRACE, True),
        (THIS + timedelta(days=900), THIS + REVOCATION_MAX_AGE + CRL_GRACE + timedelta(seconds=1), False),
    ],
)
def test_freshness(next_update: datetime, at: datetime, fresh: bool) -> None:
    state = Identity.new()
    found = judged(dsc(state), [csca(state)], crl(state, this_update=THIS, next_update=next_update), at=at)
    expected = (CheckStatus.PASSED, None) if fresh else (CheckStatus.INDETERMINATE, Reason.CRL_STALE)
    assert (found.status, found.reason) == expected


def test_stale_and_future_lists_still_revoke() -> None:
    state = Identity.new()
    listed = crl(state, revoked=(77,), this_update=THIS, next_update=THIS + timedelta(days=1))
    for at in (AT, THIS - timedelta(days=300)):
        assert judged(dsc(state, serial=77), [csca(state)], listed, at=at).reason is Reason.REVOKED


def test_a_list_of_the_future_does_not_clear() -> None:
    state = Identity.new()
    found = judged(dsc(state), [csca(state)], crl(state), at=THIS)
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.CRL_UNUSABLE)
    assert found.facts["problem"] == "not_yet_valid"


POINT = x509.IssuingDistributionPoint(None, None, False, False, None, True, False)
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.1"), b"\x05\x00")


@pytest.mark.parametrize(
    ("extra", "entry_extra", "problem"),
    [
        (((x509.DeltaCRLIndicator(1), True),), (), "delta"),
        (((POINT, True),), (), "indirect"),
        (((STRANGE, True),), (), "unknown_critical_extension"),
        ((), ((STRANGE, True),), "unknown_critical_extension"),
        ((), ((x509.CertificateIssuer([x509.DirectoryName(name("Other"))]), True),), "indirect"),
    ],
    ids=["delta", "indirect", "unknown", "unknown in an entry", "another issuer in an entry"],
)
def test_lists_that_cannot_answer(extra: tuple, entry_extra: tuple, problem: str) -> None:
    state = Identity.new()
    found = judged(
        dsc(state, serial=77), [csca(state)], crl(state, revoked=(77,), extra=extra, entry_extra=entry_extra)
    )
    assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.CRL_UNUSABLE)
    assert found.facts["problem"] == problem


def test_an_unknown_extension_that_is_not_critical_does_no_harm() -> None:
    state = Identity.new()
    data = crl(state, revoked=(5,), extra=((STRANGE, False),), entry_extra=((STRANGE, False),))
    assert judged(dsc(state), [csca(state)], data).status is CheckStatus.PASSED


@pytest.mark.parametrize("reverse", [False, True])
def test_a_lower_number_never_replaces_a_higher(reverse: bool) -> None:
    state = Identity.new()
    newer = crl(state, number=9, revoked=(77,))
    replayed = crl(state, number=8, this_update=datetime(2026, 11, 20, tzinfo=UTC))
    lists = (replayed, newer) if reverse else (newer, replayed)
    store = TrustStore.from_sources([source(csca(state), crls=lists)], Realm.PRODUCTION)
    assert [stored.crl.number for stored in store.crls] == [9]
    assert store.refused == {Refusal.CRL_SUPERSEDED: 1}
    assert revocation(dsc(state, serial=77), store, AT).reason is Reason.REVOKED


def test_malformed_lists_are_counted() -> None:
    state = Identity.new()
    cut = source(csca(state), crls=(b"\x30\x00",))
    assert TrustStore.from_sources([cut], Realm.PRODUCTION).refused == {Refusal.CRL_MALFORMED: 1}


def test_limits_and_malformed_lists() -> None:
    with pytest.raises(LimitExceededError):
        Crl.parse(bytes(MAX_CRL + 1))
    whole = tlv.read_only(crl(Identity.new(), revoked=(5,))).children()
    fields = [item.raw for item in whole[0].children()]
    entry = der(0x30, der(0x02, b"\x05"), der(0x17, b"261101000000Z"))

    def rebuilt(*parts: bytes, signature: bytes = b"\x00") -> bytes:
        return der(0x30, der(0x30, *parts), whole[1].raw, der(0x03, signature))

    assert set(Crl.parse(rebuilt(*fields)).revoked) == {5}
    assert set(Crl.parse(rebuilt(*fields[:5], der(0x30, entry))).revoked) == {5}
    for data in (
        b"\x30\x00",
        b"\x30\x06\x30\x00\x30\x00\x03\x00",
        b"\x04\x00",
        b"",
        rebuilt(*fields, signature=b""),
        rebuilt(*fields, signature=b"\x01"),
        rebuilt(*fields, der(0x04)),
        rebuilt(*fields[:5], der(0xA0)),
        rebuilt(*fields[:5], der(0x30, der(0x30, der(0x02, b"\x05")))),
        rebuilt(*fields[:5], der(0x30, entry[:-1] + b"X")),
        rebuilt(*fields[:2]),
    ):
        with pytest.raises(MalformedError):
            Crl.parse(data)


def test_anchors_that_cannot_sign_a_crl_are_passed_over() -> None:
    """A namesake whose key or keyUsage cannot be read does not hide the one that signed."""
    state = Identity.new()
    broken_usage = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.15"), b"\x30\x00")
    root = csca(state)
    raw = bytearray(root.raw)
    raw[root.raw.index(root.spki) + len(root.spki) - 1] ^= 1
    roots = [csca(state, usage=None, extra=((broken_usage, False),)), Certificate.parse(bytes(raw)), root]
    assert judged(dsc(state), roots, crl(state)).status is CheckStatus.PASSED
    assert judged(dsc(state), roots[:2], crl(state)).reason is Reason.NO_CRL


@pytest.mark.real
def test_the_real_italian_crl(real_data: Path) -> None:
    data = (real_data / "crl" / "IT_CSCA.crl").read_bytes()
    theirs = x509.load_der_x509_crl(data)
    ours = Crl.parse(data)
    assert set(ours.revoked) == {entry.serial_number for entry in theirs}
    assert len(ours.revoked) == 2
    assert {entry.reason_code for entry in ours.revoked.values()} == {4}
    assert ours.number == theirs.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    found = {}
    for generation in ("03", "04", "05"):
        certificate = Certificate.parse((real_data / f"csca/certs/IT_CSCA{generation}.cer").read_bytes())
        found[generation] = certificate.subject.same_as(ours.issuer), ours.is_signed_by(certificate.public_key())
    # 03 has another organizationalUnit; 04 and 05 share the name, and only trying tells them apart
    assert found == {"03": (False, False), "04": (True, False), "05": (True, True)}


@pytest.mark.real
def test_the_real_italian_crl_in_a_store(real_data: Path) -> None:
    paths = [*sorted((real_data / "csca/certs").glob("IT_*.cer")), real_data / "crl" / "IT_CSCA.crl"]
    sources = [found for path in paths if (found := read_source(path.read_bytes(), path.name))]
    store = TrustStore.from_sources(sources, Realm.PRODUCTION)
    (stored,) = store.crls
    root = Certificate.parse((real_data / "csca/certs/IT_CSCA05.cer").read_bytes())
    assert stored.signer == root
    during = stored.crl.this_update + timedelta(days=1)
    assert revocation(root, store, during).status is CheckStatus.PASSED
    assert revocation(root, store, AT).reason is Reason.CRL_STALE
    generations = {
        number: Certificate.parse((real_data / f"csca/certs/IT_CSCA{number}.cer").read_bytes())
        for number in ("03", "04")
    }
    assert revocation(generations["04"], store, during).status is CheckStatus.PASSED
    assert revocation(generations["03"], store, during).reason is Reason.NO_CRL
