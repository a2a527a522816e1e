"""RapidOCR with rows grouped by height; run by an interpreter that has it (README.md)."""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Iterable, Sequence
from typing import Any

# The script's own folder would hide the package of the same name; the interpreter is run without it (-I).
from rapidocr import RapidOCR  # type: ignore[import-not-found]

#: Letters that the fillers are taken for.
_FILLERS = str.maketrans({"«": "<", "‹": "<", "≤": "<", "(": "<", "[": "<", "{": "<"})
_NEVER_PRINTED = re.compile(r"[^A-Z0-9<]")
#: Shorter rows are no line of ICAO 9303; the shortest has 30 characters.
_SHORTEST = 26


def rows_of(boxes: Iterable[Any], texts: Iterable[str]) -> list[str]:
    """Texts joined to rows: a box belongs to a row if their middles are closer than half of its height."""
    found: list[tuple[float, list[tuple[float, str]]]] = []
    for box, text in sorted(zip(boxes, texts, strict=True), key=lambda pair: float(pair[0][:, 1].mean())):
        middle, height = float(box[:, 1].mean()), float(box[:, 1].max() - box[:, 1].min())
        if found and abs(found[-1][0] - middle) < height / 2:
            found[-1][1].append((float(box[:, 0].min()), text))
        else:
            found.append((middle, [(float(box[:, 0].min()), text)]))
    return ["".join(text for _, text in sorted(parts)) for _, parts in found]


def zone_of(rows: Sequence[str]) -> list[str] | None:
    """The last two or three long rows, filled or cut to the length of a format."""
    cleaned = [_NEVER_PRINTED.sub("", row.upper().translate(_FILLERS)) for row in rows]
    lines = [line for line in cleaned if len(line) >= _SHORTEST]
    count = 3 if len(lines) >= 3 and all(len(line) <= 33 for line in lines[-3:]) else 2
    lines = lines[-count:]
    if len(lines) < count:
        return None
    length = 30 if count == 3 else min((36, 44), key=lambda length: abs(length - max(map(len, lines))))
    return [line[:length].ljust(length, "<") for line in lines]


def main() -> None:
    """Answer each picture."""
    engine = RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})
    print(json.dumps({"ready": True}), flush=True)  # noqa: T201 the protocol
    for request in sys.stdin:
        result = engine(json.loads(request)["path"])
        lines = None if result.boxes is None else zone_of(rows_of(result.boxes, result.txts))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"lines": lines, "peak_kib": peak}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
