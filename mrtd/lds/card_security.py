"""EF.CardSecurity, signed SecurityInfos outside the eMRTD application (ICAO 9303-10 §3.11.4)."""

from __future__ import annotations

from dataclasses import dataclass

from mrtd.evidence import ElementaryFile
from mrtd.lds import security_infos as _security_infos
from mrtd.lds.elementary_file import reading, stored_object
from mrtd.lds.security_infos import SecurityInfos


@dataclass(frozen=True, slots=True, repr=False)
class CardSecurity:
    """`cms` is the ContentInfo (RFC 5652 §3) as stored; `trailing` counts the bytes behind it."""

    cms: bytes
    trailing: int

    def __repr__(self) -> str:
        return f"CardSecurity({len(self.cms)} bytes, trailing={self.trailing})"


@reading(ElementaryFile.CARD_SECURITY)
def parse(data: bytes) -> CardSecurity:
    """Cut the ContentInfo out of EF.CardSecurity (ICAO 9303-10 §3.11.4).

    Raises:
        MalformedError: no SEQUENCE.
        LimitExceededError: a bound of `mrtd.tlv`.
    """
    stored = stored_object(data, ElementaryFile.CARD_SECURITY)
    return CardSecurity(stored.raw, stored.trailing)


@reading(ElementaryFile.CARD_SECURITY)
def security_infos(econtent: bytes) -> SecurityInfos:
    """The SecurityInfos in the eContent of EF.CardSecurity, once its signature was verified.

    Raises:
        MalformedError: not SecurityInfos.
        LimitExceededError: as `mrtd.lds.security_infos.parse`.
    """
    return _security_infos.parse(econtent)
