"""Judging a network on lines it has not seen, and calibrating it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mrz.ocr.training.batches import Batch
from mrz.ocr.training.differences import Scores, compare, read_greedily
from mrz.ocr.training.network import LineNetwork
from mrz.ocr.training.teach import to_tensor

_TEMPERATURES: Final = np.geomspace(0.5, 3.0, 60)


def score_batches(network: LineNetwork, batches: Sequence[Batch]) -> list[Tensor]:
    """Scores before softmax of each batch, float32."""
    network.eval()
    with torch.no_grad():
        return [network(to_tensor(batch)) for batch in batches]


def judge(batches: Sequence[Batch], scores: Sequence[Tensor]) -> Scores:
    """Best-path readings against the texts."""
    pairs = [
        (text, read_greedily(row.numpy()))
        for batch, rows in zip(batches, scores, strict=True)
        for text, row in zip(batch.texts, rows, strict=True)
    ]
    return compare(pairs)


def fit_temperature(batches: Sequence[Batch], scores: Sequence[Tensor]) -> float:
    """The temperature under which the characters at their middles are most likely."""
    rows, targets = _middles(batches, scores)
    losses = [float(functional.cross_entropy(rows / float(t), targets)) for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def trust(
    batches: Sequence[Batch], scores: Sequence[Tensor], temperature: float, bound: float
) -> tuple[float, float]:
    """The share of middles whose best output has a probability of at least `bound`, and how many of these err."""
    rows, targets = _middles(batches, scores)
    best = torch.softmax(rows / temperature, dim=1).max(dim=1)
    sure = best.values >= bound
    wrong = best.indices[sure] != targets[sure]
    return float(sure.float().mean()), float(wrong.float().mean()) if len(wrong) else 0.0


def _middles(batches: Sequence[Batch], scores: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Scores at the frames of characters' middles, and the outputs that are right there."""
    frames = [torch.from_numpy(batch.frames) for batch in batches]
    rows = torch.cat([values[targets > 0] for values, targets in zip(scores, frames, strict=True)])
    return rows, torch.cat([targets[targets > 0] for targets in frames])
