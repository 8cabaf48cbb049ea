"""What a web server's answer means, for every answer there could be."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as some

from lowband.carriers.answers import SKIP_MOST, Asked, judge
from lowband.carriers.naming import is_depot_file, without_secret
from lowband.errors import CarrierError
from lowband.hub.ranges import BeyondEnd, wanted

numbers = some.integers(0, 1 << 70) | some.integers(0, 300)
ranges = (
    some.builds("bytes {}-{}/{}".format, numbers, numbers, numbers | some.just("*"))
    | some.builds("bytes */{}".format, numbers)
    | some.text(max_size=30)
)
lengths = some.builds(str, some.integers(-5, 1 << 70)) | some.text(max_size=8)
headers = some.dictionaries(
    some.sampled_from(["content-range", "content-length", "content-encoding", "retry-after", "content-type"]),
    ranges | lengths | some.sampled_from(["identity", "gzip", "120"]),
)


@given(some.integers(0, 1 << 40), some.none() | some.integers(1, 1 << 40), some.integers(0, 999), headers)
def test_every_answer_is_judged(start: int, most: int | None, status: int, given_headers: dict[str, str]) -> None:
    """Any status and headers end in a carrier's error or in a body within what was asked for."""
    try:
        body = judge(Asked("depot", "head", start, most), status, given_headers)
    except CarrierError:
        return
    assert status in (200, 206, 416)
    assert 0 <= body.skip <= SKIP_MOST
    assert body.skip in (0, start)
    if most is not None:
        assert body.take is not None
        assert body.take <= most
    if status == 206:
        assert body.skip == 0
        assert body.sure


@given(some.integers(0, 5000), some.integers(1, 5000), some.integers(1, 5000))
def test_hub_and_carrier_agree(start: int, most: int, size: int) -> None:
    """The range that a carrier asks for and the hub's answer to it fit, for any file."""
    asked = Asked("depot", "head", start, most)
    try:
        part = wanted(asked.header()["Range"], size)
    except BeyondEnd:
        assert start >= size
        assert judge(asked, 416, {"content-range": f"bytes */{size}"}).take == 0
        return
    assert part == (start, min(most, size - start))
    first, count = part
    body = judge(asked, 206, {"content-range": f"bytes {first}-{first + count - 1}/{size}"})
    assert (body.skip, body.take, body.sure, body.more) == (0, count, True, False)


@given(some.text(max_size=80) | some.from_regex(r"[0-9a-f]{2}/[0-9a-f]{62}(\.[0-9]{1,3})?", fullmatch=True))
def test_no_name_leaves_the_depot(name: str) -> None:
    """A name that counts as a depot's has at most one slash, between letters and digits, and nothing else."""
    if is_depot_file(name):
        assert re.fullmatch(r"[a-z0-9]+(/[a-z0-9]+(\.[0-9]+)?)?", name, re.ASCII)


@given(some.from_regex(r"[a-z]{1,8}", fullmatch=True), some.from_regex(r"[^/@:\s]{3,12}", fullmatch=True))
def test_passwords_are_not_repeated(user: str, password: str) -> None:
    """An address is shown without its password, and otherwise as it was typed."""
    assert without_secret(f"https://{user}:{password}@host:1/x") == f"https://{user}@host:1/x"
    assert without_secret("https://host:1/x:y@z") == "https://host:1/x:y@z"
