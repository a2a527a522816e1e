"""How often a reading crosses the network: each round trip costs what the network takes, at every counter."""

from __future__ import annotations

import pytest

from mrtd.evidence import EAC_PROTECTED, ElementaryFile
from mrtd.specimen.card import Behaviour, ChipAuthenticationOffer, SpecimenCard, make_card
from mrtd.specimen.issuer import IssuingProfile
from tests.mrtd.protocols.reading import ACCESS, PHONES, Counted, issuer, wanted

#: Batches for 20 KB with PACE, Chip Authentication and all data groups.
MOST = 12
#: Tag and octets of the data groups beside 1, 2, 14 and 15 (ICAO 9303-10 §4.7), of which 3 and 4 stay closed.
_GROUPS = {3: (0x63, 3000), 4: (0x76, 3000), 5: (0x65, 1500), 7: (0x67, 6000)}
_GROUPS |= {number: (0x60 + number, 300) for number in (11, 12, 13)} | {16: (0x70, 300)}


def large_card(access: str, *, active_authentication: bool) -> SpecimenCard:
    """A passport with everything on it."""
    groups = tuple(
        (number, bytes([tag, 0x82]) + size.to_bytes(2) + bytes(size)) for number, (tag, size) in _GROUPS.items()
    )
    behaviour = Behaviour(
        **ACCESS[access],
        active_authentication=active_authentication,
        chip_authentication=(ChipAuthenticationOffer(),),
    )
    return make_card(issuer(), behaviour, profile=IssuingProfile(groups=groups))


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("active_authentication", [False, True], ids=["ca", "ca and aa"])
@pytest.mark.parametrize("access", ["gm", "im", "cam"])
def test_a_large_passport_takes_few(access: str, phone: str, active_authentication: bool) -> None:
    card = large_card(access, active_authentication=active_authentication)
    counted = Counted(card)
    read = counted.read(wanted(phone))
    on_it = {name for name in card.document.files if name not in EAC_PROTECTED}
    assert on_it - set(read.files) <= {ElementaryFile.CARD_SECURITY}
    assert sum(map(len, read.files.values())) >= 20_000
    assert read.session.chip_authentication is not None or read.session.pace_cam
    # a second proof that the chip is there is a command more
    assert counted.trips <= MOST + active_authentication
