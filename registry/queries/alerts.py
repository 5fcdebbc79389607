"""Alerts: what the register holds and what it computes or counts do not agree, or one date contradicts another.

Never stored: computed from rows each time. Only an answer is a row, and it holds for the very facts that raised the alert.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import Any, TypeAlias

import sqlalchemy as sa

from registry.domain.dates import PartialDate
from registry.domain.force_words import Words
from registry.errors import Reason
from registry.ledger import open_sealed
from registry.ledger.canonical import dumps
from registry.models import AlertAnswer, Body, Document
from registry.permissions import Actor, the_register
from registry.queries.access import may_see_document
from registry.queries.alert_facts import JOINING, ActFacts, Facts, acts_of, agreement_facts_of, posts_ended
from registry.queries.claims import ClaimRow, claim_list
from registry.queries.force import TextForce, forces
from registry.queries.rows import (
    Named,
    Row,
    Sealed,
    document_columns,
    named_document,
    named_party,
    opened,
    party_columns,
)
from registry.queries.snapshot import Snapshot

Forces: TypeAlias = Mapping[int, tuple[TextForce, ...]]
"""Id of an agreement → its texts and their entry into force."""
CODES = (
    "computed-differs", "computed-pending", "act-before-opened", "act-before-party", "act-after-party", "effect-before-act",
    "post-ended", "parties-declared", "fields-declared", "tally-off", "count-claimed",
)  # fmt: skip
"""What an alert can be about, the gravest first."""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """What was answered, by whom and when. party: None: a secretariat or the register. reason: under its seal."""

    party: Named | None
    basis: Named | None
    reason: Sealed | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """One contradiction. subject: kind, agreement or claim, and id. reason: its words, in registry/words/refusals.yaml.

    derivation: how the computed date came about. mark: code, record and SHA-256 of the facts. answer: None while it is open.
    """

    code: str
    subject: tuple[str, int]
    record: Named
    reason: Reason
    mark: str
    derivation: Words | None = None
    answer: AnswerRow | None = None


def alerts(snapshot: Snapshot, actor: Actor) -> tuple[Alert, ...]:
    """Every alert on what this reader may see, the open ones first, sample ones last. Fifteen statements at most."""
    found = list(_on_agreements(snapshot, actor, None))
    told = {(each.record.key, each.code): each.reason.values.get("declared") for each in found}
    return _answered(snapshot, actor, [*found, *_on_claims(snapshot, actor, told)])


def alerts_on(snapshot: Snapshot, actor: Actor, agreement_id: int, computed: Forces | None = None) -> tuple[Alert, ...]:
    """The alerts on one agreement itself; its claims stand beside their tallies on its page. computed: its entry into force, by
    its id, where that is at hand."""
    return _answered(snapshot, actor, list(_on_agreements(snapshot, actor, agreement_id, computed)))


def _on_agreements(
    snapshot: Snapshot, actor: Actor, agreement_id: int | None, computed: Forces | None = None
) -> Iterator[Alert]:
    facts = agreement_facts_of(snapshot, actor, agreement_id)
    identities = [each.id for each in facts]
    if computed is None:
        computed = forces(snapshot, identities)
    acts: dict[int, list[ActFacts]] = {}
    for act in acts_of(snapshot, identities):
        acts.setdefault(act.agreement_id, []).append(act)
    of_posts = [act for each in facts for act in acts.get(each.id, ()) if _reads_posts(actor, each, acts[each.id])]
    ended = posts_ended(snapshot, of_posts)
    for each in facts:
        for text in computed.get(each.id, ()):
            yield from _computed(snapshot, each, text)
        for act in acts.get(each.id, ()):
            yield from _of_act(each, act)
            if act.id in ended:
                day = ended[act.id].isoformat()
                said = Reason("post-ended", _said(act) | {"post": act.post or "", "ended": day})
                yield _alert(each, said, [act.id, act.post, act.done.value, day])
        yield from _declared(each)


def _reads_posts(actor: Actor, each: Facts, acts: Iterable[ActFacts]) -> bool:
    """Whether the reader belongs to the agreement: when somebody's role ended is not for everybody."""
    own = any(act.body_id in actor.reader_bodies for act in acts)
    return actor.sees_all or own or each.grouping_id in actor.groupings


def _computed(snapshot: Snapshot, each: Facts, text: TextForce) -> Iterator[Alert]:
    """The computed date of force beside those that were typed: of the step, for the settled text, and of a document."""
    typed = {"document": text.stated, "step": each.entered if text.kind == "text" else None}
    for source, said in typed.items():
        if said is None or said.value is None:
            continue
        values: dict[str, str | int] = {"version": text.version, "typed_by": source, "typed": said.value}
        facts = [text.text_id, source, *_facts(said)]
        day = text.force.date
        if day is not None and not _may_be(said, day):
            reason = Reason("computed-differs", values | {"computed": day.isoformat()})
            yield _alert(each, reason, [*facts, day.isoformat()], text.force.derivation)
        elif text.force.status == "pending" and (said.last_day() or date.max) <= snapshot.today:
            yield _alert(each, Reason("computed-pending", values), facts, text.force.derivation)


def _of_act(each: Facts, act: ActFacts) -> Iterator[Alert]:
    """One act whose date contradicts that of its text, of its party or its own date of effect."""
    done, said = act.done, _said(act)
    this = [act.id, *_facts(done)]
    opened = None if act.amendment else each.opened
    if opened is not None and done.certainly_before(opened):
        yield _alert(each, Reason("act-before-opened", said | {"opened": opened.value or ""}), [*this, *_facts(opened)])
    for begun in (act.founded, None if act.kind in JOINING else act.since):
        if begun is not None and done.certainly_before(begun):
            yield _alert(each, Reason("act-before-party", said | {"since": begun.value or ""}), [*this, *_facts(begun)])
    for over in (act.ended, None if act.kind == "withdrawal" else act.until):
        if over is not None and over.certainly_before(done):
            yield _alert(each, Reason("act-after-party", said | {"until": over.value or ""}), [*this, *_facts(over)])
    effect = act.takes_effect
    if effect.certainly_before(done):
        yield _alert(each, Reason("effect-before-act", said | {"effect": effect.value or ""}), [*this, *_facts(effect)])


def _declared(each: Facts) -> Iterator[Alert]:
    """The numbers that the document states beside the rows; where one record stands for several like instruments, the two
    do not count the same thing."""
    if each.instruments > 1:
        return
    declared, named = each.declared_parties, each.named_parties
    if declared is not None and declared != named:
        yield _alert(each, Reason("parties-declared", {"declared": declared, "named": named}), [declared, named])
    declared, named = each.declared_fields, each.named_fields
    if declared is not None and declared != named:
        yield _alert(each, Reason("fields-declared", {"declared": declared, "named": named}), [declared, named])


def _on_claims(snapshot: Snapshot, actor: Actor, told: Mapping[tuple[str, str], str | int | None]) -> Iterator[Alert]:
    """Of all rows, so that a mark is the same for every reader; only a reader who sees all that was counted is told.

    told: agreement and code → the number declared: what a claim repeats is not told twice.
    """
    every = {row.code: row for row in claim_list(snapshot, the_register("web"))}
    seen = every if actor.sees_all else {row.code: row for row in claim_list(snapshot, actor)}
    for code in seen:
        row = every[code]
        parts = [each for each in every.values() if each.part_of == code]
        if seen.keys() >= {part.code for part in parts}:
            yield from _tally(row, parts)
        repeats = row.opens is not None and told.get((row.opens.scope[0], f"{row.opens.scope[1]}-declared"))
        if row.gap.difference and row.gap.counted == seen[code].gap.counted and str(repeats) != row.gap.claimed:
            yield _claimed(row)


def _tally(whole: ClaimRow, parts: Collection[ClaimRow]) -> Iterator[Alert]:
    """Parts that one document names as of one day, and that do not add up to the whole; one part alone cannot be more. Numbers
    that are said to be approximate are not added."""
    of_one: dict[tuple[str, PartialDate], list[ClaimRow]] = {}
    for part in parts:
        of_one.setdefault((part.document.key, part.as_of), []).append(part)
    for group in of_one.values():
        numbers = [int(each.gap.claimed) for each in group]
        total, claimed = sum(numbers), int(whole.gap.claimed)
        if (
            any(each.gap.approx for each in (whole, *group))
            or total == claimed
            or (len(group) == 1 and total < claimed)
        ):
            continue
        facts = [claimed, *sorted((each.code, each.gap.claimed) for each in group)]
        values: dict[str, str | int] = {"parts": " + ".join(map(str, numbers)), "total": total, "whole": claimed}
        yield _on_claim(whole, Reason("tally-off", values), facts)


def _claimed(row: ClaimRow) -> Alert:
    gap = row.gap
    values: dict[str, str | int] = {"approx": gap.approx or "", "claimed": gap.claimed, "counted": gap.counted or 0}
    return _on_claim(row, Reason("count-claimed", values), [gap.claimed, gap.approx, gap.counted])


def _may_be(said: PartialDate, day: date) -> bool:
    """Whether a day is one that a partial date can mean."""
    exact = PartialDate.of(day.isoformat(), "day")
    return not (exact.certainly_before(said) or said.certainly_before(exact))


def _said(act: ActFacts) -> dict[str, str | int]:
    party = act.party
    return {
        "party": party.title_zh, "party_en": party.title_en or party.title_zh, "act": act.kind, "done": act.done.value or "",
    }  # fmt: skip


def _facts(said: PartialDate) -> tuple[str | None, str]:
    return said.value, str(said.precision)


def _alert(each: Facts, reason: Reason, facts: list[Any], derivation: Words | None = None) -> Alert:
    mark = _mark(reason.code, "agreement", each.named.key, facts)
    return Alert(reason.code, ("agreement", each.id), each.named, reason, mark, derivation)


def _on_claim(row: ClaimRow, reason: Reason, facts: list[Any]) -> Alert:
    record = Named("claim", row.code, row.what_zh, row.what_en, row.sample)
    return Alert(reason.code, ("claim", row.id), record, reason, _mark(reason.code, "claim", row.code, facts))


def _mark(code: str, kind: str, key: str, facts: list[Any]) -> str:
    """The facts of an alert in one line; names are none of them, so that a rename asks nobody again."""
    return f"{code}:{kind}:{key}:{sha256(dumps(facts).encode()).hexdigest()}"


def _answered(snapshot: Snapshot, actor: Actor, found: list[Alert]) -> tuple[Alert, ...]:
    """The alerts with their answers, the open ones first, each sort in the order of `CODES`."""
    rows = _answers(snapshot, actor, {each.mark for each in found}) if found else []
    texts = open_sealed(snapshot.session, actor, [row.reason for row in rows])
    answers = {row.mark: _answer(row, texts) for row in rows}
    told = [_with(each, answers.get(each.mark)) for each in found]
    return tuple(
        sorted(
            told,
            key=lambda each: (each.answer is not None, each.record.sample, CODES.index(each.code), each.record.key),
        )
    )


def _with(each: Alert, answer: AnswerRow | None) -> Alert:
    return replace(each, answer=answer) if answer else each


def _answers(snapshot: Snapshot, actor: Actor, marks: Collection[str]) -> Sequence[Row]:
    answer, body, document = snapshot.of(AlertAnswer), snapshot.of(Body), snapshot.of(Document)
    return snapshot.session.execute(
        sa.select(answer, *party_columns(body), *document_columns(document))
        .select_from(answer)
        .outerjoin(body, body.c.id == answer.c.body_id)
        .outerjoin(document, sa.and_(document.c.id == answer.c.basis_id, may_see_document(snapshot, actor)))
        .where(answer.c.mark.in_(marks))
    ).all()


def _answer(row: Row, texts: Mapping[str, str]) -> AnswerRow:
    party = named_party(row) if row.party_code else None
    return AnswerRow(party, named_document(row), opened(row.reason, texts), row.recorded_at)
