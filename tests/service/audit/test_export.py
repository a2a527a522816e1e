"""One case on paper: whole, bound to the trail, and nothing in it changes in silence."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mrtd.evidence import ElementaryFile
from mrtd.files import load_trust
from mrtd.pki.realm import Realm
from mrtd.pki.trust_store import TrustStore
from mrtd.specimen.holder import MARTA
from service import wiring
from service.app import application
from service.domain.audit import Action
from service.domain.audit_chain import content_digest
from service.domain.audit_checkpoint import AuditBrokenError
from service.domain.case_recheck import Finding, Part, Rechecked, Standing
from service.domain.errors import ProblemCode, ServiceError
from service.domain.retention import RetentionClass
from service.settings import Settings
from service.usecases.audit_recheck import UnreadableArchiveError, recheck
from service.usecases.audit_words import ACTIONS, LANGUAGES, WORDS
from tests.service import two_persons
from tests.service.audit.trail import execute, unprotect
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter
from tests.service.photo_reader import PlannedReader
from tests.service.trust.world import Office

Files = dict[str, bytes]


def unzipped(archive: bytes) -> Files:
    """The files of an archive."""
    with zipfile.ZipFile(io.BytesIO(archive)) as found:
        return {name: found.read(name) for name in found.namelist()}


def zipped(files: Files, *, listed: bool = True) -> bytes:
    """An archive of these files; `listed`: with a manifest that fits, as a careful forger makes it."""
    if listed:
        manifest = json.loads(files["manifest.json"])
        manifest["files"] = {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "octets": len(data)}
            for name, data in files.items()
            if name != "manifest.json"
        }
        files = {**files, "manifest.json": json.dumps(manifest).encode()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.fixture(scope="session")
def store(trust: Path) -> TrustStore:
    """What Utopia published."""
    return load_trust(trust, realm=Realm.SPECIMEN, at=NOW)


@dataclass(frozen=True)
class Paper:
    """A case that was approved and fetched, on paper, and the keys of its service."""

    case: str
    archive: bytes
    keys: Mapping[str, object]


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory, trust: Path, document) -> Paper:
    """Made once: what is done to an archive needs no service."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("paper"), trust=(trust,))
    wired = two_persons.wire(settings, clock=ManualClock(), reader=PlannedReader())
    with TestClient(application(wired)) as client:
        counter = Counter(client, wired.identity.tokens)
        path = counter.approved(document, "order-1")
        assert counter.get(f"{path}/result").status_code == 200
    case = path.rpartition("/")[2]
    with wiring.administer_audit(settings, clock=ManualClock()) as audit:
        return Paper(case, audit.export("auditor", case), wired.signer.public_keys())


@pytest.fixture
def archive(paper: Paper) -> bytes:
    """The archive of it."""
    return paper.archive


@pytest.fixture
def checked(paper: Paper, store: TrustStore):
    """`checked(archive)` with the keys of its service and with what Utopia published."""

    def check(archive: bytes, **options) -> Rechecked:
        return recheck(
            archive, wiring.reader_of, wiring.catalogue(), **{"keys": paper.keys, "trust": store, **options}
        )

    return check


@pytest.fixture
def live(services: wiring.Services, store: TrustStore):
    """The same with the keys of a service that runs, over each database."""

    def check(archive: bytes, **options) -> Rechecked:
        keys = services.signer.public_keys()
        return recheck(archive, wiring.reader_of, wiring.catalogue(), keys=keys, trust=store, **options)

    return check


@pytest.fixture
def case(counter: Counter, document) -> str:
    """A case that was approved and fetched, there."""
    path = counter.approved(document, "order-1")
    assert counter.get(f"{path}/result").status_code == 200
    return path.rpartition("/")[2]


def findings(found: Rechecked) -> dict[Part, tuple[Standing, str | None]]:
    """By part."""
    return {finding.part: (finding.standing, finding.detail) for finding in found.findings}


def standings(found: Rechecked, *parts: Part) -> list[Standing]:
    """Of these parts."""
    return [findings(found)[part][0] for part in parts]


def test_a_case_on_paper_is_good(audit, case: str, live) -> None:
    found = live(audit.export("auditor", case))
    assert found.good
    assert (found.verification_id, found.erased) == (case, ())
    assert [finding.part for finding in found.findings] == list(Part)
    expected = dict.fromkeys(Part, Standing.PASSED)
    assert {finding.part: finding.standing for finding in found.findings} == expected


def test_what_it_holds(paper: Paper, document) -> None:
    files = unzipped(paper.archive)
    held = {name for name in document.files if name is not ElementaryFile.DG2}
    assert set(files) == {
        "manifest.json",
        "case.json",
        "report.json",
        "printed-mrz.json",
        "evidence.json",
        "audit-entries.json",
        "audit-chain.json",
        "jwks.json",
        "page.sv.html",
        "page.en.html",
        "result-claims.json",
        "result.jwt",
        *(f"evidence/{name.value.replace('/', '_')}.bin" for name in held),
    }
    assert files["evidence/EF.SOD.bin"] == document.files[ElementaryFile.SOD]
    assert all(document.files[ElementaryFile.DG2] not in data for data in files.values())
    written = json.loads(files["case.json"])
    assert written["verification"]["id"] == paper.case
    assert [review["decision"] for review in written["reviews"]] == ["approve", "approve"]
    assert json.loads(files["evidence.json"])["left_out"] == ["EF.DG2"]
    lines = json.loads(files["audit-entries.json"])["entries"]
    assert lines[0]["content"]["action"] == "opened"
    assert lines[-1]["content"]["action"] == "case_exported"
    assert lines[-1]["person"] == "auditor"
    assert all(line["content"]["verification_id"] == paper.case for line in lines)


def test_the_pages_are_for_people(paper: Paper) -> None:
    for language, words in (("sv", ("Granskningar", "Behandlingshistorik")), ("en", ("Reviews", "Audit trail"))):
        page = unzipped(paper.archive)[f"page.{language}.html"].decode()
        assert f'<html lang="{language}">' in page
        assert all(word in page for word in (*words, paper.case, "order-1", "auditor"))


def test_every_word_is_said_in_both_languages() -> None:
    assert set(WORDS) == set(ACTIONS) == set(LANGUAGES)
    assert WORDS["sv"].keys() == WORDS["en"].keys()
    for language in LANGUAGES:
        assert ACTIONS[language].keys() == set(Action), language


def test_a_page_obeys_nothing_that_people_typed(counter: Counter, audit, document, live) -> None:
    path = counter.checked(document)
    archive = audit.export("<script>alert(1)</script>", path.rpartition("/")[2])
    page = unzipped(archive)["page.en.html"].decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert live(archive).good


def test_others_cases_stay_unread(counter: Counter, audit, case: str, document) -> None:
    """Between the lines of a case an archive has hashes alone."""
    audit.export("auditor", case)
    other = counter.captured(document, "order-2").rpartition("/")[2]
    again = audit.export("auditor", case)
    assert other.encode() not in b"".join(unzipped(again).values())
    (first, second) = json.loads(unzipped(again)["audit-chain.json"])["segments"]
    assert len(first["contents"]) > 5
    # the way to the second checkpoint begins at this export, behind the lines of the other case
    assert len(second["contents"]) == 1


def test_exporting_is_in_the_trail(audit, case: str, services) -> None:
    audit.export("auditor", case)
    with services.database.reading() as work:
        last = work.audit.of(case)[-1]
        assert (last.action, work.audit.person(last.actor)) == ("case_exported", "auditor")


def test_an_unknown_case(audit, services) -> None:
    with pytest.raises(ServiceError) as refused:
        audit.export("auditor", "vs_NONE")
    assert refused.value.code is ProblemCode.NOT_FOUND
    assert audit.verify().entries == 0


def test_a_broken_trail_makes_no_paper(case: str, audit, services) -> None:
    unprotect(services.database.engine)
    execute(services.database.engine, "UPDATE audit_trail SET action = 'cancelled' WHERE number = 1")
    with pytest.raises(AuditBrokenError):
        audit.export("auditor", case)


def test_the_keys_of_the_archive_prove_nothing(archive: bytes, checked) -> None:
    found = checked(archive, keys=None)
    assert not found.good
    assert findings(found)[Part.KEYS] == (Standing.INDETERMINATE, "keys_of_the_archive")
    assert standings(found, Part.CHECKPOINTS) == [Standing.PASSED]


def test_keys_of_another_service(archive: bytes, checked) -> None:
    from joserfc.jwk import ECKey

    other = ECKey.generate_key("P-256", private=True).as_dict(private=False)
    found = checked(archive, keys={"keys": [other]})
    assert findings(found)[Part.CHECKPOINTS] == (Standing.FAILED, "checkpoint_invalid")
    assert not found.good


@pytest.mark.parametrize("listed", [False, True])
def test_no_file_changes_in_silence(archive: bytes, checked, listed: bool) -> None:
    """One octet of each, also where the manifest was made to fit."""
    files = unzipped(archive)
    for name, data in files.items():
        if listed and name in ("jwks.json", "manifest.json"):
            continue  # the reader has keys of their own, and a manifest says nothing of its own
        middle = len(data) // 2
        changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        try:
            found = checked(zipped({**files, name: changed}, listed=listed))
        except UnreadableArchiveError:
            continue
        assert not found.good, name


@pytest.mark.parametrize("listed", [False, True])
def test_no_file_is_left_out_or_added_in_silence(archive: bytes, checked, listed: bool) -> None:
    files = unzipped(archive)
    for name in files:
        if listed and name == "manifest.json":
            continue
        rest = {other: data for other, data in files.items() if other != name}
        try:
            found = checked(zipped(rest, listed=listed))
        except UnreadableArchiveError:
            continue
        assert not found.good, name
    for name in ("evidence/EF.DG7.bin", "more.txt"):
        assert not checked(zipped({**files, name: b"x"}, listed=listed)).good


def _entries(change: Callable[[list], object]) -> Callable[[Files], Files]:
    def damage(files: Files) -> Files:
        lines = json.loads(files["audit-entries.json"])
        change(lines["entries"])
        return {**files, "audit-entries.json": json.dumps(lines).encode()}

    return damage


def _chain(change: Callable[[dict], object]) -> Callable[[Files], Files]:
    def damage(files: Files) -> Files:
        chain = json.loads(files["audit-chain.json"])
        change(chain["segments"][0])
        return {**files, "audit-chain.json": json.dumps(chain).encode()}

    return damage


def _case(**members) -> Callable[[Files], Files]:
    def damage(files: Files) -> Files:
        return {**files, "case.json": json.dumps(json.loads(files["case.json"]) | members).encode()}

    return damage


FORGERIES = {
    "line changed": (_entries(lambda lines: lines[1]["content"].update(action="cancelled")), Part.AUDIT_ENTRIES),
    "line of another case": (
        _entries(lambda lines: lines[1]["content"].update(verification_id="x")),
        Part.AUDIT_ENTRIES,
    ),
    "line twice": (_entries(lambda lines: lines.append(lines[-1])), Part.AUDIT_ENTRIES),
    "line elsewhere": (_entries(lambda lines: lines[1].update(number=lines[1]["number"] + 100)), Part.AUDIT_ENTRIES),
    "no lines": (_entries(lambda lines: lines.clear()), Part.AUDIT_ENTRIES),
    "hash changed": (_chain(lambda way: way["contents"].__setitem__(0, "0" * 64)), Part.CHECKPOINTS),
    "hash dropped": (_chain(lambda way: way["contents"].pop()), Part.CHECKPOINTS),
    "other beginning": (_chain(lambda way: way.update(previous="1" * 64)), Part.CHECKPOINTS),
    "other number": (_chain(lambda way: way.update(first=2)), Part.CHECKPOINTS),
    "no hashes": (_chain(lambda way: way.update(contents=[])), Part.CHECKPOINTS),
    "token changed": (_chain(lambda way: way.update(checkpoint="a.b.c")), Part.CHECKPOINTS),
    "reviews dropped": (_case(reviews=[]), Part.REVIEWS),
    "verdict changed": (_case(verdict=None), Part.CONTENTS),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_careful_forger_is_found(archive: bytes, checked, forgery: str) -> None:
    damage, part = FORGERIES[forgery]
    found = checked(zipped(damage(unzipped(archive))))
    assert standings(found, part) == [Standing.FAILED]
    assert not found.good


def test_another_chip_is_found(archive: bytes, checked, issuer) -> None:
    """A file of another document, in the archive and in its report: the trail names the report that was made."""
    other = issuer.issue(replace(MARTA, secondary_identifier="ANNA")).files[ElementaryFile.SOD]
    files = unzipped(archive)
    report = json.loads(files["report.json"])
    report["evidence"]["files"]["EF.SOD"] = hashlib.sha256(other).hexdigest()
    forged = {**files, "evidence/EF.SOD.bin": other}
    found = checked(zipped(forged))
    assert standings(found, Part.EVIDENCE, Part.CONTENTS) == [Standing.FAILED] * 2
    found = checked(zipped({**forged, "report.json": json.dumps(report).encode()}))
    assert standings(found, Part.REPORT, Part.CONTENTS) == [Standing.FAILED] * 2


def test_a_report_that_says_more_than_the_chip_is_found(archive: bytes, checked) -> None:
    """The chip is inspected again: what a report claims without ground differs."""
    files = unzipped(archive)
    report = json.loads(files["report.json"])
    for check in report["checks"]:
        if check["id"] == "pa.sod.signature":
            check["status"], check["reason"] = "FAILED", "bad_signature"
    found = checked(zipped({**files, "report.json": json.dumps(report).encode()}))
    assert findings(found)[Part.INSPECTION] == (Standing.FAILED, "pa.sod.signature")


def test_without_a_store_the_chip_is_not_inspected(archive: bytes, checked) -> None:
    found = checked(archive, trust=None)
    assert findings(found)[Part.INSPECTION] == (Standing.NOT_PERFORMED, "no_trust_store")


def test_another_store_is_named(archive: bytes, checked) -> None:
    found = checked(archive, trust=TrustStore.empty(Realm.SPECIMEN))
    assert findings(found)[Part.INSPECTION] == (Standing.NOT_PERFORMED, "other_trust_store")


def test_the_store_that_two_people_activated_lies_in_the_archive(settings, clock, issuer, document) -> None:
    """Then nothing but the archive and the keys is needed."""
    administered = settings.model_copy(update={"trust": ()})
    trust = wiring.administer_trust(administered, clock=clock)
    office = Office(trust)
    office.pins(*issuer.trust().values())
    office.activate()
    trust.close()
    wired = two_persons.wire(administered, clock=clock, reader=PlannedReader())
    with TestClient(application(wired)) as client:
        case = Counter(client, wired.identity.tokens).checked(document).rpartition("/")[2]
    with wiring.administer_audit(administered, clock=clock) as audit:
        archive = audit.export("auditor", case)
    found = recheck(archive, wiring.reader_of, wiring.catalogue(), keys=wired.signer.public_keys())
    assert found.good
    assert standings(found, Part.INSPECTION) == [Standing.PASSED]
    files = unzipped(archive)
    store = files["trust-store.bin"]
    damaged = zipped({**files, "trust-store.bin": store[:-1] + bytes([store[-1] ^ 1])})
    found = recheck(damaged, wiring.reader_of, wiring.catalogue(), keys=wired.signer.public_keys())
    assert findings(found)[Part.INSPECTION] == (Standing.NOT_PERFORMED, "malformed")
    assert standings(found, Part.CONTENTS) == [Standing.FAILED]


def test_what_was_erased_is_named(case: str, audit, services, live) -> None:
    """The chip's signature is still verified when name and portrait are gone."""
    with services.database.changing() as work:
        work.vault.erase(case, RetentionClass.PORTRAIT)
    found = live(audit.export("auditor", case))
    assert (found.erased, found.good) == (("portrait",), True)
    with services.database.changing() as work:
        work.vault.erase(case, RetentionClass.HOLDER)
    archive = audit.export("auditor", case)
    found = live(archive)
    assert (found.erased, found.good) == (("holder", "portrait"), True)
    assert {"report.json", "printed-mrz.json", "evidence/EF.DG1.bin"}.isdisjoint(unzipped(archive))
    assert "evidence/EF.SOD.bin" in unzipped(archive)
    assert "erased" in unzipped(archive)["page.en.html"].decode()
    assert findings(found)[Part.REPORT] == (Standing.NOT_PERFORMED, None)
    assert findings(found)[Part.INSPECTION] == (Standing.PASSED, "3 of 3")
    with services.database.changing() as work:
        work.vault.erase(case, RetentionClass.EVIDENCE)
    archive = audit.export("auditor", case)
    assert live(archive).good
    assert not any(name.startswith("evidence/") for name in unzipped(archive))


def test_a_case_that_never_saw_a_chip(counter: Counter, audit, live) -> None:
    found = live(audit.export("auditor", counter.open().rpartition("/")[2]))
    assert found.good
    assert standings(found, Part.REPORT, Part.EVIDENCE, Part.REVIEWS) == [Standing.NOT_PERFORMED] * 3


@pytest.mark.parametrize(
    "archive_of",
    [
        lambda files: b"",
        lambda files: b"no zip",
        lambda files: zipped({**files, "case.json": b"{"}),
        lambda files: zipped({**files, "case.json": b"[]"}),
        lambda files: zipped({**files, "case.json": b'{"schema":"passkoll/case-export/2"}'}),
        lambda files: zipped({**files, "../x": b""}),
        lambda files: zipped({**files, "audit-entries.json": b'{"entries":[1]}'}),
        lambda files: zipped({**files, "audit-chain.json": b'{"segments":[1]}'}),
        lambda files: zipped({**files, "audit-chain.json": b"{}"}),
        lambda files: zipped({**files} | {f"x{number}": b"" for number in range(64)}),
        lambda files: zipped({name: data for name, data in files.items() if name != "case.json"}),
    ],
)
def test_what_is_no_archive_is_refused(archive: bytes, checked, archive_of) -> None:
    with pytest.raises(UnreadableArchiveError):
        checked(archive_of(unzipped(archive)))


def test_a_bomb_is_refused(checked) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("manifest.json", b" " * 200_000_000)
    with pytest.raises(UnreadableArchiveError, match="zip_ratio"):
        checked(buffer.getvalue())


def test_a_trail_that_a_forger_made_anew_does_not_fit_the_checkpoint(archive: bytes, checked) -> None:
    """All lines rewritten, the way made to fit them, the signature that was there."""
    files = unzipped(archive)
    chain = json.loads(files["audit-chain.json"])
    lines = json.loads(files["audit-entries.json"])["entries"]
    lines[0]["content"]["action"] = "cancelled"
    way = chain["segments"][0]
    way["contents"][lines[0]["number"] - way["first"]] = content_digest(lines[0]["content"])
    forged = {
        **files,
        "audit-entries.json": json.dumps({"entries": lines}).encode(),
        "audit-chain.json": json.dumps(chain).encode(),
    }
    found = checked(zipped(forged))
    assert standings(found, Part.AUDIT_ENTRIES, Part.CHECKPOINTS) == [Standing.PASSED, Standing.FAILED]


def test_the_result_that_a_portal_got(counter: Counter, audit, case: str, live, document) -> None:
    """Signed by the service, and of this case; one of another case, or of nobody, is not."""
    archive = audit.export("auditor", case)
    token = counter.get(f"/v1/verifications/{case}/result").content
    txn = json.loads(unzipped(archive)["case.json"])["result"]["txn"]
    assert findings(live(archive, result=token))[Part.RESULT] == (Standing.PASSED, txn)
    assert findings(live(archive, result=token[:-4] + b"AAAA"))[Part.RESULT] == (Standing.FAILED, "not_signed")
    other = counter.approved(document, "order-2")
    another = counter.get(f"{other}/result").content
    assert findings(live(archive, result=another))[Part.RESULT] == (Standing.FAILED, "other_result")


def test_findings_say_nothing_of_people(archive: bytes, checked) -> None:
    files = unzipped(archive)
    found = checked(zipped({**files, "printed-mrz.json": b"{}"}))
    assert isinstance(found.findings[0], Finding)
    assert "AAKERSTROEM" not in repr(found)
