"""Which HTTP answers may be written behind what is there: a table."""

from __future__ import annotations

import pytest

from vision.models.errors import PullError
from vision.models.resume import Action, Partial, judge, request_headers

SIZE = 1000
NOTHING = Partial()
SOME = Partial(400, '"v1"')
UNTAGGED = Partial(400, "")
WEAK = Partial(400, 'W/"v1"')


@pytest.mark.parametrize(
    ("partial", "range_", "if_range"),
    [
        (NOTHING, None, None),
        (SOME, "bytes=400-", '"v1"'),
        (UNTAGGED, "bytes=400-", None),
        (WEAK, "bytes=400-", None),  # RFC 9110 13.1.5: no weak tags in If-Range
    ],
)
def test_what_is_asked(partial: Partial, range_: str | None, if_range: str | None) -> None:
    headers = request_headers(partial)
    assert (headers.get("Range"), headers.get("If-Range")) == (range_, if_range)
    assert headers["Accept-Encoding"] == "identity"


def span(first: int, last: int = SIZE - 1, total: int | str = SIZE) -> dict[str, str]:
    return {"content-range": f"bytes {first}-{last}/{total}", "etag": '"v1"'}


@pytest.mark.parametrize(
    ("partial", "status", "headers", "action"),
    [
        (NOTHING, 200, {}, Action.REPLACE),
        (NOTHING, 200, {"content-length": "1000"}, Action.REPLACE),
        (NOTHING, 200, {"content-length": "many"}, Action.REPLACE),
        (SOME, 200, {"content-length": "1000"}, Action.REPLACE),
        (SOME, 206, span(400), Action.APPEND),
        (SOME, 206, span(400, 500), Action.APPEND),
        (SOME, 206, span(0), Action.DROP),
        (SOME, 206, span(401), Action.DROP),
        (SOME, 206, span(400, 1000), Action.DROP),
        (SOME, 206, span(400, 399), Action.DROP),
        (SOME, 206, span(400) | {"etag": '"v2"'}, Action.DROP),
        (SOME, 206, {"content-range": "bytes 400-999/1000"}, Action.DROP),
        (SOME, 206, {"etag": '"v1"'}, Action.DROP),
        (SOME, 206, {"content-range": "bytes 400-999/*", "etag": '"v1"'}, Action.DROP),
        (UNTAGGED, 206, {"content-range": "bytes 400-999/1000"}, Action.APPEND),
        (UNTAGGED, 206, span(400), Action.DROP),
        (WEAK, 206, span(400) | {"etag": 'W/"v1"'}, Action.APPEND),
        (SOME, 416, {}, Action.DROP),
    ],
)
def test_answers_that_may_be_used(partial: Partial, status: int, headers: dict[str, str], action: Action) -> None:
    assert judge(status, headers, partial, SIZE) is action


@pytest.mark.parametrize(
    ("partial", "status", "headers", "says", "retry"),
    [
        (NOTHING, 200, {"content-length": "999"}, "1000 bytes expected, the server has 999", False),
        (SOME, 206, span(400, 998, 999), "1000 bytes expected, the server has 999", False),
        (NOTHING, 200, {"content-encoding": "gzip"}, "compressed", False),
        (NOTHING, 206, span(0), "HTTP 206", False),
        (NOTHING, 416, {}, "HTTP 416", False),
        (NOTHING, 404, {}, "HTTP 404", False),
        (NOTHING, 403, {}, "HTTP 403", False),
        (NOTHING, 301, {}, "HTTP 301", False),
        (NOTHING, 204, {}, "HTTP 204", False),
        (SOME, 429, {}, "busy (HTTP 429)", True),
        (SOME, 503, {}, "busy (HTTP 503)", True),
    ],
)
def test_answers_that_end_an_attempt(
    partial: Partial, status: int, headers: dict[str, str], says: str, retry: bool
) -> None:
    with pytest.raises(PullError) as caught:
        judge(status, headers, partial, SIZE)
    assert says in caught.value.en
    assert caught.value.retry is retry
