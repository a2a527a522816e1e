"""Changes deep inside a structure, with the lengths of everything around put right."""

from __future__ import annotations

from hypothesis import strategies as st

from mrtd import tlv
from mrtd.errors import MrtdError
from mrtd.tlv import Tlv
from tests.mrtd.lds.build import der
from tests.mrtd.lds.mutations import edited


def rebuilt(item: Tlv, target: int, value: bytes) -> bytes:
    """The encoding of `item` in which the object that starts at `target` has another value."""
    if item.start == target:
        return der(item.tag, value)
    if not item.constructed or not item.start <= target < item.end:
        return item.raw
    return der(item.tag, *(rebuilt(child, target, value) for child in item.children()))


@st.composite
def deeply_mutated(draw: st.DrawFn, files: list[bytes]) -> bytes:
    """One of `files` with one object changed; sometimes any octets changed."""
    data = draw(st.sampled_from(files))
    if draw(st.integers(0, 5)) == 0:
        return edited(data, draw)
    item = tlv.read(data)
    outer = item
    for _ in range(draw(st.integers(1, 8))):
        if not item.constructed:
            break
        children = item.children()
        if not children:
            break
        item = draw(st.sampled_from(children))
    try:
        return rebuilt(outer, item.start, edited(item.value, draw))
    except MrtdError:
        return edited(data, draw)
