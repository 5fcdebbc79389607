"""Bad definitions whose names are sound: consent, time and versions that cannot work, and what is only warned of."""

from tests.workflows.bad_definitions import BASE, GO, STOP, TITLE_B, WORDS, B, Bad, changed, in_b, in_go, with_consent
from workflows import Definition, load

EARLIER = (
    BASE.replace("version: 2", "version: 1")
    .replace("  b:", "  talks:")
    .replace("  end:", "  gone:")
    .replace("to: b,", "to: talks,")
    .replace("to: end,", "to: gone,")
    .replace("[b]", "[talks]")
    .replace("[a, b]", "[a, talks]")
)
"""Version 1, which called b `talks` and end `gone`."""


def earlier(definition_id: str, version: int) -> Definition | None:
    """The earlier version, if it is asked for."""
    return load(EARLIER, WORDS) if (definition_id, version) == ("test", 1) else None


def migrating(more: str) -> str:
    return f"initial: a\n¦migrate: {{{more}}}\n"


def automatic(name: str, source: str, target: str) -> str:
    return f"  - ¦{{id: {name}, title: {{zh: 自动, en: Automatic}}, from: [{source}], to: {target}, kind: system}}\n"


BAD_RULES = [
    # ---- consent
    Bad(
        "change never asked",
        GO,
        with_consent("voters: each_party, method: all, on_request_change: {to: a}"),
        "E6",
        "transitions[0].consent.on_request_change",
        "add request_change",
    ),
    Bad(
        "two of one",
        GO,
        with_consent("voters: each_party, method: {at_least: 2}"),
        "E8",
        "transitions[0].consent.method",
        "allowed are 1",
    ),
    Bad(
        "four of three",
        GO,
        with_consent("voters: each_party, method: {at_least: 4}"),
        "E8",
        "transitions[0].consent.method",
        "allowed are 3",
        BASE.replace("initial: a\n", "initial: a\nparties: {at_least: 3}\n"),
    ),
    Bad(
        "two leading parties",
        GO,
        with_consent("voters: lead_party, method: {at_least: 2}"),
        "E8",
        "transitions[0].consent.method",
        "allowed are 1",
        BASE.replace("initial: a\n", "initial: a\nparties: {at_least: 3}\n"),
    ),
    Bad(
        "more than all",
        GO,
        with_consent("voters: each_party, method: {ratio: 3/2}"),
        "E8",
        "transitions[0].consent.method.ratio",
        "more than all",
    ),
    Bad(
        "nobody agrees",
        GO,
        with_consent("voters: each_party, method: any, answers: [object, abstain]"),
        "E8",
        "transitions[0].consent.answers",
        "add agree",
    ),
    Bad(
        "veto of a party that does not vote",
        GO,
        with_consent("voters: lead_party, method: all, veto: [lead_party, each_party]"),
        "E8",
        "transitions[0].consent.veto[1]",
        "each_party holds a veto",
    ),
    Bad(
        "veto of the host",
        GO,
        with_consent("voters: each_party, method: all, veto: [host]"),
        "E8",
        "transitions[0].consent.veto[0]",
        "host holds a veto",
    ),
    Bad(
        "lenient veto",
        GO,
        with_consent("voters: each_party, method: any, veto: [lead_party], veto_mode: lenient"),
        "E9",
        "transitions[0].consent.veto_mode",
        "flip",
    ),
    Bad(
        "party without officer",
        GO,
        with_consent("voters: each_party, method: all"),
        "E10",
        "transitions[0].consent.voters",
        "vote of each_party",
        BASE.replace("each_party", "lead_party"),
    ),
    Bad(
        "lead without officer",
        GO,
        with_consent("voters: lead_party, method: all"),
        "E10",
        "transitions[0].consent.voters",
        "vote of lead_party",
        BASE.replace("each_party", "grouping"),
    ),
    Bad(
        "evidence from nobody",
        GO,
        in_go("evidence: [{type: basis, min: 2}, {type: basis, from: host}]"),
        "E11",
        "transitions[0].evidence[1].from",
        "asked from host",
    ),
    Bad(
        "evidence of the lead from nobody",
        GO,
        in_go("evidence: [{type: basis, from: lead_party}]"),
        "E11",
        "transitions[0].evidence[0].from",
        "asked from lead_party",
        BASE.replace("each_party", "grouping"),
    ),
    *(
        Bad(
            f"{key} of the register",
            GO,
            changed(GO, "forward, actor: {roles: [officer]}", f"system, {key}: {value}"),
            "E11",
            f"transitions[0].{key}",
            f"gives no {key}",
        )
        for key, value in {"evidence": "[{type: basis}]", "basis": "required", "asks": "[due_on]"}.items()
    ),
    # ---- time
    Bad(
        "escalation goes round",
        B,
        in_b("deadline: {after: P3D, escalate: [{after: P0D, to: officer}]}"),
        "E12",
        "states.b.deadline.escalate[0].to",
        "tell another role",
    ),
    Bad(
        "silence told to nobody",
        GO,
        with_consent("voters: each_party, method: all, silence: {after: P3D, counts_as: escalate}"),
        "E12",
        "transitions[0].consent.silence.counts_as",
        "nobody hears",
    ),
    Bad("system step to itself", STOP, STOP + automatic("x", "b", "b"), "E13", "transitions[2]", "circle"),
    Bad(
        "system steps in a circle",
        STOP,
        STOP + automatic("x", "a", "b").replace("¦", "") + automatic("y", "b", "a"),
        "E13",
        "transitions[3]",
        "y lies on a circle",
    ),
    Bad("working days uncounted", B, in_b("deadline: {after: P3WD}"), "E15", "states.b.deadline.after", "calendar"),
    Bad(
        "reminder uncounted",
        B,
        in_b("deadline: {after: P9D, remind: [P1D, P3WD]}"),
        "E15",
        "states.b.deadline.remind[1]",
        "calendar",
    ),
    Bad(
        "silence uncounted",
        GO,
        with_consent("voters: each_party, method: all, silence: {after: P3WD, counts_as: agree}"),
        "E15",
        "transitions[0].consent.silence.after",
        "calendar",
    ),
    Bad("no time", B, in_b("deadline: {after: P0D}"), "E15", "states.b.deadline.after", "no time"),
    Bad("review of no time", B, in_b("review_every: P0M"), "E15", "states.b.review_every", "no time"),
    Bad(
        "silence of no time",
        GO,
        with_consent("voters: each_party, method: all, silence: {after: P0D, counts_as: agree}"),
        "E15",
        "transitions[0].consent.silence.after",
        "no time",
    ),
    Bad(
        "reminder as long",
        B,
        in_b("deadline: {after: P2W, remind: [P13D, P14D]}"),
        "E15",
        "states.b.deadline.remind[1]",
        "P14D ahead",
    ),
    Bad(
        "reminder longer",
        B,
        in_b("deadline: {after: P11M, remind: [P1Y]}"),
        "E15",
        "states.b.deadline.remind[0]",
        "P1Y ahead",
    ),
    # ---- versions
    Bad("from itself", "initial: a\n", migrating("from_version: 2"), "E15", "migrate.from_version", "version 2"),
    Bad(
        "from a version that is not there",
        "version: 2\n",
        "version: 4\n¦migrate: {from_version: 3}\n",
        "E14",
        "migrate.from_version",
        "no version 3",
    ),
    Bad("left unmapped", "initial: a\n", migrating("from_version: 1"), "E14", "migrate", "talks has no place"),
    Bad(
        "suspension left unmapped",
        "initial: a\n",
        migrating("from_version: 1, states: {talks: b}"),
        "E14",
        "migrate",
        "held has no place",
        BASE.replace("  held:", "  shelved:").replace("to: held", "to: shelved").replace("[held]", "[shelved]"),
    ),
    Bad(
        "mapped from nothing",
        "initial: a\n",
        migrating("from_version: 1, states: {talks: b, x: b}"),
        "E14",
        "migrate.states.x",
        "no state x",
    ),
    Bad(
        "work put into suspension",
        "initial: a\n",
        migrating("from_version: 1, states: {talks: held}"),
        "E14",
        "migrate.states.talks",
        "of talks and held",
    ),
    Bad(
        "suspension put to work",
        "initial: a\n",
        migrating("from_version: 1, states: {talks: b, held: b}"),
        "E14",
        "migrate.states.held",
        "of held and b",
    ),
    # ---- warnings
    Bad(
        "endless return",
        STOP,
        STOP + changed(GO, "from: [a], to: b, kind: forward", "from: [b], to: a, kind: return").replace("go,", "back,"),
        "W1",
        "transitions[2]",
        "back can be taken again",
    ),
    Bad("nobody looks", B, f"¦  b: {{{TITLE_B}, stage: under_way}}\n", "W2", "states.b", "can be forgotten"),
    Bad("one alone", STOP, changed(STOP, "two_person: true, ", ""), "W3", "transitions[1]", "approve stop"),
    Bad("one alone to the goal", B, in_b("goal: true").lstrip("¦"), "W3", "transitions[0]", "approve go"),
    *(
        Bad(f"no English: {culprit}", old, "¦" + new, "W4", culprit, "has no English")
        for culprit, old, new in (
            ("title", "title: {zh: 试, en: Test}", "title: {zh: 试}"),
            ("states.b.title", "  b: {title: {zh: 乙, en: B}", "  b: {title: {zh: 乙}"),
            ("transitions[1].title", "  - {id: stop, title: {zh: 完, en: Stop}", "  - {id: stop, title: {zh: 完}"),
            (
                "roles.officer.title",
                "roles: {officer: {of: each_party}}",
                "roles: {officer: {of: each_party, title: {zh: 员}}}",
            ),
            (
                "fields.due_on.title",
                "fields: {due_on: {type: date, class: open, title: {zh: 期限, en: Due}}}",
                "fields: {due_on: {type: date, class: open, title: {zh: 期限}}}",
            ),
            (
                "evidence_types.basis.title",
                "evidence_types: {basis: {title: {zh: 依据, en: Basis}",
                "evidence_types: {basis: {title: {zh: 依据}",
            ),
        )
    ),
]
