"""What pictures show: counts by stage and lamp, what falls due, who works with whom, the flow of a year, the life of an agreement.

Each is cut to what the reader may see, by the conditions of the list pages, so that a number equals the list it opens. Sample rows
are left out, or alone: `sample` says whether the page is of a sample record. As many statements whatever the number of rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from registry.models import Agreement, AgreementField, AgreementParty, Assignment, Body, Item, Procedure, Step
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_agreement, may_see_item
from registry.queries.agreements import AgreementFilter
from registry.queries.agreements import conditions_of as conditions_of_agreements
from registry.queries.definitions import published_definitions
from registry.queries.items import ItemFilter, conditions_of
from registry.queries.lamps import lamps
from registry.queries.rows import Named, Query, once, party_columns, still
from registry.queries.snapshot import Snapshot
from registry.queries.standing import tallied
from workflows.definition import AS_BEFORE

By: TypeAlias = Literal["city", "field"]
WAY = ("intent", "listed", "in_progress", "achieved", "long_term_mechanism")
"""The places that an item passes on its way."""
ASIDE = ("suspended", "merged", "terminated")
"""Where items drop out to."""


@dataclass(frozen=True, slots=True)
class LampRow:
    """Items of a city or a field. party: the city that leads; field: position in its agreement, 0: under none; title_zh: of the field.

    All of them None: nobody leads. counts: (stage, lamp, number), none of them 0.
    """

    party: Named | None
    field: int | None
    title_zh: str | None
    title_en: str | None
    counts: tuple[tuple[str, str, int], ...]

    @property
    def total(self) -> int:
        """All its items."""
        return sum(count for _, _, count in self.counts)


@dataclass(frozen=True, slots=True)
class Common:
    """How many agreements and items two parties have in common."""

    one: Named
    other: Named
    agreements: int
    items: int


@dataclass(frozen=True, slots=True)
class YearFlow:
    """Items through a year. last: its last day, or today. begin, end: place → how many stood there; moves: (from, to, how many), from
    None: new. Places are states; one that is neither in WAY nor in ASIDE is a city's own and stands under its stage, `whole` tells
    that there is none."""

    year: int
    last: date
    begin: dict[str, int]
    end: dict[str, int]
    moves: tuple[tuple[str | None, str, int], ...]
    whole: bool


def by_stage_and_lamp(
    snapshot: Snapshot, actor: Actor, by: By, which: ItemFilter, *, sample: bool = False
) -> tuple[LampRow, ...]:
    """Items by stage and lamp, by the city that leads (in each that does) or by field, the most first, those of none last.

    Fields are those of one agreement, in its order, where the filter names one; else those of one name are one. Two statements.
    """
    question = ("items by", by, which, sample)

    def each(ids: Sequence[int] | None) -> Query:
        """Every item of a city or field, with its stage and lamp."""
        whole = snapshot.of(Item)
        where = [may_see_item(snapshot, actor), *conditions_of(snapshot, which), whole.c.sample == sample]
        where += [] if ids is None else [whole.c.id.in_(ids)]
        item = once(sa.select(whole).where(*where))
        colour = lamps(snapshot, where, item).colour.label("lamp")
        return _by_city(snapshot, item, colour) if by == "city" else _by_field(snapshot, item, colour, which)

    counts = tallied(snapshot, actor, question, each) if which.agreement is None else None
    rows = _lamp_rows(_counted(snapshot, each(None)) if counts is None else counts, by, which)
    if by == "field" and which.agreement:
        return tuple(sorted(rows, key=lambda row: (not row.field, row.field or 0)))
    return tuple(sorted(rows, key=lambda row: (row.party is None and row.title_zh is None, -row.total, _key(row))))


def _counted(snapshot: Snapshot, each: Query) -> dict[tuple[Any, ...], int]:
    """How many rows there are by all that they tell beside their ids. One statement."""
    rows = each.subquery("each")
    told = [column for column in rows.c if column.name != "id"]
    found = snapshot.session.execute(sa.select(*told, sa.func.count()).group_by(*told))
    return {tuple(told): number for *told, number in found}


def _key(row: LampRow) -> str:
    return row.party.key if row.party else row.title_zh or ""


def _by_city(snapshot: Snapshot, item: sa.FromClause, colour: sa.ColumnElement[Any]) -> Query:
    """Leads of these items alone: in the past, SQLite would read all that there ever were before it joined them."""
    lead, body = snapshot.of(Assignment, "leading"), snapshot.of(Body)
    leads = (
        sa.select(lead.c.item_id, *party_columns(body))
        .join(body, body.c.id == lead.c.body_id)
        .where(lead.c.item_id.in_(sa.select(item.c.id)), lead.c.role == "lead", still(snapshot, lead))
        .distinct()
        .subquery("leads")
    )
    party = (column for column in leads.c if column.name != "item_id")
    return sa.select(item.c.id, *party, item.c.stage, colour).outerjoin(leads, leads.c.item_id == item.c.id)


def _by_field(snapshot: Snapshot, item: sa.FromClause, colour: sa.ColumnElement[Any], which: ItemFilter) -> Query:
    field = snapshot.of(AgreementField)
    place = field.c.position if which.agreement else sa.null()
    titles = (field.c.name_zh.label("title_zh"), field.c.name_en.label("title_en"))
    return (
        sa.select(item.c.id, place.label("position"), *titles, item.c.stage, colour)
        .select_from(item)
        .outerjoin(field, field.c.id == item.c.field_id)
    )


def _lamp_rows(counts: Mapping[tuple[Any, ...], int], by: By, which: ItemFilter) -> list[LampRow]:
    """One row for each city, or for each field: fields of one name are one, whatever they are called in English."""
    found: dict[tuple[Any, ...], Counter[tuple[str, str]]] = {}
    english: dict[tuple[Any, ...], str] = {}
    for (*of, stage, lamp), number in counts.items():
        key = tuple(of) if by == "city" else tuple(of[:2])
        if by == "field":
            english[key] = max(english.get(key, ""), of[2] or "")
        found.setdefault(key, Counter())[stage, lamp] += number
    rows = []
    for key, numbers in found.items():
        told = tuple(sorted((*of, number) for of, number in numbers.items()))
        if by == "city":
            rows.append(LampRow(Named("body", *key) if key[0] else None, None, None, None, told))
        else:
            position, title = key
            under = (position or 0) if which.agreement or title is None else None
            rows.append(LampRow(None, under, title, english[key] or None, told))
    return rows


# ---- who works with whom


def common_of(
    snapshot: Snapshot, actor: Actor, *, party: str | None = None, grouping: str | None = None, sample: bool = False
) -> tuple[Common, ...]:
    """Pairs of parties with what they have in common: of one party (code) with every other, or within the agreements of a grouping.

    Common is an agreement that both are parties of, an item in which both have a part; each pair once, by code, without pairs that
    have nothing in common. Two statements.
    """
    agreement, mine, theirs = (
        snapshot.of(Agreement), snapshot.of(AgreementParty, "one"), snapshot.of(AgreementParty, "other")
    )  # fmt: skip
    signed = _pairs(snapshot, (mine, theirs, "agreement_id"), party).where(
        mine.c.agreement_id.in_(
            sa.select(agreement.c.id).where(
                may_see_agreement(snapshot, actor),
                agreement.c.sample == sample,
                *conditions_of_agreements(snapshot, AgreementFilter(grouping=grouping, party=party)),
            )
        )
    )

    def worked(ids: Sequence[int] | None) -> Query:
        """Every item with two bodies that have a part in it."""
        item, part, other = snapshot.of(Item), snapshot.of(Assignment, "one"), snapshot.of(Assignment, "other")
        of_them = [may_see_item(snapshot, actor), *conditions_of(snapshot, ItemFilter(grouping=grouping, party=party))]
        of_them += [item.c.sample == sample, *([] if ids is None else [item.c.id.in_(ids)])]
        return _pairs(snapshot, (part, other, "item_id"), party).where(
            part.c.item_id.in_(sa.select(item.c.id).where(*of_them))
        )

    items = tallied(snapshot, actor, ("items in common", party, grouping, sample), worked)
    names: dict[str, Named] = {}
    found: dict[tuple[str, str], list[int]] = {}
    for place, counts in enumerate(
        (_counted(snapshot, signed), _counted(snapshot, worked(None)) if items is None else items)
    ):
        for told, number in counts.items():
            one, other = (Named("body", *told[start : start + 4]) for start in (0, 4))
            names |= {one.key: one, other.key: other}
            found.setdefault((one.key, other.key), [0, 0])[place] = number
    return tuple(Common(names[one], names[other], *found[one, other]) for one, other in sorted(found))


def _pairs(snapshot: Snapshot, ties: tuple[sa.FromClause, sa.FromClause, str], party: str | None) -> Query:
    """Every record with two bodies that are named in it. party: the first one; None: each pair once."""
    mine, theirs, record = ties
    one, other = snapshot.of(Body, "one"), snapshot.of(Body, "other")
    columns = [body.c[name] for body in (one, other) for name in ("code", "name_zh", "name_en", "sample")]
    chosen = one.c.code < other.c.code if party is None else sa.and_(one.c.code == party, other.c.code != party)
    labelled = [column.label(f"c{place}") for place, column in enumerate(columns)]
    return (
        sa.select(mine.c[record].label("id"), *labelled)
        .distinct()
        .select_from(mine)
        .join(theirs, sa.and_(theirs.c[record] == mine.c[record], still(snapshot, theirs)))
        .join(one, one.c.id == mine.c.body_id)
        .join(other, other.c.id == theirs.c.body_id)
        .where(still(snapshot, mine), chosen)
    )


# ---- the flow of a year


def flow_of(snapshot: Snapshot, actor: Actor, year: int, which: ItemFilter, *, sample: bool = False) -> YearFlow:
    """How items moved in a year (to today, if it has not ended): where they stood before its first day and after its last, and every
    step that took effect in it. Eight statements at most."""
    last = min(date(year, 12, 31), snapshot.today)
    before, after = (
        Snapshot(snapshot.session, snapshot.known, day, day) for day in (date(year, 1, 1) - timedelta(1), last)
    )
    begun, ended = (_standing(each, actor, which, sample) for each in (before, after))
    begin, end = ({id_: _place(state, stage) for id_, state, stage in rows} for rows in (begun, ended))
    step, earlier = after.of(Step), before.of(Step)
    taken = snapshot.session.execute(
        sa.select(step.c.subject_id, step.c.from_state, step.c.to_state)
        .where(
            step.c.subject_kind == "item",
            step.c.id.not_in(sa.select(earlier.c.id).where(earlier.c.subject_kind == "item")),
            step.c.subject_id.in_(_among(after, actor, which, sample)),
        )
        .order_by(step.c.subject_id, step.c.position)
    ).all()
    places = _places(snapshot)
    moves: Counter[tuple[str | None, str]] = Counter()
    here: dict[int, str] = dict(begin)

    def move(id_: int, place: str) -> None:
        if here.get(id_) != place:
            moves[here.get(id_), place] += 1
            here[id_] = place

    for row in taken:
        if row.from_state is not None:
            move(row.subject_id, places.get(row.from_state, row.from_state))
        move(row.subject_id, places.get(row.to_state, row.to_state))
    for id_, place in end.items():
        move(id_, place)
    known = {*WAY, *ASIDE}
    return YearFlow(
        year,
        last,
        dict(Counter(begin.values())),
        dict(Counter(end.values())),
        tuple((source, target, count) for (source, target), count in sorted(moves.items(), key=str)),
        all(state in known for _, state, _ in (*begun, *ended)),
    )


def _among(snapshot: Snapshot, actor: Actor, which: ItemFilter, sample: bool) -> sa.Select[*tuple[Any, ...]]:
    item = snapshot.of(Item)
    conditions: Iterable[Condition] = (*conditions_of(snapshot, which), may_see_item(snapshot, actor))
    return sa.select(item.c.id).where(item.c.sample == sample, *conditions)


def _standing(snapshot: Snapshot, actor: Actor, which: ItemFilter, sample: bool) -> list[tuple[int, str, str]]:
    """Id, state and stage of each item that was there on the snapshot's day."""
    item = snapshot.of(Item)
    query = _among(snapshot, actor, which, sample).add_columns(item.c.state, item.c.stage)
    return [(row.id, row.state, row.stage) for row in snapshot.session.execute(query)]


def _places(snapshot: Snapshot) -> dict[str, str]:
    """State → its place, in every procedure of items that was published."""
    definitions = published_definitions(snapshot.session, snapshot.whenever.of(Procedure))
    return {
        name: _place(name, state.stage)
        for definition in definitions
        if definition.subject == "item"
        for name, state in definition.states.items()
    }


def _place(state: str, stage: str) -> str:
    """The place of a state: itself, or of a city's own procedure the one that its stage is known by."""
    if state in WAY or state in ASIDE:
        return state
    return {"ended": "terminated", AS_BEFORE: "suspended"}.get(stage, stage)
