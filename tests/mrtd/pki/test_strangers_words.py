"""Words of strangers: what a hostile list may not do to a state (SECURITY.md 3.7, 4.1, 4.3, 4.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from asn1crypto import core
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from mrtd.crypto.algorithms import parse_signature_algorithm
from mrtd.inspection import crosscheck
from mrtd.inspection.certificates import Circumstances, check_certificates
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.inspection.signer import Signer
from mrtd.pki.administration import ProposalError, based_on, distrust, resolve, take_crls, take_lists
from mrtd.pki.certificate import Certificate
from mrtd.pki.holdings import Holdings, Publisher
from mrtd.pki.path import PathResult, build_path
from mrtd.pki.realm import Realm
from mrtd.pki.sources import Source, SourceKind
from mrtd.pki.trust_store import TrustStore
from tests.mrtd.pki.administration.build import ListPublisher, holdings
from tests.mrtd.pki.support import AT, CA_USAGE, Identity, crl, csca, dsc, issue, name, new_key, source

NL, ZW = ListPublisher("NL"), ListPublisher("ZW")


def two(*listed: Certificate, by_one: tuple[Certificate, ...] = (), **members: object) -> Holdings:
    """Two independent publishers list the same; one of them lists more."""
    return holdings(NL.publisher(*listed, name="nl"), ZW.publisher(*listed, *by_one, name="zw"), **members)


def path(made: Holdings, signer: Certificate) -> PathResult:
    return build_path(signer, resolve(made).store, AT)


def twin_of(identity: Identity, **changes: object) -> Certificate:
    """A certificate of the identity's name and key that a stranger signed."""
    return issue(identity, identity, **{"ca": True, "usage": CA_USAGE, "signer": new_key(), **changes})


@pytest.mark.parametrize("where", ["list", "others"])
def test_an_unsigned_twin_with_a_revoked_serial_revokes_nothing(where: str) -> None:
    de = Identity.new("CSCA", "DE")
    crls, twin = (crl(de, revoked=(4711,)),), twin_of(de, serial=4711)
    made = (
        two(csca(de), by_one=(twin,), crls=crls) if where == "list" else two(csca(de), others=(twin.raw,), crls=crls)
    )
    given = Circumstances(resolve(made).store, AT, "P")
    results = check_certificates(_signer(dsc(de)), None, given).results
    (found,) = [one for one in results if one.id == "pa.csca.revocation"]
    assert found.status is CheckStatus.PASSED


def test_a_twin_takes_no_links_from_the_home_state() -> None:
    se = Identity.new("CSCA", "SE")
    new, pin = se.rekeyed(), csca(se)
    made = holdings(
        ZW.publisher(csca(new, se), csca(new), twin_of(se, serial=4711), name="zw"),
        pins=(pin.raw,),
        crls=(crl(se, revoked=(4711,)),),
    )
    assert path(made, dsc(new)).status is CheckStatus.PASSED


def test_a_key_that_a_list_calls_pss_only_still_verifies() -> None:
    fr = Identity(name("CSCA", "FR"), rsa.generate_private_key(65537, 2048))  # type: ignore[arg-type]
    root = csca(fr)
    stored = asn1_x509.Certificate.load(root.raw)
    fields = stored["tbs_certificate"]
    fields["subject_public_key_info"]["algorithm"] = asn1_keys.PublicKeyAlgorithm({"algorithm": "rsassa_pss"})
    fields["validity"]["not_after"] = asn1_x509.Time({"utc_time": core.UTCTime(datetime(2049, 1, 1, tzinfo=UTC))})
    twin = Certificate.parse(stored.dump(force=True))
    assert path(two(root, by_one=(twin,)), dsc(fr)).status is CheckStatus.PASSED


@pytest.mark.parametrize("how", ["distrusted", "revoked"])
def test_what_rests_on_a_link_goes_with_the_old_key_in_later_drafts_too(how: str) -> None:
    fr = Identity.new("CSCA", "FR")
    new, root = fr.rekeyed(), csca(fr)
    draft = based_on(two(root, by_one=(csca(new, fr), csca(new))))
    if how == "distrusted":
        draft = distrust(draft, root.sha256, "stolen")
    else:
        draft = replace(draft, crls=(crl(fr, revoked=(root.serial,)),))
    anchor = path(draft, dsc(new)).anchor
    assert anchor is not None
    assert anchor.provenance.probation


def test_a_twin_does_not_stretch_the_validity_of_an_old_key() -> None:
    fr = Identity.new("CSCA", "FR")
    old = csca(fr, start=datetime(2005, 1, 1, tzinfo=UTC), end=datetime(2015, 1, 1, tzinfo=UTC))
    new = fr.rekeyed()
    link = csca(new, fr, start=datetime(2026, 1, 1, tzinfo=UTC))
    anchor = path(two(old, by_one=(link, twin_of(fr))), dsc(new)).anchor
    assert anchor is not None
    assert anchor.provenance.probation


def _san(place: str) -> tuple[x509.ExtensionType, bool]:
    words = x509.Name([x509.NameAttribute(NameOID.LOCALITY_NAME, place)])
    return x509.SubjectAlternativeName([x509.DirectoryName(words)]), False


@pytest.mark.parametrize(
    ("rogue", "state"),
    [
        (csca(Identity.new("CSCA", None), extra=(_san("SWE"),)), "SWE"),
        (csca(Identity.new("CSCA", "SJM")), "NOR"),
    ],
    ids=["state in the alternative name only", "three letters of a dependency"],
)
def test_a_csca_speaks_for_the_state_by_which_it_was_admitted(rogue: Certificate, state: str) -> None:
    dg1 = SimpleNamespace(document=SimpleNamespace(fields=SimpleNamespace(issuing_state=state)))
    found = crosscheck.country("cross.country_csca", "CSCA", 1, rogue, dg1)  # type: ignore[arg-type]
    assert found.status is not CheckStatus.PASSED


def test_full_width_letters_are_the_same_country() -> None:
    de = Identity.new("CSCA", "DE")
    root, signer = csca(de), dsc(de)
    wide = x509.NameAttribute(
        NameOID.COUNTRY_NAME, "\uff24\uff25", _type=x509.name._ASN1Type.UTF8String, _validate=False
    )
    rogue = Identity(x509.Name([wide, x509.NameAttribute(NameOID.COMMON_NAME, "CSCA")]), new_key())
    listed = csca(rogue, Identity.new("Q", "AQ"))
    assert listed.subject.same_as(root.subject)
    assert listed.country == "DE"
    revoking = crl(rogue, revoked=(signer.serial,))
    file = Source("crl", SourceKind.CRL, (), (), (revoking,), 0, "crl")
    with pytest.raises(ProposalError, match="crl_untrusted"):
        take_crls(two(root, by_one=(listed,)), [file], AT)


def test_a_list_signer_revoked_by_the_new_key_of_its_state() -> None:
    de = ListPublisher("DE")
    new = de.state.rekeyed()
    made = two(de.root, csca(new), csca(new, de.state), crls=(crl(new, revoked=(de.signer.serial,)),))
    made = replace(made, publishers={**made.publishers, "de": Publisher("de", (de.root.raw,))})
    with pytest.raises(ProposalError) as refused:
        take_lists(made, "de", [de.list(de.root)], AT)
    assert refused.value.reason is Reason.REVOKED


def test_a_strangers_odd_key_does_not_open_a_bad_signature() -> None:
    de = Identity.new("CSCA", "DE")
    odd = csca(de.rekeyed()).raw.replace(bytes.fromhex("06082a8648ce3d030107"), bytes.fromhex("06082a8648ce3d030106"))
    found = path(two(csca(de), by_one=(Certificate.parse(odd),)), dsc(de, signer=new_key()))
    assert found.reason is Reason.BAD_ISSUER_SIGNATURE


def test_a_link_began_in_any_certificate_of_the_old_key() -> None:
    it = Identity.new("CSCA", "IT")
    first = csca(it, start=datetime(2015, 1, 1, tzinfo=UTC), end=datetime(2026, 1, 1, tzinfo=UTC))
    again = csca(it, start=datetime(2025, 1, 1, tzinfo=UTC))
    new = it.rekeyed()
    link = csca(new, it, start=datetime(2020, 1, 1, tzinfo=UTC))
    store = TrustStore.from_sources(
        [source(first, again)], Realm.PRODUCTION, untrusted=[source(link, name="l")], at=AT
    )
    assert build_path(dsc(new), store, AT).status is CheckStatus.PASSED


def _signer(certificate: Certificate) -> Signer:
    algorithm = parse_signature_algorithm(certificate.signature_algorithm)
    return Signer(1, (), certificate, certificate.public_key(), algorithm, "sha256")
