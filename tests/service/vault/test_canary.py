"""A holder with marker strings goes through success and failures: nothing that is kept or said shows one of them."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from mrtd.evidence import ElementaryFile
from mrtd.specimen import face
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.holder import Holder
from mrtd.specimen.issuer import IssuingProfile
from service import log
from service.adapters.db.tables import metadata
from service.domain.image import ImageKind, ImagePurpose, ImageRecord
from service.domain.retention import RetentionClass
from tests.service.conftest import NOW
from tests.service.photo_reader import read

HOLDER = Holder(
    primary_identifier="ZZMARKERSSON",
    secondary_identifier="QXCANARINA",
    full_name=("Žzmarkersson", "Qxcanarina"),
    date_of_birth=date(1971, 9, 13),
    sex="F",
    place_of_birth=("Xyzmarkerstad", "Utopia"),
    optional_data="ZMK77OPT",
    personal_number="ZMK19710913",
)
NUMBER = "MKR7755331"[:9]
REASON = "Markeringsord: bekant med innehavaren"
PICTURE = b"octets of the page with markers" * 8


@pytest.fixture
def marked(issuer):
    return issuer.issue(HOLDER, IssuingProfile(document_number=NUMBER))


def markers(document) -> dict[str, bytes]:
    """What must not be found, by what it is."""
    found = {
        "family name": b"ZZMARKERSSON",
        "given name": b"QXCANARINA",
        "printed name": "Žzmarkersson".encode(),
        "place of birth": b"Xyzmarkerstad",
        "document number": NUMBER.encode(),
        "optional data": b"ZMK77OPT",
        "personal number": b"ZMK19710913",
        "date of birth": b"1971-09-13",
        "line 2": document.mrz_lines[1].encode(),
        "reason": REASON.encode(),
        "page": PICTURE[:31],
        "portrait": face.jpeg().data[200:240],
        "security object": document.files[ElementaryFile.SOD][300:340],
    }
    hashed = dict(document.files) | {"number": NUMBER.encode(), "name": b"ZZMARKERSSON"}
    hashed |= {"lines": "\n".join(document.mrz_lines).encode(), "line 1": document.mrz_lines[0].encode()}
    for name, data in hashed.items():
        for digest in (hashlib.sha256, hashlib.sha1):
            found[f"{digest().name} of {name}"] = digest(data).digest()
    return found


def forms(marker: bytes) -> dict[str, bytes]:
    """The ways in which octets are written down."""
    text = marker.hex()
    found = {"as it is": marker, "hex": text.encode(), "HEX": text.upper().encode()}
    try:
        written = marker.decode()
        found["UTF-16"] = written.encode("utf-16-le")
        found["UTF-16, big"] = written.encode("utf-16-be")
        found["JSON"] = written.encode("unicode_escape")
    except UnicodeDecodeError:
        pass
    for shift in range(3):
        # the letters that are the same whatever stands before and behind, at each place within three octets
        whole = base64.b64encode(bytes(shift) + marker)
        inner = whole[-(-shift * 8 // 6) : (shift + len(marker)) * 8 // 6]
        found[f"base64 {shift}"] = inner
        found[f"base64url {shift}"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    return {name: form for name, form in found.items() if len(form) >= 7}


def leaks(octets: bytes, document) -> list[tuple[str, str]]:
    """Which markers are in there, and how."""
    return [
        (what, how)
        for what, marker in markers(document).items()
        for how, form in forms(marker).items()
        if form in octets
    ]


def kept(settings, services) -> dict[str, bytes]:
    """Every file of the installation, and every row of the database."""
    found = {
        str(path.relative_to(settings.data_dir)): path.read_bytes()
        for path in Path(settings.data_dir).rglob("*")
        if path.is_file()
    }
    with services.database.engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = [tuple(row) for row in connection.execute(select(table))]
            values = [value for row in rows for value in row]
            found[f"table {table.name}"] = b"\n".join(
                value if isinstance(value, bytes) else str(value).encode() for value in values
            )
    return found


def test_the_search_finds_what_it_looks_for(marked) -> None:
    """A canary that cannot die proves nothing."""
    for marker in markers(marked).values():
        for before in (b"", b"x", b"xy"):
            raw = before + marker + b"behind"
            for written in (raw, raw.hex().encode(), base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
                assert leaks(b"octets before " + written, marked)


def success(counter, services, document) -> str:
    """From the photo to the order, by all that keeps something; also the second time for a key."""
    case = counter.open("order-7")
    case_id = case.rpartition("/")[2]
    counter.mrz(case, document.mrz_lines)
    body = SpecimenChip(document).to_json_body(counter.challenge(case))
    for _ in range(2):
        judged = counter.post(f"{case}/chip", body, key="the-key-of-the-chip-upload-1")
        assert judged.status_code == 200, judged.text
    with services.database.changing() as work:
        record = ImageRecord(
            "im_canary", case_id, ImageKind.MRZ_CROP, ImagePurpose.VERIFICATION_ONLY, "R", None, "image/jpeg", NOW
        )
        work.images.add(record, PICTURE)
    assert counter.get(f"{case}/portrait").status_code == 200
    assert counter.review(case, 0, reason=REASON).status_code == 201
    assert counter.review(case, 1, reason=REASON).status_code == 201
    token = counter.get(f"{case}/result")
    assert token.status_code == 200
    from tests.service.api.test_results import payload_of

    jti = payload_of(token.text)["jti"]
    assert counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-7"}).status_code == 200
    return case_id


def failures(counter, services, document, photo_reader) -> None:
    """What ends otherwise: in doubt, unreadable, tampered, refused, suspected, cancelled, nonsense."""
    seen = read(document.mrz_lines, weak=((2, 3),))
    photo_reader.plan = replace(seen, page=PICTURE, crop=b"the zone in the " + PICTURE)
    case = counter.open()
    counter.request("POST", f"{case}/mrz-image", content=PICTURE, headers={"Content-Type": "image/jpeg"})
    assert counter.get(f"{case}/page").content == PICTURE
    assert counter.get(f"{case}/mrz-crop", person=1).content.endswith(PICTURE)
    counter.post(f"{case}/mrz", {"lines": [document.mrz_lines[0]], "source": "typed"})
    counter.post(f"{case}/mrz", {"lines": list(document.mrz_lines), "source": "typed", "ZZMARKERSSON": NUMBER})
    counter.post(f"{case}/cancel")
    tampered = replace(
        document, files={**document.files, ElementaryFile.DG1: document.files[ElementaryFile.DG1].replace(b"Q", b"P")}
    )
    assert counter.read_chip(counter.captured(document), tampered)["state"] == "refused"
    for decision in ("refuse", "suspect_fraud"):
        case = counter.checked(document)
        assert counter.review(case, 0, decision, reason=REASON).status_code == 201
    case = counter.captured(document)
    counter.post(f"{case}/chip", {"files": {"DG1": NUMBER, "ZZMARKERSSON": "AAAA"}})
    counter.get(f"/v1/verifications/{NUMBER}")


def test_nothing_that_is_kept_or_logged_shows_the_holder(counter, services, settings, marked, photo_reader) -> None:
    logged = io.StringIO()
    log.configure("debug", logged)
    try:
        case_id = success(counter, services, marked)
        failures(counter, services, marked, photo_reader)
    finally:
        log.configure("critical")
    found = {name: leaks(octets, marked) for name, octets in kept(settings, services).items()}
    assert {name: what for name, what in found.items() if what} == {}
    assert leaks(logged.getvalue().encode(), marked) == []
    assert len([name for name in found if name.startswith("blobs/")]) > 10

    # it is all there, and goes away
    with services.database.changing() as work:
        assert work.captures.of(case_id)[0].lines == marked.mrz_lines
        for retention in RetentionClass:
            work.vault.erase(case_id, retention)
    with services.database.reading() as work:
        assert work.vault.erased(case_id) == frozenset(RetentionClass)
        assert dict(work.evidence.latest(case_id).evidence.files) == {}


def test_without_sealing_it_would_be_found(counter, services, settings, marked, monkeypatch) -> None:
    """The same life with a vault that seals nothing: the search above looks in the right places."""
    from service.adapters.db import vault

    monkeypatch.setattr(vault, "seal", lambda _key, plain, _bound_to, _randomness: plain)
    monkeypatch.setattr(vault, "open_sealed", lambda _key, sealed, _bound_to: sealed)
    success(counter, services, marked)
    found = {what for octets in kept(settings, services).values() for what, _ in leaks(octets, marked)}
    assert set(markers(marked)) - found <= {
        what for what in markers(marked) if what.startswith(("sha1 of", "sha256 of n", "sha256 of l", "date of"))
    }


def test_an_approved_case_can_be_read_by_a_service_that_starts_anew(settings, services, counter, document) -> None:
    from service import wiring

    case_id = counter.approved(document).rpartition("/")[2]
    with wiring.open_database(settings).reading() as work:
        assert set(work.evidence.latest(case_id).evidence.files) == set(document.files)


@pytest.mark.parametrize("lost", ["keys/epochs", "keys/master.json"])
def test_a_service_without_its_keys_does_not_start(settings, services, counter, document, lost: str) -> None:
    """It would otherwise begin new ones, and call everything unreadable."""
    import shutil

    from service import wiring
    from service.domain.errors import ConfigurationError

    counter.captured(document)
    path = settings.data_dir / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(ConfigurationError):
        wiring.open_database(settings)
