"""A whole case over HTTP: its decision takes the pictures, a month the person; what was handed over stays known."""

from __future__ import annotations

import io
import json
import zipfile

from service import wiring
from service.domain.jobs import JobKind
from service.domain.retention import RetentionClass
from service.domain.verification import State


def test_from_the_decision_to_the_archive(services, settings, clock, counter, document) -> None:
    path = counter.approved(document, "order-1")
    case_id = path.rpartition("/")[2]
    assert counter.get(f"{path}/portrait").status_code in (200, 409)
    done = []
    while (ended := services.run_jobs([JobKind.PURGE])) is not None:
        done.append((ended.job.subject, ended.problem))
    assert done == [(case_id, None)]
    with services.database.reading() as work:
        assert work.vault.erased(case_id) == {RetentionClass.PORTRAIT}
    assert counter.get(f"{path}/portrait").status_code == 410
    token = counter.get(f"{path}/result")
    assert token.status_code == 200, token.text
    with services.database.reading() as work:
        jti, said = work.results.of(case_id).jti, work.issued_claims.of(case_id)
    assert counter.post(f"/v1/results/{jti}/consume", {"order_reference": "order-1"}).status_code == 200
    with wiring.administer_retention(settings, clock=clock) as retention:
        for _ in range(30):
            clock.advance(days=1)
            retention.purge("service")
    with services.database.reading() as work:
        assert work.vault.erased(case_id) == {RetentionClass.PORTRAIT, RetentionClass.HOLDER}
        assert work.verifications.get(case_id).state is State.CONSUMED
    assert counter.get(f"{path}/result").status_code == 410
    with wiring.administer_audit(settings, clock=clock) as audit:
        archive = audit.export("anna", case_id)
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        names = opened.namelist()
        assert json.loads(opened.read("result-claims.json")) == said
    assert "report.json" not in names
    assert "evidence/EF.SOD.bin" in names
