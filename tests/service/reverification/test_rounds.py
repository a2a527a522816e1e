"""Decisions in force are judged anew when lists or rules change (DESIGN.md section 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from mrtd.inspection import POLICIES, Reason
from mrtd.inspection.check import CheckStatus, Effect
from mrtd.inspection.policy import Policy, Rule
from mrtd.specimen import authorities
from mrtd.specimen.holder import MARTA
from mrtd.specimen.issuer import SpecimenIssuer
from service.adapters.db.job_tables import events
from service.adapters.db.reverification_tables import rejudgements, standings
from service.adapters.db.tables import judgements
from service.domain.audit import Action
from service.domain.errors import ProblemCode, ServiceError
from service.domain.events import EventType
from service.domain.jobs import JobKind
from service.domain.retention import RetentionClass
from service.domain.reverification import Change, Round
from service.usecases.judging import Judging
from service.usecases.reverify_decisions import RejudgeDecisions
from service.usecases.still_good import RequireStillGood
from tests.service.api.test_results import payload_of
from tests.service.conftest import ManualClock
from tests.service.counter import Counter
from tests.service.trust.world import ANNA, BERTIL, Office, list_of

REJUDGE = {JobKind.REJUDGE}


def identifier(case: str) -> str:
    return case.rpartition("/")[2]


def standing(desk: Counter, case: str) -> tuple[bool, bool, list[str]]:
    shown = desk.get(case).json()["standing"]
    return shown["in_force"], shown["whole"], shown["reasons"]


def withdrawn(judging) -> list[str]:
    """Whom the portal was told of, each time."""
    query = select(events.c.verification_id).where(events.c.type == EventType.VERIFICATION_TRUST_WITHDRAWN)
    with judging.database.engine.connect() as connection:
        return sorted(connection.execute(query.order_by(events.c.at)).scalars())


def actions(judging, case: str) -> list[Action]:
    with judging.database.reading() as work:
        found = [entry.action for entry in work.audit.of(identifier(case))]
    return [action for action in found if action in (Action.TRUST_WITHDRAWN, Action.TRUST_RESTORED)]


def last_round(judging) -> Round:
    with judging.database.reading() as work:
        found = work.reverifications.last_round()
    assert found is not None
    return found


def count(judging, table) -> int:
    with judging.database.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def work_off(judging) -> None:
    """What the worker does, until nothing is due."""
    while (ended := judging.run_jobs(REJUDGE)) is not None:
        assert ended.problem is None


@pytest.fixture
def trusted(office: Office, issuer: SpecimenIssuer, others: SpecimenIssuer) -> Office:
    """Both generations of Utopia are trusted, and a CRL of each."""
    office.lists(issuer, list_of(issuer, issuer.csca_certificate, others.csca_certificate), issuer.crl, others.crl)
    office.trust.decide.accept(ANNA, None)
    office.activate()
    return office


def revoke(office: Office, issuer: SpecimenIssuer) -> None:
    office.imports(authorities.crl(issuer, issuer.dsc_template.serial))
    office.activate()


def test_a_signer_is_revoked(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, others: SpecimenIssuer, document, clock
) -> None:
    """Every decision on its passports is reported, once; others are not. Nobody is revoked by that."""
    used, kept = desk.approved(document, "order-1"), desk.approved(others.issue(MARTA))
    token = desk.get(f"{used}/result")
    jti = payload_of(token.text)["jti"]
    assert desk.post(f"/v1/results/{jti}/consume", {"order_reference": "order-1"}).status_code == 200
    waiting = desk.approved(document)
    work_off(judging)
    assert [standing(desk, case) for case in (used, kept, waiting)] == [(True, True, [])] * 3
    before = desk.get(used).json()
    clock.advance(hours=1)

    revoke(trusted, issuer)
    # in the transaction of the activation: the job is there before anybody does it
    assert judging.run_jobs(REJUDGE) is not None
    assert standing(desk, used) == standing(desk, waiting) == (False, True, ["revoked"])
    assert standing(desk, kept) == (True, True, [])
    assert withdrawn(judging) == sorted(map(identifier, (used, waiting)))
    assert actions(judging, used) == [Action.TRUST_WITHDRAWN]
    assert actions(judging, kept) == []

    # beside the old judgement, never over it
    after = desk.get(used).json()
    assert after["report"] == before["report"]
    assert (after["state"], after["decision_hash"]) == ("consumed", before["decision_hash"])
    assert after["standing"]["since"] == clock.now().isoformat().replace("+00:00", "Z")
    assert count(judging, judgements) == 3
    with judging.database.reading() as work:
        (recorded,) = work.reverifications.history(identifier(used))
    assert recorded.trust_store == trusted.trust.show().active.digest
    assert (recorded.as_of_then.outcome, recorded.as_of_now.outcome) == ("refused", "refused")

    # the contract of a result knows no such state; but nothing is signed anew
    assert desk.get(f"/v1/results/{jti}").json()["status"] == "consumed"
    for case in (used, waiting):
        answer = desk.get(f"{case}/result")
        assert (answer.status_code, answer.json()["code"]) == (409, "trust_withdrawn")


def test_a_round_that_is_done_again_tells_nobody_again(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, document, clock: ManualClock
) -> None:
    desk.approved(document)
    revoke(trusted, issuer)
    work_off(judging)
    kept = {table: count(judging, table) for table in (events, standings, rejudgements)}
    first = last_round(judging)
    judging.run_jobs.prepare()
    clock.advance(hours=2)
    assert judging.run_jobs(REJUDGE) is not None
    assert {table: count(judging, table) for table in kept} == kept
    assert last_round(judging) == first
    # another store in which it is revoked as well: judged anew, no news
    trusted.imports(issuer.dsc_certificate)
    trusted.activate()
    work_off(judging)
    assert last_round(judging).id > first.id
    assert {table: count(judging, table) for table in kept} == kept


def test_an_anchor_is_removed(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, others: SpecimenIssuer, document
) -> None:
    lost, kept = desk.approved(document), desk.approved(others.issue(MARTA))
    trusted.lists(issuer, list_of(issuer, others.csca_certificate, signed_at=issuer.now - timedelta(days=1)))
    trusted.activate()
    work_off(judging)
    assert standing(desk, lost) == (False, True, ["no_csca"])
    assert standing(desk, kept) == (True, True, [])
    assert withdrawn(judging) == [identifier(lost)]
    assert last_round(judging).counts == {
        Change.UNCHANGED: 1,
        Change.WITHDRAWN: 1,
        Change.RESTORED: 0,
        Change.NOT_JUDGED: 0,
    }


def test_nothing_that_matters_changed(trusted: Office, desk: Counter, judging, issuer, document) -> None:
    case = desk.approved(document)
    trusted.imports(issuer.dsc_certificate)
    trusted.activate()
    work_off(judging)
    assert (last_round(judging).counts[Change.UNCHANGED], count(judging, rejudgements)) == (1, 0)
    assert (withdrawn(judging), actions(judging, case)) == ([], [])


def test_what_comes_back_is_recorded_too(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, document, clock: ManualClock
) -> None:
    case = desk.approved(document)
    good = trusted.trust.show().active.digest
    revoke(trusted, issuer)
    work_off(judging)
    clock.advance(hours=1)
    trusted.trust.return_to(ANNA, good)
    trusted.activate("the CRL was published by mistake")
    work_off(judging)
    assert standing(desk, case) == (True, True, [])
    assert actions(judging, case) == [Action.TRUST_WITHDRAWN, Action.TRUST_RESTORED]
    assert withdrawn(judging) == [identifier(case)]
    assert desk.get(f"{case}/result").status_code == 200
    with judging.database.reading() as work:
        assert [one.in_force for one in work.reverifications.history(identifier(case))] == [False, True]


def tightened(*rules: Rule) -> Policy:
    return Policy("tight", (*POLICIES["strict-level3"].rules, *rules))


def rejudge(judging, policy: Policy) -> RejudgeDecisions:
    return RejudgeDecisions(judging.database, judging.clock, Judging(judging.trust, policy), "Specimen organisation")


@pytest.mark.parametrize("effect", [Effect.REFUSED, Effect.ATTENTION])
def test_the_policy_is_tightened(trusted: Office, desk: Counter, judging, document, effect: Effect) -> None:
    """A filler in the place of a check digit was good enough: now it is refused, or people have to say why."""
    case = desk.approved(document)
    work_off(judging)
    first = last_round(judging)
    tight = tightened(Rule("mrz.check_digits", effect, status=CheckStatus.PASSED, reason=Reason.FILLER))
    rejudge(judging, tight)()
    assert standing(desk, case) == (False, True, ["filler"])
    assert withdrawn(judging) == [identifier(case)]
    now = last_round(judging)
    assert (now.trust_store, now.policy_digest) == (first.trust_store, tight.digest)
    with judging.database.reading() as work:
        (recorded,) = work.reverifications.history(identifier(case))
    assert recorded.as_of_then.policy == "tight"


def test_time_alone_withdraws_nothing(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, document, clock: ManualClock
) -> None:
    """Years later the passport and its CRL have expired: no list and no rule did that."""
    case = desk.approved(document, "order-1")
    jti = payload_of(desk.get(f"{case}/result").text)["jti"]
    desk.post(f"/v1/results/{jti}/consume", {"order_reference": "order-1"})
    clock.advance(days=3000)
    trusted.imports(issuer.dsc_certificate)
    trusted.activate()
    work_off(judging)
    assert standing(desk, case) == (True, True, [])
    assert withdrawn(judging) == []


def test_an_approval_after_the_round_is_judged_as_well(
    trusted: Office, desk: Counter, judging, others: SpecimenIssuer, document, clock: ManualClock
) -> None:
    """Its chip was judged by the store before, which changed in what does not concern it."""
    case = desk.checked(document)
    revoke(trusted, others)
    work_off(judging)
    assert last_round(judging).finished_at is not None
    assert desk.review(case, 0).status_code == 201
    assert desk.review(case, 1).json()["state"] == "approved"
    judging.run_jobs.prepare()
    clock.advance(hours=1)
    work_off(judging)
    assert standing(desk, case) == (True, True, [])


@pytest.mark.parametrize("given", [0, 1], ids=["before the first review", "between the two"])
def test_nobody_approves_what_the_store_in_use_does_not_bear(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, document, given: int
) -> None:
    """A revoked DSC is never authentic (SECURITY.md 1.2), whoever looked at the passport before that was known."""
    case = desk.checked(document)
    for person in range(given):
        assert desk.review(case, person).status_code == 201
    state = desk.get(case).json()["state"]
    revoke(trusted, issuer)
    refused = desk.review(case, given)
    assert (refused.status_code, refused.json()["code"]) == (409, "trust_withdrawn")
    assert desk.get(case).json()["state"] == state
    # to refuse needs no store
    assert desk.review(case, given, "refuse").json()["state"] == "refused"


def test_nor_what_the_policy_in_use_does_not_bear(trusted: Office, desk: Counter, judging, document) -> None:
    """The service was started with a stricter one after the chip was judged."""
    case = desk.checked(document)
    tight = tightened(
        Rule("mrz.check_digits", Effect.REFUSED, status=CheckStatus.PASSED, reason=Reason.FILLER),
    )
    same = RequireStillGood(judging.database, rejudge(judging, POLICIES["strict-level3"]))
    same(identifier(case), judging.clock.now())
    with pytest.raises(ServiceError) as refused:
        RequireStillGood(judging.database, rejudge(judging, tight))(identifier(case), judging.clock.now())
    assert refused.value.code is ProblemCode.TRUST_WITHDRAWN


@pytest.mark.parametrize("state", ["revoked", "refused"])
def test_what_is_no_decision_in_force_is_left_alone(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, document, state: str
) -> None:
    if state == "revoked":
        case = desk.approved(document)
        for person in (0, 1):
            desk.post(f"{case}/revoke", {"reason": "wrong_person"}, person=person)
    else:
        case = desk.checked(document)
        desk.review(case, 0, "refuse")
    assert desk.get(case).json()["state"] == state
    revoke(trusted, issuer)
    work_off(judging)
    assert desk.get(case).json()["standing"] is None
    assert withdrawn(judging) == []


# --- what was erased


def erase(judging, case: str, *classes: RetentionClass) -> None:
    with judging.database.changing() as work:
        for retention in classes:
            work.vault.erase(identifier(case), retention)


def test_without_the_portrait_it_is_judged_as_a_whole(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, document
) -> None:
    """It goes at the decision. What its hash was found to be stays; what lists say does not."""
    case = desk.approved(document)
    erase(judging, case, RetentionClass.PORTRAIT)
    trusted.imports(issuer.dsc_certificate)
    trusted.activate()
    work_off(judging)
    assert standing(desk, case) == (True, True, [])
    revoke(trusted, issuer)
    work_off(judging)
    assert standing(desk, case) == (False, True, ["revoked"])


@pytest.mark.parametrize("loss", ["revoked", "no_csca"])
def test_without_the_data_of_the_person_the_signer_still_shows(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, others: SpecimenIssuer, document, loss: str
) -> None:
    case = desk.approved(document)
    erase(judging, case, RetentionClass.PORTRAIT, RetentionClass.HOLDER)
    work_off(judging)
    # not silently fine: it could not be judged as a whole
    assert standing(desk, case) == (True, False, ["evidence_erased"])
    assert last_round(judging).counts[Change.NOT_JUDGED] == 1
    if loss == "revoked":
        revoke(trusted, issuer)
    else:
        signed_at = issuer.now - timedelta(days=1)
        trusted.lists(issuer, list_of(issuer, others.csca_certificate, signed_at=signed_at))
        trusted.activate()
    work_off(judging)
    assert standing(desk, case) == (False, False, [loss])
    assert withdrawn(judging) == [identifier(case)]


def test_what_is_left_brings_nothing_back(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, document
) -> None:
    case = desk.approved(document)
    good = trusted.trust.show().active.digest
    revoke(trusted, issuer)
    work_off(judging)
    erase(judging, case, *RetentionClass)
    trusted.trust.return_to(ANNA, good)
    trusted.activate("the CRL was published by mistake")
    work_off(judging)
    assert standing(desk, case) == (False, False, ["revoked"])
    assert len(withdrawn(judging)) == 1


def test_nothing_is_left(trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, document) -> None:
    case = desk.approved(document)
    erase(judging, case, *RetentionClass)
    revoke(trusted, issuer)
    work_off(judging)
    assert standing(desk, case) == (True, False, ["evidence_erased"])
    assert last_round(judging).counts[Change.NOT_JUDGED] == 1
    assert withdrawn(judging) == []


# --- many


class _Remembering(Judging):
    """One passport is before a thousand counters: each question is answered once."""

    def report_stored(self, stored, capture, at):
        key = at, self.trust.current().digest
        known = _REPORTS.get(key)
        if known is None:
            known = _REPORTS[key] = super().report_stored(stored, capture, at)
        return known


_REPORTS: dict = {}


class KilledError(BaseException):
    """What no handler catches."""


def test_a_thousand_decisions_and_a_worker_that_is_killed(
    trusted: Office, desk: Counter, judging, issuer: SpecimenIssuer, document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batch by batch; what was not committed is done again, what was is not."""
    _REPORTS.clear()
    case = identifier(desk.approved(document))
    copies = 999
    with judging.database.changing() as work:
        verification = work.verifications.get(case)
        for number in range(copies):
            work.verifications.add(replace(verification, id=f"vs_copy{number:04}"))
    revoke(trusted, issuer)
    many = RejudgeDecisions(
        judging.database,
        judging.clock,
        _Remembering(judging.trust, POLICIES["strict-level3"]),
        "Specimen organisation",
    )
    for owner in ("evidence", "captures", "judgements"):
        _read_as_of(monkeypatch, judging, owner, case)
    settle, settled = RejudgeDecisions._settle, []

    def killed(*arguments):
        settled.append(arguments)
        if len(settled) == 333:
            raise KilledError
        return settle(*arguments)

    monkeypatch.setattr(RejudgeDecisions, "_settle", killed)
    with pytest.raises(KilledError):
        many()
    assert count(judging, standings) == 300 == len(withdrawn(judging))
    many()
    assert count(judging, standings) == 1000
    told = withdrawn(judging)
    assert len(told) == len(set(told)) == 1000
    done = last_round(judging)
    assert (done.counts[Change.WITHDRAWN], sum(done.counts.values())) == (1000, 1000)
    assert done.finished_at is not None
    many()
    assert (len(withdrawn(judging)), last_round(judging)) == (1000, done)


def _read_as_of(monkeypatch: pytest.MonkeyPatch, judging, owner: str, case: str) -> None:
    """Copies share what one case holds."""
    with judging.database.reading() as work:
        repository = type(getattr(work, owner))
    name = "of" if owner == "captures" else "latest"
    read = getattr(repository, name)
    monkeypatch.setattr(repository, name, lambda self, _id: read(self, case))


def test_a_job_does_a_part_and_enqueues_the_rest(
    trusted: Office, desk: Counter, judging, document, monkeypatch: pytest.MonkeyPatch
) -> None:
    from service.usecases import reverify_decisions

    monkeypatch.setattr(reverify_decisions, "MAX_BATCHES", 1)
    cases = [desk.approved(document) for _ in range(3)]
    for case in cases:
        erase(judging, case, *RetentionClass)
    bounded = replace(rejudge(judging, POLICIES["strict-level3"]), batch=2)
    bounded()
    assert count(judging, standings) == 2
    with judging.database.reading() as work:
        assert work.jobs.is_due(REJUDGE, judging.clock.now())
    bounded()
    bounded()
    assert count(judging, standings) == 3
    assert last_round(judging).finished_at is not None


def test_the_round_is_in_the_audit(trusted: Office, desk: Counter, judging, issuer, document) -> None:
    desk.approved(document)
    revoke(trusted, issuer)
    work_off(judging)
    with judging.database.reading() as work:
        rows = [row for row in work.audit.rows() if row["action"] == Action.DECISIONS_REJUDGED]
    assert len(rows) == 1
    assert '"withdrawn":1' in rows[0]["details"]


def test_an_activation_that_fails_asks_for_nothing(trusted: Office, judging, issuer: SpecimenIssuer) -> None:
    """Both are written, or neither."""
    work_off(judging)
    from service.domain.trust import TrustError

    trusted.imports(issuer.dsc_certificate)
    draft = trusted.trust.show().draft
    assert draft is not None
    with pytest.raises(TrustError):
        trusted.trust.activate(draft.digest, ANNA, ANNA, None)
    assert judging.run_jobs(REJUDGE) is None
    trusted.trust.activate(draft.digest, ANNA, BERTIL, None)
    assert judging.run_jobs(REJUDGE) is not None


def test_the_office_hears_how_many(trusted: Office, desk: Counter, document) -> None:
    desk.approved(document)
    desk.checked(document)
    assert trusted.trust.decisions() == 1
