"""Photos of the page over HTTP: what is accepted, what a person confirms, what is taken again, what is refused."""

from __future__ import annotations

import httpx2
import pytest

import mrz
from service.api.body_limit import MAX_PHOTO_BODY
from service.domain.errors import ProblemCode, ServiceError
from service.domain.mrz_capture import MAX_MRZ_ATTEMPTS
from service.domain.photo import MAX_IMAGE_BYTES, MAX_IMAGES, ImageFault, PhotoAdvice
from tests.service.api.test_counter import other_lines
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter
from tests.service.photo_reader import PlannedReader, read, unreadable

JPEG = {"Content-Type": "image/jpeg"}


def photo(counter: Counter, case: str, content: bytes = b"octets", media_type: str = "image/jpeg"):
    """Send one photo."""
    return counter.request("POST", f"{case}/mrz-image", content=content, headers={"Content-Type": media_type})


def photos(counter: Counter, case: str, *images: bytes, name: str = "image", media_type: str = "image/jpeg"):
    """Send several, as the client library writes them."""
    files = [(name, (f"{number}.jpg", image, media_type)) for number, image in enumerate(images)]
    return counter.request("POST", f"{case}/mrz-image", files=files)


def ocr_confidence(report) -> tuple[str, str | None]:
    """What the report says of the reading."""
    check = next(check for check in report["checks"] if check["id"] == "mrz.ocr_confidence")
    return check["status"], check["reason"]


# --- what was read


def test_a_certain_reading_is_accepted_and_leads_to_the_result(
    counter: Counter, document, photo_reader: PlannedReader
) -> None:
    photo_reader.plan = read(document.mrz_lines)
    case = counter.open()
    answer = photo(counter, case)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["status"], body["state"], body["next_step"]) == ("accepted", "mrz_captured", "read_chip_live")
    assert (body["advice"], body["image_fault"], body["attempts_left"]) == ([], None, MAX_MRZ_ATTEMPTS - 1)
    reading = body["reading"]
    assert reading["lines"] == list(document.mrz_lines)
    assert (reading["certain"], reading["weak"], reading["engine"]) == (True, [], "planned")
    assert [len(line) for line in reading["confidence"]] == [44, 44]
    assert reading["quad"][0] == [10.0, 20.0]
    assert photo_reader.asked == [[b"octets"]]
    chip = counter.read_chip(case, document)
    assert (chip["state"], chip["report"]["outcome"]) == ("checked", "verified")
    assert ocr_confidence(chip["report"]) == ("PASSED", None)


def test_a_weak_character_is_confirmed_by_a_person(counter: Counter, document, photo_reader: PlannedReader) -> None:
    """Every check digit holds, and still: the name has none (SECURITY.md 1.3)."""
    photo_reader.plan = read(document.mrz_lines, weak=((1, 6),))
    case = counter.open()
    body = photo(counter, case).json()
    assert (body["status"], body["state"], body["next_step"]) == ("confirm", "created", "confirm_mrz")
    assert (body["reading"]["valid"], body["reading"]["certain"], body["reading"]["weak"]) == (True, False, [[1, 6]])
    assert body["advice"] == ["blur"]
    assert counter.post(f"{case}/chip-challenges").json()["code"] == "wrong_state"
    assert counter.mrz(case, body["reading"]["lines"], "confirmed")["state"] == "mrz_captured"
    report = counter.read_chip(case, document)["report"]
    assert (report["outcome"], ocr_confidence(report)) == ("verified", ("NOT_APPLICABLE", None))


def test_doubt_without_a_place_is_doubt(counter: Counter, document, photo_reader: PlannedReader) -> None:
    photo_reader.plan = read(document.mrz_lines, certain=False)
    assert photo(counter, counter.open()).json()["status"] == "confirm"


def test_certainty_about_a_wrong_check_digit_is_not_believed(
    counter: Counter, document, photo_reader: PlannedReader
) -> None:
    first, second = document.mrz_lines
    wrong = str((int(second[9]) + 1) % 10)
    photo_reader.plan = read((first, second[:9] + wrong + second[10:]), certain=True)
    assert photo(counter, counter.open()).json()["status"] == "confirm"


def test_repairs_are_told(counter: Counter, document, photo_reader: PlannedReader) -> None:
    photo_reader.plan = read(document.mrz_lines, repairs=(mrz.Repair("document_number", 2, 3, "O", "0"),))
    assert photo(counter, counter.open()).json()["reading"]["repairs"] == [
        {"field": "document_number", "line": 2, "column": 3, "printed": "O", "replaced": "0"}
    ]


@pytest.mark.parametrize("advice", PhotoAdvice)
def test_what_cannot_be_read_is_advice(counter: Counter, photo_reader: PlannedReader, advice: PhotoAdvice) -> None:
    photo_reader.plan = unreadable(advice)
    answer = photo(counter, counter.open())
    body = answer.json()
    assert (answer.status_code, body["status"], body["reading"], body["advice"]) == (
        200,
        "unreadable",
        None,
        [advice],
    )
    assert (body["state"], body["next_step"]) == ("created", "take_photo")


@pytest.mark.parametrize("fault", ImageFault)
def test_a_picture_that_cannot_be_opened_is_data(
    counter: Counter, photo_reader: PlannedReader, fault: ImageFault
) -> None:
    photo_reader.plan = unreadable(PhotoAdvice.NO_MRZ, fault=fault)
    body = photo(counter, counter.open()).json()
    assert (body["status"], body["advice"], body["image_fault"]) == ("unreadable", ["no_mrz"], fault)


def test_a_misread_photo_is_not_a_false_passport(counter: Counter, document, photo_reader: PlannedReader) -> None:
    """A certain reading that differs from the chip is first undetermined; the same chip is judged again."""
    photo_reader.plan = read(other_lines(document))
    case = counter.open()
    photo(counter, case)
    answer = counter.read_chip(case, document)
    assert (answer["state"], answer["next_step"], answer["reason"]) == ("mrz_captured", "confirm_mrz", "unconfirmed")
    photo_reader.plan = read(document.mrz_lines)
    assert photo(counter, case).json()["state"] == "checked"


@pytest.mark.parametrize("first", ["app_ocr", "ocr"])
def test_photos_read_here_and_in_the_app_are_counted_together(
    counter: Counter, document, photo_reader: PlannedReader, first: str
) -> None:
    """CHECKS.md rule 1: a number under a check digit that differs after two photos refuses."""
    photo_reader.plan = read(other_lines(document))
    case = counter.open()
    if first == "ocr":
        photo(counter, case)
    else:
        counter.mrz(case, other_lines(document))
    assert counter.read_chip(case, document)["next_step"] == "confirm_mrz"
    assert photo(counter, case).json()["state"] == "refused"


def test_photos_read_together_are_one(counter: Counter, document, photo_reader: PlannedReader) -> None:
    photo_reader.plan = read(other_lines(document))
    case = counter.open()
    assert photos(counter, case, b"first", b"second", b"third").json()["status"] == "accepted"
    assert photo_reader.asked == [[b"first", b"second", b"third"]]
    assert counter.read_chip(case, document)["next_step"] == "confirm_mrz"


def test_nobody_outside_can_say_that_this_service_read_it(counter: Counter, document) -> None:
    answer = counter.post(f"{counter.open()}/mrz", {"lines": list(document.mrz_lines), "source": "ocr"})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    printed = {"lines": list(document.mrz_lines), "source": "ocr"}
    answer = counter.post("/v1/inspections", {"dump": {"EF.SOD": "AA"}, "mrz": printed})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


# --- what the phone is told before


def test_the_phone_is_told_what_to_send(counter: Counter) -> None:
    opened = counter.post("/v1/verifications", {"kind": "reserve_card_no_pnr"}).json()
    assert opened["links"]["mrz_image"] == f"{opened['links']['self']}/mrz-image"
    wanted = opened["image"]
    assert wanted["formats"] == ["image/jpeg", "image/png", "image/webp", "image/heic"]
    assert (wanted["max_images"], wanted["max_bytes"]) == (5, 12 * 1024 * 1024)
    assert 600 <= wanted["long_edge_px"] <= 2600
    assert 50 <= wanted["quality"] <= 95
    cancelled = counter.post(f"{opened['links']['self']}/cancel").json()
    assert cancelled["image"] is None


# --- requests that are refused, without an attempt


def refusals(counter: Counter, case: str) -> dict[str, tuple[httpx2.Response, int, str]]:
    """Requests, and the status and code of each."""
    multipart = "multipart/form-data; boundary=b"
    disposition = b'Content-Disposition: form-data; name="image"\r\n'
    part = b"--b\r\n" + disposition + b"Content-Type: image/png\r\n\r\noctets\r\n"
    end = b"--b--\r\n"

    def raw(body: bytes, media_type: str = multipart):
        return photo(counter, case, body, media_type)

    return {
        "no picture": (raw(b"", "image/jpeg"), 422, "validation_failed"),
        "another type": (raw(b"GIF89a", "image/gif"), 415, "unsupported_media_type"),
        "JSON": (counter.post(f"{case}/mrz-image", {"image": ""}), 415, "unsupported_media_type"),
        "no type": (counter.request("POST", f"{case}/mrz-image", content=b"x"), 415, "unsupported_media_type"),
        "too large": (raw(bytes(MAX_IMAGE_BYTES + 1), "image/jpeg"), 413, "body_too_large"),
        "a part too large": (photos(counter, case, b"x", bytes(MAX_IMAGE_BYTES + 1)), 413, "body_too_large"),
        "far too large": (raw(bytes(MAX_PHOTO_BODY + 1), "image/jpeg"), 413, "body_too_large"),
        "six parts": (photos(counter, case, *[b"x"] * (MAX_IMAGES + 1)), 422, "validation_failed"),
        "an empty part": (photos(counter, case, b"x", b""), 422, "validation_failed"),
        "another name": (photos(counter, case, b"x", name="selfie"), 422, "validation_failed"),
        "a part of another type": (
            photos(counter, case, b"x", media_type="application/pdf"),
            415,
            "unsupported_media_type",
        ),
        "no boundary": (raw(part + end, "multipart/form-data"), 400, "malformed_request"),
        "another boundary": (raw(part + end, multipart + "c"), 400, "malformed_request"),
        "a preamble": (raw(b"hello\r\n" + part + end), 400, "malformed_request"),
        "an epilogue": (raw(part + end + b"more"), 400, "malformed_request"),
        "no end": (raw(part), 400, "malformed_request"),
        "no parts": (raw(end), 422, "validation_failed"),
        "empty body": (raw(b""), 400, "malformed_request"),
        "no headers": (raw(b"--b\r\noctets\r\n" + end), 400, "malformed_request"),
        "a header without a colon": (raw(part.replace(b"Content-Type:", b"Type") + end), 400, "malformed_request"),
        "no disposition": (raw(part.replace(disposition, b"") + end), 400, "malformed_request"),
        "long headers": (
            raw(part.replace(disposition, disposition + b"X: " + b"y" * 4_000 + b"\r\n") + end),
            400,
            "malformed_request",
        ),
        "an encoding": (
            raw(part.replace(disposition, disposition + b"Content-Transfer-Encoding: base64\r\n") + end),
            400,
            "malformed_request",
        ),
    }


def test_requests_that_are_no_photos_are_refused(counter: Counter, photo_reader: PlannedReader) -> None:
    case = counter.open()
    found = {
        name: (answer.status_code, answer.json()["code"]) for name, (answer, _, _) in refusals(counter, case).items()
    }
    assert found == {name: (status, code) for name, (_, status, code) in refusals(counter, case).items()}
    assert photo_reader.asked == []
    assert photo(counter, case).json()["attempts_left"] == MAX_MRZ_ATTEMPTS - 1


def test_parts_as_different_clients_write_them(counter: Counter, photo_reader: PlannedReader) -> None:
    """With and without quotes, a file name, a type or an encoding; the octets between the lines stay untouched."""
    octets = b"\r\n--\r\n--boundary\r\n\r\n\x00\xff"
    for headers in (
        b'Content-Disposition: form-data; name="image"; filename="a.jpg"\r\nContent-Type: image/jpeg',
        b"content-disposition: form-data; name=image",
        b'Content-Disposition: form-data; name="image"\r\nContent-Transfer-Encoding: binary\r\n'
        b"Content-Type: IMAGE/WEBP; x=y\r\nContent-Length: 24",
    ):
        body = b"--b0undary\r\n" + headers + b"\r\n\r\n" + octets + b"\r\n--b0undary--"
        answer = photo(counter, counter.open(), body, 'multipart/form-data; boundary="b0undary"')
        assert answer.status_code == 200, answer.text
        assert photo_reader.asked.pop() == [octets]


def test_a_busy_reader_costs_no_attempt(counter: Counter, photo_reader: PlannedReader) -> None:
    photo_reader.plan = ServiceError(ProblemCode.TOO_MANY_REQUESTS, retry_after_s=2)
    case = counter.open()
    answer = photo(counter, case)
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["retry"]) == (429, "2", "after_seconds")
    photo_reader.plan = ServiceError(ProblemCode.NOT_READY, retry_after_s=2)
    assert photo(counter, case).status_code == 503
    photo_reader.plan = unreadable(PhotoAdvice.GLARE)
    assert photo(counter, case).json()["attempts_left"] == MAX_MRZ_ATTEMPTS - 1


def test_attempts_end(counter: Counter, photo_reader: PlannedReader) -> None:
    case = counter.open()
    left = [photo(counter, case).json()["attempts_left"] for _ in range(MAX_MRZ_ATTEMPTS)]
    assert left == list(reversed(range(MAX_MRZ_ATTEMPTS)))
    answer = photo(counter, case)
    assert (answer.status_code, answer.json()["code"], answer.json()["retry"]) == (
        409,
        "attempt_limit",
        "new_verification",
    )
    assert len(photo_reader.asked) == MAX_MRZ_ATTEMPTS


def test_no_photo_of_a_case_that_is_past_it_is_read(counter: Counter, document, photo_reader: PlannedReader) -> None:
    answer = photo(counter, counter.checked(document))
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "wrong_state", "checked")
    answer = photo(counter, "/v1/verifications/vs_" + "A" * 26)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert photo_reader.asked == []


def test_a_case_that_changes_meanwhile_is_a_conflict_or_its_state(
    counter: Counter, document, photo_reader: PlannedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = counter.open()

    def cancel_meanwhile(images, today):
        counter.post(f"{case}/cancel")
        return read(document.mrz_lines)

    monkeypatch.setattr(photo_reader, "examine", cancel_meanwhile)
    answer = photo(counter, case)
    assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (409, "wrong_state", "cancelled")


# --- what stays


def test_the_audit_says_that_a_photo_was_read_and_not_what(
    counter: Counter, document, photo_reader: PlannedReader, services
) -> None:
    photo_reader.plan = read(document.mrz_lines)
    case = counter.open()
    photo(counter, case, b"octets of a face")
    with services.database.reading() as work:
        last = work.audit.of(case.rpartition("/")[2])[-1]
        captures = work.captures.of(case.rpartition("/")[2])
    assert dict(last.details) == {"status": "accepted", "source": "ocr", "state": "mrz_captured", "reason": None}
    assert [(capture.source, capture.photo) for capture in captures] == [("ocr", 1)]


def test_the_day_is_the_counter_s(
    counter: Counter, clock: ManualClock, photo_reader: PlannedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = []

    def note(images, today):
        days.append(today)
        return unreadable(PhotoAdvice.BLUR)

    monkeypatch.setattr(photo_reader, "examine", note)
    clock.time = NOW.replace(hour=23, minute=30)
    photo(counter, counter.open())
    assert str(days[0]) == "2026-11-25"
