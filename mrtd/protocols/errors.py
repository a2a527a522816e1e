"""Why a session with a chip ended: the chip, or whoever stands between, did what the protocol does not allow.

MrtdError
└── ProtocolError           the session is over, its keys are erased
    ├── AccessDeniedError   the password does not open this chip
    ├── NewKeysError        keys were changed, and the chip has others
    └── ProofFailedError    the chip, or a chip in its place, failed to prove that it holds its key
"""

from __future__ import annotations

from mrtd.errors import MrtdError
from mrtd.evidence import ChipAuthenticationProof


class ProtocolError(MrtdError):
    """The session cannot go on. `sw`: the status word that said so, if one did."""

    def __init__(self, code: str, where: str = "", detail: str = "", *, sw: int | None = None) -> None:
        super().__init__(code, where, detail or ("" if sw is None else f"{sw:04X}"))
        self.sw = sw


class AccessDeniedError(ProtocolError):
    """The chip refused the password: another line or number is needed, not another try."""


class NewKeysError(ProtocolError):
    """The first answer under new keys is none: who answers does not have them."""


class ProofFailedError(ProtocolError):
    """A proof was given and is wrong: what answered is not the chip whose key was signed.

    `chip_authentication`: which key should have been proved, where it was Chip Authentication.
    """

    def __init__(self, code: str, chip_authentication: ChipAuthenticationProof | None = None) -> None:
        super().__init__(code)
        self.chip_authentication = chip_authentication
