"""`python -m tests.bench.live`: many phones read chips at once; how long the service takes for each batch.

The service runs on one core, the phones and their chips on another. A chip takes a while for each command, as real
ones do; phones begin one after the other. Nothing is left out: tokens, proofs, WebSocket, database, judgement.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import cbor2
import httpx2
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, PaceOffer, SpecimenCard, make_card
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from service.client.dpop import DpopSession
from service.crew import muster
from service.domain.live import SUBPROTOCOL
from service.settings import Settings

_HELLO = {
    "type": "hello",
    "app": "bench",
    "platform": "bench",
    "max_apdu": 261,
    "extended_length": False,
    "auto_selected_aid": False,
}
_CHIP = Behaviour(pace=(PaceOffer(),), chip_authentication=(ChipAuthenticationOffer(),))
_CBOR = "application/cbor"


@dataclass
class Seen:
    """What the phones saw. `waits`: seconds from answers to the next frame; `overheads`: beside the chip's time."""

    waits: list[float] = field(default_factory=list)
    overheads: list[float] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    ends: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """How the phones behave: seconds over which they begin, of a chip for a command, of the network one way."""

    over: float
    command: float
    one_way: float
    post: bool


class PhoneOfBench:
    """One phone and its chip, in the loop of all others."""

    def __init__(self, app: DpopSession, path: str, card: SpecimenCard, plan: Plan, seen: Seen) -> None:
        self._app, self._path, self._card, self._plan, self._seen = app, path, card, plan, seen
        self._chip_time = 0.0

    async def read(self, start: float) -> None:
        """Begin after `start` seconds."""
        await asyncio.sleep(start)
        began = time.perf_counter()
        told, batches = await (self._by_post() if self._plan.post else self._by_socket())
        self._seen.overheads.append(time.perf_counter() - began - self._chip_time)
        self._seen.batches.append(batches)
        end = told["state"] if told["type"] == "done" else f"{told['type']} {told.get('code')}"
        self._seen.ends[end] = self._seen.ends.get(end, 0) + 1

    async def _by_socket(self) -> tuple[dict[str, Any], int]:
        # a connection needs a round trip before it carries anything, and so does the handshake
        await asyncio.sleep(4 * self._plan.one_way)
        path = f"{self._path}/chip/live"
        headers = await asyncio.to_thread(self._app.headers, "GET", path)
        address = "ws" + self._app.url.removeprefix("http") + path
        async with connect(
            address,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers=headers,
            compression=None,
            max_size=1 << 20,
        ) as socket:

            async def exchange(frame: dict[str, Any]) -> dict[str, Any]:
                await socket.send(cbor2.dumps(frame))
                while (told := cbor2.loads(await socket.recv(decode=False)))["type"] == "progress":
                    pass
                return dict(told)

            return await self._session(exchange)

    async def _by_post(self) -> tuple[dict[str, Any], int]:
        path = f"{self._path}/chip/live/frames"
        await asyncio.sleep(2 * self._plan.one_way)
        session: str | None = None

        async def exchange(frame: dict[str, Any]) -> dict[str, Any]:
            nonlocal session
            named = frame if session is None else {**frame, "session": session}
            response = await asyncio.to_thread(
                self._app.request, "POST", path, content=cbor2.dumps(named), headers={"Content-Type": _CBOR}
            )
            told: dict[str, Any] = cbor2.loads(response.content)
            session = told["session"]
            return told

        return await self._session(exchange)

    async def _session(self, exchange: Any) -> tuple[dict[str, Any], int]:
        self._card.put_on()
        frame: dict[str, Any] = _HELLO
        batches = 0
        while True:
            await asyncio.sleep(self._plan.one_way)
            asked = time.perf_counter()
            told = await exchange(frame)
            if batches:
                self._seen.waits.append(time.perf_counter() - asked)
            await asyncio.sleep(self._plan.one_way)
            if told["type"] != "apdus":
                return told, batches
            batches += 1
            frame = await self._transmit(told)

    async def _transmit(self, told: dict[str, Any]) -> dict[str, Any]:
        began = time.perf_counter()
        answers: list[bytes] = []
        for command in told["commands"]:
            answers.append(self._card.transmit(command))
            if int.from_bytes(answers[-1][-2:]) not in told["accept"]:
                break
        await asyncio.sleep(max(0.0, self._plan.command * len(answers) - (time.perf_counter() - began)))
        self._chip_time += time.perf_counter() - began
        return {"type": "responses", "batch": told["batch"], "answers": answers}


@contextmanager
def _service(settings: Settings, trust: Path, core: int | None) -> Iterator[tuple[str, str, int]]:
    """A service of its own on a core; its address, that of its metrics, and its process."""
    environment = {
        **os.environ,
        "PASSKOLL_DATA_DIR": str(settings.data_dir),
        "PASSKOLL_TRUST": str(trust),
        "PASSKOLL_METRICS_PORT": "0",
        "PASSKOLL_LIMIT_KNOWN": "100000",
        # all of them are read by one phone here
        "PASSKOLL_LIMIT_LIVE": "1000",
        "PASSKOLL_OCR_WORKERS": "1",
        "PASSKOLL_LOG_LEVEL": "warning",
    }
    if settings.database_url is not None:
        environment["PASSKOLL_DATABASE_URL"] = settings.database_url
    command = [str(Path(sys.executable).with_name("passkoll")), "serve", "--port", "0"]
    pin = None if core is None else lambda: os.sched_setaffinity(0, {core})
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, preexec_fn=pin)  # noqa: PLW1509
    try:
        metrics, url = "", ""
        assert process.stdout is not None
        for line in process.stdout:
            metrics = line.split()[-1] if line.startswith("metrics on") else metrics
            if line.startswith("listening on"):
                url = line.split()[-1]
                break
        yield url, metrics, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_mib(pid: int) -> float:
    match = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text("ascii"))
    return int(match[1]) / 1024 if match else 0.0


def _histogram(metrics: str) -> list[tuple[float, int]]:
    """Bounds and cumulative counts of the time that batches took in the service."""
    text = httpx2.get(metrics if metrics.endswith("/metrics") else f"{metrics}/metrics", trust_env=False).text
    rows = re.findall(r'passkoll_live_batch_seconds_bucket\{le="([^"]+)"\} ([0-9.]+)', text)
    return [(float(bound.replace("+Inf", "inf")), int(float(count))) for bound, count in rows]


def _quantile(rows: list[tuple[float, int]], share: float) -> float:
    """Interpolated in the bucket, as Prometheus does."""
    wanted = share * rows[-1][1]
    lower, below = 0.0, 0
    for bound, count in rows:
        if count >= wanted:
            return bound if count == below else lower + (bound - lower) * (wanted - below) / (count - below)
        lower, below = bound, count
    return float("inf")


def _cases(app: DpopSession, cards: list[SpecimenCard]) -> list[str]:
    """Verifications whose lines are captured; their paths."""
    paths = []
    for card in cards:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        opened = app.request("POST", "/v1/verifications", json={"kind": "reserve_card_no_pnr"}, headers=key).json()
        path = f"/v1/verifications/{opened['id']}"
        lines = {"lines": list(card.document.mrz_lines), "source": "confirmed"}
        app.request("POST", f"{path}/mrz", json=lines).raise_for_status()
        paths.append(path)
    return paths


async def _peak(pid: int, found: list[float]) -> None:
    while True:
        found.append(_resident_mib(pid))
        await asyncio.sleep(0.5)


async def _all(app: DpopSession, work: list[tuple[str, SpecimenCard]], plan: Plan, seen: Seen, pid: int) -> float:
    resident: list[float] = []
    watching = asyncio.create_task(_peak(pid, resident))
    step = plan.over / len(work)
    phones = [PhoneOfBench(app, path, card, plan, seen) for path, card in work]
    await asyncio.gather(*(phone.read(number * step) for number, phone in enumerate(phones)))
    watching.cancel()
    return max(resident)


def main() -> int:
    """Print what was measured; 1 if a reading did not end as it should."""
    parser = argparse.ArgumentParser(prog="tests.bench.live", description=__doc__)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--over", type=float, default=20.0, help="seconds over which they begin")
    parser.add_argument("--apdu-ms", type=float, default=40.0, help="a chip's time for a command")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="of the network, there and back")
    parser.add_argument("--post", action="store_true", help="frames by POST instead of a WebSocket")
    parser.add_argument("--database-url", default=None)
    chosen = parser.parse_args()
    plan = Plan(chosen.over, chosen.apdu_ms / 1000, chosen.latency_ms / 2000, chosen.post)
    cores = sorted(os.sched_getaffinity(0))
    core = cores[0] if len(cores) > 1 else None
    if core is not None:
        os.sched_setaffinity(0, {cores[1]})
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=datetime.now(UTC).replace(microsecond=0))
    cards = [
        make_card(issuer, _CHIP, profile=IssuingProfile(document_number=f"UB{number:07}"))
        for number in range(chosen.sessions)
    ]
    with tempfile.TemporaryDirectory() as folder:
        trust = Path(folder) / "trust"
        trust.mkdir()
        for name, data in issuer.trust().items():
            (trust / name).write_bytes(data)
        settings = Settings(data_dir=Path(folder) / "data", trust=(trust,), database_url=chosen.database_url)
        with (
            _service(settings, trust, core) as (url, metrics, pid),
            muster(settings, url, say=lambda _: None) as crew,
        ):
            paths = _cases(crew.app, cards)
            seen = Seen()
            cpu, resident = _cpu_seconds(pid), _resident_mib(pid)
            peak = asyncio.run(_all(crew.app, list(zip(paths, cards, strict=True)), plan, seen, pid))
            spent = _cpu_seconds(pid) - cpu
            rows = _histogram(metrics)
    return _told(chosen, seen, rows, spent / chosen.sessions, resident, peak)


def _told(
    chosen: argparse.Namespace, seen: Seen, rows: list[tuple[float, int]], cpu: float, resident: float, peak: float
) -> int:
    wait, overhead = _median_and_p95(seen.waits, 1000), _median_and_p95(seen.overheads, 1)
    p95 = _quantile(rows, 0.95)
    sys.stdout.write(
        f"{chosen.sessions} sessions over {chosen.over:g} s, {chosen.apdu_ms:g} ms a command, "
        f"{chosen.latency_ms:g} ms of network, by {'POST' if chosen.post else 'WebSocket'}: {seen.ends}\n"
        f"  batches a session           {min(seen.batches)} to {max(seen.batches)}\n"
        f"  server time of a batch      median {_quantile(rows, 0.5) * 1000:.0f} ms, p95 {p95 * 1000:.0f} of 50 ms\n"
        f"  as a phone waits            median {wait[0]:.0f} ms, p95 {wait[1]:.0f} ms\n"
        f"  beside the chip's own time  median {overhead[0]:.2f} s, p95 {overhead[1]:.2f} s\n"
        f"  processor of the server     {cpu * 1000:.0f} ms a session\n"
        f"  memory of the server        {resident:.0f} MiB before, {peak:.0f} MiB at most\n"
    )
    return 0 if seen.ends == {"checked": chosen.sessions} else 1


def _median_and_p95(values: list[float], unit: float) -> tuple[float, float]:
    return median(values) * unit, sorted(values)[int(0.95 * len(values))] * unit


if __name__ == "__main__":
    raise SystemExit(main())
