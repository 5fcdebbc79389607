"""What happened to the fictional accord on water: its clause, its acts of all kinds, an amendment that still waits."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.documents.act_tables import read_acts
from registry.documents.bundles import DATA
from registry.domain.dates import PartialDate
from registry.ledger import atomic
from registry.models import Agreement, AgreementText
from registry.permissions import the_register
from registry.services.act_imports import ImportActs, import_acts
from registry.services.texts import AddAmendment, SetClause, add_amendment, set_clause

WATER = "sample-2021-01"
SAMPLE = DATA / "sample"
STATED = PartialDate.of("2021-11-22", "day")
"""As its document says; the clause and the acts give the day before, and an alert says so."""


def sample_acts(session: Session, *, at: datetime) -> None:
    """Perform the acts on the accord on water, once, after its import; what people did to it since stays."""
    if _begun(session):
        return
    actor = the_register("command")
    amendment = AddAmendment(
        WATER,
        "示例水量调度协议附表的修订",
        _sha256("sample-2021-01-amendment.txt"),
        title_en="Amendment of the sample annex",
    )
    rows = read_acts((SAMPLE / "water-acts.yaml").read_bytes(), "water-acts.yaml")
    with atomic(session):
        clause = SetClause(WATER, 1, _clause("water-clause.yaml"), "第九条、第十一条", STATED, "doc-2021-02")
        set_clause(session, actor, clause, at=at)
        add_amendment(session, actor, amendment, at=at)
        set_clause(session, actor, SetClause(WATER, 2, _clause("water-amendment-clause.yaml"), "末段"), at=at)
        import_acts(session, actor, ImportActs(WATER, "water-acts.yaml", rows), at=at)


def _begun(session: Session) -> bool:
    """Whether its clause was ever recorded, or anything else was done to its texts."""
    query = (
        sa.select(AgreementText.id)
        .join(Agreement, Agreement.id == AgreementText.agreement_id)
        .where(Agreement.number == WATER, sa.or_(AgreementText.clause.is_not(None), AgreementText.version > 1))
    )
    return session.execute(query).first() is not None


def _clause(name: str) -> str:
    return (SAMPLE / name).read_text("utf-8")


def _sha256(name: str) -> str:
    return hashlib.sha256((SAMPLE / name).read_bytes()).hexdigest()
