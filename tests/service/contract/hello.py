"""What a phone with a chip at hand says first; nobody here answers for the chip."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

HELLO: Final = MappingProxyType(
    {
        "type": "hello",
        "app": "contract",
        "platform": "any",
        "max_apdu": 261,
        "extended_length": False,
        "auto_selected_aid": False,
    }
)
