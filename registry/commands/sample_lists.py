"""The fictional annual list of two versions, an item that was split from another, and a party that opted out of one."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate
from registry.domain.list_lines import Line
from registry.ledger import atomic
from registry.models import AnnualList
from registry.permissions import the_register
from registry.services.lineage import LinkItems, link_items
from registry.services.lists import AddList, AdoptVersion, add_list, adopt_version
from registry.services.participation import LeaveItem, opt_out

LIST = AddList(
    "2024年示例经济区重点项目表", 2024, "sample", title_en="Sample key projects, 2024", level="public",
    note="虚构的表 · fictional",
)  # fmt: skip
FIRST = {"交通互通": (1, 2, 3, 4), "产业协作": (9, 10, 11), "生态环保": (17, 18)}
SECOND = {"交通互通": (1, 2, 3, 4, 5), "产业协作": (9, 10), "生态环保": (17, 18, 19)}
"""Category → items of `sample-2023-01`, by their own numbers."""


def sample_lists(session: Session, *, at: datetime) -> None:
    """Enter them once, after the import of the sample; what people did since stays."""
    if session.execute(sa.select(AnnualList.id).where(AnnualList.sample)).first() is not None:
        return
    actor = the_register("command")
    with atomic(session):
        number = add_list(session, actor, LIST, at=at).number
        for rows, adopted, basis, declared in (
            (FIRST, "2024-01-20", "doc-2024-01", 10), (SECOND, "2024-07-15", "doc-2024-02", 10),
        ):  # fmt: skip
            lines = tuple(Line(_item(item), category) for category, items in rows.items() for item in items)
            ask = AdoptVersion(number, PartialDate.of(adopted, "day"), lines, basis, declared)
            adopt_version(session, actor, ask, at=at)
        link = LinkItems(_item(4), _item(3), "split_from", "doc-2024-01", "虚构：售票先行 · fictional")
        link_items(session, actor, link, at=at)
        since = PartialDate.of("2024-02-01", "day")
        opt_out(session, actor, LeaveItem(_item(1), "x-i", "虚构：不在沿线 · fictional", since), at=at)


def _item(number: int) -> str:
    return f"sample-2023-01-{number:03}"
