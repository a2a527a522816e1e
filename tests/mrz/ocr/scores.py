"""Outputs of an imagined network for lines that the tests know."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mrz.ocr.decode import SHARPNESS
from mrz.ocr.line_image import ALPHABET, CHARACTER_WIDTH, MARGIN, STRIDE

Floats = npt.NDArray[np.float64]

#: What a network that fails takes for what (0 for O and so on); the rest goes to anything.
CONFUSED = {"0": "ODQ", "O": "0DQ", "1": "IL", "I": "1L", "2": "Z", "5": "S", "8": "B", "B": "8", "<": "KC", "6": "G"}


def log_probabilities(
    text: str,
    rng: np.random.Generator,
    *,
    mistakes: float = 0.0,
    sureness: float = 15.0,
    noise: float = 1.0,
    pitch: float = CHARACTER_WIDTH / STRIDE,
    left: float = MARGIN / STRIDE + 1.5,
    drop: tuple[int, ...] = (),
) -> Floats:
    """A CTC output (T, 38) for a printed line.

    Args:
        text: What is printed.
        rng: Where noise comes from.
        mistakes: How often another character is seen as well, more or less clearly than the right one; it is right
            as often as the scores say once they are calibrated as those of the network are.
        sureness: Logit of what is seen above all else.
        noise: Standard deviation of every logit.
        pitch: Columns from one character to the next.
        left: Column of the first character.
        drop: Indices of characters that the network merges with the one before.
    """
    columns = round(2 * left + pitch * (len(text) - 1))
    logits = np.zeros((columns, len(ALPHABET) + 1))
    logits[:, 0] = sureness
    for index, char in enumerate(text):
        if index in drop:
            continue
        column = round(left + pitch * index + rng.normal(0, 0.15))
        logits[column, 0] = 0.0
        logits[column, 1 + ALPHABET.index(char)] = sureness
        if rng.random() < mistakes:
            other = rng.choice(list(CONFUSED.get(char, ALPHABET)))
            advantage = abs(rng.normal(0, 2))
            if rng.random() > 1 / (1 + np.exp(-SHARPNESS * advantage)):
                advantage = -advantage
            if other != char:
                logits[column, 1 + ALPHABET.index(other)] = sureness - advantage
    logits += rng.normal(0, noise, logits.shape)
    peaks: Floats = logits - logits.max(axis=1, keepdims=True)
    return peaks - np.log(np.exp(peaks).sum(axis=1, keepdims=True))


def greedy(scores: Floats) -> str:
    """What the network says by itself: the best of each column, repetitions and blanks taken out."""
    best = scores.argmax(axis=1)
    kept = [symbol for before, symbol in zip([0, *best], best, strict=False) if symbol not in (0, before)]
    return "".join(ALPHABET[symbol - 1] for symbol in kept)
