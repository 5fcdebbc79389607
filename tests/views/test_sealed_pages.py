"""Marked values in every sealed column: no page of another party, and no export, shows one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.cast import Cast, Clock
from tests.services.test_sealed_text import plant
from tests.views.conftest import Visitor

Visit = Callable[[str], Visitor]

RECORDS = (
    "/agreements/mxsmy-2026-01",
    "/items/mxsmy-2026-01-001",
    "/parties/150300",
    "/parties/150600",
    "/groupings/mxsmy",
    "/matters/sealing-2026-001",
)
PAGES = (
    "/",
    "/agreements",
    "/items",
    "/documents",
    "/desk",
    "/consents",
    "/consents/1",
    "/matters",
    "/people",
    *RECORDS,
    *(f"{path}/history" for path in RECORDS),
)
OF_WUHAI = ("暂缓MARK", "进展MARK", "问题MARK", "下步MARK", "提请MARK", "提出MARK")
OF_ORDOS = ("签MARK", "不签MARK", "撤销MARK", "异议MARK附言")
EXPORT = "/history.csv?from=2020-01-01&until=2099-12-31"


@pytest.fixture
def planted(session: Session, cast: Cast, clock: Clock, tmp_path: Path) -> None:
    """A marker in every sealed column: three acts of 鄂尔多斯, four of 乌海."""
    plant(session, cast, clock.at, tmp_path)
    session.rollback()


def read_by(visitor: Visitor) -> str:
    """Everything this reader is shown, in both languages."""
    return "\n".join(visitor.get(prefix + path).text for path in PAGES for prefix in ("", "/en"))


@pytest.mark.parametrize(
    ("login", "own", "of_others"),
    [("wuhai", OF_WUHAI, OF_ORDOS), ("ordos", OF_ORDOS, OF_WUHAI), ("secretariat", (), OF_WUHAI + OF_ORDOS),
     ("administrator", (), OF_WUHAI + OF_ORDOS)],
)  # fmt: skip
def test_a_seal_opens_for_its_owner_alone(
    visit: Visit, planted: None, login: str, own: tuple[str, ...], of_others: tuple[str, ...]
) -> None:
    shown = read_by(visit(login))
    assert [marker for marker in of_others if marker in shown] == []
    assert [marker for marker in own if marker not in shown] == []  # or this test could not fail


def test_nobody_reads_no_seal(app: Flask, planted: None) -> None:
    assert "MARK" not in read_by(Visitor(app))


def test_no_export_opens_a_seal(visit: Visit, planted: None) -> None:
    """Not for the auditor either: a file that left the register cannot be erased."""
    answer = visit("auditor").get(EXPORT)
    assert answer.status_code == 200
    assert answer.text.count("\n") > 100
    assert "MARK" not in answer.text
