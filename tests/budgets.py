"""How many examples a property test runs: `HYPOTHESIS_PROFILE=dev` (default) or `ci`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_CI = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") == "true" else "dev") == "ci"
_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

#: Parsers that strangers' bytes reach first: TLV, SOD, certificate, lists, `mrz.parse`, dumps, DG2.
heavy = settings(max_examples=20_000 if _CI else 200, deadline=None, suppress_health_check=_QUIET)
#: Every other property.
light = settings(max_examples=2_000 if _CI else 200, deadline=None, suppress_health_check=_QUIET)
