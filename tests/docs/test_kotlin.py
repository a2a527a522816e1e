"""docs/kotlin: what the guide shows compiles, and reads passports for a service over both ways."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, Fault, PaceOffer
from tests.docs.kotlin.bench import SAMPLE, Bench
from tests.docs.lossy import LossyProxy
from tests.docs.place import Place

PACE, CA = (PaceOffer(),), (ChipAuthenticationOffer(),)
WAYS = ("websocket", "post")
#: Lines of the file around `IsoDep.transceive`, as issue and page promise.
MOST_LINES = 150


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.compiled(tmp_path_factory.mktemp("kotlin"))


@pytest.mark.parametrize("way", WAYS)
def test_it_reads_a_passport(bench: Bench, place: Place, way: str) -> None:
    card = place.card(Behaviour(pace=PACE, chip_authentication=CA))
    opened = place.opened(card.document.mrz_lines)
    answer = bench.read(card, place.crew.app, place.crew.phone.key, opened["live_url"], way)
    last, seen = answer["last"], answer["seen"]
    assert (last["type"], last["state"], last["next_step"]) == ("done", "checked", "wait_review_1"), last
    assert last["proposed_lines"] == []
    batches = [frame for frame in seen if frame["type"] == "apdus"]
    assert [frame["batch"] for frame in batches] == list(range(1, len(batches) + 1))
    assert {frame["phase"] for frame in batches} >= {"pace", "chip_authentication", "read"}
    shown = place.crew.app.request("GET", f"/v1/verifications/{opened['id']}").json()
    assert shown["state"] == "checked"


@pytest.mark.parametrize("way", WAYS)
def test_it_begins_again_after_a_lost_tag(bench: Bench, place: Place, way: str) -> None:
    """The chip is gone at its 12th command: in the middle of a batch, under the keys of PACE."""
    card = place.card(Behaviour(pace=PACE, chip_authentication=CA, fault=Fault.TAG_LOST, at=12))
    opened = place.opened(card.document.mrz_lines)
    answer = bench.read(card, place.crew.app, place.crew.phone.key, opened["live_url"], way)
    restarts = [frame for frame in answer["seen"] if frame["type"] == "restart"]
    assert [(frame["reason"], frame["connection"]) for frame in restarts] == [("tag_lost", 2)]
    assert (answer["last"]["type"], answer["last"]["state"]) == ("done", "checked"), answer["last"]


def test_a_lost_answer_is_asked_for_again(bench: Bench, place: Place) -> None:
    """By POST: in the first batches, in the middle, and the last one of all, which holds the judgement."""
    card = place.card(Behaviour(pace=PACE, chip_authentication=CA))
    whole = bench.read(
        card, place.crew.app, place.crew.phone.key, place.opened(card.document.mrz_lines)["live_url"], "post"
    )
    frames = len(whole["seen"])
    card = place.card(Behaviour(pace=PACE, chip_authentication=CA))
    opened = place.opened(card.document.mrz_lines)
    # a frame that is asked for again is an answer more
    proxy = LossyProxy(int(urlsplit(opened["live_url"]).port or 0), frozenset({2, 6, frames + 2}))
    with proxy.listening() as port:
        answer = bench.read(
            card,
            place.crew.app,
            place.crew.phone.key,
            opened["live_url"],
            "post",
            "-Dhttp.proxyHost=127.0.0.1",
            f"-Dhttp.proxyPort={port}",
            "-Dhttp.nonProxyHosts=",
        )
    assert proxy.lost == [2, 6, frames + 2]
    assert (answer["last"]["type"], answer["last"]["state"]) == ("done", "checked"), answer["last"]
    assert len(answer["seen"]) == frames


def test_it_carries_a_clone_to_its_refusal(bench: Bench, place: Place) -> None:
    card = place.card(Behaviour(pace=PACE, chip_authentication=CA, fault=Fault.CLONE))
    opened = place.opened(card.document.mrz_lines)
    last = bench.read(card, place.crew.app, place.crew.phone.key, opened["live_url"], "websocket")["last"]
    assert (last["type"], last["state"]) == ("done", "refused"), last


def test_lines_of_another_passport_open_nothing(bench: Bench, place: Place) -> None:
    card = place.card(Behaviour(pace=PACE, bac=False))
    other = place.card(Behaviour(pace=PACE)).document.mrz_lines
    opened = place.opened(other)
    last = bench.read(card, place.crew.app, place.crew.phone.key, opened["live_url"], "websocket")["last"]
    assert (last["type"], last["next_try"]) == ("access_denied", "confirm_mrz"), last


@pytest.mark.parametrize("way", WAYS)
def test_a_refusal_is_the_problem_of_the_service(bench: Bench, place: Place, way: str) -> None:
    """There is no such verification: told before anything of a chip is sent."""
    card = place.card(Behaviour())
    opened = place.opened(card.document.mrz_lines)
    nowhere = opened["live_url"].replace(opened["id"], "vs_" + "a" * 26)
    answer = bench.read(card, place.crew.app, place.crew.phone.key, nowhere, way)
    assert answer["last"]["type"] == "refused"
    assert '"not_found"' in answer["last"]["problem"]
    assert answer["seen"] == []


def test_it_is_as_short_as_promised() -> None:
    assert len((SAMPLE / "LivePhone.kt").read_text("utf-8").splitlines()) < MOST_LINES
    for file in sorted(Path(SAMPLE).glob("*.kt")):
        assert max(map(len, file.read_text("utf-8").splitlines())) <= 120, file.name
