"""The three passports of the demo, made for this moment by the specimen state UTO."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from mrtd.specimen import breakage
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


@dataclass(frozen=True, slots=True, repr=False)
class Specimens:
    """A genuine passport, the same one with another date of expiry in DG1, and its copy on another chip."""

    algorithms: str
    trust: Mapping[str, bytes]
    genuine: SpecimenDocument
    tampered: SpecimenDocument
    clone: SpecimenDocument

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
    """Make the three passports; the same time gives the same bytes.

    Args:
        now: aware; the passports were issued a month before.
    """
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=now)
    issued = (now - _AGE).date()
    profile = IssuingProfile(document_number=_DOCUMENT_NUMBER, date_of_issue=issued, date_of_expiry=issued + _LIFE)
    genuine = issuer.issue(MARTA, profile)
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
