"""The words that people read instead of codes, in Chinese and English: the same on page, API and log.

labels.yaml holds the words of codes, refusals.yaml what is said instead of an act (see `registry.words.refusals`);
states, steps and roles of procedures bring their titles in their definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias, cast

from registry.domain.guards import EFFECTS, GUARDS
from workflows import SHIPPED, Definition, Title, load, strict_yaml

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
Table: TypeAlias = Mapping[str, Mapping[str, str]]
"""Code → language (or what a file of words names) → text."""

COLUMNS: Mapping[str, str] = {
    "act.confirmation": "confirmation",
    "act.done_precision": "precision",
    "act.kind": "act_kind",
    "act.logged_by": "logged_by",
    "agreement.dated_precision": "precision",
    "agreement.kind": "agreement_kind",
    "agreement.level": "level",
    "agreement.party_list": "party_list",
    "agreement.stage": "stage",
    "agreement.state": "state",
    "agreement_text.language": "language",
    "assignment.role": "assignment_role",
    "body.kind": "party_kind",
    "citation.subject_kind": "table",
    "claim.as_of_precision": "precision",
    "claim.counts": "counts",
    "claim.level": "level",
    "document.kind": "document_kind",
    "document.level": "level",
    "document.published_precision": "precision",
    "document.signed_precision": "precision",
    "event.kind": "event_kind",
    "event.on_precision": "precision",
    "evidence.type": "evidence",
    "grant.role": "role",
    "grouping.kind": "grouping_kind",
    "item.grade": "grade",
    "item.graded_precision": "precision",
    "item.lane": "lane",
    "item.level": "level",
    "item.stage": "stage",
    "item.state": "state",
    "mechanism.kind": "mechanism",
    "mechanism.review_precision": "precision",
    "meeting.held_precision": "precision",
    "membership.role": "membership_role",
    "membership.since_precision": "precision",
    "membership.until_precision": "precision",
    "partner.kind": "partner_kind",
    "person.language": "language",
    "procedure.status": "procedure_status",
    "relation.kind": "relation",
    "report.as_of_precision": "precision",
    "report.grade": "grade",
    "step.effective_precision": "precision",
    "step.from_state": "state",
    "step.kind": "step_kind",
    "step.subject_kind": "subject",
    "step.to_state": "state",
    "step.transition": "transition",
    "target.comparator": "comparator",
    "target.period": "period",
}
"""Columns that hold codes, as `table.column`, and the kind of their words."""


def label(kind: str, key: str, language: Language) -> str:
    """The word for a code.

    kind: a kind of labels.yaml; state, trigger or transition of a procedure; or a column as `table.column`.
    A code without a word, and any text of a column that holds none, stands for itself: a procedure of a city may name states
    of its own.
    """
    words = _labels().get(COLUMNS.get(kind, kind), {}).get(key)
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
        for kind, key, title in _titles(load(path.read_text("utf-8"), GUARDS, EFFECTS)):
            labels.setdefault(kind, {}).setdefault(key, {"zh": title.zh, "en": title.en or title.zh})
    return labels


def _titles(definition: Definition) -> list[tuple[str, str, Title]]:
    """Kind, code and title of all that a procedure names; the first arrow speaks for its trigger."""
    roles = [("role", role.id, role.title) for role in definition.roles.values() if role.title]
    states = [("state", state.id, state.title) for state in definition.states.values()]
    arrows = [("transition", each.id, each.title) for each in definition.transitions]
    triggers = [("trigger", each.trigger, each.title) for each in definition.transitions]
    return [*roles, *states, *arrows, *triggers]
