"""What if: the force of a text as it is, and as it would be with acts that nobody did. Nothing is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from registry.domain.dates import PartialDate, Precision
from registry.domain.force import Clause, Deed, Force, Name, PartyForce, derive, prerequisites
from registry.models import Agreement, Body, Membership
from registry.models.agreements import ACT_KINDS
from registry.permissions import Actor
from registry.queries.choices import agreement_choices
from registry.queries.force import TextForce, forces
from registry.queries.rows import Named
from registry.queries.snapshot import Snapshot

BINDS = ("ratification", "acceptance", "approval", "accession", "succession")
"""Acts of which a party does one: each binds it."""


@dataclass(frozen=True, slots=True)
class Imagined:
    """An act that a party might do. on: the day on which it is done, deposited and registered."""

    party: str
    kind: str
    on: date


@dataclass(frozen=True, slots=True)
class PartyLine:
    """A party, or (listed false) a member of the grouping that could accede. done: kind → day, of its acts on this text.

    open: kinds that it could still do. now, then: how the text stands for it; None where it has no part in it.
    """

    party: Named
    listed: bool
    done: Mapping[str, PartialDate]
    open: tuple[str, ...]
    now: PartyForce | None
    then: PartyForce | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The page. texts: those of the agreement; text: the one asked about, None where there is none.

    kinds: acts that its clause counts. imagined: as far as they can still be done; done: asked for, but done already or none of
    these. then: force on `day`, the snapshot's or the last one imagined, whichever is later; None where nothing is imagined.
    """

    agreement: Named
    texts: tuple[TextForce, ...]
    text: TextForce | None
    kinds: tuple[str, ...]
    parties: tuple[PartyLine, ...]
    imagined: tuple[Imagined, ...]
    done: tuple[Imagined, ...]
    then: Force | None
    day: date


def what_if(
    snapshot: Snapshot,
    actor: Actor,
    number: str,
    imagined: Sequence[Imagined] = (),
    *,
    version: int | None = None,
    zone: str,
) -> WhatIf:
    """One text of an agreement with imagined acts. version: None is the settled text. zone: of the register.

    Raises NotFound.
    """
    about = agreement_choices(snapshot, actor, number)
    texts = forces(snapshot, (about.id,)).get(about.id, ())
    text = next((each for each in texts if each.version == version or (version is None and each.kind == "text")), None)
    if text is None or text.clause is None:
        return WhatIf(about.named, texts, text, (), (), (), tuple(imagined), None, snapshot.today)
    kinds = _kinds(text.clause)
    outside = _outside(snapshot, about.grouping_id, text.names) if "accession" in kinds else {}
    could = {(code, kind) for code, open_ in _open(text, kinds, outside).items() for kind in open_}
    possible = tuple(each for each in imagined if (each.party, each.kind) in could)
    day = max([snapshot.today, *(each.on for each in possible)])
    names = {**text.names, **{each.party: outside[each.party] for each in possible if each.party in outside}}
    before = _before(snapshot, text.clause, day)
    then = (
        derive(text.clause, (*text.deeds, *map(_deed, possible)), on=day, names=names, before=before, zone=zone)
        if possible
        else None
    )
    return WhatIf(
        about.named,
        texts,
        text,
        kinds,
        tuple(_lines(text, kinds, outside, then)),
        possible,
        tuple(each for each in imagined if each not in possible),
        then,
        day,
    )


def _kinds(clause: Clause) -> tuple[str, ...]:
    """The kinds of acts on which the clause makes anything depend, in their usual order."""
    counted = {*clause.acts, *(clause.joining.acts or () if clause.joining else ())}
    if clause.provisional and clause.provisional.by == "act":
        counted.add("provisional_application")
    if clause.withdrawal:
        counted.add("withdrawal_notice")
    return tuple(kind for kind in ACT_KINDS if kind in counted)


def _open(text: TextForce, kinds: Collection[str], outside: Mapping[str, Name]) -> dict[str, tuple[str, ...]]:
    """Code → kinds that it has not done; of those by which it is bound, none where it has done one. A succession names another
    party, and is not imagined."""
    done = {(deed.party, deed.kind) for deed in text.deeds}
    bound = {party for party, kind in done if kind in BINDS}
    offered = [kind for kind in kinds if kind != "succession"]
    return {
        **{
            code: tuple(kind for kind in offered if (code, kind) not in done and not (code in bound and kind in BINDS))
            for code in text.names
        },
        **dict.fromkeys(outside, ("accession",)),
    }


def _outside(snapshot: Snapshot, grouping_id: int | None, names: Mapping[str, Name]) -> dict[str, Name]:
    """The members of the grouping that are no parties, by their order."""
    if grouping_id is None:
        return {}
    member, body = snapshot.of(Membership), snapshot.of(Body)
    rows = snapshot.session.execute(
        sa.select(body.c.code, body.c.name_zh, body.c.name_en)
        .join(member, member.c.body_id == body.c.id)
        .where(member.c.grouping_id == grouping_id, member.c.until_precision.is_(None), body.c.signs)
        .order_by(member.c.position, body.c.code)
    )
    return {code: Name(zh, en) for code, zh, en in rows if code not in names}


def _before(snapshot: Snapshot, clause: Clause, day: date) -> dict[str, date | None]:
    """The dates of force of the agreements that the clause waits for."""
    numbers = sorted(prerequisites(clause))
    if not numbers:
        return {}
    agreement = snapshot.of(Agreement)
    query = sa.select(agreement.c.id, agreement.c.number).where(agreement.c.number.in_(numbers))
    found = {row.id: row.number for row in snapshot.session.execute(query)}
    dates: dict[str, date | None] = dict.fromkeys(numbers)
    for id_, texts in forces(snapshot, tuple(found), on=day).items():
        dates[found[id_]] = next((each.force.date for each in texts if each.kind == "text"), None)
    return dates


def _deed(each: Imagined) -> Deed:
    day = PartialDate(each.on.isoformat(), Precision.DAY)
    return Deed(each.party, each.kind, day, received=day, registered=day)


def _lines(text: TextForce, kinds: Collection[str], outside: Mapping[str, Name], then: Force | None) -> list[PartyLine]:
    open_ = _open(text, kinds, outside)
    now_by, then_by = ({each.party: each for each in force.parties} if force else {} for force in (text.force, then))
    return [
        PartyLine(
            Named("body", code, name.zh, name.en),
            code in text.names,
            {deed.kind: deed.done for deed in text.deeds if deed.party == code},
            open_[code],
            now_by.get(code),
            then_by.get(code),
        )
        for code, name in {**text.names, **outside}.items()
    ]
