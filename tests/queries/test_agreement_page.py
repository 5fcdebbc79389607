"""The agreement's page: parties × acts with sealed names, texts, fields with their items, and a fixed number of statements."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.ledger import atomic, seal
from registry.models import Act, Agreement, Item
from registry.permissions import Actor
from registry.queries.acts import ActRow
from registry.queries.agreement_page import AgreementPage, agreement_page
from registry.queries.agreements import agreement_list
from registry.queries.facts import agreement_facts
from registry.queries.history import history_of
from registry.queries.rows import Sealed
from registry.queries.snapshot import Snapshot
from tests.cast import Cast, Clock, an_agreement, an_item, procedure
from tests.queries.world import TODAY, a_signature, fields, now, statements, the_world

NUMBER = "mxsmy-2026-01"


def signature_of(page: AgreementPage, code: str) -> ActRow | None:
    return next(party for party in page.parties if party.party.key == code).standing("signature")


def test_what_is_not_known_is_none_or_unknown(session: Session, cast: Cast, agreement: Agreement) -> None:
    page = agreement_page(now(session), cast.viewer, NUMBER)
    assert page.dated == PartialDate(None, Precision.UNKNOWN)
    assert (page.meeting, page.venue, page.declared_parties, page.declared_fields, page.title_en) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert (page.host and page.host.key, page.grouping and page.grouping.key) == ("150300", "mxsmy")
    assert [(party.party.title_zh, party.position, party.acts) for party in page.parties] == [
        ("乌海市", 1, ()),
        ("鄂尔多斯市", 2, ()),
        ("银川市", 3, ()),
    ]
    assert [(text.version, text.language, len(text.sha256)) for text in page.texts] == [(1, "zh-Hans", 64)]


def test_the_signers_name_opens_only_for_the_party_and_auditors(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    a_signature(session, cast, at, agreement, cast.ordos, signer="张三丰", reason="受权签署")
    for actor, name, why in (
        (cast.viewer, "张三丰", "受权签署"),
        (cast.officer_ordos, "张三丰", "受权签署"),
        (cast.auditor, "张三丰", "受权签署"),
        (cast.officer_wuhai, None, None),
        (cast.secretariat, None, None),
    ):
        page = agreement_page(now(session), actor, NUMBER)
        act = signature_of(page, "150600")
        assert act is not None
        assert (act.signer, act.signer_post, act.done) == (
            Sealed(name),
            "市长",
            PartialDate("2026-03-01", Precision.DAY),
        )
        assert (act.text_version, act.logged_by, act.confirmation, act.reason) == (1, "party", None, None)
        assert (page.history[0].act, page.history[0].reason) == ("signature.log", Sealed(why))


def test_an_annulled_act_stays_and_does_not_stand(
    session: Session, cast: Cast, agreement: Agreement, clock: Clock
) -> None:
    a_signature(session, cast, clock.at, agreement, cast.wuhai)
    with atomic(session) as book:
        act = session.query(Act).one()
        act.annulled_at = clock.advance(days=1)
        act.annulled_reason = seal(session, "登记有误", body_id=cast.wuhai.id)
        book.record(act="act.annul", actor=cast.officer_wuhai, subject=("agreement", agreement.id), at=clock.at)
    page = agreement_page(now(session), cast.officer_wuhai, NUMBER)
    assert signature_of(page, "150300") is None
    assert [(act.kind, act.annulled_at, act.annulled_reason) for act in page.parties[0].acts] == [
        ("signature", clock.at, Sealed("登记有误"))
    ]
    assert agreement_list(now(session), cast.viewer).rows[0].signed == 0
    again = a_signature(session, cast, clock.advance(days=1), agreement, cast.wuhai)
    act_now = signature_of(agreement_page(now(session), cast.viewer, NUMBER), "150300")
    assert act_now is not None
    assert act_now.id == again.id
    assert agreement_list(now(session), cast.viewer).rows[0].signed == 1


def test_fields_stand_as_printed_with_their_items_by_stage(
    session: Session, cast: Cast, agreement: Agreement, at: datetime
) -> None:
    health, tourism, _ = fields(session, at, agreement, "医疗", "旅游", "应急保障")
    for position, (field, stage) in enumerate(
        ((tourism, "intent"), (tourism, "intent"), (tourism, "in_progress"), (None, "intent"), (health, "ended")), 1
    ):
        item = an_item(session, cast, at, agreement, position=position, stage=stage)
        with atomic(session) as book:
            item.field_id = field and field.id
            book.record(act="item.add", actor=cast.secretariat, subject=("item", item.id), at=at)
    page = agreement_page(now(session), cast.viewer, NUMBER)
    assert [(field.position, field.title_zh, field.counts) for field in page.fields] == [
        (1, "医疗", (("ended", 1),)),
        (2, "旅游", (("in_progress", 1), ("intent", 2))),
        (3, "应急保障", ()),
        (0, None, (("intent", 1),)),
    ]
    assert (page.paging.total, page.paging.pages) == (5, 1)


def many_items(session: Session, cast: Cast, at: datetime, agreement: Agreement, count: int) -> None:
    items = procedure(session, "cooperation-item")
    with atomic(session) as book:
        session.add_all(
            Item(
                number=f"{agreement.number}-{place:04}",
                title_zh=f"示例事项{place}",
                agreement_id=agreement.id,
                position=place,
                state="intent",
                stage="intent",
                procedure_id=items,
                grade="not_reported",
                backfilled=False,
                revision=1,
                sample=False,
            )
            for place in range(1, count + 1)
        )
        book.record(act="bundle.import", actor=cast.secretariat, subject=("agreement", agreement.id), at=at)


def test_as_many_statements_for_7_items_as_for_7000(session: Session, cast: Cast, at: datetime) -> None:
    agreements = {
        count: an_agreement(session, cast, at, number=f"mxsmy-2026-{count}", level="public") for count in (7, 7000)
    }
    for count, agreement in agreements.items():
        a_signature(session, cast, at, agreement, cast.wuhai)
        many_items(session, cast, at, agreement, count)
    agreement_facts(session, agreements[7].id, cast.nobody)  # the definition is read once for each process
    session.rollback()

    def sent(actor: Actor, count: int) -> int:
        with statements(session) as found:
            snapshot = now(session)
            page = agreement_page(snapshot, actor, f"mxsmy-2026-{count}", page=2, size=5)
            agreement_facts(session, page.id, actor)
            assert snapshot.stamp.at == at
        assert [row.number[-4:] for row in page.items] == ["0006", "0007", "0008", "0009", "0010"][: count - 5]
        assert page.paging.total == count
        return len([statement for statement in found if statement.startswith("SELECT")])

    # A page may cost 12 all told: what is left is for the door, which asks who reads.
    for reader, most in (("nobody", 9), ("viewer", 10), ("auditor", 10)):
        assert sent(cast.actors[reader], 7) == sent(cast.actors[reader], 7000) == most


def test_nothing_recorded_later_stands_on_a_page_of_the_past(session: Session, cast: Cast, clock: Clock) -> None:
    """Every part of the page, rebuilt after many later acts, equals the page as it was shown then."""
    world = the_world(session, cast, clock.at)
    item = an_item(session, cast, clock.at, world.open, position=9)
    a_signature(session, cast, clock.at, world.open, cast.wuhai)
    then, known = now(session), now(session).stamp.entry
    shown = {name: agreement_page(then, actor, NUMBER) for name, actor in cast.actors.items()}
    lists = {name: agreement_list(then, actor) for name, actor in cast.actors.items()}
    later = clock.advance(days=30)
    a_signature(session, cast, later, world.open, cast.ordos)
    fields(session, later, world.open, "后加的领域")
    an_item(session, cast, later, world.open, position=10)
    an_agreement(session, cast, later, number="mxsmy-2026-04", level="public")
    with atomic(session) as book:
        agreement, changed = session.merge(world.open), session.merge(item)
        agreement.title_zh, agreement.note, agreement.dated_on, agreement.dated_precision = (
            "后改的名称",
            "后记",
            "2026-03",
            "month",
        )
        changed.title_zh, changed.grade, changed.stage = "后改的事项", "blocked", "in_progress"
        session.query(Act).filter_by(body_id=cast.wuhai.id).one().annulled_at = later
        session.merge(cast.ordos).name_zh = "后改的市名"
        book.record(act="agreement.draft", actor=cast.secretariat, subject=("agreement", world.open.id), at=later)
    past = Snapshot(session, known, TODAY)
    for name, actor in cast.actors.items():
        assert agreement_page(past, actor, NUMBER) == shown[name]
        assert agreement_list(past, actor) == lists[name]
        assert agreement_page(now(session), actor, NUMBER).title_zh == "后改的名称"
    assert "后" not in repr([history_of(past, cast.auditor, kind, world.open.id) for kind in ("agreement",)])
