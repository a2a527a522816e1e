"""Which mutations no fixture can see, and why; exact."""

from __future__ import annotations

from typing import Final

_LIVE: Final = "only a live session gives it another end than NOT_APPLICABLE"
_INFORMATION: Final = "information in every shipped policy"
_NO_DUMP: Final = "a dump holds no run of the protocol, so that the other steps of the proof are open as well"

#: No fixture gives these checks an end that a constant PASSED would hide.
UNREACHED: Final[dict[str, str]] = {
    "mrz.format": "lines of no format are refused when they are captured, before anything is inspected",
    "access.sm": _LIVE,
    "evidence.source": "states a fact and always passes",
    "live.timing": _LIVE,
}

#: Fixtures see these by their results alone; no verdict rests on them.
NO_VERDICT: Final[dict[str, str]] = {
    "access.protocol": _INFORMATION,
    "pa.dsc.profile": _INFORMATION,
    "pa.csca.profile": _INFORMATION,
    "pa.path.link": _INFORMATION,
    "evidence.complete": _INFORMATION,
    "ca.secure_messaging": _NO_DUMP,
    "ca.rebind": _NO_DUMP,
    "ca.claimed": _NO_DUMP,
    "pace_cam.token": _NO_DUMP,
    "pace_cam.card_security": _NO_DUMP,
    "pace_cam.mapping": _NO_DUMP,
    "pace_cam.same_session": _NO_DUMP,
}
