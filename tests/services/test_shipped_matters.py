"""The four shipped procedures of matters, each walked through once by those whose steps they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.models import Document, Matter, Notice, Step
from registry.permissions import Actor
from registry.queries.facts import agreement_facts
from registry.queries.matter_page import matter_page
from registry.queries.snapshot import Snapshot
from registry.services.commitments import AdoptCommitment, RecordCommitment, adopt_commitment, record_commitment
from registry.services.consent import Answer, Propose, answer, propose
from registry.services.evidence import ShowEvidence, show_evidence
from tests.cast import Cast, an_agreement
from tests.matters import a_matter, step
from tests.queries.world import TODAY
from tests.services.acts import HOST, a_document, fresh, refused


@pytest.fixture
def paper(session: Session, cast: Cast, at: datetime) -> Document:
    """A document that everybody sees, of 乌海."""
    return a_document(session, at, document_number=None, issuer=cast.wuhai)


class Walk:
    """One matter on its way."""

    def __init__(self, session: Session, matter: Matter, at: datetime) -> None:
        self.session, self.matter, self.at = session, matter, at

    def __call__(self, actor: Actor, trigger: str, state: str, **given: Any) -> None:
        """One step, and the state that it leads to."""
        step(self.session, actor, self.matter, trigger, self.at, **given)
        assert fresh(self.session, self.matter).state == state

    def by_two(self, first: Actor, second: Actor, trigger: str, state: str, **given: Any) -> None:
        """A step that one proposes and another takes."""
        grounds = {name: given.pop(name) for name in ("basis", "reason") if name in given}
        propose(self.session, first, Propose("matter", self.matter.number, trigger, **grounds), at=self.at)
        self(second, trigger, state, **given)

    def ask(self, actor: Actor, trigger: str, **answers: tuple[Actor, str, str]) -> None:
        """Put a step to the parties, who answer."""
        asked = propose(self.session, actor, Propose("matter", self.matter.number, trigger), at=self.at)
        for officer, party, word in answers.values():
            said = Answer(asked.id, party, word, "意见" if word == "request_change" else None)
            answer(self.session, officer, said, at=self.at)


def test_supervision(session: Session, cast: Cast, at: datetime, paper: Document) -> None:
    office, lead = cast.secretariat, cast.officer_wuhai
    values = {"task": "打通断头路", "source_document": paper.number}
    walk = Walk(session, a_matter(session, cast, at, procedure="supervision", values=without(values)), at)
    walk(office, "assign", "assigned", due_on="2026-05-01")
    walk(lead, "acknowledge", "handling")
    walk(office, "remind", "handling")
    walk(cast.officer_ordos, "contribute", "handling", support_text="已征地")
    walk(lead, "ask_extension", "extension_asked", extension_to="2026-07-01", extension_reason="征地未完")
    walk(office, "grant_extension", "handling", due_on="2026-06-15")
    walk(lead, "report", "reported", report_text="已通车")
    walk(office, "verify", "verifying")
    walk(office, "return_for_rework", "handling", due_on="2026-07-01", reason="标线未画")
    walk(office, "criticise", "criticised", basis=paper.number)
    walk(office, "order_rectification", "rectification_ordered", basis=paper.number, due_on="2026-08-01")
    walk.by_two(office, HOST, "hold_to_account", "held_to_account", basis=paper.number, due_on="2026-09-01")
    walk(lead, "report", "reported", report_text="已画标线")
    walk(office, "verify", "verifying")
    walk(office, "close_case", "closed", outcome="已完成", conclusion="属实")
    walk.by_two(office, HOST, "strike_off", "struck_off")
    walk(office, "look_back", "looking_back")
    walk.by_two(office, HOST, "confirm_fixed", "struck_off", look_back_text="未反弹")
    walk(office, "archive", "archived")
    told = session.scalars(sa.select(Notice.kind).where(Notice.kind == "step")).all()
    assert len(told) > 10


def test_finding(session: Session, cast: Cast, at: datetime, paper: Document) -> None:
    office, lead = cast.secretariat, cast.officer_wuhai
    matter = a_matter(
        session, cast, at, procedure="finding", values=without({"problem": "非法采砂", "found_on": "2026年2月"})
    )
    walk = Walk(session, matter, at)
    walk(office, "assign", "rectifying", measure="拆除", due_on="2026-05-01")
    walk(office, "remind", "rectifying")
    with refused(session, ("evidence-missing", None)):
        walk(lead, "submit_rectification", "verifying", result_text="已拆除")
    show_evidence(session, lead, ShowEvidence("matter", matter.number, "rectification", paper.number), at=at)
    walk(lead, "submit_rectification", "verifying", result_text="已拆除")
    walk(office, "return_for_rework", "rectifying", due_on="2026-06-01", reason="残留一处")
    walk(lead, "submit_rectification", "verifying", result_text="全部拆除")
    walk.by_two(office, HOST, "strike_off", "struck_off", conclusion="属实")
    walk(office, "look_back", "looking_back")
    walk(office, "reopen_case", "rectifying", look_back_text="反弹", due_on="2026-09-01")
    walk(lead, "submit_rectification", "verifying", result_text="再次拆除")
    walk.by_two(office, HOST, "strike_off", "struck_off", conclusion="属实")
    walk(office, "archive", "archived")


def test_proposal_and_reply(session: Session, cast: Cast, at: datetime, paper: Document) -> None:
    office, lead = cast.secretariat, cast.officer_wuhai
    values = {
        "number": "第12号",
        "sort": "提案",
        "heading": "增开公交",
        "organ": "政协三届二次会议",
        "proposers": "某委员",
    }
    walk = Walk(session, a_matter(session, cast, at, procedure="proposal-reply", values=without(values)), at)
    walk(office, "assign", "handling", due_on="2026-05-01")
    walk(lead, "submit_draft", "countersigning", submitted_draft=paper.number, reply_class="A")
    votes = {"a": (lead, "150300", "agree"), "b": (cast.officer_ordos, "150600", "agree")}
    walk.ask(lead, "countersign", **votes)
    walk(lead, "countersign", "countersigned")
    walk(lead, "reply", "replied", reply_document=paper.number)
    promise = record_commitment(session, lead, RecordCommitment(paper.number, "增开三条线路"), at=at)
    adopt_commitment(session, office, AdoptCommitment(promise.code, ("150300",)), at=at)
    walk(office, "evaluate", "handling", satisfaction="不满意", evaluation_text="太少", due_on="2026-06-01")
    walk(lead, "submit_draft", "countersigning", submitted_draft=paper.number, reply_class="A")
    walk.ask(lead, "countersign", **votes)
    walk(lead, "countersign", "countersigned")
    walk(lead, "reply", "replied", reply_document=paper.number)
    walk(office, "evaluate", "evaluated", satisfaction="满意")
    propose_solved = Propose("matter", walk.matter.number, "close_case")
    with refused(session, ("items-ended", None)):
        propose(session, office, propose_solved, at=at)
    page = matter_page(Snapshot(session, None, TODAY), lead, walk.matter.number)
    assert [each.item.key for each in page.commitments if each.item] == [f"{paper.number}-001"]


def test_opinion_round(session: Session, cast: Cast, at: datetime, paper: Document) -> None:
    agreement = an_agreement(session, cast, at, state="drafting", stage="preparation")
    ask = {"procedure": "opinion-round", "agreement": agreement.number, "values": without({"draft_text": paper.number})}
    walk = Walk(session, a_matter(session, cast, at, **ask), at)
    assert agreement_facts(session, agreement.id, HOST).facts.flag("opinions_closed") is False
    walk(cast.secretariat, "ask", "asked", due_on="2026-04-01")
    walk.ask(
        cast.secretariat, "collect", a=(cast.officer_wuhai, "150300", "agree"),
        b=(cast.officer_ordos, "150600", "request_change"),
    )  # fmt: skip
    assert fresh(session, walk.matter).state == "weighing"
    way = session.scalars(sa.select(Step.transition).where(Step.subject_kind == "matter").order_by(Step.position)).all()
    assert way == ["ask", "collect/change"]
    walk(cast.secretariat, "close_case", "closed", adoption="采纳一条")
    assert agreement_facts(session, agreement.id, HOST).facts.flag("opinions_closed") is True


def without(values: dict[str, str]) -> dict[str, str]:
    """What a matter of a shipped procedure is opened with, and not what the city's own one asks for."""
    return {"task": "", "sort": ""} | values
