"""Entry into force, computed: from a clause as data and the acts of parties to a day, with its derivation in words.

Pure: no clock, no database. `read` takes the clause, `derive` answers. What is not stated, or not known to the day, is
never guessed. The format of clauses: docs/force-clauses.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from registry.domain import force_words as words
from registry.domain.force_acts import Deed, Docket, originals
from registry.domain.force_clause import BINDING, Clause, ClauseError, canonical, prerequisites, read
from registry.domain.force_conditions import Case, Held, Remaining
from registry.domain.force_dates import NEVER, Day
from registry.domain.force_parties import General, Parties, PartyForce, fewer_than
from registry.domain.force_words import NOT_STATED, Name, Words

__all__ = [
    "Clause", "ClauseError", "Deed", "Force", "Name", "PartyForce", "Remaining", "Words", "as_json", "canonical", "derive",
    "prerequisites", "read",
]  # fmt: skip

ZONE = "Asia/Shanghai"
"""Of the register, unless another is given: in it moments are written."""
NOT_YET = Words("；尚未生效", "; not yet in force")
UNCERTAIN = Words("；生效之日不能确定", "; the day of force cannot be told")
Status = Literal["not_stated", "undetermined", "pending", "set", "in_force", "suspended", "ended"]


@dataclass(frozen=True, slots=True)
class Force:
    """Entry into force on the day asked about.

    status: not_stated (no clause); undetermined (a date it needs is not known to the day); pending; set (the date is known
    and still to come); in_force; suspended (too few are bound); ended.
    date: of entry into force. trigger: the day on which the condition was met, and the party whose act met it; None where
    no act did, or its day is not known. until: the day on which it ended or was suspended.
    """

    status: Status
    date: Day | None
    trigger: tuple[Day, str] | None
    derivation: Words
    remaining: tuple[Remaining, ...]
    parties: tuple[PartyForce, ...]
    until: Day | None = None


def derive(
    clause: Clause | None, deeds: Iterable[Deed], *, on: Day, names: Mapping[str, Name],
    before: Mapping[str, Day | None] | None = None, zone: str = ZONE,
) -> Force:  # fmt: skip
    """Entry into force as the acts have it on a day.

    deeds: acts that were not annulled, in any order; those that came after `on` are not seen (to imagine acts of the
    future, ask on their last day). names: all named parties, code → name, in their order. before: number of an agreement
    that the clause waits for → its date of force. zone: in which moments are written.
    """
    acts = tuple(sorted(deeds, key=_order))
    if clause is None:
        return _not_stated(acts, on, names)
    docket = Docket(clause, acts, on, zone)
    base = originals(docket, names)

    def look(*, late: bool) -> tuple[Held, General | None]:
        case = Case(clause, docket.seats(late=late), base, docket.left(late=late), names, before or {}, on)
        held = case.hold(clause.when)
        return held, General.of(clause, held.spans[0]) if held.spans else None

    held, soonest = look(late=False)
    latest = look(late=True)[1] if docket.vague else soonest
    known = latest if soonest and latest and soonest.day == latest.day else None
    if known and not known.exact:
        known = soonest
    parties = Parties(docket, known, UNCERTAIN if soonest else NOT_YET, frozenset(base), names)
    if soonest is None:
        told = words.joined(each.words for each in held.remaining)
        told = Words(f"尚未生效：{told.zh}", f"not yet in force: {told.en}")
        return Force("pending", None, None, told, held.remaining, parties.all())
    if known is None:
        return _undetermined(docket, soonest, latest, parties)
    return _known(docket, known, held, parties)


def _order(deed: Deed) -> tuple[str, ...]:
    """One order of the same acts, however they were recorded."""
    dates = (deed.done, deed.received, deed.registered, deed.takes_effect, deed.valid_until)
    told = (f"{date.value} {date.precision}" for date in dates)
    return deed.party, deed.kind, *told, str(deed.ordinal), deed.predecessor or ""


def _not_stated(deeds: tuple[Deed, ...], on: Day, names: Mapping[str, Name]) -> Force:
    signed = {deed.party for deed in deeds if deed.kind in BINDING and (deed.done.first_day() or on) <= on}
    codes = (*names, *sorted({deed.party for deed in deeds} - names.keys()))
    parties = (PartyForce(code, "signed" if code in signed else "none", None, None, None, NOT_STATED) for code in codes)
    return Force("not_stated", None, None, NOT_STATED, (), tuple(parties))


def _undetermined(docket: Docket, soonest: General, latest: General | None, parties: Parties) -> Force:
    """The days that it needs are not all known: between which days it lies, and whose dates would tell."""
    whose = docket.vague
    who, first = words.listed(whose, parties.names), words.day(soonest.day)
    told = Words(f"需要的日期未载明到日（{who.zh}）", f"dates not known to the day ({who.en})")
    if latest is not None:
        last = words.day(latest.day)
        range_ = Words(f"；在 {first.zh}至{last.zh}之间生效", f"; in force between {first.en} and {last.en}")
    else:
        range_ = UNCERTAIN
    find = Words(f"须查明{who.zh}的行为是哪一天", f"the days of the acts of {who.en} must be found")
    missing = Remaining("dates", len(whose), whose, find)
    return Force("undetermined", None, None, told + range_, (missing,), parties.all())


def _known(docket: Docket, general: General, held: Held, parties: Parties) -> Force:
    clause, on, seat = docket.clause, docket.on, general.span.seat
    trigger = (seat.since, seat.act.deed.party) if seat and seat.act.between.exact else None
    told = general.words(clause)
    status: Status = "in_force" if general.day <= on else "set"
    listed = parties.all()
    until = None
    if clause.below and clause.below.effect != "nothing" and status == "in_force":
        until = _too_few(parties, clause.below.parties, on, ends=clause.below.effect == "ends")
        if until:
            status = "ended" if clause.below.effect == "ends" else "suspended"
            when, n = words.day(until), clause.below.parties
            how = Words("终止", "ended") if status == "ended" else Words("中止", "suspended")
            told += Words(
                f"；{when.zh}起不足 {n} 方，{how.zh}", f"; {how.en} on {when.en}, fewer than {n} parties bound"
            )
    remaining = held.remaining if status == "set" else ()
    if status == "ended":
        listed = _ended(listed, until)
    return Force(status, general.day, trigger, told, remaining, listed, until)


def _too_few(parties: Parties, number: int, on: Day, *, ends: bool) -> Day | None:
    """The day from which too few are bound, where that is so on the day asked about, or has been for good."""
    bound = [
        (time.day, time.until or NEVER)
        for code, times in parties.times.items()
        if code not in parties.docket.clause.organisations
        for time in times
        if time.day is not None
    ]
    for since, until in fewer_than(bound, number):
        if since <= on and (ends or on < until):
            return since
    return None


def _ended(parties: tuple[PartyForce, ...], day: Day | None) -> tuple[PartyForce, ...]:
    """What ended for all ended for each that was bound."""
    return tuple(
        PartyForce(each.party, "left", each.date, day, each.provisional_from, each.derivation)
        if each.status in ("in_force", "set")
        else each
        for each in parties
    )


def as_json(force: Force) -> dict[str, Any]:
    """The result as plain data: dates as 2021-04-22, words as {zh, en}, trigger as [date, party]."""
    return {
        "status": force.status,
        "date": _day(force.date),
        "trigger": [force.trigger[0].isoformat(), force.trigger[1]] if force.trigger else None,
        "derivation": _words(force.derivation),
        "until": _day(force.until),
        "remaining": [
            {"kind": each.kind, "count": each.count, "parties": list(each.parties), "words": _words(each.words)}
            for each in force.remaining
        ],
        "parties": [
            {
                "party": each.party,
                "status": each.status,
                "date": _day(each.date),
                "until": _day(each.until),
                "provisional_from": _day(each.provisional_from),
                "derivation": _words(each.derivation),
            }
            for each in force.parties
        ],
    }


def _day(day: Day | None) -> str | None:
    return day.isoformat() if day else None


def _words(each: Words) -> dict[str, str]:
    return {"zh": each.zh, "en": each.en}
