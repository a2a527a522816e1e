"""What every answer tells browsers (OWASP ASVS 5.0 V3.4)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: JSON for programs: nothing may be framed, sniffed, cached or sent on.
SECURITY_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
)

#: RFC 6797 §7.2: a host must not send it over a connection that is not secure.
HSTS: Final = "Strict-Transport-Security"
HSTS_POLICY: Final = "max-age=31536000; includeSubDomains"

#: Paths below which pages live, and what those may load; the longest that fits counts, and no page may be framed.
PAGE_POLICIES: Final[Mapping[str, str]] = MappingProxyType({})


def security_headers(path: str, *, secure: bool) -> Mapping[str, str]:
    """The headers of an answer at a path; `secure`: whether the request came by https."""
    headers = dict(SECURITY_HEADERS)
    fitting = [prefix for prefix in PAGE_POLICIES if path.startswith(prefix)]
    if fitting:
        headers["Content-Security-Policy"] = PAGE_POLICIES[max(fitting, key=len)]
    if secure:
        headers[HSTS] = HSTS_POLICY
    return headers
