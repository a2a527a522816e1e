"""Whoever loses the right to read in the middle reads no further, and nothing of it is kept (SECURITY.md 7.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest

from mrtd.specimen.card import SpecimenCard
from service.domain.people import PersonStatus
from service.usecases.judging import Judging
from tests.service.live.conftest import OnPhone, Place
from tests.service.live.wire import PostPhone, WsPhone, answered, hello, opened, read_whole

Chip = Callable[..., SpecimenCard]
STOP = 4005


@dataclass(frozen=True)
class Loss:
    """How somebody loses the right to read; `phone`: whether it takes the phone away with it."""

    happens: Callable[[Place, OnPhone], AbstractContextManager[None]]
    phone: bool = True


@contextmanager
def locked(place: Place, _one: OnPhone) -> Iterator[None]:
    """The administrator's account, for as long as the block."""
    id_ = place.crew.first.console.person
    with place.services.database.changing() as work:
        person = work.people.find(id_)
        assert person is not None
        work.people.save(replace(person, status=PersonStatus.LOCKED))
    try:
        yield
    finally:
        with place.services.database.changing() as work:
            work.people.save(person)


@contextmanager
def revoked(place: Place, one: OnPhone) -> Iterator[None]:
    """The phone, for ever."""
    assert place.crew.second.console.request("DELETE", f"/v1/devices/{one.phone.id}").status_code == 204
    yield


@contextmanager
def signed_out(place: Place, one: OnPhone) -> Iterator[None]:
    """The sign-in on the phone, ended at the console."""
    assert place.crew.first.console.request("DELETE", f"/v1/sessions/{one.session}").is_success
    yield


@contextmanager
def without_token(_place: Place, one: OnPhone) -> Iterator[None]:
    """The token that the phone speaks with, given back by its app (RFC 7009)."""
    token = one.app._token
    assert token is not None
    one.phone.tokens.revoke(token)
    yield


REVOKED, LOCKED, SIGNED_OUT, NO_TOKEN = (
    Loss(revoked),
    Loss(locked, phone=False),
    Loss(signed_out),
    Loss(without_token),
)
LOST = pytest.mark.parametrize(
    "loss",
    [REVOKED, LOCKED, SIGNED_OUT, NO_TOKEN],
    ids=["the phone is revoked", "the person is locked", "signed out", "the token is revoked"],
)


def who_loses(place: Place, loss: Loss) -> OnPhone:
    """Somebody who can be spared."""
    return place.on_another_phone() if loss.phone else OnPhone(place.crew.phone, place.app, "")


@LOST
def test_between_two_batches(place: Place, chip: Chip, loss: Loss) -> None:
    one, card = who_loses(place, loss), chip()
    case = place.case(card, app=one.app)
    with opened(one.app, case) as socket:
        phone = WsPhone(socket)
        card.put_on()
        told = phone.ask(hello())
        told = phone.ask(answered(card, told))
        assert told["type"] == "apdus"
        with loss.happens(place, one):
            end = phone.ask(answered(card, told))
        assert (end["code"], end["next_try"]) == ("unauthenticated", "stop")
        assert phone.closed_with() == STOP
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


@LOST
def test_between_two_frames_by_post(place: Place, chip: Chip, loss: Loss) -> None:
    one, card = who_loses(place, loss), chip()
    case = place.case(card, app=one.app)
    path = f"{case}/chip/live/frames"
    phone = PostPhone(one.app, case)
    card.put_on()
    content = phone.octets(answered(card, phone.ask(hello())))
    # with the token that the phone holds: another one it is not given
    headers = one.app.headers("POST", path) | {"Content-Type": phone.form}
    with loss.happens(place, one):
        answer = httpx2.post(place.app.url + path, content=content, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)


def test_before_the_first_frame(place: Place, chip: Chip) -> None:
    one = who_loses(place, REVOKED)
    case = place.case(chip(), app=one.app)
    with opened(one.app, case) as socket:
        phone = WsPhone(socket)
        with revoked(place, one):
            assert phone.ask(hello())["code"] == "unauthenticated"
        assert phone.closed_with() == STOP


def test_after_a_restart(place: Place, chip: Chip) -> None:
    one = who_loses(place, SIGNED_OUT)
    case = place.case(chip(), app=one.app)
    with opened(one.app, case) as socket:
        phone = WsPhone(socket)
        phone.ask(hello())
        assert phone.ask({"type": "tag_lost", "batch": 1})["type"] == "restart"
        with signed_out(place, one):
            assert phone.ask({"type": "ready", "connection": 2})["code"] == "unauthenticated"
        assert phone.closed_with() == STOP
    assert place.challenges(case) == 1


def test_while_the_chip_is_judged(place: Place, chip: Chip, monkeypatch: pytest.MonkeyPatch) -> None:
    """The transaction that would keep what was read looks once more."""
    one, card = who_loses(place, REVOKED), chip()
    case = place.case(card, app=one.app)
    judge, judged = Judging.judge_stored, []

    def revoked_meanwhile(*arguments: Any) -> Any:
        with revoked(place, one):
            judged.append(judge(*arguments))
        return judged[-1]

    monkeypatch.setattr(Judging, "judge_stored", revoked_meanwhile)
    with opened(one.app, case) as socket:
        phone = WsPhone(socket)
        end = read_whole(phone, card)
        assert (end["code"], end["next_try"]) == ("unauthenticated", "stop")
        assert phone.closed_with() == STOP
    assert len(judged) == 1
    assert (place.state(case), place.kept(case)) == ("mrz_captured", False)
