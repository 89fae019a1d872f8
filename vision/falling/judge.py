"""Core: is a trail something thrown, and if not, why not.

A trail is measured on the wall in metres. A *fall* gathers speed as gravity and air demand. A *flutter* (bag, paper,
cloth) has nearly its final speed after a fifth of a second: it must have been seen to start slowly in front of the
wall, be larger than a flake or a drop, and be unlike what else comes down at that time (snow, rain, leaves).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vision.falling import flutter
from vision.falling.agreed import EVIDENCE_PART, doubt, parts, without_strays
from vision.falling.balls import Balls
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.fits import against_chance, likeliest_fall
from vision.falling.flight import Flight
from vision.falling.flutter import HEIGHT_MIN_M
from vision.falling.forest import Learnt
from vision.falling.grades import Grades
from vision.falling.grow import History
from vision.falling.measures import NOT_DOWN, POINTS_MIN, Measures, impossible, measure, spread_px, unlikely
from vision.falling.tracks import Trail
from vision.falling.traits import of_flight, of_trail
from vision.falling.weather import Company, Weather

Floats = NDArray[np.float64]

GROWN_MIN, GROWN_DENSITY = 9, 0.18
"""Least points, and least share of the pictures, of a trail that was carried on by faint things."""
GROWN_BEND_PX, GROWN_SWAY_PX, GROWN_WHOLE = 3.0, 5.0, 0.85
"""From a steady motion, of a flutter that was carried on: what is not steady was put together of several things, unless
it was seen in nearly every picture: cloth sways."""
GROWN_RMS = 1.5
"""Distance from its flight, in spreads of its centre, of a fall that was carried on."""
ALONE_PX, ALONE_RMS_PX = 6.0, 0.9
"""Largest size, and distance from its flight, of one that no track had any of."""
EVIDENCE, EVIDENCE_LATE = 45.0, 90.0
"""Least logarithm of odds against chance; a night makes a million chains of false things in an hour. More is asked
of what was first seen more than `LATE_S` after it was let go."""
EVIDENCE_GROWN, EVIDENCE_GROWN_LATE = 45.0, 70.0
"""Asked of a trail that was carried on; when it was first seen late, because streaks of rain make such chains."""
EVIDENCE_RAIN = 120.0
"""Asked of a small one in rain, whose drops make such chains."""
EVIDENCE_AGREED = 50.0
"""Asked of what was gathered round a piece, see `agreed`."""
LATE_S = 0.8
BEND_PX, BEND_PLAIN_PX, GAINED_MPS, GAINED_PLAIN_MPS = 1.2, 4.0, 1.5, 1.0
"""From a steady motion, and speed gained, less where the path is plainly bent: of what gathers speed."""
BEND_SHARE = 3.2
"""Least distance from a steady motion, in distances from the flight."""
RMS, RMS_LARGE, LARGE_PX = 1.9, 1.5, 10.0
"""Distance from its flight, in spreads of its centre, at most; birds and drones are large, and fly as they like."""
PRIOR_USUAL, PRIOR_CLOSE, PRIOR_PER_SPREAD = 6.0, 15.0, 4.0
"""An unusual throw must fit closely: so much in sum with the square of that distance."""
PRIOR_WEATHER = 6.0
"""Rain to which faint things were chained looks like something thrown down hard: a throw must be usual there."""
NEARER, NEARER_DENSITY, NEARER_OFF = 1.5, 0.8, 0.35
"""Times that a thing grows which comes near; share of the pictures; how far that may be off, as a logarithm."""
LEAST, SURE = 0.5, 0.88
"""Chance by all traits together below which no rule tells a thing, and from which it is told against the rules."""
BEGINNING = "at the beginning"
BEGIN_S = 0.6
"""What starts so soon after the first picture that is looked at is not judged: the scene is hardly known."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided on a trail; `flight` when it was worth a fit."""

    kind: Literal["fall", "flutter"] | None
    reason: str
    measures: Measures
    flight: Flight | None = None
    confidence: float = 0.0
    against_rules: bool = False
    """Told by all traits together alone: it may be a part of something that the rules will tell better."""


class Judge:
    """Decides trail by trail; remembers what came down lately, to know weather and drips."""

    def __init__(self, wall: Wall, clutter: Clutter, learnt: Learnt | None = None) -> None:
        """`learnt`: what weighs all traits together, beside the rules; without it they decide alone."""
        self._wall, self._clutter, self._learnt = wall, clutter, learnt
        self.history = History(wall.size)
        """What differed lately, faint things included."""
        self._balls = Balls(wall, self.history)
        self._weather = Weather()

    def judge_grown(
        self, trail: Trail, faint: Grades, watched_since_s: float, frame_s: float, *, alone: bool
    ) -> Verdict:
        """A piece that faint things carried on -> what it was; their clutter is what chance has to make it of.

        `alone`: no track had any of it, so that it must be small, and fit closely.
        """
        return self._weighed(trail, self._rule_grown(trail, faint, watched_since_s, frame_s, alone=alone), faint)

    def _rule_grown(
        self, trail: Trail, faint: Grades, watched_since_s: float, frame_s: float, *, alone: bool
    ) -> Verdict:
        found = measure(self._wall, trail, frame_s)
        if trail.at_s[0] < watched_since_s + BEGIN_S:
            return Verdict(None, BEGINNING, found)
        if found.points < GROWN_MIN:
            return Verdict(None, "too short", found)
        reason = unlikely(found, GROWN_DENSITY)
        if reason:
            return Verdict(None, reason, found)
        if alone and found.size_px > ALONE_PX:
            return Verdict(None, "too large", found)
        company = self._weather.beside(trail)
        verdict = self._fall(trail, found, company.has_alike(found), faint)
        flight = verdict.flight
        if verdict.kind and flight is not None:
            wide = flight.rms_px > GROWN_RMS * spread_px(found.size_px) or (alone and flight.rms_px > ALONE_RMS_PX)
            vague = flight.rms_px > ALONE_RMS_PX
            if wide or (vague and self._bent_by_strays(trail, faint, frame_s)):
                return Verdict(None, "no fall fits" if wide else "steady speed", found, flight)
            if self._is_rain(trail, found, flight, faint):
                return Verdict(None, "weather", found, flight)
        bent_px = GROWN_SWAY_PX if found.density > GROWN_WHOLE else GROWN_BEND_PX
        steady = verdict.reason == "steady speed" and found.bend_px < bent_px
        if not alone and steady and not company.crowded:
            rest = without_strays(trail)
            beside = self._weather.beside(rest)
            return self._flutter(rest, measure(self._wall, rest, frame_s), verdict, beside, watched_since_s)
        return verdict

    def _is_rain(self, trail: Trail, found: Measures, flight: Flight, faint: Grades) -> bool:
        """Is it small, in rain, and no more than drops make in a chain?"""
        if found.size_px > ALONE_PX or not self._weather.raining(float(trail.at_s[-1])):
            return False
        return self._odds(trail, found, flight, faint) < EVIDENCE_RAIN

    def _bent_by_strays(self, trail: Trail, faint: Grades, frame_s: float) -> bool:
        rest = without_strays(trail)
        if len(rest.rows) == len(trail.rows) or len(rest.rows) < POINTS_MIN:
            return False
        return self._fall(rest, measure(self._wall, rest, frame_s), False, faint).reason == "steady speed"

    def _by_strays(self, trail: Trail, frame_s: float) -> bool:
        """Would it be no fall without the points that stand apart at its ends?"""
        rest = without_strays(trail)
        if len(rest.rows) == len(trail.rows):
            return False
        if len(rest.rows) < POINTS_MIN:
            return True
        found = measure(self._wall, rest, frame_s)
        return bool(unlikely(found)) or self._fall(rest, found, False).kind is None

    def judge_agreed(self, trail: Trail, faint: Grades, watched_since_s: float, frame_s: float) -> Verdict:
        """What most things around a piece agree on (`votes`): it was chosen from many, so it must fit better."""
        return self._weighed(trail, self._rule_agreed(trail, faint, watched_since_s, frame_s), faint)

    def _rule_agreed(self, trail: Trail, faint: Grades, watched_since_s: float, frame_s: float) -> Verdict:
        verdict = self._rule_grown(trail, faint, watched_since_s, frame_s, alone=False)
        found, flight = verdict.measures, verdict.flight
        if verdict.kind == "flutter" and flutter.plain(found):
            return verdict
        if verdict.kind is None or flight is None:
            return Verdict(None, verdict.reason or "steady speed", found, flight)
        noise = spread_px(found.size_px)
        odds = self._odds(trail, found, flight, faint)
        reason = doubt(trail, found, flight, noise, odds)
        if not reason and odds < EVIDENCE_AGREED:
            reason = "chance"
        pieces = [Trail(trail.rows[part]) for part in parts(trail)]
        if not reason and len(pieces) > 1:
            ends = pieces[0], pieces[-1]
            least = min(self._odds(piece, found, flight, faint) for piece in ends)
            reason = "several things" if least < EVIDENCE_PART else ""
        return Verdict(None, reason, found, flight) if reason else verdict

    def crowded(self, trail: Trail, found: Measures) -> bool:
        """Has so much come down lately, or so much like it, that it is weather?"""
        company = self._weather.beside(trail)
        return company.stormy or company.has_alike(found)

    def judge(self, trail: Trail, watched_since_s: float, frame_s: float = 0.04) -> Verdict:
        """A trail that has ended -> what it was."""
        found = measure(self._wall, trail, frame_s)
        self._weather.note(trail, found)
        self._balls.note(trail, found)
        return self._weighed(trail, self._rule(trail, found, watched_since_s, frame_s))

    def _rule(self, trail: Trail, found: Measures, watched_since_s: float, frame_s: float) -> Verdict:
        reason = BEGINNING if trail.at_s[0] < watched_since_s + BEGIN_S else unlikely(found)
        if reason == NOT_DOWN and found.growth > NEARER:
            return self._comes_near(trail, found)
        if reason:
            return Verdict(None, reason, found)
        company = self._weather.beside(trail)
        weather = company.has_alike(found)
        falls = self._fall(trail, found, weather)
        if falls.kind and self._by_strays(trail, frame_s):
            falls = Verdict(None, "steady speed", found, falls.flight)
        if falls.kind:
            return falls
        return self._flutter(trail, found, falls, company, watched_since_s, weather=weather)

    def _weighed(self, trail: Trail, verdict: Verdict, faint: Grades | None = None) -> Verdict:
        """What all traits together say beside the rules: what is plainly alike is told, what is unlike is not."""
        found = verdict.measures
        if self._learnt is None or verdict.reason == BEGINNING or impossible(found):
            return verdict
        cheap = of_trail(self._wall, trail, found, self._weather.beside(trail), self._clutter)
        if verdict.kind is None and not self._learnt.worth_a_look(trail, cheap):
            return verdict
        flight = verdict.flight or likeliest_fall(self._wall, trail, found)
        plain = self._odds(trail, found, flight)
        odds = plain if faint is None else self._odds(trail, found, flight, faint)
        chance = self._learnt.chance(trail, cheap | of_flight(self._wall, trail, found, flight, odds, plain))
        if verdict.kind is not None:
            return verdict if chance >= LEAST else Verdict(None, "unlike what is thrown", found, flight)
        if chance < SURE or float(self._wall.to_wall(trail.points[:1])[0, 1]) < HEIGHT_MIN_M:
            return verdict
        kind: Literal["fall", "flutter"] = "fall" if gathers_speed(found, flight) else "flutter"
        return Verdict(kind, "", found, flight, round(chance, 2), against_rules=True)

    def _comes_near(self, trail: Trail, found: Measures) -> Verdict:
        """Thrown hard towards the camera it leaves the picture aside, and grows as its fall says it must."""
        verdict = self._fall(trail, found, False)
        if verdict.flight is None or verdict.kind is None or found.density < NEARER_DENSITY:
            return Verdict(None, NOT_DOWN, found)
        depth_m = self._wall.depth_m(verdict.flight.place(trail.at_s))
        part = max(3, len(depth_m) // 4)
        due = float(np.median(depth_m[:part]) / np.median(depth_m[-part:]))
        alike = abs(np.log(found.growth / due)) < NEARER_OFF
        return verdict if due > NEARER and alike else Verdict(None, NOT_DOWN, found)

    def _fall(self, trail: Trail, found: Measures, weather: bool, faint: Grades | None = None) -> Verdict:
        gained = -float(found.late_mps[1]) - max(0.0, -float(found.early_mps[1]))
        if found.bend_px < BEND_PX or gained < (GAINED_PLAIN_MPS if found.bend_px > BEND_PLAIN_PX else GAINED_MPS):
            return Verdict(None, "steady speed", found)
        flight = likeliest_fall(self._wall, trail, found)
        noise = spread_px(found.size_px)
        late = trail.at_s[0] - flight.start_s > LATE_S
        loose = PRIOR_PER_SPREAD * (flight.rms_px / noise) ** 2
        height_m = float(flight.place(np.array([flight.start_s]))[0, 2])
        if flight.rms_px > (RMS_LARGE if found.size_px > LARGE_PX else RMS) * noise:
            reason = "no fall fits"
        elif found.bend_px < BEND_SHARE * flight.rms_px:
            reason = "steady speed"
        elif weather and self._may_be_a_drop(found, flight, faint):
            reason = "weather"
        elif self._odds(trail, found, flight, faint) < self._asked(late, faint):
            reason = "chance"
        elif flight.along_the_wall or flight.prior > max(PRIOR_USUAL, PRIOR_CLOSE - loose):
            reason = "not let go by hand"
        elif height_m < HEIGHT_MIN_M or found.rise_m > 30 or self._balls.may_be(trail, found, flight, height_m):
            reason = "from the ground"
        elif flight.terminal_mps < 4:
            reason = "too slow for a fall"
        else:
            sure = min(1.0, found.bend_px / (4 * flight.rms_px + 1)) * min(1.0, found.points / 15)
            return Verdict("fall", "", found, flight, round(0.5 + 0.5 * sure, 2))
        return Verdict(None, reason, found, flight)

    def _odds(self, trail: Trail, found: Measures, flight: Flight, faint: Grades | None = None) -> float:
        return against_chance(self._wall, self._clutter, trail, found, flight, faint)

    @staticmethod
    def _may_be_a_drop(found: Measures, flight: Flight, faint: Grades | None) -> bool:
        chained = faint is not None and flight.prior > PRIOR_WEATHER
        return chained or found.bend_px < 4 * flight.rms_px or found.lag_px < 2

    @staticmethod
    def _asked(late: bool, faint: Grades | None) -> float:
        if faint is not None:
            return EVIDENCE_GROWN_LATE if late else EVIDENCE_GROWN
        return EVIDENCE_LATE if late else EVIDENCE

    def _flutter(
        self,
        trail: Trail,
        found: Measures,
        before: Verdict,
        company: Company,
        watched_since_s: float,
        *,
        weather: bool = False,
    ) -> Verdict:
        reason = flutter.why_not(self._wall, trail, found, company, watched_since_s, weather=weather)
        if not reason:
            return Verdict("flutter", "", found, before.flight, 0.6)
        return Verdict(None, f"{before.reason}; {reason}", found, before.flight)


def gathers_speed(found: Measures, flight: Flight) -> bool:
    """Whether it is plainly bent as that fall is."""
    return found.bend_px >= max(BEND_PX, BEND_SHARE * flight.rms_px)
