"""A phone that was revoked is nobody, from the next request on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from mrtd.specimen.chip import SpecimenChip
from service.adapters.db.device_tables import enrolments, pairings, sign_in_codes
from service.domain.devices import Device, DeviceStatus, KeyProtection, Platform
from service.domain.errors import ProblemCode, ServiceError
from service.domain.sign_in_codes import SignInCode
from service.settings import Settings
from service.usecases.forget_codes import ForgetCodes
from service.usecases.judging import Judging
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import from_base64url
from tests.service.devices.test_enrolment import problem
from tests.service.devices.world import Console, Phone, World
from tests.service.tokens.keys import Key

KIND = {"kind": "reserve_card_no_pnr"}


@pytest.fixture
def phone(world: World, first: Console, second: Console) -> Phone:
    """A phone that was let in."""
    return world.enrolled(first, second)


def test_in_mid_flow(world: World, first: Console, second: Console, phone: Phone, document) -> None:
    """Between the printed lines and the chip (SECURITY.md 7.1)."""
    token = world.signed_in(phone, first)
    case = phone.post("/v1/verifications", token, KIND).json()["links"]["self"]
    lines = {"lines": list(document.mrz_lines), "source": "app_ocr"}
    assert phone.post(f"{case}/mrz", token, lines).status_code == 200
    challenge = phone.post(f"{case}/chip-challenges", token).json()["challenge"]
    body = SpecimenChip(document).to_json_body(from_base64url(challenge))

    assert second.delete(f"/v1/devices/{phone.id}").status_code == 204
    assert phone.post(f"{case}/chip", token, body).status_code == 401
    assert phone.get(case, token).status_code == 401
    assert phone.ask_token().json()["error"] == "invalid_client"
    assert world.recorded()[-1] == ("device_revoked", {"device": phone.id, "was": "active"})


def test_while_the_chip_is_judged(
    world: World, first: Console, second: Console, phone: Phone, document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asked was settled before; nothing of the chip is kept."""
    token = world.signed_in(phone, first)
    case = phone.post("/v1/verifications", token, KIND).json()["links"]["self"]
    phone.post(f"{case}/mrz", token, {"lines": list(document.mrz_lines), "source": "app_ocr"})
    challenge = phone.post(f"{case}/chip-challenges", token).json()["challenge"]
    body = SpecimenChip(document).to_json_body(from_base64url(challenge))
    judge = Judging.judge_stored

    def revoked_meanwhile(*arguments):
        assert second.delete(f"/v1/devices/{phone.id}").status_code == 204
        return judge(*arguments)

    monkeypatch.setattr(Judging, "judge_stored", revoked_meanwhile)
    assert phone.post(f"{case}/chip", token, body).status_code == 401
    with world.services.database.reading() as work:
        assert work.evidence.latest(case.rpartition("/")[2]) is None


def test_at_every_replica(start, settings: Settings, world: World, first: Console, phone: Phone) -> None:
    other = start(settings)
    token = world.signed_in(phone, first)
    there = replace(phone, client=other.client)
    assert there.get("/v1/verifications?mine", token).status_code == 200
    first.delete(f"/v1/devices/{phone.id}")
    assert there.get("/v1/verifications?mine", token).status_code == 401


def test_twice_is_once(world: World, first: Console, phone: Phone) -> None:
    assert first.delete(f"/v1/devices/{phone.id}").status_code == 204
    assert first.delete(f"/v1/devices/{phone.id}").status_code == 204
    assert world.actions().count("device_revoked") == 1
    assert first.get("/v1/devices").json()["devices"][0]["status"] == "revoked"


def test_one_administrator_is_enough_even_the_one_who_invited_it(first: Console, phone: Phone) -> None:
    assert first.delete(f"/v1/devices/{phone.id}").status_code == 204


def test_a_phone_that_waits_is_revoked_too(world: World, first: Console, second: Console) -> None:
    phone = world.phone()
    phone.enrol(first.invite()["code"])
    assert first.delete(f"/v1/devices/{phone.id}").status_code == 204
    assert problem(second.confirm(phone)) == (409, "wrong_state")


class TestRows:
    """What the database holds to, whatever software writes."""

    def device(self, **changes: object) -> Device:
        """A phone that waits."""
        known = {
            "id": "de_" + "A" * 26,
            "organisation": "Specimen organisation",
            "key": Key().thumbprint,
            "public_key": "{}",
            "platform": Platform.HARNESS,
            "protection": KeyProtection.SOFTWARE,
            "status": DeviceStatus.PENDING,
            "enrolled_at": NOW,
            "enrolled_by": "pe_" + "A" * 26,
        }
        return Device(**known | changes)

    def test_they_are_read_as_they_were_written(self, services) -> None:
        device = self.device(
            model="Pixel 10",
            attested_at=NOW,
            platform=Platform.ANDROID,
            protection=KeyProtection.STRONGBOX,
            status=DeviceStatus.REVOKED,
            confirmed_by="pe_" + "B" * 26,
            confirmed_at=NOW,
            revoked_by="pe_" + "C" * 26,
            revoked_at=NOW,
        )
        of_order = self.device(id="de_" + "B" * 26, enrolled_by=None, order="or_" + "A" * 26)
        with services.database.changing() as work:
            work.devices.add(device)
            work.devices.add(of_order)
        with services.database.reading() as work:
            assert work.devices.find(device.id) == device
            assert work.devices.by_key(of_order.key) == of_order
            assert list(work.devices.of("Specimen organisation")) == [device, of_order]
            assert work.devices.find("de_" + "C" * 26) is None

    def test_revoked_is_for_ever(self, services) -> None:
        device = self.device(status=DeviceStatus.REVOKED)
        with services.database.changing() as work:
            work.devices.add(device)
        with pytest.raises(ServiceError) as refused, services.database.changing() as work:
            work.devices.save(replace(device, status=DeviceStatus.ACTIVE))
        assert refused.value.code is ProblemCode.CONFLICT

    def test_a_key_is_one_phone_s_for_ever(self, services) -> None:
        one, new = self.device(), Key().thumbprint
        with services.database.changing() as work:
            work.devices.add(one)
            work.devices.save(replace(one, key=new))
            assert work.devices.by_key(one.key) is None
        for key in (one.key, new):
            with pytest.raises(ServiceError) as refused, services.database.changing() as work:
                work.devices.add(self.device(id="de_" + "B" * 26, key=key))
            assert refused.value.code is ProblemCode.CONFLICT
        with services.database.reading() as work:
            assert [device.id for device in work.devices.of("Specimen organisation")] == [one.id]

    def test_of_two_with_one_key_at_once_one_is_let_in(self, services) -> None:
        key, together = Key().thumbprint, threading.Barrier(2)

        def add(name: str) -> str:
            together.wait()
            try:
                with services.database.changing() as work:
                    work.devices.add(self.device(id="de_" + name * 26, key=key))
            except ServiceError as error:
                return error.code.value
            return "added"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(add, "AB")) == ["added", "conflict"]

    def test_a_confirmation_that_meets_a_revocation_loses(
        self, world: World, first: Console, second: Console
    ) -> None:
        """Whichever comes first, the phone ends revoked."""
        for _ in range(4):
            phone, together = world.phone(), threading.Barrier(2)
            phone.enrol(first.invite()["code"])

            def confirm(phone: Phone = phone, together: threading.Barrier = together) -> int:
                together.wait()
                return second.confirm(phone).status_code

            def revoke(phone: Phone = phone, together: threading.Barrier = together) -> int:
                together.wait()
                return first.delete(f"/v1/devices/{phone.id}").status_code

            with ThreadPoolExecutor(2) as pool:
                confirmed, revoked = pool.submit(confirm), pool.submit(revoke)
                assert revoked.result() == 204
                assert confirmed.result() in (200, 409)
            with world.services.database.reading() as work:
                found = work.devices.find(phone.id)
            assert found is not None
            assert found.status is DeviceStatus.REVOKED

    def test_a_sign_in_code_is_used_once_by_the_right_key_in_time(self, services, clock: ManualClock) -> None:
        code = SignInCode(
            "key", "Specimen organisation", "pe_A", "ss_A", NOW, ("passkey", "user"), NOW + timedelta(seconds=60)
        )
        with services.database.changing() as work:
            work.sign_in_codes.issue("a" * 64, code)
        with services.database.changing() as work:
            assert work.sign_in_codes.consume("b" * 64, "key", NOW) is None
            assert work.sign_in_codes.consume("a" * 64, "other key", NOW) is None
            assert work.sign_in_codes.consume("a" * 64, "key", NOW + timedelta(seconds=60)) is None
            assert work.sign_in_codes.consume("a" * 64, "key", NOW + timedelta(seconds=59)) == code
            assert work.sign_in_codes.consume("a" * 64, "key", NOW) is None

    def test_a_sign_in_code_is_used_by_one_of_two_at_once(self, services) -> None:
        code = SignInCode("key", "Specimen organisation", "pe_A", "ss_A", NOW, ("passkey",), NOW + timedelta(60))
        with services.database.changing() as work:
            work.sign_in_codes.issue("a" * 64, code)
        together = threading.Barrier(2)

        def consume(_: int) -> bool:
            together.wait()
            with services.database.changing() as work:
                return work.sign_in_codes.consume("a" * 64, "key", NOW) is not None

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(consume, range(2))) == [False, True]


def test_what_ended_is_forgotten_at_night(world: World, first: Console, phone: Phone, clock: ManualClock) -> None:
    path, code = first.pair()
    phone.claim(code)
    first.post(f"{path}/confirm")
    first.invite()
    forget = ForgetCodes(world.services.database, clock)

    def left() -> list[int]:
        with world.services.database.engine.connect() as connection:
            return [len(connection.execute(table.select()).all()) for table in (enrolments, pairings, sign_in_codes)]

    clock.advance(hours=23)
    forget()
    assert left() == [2, 1, 1]
    clock.advance(hours=2)
    forget()
    assert left() == [0, 0, 0]
    # phones stay
    assert first.client is phone.client
    with world.services.database.reading() as work:
        assert work.devices.find(phone.id) is not None
