"""Sub-accords beside their frameworks: which of the parties of the one are parties of the other."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from registry.models import Agreement, AgreementParty, Body
from registry.queries.agreement_page import AgreementPage
from registry.queries.rows import Named, named_party, party_columns, still
from registry.queries.snapshot import Snapshot


def sub_accord_parties(snapshot: Snapshot, page: AgreementPage) -> Mapping[str, tuple[Named, ...]]:
    """Number → parties in the order printed, without those that left: of the agreement and of each that is its sub-accord or
    its framework. Nothing, and no statement, where there is none."""
    tied = {relation.other.key for relation in page.relations if relation.kind == "sub_accord"}
    if not tied:
        return {}
    agreement, party, body = (snapshot.of(model) for model in (Agreement, AgreementParty, Body))
    query = (
        sa.select(agreement.c.number, *party_columns(body))
        .select_from(agreement)
        .join(party, party.c.agreement_id == agreement.c.id)
        .join(body, body.c.id == party.c.body_id)
        .where(agreement.c.number.in_(sorted({page.number, *tied})), still(snapshot, party))
        .order_by(party.c.position, party.c.id)
    )
    found: dict[str, list[Named]] = {number: [] for number in (page.number, *tied)}
    for row in snapshot.session.execute(query):
        found[row.number].append(named_party(row))
    return {number: tuple(parties) for number, parties in found.items()}
