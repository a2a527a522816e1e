"""The draft as two people read it before they sign: what it changes in the store, and what was decided for that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console

from mrtd.pki.administration import AnchorLine, StoreDiff
from mrtd.pki.administration.store_diff import NO_STATE
from service.cli.output import BAD_MARK, OPEN_MARK, marked
from service.cli.trust_words import counts, listed, number, printable, wrapped
from service.domain.trust import MIN_DIGEST_PREFIX
from service.usecases.trust_holdings import DecisionChange, HoldingsDiff, ListLine, PublisherLine
from service.usecases.trust_staging import Staged

#: Lines of one kind that are printed; a first list has hundreds, and `--json` prints them all. Anchors on probation
#: are all printed, because people decide on each.
_SHOWN: Final = 40


def staged(screen: Console, found: Staged) -> None:
    """The draft, what it changes, and what people do next; the draft alone if nothing changed."""
    draft = found.draft
    if draft is None:
        screen.print("nothing changed; there is no draft")
        return
    if not found.changed:
        screen.print(f"nothing changed; what waits is as it was\ndraft {draft.digest}")
        return
    screen.print(f"draft {draft.digest}")
    screen.print(f"  based on {draft.based_on or 'nothing'}")
    wrapped(screen, f"changed by {draft.staged_by}")
    if found.replaced is not None:
        screen.print(" ", marked(screen, f"replaces the draft of {printable(found.replaced.staged_by)}", OPEN_MARK))
        screen.print(f"    {found.replaced.digest}")
    if found.difference is None or found.decided is None:
        screen.print(" ", marked(screen, "the store in use cannot be opened: nothing to compare with", BAD_MARK))
    else:
        _difference(screen, found.difference)
        _decided(screen, found.decided)
    if found.left_out:
        wrapped(screen, f"held, not trusted: {counts(Counter(one.reason.value for one in found.left_out))}")
    screen.print("next: passkoll trust what-if")
    screen.print(f"      passkoll trust activate {draft.digest[:MIN_DIGEST_PREFIX]} --by A --and B")


def publisher_words(publisher: PublisherLine) -> tuple[str, ...]:
    """A line each for what makes lists of this publisher count."""
    words = [f"signer CSCA {sha256}" for sha256 in publisher.signer_cscas]
    if publisher.url is not None:
        words.append(f"url {publisher.url}")
    lists = (("master list", publisher.master_list), ("deviation list", publisher.deviation_list))
    words += (_list_words(kind, held) for kind, held in lists if held is not None)
    return tuple(words)


def decision(screen: Console, words: str, reason: str) -> None:
    """A decision on a certificate, and why."""
    screen.print(words)
    wrapped(screen, reason, "      ")


def _list_words(kind: str, held: ListLine) -> str:
    return f"{kind} signed {held.signed_at:%Y-%m-%d %H:%M}\n      {held.sha256}"


def _difference(screen: Console, found: StoreDiff) -> None:
    changed = [change.after for change in found.anchors_changed]
    _probation(screen, [line for line in (*found.anchors_added, *changed) if line.provenance.probation])
    _anchors(screen, "anchors added", found.anchors_added, without_probation=True)
    _anchors(screen, "anchors removed", found.anchors_removed)
    _anchors(screen, "anchors with another standing", changed, without_probation=True)
    listed(screen, "states gained", found.states_gained)
    listed(screen, "states lost", found.states_lost)
    number(screen, "certificates for links", found.links_added, found.links_removed)
    number(screen, "CRLs", len(found.crls_added), len(found.crls_removed))
    listed(screen, "serial numbers newly revoked", (f"{state} {n}" for state, n in found.newly_revoked.items()))
    listed(
        screen, "serial numbers no longer revoked", (f"{state} {n}" for state, n in found.no_longer_revoked.items())
    )
    number(screen, "deviation lists", len(found.deviations_added), len(found.deviations_removed))
    number(screen, "signers of documents", found.signers_added, found.signers_removed)


def _probation(screen: Console, lines: Sequence[AnchorLine]) -> None:
    if lines:
        screen.print(
            " ", marked(screen, f"{len(lines)} on probation: accept those that you can vouch for", OPEN_MARK)
        )
        for line in lines:
            _anchor(screen, line)


def _anchors(screen: Console, words: str, lines: Sequence[AnchorLine], *, without_probation: bool = False) -> None:
    """Counted by state, and one by one but for those that stand under `on probation` already."""
    if not lines:
        return
    wrapped(screen, f"{words}: {len(lines)} ({counts(Counter(line.state or NO_STATE for line in lines))})")
    printed = [line for line in lines if not (without_probation and line.provenance.probation)]
    for line in printed[:_SHOWN]:
        _anchor(screen, line)
    _more(screen, len(printed))


def _anchor(screen: Console, line: AnchorLine) -> None:
    screen.print(f"  {line.state or NO_STATE:2} {line.sha256} {line.not_after:%Y-%m-%d}")
    wrapped(screen, f"{line.provenance.kind.value} {line.provenance.source} {line.common_name or ''}", "     ")


def _decided(screen: Console, found: HoldingsDiff) -> None:
    for change in found.publishers:
        before = () if change.before is None else publisher_words(change.before)
        after = () if change.after is None else publisher_words(change.after)
        screen.print(f"  publisher {change.name}{', removed' if change.after is None else ''}")
        _signs(screen, [one for one in after if one not in before], [one for one in before if one not in after])
    for words, members in (("pin", found.pins), ("accept", found.accepted)):
        number(screen, words, len(members.added), len(members.removed))
        _signs(screen, (f"{words} {one}" for one in members.added), (f"{words} {one}" for one in members.removed))
    _decisions(screen, "distrust", found.distrusted)
    _decisions(screen, "allow-name", found.allowed_names)
    for words, members in (
        ("anchors that are not new any more", found.settled),
        ("certificates for links, held", found.others),
        ("signers of documents, held", found.signers),
        ("CRLs, held", found.crls),
    ):
        number(screen, words, len(members.added), len(members.removed))


def _decisions(screen: Console, words: str, changes: Iterable[DecisionChange]) -> None:
    for change in changes:
        for sign, reason in (("-", change.before), ("+", change.after)):
            if reason is not None:
                decision(screen, f"  {sign} {words} {change.sha256}", reason)


def _signs(screen: Console, added: Iterable[str], removed: Iterable[str]) -> None:
    lines = [*(f"  - {words}" for words in removed), *(f"  + {words}" for words in added)]
    for line in lines[:_SHOWN]:
        screen.print(line)
    _more(screen, len(lines))


def _more(screen: Console, lines: int) -> None:
    if lines > _SHOWN:
        screen.print(f"  and {lines - _SHOWN} more: --json prints all")
