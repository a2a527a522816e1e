"""Evidence, checks, verdict: `inspect` turns evidence into a report, `judge` a report into a verdict.

A document that fails is data, never an exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mrtd.inspection.check import CHECKS, CheckResult, CheckStatus
from mrtd.inspection.mrz_evidence import MrzEvidence, MrzSource
from mrtd.inspection.policy import POLICIES, Policy
from mrtd.inspection.reason import Reason
from mrtd.inspection.report import InspectionReport
from mrtd.inspection.verdict import Verdict, judge

if TYPE_CHECKING:
    from mrtd.inspection.inspector import inspect

__all__ = [
    "CHECKS",
    "POLICIES",
    "CheckResult",
    "CheckStatus",
    "InspectionReport",
    "MrzEvidence",
    "MrzSource",
    "Policy",
    "Reason",
    "Verdict",
    "inspect",
    "judge",
]


def __getattr__(name: str) -> object:
    """Load `inspect` when it is first asked for: the parts it is made of use this package's reasons themselves."""
    if name == "inspect":
        from mrtd.inspection.inspector import inspect  # noqa: PLC0415

        return inspect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
