"""Get new lists from their publishers; what comes is offered to an import, which stages only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.domain.ports import ListFetcher
from service.domain.repositories import Database
from service.domain.trust import FetchError, FetchProblem, TrustError, TrustProblem
from service.usecases.trust_staging import StageTrust


@dataclass(frozen=True, slots=True, repr=False)
class Fetched:
    """What the address of a publisher gave: octets, or why there are none."""

    publisher: str
    content: bytes | None
    problem: FetchProblem | None = None


@dataclass(frozen=True, slots=True)
class FetchLists:
    """`trust fetch`: run by people and their timers, never for a verification."""

    database: Database
    stage: StageTrust
    fetcher: ListFetcher

    def __call__(self, names: Sequence[str] = ()) -> Iterator[Fetched]:
        """Ask the publishers of these names, by default all that have an address, one after the other.

        Raises:
            TrustError: `unknown_publisher` for a name without an address; as `StageTrust`.
        """
        addresses = self._addresses()
        for name in names:
            if name not in addresses:
                raise TrustError(TrustProblem.UNKNOWN_PUBLISHER, "no publisher of this name has an address")
        for name in names or addresses:
            try:
                yield Fetched(name, self.fetcher.fetch(addresses[name]))
            except FetchError as error:
                yield Fetched(name, None, error.code)

    def _addresses(self) -> dict[str, str]:
        with self.database.reading() as work:
            holdings = self.stage.holdings(work.trust)
        return {name: one.url for name, one in holdings.publishers.items() if one.url is not None}
