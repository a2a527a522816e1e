"""Photos as small as a phone would send them; for measuring, never for the service."""

from __future__ import annotations

from mrz.ocr.upload import shrink

__all__ = ["shrink"]
