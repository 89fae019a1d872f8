"""Who may enter: the lists as rows. Shell: reads and writes within the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from sync.faces import add_face, count_faces, remove_faces
from sync.policy import by_plate
from sync.records import (
    Booking,
    CameIn,
    CancelBooking,
    Change,
    Consent,
    Forget,
    Inside,
    Key,
    Person,
    Policy,
    PutBooking,
    PutCode,
    PutConsent,
    PutFace,
    PutKey,
    PutPerson,
    PutSlip,
    PutVehicle,
    RemoveFaces,
    RemoveKey,
    RemoveNegatives,
    RemovePerson,
    RemoveVehicle,
    RevokeCode,
    Slip,
    SpendPass,
    UseBooking,
    UseCode,
    UseSlip,
    Vehicle,
    VisitorCode,
    WentOut,
)
from sync.tables import Database

VERSION_KEY = "lists_version"
_AS_JSON = ("lanes", "gates", "items")
_AS_BOOL = ("cancelled", "first_person", "duress", "revoked", "used")


def write_changes(db: Database, changes: tuple[Change, ...]) -> bool:
    """Apply the changes to the tables and count the version up by one each; the caller holds the transaction.

    True when templates were removed: they must then be erased (``erasing``).
    """
    removed = 0
    for change in changes:
        match change:
            case RemoveFaces(person=person) | RemovePerson(id=person):
                removed += remove_faces(db.conn, person)
            case RemoveNegatives(person=person):
                removed += remove_faces(db.conn, person, negatives_only=True)
        _write(db, change)
    if changes:
        db.conn.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + ? AS TEXT)",
            (VERSION_KEY, str(len(changes)), len(changes)),
        )
    return removed > 0


def read_policy(conn: sqlite3.Connection) -> Policy:
    """The lists as they stand in the tables."""
    version = conn.execute("SELECT value FROM meta WHERE key = ?", (VERSION_KEY,)).fetchone()
    vehicles = {row["plate"]: Vehicle(**row) for row in _rows(conn, "SELECT * FROM vehicles")}
    bookings = [Booking(**row) for row in _rows(conn, "SELECT * FROM bookings")]
    return Policy(
        version=int(version[0]) if version else 0,
        vehicles=vehicles,
        bookings=by_plate(bookings),
        people={row["id"]: Person(**row) for row in _rows(conn, "SELECT * FROM people")},
        keys={(row["kind"], row["value"]): Key(**row) for row in _rows(conn, "SELECT * FROM keys")},
        codes={row["hmac"]: VisitorCode(**row) for row in _rows(conn, "SELECT * FROM codes")},
        slips={row["id"]: Slip(**row) for row in _rows(conn, "SELECT * FROM slips")},
        inside={row["key"]: Inside(**row) for row in _rows(conn, "SELECT * FROM inside")},
        spent_passes=dict(conn.execute("SELECT id, uses FROM spent_passes")),
        pass_ends=dict(conn.execute("SELECT id, until_s FROM spent_passes WHERE until_s IS NOT NULL")),
        consents={row["person"]: Consent(**row) for row in _rows(conn, "SELECT * FROM consents")},
        faces=count_faces(conn),
    )


def _write(db: Database, change: Change) -> None:  # noqa: PLR0912 - one case a change
    match change:
        case PutVehicle(vehicle=vehicle):
            db.table("vehicles").upsert(_row(vehicle), pk="plate")
        case RemoveVehicle(plate=plate):
            db.table("vehicles").delete_where("plate = ?", [plate])
        case PutBooking(booking=booking):
            db.table("bookings").upsert(_row(booking), pk="id")
        case CancelBooking(id=key):
            db.conn.execute("UPDATE bookings SET cancelled = 1 WHERE id = ?", (key,))
        case UseBooking(id=key):
            db.conn.execute("UPDATE bookings SET entries_used = entries_used + 1 WHERE id = ?", (key,))
        case PutPerson(person=person):
            db.table("people").upsert(_row(person), pk="id")
        case RemovePerson(id=key):
            db.table("people").delete_where("id = ?", [key])
            db.table("keys").delete_where("person = ?", [key])
            db.table("consents").delete_where("person = ?", [key])
        case PutConsent(consent=consent):
            if db.conn.execute("SELECT 1 FROM people WHERE id = ?", (consent.person,)).fetchone():
                db.table("consents").upsert(_row(consent), pk="person")
        case PutFace(face=face):
            add_face(db.conn, face)
        case RemoveFaces(person=key):
            db.table("consents").delete_where("person = ?", [key])
        case PutKey(key=carried):
            db.table("keys").upsert(_row(carried), pk=("kind", "value"))
        case RemoveKey(kind=kind, value=value):
            db.table("keys").delete_where("kind = ? AND value = ?", [kind, value])
        case PutCode(code=code):
            # The same digits cannot name two codes: the newer one takes them over.
            db.table("codes").delete_where("hmac = ? AND id <> ?", [code.hmac, code.id])
            db.table("codes").upsert(_row(code), pk="id")
        case RevokeCode(id=key):
            db.conn.execute("UPDATE codes SET revoked = 1 WHERE id = ?", (key,))
        case UseCode(id=key):
            db.conn.execute("UPDATE codes SET uses_used = uses_used + 1 WHERE id = ?", (key,))
        case PutSlip(slip=slip):
            db.table("slips").upsert(_row(slip), pk="id")
        case UseSlip(id=key):
            db.conn.execute("UPDATE slips SET used = 1 WHERE id = ?", (key,))
        case SpendPass(id=key, uses=uses, until_s=until_s):
            # A revoked pass (-1) stays revoked, whatever is counted after it.
            db.conn.execute(
                "INSERT INTO spent_passes (id, uses, until_s) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET uses = "
                "CASE WHEN uses = -1 OR excluded.uses = -1 THEN -1 ELSE uses + excluded.uses END, "
                "until_s = max(coalesce(until_s, excluded.until_s), coalesce(excluded.until_s, until_s))",
                (key, uses, until_s),
            )
        case Forget(codes=codes, slips=slips, passes=passes):
            for table, gone in (("codes", codes), ("slips", slips), ("spent_passes", passes)):
                db.conn.executemany(f"DELETE FROM {table} WHERE id = ?", [(key,) for key in gone])  # noqa: S608 - ours
        case CameIn(inside=inside):
            db.table("inside").upsert(_row(inside), pk="key")
        case WentOut(key=key):
            db.table("inside").delete_where("key = ?", [key])


def _row(record: Vehicle | Booking | Person | Key | VisitorCode | Slip | Inside | Consent) -> dict[str, Any]:
    row = asdict(record)
    for name in _AS_JSON:
        if name in row:
            row[name] = json.dumps(row[name], ensure_ascii=False)
    return row


def _rows(conn: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    """Rows by column name, with tuples and booleans again what the records say."""
    cursor = conn.execute(sql)
    names = [column[0] for column in cursor.description]
    return [{name: _value(name, value) for name, value in zip(names, row, strict=True)} for row in cursor]


def _value(name: str, value: Any) -> Any:
    if name in _AS_JSON:
        loaded = json.loads(value)
        return tuple(tuple(item) if isinstance(item, list) else item for item in loaded)
    return bool(value) if name in _AS_BOOL else value
