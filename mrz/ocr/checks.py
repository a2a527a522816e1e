"""The most probable characters under check digits, exactly.

All check digits of a zone are sums modulo 10. So the units of a layout form a chain whose state is two
remainders, the field's and the composite one: 100 states. A forward and a backward pass over it sum over every
zone whose check digits hold, of which there are more than could ever be listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from mrz.ocr.grammar import Floats, Layout, Place, Unit
from mrz.ocr.line_image import ALPHABET

_STATES: Final = 100
_OWN, _COMPOSITE = np.divmod(np.arange(_STATES), 10)
#: [to, from] -> the step from one state to the other.
_STEP: Final = (_OWN[:, None] - _OWN[None, :]) % 10 * 10 + (_COMPOSITE[:, None] - _COMPOSITE[None, :]) % 10
#: [step, from] -> where the step leads.
_AFTER: Final = (_OWN[:, None] + _OWN[None, :]) % 10 * 10 + (_COMPOSITE[:, None] + _COMPOSITE[None, :]) % 10
_FIELD_CLOSED: Final = (_OWN == 0).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """The places under check digits, read so that all of these hold.

    `chars` are indices of `ALPHABET`; `posterior` holds for each place how probable each character is, given
    that every check digit holds; `log_mass` is the logarithm of how probable it is that they do hold.
    """

    chars: dict[Place, int]
    posterior: dict[Place, Floats]
    log_mass: float

    def __repr__(self) -> str:
        return f"Checked({len(self.chars)} places, log_mass={self.log_mass:.1f})"


def read_checked(layout: Layout, seen: Floats) -> Checked:
    """Read the places under check digits.

    Args:
        layout: The layout to read by.
        seen: For each line and column how probable each character is (lines, length, 37), all above 0.
    """
    weights = [_weigh(unit, seen) for unit in layout.units]
    kernels = np.array(
        [
            np.bincount(unit.own * 10 + unit.composite, weights=weight, minlength=_STATES)
            for unit, weight in zip(layout.units, weights, strict=True)
        ]
    )
    moves = kernels[:, _STEP]
    after = _backward(layout.units, moves)
    state = np.zeros(_STATES)
    state[0] = 1.0
    log_mass, here = 0.0, 0
    chars: dict[Place, int] = {}
    posterior: dict[Place, Floats] = {}
    for unit, weight, move, rest in zip(layout.units, weights, moves, after, strict=True):
        steps = unit.own * 10 + unit.composite
        given = weight * (rest[_AFTER[steps]] @ state)
        _share(unit, given / given.sum(), posterior)
        chosen = int((weight * rest[_AFTER[steps, here]]).argmax())
        here = int(_AFTER[steps[chosen], here])
        chars.update(zip(unit.places, unit.options[chosen].tolist(), strict=True))
        state = move @ state
        if unit.closes:
            state = state * _FIELD_CLOSED
        total = float(state.sum())
        log_mass += float(np.log(total))
        state = state / total
    return Checked(chars, posterior, log_mass + float(np.log(state[0])))


def _weigh(unit: Unit, seen: Floats) -> Floats:
    """How probable each option of a unit is by itself."""
    weight = unit.priors
    for column, place in enumerate(unit.places):
        weight = weight * seen[place][unit.options[:, column]]
    return weight


def _backward(units: tuple[Unit, ...], moves: Floats) -> list[Floats]:
    """For each unit and state after it: how probable it is, up to a factor, that all digits hold in the end."""
    rest = np.zeros(_STATES)
    rest[0] = 1.0
    found = []
    for unit, move in zip(reversed(units), moves[::-1], strict=True):
        if unit.closes:
            rest = rest * _FIELD_CLOSED
        found.append(rest)
        rest = rest @ move
        rest = rest / rest.sum()
    return found[::-1]


def _share(unit: Unit, given: Floats, posterior: dict[Place, Floats]) -> None:
    """Spread the probabilities of a unit's options over its places."""
    for column, place in enumerate(unit.places):
        shares: Floats = np.zeros(len(ALPHABET))
        np.add.at(shares, unit.options[:, column], given)
        posterior[place] = shares
