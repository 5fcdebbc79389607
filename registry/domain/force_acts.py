"""The acts of parties as a clause counts them: on which day at the earliest and at the latest, whose place, until when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from registry.domain.dates import UNKNOWN, PartialDate, Precision
from registry.domain.force_clause import Acts, Clause, CountedDate, Withdrawal
from registry.domain.force_dates import NEVER

LONG_AGO = date(1000, 1, 1)
"""Before every day that a document can carry."""
LAST = 1_000_000
LEAVING = ("withdrawal_notice", "withdrawal")


@dataclass(frozen=True, slots=True)
class Deed:
    """One act that was not annulled. kind: as `models.ACT_KINDS` has it; party, predecessor: codes; id: of its row.

    A date of precision second is written in the register's zone. ordinal: order among acts of one kind, as printed.
    """

    party: str
    kind: str
    done: PartialDate
    received: PartialDate = UNKNOWN
    registered: PartialDate = UNKNOWN
    takes_effect: PartialDate = UNKNOWN
    valid_until: PartialDate = UNKNOWN
    ordinal: int | None = None
    predecessor: str | None = None
    id: int | None = None

    def date(self, counted: CountedDate) -> PartialDate:
        """The date that counts."""
        return self.done if counted == "done" else self.received if counted == "received" else self.registered


@dataclass(frozen=True, slots=True)
class Between:
    """A day as far as it is known. last: NEVER where nothing says that it has come."""

    first: date
    last: date

    @property
    def exact(self) -> date | None:
        """The day, where only one is possible."""
        return self.first if self.first == self.last and self.last != NEVER else None


@lru_cache(maxsize=8192)
def _between(written: PartialDate, here: str, there: str | None) -> Between:
    """here: the zone in which a moment is written; there: the depositary's, where it has one of its own."""
    if written.value is None:
        return Between(LONG_AGO, NEVER)
    if written.precision == Precision.SECOND and there:
        moment = datetime.fromisoformat(written.value).replace(tzinfo=ZoneInfo(here))
        try:
            day = moment.astimezone(ZoneInfo(there)).date()
        except OverflowError:
            day = moment.date()
        return Between(day, day)
    return Between(written.first_day() or LONG_AGO, written.last_day() or NEVER)


@dataclass(frozen=True, slots=True)
class Counted:
    """A binding act. party: whose place it takes: of an organisation's act for its members, the member.

    rank: the order among acts of one day: as printed, by the date on which they were done, by code.
    """

    party: str
    deed: Deed
    counted: CountedDate
    between: Between
    rank: tuple[int, date, str, str]

    @property
    def codes(self) -> tuple[str, ...]:
        """The party, and who acted for it."""
        return self.party, self.deed.party


@dataclass(frozen=True, slots=True)
class Seat:
    """A place that counts in one reading of the dates, from a day until before another."""

    act: Counted
    since: date
    until: date

    @property
    def party(self) -> str:
        """The party that took the place first."""
        return self.act.party


@dataclass(frozen=True)
class Docket:
    """All acts on one text, sorted by what the clause makes of them. The order of `deeds` makes no difference.

    on: acts that came later are not seen. zone: in which moments are written.
    """

    clause: Clause
    deeds: Sequence[Deed]
    on: date
    zone: str

    def between(self, written: PartialDate) -> Between:
        """The days that a date can mean: of a moment, the day at the depositary's place."""
        return _between(written, self.zone, self.clause.zone)

    def counted(self, party: str, deed: Deed, counted: CountedDate) -> Counted:
        """An act as it counts for a party."""
        rank = (deed.ordinal or LAST, self.between(deed.done).first, party, deed.kind)
        return Counted(party, deed, counted, self.between(deed.date(counted)), rank)

    def _binding(self, kinds: Acts) -> Mapping[str, list[Counted]]:
        found: dict[str, list[Counted]] = {}
        for deed in self.deeds:
            counted = kinds.get(deed.kind)
            if counted is None or (deed.kind == "succession" and deed.party in self.successions):
                continue
            act = self.counted(deed.party, deed, counted)
            if act.between.first > self.on:
                continue
            found.setdefault(deed.party, []).append(act)
            organisation = self.clause.organisations.get(deed.party)
            for party in organisation.members if organisation else ():
                found.setdefault(party, []).append(self.counted(party, deed, counted))
        for acts in found.values():
            acts.sort(key=lambda each: (each.between.last, each.between.first, each.rank))
        return found

    @cached_property
    def _acted(self) -> frozenset[str]:
        """Parties with a binding act of their own."""
        kinds = {*self.clause.acts, *((self.clause.joining and self.clause.joining.acts) or ())} - {"succession"}
        return frozenset(deed.party for deed in self.deeds if deed.kind in kinds)

    @cached_property
    def binding(self) -> Mapping[str, list[Counted]]:
        """Code of a party → its acts that count for the condition, the earliest first."""
        return self._binding(self.clause.acts)

    @cached_property
    def joining(self) -> Mapping[str, list[Counted]]:
        """Code of a party → its acts by which it can join later, the earliest first."""
        joining = self.clause.joining
        return self._binding({**self.clause.acts, **joining.acts}) if joining and joining.acts else self.binding

    @cached_property
    def _done(self) -> Mapping[str, list[tuple[Between, Deed]]]:
        """Code of a party → its acts that were done by the day, in their order."""
        found: dict[str, list[tuple[Between, Deed]]] = {}
        for deed in self.deeds:
            done = self.between(deed.done)
            if done.first <= self.on:
                found.setdefault(deed.party, []).append((done, deed))
        for deeds in found.values():
            deeds.sort(key=lambda each: (each[0].first, each[1].kind, each[1].ordinal or LAST))
        return found

    def of(self, party: str, *kinds: str) -> list[Deed]:
        """The party's acts of these kinds that were done by the day, in their order."""
        return [deed for _, deed in self._done.get(party, ()) if deed.kind in kinds]

    @cached_property
    def successions(self) -> Mapping[str, Deed]:
        """Code of a successor → the act by which it took a place that somebody's own act had made."""
        found = {party: deeds[0] for party in self._done if (deeds := self.of(party, "succession"))}
        return {party: deed for party, deed in found.items() if self._made(deed, found)}

    def _made(self, deed: Deed, successions: Mapping[str, Deed]) -> bool:
        """Whether the first of a line of predecessors acted; in a circle nobody did."""
        seen, code = {deed.party}, deed.predecessor
        while code and code not in self._acted:
            if code in seen or code not in successions:
                return False
            seen.add(code)
            code = successions[code].predecessor
        return code is not None and code not in seen

    @cached_property
    def heirs(self) -> Mapping[str, str]:
        """Code of a predecessor → the successor that continues its place: of several, the first by day and code."""
        order = sorted(
            self.successions.values(), key=lambda deed: (self.succeeded(deed).first, deed.party), reverse=True
        )
        return {deed.predecessor: deed.party for deed in order if deed.predecessor}

    def holder(self, code: str) -> str:
        """Who holds a party's place in the end."""
        while code in self.heirs:
            code = self.heirs[code]
        return code

    def succeeded(self, deed: Deed) -> Between:
        """The day of a succession: on which it takes effect, else on which it was declared."""
        effect = deed.takes_effect
        return self.between(effect if effect.value else deed.done)

    def departure(self, codes: Collection[str], since: date, bound: date | None) -> Departure | None:
        """How the holder of a place leaves it; None while no act says so.

        codes: the party, and the organisation that acted for it. since: the day on which it acted. bound: the day on which
        the agreement came into force for it, None while it has not. Of several acts the first one that gives a day is
        taken: a notice, before the withdrawal that follows it.
        """
        found = [
            departure
            for party in dict.fromkeys(map(self.holder, codes))
            for deed in self.of(party, *LEAVING)
            if (departure := self._departure(deed, bound)).notice.last >= since and departure.effect.last > since
        ]
        return min(found, key=lambda each: each.effect.exact is None, default=None)

    def _departure(self, deed: Deed, bound: date | None) -> Departure:
        rule = self.clause.withdrawal
        stated = self.between(deed.takes_effect)
        if deed.kind == "withdrawal":
            done = self.between(deed.done)
            return Departure(deed, done, stated if deed.takes_effect.value else done, None, None)
        notice = self.between(deed.date(rule.date if rule else "done"))
        if rule is None:
            return Departure(deed, notice, stated, None, None)
        return self._noticed(deed, rule, notice, stated if deed.takes_effect.value else None, bound)

    def _noticed(
        self, deed: Deed, rule: Withdrawal, notice: Between, stated: Between | None, bound: date | None
    ) -> Departure:
        opens = rule.notice_after.after(bound) if rule.notice_after and bound else None
        floor = rule.effect_after.after(bound) if rule.effect_after and bound else LONG_AGO
        not_bound = bound is None and (rule.notice_after or rule.effect_after)
        if not_bound or (opens and notice.last < opens):
            return Departure(deed, notice, Between(NEVER, NEVER), rule, opens)
        sure = notice.last != NEVER and (opens is None or notice.first >= opens)
        first = max(rule.period.after(max(notice.first, opens or LONG_AGO)), floor)
        last = max(rule.period.after(notice.last), floor) if sure else NEVER
        if stated:  # a later day that the notice itself names
            first, last = max(first, stated.first), max(last, stated.last)
        return Departure(deed, notice, Between(first, last), rule, opens)

    def left(self, *, late: bool) -> Mapping[str, date]:
        """Code of a party that left without a binding act → the day."""
        found = {}
        for party in self._done.keys() - self.binding.keys() - self.successions.keys():
            if deeds := self.of(party, *LEAVING):
                effect = self._departure(deeds[-1], None).effect
                found[party] = effect.last if late else effect.first
        return found

    @cached_property
    def vague(self) -> tuple[str, ...]:
        """The parties of whose acts a day that could move a count is not known."""
        found = [act.party for acts in self.binding.values() for act in acts if act.between.first != act.between.last]
        for party in self._done:
            leaving = (self._departure(deed, None).effect for deed in self.of(party, *LEAVING))
            found += [party for effect in leaving if effect.first != effect.last]
        return tuple(sorted(set(found)))

    def seats(self, *, late: bool) -> tuple[Seat, ...]:
        """The places that count, each from the earliest or each from the latest day that its dates can mean."""
        found = []
        for party, acts in self.binding.items():
            if party in self.clause.organisations:
                continue
            free = LONG_AGO
            for act in sorted(acts, key=lambda each: (each.between.last if late else each.between.first, each.rank)):
                since = act.between.last if late else act.between.first
                if since > self.on or since < free:
                    continue
                departure = self.departure(act.codes, since, None)
                until = departure.effect.first if departure and late else departure.effect.last if departure else NEVER
                found.append(Seat(act, since, until))
                free = until
                if until == NEVER:
                    break
        return tuple(sorted(found, key=lambda seat: (seat.since, seat.act.rank)))


@dataclass(frozen=True, slots=True)
class Departure:
    """How a party leaves. effect: the day from which it is bound no more; NEVER on both sides where the notice has none.

    rule: of the clause, None where the clause has none or the withdrawal itself is told. opens: earliest day of a notice.
    """

    deed: Deed
    notice: Between
    effect: Between
    rule: Withdrawal | None
    opens: date | None


def originals(docket: Docket, parties: Collection[str]) -> tuple[str, ...]:
    """The parties that a condition on all of them means: without those that acceded or succeeded, and organisations."""
    named = frozenset(parties)
    joined = {
        deed.party
        for deed in docket.deeds
        if deed.kind == "accession" or (deed.kind == "succession" and deed.predecessor in named)
    }
    return tuple(code for code in parties if code not in joined and code not in docket.clause.organisations)
