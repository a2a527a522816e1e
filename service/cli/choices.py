"""The words that options accept, apart from the modules that act on them, which are slow to load."""

from __future__ import annotations

from enum import StrEnum


class Require(StrEnum):
    """What must hold for exit status 0."""

    AUTHENTIC = "authentic"
    VERIFIED = "verified"


class Realm(StrEnum):
    """The values of `mrtd.pki.Realm`."""

    PRODUCTION = "production"
    SPECIMEN = "specimen"


class Engine(StrEnum):
    """What reads photos."""

    ONNX = "onnx"
    PASSPORTEYE = "passporteye"


class Format(StrEnum):
    """What `inspect` prints."""

    TEXT = "text"
    JSON = "json"
    TR03135_JSON = "tr03135-json"
