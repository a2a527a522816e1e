"""The readers that are compared: our own as the service runs it, and peers in environments of their own."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import mrz
from mrz.errors import MrzFormatError
from service.bench.grammar import mend
from service.bench.processes import cpu_seconds, peak_kib
from service.bench.score import Attempt
from service.domain.mrz_capture import CaptureStatus
from service.domain.photo import judge_photo
from service.domain.ports import MrzReader

_PEERS: Final = Path(__file__).with_name("peers")
#: One core means one thread, for libraries that would start more.
_SINGLE_THREADED: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_THREAD_LIMIT"), "1"
)


class PeerError(Exception):
    """A peer that cannot be started, or that ended."""


class Reader(Protocol):
    """Something that reads photos, and says what it costs."""

    @property
    def name(self) -> str: ...
    def read(self, image: bytes) -> Attempt: ...
    def peak_kib(self) -> int | None:
        """The largest memory so far, KiB; None where the system does not say."""
        ...


class MeasuredReader(MrzReader, Protocol):
    """A photo reader in processes that can be measured."""

    def processes(self) -> tuple[int, ...]: ...


class OwnReader:
    """Our reader through the port of the service, its process included."""

    def __init__(self, name: str, reader: MeasuredReader, today: date) -> None:
        self.name: Final = name
        self._reader = reader
        self._today = today
        self._peak: int | None = None

    def read(self, image: bytes) -> Attempt:
        processes = self._reader.processes()
        before = _cpu(processes)
        started = time.perf_counter()
        examination = self._reader.examine([image], self._today)
        seconds = time.perf_counter() - started
        # A process that was replaced meanwhile has taken its numbers with it.
        after = _cpu(processes)
        spent = None if before is None or after is None else after - before
        peaks = (self._peak, *map(peak_kib, processes))
        self._peak = max((peak for peak in peaks if peak is not None), default=None)
        lines = None if examination.reading is None else examination.reading.document.lines
        return Attempt(lines, judge_photo(examination) is CaptureStatus.ACCEPTED, seconds, spent)

    def peak_kib(self) -> int | None:
        return self._peak


class Peer:
    """Another reader, driven through lines of JSON (`peers/README.md`). It says nothing of its doubts, so what it
    hands over counts as sure if its check digits hold.

    Args:
        name: a script in `peers`, without its suffix.
        python: the interpreter of the environment where that reader is installed.

    Raises:
        PeerError: it cannot be started.
    """

    def __init__(self, name: str, python: Path, today: date) -> None:
        script = _PEERS / f"{name}.py"
        if not script.is_file():
            raise PeerError(f"there is no peer {name}; known are {', '.join(known_peers())}")
        self.name: Final = name
        self._command = (str(python), "-I", str(script))
        self._today = today
        self._peak: int | None = None
        self._process = self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, image: bytes) -> Attempt:
        with tempfile.NamedTemporaryFile(prefix="passkoll-bench-", suffix=_suffix(image)) as file:
            file.write(image)
            file.flush()
            process = (self._process.pid,)
            before = _cpu(process)
            started = time.perf_counter()
            answer = self._ask(file.name)
            seconds = time.perf_counter() - started
            after = _cpu(process)
        self._peak = answer.get("peak_kib", self._peak)
        lines, sure = self._believed(answer.get("lines"))
        return Attempt(lines, sure, seconds, None if before is None or after is None else after - before)

    def peak_kib(self) -> int | None:
        return self._peak

    def _believed(self, lines: Sequence[str] | None) -> tuple[tuple[str, ...] | None, bool]:
        """The lines with the help of `grammar`, and whether all check digits hold."""
        if not lines:
            return None, False
        mended = mend(lines)
        try:
            return mended, mrz.parse("\n".join(mended), today=self._today).valid
        except MrzFormatError:
            return mended, False

    def _ask(self, path: str) -> dict[str, Any]:
        """The answer; a peer that dies of a picture read nothing, and is started anew."""
        try:
            return self._answer(self._process, {"path": path})
        except (OSError, ValueError):
            self._process.kill()
            self._process.communicate()
            self._process = self._start()
            return {}

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603 the interpreter is the operator's choice
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | _SINGLE_THREADED,
            )
            self._answer(process)
        except (OSError, ValueError) as error:
            raise PeerError(f"{self.name} cannot be started; run its script by hand to see why") from error
        return process

    @staticmethod
    def _answer(process: subprocess.Popen[bytes], request: dict[str, Any] | None = None) -> dict[str, Any]:
        """The next line of a process.

        Raises:
            OSError, ValueError: there is none, or none that can be read.
        """
        if process.stdin is None or process.stdout is None:
            raise ValueError("no pipes")
        if request is not None:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        answer: dict[str, Any] = json.loads(process.stdout.readline())
        return answer


def _cpu(processes: Sequence[int]) -> float | None:
    """Time on a processor of all of them; None if one of them is not there."""
    spent = [cpu_seconds(process) for process in processes]
    known = [seconds for seconds in spent if seconds is not None]
    return sum(known) if known and len(known) == len(spent) else None


def _suffix(image: bytes) -> str:
    """The ending of a file's name, by which some readers choose their decoder."""
    if image.startswith(b"\x89PNG"):
        return ".png"
    return ".webp" if image.startswith(b"RIFF") else ".jpg"


def known_peers() -> list[str]:
    """The scripts that there are."""
    return sorted(path.stem for path in _PEERS.glob("*.py") if path.stem != "__init__")
