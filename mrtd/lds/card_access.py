"""EF.CardAccess, what the chip offers before access control (ICAO 9303-10 §3.11.3)."""

from __future__ import annotations

from dataclasses import dataclass

from mrtd.evidence import ElementaryFile
from mrtd.lds import security_infos
from mrtd.lds.elementary_file import reading, stored_object
from mrtd.lds.security_infos import SecurityInfos


@dataclass(frozen=True, slots=True)
class CardAccess:
    """Unsigned SecurityInfos; a hint until DG14 or EF.CardSecurity repeats them."""

    security_infos: SecurityInfos
    trailing: int = 0


@reading(ElementaryFile.CARD_ACCESS)
def parse(data: bytes) -> CardAccess:
    """Read EF.CardAccess (ICAO 9303-10 §3.11.3).

    Raises:
        MalformedError: not SecurityInfos.
        LimitExceededError: as `security_infos.parse`.
    """
    stored = stored_object(data, ElementaryFile.CARD_ACCESS)
    return CardAccess(security_infos.parse(stored.raw), stored.trailing)
