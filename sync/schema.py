"""The store's tables as numbered migrations. Core: SQL text only.

A migration is never edited once released; a change is a new number.
"""

from __future__ import annotations

FACE_COLUMNS = (
    "seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, person TEXT NOT NULL, model TEXT NOT NULL, "
    "sealed BLOB NOT NULL, negative INTEGER NOT NULL, source TEXT NOT NULL, quality REAL NOT NULL, "
    "created_s REAL NOT NULL"
)
FACE_INDEX = "CREATE INDEX faces_by_person ON faces (person, negative)"

MIGRATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "first",
        (
            "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
            """CREATE TABLE events (
                seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, source TEXT NOT NULL,
                priority INTEGER NOT NULL, wall_us INTEGER NOT NULL, mono_ns INTEGER NOT NULL,
                boot_id TEXT NOT NULL, clock TEXT NOT NULL, body TEXT NOT NULL,
                prev TEXT NOT NULL, hash TEXT NOT NULL)""",
            "CREATE INDEX events_by_kind ON events (kind, seq)",
            """CREATE TABLE epochs (
                epoch INTEGER PRIMARY KEY, fork_seq INTEGER NOT NULL, fork_hash TEXT NOT NULL,
                reason TEXT NOT NULL, wall_us INTEGER NOT NULL)""",
            """CREATE TABLE gaps (
                last_seq INTEGER PRIMARY KEY, record TEXT NOT NULL)""",
            """CREATE TABLE acks (
                central TEXT PRIMARY KEY, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,
                wall_us INTEGER NOT NULL)""",
            """CREATE TABLE media (
                sha256 TEXT PRIMARY KEY, mime TEXT NOT NULL, size INTEGER NOT NULL, last_seq INTEGER NOT NULL,
                priority INTEGER NOT NULL, stored INTEGER NOT NULL)""",
            "CREATE INDEX media_by_seq ON media (stored, last_seq)",
            """CREATE TABLE vehicles (
                plate TEXT PRIMARY KEY, owner TEXT NOT NULL, place TEXT NOT NULL, valid_from_s REAL,
                valid_until_s REAL, lanes TEXT NOT NULL, blocked TEXT NOT NULL)""",
            """CREATE TABLE bookings (
                id TEXT PRIMARY KEY, plate TEXT NOT NULL, visitor TEXT NOT NULL, host TEXT NOT NULL,
                not_before_s REAL NOT NULL, not_after_s REAL NOT NULL, lanes TEXT NOT NULL,
                entries_allowed INTEGER NOT NULL, entries_used INTEGER NOT NULL, cancelled INTEGER NOT NULL)""",
        ),
    ),
    (
        "people, codes, slips, presence",
        (
            """CREATE TABLE people (
                id TEXT PRIMARY KEY, name TEXT NOT NULL, place TEXT NOT NULL, gates TEXT NOT NULL,
                schedule TEXT NOT NULL, valid_until_s REAL, first_person INTEGER NOT NULL, blocked TEXT NOT NULL)""",
            """CREATE TABLE keys (
                kind TEXT NOT NULL, value TEXT NOT NULL, person TEXT NOT NULL, duress INTEGER NOT NULL,
                blocked TEXT NOT NULL, PRIMARY KEY (kind, value))""",
            "CREATE INDEX keys_by_person ON keys (person)",
            """CREATE TABLE codes (
                id TEXT PRIMARY KEY, hmac TEXT NOT NULL UNIQUE, host TEXT NOT NULL, visitor TEXT NOT NULL,
                gates TEXT NOT NULL, not_before_s REAL NOT NULL, not_after_s REAL NOT NULL,
                uses_allowed INTEGER NOT NULL, uses_used INTEGER NOT NULL, plate TEXT NOT NULL,
                revoked INTEGER NOT NULL)""",
            """CREATE TABLE slips (
                id TEXT PRIMARY KEY, host TEXT NOT NULL, consent_by TEXT NOT NULL, approved_by TEXT NOT NULL,
                items TEXT NOT NULL, not_before_s REAL NOT NULL, not_after_s REAL NOT NULL, plate TEXT NOT NULL,
                used INTEGER NOT NULL, revoked INTEGER NOT NULL)""",
            """CREATE TABLE inside (
                key TEXT PRIMARY KEY, name TEXT NOT NULL, gate TEXT NOT NULL, since_s REAL NOT NULL,
                event_id TEXT NOT NULL)""",
            "CREATE TABLE spent_passes (id TEXT PRIMARY KEY, uses INTEGER NOT NULL) WITHOUT ROWID",
        ),
    ),
    ("ends of passes", ("ALTER TABLE spent_passes ADD COLUMN until_s REAL",)),
    (
        "faces",
        (
            """CREATE TABLE consents (
                person TEXT PRIMARY KEY, purpose TEXT NOT NULL, given_by TEXT NOT NULL, given_at_s REAL NOT NULL,
                recorded_by TEXT NOT NULL, until_s REAL)""",
            f"CREATE TABLE faces ({FACE_COLUMNS})",
            FACE_INDEX,
            "ALTER TABLE media ADD COLUMN stranger INTEGER NOT NULL DEFAULT 0",
        ),
    ),
    ("events by time", ("CREATE INDEX events_by_time ON events (kind, wall_us)",)),
)

EVENT_COLUMNS = "seq, id, kind, source, priority, wall_us, mono_ns, boot_id, clock, body, prev, hash"
