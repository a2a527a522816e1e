"""Everything that is kept of a person, for that person: whole, of nobody else, and each look is in the trail."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from hypothesis import given
from hypothesis import strategies as st
from obstore.store import MemoryStore
from sqlalchemy import select

from mrtd.evidence import ElementaryFile
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import IssuingProfile, SpecimenIssuer
from service import wiring
from service.adapters.blobs import RemoteObjects
from service.adapters.db.print_tables import subject_marks
from service.adapters.machine import shell_account
from service.adapters.system import SystemRandomness
from service.adapters.trace_keys import YearlySubjectKeys
from service.domain.audit import Action
from service.domain.retention import RetentionClass
from service.domain.subjects import ExtractReason, Subject, SubjectError, SubjectProblem
from service.domain.vault import WrappedKey
from service.domain.verification import Kind
from service.settings import Settings
from service.usecases.export_subject import SubjectExtract
from service.usecases.subject_words import CLASSES, INFORMATION, KINDS, LANGUAGES, WORDS
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter

MARTAS = Subject("UTO", "UT0000801")
OLOFS = Subject("UTO", "UT0000802")
OLOF = replace(
    MARTA,
    primary_identifier="LINDGREN",
    secondary_identifier="OLOF",
    full_name=("Lindgren", "Olof"),
    date_of_birth=date(1971, 5, 6),
    sex="M",
    place_of_birth=("Gullhult",),
)

Files = dict[str, bytes]
Extracting = Callable[..., SubjectExtract]


@pytest.fixture(scope="session")
def martas(issuer: SpecimenIssuer) -> SpecimenDocument:
    """Märta's passport."""
    return issuer.issue(MARTA, IssuingProfile(document_number=MARTAS.document_number))


@pytest.fixture(scope="session")
def olofs(issuer: SpecimenIssuer) -> SpecimenDocument:
    """Olof's."""
    return issuer.issue(OLOF, IssuingProfile(document_number=OLOFS.document_number))


@pytest.fixture
def extract(settings: Settings, clock: ManualClock, services: wiring.Services) -> Iterator[Extracting]:
    """`extract(subject)`, as the command does it."""
    with wiring.administer_subjects(settings, clock=clock) as administration:

        def make(subject: Subject, reason: ExtractReason = ExtractReason.ACCESS_REQUEST) -> SubjectExtract:
            return administration.export("registrar", subject, reason)

        yield make


def unzipped(found: SubjectExtract) -> Files:
    with zipfile.ZipFile(io.BytesIO(found.archive)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def said(files: Files) -> dict:
    return json.loads(files["extract.json"])


def id_of(path: str) -> str:
    return path.rpartition("/")[2]


def test_everything_of_one_and_nothing_of_the_other(
    counter: Counter, martas: SpecimenDocument, olofs: SpecimenDocument, extract: Extracting, clock: ManualClock
) -> None:
    first = counter.approved(martas, "order-marta")
    clock.advance(minutes=1)
    second = counter.captured(martas)
    other = counter.approved(olofs, "order-olof")
    for path in (first, other):
        assert counter.get(f"{path}/result").status_code == 200
    found = extract(MARTAS)
    assert found.cases == (id_of(first), id_of(second))
    files = unzipped(found)
    everything = b"\n".join(files.values())
    for name in (ElementaryFile.SOD, ElementaryFile.DG1, ElementaryFile.DG11):
        assert olofs.files[name] not in everything
    for text in ("LINDGREN", "Lindgren", "Olof", "OLOF", "UT0000802", "Gullhult", "order-olof", id_of(other)):
        assert text.encode() not in everything, text
    folder = f"cases/{id_of(first)}"
    chip = {f"{folder}/chip/{name.value.replace('/', '_')}.bin": data for name, data in martas.files.items()}
    assert {name: files[name] for name in chip} == chip
    whole, begun = said(files)["cases"]
    assert whole["person"]["EF.DG1"]["primary_identifier"] == "AAKERSTROEM"
    assert whole["person"]["EF.DG1"]["date_of_birth"] == "1984-03-17"
    assert whole["person"]["EF.DG11"]["full_name"] == "Åkerström<<Märta<Linnéa"
    assert [lines["lines"] for lines in whole["printed_lines"]] == [list(martas.mrz_lines)]
    assert (whole["whole"], begun["person"], begun["reviews"], begun["result"]) == (True, None, [], None)
    assert begun["printed_lines"] == [{**whole["printed_lines"][0], "at": begun["printed_lines"][0]["at"]}]
    claims = json.loads(files[f"{folder}/result-claims.json"])
    assert claims["verified_claims"]["claims"]["family_name"] == "Åkerström"
    assert files[f"{folder}/result.jwt"].count(b".") == 2
    assert json.loads(files[f"{folder}/report.json"])["checks"]


def test_who_got_it_what_for_and_how_long(
    counter: Counter, martas: SpecimenDocument, extract: Extracting, settings: Settings, clock: ManualClock
) -> None:
    path = counter.approved(martas, "order-marta")
    counter.get(f"{path}/result")
    clock.advance(minutes=2)
    counter.get(f"{path}/result")
    (case,) = said(unzipped(extract(MARTAS)))["cases"]
    assert case["recipients"] == [
        {"recipient": settings.audience, "at": "2026-11-24T09:30:00Z"},
        {"recipient": settings.audience, "at": "2026-11-24T09:32:00Z"},
    ]
    assert case["kind"] == Kind.RESERVE_CARD_NO_PNR
    kept = {period["class"]: period for period in case["kept"]["periods"]}
    assert kept["holder"]["until"] == "2026-12-24T09:30:00Z"
    # ten years after the 180 days of a card (docs/retention.md)
    assert kept["evidence"]["until"] == "2037-05-23T09:30:00Z"
    assert kept["evidence"]["decision"] == "passkoll-default"
    assert [one["action"] for one in case["history"]][-1] == "subject_exported"
    assert "result_fetched" in [one["action"] for one in case["history"]]


def test_reviewers_are_numbers(
    counter: Counter, martas: SpecimenDocument, extract: Extracting, services: wiring.Services
) -> None:
    """CJEU C-579/21: times and purposes, not the names of those who work here."""
    path = counter.checked(martas)
    counter.review(path, 0, reason="the cover is worn", printed_name={"family": "Åkerström", "given": "Märta Linnéa"})
    counter.review(path, 1, "refuse", reason="another face")
    with services.database.reading() as work:
        reviewers = [review.reviewer for review in work.reviews.of(id_of(path))]
    files = unzipped(extract(MARTAS))
    (case,) = said(files)["cases"]
    shown = [(one["reviewer"], one["decision"], one["reason"]) for one in case["reviews"]]
    assert shown == [(1, "approve", "the cover is worn"), (2, "refuse", "another face")]
    assert case["reviews"][0]["printed_name"] == {"family_name": "Åkerström", "given_name": "Märta Linnéa"}
    everything = b"\n".join(files.values())
    assert len(set(reviewers)) == 2
    for name in (*reviewers, "registrar"):
        assert name.encode() not in everything


def test_the_texts_are_for_people(counter: Counter, martas: SpecimenDocument, extract: Extracting) -> None:
    counter.get(f"{counter.approved(martas, 'order-marta')}/result")
    files = unzipped(extract(MARTAS))
    expected = {
        "sv": ("artikel 15", "efternamn: AAKERSTROEM", "Integritetsskyddsmyndigheten", "Utlämnat till", "Godkänd"),
        "en": ("Article 15", "primary_identifier: AAKERSTROEM", "rectification", "Disclosed to", "Approved"),
    }
    for language, words in expected.items():
        text = files[f"extract.{language}.txt"].decode()
        for word in (*words, "UT0000801", "order-marta", "1984-03-17"):
            assert word in text, (language, word)


def test_portrait_and_page_while_they_are_kept(
    counter: Counter, martas: SpecimenDocument, extract: Extracting, services: wiring.Services
) -> None:
    path = counter.checked(martas)
    found = extract(MARTAS)
    files = unzipped(found)
    portrait = files[f"cases/{id_of(path)}/portrait.jpg"]
    assert portrait.startswith(b"\xff\xd8\xff")
    assert portrait in martas.files[ElementaryFile.DG2]
    assert files[f"cases/{id_of(path)}/chip/EF.DG2.bin"] == martas.files[ElementaryFile.DG2]
    assert found.pictures == 1
    with services.database.changing() as work:
        work.vault.erase(id_of(path), RetentionClass.PORTRAIT)
    assert extract(MARTAS).pictures == 0


def test_what_is_left_when_the_person_is_erased(
    counter: Counter, martas: SpecimenDocument, extract: Extracting, services: wiring.Services
) -> None:
    """The case is found by its mark alone, and what is still kept is told from what is not."""
    path = counter.approved(martas)
    counter.get(f"{path}/result")
    with services.database.changing() as work:
        work.vault.erase(id_of(path), RetentionClass.PORTRAIT)
        work.vault.erase(id_of(path), RetentionClass.HOLDER)
    files = unzipped(extract(MARTAS))
    (case,) = said(files)["cases"]
    assert (case["person"], case["printed_lines"]) == ({}, [])
    assert case["chip"]["files"] == sorted(
        name.value for name in (ElementaryFile.SOD, ElementaryFile.COM, ElementaryFile.DG14, ElementaryFile.DG15)
    )
    assert {period["class"]: period["kept"] for period in case["kept"]["periods"]} == {
        "portrait": False,
        "holder": False,
        "evidence": True,
    }
    assert f"cases/{id_of(path)}/result.jwt" in files


def test_a_case_of_two_documents_shows_each_person_their_own(
    counter: Counter, martas: SpecimenDocument, olofs: SpecimenDocument, extract: Extracting
) -> None:
    """Lines of one passport, chip of another."""
    path = counter.captured(martas)
    counter.post(f"{path}/chip", SpecimenChip(olofs).to_json_body(counter.challenge(path)))
    of_marta, of_olof = (unzipped(extract(subject)) for subject in (MARTAS, OLOFS))
    for files, own, other in (
        (of_marta, ("UT0000801", "AAKERSTROEM"), ("UT0000802", "LINDGREN", "Lindgren", "Gullhult")),
        (of_olof, ("UT0000802", "LINDGREN"), ("UT0000801", "AAKERSTROEM", "Åkerström")),
    ):
        everything = b"\n".join(files.values())
        assert all(text.encode() in everything for text in own)
        assert not any(text.encode() in everything for text in other)
        (case,) = said(files)["cases"]
        assert (case["id"], case["whole"]) == (id_of(path), False)
        assert not any(name.endswith("report.json") for name in files)
        assert "two documents" in files["extract.en.txt"].decode()
    assert said(of_marta)["cases"][0]["chip"] is None
    assert said(of_olof)["cases"][0]["printed_lines"] == []


def test_suspected_fraud_is_named_for_the_secrecy_test(
    counter: Counter, martas: SpecimenDocument, extract: Extracting
) -> None:
    path = counter.checked(martas)
    counter.review(path, 0, "suspect_fraud", reason="the laminate was lifted")
    found = extract(MARTAS)
    assert found.suspected_fraud == (id_of(path),)
    (case,) = said(unzipped(found))["cases"]
    assert case["kept"]["frozen"]["reason"] == "suspected_fraud"


def test_each_look_is_in_the_trail(
    counter: Counter, martas: SpecimenDocument, extract: Extracting, services: wiring.Services
) -> None:
    paths = [counter.captured(martas), counter.captured(martas)]
    extract(MARTAS, ExtractReason.SUPERVISION)
    with services.database.reading() as work:
        for path in paths:
            last = work.audit.of(id_of(path))[-1]
            assert (last.action, dict(last.details)) == (
                Action.SUBJECT_EXPORTED,
                {"reason": "supervision", "cases": 2, **shell_account()},
            )
            assert work.audit.person(last.actor) == "registrar"
        count = work.audit.head().number
    with pytest.raises(SubjectError) as refused:
        extract(OLOFS)
    assert refused.value.code is SubjectProblem.NOTHING_KEPT
    with services.database.reading() as work:
        (row,) = work.audit.rows(after=count)
    assert (row["action"], row["verification_id"]) == (Action.SUBJECT_EXPORTED, None)
    assert json.loads(row["details"]) == {"reason": "access_request", "cases": 0, **shell_account()}


def test_nothing_leaves_without_its_entry(
    counter: Counter, martas: SpecimenDocument, extract: Extracting, monkeypatch
) -> None:
    from service.adapters.db.audit import AuditRows

    counter.captured(martas)

    def full(_self) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(AuditRows, "finish", full)
    with pytest.raises(OSError, match="full"):
        extract(MARTAS)


def test_another_organisation_answers_for_its_own(
    counter: Counter, martas: SpecimenDocument, settings: Settings, clock: ManualClock
) -> None:
    counter.captured(martas)
    elsewhere = settings.model_copy(update={"organisation": "Region Elsewhere"})
    with wiring.administer_subjects(elsewhere, clock=clock) as administration, pytest.raises(SubjectError):
        administration.export("registrar", MARTAS, ExtractReason.ACCESS_REQUEST)


def test_the_mark_goes_with_the_case(
    counter: Counter,
    martas: SpecimenDocument,
    extract: Extracting,
    settings: Settings,
    services: wiring.Services,
    clock: ManualClock,
) -> None:
    """Purged, nobody can tell any more whose case it was: neither mark nor, in the end, its key is left."""
    path = counter.captured(martas)
    with services.database.engine.connect() as connection:
        (mark,) = connection.execute(select(subject_marks)).all()
    assert mark.year == 2026
    clock.advance(days=31)
    assert counter.get(path).json()["state"] == "expired"
    with wiring.administer_retention(settings, clock=clock) as retention:
        retention.purge("purger", time_confirmed=True)
    with services.database.engine.connect() as connection:
        assert connection.execute(select(subject_marks)).all() == []
    with pytest.raises(SubjectError):
        extract(MARTAS)


class Provider:
    """Wraps with nothing but a name, so that tests can read keys."""

    def wrap(self, secret: bytes, _context: bytes) -> WrappedKey:
        """As it is."""
        return WrappedKey("m1", secret)

    def unwrap(self, wrapped: WrappedKey, _context: bytes) -> bytes:
        """As it was."""
        return wrapped.data


def test_a_mark_is_an_hmac_under_a_key_of_the_year() -> None:
    """By the HMAC of another library."""
    objects = RemoteObjects(MemoryStore())
    mark = YearlySubjectKeys(objects, Provider(), SystemRandomness()).mark(Subject("UTO", "L898902C3"), NOW)
    key = cbor2.loads(objects.read("subjects/2026").data)["key"]
    oracle = HMAC(key, SHA256())
    oracle.update(b'["subject","UTO","L898902C3"]')
    assert (mark.year, mark.digest) == (2026, oracle.finalize().hex())


def test_keys_live_as_long_as_marks() -> None:
    objects = RemoteObjects(MemoryStore())
    keys = YearlySubjectKeys(objects, Provider(), SystemRandomness())
    marks = [keys.mark(MARTAS, datetime(year, 6, 1, tzinfo=UTC)) for year in (2020, 2022, 2025, 2026)]
    assert keys.marks(MARTAS) == marks
    # 2020 has no case left; last year's and this year's stay whatever is in use
    assert keys.forget({2022}, NOW) == 1
    assert sorted(name for name, _ in objects.listing()) == ["subjects/2022", "subjects/2025", "subjects/2026"]
    assert keys.marks(MARTAS) == marks[1:]


WRITTEN = {
    "UTO:UT0000801": MARTAS,
    "uto: ut 0000-801 ": MARTAS,
    "UTO:UT0000801<": MARTAS,
    "D:C01X00T47": Subject("DEU", "C01X00T47"),
    "DEU:C01X00T47": Subject("DEU", "C01X00T47"),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_what_people_write(written: str) -> None:
    assert Subject.written(written) == WRITTEN[written]


@given(st.text(max_size=40))
def test_any_other_text_is_refused_and_not_repeated(text: str) -> None:
    try:
        subject = Subject.written(text)
    except SubjectError as error:
        refused = error
    else:
        refused = None
        assert Subject.of(subject.issuing_state, subject.document_number) == subject
        assert subject.document_number not in repr(subject)
    assert str(refused) in ("bad_document", "None")


def test_every_word_is_said_in_both_languages() -> None:
    assert set(WORDS) == set(KINDS) == set(CLASSES) == set(INFORMATION) == set(LANGUAGES)
    assert WORDS["sv"].keys() == WORDS["en"].keys()
    for language in LANGUAGES:
        assert KINDS[language].keys() == {kind.value for kind in Kind}
        assert CLASSES[language].keys() == {kept.value for kept in RetentionClass}
    assert len(INFORMATION["sv"]) == len(INFORMATION["en"])


def test_the_command(
    counter: Counter, martas: SpecimenDocument, settings: Settings, tmp_path: Path, monkeypatch, services
) -> None:
    """The document is read from a file; what is printed names cases and nobody."""
    from typer.testing import CliRunner

    from service.cli.app import app

    path = counter.checked(martas)
    if settings.database_url is not None:
        monkeypatch.setenv("PASSKOLL_DATABASE_URL", settings.database_url)
    document, out = tmp_path / "document", tmp_path / "extract.zip"
    document.write_text("UTO:UT0000801\n")

    def run(*more: str, reason: str = "access_request", stdin: str | None = None):
        options = ("--out", str(out), "--as", "registrar", "--data", str(settings.data_dir), "--reason", reason)
        return CliRunner().invoke(app, ["subject", "export", *options, *more], input=stdin)

    result = run("--document", str(document), "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["cases"] == [id_of(path)]
    assert not any(text in result.output for text in ("UT0000801", "AAKERSTROEM", "kerström"))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with zipfile.ZipFile(out) as archive:
        assert "extract.sv.txt" in archive.namelist()
    again = run("--document", str(document))
    assert (again.exit_code, "is there already" in again.output) == (2, True)
    out.unlink()
    assert id_of(path) in run("--document", "-", stdin="UTO:UT0000801").output
    out.unlink()
    unknown = run("--document", "-", stdin="UTO:UT0000899")
    assert (unknown.exit_code, "nothing_kept" in unknown.output, out.exists()) == (1, True, False)
    bad = run("--document", "-", stdin="AAKERSTROEM MAERTA")
    assert (bad.exit_code, "AAKERSTROEM" in bad.output, out.exists()) == (2, False, False)
    assert run("--document", str(document), reason="curious").exit_code == 2
    assert not out.exists()
