"""What can go wrong with the record, in zh and en. Core: exceptions only; they mean "could not", never "may not"."""

from __future__ import annotations


class SyncError(Exception):
    """Base of the room's errors; ``zh`` and ``en`` name the place and the remedy."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


class DraftRefused(SyncError, ValueError):
    """This draft or change can never be stored; it fails alone."""


class StoreLocked(SyncError):
    """Another process owns this store."""


class SchemaTooNew(SyncError):
    """The file was written by a newer version."""


class StoreUnusable(SyncError):
    """The store cannot be opened at all (rights, missing directory, no room)."""


class StoreClosed(SyncError):
    """The store was closed before the event became durable."""

    @classmethod
    def now(cls) -> StoreClosed:
        """With its sentence."""
        return cls("日志已关闭，事件未写入", "the log was closed before the event was written")


class LogFull(SyncError):
    """The event was dropped because too many wait for a log that cannot be written."""

    @classmethod
    def now(cls) -> LogFull:
        """With its sentence."""
        return cls(
            "日志无法写入且待写过多，本事件被舍弃；请查磁盘",
            "the log cannot be written and too much waits, so this event was dropped; look at the disk",
        )


class BlobDamaged(SyncError):
    """A stored picture no longer has the hash that is its name."""


class WireError(SyncError, ValueError):
    """A page of the feed is damaged or incomplete."""


class CentralError(SyncError):
    """The puller cannot go on: the address, the token or the answer is wrong."""
