"""How real files depart from the standard and are read nevertheless; never silently."""

from __future__ import annotations

from enum import StrEnum


class Oddity(StrEnum):
    """A tolerance that was used while a file was read."""

    #: A text that is not UTF-8; it was read as ISO 8859-1.
    NOT_UTF8 = "not_utf8"
    #: A data object without content where a value was announced; it counts as absent.
    EMPTY_VALUE = "empty_value"
    #: A text of fillers or control characters alone; it counts as absent.
    FILLER_ONLY = "filler_only"
    #: An object that the standard does not know in its place.
    UNKNOWN_OBJECT = "unknown_object"
    #: Zero bytes between data objects; ISO/IEC 7816-4 lets them mean nothing.
    PADDING_BETWEEN_OBJECTS = "padding_between_objects"
    #: A date in packed digits, four octets for eight digits.
    BCD_DATE = "bcd_date"
    #: A date that cannot be read; it counts as absent, its stored form is kept.
    UNREADABLE_DATE = "unreadable_date"
    #: The tag list (5C) does not name exactly the objects that follow.
    TAG_LIST_DIFFERS = "tag_list_differs"
    #: Other names stand directly in the file, without their template (A0).
    NAMES_WITHOUT_TEMPLATE = "names_without_template"
    #: A counter does not agree with the number of objects that follow.
    COUNT_DIFFERS = "count_differs"
    #: The length in a biometric record does not agree with its data block.
    RECORD_LENGTH_DIFFERS = "record_length_differs"
    #: Bytes behind the end of a picture.
    PADDED_IMAGE = "padded_image"
    #: Neither JPEG nor JPEG 2000 where a picture belongs.
    NOT_AN_IMAGE = "not_an_image"
    #: The picture is not of the kind that the record says.
    IMAGE_TYPE_DIFFERS = "image_type_differs"
    #: The picture is not as large as the record says.
    IMAGE_SIZE_DIFFERS = "image_size_differs"
