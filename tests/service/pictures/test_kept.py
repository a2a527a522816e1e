"""The page and the cut of its zone: sealed, shown to reviewers, replaced by a new photo, gone when decided."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from service.adapters.db.vault_tables import blobs, images
from service.domain.image import MAX_KEPT_IMAGE_BYTES
from service.domain.jobs import JobKind
from service.domain.photo import PhotoAdvice, PhotoExamination
from service.domain.retention import RetentionClass
from tests.service.api.test_counter import other_lines
from tests.service.api.test_photos import photo
from tests.service.counter import Counter, from_base64url
from tests.service.photo_reader import PlannedReader, read, unreadable
from tests.service.pictures.made import plain

PAGE, CROP = plain("navy"), plain("white", (64, 8))
OTHER_PAGE, OTHER_CROP = plain("maroon"), plain("grey", (64, 8))
KINDS = {"page": PAGE, "mrz-crop": CROP}


def seen(document, page: bytes | None = PAGE, crop: bytes | None = CROP, **doubts) -> PhotoExamination:
    """A photo that was read, with its pictures."""
    return replace(read(document.mrz_lines, **doubts), page=page, crop=crop)


def photographed(counter: Counter, document, photo_reader: PlannedReader) -> str:
    """A verification whose chip was checked after a photo."""
    photo_reader.plan = seen(document)
    case = counter.open()
    assert photo(counter, case, b"as the phone sent it").json()["status"] == "accepted"
    assert counter.read_chip(case, document)["state"] == "checked"
    return case


def code(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def viewers(services, case: str, action: str) -> list[str]:
    """Who saw it, by the audit trail."""
    with services.database.reading() as work:
        views = [entry for entry in work.audit.of(case.rpartition("/")[2]) if entry.action == action]
        return [work.audit.person(entry.actor) for entry in views]


def rows(services) -> list:
    with services.database.engine.connect() as connection:
        return connection.execute(select(images)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_reviewer_sees_it_and_that_is_written_down(
    counter: Counter, services, document, photo_reader: PlannedReader, kind: str
) -> None:
    case = photographed(counter, document, photo_reader)
    answer = counter.get(f"{case}/{kind}", person=1)
    assert answer.status_code == 200
    assert answer.content == KINDS[kind]
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    counter.get(f"{case}/{kind}")
    action = f"{kind.replace('-', '_')}_shown"
    assert [name[-1] for name in viewers(services, case, action)] == ["2", "1"]


@pytest.mark.parametrize("kind", KINDS)
def test_without_its_audit_entry_nothing_is_shown(
    counter: Counter, document, photo_reader: PlannedReader, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    from service.adapters.db.audit import AuditRows

    def broken(_self, _entry):
        raise OSError("no space left")

    case = photographed(counter, document, photo_reader)
    monkeypatch.setattr(AuditRows, "write", broken)
    answer = counter.get(f"{case}/{kind}")
    assert answer.status_code == 500
    assert KINDS[kind] not in answer.content


@pytest.mark.parametrize("kind", KINDS)
def test_before_a_photo_without_one_and_for_nobody(
    counter: Counter, document, photo_reader: PlannedReader, kind: str
) -> None:
    case = counter.open()
    assert code(counter.get(f"{case}/{kind}")) == (409, "wrong_state")
    # lines that the app read itself came without a photo: none will ever be there
    assert code(counter.get(f"{counter.checked(document)}/{kind}")) == (404, "not_found")
    assert code(counter.get(f"/v1/verifications/vs_{'A' * 26}/{kind}")) == (404, "not_found")
    assert counter.client.get(f"{case}/{kind}").status_code == 401


def test_what_is_kept_says_what_it_is_for(counter: Counter, services, document, photo_reader: PlannedReader) -> None:
    """RULES.md section 5: each row has its purpose, its organisation and the notice that the person was given."""
    photo_reader.plan = seen(document)
    case = counter.open()
    notice = {"version": "2026-10", "language": "sv", "given_at": "2026-11-24T09:29:00Z"}
    assert counter.post(f"{case}/notice", notice).status_code == 201
    photo(counter, case)
    found = {row.kind: row for row in rows(services)}
    assert set(found) == {"page", "mrz_crop"}
    for row in found.values():
        assert (row.purpose, row.notice_version, row.media_type) == ("verification_only", "2026-10", "image/jpeg")
        assert row.verification_id == case.rpartition("/")[2]
        assert row.organisation
    photo(counter, counter.open())
    without = [row for row in rows(services) if row.verification_id != case.rpartition("/")[2]]
    assert [row.notice_version for row in without] == [None, None]


def test_a_new_photo_takes_the_place_of_the_old_one(
    counter: Counter, services, settings, document, photo_reader: PlannedReader
) -> None:
    photo_reader.plan = seen(document, weak=((1, 6),))
    case = counter.open()
    photo(counter, case)
    first = {path.name for path in (settings.data_dir / "blobs").rglob("*") if path.is_file()}
    photo_reader.plan = seen(document, OTHER_PAGE, OTHER_CROP)
    photo(counter, case)
    assert counter.get(f"{case}/page").content == OTHER_PAGE
    assert counter.get(f"{case}/mrz-crop").content == OTHER_CROP
    assert len(rows(services)) == 2
    left = {path.name for path in (settings.data_dir / "blobs").rglob("*") if path.is_file()}
    assert len(first) == len(left) == 2
    assert first.isdisjoint(left), "the old picture is gone from the disk"


def test_a_photo_of_the_table_takes_no_place(counter: Counter, document, photo_reader: PlannedReader) -> None:
    """The lines in force were read from the page that was kept."""
    photo_reader.plan = seen(document)
    case = counter.open()
    photo(counter, case)
    photo_reader.plan = replace(unreadable(PhotoAdvice.NO_MRZ), page=OTHER_PAGE)
    assert photo(counter, case).json()["status"] == "unreadable"
    assert counter.get(f"{case}/page").content == PAGE
    assert counter.get(f"{case}/mrz-crop").content == CROP


def test_a_page_that_nobody_could_read_is_kept_all_the_same(
    counter: Counter, document, photo_reader: PlannedReader
) -> None:
    """The lines are typed then, and the reviewers compare the page with them."""
    photo_reader.plan = replace(unreadable(PhotoAdvice.BLUR), page=PAGE)
    case = counter.open()
    photo(counter, case)
    photo_reader.plan = replace(unreadable(PhotoAdvice.BLUR), page=OTHER_PAGE)
    photo(counter, case)
    assert counter.mrz(case, document.mrz_lines, "typed")["state"] == "mrz_captured"
    assert counter.get(f"{case}/page").content == OTHER_PAGE
    assert code(counter.get(f"{case}/mrz-crop")) == (409, "wrong_state")
    counter.read_chip(case, document)
    assert code(counter.get(f"{case}/mrz-crop")) == (404, "not_found")


def test_a_reading_whose_pictures_could_not_be_made_leaves_no_older_ones(
    counter: Counter, services, document, photo_reader: PlannedReader
) -> None:
    photo_reader.plan = seen(document)
    case = counter.open()
    photo(counter, case)
    photo_reader.plan = read(document.mrz_lines)
    assert photo(counter, case).json()["status"] == "accepted"
    assert rows(services) == []


def test_the_phone_gets_the_cut_with_the_answer(counter: Counter, document, photo_reader: PlannedReader) -> None:
    """For the screen that asks a person to confirm; a difference from the chip may be found after a sure reading."""
    photo_reader.plan = seen(document, weak=((1, 6),))
    case = counter.open()
    answer = photo(counter, case).json()
    assert (answer["status"], answer["next_step"]) == ("confirm", "confirm_mrz")
    assert from_base64url(answer["crop"]) == CROP
    photo_reader.plan = replace(read(other_lines(document)), page=PAGE, crop=OTHER_CROP)
    answer = photo(counter, case).json()
    assert (answer["status"], from_base64url(answer["crop"])) == ("accepted", OTHER_CROP)
    assert counter.read_chip(case, document)["next_step"] == "confirm_mrz"
    photo_reader.plan = replace(unreadable(PhotoAdvice.GLARE), page=PAGE)
    assert photo(counter, case).json()["crop"] is None


def test_they_go_with_the_portrait_at_the_decision(
    counter: Counter, services, settings, document, photo_reader: PlannedReader
) -> None:
    case = photographed(counter, document, photo_reader)
    assert counter.review(case, 0, "refuse").status_code == 201
    while services.run_jobs({JobKind.PURGE}) is not None:
        pass
    for kind in KINDS:
        assert code(counter.get(f"{case}/{kind}")) == (410, "erased")
        assert viewers(services, case, f"{kind.replace('-', '_')}_shown") == []
    with services.database.engine.connect() as connection:
        kept = connection.execute(select(blobs.c.retention)).scalars().all()
    assert "portrait" not in kept
    named = {path.name for path in (settings.data_dir / "blobs").rglob("*") if path.is_file()}
    assert len(named) == len(kept), "no blob of a picture is left"


def test_they_do_not_outlive_a_day_of_a_case_that_nobody_decides(
    counter: Counter, services, document, photo_reader: PlannedReader, clock
) -> None:
    case = photographed(counter, document, photo_reader)
    clock.advance(hours=24, seconds=1)
    while services.run_jobs({JobKind.EXPIRE, JobKind.PURGE}) is not None:
        pass
    for kind in KINDS:
        assert code(counter.get(f"{case}/{kind}")) == (410, "erased")


def test_nothing_of_a_photo_that_did_not_count_stays(
    counter: Counter, services, settings, document, photo_reader: PlannedReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case ends while the photo is read: one transaction holds the lines and the pictures."""
    case = counter.open()

    def cancel_meanwhile(_images, _today):
        counter.post(f"{case}/cancel")
        return seen(document)

    monkeypatch.setattr(photo_reader, "examine", cancel_meanwhile)
    assert code(photo(counter, case)) == (409, "wrong_state")
    assert rows(services) == []


def test_the_octets_of_the_phone_are_nowhere(
    counter: Counter, settings, document, photo_reader: PlannedReader
) -> None:
    """Neither what was sent nor what is shown lies in the clear in the folder of the service."""
    photographed(counter, document, photo_reader)
    for path in settings.data_dir.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"as the phone sent it" not in content
            assert PAGE[2:] not in content
            assert CROP[2:] not in content


def test_a_damaged_picture_is_told_in_words(
    counter: Counter, settings, document, photo_reader: PlannedReader
) -> None:
    case = photographed(counter, document, photo_reader)
    for blob in (settings.data_dir / "blobs").iterdir():
        if blob.is_file():
            sealed = blob.read_bytes()
            blob.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    assert code(counter.get(f"{case}/page")) == (500, "record_unreadable")


def test_an_erased_class_takes_no_new_picture(
    counter: Counter, services, document, photo_reader: PlannedReader
) -> None:
    photo_reader.plan = seen(document)
    case = counter.open()
    photo(counter, case)
    with services.database.changing() as work:
        work.vault.erase(case.rpartition("/")[2], RetentionClass.PORTRAIT)
    assert code(photo(counter, case)) == (410, "erased")
    assert code(counter.get(f"{case}/page")) == (410, "erased")


def test_a_picture_beyond_the_limit_fails_closed(
    counter: Counter, services, document, photo_reader: PlannedReader
) -> None:
    photo_reader.plan = seen(document, page=bytes(MAX_KEPT_IMAGE_BYTES + 1))
    case = counter.open()
    assert photo(counter, case).status_code == 500
    with services.database.reading() as work:
        verification = work.verifications.get(case.rpartition("/")[2])
    assert (verification.mrz_attempts, rows(services)) == (0, [])


def test_no_picture_is_in_a_repr(document) -> None:
    examination = seen(document)
    assert str(PAGE[2:20]) not in repr(examination)
    assert "MARTA" not in repr(examination)
