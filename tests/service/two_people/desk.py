"""What happens at a counter, by real tokens and sessions."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import update

from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from service.adapters.db.people_tables import sessions
from service.domain.accounts import digest_of
from service.domain.clients import Client, ClientKind
from service.domain.people import Grip, Handling, Person
from service.domain.sessions import Session, csrf_token
from tests.service.counter import CHECKLIST, from_base64url
from tests.service.devices.world import ORGANISATION, Console, Phone, World

KIND = {"kind": "reserve_card_no_pnr"}
SCOPES = frozenset({"orders", "results", "verifications"})


@dataclass
class Desk:
    """Two administrators at their consoles; the first one holds the phone."""

    world: World
    document: SpecimenDocument
    first: Console
    second: Console
    phone: Phone
    token: str

    def captured(self, phone: Phone | None = None, token: str | None = None, **body: str) -> str:
        """A case that a phone captured; its path."""
        phone, token = phone or self.phone, token or self.token
        answer = phone.post("/v1/verifications", token, KIND | body)
        assert answer.status_code == 201, answer.text
        case = answer.json()["links"]["self"]
        lines = {"lines": list(self.document.mrz_lines), "source": "app_ocr"}
        assert phone.post(f"{case}/mrz", token, lines).json()["state"] == "mrz_captured"
        challenge = phone.post(f"{case}/chip-challenges", token).json()["challenge"]
        chip = SpecimenChip(self.document).to_json_body(from_base64url(challenge))
        answer = phone.post(f"{case}/chip", token, chip)
        assert answer.json()["state"] == "checked", answer.text
        return case

    def opened(self) -> str:
        """A case that nothing was captured for; its path."""
        return self.phone.post("/v1/verifications", self.token, KIND).json()["links"]["self"]

    def review(self, console: Console, case: str, decision: str = "approve", **changes: object):
        """What somebody decides at a console, bound to what stands there now."""
        shown = console.get(case)
        assert shown.status_code == 200, shown.text
        body = {"decision": decision, **CHECKLIST, "decision_hash": shown.json()["decision_hash"]}
        self.sign(console, body["decision_hash"])
        return post(console, f"{case}/reviews", body | changes)

    def sign(self, console: Console, decision_hash: str | None) -> None:
        """What the passkey of the session signed, as a step-up leaves it (tests/service/people does it in full)."""
        with self.world.services.database.engine.begin() as connection:
            connection.execute(
                update(sessions).where(sessions.c.id == console.session).values(approves=decision_hash)
            )

    def refused(self, console: Console, case: str, **changes: object) -> str:
        """The code of an approval that is refused."""
        answer = self.review(console, case, **changes)
        assert answer.status_code >= 400, answer.text
        return answer.json()["code"]

    def change(self, console: Console, **changes: object) -> None:
        """Something else is known of a person."""
        with self.world.services.database.changing() as work:
            person = work.people.find(console.person.id)
            assert person is not None
            console.person = replace(person, **changes)
            work.people.save(console.person)

    def handle(self, console: Console, grip: Grip, by: Person, ago: timedelta) -> None:
        """Somebody had the account of a person in hand."""
        handling = Handling(grip, by.id, self.world.clock.now() - ago)
        self.change(console, handlings=(*console.person.handlings, handling))

    def one_case(self, console: Console, case: str) -> Console:
        """The session of somebody on the screen of another person, for this case alone."""
        only = case.rpartition("/")[2]
        other = self.world.console(console.person)
        with self.world.services.database.changing() as work:
            found = work.sessions.find(other.session)
            assert found is not None
            work.sessions.end(found.id, self.world.clock.now())
            again = Session(**{**_fields(found), "id": found.id[:-1] + "Z", "ended_at": None, "only": only})
            work.sessions.add(again, digest_of(f"{other.cookie}-case"))
        return replace(other, cookie=f"{other.cookie}-case", session=again.id)

    def portal(self, name: str = "PORTAL", organisation: str = ORGANISATION, audience: str | None = None) -> Portal:
        """A portal with a key and a token."""
        key = self.world.phone()
        key.id = "cl_" + name.ljust(26, "A")
        client = Client(
            key.id,
            organisation,
            ClientKind.PORTAL,
            name,
            audience or f"https://{name.lower()}.passkoll.invalid",
            SCOPES,
            (json.dumps(key.key.jwk),),
            self.world.clock.now(),
        )
        with self.world.services.database.changing() as work:
            work.clients.add(client)
        return Portal(key)


@dataclass
class Portal:
    """A system that orders."""

    key: Phone

    def post(self, path: str, body: object):
        """POST."""
        return self.key.post(path, self.key.token(), body)

    def get(self, path: str):
        """GET."""
        return self.key.get(path, self.key.token())


def post(console: Console, path: str, body: object, key: str | None = None):
    """POST of a page, with a key of its own."""
    headers = {
        "Cookie": f"__Host-passkoll={console.cookie}",
        "X-Passkoll-CSRF": csrf_token(console.cookie),
        "Idempotency-Key": key or str(uuid.uuid4()),
    }
    return console.client.post(path, json=body, headers=headers)


def _fields(session: Session) -> dict[str, object]:
    return {name: getattr(session, name) for name in session.__dataclass_fields__}
