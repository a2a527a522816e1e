"""Publishers, lists and holdings made by pyca and asn1crypto."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from asn1crypto import cms as asn1_cms
from asn1crypto import core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from mrtd.crypto.digests import digest
from mrtd.pki.certificate import Certificate
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.oids import CSCA_MASTER_LIST, DEVIATION_LIST, DEVIATION_LIST_SIGNER, MASTER_LIST_SIGNER
from mrtd.pki.realm import Realm
from tests.mrtd.pki.support import AT, Identity, csca, issue
from tests.mrtd.pki.test_sources import content

SIGNED = datetime(2026, 10, 1, tzinfo=UTC)


def _purpose(oid: str) -> tuple[x509.ExtensionType, bool]:
    return x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid)]), True


class ListPublisher:
    """A state that signs lists: its CSCA, and one signer for each kind of list."""

    def __init__(self, country: str = "DE", **changes: object) -> None:
        self.state = Identity.new("CSCA", country)
        self.root = csca(self.state)
        self.key = Identity.new("List Signer", country)
        options: dict[str, object] = {"usage": ("digital_signature",)} | changes
        self.signer = issue(self.key, self.state, **{"extra": (_purpose(MASTER_LIST_SIGNER),), **options})
        self.deviation_signer = issue(
            self.key, self.state, **{"extra": (_purpose(DEVIATION_LIST_SIGNER),), **options}
        )

    def list(
        self,
        *listed: Certificate,
        signed_at: datetime | None = SIGNED,
        signing_times: tuple[str, ...] = (),
        signer: Certificate | None = None,
    ) -> bytes:
        """A master list; `signing_times` are the contents of UTCTimes, written as they are."""
        econtent = content(*(one.raw for one in listed))
        return signed(CSCA_MASTER_LIST, econtent, signer or self.signer, self.key.key, signed_at, signing_times)

    def deviations(self, *, signed_at: datetime | None = SIGNED, words: str = "") -> bytes:
        """A deviation list of one deviation for every passport of the state (ICAO 9303-3 §7.3)."""
        return signed(DEVIATION_LIST, deviation_content(words), self.deviation_signer, self.key.key, signed_at)

    def publisher(
        self, *listed: Certificate, name: str = "de", signed_at: datetime = SIGNED, judged_at: datetime = AT
    ) -> Publisher:
        """What is held of this publisher once it published such a list."""
        held = HeldList(self.list(*listed, signed_at=signed_at), signed_at, judged_at)
        return Publisher(name, (self.root.raw,), None, held)


def tlv(tag: int, *parts: bytes) -> bytes:
    value = b"".join(parts)
    assert len(value) < 128
    return bytes([tag, len(value)]) + value


def deviation_content(words: str) -> bytes:
    """DeviationList (ICAO 9303-12 §10.2)."""
    sha256 = tlv(0x30, core.ObjectIdentifier("2.16.840.1.101.3.4.2.1").dump())
    documents = tlv(0x30, tlv(0x80, b"P"))
    described = tlv(0x30, tlv(0x13, words.encode()), core.ObjectIdentifier("2.23.136.1.1.7.2.1").dump())
    deviation = tlv(0x30, documents, tlv(0x31, described))
    return tlv(0x30, b"\x02\x01\x00", sha256, tlv(0x31, deviation))


def signed(
    content_type: str,
    econtent: bytes,
    signer: Certificate,
    key: ec.EllipticCurvePrivateKey,
    at: datetime | None,
    times: tuple[str, ...] = (),
) -> bytes:
    """A ContentInfo with its signer's certificate (RFC 5652 §5)."""
    stored: list[dict[str, object]] = [
        {"type": "content_type", "values": [content_type]},
        {"type": "message_digest", "values": [digest("sha256", econtent)]},
    ]
    if at is not None:
        stored.append({"type": "signing_time", "values": [asn1_cms.Time("utc_time", core.UTCTime(at))]})
    if times:
        values = [asn1_cms.Time.load(tlv(0x17, text.encode())) for text in times]
        stored.append({"type": "signing_time", "values": values})
    attributes = asn1_cms.CMSAttributes(stored)
    info = asn1_cms.SignerInfo(
        {
            "version": "v3",
            "sid": asn1_cms.SignerIdentifier("subject_key_identifier", core.OctetString(signer.key_identifier)),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
    content_info = asn1_cms.ContentInfo(
        {
            "content_type": "signed_data",
            "content": asn1_cms.SignedData(
                {
                    "version": "v3",
                    "digest_algorithms": [{"algorithm": "sha256"}],
                    "encap_content_info": {"content_type": content_type, "content": econtent},
                    "certificates": [asn1_x509.Certificate.load(signer.raw)],
                    "signer_infos": [info],
                }
            ),
        }
    )
    return content_info.dump()


def holdings(*publishers: Publisher, **members: object) -> Holdings:
    """Production holdings of these publishers."""
    made = Holdings(Realm.PRODUCTION, publishers={one.name: one for one in publishers})
    return replace(made, **members)


def pinned(*certificates: Certificate) -> tuple[bytes, ...]:
    return tuple(one.raw for one in certificates)
