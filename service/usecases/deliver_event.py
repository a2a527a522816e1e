"""Deliver one event to one endpoint: what a job of the kind `deliver` does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from service.domain.errors import ConfigurationError
from service.domain.events import RecordedEvent
from service.domain.jobs import JobKind, LeasedJob
from service.domain.ports import Clock, WebhookSecrets, WebhookSender
from service.domain.repositories import Database
from service.domain.webhooks import DeliveryError, DeliveryProblem, Endpoint, cloud_event

#: After an attempt that failed nothing else goes to the same endpoint for so long: a portal that is down is asked
#: about once a minute, however much waits for it, and does not hold the events of others up.
REST: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class DeliverEvent:
    """Subject of the job: the endpoint; its data name the event. The same event has the same id at every attempt."""

    database: Database
    clock: Clock
    secrets: WebhookSecrets
    sender: WebhookSender
    source: str

    def __call__(self, job: LeasedJob) -> None:
        """Deliver it.

        Raises:
            DeliveryError: it did not arrive.
        """
        with self.database.reading() as work:
            endpoint = work.endpoints.find(job.subject)
            recorded = work.events.find(str(job.data.get("event")))
        if endpoint is None or recorded is None:
            # Removed, and with it the wish; or erased at the end of its retention.
            return
        if not endpoint.enabled:
            raise DeliveryError(DeliveryProblem.DISABLED, final=True)
        try:
            self._send(endpoint, recorded)
        except DeliveryError as error:
            self._rest(endpoint, error)
            raise

    def _send(self, endpoint: Endpoint, recorded: RecordedEvent) -> None:
        try:
            secrets = self.secrets.of(endpoint.id)
        except ConfigurationError:
            # `passkoll webhooks test` says what is wrong with the file
            secrets = ()
        if not secrets:
            raise DeliveryError(DeliveryProblem.NO_SECRET)
        body = cloud_event(recorded, self.source)
        self.sender.send(endpoint.url, secrets, recorded.id, self.clock.now(), body)

    def _rest(self, endpoint: Endpoint, error: DeliveryError) -> None:
        with self.database.changing() as work:
            if error.code == DeliveryProblem.GONE:
                work.endpoints.enable(endpoint.id, False)
            else:
                work.jobs.postpone(JobKind.DELIVER, endpoint.id, self.clock.now() + REST)
