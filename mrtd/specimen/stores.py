"""Administered trust of the specimen world: who publishes lists, what is held, and the store file that follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from mrtd.pki import store_file
from mrtd.pki.administration import resolve
from mrtd.pki.certificate import Certificate
from mrtd.pki.holdings import HeldList, Holdings, Publisher
from mrtd.pki.holdings_codec import holdings_digest
from mrtd.pki.index import CertificateEntry
from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import Anchor, AnchorKind, AnchorProvenance, TrustStore
from mrtd.specimen import authorities
from mrtd.specimen.issuer import SpecimenIssuer
from mrtd.specimen.recipe import Presentation

#: The one file of a folder that is opened as an administered store.
STORE_FILE: Final = "store.passkoll"
#: The endings by which `Presentation` tells certificates from CRLs.
_CERTIFICATE: Final = ".cer"
_CRL: Final = ".crl"


def publisher(name: str, state: SpecimenIssuer, *listed: bytes, signed_at: datetime | None = None) -> Publisher:
    """A state that publishes a master list; its own CSCA is pinned for the signer.

    Args:
        name: of the publisher.
        state: whose list signer signs.
        listed: the certificates of the list.
        signed_at: when it was signed, and imported; by default the time of the state.
    """
    moment = signed_at or state.now
    signed = authorities.master_list(listed, authorities.list_signer(state), moment)
    return Publisher(name, (state.csca_certificate,), master_list=HeldList(signed, moment, moment))


def with_lists(
    pinned: SpecimenIssuer,
    *,
    master_list: bytes | None = None,
    deviation_list: bytes | None = None,
    name: str = "xx",
) -> Publisher:
    """A publisher of lists that were made elsewhere, right or wrong; they were signed and imported at its time."""

    def held(raw: bytes | None) -> HeldList | None:
        return None if raw is None else HeldList(raw, pinned.now, pinned.now)

    return Publisher(name, (pinned.csca_certificate,), None, held(master_list), held(deviation_list))


def holdings(
    *publishers: Publisher,
    pins: Iterable[bytes] = (),
    others: Iterable[bytes] = (),
    signers: Iterable[bytes] = (),
    crls: Iterable[bytes] = (),
) -> Holdings:
    """What an administration of the specimen realm holds; its home state has no part in these stories."""
    return Holdings(
        realm=Realm.SPECIMEN,
        pins=tuple(pins),
        publishers={one.name: one for one in publishers},
        others=tuple(others),
        signers=tuple(signers),
        crls=tuple(crls),
    )


def pinned(presentation: Presentation) -> Holdings:
    """The material of a presentation as an administration holds it: what an operator would trust, is pinned."""
    trust = presentation.trust
    return holdings(
        pins=[data for name, data in trust.items() if name.endswith(_CERTIFICATE)],
        others=presentation.untrusted.values(),
        crls=[data for name, data in trust.items() if name.endswith(_CRL)],
    )


def files(held: Holdings) -> dict[str, bytes]:
    """The folder of the store that follows from holdings."""
    return {STORE_FILE: store_file.write(held, resolve(held).store)}


def doctored(*anchors: bytes) -> dict[str, bytes]:
    """A production store into which somebody wrote these anchors past every rule, with all digests in order."""
    held = replace(holdings(pins=anchors), realm=Realm.PRODUCTION)
    provenance = AnchorProvenance("pin", AnchorKind.PIN, None)
    store = TrustStore(
        realm=Realm.PRODUCTION,
        anchors=tuple(Anchor(CertificateEntry.of(Certificate.parse(der)), provenance) for der in anchors),
        holdings=holdings_digest(held),
    )
    return {STORE_FILE: store_file.write(held, store)}
