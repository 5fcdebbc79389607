"""Who may have a stored file: those who may see the record that it proves, and are a party of it or of its grouping."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from registry.errors import NotFound
from registry.models import (
    Act,
    Agreement,
    AgreementParty,
    AgreementText,
    Assignment,
    Evidence,
    Item,
    Matter,
    MatterParty,
    StoredFile,
    TextFile,
)
from registry.permissions import Actor
from registry.queries.access import Condition, may_see_agreement, may_see_item, may_see_matter
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class FileFound:
    """A stored file. size: bytes; media_type: by content."""

    sha256: str
    size: int
    media_type: str


def file_for(snapshot: Snapshot, actor: Actor, sha256: str) -> FileFound:
    """The file of this hash, if this reader may have it; anonymous readers may have none. Raises NotFound.

    Of an agreement (scan of an act, text, other file of a text), of an item and of a matter (evidence): readers for its parties and for its
    grouping, and those who see all.
    """
    file, act, text, evidence = (snapshot.of(model) for model in (StoredFile, Act, AgreementText, Evidence))
    agreement, item, matter = snapshot.of(Agreement), snapshot.of(Item), snapshot.of(Matter)
    agreements = sa.and_(may_see_agreement(snapshot, actor), belongs(snapshot, actor))
    of_act = sa.exists().where(act.c.evidence_id == file.c.id, act.c.agreement_id == agreement.c.id, agreements)
    of_text = sa.or_(
        *(
            sa.exists().where(each.c.sha256 == file.c.sha256, each.c.agreement_id == agreement.c.id, agreements)
            for each in (text, snapshot.of(TextFile))
        )
    )
    of_item = sa.exists().where(
        evidence.c.file_id == file.c.id,
        evidence.c.item_id == item.c.id,
        may_see_item(snapshot, actor),
        _takes_part(snapshot, actor),
    )
    of_matter = sa.exists().where(
        evidence.c.file_id == file.c.id,
        evidence.c.matter_id == matter.c.id,
        may_see_matter(snapshot, actor),
        _works_on(snapshot, actor),
    )
    may_have = sa.true() if actor.sees_all else sa.or_(of_act, of_text, of_item, of_matter)
    row = snapshot.session.execute(
        sa.select(file.c.sha256, file.c.size, file.c.media_type).where(file.c.sha256 == sha256, may_have)
    ).one_or_none()
    if row is None:
        raise NotFound("file", sha256)
    return FileFound(*row)


def belongs(snapshot: Snapshot, actor: Actor) -> Condition:
    """Condition on agreements: the reader reads for a party of it or for its grouping."""
    agreement, party = snapshot.of(Agreement), snapshot.of(AgreementParty).alias()
    is_party = sa.exists().where(
        party.c.agreement_id == agreement.c.id, party.c.body_id.in_(sorted(actor.reader_bodies))
    )
    return sa.or_(agreement.c.grouping_id.in_(sorted(actor.groupings)), is_party)


def _takes_part(snapshot: Snapshot, actor: Actor) -> Condition:
    """Condition on items: the reader reads for a party assigned to it, or belongs to its agreement."""
    item, assigned, above = snapshot.of(Item), snapshot.of(Assignment).alias(), snapshot.of(Agreement)
    own = sa.exists().where(assigned.c.item_id == item.c.id, assigned.c.body_id.in_(sorted(actor.reader_bodies)))
    under = sa.select(above.c.id).where(belongs(snapshot, actor))
    return sa.or_(own, item.c.agreement_id.in_(under))


def _works_on(snapshot: Snapshot, actor: Actor) -> Condition:
    """Condition on matters: the reader reads for its host, a party of it, or its grouping."""
    matter, party = snapshot.of(Matter), snapshot.of(MatterParty).alias()
    bodies = sorted(actor.reader_bodies)
    return sa.or_(
        matter.c.grouping_id.in_(sorted(actor.groupings)),
        matter.c.host_id.in_(bodies),
        sa.exists().where(party.c.matter_id == matter.c.id, party.c.body_id.in_(bodies)),
    )
