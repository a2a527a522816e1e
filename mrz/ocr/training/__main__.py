"""`python -m mrz.ocr.training`: train for a number of seconds, write the model and its figures."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Final

import torch

from mrz.ocr.training.batches import VALIDATION, Press
from mrz.ocr.training.evaluate import fit_temperature, judge, score_batches, trust
from mrz.ocr.training.export import export
from mrz.ocr.training.network import Calibrated, LineNetwork, count_parameters
from mrz.ocr.training.teach import BATCH_SIZE, Progress, pressed, teach

DEFAULT_SECONDS: Final = 7200
DEFAULT_SEED: Final = 9303
_VALIDATION_BATCHES: Final = 24
_SNAPSHOT_SECONDS: Final = 900.0
#: A character counts as sure from this probability on.
_SURE: Final = 0.99
#: Kinds of errors that the figures list.
_CONFUSIONS: Final = 40
_FONT_FOLDERS: Final = ("/usr/share/fonts",)


def main(arguments: list[str] | None = None) -> int:
    """Train, judge, export; figures go to `--out` with the ending `.json`."""
    parser = argparse.ArgumentParser(prog="python -m mrz.ocr.training", description=__doc__)
    parser.add_argument("--seconds", type=float, default=DEFAULT_SECONDS, help="time for teaching")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--out", type=Path, required=True, help="the ONNX file to write")
    parser.add_argument("--fonts", type=Path, action="append", help="folder with font files, may be repeated")
    parser.add_argument("--commit", default="unknown", help="commit id of the code, for the metadata")
    parser.add_argument("--start", type=Path, help="weights (.pt of an earlier run) to go on from")
    chosen = parser.parse_args(arguments)
    folders = tuple(chosen.fonts or (Path(folder) for folder in _FONT_FOLDERS))
    torch.manual_seed(chosen.seed)
    torch.set_num_threads(1)
    network = LineNetwork()
    if chosen.start is not None:
        network.load_state_dict(torch.load(chosen.start, weights_only=True))
    try:
        clerk = _Clerk(chosen, folders)
    except FileNotFoundError as error:  # a font
        parser.exit(2, f"{error}\n")
    with pressed(chosen.seed, folders, BATCH_SIZE) as batches:
        averaged = teach(network, batches, chosen.seconds, on_progress=clerk.note)
    clerk.write(averaged)
    return 0


class _Clerk:
    """Reports progress, and writes the model now and then so that an interrupted run leaves its last one."""

    def __init__(self, chosen: argparse.Namespace, folders: tuple[Path, ...]) -> None:
        self._chosen = chosen
        press = Press(chosen.seed, folders, VALIDATION)
        self._validation = [press.batch(number, BATCH_SIZE) for number in range(_VALIDATION_BATCHES)]
        self._written = time.monotonic()
        self._batches = 0

    def note(self, progress: Progress, averaged: LineNetwork) -> None:
        """Called every hundred batches."""
        self._batches = progress.batches
        sys.stderr.write(f"{progress.batches} batches, {progress.share:.0%}, loss {progress.loss:.4f}\n")
        sys.stderr.flush()
        if time.monotonic() - self._written > _SNAPSHOT_SECONDS:
            self.write(averaged)

    def write(self, averaged: LineNetwork) -> None:
        """Judge the network on the held-out lines and write model, weights and figures."""
        scores = score_batches(averaged, self._validation)
        temperature = fit_temperature(self._validation, scores)
        result = judge(self._validation, scores)
        sure, wrong = trust(self._validation, scores, temperature, _SURE)
        figures = {
            "seed": self._chosen.seed,
            "commit": self._chosen.commit,
            "batches": self._batches,
            "batch_size": BATCH_SIZE,
            "seconds": self._chosen.seconds,
            "parameters": count_parameters(averaged),
            "temperature": round(temperature, 4),
            "validation_lines": result.lines,
            "validation_character_error_rate": round(result.error_rate, 5),
            "validation_exact_lines": round(result.exact_rate, 4),
            "validation_characters_sure": round(sure, 4),
            "validation_sure_but_wrong": round(wrong, 6),
        }
        data = export(Calibrated(averaged, temperature), {key: str(value) for key, value in figures.items()})
        out: Path = self._chosen.out
        out.write_bytes(data)
        torch.save(averaged.state_dict(), out.with_suffix(".pt"))
        table = {"confusions": result.confusions[:_CONFUSIONS]}
        out.with_suffix(".json").write_text(json.dumps(figures | table) + "\n")
        sys.stderr.write(json.dumps(figures) + "\n")
        self._written = time.monotonic()


if __name__ == "__main__":
    raise SystemExit(main())
