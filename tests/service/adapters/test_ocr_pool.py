"""The reader's processes: whatever one of them does, the service answers, and the next photo is read."""

from __future__ import annotations

import os
import select
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from service.adapters.ocr_pool import OcrPool, PoolLimits
from service.adapters.ocr_worker import MEMORY_LIMIT
from service.domain.errors import ProblemCode, ServiceError
from service.domain.photo import ImageFault, PhotoAdvice, PhotoExamination
from tests.service.adapters.ocr_stub import LINES

TODAY = date(2026, 11, 24)
STUB = (sys.executable, "-m", "tests.service.adapters.ocr_stub")
FAILED = PhotoExamination(None, (PhotoAdvice.NO_MRZ,), ImageFault.READER_FAILED)

Open = Callable[..., OcrPool]


@pytest.fixture
def pool_of() -> Iterator[Open]:
    """Pools over the stub, closed at the end of the test."""
    opened: list[OcrPool] = []

    def open_pool(*arguments: str, workers: int = 1, **limits: float) -> OcrPool:
        opened.append(OcrPool(workers, limits=PoolLimits(**limits), command=(*STUB, *arguments)))
        return opened[-1]

    yield open_pool
    for pool in opened:
        pool.close()


def process_of(pool: OcrPool) -> str:
    """The process that answers now."""
    reading = pool.examine([b"process"], TODAY).reading
    assert reading is not None
    return reading.engine


def test_a_reading_comes_through_whole(pool_of: Open) -> None:
    reading = pool_of().examine([b"lines " + "|".join(LINES).encode()], TODAY).reading
    assert reading is not None
    assert reading.document.lines == LINES
    assert (reading.document.valid, reading.certain, reading.weak, reading.engine) == (True, True, (), "stub")
    assert [len(line) for line in reading.confidence] == [44, 44]
    assert reading.quad == ((1, 2), (30, 2), (30, 9), (1, 9))
    assert "ERIKSSON" not in repr(reading)


def test_all_pictures_of_a_document_go_together(pool_of: Open) -> None:
    pool = pool_of()
    assert pool.examine([b"count"], TODAY).advice == (PhotoAdvice.NO_MRZ,)
    assert pool.examine([b"count", b"", b"x" * 3_000_000], TODAY).advice == (PhotoAdvice.CUT_OFF,)


@pytest.mark.parametrize("picture", [b"die", b"raise", b"memory 900000000"])
def test_a_process_that_dies_costs_one_photo(pool_of: Open, picture: bytes) -> None:
    pool = pool_of()
    first = process_of(pool)
    assert pool.examine([picture], TODAY) == FAILED
    assert process_of(pool) != first


def test_a_photo_within_the_memory_limit_is_read(pool_of: Open) -> None:
    """The limit is on what a process asks for: half of it is there, the whole of it beside what is loaded is not."""
    pool = pool_of()
    assert pool.examine([b"memory %d" % (MEMORY_LIMIT // 2)], TODAY).advice == (PhotoAdvice.TOO_SMALL,)
    assert pool.examine([b"memory %d" % MEMORY_LIMIT], TODAY) == FAILED


def test_a_process_that_hangs_is_stopped(pool_of: Open) -> None:
    pool = pool_of(picture_s=0.5)
    first = process_of(pool)
    started = time.monotonic()
    assert pool.examine([b"sleep 60"], TODAY) == FAILED
    assert time.monotonic() - started < 10
    assert process_of(pool) != first


def test_each_picture_has_its_time(pool_of: Open) -> None:
    pool = pool_of(picture_s=1.0)
    assert pool.examine([b"sleep 1.5", b"", b"", b""], TODAY).fault is None


def test_it_cannot_write_a_file(pool_of: Open, tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert pool_of().examine([b"write " + os.fsencode(file)], TODAY) == FAILED
    assert not file.exists() or file.read_bytes() == b""


@pytest.mark.parametrize(
    "answer",
    [
        b"[]",
        b"{}",
        b'{"reading": null}',
        b'{"reading": null, "advice": ["sell the passport"]}',
        b'{"fault": "no such fault"}',
        b'{"reading": {}, "advice": []}',
        b'{"reading": "text", "advice": []}',
        b'{"reading": {"lines": ["A", "B"]}, "advice": []}',
    ],
)
def test_nonsense_is_never_believed(pool_of: Open, answer: bytes) -> None:
    pool = pool_of()
    first = process_of(pool)
    assert pool.examine([b"answer " + answer], TODAY) == FAILED
    assert process_of(pool) != first


@pytest.mark.parametrize(
    "noise",
    [b"\xff\xff\xff\xff", b"\x00\x00\x00\x02{]", b"\x00\x00\xff\x00" + b"[" * 65_280],
    ids=["too long", "no JSON", "too deep"],
)
def test_frames_that_are_none_end_the_process(pool_of: Open, noise: bytes) -> None:
    pool = pool_of("loud")
    first = process_of(pool)
    assert pool.examine([b"noise " + noise], TODAY) == FAILED
    assert process_of(pool) != first


def test_what_a_library_prints_is_no_answer(pool_of: Open) -> None:
    assert pool_of().examine([b"noise " + b"\x00\x00\x00\x02{}"], TODAY).fault is None


def test_a_process_is_replaced_after_its_number_of_answers(pool_of: Open) -> None:
    pool = pool_of(answers=3)
    seen = [process_of(pool) for _ in range(7)]
    assert [seen.count(process) for process in dict.fromkeys(seen)] == [3, 3, 1]


def test_a_reader_that_cannot_start_is_said(pool_of: Open) -> None:
    with pytest.raises(ServiceError) as caught:
        pool_of("broken").examine([b"nothing"], TODAY)
    assert (caught.value.code, caught.value.retry_after_s) == (ProblemCode.NOT_READY, 2)


def test_a_program_that_is_not_there_is_said() -> None:
    pool = OcrPool(command=("/no/such/program",))
    pool.start()
    with pytest.raises(ServiceError, match="not_ready"):
        pool.examine([b"nothing"], TODAY)
    pool.close()


def test_a_process_that_died_in_idleness_costs_nothing(pool_of: Open) -> None:
    pool = pool_of()
    os.kill(int(process_of(pool)[1:]), signal.SIGKILL)
    time.sleep(0.1)
    assert pool.examine([b"nothing"], TODAY).fault is None


def test_a_full_queue_is_refused_at_once(pool_of: Open) -> None:
    pool = pool_of(waiting=1, picture_s=30.0)
    process_of(pool)
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(pool.examine, [b"sleep 1"], TODAY) for _ in range(2)]
        time.sleep(0.3)
        started = time.monotonic()
        with pytest.raises(ServiceError) as caught:
            pool.examine([b"nothing"], TODAY)
        assert (caught.value.code, caught.value.retry_after_s) == (ProblemCode.TOO_MANY_REQUESTS, 2)
        assert time.monotonic() - started < 0.5
        assert [done.result().fault for done in waiting] == [None, None]
    assert pool.examine([b"nothing"], TODAY).advice == (PhotoAdvice.GLARE,)


def test_several_processes_read_at_the_same_time(pool_of: Open) -> None:
    pool = pool_of(workers=2)
    pool.start()
    with ThreadPoolExecutor(2) as threads:
        slow = threads.submit(pool.examine, [b"sleep 2"], TODAY)
        time.sleep(0.2)
        assert pool.examine([b"nothing"], TODAY).advice == (PhotoAdvice.GLARE,)
        assert not slow.done()


def test_closing_ends_the_busy_ones_too(pool_of: Open) -> None:
    pool = pool_of(picture_s=60.0)
    process = int(process_of(pool)[1:])
    busy = threading.Thread(target=pool.examine, args=([b"sleep 60"], TODAY))
    busy.start()
    time.sleep(0.3)
    pool.close()
    busy.join(10)
    assert not busy.is_alive()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    with pytest.raises(ServiceError, match="not_ready"):
        pool.examine([b"nothing"], TODAY)
    pool.close()


def test_a_process_knows_no_secret_of_the_service(pool_of: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSKOLL_DATABASE_URL", "postgresql://user:secret@host/db")
    environment = Path(f"/proc/{process_of(pool_of())[1:]}/environ").read_bytes()
    assert b"secret" not in environment
    assert b"OMP_NUM_THREADS=1" in environment


def test_programs_and_their_files_end_with_the_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second engine starts Tesseract, which finds the page in a file: both go when the time is over."""
    files, seen = tmp_path / "files", tmp_path / "seen"
    files.mkdir()
    seen.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(files))
    pool = OcrPool(engine="passporteye", limits=PoolLimits(picture_s=2.0), command=STUB)
    pool.start()
    (folder,) = files.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    assert pool.examine([b"program " + os.fsencode(seen)], TODAY) == FAILED
    (program,) = (int(file.name) for file in seen.iterdir())
    assert ended(program)
    assert not folder.exists()
    pool.close()
    assert list(files.iterdir()) == []


def ended(process: int) -> bool:
    """Whether a process that is not our own ends; at once, as it was killed."""
    try:
        descriptor = os.pidfd_open(process)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 10)[0])
    finally:
        os.close(descriptor)
