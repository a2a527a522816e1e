"""The version of the software, as it stands in reports. A release changes it here and in pyproject.toml."""

from __future__ import annotations

from typing import Final

VERSION: Final = "0.1.0"
