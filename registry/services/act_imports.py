"""Import of a table of acts: each row an act, all of them or none, and what is there already stays as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain import Outcome, Reading, half_width
from registry.domain.act_rows import ActRow, Answered, CellFault, TableRefused, fault_of
from registry.domain.dates import PartialDate
from registry.domain.names import AliasRow, resolve, tidy
from registry.errors import Reason, Refused
from registry.ledger import Book, atomic
from registry.models import Agreement, AgreementParty, AgreementText, Body
from registry.models.agreements import AGAIN
from registry.permissions import Actor
from registry.queries.act_lines import ActLine, act_lines, party_names
from registry.queries.names import bodies_by_code
from registry.queries.rows import Named
from registry.queries.snapshot import Snapshot
from registry.services import rounds, subjects
from registry.services.acts import RecordAct, record_act
from registry.services.agreements import require_keeper
from registry.services.deeds import BINDING

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "party": "party", "kind": "act", "done": "date", "takes_effect": "effect", "content": "note", "received": "received",
        "registered": "registered", "valid_until": "until", "signer_post": "post", "authority": "authority", "clause": "clause",
        "text": "text", "ordinal": "order", "answers": "answers", "predecessor": "predecessor",
    }
)  # fmt: skip
"""Input of an act → column of the table."""
JOINS = ("accession", "succession")
"""Acts that make a body a party by themselves."""
ANSWERABLE: Mapping[str, tuple[str, ...]] = MappingProxyType({"objection": ("reservation", "declaration")})
"""Kind → kinds that it can answer, where not any."""


@dataclass(frozen=True, slots=True)
class ImportActs:
    """The rows of a table. agreement: its number. file: name, as faults show it.

    add_parties: enter bodies that are not listed as parties, where the agreement was entered by 补录 and its list of parties is
    not complete. dry_run: only say what would happen.
    """

    agreement: str
    file: str
    rows: tuple[ActRow, ...]
    add_parties: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class TakenRow:
    """A row and its party."""

    row: ActRow
    party: Named


@dataclass(frozen=True, slots=True)
class ActsImport:
    """What an import did, or would do: acts entered, acts that stood there already, parties added; in the order of the file.

    faults: only of a dry run; then nothing would be entered.
    """

    entered: tuple[TakenRow, ...]
    known: tuple[TakenRow, ...]
    added: tuple[Named, ...]
    faults: tuple[CellFault, ...]


class _OnlyTried(Exception):
    """A dry run came to its end: take everything back."""


def import_acts(session: Session, actor: Actor, ask: ImportActs, *, at: datetime) -> ActsImport:
    """Enter the acts of a table, late: no step, no scan. By an officer of the host, the secretariat, or the register.

    An act that stands already (of a kind done once: same party, kind and text; else also same day, clause, note and act
    answered) is left alone, so that a second import changes nothing.
    Raises NotPermitted; NotFound; Refused party-list-closed; TableRefused with every fault by cell: those of `record_act`,
    act-contradicts (it stands with another date or word), row-twice, unknown-text, not-by-table (不签署), answered-unknown,
    answered-several, and unknown-name, ambiguous-name, needs-issuer of parties.
    """
    done = None
    try:
        with atomic(session) as book:
            agreement = subjects.locked_agreement(session, actor, ask.agreement)
            require_keeper(actor, agreement, "act:import")
            if ask.add_parties and (not agreement.backfilled or agreement.party_list == "complete"):
                raise Refused(Reason("party-list-closed", {"agreement": agreement.number}, field="add_parties"))
            importing = _Import(session, actor, book, agreement, ask, at)
            if ask.add_parties:
                importing.add_parties()
            for row in sorted(ask.rows, key=_order):
                importing.take(row)
            done = importing.done()
            if ask.dry_run:
                raise _OnlyTried
            if done.faults:
                raise TableRefused(ask.file, done.faults)
    except _OnlyTried:
        pass
    assert done is not None  # noqa: S101  # every other way out of the block raises
    return done


def _order(row: ActRow) -> tuple[date, int, int]:
    """By day; on one day whoever binds itself first, then who succeeds to it, then what the bound do, then answers to that."""
    rank = 1 if row.kind == "succession" else 0 if row.kind in BINDING else 3 if row.answers else 2
    return row.done.first_day() or date.max, rank, row.row


class _Import:
    """One import: what stands, what is entered, what is wrong. Transaction and lock are the caller's."""

    def __init__(
        self, session: Session, actor: Actor, book: Book, agreement: Agreement, ask: ImportActs, at: datetime
    ) -> None:
        self.session, self.actor, self.book, self.agreement, self.ask, self.at = (
            session,
            actor,
            book,
            agreement,
            ask,
            at,
        )
        self.snapshot = Snapshot(session, None, date.min)
        self.names: defaultdict[str, list[AliasRow]] = defaultdict(list)
        for each in party_names(self.snapshot):
            self.names[_folded(each.text)].append(each)
        self.issuer = subjects.code_of(session, agreement.host_id) if agreement.host_id is not None else None
        self.lines = list(act_lines(self.snapshot, agreement.id))
        texts = session.execute(
            sa.select(AgreementText.id, AgreementText.version, AgreementText.kind).where(
                AgreementText.agreement_id == agreement.id
            )
        ).all()
        self.versions = {text.id: text.version for text in texts}
        self.settled = max((text.version for text in texts if text.kind == "text"), default=None)
        parties = sa.select(Body.code).join(AgreementParty, AgreementParty.body_id == Body.id)
        self.listed = set(session.scalars(parties.where(AgreementParty.agreement_id == agreement.id)))
        self.entered: list[tuple[ActRow, str]] = []
        self.known: list[tuple[ActRow, str]] = []
        self.added: list[str] = []
        self.faults: list[CellFault] = []
        self.seen: dict[tuple[object, ...], int] = {}

    def add_parties(self) -> None:
        """List as parties, in the order of the file and since nobody knows when, the bodies that the rows name and that do not
        join by an act of their own. One entry. A name that means nobody is told by its row."""
        named = {row.party: self._meant(row.party).value for row in self.ask.rows}
        joining = {named[row.party] for row in self.ask.rows if row.kind in JOINS}
        new = [code for code in dict.fromkeys(named.values()) if code and code not in self.listed | joining]
        if not new:
            return
        of_it = AgreementParty.agreement_id == self.agreement.id
        last = self.session.execute(sa.select(sa.func.max(AgreementParty.position)).where(of_it)).scalar_one() or 0
        query = sa.select(Body.code, Body.id).where(Body.code.in_(new))
        bodies = {row.code: row.id for row in self.session.execute(query)}
        self.session.add_all(
            AgreementParty(agreement_id=self.agreement.id, body_id=bodies[code], position=position)
            for position, code in enumerate(new, last + 1)
        )
        if self.agreement.party_list == "unknown":
            self.agreement.party_list = "partial"
        self.session.flush()
        rounds.recount(self.session, ("agreement", self.agreement.id), at=self.at)
        subject = ("agreement", self.agreement.id)
        self.book.record(act="agreement.party", actor=self.actor, subject=subject, at=self.at)
        self.added = new

    def take(self, row: ActRow) -> None:
        """Enter one row, or find that it stands, or what is wrong with it."""
        wrong = len(self.faults)
        code = self._code(row, "party", row.party)
        before = self._code(row, "predecessor", row.predecessor) if row.predecessor else None
        answered = self._answered(row)
        version = row.text or (answered[0].text if len(answered) == 1 else self.settled)
        if row.text is not None and row.text not in self.versions.values():
            self._fault(row, "text", Reason("unknown-text", {"agreement": self.agreement.number, "value": row.text}))
        if code is None or len(self.faults) > wrong:
            return
        again = (row.done, row.clause, row.note, row.answers) if row.kind in AGAIN else ()
        first = self.seen.setdefault((code, row.kind, version, *again), row.row)
        if first != row.row:
            self._fault(row, "act", Reason("row-twice", {"row": first}))
        elif line := self._standing(row, code, version, answered):
            self.faults += _contradictions(row, line, before)
            self.known.append((row, code))
        else:
            self._enter(row, code, before, answered)

    def done(self) -> ActsImport:
        """What came of it, in the order of the file."""
        names = bodies_by_code(self.snapshot, {code for _, code in (*self.entered, *self.known)})
        return ActsImport(
            _in_order(self.entered, names),
            _in_order(self.known, names),
            tuple(names[code] for code in self.added if code in names),
            TableRefused(self.ask.file, self.faults).faults,
        )

    def _code(self, row: ActRow, column: str, name: str) -> str | None:
        """The body that a name means; None, and a fault, where that is not sure."""
        reading = self._meant(name)
        if reading.value is None or reading.outcome in (Outcome.ASK, Outcome.REJECT):
            self._fault(row, column, Reason(str(reading.reason), {"value": name}))
            return None
        return reading.value

    def _meant(self, name: str) -> Reading[str]:
        """Whom a name means in the papers of the host. `ask` carries no proposal: a name is never half understood."""
        return resolve(name, self.names[_folded(name)], self.issuer)

    def _answered(self, row: ActRow) -> list[ActLine]:
        """The standing acts that a row may mean by the act it answers. None is a fault; whether one of several was meant is
        only asked of a row that is entered."""
        if row.answers is None:
            return []
        code = self._code(row, "answers", row.answers.party)
        if code is None:
            return []
        kinds = ANSWERABLE.get(row.kind)
        found = [
            line
            for line in self.lines
            if line.party.key == code and _means(row.answers, line) and (kinds is None or line.kind in kinds)
        ]
        if not found:
            self._fault(row, "answers", Reason("answered-unknown", {"value": row.answers.party}))
        return found

    def _standing(self, row: ActRow, code: str, version: int | None, answered: list[ActLine]) -> ActLine | None:
        """The act that stands and is this one."""
        for line in self.lines:
            if (line.party.key, line.kind, line.text) == (code, row.kind, version) and (
                row.kind not in AGAIN or _same_again(row, line, answered)
            ):
                return line
        return None

    def _enter(self, row: ActRow, code: str, before: str | None, answered: list[ActLine]) -> None:
        if row.kind == "decline":
            self._fault(row, "act", Reason("not-by-table", {"kind": row.kind}))
            return
        if len(answered) > 1:
            self._fault(row, "answers", Reason("answered-several", {"count": len(answered)}))
            return
        ask = RecordAct(
            self.agreement.number, row.kind, code, row.done, row.text, row.received, row.registered, row.takes_effect,
            signer_post=row.post, authority=row.authority, clause=row.clause, content=row.note, valid_until=row.valid_until,
            answers=answered[0].id if answered else None, predecessor=before, ordinal=row.ordinal, late=True,
        )  # fmt: skip
        try:
            act = record_act(self.session, self.actor, ask, at=self.at)
        except Refused as refused:
            for reason in refused.reasons:
                self._fault(row, COLUMNS.get(reason.field or "", ""), reason)
            return
        self.entered.append((row, code))
        self.lines.append(_line(act.id, row, code, self.versions[act.text_id]))

    def _fault(self, row: ActRow, column: str, reason: Reason) -> None:
        self.faults.append(fault_of(row, column, reason))


def _in_order(rows: list[tuple[ActRow, str]], names: Mapping[str, Named]) -> tuple[TakenRow, ...]:
    return tuple(TakenRow(row, names[code]) for row, code in sorted(rows, key=lambda each: each[0].row))


def _folded(name: str) -> str:
    return half_width(tidy(name))


def _means(answered: Answered, line: ActLine) -> bool:
    """Whether a standing act is what a row says that it answers, as far as it says."""
    said = ((answered.kind, line.kind), (answered.done, line.done), (answered.clause, line.clause))
    return all(wanted is None or wanted == found for wanted, found in said)


def _same_again(row: ActRow, line: ActLine, answered: list[ActLine]) -> bool:
    said = (row.done, _words(row.clause), _words(row.note))
    return said == (line.done, _words(line.clause), _words(line.content)) and (
        row.answers is None or line.answers in {each.id for each in answered}
    )


def _words(text: str | None) -> str:
    """A text as compared: a page sends line breaks as CR LF, a file as LF."""
    return (text or "").replace("\r\n", "\n").strip()


def _contradictions(row: ActRow, line: ActLine, before: str | None) -> Iterator[CellFault]:
    """What a row states and the standing act has otherwise. A cell without a word contradicts nothing."""
    dates: tuple[tuple[str, PartialDate, PartialDate], ...] = (
        ("date", row.done, line.done),
        ("effect", row.takes_effect, line.takes_effect),
        ("received", row.received, line.received),
        ("registered", row.registered, line.registered),
        ("until", row.valid_until, line.valid_until),
    )
    for column, stated, stored in dates:
        if stated.value is not None and stated != stored:
            values = {"stored": stored.value or "—", "stated": stated.value}
            yield fault_of(row, column, Reason("act-contradicts", values))
    words = (
        ("note", row.note, line.content),
        ("post", row.post, line.post),
        ("authority", row.authority, line.authority),
        ("clause", row.clause, line.clause),
        ("order", row.ordinal, line.ordinal),
        ("predecessor", before, line.predecessor.key if line.predecessor else None),
    )
    for name, said, known in words:
        if said is not None and _words(str(said)) != _words("" if known is None else str(known)):
            values = {"stored": "—" if known is None else str(known), "stated": str(said)}
            yield fault_of(row, name, Reason("act-contradicts", values))


def _line(act_id: int, row: ActRow, code: str, text: int) -> ActLine:
    """The act just entered, as later rows may answer it."""
    return ActLine(
        act_id, Named("body", code, row.party, None), row.kind, text, row.done, row.takes_effect, row.received, row.registered,
        row.valid_until, row.post, row.authority, row.clause, row.note, row.ordinal, None, None,
    )  # fmt: skip
