"""Joins ports and adapters; the only package that knows both."""

from service.adapters.tls import ServerTls
from service.wiring.audit import AuditAdministration, administer_audit, anchor_at, reader_of
from service.wiring.backups import back_up, backup_engine, restore
from service.wiring.conditions import diagnose
from service.wiring.databases import initialise, open_database, open_unsealed_database, schema_of, upgrade_database
from service.wiring.devices import DeviceAdministration, administer_devices, device_policy
from service.wiring.keys import KeyAdministration, administer_keys, administer_signing_keys
from service.wiring.network import server_tls
from service.wiring.retention import RetentionAdministration, administer_retention
from service.wiring.services import Services, wire
from service.wiring.staff import StaffAdministration, administer_staff, invite_first
from service.wiring.subjects import SubjectAdministration, administer_subjects
from service.wiring.tools import catalogue, photo_reader, shrink_photo
from service.wiring.trust import TrustAdministration, administer_trust
from service.wiring.webhooks import administer_webhooks

__all__ = [
    "AuditAdministration",
    "DeviceAdministration",
    "KeyAdministration",
    "RetentionAdministration",
    "ServerTls",
    "Services",
    "StaffAdministration",
    "SubjectAdministration",
    "TrustAdministration",
    "administer_audit",
    "administer_devices",
    "administer_keys",
    "administer_retention",
    "administer_signing_keys",
    "administer_staff",
    "administer_subjects",
    "administer_trust",
    "administer_webhooks",
    "anchor_at",
    "back_up",
    "backup_engine",
    "catalogue",
    "device_policy",
    "diagnose",
    "initialise",
    "invite_first",
    "open_database",
    "open_unsealed_database",
    "photo_reader",
    "reader_of",
    "restore",
    "schema_of",
    "server_tls",
    "shrink_photo",
    "upgrade_database",
    "wire",
]
