"""Files of other projects' tests, tag by tag: each is read, or refused for the reason that is named here.

Among them are error cases of those tests and files of other cards under the same tags (the German eID's).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from mrtd.errors import MalformedError
from mrtd.lds import com, dg7, dg11, dg12, dg14, dg15, dg16, security_infos

PARSERS: dict[str, Callable[[bytes], object]] = {
    "COM": com.parse,
    "DG67": dg7.parse,
    "DG6B": dg11.parse,
    "DG6C": dg12.parse,
    "DG6E": dg14.parse,
    "DG6F": dg15.parse,
    "DG70": dg16.parse,
    "SECINFOS": security_infos.parse,
}

#: What is refused, with the error's code and why it is right.
REFUSED = {
    "COM_74368c90": ("unknown_data_group", "the tag list holds 5F, which is no data group's"),
    "COM_7f718101": ("bad_version", "an LDS version of five digits"),
    "COM_9de89eec": ("bad_version", "a Unicode version of five digits"),
    "DG67_0ed3f172": ("unexpected_tag", "an eID's auxiliary data under tag 67"),
    "DG67_40e39623": ("bad_count", "an eID's auxiliary data under tag 67, one object"),
    "DG67_44bddebf": ("unexpected_tag", "an eID's auxiliary data under tag 67"),
    "DG67_a7aec8f8": ("unexpected_tag", "an eID's auxiliary data under tag 67"),
    "DG67_bc24dc5f": ("unexpected_tag", "an eID's auxiliary data under tag 67"),
    "DG67_dac6f9c5": ("bad_count", "an eID's auxiliary data under tag 67, one object"),
    "DG6C_29f8fd3f": ("unknown_objects", "a SET under tag 6C; an eID's DG12 is no passport's"),
    "DG70_1c2da63c": ("bad_count", "made-up objects of a TLV test"),
    "SECINFOS_3d65f9ab": ("truncated", "an inner length one too large"),
    "SECINFOS_47960aaa": ("truncated", "an inner length one too large"),
    "SECINFOS_8f0f2612": ("truncated", "an inner length one too large"),
    "SECINFOS_d656a1c4": ("truncated", "an inner length one too large"),
}

#: What is read although something about it is odd.
ODD = {
    "DG67_0d47c3fc": {"not_an_image"},
    "DG67_947c9942": {"count_differs"},
    "DG6B_9d0d8337": {"tag_list_differs"},
    "DG70_c598ef92": {"count_differs"},
}


@pytest.mark.real
def test_every_loose_file_is_read_or_refused_for_a_known_reason(real_data: Path) -> None:
    paths = {path.stem: path for path in (real_data / "chips" / "loose_dgs").iterdir()}
    assert len(paths) == 53
    assert set(REFUSED) | set(ODD) <= set(paths)
    for name, path in sorted(paths.items()):
        parse = PARSERS[name.partition("_")[0]]
        data = path.read_bytes()
        if name in REFUSED:
            with pytest.raises(MalformedError) as error:
                parse(data)
            assert error.value.code == REFUSED[name][0], name
        else:
            read = parse(data)
            assert {oddity.value for oddity in getattr(read, "oddities", ())} == ODD.get(name, set()), name


@pytest.mark.real
def test_what_the_loose_details_say(real_data: Path) -> None:
    folder = real_data / "chips" / "loose_dgs"
    for name in ("DG6B_9d0d8337", "DG6B_f17aa7d8"):
        assert dg11.parse((folder / f"{name}.bin").read_bytes()).other_names == ("SMITH<<JOHN", "JOHN<SMITH")
    details = dg11.parse((folder / "DG6B_9acd3357.bin").read_bytes())
    assert (details.full_name, details.date_of_birth) == ("Test<<Tester", date(1970, 12, 1))
    persons = dg16.parse((folder / "DG70_f7bd3a16.bin").read_bytes()).persons
    assert [person.name for person in persons] == ["SMITH<<CHARLES<R", "BROWN<<MARY<J"]


@pytest.mark.real
def test_what_the_loose_security_infos_say(real_data: Path) -> None:
    folder = real_data / "chips" / "loose_dgs"
    active = security_infos.parse((folder / "SECINFOS_b8390f35.bin").read_bytes()).active_authentication_infos
    assert [(info.version, info.signature_algorithm) for info in active] == [(1, "0.4.0.127.0.7.1.1.4.1.5")]
    key_ids = security_infos.parse((folder / "SECINFOS_10b65efc.bin").read_bytes()).chip_authentication_infos
    assert [info.key_id for info in key_ids] == [0xC3]
    negative = security_infos.parse((folder / "SECINFOS_91bf318a.bin").read_bytes()).pace_infos
    assert [info.parameter_id for info in negative] == [-1]
    both = security_infos.parse((folder / "SECINFOS_5ea75ddb.bin").read_bytes()).pace_infos
    assert [(info.oid, info.parameter_id) for info in both] == [
        ("0.4.0.127.0.7.2.2.4.2.2", 13),
        ("0.4.0.127.0.7.2.2.4.6.2", 13),
    ]
