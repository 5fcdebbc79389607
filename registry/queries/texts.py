"""The texts of one agreement: versions and amendments with their files, keepers, clause and acts; and which of them a file is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.errors import NotFound
from registry.models import Act, Agreement, AgreementText, Body, Custody, Document, StoredFile, TextFile
from registry.permissions import Actor
from registry.queries.access import may_see_agreement, may_see_document
from registry.queries.files import belongs
from registry.queries.rows import (
    Counted,
    Named,
    Row,
    dated,
    document_columns,
    named_document,
    named_party,
    party_columns,
)
from registry.queries.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class OtherFile:
    """A second authentic language, a translation, or a copy certified by the depositary. stored: the register has the file."""

    kind: str
    language: str
    sha256: str
    stored: bool
    certified_by: Named | None
    certified: PartialDate


@dataclass(frozen=True, slots=True)
class Keeper:
    """Who keeps the original or a copy. until: None while it is kept there."""

    body: Named
    what: str
    place: str | None
    since: PartialDate
    until: PartialDate | None


@dataclass(frozen=True, slots=True)
class TextEntry:
    """A version of the text, or an amendment. settled: the text that is signed. acts: those that stand, by kind.

    clause: as data, canonical JSON; place: where the text says so; stated, basis: the date of force that a document states.
    """

    version: int
    kind: str
    title_zh: str | None
    title_en: str | None
    settled: bool
    language: str
    sha256: str
    stored: bool
    clause: str | None
    place: str | None
    stated: PartialDate
    basis: Named | None
    files: tuple[OtherFile, ...]
    keepers: tuple[Keeper, ...]
    acts: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class TextPage:
    """An agreement's texts: the settled one, its amendments in their order, then the versions before it.

    host: the depositary. may_have: whether this reader may have the stored files.
    """

    id: int
    named: Named
    stage: str
    grouping_id: int | None
    host_id: int | None
    host: Named | None
    may_have: bool
    texts: tuple[TextEntry, ...]

    def of_version(self, version: int) -> TextEntry:
        """The text of this version. Raises NotFound."""
        found = next((text for text in self.texts if text.version == version), None)
        if found is None:
            raise NotFound("text", version)
        return found

    def with_hash(self, sha256: str) -> tuple[TextEntry, OtherFile | None] | None:
        """Which text the file of this hash is, and which other file of it; None: it is none of them."""
        for text in self.texts:
            if text.sha256 == sha256:
                return text, None
            for file in text.files:
                if file.sha256 == sha256:
                    return text, file
        return None


def text_page(snapshot: Snapshot, actor: Actor, number: str) -> TextPage:
    """The texts of an agreement. Raises NotFound."""
    header = _header(snapshot, actor, number)
    texts = _texts(snapshot, actor, header.id)
    settled = max((row.version for row in texts if row.kind == "text"), default=None)
    files, keepers, acts = (read(snapshot, header.id) for read in (_files, _keepers, _acts))
    rows = (
        TextEntry(
            version=row.version,
            kind=row.kind,
            title_zh=row.title_zh,
            title_en=row.title_en,
            settled=row.version == settled,
            language=row.language,
            sha256=row.sha256,
            stored=bool(row.stored),
            clause=row.clause,
            place=row.clause_place,
            stated=dated(row.stated_on, row.stated_precision),
            basis=named_document(row),
            files=tuple(_file(each) for each in files if each.text_id == row.id),
            keepers=tuple(_keeper(snapshot, each) for each in keepers if each.text_id == row.id),
            acts=tuple(Counted(each.kind, each.number) for each in acts if each.text_id == row.id),
        )
        for row in texts
    )
    return TextPage(
        header.id,
        Named("agreement", header.number, header.title_zh, header.title_en, header.sample),
        header.stage,
        header.grouping_id,
        header.host_id,
        named_party(header) if header.party_code is not None else None,
        actor.sees_all or bool(header.may_have),
        tuple(_in_order(rows)),
    )


def _in_order(rows: Iterable[TextEntry]) -> list[TextEntry]:
    """The settled text, the amendments as they came, the earlier versions from the last back."""
    return sorted(
        rows,
        key=lambda row: (0, 0) if row.settled else (1, row.version) if row.kind == "amendment" else (2, -row.version),
    )


def _header(snapshot: Snapshot, actor: Actor, number: str) -> Row:
    agreement, host = snapshot.of(Agreement), snapshot.of(Body)
    names = ("id", "number", "title_zh", "title_en", "sample", "stage", "grouping_id", "host_id")
    row = snapshot.session.execute(
        sa.select(
            *(agreement.c[name] for name in names),
            *party_columns(host),
            sa.case((belongs(snapshot, actor), 1), else_=0).label("may_have"),
        )
        .select_from(agreement)
        .outerjoin(host, host.c.id == agreement.c.host_id)
        .where(agreement.c.number == number, may_see_agreement(snapshot, actor))
    ).one_or_none()
    if row is None:
        raise NotFound("agreement", number)
    return row


def _texts(snapshot: Snapshot, actor: Actor, agreement_id: int) -> list[Row]:
    text, document = snapshot.of(AgreementText), snapshot.of(Document)
    query = (
        sa.select(text, _stored(snapshot, text), *document_columns(document))
        .select_from(text)
        .outerjoin(document, sa.and_(document.c.id == text.c.stated_basis_id, may_see_document(snapshot, actor)))
    )
    return list(snapshot.session.execute(query.where(text.c.agreement_id == agreement_id)))


def _files(snapshot: Snapshot, agreement_id: int) -> list[Row]:
    file, body = snapshot.of(TextFile), snapshot.of(Body)
    query = (
        sa.select(file, _stored(snapshot, file), *party_columns(body))
        .select_from(file)
        .outerjoin(body, body.c.id == file.c.certified_by_id)
    )
    return list(snapshot.session.execute(query.where(file.c.agreement_id == agreement_id).order_by(file.c.id)))


def _stored(snapshot: Snapshot, rows: sa.FromClause) -> sa.ColumnElement[int]:
    stored = snapshot.of(StoredFile)
    return sa.case((sa.exists().where(stored.c.sha256 == rows.c.sha256), 1), else_=0).label("stored")


def _keepers(snapshot: Snapshot, agreement_id: int) -> list[Row]:
    """Who keeps what, present keepers first, the original before copies."""
    custody, body = snapshot.of(Custody), snapshot.of(Body)
    query = sa.select(custody, *party_columns(body)).join(body, body.c.id == custody.c.body_id)
    order = (custody.c.until_precision.is_not(None), custody.c.what.desc(), custody.c.id)
    return list(snapshot.session.execute(query.where(custody.c.agreement_id == agreement_id).order_by(*order)))


def _acts(snapshot: Snapshot, agreement_id: int) -> list[Row]:
    act = snapshot.of(Act)
    query = (
        sa.select(act.c.text_id, act.c.kind, sa.func.count().label("number"))
        .where(act.c.agreement_id == agreement_id, act.c.annulled_at.is_(None))
        .group_by(act.c.text_id, act.c.kind)
        .order_by(sa.func.min(act.c.id))
    )
    return list(snapshot.session.execute(query))


def _file(row: Row) -> OtherFile:
    return OtherFile(
        row.kind,
        row.language,
        row.sha256,
        bool(row.stored),
        named_party(row) if row.party_code is not None else None,
        dated(row.certified_on, row.certified_precision),
    )


def _keeper(snapshot: Snapshot, row: Row) -> Keeper:
    kept = snapshot.on is not None or row.until_precision is None  # of a day, the snapshot has chosen who kept it
    until = None if kept else dated(row.until, row.until_precision)
    return Keeper(named_party(row), row.what, row.place, dated(row.since, row.since_precision), until)
