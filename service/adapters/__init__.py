"""The outside world behind the ports of `service.domain.ports`. Only `service.wiring` imports from here."""
