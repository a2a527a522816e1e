"""The signed identity stays as it was handed over, sealed, and a case on paper proves it against everything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select

from service import wiring
from service.adapters.db.print_tables import handed_results
from service.domain.case_export import CLAIMS, RESULT
from service.domain.case_recheck import Part, Standing
from service.domain.duplicates import Finding, FindingCode
from service.domain.retention import RetentionClass
from service.domain.status_lookup import DocumentStatus, RegisteredDocument, StatusAnswer, StatusSource
from tests.service.audit.test_export import (
    Files,
    Paper,
    case,  # noqa: F401 - fixtures
    checked,  # noqa: F401
    findings,
    live,  # noqa: F401
    paper,  # noqa: F401
    standings,
    store,  # noqa: F401
    unzipped,
    zipped,
)
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter, from_base64url


def claims_in(token: str) -> dict:
    return json.loads(from_base64url(token.split(".")[1]))


def test_the_last_one_is_kept_sealed(
    counter: Counter, services: wiring.Services, document, clock: ManualClock
) -> None:
    path = counter.approved(document, "order-1")
    case_id = path.rpartition("/")[2]
    with services.database.reading() as work:
        assert work.handed_results.of(case_id) is None
    first = counter.get(f"{path}/result").text
    clock.advance(minutes=5)
    last = counter.get(f"{path}/result").text
    assert first != last
    with services.database.reading() as work:
        handed = work.handed_results.of(case_id)
    said = claims_in(last)
    assert handed.token == last
    assert (handed.handed_at, handed.expires_at) == (clock.now(), datetime.fromtimestamp(said["exp"], NOW.tzinfo))
    with services.database.engine.connect() as connection:
        (row,) = connection.execute(select(handed_results)).all()
    assert last.encode() not in row.token
    assert last.split(".")[1].encode() not in row.token
    assert "AAKERSTROEM" not in repr(handed) + repr(said["jti"])


def test_it_lives_as_long_as_evidence(counter: Counter, services: wiring.Services, document) -> None:
    path = counter.approved(document)
    counter.get(f"{path}/result")
    case_id = path.rpartition("/")[2]
    for retention, kept in ((RetentionClass.PORTRAIT, True), (RetentionClass.HOLDER, True)):
        with services.database.changing() as work:
            work.vault.erase(case_id, retention)
        with services.database.reading() as work:
            assert (work.handed_results.of(case_id) is not None) is kept
    with services.database.changing() as work:
        work.vault.erase(case_id, RetentionClass.EVIDENCE)
    with services.database.reading() as work:
        assert work.handed_results.of(case_id) is None


def test_a_result_that_was_not_handed_over_is_not_kept(
    counter: Counter, services: wiring.Services, document, monkeypatch
) -> None:
    """Signed, and then the case was revoked: nothing left, so nothing is kept."""
    from service.domain.errors import ProblemCode, ServiceError
    from service.usecases import fetch_result

    def revoked(*_arguments, **_options):
        raise ServiceError(ProblemCode.WRONG_STATE)

    path = counter.approved(document)
    monkeypatch.setattr(fetch_result, "tell", revoked)
    assert counter.get(f"{path}/result").status_code == 409
    with services.database.reading() as work:
        assert work.handed_results.of(path.rpartition("/")[2]) is None


def test_the_archive_holds_it_as_the_portal_got_it(counter: Counter, audit, document, services) -> None:
    """Verified by another library, with the keys that lie beside it."""
    path = counter.approved(document, "order-1")
    token = counter.get(f"{path}/result").text
    files = unzipped(audit.export("auditor", path.rpartition("/")[2]))
    assert files["result.jwt"].decode() == token
    keys = KeySet.import_key_set(json.loads(files["jwks.json"]))
    signed = jws.deserialize_compact(files["result.jwt"], keys, algorithms=["ES256"])
    assert json.loads(signed.payload)["sub"] == path.rpartition("/")[2]
    written = json.loads(files["case.json"])["handed_result"]
    assert written["expires_at"].startswith(
        datetime.fromtimestamp(claims_in(token)["exp"], NOW.tzinfo).isoformat()[:19]
    )


def test_after_the_person_is_erased_it_still_proves(case: str, audit, services, live) -> None:  # noqa: F811
    with services.database.changing() as work:
        work.vault.erase(case, RetentionClass.PORTRAIT)
        work.vault.erase(case, RetentionClass.HOLDER)
    found = live(audit.export("auditor", case))
    assert found.good
    assert standings(found, Part.RESULT, Part.CLAIMS) == [Standing.PASSED] * 2
    assert standings(found, Part.REPORT) == [Standing.NOT_PERFORMED]
    with services.database.changing() as work:
        work.vault.erase(case, RetentionClass.EVIDENCE)
    found = live(audit.export("auditor", case))
    assert found.good
    assert standings(found, Part.RESULT, Part.CLAIMS) == [Standing.NOT_PERFORMED] * 2


def _claims(change: Callable[[dict], object]) -> Callable[[Files], Files]:
    def forge(files: Files) -> Files:
        claims = json.loads(files[CLAIMS])
        change(claims)
        return {**files, CLAIMS: json.dumps(claims).encode()}

    return forge


def _document(claims: dict) -> dict:
    (document,) = (one for one in claims["verified_claims"]["verification"]["evidence"] if one["type"] == "document")
    return document


FORGERIES = {
    "another name": (
        _claims(lambda c: c["verified_claims"]["claims"].update(family_name="Lindgren")),
        "name_of_nobody",
    ),
    "another birthdate": (
        _claims(lambda c: c["verified_claims"]["claims"].update(birthdate="1990-01-01")),
        "other_date_of_birth",
    ),
    "another zone": (
        _claims(lambda c: _document(c)["derived_claims"].update(family_name="LINDGREN")),
        "other_name_in_the_zone",
    ),
    "another passport": (
        _claims(lambda c: _document(c)["document_details"].update(document_number="UT9999999")),
        "other_document",
    ),
    "another state": (
        _claims(lambda c: _document(c)["document_details"]["issuer"].update(country_code="SWE")),
        "other_state",
    ),
    "another report": (_claims(lambda c: c["passkoll"].update(report_sha256="0" * 64)), "other_report"),
    "another order": (_claims(lambda c: c["passkoll"].update(order_reference="order-2")), "other_order"),
    "another result": (_claims(lambda c: c.update(jti="x")), "other_result"),
    "another case": (_claims(lambda c: c.update(sub="vs_x")), "other_case"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_claims_that_the_case_does_not_say(paper: Paper, checked, forgery: str) -> None:  # noqa: F811
    """Without the signed result, which would differ: the claims are held against report, chip and trail."""
    forge, code = FORGERIES[forgery]
    files = {name: data for name, data in unzipped(paper.archive).items() if name != RESULT}
    found = checked(zipped(forge(files)))
    assert findings(found)[Part.CLAIMS] == (Standing.FAILED, code)
    assert not found.good


def test_kept_claims_that_were_not_signed(paper: Paper, checked) -> None:  # noqa: F811
    forge, _ = FORGERIES["another name"]
    found = checked(zipped(forge(unzipped(paper.archive))))
    assert findings(found)[Part.CLAIMS] == (Standing.FAILED, "results_differ")


def test_a_result_that_somebody_else_signed(paper: Paper, checked) -> None:  # noqa: F811
    """The same claims, by a key that is not the service's."""
    files = unzipped(paper.archive)
    claims = claims_in(files["result.jwt"].decode())
    header = json.loads(from_base64url(files["result.jwt"].decode().split(".")[0]))
    forged = jws.serialize_compact(header, json.dumps(claims).encode(), ECKey.generate_key("P-256"))
    found = checked(zipped({**files, "result.jwt": forged.encode()}))
    assert findings(found)[Part.RESULT] == (Standing.FAILED, "not_signed")
    assert not found.good


def test_a_result_of_another_case_is_found(counter: Counter, audit, passport, services, live) -> None:  # noqa: F811
    """Signed by the service, about somebody else."""
    own, other = (counter.approved(passport(number), f"order-{number}") for number in (11, 12))
    counter.get(f"{own}/result")
    token = counter.get(f"{other}/result").text
    files = unzipped(audit.export("auditor", own.rpartition("/")[2]))
    found = live(zipped({**files, "result.jwt": token.encode()}))
    assert findings(found)[Part.RESULT] == (Standing.FAILED, "other_result")
    assert findings(found)[Part.CLAIMS] == (Standing.FAILED, "results_differ")


def test_the_portals_copy_stands_beside(counter: Counter, audit, document, live, clock) -> None:  # noqa: F811
    path = counter.approved(document)
    earlier = counter.get(f"{path}/result").text
    clock.advance(minutes=20)
    counter.get(f"{path}/result")
    archive = audit.export("auditor", path.rpartition("/")[2])
    found = live(archive, result=earlier.encode())
    assert found.good
    assert findings(found)[Part.CLAIMS] == (Standing.PASSED, "3")
    head, body, signature = earlier.split(".")
    damaged = f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    found = live(archive, result=damaged.encode())
    assert findings(found)[Part.RESULT] == (Standing.FAILED, "not_signed")


def test_what_stands_beside_is_there_without_others(
    counter: Counter,
    audit,
    passport,
    services: wiring.Services,
    live,  # noqa: F811
) -> None:
    """Findings without the id of the case that they were made with; every answer of a register; the pages say so."""
    other = counter.checked(passport(21)).rpartition("/")[2]
    path = counter.checked(passport(21))
    case_id = path.rpartition("/")[2]
    answers = [
        StatusAnswer(StatusSource.POLISEN, RegisteredDocument.PASSPORT, status, NOW)
        for status in (DocumentStatus.UNKNOWN, DocumentStatus.BLOCKED)
    ]
    with services.database.changing() as work:
        assert work.findings.of(case_id) == [Finding(FindingCode.DOCUMENT_IN_OTHER_CASE, other)]
        for answer in answers:
            work.status_lookups.add(case_id, answer)
    archive = audit.export("auditor", case_id)
    files = unzipped(archive)
    written = json.loads(files["case.json"])
    assert written["findings"] == [
        {"code": "document_in_other_case", "severity": "attention", "with_another_case": True}
    ]
    assert [answer["status"] for answer in written["status_lookups"]] == ["unknown", "blocked"]
    assert (written["rejudgements"], written["standing"]) == ([], None)
    assert other.encode() not in b"".join(files.values())
    for language in ("sv", "en"):
        page = files[f"page.{language}.html"].decode()
        assert "document_in_other_case" in page
        assert "polisen: blocked" in page
    assert live(archive).good


def test_judging_anew_is_there(case: str, audit, services: wiring.Services, live) -> None:  # noqa: F811
    from dataclasses import replace

    from service.domain.reverification import Rejudged
    from service.domain.reverification import Standing as DecisionStanding

    with services.database.changing() as work:
        verdict = work.judgements.verdict(case)
        current = work.reverifications.begin("f" * 64, verdict.policy_digest, NOW)
        standing = DecisionStanding(in_force=False, since=NOW, reasons=("revoked",))
        rejudged = Rejudged(
            False, True, ("revoked",), "f" * 64, verdict, replace(verdict, refused_by=("pa.dsc.revocation",))
        )
        work.reverifications.stand(case, current.id, standing)
        work.reverifications.record(case, current.id, NOW, rejudged, standing)
    files = unzipped(audit.export("auditor", case))
    (written,) = json.loads(files["case.json"])["rejudgements"]
    assert (written["in_force"], written["reasons"], written["trust_store"]) == (False, ["revoked"], "f" * 64)
    assert written["as_of_now"]["refused_by"] == ["pa.dsc.revocation"]
    assert "revoked" in files["page.en.html"].decode()
