"""What may stand at each place of a zone, derived from the tables of `mrz.formats`.

A layout is a format with the choices that its notes leave to the issuer made: a long document number or not, a
filler or a digit as check digit of empty optional data. For a layout, every character belongs to one unit:
a single place, or two that only make sense together (month and day of a date). A unit lists what may stand
there, how usual that is, and what it adds to the check digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle
from typing import Final

import numpy as np
import numpy.typing as npt

from mrz.charset import DIGITS, FILLER, LETTERS
from mrz.formats import SPECS, CheckDigitSpec, FieldKind, FieldSpec, FormatSpec, MrzFormat
from mrz.ocr.line_image import ALPHABET

Ints = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: Line and column of a character, from 0.
Place = tuple[int, int]
#: What may stand somewhere, and how usual each is.
Choice = tuple[Ints, Floats]

#: How usual something is beside what is usual (1.0). Never 0 for what an issuer may print.
_UNKNOWN_DAY: Final = 0.05
_UNKNOWN_YEAR_OR_MONTH: Final = 0.7
_SEX_X: Final = 0.05
_UNUSUAL_DOCUMENT: Final = 0.001
_LONG_NUMBER: Final = 0.05

#: A check digit is the sum of weighted values modulo 10 (ICAO 9303-3 §4.9); -1 as a weight takes the digit off.
_WEIGHTS: Final = (7, 3, 1)
_MINUS_ONE: Final = 9

#: Value of each character of `ALPHABET` in a check digit; the filler counts as 0.
VALUES: Final[Ints] = np.array([0 if char == FILLER else int(char, 36) for char in ALPHABET], dtype=np.intp)
#: First letters of the document code, as `mrz.parser` tells formats apart.
_FIRST_LETTERS: Final = {
    MrzFormat.TD1: "ACI",
    MrzFormat.TD2: "ACI",
    MrzFormat.TD3: "P",
    MrzFormat.MRVA: "V",
    MrzFormat.MRVB: "V",
}
_VISA: Final = "V"


def symbols(chars: str | frozenset[str]) -> Ints:
    """Indices in `ALPHABET` of characters."""
    return np.array(sorted(ALPHABET.index(char) for char in chars), dtype=np.intp)


FILLER_SYMBOL: Final = ALPHABET.index(FILLER)
_ANY: Final = symbols(frozenset(ALPHABET))
_DIGITS: Final = symbols(DIGITS)
_LETTERS_OR_FILLER: Final = symbols(LETTERS | {FILLER})
_DATE_CHARACTERS: Final = symbols(DIGITS | {FILLER, "X"})


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """Places that are read together, and what may stand there.

    `options` (n, k) holds indices of `ALPHABET` for the k places, `priors` (n,) how usual each is, `own` and
    `composite` (n,) what it adds, modulo 10, to the check digit of its field and to the composite one.
    `closes` says that the field's sum must be 0 after it.
    """

    places: tuple[Place, ...]
    options: Ints
    priors: Floats
    own: Ints
    composite: Ints
    closes: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A format with its issuer's choices made: units under check digits, in order, and the other fields.

    `allowed` (lines, length, 37) says which characters may stand where; `prior` how usual the layout is.
    `covered` holds every place under a check digit, the digits included.
    """

    spec: FormatSpec
    prior: float
    units: tuple[Unit, ...]
    free: tuple[FieldSpec, ...]
    allowed: Mask
    covered: frozenset[Place]


def layouts(line_count: int, line_length: int) -> tuple[Layout, ...]:
    """Every layout of lines of that shape; empty for a shape that no format has."""
    return tuple(
        layout
        for spec in SPECS.values()
        if (spec.line_count, spec.line_length) == (line_count, line_length)
        for layout in _layouts_of(spec.format)
    )


@lru_cache(maxsize=len(SPECS))
def _layouts_of(mrz_format: MrzFormat) -> tuple[Layout, ...]:
    spec = SPECS[mrz_format]
    if spec.long_number:
        room = spec.place("optional_data").length
        longs = tuple(_long_layout(spec, overflow) for overflow in range(1, room))
        return (_layout(spec, spec.check_digits, _alphabets(spec), 1.0), *longs)
    if any(digit.filler_if_empty for digit in spec.check_digits):
        return tuple(_layout(spec, spec.check_digits, allowed, 0.5) for allowed in _with_or_without_optional(spec))
    return (_layout(spec, spec.check_digits, _alphabets(spec), 1.0),)


def _long_layout(spec: FormatSpec, overflow: int) -> Layout:
    """A document number that goes on for `overflow` characters in the optional data.

    ICAO 9303-5 §4.2.2.3 note j, 9303-6 §4.2.2 note j: a filler in place of the check digit; the digit and a
    filler stand behind the rest of the number.
    """
    number, optional = spec.place("document_number"), spec.place("optional_data")
    printed = next(digit for digit in spec.check_digits if digit.field == "document_number")
    allowed = _alphabets(spec)
    column = optional.first - 1 + overflow
    filler, letters_or_digits = symbols(FILLER), symbols(LETTERS | DIGITS)
    _restrict(allowed, (printed.line - 1, printed.position - 1), filler)
    _restrict(allowed, (optional.line - 1, column), _DIGITS)
    if column + 1 < optional.last:
        _restrict(allowed, (optional.line - 1, column + 1), filler)
    _restrict(allowed, (number.line - 1, number.last - 1), letters_or_digits)
    for place in range(optional.first - 1, column):
        _restrict(allowed, (optional.line - 1, place), letters_or_digits)
    tail = (optional.line, optional.first, optional.first + overflow - 1)
    long = CheckDigitSpec("document_number", optional.line, column + 1, (*printed.covers, tail))
    digits = tuple(long if digit.field == "document_number" else digit for digit in spec.check_digits)
    return _layout(spec, digits, allowed, _LONG_NUMBER)


def _with_or_without_optional(spec: FormatSpec) -> Iterator[Mask]:
    """Optional data with its digit, or none and a filler for the digit (ICAO 9303-4 §4.2.2.2, note)."""
    digit = next(digit for digit in spec.check_digits if digit.filler_if_empty)
    place = (digit.line - 1, digit.position - 1)
    yield _alphabets(spec)
    empty = _alphabets(spec)
    for column in (*_columns(digit.covers), place):
        _restrict(empty, column, symbols(FILLER))
    yield empty


def _alphabets(spec: FormatSpec) -> Mask:
    """The characters that each field's kind allows, and digits for the check digits."""
    allowed = np.zeros((spec.line_count, spec.line_length, len(ALPHABET)), dtype=np.bool_)
    kinds = {
        FieldKind.LETTERS: _LETTERS_OR_FILLER,
        FieldKind.NAME: _LETTERS_OR_FILLER,
        FieldKind.DATE: _DATE_CHARACTERS,
        FieldKind.SEX: symbols("MFX<"),
        FieldKind.ANY: _ANY,
    }
    for field in spec.fields:
        for column in range(field.first - 1, field.last):
            allowed[field.line - 1, column, kinds[field.kind]] = True
    for digit in spec.check_digits:
        allowed[digit.line - 1, digit.position - 1, _DIGITS] = True
    number = spec.place("document_number")
    allowed[number.line - 1, number.first - 1, FILLER_SYMBOL] = False
    is_visa = _FIRST_LETTERS[spec.format] == _VISA
    _restrict(allowed, (0, 0), symbols(_VISA if is_visa else LETTERS - {_VISA}))
    return allowed


def first_letter_priors(spec: FormatSpec) -> Floats:
    """How usual each first letter of a document code is in this format."""
    priors = np.full(len(ALPHABET), _UNUSUAL_DOCUMENT)
    priors[symbols(_FIRST_LETTERS[spec.format])] = 1.0
    return priors


def sex_priors() -> Floats:
    """M, F and the filler (ICAO 9303-4 §4.2.2.2); X belongs to the page, but some print it in the zone."""
    priors = np.ones(len(ALPHABET))
    priors[ALPHABET.index("X")] = _SEX_X
    return priors


def _restrict(allowed: Mask, place: Place, chars: Ints) -> None:
    """Let only these characters stand at a place."""
    allowed[place] = False
    allowed[place][chars] = True


def _columns(covers: tuple[tuple[int, int, int], ...]) -> list[Place]:
    return [(line - 1, column - 1) for line, first, last in covers for column in range(first, last + 1)]


def _layout(spec: FormatSpec, digits: tuple[CheckDigitSpec, ...], allowed: Mask, prior: float) -> Layout:
    """The units under these check digits, field by field, the composite digit last."""
    composite_weights: dict[Place, int] = {}
    composite = next((digit for digit in digits if digit.field == "composite"), None)
    if composite is not None:
        composite_weights = dict(zip(_columns(composite.covers), cycle(_WEIGHTS), strict=False))
    units: list[Unit] = []
    done: set[Place] = set()
    for digit in digits:
        if digit is composite:
            continue
        places = _columns(digit.covers)
        weights = dict(zip(places, cycle(_WEIGHTS), strict=False))
        printed = (digit.line - 1, digit.position - 1)
        weights[printed] = _MINUS_ONE
        is_date = spec.has(digit.field) and spec.place(digit.field).kind is FieldKind.DATE
        parts = _date_parts(places) if is_date else [((place,), _usual(allowed[place])) for place in places]
        units += [_unit(group, choice, weights, composite_weights) for group, choice in parts]
        units.append(_unit((printed,), _usual(allowed[printed]), weights, composite_weights, closes=True))
        done |= weights.keys()
    for place in [place for place in composite_weights if place not in done]:
        units.append(_unit((place,), _usual(allowed[place]), {}, composite_weights))
    if composite is not None:
        place = (composite.line - 1, composite.position - 1)
        units.append(_unit((place,), _usual(allowed[place]), {}, {place: _MINUS_ONE}, closes=True))
    covered = frozenset(place for unit in units for place in unit.places)
    free = tuple(field for field in spec.fields if (field.line - 1, field.first - 1) not in covered)
    return Layout(spec, prior, tuple(units), free, allowed, covered)


def _unit(
    places: tuple[Place, ...],
    choice: Choice,
    weights: dict[Place, int],
    composite_weights: dict[Place, int],
    *,
    closes: bool = False,
) -> Unit:
    options, priors = choice
    values = VALUES[options]
    own = values @ np.array([weights.get(place, 0) for place in places], dtype=np.intp)
    composite = values @ np.array([composite_weights.get(place, 0) for place in places], dtype=np.intp)
    return Unit(places, options, priors, own % 10, composite % 10, closes)


def _usual(allowed: Mask) -> Choice:
    """Any of the allowed characters, all alike."""
    chars = np.flatnonzero(allowed)
    return chars[:, None], np.ones(len(chars))


def _date_parts(places: list[Place]) -> list[tuple[tuple[Place, ...], Choice]]:
    """YYMMDD (ICAO 9303-3 §4.8): the year digit by digit, month 01 to 12 and day 01 to 31 as pairs.

    An unknown part is printed as fillers, by some issuers as X; with the month, the day is unknown too.
    """
    is_digit = np.isin(_DATE_CHARACTERS, _DIGITS)
    year = (_DATE_CHARACTERS[:, None], np.where(is_digit, 1.0, _UNKNOWN_YEAR_OR_MONTH))
    return [
        ((places[0],), year),
        ((places[1],), year),
        ((places[2], places[3]), _numbers(12, _UNKNOWN_YEAR_OR_MONTH)),
        ((places[4], places[5]), _numbers(31, _UNKNOWN_DAY)),
    ]


def _numbers(last: int, unknown: float) -> Choice:
    texts = [f"{number:02d}" for number in range(1, last + 1)] + [FILLER * 2, "XX"]
    priors = np.array([1.0] * last + [unknown] * 2)
    return np.array([[ALPHABET.index(char) for char in text] for text in texts], dtype=np.intp), priors
