"""What must hold in a database whatever was cut off when: read from the rows, not through the service."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Table, select

from service import wiring
from service.adapters.db import job_tables, tables, vault_tables
from service.adapters.db.audit_tables import audit_trail
from service.settings import Settings
from tests.service.life.courses import Told

#: How many people said yes, how many chips were judged, whether there is a result: by the state that says so.
REVIEWS = {
    "created": 0, "mrz_captured": 0, "cancelled": 0, "checked": 0, "approved": 2, "result_issued": 2, "consumed": 2,
    "revoked": 2, "suspected_fraud": 2,
}  # fmt: skip
#: Action and state that the trail must end with.
LAST = {
    "created": {"opened", "notice_given", "mrz_captured"},
    "mrz_captured": {"mrz_captured", "challenge_issued", "chip_judged", "notice_given"},
    "cancelled": {"cancelled"},
    "checked": {"chip_judged"},
    "review_1": {"reviewed"},
    "approved": {"approved"},
    "result_issued": {"result_issued", "result_fetched"},
    "consumed": {"result_consumed", "revocation_requested", "result_fetched"},
    "revoked": {"revoked"},
    "suspected_fraud": {"fraud_suspected"},
    "refused": {"reviewed", "chip_judged"},
    "expired": {"expired"},
}


def rows_of(connection, table: Table) -> list:
    """Every row of a table."""
    return connection.execute(select(table)).all()


def require_whole(settings: Settings, told: Iterable[Told]) -> Tally[str]:
    """Nothing acknowledged is lost, nothing is half.

    Returns:
        How many verifications there are of each state.
    """
    database = wiring.open_database(settings)
    try:
        with database.engine.connect() as connection:
            found = {table.name: rows_of(connection, table) for table in (*tables.metadata.sorted_tables,)}
        cases = {row.id: row for row in found[tables.verifications.name]}
        for one in told:
            _require_kept(one, cases, found)
        for case in cases.values():
            _require_explained(case, found)
        _require_blobs(settings, found)
        for case in cases.values():
            if case.state != "purged":
                _require_readable(database, case, found)
        return Tally(case.state for case in cases.values())
    finally:
        database.engine.dispose()


def _of(found: dict[str, list], table: Table, case_id: str) -> list:
    return [row for row in found[table.name] if row.verification_id == case_id]


def _require_kept(told: Told, cases: dict, found: dict[str, list]) -> None:
    case = cases[told.id]
    assert (case.state, case.order_reference) == (told.state, told.order)
    results = _of(found, tables.results, told.id)
    assert {row.jti for row in results} == told.jti
    if told.receipt is not None:
        (result,) = results
        assert result.consumed_by_order == told.order
        assert result.consumed_at is not None


def _require_explained(case, found: dict[str, list]) -> None:
    """The state is what its rows say, and the trail tells how it came about."""
    reviews = _of(found, tables.reviews, case.id)
    if case.state in REVIEWS:
        assert len(reviews) == REVIEWS[case.state], case.state
    assert len({row.reviewer for row in reviews}) == len(reviews)
    judgements, evidence = (_of(found, table, case.id) for table in (tables.judgements, tables.evidence))
    assert len(judgements) == len(evidence), "one of each, in one transaction"
    answered = [row.id for row in _of(found, tables.challenges, case.id) if row.answered_at is not None]
    assert sorted(answered) == sorted(row.challenge_id for row in evidence if row.challenge_id in answered)
    # pictures are erased after the decision, by a job: whenever it comes
    told = [row for row in _of(found, audit_trail, case.id) if row.action != "erased"]
    trail = sorted(told, key=lambda row: row.number)
    actions = Tally(row.action for row in trail)
    assert trail[0].action == "opened"
    assert actions["opened"] == 1
    assert trail[-1].action in LAST[case.state], (case.state, trail[-1].action)
    assert actions["chip_judged"] == len(judgements)
    assert actions["reviewed"] + actions["fraud_suspected"] == len(reviews)
    results = _of(found, tables.results, case.id)
    assert actions["result_issued"] == len(results) <= 1
    assert actions["result_consumed"] == sum(row.consumed_at is not None for row in results)
    events = Tally(row.type for row in _of(found, job_tables.events, case.id))
    assert events == Tally(
        {
            kind: count
            for kind, count in {
                "verification.approved": actions["approved"],
                "verification.refused": actions["fraud_suspected"] + (case.state == "refused"),
                "result.consumed": actions["result_consumed"],
                "verification.revoked": actions["revoked"],
                "verification.expired": actions["expired"],
            }.items()
            if count
        }
    )


def _require_blobs(settings: Settings, found: dict[str, list]) -> None:
    """Every blob that a row names is there; one that no row names is an upload that was cut off."""
    folder = Path(settings.data_dir) / "blobs"
    there = {path.name for path in folder.rglob("*") if path.is_file()}
    named = {row.name for row in found[vault_tables.blobs.name]}
    assert named <= there
    assert len(named) > 0


def _require_readable(database, case, found: dict[str, list]) -> None:
    with database.reading() as work:
        captures = work.captures.of(case.id)
        evidence = work.evidence.latest(case.id)
    assert len(captures) == len(_of(found, tables.mrz_captures, case.id))
    if _of(found, tables.evidence, case.id):
        assert evidence.evidence.files
