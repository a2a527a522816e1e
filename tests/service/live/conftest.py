"""A service that listens, with people and phones that are known as in life."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, PaceOffer, SpecimenCard, make_card
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from service import run, wiring
from service.client.dpop import DpopSession
from service.crew import Crew, muster
from service.settings import Settings
from tests.service.conftest import DATABASES, NOW

#: Has everything that a reading can meet.
WHOLE = Behaviour(pace=(PaceOffer(),), chip_authentication=(ChipAuthenticationOffer(),))


@dataclass
class Place:
    """One service, and who works with it."""

    running: run.Running
    settings: Settings
    crew: Crew

    @property
    def app(self) -> DpopSession:
        """The administrator on the phone."""
        return self.crew.app

    @property
    def services(self) -> wiring.Services:
        """Behind the addresses."""
        return self.running.services

    def open(self) -> dict:
        """A verification without lines."""
        answer = self.app.request(
            "POST",
            "/v1/verifications",
            json={"kind": "reserve_card_no_pnr"},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def case(self, card: SpecimenCard, lines: tuple[str, ...] | None = None, source: str = "typed") -> str:
        """The path of a verification whose lines are there."""
        case = self.open()["links"]["self"]
        self.lines(case, lines or card.document.mrz_lines, source)
        return case

    def lines(self, case: str, lines: tuple[str, ...], source: str = "typed") -> None:
        """Give lines."""
        answer = self.app.request("POST", f"{case}/mrz", json={"lines": list(lines), "source": source})
        assert answer.status_code == 200, answer.text

    def state(self, case: str) -> str:
        """Where a verification stands."""
        return self.app.request("GET", case).json()["state"]


@pytest.fixture(scope="module", params=DATABASES)
def place_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, trust: Path
) -> Iterator[Settings]:
    """Settings over an empty database of each kind, for all tests of a module."""
    data = tmp_path_factory.mktemp("place") / "data"
    options = {
        "data_dir": data,
        "trust": (trust,),
        "port": 0,
        "specimen_clock": NOW,
        "limit_known": 100_000,
        "limit_sign_in": 100_000,
        "limit_strangers": 100_000,
    }
    if request.param == "sqlite":
        data.mkdir(mode=0o700)
        shutil.copy(request.getfixturevalue("migrated_file"), data)
        yield Settings(**options)
        return
    with request.getfixturevalue("postgres_database").lent() as url:
        yield Settings(database_url=url, **options)


@pytest.fixture(scope="module")
def place(place_settings: Settings) -> Iterator[Place]:
    with (
        run.running(place_settings) as running,
        muster(place_settings, running.url, say=lambda _line: None) as crew,
    ):
        yield Place(running, place_settings, crew)


@pytest.fixture(scope="session")
def chip(issuer: SpecimenIssuer) -> Callable[..., SpecimenCard]:
    """Makes chips, each with a document of its own."""
    number = 0

    def make(behaviour: Behaviour = WHOLE) -> SpecimenCard:
        nonlocal number
        number += 1
        return make_card(issuer, behaviour, profile=IssuingProfile(document_number=f"UW{number:07}"))

    return make
