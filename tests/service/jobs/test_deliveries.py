"""From an event to a portal: nothing is lost, nothing personal is told, and a portal that is down harms nobody."""

from __future__ import annotations

import contextlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from service.adapters.db import job_tables
from service.adapters.db.audit_tables import audit_trail
from service.domain.audit import Action
from service.domain.errors import ConfigurationError
from service.domain.events import Event, EventType
from service.domain.webhooks import WebhookError
from tests.service.conftest import NOW
from tests.service.jobs.conftest import ACTOR, ORGANISATION, SOURCE, Deliveries, Portal
from tests.service.jobs.test_sender import signed


def waiting(deliveries: Deliveries):
    with deliveries.database.engine.connect() as connection:
        return connection.execute(select(job_tables.jobs).order_by(job_tables.jobs.c.id)).all()


def test_an_event_arrives_as_a_signed_cloud_event(deliveries: Deliveries, portal: Portal) -> None:
    _, secret = deliveries.manage.add(ACTOR, f"{portal.url}/hook", ())
    happened = deliveries.happen()
    deliveries.clock.advance(seconds=30)
    assert [ended.problem for ended in deliveries.deliver_all()] == [None]
    request = portal.wait_for_one()
    assert json.loads(request.body) == {
        "specversion": "1.0",
        "id": happened.id,
        "source": SOURCE,
        "type": "verification.approved",
        "subject": "vs_1",
        "time": "2026-11-24T09:30:00Z",
        "datacontenttype": "application/json",
        "data": {"verification_id": "vs_1", "reason": "expired"},
    }
    attempted = str(int((NOW + timedelta(seconds=30)).timestamp()))
    assert request.headers["webhook-id"] == happened.id
    assert request.headers["webhook-timestamp"] == attempted
    message = f"{happened.id}.{attempted}.".encode() + request.body
    assert request.headers["webhook-signature"] == signed(secret, message)
    assert waiting(deliveries) == []


def test_a_change_that_failed_tells_nobody(deliveries: Deliveries, portal: Portal) -> None:
    deliveries.manage.add(ACTOR, portal.url, ())
    with contextlib.suppress(ZeroDivisionError), deliveries.database.changing() as work:
        work.events.emit(Event(EventType.VERIFICATION_EXPIRED, "vs_1", ORGANISATION, NOW))
        raise ZeroDivisionError
    assert deliveries.deliver_all() == []
    with deliveries.database.reading() as work:
        assert work.events.of("vs_1") == []


def test_events_are_kept_though_nobody_listens(deliveries: Deliveries) -> None:
    happened = deliveries.happen()
    with deliveries.database.reading() as work:
        assert work.events.of("vs_1") == [happened]
        assert work.events.find(happened.id) == happened
        assert work.events.find("ev_none") is None
    assert waiting(deliveries) == []


def test_who_gets_what(deliveries: Deliveries, portal: Portal) -> None:
    """By organisation, by type, and only while enabled."""
    deliveries.manage.add(ACTOR, f"{portal.url}/all", ())
    deliveries.manage.add(ACTOR, f"{portal.url}/some", {EventType.RESULT_CONSUMED})
    deliveries.happen(EventType.VERIFICATION_REFUSED)
    deliveries.happen(EventType.RESULT_CONSUMED)
    with deliveries.database.changing() as work:
        work.events.emit(Event(EventType.RESULT_CONSUMED, "vs_2", "Another organisation", NOW))
    deliveries.deliver_all()
    told = sorted((request.path, json.loads(request.body)["type"]) for request in portal.seen)
    assert told == [
        ("/all", "result.consumed"),
        ("/all", "verification.refused"),
        ("/some", "result.consumed"),
    ]
    assert b"vs_2" not in b"".join(request.body for request in portal.seen)


def test_a_portal_that_is_down_for_an_hour_loses_nothing(deliveries: Deliveries, portal: Portal) -> None:
    """Twenty events; the same id at each attempt; and the portal is not asked all the time."""
    deliveries.manage.add(ACTOR, portal.url, ())
    portal.status = 503
    happened = []
    for minute in range(60):
        if minute % 3 == 0:
            happened.append(deliveries.happen(subject=f"vs_{minute}").id)
        assert {ended.problem for ended in deliveries.deliver_all()} <= {"http_503"}
        deliveries.clock.advance(minutes=1)
    attempts_while_down = len(portal.seen)
    assert 10 <= attempts_while_down <= 60
    assert len(waiting(deliveries)) == 20
    portal.status = 204
    portal.seen.clear()
    for _ in range(6):
        deliveries.clock.advance(minutes=10)
        assert {ended.problem for ended in deliveries.deliver_all()} <= {None}
    assert sorted(request.headers["webhook-id"] for request in portal.seen) == sorted(happened)
    assert waiting(deliveries) == []
    assert deliveries.manage.dead() == []


def test_a_portal_that_is_down_holds_no_other_up(deliveries: Deliveries, portal: Portal) -> None:
    deliveries.manage.add(ACTOR, "http://127.0.0.1:9/", ())
    deliveries.manage.add(ACTOR, portal.url, ())
    for number in range(10):
        deliveries.happen(subject=f"vs_{number}")
    ended = deliveries.deliver_all()
    assert [one.problem for one in ended].count("unreachable") == 1, "the first failure lets the others rest"
    assert len(portal.seen) == 10


def test_after_a_day_it_is_a_dead_letter_and_can_be_sent_again(deliveries: Deliveries, portal: Portal) -> None:
    endpoint, _ = deliveries.manage.add(ACTOR, portal.url, ())
    portal.status = 500
    happened = deliveries.happen()
    deliveries.deliver_all()
    deliveries.clock.advance(hours=24, seconds=1)
    (ended,) = deliveries.deliver_all()
    assert (ended.problem, ended.dead) == ("http_500", True)
    (letter,) = deliveries.manage.dead()
    assert (letter.subject, letter.data["event"], letter.problem) == (endpoint.id, happened.id, "http_500")
    deliveries.clock.advance(days=2)
    assert deliveries.deliver_all() == []
    portal.status = 200
    with pytest.raises(WebhookError, match="unknown_dead_letter"):
        deliveries.manage.retry([letter.id, letter.id + 1])
    assert deliveries.deliver_all() == []
    assert deliveries.manage.retry([letter.id]) == 1
    assert [ended.problem for ended in deliveries.deliver_all()] == [None]
    assert {request.headers["webhook-id"] for request in portal.seen} == {happened.id}
    assert deliveries.manage.retry(None) == 0


def test_gone_disables_the_endpoint(deliveries: Deliveries, portal: Portal) -> None:
    endpoint, _ = deliveries.manage.add(ACTOR, portal.url, ())
    portal.status = 410
    deliveries.happen(subject="vs_1")
    deliveries.happen(subject="vs_2")
    assert [(ended.problem, ended.dead) for ended in deliveries.deliver_all()] == [
        ("gone", True),
        ("endpoint_disabled", True),
    ]
    assert [one.enabled for one in deliveries.manage.all()] == [False]
    deliveries.happen(subject="vs_3")
    assert deliveries.deliver_all() == []
    assert len(portal.seen) == 1
    portal.status = 204
    deliveries.manage.enable(ACTOR, endpoint.id)
    assert deliveries.manage.retry(None) == 2
    deliveries.happen(subject="vs_4")
    deliveries.deliver_all()
    told = sorted(json.loads(request.body)["subject"] for request in portal.seen[1:])
    assert told == ["vs_1", "vs_2", "vs_4"]


def test_what_is_removed_gets_nothing_more(deliveries: Deliveries, portal: Portal, settings) -> None:
    endpoint, _ = deliveries.manage.add(ACTOR, portal.url, ())
    deliveries.happen()
    deliveries.manage.remove(ACTOR, endpoint.id)
    assert deliveries.deliver_all() == []
    assert waiting(deliveries) == []
    assert deliveries.manage.all() == []
    assert list((settings.data_dir / "keys" / "webhooks").iterdir()) == []
    for act in (deliveries.manage.remove, deliveries.manage.enable, deliveries.manage.renew_secret):
        with pytest.raises(WebhookError, match="unknown_endpoint"):
            act(ACTOR, endpoint.id)
    with pytest.raises(WebhookError, match="unknown_endpoint"):
        deliveries.manage.test(endpoint.id)


def test_a_removal_while_it_is_being_delivered_is_no_failure(deliveries: Deliveries, portal: Portal) -> None:
    endpoint, _ = deliveries.manage.add(ACTOR, portal.url, ())
    happened = deliveries.happen()
    with deliveries.database.changing() as work:
        leased = work.jobs.lease(["deliver"], "b", NOW)
        work.endpoints.remove(endpoint.id)
    deliveries.run.handlers[leased.kind](leased)
    assert portal.seen == []
    assert happened.id


def test_renewed_secrets_sign_side_by_side(deliveries: Deliveries, portal: Portal) -> None:
    endpoint, first = deliveries.manage.add(ACTOR, portal.url, ())
    second = deliveries.manage.renew_secret(ACTOR, endpoint.id)
    third = deliveries.manage.renew_secret(ACTOR, endpoint.id)
    assert len({first, second, third}) == 3
    happened = deliveries.happen()
    deliveries.deliver_all()
    request = portal.wait_for_one()
    message = f"{happened.id}.{request.headers['webhook-timestamp']}.".encode() + request.body
    assert request.headers["webhook-signature"].split(" ") == [signed(third, message), signed(second, message)]


def test_secrets_are_for_their_owner_alone(deliveries: Deliveries, settings) -> None:
    endpoint, secret = deliveries.manage.add(ACTOR, "https://portal.example/", ())
    folder: Path = settings.data_dir / "keys" / "webhooks"
    (file,) = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    with deliveries.database.engine.connect() as connection:
        for table in job_tables.metadata.sorted_tables:
            assert secret not in str(connection.execute(select(table)).all()), table.name
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        deliveries.manage.secrets.of(endpoint.id)
    file.chmod(0o600)
    for text in ("{", "[]", '{"secrets": ["whsec_!"]}', '{"secrets": [3]}'):
        file.write_text(text)
        with pytest.raises(ConfigurationError, match="no secrets"):
            deliveries.manage.secrets.of(endpoint.id)
    with pytest.raises(ConfigurationError, match="changed by hand"):
        deliveries.manage.secrets.of("../../etc/passwd")


def test_without_its_secret_nothing_is_sent(deliveries: Deliveries, portal: Portal, settings) -> None:
    """A restored database without its keys: it waits, as for a portal that is down, and nothing goes out unsigned."""
    endpoint, _ = deliveries.manage.add(ACTOR, portal.url, ())
    deliveries.manage.secrets.forget(endpoint.id)
    deliveries.happen()
    assert [(ended.problem, ended.dead) for ended in deliveries.deliver_all()] == [("secret_missing", False)]
    assert deliveries.manage.test(endpoint.id) == "secret_missing"
    deliveries.manage.renew_secret(ACTOR, endpoint.id)
    (file,) = (settings.data_dir / "keys" / "webhooks").iterdir()
    file.chmod(0o644)
    deliveries.clock.advance(minutes=1)
    assert [ended.problem for ended in deliveries.deliver_all()] == ["secret_missing"]
    assert portal.seen == []


def test_trying_an_endpoint(deliveries: Deliveries, portal: Portal) -> None:
    endpoint, secret = deliveries.manage.add(ACTOR, portal.url, ())
    assert deliveries.manage.test(endpoint.id) is None
    request = portal.wait_for_one()
    told = json.loads(request.body)
    assert (told["type"], told["data"], "subject" in told) == ("webhook.test", {}, False)
    message = f"{told['id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    assert request.headers["webhook-signature"] == signed(secret, message)
    portal.status = 404
    assert deliveries.manage.test(endpoint.id) == "http_404"


def test_an_address_that_is_refused_leaves_nothing(deliveries: Deliveries, settings) -> None:
    with pytest.raises(WebhookError, match="url_refused"):
        deliveries.manage.add(ACTOR, "http://portal.example/", ())
    assert deliveries.manage.all() == []
    assert not (settings.data_dir / "keys" / "webhooks").exists()


def test_who_changed_where_events_go_is_audited(deliveries: Deliveries) -> None:
    endpoint, _ = deliveries.manage.add(ACTOR, "https://portal.example/secret-path", ())
    deliveries.manage.renew_secret(ACTOR, endpoint.id)
    deliveries.manage.enable(ACTOR, endpoint.id)
    deliveries.manage.remove(ACTOR, endpoint.id)
    with deliveries.database.engine.connect() as connection:
        rows = connection.execute(select(audit_trail)).all()
    told = str(rows)
    for action in (
        Action.WEBHOOK_ADDED,
        Action.WEBHOOK_SECRET_RENEWED,
        Action.WEBHOOK_ENABLED,
        Action.WEBHOOK_REMOVED,
    ):
        assert told.count(f"'{action}'") == 1, action
    assert told.count(endpoint.id) == 4
    assert "secret-path" not in told
