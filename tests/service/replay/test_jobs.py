"""Many at once, in order, and never more than allowed."""

from __future__ import annotations

import math
import threading
import time
from pathlib import Path

import pytest

from service.client.dpop import DpopSession, SigningKey, Token
from service.replay import jobs
from service.replay.client import Client, ServiceSetting
from service.replay.errors import Unreachable
from service.replay.finding import Replayed, Status
from service.replay.options import Options
from service.replay.service_run import ServiceRun
from tests.service.replay.casebook import NOW, Casebook

PATHS = tuple(Path(f"{number:03}") for number in range(60))


def one(path: Path) -> Replayed:
    return Replayed(path.name, Status.OK)


@pytest.mark.parametrize("number", [1, 2])
def test_processes_answer_in_order(number: int) -> None:
    assert [replay.name for replay in jobs.in_processes(one, PATHS, number)] == [path.name for path in PATHS]


def test_threads_answer_in_order_and_keep_the_bound() -> None:
    lock = threading.Lock()
    running = highest = 0

    def slow(path: Path) -> Replayed:
        nonlocal running, highest
        with lock:
            running += 1
            highest = max(highest, running)
        time.sleep(0.002 * (int(path.name) % 3))
        with lock:
            running -= 1
        return one(path)

    assert [replay.name for replay in jobs.in_threads(slow, PATHS, 3)] == [path.name for path in PATHS]
    assert 1 <= highest <= 3


def test_a_service_that_goes_away_ends_the_replay(filled: Casebook, options: Options) -> None:
    """What has not begun is not sent to nobody."""
    asked: list[Path] = []
    nobody = DpopSession("http://127.0.0.1:9", SigningKey.generate(), lambda: Token("token", math.inf, ""))
    setting = ServiceSetting(NOW, _digest(filled), "strict-level3")
    service = ServiceRun(filled.root, options, Client(nobody, nobody), setting)
    genuine = filled.root / "dumps" / "9303-11-6.1" / "genuine"

    def counted(path: Path) -> Replayed:
        asked.append(path)
        time.sleep(0.01)
        return service.case(path)

    with pytest.raises(Unreachable):
        list(jobs.in_threads(counted, [genuine] * 200, 2))
    assert len(asked) < 100


def test_there_is_a_processor() -> None:
    assert jobs.processors() >= 1


def _digest(book: Casebook) -> str:
    from mrtd.pki.trust_store import Realm
    from service.replay.library import load_trust

    return load_trust((book.trust,), Realm.SPECIMEN).digest
