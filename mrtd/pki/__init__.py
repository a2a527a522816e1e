"""The PKI of travel documents (ICAO 9303-12): certificates, lists, paths, revocation, and the trust store."""

from __future__ import annotations

from mrtd.pki.certificate import Certificate
from mrtd.pki.realm import Realm
from mrtd.pki.sources import Source, read_source
from mrtd.pki.trust_store import Anchor, TrustStore

__all__ = ["Anchor", "Certificate", "Realm", "Source", "TrustStore", "read_source"]
