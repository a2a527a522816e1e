"""Where events go, as those who administer a service decide it; each decision is audited."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.domain.audit import Action, AuditEntry, Details
from service.domain.events import EventType, event_id
from service.domain.ids import ID_BYTES
from service.domain.jobs import DeadJob, JobKind
from service.domain.ports import Clock, Randomness, WebhookSecrets, WebhookSender
from service.domain.repositories import Database, Work
from service.domain.webhooks import (
    AddressRule,
    DeliveryError,
    DeliveryProblem,
    Endpoint,
    WebhookError,
    WebhookProblem,
    endpoint_id,
    trial_message,
)


@dataclass(frozen=True, slots=True)
class ManageWebhooks:
    """`passkoll webhooks`; no route leads here. `actor` is who decides."""

    database: Database
    clock: Clock
    randomness: Randomness
    secrets: WebhookSecrets
    sender: WebhookSender
    rule: AddressRule
    organisation: str
    source: str

    def add(self, actor: str, url: str, types: Collection[EventType]) -> tuple[Endpoint, str]:
        """A new endpoint, and its secret, which is told this once.

        Raises:
            WebhookError: `url_refused`.
        """
        self.rule.require_url(url)
        now = self.clock.now()
        new = endpoint_id(self.randomness.octets(ID_BYTES))
        endpoint = Endpoint(new, self.organisation, url, frozenset(types), True, now)
        # The secret first: an endpoint without one could not be served, a secret without an endpoint is nothing.
        secret = self.secrets.renew(new)
        with self.database.changing() as work:
            work.endpoints.add(endpoint)
            self._audit(work, actor, Action.WEBHOOK_ADDED, endpoint)
        return endpoint, secret

    def all(self) -> Sequence[Endpoint]:
        """Every endpoint, oldest first."""
        with self.database.reading() as work:
            return work.endpoints.all()

    def remove(self, actor: str, wanted: str) -> None:
        """Take it away, with all that waits for it.

        Raises:
            WebhookError: `unknown_endpoint`; as below.
        """
        with self.database.changing() as work:
            endpoint = work.endpoints.get(wanted)
            work.endpoints.remove(wanted)
            work.jobs.forget(JobKind.DELIVER, wanted)
            self._audit(work, actor, Action.WEBHOOK_REMOVED, endpoint)
        self.secrets.forget(wanted)

    def enable(self, actor: str, wanted: str) -> None:
        """Let events go there again, after a 410."""
        with self.database.changing() as work:
            endpoint = work.endpoints.get(wanted)
            work.endpoints.enable(wanted, True)
            self._audit(work, actor, Action.WEBHOOK_ENABLED, endpoint)

    def renew_secret(self, actor: str, wanted: str) -> str:
        """A new secret, told this once. Until the next renewal messages are signed by the one before as well."""
        with self.database.changing() as work:
            endpoint = work.endpoints.get(wanted)
            self._audit(work, actor, Action.WEBHOOK_SECRET_RENEWED, endpoint)
        return self.secrets.renew(wanted)

    def test(self, wanted: str) -> str | None:
        """Send a message that says nothing, now; why it did not arrive, a code, or None."""
        with self.database.reading() as work:
            endpoint = work.endpoints.get(wanted)
        secrets = self.secrets.of(wanted)
        if not secrets:
            return DeliveryProblem.NO_SECRET
        message_id, now = event_id(self.randomness.octets(ID_BYTES)), self.clock.now()
        try:
            self.sender.send(endpoint.url, secrets, message_id, now, trial_message(message_id, self.source, now))
        except DeliveryError as error:
            return error.code
        return None

    def dead(self) -> Sequence[DeadJob]:
        """Deliveries that were given up, oldest first."""
        with self.database.reading() as work:
            return work.jobs.dead({JobKind.DELIVER})

    def retry(self, numbers: Collection[int] | None) -> int:
        """Deliver these dead letters again, by default all of them; how many there were.

        Raises:
            WebhookError: `unknown_dead_letter`, and none is delivered.
        """
        with self.database.changing() as work:
            dead = {letter.id: letter for letter in work.jobs.dead({JobKind.DELIVER})}
            wanted = dead.keys() if numbers is None else set(numbers)
            if not wanted <= dead.keys():
                raise WebhookError(WebhookProblem.UNKNOWN_LETTER)
            for number in sorted(wanted):
                work.jobs.revive(dead[number], self.clock.now())
        return len(wanted)

    def _audit(self, work: Work, actor: str, action: Action, endpoint: Endpoint) -> None:
        details: Details = {"endpoint": endpoint.id}
        work.audit.write(AuditEntry(self.clock.now(), actor, endpoint.organisation, action, None, details))
