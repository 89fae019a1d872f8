"""Roles and what each includes. Core: pure data."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody may do. Guard, supervisor and admin include each other upwards; the rest stand aside."""

    GUARD = "guard"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    ISSUER = "issuer"
    """Makes bookings and visitor codes, sees nothing else."""
    AUDITOR = "auditor"
    """Reads the record, touches nothing."""
    CENTRAL = "central"
    """The centre's machine, by bearer token; never a person."""


INCLUDES: dict[Role, frozenset[Role]] = {
    Role.GUARD: frozenset({Role.GUARD}),
    Role.SUPERVISOR: frozenset({Role.SUPERVISOR, Role.GUARD, Role.ISSUER, Role.AUDITOR}),
    Role.ADMIN: frozenset({Role.ADMIN, Role.SUPERVISOR, Role.GUARD, Role.ISSUER, Role.AUDITOR}),
    Role.ISSUER: frozenset({Role.ISSUER}),
    Role.AUDITOR: frozenset({Role.AUDITOR}),
    Role.CENTRAL: frozenset({Role.CENTRAL}),
}


def may(role: Role, any_of: frozenset[Role]) -> bool:
    """Whether the role includes at least one of those that are asked for."""
    return not INCLUDES[role].isdisjoint(any_of)
