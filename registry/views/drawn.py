"""The pictures in the reader's words: data of one query, the SVG, and the same data as a table whose numbers open what they count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.parse import quote, urlencode

from flask_babel import gettext as _

from registry.domain.addresses import ROOM_OF_TABLE
from registry.domain.dates import PartialDate, Precision
from registry.domain.lamps import COLOURS, NONE
from registry.domain.sheets import Cell, Column, Sheet
from registry.permissions import Actor
from registry.pictures.calendar import Calendar, Day, calendar
from registry.pictures.flow import Flow, Move, Place, flow
from registry.pictures.matrix import Matrix, matrix
from registry.pictures.paired_bars import Pair, Pairs, paired_bars
from registry.pictures.stacked_bars import Bar, Bars, stacked_bars
from registry.pictures.timeline import Lane, Mark, Timeline, timeline
from registry.queries.choices import record_of
from registry.queries.definitions import definition_of
from registry.queries.due import KINDS, Due, due_until
from registry.queries.figures import ASIDE, WAY, By, Common, LampRow, YearFlow, by_stage_and_lamp, common_of, flow_of
from registry.queries.items import ItemFilter
from registry.queries.life import Happened, Life, life_of
from registry.queries.rows import Named
from registry.queries.snapshot import Snapshot
from registry.views.counted import counted as _n
from registry.views.stamping import Desk
from registry.views.tongue import Tongue
from registry.words import label

STAGES = ("intent", "in_progress", "long_term_mechanism", "ended")
LAMPS = (*COLOURS, NONE)
MONTHS = 12
MOST_BARS = 40
"""Rows of bars that are drawn one by one; the rest is one bar more. The table has them all."""
About = Mapping[str, str]
"""What a picture is asked about: agreement, grouping, party or item → its number or code; year."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture. svg: None where there is nothing to draw. links: (row, column) of the sheet → address within the register.

    others: words and addresses of the like of it, as a page links to itself.
    """

    title: str
    description: str
    svg: str | None
    sheet: Sheet
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    others: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads what, and in which words. clocks: `known=` as it was asked for, to be kept in links that name a day of their own."""

    desk: Desk
    about: About
    clocks: Mapping[str, str]

    @property
    def snapshot(self) -> Snapshot:
        """What is read."""
        return self.desk.snapshot

    @property
    def actor(self) -> Actor:
        """Who reads it."""
        return self.desk.actor

    @property
    def tongue(self) -> Tongue:
        """The words."""
        return self.desk.t

    def record(self, kind: str) -> Named | None:
        """The record of this kind that the picture is asked about. Raises NotFound."""
        key = self.about.get(kind)
        return record_of(self.snapshot, self.actor, kind, key)[1] if key else None


def _opens(room: str, **asked: str | int | None) -> str:
    query = {name: value for name, value in asked.items() if value is not None}
    return f"/{room}?{urlencode(query)}" if query else f"/{room}"


def _record(named: Named) -> str:
    return f"/{ROOM_OF_TABLE[named.kind]}/{quote(named.key)}"


# ---- stage and lamp


def cities(reading: Reading) -> Drawn:
    """Items by the city that leads, by stage and lamp. About: agreement or grouping."""
    note = _("一个事项有几个牵头方的，在每一方各计一次。")
    return _bars(reading, "city", _("各市牵头的事项：阶段与灯"), _("牵头方"), note)


def fields(reading: Reading) -> Drawn:
    """Items by field, by stage and lamp. About: agreement or grouping."""
    return _bars(reading, "field", _("各领域的事项：阶段与灯"), _("领域"), "")


def _bars(reading: Reading, by: By, title: str, head: str, note: str) -> Drawn:
    about = reading.record("agreement") or reading.record("grouping")
    which = ItemFilter(agreement=reading.about.get("agreement"), grouping=reading.about.get("grouping"))
    rows = by_stage_and_lamp(reading.snapshot, reading.actor, by, which, sample=about is not None and about.sample)
    words = {code: reading.tongue.word("lamp", code) for code in LAMPS}
    stages = {code: reading.tongue.word("stage", code) for code in STAGES}
    lit = {lamp: sum(n for row in rows for _s, each, n in row.counts if each == lamp) for lamp in ("red", "yellow")}
    said = _("%(rows)s 行，共计 %(n)s 项次；%(red)s：%(reds)s，%(yellow)s：%(yellows)s。数字见数据表。",
             rows=len(rows), n=sum(row.total for row in rows), red=words["red"], reds=lit["red"], yellow=words["yellow"],
             yellows=lit["yellow"])  # fmt: skip
    names = [_row_name(reading, row, by) for row in rows]
    bars = [
        Bar(name, {(stage, lamp): n for stage, lamp, n in row.counts}) for name, row in zip(names, rows, strict=True)
    ]
    chart = Bars(title, said, stages, words, _("合计"), tuple(_folded(bars)))
    cells: list[tuple[Cell, ...]] = []
    links = {}
    for name, row in zip(names, rows, strict=True):
        opens = _opener(row, by, which)
        counts = {(stage, lamp): n for stage, lamp, n in row.counts}
        for stage, word in stages.items():
            numbers = [counts.get((stage, lamp), 0) for lamp in LAMPS]
            if not any(numbers):
                continue
            for place, lamp in enumerate(LAMPS, 2):
                links[len(cells), place] = opens(stage=stage, lamp=lamp)
            links[len(cells), 2 + len(LAMPS)] = opens(stage=stage)
            cells.append((name, word, *numbers, sum(numbers)))
    columns = (
        Column(head, "title", 24), Column(_("阶段"), among=tuple(stages.values())),
        *(Column(word, "number", 8) for word in words.values()), Column(_("合计"), "number", 8),
    )  # fmt: skip
    sheet = Sheet("cities" if by == "city" else "fields", title, columns, tuple(cells), notes=(note,) if note else ())
    return Drawn(title, said, stacked_bars(chart) if bars else None, sheet, links)


def _row_name(reading: Reading, row: LampRow, by: By) -> str:
    if row.party is not None:
        return reading.tongue.named(row.party)
    if row.title_zh is not None:
        return reading.tongue.title(row.title_zh, row.title_en)
    return str(_("无牵头") if by == "city" else _("未归入领域"))


def _opener(row: LampRow, by: By, which: ItemFilter) -> Callable[..., str]:
    own: dict[str, str | int | None] = {"agreement": which.agreement, "grouping": which.grouping}
    if by == "city":
        own |= {"party": row.party.key, "role": "lead"} if row.party else {"role": "none"}
    elif row.field is not None:
        own |= {"field": row.field}
    else:
        own |= {"field_name": row.title_zh}
    return lambda **more: _opens("items", **own, **more)


def _folded(bars: Sequence[Bar]) -> Iterable[Bar]:
    """The bars that are drawn: what is beyond MOST_BARS is one bar."""
    yield from bars[:MOST_BARS]
    if rest := bars[MOST_BARS:]:
        keys = {key for bar in rest for key in bar.counts}
        counts = {key: sum(bar.counts.get(key, 0) for bar in rest) for key in keys}
        yield Bar(_("其余 %(n)s 行", n=len(rest)), counts)


# ---- what falls due


def due(reading: Reading) -> Drawn:
    """What falls due in twelve months, and what is overdue. About: party, or all."""
    party, today = reading.record("party"), reading.snapshot.today
    months = _months(reading, today)
    year, month = list(months)[-1]
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    found = due_until(
        reading.snapshot,
        reading.actor,
        last,
        party=reading.about.get("party"),
        sample=party is not None and party.sample,
    )
    kinds = due_kinds()
    counts = [f"{kinds[kind]} {sum(each.count for each in found if each.kind == kind)}" for kind in KINDS]
    title, said = _("期限日历"), _("今后十二个月：%(counts)s。逐日见数据表。", counts=_("，").join(counts))
    days = tuple(Day(each.on.last_day() if each.on else None, each.kind, each.count, _exact(each)) for each in found)
    chart = Calendar(title, said, today, _("更早"), kinds, months, days)
    rows = tuple(
        (
            reading.tongue.date(each.on) if each.on else _("更早"), kinds[each.kind], _why(reading, each), each.count,
            reading.tongue.named(each.what) if each.what else None, _("暂计") if each.provisional else None,
        )
        for each in found
    )  # fmt: skip
    columns = (Column(_("日期"), "date", 14), Column(_("类别"), among=tuple(kinds.values())), Column(_("事由")),
               Column(_("件数"), "number", 6), Column(_("记录"), "title", 40), Column(_("备注")))  # fmt: skip
    notes = (_("暂计：所跨年份的放假调休安排尚未公布。"),) if any(each.provisional for each in found) else ()
    links = {(row, 4): _record(each.what) for row, each in enumerate(found) if each.what}
    return Drawn(
        title, said, calendar(chart) if days else None, Sheet("calendar", title, columns, rows, notes=notes), links
    )


def due_kinds() -> dict[str, str]:
    """The words for each of `queries.due.KINDS`."""
    return {
        "overdue": _("已超期"), "deadline": _("办理与答复期限"), "review": _("回访与复核"), "meeting": _("会议"), "expiry": _("届满"),
    }  # fmt: skip


def _exact(each: Due) -> bool:
    return each.on is not None and each.on.first_day() == each.on.last_day()


def _months(reading: Reading, today: date) -> dict[tuple[int, int], str]:
    found = {}
    for ahead in range(MONTHS):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        whole = PartialDate(f"{year}-{month + 1:02}", Precision.MONTH)
        first = not ahead or not month
        en, zh = f"{whole.en()[:3]} {year}" if first else whole.en()[:3], whole.zh() if first else whole.zh()[5:]
        found[year, month + 1] = reading.tongue.title(zh, en)
    return found


def _why(reading: Reading, each: Due) -> str:
    if each.kind == "meeting":
        return str(_("会议"))
    if each.why == "mechanism":
        return str(_("长效机制复核"))
    return reading.tongue.word("act_kind" if each.kind == "expiry" else "deadline", each.why)


# ---- who works with whom


def partners(reading: Reading) -> Drawn:
    """With whom a party works. About: party."""
    party = reading.record("party")
    code = reading.about.get("party")
    found = (
        common_of(reading.snapshot, reading.actor, party=code, sample=party is not None and party.sample)
        if party
        else ()
    )
    found = tuple(sorted(found, key=lambda each: (-each.items, -each.agreements, each.other.key)))
    title, said = _("与谁合作"), _n("%(n)s 个单位，按共同事项数排列。数字见数据表。", len(found))
    agreements, items = _("共同协议"), _("共同事项")
    pairs = tuple(Pair(reading.tongue.named(each.other), each.agreements, each.items) for each in found[:MOST_BARS])
    rows = tuple((reading.tongue.named(each.other), each.agreements, each.items) for each in found)
    columns = (Column(_("单位"), "title", 24), Column(agreements, "number"), Column(items, "number"))
    links = _common_links(found, 1, {}) | {(row, 0): _record(each.other) for row, each in enumerate(found)}
    svg = paired_bars(Pairs(title, said, agreements, items, pairs)) if pairs else None
    return Drawn(title, said, svg, Sheet("partners", title, columns, rows), links)


def who_with_whom(reading: Reading) -> Drawn:
    """The parties of a grouping's agreements, each with each. About: grouping."""
    grouping = reading.record("grouping")
    code = reading.about.get("grouping")
    found = common_of(reading.snapshot, reading.actor, grouping=code, sample=grouping is not None and grouping.sample)
    names = {each.key: reading.tongue.named(each) for pair in found for each in (pair.one, pair.other)}
    order = {key: place for place, key in enumerate(sorted(names))}
    title = _("谁与谁合作")
    said = _("%(n)s 个单位两两之间的共同协议与共同事项。数字见数据表。", n=len(names))
    above = {(order[each.one.key], order[each.other.key]): each.items for each in found}
    below = {(order[each.other.key], order[each.one.key]): each.agreements for each in found}
    above_word, below_word = _("右上：共同事项数"), _("左下：共同协议数")
    shown = tuple(names[key] for key in order)
    rows = tuple((names[each.one.key], names[each.other.key], each.agreements, each.items) for each in found)
    columns = (Column(_("一方"), "title", 24), Column(_("另一方"), "title", 24), Column(_("共同协议"), "number"),
               Column(_("共同事项"), "number"))  # fmt: skip
    svg = matrix(Matrix(title, said, shown, above, below, above_word, below_word)) if found else None
    links = _common_links(found, 2, {"grouping": code} if code else {})
    return Drawn(title, said, svg, Sheet("matrix", title, columns, rows), links)


def _common_links(found: Sequence[Common], column: int, asked: Mapping[str, str]) -> dict[tuple[int, int], str]:
    links = {}
    for row, each in enumerate(found):
        both = {**asked, "party": each.one.key, "beside": each.other.key}
        links[row, column], links[row, column + 1] = _opens("agreements", **both), _opens("items", **both)
    return links


# ---- the flow of a year


def year_flow(reading: Reading) -> Drawn:
    """How the items of a grouping moved in a year. About: grouping; year, else that of the reader's day."""
    grouping, today = reading.record("grouping"), reading.snapshot.today
    year = min(int(reading.about.get("year", today.year)), today.year)
    which = ItemFilter(grouping=reading.about.get("grouping"))
    found = flow_of(reading.snapshot, reading.actor, year, which, sample=grouping is not None and grouping.sample)
    names = {key: reading.tongue.word("state", key) for key in (*WAY, *ASIDE)}
    title = _("%(year)s 年的流向", year=year)
    ends = sum(found.end.get(key, 0) for key in ASIDE) - sum(found.begin.get(key, 0) for key in ASIDE)
    said = _("年初 %(begin)s 项，到 %(last)s 有 %(end)s 项；其中暂缓、并入与终止净增 %(ends)s 项。逐笔见数据表。",
             begin=sum(found.begin.values()), end=sum(found.end.values()), ends=ends,
             last=reading.tongue.dated(PartialDate(found.last.isoformat(), Precision.DAY)))  # fmt: skip
    way, aside = (
        tuple(Place(key, names[key], found.begin.get(key, 0), found.end.get(key, 0)) for key in keys)
        for keys in (WAY, ASIDE)
    )
    moves = tuple(Move(*move) for move in found.moves)
    rows, links = _flow_rows(reading, found, names, which)
    columns = (Column(_("从"), width=16), Column(_("到"), width=16), Column(_("项数"), "number"))
    others = tuple((str(each), f"?year={each}#pictures") for each in (year - 1, year + 1) if each <= today.year)
    svg = flow(Flow(title, said, way, aside, moves, _("新增"))) if rows else None
    return Drawn(title, said, svg, Sheet("flow", title, columns, tuple(rows)), links, others)


def _flow_rows(
    reading: Reading, found: YearFlow, names: Mapping[str, str], which: ItemFilter
) -> tuple[list[tuple[Cell, ...]], dict[tuple[int, int], str]]:
    rows: list[tuple[Cell, ...]] = []
    links: dict[tuple[int, int], str] = {}

    def standing(key: str, day: date, count: int, cells: tuple[Cell, ...]) -> None:
        if count:
            if found.whole:
                clocks = {**reading.clocks, "on": day.isoformat()}
                links[len(rows), 2] = _opens("items", grouping=which.grouping, state=key, **clocks)
            rows.append((*cells, count))

    for key in names:
        standing(key, date(found.year - 1, 12, 31), found.begin.get(key, 0), (_("年初"), names[key]))
    for source, target, count in found.moves:
        rows.append((names[source] if source else _("新增"), names[target], count))
    for key in names:
        standing(key, found.last, found.end.get(key, 0), (names[key], _("年末")))
    return rows, links


# ---- the life of an agreement


def life(reading: Reading) -> Drawn:
    """The life of an agreement. About: agreement."""
    found = life_of(reading.snapshot, reading.actor, reading.about.get("agreement", ""))
    kinds = {
        "text": _("文本"), "signature": _("签署"), "act": _("其他行为"), "refusal": _("不签署、反对或退出"), "step": _("办理步骤"),
        "meeting": _("会议"), "force": _("生效"),
    }  # fmt: skip
    undated = sum(each.on.first_day() is None for each in found.events)
    title = _("协议的经过")
    said = _("%(n)s 件事，其中日期不详 %(undated)s 件。逐件见数据表。", n=len(found.events), undated=undated)
    words = _life_words(reading, found)
    around = {
        kind: tuple(each for each in found.events if each.kind == kind) for kind in ("text", "force", "step", "meeting")
    }
    acts = {party.key: tuple(each for each in found.events if each.party == party) for party in found.parties}
    lanes = [
        (kinds["text"], around["text"]),
        *((reading.tongue.named(party), acts[party.key]) for party in found.parties),
        *((kinds[kind], around[kind]) for kind in ("force", "step", "meeting") if around[kind]),
    ]
    drawn = tuple(Lane(name, tuple(_mark(each, words[each]) for each in events)) for name, events in lanes)
    chart = Timeline(title, said, kinds, _("日期不详"), reading.snapshot.today, drawn)
    ordered = sorted(found.events, key=lambda each: each.on.first_day() or date.max)
    rows = tuple(
        (
            reading.tongue.date(each.on),
            kinds[each.kind],
            words[each],
            reading.tongue.named(each.party) if each.party else None,
        )
        for each in ordered
    )
    columns = (
        Column(_("日期"), "date", 14),
        Column(_("类别")),
        Column(_("事由"), "title", 30),
        Column(_("单位"), width=16),
    )
    named = ((row, each.party or each.meeting) for row, each in enumerate(ordered))
    links = {(row, 3 if record.kind == "body" else 2): _record(record) for row, record in named if record is not None}
    dated = any(each.on.first_day() for each in found.events)
    return Drawn(title, said, timeline(chart) if dated else None, Sheet("timeline", title, columns, rows), links)


def _life_words(reading: Reading, found: Life) -> dict[Happened, str]:
    definition = definition_of(reading.snapshot.session, found.procedure_id)
    words = {}
    for each in found.events:
        kind, code = each.word
        word = label(kind, code, reading.tongue.language, definition)
        told = reading.tongue.named(each.meeting) if each.meeting else word
        words[each] = _("%(what)s（第 %(n)s 版）", what=told, n=each.version) if each.version is not None else told
    return words


def _mark(each: Happened, word: str) -> Mark:
    first = each.on.first_day()
    return Mark(each.kind, word, first, each.on.last_day() if first else None)
