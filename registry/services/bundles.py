"""Import of bundles: what a file states comes into the register in one transaction, each record as one recorded act.

What began before the register, agreements and items, comes by 补录: one first step to the state that a document shows,
citing it, guards not asked. What follows that step goes through the services that people use. Only what is not there yet
is written, so that a file read twice changes nothing; what people have added since stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain import bundle
from registry.domain.dates import PartialDate, Precision
from registry.errors import Reason, Refused
from registry.ledger import Book, atomic
from registry.models import Citation, Document
from registry.permissions import Actor, require
from registry.queries.facts import agreement_facts, item_facts
from registry.services import items, reports, signatures, steps, subjects
from registry.services.bundle_rows import (
    Children,
    Record,
    References,
    Row,
    Values,
    citations,
    history,
    other_names,
    row_of,
)
from registry.services.evidence import ShowEvidence, show_evidence
from registry.services.moves import TakeStep, take_step
from workflows.engine import NotPossible, enter


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: records written, and records that were there already, each as `table key`."""

    created: tuple[str, ...]
    unchanged: tuple[str, ...]


def import_bundle(session: Session, actor: Actor, ask: bundle.Bundle, *, at: datetime) -> ImportResult:
    """Bring a bundle into the register, wholly or not at all.

    A record may name those above it, in the order of `bundle.Bundle`, and those in the register; aliases, citations and
    steps may name all of them. Procedures must be published.
    Raises NotPermitted; NotFound where a procedure is not published; Refused with reasons among bundle-conflict (the
    record is there with other content: record, field, stored, stated; all of the file at once), unknown-reference,
    unknown-party, sample-mixed, and those of the services that take the steps.
    """
    require(actor, "bundle:import")
    with atomic(session) as book:
        subjects.locked_register(session)  # two imports come one after the other
        writer = _Writer(session, actor, book, References(session, ask.sample), at)
        for record in _records(ask):
            writer.take(record)
        writer.write_other_names()
        writer.write_citations()
        writer.write_histories()
        conflicts = tuple(writer.conflicts())
        if conflicts:
            raise Refused(*conflicts)
    return ImportResult(tuple(row.name for _, row, _ in writer.new), tuple(row.name for _, row, _ in writer.known))


def _records(ask: bundle.Bundle) -> Iterator[Record]:
    for records in (
        ask.bodies, ask.departments, ask.groupings, ask.series, ask.meetings, ask.documents, ask.agreements, ask.claims,
        ask.events, ask.commitments, ask.items,
    ):  # fmt: skip
        yield from records


class _Writer:
    """Writes the records of one bundle; transaction and entries are the caller's."""

    def __init__(self, session: Session, actor: Actor, book: Book, refs: References, at: datetime) -> None:
        self.session, self.actor, self.book, self.refs, self.at = session, actor, book, refs, at
        self.new: list[tuple[Record, Row, int]] = []
        self.known: list[tuple[Record, Row, Any]] = []

    def take(self, record: Record) -> None:
        """Write a record that is not there yet; note one that is."""
        row = row_of(self.refs, record)
        stored = self.session.execute(sa.select(row.model).filter_by(**row.key)).scalar_one_or_none()
        if stored is not None:
            self.known.append((record, row, stored))
            return
        stored = row.model(**row.key, **row.values, **row.begins)
        self.session.add(stored)
        self.session.flush()
        identity: int = stored.id  # type: ignore[attr-defined]  # every record is Audited
        for children in row.children:
            self._add(children, identity)
        self.session.flush()
        if isinstance(record, bundle.Agreement | bundle.Item):
            self._enter(record, row, stored)
        else:
            self._record(row, identity)
        self.new.append((record, row, identity))

    def write_other_names(self) -> None:
        """Aliases of the new records, one entry for each record."""
        for record, row, identity in self.new:
            names = other_names(self.refs, record)
            if names and names.rows:
                self._add(names, identity)
                self._record(row, identity)

    def write_citations(self) -> None:
        """Where the facts of the new records stand, one entry for each document cited."""
        by_document: defaultdict[int, list[Citation]] = defaultdict(list)
        for record, row, identity in self.new:
            for cite in citations(self.refs, record, row.model.__tablename__).rows:
                by_document[cite["document_id"]].append(
                    Citation(subject_kind=row.model.__tablename__, subject_id=identity, **cite)
                )
        for document_id, cites in by_document.items():
            self.session.add_all(cites)
            self.book.record(act="bundle.cite", actor=self.actor, subject=("document", document_id), at=self.at)

    def write_histories(self) -> None:
        """What came after the first steps; an item may go into any other item of the file."""
        for record, _, _ in self.new:
            if isinstance(record, bundle.Agreement):
                self._sign(record)
            elif isinstance(record, bundle.Item):
                self._move(record)

    def conflicts(self) -> Iterator[Reason]:
        """How the records that were there differ from what the bundle states."""
        for record, row, stored in self.known:
            for column, stated in row.values.items():
                if getattr(stored, column) != stated:
                    yield _conflict(row, column, getattr(stored, column), stated)
            names = other_names(self.refs, record)
            cites = citations(self.refs, record, row.model.__tablename__)
            for children in (*row.children, *((names,) if names else ()), cites, *history(self.refs, record)):
                yield from self._differences(row, children, stored.id)

    def _differences(self, row: Row, children: Children, identity: int) -> Iterator[Reason]:
        there = self._stored(children, identity)
        table = children.model.__tablename__
        for stated in children.rows:
            match = next((found for found in there if stated.items() <= found.items()), None)
            if match is None:
                yield _conflict(row, table, "—", _shown(stated))
            else:
                there.remove(match)
        if not children.grows:
            for found in there:
                yield _conflict(row, table, _shown(found), "—")

    def _stored(self, children: Children, identity: int) -> list[Values]:
        table = children.model.__table__
        query = sa.select(table).where(table.c[children.owner] == identity)
        if children.kind is not None:
            query = query.where(table.c.subject_kind == children.kind)
        return [dict(found) for found in self.session.execute(query).mappings()]

    def _add(self, children: Children, identity: int) -> None:
        self.session.add_all(children.model(**{children.owner: identity}, **values) for values in children.rows)

    def _record(self, row: Row, identity: int, basis: str | None = None, effective: PartialDate | None = None) -> None:
        kind, column = row.subject
        subject_id = identity if column == "id" else {**row.key, **row.values}[column]
        self.book.record(
            act=row.act, actor=self.actor, subject=(kind, subject_id), at=self.at, basis=basis, effective=effective
        )

    def _enter(self, record: bundle.Agreement | bundle.Item, row: Row, stored: Any) -> None:
        """补录: the one first step, to the state that the basis document shows."""
        basis = self.session.get_one(Document, self.refs.id(Document, record.entry.basis))
        gather = agreement_facts if isinstance(record, bundle.Agreement) else item_facts
        standing = gather(self.session, stored.id, self.actor, basis=True)
        try:
            decision = enter(standing.definition, record.entry.state, standing.facts)
        except NotPossible as error:
            raise Refused(*(steps.reason_of(each, standing.definition) for each in error.unmet)) from error
        grounds = steps.Grounds(record.entry.on, basis_id=basis.id, basis_note=record.entry.place)
        steps.take(self.session, stored, standing.definition, decision, grounds, at=self.at)
        effective = None if record.entry.on.precision is Precision.UNKNOWN else record.entry.on
        self._record(row, stored.id, basis.document_number or basis.number, effective)

    def _sign(self, it: bundle.Agreement) -> None:
        for each in it.signatures:
            settled = it.texts[-1].sha256 if it.texts else ""
            ask = signatures.LogSignature(it.number, each.party, each.on, settled, each.signer, each.post)
            signatures.log_signature(self.session, self.actor, ask, at=self.at)

    def _move(self, it: bundle.Item) -> None:
        session, actor, at = self.session, self.actor, self.at
        for shown in it.evidence:
            paper = ShowEvidence("item", it.number, shown.type, shown.document, note=shown.note)
            show_evidence(session, actor, paper, at=at)
        for kept in it.mechanisms:
            mechanism = items.RecordMechanism(
                it.number, kept.kind, kept.name.zh, kept.keeper, kept.review_on, kept.name.en, kept.document
            )
            items.record_mechanism(session, actor, mechanism, at=at)
        for each in it.steps:
            trigger = self.refs.trigger(each.transition)
            step = TakeStep("item", it.number, trigger, each.basis, None, each.reason, each.on, each.into)
            take_step(session, actor, step, at=at)
        for said in it.reports:
            report = reports.FileReport(
                it.number, said.party, said.as_of, said.grade, said.progress, said.problem, said.next_step, release=True
            )
            reports.file_report(session, actor, report, at=at)


def _conflict(row: Row, column: str, stored: Any, stated: Any) -> Reason:
    values = {"record": row.name, "field": column, "stored": str(stored), "stated": str(stated)}
    return Reason("bundle-conflict", values, field=column)


def _shown(values: Values) -> str:
    return ", ".join(f"{column}={value}" for column, value in values.items() if value is not None)
