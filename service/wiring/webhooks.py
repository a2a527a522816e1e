"""Where events go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from service.adapters.system import SystemRandomness
from service.adapters.webhook_secrets import FileWebhookSecrets
from service.adapters.webhooks import HttpsWebhookSender
from service.domain.ports import Clock, Randomness
from service.domain.webhooks import AddressRule
from service.settings import Settings
from service.usecases.manage_webhooks import ManageWebhooks
from service.wiring.databases import at_the_shell, clock_of, open_unsealed_database


@contextmanager
def administer_webhooks(settings: Settings, *, clock: Clock | None = None) -> Iterator[ManageWebhooks]:
    """The administration of where events go, over the database of a service with these settings.

    Raises:
        ConfigurationError: the database cannot be used.
    """
    database, randomness = at_the_shell(open_unsealed_database(settings)), SystemRandomness()
    try:
        yield ManageWebhooks(
            database,
            clock or clock_of(settings),
            randomness,
            webhook_secrets(settings, randomness),
            webhook_sender(settings),
            _webhook_rule(settings),
            settings.organisation,
            settings.issuer,
        )
    finally:
        database.engine.dispose()


def _webhook_rule(settings: Settings) -> AddressRule:
    return AddressRule(settings.realm, settings.webhook_private_hosts)


def webhook_sender(settings: Settings) -> HttpsWebhookSender:
    """What sends events, only to addresses that the settings allow."""
    return HttpsWebhookSender(_webhook_rule(settings))


def webhook_secrets(settings: Settings, randomness: Randomness) -> FileWebhookSecrets:
    """What deliveries are signed with, in the folder of the keys."""
    return FileWebhookSecrets(settings.data_dir / "keys" / "webhooks", randomness)
