"""The day of an act in the register's one time zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from registry.domain.dates import PartialDate, Precision
from registry.models import Register


def day_of(session: Session, at: datetime) -> PartialDate:
    """The calendar day of a moment, in the register's zone."""
    return PartialDate.of(date_of(session, at).isoformat(), Precision.DAY)


def date_of(session: Session, at: datetime) -> date:
    """The same as a plain date."""
    return at.astimezone(zone_of(session)).date()


def zone_of(session: Session) -> ZoneInfo:
    """The register's time zone."""
    return ZoneInfo(session.execute(sa.select(Register.zone)).scalar_one())
