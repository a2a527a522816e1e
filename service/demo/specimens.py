"""The passports of the demo, made for this moment by the specimen state UTO, and their chips."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mrtd.specimen import breakage
from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, Fault, PaceOffer, SpecimenCard, make_card
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA, machine_readable_zone
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1

_DOCUMENT_NUMBER: Final = "UT0000001"
_AGE: Final = timedelta(days=30)
_LIFE: Final = timedelta(days=5 * 365)
#: How much longer the forger lets the passport last.
_STRETCH: Final = timedelta(days=4 * 365)


#: The chip has all that a passport of these years can prove itself with.
_CHIP: Final = Behaviour(pace=(PaceOffer(),), chip_authentication=(ChipAuthenticationOffer(),))
_CLONE: Final = replace(_CHIP, fault=Fault.CLONE)


@dataclass(frozen=True, slots=True, repr=False)
class Specimens:
    """A genuine passport, the same one with another date of expiry in DG1, and its copy on another chip."""

    algorithms: str
    trust: Mapping[str, bytes]
    genuine: SpecimenDocument
    tampered: SpecimenDocument
    clone: SpecimenDocument

    @property
    def genuine_chip(self) -> SpecimenCard:
        """The chip of the genuine passport."""
        return SpecimenCard(self.genuine, _CHIP)

    @property
    def tampered_chip(self) -> SpecimenCard:
        """The same chip, with another DG1 written to it."""
        return SpecimenCard(self.tampered, _CHIP)

    @property
    def cloned_chip(self) -> SpecimenCard:
        """Another chip with the genuine files: it has keys, though not those that the files are signed for."""
        return SpecimenCard(self.genuine, _CLONE)

    def write(self, folder: Path) -> None:
        """Lay the trust material and the dumps of the chips into a folder, for `passkoll inspect`."""
        trust = folder / "trust"
        trust.mkdir(parents=True)
        for name, data in self.trust.items():
            (trust / name).write_bytes(data)
        for name in ("genuine", "tampered", "clone"):
            document: SpecimenDocument = getattr(self, name)
            body = SpecimenChip(document).to_json_body()
            (folder / f"{name}.json").write_text(json.dumps(body), "utf-8")


def make_specimens(now: datetime) -> Specimens:
    """Make the passports; the same time gives the same bytes.

    Args:
        now: aware; the passports were issued a month before.
    """
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=now)
    issued = (now - _AGE).date()
    profile = IssuingProfile(document_number=_DOCUMENT_NUMBER, date_of_issue=issued, date_of_expiry=issued + _LIFE)
    genuine = make_card(issuer, _CHIP, profile=profile).document
    stretched = machine_readable_zone(
        MARTA, document_number=_DOCUMENT_NUMBER, date_of_expiry=issued + _LIFE + _STRETCH
    )
    return Specimens(
        algorithms="brainpoolP256r1",
        trust=issuer.trust(),
        genuine=genuine,
        tampered=breakage.tampered_dg1(genuine, stretched),
        clone=breakage.clone(genuine, issuer.algorithms),
    )
