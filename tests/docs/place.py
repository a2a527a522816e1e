"""A service, people and a phone for the programs of the pages, as in life: enrolled, signed in, with tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mrtd.specimen.card import Behaviour, SpecimenCard, make_card
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from mrtd.specimen.scheme import BRAINPOOL_P256R1
from service.crew import Crew, muster
from service.run import running
from service.settings import Settings


@dataclass
class Place:
    """A service at `url`, a phone that is enrolled there, and a state that issues passports."""

    url: str
    crew: Crew
    issuer: SpecimenIssuer
    issued: int = 0

    def card(self, behaviour: Behaviour) -> SpecimenCard:
        """Of a passport of its own."""
        self.issued += 1
        return make_card(self.issuer, behaviour, profile=IssuingProfile(document_number=f"UK{self.issued:07}"))

    def opened(self, lines: tuple[str, ...]) -> dict[str, Any]:
        """A verification whose lines were typed."""
        once = {"Idempotency-Key": f"kotlin-test-{self.issued:08}"}
        answer = self.crew.app.request(
            "POST", "/v1/verifications", json={"kind": "reserve_card_no_pnr"}, headers=once
        )
        assert answer.status_code == 201, answer.text
        opened: dict[str, Any] = answer.json()
        typed = {"lines": list(lines), "source": "typed"}
        taken = self.crew.app.request("POST", f"/v1/verifications/{opened['id']}/mrz", json=typed)
        assert taken.status_code == 200, taken.text
        return opened


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """One that runs while the block does."""
    issuer = SpecimenIssuer.create(BRAINPOOL_P256R1, now=datetime.now(UTC).replace(microsecond=0))
    trust = folder / "trust"
    trust.mkdir()
    for name, data in issuer.trust().items():
        (trust / name).write_bytes(data)
    settings = Settings.model_validate({"data_dir": folder / "data", "trust": (trust,), "port": 0})
    with running(settings) as service, muster(settings, service.url, say=lambda _: None) as crew:
        yield Place(service.url, crew, issuer)
