"""Where new lists may be looked for: encrypted, or on this machine, and without a secret that all would read."""

from __future__ import annotations

import pytest

from mrtd.pki.administration import ProposalError, pin_publisher
from mrtd.pki.holdings_codec import decode, encode
from tests.mrtd.pki.administration.build import ListPublisher, holdings, pinned


@pytest.mark.parametrize(
    "url",
    [
        "https://lists.example",
        "https://lists.example:8443/list.ml?edition=new#now",
        "https://lists.example/a@b",
        "http://127.0.0.1:8080/list.ml",
        "http://localhost/list.ml",
        "http://[::1]:1/list.ml",
        "https://lists.example/" + "x" * 1985,
    ],
)
def test_addresses(url: str) -> None:
    de = ListPublisher()
    made = pin_publisher(holdings(), "de", pinned(de.root), url)
    assert decode(encode(made)).publishers["de"].url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://lists.example/list.ml",
        "http://127.0.0.1.lists.example/",
        "http://localhost@lists.example/",
        "http://10.0.0.1/",
        "https://name@lists.example/",
        "https://name:word@lists.example/",
        "https://lists.example\\@other.example/",
        "https://lists.example/\n",
        "https:///list.ml",
        "ftp://127.0.0.1/",
        "https://lists.example/" + "x" * 1986,
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    de = ListPublisher()
    with pytest.raises(ProposalError) as error:
        pin_publisher(holdings(), "de", pinned(de.root), url)
    assert error.value.code == "bad_url"
    assert "word" not in str(error.value)
