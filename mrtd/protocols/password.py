"""What opens a chip: the machine readable zone, or the card access number (ICAO 9303-11 §4.2, §9.7.2, §9.7.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import mrz
from mrtd.crypto.digests import digest
from mrtd.errors import MalformedError

#: Password references of MSE:Set AT (ICAO 9303-11 §4.4.4.1).
REFERENCE_MRZ: Final = 1
REFERENCE_CAN: Final = 2
#: A card access number has six digits (ICAO 9303-11 §4.2.1).
CAN_LENGTH: Final = 6


@dataclass(frozen=True, slots=True)
class Password:
    """A password, encoded: SHA-1 over the MRZ information, or the octets of the card access number."""

    reference: int
    encoded: bytes = field(repr=False)

    @property
    def for_bac(self) -> bool:
        """Whether Basic Access Control can use it: it knows the zone alone."""
        return self.reference == REFERENCE_MRZ


def from_mrz_information(information: str) -> Password:
    """K of ICAO 9303-11 §9.7.2: SHA-1 over document number, dates of birth and expiry, each with its check digit."""
    return Password(REFERENCE_MRZ, digest("sha1", information.encode("ascii")))


def from_mrz(document: mrz.MrzDocument) -> Password:
    """The password of a zone (ICAO 9303-11 §9.7.2); a long document number of TD1 goes in whole (9303-5 §4.2.2)."""
    return from_mrz_information(document.mrz_information)


def from_can(can: str) -> Password:
    """The password of a card access number.

    Raises:
        MalformedError: `bad_can`: not six digits.
    """
    if len(can) != CAN_LENGTH or not (can.isascii() and can.isdigit()):
        raise MalformedError("bad_can")
    return Password(REFERENCE_CAN, can.encode("ascii"))
