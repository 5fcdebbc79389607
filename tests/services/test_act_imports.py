"""Import of acts from a table: 200 parties and 60 years, all or nothing, and a second time nothing at all."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.documents.act_tables import acts_csv, read_acts
from registry.domain.act_rows import TableRefused
from registry.errors import NotFound, NotPermitted, Refused
from registry.ledger import atomic
from registry.models import Act, Agreement, AgreementParty, Body, LedgerEntry
from registry.permissions import the_register
from registry.queries.act_lines import act_lines
from registry.queries.snapshot import Snapshot
from registry.services.act_imports import ActsImport, ImportActs, import_acts
from tests.cast import Cast, an_agreement

HEADS = "缔约方,行为,日期,生效,备注,收到,条款,针对\n"
HOST = the_register("command")


@pytest.fixture
def older(session: Session, cast: Cast, at: datetime) -> Agreement:
    """An agreement entered after the fact, its list of parties not complete."""
    agreement = an_agreement(session, cast, at, number="mxsmy-1965-01", parties=[cast.wuhai, cast.ordos])
    with atomic(session) as book:
        agreement.backfilled, agreement.party_list = True, "partial"
        book.record(act="agreement.backfill", actor=HOST, subject=("agreement", agreement.id), at=at)
    return agreement


def taken(
    session: Session, agreement: Agreement, table: str, at: datetime, add: bool = False, dry: bool = False
) -> ActsImport:
    ask = ImportActs(agreement.number, "表.csv", read_acts((HEADS + table).encode(), "表.csv"), add, dry)
    return import_acts(session, HOST, ask, at=at)


def faults(
    session: Session, agreement: Agreement, table: str, at: datetime, add: bool = False
) -> list[tuple[int, str, str]]:
    """The same from the dry run, which says it, and from the import, which refuses; and nothing was written."""
    before = entries(session)
    told = taken(session, agreement, table, at, add, dry=True).faults
    with pytest.raises(TableRefused) as refused:
        taken(session, agreement, table, at, add)
    assert refused.value.faults == told
    assert entries(session) == before
    return [(fault.row, fault.letter, fault.reason.code) for fault in told]


def entries(session: Session) -> int:
    session.rollback()
    return session.scalars(sa.select(sa.func.count()).select_from(LedgerEntry)).one()


def parties_200(session: Session, at: datetime) -> list[str]:
    """Names of two hundred invented parties."""
    names = [f"示例第{number:03}市" for number in range(200)]
    with atomic(session) as book:
        bodies = [
            Body(code=f"x-{number:03}", name_zh=name, kind="city", signs=True, sample=False)
            for number, name in enumerate(names)
        ]
        session.add_all(bodies)
        session.flush()
        book.record(act="party.add", actor=HOST, subject=("party", bodies[0].id), at=at)
    return names


def status_table(names: list[str]) -> str:
    """Who signed in 1965, ratified through 28 years, acceded through the next 30, reserved, objected and left."""
    lines = [f"{name},签署,1965-07-06,,,,," for name in names[:120]]
    lines += [f"{name},批准,{1966 + at % 28}-03-01,,,{1966 + at % 28}年4月,," for at, name in enumerate(names[:120])]
    lines += [f"{name},加入,{1994 + at % 30}-05-{1 + at % 28:02},,,,," for at, name in enumerate(names[120:])]
    lines += [
        f"{name},保留,{1994 + at % 30}-05-{1 + at % 28:02},,不受约束,,第九条," for at, name in enumerate(names[120:160])
    ]
    lines += [f"{names[at]},反对,2024-12-{1 + at:02},,不能接受,,,{names[120 + at]} / 保留" for at in range(30)]
    lines += [f"{name},退出通知,2020-01-10,2021-01-10,,,," for name in names[100:110]]
    lines += [f"{name},退出,2021-01-10,,,,," for name in names[100:110]]
    return "\n".join(reversed(lines))  # no order is asked of a file


def test_200_parties_and_60_years_once_and_again(session: Session, older: Agreement, at: datetime) -> None:
    table = status_table(parties_200(session, at))
    rows = table.count("\n") + 1
    before = entries(session)
    done = taken(session, older, table, at, add=True)
    assert (len(done.entered), len(done.known), len(done.added), done.faults) == (rows, 0, 120, ())
    after = entries(session)
    assert after - before == rows + 1  # each row an act, and the parties added
    assert session.scalars(sa.select(sa.func.count()).select_from(Act)).one() == rows
    still = sa.select(sa.func.count()).select_from(AgreementParty).where(AgreementParty.until_precision.is_(None))
    assert session.scalars(still.where(AgreementParty.agreement_id == older.id)).one() == 2 + 200 - 10
    again = taken(session, older, table, at, add=True)
    assert (len(again.entered), len(again.known), again.added) == (0, rows, ())
    assert entries(session) == after


def test_what_goes_out_comes_in_as_nothing_new(session: Session, cast: Cast, older: Agreement, at: datetime) -> None:
    cast.ordos.name_en  # noqa: B018  # loaded before the session ends its read
    table = """乌海市,签署,1965-07-06,,=不是公式,,,
鄂尔多斯市,签署,1965年7月,,,1965年第三季度,,
鄂尔多斯市,保留,1966-01-01,,对第九条保留,,第九条,
鄂尔多斯市,保留,1966-01-01,,对第十条保留,,第十条,
乌海市,反对,1966-02-01,,不能接受,,,鄂尔多斯市 / 保留 / 1966-01-01 / 第十条
榆林市,加入,1970-01-01,1970-02-01,,,,
"""
    before = entries(session)
    preview = taken(session, older, table, at, dry=True)
    assert entries(session) == before
    assert taken(session, older, table, at) == preview
    assert len(preview.entered) == 6
    before = entries(session)
    lines = act_lines(Snapshot(session, None, at.date()), older.id)
    objection = next(line for line in lines if line.kind == "objection")
    assert next(line.clause for line in lines if line.id == objection.answers) == "第十条"
    for language in ("zh", "en"):
        rows = read_acts(b"".join(acts_csv(lines, language)), "acts.csv")  # type: ignore[arg-type]
        again = import_acts(session, HOST, ImportActs(older.number, "acts.csv", rows), at=at)
        assert (len(again.known), again.entered, again.faults) == (6, (), ())
    assert entries(session) == before


def test_every_fault_of_a_table_at_its_cell_and_nothing_is_entered(
    session: Session, older: Agreement, at: datetime
) -> None:
    taken(session, older, "乌海市,签署,1965-07-06,1965-08-01,,,,", at)
    assert faults(
        session,
        older,
        """乌海市,签署,1965-07-07,1965-08-01,,,,
鄂尔多斯市,签署,1965-07-06,,,,,
鄂尔多斯市,签署,1965-07-06,,,,,
榆林市,签署,1965-07-06,,,,,
东胜县,签署,1965-07-06,,,,,
我市,批准,1965-07-06,,,,,
乌海市,反对,1966-01-01,,不能接受,,,银川市
乌海市,不签署,1966-01-01,,,,,
乌海市,保留,2027-01-01,,,,,
鄂尔多斯市,批准,不详,,,,,
""",
        at,
    ) == [
        (2, "C", "act-contradicts"),
        (4, "B", "row-twice"),
        (5, "A", "not-a-party"),
        (6, "A", "unknown-name"),
        (7, "A", "needs-issuer"),
        (8, "H", "answered-unknown"),
        (9, "B", "not-by-table"),
        (10, "", "content-missing"),
        (10, "C", "in-the-future"),
        (11, "C", "date-missing"),
    ]


def test_which_of_several_acts_is_answered_must_be_said(session: Session, older: Agreement, at: datetime) -> None:
    reserved = "鄂尔多斯市,保留,1966-01-01,,甲,,第九条,\n鄂尔多斯市,保留,1966-01-01,,乙,,第十条,\n"
    objected = "乌海市,反对,1966-01-01,,不能接受,,,鄂尔多斯市 / 保留 / 1966-01-01"
    assert faults(session, older, reserved + objected, at) == [(4, "H", "answered-several")]
    assert len(taken(session, older, f"{reserved}{objected} / 第十条", at).entered) == 3


def test_parties_are_added_only_where_the_list_is_open(
    session: Session, cast: Cast, older: Agreement, at: datetime
) -> None:
    table = "榆林市,签署,1965-07-06,,,,,"
    assert faults(session, older, table, at) == [(2, "A", "not-a-party")]
    (added,) = taken(session, older, table, at, add=True).added
    assert added.key == cast.outsider.code
    live = an_agreement(session, cast, at)
    with pytest.raises(Refused) as refused:
        taken(session, live, table, at, add=True)
    assert [reason.code for reason in refused.value.reasons] == ["party-list-closed"]


@pytest.mark.parametrize("name", ["officer_wuhai", "secretariat"])
def test_the_host_and_the_secretariat_may(
    name: str, session: Session, cast: Cast, older: Agreement, at: datetime
) -> None:
    rows = read_acts(f"{HEADS}鄂尔多斯市,签署,1965-07-06,,,,,".encode(), "a.csv")
    done = import_acts(session, cast.actors[name], ImportActs(older.number, "a.csv", rows), at=at)
    assert [each.party.title_zh for each in done.entered] == ["鄂尔多斯市"]
    act = session.scalars(sa.select(Act)).one()
    assert (act.logged_by, act.confirmation) == ("host", "awaited")  # the party has not spoken


@pytest.mark.parametrize("name", ["officer_ordos", "officer_outsider", "viewer", "auditor", "administrator", "nobody"])
def test_nobody_else_may_even_try(name: str, session: Session, cast: Cast, older: Agreement, at: datetime) -> None:
    rows = read_acts(f"{HEADS}鄂尔多斯市,签署,1965-07-06,,,,,".encode(), "a.csv")
    for dry_run in (True, False):
        with pytest.raises((NotPermitted, NotFound)):
            ask = ImportActs(older.number, "a.csv", rows, dry_run=dry_run)
            import_acts(session, cast.actors[name], ask, at=at)
