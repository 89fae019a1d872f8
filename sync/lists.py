"""Who may enter: vehicles and bookings as rows. Shell: reads and writes within the caller's transaction."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from sync.policy import by_plate
from sync.records import (
    Booking,
    CancelBooking,
    Change,
    Policy,
    PutBooking,
    PutVehicle,
    RemoveVehicle,
    UseBooking,
    Vehicle,
)
from sync.tables import Database

VERSION_KEY = "lists_version"


def write_changes(db: Database, changes: tuple[Change, ...]) -> None:
    """Apply the changes to the tables and count the version up by one each; the caller holds the transaction."""
    for change in changes:
        _write(db, change)
    if changes:
        db.conn.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + ? AS TEXT)",
            (VERSION_KEY, str(len(changes)), len(changes)),
        )


def read_policy(conn: sqlite3.Connection) -> Policy:
    """The lists as they stand in the tables."""
    version = conn.execute("SELECT value FROM meta WHERE key = ?", (VERSION_KEY,)).fetchone()
    vehicles = {row["plate"]: _vehicle(row) for row in _rows(conn, "SELECT * FROM vehicles")}
    bookings = [_booking(row) for row in _rows(conn, "SELECT * FROM bookings")]
    return Policy(version=int(version[0]) if version else 0, vehicles=vehicles, bookings=by_plate(bookings))


def _write(db: Database, change: Change) -> None:
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


def _row(record: Vehicle | Booking) -> dict[str, Any]:
    row = asdict(record)
    row["lanes"] = json.dumps(row["lanes"], ensure_ascii=False)
    return row


def _rows(conn: sqlite3.Connection, sql: str) -> list[dict[str, Any]]:
    cursor = conn.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _vehicle(row: dict[str, Any]) -> Vehicle:
    return Vehicle(**{**row, "lanes": tuple(json.loads(row["lanes"]))})


def _booking(row: dict[str, Any]) -> Booking:
    return Booking(**{**row, "lanes": tuple(json.loads(row["lanes"])), "cancelled": bool(row["cancelled"])})
