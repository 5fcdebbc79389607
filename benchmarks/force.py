"""Deriving entry into force: 200 parties, 500 acts, two conditions, a third of the acts on days known to the month alone."""

from __future__ import annotations

import statistics
import time
from datetime import date, timedelta

from registry.domain.dates import UNKNOWN, PartialDate, Precision
from registry.domain.force import Clause, Deed, Name, derive, read

PARTIES, ACTS = 200, 500
CLAUSE = """
schema: force/1
acts: {ratification: received, accession: received}
when:
  kind: all_of
  of:
    - {kind: acts, at_least: 55}
    - {kind: share, at_least: 55%, weights: {WEIGHTS}}
period: {kind: first_of_month_after_months, count: 3}
withdrawal: {period: {kind: months, count: 12}, notice_after: {kind: months, count: 36}}
below: {parties: 30, effect: suspends}
provisional: {by: signature}
"""


def case(parties: int = PARTIES, acts: int = ACTS, *, vague: bool) -> tuple[Clause, list[Deed], dict[str, Name]]:
    """A clause with its acts: all sign, all are bound, some leave. vague: whether early days are known to the month alone."""
    codes = [f"p{number:03}" for number in range(parties)]
    clause = read(CLAUSE.replace("WEIGHTS", ", ".join(f"{code}: 0.5" for code in codes)))
    deeds = []
    for number in range(acts):
        code, turn = codes[number % parties], number // parties
        day = date(2001, 1, 1) + timedelta(days=7 * (number % parties) + 900 * turn)
        kind = ("signature", "ratification", "withdrawal_notice")[turn]
        exact = PartialDate(day.isoformat(), Precision.DAY)
        month = PartialDate(day.isoformat()[:7], Precision.MONTH)
        deeds.append(
            Deed(code, kind, exact, received=month if vague and number % 3 == 0 else exact, registered=UNKNOWN)
        )
    return clause, deeds, {code: Name(f"示例市{code}", f"Sample City {code}") for code in codes}


def taken(rounds: int, *, vague: bool) -> list[float]:
    """Processor milliseconds of each round: nothing is waited for."""
    clause, deeds, names = case(vague=vague)
    found = []
    for _ in range(rounds):
        start = time.process_time_ns()
        derive(clause, deeds, on=date(2012, 1, 1), names=names)
        found.append((time.process_time_ns() - start) / 1_000_000)
    return found


def main(rounds: int = 25) -> str:
    """Run and report."""
    told = []
    for vague, words in ((False, "days known"), (True, "a third known to the month")):
        low, middle, high = statistics.quantiles(taken(rounds, vague=vague), n=4)
        told.append(f"{words} {middle:.1f} ms ({low:.1f}-{high:.1f})")
    return f"force: {PARTIES} parties, {ACTS} acts: {'; '.join(told)}; bar 20"


if __name__ == "__main__":
    print(main())  # noqa: T201  # a report
