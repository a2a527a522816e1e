"""Whole readings over the wire, by WebSocket and by POST, in both forms, on both databases."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mrtd.specimen.card import SpecimenCard
from tests.service.live.conftest import Place
from tests.service.live.wire import CBOR, JSON, PostPhone, WsPhone, opened, read_whole

Chip = Callable[..., SpecimenCard]
FORMS = pytest.mark.parametrize("form", [CBOR, JSON], ids=["cbor", "json"])


@FORMS
def test_a_reading_over_a_websocket(place: Place, chip: Chip, form: str) -> None:
    card = chip()
    case = place.case(card)
    with opened(place.app, case) as socket:
        assert socket.subprotocol == "passkoll.live.1"
        phone = WsPhone(socket, form)
        done = read_whole(phone, card)
        assert done["type"] == "done", done
        assert (done["state"], done["next_step"], done["proposed_lines"]) == ("checked", "wait_review_1", [])
        assert done["report"]["evidence"]["source"] == "live"
        assert phone.closed_with() == 1000
    assert place.state(case) == "checked"


@FORMS
def test_a_reading_by_post(place: Place, chip: Chip, form: str) -> None:
    card = chip()
    case = place.case(card)
    done = read_whole(PostPhone(place.app, case, form), card)
    assert done["type"] == "done", done
    assert (done["state"], done["next_step"], done["reason"]) == ("checked", "wait_review_1", None)
    assert done["report"]["chip_genuine"] == "yes"
    assert place.state(case) == "checked"
