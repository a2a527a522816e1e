"""From what was seen at each place to the zone that is most probable, and how sure that is.

Explanations compete by Bayes' rule: each layout of each format with check digits that hold, and a zone of
the right alphabets whose digits do not hold (a broken print, or a character misread beyond what the network
holds possible). Nothing is repaired by search: the exact posterior of every character is computed under all of
them, and a character is certain only if it stands there against every other explanation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from mrz.document import Repair
from mrz.formats import FormatSpec
from mrz.ocr.checks import read_checked
from mrz.ocr.free_fields import read_free
from mrz.ocr.grammar import Floats, Ints, Layout, Place, layouts
from mrz.ocr.line_image import ALPHABET
from mrz.ocr.places import LineScores

#: Characters that real prints and bad light make alike (see also `mrz.repair.LOOKS_LIKE`).
LOOK_ALIKE: Final = ("0ODQU", "1IL", "2Z", "4A", "5S", "6G", "7T", "8B")
#: How often the network is sure of a look-alike, and of something else, and wrong; measured on rendered lines.
_MISTAKEN_LOOK_ALIKE: Final = 0.0001
_MISTAKEN: Final = 0.000003
#: The network is less sure than it should be: raised to this power its probabilities come true, as measured on
#: rendered lines of faces that it was not trained on.
SHARPNESS: Final = 1.4
#: How often a zone is printed with check digits that do not hold. Weighs against repairs that need much luck.
_BROKEN_PRINT: Final = 0.001
#: Layouts this much less probable (natural logarithm) than another before the check digits are left out.
_HOPELESS: Final = 10.0

#: A character is certain from here on.
CERTAIN: Final = 0.998
#: The same where the other crop, photo or engine saw another character. Only check digits can bring it there.
_CERTAIN_AGAINST_ANOTHER: Final = 0.9999
#: A single crop or photo speaks against a character only if it gives another one this probability.
_WITNESSED: Final = 0.5
#: How many wrong characters a certain zone may be expected to hold.
_EXPECTED_WRONG: Final = 0.01
#: Where what was seen, and all that it looks like, is less probable than this in the format, it contradicts it.
_CONTRADICTED: Final = 0.0005
#: The least evidence (natural logarithm, per line) that the lines have this length and pitch.
_CERTAIN_FORM: Final = -6.0
LIKELY_FORM: Final = -25.0
#: Share of weak characters up to which a zone was nearly read; more is other print, or a zone on its head.
_NEARLY: Final = 0.35
#: More weak characters than this are no reading that a person could confirm at a glance.
_MOST_WEAK: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One look at a zone: a crop of a photo read by an engine, or several of them combined.

    `probabilities` (lines, length, 37): how probable each character of `ALPHABET` is at each place, with room for
    the engine's own mistakes, so never 0; `evidence`: as in `LineScores`, the least of the lines.
    """

    probabilities: Floats
    evidence: float

    def __repr__(self) -> str:
        lines, length, _ = self.probabilities.shape
        return f"View({lines} x {length}, evidence={self.evidence:.1f})"


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """The most probable zone in what was seen.

    `confidence` (lines, length) is each character's posterior; `weak` the places (line and column from 1) that a
    person should look at; `repairs` what was seen first and what was chosen. `complete` says that it can be
    shown as a reading; `certain` that no person needs to look at it. `score` is the logarithm of how probable
    it is that such a zone was seen; it compares zones of one photo.
    """

    spec: FormatSpec
    lines: tuple[str, ...]
    confidence: Floats
    weak: tuple[Place, ...]
    repairs: tuple[Repair, ...]
    score: float
    complete: bool
    certain: bool

    @property
    def nearly(self) -> bool:
        """Whether a person would see in it what is printed: most characters are certain."""
        return len(self.weak) <= _NEARLY * self.confidence.size

    def __repr__(self) -> str:
        return f"Decoded({self.spec.format.value}, {len(self.weak)} weak, certain={self.certain})"


def view_of(lines: Sequence[LineScores]) -> View:
    """The lines of a zone, top to bottom, of one length, as one view."""
    return View(_calibrate(np.stack([line.probabilities for line in lines])), min(line.evidence for line in lines))


def decode(
    view: View, witnesses: Sequence[View] = (), *, trusted: bool = True, scored: bool = True
) -> Decoded | None:
    """The most probable zone.

    Args:
        view: What was seen, all crops and photos together.
        witnesses: The single crops and photos; where one of them saw another character, only check digits
            can make the chosen one certain.
        trusted: Whether what was seen is to be believed without a person.
        scored: Whether the engine tells probabilities; from text alone every character may be weak.

    Returns:
        None where the lines have the shape of no format.
    """
    seen = view.probabilities
    explained = _explain(seen)
    if explained is None:
        return None
    layout, chars, posterior, log_mass, holds = explained
    confidence = np.take_along_axis(posterior, chars[..., None], axis=2)[..., 0]
    doubtful = confidence < CERTAIN
    others = [_read_within(witness.probabilities, layout) for witness in witnesses]
    within = _read_within(seen, layout)
    proven = _under_check_digits(layout) & (confidence >= _CERTAIN_AGAINST_ANOTHER)
    for witness, other in zip(witnesses, others, strict=True):
        clearly = (witness.probabilities * layout.allowed).max(axis=2) >= _WITNESSED
        doubtful |= clearly & (other != chars) & ~proven
    confirmed = np.any([other == chars for other in others], axis=0) if others else np.zeros_like(doubtful)
    doubtful |= (within != chars) & ~confirmed
    contradicted = ((seen + seen @ _ALIKE) * layout.allowed).sum(axis=2) < _CONTRADICTED
    doubtful |= contradicted
    doubtful |= _worst(1 - np.where(doubtful, 1.0, confidence))
    count = int(doubtful.sum())
    likely = view.evidence >= LIKELY_FORM and not contradicted.any()
    complete = holds and likely and (count <= _MOST_WEAK or not scored)
    return Decoded(
        spec=layout.spec,
        lines=tuple("".join(ALPHABET[char] for char in line) for line in chars.tolist()),
        confidence=confidence,
        weak=tuple((int(line) + 1, int(column) + 1) for line, column in np.argwhere(doubtful)),
        repairs=_repairs(layout.spec, seen.argmax(axis=2), chars),
        score=log_mass + view.evidence,
        complete=complete,
        certain=complete and not count and view.evidence >= _CERTAIN_FORM and trusted and scored,
    )


def _worst(wrong: Floats) -> npt.NDArray[np.bool_]:
    """The places most probably wrong, so many that the others together hold `_EXPECTED_WRONG` at most."""
    rising = np.sort(wrong, axis=None)
    kept = int((rising.cumsum() <= _EXPECTED_WRONG).sum())
    return wrong > (rising[kept - 1] if kept else -1.0)


def _calibrate(probabilities: Floats) -> Floats:
    """What was seen, with room for the network's own mistakes; every character keeps some probability."""
    sharp = probabilities**SHARPNESS
    sharp /= sharp.sum(axis=2, keepdims=True)
    sure = 1 - _MISTAKEN_LOOK_ALIKE - _MISTAKEN
    softened: Floats = sure * sharp + _MISTAKEN_LOOK_ALIKE * (sharp @ _ALIKE) + _MISTAKEN / len(ALPHABET)
    return softened


def _look_alike_matrix() -> Floats:
    """[seen, printed]: which character was printed where a look-alike was seen; itself where it has none."""
    matrix = np.eye(len(ALPHABET))
    for group in LOOK_ALIKE:
        members = [ALPHABET.index(char) for char in group]
        for member in members:
            matrix[member] = 0.0
            matrix[member, [other for other in members if other != member]] = 1 / (len(members) - 1)
    return matrix


_ALIKE: Final = _look_alike_matrix()


@dataclass(frozen=True, slots=True, eq=False)
class _Explanation:
    """What one layout makes of what was seen; `log_mass` is its weight beside others, `free_mass` a part of it."""

    layout: Layout
    chars: Ints
    posterior: Floats
    log_mass: float
    free_mass: float


def _explain(seen: Floats) -> tuple[Layout, Ints, Floats, float, bool] | None:
    """Best layout, its characters, their posterior under all explanations, its weight, whether its digits hold."""
    lines, length, _ = seen.shape
    possible = layouts(lines, length)
    if not possible:
        return None
    first_look = [_within_alphabets(layout, seen) for layout in possible]
    kept = [layout for layout, mass in zip(possible, first_look, strict=True) if mass > max(first_look) - _HOPELESS]
    explanations = [_read_layout(layout, seen) for layout in kept]
    best = max(explanations, key=lambda one: one.log_mass)
    broken = max(explanations, key=lambda one: _unchecked_mass(one, seen))
    masses = np.array([one.log_mass for one in explanations] + [_unchecked_mass(broken, seen)])
    weights = np.exp(masses - masses.max())
    weights /= weights.sum()
    unchecked = seen * broken.layout.allowed
    unchecked /= unchecked.sum(axis=2, keepdims=True)
    parts = [one.posterior for one in explanations] + [unchecked]
    posterior = np.sum([weight * part for weight, part in zip(weights, parts, strict=True)], axis=0)
    if weights[-1] > 0.5:
        return broken.layout, unchecked.argmax(axis=2), posterior, float(masses[-1]), False
    return best.layout, best.chars, posterior, best.log_mass, True


def _within_alphabets(layout: Layout, seen: Floats) -> float:
    return float(np.log((seen * layout.allowed).sum(axis=2)).sum() + np.log(layout.prior))


def _read_within(seen: Floats, layout: Layout) -> Ints:
    """At each place the most probable of the characters that may stand there, by itself."""
    best: Ints = (seen * layout.allowed).argmax(axis=2)
    return best


def _under_check_digits(layout: Layout) -> npt.NDArray[np.bool_]:
    covered = np.zeros(layout.allowed.shape[:2], dtype=np.bool_)
    for place in layout.covered:
        covered[place] = True
    return covered


def _unchecked_mass(explanation: _Explanation, seen: Floats) -> float:
    """The weight of the same layout with check digits that do not hold."""
    layout = explanation.layout
    inside = np.log((seen * layout.allowed).sum(axis=2))
    covered = float(inside[_under_check_digits(layout)].sum())
    return covered + explanation.free_mass + float(np.log(layout.prior * _BROKEN_PRINT))


def _read_layout(layout: Layout, seen: Floats) -> _Explanation:
    chars = np.zeros(seen.shape[:2], dtype=np.intp)
    posterior = np.zeros_like(seen)
    checked = read_checked(layout, seen)
    for place, char in checked.chars.items():
        chars[place] = char
        posterior[place] = checked.posterior[place]
    free_mass = 0.0
    for field in layout.free:
        free = read_free(layout, field, seen)
        columns = slice(field.first - 1, field.last)
        chars[field.line - 1, columns] = free.chars
        posterior[field.line - 1, columns] = free.posterior
        free_mass += free.log_mass
    log_mass = checked.log_mass + free_mass + float(np.log(layout.prior))
    return _Explanation(layout, chars, posterior, log_mass, free_mass)


def _repairs(spec: FormatSpec, first_seen: Ints, chars: Ints) -> tuple[Repair, ...]:
    """Where the chosen character is not the one that was seen first."""
    return tuple(
        Repair(_field_at(spec, line, column), line, column, ALPHABET[first_seen[place]], ALPHABET[chars[place]])
        for place in map(tuple, np.argwhere(first_seen != chars).tolist())
        for line, column in [(place[0] + 1, place[1] + 1)]
    )


def _field_at(spec: FormatSpec, line: int, column: int) -> str:
    """The name of the field at a place; a check digit bears its field's."""
    for field in spec.fields:
        if field.line == line and field.first <= column <= field.last:
            return field.name
    return next(digit.field for digit in spec.check_digits if (digit.line, digit.position) == (line, column))
