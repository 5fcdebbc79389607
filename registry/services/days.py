"""The day of an act in the register's one time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.models import Register


def day_of(session: Session, at: datetime) -> PartialDate:
    """The calendar day of a moment, in the register's zone."""
    zone = session.execute(sa.select(Register.zone)).scalar_one()
    return PartialDate.of(at.astimezone(ZoneInfo(zone)).date().isoformat(), Precision.DAY)
