"""docs/kotlin: what the guide shows compiles, and reads passports for a service over both ways."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, Fault, PaceOffer, SpecimenCard
from tests.docs.kotlin.bench import SAMPLE, Bench, Reader
from tests.docs.lossy import LossyProxy
from tests.docs.place import Place

PACE, CA = (PaceOffer(),), (ChipAuthenticationOffer(),)
WAYS = ("websocket", "post")
#: Lines of the file around `IsoDep.transceive`, as docs/android.md promises.
MOST_LINES = 150


def read(
    bench: Bench,
    place: Place,
    chip: SpecimenCard | Reader,
    live_url: str,
    way: str,
    *options: str,
    cancel_after: int = 0,
) -> dict[str, Any]:
    """As the phone of the place."""
    reader = chip if isinstance(chip, Reader) else Reader(chip)
    crew = place.crew
    return bench.read(reader, crew.app, crew.phone.key, live_url, way, *options, cancel_after=cancel_after)


@pytest.mark.parametrize("way", WAYS)
def test_it_reads_a_passport(bench: Bench, place: Place, way: str) -> None:
    reader = Reader(place.card(Behaviour(pace=PACE, chip_authentication=CA)))
    opened = place.opened(reader.card.document.mrz_lines)
    answer = read(bench, place, reader, opened["live_url"], way)
    last, seen = answer["last"], answer["seen"]
    assert (last["type"], last["state"], last["next_step"]) == ("done", "checked", "wait_review_1"), last
    assert last["proposed_lines"] == []
    batches = [frame for frame in seen if frame["type"] == "apdus"]
    assert [frame["batch"] for frame in batches] == list(range(1, len(batches) + 1))
    assert {frame["phase"] for frame in batches} >= {"pace", "chip_authentication", "read"}
    assert answer["octets"] == reader.carried > 0
    shown = place.crew.app.request("GET", f"/v1/verifications/{opened['id']}").json()
    assert shown["state"] == "checked"


@pytest.mark.parametrize("way", WAYS)
def test_it_begins_again_after_a_lost_tag(bench: Bench, place: Place, way: str) -> None:
    """The chip is gone at its 12th command: in the middle of a batch, under the keys of PACE."""
    card = place.card(Behaviour(pace=PACE, chip_authentication=CA, fault=Fault.TAG_LOST, at=12))
    opened = place.opened(card.document.mrz_lines)
    answer = read(bench, place, card, opened["live_url"], way)
    restarts = [frame for frame in answer["seen"] if frame["type"] == "restart"]
    assert [(frame["reason"], frame["connection"]) for frame in restarts] == [("tag_lost", 2)]
    assert (answer["last"]["type"], answer["last"]["state"]) == ("done", "checked"), answer["last"]


def test_a_phone_that_promises_too_much(bench: Bench, place: Place) -> None:
    """It says 4096 octets, and loses the chip over 261: with the third connection less is asked for."""
    reader = Reader(place.card(Behaviour(pace=PACE)), longest=261)
    opened = place.opened(reader.card.document.mrz_lines)
    answer = read(bench, place, reader, opened["live_url"], "websocket")
    restarts = [frame["reason"] for frame in answer["seen"] if frame["type"] == "restart"]
    assert restarts == ["tag_lost", "tag_lost"]
    assert (answer["last"]["type"], answer["last"]["state"]) == ("done", "checked"), answer["last"]


@pytest.mark.parametrize("way", WAYS)
def test_a_passport_that_is_taken_away_ends_it(bench: Bench, place: Place, way: str) -> None:
    """The chip is gone at its 12th command, and nobody holds it there again."""
    card = place.card(Behaviour(pace=PACE, fault=Fault.TAG_LOST, at=12))
    opened = place.opened(card.document.mrz_lines)
    last = read(bench, place, Reader(card, connects=1), opened["live_url"], way)["last"]
    assert (last["type"], last["code"], last["next_try"]) == ("error", "live_cancelled", "new_chip_attempt"), last


@pytest.mark.parametrize("way", WAYS)
def test_a_person_cancels(bench: Bench, place: Place, way: str) -> None:
    """In the middle; nothing was judged, and the next reading is whole."""
    reader = Reader(place.card(Behaviour(pace=PACE, chip_authentication=CA)))
    opened = place.opened(reader.card.document.mrz_lines)
    answer = read(bench, place, reader, opened["live_url"], way, cancel_after=4)
    assert (answer["last"]["type"], len(answer["seen"])) == ("interrupted", 4)
    shown = place.crew.app.request("GET", f"/v1/verifications/{opened['id']}").json()
    assert shown["state"] == "mrz_captured"
    last = read(bench, place, reader, opened["live_url"], way)["last"]
    assert (last["type"], last["state"]) == ("done", "checked"), last


def test_a_lost_answer_is_asked_for_again(bench: Bench, place: Place) -> None:
    """By POST: in the first batches, in the middle, and the last one of all, which holds the judgement."""
    card = place.card(Behaviour(pace=PACE, chip_authentication=CA))
    whole = read(bench, place, card, place.opened(card.document.mrz_lines)["live_url"], "post")
    frames = len(whole["seen"])
    card = place.card(Behaviour(pace=PACE, chip_authentication=CA))
    opened = place.opened(card.document.mrz_lines)
    # a frame that is asked for again is an answer more
    proxy = LossyProxy(int(urlsplit(opened["live_url"]).port or 0), frozenset({2, 6, frames + 2}))
    with proxy.listening() as port:
        through = ("-Dhttp.proxyHost=127.0.0.1", f"-Dhttp.proxyPort={port}", "-Dhttp.nonProxyHosts=")
        answer = read(bench, place, card, opened["live_url"], "post", *through)
    assert proxy.lost == [2, 6, frames + 2]
    assert (answer["last"]["type"], answer["last"]["state"]) == ("done", "checked"), answer["last"]
    assert len(answer["seen"]) == frames


def test_it_carries_a_clone_to_its_refusal(bench: Bench, place: Place) -> None:
    card = place.card(Behaviour(pace=PACE, chip_authentication=CA, fault=Fault.CLONE))
    opened = place.opened(card.document.mrz_lines)
    last = read(bench, place, card, opened["live_url"], "websocket")["last"]
    assert (last["type"], last["state"]) == ("done", "refused"), last


def test_lines_of_another_passport_open_nothing(bench: Bench, place: Place) -> None:
    card = place.card(Behaviour(pace=PACE, bac=False))
    other = place.card(Behaviour(pace=PACE)).document.mrz_lines
    opened = place.opened(other)
    last = read(bench, place, card, opened["live_url"], "websocket")["last"]
    assert (last["type"], last["next_try"]) == ("access_denied", "confirm_mrz"), last


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_is_the_problem_of_the_service(bench: Bench, place: Place, way: str) -> None:
    """There is no such verification: told before anything of a chip is sent."""
    card = place.card(Behaviour())
    opened = place.opened(card.document.mrz_lines)
    nowhere = opened["live_url"].replace(opened["id"], "vs_" + "a" * 26)
    answer = read(bench, place, card, nowhere, way)
    assert answer["last"]["type"] == "refused"
    assert '"not_found"' in answer["last"]["problem"]
    assert answer["seen"] == []


def test_it_is_as_short_as_promised() -> None:
    assert len((SAMPLE / "LivePhone.kt").read_text("utf-8").splitlines()) < MOST_LINES
    for file in sorted(SAMPLE.glob("*.kt")):
        assert max(map(len, file.read_text("utf-8").splitlines())) <= 120, file.name
