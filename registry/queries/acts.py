"""The parties of an agreement, each with all that it did to its texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from registry.domain.dates import UNKNOWN, PartialDate
from registry.models import Act, AgreementParty, AgreementText, Body, Document, StoredFile
from registry.permissions import Actor
from registry.queries.access import may_see_document
from registry.queries.rows import (
    Named,
    Row,
    Sealed,
    dated,
    document_columns,
    named_columns,
    named_document,
    named_in,
    named_party,
    opened,
    party_columns,
)
from registry.queries.snapshot import Snapshot

_OF_ACT = (
    "id", "kind", "done_on", "done_precision", "signer", "signer_post", "reason", "logged_by", "confirmation", "recorded_at",
    "annulled_at", "annulled_reason", "received_on", "received_precision", "registered_on", "registered_precision",
    "takes_effect_on", "takes_effect_precision", "valid_until", "valid_precision", "authority", "ordinal", "clause", "content",
    "answers_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act of a party. text_version: of the text it is about; evidence: SHA-256 of the scan.

    confirmation: of an act logged by the host: awaited, confirmed or objected. annulled_at: UTC, None while it stands.
    received, registered, takes_effect: its other dates; valid_until: of a reservation and the like. ordinal: its printed place.
    answers: id of the act that it answers; predecessor: of a succession; basis: the document that tells of it.
    """

    id: int
    kind: str
    done: PartialDate
    signer: Sealed | None
    signer_post: str | None
    text_version: int
    text_sha256: str
    evidence: str | None
    reason: Sealed | None
    logged_by: str
    confirmation: str | None
    recorded_at: datetime
    annulled_at: datetime | None
    annulled_reason: Sealed | None
    received: PartialDate = UNKNOWN
    registered: PartialDate = UNKNOWN
    takes_effect: PartialDate = UNKNOWN
    valid_until: PartialDate = UNKNOWN
    text_kind: str = "text"
    authority: str | None = None
    ordinal: int | None = None
    clause: str | None = None
    content: str | None = None
    answers: int | None = None
    predecessor: Named | None = None
    basis: Named | None = None


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party and all its acts, annulled ones too, in the order recorded.

    since: when it joined, if later than the first. until: when it left; None while it is a party.
    """

    party: Named
    position: int
    acts: tuple[ActRow, ...]
    since: PartialDate = UNKNOWN
    until: PartialDate | None = None

    @property
    def needs_word(self) -> bool:
        """Whether an act that the host logged waits for the party's word, or the party objects to it."""
        return any(act.confirmation in ("awaited", "objected") and act.annulled_at is None for act in self.acts)

    @property
    def signed(self) -> bool:
        """Whether it is a party and its signature under the settled text stands."""
        signing = (act for act in self.acts if act.kind == "signature" and act.text_kind == "text")
        return self.until is None and any(act.annulled_at is None for act in signing)

    def standing(self, kind: str) -> ActRow | None:
        """The party's last act of this kind that was not annulled."""
        return next((act for act in reversed(self.acts) if act.kind == kind and act.annulled_at is None), None)


def act_rows(snapshot: Snapshot, actor: Actor, agreement_id: int) -> Sequence[Row]:
    """Each party of an agreement once for each of its acts; once without an act. One statement."""
    party, act, body, text, file, before = (
        *(snapshot.of(model) for model in (AgreementParty, Act, Body, AgreementText, StoredFile)),
        snapshot.of(Body, "predecessor"),
    )
    basis = snapshot.of(Document)
    return snapshot.session.execute(
        sa.select(
            *(party.c[name] for name in ("position", "since", "since_precision", "until")),
            (party.c.until_precision if snapshot.on is None else sa.null()).label("until_precision"),
            *party_columns(body),
            *(act.c[name] for name in _OF_ACT),
            text.c.version,
            text.c.sha256,
            text.c.kind.label("text_kind"),
            file.c.sha256.label("evidence"),
            *named_columns(before, "before"),
            *document_columns(basis),
        )
        .select_from(party)
        .join(body, body.c.id == party.c.body_id)
        .outerjoin(act, sa.and_(act.c.agreement_id == party.c.agreement_id, act.c.body_id == party.c.body_id))
        .outerjoin(text, text.c.id == act.c.text_id)
        .outerjoin(file, file.c.id == act.c.evidence_id)
        .outerjoin(before, before.c.id == act.c.predecessor_id)
        .outerjoin(basis, sa.and_(basis.c.id == act.c.basis_id, may_see_document(snapshot, actor)))
        .where(party.c.agreement_id == agreement_id)
        .order_by(party.c.position, party.c.id, act.c.recorded_at, act.c.id)
    ).all()


def parties_of(rows: Sequence[Row], words: Mapping[str, str]) -> tuple[PartyRow, ...]:
    """The parties of these rows. words: what the reader may read of `digests_in`."""
    acts: dict[tuple[int, Named], list[ActRow]] = {}
    stays: dict[tuple[int, Named], tuple[PartialDate, PartialDate | None]] = {}
    for row in rows:
        party = (row.position, named_party(row))
        left = dated(row.until, row.until_precision) if row.until_precision else None
        stays[party] = (dated(row.since, row.since_precision), left)
        of_party = acts.setdefault(party, [])
        if row.id is not None:
            of_party.append(_act(row, words))
    return tuple(PartyRow(party, place, tuple(found), *stays[place, party]) for (place, party), found in acts.items())


def digests_in(rows: Sequence[Row]) -> list[str | None]:
    """What stands under seal in these rows."""
    return [digest for row in rows for digest in (row.signer, row.reason, row.annulled_reason)]


def _act(row: Row, words: Mapping[str, str]) -> ActRow:
    return ActRow(
        id=row.id,
        kind=row.kind,
        done=dated(row.done_on, row.done_precision),
        signer=opened(row.signer, words),
        signer_post=row.signer_post,
        text_version=row.version,
        text_sha256=row.sha256,
        evidence=row.evidence,
        reason=opened(row.reason, words),
        logged_by=row.logged_by,
        confirmation=row.confirmation,
        recorded_at=row.recorded_at,
        annulled_at=row.annulled_at,
        annulled_reason=opened(row.annulled_reason, words),
        received=dated(row.received_on, row.received_precision),
        registered=dated(row.registered_on, row.registered_precision),
        takes_effect=dated(row.takes_effect_on, row.takes_effect_precision),
        valid_until=dated(row.valid_until, row.valid_precision),
        text_kind=row.text_kind,
        authority=row.authority,
        ordinal=row.ordinal,
        clause=row.clause,
        content=row.content,
        answers=row.answers_id,
        predecessor=named_in(row, "before", "body"),
        basis=named_document(row),
    )
