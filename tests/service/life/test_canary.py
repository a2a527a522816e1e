"""The holder with marker strings once more: what leaves the service, and what the servers below it keep.

`tests.service.vault.test_canary` looks at the files, the tables and the log; here are the numbers for Prometheus, the
events of portals, the addresses that clients follow, problems, and the database as its server dumps it.
"""

from __future__ import annotations

import io
import subprocess
import tempfile
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from sqlalchemy import make_url

from mrtd.specimen import breakage
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from service import log, wiring
from service.domain.jobs import JobKind
from service.settings import Settings
from tests.service.conftest import ManualClock
from tests.service.counter import Counter
from tests.service.jobs.conftest import Portal, portal  # noqa: F401
from tests.service.vault.test_canary import REASON, failures, leaks, marked, success  # noqa: F401


class Written:
    """A client that writes down every address that it asks and is sent to, and every problem that it is told."""

    def __init__(self, client) -> None:
        self.client = client
        self.text = io.StringIO()

    def request(self, method: str, path: str, **options):
        """The answer; what is written down of it are addresses, headers, and the text of a problem."""
        answer = self.client.request(method, path, **options)
        self.text.write(f"{answer.url}\n{answer.headers}\n")
        if answer.headers["content-type"].startswith("application/problem+json"):
            self.text.write(answer.text)
        elif answer.headers["content-type"].startswith("application/json"):
            self.text.write(str(answer.json().get("links")))
        return answer


def dumped(settings: Settings) -> bytes:
    """The whole database in the words of its own server: pg_dump, or the file with its write-ahead log."""
    if settings.database_url is None:
        return b"\n".join(path.read_bytes() for path in settings.data_dir.glob("passkoll.sqlite3*"))
    url = make_url(settings.database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    dump = subprocess.run(["pg_dump", "--inserts", url], capture_output=True, check=True)
    assert b"INSERT INTO public.audit_trail" in dump.stdout
    return dump.stdout


def more_failures(counter: Counter, document, clock: ManualClock) -> None:
    """A clone, a deadline that passes, a second holder's number, an approval that is revoked, an unknown address."""
    clone = breakage.clone(document, BRAINPOOL_P256R1)
    assert counter.read_chip(counter.captured(clone), clone)["state"] == "refused"
    case = counter.checked(document, "order-8")
    read_off_the_page = {"family": "ZZMARKERSSON"}
    for person in (0, 1):
        answer = counter.review(case, person, reason=REASON, printed_name=read_off_the_page)
        assert answer.status_code == 201, answer.text
    for person in (0, 1):
        answer = counter.post(f"{case}/revoke", {"reason": "wrong_person", "note": REASON}, person=person)
        assert answer.status_code == 200, answer.text
    counter.get(f"/v1/verifications/{document.mrz_lines[0]}")
    counter.post("/v1/verifications", {"kind": document.mrz_lines[0], "ZZMARKERSSON": 1})
    expired = counter.captured(document)
    clock.advance(minutes=11)
    assert counter.get(expired).json()["state"] == "expired"
    assert counter.post(f"{expired}/chip-challenges").status_code == 409


def test_nothing_that_leaves_shows_the_holder(
    client, services, settings: Settings, marked, photo_reader, clock: ManualClock, portal: Portal,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with wiring.administer_webhooks(settings) as webhooks:
        webhooks.add("an operator", portal.url, ())
    written, logged = Written(client), io.StringIO()
    counter = Counter(written, services.identity.tokens)
    log.configure("debug", logged)
    try:
        success(counter, services, marked)
        failures(counter, services, marked, photo_reader)
        more_failures(counter, marked, clock)
        while services.run_jobs({JobKind.DELIVER, JobKind.EXPIRE, JobKind.PURGE, JobKind.CHECKPOINT}) is not None:
            pass
    finally:
        log.configure("critical")
    told = b"\n".join(request.body + str(request.headers).encode() for request in portal.seen)
    places = {
        "log": logged.getvalue().encode(),
        "metrics": generate_latest(services.telemetry.registry),
        "webhooks": told,
        "addresses, headers and problems": _without_requests(written.text.getvalue(), marked),
        "database": dumped(settings),
        "scratch": b"\n".join(path.read_bytes() for path in scratch.rglob("*") if path.is_file()),
    }
    assert {name: leaks(octets, marked) for name, octets in places.items()} == {name: [] for name in places}
    for name in ("log", "metrics", "webhooks", "database"):
        assert len(places[name]) > 500, f"{name}: nothing was looked at"


def _without_requests(written: str, document) -> bytes:
    """Two addresses hold markers since the test itself asked for them; nothing may repeat them."""
    from tests.service.vault.test_canary import NUMBER

    own = {f"/v1/verifications/{NUMBER}", f"/v1/verifications/{document.mrz_lines[0].replace('<', '%3C')}"}
    lines = [line for line in written.splitlines() if not any(line.endswith(address) for address in own)]
    return "\n".join(lines).encode()
