"""QR codes by segno (ISO/IEC 18004)."""

from __future__ import annotations

import io
from typing import Final

import segno

#: 15 % of the code may be hidden: screens reflect.
_ERROR_CORRECTION: Final = "m"
#: ISO/IEC 18004 §7.3.7: four modules of quiet zone.
_BORDER: Final = 4
#: Pixels a module in a page that does not scale it.
_SCALE: Final = 4


class SegnoQr:
    """Answers `service.domain.qr.QrDrawer`."""

    def svg(self, text: str) -> str:
        code = segno.make_qr(text, error=_ERROR_CORRECTION)
        # an element without scripts, styles or links, so that a strict Content-Security-Policy lets it through
        return code.svg_inline(scale=_SCALE, border=_BORDER, svgclass=None, lineclass=None)

    def terminal(self, text: str) -> str:
        lines = io.StringIO()
        segno.make_qr(text, error=_ERROR_CORRECTION).terminal(lines, border=_BORDER, compact=True)
        return lines.getvalue()
