"""EF.DG13, optional details (ICAO 9303-10 §4.7.13): content and format at the discretion of the issuing state."""

from __future__ import annotations

from dataclasses import dataclass

from mrtd.evidence import ElementaryFile
from mrtd.lds.elementary_file import reading, stored_object


@dataclass(frozen=True, slots=True, repr=False)
class Dg13:
    """`content` is what stands under the tag, as stored and not understood."""

    content: bytes
    trailing: int = 0

    def __repr__(self) -> str:
        return f"Dg13({len(self.content)} bytes)"


@reading(ElementaryFile.DG13)
def parse(data: bytes) -> Dg13:
    """Unwrap EF.DG13 (ICAO 9303-10 §4.7.13).

    Raises:
        MalformedError: another tag, or cut off.
        LimitExceededError: a bound of `mrtd.tlv`.
    """
    stored = stored_object(data, ElementaryFile.DG13)
    return Dg13(stored.tlv.value, stored.trailing)
