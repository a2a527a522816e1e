"""A specimen document: the files of its chip, its MRZ, and the key that its chip keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from mrtd.evidence import ElementaryFile
from mrtd.specimen.signing_key import SigningKey


@dataclass(frozen=True, slots=True, repr=False)
class SpecimenDocument:
    """`mrz_lines` is what is printed. `active_authentication_key` is None for a chip without that protocol."""

    files: Mapping[ElementaryFile, bytes]
    mrz_lines: tuple[str, str]
    active_authentication_key: SigningKey | None
    active_authentication_hash: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "files", MappingProxyType(dict(self.files)))

    def with_file(self, file: ElementaryFile, data: bytes) -> SpecimenDocument:
        """The document with other bytes in one file; nothing is signed again."""
        return replace(self, files={**self.files, file: data})

    def without_file(self, file: ElementaryFile) -> SpecimenDocument:
        """The document without a file; nothing is signed again."""
        return replace(self, files={name: data for name, data in self.files.items() if name != file})

    def __repr__(self) -> str:
        return f"SpecimenDocument(files={sorted(self.files)})"
