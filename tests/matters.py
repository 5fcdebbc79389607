"""A procedure of a city, small and with every type of field, and a matter that runs on it. Invented, each by its own act."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from registry.models import Matter
from registry.permissions import Actor, the_register
from registry.services.matters import OpenMatter, open_matter
from registry.services.moves import TakeStep, take_step
from registry.services.procedures import publish_procedure
from tests.cast import Cast

CITY_CASE = (Path(__file__).parent / "city_case.yaml").read_text("utf-8")
OPENING = {"task": " 清理河道 ", "sort": "甲类"}


def publish_city_case(session: Session, at: datetime) -> None:
    """Publish it, as an administrator's file would be."""
    publish_procedure(session, the_register("command"), CITY_CASE, at=at)


def a_matter(session: Session, cast: Cast, at: datetime, actor: Actor | None = None, **more: Any) -> Matter:
    """A case of the grouping that 乌海 leads and 鄂尔多斯 joins, opened by the secretariat unless told otherwise."""
    values = OPENING | more.pop("values", {})
    ask = {
        "procedure": "city-case", "title_zh": "示例个案", "grouping": cast.grouping.code, "leads": (cast.wuhai.code,),
        "joins": (cast.ordos.code,), "values": values,
    } | more  # fmt: skip
    return open_matter(session, actor or cast.secretariat, OpenMatter(**ask), at=at)


def step(session: Session, actor: Actor, matter: Matter | str, trigger: str, at: datetime, **more: Any) -> Matter:
    """One step of a matter, with the values of fields by their names."""
    grounds = {name: more.pop(name) for name in ("basis", "reason") if name in more}
    number = matter if isinstance(matter, str) else matter.number
    taken = take_step(session, actor, TakeStep("matter", number, trigger, **grounds, values=more), at=at)
    assert isinstance(taken, Matter)
    return taken
