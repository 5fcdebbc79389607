"""Bad definitions: what is replaced in BASE by what, and the finding that must come of it.

`¦` marks the line that the finding must name; it is taken out before the text is read.
"""

from dataclasses import dataclass

from tests.workflows.guards import EFFECTS, GUARDS
from workflows import Vocabulary

WORDS = Vocabulary(
    GUARDS,
    EFFECTS,
    frozenset(
        {
            ("matter", "party_count", "integer"),
            ("matter", "text_settled", "boolean"),
            ("matter", "route", "text"),
        }
    ),
)

BASE = """\
schema: workflow/1
id: test
version: 2
title: {zh: 试, en: Test}
subject: matter
initial: a
roles: {officer: {of: each_party}}
facts: {party_count: integer, text_settled: boolean, route: text}
fields: {due_on: {type: date, class: open, title: {zh: 期限, en: Due}}}
evidence_types: {basis: {title: {zh: 依据, en: Basis}, files: [pdf]}}
states:
  a: {title: {zh: 甲, en: A}, stage: opened, review_every: P1M}
  b: {title: {zh: 乙, en: B}, stage: under_way, review_every: P1M}
  held: {title: {zh: 缓, en: Held}, stage: as_before, review_every: P1M}
  end: {title: {zh: 终, en: End}, stage: ended, final: true}
transitions:
  - {id: go, title: {zh: 走, en: Go}, from: [a], to: b, kind: forward, actor: {roles: [officer]}}
  - {id: stop, title: {zh: 完, en: Stop}, from: [b], to: end, kind: forward, two_person: true, actor: {roles: [officer]}}
  - {id: hold, title: {zh: 缓, en: Hold}, from: [a, b], to: held, kind: suspend, actor: {roles: [officer]}}
  - {id: resume, title: {zh: 复, en: Resume}, from: [held], to: before_suspension, kind: resume, actor: {roles: [officer]}}
  - {id: enter, title: {zh: 补录, en: Enter}, to: [a, b], kind: entry, basis: required, actor: {roles: [officer]}}
"""
GO, STOP, HOLD, RESUME, ENTER = (f"{line}\n" for line in BASE.splitlines()[-5:])
B = next(f"{line}\n" for line in BASE.splitlines() if line.startswith("  b:"))
ITEM = BASE.replace("subject: matter", "subject: item")
TITLE_B = "title: {zh: 乙, en: B}"


@dataclass(frozen=True)
class Bad:
    """One change of a base and the finding that it must bring: code, culprit, a word of the English remedy."""

    name: str
    old: str
    new: str
    code: str
    culprit: str
    word: str
    base: str = BASE

    @property
    def text(self) -> str:
        assert self.old in self.base, self.name
        return self.base.replace(self.old, self.new, 1).replace("¦", "")

    @property
    def line(self) -> int:
        return self.base.replace(self.old, self.new, 1).split("¦")[0].count("\n") + 1


def changed(step: str, old: str, new: str) -> str:
    """A step with a part replaced, its line marked."""
    assert old in step
    return step.replace("  - ", "  - ¦").replace(old, new)


def in_b(more: str) -> str:
    """State b with further keys."""
    review = "" if "review_every" in more else ", review_every: P1M"
    return f"¦  b: {{{TITLE_B}, stage: under_way, {more}{review}}}\n"


def in_go(more: str) -> str:
    """Step go with further keys."""
    return changed(GO, "}}\n", "}, " + more + "}\n")


def with_consent(more: str) -> str:
    """Step go with a round of consent."""
    return in_go(f"consent: {{{more}}}")


def with_fields(more: str) -> str:
    """Further fields."""
    return f"¦fields: {{{more}, due_on:"


def too_many_arrows() -> str:
    """5,100 arrows in 25 kB."""
    names = [f"s{number}" for number in range(100)]
    states = "".join(f"  {name}: {{title: {{zh: 态}}, stage: opened}}\n" for name in names)
    step = "  - {{id: x{}, title: {{zh: 步}}, from: [{}], to: b, kind: system}}\n"
    return states + "¦transitions:\n" + "".join(step.format(number, ", ".join(names)) for number in range(51))


BAD = [
    Bad("alias", "id: test", "¦id: &x test", "E1", ".", "anchors"),
    Bad("duplicate key", "version: 2\n", "version: 2\n¦version: 3\n", "E1", ".", "twice"),
    Bad("unknown key", "version: 2\n", "version: 2\n¦verison: 2\n", "E1", "verison", "no key"),
    Bad("unknown key deep", B, in_b("stagee: x"), "E1", "states.b.stagee", "no key"),
    Bad("key missing", "version: 2\n", "", "E1", ".", "version is missing"),
    Bad("key missing deep", B, "¦  b: {title: {zh: 乙, en: B}}\n", "E1", "states.b", "stage is missing"),
    Bad("wrong schema", "schema: workflow/1", "¦schema: workflow/2", "E1", "schema", "one of"),
    Bad("version as text", "version: 2", "¦version: '1'", "E1", "version", "integer"),
    Bad("version true", "version: 2", "¦version: true", "E1", "version", "integer"),
    Bad("version zero", "version: 2", "¦version: 0", "E1", "version", "at least 1"),
    Bad("final yes", B, in_b("final: yes"), "E1", "states.b.final", "true or false"),
    Bad("title a word", B, "¦  b: {title: 乙, stage: under_way}\n", "E1", "states.b.title", "a mapping"),
    Bad("title blank", B, '¦  b: {title: {zh: " "}, stage: under_way}\n', "E1", "states.b.title.zh", "line of text"),
    Bad("roles a list", "roles: {officer: {of: each_party}}", "¦roles: [officer]", "E1", "roles", "a mapping"),
    Bad("state name", B, "¦  B b: {title: {zh: 乙, en: B}, stage: under_way}\n", "E1", "states.B b", "identifier"),
    Bad(
        "reserved state",
        B,
        "¦  before_suspension: {title: {zh: 乙, en: B}, stage: under_way}\n",
        "E1",
        "states.before_suspension",
        "reserved",
    ),
    Bad(
        "reserved role",
        "roles: {officer: {of: each_party}}",
        "¦roles: {system: {of: each_party}}",
        "E1",
        "roles.system",
        "reserved",
    ),
    Bad("a trigger that calls", GO, in_go("trigger: os.system"), "E1", "transitions[0].trigger", "identifier"),
    Bad(
        "a guard that calls",
        GO,
        in_go("guards: [{use: os.system}]"),
        "E1",
        "transitions[0].guards[0].use",
        "identifier",
    ),
    Bad("wildcard source", GO, changed(GO, "[a]", "['*']"), "E1", "transitions[0].from[0]", "identifier"),
    Bad("same target", GO, changed(GO, "to: b", "to: '='"), "E1", "transitions[0].to", "identifier"),
    Bad("unknown kind", GO, changed(GO, "forward", "sideways"), "E1", "transitions[0].kind", "one of"),
    Bad("source twice", GO, changed(GO, "[a]", "[a, a]"), "E1", "transitions[0].from[1]", "twice"),
    Bad("no source", GO, changed(GO, "from: [a], ", ""), "E1", "transitions[0]", "from is missing"),
    Bad("two targets", GO, changed(GO, "to: b", "to: [a, b]"), "E1", "transitions[0].to", "only an entry"),
    Bad("no actor", GO, changed(GO, ", actor: {roles: [officer]}", ""), "E1", "transitions[0]", "actor is missing"),
    Bad("nobody acts", GO, changed(GO, "[officer]", "[]"), "E1", "transitions[0].actor.roles", "a list of"),
    Bad("system with actor", GO, changed(GO, "forward", "system"), "E1", "transitions[0].actor", "leave actor out"),
    Bad("two facts in when", GO, in_go("when: {route: x, party_count: 1}"), "E1", "transitions[0].when", "one fact"),
    Bad("list in when", GO, in_go("when: {route: [[x]]}"), "E1", "transitions[0].when.route[0]", "a text"),
    Bad("basis optional", GO, in_go("basis: optional"), "E1", "transitions[0].basis", "required"),
    Bad("limit zero", GO, in_go("limit: 0"), "E1", "transitions[0].limit", "at least 1"),
    Bad("id twice", STOP, changed(STOP, "id: stop", "id: go"), "E1", "transitions[1].id", "twice"),
    Bad("entry without basis", ENTER, changed(ENTER, " basis: required,", ""), "E1", "transitions[4]", "basis"),
    Bad(
        "entry with source",
        ENTER,
        changed(ENTER, "to:", "from: [a], to:"),
        "E1",
        "transitions[4].from",
        "leave from out",
    ),
    Bad(
        "entry with guard",
        ENTER,
        changed(ENTER, "to:", "guards: [{use: text_settled}], to:"),
        "E1",
        "transitions[4].guards",
        "leave guards out",
    ),
    Bad("entry suspended", ENTER, changed(ENTER, "[a, b]", "[a, held]"), "E1", "transitions[4].to", "suspend step"),
    Bad("suspend elsewhere", HOLD, changed(HOLD, "to: held", "to: end"), "E1", "transitions[2].to", "suspend step"),
    Bad(
        "aside without suspend",
        HOLD,
        changed(HOLD, "kind: suspend", "kind: return"),
        "E1",
        "transitions[2].to",
        "suspend step",
    ),
    Bad("suspend twice", HOLD, changed(HOLD, "[a, b]", "[a, b, held]"), "E1", "transitions[2].to", "suspends twice"),
    Bad(
        "back without resume",
        RESUME,
        changed(RESUME, "kind: resume", "kind: forward"),
        "E1",
        "transitions[3].to",
        "kind resume",
    ),
    Bad("resume from work", RESUME, changed(RESUME, "[held]", "[held, b]"), "E1", "transitions[3].to", "kind resume"),
    Bad("bad duration", B, in_b("review_every: 3 months"), "E15", "states.b.review_every", "no duration"),
    Bad("negative deadline", B, in_b("deadline: {after: -P3D}"), "E15", "states.b.deadline.after", "no duration"),
    Bad(
        "consent of nobody",
        GO,
        in_go("consent: {voters: nobody, method: all}"),
        "E1",
        "transitions[0].consent.voters",
        "one of",
    ),
    Bad(
        "ratio in decimals",
        GO,
        in_go("consent: {voters: each_party, method: {ratio: 0.5}}"),
        "E1",
        "transitions[0].consent.method.ratio",
        "2/3",
    ),
    Bad("unknown source", GO, changed(GO, "[a]", "[a, x]"), "E2", "transitions[0].from[1]", "no state named x"),
    Bad("unknown target", GO, changed(GO, "to: b", "to: x"), "E2", "transitions[0].to[0]", "no state named x"),
    Bad(
        "unknown state of change",
        GO,
        in_go("consent: {voters: each_party, method: all, on_request_change: {to: x}}"),
        "E2",
        "transitions[0].consent.on_request_change.to",
        "no state named x",
    ),
    Bad(
        "unknown voided step",
        GO,
        in_go("consent: {voters: each_party, method: all, on_request_change: {to: a, invalidate: [x]}}"),
        "E2",
        "transitions[0].consent.on_request_change.invalidate[0]",
        "no transition named x",
    ),
    Bad(
        "unknown migrated state",
        "initial: a\n",
        "initial: a\n¦migrate: {from_version: 1, states: {old: x}}\n",
        "E2",
        "migrate.states.old",
        "no state named x",
    ),
    Bad(
        "stage of another subject",
        B,
        "¦  b: {title: {zh: 乙, en: B}, stage: signing}\n",
        "E2",
        "states.b.stage",
        "no stage signing",
    ),
    Bad(
        "unknown role",
        GO,
        changed(GO, "[officer]", "[mayor]"),
        "E2",
        "transitions[0].actor.roles[0]",
        "no role named mayor",
    ),
    Bad(
        "unknown who",
        GO,
        in_go("guards: [{use: text_settled, who: [mayor]}]"),
        "E2",
        "transitions[0].guards[0].who[0]",
        "no role named mayor",
    ),
    Bad(
        "unknown escalation",
        B,
        in_b("deadline: {after: P3D, escalate: [{after: P0D, to: mayor}]}"),
        "E2",
        "states.b.deadline.escalate[0].to",
        "no role named mayor",
    ),
    Bad(
        "unknown evidence",
        GO,
        in_go("evidence: [{type: letter}]"),
        "E2",
        "transitions[0].evidence[0].type",
        "no evidence type named letter",
    ),
    Bad("unknown effect", GO, in_go("effects: [shell]"), "E2", "transitions[0].effects[0]", "no effect named shell"),
    Bad(
        "unknown guard",
        GO,
        in_go("guards: [{use: all_good}]"),
        "E2",
        "transitions[0].guards[0].use",
        "no guard named all_good",
    ),
    Bad(
        "unknown parameter",
        GO,
        in_go("guards: [{use: text_settled, with: {at_least: 1}}]"),
        "E2",
        "transitions[0].guards[0].with.at_least",
        "no parameter",
    ),
    Bad(
        "parameter of wrong type",
        GO,
        in_go("guards: [{use: parties_named, with: {at_least: true}}]"),
        "E2",
        "transitions[0].guards[0].with.at_least",
        "type integer",
    ),
    Bad(
        "parameter missing",
        GO,
        in_go("guards: [{use: parties_named}]"),
        "E2",
        "transitions[0].guards[0]",
        "needs the parameter",
    ),
    Bad(
        "fact undeclared",
        GO,
        in_go("guards: [{use: mechanism_recorded}]"),
        "E2",
        "transitions[0].guards[0].use",
        "mechanism_recorded: boolean",
    ),
    Bad(
        "when undeclared",
        GO,
        in_go("when: {weather: fine}"),
        "E2",
        "transitions[0].when.weather",
        "no fact named weather",
    ),
    Bad(
        "when of wrong type",
        GO,
        in_go("when: {party_count: true}"),
        "E2",
        "transitions[0].when.party_count",
        "type integer",
    ),
    Bad(
        "unreachable",
        B,
        B + "¦  c: {title: {zh: 丙}, stage: ended, final: true}\n",
        "E3",
        "states.c",
        "cannot be reached",
    ),
    Bad("only termination", STOP, STOP.replace("forward", "terminate"), "E4", "states.b", "no final or goal"),
    Bad("circle", STOP, STOP.replace("to: end", "to: a"), "E4", "states.b", "no final or goal"),
    Bad("final with exit", B, in_b("final: true"), "E5", "states.b", "final and has an exit"),
    Bad(
        "dead end",
        "stage: ended, final: true",
        "stage: ended, goal: true, review_every: P1M",
        "E5",
        "states.end",
        "no exit",
    ),
    Bad("unknown initial", "initial: a\n", "¦initial: x\n", "E5", "initial", "unknown"),
    Bad("final initial", "initial: a\n", "¦initial: end\n", "E5", "initial", "final"),
    Bad("suspended initial", "initial: a\n", "¦initial: held\n", "E5", "initial", "suspended"),
    Bad("arrow from nowhere", "initial: a\n", "initial: b\n", "E6", "transitions[0].from[0]", "no run can take"),
    Bad("two ways", STOP, STOP + changed(GO, "id: go", "id: go2, trigger: go"), "E7", "transitions[2]", "both leave a"),
    Bad(
        "two ways, one tested",
        STOP,
        STOP + in_go("when: {route: x}").replace("id: go", "id: go2, trigger: go"),
        "E7",
        "transitions[2]",
        "both leave a",
    ),
    Bad("two entries", ENTER, ENTER + changed(ENTER, "id: enter", "id: again"), "E7", "transitions[5]", "both leave a"),
    # ---- keys that do not go together
    Bad("no time limit", B, in_b("deadline: {remind: [P1D]}"), "E1", "states.b.deadline", "either after"),
    Bad("two time limits", B, in_b("deadline: {after: P3D, by: due_on}"), "E1", "states.b.deadline", "either after"),
    Bad("fields of an item", "subject: matter", "subject: item", "E1", "fields", "may have fields"),
    Bad("asks of an item", GO, in_go("asks: [due_on]"), "E1", "transitions[0].asks", "may have asks", ITEM),
    Bad("by of an item", B, in_b("deadline: {by: due_on}"), "E1", "states.b.deadline.by", "may have by", ITEM),
    Bad("asked twice", GO, in_go("asks: [due_on, due_on]"), "E1", "transitions[0].asks[1]", "twice"),
    Bad(
        "asked at entry",
        ENTER,
        changed(ENTER, "to:", "asks: [due_on], to:"),
        "E1",
        "transitions[4].asks",
        "leave asks",
    ),
    Bad(
        "nothing to choose",
        "fields: {due_on:",
        with_fields("grade: {type: choice, class: open, title: {zh: 级, en: Grade}}"),
        "E1",
        "fields.grade",
        "say its choices",
    ),
    Bad(
        "choices of a text",
        "fields: {due_on:",
        with_fields("note: {type: text, class: open, title: {zh: 注, en: Note}, choices: [A]}"),
        "E1",
        "fields.note.choices",
        "type text has no choices",
    ),
    Bad("too many arrows", "transitions:\n", too_many_arrows(), "E1", "transitions", "5000"),
    Bad("no parties", "initial: a\n", "initial: a\n¦parties: {at_least: 0}\n", "E1", "parties.at_least", "at least 1"),
    Bad(
        "a change that suspends",
        GO,
        with_consent(
            "voters: each_party, method: all, answers: [agree, request_change], on_request_change: {to: held}"
        ),
        "E1",
        "transitions[0].consent.on_request_change.to",
        "suspend step",
    ),
    # ---- names
    Bad("unknown field", GO, in_go("asks: [weather]"), "E2", "transitions[0].asks[0]", "no field named weather"),
    Bad("by an unknown field", B, in_b("deadline: {by: x}"), "E2", "states.b.deadline.by", "no field named x"),
    Bad(
        "by a text",
        B,
        in_b("deadline: {by: note}"),
        "E2",
        "states.b.deadline.by",
        "needs a field of type date",
        BASE.replace("fields: {", "fields: {note: {type: text, class: open, title: {zh: 注, en: Note}}, "),
    ),
    Bad(
        "fact of no source",
        "route: text}",
        "route: text, weather: text}",
        "E2",
        "facts.weather",
        "no fact named weather",
    ),
    Bad("fact of wrong type", "route: text", "route: integer", "E2", "facts.route", "is of type text"),
]
