"""What a chip has, how the chips of some states behave, and what goes wrong on demand."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Fault(StrEnum):
    """What goes wrong. Where it happens is told by `Behaviour.at`, counted in commands from 1, if it matters."""

    #: the tag is gone at a command, once
    TAG_LOST = "tag_lost"
    #: a status word in the clear instead of an answer: `Behaviour.naked`
    NAKED_WORD = "naked_word"
    #: an answer whose code is wrong
    WRONG_CODE = "wrong_code"
    #: an answer that was given before
    OLD_ANSWER = "old_answer"
    #: the token of PACE is wrong
    WRONG_TOKEN = "wrong_token"
    #: the key of the terminal comes back as the chip's own
    ECHO = "echo"
    #: the files of another chip, with keys of its own for AA, CA and CAM
    CLONE = "clone"
    #: the files of another chip; Chip Authentication is refused
    CLONE_THAT_REFUSES = "clone_that_refuses"
    #: the same, but it answers under its own keys whatever it is told under the terminal's
    CLONE_THAT_ANSWERS = "clone_that_answers"
    #: the tag is gone at a command; then a relay translates between the terminal and another genuine chip
    SECOND_CHIP = "second_chip"
    #: EF.CardAccess is not shown, so that BAC is used
    DOWNGRADE = "downgrade"
    #: a file is shorter than its header says
    CUT_FILE = "cut_file"
    #: a file says that it is longer than any file may be
    ENDLESS_FILE = "endless_file"


@dataclass(frozen=True, slots=True)
class PaceOffer:
    """A PACEInfo: the arcs after id-PACE (`2.2` is ECDH-GM-AES-128), and the parameters."""

    suite: str = "2.2"
    parameter_id: int = 13


@dataclass(frozen=True, slots=True)
class ChipAuthenticationOffer:
    """A static key: `kind` is `ecdh` or `dh`, `cipher` the last arc; without `declared` no info says so."""

    kind: str = "ecdh"
    cipher: int = 2
    key_id: int | None = None
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A chip.

    `max_expected`: octets that it gives at once, more is answered 6700; `naked_length_word`: it leaves secure
    messaging to say so. `extended_length`: it takes long lengths. `select_mf`: what selecting the master file is
    answered with. `atr_info`: it has that file. `missing`: files (by number) that its EF.COM lists and it has not.
    `kept`: files (by number, 0 for EF.SOD) of the first chip that the relay to a second one gives from a copy.
    `strict_le`: a command that brings no data must not expect any. `can`: a card access number.
    """

    bac: bool = True
    pace: tuple[PaceOffer, ...] = ()
    chip_authentication: tuple[ChipAuthenticationOffer, ...] = ()
    active_authentication: bool = True
    max_expected: int = 65536
    naked_length_word: bool = False
    extended_length: bool = True
    select_mf: int = 0x9000
    atr_info: bool = False
    missing: tuple[int, ...] = ()
    strict_le: bool = False
    can: str | None = None
    fault: Fault | None = None
    at: int = 0
    naked: int = 0x9000
    kept: tuple[int, ...] = ()


_GM = (PaceOffer(),)
_CA = (ChipAuthenticationOffer(),)

#: Habits of chips that were met, by what they do (ANCHORS.md, pains 15 to 20).
PROFILES: Final = MappingProxyType(
    {
        "plain-bac": Behaviour(active_authentication=False),
        "bac-aa": Behaviour(),
        "bac-ca-3des-undeclared": Behaviour(chip_authentication=(ChipAuthenticationOffer(cipher=1, declared=False),)),
        "pace-gm": Behaviour(pace=_GM),
        "pace-gm-3des": Behaviour(pace=(PaceOffer("2.1"),)),
        "pace-im": Behaviour(pace=(PaceOffer("4.2"),)),
        "pace-im-256": Behaviour(pace=(PaceOffer("4.4", 16),)),
        "pace-dh": Behaviour(pace=(PaceOffer("1.2", 0),)),
        "pace-dh-im": Behaviour(pace=(PaceOffer("3.2", 2),)),
        "pace-cam": Behaviour(pace=(PaceOffer("6.2"), PaceOffer("2.2"))),
        "pace-only": Behaviour(bac=False, pace=_GM, chip_authentication=_CA),
        "pace-two-parameters": Behaviour(pace=(PaceOffer("2.2", 12), PaceOffer("2.2", 13))),
        "ca-two-keys": Behaviour(
            chip_authentication=(ChipAuthenticationOffer(key_id=1), ChipAuthenticationOffer(cipher=4, key_id=2))
        ),
        "ca-dh": Behaviour(chip_authentication=(ChipAuthenticationOffer("dh"),)),
        "no-master-file": Behaviour(pace=_GM, select_mf=0x6A86),
        "short-reads": Behaviour(pace=_GM, max_expected=192, extended_length=False),
        "shorter-reads": Behaviour(max_expected=160, extended_length=False),
        "leaves-messaging-over-lengths": Behaviour(max_expected=160, naked_length_word=True),
        "lists-what-it-has-not": Behaviour(missing=(11,)),
        "with-atr-info": Behaviour(pace=_GM, chip_authentication=_CA, atr_info=True),
        "card-access-number": Behaviour(pace=_GM, can="123456"),
    }
)
