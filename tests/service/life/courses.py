"""What becomes of a verification at a counter that does not give up: every end that people can bring about."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from mrtd.specimen.breakage import tampered_dg1
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from tests.service.api.test_results import payload_of
from tests.service.counter import Counter
from tests.service.life.server import Acknowledged, Server, Steadfast

#: The challenge is two minutes old at most; a service that is started again and again can outlive a few of them.
TRIES = 8


@dataclass
class Told:
    """What the client was told of one verification, and may rely on."""

    path: str
    order: str
    state: str
    jti: set[str] = field(default_factory=set)
    receipt: bytes | None = None

    @property
    def id(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass
class Driver:
    """One client thread at a counter of its own."""

    steadfast: Steadfast
    passport: Callable[[int], SpecimenDocument]

    @property
    def counter(self) -> Counter:
        return Counter(self.steadfast, ("0", "1"))

    def write(self, told: Told, path: str, json: object = None, *, person: int = 0, ends_in: str) -> None:
        """A request without a key: if it was sent twice, the second one may find that it is done."""
        answer = self.counter.post(f"{told.path}{path}", json, person=person)
        if answer.is_success:
            told.state = answer.json()["state"]
            return
        assert self.steadfast.repeated, answer.text
        assert answer.json()["code"] in ("wrong_state", "conflict", "same_reviewer"), answer.text
        told.state = ends_in

    def opened(self, number: int) -> Told:
        order = f"order-{number}"
        return Told(self.counter.open(order), order, "created")

    def captured(self, number: int) -> Told:
        told = self.opened(number)
        notice = {"version": "2026-10", "language": "sv", "given_at": "2026-11-24T09:29:00Z"}
        assert self.counter.post(f"{told.path}/notice", notice).status_code == 201
        self.counter.mrz(told.path, self.passport(number).mrz_lines)
        told.state = "mrz_captured"
        return told

    def judged(self, number: int, document: SpecimenDocument) -> Told:
        """The chip was read until it was judged."""
        told = self.captured(number)
        for _ in range(TRIES):
            body = SpecimenChip(document).to_json_body(self.counter.challenge(told.path))
            answer = self.counter.post(f"{told.path}/chip", body)
            assert answer.status_code == 200, answer.text
            told.state = answer.json()["state"]
            if told.state != "mrz_captured":
                return told
        raise AssertionError("no challenge was answered in time")

    def reviewed(self, number: int, *decisions: str) -> Told:
        told = self.judged(number, self.passport(number))
        assert told.state == "checked"
        for person, decision in enumerate(decisions):
            answer = self.counter.review(told.path, person, decision, reason="seen and compared")
            assert answer.status_code == 201, answer.text
            told.state = answer.json()["state"]
        return told

    def issued(self, number: int) -> Told:
        told = self.reviewed(number, "approve", "approve")
        for _ in range(2):
            answer = self.counter.get(f"{told.path}/result")
            assert answer.status_code == 200, answer.text
            told.jti.add(payload_of(answer.text)["jti"])
        told.state = "result_issued"
        return told

    def consumed(self, number: int) -> Told:
        told = self.issued(number)
        (jti,) = told.jti
        answer = self.counter.post(f"/v1/results/{jti}/consume", {"order_reference": told.order})
        assert answer.status_code == 200, answer.text
        told.receipt, told.state = answer.content, "consumed"
        other = self.counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-of-somebody"})
        assert other.status_code == 409
        return told

    def revoked(self, number: int) -> Told:
        told = self.consumed(number)
        for person, state in enumerate(("consumed", "revoked")):
            self.write(told, "/revoke", {"reason": "wrong_person"}, person=person, ends_in=state)
        return told

    def cancelled(self, number: int) -> Told:
        told = self.captured(number)
        self.write(told, "/cancel", ends_in="cancelled")
        return told

    def suspected(self, number: int) -> Told:
        return self.reviewed(number, "approve", "suspect_fraud")

    def refused_by_people(self, number: int) -> Told:
        return self.reviewed(number, "approve", "refuse")

    def refused_by_checks(self, number: int) -> Told:
        """A data group was changed after it was signed."""
        document = self.passport(number)
        return self.judged(number, tampered_dg1(document, self.passport(number + 1).mrz_lines))

    def run(self, number: int) -> Told:
        """The course of verification `number`; most succeed."""
        courses: Sequence[Callable[[int], Told]] = (
            self.consumed, self.issued, self.consumed, self.revoked, self.refused_by_people, self.consumed,
            self.cancelled, self.refused_by_checks, self.consumed, self.suspected,
        )  # fmt: skip
        return courses[number % len(courses)](number)


def drive(
    server: Server, passport: Callable[[int], SpecimenDocument], verifications: int, threads: int
) -> tuple[list[Told], list[Acknowledged]]:
    """So many verifications by so many clients; what they were told, and every answer."""
    numbers, lock = itertools.count(), threading.Lock()
    told: list[Told] = []
    clients = [Driver(Steadfast(server), passport) for _ in range(threads)]

    def work(driver: Driver) -> None:
        while True:
            with lock:
                number = next(numbers)
            if number >= verifications:
                return
            told.append(driver.run(number))

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, driver) for driver in clients]:
            done.result()
    return told, [answer for driver in clients for answer in driver.steadfast.acknowledged]
