"""Cases and dumps replayed through the library or a running service, and compared with what must be found.

A case is a folder with a `case.json` (schema `case`, in `service.schemas`): a dump, what it is judged with, and what
`inspect`, the policies and the service must say. The same functions serve `passkoll replay` and the test suite.
"""

from __future__ import annotations

from service.replay.case import Case, read_case
from service.replay.compare import Difference
from service.replay.errors import ReplayError, Unreachable
from service.replay.finding import Finding, Replayed, Status
from service.replay.folder import find_cases, find_dumps, load_case
from service.replay.library import LibraryRun
from service.replay.options import Options

__all__ = [
    "Case",
    "Difference",
    "Finding",
    "LibraryRun",
    "Options",
    "ReplayError",
    "Replayed",
    "Status",
    "Unreachable",
    "find_cases",
    "find_dumps",
    "load_case",
    "read_case",
]
