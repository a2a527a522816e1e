"""Everything an operator can set, as `PASSKOLL_*` in the environment; a wrong value stops the start."""

from __future__ import annotations

import os
import re
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from mrtd.inspection import POLICIES
from mrtd.pki.realm import Realm
from service.domain.errors import ConfigurationError
from service.domain.live import MAX_SESSIONS, MAX_SESSIONS_OF_ONE
from service.domain.proxies import ForwardedHeader, networks_of

PREFIX: Final = "PASSKOLL_"
#: As RFC 6454 §6.2 writes it; without TLS only on this machine, which keeps the specimens of a developer.
_ORIGIN: Final = re.compile(
    r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"
)
_ISSUER: Final = re.compile(
    r"(?:https://[a-z0-9.-]+(?::[0-9]{1,5})?|http://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?)(?:/[A-Za-z0-9._~/-]*)?"
)
_APP_ORIGIN: Final = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]{43}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
#: The variable that names a file of settings.
SETTINGS_FILE: Final = "PASSKOLL_SETTINGS"


class KeyProviderName(StrEnum):
    """Where the master key lives."""

    FILE = "file"
    PKCS11 = "pkcs11"
    TRANSIT = "transit"


class SignerName(StrEnum):
    """Where the keys that results are signed with live."""

    FILE = "file"
    PKCS11 = "pkcs11"


class DeviceKeys(StrEnum):
    """Which keys of phones are taken."""

    #: in hardware, as an attestation says
    ATTESTED = "attested"
    #: any, beside attested ones; nothing says where they live
    SOFTWARE = "software"


class Settings(BaseSettings):
    """Settings of the service; the defaults start it on this machine for specimens.

    `trust` are files or folders of CSCA certificates and master lists, in the environment separated by the
    system's path separator. `database_url` defaults to a SQLite file in `data_dir`. `specimen_clock` starts the clock
    of the service at another time, for specimens that were valid then; the production realm refuses it. `ocr_workers`
    are the processes that read photos, each on one core. `review_hours`: how long two people have to decide when a
    chip was judged; never longer than the portrait is kept. `worker`: `thread` does jobs beside the requests, `none`
    leaves them to `passkoll worker`. `webhook_private_hosts`: names, separated by commas, of portals that may have
    addresses of a private network.

    `public_origin`: how clients reach the service; what their proofs are for, and never what a `Host` header says.
    Without it, the address that a request came in at.

    `device_keys`: which keys phones may enrol with; by default `software` for specimens, and `attested` in
    production, which refuses to start with anything else. `attestation_days`: how long an attestation counts. What is
    asked of an attested key stands in docs/attestation.md; without names of apps nobody enrols with one.

    People sign in at the identity provider `oidc_issuer`, as its client `oidc_client_id`, and with our own accounts
    unless `local_accounts` is off. `oidc_acr`: what the provider must say of how they proved who they are, one of
    these. `oidc_app_client_id`: as whom the app signs in there by itself. `passkey_app_origins`: what Android calls
    the app in place of an origin.

    Beyond this machine the service needs TLS (`tls_certificate` and `tls_key`, PEM) or `trusted_proxies` that bring
    it, and specimens need `expose_specimen` too. Of trusted proxies, addresses or networks separated by commas, one
    `forwarded_header` is read; `limit_reading`, `limit_sign_in` and `limit_strangers` count the requests of an
    address in a minute, `limit_known` those of a person or system; `limit_live` is how many chips a phone reads at a
    time.

    `trace_days`: for how long a document is known again (docs/reverification.md). Of the verifications that one
    administrator opened within `failure_hours`, `failures_noted` without an approval are shown to reviewers, and at
    `failures_refused` no other one is opened.

    `database_owner_url`: as who the schema of PostgreSQL is upgraded; the service itself connects as another role,
    which may not change the audit trail. `audit_anchor`: where signed checkpoints of the trail are kept outside of
    the database: a folder, the URL of an object store, or an https address to post them to.

    `key_provider` holds the master key: a file in `data_dir`, a PKCS#11 token, or the transit engine of Vault or
    OpenBao. `epochs` and `blobs` are folders or URLs (`s3://bucket/prefix` ...), by default in `data_dir`,
    and so is `purge_log`, which a restore obeys: never put it back from a backup. `signer`
    holds the keys that results are signed with; in a token they have the label `pkcs11_signing_key`, by default one
    that names the realm.

    `metrics_port` opens a port of its own for Prometheus, at `metrics_host`; without it there is none. What it tells
    is not for the callers of the service, and it asks nobody who they are: keep it inside.

    `PASSKOLL_SETTINGS` names a file of such variables, as `passkoll init` writes it; the environment wins over it.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    data_dir: Path = Path("var")
    database_url: Annotated[str | None, Field(repr=False)] = None
    database_owner_url: Annotated[str | None, Field(repr=False)] = None
    audit_anchor: Annotated[str | None, Field(repr=False)] = None
    realm: Realm = Realm.SPECIMEN
    trust: Annotated[tuple[Path, ...], NoDecode] = ()
    policy: str = "strict-level3"
    issuer: str = "https://specimen.passkoll.invalid"
    audience: str = "https://portal.passkoll.invalid"
    public_origin: str | None = None
    organisation: str = "Specimen organisation"
    log_level: str = "info"
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int | None, Field(ge=0, le=65535)] = None
    specimen_clock: AwareDatetime | None = None
    ocr_workers: Annotated[int, Field(ge=1, le=64)] = 1
    review_hours: Annotated[int, Field(ge=1, le=23)] = 4
    device_keys: DeviceKeys | None = None
    attestation_days: Annotated[int, Field(ge=1, le=365)] = 90
    attestation_roots: Path | None = None
    attestation_status_list: Path | None = None
    attestation_status_days: Annotated[int, Field(ge=1, le=90)] = 7
    attestation_status_old: Literal["refuse", "tell"] = "refuse"
    android_packages: Annotated[frozenset[str], NoDecode] = frozenset()
    android_signers: Annotated[frozenset[str], NoDecode] = frozenset()
    android_protection: Literal["trusted_environment", "strongbox"] = "trusted_environment"
    android_patch_level: Annotated[int | None, Field(ge=201601, le=209912)] = None
    apple_apps: Annotated[frozenset[str], NoDecode] = frozenset()
    apple_development: bool = False
    play_integrity_decryption_key: Path | None = None
    play_integrity_verification_key: Path | None = None
    local_accounts: bool = True
    passkey_app_origins: Annotated[frozenset[str], NoDecode] = frozenset()
    oidc_issuer: str | None = None
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_client_secret_file: Path | None = None
    oidc_app_client_id: str | None = None
    oidc_acr: Annotated[frozenset[str], NoDecode] = frozenset({"http://id.sambi.se/loa/loa3"})
    oidc_hsa_id_claim: str = "employeeHsaId"
    oidc_personal_number_claim: str = "credentialPersonalIdentityNumber"
    expose_specimen: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = ()
    forwarded_header: ForwardedHeader = ForwardedHeader.X_FORWARDED
    limit_reading: Annotated[int, Field(ge=1)] = 600
    limit_sign_in: Annotated[int, Field(ge=1)] = 120
    limit_strangers: Annotated[int, Field(ge=1)] = 600
    limit_known: Annotated[int, Field(ge=1)] = 1200
    limit_live: Annotated[int, Field(ge=1, le=MAX_SESSIONS)] = MAX_SESSIONS_OF_ONE
    trace_days: Annotated[int, Field(ge=1, le=365)] = 30
    failure_hours: Annotated[int, Field(ge=1, le=720)] = 24
    failures_noted: Annotated[int, Field(ge=1)] = 10
    failures_refused: Annotated[int, Field(ge=1)] = 50
    worker: Literal["thread", "none"] = "thread"
    webhook_private_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    key_provider: KeyProviderName = KeyProviderName.FILE
    epochs: Annotated[str | None, Field(repr=False)] = None
    blobs: Annotated[str | None, Field(repr=False)] = None
    purge_log: Annotated[str | None, Field(repr=False)] = None
    pkcs11_module: Path | None = None
    pkcs11_token: str | None = None
    pkcs11_pin: SecretStr | None = None
    pkcs11_pin_file: Path | None = None
    pkcs11_master_key: str = "passkoll-master"
    signer: SignerName = SignerName.FILE
    pkcs11_signing_key: str | None = None
    transit_url: str | None = None
    transit_key: str = "passkoll-master"
    transit_token: SecretStr | None = None
    transit_token_file: Path | None = None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options, then the environment, then the file, where a word that is no setting stops the start.

        Raises:
            ConfigurationError: the file that is named cannot be read; without it, defaults would rule in silence.
        """
        file = os.environ.get(SETTINGS_FILE)
        if file is None:
            return init_settings, env_settings
        if not os.access(file, os.R_OK):
            raise ConfigurationError(f"{SETTINGS_FILE} names a file that cannot be read: {file}")
        return init_settings, env_settings, DotEnvSettingsSource(settings_cls, env_file=file)

    @field_validator("trust", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        return tuple(part for part in value.split(os.pathsep) if part) if isinstance(value, str) else value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        return networks_of(value) if isinstance(value, str) else value

    @field_validator("oidc_issuer")
    @classmethod
    def _an_issuer(cls, value: str | None) -> str | None:
        """OpenID Connect Discovery §4.1: an https address without query or fragment; a path is allowed."""
        if value is not None and _ISSUER.fullmatch(value) is None:
            raise ValueError("https://NAME, with a path or without")
        return value

    @field_validator("passkey_app_origins")
    @classmethod
    def _app_origins(cls, value: frozenset[str]) -> frozenset[str]:
        if not all(_APP_ORIGIN.fullmatch(origin) for origin in value):
            raise ValueError("android:apk-key-hash: and 43 characters of base64url, separated by commas")
        return value

    @field_validator("oidc_acr")
    @classmethod
    def _some_acr(cls, value: frozenset[str]) -> frozenset[str]:
        if not value:
            raise ValueError("one at least: a sign-in of unknown strength is none")
        return value

    @field_validator("android_packages", "apple_apps", "oidc_acr", "passkey_app_origins", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return frozenset(name.strip() for name in value.split(",") if name.strip())

    @field_validator("android_signers", mode="before")
    @classmethod
    def _split_digests(cls, value: object) -> object:
        """As `apksigner` and `keytool` print them: with colons or without, in any case."""
        if not isinstance(value, str):
            return value
        digests = frozenset(part.strip().replace(":", "").lower() for part in value.split(",") if part.strip())
        if not all(_SHA256.fullmatch(digest) for digest in digests):
            raise ValueError("SHA-256 digests in hexadecimal, separated by commas")
        return digests

    @field_validator("webhook_private_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return frozenset(name.strip().lower() for name in value.split(",") if name.strip())

    @field_validator("specimen_clock", mode="before")
    @classmethod
    def _written_time(cls, value: object) -> object:
        """Pydantic would read `2` as two seconds after 1970."""
        return datetime.fromisoformat(value) if isinstance(value, str) else value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value not in ("debug", "info", "warning", "error"):
            raise ValueError("one of debug, info, warning, error")
        return value

    @field_validator("public_origin")
    @classmethod
    def _an_origin(cls, value: str | None) -> str | None:
        if value is not None and _ORIGIN.fullmatch(value) is None:
            raise ValueError("https://NAME or https://NAME:PORT, in lower case, without a path")
        return value

    @field_validator("policy")
    @classmethod
    def _known_policy(cls, value: str) -> str:
        if value not in POLICIES:
            raise ValueError(f"one of {', '.join(POLICIES)}")
        return value
