"""Documents: registered with a number, so that a step can cite them."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.ledger import atomic
from registry.models import Body, Document
from registry.services.documents import AddDocument, add_document
from registry.services.moves import TakeStep, take_step
from tests.cast import Cast, an_agreement
from tests.services.acts import HOST, day, entries, refused, told, who_may
from tests.services.test_races import at_once, codes


def an_ask(**more: object) -> AddDocument:
    given: dict[str, object] = {
        "title": "示例会议纪要", "kind": "minutes", "document_number": "蒙联发〔2026〕1号", "issuer": "150300",
        "signed_on": day("2026-02-20"),
    }  # fmt: skip
    return AddDocument(**(given | more))  # type: ignore[arg-type]  # names of fields


def test_an_officer_registers_the_basis_of_a_step(session: Session, cast: Cast, at: datetime) -> None:
    document = add_document(session, cast.officer_wuhai, an_ask(document_number="蒙联发[2026]01号", note="两页"), at=at)
    assert (document.number, document.document_number) == ("doc-2026-01", "蒙联发〔2026〕1号")
    assert (document.issuer_id, document.level, document.sample, document.note) == (
        cast.wuhai.id, "members", False, "两页",
    )  # fmt: skip
    assert (document.signed_on, document.signed_precision) == ("2026-02-20", "day")
    (entry,) = entries(session, 1)
    assert (entry["act"], entry["subject"]) == ("document.add", ["document", document.id])
    assert {change["t"] for change in entry["changes"]} == {"document"}
    planned = an_agreement(session, cast, at, state="planned", stage="preparation")
    ask = TakeStep("agreement", planned.number, "abandon", basis="蒙联发〔2026〕1号", reason="各方另行商定")
    assert take_step(session, cast.secretariat, ask, at=at).state == "terminated"


def test_numbers_count_within_the_year_of_the_document(session: Session, cast: Cast, at: datetime) -> None:
    def number(signed_on: PartialDate) -> str:
        return add_document(session, HOST, an_ask(document_number=None, signed_on=signed_on), at=at).number

    dates = [day("2026-02-20"), PartialDate.of("2026-01", "month"), PartialDate.of("2019", "year_end")]
    assert list(map(number, dates)) == ["doc-2026-01", "doc-2026-02", "doc-2019-01"]
    unknown = [PartialDate.of(None, "unknown"), PartialDate.of("2019", "before_year")]
    assert list(map(number, unknown)) == ["doc-0000-01", "doc-0000-02"]


def test_who_may_register_a_document(session: Session, cast: Cast, at: datetime) -> None:
    assert who_may(
        session,
        cast,
        lambda number: an_ask(document_number=f"蒙联发〔2026〕{number}号", level="public"),
        lambda actor, ask: add_document(session, actor, ask, at=at),
    ) == told(
        may="officer_wuhai officer_ordos officer_outsider secretariat", may_not="viewer auditor administrator nobody"
    )


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"title": "　"}, "title-missing", "title"),
        ({"kind": "letter"}, "unknown-choice", "kind"),
        ({"level": "secret"}, "unknown-choice", "level"),
        ({"issuer": "000000"}, "unknown-body", "issuer"),
        ({"issuer_name": "某局"}, "issuer-twice", "issuer_name"),
        ({"signed_on": day("2026-03-03")}, "in-the-future", "signed_on"),
        ({"document_number": "66号"}, "year-missing", "document_number"),
        ({"document_number": "〔2019〕59号"}, "agency-code-missing", "document_number"),
        ({"document_number": "蒙联发〔2026〕0号"}, "number-zero", "document_number"),
        ({"issuer": None, "issuer_name": "某局"}, "document-unseen", "level"),
        ({"issuer": None}, "document-unseen", "level"),
        ({"issuer": "610800"}, "document-unseen", "level"),
        ({"issuer": "150600", "level": "parties"}, "document-unseen", "level"),
    ],
)
def test_what_cannot_be_registered(
    session: Session, cast: Cast, at: datetime, more: dict[str, object], code: str, field: str
) -> None:
    with refused(session, (code, field)):
        add_document(session, cast.officer_wuhai, an_ask(**more), at=at)


def test_an_issuer_outside_the_register_is_kept_as_printed(session: Session, cast: Cast, at: datetime) -> None:
    document = add_document(session, cast.officer_wuhai, an_ask(issuer=None, issuer_name="某局", level="public"), at=at)
    assert (document.issuer_id, document.issuer_name) == (None, "某局")


def test_the_same_document_number_is_refused_with_the_register_number(
    session: Session, cast: Cast, at: datetime
) -> None:
    add_document(session, cast.officer_wuhai, an_ask(), at=at)
    with refused(session, ("document-known", "document_number")) as reasons:
        add_document(session, cast.officer_ordos, an_ask(document_number="蒙联发(2026)第1号"), at=at)
    assert reasons[0].values == {"value": "蒙联发〔2026〕1号", "number": "doc-2026-01"}


def test_a_document_that_one_may_not_see_is_not_given_away(session: Session, cast: Cast, at: datetime) -> None:
    add_document(session, cast.officer_wuhai, an_ask(), at=at)
    own = add_document(session, cast.officer_outsider, an_ask(issuer="610800"), at=at)
    assert own.number == "doc-2026-02"


def test_papers_of_a_fictional_city_are_fictional(session: Session, cast: Cast, at: datetime) -> None:
    with atomic(session) as book:
        city = Body(code="x-a", name_zh="示例市", kind="city", signs=True, sample=True)
        session.add(city)
        session.flush()
        book.record(act="party.add", actor=HOST, subject=("party", city.id), at=at)
    assert add_document(session, HOST, an_ask(issuer="x-a"), at=at).sample
    assert session.scalars(sa.select(Document.sample)).all() == [True]


def test_two_who_register_at_once_get_two_numbers_and_one_document_number_once(
    engine: sa.Engine, session: Session, cast: Cast, at: datetime
) -> None:
    for serial in range(1, 6):
        same, other = f"蒙联发〔2026〕{serial}号", f"乌海政发〔2026〕{serial}号"
        acts = [
            lambda own, value=value: add_document(own, cast.officer_wuhai, an_ask(document_number=value), at=at)
            for value in (same, same, other)
        ]
        assert codes(at_once(engine, acts)) == {"done": 2, "document-known": 1}
    session.rollback()
    numbers = session.scalars(sa.select(Document.number).order_by(Document.number)).all()
    assert numbers == [f"doc-2026-{number:02}" for number in range(1, 11)]
