"""Asks every question of every item, and keeps the books: who could answer, and who disagrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from asn1crypto import keys

from mrtd.errors import MrtdError
from mrtd.evidence import ElementaryFile
from mrtd.inspection import CheckStatus, InspectionReport
from mrtd.inspection.crosscheck import today
from mrtd.inspection.reason import Reason
from mrtd.pki.certificate import Certificate
from mrtd.pki.crl import Crl
from mrtd.pki.master_list import judge_list_signature, parse_signed_data
from mrtd.pki.search import CertificateIndex
from tests.oracles import certificates, data_groups, openssl, signatures, signed_data
from tests.oracles.answers import UNREADABLE, Answer, Cannot
from tests.oracles.corpus import Corpus, Document, could_have_issued, is_self_issued
from tests.oracles.unwrapping import DG14_TAG, DG15_TAG, content, content_info, first

#: Processes of `openssl` at once.
_WORKERS: Final = 2


@dataclass(slots=True)
class Books:
    """`disagreements`: (item, question, oracle) -> both sides. `counts`: (question, oracle, `can` or why not)."""

    disagreements: dict[tuple[str, str, str], str] = field(default_factory=dict)
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def enter(self, item: str, question: str, oracle: str, ours: Answer, theirs: Answer) -> None:
        """One answer beside ours."""
        if isinstance(theirs, tuple):
            theirs = next((one for one in theirs if isinstance(one, Cannot)), theirs)
        if isinstance(theirs, Cannot):
            self.counts[question, oracle, f"cannot: {theirs.reason}"] += 1
            return
        self.counts[question, oracle, "can"] += 1
        if ours != theirs:
            self.disagreements[item, question, oracle] = f"we: {_short(ours)}; {oracle}: {_short(theirs)}"


def _short(answer: Answer) -> str:
    """An answer on a line; what holds octets or fields of a holder is only told to be read."""
    words = answer if isinstance(answer, tuple) else (answer,)
    if answer is UNREADABLE or not all(isinstance(word, str) and len(word) < 20 for word in words):
        return "unreadable" if answer is UNREADABLE else "read"
    return ", ".join(map(str, words)) or "nothing"


def compare(corpus: Corpus) -> Books:
    """Every question of the whole corpus."""
    books = Books()
    for document in corpus.documents:
        _document(books, document)
    for name, data in corpus.lists.items():
        _list(books, name, data)
    _certificates(books, corpus.certificates)
    for data, (name, issuers) in corpus.revocation_lists.items():
        _revocation_list(books, name, data, issuers)
    return books


# --- documents


def _document(books: Books, document: Document) -> None:
    for name, kind, data in document.signed():
        _ask(books, name, "SignedData", signed_data.ours(kind, data), {
            "asn1crypto": partial(signed_data.asn1crypto, kind, data),
            "pyasn1": partial(signed_data.pyasn1, kind, data),
        })  # fmt: skip
        ours = _our_signatures(document.report, kind)
        for oracle, verifier in signatures.VERIFIERS.items():
            theirs = signatures.signed_object(verifier, data, document.supplied)
            books.enter(name, "signature", oracle, ours, theirs)
        _ask(books, name, "CMS", _our_cms(document.report, kind), {
            "openssl": partial(openssl.cms_verifies, content_info(data))
        })  # fmt: skip
    if ElementaryFile.SOD in document.files:
        theirs = data_groups.hashlib_hashes(document.files)
        books.enter(document.name, "hashes", "hashlib", data_groups.our_hashes(document.report), theirs)
        _path(books, document)
    if ElementaryFile.DG1 in document.files:
        dg1 = document.files[ElementaryFile.DG1]
        ours = data_groups.our_mrz(dg1, today(document.report.at))
        books.enter(document.name, "DG1", "positions", ours, data_groups.counted_mrz(dg1))
    _active_authentication(books, document)


def _ask(books: Books, item: str, question: str, ours: Answer, oracles: Mapping[str, Callable[[], Answer]]) -> None:
    for oracle, answer in oracles.items():
        books.enter(item, question, oracle, ours, answer())


_WORDS: Final = {CheckStatus.PASSED: "valid", CheckStatus.FAILED: "invalid"}


def _our_signatures(report: InspectionReport, kind: str) -> Answer:
    """`pa.sod.signature` of each signer."""
    results = [one for one in report.results("pa.sod.signature") if one.subject.partition("#")[0] == kind]
    read = [one.status for one in report.results("lds.parse") if one.subject == kind]
    if CheckStatus.FAILED in read or not results:
        return UNREADABLE
    # not performed: there is no signer, or no certificate at all
    words = {**_WORDS, CheckStatus.NOT_PERFORMED: "invalid"}
    return tuple(words.get(one.status, "open") for one in results)


def _our_cms(report: InspectionReport, kind: str) -> Answer:
    """Signatures and message digests of every signer."""
    signed = _our_signatures(report, kind)
    if not isinstance(signed, tuple):
        return signed
    digests = [one for one in report.results("pa.sod.message_digest") if one.subject.partition("#")[0] == kind]
    good = all(one.status is CheckStatus.PASSED for one in digests) and set(signed) == {"valid"}
    return "valid" if good else "invalid"


def _path(books: Books, document: Document) -> None:
    """`pa.path` rests on a certificate of the store whose key signed the DSC."""
    (path, *more) = document.report.results("pa.path")
    signer = next(document.report.results("pa.sod.signer_certificate")).facts.get("dsc_sha256")
    passed = path.status is CheckStatus.PASSED
    if more or signer is None or not (passed or path.reason is Reason.BAD_ISSUER_SIGNATURE):
        return
    known = (*_embedded(document), *document.supplied)
    dsc = next(one for one in known if Certificate.parse(one).sha256 == signer)
    issuers = [one for one in document.issuers if could_have_issued(dsc, one)]
    for oracle, verifier in signatures.VERIFIERS.items():
        answers = [signatures.certificate(verifier, dsc, issuer) for issuer in issuers]
        cannot = [one for one in answers if isinstance(one, Cannot)]
        best: Answer = "valid" if "valid" in answers else cannot[0] if cannot else "invalid"
        books.enter(document.name, "path", oracle, "valid" if passed else "invalid", best)


def _embedded(document: Document) -> tuple[bytes, ...]:
    return parse_signed_data(content_info(document.files[ElementaryFile.SOD])).certificates


def _active_authentication(books: Books, document: Document) -> None:
    (found,) = document.report.results("aa.signature")
    if found.status not in _WORDS or document.answer is None:
        return
    spki = content(first(document.files[ElementaryFile.DG15]), DG15_TAG) or b""
    infos = content(document.files.get(ElementaryFile.DG14, b""), DG14_TAG)
    declared = None if infos is None else signatures.declared_hash(infos)
    rsa = keys.PublicKeyInfo.load(spki)["algorithm"]["algorithm"].native == "rsa"
    challenge, response = document.answer.challenge, document.answer.response
    for oracle, verifier in {"hashlib": signatures.pyca}.items() if rsa else signatures.VERIFIERS.items():
        theirs = signatures.active_authentication(verifier, spki, challenge, response, declared)
        books.enter(document.name, "AA", oracle, _WORDS[found.status], theirs)


# --- lists


def _list(books: Books, name: str, data: bytes) -> None:
    _ask(books, name, "SignedData", signed_data.ours("list", data), {
        "asn1crypto": partial(signed_data.asn1crypto, "list", data),
        "pyasn1": partial(signed_data.pyasn1, "list", data),
    })  # fmt: skip
    ours = _our_list(data)
    for oracle, verifier in signatures.VERIFIERS.items():
        books.enter(name, "signature", oracle, (ours,), signatures.signed_object(verifier, data))
    books.enter(name, "CMS", "openssl", ours, openssl.cms_verifies(content_info(data)))


def _our_list(data: bytes) -> str:
    """The signature alone: whoever made it."""
    try:
        signed = parse_signed_data(data, max_certificates=16)
    except MrtdError:
        return "unreadable"
    judged = judge_list_signature(signed, "2.23.136.1.1.3", CertificateIndex([]), None)
    wrong = (Reason.BAD_SIGNATURE, Reason.MISMATCH, Reason.ABSENT, Reason.DUPLICATE, Reason.NOT_FOUND)
    return "invalid" if judged.reason in wrong else "valid"


# --- certificates and CRLs


def _certificates(books: Books, names: Mapping[bytes, str]) -> None:
    encoded = tuple(names)
    printed = openssl.certificates(encoded)
    for der, name in names.items():
        fields = certificates.our_fields(der)
        books.enter(name, "fields", "asn1crypto", fields, certificates.asn1crypto_fields(der))
        books.enter(name, "fields", "pyasn1", fields, certificates.pyasn1_fields(der))
        books.enter(name, "summary", "pyca", certificates.our_summary(der), certificates.pyca_summary(der))
        books.enter(name, "octets", "asn1crypto", certificates.our_octets(der), certificates.asn1crypto_octets(der))
        books.enter(name, "key", "asn1crypto", certificates.our_key(der), certificates.asn1crypto_key(der))
        books.enter(name, "key", "pyca", certificates.our_key(der), certificates.pyca_key(der))
        ours = certificates.our_serial_and_dates(der)
        books.enter(name, "serial and dates", "openssl", ours, openssl.serial_and_dates(printed[der]))
    own = [der for der in encoded if is_self_issued(der)]
    for oracle, verifier in signatures.VERIFIERS.items():
        with ThreadPoolExecutor(_WORKERS) as pool:
            answers = pool.map(lambda der, verifier=verifier: signatures.certificate(verifier, der, der), own)
            for der, theirs in zip(own, answers, strict=True):
                books.enter(names[der], "signed by its own key", oracle, _issued(der, der), theirs)


def _issued(der: bytes, issuer: bytes) -> Answer:
    try:
        return "valid" if Certificate.parse(der).is_signed_by(Certificate.parse(issuer).public_key()) else "invalid"
    except MrtdError:
        return UNREADABLE


def _revocation_list(books: Books, name: str, data: bytes, issuers: Mapping[bytes, str]) -> None:
    books.enter(name, "CRL", "asn1crypto", certificates.our_crl(data), certificates.asn1crypto_crl(data))
    books.enter(name, "CRL", "pyca", certificates.our_crl_dates(data), certificates.pyca_crl_dates(data))
    books.enter(name, "CRL", "openssl", certificates.our_crl_dates(data), openssl.crl(data))
    for issuer, ours in _crl_signers(data, issuers):
        for oracle, verifier in signatures.VERIFIERS.items():
            item = f"{name} by {issuers[issuer]}"
            books.enter(item, "CRL signature", oracle, ours, signatures.revocation_list(verifier, data, issuer))


def _crl_signers(data: bytes, issuers: Iterable[bytes]) -> Iterator[tuple[bytes, Answer]]:
    try:
        crl = Crl.parse(data)
    except MrtdError:
        return
    for issuer in issuers:
        certificate = Certificate.parse(issuer)
        if certificate.subject.same_as(crl.issuer):
            try:
                yield issuer, "valid" if crl.is_signed_by(certificate.public_key()) else "invalid"
            except MrtdError:
                yield issuer, UNREADABLE
