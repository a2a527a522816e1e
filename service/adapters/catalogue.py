"""The texts for people, from the TOML files in `service/locale`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from service.domain.errors import ProblemCode, ServiceError

LANGUAGES: Final = ("sv", "en")
GROUPS: Final = (
    "reasons",
    "problems",
    "advice",
    "next_steps",
    "outcomes",
    "states",
    "attestations",
    "live",
    "next_tries",
)

Texts = Mapping[str, Mapping[str, Mapping[str, str]]]


class FileCatalogue:
    """Answers `service.domain.ports.Catalogue`."""

    def texts(self, language: str) -> Texts:
        if language not in LANGUAGES:
            raise ServiceError(ProblemCode.NOT_FOUND)
        return _read(language)


@cache
def _read(language: str) -> Texts:
    folder = resources.files("service") / "locale" / language
    return {group: tomllib.loads((folder / f"{group}.toml").read_text("utf-8")) for group in GROUPS}
