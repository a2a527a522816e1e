"""A taught network as an ONNX file that carries where it came from."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import Final

import numpy as np
import onnx
import torch

from mrz.ocr.line_image import LINE_HEIGHT
from mrz.ocr.recognise import Recogniser
from mrz.ocr.training.network import Calibrated

OPSET: Final = 17
#: What ONNX and PyTorch may differ by, in log-probability.
TOLERANCE: Final = 1e-4
_CHECKED: Final = ((1, 64), (3, 276), (2, 704))


class ExportError(Exception):
    """The exported file does not say what the network says."""


def export(network: Calibrated, metadata: Mapping[str, str]) -> bytes:
    """The network as ONNX (inputs `lines`, output `log_probabilities`, any N and W), checked against PyTorch.

    Raises:
        ExportError: Outputs differ by more than `TOLERANCE`.
    """
    network.eval()
    file = io.BytesIO()
    with warnings.catch_warnings():
        # PyTorch calls this exporter legacy; the other one needs further packages.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            (torch.zeros(1, 1, LINE_HEIGHT, 128),),
            file,
            dynamo=False,
            opset_version=OPSET,
            input_names=["lines"],
            output_names=["log_probabilities"],
            dynamic_axes={"lines": {0: "n", 3: "w"}, "log_probabilities": {0: "n", 1: "t"}},
        )
    model = onnx.load_from_string(file.getvalue())
    onnx.helper.set_model_props(model, dict(metadata))
    data = bytes(model.SerializeToString())
    _require_equal(network, data)
    return data


def _require_equal(network: Calibrated, data: bytes) -> None:
    session = Recogniser.of(data).session
    for count, width in _CHECKED:
        lines = torch.rand((count, 1, LINE_HEIGHT, width), generator=torch.Generator().manual_seed(width))
        with torch.no_grad():
            ours = network(lines).numpy()
        theirs = session.run(None, {"lines": lines.numpy()})[0]
        difference = float(np.abs(theirs - ours).max())
        if difference > TOLERANCE:
            raise ExportError(f"ONNX and PyTorch differ by {difference}")
