"""Every real document to its state's CSCA, and what is left when that is taken away (ANALYSIS.md section 6)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mrtd import tlv
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki.certificate import Certificate
from mrtd.pki.cms import parse_signed_data
from mrtd.pki.path import build_path
from mrtd.pki.search import CertificateIndex, search_issuers
from mrtd.pki.sources import Source, read_source
from mrtd.pki.trust_store import Realm, TrustStore
from tests.mrtd.pki import corpus
from tests.mrtd.pki.support import AT, source
from tests.real import independent


def signer_of(path: Path) -> Certificate:
    outer = tlv.read(path.read_bytes())
    signed = parse_signed_data(outer.value if outer.tag == 0x77 else outer.raw)
    (der,) = signed.certificates
    return Certificate.parse(der)


def read(*paths: Path) -> list[Source]:
    return [found for path in paths if (found := read_source(path.read_bytes(), path.name))]


@pytest.fixture(scope="module")
def sources(real_data: Path) -> list[Source]:
    folders = ("masterlists", "bundles", "certs")
    return read(*(path for folder in folders for path in sorted((real_data / "csca" / folder).glob("*"))))


@pytest.fixture(scope="module")
def store(sources: list[Source]) -> TrustStore:
    return TrustStore.from_sources(sources, Realm.PRODUCTION, at=AT)


@pytest.fixture(scope="module")
def documents(real_data: Path) -> dict[str, Certificate]:
    chips = real_data / "chips"
    paths = [*sorted(chips.glob("*_20*/EF.SOD.bin")), *sorted(chips.glob("*_20*/EF.CardSecurity.bin"))]
    return {f"{path.parent.name}/{path.name}": signer_of(path) for path in paths}


@pytest.mark.real
def test_every_real_document_reaches_its_csca(store: TrustStore, documents: dict[str, Certificate]) -> None:
    assert len(documents) == 12
    for name, signer in documents.items():
        found = build_path(signer, store, AT)
        assert (found.status, found.reason) == (CheckStatus.PASSED, None), name
        assert found.anchor is not None
        assert found.anchor.certificate.country == signer.country == name[:2]
        assert found.anchor.certificate.self_signed
        assert (len(found.certificates), found.links_used, found.attempts) == (2, 0, 1)


@pytest.mark.real
def test_without_their_states_nothing_is_decided(real_data: Path, documents: dict[str, Certificate]) -> None:
    states = {name[:2] for name in documents}
    assert len(states) == 11
    parsed = (Certificate.parse(raw) for raw in corpus.everything(real_data))
    left = TrustStore.from_sources([source(*(c for c in parsed if c.country not in states))], Realm.PRODUCTION)
    assert len(left.anchors) > 700
    for name, signer in documents.items():
        found = build_path(signer, left, AT)
        assert (found.status, found.reason) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA), name


@pytest.mark.real
def test_a_missing_generation_is_not_decided_either(store: TrustStore, documents: dict[str, Certificate]) -> None:
    """All other keys of the state are there, with the same name in most cases."""
    namesakes = 0
    for name, signer in documents.items():
        issuer = build_path(signer, store, AT).certificates[-1]
        index = CertificateIndex(a.certificate for a in store.anchors if a.certificate.spki != issuer.spki)
        search = search_issuers(signer, index)
        assert (search.holders, search.identified) == ((), False), name
        namesakes += bool(search.attempts)
    assert namesakes >= 6


@pytest.mark.real
def test_specimens_and_mocks_do_not_chain_in_production(store: TrustStore, real_data: Path) -> None:
    chips = real_data / "chips"
    paths = [*sorted(chips.glob("specimen_DE_*/EF.SOD.bin")), *sorted(chips.glob("mock_*/EF.SOD.bin"))]
    assert len(paths) == 10
    for path in paths:
        found = build_path(signer_of(path), store, AT)
        assert (found.status, found.reason, found.attempts) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA, 0)


@pytest.mark.real
def test_mocks_chain_in_the_specimen_realm(real_data: Path) -> None:
    mocks = TrustStore.from_sources(read(*sorted((real_data / "csca/mock").glob("*"))), Realm.SPECIMEN)
    statuses = {
        path.parent.name: build_path(signer_of(path), mocks, AT).status
        for path in sorted((real_data / "chips").glob("mock_*/EF.SOD.bin"))
    }
    assert {name for name, status in statuses.items() if status is CheckStatus.PASSED} == MOCKS_WITH_A_CSCA


MOCKS_WITH_A_CSCA = {
    "mock_ZKR_jack-miller-smith-rsa-4096-sha512",
    "mock_ZKR_john-miller-smith-rsa-2048-sha256",
    "mock_ZKR_johnny_ecdsa-p256-sha256",
    "mock_ZKR_johnny_ecdsa-p384-sha384",
    "mock_ZKR_johnny_rsa-2048-sha256",
    "mock_ZKR_johnny_rsa-4096-sha512",
    "mock_ZKR_mary-miller-smith-ecdsa-p256-sha256",
    "mock_ZKR_paul-miller-smith-ecdsa-p384-sha384",
}


@pytest.mark.real
def test_all_mock_chains(real_data: Path) -> None:
    """Every pair of dsc/mock: SHA-1 to SHA-512, PKCS#1, PSS, ECDSA on NIST and brainpool, e = 3 and 65537."""
    pairs = 0
    for folder in sorted((real_data / "dsc/mock").iterdir()):
        if not (folder / "mock_csca.pem").exists():
            continue
        pairs += 1
        store = TrustStore.from_sources(read(folder / "mock_csca.pem"), Realm.SPECIMEN)
        (signer,) = (Certificate.parse(raw) for raw in corpus.from_file(folder / "mock_dsc.pem"))
        found = build_path(signer, store, AT)
        assert (found.status, found.reason) == (CheckStatus.PASSED, None), folder.name
    assert pairs == 22


@pytest.mark.real
def test_each_link_and_cross_certificate_finds_its_issuer(real_data: Path) -> None:
    """ANALYSIS.md section 4: by name in nearly all, by the folded name or the key identifier alone in the others."""
    encoded = corpus.unique(real_data, "masterlists/*", "certs/*")
    index = CertificateIndex(Certificate.parse(der) for der in encoded)
    ours = {}
    for certificate in index.certificates:
        if not certificate.self_signed:
            issuers = search_issuers(certificate, index).holders
            ours[certificate.raw] = led_by(certificate.raw, [issuer.raw for issuer in issuers])
    theirs = {
        der: led_by(der, [one for one in encoded if independent.key(one) in keys])
        for der, keys in independent.issuers(encoded).items()
        if not independent.is_self_signed(der)
    }
    assert ours == theirs
    assert Counter(ours.values()) == LINKS
    lost = [Certificate.parse(der).country for der, way in ours.items() if way == "none"]
    assert sorted(lost) == ["GR", "PT"]


def led_by(der: bytes, issuers: list[bytes]) -> str:
    """What led to the best of these issuers, by asn1crypto's reading."""
    _, wanted = independent.names(der)
    if any(independent.load(one).subject.dump() == independent.load(der).issuer.dump() for one in issuers):
        return "exact name"
    if any(independent.names(one)[0] == wanted for one in issuers):
        return "folded name"
    return "key identifier" if issuers else "none"


#: The analysis counts 303 by the exact name in a larger collection; the other numbers are the same.
LINKS = {"exact name": 300, "folded name": 3, "key identifier": 2, "none": 2}


@pytest.mark.real
def test_a_changed_real_signer_fails(store: TrustStore, documents: dict[str, Certificate]) -> None:
    """One bit of the subject's key: the CSCA that the certificate names did not sign that."""
    for name, signer in documents.items():
        raw = bytearray(signer.raw)
        place = raw.index(signer.spki) + len(signer.spki) - 1
        raw[place] ^= 1
        found = build_path(Certificate.parse(bytes(raw)), store, AT)
        assert (found.status, found.reason) == (CheckStatus.FAILED, Reason.BAD_ISSUER_SIGNATURE), name
