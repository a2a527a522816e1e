"""Specimen chips with what a behaviour asks for on them, and those in front of which somebody stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mrtd.asn1 import oids
from mrtd.evidence import ElementaryFile
from mrtd.specimen import chip_protocols
from mrtd.specimen.card.apdu import written
from mrtd.specimen.card.behaviour import Behaviour, ChipAuthenticationOffer, Fault
from mrtd.specimen.card.card import SpecimenCard
from mrtd.specimen.card.keys import ca_protocol, key_name, static_key
from mrtd.specimen.card.relay import TranslatingRelay
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA, Holder
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer

#: The document of the second chip, and what its keys are named by.
SECOND_NUMBER: Final = "UT0000002"
SECOND_OWNER: Final = "second-"
_CAM: Final = "6."


def make_card(
    issuer: SpecimenIssuer, behaviour: Behaviour, *, holder: Holder = MARTA, profile: IssuingProfile | None = None
) -> SpecimenCard:
    """Make out a document, and put it on a chip."""
    document = make_document(issuer, behaviour, holder=holder, profile=profile)
    if behaviour.fault is Fault.SECOND_CHIP:
        return TranslatingRelay(document, behaviour, second_chip(issuer, behaviour, profile))
    return SpecimenCard(document, behaviour)


def make_document(
    issuer: SpecimenIssuer,
    behaviour: Behaviour,
    *,
    holder: Holder = MARTA,
    profile: IssuingProfile | None = None,
    owner: str = "",
) -> SpecimenDocument:
    """Make out a document whose signed DG14 says what the chip can; `owner` names its keys."""
    base = profile or IssuingProfile()
    pace = [chip_protocols.pace_info(f"{oids.PACE}.{one.suite}", one.parameter_id) for one in behaviour.pace]
    infos = [info for offer in behaviour.chip_authentication for info in _infos(offer, owner)]
    chosen = replace(
        base,
        active_authentication=behaviour.active_authentication,
        security_infos=(*base.security_infos, *pace, *infos),
    )
    document = issuer.issue(holder, chosen, chip_role=f"{owner}chip")
    if pace and behaviour.fault is not Fault.DOWNGRADE:
        document = document.with_file(ElementaryFile.CARD_ACCESS, chip_protocols.card_access(pace))
    if any(one.suite.startswith(_CAM) for one in behaviour.pace):
        content = (*pace, *infos, chip_protocols.chip_authentication_public_key(static_key(owner).spki()))
        signed = issuer.sign_card_security(content, issuer.now.date())
        document = document.with_file(ElementaryFile.CARD_SECURITY, signed)
    if behaviour.atr_info:
        lengths = written(0x02, (1000).to_bytes(2)) * 2
        document = document.with_file(ElementaryFile.ATR_INFO, written(0x7F66, lengths))
    for number in behaviour.missing:
        document = document.without_file(ElementaryFile.of_data_group(number))
    return _damaged(document, behaviour.fault)


def _damaged(document: SpecimenDocument, fault: Fault | None) -> SpecimenDocument:
    content = document.files[ElementaryFile.DG2]
    if fault is Fault.CUT_FILE:
        return document.with_file(ElementaryFile.DG2, content[:-20])
    if fault is Fault.ENDLESS_FILE:
        return document.with_file(ElementaryFile.DG2, content[:1] + bytes.fromhex("83FFFFFF") + content[4:])
    return document


def _infos(offer: ChipAuthenticationOffer, owner: str) -> list[bytes]:
    if offer.kind == "dh":
        spki, kind = chip_protocols.diffie_hellman_spki(key_name(owner, offer.key_id)), oids.PK_DH
    else:
        spki, kind = static_key(owner, offer.key_id).spki(), oids.PK_ECDH
    key = chip_protocols.chip_authentication_public_key(spki, kind, offer.key_id)
    info = chip_protocols.chip_authentication_info(ca_protocol(offer), offer.key_id)
    return [info, key] if offer.declared else [key]


def second_chip(issuer: SpecimenIssuer, behaviour: Behaviour, profile: IssuingProfile | None = None) -> SpecimenCard:
    """Another genuine chip of the same state that can do the same: another person, other keys; opened with BAC."""
    person = replace(MARTA, primary_identifier="BERGSTROEM", secondary_identifier="NILS OLOV", sex="M")
    chosen = replace(profile or IssuingProfile(), document_number=SECOND_NUMBER)
    honest = replace(behaviour, fault=None, bac=True)
    document = make_document(issuer, honest, holder=person, profile=chosen, owner=SECOND_OWNER)
    return SpecimenCard(document, honest, b"second card", owner=SECOND_OWNER)
