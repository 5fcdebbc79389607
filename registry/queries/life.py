"""The life of one agreement: its texts, what each party did, when it came into force, its steps, its meeting."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import UNKNOWN, PartialDate, Precision
from registry.errors import NotFound
from registry.models import Agreement, AgreementText, Meeting, Step
from registry.permissions import Actor
from registry.queries.access import may_see_agreement
from registry.queries.acts import act_rows, parties_of
from registry.queries.force import forces
from registry.queries.rows import Named, Row, dated
from registry.queries.snapshot import Snapshot

REFUSALS = ("decline", "withdrawal_notice", "withdrawal", "objection")


@dataclass(frozen=True, slots=True)
class Happened:
    """Something in the life of an agreement.

    kind: text, signature, act, refusal, force, step or meeting. word: kind and code of the word that says what, as `words.label` takes
    them. party: who did it; version: of the text or amendment it is about; meeting: which. on: as far as it is known.
    """

    kind: str
    word: tuple[str, str]
    on: PartialDate
    party: Named | None = None
    version: int | None = None
    meeting: Named | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """An agreement's life. parties: in their order, also those that did nothing. events: by lane, parties in their order."""

    agreement: Named
    procedure_id: int
    parties: tuple[Named, ...]
    events: tuple[Happened, ...]


def life_of(snapshot: Snapshot, actor: Actor, number: str) -> Life:
    """The life of an agreement, without acts that were annulled. Raises NotFound. Eight statements, and for each row of agreements
    that it waits for two more."""
    header = _header(snapshot, actor, number)
    parties = parties_of(act_rows(snapshot, actor, header.id), {})
    return Life(
        Named("agreement", header.number, header.title_zh, header.title_en, bool(header.sample)),
        header.procedure_id,
        tuple(row.party for row in parties),
        (
            *_texts(snapshot, header),
            *(
                Happened(_kind(act.kind), ("act.kind", act.kind), act.done, row.party, act.text_version)
                for row in parties
                for act in row.acts
                if act.annulled_at is None
            ),
            *_force(snapshot, header.id),
            *_steps(snapshot, header.id),
            *_meeting(header),
        ),
    )


def _kind(act: str) -> str:
    return "signature" if act == "signature" else "refusal" if act in REFUSALS else "act"


def _header(snapshot: Snapshot, actor: Actor, number: str) -> Row:
    agreement, meeting = snapshot.of(Agreement), snapshot.of(Meeting)
    row = snapshot.session.execute(
        sa.select(
            agreement,
            meeting.c.number.label("meeting_number"),
            meeting.c.name_zh.label("meeting_zh"),
            meeting.c.name_en.label("meeting_en"),
            meeting.c.held_on,
            meeting.c.held_precision,
        )
        .outerjoin(meeting, meeting.c.id == agreement.c.meeting_id)
        .where(agreement.c.number == number, may_see_agreement(snapshot, actor))
    ).one_or_none()
    if row is None:
        raise NotFound("agreement", number)
    return row


def _texts(snapshot: Snapshot, header: Row) -> list[Happened]:
    """The settled text bears the agreement's date; of earlier versions and amendments no date is recorded."""
    text = snapshot.of(AgreementText)
    rows = snapshot.session.execute(
        sa.select(text.c.kind, text.c.version).where(text.c.agreement_id == header.id).order_by(text.c.version)
    ).all()
    settled = max((row.version for row in rows if row.kind == "text"), default=None)
    day = dated(header.dated_on, header.dated_precision)
    return [
        Happened(
            "text", ("agreement_text.kind", row.kind), day if row.version == settled else UNKNOWN, version=row.version
        )
        for row in rows
    ]


def _force(snapshot: Snapshot, agreement_id: int) -> list[Happened]:
    return [
        Happened(
            "force",
            ("agreement_text.kind", text.kind),
            PartialDate(text.force.date.isoformat(), Precision.DAY),
            version=text.version,
        )
        for text in forces(snapshot, (agreement_id,)).get(agreement_id, ())
        if text.force.date is not None
    ]


def _steps(snapshot: Snapshot, agreement_id: int) -> list[Happened]:
    step = snapshot.of(Step)
    rows = snapshot.session.execute(
        sa.select(step.c.transition, step.c.effective, step.c.effective_precision)
        .where(step.c.subject_kind == "agreement", step.c.subject_id == agreement_id)
        .order_by(step.c.position)
    )
    return [
        Happened("step", ("transition", row.transition), dated(row.effective, row.effective_precision)) for row in rows
    ]


def _meeting(header: Row) -> list[Happened]:
    if header.meeting_number is None:
        return []
    named = Named("meeting", header.meeting_number, header.meeting_zh, header.meeting_en, bool(header.sample))
    return [Happened("meeting", ("table", "meeting"), dated(header.held_on, header.held_precision), meeting=named)]
