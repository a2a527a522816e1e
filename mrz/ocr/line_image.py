"""The form in which a printed line goes to the recogniser: the one agreement between locator, training and network.

A line image is grey (`uint8`, dark ink on light paper), upright and straight, `LINE_HEIGHT` rows high, with the
capitals in the middle and `CAP_HEIGHT` rows high. It is squeezed sideways until characters stand about
`CHARACTER_WIDTH` columns apart, and has up to `MARGIN` columns of whatever surrounds the line at either end.
"""

from __future__ import annotations

from typing import Final

#: Rows of a line image.
LINE_HEIGHT: Final = 32
#: Rows of a capital letter in it, where the locator measured well. OCR-B size I: 2.54 mm pitch, 2.4 mm capitals.
CAP_HEIGHT: Final = 20
#: Columns from one character to the next, as printed by ICAO 9303-3 §4.
CHARACTER_WIDTH: Final = 12
#: Columns of surroundings that the locator leaves at either end.
MARGIN: Final = 12
#: Columns of the longest line image: 44 characters, stretched by a quarter, and the margins.
MAX_LINE_WIDTH: Final = 704
#: Columns of the network's input for one column of its output.
STRIDE: Final = 4
#: What the network tells apart, in the order of its outputs; output 0 is CTC's blank.
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"
