"""A person at the console, as a program plays one for specimens: the cookie of a session, and its CSRF header.

anna = ConsoleSession.sign_in("http://127.0.0.1:8000", link)      # of `passkoll admin sign-in-link`
anna.request("GET", "/v1/me")
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

import httpx2

from service.client.dpop import TIMEOUT_S

#: The cookie is for TLS alone; on this machine a program sends it without, as browsers do to localhost.
_COOKIE: Final = "__Host-passkoll"
_CSRF: Final = "X-Passkoll-CSRF"


class ConsoleError(Exception):
    """The service did not sign somebody in; `code` is its problem, or what else happened."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class ConsoleSession:
    """Somebody who is signed in.

    Args:
        http: an own connection to the service.
        cookie: of the session.
        csrf: what pages of the console send back beside it.
        person: `pe_` and 26 characters.
    """

    def __init__(self, http: httpx2.Client, cookie: str, csrf: str, person: str) -> None:
        self._http: Final = http
        self._cookie = cookie
        self._csrf = csrf
        self.person: Final = person

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    @classmethod
    def sign_in(cls, url: str, link: str) -> Self:
        """Sign in with a one-time link of the command line; the specimen realm alone has them.

        Raises:
            ConsoleError: the service refuses, or is not there.
        """
        http = httpx2.Client(base_url=url.rstrip("/"), timeout=TIMEOUT_S, trust_env=False)
        return cls(http, *_finished(http, {}, "/v1/sign-ins", {"method": "link"}, link))

    def step_up(self, link: str, decision_hash: str) -> None:
        """Prove anew who one is, for one decision.

        Raises:
            ConsoleError: the service refuses, or is not there.
        """
        begin = {"method": "link", "decision_hash": decision_hash}
        self._cookie, self._csrf, _ = _finished(self._http, self._headers(), "/v1/sessions/step-up", begin, link)

    def request(self, method: str, path: str, **options: Any) -> httpx2.Response:  # noqa: ANN401 as httpx2 takes them
        """Send one; `options` are those of httpx2.

        Raises:
            httpx2.HTTPError: the service cannot be reached.
        """
        headers = {**options.pop("headers", {}), **self._headers()}
        return self._http.request(method, path, headers=headers, **options)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": f"{_COOKIE}={self._cookie}", _CSRF: self._csrf}


def _finished(
    http: httpx2.Client, headers: dict[str, str], path: str, begin: dict[str, str], link: str
) -> tuple[str, str, str]:
    """Begin a sign-in and finish it: the cookie, the CSRF token and the person."""
    try:
        begun = http.post(path, json=begin, headers=headers)
        if not begun.is_success:
            raise ConsoleError(str(begun.json()["code"]))
        bound = [f"{name}={value}" for name, value in begun.cookies.items()]
        own = headers.get("Cookie")
        cookies = "; ".join([*bound, *([own] if own else [])])
        answer = http.post(
            f"/v1/sign-ins/{begun.json()['id']}",
            json={"link": link},
            headers={**headers, **({"Cookie": cookies} if cookies else {})},
        )
        if not answer.is_success:
            raise ConsoleError(str(answer.json()["code"]))
        me = answer.json()["me"]
        return answer.cookies[_COOKIE], str(me["csrf"]), str(me["id"])
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise ConsoleError(type(error).__name__) from None
    except (ValueError, KeyError, TypeError):
        raise ConsoleError("no session in the answer: is this the service?") from None
