"""Fetches lists from their publishers. Addresses are the administrators', answers are anybody's.

Only https, plain http for this machine alone; bounded in size, time and redirects; no credentials are sent. What
comes back is material for an import like any other, and the people who import it decide.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Final, Self

import httpx2

from service.domain.errors import ConfigurationError
from service.domain.trust import FetchError, FetchProblem
from service.exposure import is_loopback

#: The largest national list is 2 MiB; a PKD without its DSCs is below this too.
MAX_LIST: Final = 64 * 1024 * 1024
#: A page that moved, a content network, and one more.
MAX_REDIRECTS: Final = 3
#: For connecting, and between two pieces of an answer.
TIMEOUT_S: Final = 30.0
#: For the whole: a server that sends one octet a second must not hold us.
DEADLINE_S: Final = 300.0


class HttpsListFetcher:
    """Answers `service.domain.ports.ListFetcher`. The proxies of the environment are used.

    Args:
        deadline_s: seconds for one whole answer, redirects and names included.
        timeout_s: seconds between two pieces of it.

    Raises:
        ConfigurationError: the environment names a proxy that cannot be used.
    """

    def __init__(self, *, deadline_s: float = DEADLINE_S, timeout_s: float = TIMEOUT_S) -> None:
        self._deadline_s = deadline_s
        self._timeout_s = timeout_s
        self._http = self._client()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def fetch(self, url: str) -> bytes:
        # In a thread, because only so a deadline holds for all of it: names that are slow to resolve, and headers
        # that come an octet at a time, are read in one call that nothing else ends.
        answer: Future[bytes] = Future()
        threading.Thread(target=self._answer, args=(self._http, url, answer), daemon=True).start()
        try:
            return answer.result(self._deadline_s)
        except TimeoutError:
            # The thread meets a closed connection at the next octet; the next publisher gets a client of its own.
            self._http.close()
            self._http = self._client()
            raise FetchError(FetchProblem.TIMEOUT) from None

    def _client(self) -> httpx2.Client:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "passkoll"}
        try:
            return httpx2.Client(headers=headers, timeout=self._timeout_s, follow_redirects=False)
        except (httpx2.InvalidURL, ValueError, ImportError):
            # The text of the error holds the address of the proxy, which may hold a password.
            raise ConfigurationError(
                "a proxy of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY) cannot be used: name it as http://…"
            ) from None

    def _answer(self, http: httpx2.Client, url: str, answer: Future[bytes]) -> None:
        try:
            answer.set_result(_followed(http, url))
        except BaseException as error:  # raised again where somebody waits
            answer.set_exception(error)


def _followed(http: httpx2.Client, url: str) -> bytes:
    here = _address(url, FetchProblem.URL_REFUSED)
    if not _allowed(here):
        raise FetchError(FetchProblem.URL_REFUSED)
    refusal = FetchProblem.URL_REFUSED
    for _ in range(MAX_REDIRECTS + 1):
        found = _get(http, here, refusal)
        if isinstance(found, bytes):
            return found
        refusal = FetchProblem.REDIRECT_REFUSED
        if not _allowed(found) or (here.scheme == "https" and found.scheme != "https"):
            raise FetchError(refusal)
        here = found
    raise FetchError(FetchProblem.TOO_MANY_REDIRECTS)


def _get(http: httpx2.Client, url: httpx2.URL, refusal: FetchProblem) -> bytes | httpx2.URL:
    """The content, or where it went; `refusal` for an address that cannot be asked."""
    try:
        with http.stream("GET", url) as answer:
            # Nobody's cookies: the next address may be another's.
            http.cookies.clear()
            if answer.has_redirect_location:
                return _address(answer.headers["location"], FetchProblem.REDIRECT_REFUSED, url)
            if answer.status_code != httpx2.codes.OK:
                raise FetchError(FetchProblem.STATUS)
            if answer.headers.get("content-encoding", "identity").lower() != "identity":
                raise FetchError(FetchProblem.ENCODED)
            return _bounded(answer)
    except httpx2.TimeoutException:
        raise FetchError(FetchProblem.TIMEOUT) from None
    except httpx2.HTTPError:
        # The text of the error may hold the address, which may hold a secret path.
        raise FetchError(FetchProblem.UNREACHABLE) from None
    except (httpx2.InvalidURL, ValueError):
        # A name with an empty or too long label (`a..b`) is found out only when it is looked up.
        raise FetchError(refusal) from None


def _bounded(answer: httpx2.Response) -> bytes:
    content = bytearray()
    for piece in answer.iter_raw():
        content += piece
        if len(content) > MAX_LIST:
            raise FetchError(FetchProblem.TOO_LARGE)
    return bytes(content)


def _address(url: str, refusal: FetchProblem, base: httpx2.URL | None = None) -> httpx2.URL:
    try:
        return httpx2.URL(url) if base is None else base.join(url)
    except (httpx2.InvalidURL, ValueError):
        raise FetchError(refusal) from None


def _allowed(url: httpx2.URL) -> bool:
    """Encrypted, or on this machine; and without a name or password inside."""
    if url.userinfo or not url.host:
        return False
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))
