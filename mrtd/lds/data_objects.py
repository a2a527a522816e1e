"""The tagged texts, dates and pictures of EF.DG11, EF.DG12 and EF.DG16, read with the tolerance that real files need.

What was tolerated is collected in `oddities`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from mrtd import tlv
from mrtd.errors import LimitExceededError, MalformedError
from mrtd.lds.elementary_file import by_tag, count
from mrtd.lds.oddity import Oddity
from mrtd.tlv import Tlv

TAG_LIST: Final = 0x5C
#: A template of repeated objects: counter (02), then the objects.
REPEATED: Final = 0xA0
#: Other names, other persons: the standard has no limit, people have fewer.
MAX_REPEATED: Final = 64
#: The longest sensible text is a summary or an endorsement.
MAX_TEXT_SIZE: Final = 8 * 1024
#: Characters that issuers put where they have nothing to say.
_FILLERS: Final = "< -.\t\r\n\0\x7f\xff�"


@dataclass(frozen=True, slots=True, repr=False)
class StoredDate:
    """A date as stored (`text`: its digits, or whatever stands there) and as a day, None if it is not one."""

    text: str
    day: date | None

    def __repr__(self) -> str:
        return f"StoredDate(readable={self.day is not None})"


class DataObjects:
    """The objects of one template, one a tag, but for `repeated`, which may occur more than once.

    Args:
        template: the file's outer object, or one person's.
        known: the tags that the standard has here.
        repeated: the tag of the objects that belong into the template A0.

    Raises:
        MalformedError: the content is not made of objects, or holds no known one: another card's file.
        DuplicateError: another tag twice.
    """

    def __init__(self, template: Tlv, known: frozenset[int], *, repeated: int | None = None) -> None:
        self.oddities: set[Oddity] = set()
        everything = self._read(template)
        present = {item.tag for item in everything}
        unknown = present - known - {TAG_LIST} - ({repeated, REPEATED} if repeated else set())
        if unknown:
            self.oddities.add(Oddity.UNKNOWN_OBJECT)
        if present and unknown == present:
            raise MalformedError("unknown_objects", detail=f"{len(everything)} objects, none of this file's")
        self._repeated = [item for item in everything if item.tag == repeated]
        self._objects = by_tag(item for item in everything if item.tag != repeated)
        self._check_tag_list(present)

    def _read(self, template: Tlv) -> list[Tlv]:
        """ISO/IEC 7816-4: zero bytes before, between and after data objects have no meaning."""
        if not template.constructed:
            raise MalformedError("not_constructed")
        found: list[Tlv] = []
        position = template.content
        while position < template.content_end:
            if template.data[position] == 0:
                self.oddities.add(Oddity.PADDING_BETWEEN_OBJECTS)
                position += 1
                continue
            if len(found) >= tlv.MAX_CHILDREN:
                raise LimitExceededError("too_many")
            item = tlv.read(template.data, position, template.content_end, depth=template.depth + 1)
            found.append(item)
            position = item.end
        return found

    def _check_tag_list(self, present: set[int]) -> None:
        """The tag list (5C) names what follows; many files get it wrong. Nothing is decided by it."""
        if TAG_LIST not in self._objects:
            return
        value = self._objects[TAG_LIST].value
        named: set[int] = set()
        position = 0
        while position < len(value):
            size = 2 if value[position] & 0x1F == 0x1F else 1
            named.add(int.from_bytes(value[position : position + size]))
            position += size
        if named != present - {TAG_LIST}:
            self.oddities.add(Oddity.TAG_LIST_DIFFERS)

    def __contains__(self, tag: int) -> bool:
        return tag in self._objects

    def octets(self, tag: int) -> bytes | None:
        """The content under `tag` as stored, None if absent or empty."""
        if tag not in self._objects:
            return None
        value = self._objects[tag].value
        if not value:
            self.oddities.add(Oddity.EMPTY_VALUE)
        return value or None

    def text(self, tag: int) -> str | None:
        """The text under `tag`, None if absent, empty, or fillers alone."""
        value = self.octets(tag)
        return None if value is None else self._decode(value)

    def date(self, tag: int) -> StoredDate | None:
        """The date under `tag`: eight digits, or the same packed into four octets."""
        value = self.octets(tag)
        if value is None:
            return None
        found = read_date(value)
        if len(value) == 4 and len(found.text) == 8:
            self.oddities.add(Oddity.BCD_DATE)
        if found.day is None:
            self.oddities.add(Oddity.UNREADABLE_DATE)
        return found

    def texts(self, tag: int) -> tuple[str, ...]:
        """The repeated texts under `tag`: in the template A0 behind a counter, or, as some issuers write, without it.

        Raises:
            MalformedError: the template has another form.
            LimitExceededError: more than `MAX_REPEATED` texts.
        """
        items = list(self._repeated)
        if items:
            self.oddities.add(Oddity.NAMES_WITHOUT_TEMPLATE)
        if REPEATED in self._objects:
            items += self._template(self._objects[REPEATED].children(), tag)
        if len(items) > MAX_REPEATED:
            raise LimitExceededError("too_many_objects", detail=f"{len(items)}")
        if any(not item.value for item in items):
            self.oddities.add(Oddity.EMPTY_VALUE)
        read = (self._decode(item.value) for item in items if item.value)
        return tuple(text for text in read if text is not None)

    def _template(self, members: list[Tlv], tag: int) -> list[Tlv]:
        """The objects behind the counter of a template of repeated objects."""
        if not members:
            self.oddities.add(Oddity.EMPTY_VALUE)
            return []
        if count(members[0], limit=MAX_REPEATED) != len(members) - 1:
            self.oddities.add(Oddity.COUNT_DIFFERS)
        return [item.expect(tag) for item in members[1:]]

    def _decode(self, value: bytes) -> str | None:
        if len(value) > MAX_TEXT_SIZE:
            raise LimitExceededError("text_too_long", detail=f"{len(value)} bytes")
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            self.oddities.add(Oddity.NOT_UTF8)
            text = value.decode("iso-8859-1")
        if not text.strip(_FILLERS):
            self.oddities.add(Oddity.FILLER_ONLY)
            return None
        return text.strip(" \0")


def read_date(value: bytes) -> StoredDate:
    """A day in one of the forms of ICAO 9303-10 §4.7.11: `YYYYMMDD` as text, or in packed digits.

    Longer values (date and time, §4.7.12) are read by their first eight digits. An unknown part (`00`) makes no day.
    """
    digits = value.decode("iso-8859-1")
    if len(value) in (4, 7) and not value.isdigit() and value.hex().isdigit():
        digits = value.hex()
    text = digits[:8]
    if len(digits) not in (8, 14) or not (text.isascii() and text.isdigit()):
        return StoredDate(digits, None)
    try:
        return StoredDate(digits, date(int(text[:4]), int(text[4:6]), int(text[6:])))
    except ValueError:
        return StoredDate(digits, None)
