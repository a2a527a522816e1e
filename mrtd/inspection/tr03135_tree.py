"""The check tree of BSI TR-03135-1 v2.5, §5.4 to §5.9, and where each of our checks stands in it.

The clauses are the guideline's; the words in `id` are ours. A leaf that no check of ours answers says so by a note:
a phone has no infrared light, and nobody must read its silence as a passed or a failed check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.check import CHECKS, split_thread
from mrtd.inspection.verdict import CHIP_PROOFS


class TrResult(StrEnum):
    """How a check ends (TR-03135-1 §3.5.2), with underscores."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    UNDETERMINED = "undetermined"
    NOT_SUPPORTED = "not_supported"
    ABORTED = "aborted"


class CodeClass(IntEnum):
    """The class that an error code tells (TR-03135-1 §5.3): the code is this plus the number of the reason."""

    OPTICAL = 100_000
    ELECTRONIC = 200_000
    COMBINED = 300_000


class Rule(StrEnum):
    """How the results of a node's own checks and of its children become one."""

    #: TR-03135-1 Tables 5.44 and 5.55, the guideline's most exact statement of its roll-ups.
    WORST = "worst"
    #: Table 5.23: one proof of the chip is enough; a failed one is never outweighed (SECURITY.md 2.4).
    ONE_PROOF = "one_proof"


class Note(StrEnum):
    """Why a node has no check of its own to answer it, or does not count."""

    NEEDS_SPECIAL_LIGHT = "needs_special_light"
    NO_SUCH_CHECK = "no_such_check"
    COMPARED_BY_PEOPLE = "compared_by_people"
    JUDGED_ELSEWHERE = "judged_elsewhere"
    NOT_READ = "not_read"
    EVALUATORY = "evaluatory"


@dataclass(frozen=True, slots=True)
class Node:
    """One check of the guideline.

    `checks` are ours that this node answers, with every subject that no other node claims; `parts` claims single
    subjects of a check (`("pa.algorithms", "DSC")`). Where one of the checks in `needs` does not apply, the node is
    never successful: a usable key is no proof, and a matching EF.CardAccess in a dump is no access (Tables 5.17 to
    5.20, 5.24 to 5.26). `code_class` None is that of the parent. A node whose note is EVALUATORY is printed and left
    out of roll-ups (TR-03135-1 §3.7).
    """

    id: str
    section: str
    checks: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    children: tuple[Node, ...] = ()
    note: Note | None = None
    needs: tuple[str, ...] = ()
    rule: Rule = Rule.WORST
    code_class: CodeClass | None = None

    def walk(self) -> Iterator[Node]:
        """This node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


N = Note
_SIGNATURE: Final = ("pa.sod.algorithms", "pa.sod.signer_certificate", "pa.sod.signature")
_HASH: Final = ("pa.sod.content_type", "pa.sod.message_digest")
_CARD_SECURITY: Final = "EF.CardSecurity"
_DATA_GROUPS: Final = tuple(name.value for name in ElementaryFile if name.data_group is not None)


def _of(subject: str, *checks: str) -> tuple[tuple[str, str], ...]:
    return tuple((check, subject) for check in checks)


_OPTICAL: Final = Node("optical", "5.5", code_class=CodeClass.OPTICAL, children=(
    Node("document_capturing", "5.5.2", note=N.NO_SUCH_CHECK),
    Node("document_model", "5.5.3", note=N.NO_SUCH_CHECK),
    Node("mrz_icao_compliance", "5.5.4.1", children=(
        Node("mrz_consistency", "5.5.4.1.1", ("mrz.format", "mrz.check_digits", "mrz.ocr_confidence")),
        Node("mrz_infrared", "5.5.4.1.2", note=N.NEEDS_SPECIAL_LIGHT),
        Node("mrz_ocr_b", "5.5.4.1.3", note=N.NO_SUCH_CHECK),
    )),
    Node("spectrally_selective", "5.5.4.2", note=N.NEEDS_SPECIAL_LIGHT),
    Node("additional_optical", "5.5.4.3", note=N.NO_SUCH_CHECK),
))  # fmt: skip

_CHIP_ACCESS: Final = Node("chip_access", "5.6.3", ("access.sm", "live.timing"), needs=("access.sm",), children=(
    Node("bac_or_pace", "5.6.3.1", ("access.protocol",), needs=("access.protocol",), children=(
        Node("bac", "5.6.3.1.1", note=N.JUDGED_ELSEWHERE),
        Node("pace", "5.6.3.1.2", ("access.pace_downgrade", "access.card_access_signed"),
             needs=("access.pace_downgrade",)),
    )),
    Node("terminal_authentication", "5.6.3.2", note=N.NO_SUCH_CHECK),
))  # fmt: skip

_AA, _CA, _PACE_CAM = CHIP_PROOFS
_CHIP_AUTHENTICITY: Final = Node("chip_authenticity", "5.6.4.1", rule=Rule.ONE_PROOF, children=(
    Node("active_authentication", "5.6.4.1.1",
         ("aa.key", "aa.algorithm_declared", "aa.signature", "aa.challenge_bound", "evidence.freshness"),
         _of("AA", "pa.algorithms"), needs=_AA),
    Node("chip_authentication", "5.6.4.1.2", ("ca.key", "ca.secure_messaging", "ca.rebind", "ca.claimed"),
         _of("CA", "pa.algorithms"), needs=_CA),
    Node("pace_cam", "5.6.4.1.3", _PACE_CAM, needs=_PACE_CAM),
))  # fmt: skip

_SECURITY_OBJECTS: Final = Node("security_objects", "5.6.4.2.1", children=(
    Node("ef_sod", "5.6.4.2.2", ("pa.sod.encoding", "pa.dg_duplicate"), _of("EF.SOD", "lds.parse"), children=(
        Node("ef_sod_hash", "5.6.4.2.2", _HASH),
        Node("ef_sod_signature", "5.6.4.2.2", _SIGNATURE, _of("SOD", "pa.algorithms")),
    )),
    Node("ef_card_security", "5.6.4.2.2", parts=_of(_CARD_SECURITY, "lds.parse", "pa.sod.encoding"), children=(
        Node("ef_card_security_hash", "5.6.4.2.2", parts=_of(_CARD_SECURITY, *_HASH)),
        Node("ef_card_security_signature", "5.6.4.2.2", parts=_of(_CARD_SECURITY, *_SIGNATURE)),
    )),
    Node("ef_chip_security", "5.6.4.2.2", note=N.NO_SUCH_CHECK),
))  # fmt: skip

_ISSUER_CERTIFICATES: Final = Node("issuer_certificates", "5.6.4.3", children=(
    Node("ef_sod_issuer_certificates", "5.6.4.3.2", ("pa.dsc.profile", "pa.csca.profile"), children=(
        Node("ds_certificate_signature", "5.6.4.3.3", ("pa.path", "pa.path.link", "pa.dsc.authorised"),
             (*_of("DSC", "pa.algorithms"), *_of("CSCA", "pa.algorithms"))),
        Node("certificate_validity", "5.6.4.3.4", children=(
            Node("csca_certificate_validity", "5.6.4.3.4", ("pa.csca.validity_now",)),
            Node("ds_certificate_validity", "5.6.4.3.4", ("pa.dsc.validity_now",)),
            Node("validity_at_signing", "5.6.4.3.4",
                 ("pa.dsc.validity_at_signing", "pa.dsc.usage_period", "pa.csca.validity_at_signing")),
        )),
        Node("ds_certificate_revocation", "5.6.4.3.5", ("pa.dsc.revocation", "pa.csca.revocation")),
        Node("trust_status", "5.6.4.3.6", ("pa.csca.trusted",)),
    )),
    Node("ef_card_security_issuer_certificates", "5.6.4.3.2", note=N.JUDGED_ELSEWHERE),
    Node("ef_chip_security_issuer_certificates", "5.6.4.3.2", note=N.NO_SUCH_CHECK),
))  # fmt: skip

_INTEGRITY: Final = Node("chip_integrity", "5.6.4.4", children=(
    Node("ef_sod_against_ef_com", "5.6.4.4.1", ("lds.com_consistent",), _of("EF.COM", "lds.parse")),
    Node("data_group_integrity", "5.6.4.4.2", ("pa.dg_hash", "pa.dg_unlisted", "evidence.complete"),
         (*_of("DG hash", "pa.algorithms"), *(("lds.parse", name) for name in _DATA_GROUPS))),
    Node("other_files", "5.6.4.4", ("lds.parse",)),
))  # fmt: skip

_ELECTRONIC: Final = Node("electronic", "5.6", code_class=CodeClass.ELECTRONIC, children=(
    Node("evidence_source", "5.6", ("evidence.source",), note=N.EVALUATORY),
    _CHIP_ACCESS,
    Node("chip_content", "5.6.4", children=(
        _CHIP_AUTHENTICITY,
        _SECURITY_OBJECTS,
        _ISSUER_CERTIFICATES,
        _INTEGRITY,
        Node("issuing_state", "5.6.4.5", ("cross.country_dsc", "cross.country_csca")),
    )),
))  # fmt: skip

_COMBINED: Final = Node("combined", "5.7", code_class=CodeClass.COMBINED, children=(
    Node("expiration", "5.7.1", ("cross.expiry",)),
    Node("mrz_against_dg1", "5.7.2", ("cross.mrz_dg1",)),
    Node("both_sides_of_td1", "5.7.3.1", note=N.NO_SUCH_CHECK),
    Node("mrz_against_visa", "5.7.4.1", note=N.NO_SUCH_CHECK),
    Node("mrz_against_residence_permit", "5.7.4.2", note=N.NO_SUCH_CHECK),
    Node("number_against_visa_seal", "5.7.4.3", note=N.NO_SUCH_CHECK),
    Node("mrz_against_viz", "5.7.5", note=N.COMPARED_BY_PEOPLE),
    # beside the comparisons with the page, not above them: these two look at the chip alone
    Node("dg11_against_dg1", "5.7.5", ("cross.dg11_dg1",)),
    Node("dg2_against_viz", "5.7.6", note=N.COMPARED_BY_PEOPLE),
    Node("dg2_image", "5.7.6", ("dg2.image_decodes",)),
    Node("mrz_against_seal", "5.7.7", note=N.NO_SUCH_CHECK),
))  # fmt: skip

_DEFECTS: Final = Node("defects", "5.8", code_class=CodeClass.ELECTRONIC, children=(
    Node("optical_defects", "5.8.1", note=N.NO_SUCH_CHECK),
    Node("electronic_defects", "5.8.2", ("pa.deviation",)),
))  # fmt: skip

_SEAL: Final = Node("digital_seal", "5.9", note=N.NO_SUCH_CHECK)

#: The whole document; its result is the overall one of TR-03135-1 §5.4.
TREE: Final = Node("document", "5.4", children=(_OPTICAL, _ELECTRONIC, _COMBINED, _DEFECTS, _SEAL))

_BY_CHECK: Final[Mapping[str, str]] = MappingProxyType(
    {check: node.id for node in TREE.walk() for check in node.checks}
)
_BY_PART: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {part: node.id for node in TREE.walk() for part in node.parts}
)


def home(check: str, subject: str) -> str:
    """The id of the one node that answers a check for a subject; signer threads share a node.

    Raises:
        KeyError: the check is not of the table, or does not speak of the subject.
    """
    name = split_thread(subject)[0] if CHECKS[check].threaded else subject
    return _BY_PART.get((check, name)) or _BY_CHECK[check]


def tree_markdown() -> str:
    """The table of nodes of docs/tr03135.md."""
    rows = ["| clause | node | checks | note |\n|---|---|---|---|\n"]
    for node in TREE.walk():
        checks = [f"`{check}`" for check in node.checks]
        checks += [f"`{check}` of {subject}" for check, subject in node.parts if subject not in _DATA_GROUPS]
        checks += ["`lds.parse` of EF.DG1 to EF.DG16"] if ("lds.parse", "EF.DG1") in node.parts else []
        note = "" if node.note is None else f"`{node.note}`"
        rows.append(f"| {node.section} | `{node.id}` | {', '.join(checks)} | {note} |\n")
    return "".join(rows)
