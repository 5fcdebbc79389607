"""The day of an act is the day in the register's zone, whatever the machine thinks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from registry.services.days import day_of
from tests.cast import Cast


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC), "2026-03-01"),
        (datetime(2026, 3, 1, 16, 0, tzinfo=UTC), "2026-03-02"),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "2026-01-01"),
    ],
)
def test_the_day_begins_in_shanghai(session: Session, cast: Cast, moment: datetime, expected: str) -> None:
    assert (day_of(session, moment).value, str(day_of(session, moment).precision)) == (expected, "day")
