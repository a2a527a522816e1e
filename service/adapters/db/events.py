"""Events and where they go, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Row, delete, insert, select, update

from service.adapters.db.job_tables import events, webhook_endpoints
from service.adapters.db.jobs import JobRows
from service.adapters.system import SystemRandomness
from service.domain.events import Event, EventType, RecordedEvent, event_id
from service.domain.ids import ID_BYTES
from service.domain.jobs import Job, JobKind
from service.domain.ports import Randomness
from service.domain.webhooks import Endpoint, WebhookError, WebhookProblem


@dataclass(frozen=True, slots=True)
class EndpointRows:
    """Answers `service.domain.repositories.Endpoints`."""

    connection: Connection

    def add(self, endpoint: Endpoint) -> None:
        self.connection.execute(
            insert(webhook_endpoints).values(
                id=endpoint.id,
                organisation=endpoint.organisation,
                url=endpoint.url,
                types=sorted(endpoint.types),
                enabled=endpoint.enabled,
                created_at=endpoint.created_at,
            )
        )

    def get(self, endpoint_id: str) -> Endpoint:
        found = self.find(endpoint_id)
        if found is None:
            raise WebhookError(WebhookProblem.UNKNOWN_ENDPOINT)
        return found

    def find(self, endpoint_id: str) -> Endpoint | None:
        query = select(webhook_endpoints).where(webhook_endpoints.c.id == endpoint_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _endpoint(row)

    def all(self) -> Sequence[Endpoint]:
        table = webhook_endpoints
        query = select(table).order_by(table.c.created_at, table.c.id)
        return [_endpoint(row) for row in self.connection.execute(query)]

    def of(self, organisation: str) -> Sequence[Endpoint]:
        table = webhook_endpoints
        query = select(table).where(table.c.organisation == organisation).order_by(table.c.created_at, table.c.id)
        return [_endpoint(row) for row in self.connection.execute(query)]

    def enable(self, endpoint_id: str, enabled: bool) -> None:
        table = webhook_endpoints
        self.connection.execute(update(table).where(table.c.id == endpoint_id).values(enabled=enabled))

    def remove(self, endpoint_id: str) -> None:
        self.connection.execute(delete(webhook_endpoints).where(webhook_endpoints.c.id == endpoint_id))


def _endpoint(row: Row[tuple[object, ...]]) -> Endpoint:
    values = dict(row._mapping)
    return Endpoint(**{**values, "types": frozenset(map(EventType, row.types))})


@dataclass(frozen=True, slots=True)
class EventRows:
    """Answers `service.domain.repositories.Events`: an event and its deliveries, in the transaction of the change."""

    connection: Connection
    jobs: JobRows
    endpoints: EndpointRows
    randomness: Randomness = field(default_factory=SystemRandomness)

    def emit(self, event: Event) -> RecordedEvent:
        recorded = RecordedEvent(event_id(self.randomness.octets(ID_BYTES)), event)
        self.connection.execute(
            insert(events).values(
                id=recorded.id,
                type=event.type,
                verification_id=event.verification_id,
                organisation=event.organisation,
                at=event.at,
                data=dict(event.data),
            )
        )
        for endpoint in self.endpoints.of(event.organisation):
            if endpoint.wants(event.type):
                self.jobs.enqueue(Job(JobKind.DELIVER, endpoint.id, event.at, data={"event": recorded.id}))
        return recorded

    def find(self, recorded_id: str) -> RecordedEvent | None:
        row = self.connection.execute(select(events).where(events.c.id == recorded_id)).one_or_none()
        return None if row is None else _recorded(row)

    def of(self, verification_id: str) -> Sequence[RecordedEvent]:
        query = select(events).where(events.c.verification_id == verification_id).order_by(events.c.at, events.c.id)
        return [_recorded(row) for row in self.connection.execute(query)]


def _recorded(row: Row[tuple[object, ...]]) -> RecordedEvent:
    values = dict(row._mapping)
    recorded_id = str(values.pop("id"))
    return RecordedEvent(recorded_id, Event(**{**values, "type": EventType(row.type)}))
