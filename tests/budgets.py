"""How many examples a property test runs: `HYPOTHESIS_PROFILE=dev` (default), `ci` or `fuzz`.

The gate (`ci`) draws the same examples for the same code, so that a change is never red for somebody else's bug;
`fuzz` (`make fuzz`) draws new ones each time, and many more.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") == "true" else "dev")
_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def _budget(dev: int, ci: int, fuzz: int) -> settings:
    examples = {"dev": dev, "ci": ci, "fuzz": fuzz}[_PROFILE]
    return settings(max_examples=examples, deadline=None, derandomize=_PROFILE == "ci", suppress_health_check=_QUIET)


#: Parsers that strangers' bytes reach first: TLV, SOD, certificate, lists, `mrz.parse`, dumps, DG2.
heavy = _budget(200, 20_000, 1_000_000)
#: Every other property.
light = _budget(200, 2_000, 100_000)
