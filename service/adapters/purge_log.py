"""The log of erasures as objects of a store of their own: each is made once, and never changed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog

from service.adapters.blobs import ObjectMissingError, Objects
from service.domain.ids import ID_BYTES
from service.domain.ports import Randomness
from service.domain.purge import Erasure
from service.domain.retention import RetentionClass
from service.domain.vault import Epoch, UnreadableError

log: Final = structlog.get_logger("passkoll.purge")

SCHEMA: Final = "passkoll/purge-log/1"
_MARK: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoredPurgeLog:
    """Answers `service.domain.purge.PurgeLog`. An object holds what one transaction erased."""

    objects: Objects
    randomness: Randomness

    def append(self, erasures: Sequence[Erasure], at: datetime) -> None:
        name = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{self.randomness.octets(ID_BYTES).hex()}.json"
        self.objects.create(name, _written(erasures))

    def erasures(self) -> frozenset[Erasure]:
        return frozenset(erasure for _, found in self._all() for erasure in found)

    def forget(self, is_destroyed: Callable[[Epoch], bool]) -> int:
        gone: dict[Epoch, bool] = {}
        forgotten = 0
        for name, found in self._all():
            for epoch in {erasure.epoch for erasure in found} - gone.keys():
                gone[epoch] = _certainly(is_destroyed, epoch)
            if all(gone[erasure.epoch] for erasure in found):
                self.objects.delete(name)
                forgotten += 1
        return forgotten

    def _all(self) -> Iterator[tuple[str, tuple[Erasure, ...]]]:
        for name, _ in self.objects.listing():
            try:
                yield name, _read(self.objects.read(name).data)
            except ObjectMissingError:
                # forgotten by somebody else since it was listed
                continue


def _written(erasures: Sequence[Erasure]) -> bytes:
    members = [
        {"mark": erasure.mark, "class": erasure.epoch.retention.value, "epoch": erasure.epoch.name}
        for erasure in erasures
    ]
    return json.dumps({"schema": SCHEMA, "erased": members}, separators=(",", ":")).encode()


def _read(data: bytes) -> tuple[Erasure, ...]:
    """What an object holds; whoever cannot read all of it must not act as if there were less."""
    try:
        content = json.loads(data)
        found = tuple(
            Erasure(str(member["mark"]), Epoch(RetentionClass(member["class"]), str(member["epoch"])))
            for member in content["erased"]
        )
        if content["schema"] != SCHEMA or not all(_MARK.fullmatch(erasure.mark) for erasure in found):
            raise ValueError
    except (ValueError, LookupError, TypeError, AttributeError):
        log.error("the log of erasures is damaged")
        raise UnreadableError from None
    return found


def _certainly(is_destroyed: Callable[[Epoch], bool], epoch: Epoch) -> bool:
    """A key that is lost here may still be in somebody's backup: its entries stay."""
    try:
        return is_destroyed(epoch)
    except UnreadableError:
        return False
