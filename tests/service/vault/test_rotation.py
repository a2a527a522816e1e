"""A rotation wraps anew everything that the master key wraps: then the old version may be destroyed."""

from __future__ import annotations

import json
from pathlib import Path

import cbor2
import pytest

from mrtd.specimen.document import SpecimenDocument
from service import wiring
from service.adapters.blobs import LocalObjects, ObjectChangedError
from service.adapters.system import SystemRandomness
from service.adapters.trace_keys import YearlyTraceKeys
from service.adapters.vault.file_keys import FileKeyProvider
from service.adapters.yearly_keys import YearlyKeys
from service.domain.duplicates import Trace, TracePurpose
from service.domain.jobs import JobKind
from service.domain.subjects import ExtractReason, Subject
from service.domain.vault import UnreadableError
from service.settings import Settings
from service.usecases.reading_holder import holder_of
from tests.service.conftest import NOW, ManualClock
from tests.service.counter import Counter


def masters(settings: Settings) -> dict[str, str]:
    """Which version of the master key wraps what, by the name of the object; whoever put it there."""
    folder = settings.data_dir / "keys" / "epochs"
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".lock":
            content = cbor2.loads(path.read_bytes())
            if "master" in content:
                found[str(path.relative_to(folder))] = content["master"]
    return found


def destroy_old_versions(settings: Settings) -> None:
    """What an operator does who thinks that the old version was seen by somebody."""
    path = settings.data_dir / "keys" / "master.json"
    keys = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({"keys": keys["keys"][-1:]}))


def test_without_the_old_version_everything_still_opens(
    settings: Settings, clock: ManualClock, counter: Counter, document: SpecimenDocument
) -> None:
    path = counter.approved(document, "order-1")
    assert counter.get(f"{path}/result").status_code == 200
    before = masters(settings)
    assert {name.partition("/")[0] for name in before} >= {"evidence", "holder", "portrait", "subjects", "traces"}
    with wiring.administer_keys(settings, clock=clock) as keys:
        version, wrapped = keys.rotate("anna")
    assert wrapped == len(before)
    assert masters(settings) == dict.fromkeys(before, version)
    destroy_old_versions(settings)
    # another process, that remembers no key
    again = wiring.wire(settings, clock=clock)
    with again.database.reading() as work:
        case = path.rpartition("/")[2]
        holder = holder_of(work.evidence.latest(case), work.judgements.latest(case))
        assert holder.names.family_name == "Åkerström"
        assert work.captures.of(case)[0].lines == tuple(document.mrz_lines)
        assert work.issued_claims.of(case)["sub"] == case
        assert work.handed_results.of(case).token.count(".") == 2
    again.close()
    with wiring.administer_subjects(settings, clock=clock) as subjects:
        found = subjects.export("anna", Subject("UTO", "UT0000001"), ExtractReason.ACCESS_REQUEST)
    assert found.cases == (case,)


def test_the_same_document_is_still_met_again(
    settings: Settings, clock: ManualClock, counter: Counter, passport
) -> None:
    """A key of traces that were lost would forget every document without a word."""
    counter.checked(passport(31))
    with wiring.administer_keys(settings, clock=clock) as keys:
        keys.rotate("anna")
    destroy_old_versions(settings)
    shown = counter.get(counter.checked(passport(31))).json()
    assert [finding["code"] for finding in shown["findings"]] == ["document_in_other_case"]


def test_the_job_goes_on_where_a_crash_stopped(
    settings: Settings, clock: ManualClock, counter: Counter, services: wiring.Services, document, monkeypatch
) -> None:
    """Epochs are wrapped already, the yearly keys are not: a worker ends it, and doing it twice is doing it once."""
    counter.checked(document)

    def killed(_self) -> int:
        raise KeyboardInterrupt

    with wiring.administer_keys(settings, clock=clock) as keys, monkeypatch.context() as patch:
        patch.setattr(YearlyKeys, "rewrap", killed)
        with pytest.raises(KeyboardInterrupt):
            keys.rotate("anna")
    half = masters(settings)
    assert len(set(half.values())) == 2
    for _ in range(2):
        ended = services.run_jobs([JobKind.ROTATE_KEYS])
        if ended is not None:
            assert ended.problem is None
        assert len(set(masters(settings).values())) == 1
    destroy_old_versions(settings)
    wiring.wire(settings, clock=clock).close()


@pytest.fixture
def keys(tmp_path: Path) -> tuple[YearlyTraceKeys, FileKeyProvider, LocalObjects]:
    """Keys of traces in a folder, under a master key in a file."""
    provider = FileKeyProvider.open(tmp_path / "keys" / "master.json", SystemRandomness(), may_begin=True)
    objects = LocalObjects(tmp_path / "objects")
    return YearlyTraceKeys(objects, provider, SystemRandomness()), provider, objects


TRACE = Trace(TracePurpose.DOCUMENT, ("UTO", "L898902C3", "P"))


def test_digests_stay_the_same(keys, tmp_path: Path) -> None:
    held, provider, objects = keys
    before = held.digests(TRACE, NOW)
    provider.rotate()
    assert held.rewrap() == 1
    assert held.rewrap() == 0, "the second time there is nothing left to do"
    assert YearlyTraceKeys(objects, provider, SystemRandomness()).digests(TRACE, NOW) == before


def test_a_key_that_is_destroyed_meanwhile_does_not_come_back(keys, monkeypatch) -> None:
    """The rotation read it, then a night destroyed it: what is destroyed stays so."""
    held, provider, objects = keys
    old = NOW.replace(year=2024)
    held.digests(TRACE, old)
    provider.rotate()
    replace = objects.replace

    def destroyed_first(name: str, data: bytes, tag: str, *, overwrite: bool = False) -> None:
        monkeypatch.setattr(objects, "replace", replace)
        assert held.forget_old(NOW) == 1
        replace(name, data, tag, overwrite=overwrite)

    monkeypatch.setattr(objects, "replace", destroyed_first)
    assert held.rewrap() == 0
    assert objects.listing() == []


def test_a_key_that_is_wrapped_meanwhile_is_destroyed_all_the_same(keys, monkeypatch) -> None:
    held, provider, objects = keys
    held.digests(TRACE, NOW.replace(year=2024))
    provider.rotate()
    replace = objects.replace

    def wrapped_first(name: str, data: bytes, tag: str, *, overwrite: bool = False) -> None:
        monkeypatch.setattr(objects, "replace", replace)
        assert held.rewrap() == 1
        with pytest.raises(ObjectChangedError):
            replace(name, data, tag, overwrite=overwrite)
        raise ObjectChangedError

    monkeypatch.setattr(objects, "replace", wrapped_first)
    assert held.forget_old(NOW) == 1
    assert objects.listing() == []


def test_what_a_crash_left_between_overwriting_and_removing_is_no_key(keys) -> None:
    held, provider, objects = keys
    objects.create("traces/2025", b"")
    assert len(held.digests(TRACE, NOW)) == 1
    provider.rotate()
    assert held.rewrap() == 1
    assert held.forget_old(NOW.replace(year=2028)) == 2
    assert objects.listing() == []


def test_a_damaged_key_stops_a_rotation(keys) -> None:
    """Going on would let an operator destroy the version that it is wrapped by."""
    held, provider, objects = keys
    objects.create("traces/2026", b"damaged")
    provider.rotate()
    with pytest.raises(UnreadableError):
        held.rewrap()
