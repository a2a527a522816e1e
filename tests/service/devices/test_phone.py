"""The phone in software, from the invitation to a verification (docs/devices.md)."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from service.client.dpop import SigningKey, TokenRefusedError
from service.client.phone import WARNING, PhoneError, SoftwarePhone
from service.domain.qr import QrKind, qr_text
from tests.service.conftest import ManualClock
from tests.service.devices.world import Console, World

KIND = {"kind": "reserve_card_no_pnr"}
ONCE = {"Idempotency-Key": "one"}


@pytest.fixture
def said() -> list[str]:
    """What the phone says aloud."""
    return []


@pytest.fixture
def options(world: World, said: list[str]) -> dict:
    """How a phone reaches the service of a test."""
    return {"clock": world.now, "http": world.client, "say": said.append}


@pytest.fixture
def phone(first: Console, second: Console, options: dict) -> SoftwarePhone:
    """A phone that was let in."""
    phone = SoftwarePhone.enrol(first.post("/v1/devices/invitations").json()["qr"], **options)
    body = {"fingerprint": phone.fingerprint}
    assert second.post(f"/v1/devices/{phone.id}/confirm", body).status_code == 200
    return phone


def pairing(console: Console) -> tuple[str, str]:
    """The path of a pairing, and the text on the screen."""
    answer = console.post("/v1/pairings").json()
    return f"/v1/pairings/{answer['id']}", answer["qr"]


def test_from_the_invitation_to_a_verification(phone: SoftwarePhone, first: Console) -> None:
    path, qr = pairing(first)
    claimed = phone.claim(qr)
    assert claimed.administrator == "Test First"
    assert first.get(path).json()["number"] == claimed.number

    def console_confirms(_seconds: float) -> None:
        assert first.post(f"{path}/confirm").status_code == 200

    phone.wait_for(claimed, console_confirms)
    app = phone.for_person(claimed.sign_in_code)
    answer = app.request("POST", "/v1/verifications", json=KIND, headers=ONCE)
    assert answer.status_code == 201
    assert app.request("GET", "/v1/verifications?mine").status_code == 200


def test_it_says_what_it_is(phone: SoftwarePhone, said: list[str]) -> None:
    assert said == [WARNING]
    assert WARNING.startswith("UNSAFE")


def test_by_default_it_says_so_on_standard_error(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    SoftwarePhone("http://testserver", SigningKey.generate(), "de_" + "A" * 26, audience="x", http=world.client)
    assert capsys.readouterr().err == f"{WARNING}\n"


def test_before_the_second_person_it_gets_no_token(first: Console, options: dict) -> None:
    phone = SoftwarePhone.enrol(first.post("/v1/devices/invitations").json()["qr"], **options)
    with pytest.raises(TokenRefusedError, match="invalid_client"):
        phone.by_itself().request("GET", "/v1/pairings/pa_" + "A" * 26)


def test_the_token_of_a_person_renews_itself(phone: SoftwarePhone, first: Console, clock: ManualClock) -> None:
    path, qr = pairing(first)
    claimed = phone.claim(qr)
    first.post(f"{path}/confirm")
    app = phone.for_person(claimed.sign_in_code)
    for _ in range(4):
        assert app.request("GET", "/v1/verifications?mine").status_code == 200
        # ten minutes, and half a minute before its end it is renewed
        clock.advance(minutes=9, seconds=45)


def test_after_a_pause_the_person_signs_in_again(phone: SoftwarePhone, first: Console, clock: ManualClock) -> None:
    path, qr = pairing(first)
    claimed = phone.claim(qr)
    first.post(f"{path}/confirm")
    app = phone.for_person(claimed.sign_in_code)
    assert app.request("GET", "/v1/verifications?mine").status_code == 200
    clock.advance(minutes=11)
    with pytest.raises(TokenRefusedError, match="invalid_grant"):
        app.request("GET", "/v1/verifications?mine")


def test_nobody_confirms(phone: SoftwarePhone, first: Console, clock: ManualClock) -> None:
    claimed = phone.claim(pairing(first)[1])
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock.advance(seconds=20)

    with pytest.raises(PhoneError, match="expired"):
        phone.wait_for(claimed, wait)
    assert len(waits) == 3


def test_codes_that_are_none(first: Console, phone: SoftwarePhone, options: dict) -> None:
    invitation, other = first.post("/v1/devices/invitations").json()["qr"], pairing(first)[1]
    with pytest.raises(PhoneError, match="no_invitation"):
        SoftwarePhone.enrol(other, **options)
    with pytest.raises(PhoneError, match="no_pairing"):
        phone.claim(invitation)
    with pytest.raises(PhoneError, match="not_found"):
        SoftwarePhone.enrol(qr_text(QrKind.ENROLMENT, "http://testserver", "A" * 26), **options)
    with pytest.raises(PhoneError, match="not_found"):
        phone.claim(qr_text(QrKind.PAIRING, "http://testserver", "A" * 26))


def test_a_code_of_another_service_is_not_followed(phone: SoftwarePhone) -> None:
    with pytest.raises(PhoneError, match="other_service"):
        phone.claim(qr_text(QrKind.PAIRING, "https://elsewhere.example", "A" * 26))


def test_it_is_kept_for_its_owner_alone(tmp_path: Path, phone: SoftwarePhone, first: Console, options: dict) -> None:
    file = tmp_path / "phone.json"
    phone.save(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        phone.save(file)
    again = SoftwarePhone.load(file, **options)
    assert (again.id, again.fingerprint) == (phone.id, phone.fingerprint)
    assert again.claim(pairing(first)[1]).administrator == "Test First"


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"url":"x","id":"y","audience":"z","key":"AAAA"}', b"\xff"])
def test_files_that_are_no_phone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "phone.json"
    file.write_bytes(content)
    with pytest.raises(PhoneError, match="no_phone"):
        SoftwarePhone.load(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PhoneError, match="no_phone"):
        SoftwarePhone.load(tmp_path / "phone.json")
