"""A passport of Utopia that the report calls a Swedish one: the specimen issuer makes no other."""

from __future__ import annotations

from dataclasses import replace

from service import wiring


def swedish(services: wiring.Services, case: str) -> str:
    """Make a checked verification one of a Swedish passport; its path."""
    verification_id = case.rpartition("/")[2]
    with services.database.changing() as work:
        judgement = work.judgements.latest(verification_id)
        report = judgement.report.replace(b'"issuing_state":"UTO"', b'"issuing_state":"SWE"')
        assert report != judgement.report
        work.judgements.add(verification_id, replace(judgement, report=report))
    return case
