"""The words that people read instead of codes, in Chinese and English: the same on page, API and log.

labels.yaml holds the words of codes, refusals.yaml what is said instead of an act (see `registry.words.refusals`);
states, steps and roles of procedures bring their titles in their definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, TypeAlias, cast

from registry.domain.guards import VOCABULARY
from workflows import SHIPPED, Definition, Title, load, strict_yaml

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Table: TypeAlias = Mapping[str, Mapping[str, str]]
"""Code → language (or what a file of words names) → text."""

COLUMNS: Mapping[str, str] = {
    "act.authority": "authority",
    "act.confirmation": "confirmation",
    "act.done_precision": "precision",
    "act.kind": "act_kind",
    "act.logged_by": "logged_by",
    "act.received_precision": "precision",
    "act.registered_precision": "precision",
    "act.takes_effect_precision": "precision",
    "act.valid_precision": "precision",
    "agreement.dated_precision": "precision",
    "agreement.kind": "agreement_kind",
    "agreement.level": "level",
    "agreement.party_list": "party_list",
    "agreement.stage": "stage",
    "agreement.state": "state",
    "agreement_party.since_precision": "precision",
    "agreement_party.until_precision": "precision",
    "agreement_text.kind": "text_kind",
    "agreement_text.language": "language",
    "agreement_text.stated_precision": "precision",
    "alert_answer.subject_kind": "subject",
    "alias.issuer_kind": "party_kind",
    "assignment.role": "assignment_role",
    "assignment.since_precision": "precision",
    "assignment.until_precision": "precision",
    "annual_list.level": "level",
    "body.ended_precision": "precision",
    "body.kind": "party_kind",
    "body.province": "province",
    "body_event.kind": "body_event",
    "body_event.on_precision": "precision",
    "body_name.kind": "party_kind",
    "body_name.since_precision": "precision",
    "body_name.until_precision": "precision",
    "citation.subject_kind": "table",
    "claim.as_of_precision": "precision",
    "claim.counts": "counts",
    "claim.level": "level",
    "correction.field": "field",
    "correction.new_precision": "precision",
    "correction.old_precision": "precision",
    "correction.outcome": "correction_outcome",
    "correction.subject_kind": "subject",
    "correction.table_name": "table",
    "correction_objection.subject_kind": "subject",
    "custody.since_precision": "precision",
    "custody.until_precision": "precision",
    "custody.what": "custody",
    "deadline.purpose": "deadline",
    "deadline.state": "state",
    "deadline.subject_kind": "subject",
    "document.kind": "document_kind",
    "document.level": "level",
    "document.published_precision": "precision",
    "document.signed_precision": "precision",
    "event.kind": "event_kind",
    "event.on_precision": "precision",
    "evidence.type": "evidence",
    "grant.role": "role",
    "frozen_page.language": "language",
    "frozen_page.level": "level",
    "grouping.kind": "grouping_kind",
    "item.grade": "grade",
    "item.graded_precision": "precision",
    "item.lane": "lane",
    "item.level": "level",
    "item.stage": "stage",
    "item.state": "state",
    "lamp_override.colour": "lamp",
    "lane_change.effective_precision": "precision",
    "lane_change.lane": "lane",
    "lineage.kind": "lineage",
    "list_version.adopted_precision": "precision",
    "matter.level": "level",
    "matter.opened_precision": "precision",
    "matter.stage": "stage",
    "matter.state": "state",
    "matter_party.role": "assignment_role",
    "matter_party.since_precision": "precision",
    "matter_party.until_precision": "precision",
    "matter_value.name": "matter_field",
    "mechanism.kind": "mechanism",
    "mechanism.review_precision": "precision",
    "meeting.held_precision": "precision",
    "membership.role": "membership_role",
    "membership.since_precision": "precision",
    "membership.until_precision": "precision",
    "moved_reference.subject_kind": "subject",
    "moved_reference.table_name": "table",
    "notice.kind": "notice",
    "notice.subject_kind": "subject",
    "observation.as_of_precision": "precision",
    "opt_out.since_precision": "precision",
    "opt_out.until_precision": "precision",
    "partner.kind": "partner_kind",
    "person.language": "language",
    "policy.name": "policy",
    "procedure.status": "procedure_status",
    "proposal.effective_precision": "precision",
    "proposal.outcome": "outcome",
    "proposal.subject_kind": "subject",
    "proposal.transition": "transition",
    "relation.kind": "relation",
    "report.as_of_precision": "precision",
    "report.grade": "grade",
    "same_as.subject_kind": "subject",
    "step.effective_precision": "precision",
    "step.from_state": "state",
    "step.kind": "step_kind",
    "step.subject_kind": "subject",
    "step.to_state": "state",
    "step.transition": "transition",
    "target.comparator": "comparator",
    "target.period": "period",
    "text_file.certified_precision": "precision",
    "text_file.kind": "file_kind",
    "text_file.language": "language",
    "vote.answer": "answer",
    "vote.standing": "standing",
    "vote.subject_kind": "subject",
}
"""Columns that hold codes, as `table.column`, and the kind of their words."""


def label(kind: str, key: str, language: Language, definition: Definition | None = None) -> str:
    """The word for a code.

    kind: a kind of labels.yaml; state, trigger, transition or role of a procedure; or a column as `table.column`.
        An act that no file of words names is a step, and is called as its procedure calls that.
    definition: the procedure that speaks first, for two of them may give one id different titles.
    A code without a word, and any text of a column that holds none, stands for itself.
    """
    kind = COLUMNS.get(kind, kind)
    if kind == "act" and key not in _labels()["act"]:  # a step of a procedure that a city made
        trigger = key.partition(".")[2]
        said = label("trigger", trigger, language, definition)
        return key if said == trigger else said
    title = titles_of(definition).get((kind, key)) if definition else None
    if title:
        return title.en if language == "en" and title.en else title.zh
    words = _labels().get(kind, {}).get(key)
    return words[language] if words else key


def table_of(name: str) -> Table:
    """A file of words of this folder, read strictly."""
    return cast(Table, strict_yaml.read((Path(__file__).parent / name).read_bytes()).data)


@cache
def _labels() -> Mapping[str, Table]:
    labels: dict[str, dict[str, Mapping[str, str]]] = {
        kind: dict(words) for kind, words in cast(Mapping[str, Table], table_of("labels.yaml")).items()
    }
    for path in sorted(SHIPPED.glob("*.yaml")):
        for (kind, key), title in titles_of(load(path.read_text("utf-8"), VOCABULARY)).items():
            labels.setdefault(kind, {}).setdefault(key, {"zh": title.zh, "en": title.en or title.zh})
    return labels


@lru_cache(maxsize=256)
def titles_of(definition: Definition) -> Mapping[tuple[str, str], Title]:
    """The titles of all that a procedure names, by kind (state, trigger, transition, role, evidence, matter_field) and code;
    the first arrow speaks for its trigger."""
    titles: dict[tuple[str, str], Title] = {}
    for each in definition.ways:
        titles["transition", each.id] = each.title
        titles.setdefault(("trigger", each.trigger), each.title)
    titles |= {("state", each.id): each.title for each in definition.states.values()}
    titles |= {("role", each.id): each.title for each in definition.roles.values() if each.title}
    titles |= {("evidence", each.id): each.title for each in definition.evidence_types.values()}
    titles |= {("matter_field", each.id): each.title for each in definition.fields.values()}
    return titles
