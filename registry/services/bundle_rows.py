"""The records of a bundle as rows of the register: which columns they state, which rows hang on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain import bundle
from registry.domain.dates import PartialDate
from registry.domain.numbers import DOCUMENT, parse_item
from registry.errors import Reason, Refused
from registry.models import (
    Act,
    Agreement,
    AgreementField,
    AgreementParty,
    AgreementText,
    Alias,
    Assignment,
    Base,
    Body,
    Citation,
    Claim,
    Commitment,
    Department,
    Document,
    Edition,
    Event,
    Evidence,
    Grouping,
    Item,
    Mechanism,
    Meeting,
    MeetingSeries,
    Membership,
    Partner,
    Relation,
    Report,
    Step,
    Target,
)
from registry.services import agreements, items
from registry.services.procedures import current_procedure

Values: TypeAlias = Mapping[str, Any]
Record: TypeAlias = (
    bundle.Body | bundle.Department | bundle.Grouping | bundle.Series | bundle.Meeting | bundle.Document | bundle.Agreement
    | bundle.Claim | bundle.Event | bundle.Commitment | bundle.Item
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Children:
    """Rows that hang on a record by the column `owner`, as far as the bundle states them.

    kind: where the table holds rows of several kinds of record, the kind. grows: people may have added more since.
    """

    model: type[Base]
    owner: str
    rows: tuple[Values, ...]
    kind: str | None = None
    grows: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One record. key, values: columns that the bundle states; begins: columns that live on after the import.

    subject: kind, and column of the id, of the record whose history this one belongs to.
    """

    model: type[Base]
    key: Values
    values: Values
    subject: tuple[str, str]
    children: tuple[Children, ...] = ()
    begins: Values = field(default_factory=dict)
    act: str = "bundle.import"

    @property
    def name(self) -> str:
        """How results and refusals name it, e.g. `item doc-2017-01-001`."""
        return f"{self.model.__tablename__} {' '.join(map(str, self.key.values()))}"


_NAMED_BY: Mapping[type[Base], str] = {
    Body: "code", Grouping: "code", MeetingSeries: "code", Claim: "code",
    Meeting: "number", Document: "number", Agreement: "number", Item: "number",
}  # fmt: skip


class References:
    """Ids of the records that a bundle names by number or code."""

    def __init__(self, session: Session, sample: bool) -> None:
        self.sample = sample
        self._session = session
        self._found: dict[tuple[type[Base], str], int] = {}

    def id(self, model: type[Base], key: str) -> int:
        """The id of a record. Raises Refused unknown-reference, or sample-mixed: no invented record stands beside a real one."""
        if (model, key) not in self._found:
            column = _NAMED_BY[model]
            table = model.__table__.c
            row = self._session.execute(sa.select(table.id, table.sample).where(table[column] == key)).one_or_none()
            if row is None:
                raise _unknown(model.__tablename__, key)
            if row.sample != self.sample:
                raise Refused(Reason("sample-mixed", {"table": model.__tablename__, "value": key}))
            self._found[model, key] = row.id
        return self._found[model, key]

    def maybe(self, model: type[Base], key: str | None) -> int | None:
        """The id, or nothing for nothing."""
        return None if key is None else self.id(model, key)

    def party(self, code: str) -> int:
        """The id of a body that can sign. Raises Refused unknown-party as well."""
        identity = self.id(Body, code)
        if not self._session.execute(sa.select(Body.signs).where(Body.id == identity)).scalar_one():
            raise Refused(Reason("unknown-party", {"value": code}))
        return identity

    def department(self, duty: bundle.Duty) -> int | None:
        """The id of a department of the body that bears the duty, by its exact name."""
        if duty.department is None:
            return None
        query = sa.select(Department.id).where(
            Department.body_id == self.id(Body, duty.body), Department.name_zh == duty.department
        )
        return self._one(query, "department", duty.department)

    def field(self, agreement_id: int | None, position: int | None) -> int | None:
        """The id of a field of an agreement by its place."""
        if position is None:
            return None
        query = sa.select(AgreementField.id).where(
            AgreementField.agreement_id == agreement_id, AgreementField.position == position
        )
        return self._one(query, "agreement_field", str(position))

    def begin(self, slug: str) -> Values:
        """What a new subject of a procedure begins with. Raises NotFound where none is published."""
        definition, procedure_id = current_procedure(self._session, slug)
        stage = definition.states[definition.initial].stage
        return {
            "state": definition.initial,
            "stage": stage,
            "procedure_id": procedure_id,
            "backfilled": True,
            "revision": 0,
        }

    def trigger(self, transition: str) -> str:
        """The trigger of a transition of items. Raises Refused unknown-reference."""
        definition, _ = current_procedure(self._session, items.PROCEDURE)
        try:
            return definition.transition(transition).trigger
        except KeyError as error:
            raise _unknown("transition", transition) from error

    def _one(self, query: sa.Select[int], table: str, key: str) -> int:
        found = self._session.execute(query).scalar_one_or_none()
        if found is None:
            raise _unknown(table, key)
        return found


def _unknown(table: str, key: str) -> Refused:
    return Refused(Reason("unknown-reference", {"table": table, "value": key}))


# ---- each kind of record -------------------------------------------------------------------------------------------


def row_of(refs: References, it: Record) -> Row:
    """The record with the rows that are written together with it. Raises Refused where it names what is not there."""
    return _ROWS[type(it)](refs, it)


def other_names(refs: References, it: Record) -> Children | None:
    """Aliases: written after all records, because a city and the government whose papers call it 我市 name each other."""
    if not isinstance(it, bundle.Body | bundle.Grouping):
        return None
    rows = tuple(
        {"text": each.text, "issuer_id": refs.maybe(Body, each.issuer), "note": each.note} for each in it.aliases
    )
    return Children(Alias, "body_id" if isinstance(it, bundle.Body) else "grouping_id", rows, grows=True)


def citations(refs: References, it: Record, table: str) -> Children:
    """Where the facts stand: written after all records, because documents and records name each other."""
    rows = tuple({"document_id": refs.id(Document, cite.document), "line": cite.line} for cite in it.cites)
    return Children(Citation, "subject_id", rows, table, grows=True)


def history(refs: References, it: Record) -> tuple[Children, ...]:
    """The rows that engine and services write; only compared here. Sealed words are not: they may have been erased."""
    if isinstance(it, bundle.Agreement):
        signed = tuple(
            {
                "body_id": refs.party(each.party), "kind": "signature", **_date(each.on, "done_on", "done_precision"),
                "signer_post": each.post,
            }
            for each in it.signatures
        )  # fmt: skip
        return (_steps(refs, it), Children(Act, "agreement_id", signed, grows=True))
    if isinstance(it, bundle.Item):
        shown = tuple(
            {"type": each.type, "document_id": refs.id(Document, each.document), "note": each.note}
            for each in it.evidence
        )
        return (
            _steps(refs, it),
            Children(Evidence, "item_id", shown, grows=True),
            Children(Mechanism, "item_id", tuple(_mechanism(refs, each) for each in it.mechanisms), grows=True),
            Children(Report, "item_id", tuple(_report(refs, each) for each in it.reports), grows=True),
        )
    return ()


def _name(name: bundle.Name, column: str = "name") -> Values:
    return {f"{column}_zh": name.zh, f"{column}_en": name.en}


def _date(on: PartialDate, column: str, precision: str | None = None) -> Values:
    return {column: on.value, precision or f"{column}_precision": str(on.precision)}


def _body(refs: References, it: bundle.Body) -> Row:
    values = {
        **_name(it.name), "gb_code": it.gb_code, "kind": it.kind, "province": it.province,
        "parent_id": refs.maybe(Body, it.parent), "signs": it.signs, "sample": refs.sample, "note": it.note,
    }  # fmt: skip
    return Row(Body, {"code": it.code}, values, ("party", "id"))


def _department(refs: References, it: bundle.Department) -> Row:
    key = {"body_id": refs.id(Body, it.body), "name_zh": it.name.zh}
    return Row(Department, key, {"name_en": it.name.en, "sample": refs.sample}, ("party", "body_id"))


def _series(refs: References, it: bundle.Series) -> Row:
    values = {**_name(it.name), "grouping_id": refs.maybe(Grouping, it.grouping), "sample": refs.sample}
    return Row(MeetingSeries, {"code": it.code}, values, ("series", "id"))


def _event(refs: References, it: bundle.Event) -> Row:
    values = {
        "kind": it.kind, **_name(it.what, "what"), **_date(it.on, "on"),
        "meeting_id": refs.maybe(Meeting, it.meeting), "sample": refs.sample,
    }  # fmt: skip
    return Row(Event, {"code": it.code}, values, ("event", "id"))


def _commitment(refs: References, it: bundle.Commitment) -> Row:
    values = {
        "document_id": refs.id(Document, it.document), "position": it.position, "section": it.section,
        **_name(it.title, "title"),
    }  # fmt: skip
    return Row(Commitment, {"code": it.code}, values, ("document", "document_id"))


def _grouping(refs: References, it: bundle.Grouping) -> Row:
    values = {
        **_name(it.name),
        "kind": it.kind,
        "declared_members": it.declared_members,
        "sample": refs.sample,
        "note": it.note,
    }
    members = tuple(
        {
            "body_id": refs.party(each.body), "role": each.role, "position": position, **_date(each.since, "since"),
            "until": each.until and each.until.value, "until_precision": each.until and str(each.until.precision),
        }
        for position, each in enumerate(it.members, 1)
    )  # fmt: skip
    return Row(Grouping, {"code": it.code}, values, ("grouping", "id"), (Children(Membership, "grouping_id", members),))


def _meeting(refs: References, it: bundle.Meeting) -> Row:
    values = {
        **_name(it.name), "held": it.held, **_date(it.on, "held_on", "held_precision"),
        "venue_id": refs.maybe(Body, it.venue), "sample": refs.sample, "note": it.note,
    }  # fmt: skip
    editions = tuple(
        {"series_id": refs.id(MeetingSeries, each.series), "ordinal": each.ordinal} for each in it.editions
    )
    return Row(Meeting, {"number": it.number}, values, ("meeting", "id"), (Children(Edition, "meeting_id", editions),))


def _document(refs: References, it: bundle.Document) -> Row:
    same = (
        "title", "kind", "document_number", "issuer_name", "state", "class_mark", "period_from", "period_until", "approved_by",
        "approving_signer", "proposal_number", "proposal_title", "proposal_session", "level", "note",
    )  # fmt: skip
    values = {
        **{column: getattr(it, column) for column in same},
        "issuer_id": refs.maybe(Body, it.issuer),
        **_date(it.signed_on, "signed_on", "signed_precision"),
        **_date(it.published_at, "published_at", "published_precision"),
        "addressees": "、".join(it.addressees) or None,
        "proposers": "、".join(it.proposers) or None,
        "implements_id": refs.maybe(Document, it.implements),
        "sample": refs.sample,
    }
    return Row(Document, {"number": it.number}, values, ("document", "id"))


def _agreement(refs: References, it: bundle.Agreement) -> Row:
    same = ("kind", "level", "declared_parties", "declared_fields", "instruments", "note")
    values = {
        **_name(it.title, "title"),
        **{column: getattr(it, column) for column in same},
        "grouping_id": refs.maybe(Grouping, it.grouping),
        "meeting_id": refs.maybe(Meeting, it.meeting),
        "host_id": refs.party(it.host) if it.host else None,
        **_date(it.on, "dated_on", "dated_precision"),
        "venue_id": refs.maybe(Body, it.venue),
        "sample": refs.sample,
    }
    parties = tuple({"body_id": refs.party(code), "position": position} for position, code in enumerate(it.parties, 1))
    fields = tuple({"position": position, **_name(name)} for position, name in enumerate(it.fields, 1))
    texts = tuple(
        {"version": version, "sha256": each.sha256, "language": each.language}
        for version, each in enumerate(it.texts, 1)
    )
    relations = tuple(
        {"other_id": refs.id(Agreement, each.other), "kind": each.kind, "note": each.note} for each in it.relations
    )
    children = (
        Children(AgreementParty, "agreement_id", parties, grows=True),
        Children(AgreementField, "agreement_id", fields),
        Children(AgreementText, "agreement_id", texts, grows=True),
        Children(Relation, "agreement_id", relations, grows=True),
    )
    begins = {**refs.begin(agreements.PROCEDURE), "party_list": it.party_list}
    return Row(Agreement, {"number": it.number}, values, ("agreement", "id"), children, begins, "agreement.backfill")


def _claim(refs: References, it: bundle.Claim) -> Row:
    same = ("stated", "approximate", "unit", "named", "counts", "level", "note")
    values = {
        **_name(it.what, "what"),
        **{column: getattr(it, column) for column in same},
        "document_id": refs.id(Document, it.document),
        **_date(it.as_of, "as_of"),
        "part_of_id": refs.maybe(Claim, it.part_of),
        "agreement_id": refs.maybe(Agreement, it.agreement),
        "meeting_id": refs.maybe(Meeting, it.meeting),
        "grouping_id": refs.maybe(Grouping, it.grouping),
        "sample": refs.sample,
    }
    return Row(Claim, {"code": it.code}, values, ("claim", "id"))


def _item(refs: References, it: bundle.Item) -> Row:
    number = parse_item(it.number)
    under_document = number.parent.series == DOCUMENT
    agreement_id = None if under_document else refs.id(Agreement, str(number.parent))
    values = {
        **_name(it.title, "title"),
        "agreement_id": agreement_id,
        "document_id": refs.id(Document, str(number.parent)) if under_document else None,
        "position": number.number,
        "field_id": refs.field(agreement_id, it.field),
        "section": it.section,
        "level": it.level,
        "sample": refs.sample,
        "note": it.note,
    }
    duties = tuple(
        {"body_id": refs.party(duty.body), "department_id": refs.department(duty), "role": role, "position": position}
        for role, given in (("lead", it.leads), ("join", it.joins), ("support", it.supports))
        for position, duty in enumerate(given, 1)
    )
    partners = tuple(
        {"position": position, "names": "、".join(each.names), "relation": each.relation, "kind": each.kind}
        for position, each in enumerate(it.partners, 1)
    )
    children = (
        Children(Assignment, "item_id", duties, grows=True),
        Children(Partner, "item_id", partners),
        Children(
            Target, "item_id", tuple(_target(position, each) for position, each in enumerate(it.targets, 1)), grows=True
        ),
    )
    begins = {
        **refs.begin(items.PROCEDURE),
        "grade": "not_reported",
        "graded_precision": "unknown",
        "lane": it.lane,
    }
    return Row(Item, {"number": it.number}, values, ("item", "id"), children, begins, "item.backfill")


def _target(position: int, it: bundle.Target) -> Values:
    same = (
        "comparator",
        "number",
        "number_until",
        "unit",
        "year",
        "period",
        "horizon_from",
        "horizon_years",
        "force",
        "note",
    )
    return {"position": position, **_name(it.metric, "metric"), **{column: getattr(it, column) for column in same}}


def _mechanism(refs: References, it: bundle.Mechanism) -> Values:
    return {
        "kind": it.kind, **_name(it.name), "document_id": refs.maybe(Document, it.document),
        "keeper_id": refs.party(it.keeper), **_date(it.review_on, "review_on", "review_precision"),
    }  # fmt: skip


def _report(refs: References, it: bundle.Report) -> Values:
    return {
        "body_id": refs.party(it.party), **_date(it.as_of, "as_of"), "grade": it.grade,
        "released_progress": it.progress, "released_problem": it.problem, "released_next_step": it.next_step,
    }  # fmt: skip


def _steps(refs: References, it: bundle.Agreement | bundle.Item) -> Children:
    def step(position: int, transition: str, basis: str, on: PartialDate) -> dict[str, Any]:
        basis_id = refs.id(Document, basis)
        return {"position": position, "transition": transition, "basis_id": basis_id, **_date(on, "effective")}

    first = step(1, "enter", it.entry.basis, it.entry.on) | {"to_state": it.entry.state, "basis_note": it.entry.place}
    later = it.steps if isinstance(it, bundle.Item) else ()
    rows = (first, *(step(position, each.transition, each.basis, each.on) for position, each in enumerate(later, 2)))
    kind = "item" if isinstance(it, bundle.Item) else "agreement"
    return Children(Step, "subject_id", rows, kind, grows=True)


_ROWS: Mapping[type, Callable[[References, Any], Row]] = {
    bundle.Body: _body,
    bundle.Department: _department,
    bundle.Grouping: _grouping,
    bundle.Series: _series,
    bundle.Meeting: _meeting,
    bundle.Document: _document,
    bundle.Agreement: _agreement,
    bundle.Claim: _claim,
    bundle.Event: _event,
    bundle.Commitment: _commitment,
    bundle.Item: _item,
}
