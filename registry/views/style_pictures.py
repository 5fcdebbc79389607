"""One picture of each kind with made-up values, for the development page."""

from __future__ import annotations

from datetime import date

from markupsafe import Markup

from registry.domain.sheets import Column, Sheet
from registry.pictures.calendar import Calendar, Day, calendar
from registry.pictures.flow import Flow, Move, Place, flow
from registry.pictures.matrix import Matrix, matrix
from registry.pictures.paired_bars import Pair, Pairs, paired_bars
from registry.pictures.stacked_bars import Bar, Bars, stacked_bars
from registry.pictures.targets import Panel, Point, Targets, targets
from registry.pictures.timeline import Lane, Mark, Timeline, timeline
from registry.views import here
from registry.views.drawn import LAMPS, STAGES
from registry.views.pictures import Shown

TODAY = date(2026, 3, 2)
CITIES = {
    "zh": ("示例甲市", "示例乙市", "示例丙区人民政府驻外办事处", "示例丁市", "无牵头"),
    "en": ("Sample City A", "Sample City B", "Sample Municipality C, Office Abroad", "Sample City D", "Nobody leads"),
}
WAY = (("intent", 10, 8), ("listed", 5, 6), ("in_progress", 12, 14), ("achieved", 3, 4), ("long_term_mechanism", 2, 3))
ASIDE = (("suspended", 0, 1), ("merged", 0, 1), ("terminated", 1, 2))
MOVES = (
    (None, "intent", 4), ("intent", "listed", 5), ("listed", "in_progress", 4), ("in_progress", "achieved", 2),
    ("achieved", "long_term_mechanism", 1), ("achieved", "in_progress", 1), ("in_progress", "suspended", 2),
    ("suspended", "in_progress", 1), ("intent", "merged", 1), ("intent", "terminated", 1),
)  # fmt: skip


def sample_pictures() -> tuple[Shown, ...]:
    """Each picture as a page shows it."""
    drawings = {
        "stacked_bars": _bars(),
        "paired_bars": paired_bars(Pairs("paired_bars", "-", _title("协议"), _title("事项"), _pairs())),
        "flow": _flow(),
        "calendar": _calendar(),
        "timeline": _timeline(),
        "targets": _targets(),
        "matrix": _matrix(),
    }
    sheet = Sheet("sample", "-", (Column("A"), Column("B", "number")), (("示例甲市", 3), ("示例乙市", 0)))
    cells = (("示例甲市", "3"), ("示例乙市", "0"))
    return tuple(
        Shown(
            name,
            Markup(svg),  # noqa: S704  # our own
            sheet,
            cells,
            name,
            "-",
            {(0, 1): "#pictures"},
            "#pictures",
            "#pictures",
            (),
            "wide" in svg[:99],
        )  # our own
        for name, svg in drawings.items()
    )


def _title(zh: str) -> str:
    en = {"协议": "Agreements", "事项": "Items"}
    return en[zh] if here.language() == "en" else zh


def _cities() -> tuple[str, ...]:
    return CITIES[here.language()]


def _bars() -> str:
    counts = (
        {("intent", "grey"): 6, ("in_progress", "green"): 5, ("in_progress", "red"): 1, ("ended", "none"): 2},
        {("intent", "grey"): 3, ("in_progress", "yellow"): 4, ("long_term_mechanism", "green"): 3},
        {("in_progress", "blue"): 2},
        {("intent", "grey"): 1},
        {("intent", "grey"): 2, ("in_progress", "red"): 2},
    )
    bars = tuple(Bar(*pair) for pair in zip(_cities(), counts, strict=True))
    stages, lamps = (
        {code: here.word(kind, code) for code in codes} for kind, codes in (("stage", STAGES), ("lamp", LAMPS))
    )
    return stacked_bars(Bars("stacked_bars", "-", stages, lamps, "Σ", bars))


def _pairs() -> tuple[Pair, ...]:
    return tuple(Pair(name, place, 12 - 3 * place) for place, name in enumerate(_cities()))


def _flow() -> str:
    way, aside = (
        tuple(Place(key, here.word("state", key), begin, end) for key, begin, end in rows) for rows in (WAY, ASIDE)
    )
    return flow(Flow("flow", "-", way, aside, tuple(Move(*move) for move in MOVES), "+"))


def _calendar() -> str:
    months = {
        (2026 + (n + 2) // 12, (n + 2) % 12 + 1): f"{2026 + (n + 2) // 12}-{(n + 2) % 12 + 1:02}" for n in range(12)
    }
    kinds = {kind: here.word("deadline", "stay") for kind in ("overdue", "deadline", "review", "meeting", "expiry")}
    days = (Day(None, "overdue", 3), Day(TODAY, "overdue"), Day(date(2026, 3, 20), "deadline", 2), Day(date(2026, 3, 20), "review"),
            Day(date(2026, 7, 6), "meeting"), Day(date(2026, 12, 31), "expiry", exact=False))  # fmt: skip
    return calendar(Calendar("calendar", "-", TODAY, "<", kinds, months, days))


def _timeline() -> str:
    kinds = {
        kind: here.word("act_kind", "signature")
        for kind in ("text", "signature", "act", "refusal", "step", "meeting", "force")
    }
    day, year = date(2023, 7, 6), (date(2024, 1, 1), date(2024, 12, 31))
    lanes = [Lane(name, (Mark("signature", "-", day, day), Mark("act", "-", *year))) for name in _cities()[:3]]
    lanes += [
        Lane(_cities()[3], (Mark("refusal", "-", None, None),)),
        Lane("-", (Mark("force", "-", date(2024, 4, 22), None),)),
    ]
    lanes += [
        Lane("-", (Mark("text", "-", day, day), Mark("step", "-", year[1], year[1]), Mark("meeting", "-", day, day)))
    ]
    return timeline(Timeline("timeline", "-", kinds, "?", TODAY, tuple(lanes)))


def _targets() -> str:
    kinds = {kind: here.word("table", "target") for kind in ("scheduled", "observed", "goal", "reached", "open")}
    points = (
        Point(date(2018, 12, 31), date(2018, 12, 31), 40, 40, "-"),
        Point(date(2019, 1, 1), date(2019, 12, 31), 55, 60, "-"),
    )
    line = ((date(2018, 1, 1), 0.0), (date(2020, 12, 31), 100.0))
    panels = (
        Panel(_cities()[0], line, points, (100.0, 120.0), date(2020, 12, 31)),
        Panel(_cities()[1], (), (), None, None, ((date(2019, 6, 30), False), (date(2020, 3, 1), True))),
    )
    return targets(Targets("targets", "-", kinds, panels))


def _matrix() -> str:
    names = tuple(f"{name} {n}" for n in range(1, 5) for name in _cities())
    places = [(row, column) for row in range(len(names)) for column in range(len(names)) if (row * column) % 3 == 1]
    above = {(row, column): row + column for row, column in places if row < column}
    below = {(row, column): row % 5 + 1 for row, column in places if row > column}
    return matrix(Matrix("matrix", "-", names, above, below, _title("事项"), _title("协议")))
