"""How long what is kept of a person is kept, by class (RULES.md section 5, SECURITY.md 7.9)."""

from __future__ import annotations

from enum import StrEnum


class RetentionClass(StrEnum):
    """What is erased together: each verification has one data key for each class."""

    #: The photo of the page, and EF.DG2 with the portrait.
    PORTRAIT = "portrait"
    #: Lines of the MRZ, EF.DG1, EF.DG11 and the like, reports, words of reviewers, remembered answers.
    HOLDER = "holder"
    #: EF.SOD, EF.DG14, EF.DG15, EF.CardSecurity, the answer of the chip.
    EVIDENCE = "evidence"
