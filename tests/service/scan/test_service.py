"""`passkoll scan` as a phone of a service that listens: enrolment, sign-in, page, chip, and every way to fail."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from mrtd.specimen.holder import MARTA
from service import run as service_run
from service.client.phone import Claimed, SoftwarePhone
from service.crew import Crew, muster, sign_in_links
from service.demo.page import photograph
from service.settings import Settings
from tests.service.conftest import NOW
from tests.service.scan.conftest import Run, answer
from tests.service.scan.test_local import lines_of

OTHER_LINES = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
PROFILE = "pace-only"


@dataclass(frozen=True)
class Counter:
    """One service, who works there, and the file of their phone."""

    url: str
    settings: Settings
    crew: Crew
    phone: Path

    def sign_in(self) -> str:
        """A one-time link of the first administrator."""
        return sign_in_links(self.settings, self.url)[0]

    def verifications(self) -> int:
        """How many there are."""
        with closing(sqlite3.connect(self.settings.data_dir / "passkoll.sqlite3")) as database:
            (count,) = database.execute("select count(*) from verifications").fetchone()
        return int(count)


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory, trust: Path, migrated_file: Path) -> Iterator[Counter]:
    folder = tmp_path_factory.mktemp("counter")
    data = folder / "data"
    data.mkdir(mode=0o700)
    shutil.copy(migrated_file, data)
    limits = dict.fromkeys(("limit_known", "limit_sign_in", "limit_strangers"), 100_000)
    settings = Settings(data_dir=data, trust=(trust,), port=0, specimen_clock=NOW, **limits)
    with (
        service_run.running(settings) as running,
        muster(settings, running.url, say=lambda _line: None) as crew,
    ):
        crew.phone.save(folder / "phone.json")
        yield Counter(running.url, settings, crew, folder / "phone.json")


Scan = Callable[..., Result]


@pytest.fixture
def scan(run: Run, counter: Counter) -> Scan:
    """`scan("--fault", "clone")`: the administrator reads a specimen on the phone."""

    def invoke(*arguments: str, profile: str = PROFILE) -> Result:
        reader = ("--reader", f"specimen:{profile}") if "--reader" not in arguments else ()
        return run(
            "scan", "--phone", str(counter.phone), "--sign-in", "-", *reader, *arguments, stdin=counter.sign_in()
        )

    return invoke


@pytest.mark.parametrize("way", [(), ("--post",)], ids=["websocket", "post"])
def test_the_service_judges_what_is_read(scan: Scan, way: tuple[str, ...]) -> None:
    result = scan("--json", *way)
    told = answer(result)
    assert (result.exit_code, told["state"], told["next_step"]) == (0, "checked", "wait_review_1")
    assert (told["report"]["outcome"], told["report"]["chip_genuine"]) == ("verified", "yes")
    assert told["report"]["evidence"]["source"] == "live"
    assert told["proposed_lines"] == []


def test_the_words_are_those_of_the_service_and_name_nobody(scan: Scan) -> None:
    result = scan()
    assert result.exit_code == 0
    assert "✓ checked vs_" in result.stdout
    assert "next step: wait_review_1. Chip and passport have passed; two reviews remain." in result.stdout
    shown = (result.stdout + result.stderr).upper()
    number = lines_of(PROFILE)[1][:9]
    for secret in (number, MARTA.primary_identifier, MARTA.full_name[0].upper(), "LINNEA", "840317"):
        assert secret not in shown


def test_a_clone_is_refused_with_what_to_do(scan: Scan, counter: Counter) -> None:
    result = scan("--fault", "clone")
    assert result.exit_code == 1
    assert "✗ refused vs_" in result.stdout
    assert "✗ FAILED aa.signature (AA): bad_signature\n  A digital signature does not verify." in result.stdout
    told = answer(scan("--fault", "clone", "--json"))
    assert (told["state"], told["report"]["outcome"], told["report"]["chip_genuine"]) == ("refused", "refused", "no")
    shown = counter.crew.first.console.request("GET", f"/v1/verifications/{told['verification']}").json()
    assert (shown["state"], shown["identity_verified"]) == ("refused", False)


def test_a_chip_without_a_proof_is_read_and_goes_no_further(scan: Scan) -> None:
    """Who has no personal identity number needs a chip that proves itself (RULES.md)."""
    result = scan("--json", profile="plain-bac")
    told = answer(result)
    assert (told["report"]["authenticity"], told["report"]["chip_genuine"]) == ("authentic", "not_supported")
    assert (result.exit_code, told["report"]["outcome"], told["next_step"]) == (1, "review", "stop")
    assert "✗ checked vs_" in scan(profile="plain-bac").stdout


def test_a_tag_that_is_lost_is_read_anew(scan: Scan) -> None:
    told = answer(scan("--fault", "tag_lost", "--fault-at", "20", "--json"))
    assert (told["state"], told["report"]["outcome"]) == ("checked", "verified")


def test_a_tag_that_is_lost_for_good_is_out_of_reach(scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    from service.client.cards import TagLostError
    from service.client.cards.specimen import SpecimenReader

    def lost(_self: SpecimenReader, _command: bytes) -> bytes:
        raise TagLostError

    monkeypatch.setattr(SpecimenReader, "transmit", lost)
    result = scan("--json")
    told = answer(result)
    assert (result.exit_code, told["error"], told["next_try"]) == (3, "tag_lost", "new_chip_attempt")


def test_a_photo_of_the_page_is_read_by_the_service(scan: Scan, tmp_path: Path) -> None:
    photo = tmp_path / "page.png"
    photo.write_bytes(photograph(lines_of(PROFILE)))
    told = answer(scan("--image", str(photo), "--json"))
    assert (told["state"], told["report"]["mrz_matches_chip"]) == ("checked", "yes")


def test_a_photo_that_shows_nothing_ends_before_the_chip_and_lines_go_on(scan: Scan, tmp_path: Path) -> None:
    photo = tmp_path / "page.jpg"
    photo.write_bytes(b"no photo")
    result = scan("--image", str(photo), "--json")
    told = answer(result)
    assert (result.exit_code, told["error"]) == (1, "unreadable")
    again = scan("--verification", told["verification"], "--mrz", "\n".join(lines_of(PROFILE)), "--json")
    assert (again.exit_code, answer(again)["verification"]) == (0, told["verification"])


def test_lines_of_another_page_do_not_open_the_chip(scan: Scan) -> None:
    result = scan("--mrz", OTHER_LINES, "--json")
    told = answer(result)
    assert (result.exit_code, told["error"], told["next_try"]) == (1, "access_denied", "confirm_mrz")
    again = scan("--verification", told["verification"], "--mrz", "\n".join(lines_of(PROFILE)), "--json")
    assert (again.exit_code, answer(again)["state"]) == (0, "checked")
    settled = scan("--verification", told["verification"], "--json")
    assert (settled.exit_code, answer(settled)) == (1, {"error": "wrong_state"})


def test_the_end_of_a_reading_is_told_in_the_words_of_the_service(scan: Scan) -> None:
    result = scan("--mrz", OTHER_LINES)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "was not read: access_denied. The chip does not open with the lines" in result.stderr
    assert "next: confirm_mrz. The lines must be compared with the page." in result.stderr
    assert "ERIKSSON" not in result.stderr


def test_the_number_of_a_card_opens_it(scan: Scan) -> None:
    told = answer(scan("--can", "123456", "--json", profile="card-access-number"))
    assert (told["state"], told["report"]["authenticity"]) == ("checked", "authentic")


def test_an_order_is_read_for(scan: Scan, counter: Counter) -> None:
    told = answer(scan("--order", "order-of-a-scan", "--json"))
    shown = counter.crew.first.console.request("GET", f"/v1/verifications/{told['verification']}").json()
    assert shown["order_reference"] == "order-of-a-scan"


def test_a_link_that_was_used_signs_nobody_in(run: Run, counter: Counter) -> None:
    arguments = ("scan", "--phone", str(counter.phone), "--reader", f"specimen:{PROFILE}", "--json")
    link = counter.sign_in()
    assert run(*arguments, "--sign-in", link).exit_code == 0
    before = counter.verifications()
    again = run(*arguments, "--sign-in", link)
    assert (again.exit_code, answer(again)) == (1, {"error": "sign_in_refused"})
    assert counter.verifications() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--phone", "{folder}/none.json", "--sign-in", "x"), "is no phone"),
        (("--phone", "{folder}/data", "--sign-in", "x"), "is no phone"),
        (("--phone", "{phone}", "--sign-in", "x", "--url", "http://127.0.0.1:1"), "the phone belongs to"),
        (("--phone", "{phone}"), "who reads?"),
        (("--phone", "{phone}", "--sign-in", "x", "--verification", "vs_../../me"), "vs_ and 26 characters"),
        (("--phone", "{phone}", "--sign-in", "x", "--image", "{folder}/none.png"), "cannot be read"),
        (("--phone", "{phone}", "--sign-in", "x", "--trust", "{folder}"), "judges by its own trust"),
        (("--phone", "{phone}", "--enrol", "x"), "there already"),
        (("--sign-in", "x"), "name its file with --phone"),
        (("--phone", "{phone}", "--sign-in", "-", "--mrz", "-"), "standard input holds one thing"),
    ],
    ids=[
        "no file",
        "a folder",
        "another service",
        "nobody",
        "no id",
        "no photo",
        "own trust",
        "enrolled",
        "no phone",
        "two from standard input",
    ],
)
def test_a_mistake_in_the_arguments_is_status_2(
    run: Run, counter: Counter, arguments: tuple[str, ...], words: str
) -> None:
    before = counter.verifications()
    given = [part.format(phone=counter.phone, folder=counter.phone.parent) for part in arguments]
    result = run("scan", "--reader", f"specimen:{PROFILE}", *given)
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert counter.verifications() == before


def test_without_a_page_nothing_is_opened_for_a_chip_on_a_reader(
    scan: Scan, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.service.scan.pcsc import Reader, install

    install(monkeypatch, lambda: [Reader("Counter 1")])
    before = counter.verifications()
    result = scan("--reader", "pcsc")
    assert (result.exit_code, counter.verifications()) == (2, before)
    assert "give photos (--image), or its lines (--mrz)" in result.stderr


def test_no_reader_is_status_3(scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.service.scan.pcsc import install

    install(monkeypatch, list)
    result = scan("--reader", "pcsc", "--json")
    assert (result.exit_code, answer(result)) == (3, {"error": "no_card"})


def test_from_the_invitation_to_the_chip(
    run: Run, counter: Counter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Enrolment, the second person, and a pairing whose number the console compares (SECURITY.md 7.2)."""
    first, second = counter.crew.first.console, counter.crew.second.console
    file = tmp_path / "phone.json"
    invitation = first.request("POST", "/v1/devices/invitations").json()["qr"]
    enrolled = answer(run("scan", "--phone", str(file), "--enrol", "-", "--json", stdin=invitation))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    reading = ("scan", "--phone", str(file), "--reader", f"specimen:{PROFILE}", "--json")
    early = run(*reading, "--sign-in", counter.sign_in())
    assert (early.exit_code, answer(early)) == (1, {"error": "invalid_client"})
    confirmed = second.request(
        "POST", f"/v1/devices/{enrolled['device']}/confirm", json={"fingerprint": enrolled["fingerprint"]}
    )
    assert confirmed.is_success
    pairing = first.request("POST", "/v1/pairings").json()
    wait, numbers = SoftwarePhone.wait_for, []

    def confirm_first(phone: SoftwarePhone, claimed: Claimed, **options: Any) -> None:
        numbers.append(first.request("GET", f"/v1/pairings/{pairing['id']}").json()["number"])
        assert first.request("POST", f"/v1/pairings/{pairing['id']}/confirm").is_success
        wait(phone, claimed, **options)

    monkeypatch.setattr(SoftwarePhone, "wait_for", confirm_first)
    result = run(*reading, "--pairing", "-", stdin=pairing["qr"])
    assert (result.exit_code, answer(result)["state"]) == (0, "checked")
    assert f"whether the phone shows {numbers[0]}" in result.stderr


@pytest.mark.parametrize("text", ["", "PKE1_AAAA", "no invitation"])
def test_what_is_no_invitation_makes_no_phone(run: Run, tmp_path: Path, text: str) -> None:
    file = tmp_path / "phone.json"
    result = run("scan", "--phone", str(file), "--enrol", "-", "--json", stdin=text)
    assert (result.exit_code, answer(result), file.exists()) == (1, {"error": "no_invitation"}, False)


def test_an_invitation_of_another_service_is_not_followed(run: Run, counter: Counter, tmp_path: Path) -> None:
    invitation = counter.crew.first.console.request("POST", "/v1/devices/invitations").json()["qr"]
    arguments = ("scan", "--phone", str(tmp_path / "phone.json"), "--enrol", "-")
    refused = run(*arguments, "--url", "https://elsewhere.example", stdin=invitation)
    assert (refused.exit_code, refused.stdout, list(tmp_path.iterdir())) == (2, "", [])
    # it was not used up
    assert run(*arguments, "--url", counter.url, stdin=invitation).exit_code == 0


@pytest.mark.parametrize("as_json", [True, False])
def test_a_service_that_is_gone_is_status_3(run: Run, counter: Counter, tmp_path: Path, as_json: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    phone = SoftwarePhone(f"http://127.0.0.1:{port}", counter.crew.phone.key, counter.crew.phone.id, audience="x")
    phone.save(tmp_path / "phone.json")
    arguments = ("scan", "--phone", str(tmp_path / "phone.json"), "--reader", f"specimen:{PROFILE}", "--sign-in", "x")
    result = run(*arguments, *(["--json"] if as_json else []))
    assert result.exit_code == 3
    if as_json:
        assert answer(result) == {"error": "ConnectError"}
    else:
        assert "the service cannot be reached: ConnectError" in result.stderr
