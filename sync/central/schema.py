"""The centre's tables as numbered migrations. Core: SQL text only.

``epoch`` is the centre's own number of a line of history: the gateway's epoch where that is still free, else the next
one, because a gateway that was rolled back without knowing it repeats its epoch. Key: (gateway, epoch, seq).
"""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "first",
        (
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
            "CREATE TABLE sources (url TEXT PRIMARY KEY, gateway TEXT NOT NULL)",
            """CREATE TABLE cursors (
                gateway TEXT PRIMARY KEY, epoch INTEGER NOT NULL, gateway_epoch INTEGER NOT NULL,
                seq INTEGER NOT NULL, hash TEXT NOT NULL, public_key TEXT NOT NULL, wall_us INTEGER NOT NULL)""",
            """CREATE TABLE branches (
                gateway TEXT NOT NULL, epoch INTEGER NOT NULL, gateway_epoch INTEGER NOT NULL, parent INTEGER,
                fork_seq INTEGER NOT NULL, fork_hash TEXT NOT NULL, PRIMARY KEY (gateway, epoch))""",
            """CREATE TABLE events (
                gateway TEXT NOT NULL, epoch INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL,
                kind TEXT NOT NULL, source TEXT NOT NULL, priority INTEGER NOT NULL, wall_us INTEGER NOT NULL,
                mono_ns INTEGER NOT NULL, boot_id TEXT NOT NULL, clock TEXT NOT NULL, body TEXT NOT NULL,
                prev TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (gateway, epoch, seq)) WITHOUT ROWID""",
            """CREATE TABLE gaps (
                gateway TEXT NOT NULL, epoch INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
                last_hash TEXT NOT NULL, record TEXT NOT NULL, signed INTEGER NOT NULL, wall_us INTEGER NOT NULL,
                PRIMARY KEY (gateway, epoch, first_seq))""",
            """CREATE TABLE forks (
                gateway TEXT NOT NULL, epoch INTEGER NOT NULL, reason TEXT NOT NULL, common_seq INTEGER NOT NULL,
                abandoned_events INTEGER NOT NULL, wall_us INTEGER NOT NULL, PRIMARY KEY (gateway, epoch))""",
            """CREATE TABLE alarms (
                number INTEGER PRIMARY KEY, gateway TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL,
                wall_us INTEGER NOT NULL)""",
        ),
    ),
)
