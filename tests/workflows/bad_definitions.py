"""Bad definitions: what is replaced in BASE by what, and the finding that must come of it.

`¦` marks the line that the finding must name; it is taken out before the text is read.
"""

from dataclasses import dataclass

BASE = """\
schema: workflow/1
id: test
version: 1
title: {zh: 试, en: Test}
subject: item
initial: a
roles: {officer: {of: each_party}}
facts: {party_count: integer, text_settled: boolean, route: text}
evidence_types: {basis: {title: {zh: 依据}, files: [pdf]}}
states:
  a: {title: {zh: 甲}, stage: intent}
  b: {title: {zh: 乙}, stage: in_progress}
  held: {title: {zh: 缓}, stage: as_before}
  end: {title: {zh: 终}, stage: ended, final: true}
transitions:
  - {id: go, title: {zh: 走}, from: [a], to: b, kind: forward, actor: {roles: [officer]}}
  - {id: stop, title: {zh: 完}, from: [b], to: end, kind: forward, actor: {roles: [officer]}}
  - {id: hold, title: {zh: 缓}, from: [a, b], to: held, kind: suspend, actor: {roles: [officer]}}
  - {id: resume, title: {zh: 复}, from: [held], to: before_suspension, kind: resume, actor: {roles: [officer]}}
  - {id: enter, title: {zh: 补录}, to: [a, b], kind: entry, basis: required, actor: {roles: [officer]}}
"""

GO = "  - {id: go, title: {zh: 走}, from: [a], to: b, kind: forward, actor: {roles: [officer]}}\n"
STOP = "  - {id: stop, title: {zh: 完}, from: [b], to: end, kind: forward, actor: {roles: [officer]}}\n"
HOLD = "  - {id: hold, title: {zh: 缓}, from: [a, b], to: held, kind: suspend, actor: {roles: [officer]}}\n"
RESUME = (
    "  - {id: resume, title: {zh: 复}, from: [held], to: before_suspension, kind: resume, actor: {roles: [officer]}}\n"
)
ENTER = "  - {id: enter, title: {zh: 补录}, to: [a, b], kind: entry, basis: required, actor: {roles: [officer]}}\n"
B = "  b: {title: {zh: 乙}, stage: in_progress}\n"


@dataclass(frozen=True)
class Bad:
    """One change of BASE and the finding that it must bring: code, culprit, a word of the English remedy."""

    name: str
    old: str
    new: str
    code: str
    culprit: str
    word: str

    @property
    def text(self) -> str:
        assert self.old in BASE, self.name
        return BASE.replace(self.old, self.new, 1).replace("¦", "")

    @property
    def line(self) -> int:
        return BASE.replace(self.old, self.new, 1).split("¦")[0].count("\n") + 1


def _changed(step: str, old: str, new: str) -> str:
    """A step with a part replaced, its line marked."""
    assert old in step
    return step.replace("  - ", "  - ¦").replace(old, new)


def _in_b(more: str) -> str:
    """State b with further keys."""
    return "¦" + B.replace("}\n", ", " + more + "}\n")


def _in_go(more: str) -> str:
    """Step go with further keys."""
    return _changed(GO, "}}\n", "}, " + more + "}\n")


BAD = [
    Bad("alias", "id: test", "¦id: &x test", "E1", ".", "anchors"),
    Bad("duplicate key", "version: 1\n", "version: 1\n¦version: 2\n", "E1", ".", "twice"),
    Bad("unknown key", "version: 1\n", "version: 1\n¦verison: 2\n", "E1", "verison", "no key"),
    Bad("unknown key deep", B, _in_b("stagee: x"), "E1", "states.b.stagee", "no key"),
    Bad("key missing", "version: 1\n", "", "E1", ".", "version is missing"),
    Bad("key missing deep", B, "¦  b: {title: {zh: 乙}}\n", "E1", "states.b", "stage is missing"),
    Bad("wrong schema", "schema: workflow/1", "¦schema: workflow/2", "E1", "schema", "one of"),
    Bad("version as text", "version: 1", "¦version: '1'", "E1", "version", "integer"),
    Bad("version true", "version: 1", "¦version: true", "E1", "version", "integer"),
    Bad("version zero", "version: 1", "¦version: 0", "E1", "version", "at least 1"),
    Bad("final yes", B, _in_b("final: yes"), "E1", "states.b.final", "true or false"),
    Bad("title a word", B, "¦  b: {title: 乙, stage: in_progress}\n", "E1", "states.b.title", "a mapping"),
    Bad("title blank", B, '¦  b: {title: {zh: " "}, stage: in_progress}\n', "E1", "states.b.title.zh", "line of text"),
    Bad("roles a list", "roles: {officer: {of: each_party}}", "¦roles: [officer]", "E1", "roles", "a mapping"),
    Bad("state name", B, "¦  B b: {title: {zh: 乙}, stage: in_progress}\n", "E1", "states.B b", "identifier"),
    Bad(
        "reserved state",
        B,
        "¦  before_suspension: {title: {zh: 乙}, stage: in_progress}\n",
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
    Bad("a trigger that calls", GO, _in_go("trigger: os.system"), "E1", "transitions[0].trigger", "identifier"),
    Bad(
        "a guard that calls",
        GO,
        _in_go("guards: [{use: os.system}]"),
        "E1",
        "transitions[0].guards[0].use",
        "identifier",
    ),
    Bad("wildcard source", GO, _changed(GO, "[a]", "['*']"), "E1", "transitions[0].from[0]", "identifier"),
    Bad("same target", GO, _changed(GO, "to: b", "to: '='"), "E1", "transitions[0].to", "identifier"),
    Bad("unknown kind", GO, _changed(GO, "forward", "sideways"), "E1", "transitions[0].kind", "one of"),
    Bad("source twice", GO, _changed(GO, "[a]", "[a, a]"), "E1", "transitions[0].from[1]", "twice"),
    Bad("no source", GO, _changed(GO, "from: [a], ", ""), "E1", "transitions[0]", "from is missing"),
    Bad("two targets", GO, _changed(GO, "to: b", "to: [a, b]"), "E1", "transitions[0].to", "only an entry"),
    Bad("no actor", GO, _changed(GO, ", actor: {roles: [officer]}", ""), "E1", "transitions[0]", "actor is missing"),
    Bad("nobody acts", GO, _changed(GO, "[officer]", "[]"), "E1", "transitions[0].actor.roles", "a list of"),
    Bad("system with actor", GO, _changed(GO, "forward", "system"), "E1", "transitions[0].actor", "leave actor out"),
    Bad("two facts in when", GO, _in_go("when: {route: x, party_count: 1}"), "E1", "transitions[0].when", "one fact"),
    Bad("list in when", GO, _in_go("when: {route: [[x]]}"), "E1", "transitions[0].when.route[0]", "a text"),
    Bad("basis optional", GO, _in_go("basis: optional"), "E1", "transitions[0].basis", "required"),
    Bad("limit zero", GO, _in_go("limit: 0"), "E1", "transitions[0].limit", "at least 1"),
    Bad("id twice", STOP, _changed(STOP, "id: stop", "id: go"), "E1", "transitions[1].id", "twice"),
    Bad("entry without basis", ENTER, _changed(ENTER, " basis: required,", ""), "E1", "transitions[4]", "basis"),
    Bad(
        "entry with source",
        ENTER,
        _changed(ENTER, "to:", "from: [a], to:"),
        "E1",
        "transitions[4].from",
        "leave from out",
    ),
    Bad(
        "entry with guard",
        ENTER,
        _changed(ENTER, "to:", "guards: [{use: text_settled}], to:"),
        "E1",
        "transitions[4].guards",
        "leave guards out",
    ),
    Bad("entry suspended", ENTER, _changed(ENTER, "[a, b]", "[a, held]"), "E1", "transitions[4].to", "suspend step"),
    Bad("suspend elsewhere", HOLD, _changed(HOLD, "to: held", "to: end"), "E1", "transitions[2].to", "suspend step"),
    Bad(
        "aside without suspend",
        HOLD,
        _changed(HOLD, "kind: suspend", "kind: return"),
        "E1",
        "transitions[2].to",
        "suspend step",
    ),
    Bad("suspend twice", HOLD, _changed(HOLD, "[a, b]", "[a, b, held]"), "E1", "transitions[2].to", "suspends twice"),
    Bad(
        "back without resume",
        RESUME,
        _changed(RESUME, "kind: resume", "kind: forward"),
        "E1",
        "transitions[3].to",
        "kind resume",
    ),
    Bad("resume from work", RESUME, _changed(RESUME, "[held]", "[held, b]"), "E1", "transitions[3].to", "kind resume"),
    Bad("bad duration", B, _in_b("review_every: 3 months"), "E15", "states.b.review_every", "no duration"),
    Bad("negative deadline", B, _in_b("deadline: {after: -P3D}"), "E15", "states.b.deadline.after", "no duration"),
    Bad(
        "consent of nobody",
        GO,
        _in_go("consent: {voters: nobody, method: all}"),
        "E1",
        "transitions[0].consent.voters",
        "one of",
    ),
    Bad(
        "ratio in decimals",
        GO,
        _in_go("consent: {voters: each_party, method: {ratio: 0.5}}"),
        "E1",
        "transitions[0].consent.method.ratio",
        "2/3",
    ),
    Bad("unknown source", GO, _changed(GO, "[a]", "[a, x]"), "E2", "transitions[0].from[1]", "no state named x"),
    Bad("unknown target", GO, _changed(GO, "to: b", "to: x"), "E2", "transitions[0].to[0]", "no state named x"),
    Bad(
        "unknown state of change",
        GO,
        _in_go("consent: {voters: each_party, method: all, on_request_change: {to: x}}"),
        "E2",
        "transitions[0].consent.on_request_change.to",
        "no state named x",
    ),
    Bad(
        "unknown voided step",
        GO,
        _in_go("consent: {voters: each_party, method: all, on_request_change: {to: a, invalidate: [x]}}"),
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
        "¦  b: {title: {zh: 乙}, stage: signing}\n",
        "E2",
        "states.b.stage",
        "no stage signing",
    ),
    Bad(
        "unknown role",
        GO,
        _changed(GO, "[officer]", "[mayor]"),
        "E2",
        "transitions[0].actor.roles[0]",
        "no role named mayor",
    ),
    Bad(
        "unknown who",
        GO,
        _in_go("guards: [{use: text_settled, who: [mayor]}]"),
        "E2",
        "transitions[0].guards[0].who[0]",
        "no role named mayor",
    ),
    Bad(
        "unknown escalation",
        B,
        _in_b("deadline: {after: P3D, escalate: [{after: P0D, to: mayor}]}"),
        "E2",
        "states.b.deadline.escalate[0].to",
        "no role named mayor",
    ),
    Bad(
        "unknown evidence",
        GO,
        _in_go("evidence: [{type: letter}]"),
        "E2",
        "transitions[0].evidence[0].type",
        "no evidence type named letter",
    ),
    Bad("unknown effect", GO, _in_go("effects: [shell]"), "E2", "transitions[0].effects[0]", "no effect named shell"),
    Bad(
        "unknown guard",
        GO,
        _in_go("guards: [{use: all_good}]"),
        "E2",
        "transitions[0].guards[0].use",
        "no guard named all_good",
    ),
    Bad(
        "unknown parameter",
        GO,
        _in_go("guards: [{use: text_settled, with: {at_least: 1}}]"),
        "E2",
        "transitions[0].guards[0].with.at_least",
        "no parameter",
    ),
    Bad(
        "parameter of wrong type",
        GO,
        _in_go("guards: [{use: parties_named, with: {at_least: true}}]"),
        "E2",
        "transitions[0].guards[0].with.at_least",
        "type integer",
    ),
    Bad(
        "parameter missing",
        GO,
        _in_go("guards: [{use: parties_named}]"),
        "E2",
        "transitions[0].guards[0]",
        "needs the parameter",
    ),
    Bad(
        "fact undeclared",
        GO,
        _in_go("guards: [{use: mechanism_recorded}]"),
        "E2",
        "transitions[0].guards[0].use",
        "mechanism_recorded: boolean",
    ),
    Bad(
        "when undeclared",
        GO,
        _in_go("when: {weather: fine}"),
        "E2",
        "transitions[0].when.weather",
        "no fact named weather",
    ),
    Bad(
        "when of wrong type",
        GO,
        _in_go("when: {party_count: true}"),
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
    Bad("final with exit", B, _in_b("final: true"), "E5", "states.b", "final and has an exit"),
    Bad("dead end", "stage: ended, final: true", "stage: ended, goal: true", "E5", "states.end", "no exit"),
    Bad("unknown initial", "initial: a\n", "¦initial: x\n", "E5", "initial", "unknown"),
    Bad("final initial", "initial: a\n", "¦initial: end\n", "E5", "initial", "final"),
    Bad("suspended initial", "initial: a\n", "¦initial: held\n", "E5", "initial", "suspended"),
    Bad("arrow from nowhere", "initial: a\n", "initial: b\n", "E6", "transitions[0].from[0]", "no run can take"),
    Bad(
        "two ways", STOP, STOP + _changed(GO, "id: go", "id: go2, trigger: go"), "E7", "transitions[2]", "both leave a"
    ),
    Bad(
        "two ways, one tested",
        STOP,
        STOP + _in_go("when: {route: x}").replace("id: go", "id: go2, trigger: go"),
        "E7",
        "transitions[2]",
        "both leave a",
    ),
    Bad(
        "two entries", ENTER, ENTER + _changed(ENTER, "id: enter", "id: again"), "E7", "transitions[5]", "both leave a"
    ),
]
