"""When a condition holds: the spans of days, what brought each about, and what is missing while it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil, floor, lcm
from typing import TypeAlias

from registry.domain import force_words as words
from registry.domain.force_acts import LONG_AGO, Seat
from registry.domain.force_clause import (
    ActsHeld,
    AllHeld,
    AllOf,
    AnyOf,
    Clause,
    Condition,
    DayCome,
    Exact,
    OtherInForce,
    ShareHeld,
)
from registry.domain.force_dates import NEVER, Period
from registry.domain.force_words import NOTHING, Name, Words

WHOLE = Exact(Fraction(1), "100%")


@dataclass(frozen=True, slots=True)
class Remaining:
    """Something that is still missing.

    kind: acts, all, share, date, agreement, any_of (one of several), dates (days that nobody stated).
    count: how many acts, None where that is not the question. parties: whose acts could meet it.
    """

    kind: str
    count: int | None
    parties: tuple[str, ...]
    words: Words


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which a condition holds: from `since` until before `until`. seat: whose act brought it about, if an act did.

    words: what brought it about.
    """

    since: date
    until: date
    seat: Seat | None
    words: Words


@dataclass(frozen=True, slots=True)
class Held:
    """A condition looked at: its spans in order, and what is missing on the day asked about."""

    spans: tuple[Span, ...]
    remaining: tuple[Remaining, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """What conditions are asked of, in one reading of the dates.

    base: the parties that "all" means; left: parties that left → day; before: number of an agreement → its date of force.
    """

    clause: Clause
    seats: Sequence[Seat]
    base: Sequence[str]
    left: Mapping[str, date]
    names: Mapping[str, Name]
    before: Mapping[str, date | None]
    on: date

    def hold(self, condition: Condition) -> Held:
        """When the condition holds, its own period counted in."""
        match condition:
            case ActsHeld():
                held = self._acts(condition)
            case AllHeld():
                held = self._all(condition)
            case ShareHeld():
                held = self._share(condition)
            case DayCome():
                held = self._day(condition)
            case OtherInForce():
                held = self._other(condition)
            case AllOf():
                held = self._all_of(condition)
            case AnyOf():
                held = self._any_of(condition)
        return _after(held, condition.period) if condition.period else held

    # ---- one condition

    def _group(self, of: str | None) -> tuple[Sequence[str], Words]:
        group = self.clause.groups[of] if of else None
        return (group.parties, Words(group.zh, group.en)) if group else (self.base, NOTHING)

    def _acts(self, condition: ActsHeld) -> Held:
        parties, group = self._group(condition.of)
        seats = [seat for seat in self.seats if seat.party in set(parties)] if condition.of else list(self.seats)
        target = _target(condition, len(parties))
        whose = Words(f"{group.zh} ", f" of {group.en}") if condition.of else NOTHING

        def told(seat: Seat, reached: int, same_day: Sequence[Seat]) -> Words:
            place = Words(
                f"（{whose.zh}{target} 份中的第 {reached} 份）",
                f" ({words.ordinal(reached)} of {target}{whose.en})",
            )
            return self._act(seat) + place + self._ties(seat, same_day)

        spans = _spans([(seat, 1) for seat in seats], target, told)
        if _holds(spans, self.on):
            return Held(spans, ())
        have = {seat.party for seat in seats if seat.since <= self.on < seat.until}
        could = tuple(code for code in parties if code not in have and code not in self.left)
        missing = target - len(have)
        return Held(
            spans, (Remaining("acts", missing, could, self._missing(missing, len(have), target, group, could)),)
        )

    def _missing(self, missing: int, have: int, target: int, group: Words, could: Sequence[str]) -> Words:
        who = words.listed(could, self.names)
        count = Words(
            f"{group.zh}还差 {missing} 份（已有 {have} 份，需 {target} 份）",
            f"{missing} more needed{f' of {group.en}' if group.en else ''} ({have} of {target} so far)",
        )
        return count + (Words(f"，可由{who.zh}作出", f"; could come from {who.en}") if could else NOTHING)

    def _all(self, condition: AllHeld) -> Held:
        """The last of the parties has acted; one that left before needs not."""
        parties, group = self._group(condition.of)
        seats = {seat.party: seat for seat in reversed(self.seats)}
        done = {
            code: min(seats[code].since if code in seats else NEVER, self.left.get(code, NEVER)) for code in parties
        }
        day = max(done.values(), default=NEVER)
        if day == NEVER:
            missing = tuple(code for code in parties if done[code] == NEVER)
            who = words.listed(missing, self.names)
            told = Words(f"还差 {len(missing)} 方：{who.zh}", f"{len(missing)} still missing: {who.en}")
            if not parties:
                told = Words("没有登记签署方", "no parties are recorded")
            return Held((), (Remaining("all", len(missing), missing, told),))
        held = [seats[code] for code in parties if code in seats and seats[code].until > day]
        if not held:
            return Held((), ())
        last = max(held, key=lambda seat: (seat.since, seat.act.rank))
        n, whose = len(held), Words(f"{group.zh} ", f" of {group.en}") if condition.of else NOTHING
        told = self._act(last) + Words(f"（{whose.zh}{n} 份中的第 {n} 份）", f" ({words.ordinal(n)} of {n}{whose.en})")
        told += self._ties(last, [seat for seat in held if seat.since == last.since])
        if day > last.since:  # the last one that was waited for has left
            when = words.day(day)
            told += Words(f"；其余未作出行为的一方于 {when.zh}退出", f"; the party still missing left on {when.en}")
        return Held((Span(day, min(seat.until for seat in held), last, told),), ())

    def _share(self, condition: ShareHeld) -> Held:
        total = condition.total.value if condition.total else sum(part.value for part in condition.weights.values())
        part = condition.at_least or condition.more_than or WHOLE
        strict = condition.at_least is None
        # Whole numbers of the smallest unit: exact as fractions are, and ten times as fast.
        unit = lcm(*(each.value.denominator for each in condition.weights.values()), (part.value * total).denominator)
        weights = {code: int(each.value * unit) for code, each in condition.weights.items()}
        asked = Words(
            f"{'须超过' if strict else '须达'} {part.written}",
            f"{'more than' if strict else 'at least'} {part.written}",
        )

        def told(seat: Seat, reached: int, same_day: Sequence[Seat]) -> Words:
            share = _percent(Fraction(reached, unit) / total)
            enough = Words(f"，份额达 {share}（{asked.zh}）", f", share {share} ({asked.en})")
            return self._act(seat) + enough + self._ties(seat, same_day)

        counted = [(seat, weights[seat.party]) for seat in self.seats if weights.get(seat.party)]
        spans = _spans(counted, int(part.value * total * unit) + strict, told)
        if _holds(spans, self.on):
            return Held(spans, ())
        have = {seat.party for seat, _ in counted if seat.since <= self.on < seat.until}
        could = tuple(code for code in weights if weights[code] and code not in have and code not in self.left)
        reached = _percent(Fraction(sum(weights[code] for code in have), unit) / total)
        who = words.listed(could, self.names)
        missing = Words(
            f"份额已达 {reached}（{asked.zh}），可由{who.zh}作出",
            f"share {reached} so far ({asked.en}); could come from {who.en}",
        )
        return Held(spans, (Remaining("share", None, could, missing),))

    def _day(self, condition: DayCome) -> Held:
        when = words.day(condition.on)
        span = Span(condition.on, NEVER, None, Words(f"载明的日期 {when.zh}", f"the day named, {when.en}"))
        waits = Words(f"须到 {when.zh}", f"waits for {when.en}")
        return Held((span,), (Remaining("date", None, (), waits),) if condition.on > self.on else ())

    def _other(self, condition: OtherInForce) -> Held:
        day, number = self.before.get(condition.number), condition.number
        if day is None:
            waits = Words(f"协议 {number} 须先生效", f"agreement {number} must come into force first")
            return Held((), (Remaining("agreement", None, (), waits),))
        when = words.day(day)
        told = Words(f"协议 {number} 于 {when.zh}生效", f"agreement {number} in force on {when.en}")
        waits = Words(f"协议 {number} 将于 {when.zh}生效", f"agreement {number} comes into force on {when.en}")
        return Held(
            (Span(day, NEVER, None, told),), (Remaining("agreement", None, (), waits),) if day > self.on else ()
        )

    # ---- several

    def _all_of(self, condition: AllOf) -> Held:
        held = [self.hold(each) for each in condition.of]
        spans = [Span(LONG_AGO, NEVER, None, NOTHING)]
        for each in held:
            spans = [span for one in spans for other in each.spans if (span := _both(one, other))]
        missing = () if _holds(spans, self.on) else tuple(each for one in held for each in one.remaining)
        return Held(tuple(spans), missing)

    def _any_of(self, condition: AnyOf) -> Held:
        held = [self.hold(each) for each in condition.of]
        spans: list[Span] = []
        for span in sorted((span for each in held for span in each.spans), key=lambda span: span.since):
            if spans and span.since <= spans[-1].until:
                spans[-1] = replace(spans[-1], until=max(span.until, spans[-1].until))
            else:
                spans.append(span)
        missing = [each for one in held for each in one.remaining]
        if _holds(spans, self.on) or not missing:
            return Held(tuple(spans), ())
        either = words.joined((each.words for each in missing), zh="；或", en="; or ")
        parties = tuple(dict.fromkeys(code for each in missing for code in each.parties))
        return Held(tuple(spans), (Remaining("any_of", None, parties, either),))

    # ---- words

    def _act(self, seat: Seat) -> Words:
        act = seat.act
        return words.act(act.deed.party, act.deed.kind, act.counted, words.between(act.between), self.names)

    def _ties(self, seat: Seat, same_day: Sequence[Seat]) -> Words:
        """Who else acted on that day, and by what order one of them was named."""
        others = dict.fromkeys(each.act.deed.party for each in same_day if each.act.deed is not seat.act.deed)
        if not others:
            return NOTHING
        who = words.listed(others, self.names)
        return Words(
            f"（同日还有{who.zh}；同日者依次按编号、作出日期、代码排序）",
            f" (that day also {who.en}; order within a day: number, date done, code)",
        )


def _target(condition: ActsHeld, parties: int) -> int:
    """How many acts: a number as it stands, or of a part the number of parties that reaches, or exceeds, it."""
    if condition.at_least is not None:
        wanted = condition.at_least
        return wanted if isinstance(wanted, int) else max(1, ceil(wanted.value * parties))
    wanted = condition.more_than or 0
    return (wanted if isinstance(wanted, int) else floor(wanted.value * parties)) + 1


def _holds(spans: Iterable[Span], on: date) -> bool:
    return any(span.since <= on < span.until for span in spans)


def _percent(part: Fraction) -> str:
    """In hundredths of a percent, rounded down, so that 54.999% never reads as 55%."""
    return f"{floor(part * 10_000) / 100:g}%"


Told: TypeAlias = Callable[[Seat, int, Sequence[Seat]], Words]


def _spans(counted: Sequence[tuple[Seat, int]], target: int, told: Told) -> tuple[Span, ...]:
    """The days on which the weights present reach the target. counted: in the order in which they count."""
    days: dict[date, tuple[list[tuple[Seat, int]], list[int]]] = {}
    for seat, weight in counted:
        days.setdefault(seat.since, ([], []))[0].append((seat, weight))
        if seat.until != NEVER:
            days.setdefault(seat.until, ([], []))[1].append(weight)
    spans: list[Span] = []
    present, open_ = 0, False
    for day in sorted(days):
        come, gone = days[day]
        running = present - sum(gone)
        present = running + sum(weight for _, weight in come)
        if open_ and present < target:
            spans[-1], open_ = replace(spans[-1], until=day), False
        elif not open_ and present >= target:
            for seat, weight in come:
                running += weight
                if running >= target:
                    spans.append(Span(day, NEVER, seat, told(seat, running, [each for each, _ in come])))
                    break
            open_ = True
    return tuple(spans)


def _both(one: Span, other: Span) -> Span | None:
    """The days on which two conditions hold; whose act came last brought it about."""
    since, until = max(one.since, other.since), min(one.until, other.until)
    if since >= until:
        return None
    seat = other.seat if other.since > one.since or (one.seat is None and other.since == one.since) else one.seat
    return Span(since, until, seat, words.joined(each.words for each in (one, other) if each.words != NOTHING))


def _after(held: Held, period: Period) -> Held:
    """The condition a period later: once it has held, it goes on holding."""
    if not held.spans:
        return held
    first = held.spans[0]
    end = period.after(first.since)
    told = first.words + words.counted_on(period, first.since, end)
    return replace(held, spans=(Span(end, NEVER, first.seat, told),))
