"""Documents whose data groups or claims are others, as dumps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from mrtd.specimen.cases import workshop as bench
from mrtd.specimen.cases.case import ChipAnswers, Specimen
from mrtd.specimen.chip import SpecimenChip
from mrtd.specimen.document import SpecimenDocument
from mrtd.specimen.scheme import BRAINPOOL_P256R1

EC_PROFILE: Final = BRAINPOOL_P256R1


def as_json(
    document: SpecimenDocument, more: Mapping[str, object], chip: ChipAnswers | str | None = "chip"
) -> Specimen:
    body = {**SpecimenChip(document).to_json_body(), **more}
    data = (json.dumps(body, indent=1, sort_keys=True) + "\n").encode()
    return bench.specimen(document, chip=chip, files={"dump.json": data}, dump="dump.json")
