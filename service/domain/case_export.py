"""What a case on paper is made of: names and shapes that `audit export` writes and `audit recheck` reads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

from mrtd.evidence import ElementaryFile
from mrtd.inspection.report import canonical_json

SCHEMA: Final = "passkoll/case-export/1"

MANIFEST: Final = "manifest.json"
CASE: Final = "case.json"
REPORT: Final = "report.json"
PRINTED: Final = "printed-mrz.json"
EVIDENCE: Final = "evidence.json"
#: What the result said; it is kept when what it was made from is erased.
CLAIMS: Final = "result-claims.json"
#: The signed identity as it was handed over last.
RESULT: Final = "result.jwt"
TRUST_STORE: Final = "trust-store.bin"
ENTRIES: Final = "audit-entries.json"
CHAIN: Final = "audit-chain.json"
KEYS: Final = "jwks.json"

#: Pictures of the person never leave the service this way (RULES.md section 1, "Retention").
PICTURES: Final = frozenset({ElementaryFile.DG2, ElementaryFile.DG5, ElementaryFile.DG7})


def file_name(name: ElementaryFile) -> str:
    """Where an elementary file stands in the archive."""
    return f"evidence/{name.value.replace('/', '_')}.bin"


def page_name(language: str) -> str:
    """Where the page for people stands."""
    return f"page.{language}.html"


def contents_digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and digests of what the case itself is; the line of the export names it.

    The trail, the keys, and the pages made of these are not in it.
    """
    digests = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in files.items()
        if name not in (MANIFEST, ENTRIES, CHAIN, KEYS) and not name.endswith(".html")
    }
    return hashlib.sha256(canonical_json(digests)).hexdigest()


FILES: Final = {file_name(name): name for name in ElementaryFile}
