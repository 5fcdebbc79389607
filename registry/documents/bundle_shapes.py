"""The shapes of a bundle: what each record of a file may say, and the codes of what may be wrong with it.

A message is a code of `bundles.WORDS`, with what its sentence needs after a bar.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate

from registry.domain import Outcome, bundle, dates, document_numbers
from registry.domain.dates import PartialDate

FORMAT = "register/1"

# ---- fields --------------------------------------------------------------------------------------------------------


class _Pattern(validate.Regexp):
    """A pattern that the whole text must match; `$` alone would let a line break through."""

    def __init__(self, pattern: str, example: str) -> None:
        super().__init__(f"^{pattern}$", error=f"form|{example}")
        self._whole = re.compile(pattern)

    def __call__(self, value: str) -> str:  # type: ignore[override]  # only texts reach it
        if self._whole.fullmatch(value) is None:
            raise ValidationError(str(self.error))
        return value


def _messages_of(code: str) -> dict[str, str | list[Any] | dict[Any, Any]]:
    """The messages of a field that holds one kind of value: missing, or not of that kind."""
    return {
        "required": "required",
        "null": code,
        "invalid": code,
        "invalid_utf8": code,
        "too_large": code,
        "type": code,
    }


class _Text(fields.String):
    default_error_messages = _messages_of("text")


class _Whole(fields.Integer):
    default_error_messages = _messages_of("integer")


class _Flag(fields.Boolean):
    """Only true and false: marshmallow's own Boolean takes 1, "yes" and "on"."""

    default_error_messages = _messages_of("flag")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class _Day(_Text):
    """A date as far as it is known, in a form that `dates.read` takes without a question."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> PartialDate:  # type: ignore[override]  # a date, not its text
        reading = dates.read(str(super()._deserialize(value, attr, data, **kwargs)))
        if reading.outcome != Outcome.ACCEPT or reading.value is None:
            raise ValidationError("date")
        return reading.value


class _List(fields.List[Any]):
    default_error_messages = _messages_of("list")


class _One(fields.Nested):
    default_error_messages = _messages_of("mapping")


def _text(longest: int = 300, *, required: bool = False) -> _Text:
    return _Text(
        required=required,
        validate=[
            validate.Length(1, longest, error=f"length|1–{longest}"),
            _Pattern(r"(?:\S(?:[^\r\n\t]*\S)?)?", "一行文字 / one line of text"),
        ],
    )


def _form(pattern: str, example: str, *, required: bool = False) -> _Text:
    return _Text(required=required, validate=_Pattern(pattern, example))


def _choice(*values: str, required: bool = True) -> _Text:
    return _Text(required=required, validate=validate.OneOf(values, error=f"choice|{'、'.join(values)}"))


def _whole(least: int, most: int, *, required: bool = False) -> _Whole:
    return _Whole(strict=True, required=required, validate=validate.Range(least, most, error=f"range|{least}–{most}"))


def _code(*, required: bool = False) -> _Text:
    return _form("[a-z0-9][a-z0-9-]{0,39}", "150300 / wuhai-government", required=required)


def _number(series: str, example: str, *, required: bool = False) -> _Text:
    """A record number with a series of this pattern, written as `numbers.RecordNumber` writes it."""
    return _form(
        rf"{series}-(?:0000|[1-9][0-9]{{3}})-(?!00$)(?:[0-9]{{2}}|[1-9][0-9]{{2,8}})", example, required=required
    )


def _document(*, required: bool = False) -> _Text:
    return _number("doc", "doc-2017-01", required=required)


def _agreement(*, required: bool = False) -> _Text:
    return _number("[a-z][a-z0-9]*", "hbyy-2017-01", required=required)


def _item(*, required: bool = False) -> _Text:
    parent = r"[a-z][a-z0-9]*-(?:0000|[1-9][0-9]{3})-(?!00-)(?:[0-9]{2}|[1-9][0-9]{2,8})"
    return _form(rf"{parent}-(?!000$)(?:[0-9]{{3}}|[1-9][0-9]{{3,8}})", "doc-2017-01-001", required=required)


def _meeting(*, required: bool = False) -> _Text:
    return _number("meeting", "meeting-2017-01", required=required)


def _claim(*, required: bool = False) -> _Text:
    return _number("claim", "claim-2019-01", required=required)


def _year() -> _Whole:
    return _whole(1900, 2199)


def _count() -> _Whole:
    return _whole(0, 1_000_000_000)


def _level(*, required: bool = False) -> _Text:
    return _choice("public", "members", "parties", required=required)


def _decimal() -> _Text:
    return _form(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?", '"1.5"')


def _many(shape: type[Schema]) -> _List:
    return _List(_One(shape))


# ---- shapes --------------------------------------------------------------------------------------------------------


class Shape(Schema):
    """A record as a file writes it; loads to the class of `registry.domain.bundle` that it names."""

    record: ClassVar[type]
    error_messages = {"unknown": "unknown", "type": "mapping"}  # noqa: RUF012  # an instance variable to marshmallow's types

    class Meta:
        """Unknown keys are refused: a misspelt one would be silently lost."""

        unknown = RAISE

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        """The frozen record; lists become tuples."""
        return self.record(**{key: tuple(value) if isinstance(value, list) else value for key, value in data.items()})


class _CiteShape(Shape):
    record = bundle.Cite
    document = _document(required=True)
    line = _whole(1, 1_000_000, required=True)


class _NameShape(Shape):
    record = bundle.Name
    zh = _text(required=True)
    en = _text()


class _Cited(Shape):
    """A record that says where its facts stand."""

    cites = _many(_CiteShape)


class _AliasShape(Shape):
    record = bundle.Alias
    text = _text(required=True)
    issuer = _code()
    note = _text(1000)


class _BodyShape(_Cited):
    record = bundle.Body
    code = _code(required=True)
    gb_code = _form("[0-9]{6}", '"150300"')
    name = _One(_NameShape, required=True)
    kind = _choice(
        "autonomous_region", "municipality", "city", "league", "district", "government", "department", "central_department",
        "park", "supervision_body", "proposer", "institution", "institution_set", "member_set",
    )  # fmt: skip
    province = _text()
    parent = _code()
    signs = _Flag(required=True)
    aliases = _many(_AliasShape)
    note = _text(1000)


class _DepartmentShape(_Cited):
    record = bundle.Department
    body = _code(required=True)
    name = _One(_NameShape, required=True)


class _MemberShape(Shape):
    record = bundle.Member
    body = _code(required=True)
    role = _choice("member", "observer", "host", required=False)
    since = _Day()
    until = _Day()


class _GroupingShape(_Cited):
    record = bundle.Grouping
    code = _form("[a-z][a-z0-9]{0,39}", "hbyy", required=True)
    name = _One(_NameShape, required=True)
    kind = _choice(
        "economic_zone", "leagues_and_cities", "adjacent_region", "city_cluster", "cities", "cooperation_area", "area"
    )
    declared_members = _count()
    members = _many(_MemberShape)
    aliases = _many(_AliasShape)
    note = _text(1000)


class _SeriesShape(_Cited):
    record = bundle.Series
    code = _code(required=True)
    name = _One(_NameShape, required=True)
    grouping = _code()


class _EditionShape(Shape):
    record = bundle.Edition
    series = _code(required=True)
    ordinal = _whole(1, 10_000)


class _MeetingShape(_Cited):
    record = bundle.Meeting
    number = _meeting(required=True)
    name = _One(_NameShape, required=True)
    held = _Flag(required=True)
    on = _Day()
    venue = _code()
    editions = _many(_EditionShape)
    note = _text(1000)


class _DocumentNumber(_Text):
    """发文字号 in its normal form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        if document_numbers.read(text).outcome != Outcome.ACCEPT:
            raise ValidationError("form|乌海政字〔2019〕59号")
        return text


class _DocumentShape(_Cited):
    record = bundle.Document
    number = _document(required=True)
    title = _text(required=True)
    kind = _choice("plan", "reply", "opinion", "rules", "draft", "list", "minutes", "instrument", "other")
    document_number = _DocumentNumber()
    issuer = _code()
    issuer_name = _text()
    state = _text()
    class_mark = _form("[A-Z]", "B")
    signed_on = _Day()
    published_at = _Day()
    period_from = _year()
    period_until = _year()
    approved_by = _text()
    approving_signer = _text()
    addressees = _List(_text())
    proposal_number = _form("[0-9]{1,16}", '"0151"')
    proposal_title = _text()
    proposal_session = _text()
    proposers = _List(_text())
    implements = _document()
    level = _level()
    note = _text(1000)


class _EntryShape(Shape):
    record = bundle.Entry
    state = _form("[a-z][a-z0-9_]{0,39}", "listed", required=True)
    basis = _document(required=True)
    place = _text()
    on = _Day()


class _LaterStepShape(Shape):
    record = bundle.LaterStep
    transition = _form("[a-z][a-z0-9_]{0,39}", "suspend", required=True)
    basis = _document(required=True)
    on = _Day()
    reason = _text(1000)
    into = _item()


class _TextShape(Shape):
    record = bundle.Text
    sha256 = _form("[0-9a-f]{64}", "64 个十六进制数字 / 64 hex digits", required=True)
    language = _form("[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*", "zh-Hans", required=True)


class _SignatureShape(Shape):
    record = bundle.Signature
    party = _code(required=True)
    on = _Day(required=True)
    signer = _text(required=True)
    post = _text(required=True)


class _RelationShape(Shape):
    record = bundle.Relation
    other = _agreement(required=True)
    kind = _choice("implements", "amends", "supersedes", "possibly_same", "unclear")
    note = _text(1000)


class _AgreementShape(_Cited):
    record = bundle.Agreement
    number = _agreement(required=True)
    title = _One(_NameShape, required=True)
    kind = _choice("framework_agreement", "sector_agreement", "sector_framework_agreement", "institutional_agreements")
    grouping = _code()
    meeting = _meeting()
    host = _code()
    level = _level()
    party_list = _choice("unknown", "partial", "complete")
    parties = _List(_code())
    declared_parties = _count()
    fields = _many(_NameShape)  # type: ignore[assignment]  # not Schema.fields: marshmallow takes declared fields off the class
    declared_fields = _count()  # type: ignore[assignment]  # as `fields`
    instruments = _whole(1, 100_000)
    on = _Day()
    venue = _code()
    entry = _One(_EntryShape, required=True)
    texts = _many(_TextShape)
    signatures = _many(_SignatureShape)
    relations = _many(_RelationShape)
    note = _text(1000)


class _ClaimShape(_Cited):
    record = bundle.Claim
    code = _claim(required=True)
    what = _One(_NameShape, required=True)
    stated = _whole(0, 1_000_000_000, required=True)
    approximate = _text(8)
    unit = _text(16)
    named = _count()
    document = _document(required=True)
    as_of = _Day()
    part_of = _claim()
    agreement = _agreement()
    meeting = _meeting()
    grouping = _code()
    counts = _choice("items", "fields", "parties", "members", "agreements", required=False)
    level = _level()
    note = _text(1000)


class _EventShape(_Cited):
    record = bundle.Event
    code = _number("event", "event-2017-01", required=True)
    kind = _choice(
        "leading_group",
        "plan_drafting",
        "petition",
        "study_tour",
        "meeting",
        "signature",
        "document",
        "joint_enforcement",
        "publication",
    )
    what = _One(_NameShape, required=True)
    on = _Day()
    meeting = _meeting()


class _CommitmentShape(_Cited):
    record = bundle.Commitment
    code = _number("commitment", "commitment-2019-01", required=True)
    document = _document(required=True)
    position = _whole(1, 1000, required=True)
    section = _text()
    title = _One(_NameShape, required=True)


class _DutyShape(Shape):
    record = bundle.Duty
    body = _code(required=True)
    department = _text()


class _PartnerShape(Shape):
    record = bundle.Partner
    names = _List(_text(), required=True, validate=validate.Length(1, error="length|1–"))
    relation = _text()
    kind = _choice(
        "grouping", "grouping_members", "city", "cities", "provinces", "countries", "departments", "enterprises", "institutions",
        "park", "project", "alliance", "other", required=False,
    )  # fmt: skip


class _TargetShape(Shape):
    record = bundle.Target
    metric = _One(_NameShape, required=True)
    comparator = _choice("=", "~=", ">=", "<=", "class<=", "range", "milestone")
    number = _decimal()
    number_until = _decimal()
    unit = _text(24)
    year = _year()
    period = _choice("unspecified", "annual_recurring", "by_year", "annual_by_year", "relative_horizon")
    horizon_from = _year()
    horizon_years = _form("[1-9][0-9]?(?:-[1-9][0-9]?)?", '"3-5"')
    force = _text(16)
    note = _text(1000)


class _ReportShape(Shape):
    record = bundle.Report
    party = _code(required=True)
    as_of = _Day(required=True)
    grade = _choice("on_track", "slow", "blocked")
    progress = _text(2000, required=True)
    problem = _text(2000)
    next_step = _text(2000)


class _EvidenceShape(Shape):
    record = bundle.Evidence
    type = _choice("consensus", "conditions", "result")
    document = _document(required=True)
    note = _text(1000)


class _MechanismShape(Shape):
    record = bundle.Mechanism
    kind = _choice("rule", "joint_body", "platform", "budget", "accord", "mutual_recognition")
    name = _One(_NameShape, required=True)
    document = _document()
    keeper = _code(required=True)
    review_on = _Day(required=True)


class _ItemShape(_Cited):
    record = bundle.Item
    number = _item(required=True)
    title = _One(_NameShape, required=True)
    field = _whole(1, 1000)
    section = _text()
    lane = _choice("reserve", "preparatory", "new", "continued", required=False)
    level = _level()
    entry = _One(_EntryShape, required=True)
    steps = _many(_LaterStepShape)
    leads = _many(_DutyShape)
    joins = _many(_DutyShape)
    supports = _many(_DutyShape)
    partners = _many(_PartnerShape)
    targets = _many(_TargetShape)
    reports = _many(_ReportShape)
    evidence = _many(_EvidenceShape)
    mechanisms = _many(_MechanismShape)
    note = _text(1000)


class BundleShape(Shape):
    """A whole file; each record says in `registry.domain.bundle` what its keys mean."""

    record = bundle.Bundle
    bundle = _choice(FORMAT)
    title = _One(_NameShape, required=True)
    sample = _Flag(required=True)
    bodies = _many(_BodyShape)
    departments = _many(_DepartmentShape)
    groupings = _many(_GroupingShape)
    series = _many(_SeriesShape)
    meetings = _many(_MeetingShape)
    documents = _many(_DocumentShape)
    agreements = _many(_AgreementShape)
    claims = _many(_ClaimShape)
    events = _many(_EventShape)
    commitments = _many(_CommitmentShape)
    items = _many(_ItemShape)

    @post_load
    def build(self, data: dict[str, Any], **_: Any) -> Any:
        """The bundle without its mark of format, each record once."""
        del data["bundle"]
        twice = {name: found for name, found in ((name, _twice(data.get(name, []))) for name in data) if found}
        if twice:
            raise ValidationError(twice)
        return super().build(data)


def _twice(records: list[Any]) -> dict[int, dict[str, list[str]]]:
    """Places of records whose key stood before, with the message at that key."""
    seen: set[tuple[str, ...]] = set()
    found: dict[int, dict[str, list[str]]] = {}
    for place, record in enumerate(records if isinstance(records, list) else []):
        name = "number" if hasattr(record, "number") else "code" if hasattr(record, "code") else "name"
        key = (record.body, record.name.zh) if name == "name" else (getattr(record, name),)
        if key in seen:
            found[place] = {name: ["twice"]}
        seen.add(key)
    return found
