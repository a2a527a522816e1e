"""PassportEye with the Tesseract of the system; run by an interpreter that has it (README.md)."""

from __future__ import annotations

import json
import resource
import sys

from passporteye import read_mrz  # type: ignore[import-not-found]


def main() -> None:
    """Answer each picture."""
    print(json.dumps({"ready": True}), flush=True)  # noqa: T201 the protocol
    for request in sys.stdin:
        zone = read_mrz(json.loads(request)["path"])
        text = "" if zone is None else zone.aux.get("raw_text", zone.aux.get("text", ""))
        lines = [line.replace(" ", "").upper() for line in text.splitlines() if line.strip()]
        peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        print(json.dumps({"lines": lines or None, "peak_kib": peak}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
