"""Core: what one OSDP reader's link is worth at this moment, and which of its events count. Time is passed in.

libosdp brings the secure channel up and says what it hears; this decides. Three things are not left to it:
a reader that is silent counts as lost after 2 s (libosdp probes for about 8 s), a failed attempt is repeated after
seconds (libosdp waits 300 s), and a reader hands over what it kept while it was cut off as soon as it is back
(libosdp takes it for new): a card shown to a dead line must not open the door minutes later.
"""

from __future__ import annotations

from dataclasses import dataclass

LOST_AFTER_S = 2.0
"""Silent or without a secure channel for this long: lost. A healthy reader answers a poll every 50 ms."""
SETTLE_S = 1.0
"""After the channel came up, events are what the reader had kept: dropped until this time is over ..."""
SETTLE_PAUSE_S = 0.3
"""... and until none has come for this long; kept ones come one per poll."""
STALE_S = 2.0
"""Events that may be older than this are dropped."""
RETRY_FIRST_S, RETRY_MAX_S = 0.5, 5.0
ATTEMPT_S = 5.0
"""An attempt without result is given up after this long: seven exchanges at 9600 baud take about 1 s."""


@dataclass(slots=True, kw_only=True)
class Dropped:
    """Events of a reader that were not passed on."""

    early: int = 0
    """Before the secure channel was up, or kept by the reader from before."""
    stale: int = 0
    tampered: int = 0
    """While the reader's case was open."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Say once that the reader is lost."""

    cause: str


@dataclass(frozen=True, slots=True)
class Back:
    """Say once that the reader works."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Disable and enable the reader in libosdp: it begins anew at once."""


Step = Lost | Back | Restart


class ReaderLink:
    """The link to one reader. ``began_mono_s``: when it was first tried."""

    def __init__(self, name: str, began_mono_s: float) -> None:
        self.name = name
        self.up: bool | None = None
        """As last said; None before the first word."""
        self.dropped = Dropped()
        self.secure = False
        self._insecure_mono_s = began_mono_s
        self._attempt_mono_s = began_mono_s
        self._heard_mono_s = began_mono_s
        self._answered = False
        """The reader said anything since the channel was last up, or its port was: an attempt that has only just begun
        does not make it silent."""
        self._failed_mono_s: float | None = None
        self._retry_s = RETRY_FIRST_S
        self._quiet_until_mono_s = 0.0
        self._tampered = False
        self._power_failed = False

    def heard(self, now_mono_s: float) -> None:
        """The reader's address was seen on the line."""
        self._heard_mono_s = now_mono_s
        self._answered = True

    def failed(self, now_mono_s: float) -> None:
        """libosdp gave the attempt up."""
        self._failed_mono_s = self._failed_mono_s or now_mono_s

    def stalled(self, now_mono_s: float) -> None:
        """Nobody listened for a while: what comes now may have waited that long."""
        self._quiet_until_mono_s = max(self._quiet_until_mono_s, now_mono_s + SETTLE_S)
        self._heard_mono_s = max(self._heard_mono_s, now_mono_s)

    def watch(self, secure: bool, now_mono_s: float) -> list[Step]:
        """What follows from the channel's state now. Call it at least ten times a second."""
        if secure and now_mono_s - self._heard_mono_s > LOST_AFTER_S:
            return self._begin_anew(now_mono_s)
        if secure:
            return self._works(now_mono_s)
        if self.secure:
            self.secure, self._insecure_mono_s = False, now_mono_s
        steps: list[Step] = []
        if now_mono_s - self._insecure_mono_s > LOST_AFTER_S:
            steps += self._say_lost(self._cause())
        given_up = self._failed_mono_s is not None and now_mono_s - self._failed_mono_s >= self._retry_s
        if given_up or now_mono_s - self._attempt_mono_s > ATTEMPT_S + self._retry_s:
            steps += self._begin_anew(now_mono_s)
        return steps

    def port_back(self, now_mono_s: float) -> list[Step]:
        """The port was opened (again)."""
        self._retry_s = RETRY_FIRST_S
        self._insecure_mono_s = self._heard_mono_s = now_mono_s
        return self._begin_anew(now_mono_s, silent=True)

    def port_lost(self, cause: str) -> list[Step]:
        """The port is gone."""
        self.secure = False
        return self._say_lost(cause)

    def health(self, tampered: bool, power_failed: bool) -> list[Step]:
        """The reader told of its case and its supply (osdp_LSTATR)."""
        if (tampered, power_failed) == (self._tampered, self._power_failed):
            return []
        self._tampered, self._power_failed = tampered, power_failed
        if trouble := self._trouble():
            return self._say_lost(trouble)
        if self.secure and self.up is not True:
            self.up = True
            return [Back()]
        return []

    def takes(self, now_mono_s: float) -> bool:
        """Whether an event that came now counts; otherwise it is dropped and counted."""
        if not self.secure:
            self.dropped.early += 1
            return False
        if now_mono_s < self._quiet_until_mono_s:
            self.dropped.early += 1
            self._quiet_until_mono_s = max(self._quiet_until_mono_s, now_mono_s + SETTLE_PAUSE_S)
            return False
        if self._tampered:
            self.dropped.tampered += 1
            return False
        return True

    def _works(self, now_mono_s: float) -> list[Step]:
        if self.secure:
            return []
        self.secure, self._failed_mono_s, self._retry_s = True, None, RETRY_FIRST_S
        self._quiet_until_mono_s = now_mono_s + SETTLE_S
        if self.up is True or self._trouble():
            return []
        self.up = True
        return [Back()]

    def _begin_anew(self, now_mono_s: float, *, silent: bool = False) -> list[Step]:
        said = self._say_lost(self._cause()) if self.secure and not silent else []
        if self.secure:
            self._insecure_mono_s = now_mono_s
        elif not silent:
            self._retry_s = min(RETRY_MAX_S, self._retry_s * 2)
        self._answered = self._answered and not self.secure and not silent
        self.secure = False
        self._attempt_mono_s, self._failed_mono_s = now_mono_s, None
        return [*said, Restart()]

    def _say_lost(self, cause: str) -> list[Step]:
        if self.up is False:
            return []
        self.up = False
        return [Lost(cause)]

    def _trouble(self) -> str:
        if self._tampered:
            return (
                f"读头 {self.name} 外壳被打开，其刷卡不予受理 / reader {self.name} was opened: what it reads is dropped"
            )
        if self._power_failed:
            return (
                f"读头 {self.name} 供电异常，请检查电源 / reader {self.name} reports a power failure: check its supply"
            )
        return ""

    def _cause(self) -> str:
        if self._answered and not self.secure:
            return (
                f"读头 {self.name} 有应答但安全通道建不起来：密钥不符或读头未写入密钥，请核对 key_file / "
                f"reader {self.name} answers but the secure channel fails: its key is another one or none, "
                "check key_file"
            )
        return (
            f"读头 {self.name} 无应答，请检查供电、A/B 线、地址和波特率 / "
            f"reader {self.name} does not answer: check its power, the A/B pair, address and baud rate"
        )
