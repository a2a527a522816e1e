"""Which elementary file the name of a dump's entry means.

Readers of passports name the same file in many ways: `EF.SOD`, `EF_SOD.bin`, `SOD.bin`, `DG1.bin`, `DG01`, `EF.DG1`,
`Datagroup1.bin`, `0101`. The whole name must match; `DG15_not_in_SOD.bin` is no elementary file.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from mrtd.evidence import ElementaryFile

#: Longer names are no names of elementary files; the bound keeps the match cheap.
MAX_NAME_LENGTH: Final = 256
#: The application identifier of the eMRTD application (ICAO 9303-10 §4.1), as a folder name.
_EMRTD_FOLDER: Final = re.compile(r"A0000002471001", re.IGNORECASE)
_MASTER_FILE_FOLDER: Final = re.compile(r"(3F00|MF)", re.IGNORECASE)

_NAME: Final = re.compile(
    r"""
    (?P<folders> (?: [^/\\]* [/\\] )* )
    (?: EF [._\- ]? )?
    (?:
        (?P<com> COM )
      | (?P<sod> SOD )
      | (?: DG | DATA [._\- ]? GROUP ) [._\- ]? 0? (?P<number> 1[0-6] | [1-9] )
      | (?P<card_access> CARD [._\- ]? ACCESS )
      | (?P<card_security> CARD [._\- ]? SECURITY )
      | (?P<atr_info> ATR (?: [/._\- ]? INFO )? )
      | (?P<dir> DIR )
      | (?: 0x )? (?P<identifier> 01 [01] [0-9A-F] | 2F0 [01] )
    )
    (?: \. (?: bin | dat | der | raw ) )?
    """,
    # ASCII: else the long s and the Kelvin sign would be letters of these names.
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)

#: ICAO 9303-10 §3.11 and §4. 011D is EF.CardSecurity in the master file and EF.SOD in the application; see below.
_IDENTIFIERS: Final = MappingProxyType(
    {
        **{f"01{number:02X}": ElementaryFile.of_data_group(number) for number in range(1, 17)},
        "011C": ElementaryFile.CARD_ACCESS,
        "011E": ElementaryFile.COM,
        "2F00": ElementaryFile.DIR,
        "2F01": ElementaryFile.ATR_INFO,
    }
)
_WORDS: Final = MappingProxyType(
    {
        "com": ElementaryFile.COM,
        "sod": ElementaryFile.SOD,
        "card_access": ElementaryFile.CARD_ACCESS,
        "card_security": ElementaryFile.CARD_SECURITY,
        "atr_info": ElementaryFile.ATR_INFO,
        "dir": ElementaryFile.DIR,
    }
)
_SOD_TAG: Final = 0x77


def elementary_file(name: str, data: bytes) -> ElementaryFile | None:
    """The file that an entry is by its name, or None. Folders before the name are allowed, letter case is ignored.

    The identifier 011D is EF.SOD only inside the eMRTD application (SECURITY.md 2.5): in a folder named by the
    application identifier, or, outside a folder of the master file, by its tag 77, which no other file has.
    EF.CardSecurity must be named. `data` is looked at for this question alone.
    """
    if len(name) > MAX_NAME_LENGTH:
        return None
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    if match["number"]:
        return ElementaryFile.of_data_group(int(match["number"]))
    if match["identifier"]:
        identifier = match["identifier"].upper()
        if identifier == "011D":
            return ElementaryFile.SOD if _in_application(match["folders"], data) else None
        return _IDENTIFIERS.get(identifier)
    return next(file for group, file in _WORDS.items() if match[group])


def _in_application(folders: str, data: bytes) -> bool:
    names = re.split(r"[/\\]", folders)
    if any(_EMRTD_FOLDER.fullmatch(folder) for folder in names):
        return True
    return data[:1] == bytes((_SOD_TAG,)) and not any(_MASTER_FILE_FOLDER.fullmatch(folder) for folder in names)
