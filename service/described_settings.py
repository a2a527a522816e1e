"""Every setting in words: for the table of docs/operating.md, and for the file that `passkoll init` writes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Final

from service.settings import PREFIX, SETTINGS_FILE, Settings

#: Setting -> what it means. A test holds it against `Settings`.
WORDS: Final[Mapping[str, str]] = {
    "host": "address to listen on",
    "port": "port to listen on; 0 takes a free one",
    "data_dir": "folder of database, keys and blobs",
    "database_url": "`postgresql+psycopg://...` for PostgreSQL; without it SQLite in the data folder",
    "database_owner_url": "as who the schema of PostgreSQL is upgraded (docs/audit.md)",
    "audit_anchor": "where signed checkpoints of the audit trail are kept outside: a folder, the URL of an object "
    "store, or an https address to post them to",
    "realm": "`specimen` or `production`; a database belongs to one for ever",
    "trust": "paths of CSCA lists, certificates and CRLs, separated by `:`; without it the administered store",
    "policy": "`strict-level3`, `default` or `forensic`",
    "issuer": "`iss` of the signed identity",
    "audience": "`aud` of the signed identity where no registered portal ordered it",
    "public_origin": "scheme and name that clients reach the service by, as `https://passkoll.example`; their proofs "
    "are for it; without it the address that a request came in at",
    "local_accounts": "whether people may sign in with passkeys and passwords of our own, beside the identity "
    "provider",
    "passkey_app_origins": "`android:apk-key-hash:` and the digest of the app's signer, for passkeys in the app",
    "oidc_issuer": "identity provider of the organisation, its `issuer`",
    "oidc_client_id": "who we are there",
    "oidc_client_secret": "our secret there, or:",
    "oidc_client_secret_file": "file that holds the secret",
    "oidc_app_client_id": "who the app is there",
    "oidc_acr": "what the provider must say as `acr`, one of these, separated by commas; without it `http://id.sambi.se/loa/loa3`",
    "oidc_hsa_id_claim": "claim that holds the HSA-id",
    "oidc_personal_number_claim": "claim that holds the personal identity number",
    "organisation": "who inspects, in the signed identity",
    "log_level": "`debug`, `info`, `warning` or `error`; no level logs personal data",
    "metrics_host": "address of the metrics; they ask nobody who they are, so only this machine reaches them",
    "metrics_port": "port of the metrics; without it there are none",
    "specimen_clock": "a time (`2026-06-01T12:00:00Z`) at which the clock starts; refused in the production realm",
    "ocr_workers": "processes that read photos, each on one core and below 512 MiB",
    "review_hours": "how long two people have to decide, from 1 to 23 hours",
    "worker": "`thread` does jobs beside the requests, `none` leaves them to `passkoll worker`",
    "purge_log": "folder or URL of the log of what was erased, which a restore obeys: never put it back from a "
    "backup; without it in the data folder",
    "device_keys": "which keys phones may enrol with: `attested`, or `software` as well, which only the specimen "
    "realm takes and has by default (docs/devices.md)",
    "attestation_days": "for how many days the attestation of a phone counts, from 1 to 365",
    "attestation_roots": "JSON file of roots of Android attestations (docs/attestation.md), beside the pinned ones",
    "attestation_status_list": "imported status list of Android attestations (docs/attestation.md)",
    "attestation_status_days": "how old that file may be",
    "attestation_status_old": "what an older one does: `refuse` every Android phone, or `tell` people",
    "android_packages": "names of the apps that Android phones may enrol with, separated by commas",
    "android_signers": "SHA-256 digests of the certificates that these apps are signed with, separated by commas",
    "android_protection": "the weakest hardware that counts: `trusted_environment` or `strongbox`",
    "android_patch_level": "year and month of the oldest security patch that counts, for example 202601",
    "apple_apps": "`TEAM.bundle` of the apps that Apple phones may enrol with, separated by commas",
    "apple_development": "whether Apple apps count that were not released; refused in the production realm",
    "play_integrity_decryption_key": "file with the key that tokens of Play Integrity are decrypted with, and:",
    "play_integrity_verification_key": "file with the key that they are verified with",
    "expose_specimen": "`true` lets a service of specimens listen beyond this machine",
    "tls_certificate": "PEM file of the certificate and its chain; read again at SIGHUP",
    "tls_key": "PEM file of its key",
    "trusted_proxies": "addresses and networks, separated by commas, of the proxies whose headers are believed "
    "(docs/security.md)",
    "forwarded_header": "what they write: `x-forwarded` (`X-Forwarded-For` and `-Proto`) or `forwarded` (RFC 7239); "
    "the other is never read",
    "limit_reading": "requests for public texts and keys that an address may make in a minute",
    "limit_sign_in": "tokens, sign-ins and enrolments that an address may try in a minute",
    "limit_strangers": "requests without a right that an address may make in a minute",
    "limit_known": "requests that a person or system may make in a minute",
    "limit_live": "chips that one phone may read at a time (docs/security.md)",
    "trace_days": "for how many days a document is known again (docs/reverification.md)",
    "failure_hours": "the hours over which failures of one administrator are counted",
    "failures_noted": "failures in that time from which on reviewers are told",
    "failures_refused": "failures in that time from which on the administrator opens no other verification",
    "webhook_private_hosts": "names of portals, separated by commas, that may have addresses of a private network",
    "key_provider": "where the master key lives: `file`, `pkcs11` or `transit` (docs/keys.md)",
    "epochs": "folder or URL of the epoch keys; without it in the data folder",
    "blobs": "folder or URL of the sealed files; without it in the data folder",
    "pkcs11_module": "library of the token",
    "pkcs11_token": "label of the token",
    "pkcs11_pin": "PIN of the token, or:",
    "pkcs11_pin_file": "file that holds the PIN",
    "pkcs11_master_key": "label of the master key in the token",
    "signer": "where the keys live that results are signed with: `file` or `pkcs11`",
    "pkcs11_signing_key": "label of the signing key in the token; without it one that names the realm",
    "transit_url": "address of Vault or OpenBao",
    "transit_key": "name of the master key there",
    "transit_token": "token for it, or:",
    "transit_token_file": "file that holds the token",
}


def table() -> str:
    """All settings as a table in Markdown."""
    rows = [f"| `{_name(setting)}` | {_cell(setting)} | {words} |" for setting, words in WORDS.items()]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows]) + "\n"


def settings_file(chosen: Mapping[str, str]) -> str:
    """A file of settings: `chosen` values in force, every other one as a comment with its default."""
    lines = [
        f"# Settings of Passkoll. Use it by {SETTINGS_FILE}=<this file>; variables of the environment win over it.",
        "# It may come to hold passwords: only its owner may read it.",
    ]
    for setting, words in WORDS.items():
        value = chosen.get(setting)
        assigned = f"{_name(setting)}={_default(setting)}" if value is None else f"{_name(setting)}={_quoted(value)}"
        lines += ["", f"# {words}", f"#{assigned}" if value is None else assigned]
    return "\n".join(lines) + "\n"


def _name(setting: str) -> str:
    return f"{PREFIX}{setting.upper()}"


def _cell(setting: str) -> str:
    default = _default(setting)
    return f"`{default}`" if default else "-"


def _default(setting: str) -> str:
    value = Settings.model_fields[setting].default
    if isinstance(value, Enum):
        return str(value.value)
    return str(value) if isinstance(value, str | int | Path) else ""


def _quoted(value: str) -> str:
    """As python-dotenv and shells both read it: nothing in single quotes is expanded.

    Raises:
        ValueError: a single quote or a line end, which no way of quoting carries to both.
    """
    if "'" in value or "\n" in value:
        raise ValueError("a value with a quote or a line end")
    return f"'{value}'"
