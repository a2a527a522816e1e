"""The command `passkoll` (API.md section 4)."""

from __future__ import annotations

from service.cli.app import app


def main() -> None:
    """Run the command line; the entry point of the distribution."""
    app()


__all__ = ["app", "main"]
