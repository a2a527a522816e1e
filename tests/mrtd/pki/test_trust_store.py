"""The trust store: anchors, realms, refusals, digest, and the signers of lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mrtd import pki, tlv
from mrtd.crypto.digests import digest
from mrtd.inspection.check import CheckStatus
from mrtd.inspection.reason import Reason
from mrtd.pki import master_list
from mrtd.pki.certificate import Certificate
from mrtd.pki.list_signers import judge_list_signers
from mrtd.pki.master_list import SignerJudgement
from mrtd.pki.oids import CONTENT_TYPE, CSCA_MASTER_LIST, MASTER_LIST_SIGNER, MESSAGE_DIGEST, SPECIMEN_MARK
from mrtd.pki.sources import Source, read_source
from mrtd.pki.trust_store import AnchorKind, Realm, Refusal, TrustStore
from tests.mrtd.pki import corpus
from tests.mrtd.pki.support import AT, Identity, crl, csca, dsc, issue, source
from tests.mrtd.pki.test_sources import content

MARK = (x509.UnrecognizedExtension(x509.ObjectIdentifier(SPECIMEN_MARK), b"\x05\x00"), True)


def store(*certificates: Certificate, realm: Realm = Realm.PRODUCTION, **options: object) -> TrustStore:
    return TrustStore.from_sources([source(*certificates)], realm, **options)


def test_each_certificate_of_a_source_is_an_anchor() -> None:
    old = Identity.new()
    root, link = csca(old), csca(old.rekeyed(), old)
    made = TrustStore.from_sources([source(root, root, name="a"), source(link, root, name="b")], Realm.PRODUCTION)
    assert [(a.certificate, a.provenance.source, a.provenance.kind) for a in made.anchors] == [
        (root, "a", AnchorKind.OPERATOR),
        (link, "b", AnchorKind.OPERATOR),
    ]
    assert made.anchor(root) is made.anchors[0]
    assert made.anchor(csca(old)) is None
    assert made.refused == {}
    assert "anchors=2" in repr(made)


def test_exports() -> None:
    assert pki.TrustStore is TrustStore
    assert pki.Realm is Realm
    assert TrustStore.empty().realm is Realm.PRODUCTION


@pytest.mark.parametrize(
    ("identity", "changes", "refusal"),
    [
        (Identity.new(), {"extra": (MARK,)}, Refusal.SPECIMEN_MARK),
        (Identity.new("CSCA", "UT"), {}, Refusal.TEST_STATE),
        (Identity.new("CSCA", "zk"), {}, Refusal.TEST_STATE),
        (Identity.new("CSCA TEST 19.09.07"), {}, Refusal.TEST_NAME),
        (Identity.new("MockCSCA"), {}, Refusal.TEST_NAME),
        (Identity.new("Specimen authority"), {}, Refusal.TEST_NAME),
        (Identity.new("Dummy"), {}, Refusal.TEST_NAME),
        (Identity.new("HJP Consulting"), {}, Refusal.TEST_NAME),
        (Identity.new("ETSI"), {}, Refusal.TEST_NAME),
        (Identity.new("Contested attestations"), {}, None),
        (Identity.new("Kingdom of Sweden"), {}, None),
    ],
    ids=lambda value: value.value if isinstance(value, Refusal) else "",
)
def test_production_refuses_and_counts(
    identity: Identity, changes: dict[str, object], refusal: Refusal | None
) -> None:
    certificate = csca(identity, **changes)
    production, specimen = store(certificate), store(certificate, realm=Realm.SPECIMEN)
    assert production.refused == ({} if refusal is None else {refusal: 1})
    assert len(production.anchors) == (refusal is None)
    assert specimen.refused == {}
    assert len(specimen.anchors) == 1


def test_a_certificate_issued_by_a_test_state_is_refused_too() -> None:
    test_state = Identity.new("CSCA", "UT")
    assert store(csca(Identity.new(), test_state)).refused == {Refusal.TEST_STATE: 1}


@pytest.mark.real
def test_published_mocks_are_refused_by_key(real_data: Path) -> None:
    paths = [*sorted((real_data / "dsc/mock").glob("*/mock_csca.pem")), *sorted((real_data / "csca/mock").glob("*"))]
    found = [s for path in paths if (s := read_source(path.read_bytes(), path.name))]
    assert len(found) == len(paths) == 24
    production = TrustStore.from_sources(found, Realm.PRODUCTION)
    assert production.anchors == ()
    assert production.refused == {Refusal.TEST_KEY: 22, Refusal.TEST_STATE: 2}
    assert len(TrustStore.from_sources(found, Realm.SPECIMEN).anchors) == 24


def test_signers_of_documents_never_become_anchors() -> None:
    state = Identity.new()
    signer = dsc(state)
    of_lists = dsc(state, extra=((x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.23.136.1.1.3")]), True),))
    made = store(csca(state), signer, of_lists)
    assert len(made.anchors) == 1
    assert made.signers.digests == (signer.sha256,), "kept to be looked up, trusted for nothing"
    assert made.refused == {Refusal.NOT_A_CA: 1}
    # real link certificates say that they are no CA; what they may issue is the path's matter
    link = issue(Identity.new("CSCA 2"), state, ca=False, usage=("key_cert_sign",))
    assert store(link).refused == {}


def test_malformed_certificates_are_counted() -> None:
    broken = Source("x", source().kind, (b"\x30\x00", b"\x30\x00", b""), (), (), 0, "x")
    assert TrustStore.from_sources([broken], Realm.PRODUCTION).refused == {Refusal.MALFORMED: 2}


def test_the_digest_names_the_content() -> None:
    state, other = Identity.new(), Identity.new("B")
    one, two, revoked = csca(state), csca(other), crl(state)
    both = store(one, two)
    assert both.digest == store(two, one).digest
    different = {
        both.digest,
        store(one).digest,
        store(one, two, realm=Realm.SPECIMEN).digest,
        store(one, untrusted=[source(two)]).digest,
        TrustStore.from_sources([source(one, two, crls=(revoked,))], Realm.PRODUCTION).digest,
        TrustStore.empty().digest,
        TrustStore.empty(Realm.SPECIMEN).digest,
    }
    assert len(different) == 7
    assert all(len(value) == 64 for value in different)


def test_what_is_an_anchor_is_no_other() -> None:
    state = Identity.new()
    root, stranger = csca(state), csca(Identity.new("B"))
    made = store(root, untrusted=[source(root, stranger, stranger)])
    assert [entry.certificate for entry in made.others] == [stranger]
    assert [anchor.certificate for anchor in made.anchors] == [root]


# --- signers of lists (SECURITY.md 4.2)

PURPOSE = (x509.ExtendedKeyUsage([x509.ObjectIdentifier(MASTER_LIST_SIGNER)]), True)


def signed_list(
    signer: Certificate,
    key: ec.EllipticCurvePrivateKey,
    *listed: Certificate,
    digest_of: bytes | None = None,
    attribute_type: str = CSCA_MASTER_LIST,
    repeat: int = 1,
    by_serial: bool = False,
) -> master_list.MasterList:
    econtent = content(*(c.raw for c in listed))
    hashed = digest("sha256", econtent if digest_of is None else digest_of)
    attributes = asn1_cms.CMSAttributes(
        [
            {"type": "content_type", "values": [attribute_type]},
            *[{"type": "message_digest", "values": [hashed]}] * repeat,
        ]
    )
    parsed = asn1_x509.Certificate.load(signer.raw)
    sid = asn1_cms.SignerIdentifier("subject_key_identifier", core.OctetString(signer.key_identifier))
    if by_serial:
        sid = asn1_cms.SignerIdentifier(
            "issuer_and_serial_number",
            asn1_cms.IssuerAndSerialNumber({"issuer": parsed.issuer, "serial_number": parsed.serial_number}),
        )
    info = asn1_cms.SignerInfo(
        {
            "version": "v3",
            "sid": sid,
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
    data = asn1_cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": asn1_cms.SignedData(
                {
                    "version": "v3",
                    "digest_algorithms": [{"algorithm": "sha256"}],
                    "encap_content_info": {"content_type": CSCA_MASTER_LIST, "content": econtent},
                    "certificates": [parsed],
                    "signer_infos": [info],
                }
            ),
        }
    )
    return master_list.parse(data.dump())


def judged(
    found: master_list.MasterList, *elsewhere: Certificate, at: datetime | None = AT
) -> tuple[CheckStatus, Reason | None]:
    sources = [source(name="list", master_lists=(found,)), source(*elsewhere, name="elsewhere")]
    judgement = judge_list_signers(sources, at)["list"]
    assert isinstance(judgement, SignerJudgement)
    return judgement.status, judgement.reason


class Publisher:
    """A state, its signer of lists, and another state to list."""

    def __init__(self, **changes: object) -> None:
        self.state = Identity.new("CSCA", "DE")
        self.root = csca(self.state)
        self.identity = Identity.new("Master List Signer", "DE")
        options: dict[str, object] = {"usage": ("digital_signature",), "extra": (PURPOSE,)} | changes
        self.signer = issue(self.identity, self.state, **options)
        self.listed = csca(Identity.new("CSCA", "SE"))

    def list(self, *extra: Certificate, **options: object) -> master_list.MasterList:
        return signed_list(self.signer, self.identity.key, self.listed, *extra, **options)


@pytest.mark.parametrize("by_serial", [False, True])
def test_a_good_signer(by_serial: bool) -> None:
    publisher = Publisher()
    assert judged(publisher.list(by_serial=by_serial), publisher.root) == (CheckStatus.PASSED, None)


def test_a_list_cannot_vouch_for_itself() -> None:
    publisher = Publisher()
    found = publisher.list(publisher.root)
    assert judged(found, csca(Identity.new("X"))) == (CheckStatus.INDETERMINATE, Reason.NO_CSCA)
    assert judged(found, publisher.root) == (CheckStatus.PASSED, None)
    copies = [source(name="list", master_lists=(found,)) for _ in range(2)]
    assert judge_list_signers(copies, AT)["list"].reason is Reason.NO_CSCA


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ca": True}, Reason.IS_CA),
        ({"usage": ("crl_sign",)}, Reason.KEY_USAGE),
        ({"usage": None}, Reason.KEY_USAGE),
        ({"extra": ()}, Reason.EXTENDED_KEY_USAGE),
        ({"extra": ((PURPOSE[0], False),)}, Reason.EXTENDED_KEY_USAGE),
        ({"extra": ((x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.23.136.1.1.8")]), True),)},
         Reason.EXTENDED_KEY_USAGE),
        ({"extra": (PURPOSE, (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.1"), b""), True))},
         Reason.UNKNOWN_CRITICAL_EXTENSION),
        ({"end": datetime(2026, 1, 1, tzinfo=UTC)}, Reason.EXPIRED),
        ({"start": AT + timedelta(days=1)}, Reason.NOT_YET_VALID),
        ({"signer": Identity.new().key}, Reason.BAD_ISSUER_SIGNATURE),
    ],
)  # fmt: skip
def test_signers_that_may_not(changes: dict[str, object], reason: Reason) -> None:
    publisher = Publisher(**changes)
    assert judged(publisher.list(), publisher.root) == (CheckStatus.FAILED, reason)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"digest_of": b"other"}, Reason.MISMATCH),
        ({"attribute_type": "2.23.136.1.1.1"}, Reason.MISMATCH),
        ({"repeat": 2}, Reason.DUPLICATE),
        ({"repeat": 0}, Reason.ABSENT),
    ],
)
def test_attributes_that_do_not_fit(options: dict[str, object], reason: Reason) -> None:
    publisher = Publisher()
    assert judged(publisher.list(**options), publisher.root) == (CheckStatus.FAILED, reason)


def test_a_signature_by_a_stranger() -> None:
    publisher = Publisher()
    found = signed_list(publisher.signer, Identity.new().key, publisher.listed)
    assert judged(found, publisher.root) == (CheckStatus.FAILED, Reason.BAD_SIGNATURE)


def altered(found: master_list.MasterList, **changes: object) -> master_list.MasterList:
    assert found.cms is not None
    (info,) = found.cms.signer_infos
    return replace(found, cms=replace(found.cms, signer_infos=(replace(info, **changes),)))


def test_what_cannot_be_decided_about_a_list() -> None:
    publisher = Publisher()
    found = publisher.list()
    unknown = tlv.read_only(bytes.fromhex("300a06082a8648ce3d040309"))
    for changed in (altered(found, digest_algorithm="1.2.3"), altered(found, signature_algorithm=unknown)):
        assert judged(changed, publisher.root) == (CheckStatus.INDETERMINATE, Reason.UNSUPPORTED_ALGORITHM)


def test_malformed_signers_of_lists() -> None:
    publisher = Publisher()
    found = publisher.list()
    assert found.cms is not None
    broken = tlv.read_only(bytes.fromhex("3000"))
    twice = replace(found, cms=replace(found.cms, signer_infos=found.cms.signer_infos * 2))
    nobody = replace(found, cms=replace(found.cms, certificates=(b"\x30\x00",)))
    attributes = ((CONTENT_TYPE, (b"\x04\x00",)), (MESSAGE_DIGEST, (b"\x04\x00",)))
    for changed, reason in (
        (altered(found, signature_algorithm=broken), Reason.BAD_SIGNATURE),
        (altered(found, attributes=attributes), Reason.MALFORMED),
        (altered(found, signed_attributes=None, attributes=()), Reason.ABSENT),
        (twice, Reason.NOT_FOUND),
        (nobody, Reason.NOT_FOUND),
    ):
        assert judged(changed, publisher.root) == (CheckStatus.FAILED, reason)


def test_a_signer_with_a_broken_extension() -> None:
    broken = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.37"), b"\x30\x05")
    publisher = Publisher(extra=((broken, True),))
    assert judged(publisher.list(), publisher.root) == (CheckStatus.FAILED, Reason.EXTENSION_MALFORMED)


def test_an_unreadable_list_of_extensions_may_hide_a_mark() -> None:
    root = csca(Identity.new())
    tag = bytes.fromhex("0603551d13")
    assert tag in root.raw
    certificate = Certificate.parse(root.raw.replace(tag, bytes.fromhex("0403551d13")))
    assert store(certificate).refused == {Refusal.MALFORMED: 1}
    assert certificate.extension_errors() == {"": "unexpected_tag"}


def test_a_list_signed_by_a_dsc() -> None:
    publisher = Publisher(extra=())
    assert judged(publisher.list(), publisher.root) == (CheckStatus.FAILED, Reason.EXTENDED_KEY_USAGE)


def test_without_a_time_validity_stays_open() -> None:
    publisher = Publisher()
    found = judged(publisher.list(), publisher.root, at=None)
    assert found == (CheckStatus.INDETERMINATE, Reason.TIME_NOT_DETERMINED)


def test_bare_content_has_no_signer_and_is_loaded() -> None:
    root = csca(Identity.new())
    bare = master_list.parse(content(root.raw))
    made = TrustStore.from_sources([source(name="bare", master_lists=(bare,))], Realm.PRODUCTION, at=AT)
    assert made.list_signers["bare"] == SignerJudgement(CheckStatus.NOT_APPLICABLE)
    assert made.anchors[0].provenance.list_signer == SignerJudgement(CheckStatus.NOT_APPLICABLE)


def test_a_list_with_a_bad_signer_is_loaded_and_says_so() -> None:
    publisher = Publisher(end=datetime(2026, 1, 1, tzinfo=UTC))
    made = TrustStore.from_sources(
        [source(name="list", master_lists=(publisher.list(),)), source(publisher.root, name="root")],
        Realm.PRODUCTION,
        at=AT,
    )
    (anchor,) = [a for a in made.anchors if a.certificate == publisher.listed]
    assert anchor.provenance.list_signer is not None
    assert anchor.provenance.list_signer.reason is Reason.EXPIRED


@pytest.mark.real
def test_the_real_store(real_data: Path) -> None:
    """951 different certificates: 33 mocks, 3 of test states and 2 signers of documents are left out."""
    paths = [
        path
        for folder in ("masterlists", "bundles", "certs")
        for path in sorted((real_data / "csca" / folder).glob("*"))
    ]
    found = [s for path in paths if (s := read_source(path.read_bytes(), path.name))]
    made = TrustStore.from_sources(found, Realm.PRODUCTION, at=AT)
    assert len(corpus.everything(real_data)) == 951
    assert len(made.anchors) == 913
    assert len(made.signers) == 2
    assert made.refused == {
        Refusal.TEST_KEY: 22,
        Refusal.TEST_NAME: 11,
        Refusal.TEST_STATE: 3,
    }
    passed = {name for name, signer in made.list_signers.items() if signer.status is CheckStatus.PASSED}
    assert {name[:7] for name in passed} == {"DE_ML_2", "NL_ML_2"}
    assert len(passed) == 5
    expired = {name for name, signer in made.list_signers.items() if signer.reason is Reason.EXPIRED}
    assert expired == {"ICAO_ML_2023-09.ml", "IT_ML_old.ml"}
    then = TrustStore.from_sources(found, Realm.PRODUCTION, at=datetime(2023, 10, 1, tzinfo=UTC))
    assert then.list_signers["ICAO_ML_2023-09.ml"].status is CheckStatus.PASSED
