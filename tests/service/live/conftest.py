"""A service that listens, with people and phones that are known as in life."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, PaceOffer, SpecimenCard, make_card
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from service import run, wiring
from service.client.clock import ServiceClock
from service.client.dpop import DpopSession
from service.client.phone import SoftwarePhone
from service.crew import Crew, muster
from service.settings import Settings
from service.usecases.live_reading import LiveTools
from tests.service.conftest import DATABASES, NOW
from tests.service.postgres import TestDatabase

#: Has everything that a reading can meet.
WHOLE = Behaviour(pace=(PaceOffer(),), chip_authentication=(ChipAuthenticationOffer(),))
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"


class Seconds:
    """A stopwatch that tests move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class OnPhone:
    """Somebody on a phone; `session`: the id of their sign-in there."""

    phone: SoftwarePhone
    app: DpopSession
    session: str


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

    def open(self, app: DpopSession | None = None) -> dict:
        """A verification without lines."""
        answer = (app or self.app).request(
            "POST",
            "/v1/verifications",
            json={"kind": "reserve_card_no_pnr"},
            headers={"Idempotency-Key": str(uuid.uuid4())},
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def case(
        self,
        card: SpecimenCard,
        lines: tuple[str, ...] | None = None,
        source: str = "typed",
        app: DpopSession | None = None,
    ) -> str:
        """The path of a verification whose lines are there."""
        case = self.open(app)["links"]["self"]
        self.lines(case, lines or card.document.mrz_lines, source, app)
        return case

    def lines(self, case: str, lines: tuple[str, ...], source: str = "typed", app: DpopSession | None = None) -> None:
        """Give lines."""
        answer = (app or self.app).request("POST", f"{case}/mrz", json={"lines": list(lines), "source": source})
        assert answer.status_code == 200, answer.text

    def state(self, case: str) -> str:
        """Where a verification stands."""
        return self.app.request("GET", case).json()["state"]

    def kept(self, case: str) -> bool:
        """Whether anything of a chip is."""
        with self.services.database.reading() as work:
            id_ = case.rpartition("/")[2]
            return work.evidence.latest(id_) is not None or work.judgements.latest(id_) is not None

    def challenges(self, case: str) -> int:
        """How many connections to a chip began."""
        with self.services.database.reading() as work:
            return len(work.challenges.of(case.rpartition("/")[2]))

    def again(self, scope: str | None = None) -> DpopSession:
        """The administrator on the phone with a token of its own, which a test may spoil."""
        held = self.app.headers("GET", "/")["Authorization"].removeprefix("DPoP ")
        token = self.crew.phone.tokens.exchange(held, _ACCESS_TOKEN, scope)
        return DpopSession(self.app.url, self.crew.phone.key, lambda: token, clock=self._clock())

    def on_another_phone(self) -> OnPhone:
        """The same administrator on a phone of its own, which a test may take away."""
        first, second = self.crew.first.console, self.crew.second.console
        invited = _said(first.request("POST", "/v1/devices/invitations"))
        phone = SoftwarePhone.enrol(invited["qr"], clock=self._clock(), say=lambda _words: None)
        shown = {"fingerprint": phone.fingerprint}
        _said(second.request("POST", f"/v1/devices/{phone.id}/confirm", json=shown))
        before = self._sessions()
        pairing = _said(first.request("POST", "/v1/pairings"))
        claimed = phone.claim(pairing["qr"])
        _said(first.request("POST", f"/v1/pairings/{pairing['id']}/confirm"))
        app = phone.for_person(claimed.sign_in_code)
        app.request("GET", "/v1/me").raise_for_status()
        (session,) = self._sessions() - before
        return OnPhone(phone, app, session)

    def _sessions(self) -> set[str]:
        return {one["id"] for one in _said(self.crew.first.console.request("GET", "/v1/sessions"))["sessions"]}

    def _clock(self) -> Callable[[], float]:
        return ServiceClock.of(self.app.url).seconds


def _said(response: Any) -> Any:
    assert response.is_success, response.text
    return response.json()


@pytest.fixture(scope="module", params=DATABASES)
def place_settings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, trust: Path
) -> Iterator[Settings]:
    """Settings over an empty database of each kind, for all tests of a service that listens."""
    data = tmp_path_factory.mktemp("place") / "data"
    options = {
        "data_dir": data,
        "trust": (trust,),
        "port": 0,
        "specimen_clock": NOW,
        "limit_known": 100_000,
        "limit_sign_in": 100_000,
        "limit_strangers": 100_000,
        # one phone reads for all tests
        "limit_live": 1_000,
    }
    if request.param == "sqlite":
        data.mkdir(mode=0o700)
        shutil.copy(request.getfixturevalue("migrated_file"), data)
        yield Settings(**options)
        return
    # one of its own: that of other tests is emptied after each of them
    database = TestDatabase()
    with database.lent() as url:
        yield Settings(database_url=url, **options)
    database.drop()


@pytest.fixture(scope="module")
def place(place_settings: Settings) -> Iterator[Place]:
    """As long as a module lasts: where nobody asks for half an hour, people have to sign in again."""
    with (
        run.running(place_settings) as running,
        muster(place_settings, running.url, say=lambda _line: None) as crew,
    ):
        yield Place(running, place_settings, crew)


@pytest.fixture
def seconds(place: Place, monkeypatch: pytest.MonkeyPatch) -> Seconds:
    """The stopwatch of sessions that are opened from here on."""
    seconds = Seconds()
    tools: LiveTools = place.services.live._tools
    monkeypatch.setattr(place.services.live, "_tools", replace(tools, monotonic=seconds))
    return seconds


@pytest.fixture(scope="session")
def chip(issuer: SpecimenIssuer) -> Callable[..., SpecimenCard]:
    """Makes chips, each with a document of its own."""
    number = 0

    def make(behaviour: Behaviour = WHOLE) -> SpecimenCard:
        nonlocal number
        number += 1
        return make_card(issuer, behaviour, profile=IssuingProfile(document_number=f"UW{number:07}"))

    return make
