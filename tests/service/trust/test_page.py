"""docs/trust.md is where people look a code up."""

from __future__ import annotations

import re
from pathlib import Path

import mrtd.pki.administration
from mrtd.pki.administration import LeftOutReason
from service.domain.trust import FetchProblem, TrustProblem

PAGE = Path(__file__).parents[3] / "docs" / "trust.md"


def test_every_code_is_explained() -> None:
    folder = Path(mrtd.pki.administration.__file__).parent
    source = "".join(path.read_text() for path in sorted(folder.glob("*.py")))
    proposals = set(re.findall(r"ProposalError\(\s*\"([a-z_]+)\"", source))
    assert {"unchanged", "bad_url", "list_older"} <= proposals
    codes = {str(code) for kind in (TrustProblem, FetchProblem, LeftOutReason) for code in kind} | proposals
    explained = set(re.findall(r"`([a-z_]+)`", PAGE.read_text()))
    assert codes - explained == set()
