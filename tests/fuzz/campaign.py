"""A run of one target in a process of its own, because libFuzzer ends the process that it runs in."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.conftest import ROOT
from tests.fuzz import seeds
from tests.fuzz.promises import MAX_INPUT

#: Memory of the process in MiB, instrumented code and seeds included; a quiet run stays below 200.
_MEMORY: Final = 1024
_COVERAGE: Final = re.compile(r"^#(\d+)\s+(INITED|DONE)\s+cov: (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: `found` holds each input that broke a promise; `covered` counts places before and after."""

    target: str
    ended_well: bool
    runs: int
    covered: tuple[int, int]
    found: tuple[bytes, ...]
    output: str

    def report(self) -> str:
        """What a person needs: the inputs in hexadecimal, and the trace of the last."""
        inputs = "\n".join(f"input: {data.hex()}" for data in self.found)
        return f"{self.target}: {len(self.found)} inputs found\n{inputs}\n{self.output[-4000:]}"


def available() -> bool:
    """Whether atheris is installed; it has wheels for Linux on x86_64 alone."""
    return find_spec("atheris") is not None


def run(
    target: str, folder: Path, *, seconds: int, runs: int = -1, seed: int = 0, start: tuple[bytes, ...] | None = None
) -> Outcome:
    """Fuzz one target; `folder` keeps its corpus and what was found, for the next run.

    Args:
        target: a name of `TARGETS` or `BROKEN`.
        folder: made if it is not there.
        seconds: at most.
        runs: inputs at most; -1 for no bound.
        seed: of the mutations; 0 draws one.
        start: seeds; by default the specimens of the target.
    """
    corpus, begin, found = (folder / name for name in ("corpus", "seeds", "found"))
    for each in (corpus, begin, found):
        each.mkdir(parents=True, exist_ok=True)
    for data in seeds.specimen(target) if start is None else start:
        (begin / hashlib.sha256(data).hexdigest()).write_bytes(data)
    options = [
        f"-max_total_time={seconds}",
        f"-runs={runs}",
        f"-seed={seed}",
        f"-max_len={MAX_INPUT}",
        f"-rss_limit_mb={_MEMORY}",
        "-timeout=20",
        f"-artifact_prefix={found}/",
    ]
    command = [sys.executable, "-m", "tests.fuzz.harness", target, *options, str(corpus), str(begin)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    output = done.stderr + done.stdout  # the trace comes last
    counted = {word: (int(number), int(places)) for number, word, places in _COVERAGE.findall(output)}
    executed, after = counted.get("DONE", (0, 0))
    return Outcome(
        target,
        done.returncode == 0,
        executed,
        (counted.get("INITED", (0, 0))[1], after),
        tuple(path.read_bytes() for path in sorted(found.iterdir())),
        output,
    )
