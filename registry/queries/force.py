"""Entry into force of the texts of agreements, computed from their clauses and the acts that a snapshot knows.

Two statements for any number of agreements, and two more for each row of agreements that wait for others in turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.domain.force import Clause, Deed, Force, Name, derive, prerequisites, read
from registry.models import Act, Agreement, AgreementParty, AgreementText, Body, Register
from registry.queries.rows import Row, dated
from registry.queries.snapshot import ZONE, Snapshot

DATES = ("done", "received", "registered", "takes_effect")


@dataclass(frozen=True, slots=True)
class TextForce:
    """One text and its entry into force. kind: text, the settled one, or amendment.

    clause, place: as the text has it, None where nobody recorded it. stated: the day that a document gives. deeds: its
    acts that stand. names: parties of the agreement, code → name, in their order.
    """

    text_id: int
    version: int
    kind: str
    title: Name | None
    clause: Clause | None
    place: str | None
    stated: PartialDate
    deeds: tuple[Deed, ...]
    names: Mapping[str, Name]
    force: Force


@dataclass(frozen=True, slots=True)
class _Texts:
    """What one agreement's force is computed from: its number, the settled text and the amendments, parties, acts by text."""

    number: str
    rows: tuple[Row, ...]
    names: Mapping[str, Name]
    deeds: Mapping[int, tuple[Deed, ...]]


def forces(
    snapshot: Snapshot, agreement_ids: Collection[int], *, on: date | None = None
) -> Mapping[int, tuple[TextForce, ...]]:
    """Id of an agreement → its settled text and every amendment, by version; agreements without a text are left out.

    on: the day asked about, else the snapshot's.
    """
    day = on or snapshot.today
    found = _texts(snapshot, snapshot.of(Agreement).c.id.in_(agreement_ids), day)
    known = {texts.number: texts for texts in found.values()}
    while waited := {number for texts in known.values() for number in _waits_for(texts)} - known.keys():
        more = _texts(snapshot, snapshot.of(Agreement).c.number.in_(sorted(waited)), day)
        known |= {number: _Texts(number, (), {}, {}) for number in waited}
        known |= {texts.number: texts for texts in more.values()}
    dates: dict[str, date | None] = {}
    return {
        id_: tuple(_force(texts, row, _before(row, known, dates, day), day) for row in texts.rows)
        for id_, texts in found.items()
    }


def _clause(row: Row) -> Clause | None:
    return read(row.clause) if row.clause else None


def _waits_for(texts: _Texts) -> frozenset[str]:
    clauses = [clause for row in texts.rows if (clause := _clause(row))]
    return frozenset(number for clause in clauses for number in prerequisites(clause))


def _before(
    row: Row, known: Mapping[str, _Texts], dates: dict[str, date | None], day: date
) -> Mapping[str, date | None]:
    """The dates of force that a clause waits for; two agreements that wait for each other have none."""
    clause = _clause(row)
    numbers = prerequisites(clause) if clause else frozenset()
    for number in sorted(numbers - dates.keys()):
        dates[number] = None
        settled = next((each for each in known[number].rows if each.kind == "text"), None)
        if settled is not None:
            dates[number] = _force(known[number], settled, _before(settled, known, dates, day), day).force.date
    return {number: dates[number] for number in numbers}


def _force(texts: _Texts, row: Row, before: Mapping[str, date | None], day: date) -> TextForce:
    clause, deeds = _clause(row), texts.deeds.get(row.id, ())
    return TextForce(
        row.id,
        row.version,
        row.kind,
        Name(row.title_zh, row.title_en) if row.title_zh else None,
        clause,
        row.clause_place,
        dated(row.stated_on, row.stated_precision),
        deeds,
        texts.names,
        derive(clause, deeds, on=day, names=texts.names, before=before, zone=row.zone or ZONE),
    )


def _texts(snapshot: Snapshot, which: sa.ColumnElement[bool], day: date) -> Mapping[int, _Texts]:
    agreement, text = snapshot.of(Agreement), snapshot.of(AgreementText)
    rows = snapshot.session.execute(
        sa.select(
            agreement.c.number,
            text,
            sa.select(Register.zone).limit(1).scalar_subquery().label("zone"),
        )
        .select_from(text)
        .join(agreement, agreement.c.id == text.c.agreement_id)
        .where(which)
        .order_by(text.c.agreement_id, text.c.version)
    ).all()
    by_agreement: dict[int, list[Row]] = {}
    for row in rows:
        by_agreement.setdefault(row.agreement_id, []).append(row)
    acts = _acts(snapshot, by_agreement)
    return {
        id_: _Texts(
            texts[0].number,
            tuple(_settled_and_amendments(texts)),
            _names(acts.get(id_, ()), day),
            _deeds(acts.get(id_, ())),
        )
        for id_, texts in by_agreement.items()
    }


def _settled_and_amendments(rows: Iterable[Row]) -> list[Row]:
    texts = [row for row in rows if row.kind == "text"]
    return [*texts[-1:], *(row for row in rows if row.kind == "amendment")]


def _acts(snapshot: Snapshot, agreement_ids: Collection[int]) -> Mapping[int, list[Row]]:
    """Id of an agreement → each of its parties, of whatever day, once for each act that was not annulled; once without one.

    Nobody acts who is no party: who accedes or succeeds becomes one by that act.
    """
    party, act = snapshot.whenever.of(AgreementParty), snapshot.of(Act)
    body, predecessor = snapshot.of(Body), snapshot.of(Body, "predecessor")
    mine = sa.and_(
        act.c.agreement_id == party.c.agreement_id, act.c.body_id == party.c.body_id, act.c.annulled_at.is_(None)
    )
    rows = snapshot.session.execute(
        sa.select(
            *(party.c[name] for name in ("agreement_id", "since", "since_precision", "until", "until_precision")),
            *(body.c[name] for name in ("code", "name_zh", "name_en")),
            *(act.c[name] for name in ("id", "text_id", "kind", "ordinal", "valid_until", "valid_precision")),
            *(act.c[f"{name}_{part}"] for name in DATES for part in ("on", "precision")),
            predecessor.c.code.label("predecessor"),
        )
        .select_from(party)
        .join(body, body.c.id == party.c.body_id)
        .outerjoin(act, mine)
        .outerjoin(predecessor, predecessor.c.id == act.c.predecessor_id)
        .where(party.c.agreement_id.in_(agreement_ids))
        .order_by(party.c.agreement_id, party.c.position, party.c.id, act.c.id)
    ).all()
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.agreement_id, []).append(row)
    return found


def _deeds(rows: Iterable[Row]) -> Mapping[int, tuple[Deed, ...]]:
    """Id of a text → its acts."""
    found: dict[int, list[Deed]] = {}
    for row in rows:
        if row.id is None:
            continue
        values = row._mapping
        days = {name: dated(values[f"{name}_on"], values[f"{name}_precision"]) for name in DATES}
        deed = Deed(
            row.code,
            row.kind,
            **days,
            valid_until=dated(row.valid_until, row.valid_precision),
            ordinal=row.ordinal,
            predecessor=row.predecessor,
            id=row.id,
        )
        found.setdefault(row.text_id, []).append(deed)
    return {text_id: tuple(deeds) for text_id, deeds in found.items()}


def _names(rows: Iterable[Row], day: date) -> Mapping[str, Name]:
    """The parties that had joined by the day; one that left before it ever acted is none of them."""
    found: dict[str, Name] = {}
    for row in rows:
        since = dated(row.since, row.since_precision).first_day()
        left = row.until_precision is not None and (dated(row.until, row.until_precision).last_day() or day) <= day
        if (since is None or since <= day) and (not left or row.id is not None):
            found[row.code] = Name(row.name_zh, row.name_en)
    return found
