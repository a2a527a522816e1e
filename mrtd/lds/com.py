"""EF.COM, versions and the list of data groups (ICAO 9303-10 §4.6.1). Unsigned: it proves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from mrtd.errors import DuplicateError, MalformedError
from mrtd.evidence import ElementaryFile
from mrtd.lds.elementary_file import TAGS, by_tag, reading, required, stored_object

_LDS_VERSION: Final = 0x5F01
_UNICODE_VERSION: Final = 0x5F36
_TAG_LIST: Final = 0x5C
_DATA_GROUPS: Final = MappingProxyType(
    {tag: file.data_group for file, tag in TAGS.items() if file.data_group is not None}
)


@dataclass(frozen=True, slots=True)
class Com:
    """What EF.COM says. The versions are digits as stored (`0107`, `040000`); `data_groups` are numbers in order."""

    lds_version: str
    unicode_version: str
    data_groups: tuple[int, ...]
    trailing: int = 0


@reading(ElementaryFile.COM)
def parse(data: bytes) -> Com:
    """Read EF.COM (ICAO 9303-10 §4.6.1).

    Raises:
        MalformedError: not this structure, versions of another form, or a tag that is no data group's.
        DuplicateError: a data group listed twice.
        LimitExceededError: a bound of `mrtd.tlv`.
    """
    stored = stored_object(data, ElementaryFile.COM)
    objects = by_tag(stored.tlv.children())
    tags = required(objects, _TAG_LIST).value
    unknown = [tag for tag in tags if tag not in _DATA_GROUPS]
    if unknown:
        raise MalformedError("unknown_data_group", detail=f"tag {unknown[0]:X}")
    groups = tuple(_DATA_GROUPS[tag] for tag in tags)
    if len(set(groups)) != len(groups):
        raise DuplicateError("duplicate_data_group")
    return Com(
        lds_version=_version(required(objects, _LDS_VERSION).value, 4),
        unicode_version=_version(required(objects, _UNICODE_VERSION).value, 6),
        data_groups=groups,
        trailing=stored.trailing,
    )


def _version(value: bytes, length: int) -> str:
    if len(value) != length or not value.isdigit():
        raise MalformedError("bad_version", detail=f"{len(value)} characters, {length} digits expected")
    return value.decode("ascii")
