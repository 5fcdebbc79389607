"""The acts of one agreement as lines of a table, and every name by which a table may call a party."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.domain.names import AliasRow
from registry.models import Act, AgreementParty, AgreementText, Alias, Body, BodyName
from registry.queries.rows import Named, dated, named_columns, named_in, named_party, party_columns
from registry.queries.snapshot import Snapshot

LAST = 1_000_000
"""Place of an act of a body that is no party."""
SAID = ("signer_post", "authority", "clause", "content", "ordinal", "answers_id")


@dataclass(frozen=True, slots=True)
class ActLine:
    """One act that stands. text: version it is about. answers: id of the act it answers; predecessor: of a succession."""

    id: int
    party: Named
    kind: str
    text: int
    done: PartialDate
    takes_effect: PartialDate
    received: PartialDate
    registered: PartialDate
    valid_until: PartialDate
    post: str | None
    authority: str | None
    clause: str | None
    content: str | None
    ordinal: int | None
    answers: int | None
    predecessor: Named | None


def act_lines(snapshot: Snapshot, agreement_id: int) -> tuple[ActLine, ...]:
    """The acts on an agreement that were not annulled, by party in the printed order, then by day; one statement.

    What the reader may see is asked where the agreement is found; words under seal are not among them.
    """
    act, text, party = snapshot.of(Act), snapshot.of(AgreementText), snapshot.of(AgreementParty)
    body, before = snapshot.of(Body), snapshot.of(Body, "predecessor")
    listed = sa.and_(party.c.agreement_id == act.c.agreement_id, party.c.body_id == act.c.body_id)
    rows = snapshot.session.execute(
        sa.select(
            act.c.id,
            act.c.kind,
            text.c.version,
            *party_columns(body),
            *named_columns(before, "before"),
            *(act.c[name] for name in SAID),
            *(act.c[f"{name}_{part}"] for name in ("done", "takes_effect", "received", "registered") for part in _PAIR),
            act.c.valid_until,
            act.c.valid_precision,
        )
        .select_from(act)
        .join(text, text.c.id == act.c.text_id)
        .join(body, body.c.id == act.c.body_id)
        .outerjoin(party, listed)
        .outerjoin(before, before.c.id == act.c.predecessor_id)
        .where(act.c.agreement_id == agreement_id, act.c.annulled_at.is_(None))
        .order_by(sa.func.coalesce(party.c.position, LAST), body.c.code, act.c.done_on, act.c.id)
    )
    return tuple(
        ActLine(
            row.id,
            named_party(row),
            row.kind,
            row.version,
            dated(row.done_on, row.done_precision),
            dated(row.takes_effect_on, row.takes_effect_precision),
            dated(row.received_on, row.received_precision),
            dated(row.registered_on, row.registered_precision),
            dated(row.valid_until, row.valid_precision),
            row.signer_post,
            row.authority,
            row.clause,
            row.content,
            row.ordinal,
            row.answers_id,
            named_in(row, "before", "body"),
        )
        for row in rows
    )


_PAIR = ("on", "precision")


def party_names(snapshot: Snapshot) -> tuple[AliasRow, ...]:
    """Everything that may mean a body that can sign: its code, its names now and before, its aliases; one statement."""
    body, past, alias = snapshot.of(Body), snapshot.of(BodyName), snapshot.of(Alias)
    issuer = snapshot.of(Body, "issuer")
    own = (
        sa.select(body.c[name], body.c.code, sa.null()).where(body.c.signs) for name in ("code", "name_zh", "name_en")
    )
    former = (
        sa.select(past.c[name], body.c.code, sa.null()).join(body, body.c.id == past.c.body_id).where(body.c.signs)
        for name in ("name_zh", "name_en")
    )
    called = (
        sa.select(alias.c.text, body.c.code, issuer.c.code)
        .select_from(alias)
        .join(body, body.c.id == alias.c.body_id)
        .outerjoin(issuer, issuer.c.id == alias.c.issuer_id)
        .where(body.c.signs, alias.c.issuer_kind.is_(None))
    )
    rows = snapshot.session.execute(sa.union(*own, *former, called))
    return tuple(AliasRow(*row) for row in rows if row[0])
