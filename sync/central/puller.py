"""The centre's puller: asks after its cursor, checks, stores, goes on. Shell: HTTP and SQLite.

Idempotent: the cursor moves in the transaction of its events, so a lost reply or a killed puller costs a request,
never an event.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sync.central.client import Answer, Client, Unreachable
from sync.central.store import CentralCursor, CentralStore, unusable
from sync.central.verify import verify
from sync.chain import GapRecord
from sync.errors import CentralError, WireError
from sync.wire import Page, decode_page

_LOG = logging.getLogger(__name__)
_BACKOFF_MIN_S = 1.0
_BACKOFF_MAX_S = 30.0


class Forbidden(CentralError):
    """The token is missing, wrong, or not allowed to pull."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullResult:
    """What one request brought."""

    pulled: int
    last_seq: int
    level: bool
    """Nothing newer was there."""
    gap: bool = False
    fork: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A run's outcome; the last line of ``menwei central pull``."""

    gateway: str
    epoch: int
    pulled: int
    last_seq: int
    chain_ok: bool
    gaps: int
    forks: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class Puller:
    """Pulls one gateway into a central store; belongs to one thread, ``interrupt`` may come from another."""

    def __init__(
        self,
        url: str,
        store_path: Path,
        token: str = "",
        *,
        limit: int = 500,
        timeout_s: float = 10.0,
        central_id: str | None = None,
        ca_file: str | None = None,
        client: Client | None = None,
    ) -> None:
        self._client = client or Client(url, token, timeout_s, ca_file)
        self._store = CentralStore(store_path)
        self._central_id = central_id or self._store.central_id
        self._limit = limit
        self._gateway = self._store.gateway_at(self._client.url)
        self.pulled = 0
        self.last_error = ""

    def __enter__(self) -> Puller:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the store go."""
        self._store.close()

    def interrupt(self) -> None:
        """End a long poll from another thread; that request counts as unanswered."""
        self._client.interrupt()

    def pull_once(self, wait_s: float = 0.0) -> PullResult:
        """One request and what follows from it.

        Raises Unreachable (try later), Forbidden, or CentralError (the answer cannot be used; nothing was stored).
        """
        try:
            return self._pull(wait_s)
        except sqlite3.Error as error:
            raise unusable(self._store.path, error) from error

    def pull_until_level(self) -> Result:
        """Pull until nothing newer is there."""
        while not self.pull_once().level:
            pass
        return self.result()

    def follow(
        self,
        stop: threading.Event,
        *,
        wait_s: float = 25.0,
        tell: Callable[[PullResult | CentralError], None] | None = None,
    ) -> None:
        """Pull for ever with long polls; errors are told, then retried with back-off from 1 to 30 s."""
        backoff_s = _BACKOFF_MIN_S
        while not stop.is_set():
            try:
                outcome: PullResult | CentralError = self.pull_once(wait_s)
                backoff_s, self.last_error = _BACKOFF_MIN_S, ""
            except CentralError as error:
                outcome, self.last_error = error, str(error)
            if stop.is_set():
                return
            if tell:
                tell(outcome)
            if isinstance(outcome, CentralError):
                _LOG.warning("pull failed, again in %.0f s: %s", backoff_s, outcome.en)
                stop.wait(backoff_s)
                backoff_s = min(backoff_s * 2, _BACKOFF_MAX_S)

    def fetch_blob(self, sha256: str) -> bytes | None:
        """A picture by its hash, checked; None when the gateway has it not or keeps it. Raises like ``pull_once``."""
        answer = self._get(f"/v1/blobs/{sha256}", {}, 0.0)
        if answer.status in (403, 404, 410):
            return None
        if answer.status != 200 or hashlib.sha256(answer.body).hexdigest() != sha256:
            raise Unreachable(f"图片 {sha256} 传输有误", f"picture {sha256} arrived damaged ({answer.status})")
        return answer.body

    def result(self) -> Result:
        """Where the copy stands; checks its whole chain."""
        cursor = self._cursor()
        verdicts = [verdict for verdict in verify(self._store.path) if verdict.gateway == cursor.gateway]
        return Result(
            gateway=cursor.gateway,
            epoch=cursor.epoch,
            pulled=self.pulled,
            last_seq=cursor.seq,
            chain_ok=bool(verdicts) and all(verdict.chain_ok for verdict in verdicts),
            gaps=self._store.count("gaps", cursor.gateway),
            forks=self._store.count("forks", cursor.gateway),
        )

    def _pull(self, wait_s: float) -> PullResult:
        cursor = self._cursor()
        answer = self._ask(cursor.seq, cursor, self._limit, wait_s, ack=True)
        if answer.status == 409:
            return self._follow_fork(cursor, answer.json())
        if answer.status == 410:
            return self._skip_gap(cursor, answer.json())
        return self._take(cursor, answer)

    def _cursor(self) -> CentralCursor:
        """The cursor; at the first contact with an address the gateway is asked who it is."""
        if self._gateway is None:
            answer = self._ask(0, None, 1, 0.0, ack=False)
            if answer.status == 410:
                place = answer.json()
                name, epoch = place.get("gateway"), place.get("epoch")
            else:
                footer = _page(answer).footer
                name, epoch = footer.gateway, footer.epoch
            if not isinstance(name, str) or not isinstance(epoch, int):
                raise _unusable(answer)
            self._store.learn(self._client.url, name, epoch)
            self._gateway = name
        return self._store.cursor(self._gateway)

    def _ask(self, after: int, at: CentralCursor | None, limit: int, wait_s: float, *, ack: bool) -> Answer:
        query = {
            "after": after,
            "epoch": at.gateway_epoch if at else None,
            "head": at.hash if at else None,
            "limit": limit,
            "wait": wait_s or None,
            "central_id": self._central_id if ack else None,
        }
        answer = self._get("/v1/events", query, wait_s)
        if answer.status not in (200, 409, 410):
            said = answer.body[:200].decode(errors="replace")
            raise Unreachable(f"网关回答 {answer.status}：{said}", f"the gateway answers {answer.status}: {said}")
        return answer

    def _get(self, path: str, query: dict[str, Any], wait_s: float) -> Answer:
        answer = self._client.get(path, query, wait_s)
        if answer.status in (401, 403):
            raise Forbidden(
                f"网关拒绝了中心的令牌（{answer.status}）；请核对令牌",
                f"the gateway refused the token ({answer.status}); check it",
            )
        return answer

    def _take(self, cursor: CentralCursor, answer: Answer) -> PullResult:
        page = _page(answer)
        footer = page.footer
        self._same_gateway(cursor, footer.gateway)
        if page.events:
            try:
                cursor = self._store.take(cursor, page)
            except CentralError as error:
                self._store.alarm(cursor.gateway, "chain", {"after": cursor.seq, "error": error.en})
                raise
        self.pulled += len(page.events)
        return PullResult(pulled=len(page.events), last_seq=cursor.seq, level=cursor.seq >= footer.newest)

    def _skip_gap(self, cursor: CentralCursor, body: dict[str, Any]) -> PullResult:
        self._same_gateway(cursor, body.get("gateway"))
        try:
            record = GapRecord.from_dict(body.get("gap"))
        except ValueError as error:
            raise CentralError(f"缺口记录无法读取：{error}", f"cannot read the gap record: {error}") from error
        if record.last_seq <= cursor.seq:
            raise CentralError("缺口记录早于游标", f"the gap ends at {record.last_seq}, the cursor is at {cursor.seq}")
        cursor = self._store.skip(cursor, record)
        return PullResult(pulled=0, last_seq=cursor.seq, level=False, gap=True)

    def _follow_fork(self, cursor: CentralCursor, body: dict[str, Any]) -> PullResult:
        """Find the last common (seq, hash) by halving, and open a new line of history behind it."""
        epoch, oldest = body.get("epoch"), body.get("oldest")
        self._same_gateway(cursor, body.get("gateway"))
        if not isinstance(epoch, int) or not isinstance(oldest, int):
            raise CentralError("分叉说明无法读取", f"cannot read the description of the fork: {body!r:.200}")
        common = self._last_common(cursor, epoch, oldest)
        cursor = self._store.fork(cursor, epoch, common, str(body.get("reason", "")))
        return PullResult(pulled=0, last_seq=cursor.seq, level=False, fork=True)

    def _same_gateway(self, cursor: CentralCursor, answers: object) -> None:
        if answers != cursor.gateway:
            url = self._client.url
            raise CentralError(
                f"{url} 现由网关 {answers} 回答，原为 {cursor.gateway}；请核对地址，新网关请另用中心数据库文件",
                f"{url} is now gateway {answers}, was {cursor.gateway}; check the address, or pull into another file",
            )

    def _last_common(self, cursor: CentralCursor, epoch: int, oldest: int) -> tuple[int, str]:
        best = self._store.known_at_or_before(cursor.gateway, cursor.epoch, 0)
        # Below oldest - 1 the gateway knows no hash any more, so nothing there can be confirmed.
        low, high = max(0, oldest - 2), cursor.seq
        middle = high
        while low < high:
            seq, head = self._store.known_at_or_before(cursor.gateway, cursor.epoch, middle)
            if seq <= low:
                low = middle
            elif self._is_common(cursor, epoch, seq, head):
                best, low = (seq, head), middle
            else:
                high = seq - 1
            middle = (low + high + 1) // 2
        return best

    def _is_common(self, cursor: CentralCursor, epoch: int, seq: int, head: str) -> bool:
        place = CentralCursor(gateway=cursor.gateway, epoch=epoch, gateway_epoch=epoch, seq=seq, hash=head)
        return self._ask(seq, place, 1, 0.0, ack=False).status == 200


def _page(answer: Answer) -> Page:
    if answer.status != 200:
        raise _unusable(answer)
    try:
        return decode_page(answer.body)
    except WireError as error:
        raise Unreachable(error.zh, error.en) from error


def _unusable(answer: Answer) -> CentralError:
    return CentralError(
        f"网关的回答（{answer.status}）无法使用", f"the gateway's answer ({answer.status}) cannot be used"
    )


def pull(url: str, store_path: Path, token: str = "", **settings: Any) -> Result:
    """Pull one gateway until level; what ``menwei central pull`` does."""
    started_s = time.monotonic()
    with Puller(url, store_path, token, **settings) as puller:
        result = puller.pull_until_level()
    _LOG.info("pulled %d events of %s in %.1f s", result.pulled, result.gateway, time.monotonic() - started_s)
    return result
