"""How a replay is run, in values that another process can be given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from mrtd.pki.realm import Realm


class At(StrEnum):
    """Times that are not written out."""

    RECORDED = "recorded"
    NOW = "now"


#: By what bare dumps are judged unless told otherwise, as by `passkoll inspect`.
DEFAULT_POLICY: Final = "default"
#: By what the service decides, and the leading reason of a case is told.
LEADING_POLICY: Final = "strict-level3"


@dataclass(frozen=True, slots=True)
class Options:
    """What is laid over cases, and by what bare dumps are judged.

    `now` is the clock of the replay, aware, read once. `at`: the recorded time of each case or dump, `now`, or a time
    for all. `trust` and `realm` None: the case's own; bare dumps then have no anchor and the production realm.
    `policy` is a name or a file; None compares the verdicts of all policies of a case.
    """

    now: datetime
    at: At | datetime = At.RECORDED
    trust: tuple[str, ...] | None = None
    realm: Realm | None = None
    policy: str | None = None

    def time(self, recorded: datetime | None) -> datetime:
        """The time of inspection of something that was recorded at `recorded`, if that is known."""
        if isinstance(self.at, datetime):
            return self.at
        return self.now if self.at is At.NOW or recorded is None else recorded

    @property
    def changes_cases(self) -> bool:
        """Whether cases are judged otherwise than they say themselves."""
        return self.at is not At.RECORDED or (self.trust, self.realm, self.policy) != (None, None, None)
