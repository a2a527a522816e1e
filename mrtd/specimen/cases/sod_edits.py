"""Documents whose EF.SOD is edited at one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import Specimen
from mrtd.specimen.issuer import Edits
from mrtd.specimen.security_object import SignedDataTemplate

Edit = Callable[[SignedDataTemplate], SignedDataTemplate]
SOD: Final = "EF.SOD"
SHA256: Final = bytes.fromhex("0609608648016503040201")
#: SHA3-256 (NIST CSOR) where SHA-256 stands: as long, and no hash of travel documents.
SHA3_256: Final = bytes.fromhex("0609608648016503040208")


def made_with(made: Edits) -> Callable[[], Specimen]:
    return lambda: bench.specimen(bench.edited(made))


def signed_with(edit: Edit) -> Callable[[], Specimen]:
    return made_with(Edits(signed_data=edit))
