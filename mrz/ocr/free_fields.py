"""Fields that no check digit covers: names, codes, sex, the optional data of a visa.

What usually stands there is a prior, never a proof: a state that nobody knows or a filler in an odd place is
read where it was clearly seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from mrz.charset import FILLER
from mrz.codes_data import CODES
from mrz.formats import FieldKind, FieldSpec
from mrz.ocr.grammar import FILLER_SYMBOL, Floats, Ints, Layout, first_letter_priors, sex_priors
from mrz.ocr.line_image import ALPHABET

#: How usual a state is that the table does not hold, all of them together; specimens and new codes.
_UNKNOWN_CODE: Final = 0.001
#: Of codes outside the table, only those made of the best so many characters of each place are looked at.
_CODE_CHARACTERS: Final = 3
#: How usual fillers are where ICAO 9303-3 §4.6 has none: before a name, or more than two within it.
_UNUSUAL_FILLERS: Final = 0.001

_CODE_LENGTH: Final = 3
_KNOWN_CODES: Final[Ints] = np.array(
    [[ALPHABET.index(char) for char in code.ljust(_CODE_LENGTH, FILLER)] for code in CODES], dtype=np.intp
)
_KNOWN: Final = frozenset(tuple(code) for code in _KNOWN_CODES.tolist())

#: States of a name and where a letter or a filler leads from each: 0 before it, 1 a word of the primary
#: identifier, 2 one filler after it, 3 two, 4 a word of the secondary identifier, 5 one filler after it, 6 the end.
_NAME_STEPS: Final = ((0, 1, 0), (1, 1, 2), (2, 1, 3), (3, 4, 6), (4, 4, 5), (5, 4, 6), (6, 4, 6))
_NAME_STATES: Final = len(_NAME_STEPS)
_LETTER, _FILLER = np.zeros((2, _NAME_STATES, _NAME_STATES))
for _state, _after_letter, _after_filler in _NAME_STEPS:
    _LETTER[_state, _after_letter] = _UNUSUAL_FILLERS if _state == _NAME_STATES - 1 else 1.0
    _FILLER[_state, _after_filler] = _UNUSUAL_FILLERS if _state == 0 else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Free:
    """A field read without a check digit: characters, posterior (n, 37) of each place, mass as in `Checked`."""

    chars: tuple[int, ...]
    posterior: Floats
    log_mass: float

    def __repr__(self) -> str:
        return f"Free({len(self.chars)} places, log_mass={self.log_mass:.1f})"


def read_free(layout: Layout, field: FieldSpec, seen: Floats) -> Free:
    """Read one field of `layout.free`; `seen` as in `read_checked`."""
    columns = slice(field.first - 1, field.last)
    own = seen[field.line - 1, columns] * layout.allowed[field.line - 1, columns]
    if field.kind is FieldKind.NAME:
        return _read_name(own)
    if field.kind is FieldKind.LETTERS and field.length == _CODE_LENGTH:
        return _read_code(own)
    if field.name == "document_code":
        own[0] *= first_letter_priors(layout.spec)
    elif field.kind is FieldKind.SEX:
        own[0] *= sex_priors()
    return _read_alone(own)


def _read_alone(own: Floats) -> Free:
    """Each place by itself."""
    mass = own.sum(axis=1)
    return Free(tuple(own.argmax(axis=1).tolist()), own / mass[:, None], float(np.log(mass).sum()))


def _read_code(own: Floats) -> Free:
    """A state or organisation (ICAO 9303-3 §5)."""
    known = own[0, _KNOWN_CODES[:, 0]] * own[1, _KNOWN_CODES[:, 1]] * own[2, _KNOWN_CODES[:, 2]]
    best = np.argsort(own, axis=1)[:, : -_CODE_CHARACTERS - 1 : -1].tolist()
    others = [code for code in product(*best) if code not in _KNOWN and FILLER_SYMBOL not in code[:1]]
    unknown = np.array([own[0, a] * own[1, b] * own[2, c] for a, b, c in others]) * _UNKNOWN_CODE
    codes = np.concatenate((_KNOWN_CODES, np.array(others, dtype=np.intp).reshape(-1, _CODE_LENGTH)))
    weights = np.concatenate((known, unknown))
    mass = float(weights.sum())
    shares = [
        np.bincount(codes[:, place], weights=weights / mass, minlength=len(ALPHABET)) for place in range(_CODE_LENGTH)
    ]
    return Free(tuple(codes[int(weights.argmax())].tolist()), np.array(shares), float(np.log(mass)))


def _read_name(own: Floats) -> Free:
    """Primary identifier, two fillers, secondary identifier, fillers to the end (ICAO 9303-3 §4.6)."""
    fillers = own[:, FILLER_SYMBOL]
    letters = own.sum(axis=1) - fillers
    steps = letters[:, None, None] * _LETTER + fillers[:, None, None] * _FILLER
    rest = [np.ones(_NAME_STATES)]
    for step in steps[:0:-1]:
        after = step @ rest[-1]
        rest.append(after / after.sum())
    rest.reverse()
    state = np.zeros(_NAME_STATES)
    state[0] = 1.0
    posterior, log_mass = own.copy(), 0.0
    for place, after in enumerate(rest):
        posterior[place] *= float(state @ _LETTER @ after)
        posterior[place, FILLER_SYMBOL] = fillers[place] * float(state @ _FILLER @ after)
        state = state @ steps[place]
        total = float(state.sum())
        log_mass += float(np.log(total))
        state = state / total
    posterior /= posterior.sum(axis=1, keepdims=True)
    return Free(tuple(posterior.argmax(axis=1).tolist()), posterior, log_mass)
