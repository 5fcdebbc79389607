"""Annual lists of key projects: entered, and adopted version by version. A version never changes afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.list_lines import MOST, Line
from registry.domain.numbers import LIST, next_record
from registry.errors import Reason, Refused
from registry.ledger import atomic
from registry.models import AnnualList, Body, Grouping, Item, ListRow, ListVersion, Membership
from registry.models.base import LEVELS
from registry.permissions import Actor
from registry.queries.access import may_see_item, may_see_list, sees
from registry.queries.snapshot import Snapshot
from registry.services import subjects
from registry.services.days import day_of
from registry.services.items import require_any
from registry.services.lineage import earlier_ids

YEARS = range(1949, 2101)


@dataclass(frozen=True, slots=True)
class AddList:
    """A list of one year: of a grouping (code), of the party that keeps it (issuer: code), or of both. level: who may see it."""

    title_zh: str
    year: int
    grouping: str | None = None
    issuer: str | None = None
    title_en: str | None = None
    level: str = "members"
    note: str | None = None


@dataclass(frozen=True, slots=True)
class AdoptVersion:
    """The next version of a list, by number. lines: its rows in order; where a line does not say which earlier year's list its
    item was carried over from, the register looks in those of the same owner. declared: number of items that the document
    states."""

    list: str
    adopted: PartialDate
    lines: tuple[Line, ...]
    basis: str | None = None
    declared: int | None = None


def add_list(session: Session, actor: Actor, ask: AddList, *, at: datetime) -> AnnualList:
    """Enter a list, empty; its number is given under the lock of the register.

    By the secretariat of its grouping, or an officer of its issuer.
    Raises NotPermitted; Refused title-missing, list-owner-missing, unknown-grouping, unknown-party, unknown-choice (level, year),
    not-a-member, sample-mixed, list-unseen.
    """
    with atomic(session) as book:
        subjects.locked_register(session)
        grouping = subjects.locked_grouping(session, ask.grouping, field="grouping") if ask.grouping else None
        issuer = subjects.party(session, ask.issuer, field="issuer") if ask.issuer else None
        _require_keeper(actor, "list:add", subjects.id_of(grouping), subjects.id_of(issuer))
        _check(session, ask, grouping, issuer)
        found = AnnualList(
            number=str(next_record(LIST, ask.year, session.execute(sa.select(AnnualList.number)).scalars())),
            title_zh=ask.title_zh.strip(), title_en=ask.title_en, year=ask.year, grouping_id=subjects.id_of(grouping),
            issuer_id=subjects.id_of(issuer), level=ask.level, revision=0, sample=any(
                each.sample for each in (grouping, issuer) if each is not None), note=ask.note,
        )  # fmt: skip
        session.add(found)
        session.flush()
        if not session.execute(sa.select(sees(actor, AnnualList, sa.literal(found.id)))).scalar_one():
            raise Refused(Reason("list-unseen", field="level"))
        book.record(act="list.add", actor=actor, subject=("list", found.id), at=at, on_behalf_of=actor.body_code)
    return found


def adopt_version(session: Session, actor: Actor, ask: AdoptVersion, *, at: datetime) -> ListVersion:
    """Adopt the next version of a list: all its rows or none.

    Who may is as for `add_list`. Raises NotPermitted; NotFound; Refused unknown-document, and with every reason of rows-missing,
    too-many-rows, unlisted-item, item-twice, sample-mixed, unknown-list, not-carried, in-the-future, version-out-of-order,
    unknown-choice (declared).
    """
    with atomic(session) as book:
        found = subjects.locked_list(session, actor, ask.list)
        _require_keeper(actor, "list:adopt", found.grouping_id, found.issuer_id)
        last = _last_version(session, found)
        basis = subjects.basis_document(session, actor, ask.basis)
        items = _items(session, actor, [line.item for line in ask.lines])
        reasons = [*_undated(session, ask, last, at), *_unlisted(found, ask, items)]
        if reasons:
            raise Refused(*reasons)
        version = ListVersion(
            list_id=found.id, version=last.version + 1 if last else 1, adopted_on=ask.adopted.value,
            adopted_precision=str(ask.adopted.precision), basis_id=subjects.id_of(basis), declared_items=ask.declared,
            recorded_at=at,
        )  # fmt: skip
        session.add(version)
        session.flush()
        carried = _carried(session, actor, found, ask.lines, {number: item.id for number, item in items.items()})
        session.add_all(
            ListRow(
                list_id=found.id, version_id=version.id, item_id=items[line.item].id, position=place,
                category=line.category, carried_from_id=carried.get(line.item),
            )
            for place, line in enumerate(ask.lines, 1)
        )  # fmt: skip
        found.revision += 1
        book.record(
            act="list.adopt", actor=actor, subject=("list", found.id), at=at, on_behalf_of=actor.body_code,
            basis=subjects.cited_as(basis), effective=ask.adopted,
        )  # fmt: skip
    return version


def _require_keeper(actor: Actor, permission: str, grouping_id: int | None, issuer_id: int | None) -> None:
    require_any(actor, permission, frozenset() if issuer_id is None else frozenset({issuer_id}), grouping_id)


def _check(session: Session, ask: AddList, grouping: Grouping | None, issuer: Body | None) -> None:
    reasons = []
    if not ask.title_zh.strip():
        reasons.append(Reason("title-missing", field="title_zh"))
    if grouping is None and issuer is None:
        reasons.append(Reason("list-owner-missing", field="grouping"))
    if ask.level not in LEVELS:
        reasons.append(Reason("unknown-choice", {"value": ask.level}, field="level"))
    if ask.year not in YEARS:
        reasons.append(Reason("unknown-choice", {"value": ask.year}, field="year"))
    if grouping and issuer:
        belongs = sa.select(Membership.id).where(
            Membership.grouping_id == grouping.id, Membership.body_id == issuer.id, Membership.until_precision.is_(None)
        )
        if grouping.sample != issuer.sample:
            reasons.append(Reason("sample-mixed", {"table": "body", "value": issuer.code}, field="issuer"))
        elif session.execute(belongs).first() is None:
            values = {"party": issuer.name_zh, "grouping": grouping.name_zh}
            reasons.append(Reason("not-a-member", values, field="issuer"))
    if reasons:
        raise Refused(*reasons)


def _last_version(session: Session, found: AnnualList) -> ListVersion | None:
    query = sa.select(ListVersion).where(ListVersion.list_id == found.id).order_by(ListVersion.version.desc()).limit(1)
    return session.execute(query).scalars().first()


def _items(session: Session, actor: Actor, numbers: Iterable[str]) -> dict[str, Item]:
    """The items of these numbers that the actor sees."""
    visible = may_see_item(Snapshot(session, None, date.min), actor)
    query = sa.select(Item).where(Item.number.in_(sorted(set(numbers))), visible)
    return {item.number: item for item in session.execute(query).scalars()}


def _undated(session: Session, ask: AdoptVersion, last: ListVersion | None, at: datetime) -> list[Reason]:
    reasons = []
    if day_of(session, at).certainly_before(ask.adopted):
        reasons.append(Reason("in-the-future", {"value": ask.adopted.value or ""}, field="adopted"))
    before = PartialDate.of(last.adopted_on, last.adopted_precision) if last else ask.adopted
    if ask.adopted.certainly_before(before):
        reasons.append(Reason("version-out-of-order", {"value": before.value or ""}, field="adopted"))
    if ask.declared is not None and ask.declared < 1:
        reasons.append(Reason("unknown-choice", {"value": ask.declared}, field="declared"))
    return reasons


def _unlisted(found: AnnualList, ask: AdoptVersion, items: Mapping[str, Item]) -> list[Reason]:
    """What is wrong with the rows, every row that is."""
    numbers = [line.item for line in ask.lines]
    missing = [each for each in dict.fromkeys(numbers) if each not in items]
    twice = [each for each in dict.fromkeys(numbers) if numbers.count(each) > 1]
    mixed = [each for each, item in items.items() if item.sample != found.sample]
    reasons = [] if numbers else [Reason("rows-missing", field="lines")]
    if len(numbers) > MOST:
        reasons.append(Reason("too-many-rows", {"most": MOST}, field="lines"))
    if missing:
        reasons.append(Reason("unlisted-item", {"value": "、".join(missing)}, field="lines"))
    if twice:
        reasons.append(Reason("item-twice", {"value": "、".join(twice)}, field="lines"))
    if mixed:
        reasons.append(Reason("sample-mixed", {"table": "item", "value": "、".join(mixed)}, field="lines"))
    return reasons


def _carried(
    session: Session, actor: Actor, found: AnnualList, lines: Sequence[Line], ids: Mapping[str, int]
) -> dict[str, int]:
    """Item number → id of the earlier year's list in which it stood, itself or as an item that it carries on: the one that the
    line names, or else the last one of the same owner. Raises Refused unknown-list, not-carried."""
    lists = sa.select(AnnualList).where(
        AnnualList.year < found.year, may_see_list(Snapshot(session, None, date.min), actor)
    )
    earlier = session.execute(lists.order_by(AnnualList.year.desc(), AnnualList.id.desc())).scalars().all()
    named, same = (
        {each.number: each for each in earlier},
        [each for each in earlier if (each.grouping_id, each.issuer_id) == (found.grouping_id, found.issuer_id)],
    )
    line_of = earlier_ids(session, list(ids.values()))
    stood = _stood(session, {before for each in ids.values() for before in (each, *line_of[each])})
    carried: dict[str, int] = {}
    reasons: list[Reason] = []
    for line in lines:
        been = {where for before in (ids[line.item], *line_of[ids[line.item]]) for where in stood.get(before, ())}
        if line.carried_from is None:
            carried |= next(({line.item: each.id} for each in same if each.id in been), {})
        elif line.carried_from not in named:
            reasons.append(Reason("unknown-list", {"value": line.carried_from}, field="lines"))
        elif named[line.carried_from].id not in been:
            values = {"item": line.item, "list": line.carried_from}
            reasons.append(Reason("not-carried", values, field="lines"))
        else:
            carried[line.item] = named[line.carried_from].id
    if reasons:
        raise Refused(*reasons)
    return carried


def _stood(session: Session, items: Iterable[int]) -> dict[int, set[int]]:
    """Ids of items → ids of the lists in which they stood in some version."""
    query = sa.select(ListRow.item_id, ListRow.list_id).where(ListRow.item_id.in_(sorted(items))).distinct()
    found: dict[int, set[int]] = {}
    for item_id, list_id in session.execute(query):
        found.setdefault(item_id, set()).add(list_id)
    return found
