"""What a chip sent and what was found is kept by class, erased by class, and never half."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from mrtd.evidence import ActiveAuthenticationResponse, ChipEvidence, ElementaryFile
from service.adapters.blobs import Blobs, LocalObjects
from service.adapters.db.vault_tables import blobs, data_keys, images
from service.adapters.vault.epochs import StoredEpochKeys
from service.domain.image import MAX_KEPT_IMAGE_BYTES, ImageKind, ImagePurpose, ImageRecord
from service.domain.jobs import JobKind
from service.domain.mrz_capture import CaptureSource, MrzCapture
from service.domain.repositories import StoredEvidence
from service.domain.retention import RetentionClass
from service.domain.vault import Epoch, StorageUnavailableError
from service.usecases.destroy_epochs import DestroyEpochs
from service.usecases.rotate_keys import RotateKeys, ShowKeys
from service.usecases.sweep_blobs import SweepBlobs
from tests.service.conftest import NOW
from tests.service.findings import JUDGED, review_by
from tests.service.vault.conftest import Installation

PORTRAIT, HOLDER, EVIDENCE = RetentionClass.PORTRAIT, RetentionClass.HOLDER, RetentionClass.EVIDENCE

#: By SECURITY.md 7.9 and RULES.md section 5, written down once more.
FILES = {
    PORTRAIT: {"DG2", "DG5"},
    HOLDER: {"DG1", "DG6", "DG7", "DG8", "DG9", "DG10", "DG11", "DG12", "DG13", "DG16"},
    EVIDENCE: {"SOD", "COM", "DG14", "DG15", "CARD_ACCESS", "CARD_SECURITY", "ATR_INFO", "DIR"},
}
CHIP = ChipEvidence(
    {name: name.value.encode() * 3 for name in ElementaryFile},
    ActiveAuthenticationResponse(b"8 octets", b"the signature of the chip"),
    skipped=2,
    claimed={"access": "PACE"},
)
STORED = StoredEvidence(CHIP, NOW, None)
LINES = MrzCapture(("P<UTOERIKSSON<<ANNA<MARIA", "L898902C36UTO"), CaptureSource.TYPED, 1, NOW)
PICTURE = ImageRecord(
    "im_A", "vs_A", ImageKind.MRZ_CROP, ImagePurpose.VERIFICATION_ONLY, "Region", "v1", "image/jpeg", NOW
)


def keep_all(installation: Installation) -> None:
    with installation.database.changing() as work:
        work.captures.add("vs_A", LINES)
        work.evidence.add("vs_A", STORED)
        work.judgements.add("vs_A", JUDGED)
        work.reviews.add("vs_A", replace(review_by("anna"), reason="the laminate is new"))
        work.images.add(PICTURE, b"a picture")


def erase(installation: Installation, *classes: RetentionClass) -> None:
    with installation.database.changing() as work:
        for retention in classes:
            work.vault.erase("vs_A", retention)


def blobs_of(installation: Installation) -> set[str]:
    return {blob.name for blob in installation.safe.blobs.listing()}


def files_of(stored: StoredEvidence) -> set[str]:
    return {name.name for name in stored.evidence.files}


def test_every_file_has_a_class() -> None:
    never = {"DG3", "DG4"}
    assert set.union(*FILES.values()) | never == {name.name for name in ElementaryFile}


def test_all_of_it_is_read_as_it_was_written(installation: Installation) -> None:
    keep_all(installation)
    with installation.other_process().database.reading() as work:
        assert work.captures.of("vs_A") == [LINES]
        stored = work.evidence.latest("vs_A")
        assert work.judgements.latest("vs_A") == JUDGED
        assert work.judgements.verdict("vs_A") == JUDGED.verdict
        assert [review.reason for review in work.reviews.of("vs_A")] == ["the laminate is new"]
        assert work.images.of("vs_A") == [PICTURE]
        assert work.images.content(PICTURE) == b"a picture"
    assert stored.evidence.files == {
        name: data for name, data in CHIP.files.items() if name.name not in ("DG3", "DG4")
    }
    assert stored.evidence.active_authentication == CHIP.active_authentication
    assert (stored.evidence.skipped, stored.evidence.claimed, stored.erased) == (2, {"access": "PACE"}, frozenset())


@pytest.mark.parametrize("retention", RetentionClass)
def test_each_class_goes_alone(installation: Installation, retention: RetentionClass) -> None:
    keep_all(installation)
    erase(installation, retention)
    with installation.other_process().database.reading() as work:
        stored = work.evidence.latest("vs_A")
        assert stored.erased == {retention}
        assert files_of(stored) == set.union(*(names for other, names in FILES.items() if other is not retention))
        assert (stored.evidence.active_authentication is None) is (retention is EVIDENCE)
        assert (work.images.content(PICTURE) is None) is (retention is PORTRAIT)
        gone = retention is HOLDER
        assert work.captures.of("vs_A") == ([] if gone else [LINES])
        assert work.judgements.latest("vs_A") == (None if gone else JUDGED)
        assert dict(stored.evidence.claimed) == ({} if gone else {"access": "PACE"})
        assert [review.reason for review in work.reviews.of("vs_A")] == [None if gone else "the laminate is new"]
        # codes outlive it
        assert work.judgements.verdict("vs_A") == JUDGED.verdict
        assert work.reviews.of("vs_A")[0].reviewer == "anna"


def test_blobs_go_after_the_commit(installation: Installation) -> None:
    keep_all(installation)
    assert len(blobs_of(installation)) == 4
    erase(installation, PORTRAIT)
    assert len(blobs_of(installation)) == 2
    erase(installation, HOLDER, EVIDENCE)
    assert blobs_of(installation) == set()


def test_a_backup_of_before_the_erasure_does_not_revive_a_portrait(installation: Installation, tmp_path) -> None:
    """Keys of the database and blobs come back as they were; the day's key does not: it is no part of that backup."""
    keep_all(installation)
    with installation.database.engine.connect() as connection:
        rows = {table: connection.execute(select(table)).mappings().all() for table in (data_keys, blobs)}
    shutil.copytree(installation.folder / "blobs", tmp_path / "backup")

    erase(installation, PORTRAIT)
    installation.clock.advance(days=2)
    destroy = DestroyEpochs(installation.database, installation.safe.epochs, installation.clock)
    assert destroy() == [Epoch(PORTRAIT, "2026-11-24")]

    with installation.database.engine.begin() as connection:
        for table, backup in rows.items():
            connection.execute(delete(table))
            connection.execute(insert(table), [dict(row) for row in backup])
    shutil.copytree(tmp_path / "backup", installation.folder / "blobs", dirs_exist_ok=True)
    with installation.other_process().database.reading() as work:
        stored = work.evidence.latest("vs_A")
        assert stored.erased == {PORTRAIT}
        assert files_of(stored).isdisjoint({"DG2", "DG5"})
        assert work.images.content(PICTURE) is None
        # the case is still there for whoever has to answer for it
        assert work.judgements.latest("vs_A") == JUDGED
        assert ElementaryFile.SOD in stored.evidence.files


def test_an_epoch_in_use_or_not_over_stays(installation: Installation) -> None:
    keep_all(installation)
    destroy = DestroyEpochs(installation.database, installation.safe.epochs, installation.clock)
    erase(installation, PORTRAIT)
    # the day ends at midnight, and a day of grace follows
    installation.clock.time = NOW.replace(hour=0, minute=0) + timedelta(days=2, seconds=-1)
    assert destroy() == []
    installation.clock.advance(seconds=1)
    assert destroy() == [Epoch(PORTRAIT, "2026-11-24")]
    installation.clock.advance(days=40)
    assert destroy() == []
    erase(installation, HOLDER)
    assert destroy() == [Epoch(HOLDER, "2026-11")]
    assert ShowKeys(installation.safe.provider, installation.safe.epochs)().epochs == (Epoch(EVIDENCE, "2026-11"),)


class BrokenBlobs(Blobs):
    """A store that fails at one of its writes, before or after the octets are there."""

    def __init__(self, folder: Path, at: int, *, written: bool) -> None:
        super().__init__(LocalObjects(folder))
        self.left, self.written = at, written

    def put(self, name: str, sealed: bytes) -> None:
        self.left -= 1
        if self.left >= 0:
            super().put(name, sealed)
            return
        if self.written:
            super().put(name, sealed)
        raise StorageUnavailableError


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
def test_a_store_that_fails_leaves_no_half_evidence(installation: Installation, at: int, written: bool) -> None:
    broken = BrokenBlobs(installation.folder / "blobs", at, written=written)
    failing = replace(installation.database, safe=replace(installation.safe, blobs=broken))
    with pytest.raises(StorageUnavailableError), failing.changing() as work:
        work.evidence.add("vs_A", STORED)
    with installation.database.reading() as work:
        assert work.evidence.latest("vs_A") is None
        assert work.vault.blob_names() == frozenset()
    orphans = blobs_of(installation)
    assert len(orphans) == at + written
    keep_all(installation)
    sweep = SweepBlobs(installation.database, installation.safe.blobs)
    assert sweep() == 0
    assert sweep(older_than=timedelta(microseconds=-1)) == len(orphans)
    assert len(blobs_of(installation)) == 4
    with installation.database.reading() as work:
        assert files_of(work.evidence.latest("vs_A")) == set.union(*FILES.values())


def test_a_crash_between_blob_and_row_leaves_an_orphan_that_is_swept(installation: Installation) -> None:
    class CrashError(BaseException):
        """Nothing of ours catches it."""

    def crash() -> None:
        with installation.database.changing() as work:
            work.evidence.add("vs_A", STORED)
            raise CrashError

    with pytest.raises(CrashError):
        crash()
    assert len(blobs_of(installation)) == 3
    assert SweepBlobs(installation.database, installation.safe.blobs)(timedelta(microseconds=-1)) == 3
    assert blobs_of(installation) == set()


def test_a_blob_that_cannot_be_deleted_is_swept_later(installation: Installation, monkeypatch) -> None:
    keep_all(installation)

    def away(_self, _name: str) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "delete", away)
        erase(installation, PORTRAIT)
    assert len(blobs_of(installation)) == 4
    with installation.database.reading() as work:
        assert work.evidence.latest("vs_A").erased == {PORTRAIT}
    assert SweepBlobs(installation.database, installation.safe.blobs)(timedelta(microseconds=-1)) == 2
    assert len(blobs_of(installation)) == 2


def test_rotation_changes_nothing_of_what_is_kept(installation: Installation) -> None:
    keep_all(installation)
    before = {path: path.read_bytes() for path in (installation.folder / "blobs").iterdir() if path.is_file()}
    safe = installation.safe
    keys = RotateKeys(safe.provider, (safe.epochs,), installation.database, installation.clock, "Region")
    version, wrapped = keys("anna")
    assert wrapped == 3
    assert ShowKeys(safe.provider, safe.epochs)().versions[-1] == version
    assert {path: path.read_bytes() for path in before} == before
    with installation.other_process().database.changing() as work:
        assert work.judgements.latest("vs_A") == JUDGED
        assert JobKind.ROTATE_KEYS in work.jobs.kinds()


def test_a_rotation_that_was_interrupted_is_ended_by_the_job(installation: Installation, monkeypatch) -> None:
    def killed(_self):
        raise KeyboardInterrupt

    keep_all(installation)
    safe = installation.safe
    keys = RotateKeys(safe.provider, (safe.epochs,), installation.database, installation.clock, "Region")
    with monkeypatch.context() as patch:
        patch.setattr(StoredEpochKeys, "rewrap", killed)
        with pytest.raises(KeyboardInterrupt):
            keys("anna")
    with installation.database.changing() as work:
        job = work.jobs.lease([JobKind.ROTATE_KEYS], "worker", NOW)
    keys.do(job)
    assert safe.epochs.rewrap() == 0


def test_a_picture_for_another_purpose_is_refused_by_the_database(installation: Installation) -> None:
    """RULES.md section 5: purpose binding is checked in the database too."""
    row = {"id": "im_B", "verification_id": "vs_A", "kind": "mrz_crop", "organisation": "Region"}
    row |= {"media_type": "image/jpeg", "at": NOW}
    with installation.database.engine.begin() as connection:
        connection.execute(insert(images).values(row | {"purpose": "verification_only"}))
    with pytest.raises(IntegrityError), installation.database.engine.begin() as connection:
        connection.execute(insert(images).values(row | {"id": "im_C", "purpose": "card_photo"}))


def test_a_picture_that_is_too_large_is_not_kept(installation: Installation) -> None:
    with pytest.raises(ValueError, match="too large"), installation.database.changing() as work:
        work.images.add(PICTURE, bytes(MAX_KEPT_IMAGE_BYTES + 1))


def test_no_key_is_in_a_repr(installation: Installation) -> None:
    keep_all(installation)
    with installation.database.reading() as work:
        work.captures.of("vs_A")
        keys = [key.key for key in work.vault._keys.values()]
        shown = repr(work.vault) + repr(installation.database) + repr(installation.safe)
    assert keys
    assert all(repr(key)[2:-1] not in shown and key.hex() not in shown for key in keys)
