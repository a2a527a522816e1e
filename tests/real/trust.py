"""Trust in the real lists, whole and with one country left out."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from mrtd.files import load_trust
from mrtd.pki.sources import Source, SourceKind
from mrtd.pki.trust_store import Realm, TrustStore

#: When the real documents are judged; real chains expire.
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

#: The folders of CSCA certificates under the data folder.
FOLDERS = ("csca/masterlists", "csca/bundles", "csca/certs")


@cache
def all_states(data: Path) -> TrustStore:
    """Every real list, bundle and certificate as the operator's pin."""
    return load_trust(*(data / folder for folder in FOLDERS))


@cache
def without_state(data: Path, country: str) -> TrustStore:
    """The same without the certificates of one country."""
    anchors = all_states(data).anchors
    kept = [one.certificate for one in anchors if one.certificate.country != country]
    assert len(kept) < len(anchors)
    certificates = tuple(certificate.raw for certificate in kept)
    source = Source("others", SourceKind.PEM, certificates, master_lists=(), crls=(), unreadable=0, sha256="")
    return TrustStore.from_sources([source], Realm.PRODUCTION)


@cache
def mocks(data: Path) -> TrustStore:
    """The CSCAs of the mocks, in the specimen realm."""
    return load_trust(data / "csca/mock", realm=Realm.SPECIMEN)
