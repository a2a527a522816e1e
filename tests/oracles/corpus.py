"""Everything that the oracles are asked about: documents with what we found in them, certificates, CRLs, lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asn1crypto import cms, pem, x509

from mrtd import files as readers
from mrtd.errors import MrtdError
from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence, ElementaryFile
from mrtd.inspection import InspectionReport, inspect
from mrtd.pki.trust_store import TrustStore
from mrz.errors import MrzFormatError
from service.replay.folder import LoadedCase, find_cases, load_case
from service.replay.library import load_trust, mrz_evidence
from service.replay.specimen_chip import replayed
from tests.mrtd.pki.corpus import from_file as list_or_certificates
from tests.oracles.unwrapping import content_info
from tests.real.test_other_documents import MALFORMED
from tests.real.trust import all_states, mocks

AT: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MASTER_LIST: Final = "2.23.136.1.1.2"
SIGNED_FILES: Final = (ElementaryFile.SOD, ElementaryFile.CARD_SECURITY)


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """One document, and the report that we made of it with these certificates at hand.

    `supplied` are the DSCs that came apart from it.
    """

    name: str
    files: Mapping[ElementaryFile, bytes]
    answer: ActiveAuthenticationResponse | None
    report: InspectionReport
    issuers: tuple[bytes, ...]
    supplied: tuple[bytes, ...] = ()

    def signed(self) -> Iterator[tuple[str, str, bytes]]:
        """(name, kind, octets) of its signed files."""
        for file in SIGNED_FILES:
            if file in self.files:
                yield f"{self.name} {file.value}", file.value, self.files[file]


@dataclass(slots=True, repr=False)
class Corpus:
    """Documents, and lists by name; certificates and CRLs once, by the place where they were found first.

    `refused` are the dumps that the reader refuses; `revocation_lists` come with the certificates of their store.
    """

    documents: list[Document] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    lists: dict[str, bytes] = field(default_factory=dict)
    certificates: dict[bytes, str] = field(default_factory=dict)
    revocation_lists: dict[bytes, tuple[str, dict[bytes, str]]] = field(default_factory=dict)

    def add(self, document: Document) -> None:
        """A document and the certificates in it."""
        self.documents.append(document)
        for name, _, data in document.signed():
            self.add_certificates(name, embedded_certificates(data))

    def add_certificates(self, place: str, encoded: Iterable[bytes]) -> None:
        """Certificates found in one place."""
        for number, der in enumerate(encoded, start=1):
            self.certificates.setdefault(der, f"{place} certificate {number}")

    def add_store(self, name: str, store: TrustStore) -> None:
        """Everything in a trust store; its CRLs are those that an anchor has signed."""
        held = certificates_of(store)
        self.add_certificates(name, held)
        for number, one in enumerate(store.crls, start=1):
            _, issuers = self.revocation_lists.setdefault(one.crl.raw, (f"{name} CRL {number}", {}))
            issuers.update((der, self.certificates[der]) for der in held)


def certificates_of(store: TrustStore) -> tuple[bytes, ...]:
    """The anchors and the other certificates of a store."""
    return tuple(one.raw for one in (*(anchor.certificate for anchor in store.anchors), *store.others))


def inspected(loaded: LoadedCase) -> tuple[Document, TrustStore] | None:
    """A case: its dump, answered by its chip, judged by its trust at its time; None if it cannot be read."""
    case = loaded.case
    try:
        evidence = readers.load_dump(loaded.dump)
        printed = mrz_evidence(case.mrz, case.at)
    except (MrtdError, MrzFormatError):
        return None
    store = load_trust(loaded.trust(), case.realm)
    answered, provenance = replayed(case, evidence, case.at, store.realm)
    report = inspect(answered, printed, store, case.at, provenance=provenance)
    answer = answered.active_authentication
    supplied = tuple(one.raw for one in store.signers)
    return Document(case.id, answered.files, answer, report, certificates_of(store), supplied), store


def fixtures(folder: Path) -> Corpus:
    """Every case."""
    corpus = Corpus()
    for path in find_cases(folder / "dumps"):
        loaded = load_case(path)
        found = inspected(loaded)
        if found is None:
            corpus.refused.append(loaded.case.id)
            continue
        document, store = found
        corpus.add(document)
        corpus.add_store(" ".join(loaded.case.trust), store)
    for path in sorted(one for one in (folder / "pki").rglob("*") if one.is_file()):
        data = path.read_bytes()
        if is_master_list(data):
            corpus.lists[path.relative_to(folder).as_posix()] = data
            corpus.add_certificates(path.name, embedded_certificates(data))
    return corpus


def real(folder: Path) -> Corpus:
    """Every document, malformed file, certificate, CRL and list of the real data."""
    corpus = Corpus()
    stores = {True: mocks(folder), False: all_states(folder)}
    for path in sorted((folder / "chips").iterdir()):
        if any((path / f"{file.value}.bin").is_file() for file in SIGNED_FILES):
            corpus.add(_judged(path.name, readers.load_dump(path), stores[path.name.startswith("mock_")]))
    for name, (file, *_) in MALFORMED.items():
        evidence = ChipEvidence({file: (folder / "chips" / "malformed" / name).read_bytes()})
        corpus.add(_judged(name, evidence, stores[False]))
    lists = [*sorted((folder / "csca" / "masterlists").glob("*.ml")), *sorted((folder / "deviation").iterdir())]
    for path in lists:
        corpus.lists[path.name] = path.read_bytes()
        corpus.add_certificates(path.name, embedded_certificates(corpus.lists[path.name]))
    for path in sorted((folder / "dsc").rglob("*")):
        if path.suffix in (".cer", ".der"):
            corpus.add_certificates(path.name, [_der(path.read_bytes())])
    for kind in ("certs", "masterlists", "bundles"):
        for path in sorted((folder / "csca" / kind).iterdir()):
            corpus.add_certificates(path.name, list_or_certificates(path))
    corpus.add_store("mocks", stores[True])
    crl = (folder / "crl" / "IT_CSCA.crl").read_bytes()
    corpus.revocation_lists[crl] = (
        "IT_CSCA.crl",
        {der: corpus.certificates[der] for der in certificates_of(stores[False])},
    )
    return corpus


def _judged(name: str, evidence: ChipEvidence, store: TrustStore) -> Document:
    report = inspect(evidence, None, store, AT)
    return Document(name, evidence.files, evidence.active_authentication, report, certificates_of(store))


def _der(data: bytes) -> bytes:
    return pem.unarmor(data)[2] if pem.detect(data) else data


def embedded_certificates(data: bytes) -> list[bytes]:
    """The certificates in a signed file, by asn1crypto; none where it cannot read them."""
    try:
        signed = cms.ContentInfo.load(content_info(data))["content"]
        return [one.chosen.dump() for one in signed["certificates"] if one.name == "certificate"]
    except (ValueError, TypeError, KeyError):
        return []


def is_master_list(data: bytes) -> bool:
    """Whether a file of a trust store is a signed list (ICAO 9303-12 §8), by asn1crypto."""
    try:
        return cms.ContentInfo.load(data)["content"]["encap_content_info"]["content_type"].dotted == MASTER_LIST
    except (ValueError, TypeError, KeyError):
        return False


def is_self_issued(certificate: bytes) -> bool:
    """Whether subject and issuer are one name, by asn1crypto; only then its own key may have signed it."""
    try:
        return x509.Certificate.load(certificate).self_issued == "yes" or could_have_issued(certificate, certificate)
    except (ValueError, TypeError, KeyError):
        return False


def could_have_issued(certificate: bytes, issuer: bytes) -> bool:
    """Whether the names or the key identifiers fit, by asn1crypto."""
    try:
        child, parent = x509.Certificate.load(certificate), x509.Certificate.load(issuer)
        if child.issuer.hashable == parent.subject.hashable:
            return True
        return child.authority_key_identifier is not None and child.authority_key_identifier == parent.key_identifier
    except (ValueError, TypeError, KeyError):
        return False
