"""Teaching: CTC over the text, and the character at its middle, against a budget of seconds."""

from __future__ import annotations

import copy
import math
import multiprocessing
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mrz.ocr.line_image import ALPHABET
from mrz.ocr.training.batches import ANY_TARGET, Batch, Press
from mrz.ocr.training.network import LineNetwork

BATCH_SIZE: Final = 48
PEAK_RATE: Final = 4e-3
WEIGHT_DECAY: Final = 0.02
#: Share of the budget in which the rate rises.
_WARM_UP: Final = 0.06
#: Weight of the loss at the middles beside CTC's.
_MIDDLE_WEIGHT: Final = 0.5
_AVERAGING: Final = 0.998
_CODE: Final = {char: index + 1 for index, char in enumerate(ALPHABET)}
#: Batches that wait for the network; the seconds after which a silent producer counts as dead.
_WAITING: Final = 12
_PRODUCER_TIMEOUT: Final = 600.0
#: Seconds after which a producer without room looks whether anybody is there.
_LOOK_UP: Final = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands: batches seen, share of the budget spent, loss averaged over the last hundred batches."""

    batches: int
    share: float
    loss: float


def to_tensor(batch: Batch) -> Tensor:
    """Images as the network takes them."""
    images = torch.from_numpy(batch.images).unsqueeze(1).float() / 255
    return images.contiguous(memory_format=torch.channels_last)


def loss_of(scores: Tensor, batch: Batch) -> Tensor:
    """CTC for each character, and cross entropy where `batch.frames` names a target."""
    scores = scores.float()
    lengths = torch.tensor([len(text) for text in batch.texts])
    targets = torch.tensor([_CODE[char] for text in batch.texts for char in text])
    frames = torch.full((len(batch.texts),), scores.shape[1])
    log_probabilities = torch.log_softmax(scores, dim=2).transpose(0, 1)
    ctc = functional.ctc_loss(log_probabilities, targets, frames, lengths, reduction="none", zero_infinity=True)
    middles = functional.cross_entropy(
        scores.flatten(0, 1),
        torch.from_numpy(batch.frames).flatten(),
        ignore_index=ANY_TARGET,
    )
    return (ctc / lengths.clamp(min=8)).mean() + _MIDDLE_WEIGHT * middles


def teach(
    network: LineNetwork,
    batches: Iterator[Batch],
    seconds: float,
    *,
    on_progress: Callable[[Progress, LineNetwork], None] = lambda progress, averaged: None,
) -> LineNetwork:
    """Teach `network` for about `seconds` and return the running average of its weights.

    The rate rises and falls with the share of the budget that is spent, so a run on a busy machine sees fewer
    batches but ends as calmly. `on_progress` is called every hundred batches.
    """
    network.train()
    network.to(memory_format=torch.channels_last)
    averaged = copy.deepcopy(network)
    averaged.eval()
    optimiser = torch.optim.AdamW(network.parameters(), lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
    started = time.monotonic()
    losses: list[float] = []
    for seen, batch in enumerate(batches, 1):
        share = (time.monotonic() - started) / seconds
        if share >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = PEAK_RATE * _rate(share)
        optimiser.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores = network(to_tensor(batch))
        loss = loss_of(scores, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        _average(averaged, network, min(_AVERAGING, seen / (seen + 10)))
        losses.append(float(loss.detach()))
        if seen % 100 == 0:
            on_progress(Progress(seen, share, float(np.mean(losses[-100:]))), averaged)
    return averaged


def _rate(share: float) -> float:
    """One cycle: up in the first part, then down along a cosine."""
    if share < _WARM_UP:
        return 0.05 + 0.95 * share / _WARM_UP
    return 0.002 + 0.998 * (1 + math.cos(math.pi * (share - _WARM_UP) / (1 - _WARM_UP))) / 2


def _average(averaged: LineNetwork, network: LineNetwork, keep: float) -> None:
    # A state dict holds detached tensors.
    for mean, value in zip(averaged.state_dict().values(), network.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(value, 1 - keep)
        else:
            mean.copy_(value)


@contextmanager
def pressed(seed: int, folders: tuple[Path, ...], size: int) -> Iterator[Iterator[Batch]]:
    """Training batches from a process of their own, in order."""
    context = multiprocessing.get_context("spawn")
    waiting: multiprocessing.Queue[Batch] = context.Queue(_WAITING)
    producer = context.Process(target=_produce, args=(waiting, seed, folders, size), daemon=True)
    producer.start()
    try:
        yield _take(waiting)
    finally:
        producer.terminate()
        producer.join()


def _produce(waiting: multiprocessing.Queue[Batch], seed: int, folders: tuple[Path, ...], size: int) -> None:
    parent = multiprocessing.parent_process()
    for batch in Press(seed, folders).batches(size):
        while True:
            try:
                waiting.put(batch, timeout=_LOOK_UP)
                break
            except queue.Full:
                if parent is None or not parent.is_alive():  # killed: nobody takes batches any more
                    return


def _take(waiting: multiprocessing.Queue[Batch]) -> Iterator[Batch]:
    """Batches as they come; `queue.Empty` if the producer has ended."""
    while True:
        yield waiting.get(timeout=_PRODUCER_TIMEOUT)
