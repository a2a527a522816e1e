"""What `mrz.format` refuses to write."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import mrz
from mrz import FieldReason, MrzFormat
from tests.mrz.zones import TD1, TD2, TD3, TODAY

ZONES = {MrzFormat.TD1: TD1, MrzFormat.TD2: TD2, MrzFormat.TD3: TD3}

REFUSED = {
    "lower_case": (MrzFormat.TD3, {"primary_identifier": "Eriksson"}, FieldReason.BAD_CHARACTER),
    "digit_in_name": (MrzFormat.TD3, {"secondary_identifier": "ANNA 2"}, FieldReason.BAD_CHARACTER),
    "two_blanks": (MrzFormat.TD3, {"secondary_identifier": "ANNA  MARIA"}, FieldReason.BAD_CHARACTER),
    "no_primary": (MrzFormat.TD3, {"primary_identifier": ""}, FieldReason.MISSING),
    "long_name": (MrzFormat.TD3, {"primary_identifier": "A" * 28}, FieldReason.TOO_LONG),
    "long_code": (MrzFormat.TD3, {"document_code": "PAS"}, FieldReason.TOO_LONG),
    "digit_in_state": (MrzFormat.TD3, {"issuing_state": "UT0"}, FieldReason.BAD_CHARACTER),
    "no_number": (MrzFormat.TD3, {"document_number": ""}, FieldReason.MISSING),
    "long_number_td3": (MrzFormat.TD3, {"document_number": "A" * 10}, FieldReason.TOO_LONG),
    "long_number_td1": (MrzFormat.TD1, {"document_number": "A" * 23}, FieldReason.TOO_LONG),
    "long_number_td2": (MrzFormat.TD2, {"document_number": "A" * 15}, FieldReason.TOO_LONG),
    "filler_in_overflow": (MrzFormat.TD1, {"document_number": "A" * 10 + "<A"}, FieldReason.TOO_LONG),
    "filler_at_end": (MrzFormat.TD3, {"optional_data": "A<"}, FieldReason.BAD_CHARACTER),
    "long_optional": (MrzFormat.TD3, {"optional_data": "A" * 15}, FieldReason.TOO_LONG),
    "optional_beside_overflow": (
        MrzFormat.TD1,
        {"document_number": "A" * 22, "optional_data": "B"},
        FieldReason.TOO_LONG,
    ),
    "second_optional": (MrzFormat.TD3, {"optional_data_2": "A"}, FieldReason.NOT_IN_FORMAT),
    "no_state": (MrzFormat.TD3, {"issuing_state": ""}, FieldReason.MISSING),
    "sex": (MrzFormat.TD3, {"sex": "1"}, FieldReason.BAD_CHARACTER),
    "no_sex": (MrzFormat.TD3, {"sex": ""}, FieldReason.MISSING),
}


@pytest.mark.parametrize(("mrz_format", "changes", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused(mrz_format: MrzFormat, changes: dict[str, Any], reason: FieldReason) -> None:
    fields = mrz.parse(ZONES[mrz_format], today=TODAY).fields
    with pytest.raises(mrz.MrzFieldError) as caught:
        mrz.format(dataclasses.replace(fields, **changes), mrz_format)
    assert caught.value.reason is reason
    assert "AAA" not in str(caught.value)


def test_a_printed_date_must_look_like_one() -> None:
    fields = dataclasses.replace(mrz.parse(TD3, today=TODAY).fields, date_of_birth=None)
    assert "UTO74<<<<" in mrz.format(fields, MrzFormat.TD3, printed_date_of_birth="74<<<<")
    with pytest.raises(mrz.MrzFieldError):
        mrz.format(fields, MrzFormat.TD3, printed_date_of_birth="unknown")


@pytest.mark.parametrize(("mrz_format", "longest"), [(MrzFormat.TD1, 22), (MrzFormat.TD2, 14)], ids=["TD1", "TD2"])
def test_the_longest_number_leaves_room_for_digit_and_filler(mrz_format: MrzFormat, longest: int) -> None:
    """ICAO 9303-5 §4.2.4: the last digit of a long number stands at position 28 at most."""
    fields = dataclasses.replace(mrz.parse(ZONES[mrz_format], today=TODAY).fields, document_number="A" * longest)
    document = mrz.parse(mrz.format(fields, mrz_format), today=TODAY)
    assert document.fields.document_number == "A" * longest
    assert document.raw["optional_data"][-1] == "<"
    assert document.valid
