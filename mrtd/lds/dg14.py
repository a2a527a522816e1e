"""EF.DG14, security options (ICAO 9303-10 §4.7.14)."""

from __future__ import annotations

from dataclasses import dataclass

from mrtd.errors import MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.lds import security_infos
from mrtd.lds.elementary_file import reading, stored_object
from mrtd.lds.security_infos import SecurityInfos


@dataclass(frozen=True, slots=True)
class Dg14:
    """The SecurityInfos that the issuing state signed."""

    security_infos: SecurityInfos
    trailing: int = 0


@reading(ElementaryFile.DG14)
def parse(data: bytes) -> Dg14:
    """Read EF.DG14 (ICAO 9303-10 §4.7.14).

    Raises:
        MalformedError: not one SecurityInfos under the tag of DG14.
        LimitExceededError: as `security_infos.parse`.
    """
    stored = stored_object(data, ElementaryFile.DG14)
    inside = stored.tlv.children()
    if len(inside) != 1:
        raise MalformedError("not_one_object", detail=f"{len(inside)} objects")
    return Dg14(security_infos.parse(inside[0].raw), stored.trailing)
