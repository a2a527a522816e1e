"""The clock of a service, as its configuration tells it. `test_service` reads for one that is at another time."""

from __future__ import annotations

import socket

import pytest

from service.client.clock import NoClockError, ServiceClock


@pytest.mark.parametrize(
    "configuration",
    [None, [], {}, {"time": None}, {"time": "noon"}, {"time": "2026-11-24T09:30:00"}],
    ids=["nothing", "a list", "no time", "null", "no date", "no zone"],
)
def test_what_tells_no_time(configuration: object) -> None:
    with pytest.raises(NoClockError, match="is this the service"):
        ServiceClock.told(configuration)


def test_nobody_is_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(NoClockError, match=r"^ConnectError$"):
        ServiceClock.of(f"http://127.0.0.1:{port}")
