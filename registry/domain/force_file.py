# ruff: noqa: RUF009 - `key` is dataclasses.field with the field's shape
"""A file with a clause, the parties and their acts, in YAML or JSON: what `registry force` reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from registry.domain import Outcome, dates
from registry.domain.dates import UNKNOWN, PartialDate, Precision
from registry.domain.force_acts import Deed
from registry.domain.force_clause import BINDING, Clause, ClauseError, a_code, a_day, a_zone, read_part, told
from registry.domain.force_words import Name
from workflows.shape import Bad, Reader, choice, key, listing, mapping, record, text, whole
from workflows.strict_yaml import Path, YamlError
from workflows.strict_yaml import read as read_yaml

KINDS = (
    *BINDING, "decline", "provisional_application", "withdrawal_notice", "withdrawal", "declaration", "reservation",
    "objection", "confirmation", "correction",
)  # fmt: skip
"""Kinds of acts: those of `models.ACT_KINDS`."""
ACTS_AT_MOST = 20_000
_WORDS = text(r"\S(?:.{0,198}\S)?", "200 字以内的文字", "a text of at most 200 characters")


def _partial(reader: Reader, path: Path, data: object) -> PartialDate:
    reading = dates.read(str(data)) if isinstance(data, str | int) and not isinstance(data, bool) else None
    if reading is None or reading.value is None or reading.outcome not in (Outcome.ACCEPT, Outcome.NORMALISE):
        raise reader.report(
            path, "wrong-type", zh="日期，知道多少写多少：2021-01-22、2021年1月、不详",
            en="a date as far as it is known: 2021-01-22, 2021-01 or 不详",
        )  # fmt: skip
    return reading.value


@dataclass(frozen=True, slots=True)
class _Party:
    code: str = key(a_code)
    zh: str = key(_WORDS)
    en: str | None = key(_WORDS, None)


def _party(reader: Reader, path: Path, data: object) -> _Party:
    if isinstance(data, dict):
        return _PARTY(reader, path, data)
    code = a_code(reader, path, data)
    return _Party(code, code)


_PARTY = record(_Party)


@dataclass(frozen=True, slots=True)
class _Act:
    party: str = key(a_code)
    kind: str = key(choice(*KINDS))
    done: PartialDate = key(_partial, UNKNOWN)
    received: PartialDate = key(_partial, UNKNOWN)
    registered: PartialDate = key(_partial, UNKNOWN)
    takes_effect: PartialDate = key(_partial, UNKNOWN)
    valid_until: PartialDate = key(_partial, UNKNOWN)
    ordinal: int | None = key(whole(1), None)
    predecessor: str | None = key(a_code, None)


def _acts(reader: Reader, path: Path, data: object) -> tuple[Deed, ...]:
    if not isinstance(data, list) or len(data) > ACTS_AT_MOST:
        raise reader.report(
            path, "wrong-type", zh=f"至多 {ACTS_AT_MOST} 项的列表", en=f"a list of at most {ACTS_AT_MOST}"
        )
    faults, found = len(reader.findings), []
    for place, each in enumerate(data):
        try:
            act = _ACT(reader, (*path, place), each)
        except Bad:
            continue
        found.append(Deed(**{name: getattr(act, name) for name in _Act.__slots__}))
    if len(reader.findings) > faults:
        raise Bad
    return tuple(found)


_ACT = record(_Act)


def _clause(reader: Reader, path: Path, data: object) -> Clause | None:
    return None if data == "not stated" else read_part(reader, path, data)


def _before(reader: Reader, path: Path, data: object) -> date | None:
    known = _partial(reader, path, data)
    if known.value is not None and known.precision != Precision.DAY:
        raise reader.report(path, "wrong-type", zh="到日的日期，或 不详", en="a day, or 不详 while there is none")
    return known.first_day()


@dataclass(frozen=True, slots=True)
class _File:
    clause: Clause | None = key(_clause)
    acts: tuple[Deed, ...] = key(_acts)
    parties: tuple[_Party, ...] = key(listing(_party), ())
    before: Mapping[str, date | None] = key(mapping(_before, a_code), {})
    on: date | None = key(a_day, None)
    zone: str | None = key(a_zone, None)


_FILE = record(_File)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file asks: the arguments of `derive`. on, zone: None where the file names none."""

    clause: Clause | None
    deeds: tuple[Deed, ...]
    names: Mapping[str, Name]
    before: Mapping[str, date | None]
    on: date | None
    zone: str | None


def read_file(content: str | bytes) -> Asked:
    """Read a file, strictly. `clause: not stated` where there is none; parties may be left out where all have acted.

    Raises ClauseError with every fault.
    """
    try:
        document = read_yaml(content)
    except YamlError as error:
        raise ClauseError(((f"L{error.line}", error.zh, error.en),)) from error
    reader = Reader(document)
    try:
        file = _FILE(reader, (), document.data)
    except Bad as error:
        raise ClauseError(told(reader)) from error
    names = {each.code: Name(each.zh, each.en) for each in file.parties}
    if not names:
        names = {deed.party: Name(deed.party) for deed in file.acts}
    return Asked(file.clause, file.acts, names, file.before, file.on, file.zone)
