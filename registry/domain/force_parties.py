"""What entry into force means for each party: since when it is bound, until when, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Literal

from registry.domain import force_words as words
from registry.domain.force_acts import LONG_AGO, Counted, Deed, Departure, Docket
from registry.domain.force_clause import BINDING, Clause, DayCome
from registry.domain.force_conditions import Span
from registry.domain.force_dates import NEVER, Day
from registry.domain.force_words import NOTHING, Name, Words

PartyStatus = Literal["none", "signed", "provisional", "set", "in_force", "left"]


@dataclass(frozen=True, slots=True)
class PartyForce:
    """How the agreement stands for one party.

    status: none, signed (it acted and is not yet bound), provisional, set (bound from `date`, still to come), in_force,
    left. until: the day from which it is bound no more; of provisional application, its last day.
    """

    party: str
    status: PartyStatus
    date: Day | None
    until: Day | None
    provisional_from: Day | None
    derivation: Words


@dataclass(frozen=True, slots=True)
class General:
    """Entry into force of the agreement. met: the day on which the condition held; day: of force; span: what brought it."""

    met: Day
    day: Day
    span: Span

    @classmethod
    def of(cls, clause: Clause, span: Span) -> General:
        """The day that the clause gives for a condition that came to hold."""
        met = span.since
        day = clause.period.after(met) if clause.period else met
        if clause.fixed_date and met <= clause.fixed_date:
            day = clause.fixed_date
        return cls(met, max(day, clause.not_before) if clause.not_before else day, span)

    @property
    def exact(self) -> bool:
        """Whether the day of the act that brought it about is known; also where no act did."""
        return self.span.seat is None or self.span.seat.act.between.exact is not None

    def words(self, clause: Clause) -> Words:
        """How the day follows from what brought the condition about."""
        fixed, told = clause.fixed_date, self.span.words
        if fixed and self.met <= fixed:
            when = words.day(fixed)
            told += Words(f"，在载明日期之前具备，{when.zh}", f", by the day named = {when.en}")
        else:
            if fixed:
                when = words.day(fixed)
                told += Words(f"，已过载明日期 {when.zh}", f", after the day named ({when.en})")
            if clause.period or not isinstance(clause.when, DayCome):
                counted = clause.period.after(self.met) if clause.period else self.met
                told += words.counted_on(clause.period, self.met, counted)
        if clause.not_before == self.day:
            when = words.day(self.day)
            told += Words(f"，不早于 {when.zh}", f", not before {when.en}")
        told += Words("生效", "")
        return Words(f"{clause.part.zh}：", f"{clause.part.en}: ") + told if clause.part else told


@dataclass(frozen=True, slots=True)
class Bound:
    """One time during which a party is bound. day: None where it is not known to the day; until: from when no more, None
    while nothing is known to end it."""

    day: Day | None
    until: Day | None
    words: Words


@dataclass(frozen=True)
class Parties:
    """The parties of one text, asked one by one.

    general: None while the agreement is not in force on a known day; waits: and then what is said of who has acted.
    """

    docket: Docket
    general: General | None
    waits: Words
    originals: frozenset[str]
    names: Mapping[str, Name]

    def all(self) -> tuple[PartyForce, ...]:
        """The named parties in their order, then others that acted, by code."""
        return tuple(self._party(code) for code in self.times)

    @cached_property
    def times(self) -> Mapping[str, list[Bound]]:
        """Code → the times during which the party is bound, in order."""
        others = {deed.party for deed in self.docket.deeds} - self.names.keys()
        return {code: self._bound(code) for code in (*self.names, *sorted(others))}

    def _party(self, code: str) -> PartyForce:
        times, on = self.times[code], self.docket.on
        begin, last, declared = self._provisional(code)
        provisional = begin is not None and begin <= on and (last is None or on <= last)
        time = next((time for time in reversed(times) if time.day is not None), None)
        if time is None or time.day is None:
            if provisional:
                return PartyForce(code, "provisional", None, last, begin, declared)
            return self._unbound(code, times, begin)
        if time.until and time.until <= on:
            never = time.until <= time.day
            return PartyForce(code, "left", None if never else time.day, time.until, begin, time.words)
        if time.day <= on:
            return PartyForce(code, "in_force", time.day, time.until, begin, time.words)
        if provisional:
            told = words.joined((declared, time.words))
            return PartyForce(code, "provisional", time.day, last, begin, told)
        return PartyForce(code, "set", time.day, time.until, begin, time.words)

    # ---- bound

    def _bound(self, code: str) -> list[Bound]:
        if self.general is None:
            return []
        times = self._times(code, self.general)
        heir = self.docket.heirs.get(code)
        if not heir or not times:
            return times
        day, told = self._passed(self.docket.successions[heir])
        last = times[-1]
        return [*times[:-1], Bound(last.day, day or last.until, last.words + told)]

    def _times(self, code: str, general: General) -> list[Bound]:
        if succession := self.docket.successions.get(code):
            return self._succeeded(code, succession)
        found: list[Bound] = []
        free = LONG_AGO
        for act in self.docket.joining.get(code, ()):
            if act.between.first < free:
                continue
            time = self._by_act(act, general, again=free != LONG_AGO)
            found.append(time)
            if time.until is None:
                return found
            free = time.until
        if not found and self.docket.clause.binds == "all_parties" and code in self.originals:
            everyone = _with_the_agreement(Words("对全体签署方", "for all parties"), general)
            return [self._until((code,), LONG_AGO, general.day, everyone)]
        return found

    def _by_act(self, act: Counted, general: General, *, again: bool) -> Bound:
        """Bound by its own act: with the agreement, or as one who joins later."""
        clause = self.docket.clause
        told = words.act(act.deed.party, act.deed.kind, act.counted, words.between(act.between), self.names)
        joining = clause.joining
        limit = general.day if joining and joining.after == "force" else general.met
        everyone = clause.binds == "all_parties" and act.party in self.originals and not again
        first = not again and act.deed.kind in clause.acts
        if everyone or (first and act.between.last <= limit):
            return self._until(act.codes, act.between.first, general.day, _with_the_agreement(told, general))
        period = joining.period if joining and joining.period else clause.period
        own = [period.after(each) if period else each for each in (act.between.first, act.between.last)]
        soonest = general.day if first and act.between.first <= limit else max(own[0], general.day)
        if act.between.last == NEVER or soonest != max(own[1], general.day):
            return Bound(None, None, told + Words("，对其生效之日未载明到日", ", its day not known to the day"))
        told += words.counted_on(period, act.between.first, own[1])
        if own[1] < general.day:
            when = words.day(general.day)
            told += Words(f"，不早于协议生效之日 {when.zh}", f", not before {when.en}")
        return self._until(act.codes, act.between.first, soonest, told + Words("对其生效", ""))

    def _until(self, codes: tuple[str, ...], since: Day, day: Day, told: Words) -> Bound:
        """Bound from a day until it leaves; of a place that passed on, its holder leaves."""
        leaving = self.docket.departure(codes, since, day)
        if leaving is None or codes[0] in self.docket.heirs:
            return Bound(day, None, told)
        return Bound(day, leaving.effect.exact, told + _leaves(leaving))

    # ---- succession

    def _passed(self, succession: Deed) -> tuple[Day | None, Words]:
        """A place passes on the day of the succession; what the successor does later is its own."""
        day = self.docket.succeeded(succession).exact
        who, when = words.name(succession.party, self.names), words.between(self.docket.succeeded(succession))
        return day, Words(f"；{when.zh}由{who.zh}继承", f"; succeeded by {who.en} on {when.en}")

    def _succeeded(self, code: str, succession: Deed) -> list[Bound]:
        """The successor is bound from the day of the succession, or from when its predecessor would have been.

        Vienna Convention on Succession of States in respect of Treaties, article 23 (1).
        """
        predecessor, taken = succession.predecessor or "", self.docket.succeeded(succession)
        who, when = words.name(predecessor, self.names), words.between(taken)
        told = Words(f"继承{who.zh}的位次（{when.zh}）", f"succeeds {who.en} ({when.en})")
        inherited = next((time.day for time in self._bound(predecessor) if time.day), None)
        if taken.exact is None or inherited is None:
            return [Bound(None, None, told)]
        since = max(taken.exact, inherited)
        begins = words.day(since)
        return [self._until((code,), taken.exact, since, told + Words(f"，{begins.zh}起", f", from {begins.en}"))]

    # ---- not bound, or provisionally

    def _unbound(self, code: str, times: list[Bound], provisional: Day | None) -> PartyForce:
        if times:
            return PartyForce(code, "signed", None, None, provisional, times[0].words)
        acts = self.docket.joining.get(code, ())
        if acts:
            act = acts[0]
            told = words.act(act.deed.party, act.deed.kind, act.counted, words.between(act.between), self.names)
            leaving = self.docket.departure(act.codes, act.between.first, None)
            if leaving and leaving.effect.exact and leaving.effect.exact <= self.docket.on:
                return PartyForce(code, "left", None, leaving.effect.exact, provisional, told + _leaves(leaving))
            return PartyForce(code, "signed", None, None, provisional, told + self.waits)
        acted = self.docket.of(code, *BINDING)
        if not acted:
            return PartyForce(code, "none", None, None, provisional, Words("尚无行为", "no act recorded"))
        told = words.act(code, acted[0].kind, "done", words.between(self.docket.between(acted[0].done)), self.names)
        told += Words("；尚无条款计入的行为", "; no act yet that the clause counts")
        return PartyForce(code, "signed", None, None, provisional, told)

    def _provisional(self, code: str) -> tuple[Day | None, Day | None, Words]:
        """From when, the last day, and why the party applies the agreement before it is bound."""
        rule = self.docket.clause.provisional
        kind = "signature" if rule and rule.by == "signature" else "provisional_application"
        for deed in self.docket.of(code, kind):
            effect = self.docket.between(deed.takes_effect) if deed.takes_effect.value else None
            begin = (effect if effect and kind != "signature" else self.docket.between(deed.done)).exact
            if begin is None:
                continue
            if rule and rule.not_before:
                begin = max(begin, rule.not_before)
            ends = [day for day in (rule.until if rule else None, deed.valid_until.last_day()) if day]
            for leaving in self.docket.of(code, "withdrawal"):
                left = self.docket.between(leaving.takes_effect if leaving.takes_effect.value else leaving.done)
                ends += [left.exact - timedelta(days=1)] if left.exact else []
            last = min(ends, default=None)
            since, end = words.day(begin), words.day(last) if last else NOTHING
            told = Words(f"自 {since.zh}暂时适用", f"applied provisionally from {since.en}")
            if last:
                told += Words(f"至 {end.zh}", f" to {end.en}")
            return begin, last, told
        return None, None, NOTHING


def _with_the_agreement(told: Words, general: General) -> Words:
    when = words.day(general.day)
    return told + Words(f"，随协议于 {when.zh}生效", f", in force with the agreement on {when.en}")


def _leaves(leaving: Departure) -> Words:
    """How a party leaves."""
    ends, when = words.between(leaving.effect), words.between(leaving.notice)
    if leaving.deed.kind == "withdrawal":
        return Words(f"；{ends.zh}退出", f"; left on {ends.en}")
    told = Words(f"；{when.zh}的退出通知", f"; notice of withdrawal of {when.en}")
    if leaving.effect.first == NEVER:
        if leaving.opens is None:
            return told + Words("，生效以前不计", ": not counted before entry into force")
        opens = words.day(leaving.opens)
        return told + Words(
            f"早于可以提出的 {opens.zh}，不计", f" came before {opens.en}, the first day for one: not counted"
        )
    if leaving.effect.exact is None:
        unknown = Words("，退出之日未载明到日", ", its day not known to the day")
        return told + (
            unknown if leaving.rule else Words("，条款未载明何时退出", ", the clause does not say when it takes effect")
        )
    if leaving.rule is None:
        return told + Words(f"，{ends.zh}退出", f" = {ends.en}")
    counted = leaving.rule.period.after(leaving.notice.first)
    told += words.counted_on(leaving.rule.period, leaving.notice.first, counted)
    if counted != leaving.effect.exact:
        told += Words(f"，迟至 {ends.zh}", f", not before {ends.en}")
    return told + Words("退出", "")


def fewer_than(bound: Iterable[tuple[Day, Day]], parties: int) -> list[tuple[Day, Day]]:
    """The spans during which fewer are bound than so many, after there had been enough. bound: since, until of each."""
    changes: dict[Day, int] = {}
    for since, until in bound:
        changes[since] = changes.get(since, 0) + 1
        if until != NEVER:
            changes[until] = changes.get(until, 0) - 1
    spans: list[tuple[Day, Day]] = []
    present, enough = 0, False
    for day in sorted(changes):
        present += changes[day]
        if enough and present < parties:
            spans.append((day, NEVER))
        elif present >= parties and spans and spans[-1][1] == NEVER:
            spans[-1] = (spans[-1][0], day)
        enough = present >= parties
    return spans
