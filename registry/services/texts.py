"""Texts after they are settled: amendments, other files, who keeps the original, the clause on entry into force as data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain import force
from registry.domain.dates import UNKNOWN, PartialDate, Precision
from registry.errors import NotPermitted, Reason, Refused
from registry.ledger import atomic, seal
from registry.models import Agreement, AgreementParty, AgreementText, Body, Custody, TextFile
from registry.models.agreements import FILE_KINDS
from registry.permissions import Actor, allowed, require
from registry.services import subjects
from registry.services.agreements import require_keeper, require_new_file
from registry.services.days import day_of

KEPT = ("original", "copy")
_LANGUAGE = re.compile("[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True)
class AddAmendment:
    """An amendment to a settled text. sha256: 64 hex digits of its file; language: BCP 47 tag of its authentic language."""

    agreement: str
    title_zh: str
    sha256: str
    language: str = "zh-Hans"
    title_en: str | None = None


@dataclass(frozen=True, slots=True)
class SetClause:
    """How a text says that it enters into force.

    version: of the text or amendment. clause: as data, JSON or YAML (docs/force-clauses.md); None: not stated, or not yet read.
    place: where the text says so, e.g. 第九条. stated: the date of force that a document states; stated_basis: its number.
    reason: why what was recorded before is replaced.
    """

    agreement: str
    version: int
    clause: str | None
    place: str | None = None
    stated: PartialDate = UNKNOWN
    stated_basis: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AddTextFile:
    """Another file of a text. kind: authentic, translation or certified_copy; certified: of a copy, when it was certified."""

    agreement: str
    version: int
    kind: str
    language: str
    sha256: str
    certified: PartialDate = UNKNOWN


@dataclass(frozen=True, slots=True)
class RecordCustody:
    """Who keeps a text. body: its code; what: original or copy; place: archive and shelf mark; since: from when."""

    agreement: str
    version: int
    body: str
    what: str
    place: str | None = None
    since: PartialDate = UNKNOWN


def add_amendment(session: Session, actor: Actor, ask: AddAmendment, *, at: datetime) -> AgreementText:
    """Register an amendment; it has acts and force of its own and leaves the settled text as it is.

    Raises NotPermitted; NotFound; Refused title-missing, bad-hash, same-text, bad-language, text-settled (there is no text),
    amended-too-early (the text may still change).
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        require_keeper(actor, agreement, "text:amend")
        if not ask.title_zh.strip():
            raise Refused(Reason("title-missing", field="title_zh"))
        require_new_file(session, agreement, ask.sha256)
        _require_language(ask.language)
        kinds = session.scalars(sa.select(AgreementText.kind).where(AgreementText.agreement_id == agreement.id)).all()
        if "text" not in kinds:
            raise Refused(Reason("text-settled", who=("host_officer", "secretariat")))
        if agreement.stage == "preparation":
            raise Refused(Reason("amended-too-early", {"agreement": agreement.number}))
        amendment = AgreementText(
            agreement_id=agreement.id, kind="amendment", version=len(kinds) + 1, sha256=ask.sha256, language=ask.language,
            title_zh=ask.title_zh.strip(), title_en=(ask.title_en or "").strip() or None,
        )  # fmt: skip
        session.add(amendment)
        agreement.revision += 1
        book.record(
            act="text.amend", actor=actor, subject=("agreement", agreement.id), at=at, on_behalf_of=actor.body_code
        )
    return amendment


def set_clause(session: Session, actor: Actor, ask: SetClause, *, at: datetime) -> AgreementText:
    """Record how a text says that it enters into force, and the date that a document states; what stood before is replaced.

    Raises NotPermitted; NotFound; Refused unknown-text, clause-wrong (each place of it), unknown-document, basis-missing (a
    stated date stands in a document), date-missing, prerequisite-not-public, clause-unchanged, reason-missing (something is
    replaced).
    Source: docs/force-clauses.md.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        require_keeper(actor, agreement, "clause:set")
        text = text_of(session, agreement, ask.version)
        basis = subjects.basis_document(session, actor, ask.stated_basis, field="stated_basis")
        if ask.stated != UNKNOWN and basis is None:
            raise Refused(Reason("basis-missing", field="stated_basis"))
        if ask.stated.value is None and basis is not None:
            raise Refused(Reason("date-missing", field="stated"))
        before = _clause_of(text)
        text.clause, text.clause_place = _read(ask.clause), (ask.place or "").strip() or None
        _require_public_prerequisites(session, text.clause)
        text.stated_on, text.stated_precision = ask.stated.value, str(ask.stated.precision)
        text.stated_basis_id = subjects.id_of(basis)
        if _clause_of(text) == before:
            raise Refused(Reason("clause-unchanged", field="clause"))
        replaces = before != (None, None, None, str(Precision.UNKNOWN), None)
        if replaces and not (ask.reason or "").strip():
            raise Refused(Reason("reason-missing", field="reason"))
        agreement.revision += 1
        book.record(
            act="clause.set", actor=actor, subject=("agreement", agreement.id), at=at, on_behalf_of=actor.body_code,
            reason=seal(session, ask.reason, body_id=actor.body_id), basis=subjects.cited_as(basis),
        )  # fmt: skip
    return text


def _require_public_prerequisites(session: Session, clause: str | None) -> None:
    """The derivation tells the date of force of an agreement that the clause waits for: to everybody who reads this page."""
    for number in sorted(force.prerequisites(force.read(clause)) if clause else ()):
        public = sa.select(Agreement.id).where(Agreement.number == number, Agreement.level == "public")
        if session.execute(public).first() is None:
            raise Refused(Reason("prerequisite-not-public", {"value": number}, field="clause"))


def add_text_file(session: Session, actor: Actor, ask: AddTextFile, *, at: datetime) -> TextFile:
    """Register another file of a text. Only the depositary certifies copies: the officer of the host.

    Raises NotPermitted; NotFound; Refused unknown-text, unknown-choice (kind), bad-hash, same-text, bad-language, language-known
    (a second authentic text in one language), date-missing, in-the-future (of a certified copy).
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        certified = ask.kind == "certified_copy"
        if certified:
            _require_depositary(actor, agreement, "text:file")
        else:
            require_keeper(actor, agreement, "text:file")
        text = text_of(session, agreement, ask.version)
        if ask.kind not in FILE_KINDS:
            raise Refused(Reason("unknown-choice", {"value": ask.kind}, field="kind"))
        require_new_file(session, agreement, ask.sha256)
        _require_language(ask.language)
        if ask.kind == "authentic":
            _require_new_language(session, text, ask.language)
        if certified:
            _require_past(session, ask.certified, at, field="certified")
        file = TextFile(
            agreement_id=agreement.id,
            text_id=text.id,
            kind=ask.kind,
            language=ask.language,
            sha256=ask.sha256,
            certified_by_id=agreement.host_id if certified else None,
            certified_on=ask.certified.value if certified else None,
            certified_precision=str(ask.certified.precision if certified else Precision.UNKNOWN),
        )
        session.add(file)
        agreement.revision += 1
        book.record(
            act="text.file", actor=actor, subject=("agreement", agreement.id), at=at, on_behalf_of=actor.body_code,
            effective=ask.certified if certified else None,
        )  # fmt: skip
    return file


def record_custody(session: Session, actor: Actor, ask: RecordCustody, *, at: datetime) -> Custody:
    """Record who keeps the original of a text, or a copy; a new keeper of the original ends the former row on that day.

    The officer of the host records both for anybody; a party's own officer records the party's own copy.
    Raises NotPermitted; NotFound; Refused unknown-text, unknown-body, unknown-choice (what), not-a-party, already-kept,
    date-missing (of a change), in-the-future, kept-too-early.
    """
    with atomic(session) as book:
        agreement = subjects.locked_agreement(session, actor, ask.agreement)
        keeper = subjects.body(session, ask.body, field="body")
        _require_may_record(session, actor, agreement, keeper, ask.what)
        text = text_of(session, agreement, ask.version)
        if ask.what not in KEPT:
            raise Refused(Reason("unknown-choice", {"value": ask.what}, field="what"))
        place = (ask.place or "").strip() or None
        former = _kept_now(session, text, keeper, ask.what)
        if former is not None:
            if (former.body_id, former.place) == (keeper.id, place):
                raise Refused(Reason("already-kept", {"party": keeper.name_zh}, field="body"))
            _require_past(session, ask.since, at, field="since")
            if ask.since.certainly_before(PartialDate.of(former.since, former.since_precision)):
                raise Refused(Reason("kept-too-early", {"since": former.since or ""}, field="since"))
            former.until, former.until_precision = ask.since.value, str(ask.since.precision)
            session.flush()
        elif ask.since != UNKNOWN:
            _require_past(session, ask.since, at, field="since")
        kept = Custody(
            agreement_id=agreement.id, text_id=text.id, body_id=keeper.id, what=ask.what, place=place,
            since=ask.since.value, since_precision=str(ask.since.precision),
        )  # fmt: skip
        session.add(kept)
        agreement.revision += 1
        book.record(
            act="custody.record", actor=actor, subject=("agreement", agreement.id), at=at, on_behalf_of=actor.body_code,
            effective=ask.since if ask.since.value else None,
        )  # fmt: skip
    return kept


def text_of(session: Session, agreement: Agreement, version: int) -> AgreementText:
    """The text or amendment of this version. Raises Refused unknown-text."""
    found = session.execute(
        sa.select(AgreementText).where(AgreementText.agreement_id == agreement.id, AgreementText.version == version)
    ).scalar_one_or_none()
    if found is None:
        raise Refused(Reason("unknown-text", {"agreement": agreement.number, "value": version}, field="version"))
    return found


def _clause_of(text: AgreementText) -> tuple[str | None, str | None, str | None, str, int | None]:
    return text.clause, text.clause_place, text.stated_on, text.stated_precision, text.stated_basis_id


def _read(clause: str | None) -> str | None:
    """The clause as the register keeps it; nothing for nothing. Raises Refused with every place that is wrong."""
    if not (clause or "").strip():
        return None
    try:
        return force.canonical(force.read(clause or ""))
    except force.ClauseError as wrong:
        raise Refused(
            *(
                Reason("clause-wrong", {"place": place, "zh": zh.rstrip("。"), "en": en.rstrip(".")}, field="clause")
                for place, zh, en in wrong.findings
            )
        ) from None


def _require_language(language: str) -> None:
    if len(language) > 16 or not _LANGUAGE.fullmatch(language):
        raise Refused(Reason("bad-language", {"value": language}, field="language"))


def _require_new_language(session: Session, text: AgreementText, language: str) -> None:
    others = sa.select(TextFile.language).where(TextFile.text_id == text.id, TextFile.kind == "authentic")
    if language in (text.language, *session.scalars(others)):
        raise Refused(Reason("language-known", {"language": language}, field="language"))


def _require_depositary(actor: Actor, agreement: Agreement, permission: str) -> None:
    if agreement.host_id is None:
        raise NotPermitted(permission)
    require(actor, permission, body_id=agreement.host_id)


def _require_may_record(session: Session, actor: Actor, agreement: Agreement, keeper: Body, what: str) -> None:
    if agreement.host_id is not None and allowed(actor, "custody:record", body_id=agreement.host_id):
        return
    if what == "original":
        raise NotPermitted("custody:record")
    require(actor, "custody:record", body_id=keeper.id)
    listed = sa.select(AgreementParty.id).where(
        AgreementParty.agreement_id == agreement.id, AgreementParty.body_id == keeper.id
    )
    if session.execute(listed).first() is None:
        raise Refused(Reason("not-a-party", {"party": keeper.name_zh, "agreement": agreement.number}, field="body"))


def _kept_now(session: Session, text: AgreementText, keeper: Body, what: str) -> Custody | None:
    """What the new row ends: whoever keeps the original now; of copies, the body's own."""
    query = sa.select(Custody).where(
        Custody.text_id == text.id, Custody.what == what, Custody.until_precision.is_(None)
    )
    if what == "copy":
        query = query.where(Custody.body_id == keeper.id)
    return session.execute(query).scalar_one_or_none()


def _require_past(session: Session, on: PartialDate, at: datetime, *, field: str) -> None:
    """A day as far as it is known, not after today."""
    if on.value is None:
        raise Refused(Reason("date-missing", field=field))
    if day_of(session, at).certainly_before(on):
        raise Refused(Reason("in-the-future", {"value": on.value}, field=field))
