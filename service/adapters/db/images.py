"""Pictures that are kept, as rows and sealed blobs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, insert, select

from service.adapters.db.vault_tables import images
from service.domain.image import MAX_KEPT_IMAGE_BYTES, ImageKind, ImagePurpose, ImageRecord
from service.domain.retention import RetentionClass
from service.domain.vault import ErasedError, Place, Vault


@dataclass(frozen=True, slots=True)
class ImageRows:
    """Answers `service.domain.repositories.Images`."""

    connection: Connection
    vault: Vault

    def add(self, record: ImageRecord, content: bytes) -> None:
        if len(content) > MAX_KEPT_IMAGE_BYTES:
            raise ValueError("a picture is too large to be kept")
        self.connection.execute(insert(images).values(asdict(record)))
        self.vault.store(_place(record), content)

    def remove(self, record: ImageRecord) -> None:
        self.connection.execute(delete(images).where(images.c.id == record.id))
        self.vault.discard(_place(record))

    def of(self, verification_id: str) -> Sequence[ImageRecord]:
        query = select(images).where(images.c.verification_id == verification_id).order_by(images.c.at, images.c.id)
        return [
            ImageRecord(**{**row._mapping, "kind": ImageKind(row.kind), "purpose": ImagePurpose(row.purpose)})
            for row in self.connection.execute(query)
        ]

    def content(self, record: ImageRecord) -> bytes | None:
        try:
            return self.vault.fetch(_place(record))
        except ErasedError:
            return None


def _place(record: ImageRecord) -> Place:
    return Place(record.verification_id, RetentionClass.PORTRAIT, images.name, "content", record.id)
