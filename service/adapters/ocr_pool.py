"""The photo reader as processes of their own, which are stopped at their limits and replaced (`ocr_worker`)."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import structlog

from service.adapters.ocr_answer import Pictures, read_answer, read_sizes
from service.adapters.ocr_worker import WITH_PROGRAMS, read_frame, write_frame
from service.domain.errors import ProblemCode, ServiceError
from service.domain.photo import ImageFault, PhotoAdvice, PhotoExamination
from service.log import named

log: Final = structlog.get_logger("passkoll.photos")

#: What a process inherits: where programs and our own modules are, and nothing that names a secret.
_INHERITED: Final = ("PATH", "PYTHONPATH", "LANG", "TESSDATA_PREFIX")
#: One thread each: the number of processes says how many cores are used.
_SINGLE_THREADED: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_THREAD_LIMIT"), "1"
)
#: How long a process that was told to end may take.
_FAREWELL_S: Final = 2.0
#: When to come back after the queue was full; a photo takes a tenth of it.
_RETRY_AFTER_S: Final = 2


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How long the pool waits, and for how many. Seconds."""

    #: Until a new process has loaded its libraries and the model; usually below one.
    start_s: float = 30.0
    #: For each picture; usually a tenth of a second, two seconds for the slowest that the decoder takes.
    picture_s: float = 8.0
    #: Requests that may wait for each process; more would only time out at the phone.
    waiting: int = 8
    #: Answers of a process before it is replaced, so that what native code leaks stays small.
    answers: int = 500


class OcrPool:
    """Answers `service.domain.ports.MrzReader` from processes beside this one.

    Args:
        workers: processes, and so cores; each reads one document at a time.
        engine: the name that `ocr_examine` knows.
        limits: time and number.
        command: what runs instead of `ocr_worker`, for tests.
    """

    def __init__(
        self,
        workers: int = 1,
        *,
        engine: str = "onnx",
        limits: PoolLimits | None = None,
        command: Sequence[str] | None = None,
    ) -> None:
        self._command = tuple(command or (sys.executable, "-P", "-m", "service.adapters.ocr_worker", engine))
        self._limits = limits or PoolLimits()
        self._seats = threading.BoundedSemaphore(workers * (1 + self._limits.waiting))
        self._places: queue.Queue[_Place] = queue.Queue()
        self._all = tuple(
            _Place(self._command, self._limits, with_files=engine in WITH_PROGRAMS) for _ in range(workers)
        )
        for place in self._all:
            self._places.put(place)
        self._closed = False

    def start(self) -> None:
        """Start the processes now, so that the first photo does not wait for them. Returns at once."""
        for place in self._all:
            place.prepare()

    def close(self) -> None:
        """End every process, the busy ones too."""
        self._closed = True
        for place in self._all:
            place.end()

    def processes(self) -> tuple[int, ...]:
        """The processes that there are now, for those who measure them."""
        return tuple(process for place in self._all if (process := place.process) is not None)

    def examine(self, images: Sequence[bytes], today: date) -> PhotoExamination:
        """Read photos of one document.

        Raises:
            ServiceError: `too_many_requests`: others wait already; `not_ready`: no process can be started.
        """
        with self._place() as place:
            if self._closed:
                raise ServiceError(ProblemCode.NOT_READY, retry_after_s=_RETRY_AFTER_S)
            try:
                return read_answer(*place.ask(images, today), today)
            except _WorkerFailedError as failure:
                log.warning("the process of the photo reader was replaced", status=failure.status)
            except ValueError:
                place.end()
                log.warning("the process of the photo reader did not make sense and was replaced")
            finally:
                if not self._closed:
                    place.prepare()
        return PhotoExamination(None, (PhotoAdvice.NO_MRZ,), ImageFault.READER_FAILED)

    @contextmanager
    def _place(self) -> Iterator[_Place]:
        """A place of our own at one process, first come, first served."""
        if not self._seats.acquire(blocking=False):
            raise ServiceError(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=_RETRY_AFTER_S)
        try:
            place = self._places.get()
            try:
                yield place
            finally:
                self._places.put(place)
        finally:
            self._seats.release()


class _WorkerFailedError(Exception):
    """The process ended before it answered; `status` as `subprocess` gives it, negative for a signal."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__("the process ended")


class _Place:
    """Where one process stands, one after the other. Used by one thread at a time, but for `end`.

    `with_files`: the process may have temporary files; nobody else can read them, and they end with it.
    """

    def __init__(self, command: Sequence[str], limits: PoolLimits, *, with_files: bool) -> None:
        self._command = command
        self._limits = limits
        self._with_files = with_files
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False
        self._answers = 0

    @property
    def process(self) -> int | None:
        """The id of the process that stands here now."""
        return None if self._process is None else self._process.pid

    def prepare(self) -> None:
        """Have a process that is alive and not worn out; it loads its libraries while nobody waits."""
        if self._answers >= self._limits.answers:
            self.end()
        if self._process is not None and self._process.poll() is None:
            return
        self.end()
        self._ready, self._answers = False, 0
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="passkoll-photo-") if self._with_files else None
            self._process = subprocess.Popen(  # noqa: S603 our own module
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**worker_environment(), **self._files()},
                start_new_session=True,  # Ctrl-C at the terminal is for the service, which then ends this one
            )
        except OSError as error:
            log.error("no process can be started for the photo reader", **named(error))

    def ask(self, images: Sequence[bytes], today: date) -> tuple[dict[str, Any], Pictures]:
        """The answer of the process, and the pictures that came with it.

        Raises:
            ServiceError: `not_ready`: it cannot even start.
            _WorkerFailedError: it ended, or was killed at its time limit.
            ValueError: it answers nonsense.
        """
        self.prepare()
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise ServiceError(ProblemCode.NOT_READY, retry_after_s=_RETRY_AFTER_S)
        if not self._ready:
            with self._at_most(process, self._limits.start_s):
                self._ready = bool(read_frame(process.stdout))
            if not self._ready:
                log.error("the process of the photo reader does not start", status=_status(process))
                raise ServiceError(ProblemCode.NOT_READY, retry_after_s=_RETRY_AFTER_S)
        answer, pictures = None, {}
        with self._at_most(process, self._limits.picture_s * len(images)), suppress(OSError):
            write_frame(process.stdin, {"today": today.isoformat(), "sizes": [len(image) for image in images]})
            for image in images:
                process.stdin.write(image)
            process.stdin.flush()
            answer = read_frame(process.stdout)
            sizes = {} if answer is None else read_sizes(answer)
            pictures = {kind: process.stdout.read(size) for kind, size in sizes.items()}
            if any(len(pictures[kind]) < size for kind, size in sizes.items()):
                answer = None
        if answer is None:
            raise _WorkerFailedError(_status(process))
        self._answers += 1
        return answer, pictures

    def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        folder, self._folder = self._folder, None
        if process is not None:
            _end(process)
        if folder is not None:
            folder.cleanup()

    def _files(self) -> Mapping[str, str]:
        """Where the process and its programs put temporary files and caches."""
        return {} if self._folder is None else dict.fromkeys(("TMPDIR", "MPLCONFIGDIR"), self._folder.name)

    @contextmanager
    def _at_most(self, process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
        """Kill the process when the time is over: whoever waits at its pipes then meets their end."""
        timer = threading.Timer(seconds, _kill, (process,))
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, close its pipes and forget it."""
    _kill(process)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and every program that it started: it leads a group of its own."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _status(process: subprocess.Popen[bytes]) -> int:
    """How a process ended whose answers have ended."""
    try:
        return process.wait(_FAREWELL_S)
    except subprocess.TimeoutExpired:
        _kill(process)
        return process.wait()


def worker_environment() -> Mapping[str, str]:
    """What a process that looks at pictures is told of this machine."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | _SINGLE_THREADED
