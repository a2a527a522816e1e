"""Two persons who may do everything, known by a token each: for tests of what people do, not of how they sign in.

What the service itself does about tokens, phones and sign-ins is tested in `tokens`, `devices`, `people` and
`two_people`; there, and in the demo, nobody is known by these.

    python -m tests.service.two_persons serve        # `passkoll serve`, which prints the two tokens as it begins
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest import mock

from service import run, wiring
from service.cli import main
from service.domain.identity import Caller, Presented, Principal, Role
from service.domain.people import Person, PersonStatus
from service.domain.ports import Clock
from service.domain.repositories import Database, Work
from service.settings import Settings
from service.wiring.databases import clock_of

PERSONS: Final = ("person-at-the-counter-1", "person-at-the-counter-2")
#: Of nobody: in no register was anybody born on it.
_BORN: Final = "1800-01-01"
_wire = wiring.wire


class TwoPersons:
    """Answers `service.domain.ports.Identity`.

    Each has a phone, a sign-in and identifiers of their own, and is always as if signed in a moment ago.
    """

    def __init__(self, organisation: str, clock: Clock) -> None:
        self.organisation: Final = organisation
        self._clock: Final = clock
        self.tokens: Final = (secrets.token_hex(32), secrets.token_hex(32))
        self._people: Final = {
            _digest(token): Principal(
                person,
                organisation,
                frozenset(Caller),
                frozenset(Role),
                device=f"{person}-phone",
                session=f"{person}-session",
            )
            for token, person in zip(self.tokens, PERSONS, strict=True)
        }

    def authenticate(self, presented: Presented) -> Principal | None:
        """The person with that bearer token."""
        if presented.scheme != "bearer":
            return None
        digest = _digest(presented.token)
        found = [who for known, who in self._people.items() if hmac.compare_digest(known, digest)]
        return replace(found[0], signed_in_at=self._clock.now()) if found else None

    def register(self, database: Database) -> None:
        """Make both known where they are not: reviews are compared by who people are (SECURITY.md 7.3)."""
        with database.changing() as work:
            for person in self._accounts(work):
                if work.people.find(person.id) is None:
                    work.people.add(person)

    def banner(self) -> tuple[str, ...]:
        """For whoever started a service of its own with them."""
        return tuple(f"  {person}: {token}" for person, token in zip(PERSONS, self.tokens, strict=True))

    def _accounts(self, work: Work) -> Iterator[Person]:
        for number, person_id in enumerate(PERSONS, start=1):
            yield Person(
                person_id,
                self.organisation,
                frozenset(Role) - {Role.TRUST_ADMINISTRATOR},
                None,
                PersonStatus.ACTIVE,
                self._clock.now(),
                names=("Test", f"Person-{number}"),
                born=_BORN,
                hsa_id=f"TEST-{number}",
                personal_number=work.people.digest(f"{number:012}"),
                vouched_by=("voucher-1", "voucher-2"),
            )


def wire(settings: Settings, **options: Any) -> wiring.Services:
    """`service.wiring.wire`, for the two."""
    identity = TwoPersons(settings.organisation, options.get("clock") or clock_of(settings))
    services = _wire(settings, **{"identity": identity} | options)
    identity.register(services.database)
    return services


@contextmanager
def running(settings: Settings) -> Iterator[run.Running]:
    """`service.run.running`, for the two."""
    with mock.patch.object(wiring, "wire", wire), run.running(settings) as service:
        yield service


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


if __name__ == "__main__":
    wiring.wire = wire
    main()
