"""Everything an operator can set, as `PASSKOLL_*` in the environment; a wrong value stops the start."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from mrtd.inspection import POLICIES
from mrtd.pki.realm import Realm


class Settings(BaseSettings):
    """Settings of the service; the defaults start it on this machine for specimens.

    `trust` are files or folders of CSCA certificates and master lists, in the environment separated by the
    system's path separator. `database_url` defaults to a SQLite file in `data_dir`. `specimen_clock` starts the clock
    of the service at another time, for specimens that were valid then; the production realm refuses it. `ocr_workers`
    are the processes that read photos, each on one core.
    """

    model_config = SettingsConfigDict(env_prefix="PASSKOLL_", extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    data_dir: Path = Path("var")
    database_url: Annotated[str | None, Field(repr=False)] = None
    realm: Realm = Realm.SPECIMEN
    trust: Annotated[tuple[Path, ...], NoDecode] = ()
    policy: str = "strict-level3"
    issuer: str = "https://specimen.passkoll.invalid"
    audience: str = "https://portal.passkoll.invalid"
    organisation: str = "Specimen organisation"
    log_level: str = "info"
    specimen_clock: AwareDatetime | None = None
    ocr_workers: Annotated[int, Field(ge=1, le=64)] = 1

    @field_validator("trust", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        return tuple(part for part in value.split(os.pathsep) if part) if isinstance(value, str) else value

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

    @field_validator("policy")
    @classmethod
    def _known_policy(cls, value: str) -> str:
        if value not in POLICIES:
            raise ValueError(f"one of {', '.join(POLICIES)}")
        return value
