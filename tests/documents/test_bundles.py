"""The bundle format: what it takes, what it refuses and how, and the bundles that the project ships."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from registry.documents.bundles import DATA, REAL, SAMPLE, SCHEMA_FILE, WORDS, BundleUnreadable, read, schema
from registry.domain import bundle
from registry.domain.dates import PartialDate, Precision
from workflows import strict_yaml

FILES = (*REAL, *SAMPLE)
GOOD = """\
bundle: register/1
title: {zh: 试, en: Try}
sample: false
bodies:
- code: "150300"
  gb_code: "150300"
  name: {zh: 乌海市}
  kind: city
  signs: true
events:
- code: event-2016-01
  kind: petition
  what: {zh: 汇报}
  on: 2016年底
"""


def faults_of(text: str | bytes) -> tuple[Any, ...]:
    """The faults that reading this text names."""
    with pytest.raises(BundleUnreadable) as refusal:
        read(text, "试.yaml")
    return refusal.value.faults


def test_reads_records_with_dates_as_far_as_known() -> None:
    loaded = read(GOOD, "good.yaml")
    assert loaded.bodies[0] == bundle.Body(
        code="150300", gb_code="150300", name=bundle.Name("乌海市"), kind="city", signs=True
    )
    assert loaded.events[0].on == PartialDate("2016", Precision.YEAR_END)
    assert loaded.items == ()


# what to change in GOOD, and the fault that must be named: code, line, field, value
BROKEN = [
    ('code: "150300"', "parent: x", "required", 5, "bodies.0.code", ""),
    ('code: "150300"', "code: 150300", "text", 5, "bodies.0.code", "150300"),
    ("kind: city", "kind: town", "choice", 8, "bodies.0.kind", "town"),
    ("signs: true", "signs: yes", "flag", 9, "bodies.0.signs", "yes"),
    ("signs: true", "signs: 1", "flag", 9, "bodies.0.signs", "1"),
    ("signs: true", "signs: true\n  phone: '1'", "unknown", 10, "bodies.0.phone", "1"),
    ("name: {zh: 乌海市}", "name: 乌海市", "mapping", 7, "bodies.0.name", "乌海市"),
    ("name: {zh: 乌海市}", "name: {zh: ''}", "length", 7, "bodies.0.name.zh", ""),
    ('gb_code: "150300"', 'gb_code: "15030"', "form", 6, "bodies.0.gb_code", "15030"),
    ('gb_code: "150300"', 'gb_code: "１５０３００"', "form", 6, "bodies.0.gb_code", "１５０３００"),
    ('gb_code: "150300"', 'gb_code: "150300\\n"', "form", 6, "bodies.0.gb_code", "150300\n"),
    ("code: event-2016-01", "code: event-2016-00", "form", 11, "events.0.code", "event-2016-00"),
    ("code: event-2016-01", "code: event-2016-001", "form", 11, "events.0.code", "event-2016-001"),
    ("on: 2016年底", "on: 2019-09-31", "date", 14, "events.0.on", "2019-09-31"),
    ("on: 2016年底", "on: 7月6日", "date", 14, "events.0.on", "7月6日"),
    ("on: 2016年底", "meeting: meeting-2017-01\n  cites: {a: b}", "list", 15, "events.0.cites", "{'a': 'b'}"),
    ("on: 2016年底", "cites: [{document: doc-2017-01, line: 1.5}]", "integer", 14, "events.0.cites.0.line", "1.5"),
    ("on: 2016年底", "cites: [{document: doc-2017-01, line: true}]", "integer", 14, "events.0.cites.0.line", "true"),
    ("on: 2016年底", "cites: [{document: doc-2017-01, line: 0}]", "range", 14, "events.0.cites.0.line", "0"),
    ("on: 2016年底", "on: 2016年底\n- {code: event-2016-01, kind: petition, what: {zh: 再}}", "twice", 15,
     "events.1.code", "event-2016-01"),
    ("register/1", "register/2", "choice", 1, "bundle", "register/2"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "line", "field", "value"), BROKEN, ids=lambda part: str(part)[:30])
def test_fault_names_file_line_field_value_reason_and_remedy(
    old: str, new: str, code: str, line: int, field: str, value: str
) -> None:
    assert old in GOOD
    (fault,) = faults_of(GOOD.replace(old, new, 1))
    assert (fault.file, fault.line, fault.field, fault.value) == ("试.yaml", line, field, value)
    zh, en, remedy_zh, remedy_en = WORDS[code]
    assert (fault.zh, fault.en) == (zh, en)
    assert fault.remedy_zh.startswith(remedy_zh.partition("{")[0])
    assert fault.remedy_en.startswith(remedy_en.partition("{")[0])
    assert "|" not in fault.remedy_zh


def test_every_reason_has_an_example_above() -> None:
    assert {case[2] for case in BROKEN} == set(WORDS)


def test_names_all_faults_at_once_in_the_order_of_lines() -> None:
    found = faults_of(
        GOOD.replace("kind: city", "kind: town").replace("2016年底", "昨天").replace("sample: false", "sample: 0")
    )
    assert [(fault.line, fault.field) for fault in found] == [(3, "sample"), (8, "bodies.0.kind"), (14, "events.0.on")]


def test_document_number_must_stand_in_its_normal_form() -> None:
    document = "documents:\n- {number: doc-2019-01, title: 答复, kind: reply, document_number: '乌海政字[2019]59号'}\n"
    (fault,) = faults_of(GOOD + document)
    assert (fault.line, fault.field) == (16, "documents.0.document_number")
    assert "乌海政字〔2019〕59号" in fault.remedy_zh


@pytest.mark.parametrize("text", ["", "- 1", "乌海", b"\xff", "a: &x 1", "a: 1\na: 2", "bundle: [register/1"])
def test_what_is_no_bundle_is_refused_with_a_line(text: str | bytes) -> None:
    for fault in faults_of(text):
        assert fault.line >= 1
        assert fault.zh
        assert fault.en


PLAIN = st.recursive(
    st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["zh", "en", "code", "name", "cites", "body", "number", "entry", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)
TOP = st.dictionaries(st.sampled_from([*sorted(bundle.Bundle.__slots__), "bundle", "x"]), PLAIN, max_size=6)


@given(TOP)
def test_any_content_is_read_or_refused_with_words(content: dict[str, Any]) -> None:
    try:
        read(json.dumps(content, ensure_ascii=False), "any.yaml")
    except BundleUnreadable as refusal:
        faults = refusal.faults
    else:
        return
    assert faults
    assert all(fault.zh and fault.remedy_en and fault.line >= 1 and len(fault.value) <= 80 for fault in faults)


# ---- the published schema


def test_published_schema_is_the_one_generated_from_the_shapes() -> None:
    generated = json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"
    assert SCHEMA_FILE.read_text("utf-8") == generated, "write `generated` to that file"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_published_schema_accepts_the_bundles(file: Path) -> None:
    published = json.loads(SCHEMA_FILE.read_text("utf-8"))
    Draft202012Validator.check_schema(published)
    Draft202012Validator(published).validate(strict_yaml.read(file.read_bytes()).data)


@pytest.mark.parametrize("case", [case for case in BROKEN if case[2] not in ("date", "twice") and "\\n" not in case[1]],
                         ids=lambda case: case[1][:30])  # fmt: skip
def test_published_schema_refuses_what_the_shapes_refuse(case: tuple[str, str]) -> None:
    data = strict_yaml.read(GOOD.replace(case[0], case[1], 1)).data
    assert not Draft202012Validator(schema()).is_valid(data)


# ---- the bundles that the project ships


def records(*files: Path) -> Iterator[Any]:
    """Every record of these files."""
    for file in files:
        loaded = read(file.read_bytes(), file.name)
        for name in bundle.Bundle.__slots__:
            value = getattr(loaded, name)
            if isinstance(value, tuple):
                yield from value


def test_every_real_record_cites_a_document_and_a_line() -> None:
    for record in records(*REAL):
        assert record.cites, record
        assert {cite.document for cite in record.cites} <= {"doc-2017-01", "doc-2019-01"}
        assert all(cite.line <= (181 if cite.document == "doc-2017-01" else 108) for cite in record.cites)


def test_real_items_are_listed_on_the_day_of_the_document_and_nothing_more() -> None:
    items = [record for record in records(*REAL) if isinstance(record, bundle.Item)]
    assert [item.number for item in items] == [f"doc-2017-01-{place:03}" for place in range(1, 41)]
    for item in items:
        assert item.entry == bundle.Entry("listed", "doc-2017-01", on=PartialDate("2017-10-20", Precision.DAY))
        assert (item.steps, item.reports, item.mechanisms, item.evidence) == ((), (), (), ())
    leads = {item.number[-3:]: [duty.department for duty in item.leads] for item in items if len(item.leads) > 1}
    assert leads == {
        "028": ["区排水事业局", "区水务和水土保持局", "区林业局"],
        "030": ["行政审批服务局", "国有资产监督管委会"],
        "040": ["区公安分局", "区食品药品监督管理局"],
    }
    assert items[3].leads == (bundle.Duty("150602", "经济科教(轻纺工业)园区管委会"),)


def test_real_agreements_invent_no_signature_no_text_and_no_party() -> None:
    agreements = {record.number: record for record in records(*REAL) if isinstance(record, bundle.Agreement)}
    assert len(agreements) == 9
    assert not any(each.signatures or each.texts or each.host for each in agreements.values())
    assert {number for number, each in agreements.items() if each.entry.state == "planned"} == {"hbyy-0000-01"}
    parties = {number: each.parties for number, each in agreements.items() if each.parties}
    assert parties == {
        "hbyy-2017-04": ("150300", "152900", "150600", "640200"),
        "mxsm-2017-01": ("150300", "150600", "152900", "150800"),
        "x-0000-01": ("150300", "640200", "152900", "150600"),
        "x-0000-02": ("150300",),
    }
    assert (agreements["mxsm-2017-01"].declared_fields, len(agreements["mxsm-2017-01"].fields)) == (9, 7)
    assert [(each.other, each.kind) for each in agreements["x-0000-01"].relations] == [
        ("hbyy-2017-04", "possibly_same")
    ]
    assert agreements["x-0000-01"].on == PartialDate(None, Precision.UNKNOWN)


def test_no_telephone_number_and_no_contact_person_came_over() -> None:
    for file in FILES:
        text = file.read_text("utf-8")
        digits = re.sub(r"[ ()（）—–-]", "", re.sub(r"sha256: [0-9a-f]{64}", "", text))
        assert re.search(r"(?<!\d)0\d{2,3}[2-9]\d{6,7}(?!\d)|(?<!\d)1[3-9]\d{9}(?!\d)", digits) is None, file
        assert "联系人" not in text
        assert "联系电话" not in text


def test_nobody_can_take_the_sample_for_real() -> None:
    for file in SAMPLE:
        loaded = read(file.read_bytes(), file.name)
        assert loaded.sample
        assert all(body.name.zh.startswith("示例") and body.gb_code is None for body in loaded.bodies)
        assert all(each.title.startswith("示例") or "示例" in each.title for each in loaded.documents)
        assert all(each.title.zh.startswith("示例") for each in loaded.agreements)
    assert not any(read(file.read_bytes(), file.name).sample for file in REAL)


def test_sample_has_its_real_size() -> None:
    loaded = read(SAMPLE[0].read_bytes(), "sample.yaml")
    first, second = loaded.agreements
    items = [item for item in loaded.items if item.number.startswith(first.number)]
    assert (len(items), len(first.fields), len(first.parties)) == (70, 9, 9)
    assert {item.field for item in items} == set(range(1, 10))
    assert (second.entry.state, second.signatures, len(second.texts)) == ("open", (), 1)


@pytest.mark.parametrize("number", ["sample-2021-01", "sample-2023-01", "sample-2025-01"])
def test_sample_texts_are_the_files_beside_the_bundle(number: str) -> None:
    bundles = [read(file.read_bytes(), file.name) for file in SAMPLE]
    (agreement,) = (each for loaded in bundles for each in loaded.agreements if each.number == number)
    content = (DATA / "sample" / f"{number}.txt").read_bytes()
    assert [text.sha256 for text in agreement.texts] == [hashlib.sha256(content).hexdigest()]
