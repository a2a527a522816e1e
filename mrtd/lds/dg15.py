"""EF.DG15, the public key for Active Authentication (ICAO 9303-10 §4.7.15)."""

from __future__ import annotations

from dataclasses import dataclass

from mrtd import tlv
from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.lds.elementary_file import reading, stored_object


@dataclass(frozen=True, slots=True, repr=False)
class Dg15:
    """`spki` is the SubjectPublicKeyInfo (RFC 5280 §4.1) as stored; `mrtd.crypto.keys` reads it."""

    spki: bytes
    trailing: int = 0

    def __repr__(self) -> str:
        return f"Dg15({len(self.spki)} bytes)"


@reading(ElementaryFile.DG15)
def parse(data: bytes) -> Dg15:
    """Read EF.DG15 (ICAO 9303-10 §4.7.15).

    Raises:
        MalformedError: not one SEQUENCE under the tag of DG15.
        LimitExceededError: a bound of `mrtd.tlv`.
    """
    stored = stored_object(data, ElementaryFile.DG15)
    inside = stored.tlv.children()
    if len(inside) != 1:
        raise MalformedError("not_one_object", detail=f"{len(inside)} objects")
    return Dg15(inside[0].expect(tlv.SEQUENCE).raw, stored.trailing)
