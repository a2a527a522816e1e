"""UTCTime and GeneralizedTime of certificates, CRLs and signed attributes (RFC 5280 §4.1.2.5)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from mrtd.errors import MalformedError
from mrtd.tlv import Tlv

UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18

#: RFC 5280 asks for seconds and Z; X.680 also allows an offset and fractions, and UTCTime without seconds. A
#: GeneralizedTime without seconds is refused: it cannot be told from a UTCTime under the wrong tag.
_UTC_TIME: Final = re.compile(rb"(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{4})")
_GENERALIZED_TIME: Final = re.compile(rb"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:[.,]\d{1,9})?(Z|[+-]\d{4})")
#: Two-digit years from 50 on belong to the 1900s (RFC 5280 §4.1.2.5.1).
_PIVOT: Final = 50


def parse_time(item: Tlv) -> datetime:
    """The moment in a Time (RFC 5280 §4.1.2.5), aware, in UTC, whole seconds.

    Raises:
        MalformedError: `bad_time`.
    """
    if item.tag == UTC_TIME:
        match = _UTC_TIME.fullmatch(item.value)
    elif item.tag == GENERALIZED_TIME:
        match = _GENERALIZED_TIME.fullmatch(item.value)
    else:
        raise MalformedError("bad_time")
    if match is None:
        raise MalformedError("bad_time")
    year, month, day, hour, minute, second = (int(group or b"0") for group in match.groups()[:6])
    if item.tag == UTC_TIME:
        year += 1900 if year >= _PIVOT else 2000
    zone = match.group(7)
    offset = timedelta()
    if zone != b"Z":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
        offset = -offset if zone[:1] == b"-" else offset
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC) - offset
    except (ValueError, OverflowError) as error:
        raise MalformedError("bad_time") from error
