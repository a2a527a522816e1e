"""The network: columns of a line image in, scores of blank and alphabet out, one row for every `STRIDE` columns.

Fully convolutional. A frame sees about four characters to either side: enough to judge pitch and height, too little
to learn what zones say.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn

from mrz.ocr.recognise import OUTPUTS

#: Channels of the three stages (16, 8 and 4 rows high) and of the row at the end.
_CHANNELS: Final = (32, 64, 96, 128)
#: Distances, in frames, at which the row looks at its neighbours.
_DILATIONS: Final = (1, 2, 3)


class _Step(nn.Sequential):
    """Convolution, normalisation, rectifier."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int] = (3, 3),
        stride: tuple[int, int] = (1, 1),
        padding: tuple[int, int] = (1, 1),
        dilation: tuple[int, int] = (1, 1),
    ) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class _Residual(nn.Module):
    """Two steps, added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _Step(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.normal = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.normal(self.second(self.first(x))))


class _Along(nn.Module):
    """One step along the row, added to what came in."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.step = _Step(channels, channels, (1, 3), padding=(0, dilation), dilation=(1, dilation))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.step(x)


class LineNetwork(nn.Module):
    """(N, 1, 32, W) in 0..1 to scores (N, W / STRIDE, 38)."""

    def __init__(self) -> None:
        super().__init__()
        fine, middle, coarse, row = _CHANNELS
        self.body = nn.Sequential(
            _Step(1, fine, stride=(2, 2)),
            _Step(fine, middle, stride=(2, 2)),
            _Residual(middle),
            _Residual(middle),
            _Step(middle, coarse, stride=(2, 1)),
            _Residual(coarse),
            _Residual(coarse),
            _Step(coarse, row, (4, 1), padding=(0, 0)),
            *(_Along(row, dilation) for dilation in _DILATIONS),
        )
        self.head = nn.Conv2d(row, OUTPUTS, 1)

    def forward(self, lines: Tensor) -> Tensor:
        """Scores before softmax; ink counts, paper is about zero as the frame around the image is."""
        scores: Tensor = self.head(self.body(1 - lines))
        return scores.squeeze(2).transpose(1, 2)


class Calibrated(nn.Module):
    """A trained network with its temperature: log-probabilities out. This is what is exported."""

    def __init__(self, network: LineNetwork, temperature: float) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature

    def forward(self, lines: Tensor) -> Tensor:
        """(N, 1, 32, W) in 0..1 to log-probabilities (N, W / STRIDE, 38)."""
        return torch.log_softmax(self.network(lines) / self.temperature, dim=2)


def count_parameters(network: nn.Module) -> int:
    """Trainable numbers."""
    return sum(parameter.numel() for parameter in network.parameters())
