"""A register as life makes it: random acts of every kind, day after day, each text marked with the index of its entry.

Everything goes through the services (claims and the register's own name, which only imports and the founding write, through one
recorded act each). What a service refuses is skipped. Invented throughout.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.list_lines import Line
from registry.errors import NotFound, RegistryError
from registry.ledger import atomic
from registry.models import (
    Agreement,
    AgreementText,
    AnnualList,
    Claim,
    Document,
    Grouping,
    Item,
    LedgerHead,
    Matter,
    Meeting,
    Proposal,
    Register,
    Report,
)
from registry.models import Body as Party
from registry.models.agreements import AGAIN
from registry.permissions import Actor, the_register
from registry.queries.definitions import definition_of
from registry.services.acts import RecordAct, record_act
from registry.services.agreements import AddText, CreateAgreement, add_text, create_agreement
from registry.services.bodies import (
    AddAlias,
    AddGrouping,
    AddMember,
    AddParty,
    add_alias,
    add_grouping,
    add_member,
    add_party,
)
from registry.services.consent import Answer, Propose, answer, propose
from registry.services.continuity import AlterBody, Happened, alter_body
from registry.services.corrections import ProposeCorrection, propose_correction
from registry.services.documents import AddDocument, add_document
from registry.services.evidence import ShowEvidence, show_evidence
from registry.services.items import AddItem, RecordMechanism, add_item, record_mechanism
from registry.services.leads import PassLead, pass_lead
from registry.services.lineage import LinkItems, link_items
from registry.services.lists import AddList, AdoptVersion, add_list, adopt_version
from registry.services.meetings import AddMeeting, add_meeting
from registry.services.memberships import ChangeRole, change_role
from registry.services.moves import TakeStep, take_step
from registry.services.participation import JoinItem, LeaveItem, join_item, opt_out
from registry.services.policies import set_first_policies
from registry.services.relations import AddRelation, add_relation
from registry.services.reports import FileReport, ReleaseReport, file_report, release_report
from registry.services.same_as import DecideSame, decide_same
from registry.services.signatures import LogSignature, log_signature
from registry.services.sweep import sweep
from registry.services.texts import AddAmendment, RecordCustody, add_amendment, record_custody
from tests.cast import Cast, Clock
from tests.matters import a_matter, publish_city_case

KINDS = {
    "agreements": (Agreement, "number"),
    "items": (Item, "number"),
    "matters": (Matter, "number"),
    "parties": (Party, "code"),
    "groupings": (Grouping, "code"),
    "meetings": (Meeting, "number"),
    "documents": (Document, "number"),
    "lists": (AnnualList, "number"),
}
"""First part of the address of a record → its model and the column of its key."""


class Life:
    """A register and somebody who does whatever comes to mind. done: how often each deed succeeded."""

    def __init__(self, session: Session, cast: Cast, clock: Clock, seed: int) -> None:
        self.session, self.cast, self.clock = session, cast, clock
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        publish_city_case(session, clock.at)
        set_first_policies(session, the_register("command"), at=clock.at)

    @property
    def entries(self) -> int:
        """How many entries the history has: the index of the next one."""
        self.session.rollback()
        return self.session.scalars(sa.select(LedgerHead.size)).one()

    def go_on(self, entries: int) -> None:
        """Act until the history has so many entries; hours to days lie between."""
        while self.entries < entries:
            name = next((first for first in FIRST if not self.done[first]), self.chance.choice([*DEEDS, *OFTEN]))
            self.at = self.clock.advance(hours=self.chance.randint(1, 60))
            self.mark = f"⟦{self.entries}⟧"
            try:
                DEEDS[name](self)
                self.done[name] += 1
            except (RegistryError, IntegrityError):  # a key of the database may have the last word
                self.session.rollback()

    def some(self, room: str) -> str:
        """The key of a record, new ones rather than old."""
        model, key = KINDS[room]
        recent = sa.select(getattr(model, key)).order_by(sa.column("id").desc()).limit(4)
        return self.chance.choice(self.session.scalars(recent).all() or ["none"])

    def day(self) -> PartialDate:
        """Today, or a day, month or year that has passed."""
        day = self.clock.at.date() - timedelta(days=self.chance.choice([1, 1, 2, 30, 400]))
        length, precision = self.chance.choice([(10, "day"), (10, "day"), (7, "month"), (4, "year")])
        return PartialDate.of(day.isoformat()[:length], precision)

    @property
    def officer(self) -> tuple[Actor, str]:
        """An officer of one of two cities, and the code of the city."""
        cast = self.cast
        return self.chance.choice([(cast.officer_wuhai, cast.wuhai.code), (cast.officer_ordos, cast.ordos.code)])

    @property
    def office(self) -> Actor:
        """The secretariat, which may do most."""
        return self.cast.secretariat

    def sha256(self) -> str:
        """A hash that nothing else has."""
        return hashlib.sha256(self.mark.encode()).hexdigest()


def _agreement(life: Life) -> None:
    cities = (life.cast.wuhai.code, life.cast.ordos.code)
    ask = CreateAgreement(
        life.mark, "framework_agreement", cities, title_en=f"en {life.mark}", grouping=life.cast.grouping.code, host=cities[0],
        level="public", year=life.clock.at.year, declared_parties=3, fields=((f"域{life.mark}", None),),
    )  # fmt: skip
    number = create_agreement(life.session, life.office, ask, at=life.at).number
    for trigger in ("draft", "text", "open"):  # or few would ever come as far as signatures
        life.at, life.mark = life.clock.advance(hours=30), f"⟦{life.entries}⟧"
        if trigger == "text":
            add_text(life.session, life.office, AddText(number, life.sha256()), at=life.at)
        else:
            take_step(life.session, life.office, TakeStep("agreement", number, trigger), at=life.at)


def _sign(life: Life) -> None:
    actor, city = life.officer
    number = life.some("agreements")
    texts = sa.select(AgreementText.sha256).join(Agreement, Agreement.id == AgreementText.agreement_id)
    sha256 = life.session.scalars(texts.where(Agreement.number == number, AgreementText.kind == "text")).first()
    ask = LogSignature(number, city, life.day(), sha256 or "0" * 64, signer_post=life.mark, authority="office")
    log_signature(life.session, actor, ask, at=life.at)


def _act(life: Life) -> None:
    actor, city = life.officer
    kind = life.chance.choice(["approval", "ratification", "declaration", "reservation", "withdrawal_notice"])
    words = {"content": life.mark, "clause": f"第{life.mark}条"} if kind in AGAIN else {}
    ask = RecordAct(
        life.some("agreements"), kind, city, life.day(), takes_effect=life.day(), signer_post=life.mark, **words
    )
    record_act(life.session, actor, ask, at=life.at)


def _item(life: Life) -> None:
    ask = AddItem(life.some("agreements"), life.mark, f"en {life.mark}", leads=(life.officer[1],))
    add_item(life.session, life.office, ask, at=life.at)


def _report(life: Life) -> None:
    actor, city = life.officer
    words = (life.mark, f"难{life.mark}", f"下{life.mark}")
    grade = life.chance.choice(["on_track", "slow", "blocked"])
    ask = FileReport(life.some("items"), city, life.day(), grade, *words, release=life.chance.random() < 0.5)
    file_report(life.session, actor, ask, at=life.at)


def _release(life: Life) -> None:
    report, number = life.session.execute(
        sa.select(Report.id, Item.number).join(Item, Item.id == Report.item_id).order_by(Report.id.desc()).limit(1)
    ).one_or_none() or (0, "none")
    release_report(life.session, life.officer[0], ReleaseReport(number, report), at=life.at)


def _move(life: Life) -> None:
    """One step of an item or a matter, by somebody, along any arrow that leaves its state."""
    kind, room = life.chance.choice(
        [("item", "items"), ("item", "items"), ("matter", "matters"), ("agreement", "agreements")]
    )
    model, number = KINDS[room][0], life.some(room)
    row = life.session.execute(
        sa.select(model.state, model.procedure_id).where(model.number == number)  # type: ignore[attr-defined]
    ).one_or_none()
    if row is None:
        raise NotFound(kind, number)
    ways = [each for each in definition_of(life.session, row.procedure_id).transitions if row.state in each.sources]
    if not ways:
        raise NotFound(kind, number)
    way = life.chance.choice(ways)
    values = (
        {"due_on": "2030-01-01", "told": life.mark, "verdict": "通过", "closing": life.mark} if kind == "matter" else {}
    )
    ask = TakeStep(
        kind, number, way.trigger, basis=life.chance.choice([None, life.some("documents")]), basis_note=life.mark,
        reason=f"因{life.mark}", effective=life.day(), merge_into=life.some("items") if way.kind == "merge" else None,
        values={name: value for name, value in values.items() if name in way.asks},
    )  # fmt: skip
    take_step(life.session, life.chance.choice([life.officer[0], life.office]), ask, at=life.at)


def _propose(life: Life) -> None:
    number = life.some("items")
    trigger = life.chance.choice(["institutionalise", "terminate", "merge", "list"])
    ask = Propose(
        "item", number, trigger, reason=life.mark, merge_into=life.some("items") if trigger == "merge" else None
    )
    propose(life.session, life.officer[0], ask, at=life.at)


def _answer(life: Life) -> None:
    proposal = life.session.scalars(sa.select(Proposal.id).order_by(Proposal.id.desc()).limit(1)).one_or_none() or 0
    actor, city = life.officer
    answer(life.session, actor, Answer(proposal, city, "agree", reason=life.mark), at=life.at)


def _evidence(life: Life) -> None:
    kind = life.chance.choice(["consensus", "conditions", "result"])
    ask = ShowEvidence("item", life.some("items"), kind, document=life.some("documents"), note=life.mark)
    show_evidence(life.session, life.office, ask, at=life.at)


def _mechanism(life: Life) -> None:
    ask = RecordMechanism(
        life.some("items"),
        "platform",
        life.mark,
        life.officer[1],
        PartialDate.of("2031-01-01", "day"),
        f"en {life.mark}",
    )
    record_mechanism(life.session, life.office, ask, at=life.at)


def _lead(life: Life) -> None:
    ask = PassLead(life.some("items"), (life.officer[1],), reason=life.mark)
    pass_lead(life.session, life.office, ask, at=life.at)


def _matter(life: Life) -> None:
    about = life.chance.choice([{}, {"agreement": life.some("agreements")}, {"item": life.some("items")}])
    values = {"task": life.mark, "paper": life.some("documents")}
    a_matter(life.session, life.cast, life.at, title_zh=life.mark, level="public", values=values, **about)


def _document(life: Life) -> None:
    ask = AddDocument(
        life.mark, "minutes", issuer_name=f"单位{life.mark}", signed_on=life.day(), level="public", note=life.mark
    )
    add_document(life.session, life.office, ask, at=life.at)


def _meeting(life: Life) -> None:
    ask = AddMeeting(life.mark, f"en {life.mark}", held_on=life.day(), venue=life.some("parties"))
    add_meeting(life.session, life.office, ask, at=life.at)


def _party(life: Life) -> None:
    ask = AddParty(f"p-{life.entries}", life.mark, f"en {life.mark}", province=f"省{life.mark}")
    add_party(life.session, life.office, ask, at=life.at)


def _rename(life: Life) -> None:
    happened = Happened(life.day(), basis_note=f"据{life.mark}")
    ask = AlterBody(life.some("parties"), happened, name_zh=f"新{life.mark}", name_en=f"new {life.mark}")
    alter_body(life.session, life.office, ask, at=life.at)


def _rename_city(life: Life) -> None:
    ask = AlterBody(life.officer[1], Happened(life.day(), basis_note=life.mark), name_zh=f"市{life.mark}")
    alter_body(life.session, life.office, ask, at=life.at)


def _alias(life: Life) -> None:
    add_alias(life.session, life.office, AddAlias(life.mark, party=life.some("parties")), at=life.at)


def _grouping(life: Life) -> None:
    ask = AddGrouping(f"g{life.entries}", life.mark, f"en {life.mark}", declared_members=9)
    add_grouping(life.session, life.office, ask, at=life.at)


def _member(life: Life) -> None:
    ask = AddMember(life.cast.grouping.code, life.some("parties"), since=life.day())
    add_member(life.session, life.office, ask, at=life.at)


def _role(life: Life) -> None:
    role = life.chance.choice(["member", "observer"])
    ask = ChangeRole(life.cast.grouping.code, life.cast.ordos.code, role, life.day())
    change_role(life.session, life.office, ask, at=life.at)


def _relation(life: Life) -> None:
    kind = life.chance.choice(["implements", "amends", "unclear", "possibly_same"])
    ask = AddRelation(life.some("agreements"), life.some("agreements"), kind, note=life.mark)
    add_relation(life.session, life.office, ask, at=life.at)


def _amendment(life: Life) -> None:
    ask = AddAmendment(life.some("agreements"), life.mark, life.sha256(), title_en=f"en {life.mark}")
    add_amendment(life.session, life.office, ask, at=life.at)


def _custody(life: Life) -> None:
    ask = RecordCustody(life.some("agreements"), 1, life.officer[1], "copy", place=life.mark, since=life.day())
    record_custody(life.session, life.cast.officer_wuhai, ask, at=life.at)


def _correction(life: Life) -> None:
    kind, room = life.chance.choice([("agreement", "agreements"), ("item", "items"), ("document", "documents")])
    target = "title" if kind == "document" else "title_zh"
    ask = ProposeCorrection(kind, life.some(room), target, f"正{life.mark}", f"误{life.mark}")
    propose_correction(life.session, life.office, ask, at=life.at)


def _same(life: Life) -> None:
    ask = DecideSame("document", life.some("documents"), life.some("documents"), life.mark)
    decide_same(life.session, life.office, ask, at=life.at)


def _list(life: Life) -> None:
    ask = AddList(life.mark, life.clock.at.year, life.cast.grouping.code, title_en=f"en {life.mark}", note=life.mark)
    add_list(life.session, life.office, ask, at=life.at)


def _adopt(life: Life) -> None:
    lines = tuple(Line(each, life.mark) for each in {life.some("items"), life.some("items")})
    ask = AdoptVersion(life.some("lists"), life.day(), lines, life.some("documents"), 9)
    adopt_version(life.session, life.office, ask, at=life.at)


def _link(life: Life) -> None:
    ask = LinkItems(life.some("items"), life.some("items"), "continues", note=life.mark)
    link_items(life.session, life.office, ask, at=life.at)


def _opt_out(life: Life) -> None:
    actor, city = life.officer
    opt_out(life.session, actor, LeaveItem(life.some("items"), city, life.mark), at=life.at)


def _join(life: Life) -> None:
    actor, city = life.officer
    join_item(life.session, actor, JoinItem(life.some("items"), city, basis=life.some("documents")), at=life.at)


def _claim(life: Life) -> None:
    document = life.session.scalars(sa.select(Document).order_by(Document.id.desc()).limit(1)).one_or_none()
    agreement = life.session.scalars(sa.select(Agreement.id).order_by(Agreement.id.desc()).limit(1)).one_or_none()
    if document is None or agreement is None:
        raise NotFound("document")
    with atomic(life.session) as book:
        counts = ("items", "agreements", "members", "parties", "fields")[life.done["claim"] % 5]
        grouping = None if counts in ("parties", "fields") else life.cast.grouping.id
        claim = Claim(
            code=f"claim-{life.at:%Y}-{life.mark}", what_zh=life.mark, stated=7, document_id=document.id, counts=counts, level="public",
            agreement_id=None if grouping else agreement, grouping_id=grouping, sample=False, note=life.mark,
        )  # fmt: skip
        life.session.add(claim)
        life.session.flush()
        book.record(act="claim.add", actor=the_register("import"), subject=("claim", claim.id), at=life.at)


def _name(life: Life) -> None:
    with atomic(life.session) as book:
        life.session.get_one(Register, 1).name_zh = f"簿{life.mark}"
        book.record(act="register.init", actor=the_register("command"), subject=("register", 1), at=life.at)


def _sweep(life: Life) -> None:
    sweep(life.session, at=life.at)


DEEDS: dict[str, Callable[[Life], None]] = {
    name.lstrip("_"): deed
    for name, deed in list(globals().items())
    if name.startswith("_") and getattr(deed, "__module__", None) == __name__ and callable(deed)
}
"""What can be done, by name."""
FIRST = ("document", "agreement", "claim", "item", "matter")
"""What there must be before there can be much else."""
OFTEN = (
    "sign",
    "act",
    "claim",
    "item",
    "report",
    "report",
    "evidence",
    "move",
    "move",
    "move",
    "move",
    "answer",
    "propose",
)
