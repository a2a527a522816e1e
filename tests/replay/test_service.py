"""Every case that expects something of a service, through one that trusts what the case trusts, at its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mrtd.pki.realm import Realm
from service import log
from service.crew import muster
from service.replay import Options, Status, load_case
from service.replay.client import Client
from service.replay.service_run import ServiceRun
from service.run import running
from service.settings import Settings
from tests.replay.test_replay import CASES, FIXTURES
from tests.service.replay.casebook import NOW

#: Nobody waits two minutes for a late answer, and archives are for the command line (API contract).
UNSENT = ("too late", "no service takes")
LAST_SECOND = 59


def groups() -> dict[tuple[tuple[Path, ...], datetime], list[Path]]:
    """The cases of the specimen realm by what they trust and when they are inspected."""
    found: dict[tuple[tuple[Path, ...], datetime], list[Path]] = {}
    for folder in CASES:
        loaded = load_case(folder)
        if loaded.case.service is not None and loaded.case.realm is Realm.SPECIMEN:
            found.setdefault((loaded.trust(), loaded.case.at), []).append(folder)
    return found


GROUPS = groups()


def name(group: tuple[tuple[Path, ...], datetime]) -> str:
    """The stores, and the day."""
    return f"{'+'.join(path.name for path in group[0]) or 'nobody'}-{group[1]:%Y-%m-%dT%H%M}"


@pytest.mark.parametrize("group", GROUPS, ids=name)
def test_service(group: tuple[tuple[Path, ...], datetime], tmp_path: Path) -> None:
    """Each case ends where it says; a difference is told case by case."""
    log.configure("error")  # the lines of requests would hide what went wrong
    trust, at = group
    # one person meets more failures here than anybody may at a counter
    many = {"failures_noted": 100_000, "failures_refused": 100_000, "limit_known": 100_000}
    # the last second of a day would be over before the people have signed in
    starts = at - timedelta(seconds=30) if at.second == LAST_SECOND else at
    given = {"data_dir": tmp_path, "trust": trust, "port": 0, "specimen_clock": starts}
    settings = Settings.model_validate(given | many)
    with running(settings) as service, muster(settings, service.url) as crew:
        client = Client(crew.app, crew.harness)
        run = ServiceRun(FIXTURES, Options(now=NOW), client, client.setting())
        done = [run.case(folder) for folder in GROUPS[group]]
    told = [
        "\n    ".join([replay.name, replay.note or "", *(difference.text() for difference in replay.differences)])
        for replay in done
        if replay.status is not Status.OK and not (replay.note and any(word in replay.note for word in UNSENT))
    ]
    if told:
        pytest.fail("\n".join(told), pytrace=False)


def test_most_cases_expect_something_of_a_service() -> None:
    """Else the test above would say little."""
    assert sum(map(len, GROUPS.values())) > len(CASES) // 2
