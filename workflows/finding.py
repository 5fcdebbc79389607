"""What is wrong with a definition: code, culprit, line and remedy, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding of the checks.

    code: E1 to E15 refuses the definition, W1 to W4 warns.
    culprit: the part that is at fault, as a path: `transitions[3].to`.
    line: 1 for the first line of the file.
    remedy_zh, remedy_en: what is wrong and what to do about it.
    """

    code: str
    culprit: str
    line: int
    remedy_zh: str
    remedy_en: str

    @property
    def refuses(self) -> bool:
        """Whether the definition may not be used."""
        return self.code.startswith("E")


class DefinitionError(ValueError):
    """A definition that may not be used. findings: never empty; the first one in the file comes first."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(
            "\n".join(f"{each.code} line {each.line} {each.culprit}: {each.remedy_en}" for each in findings)
        )
        self.findings = findings


REMEDIES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "yaml": ("{zh}", "{en}"),
        "wrong-type": ("这里应当是{zh}", "this must be {en}"),
        "unknown-key": ("没有“{key}”这个键；可用的键：{known}", "there is no key {key}; the keys are: {known}"),
        "missing-key": ("缺少“{key}”，请补上", "{key} is missing; add it"),
        "too-many-arrows": (
            "步骤的起止组合超过 {most} 个，请拆分流程",
            "more than {most} single arrows; split the procedure",
        ),
        "twice": ("“{name}”重复出现，请只留一个", "{name} stands twice; keep one"),
        "reserved": ("“{name}”是保留字，请改名", "{name} is a reserved word; choose another name"),
        "bad-duration": (
            "时限“{value}”不合格；写法如 P15D、P10WD（工作日）、P2W、P3M、P1Y",
            "{value} is no duration; write P15D, P10WD (working days), P2W, P3M or P1Y",
        ),
        "unknown-name": ("没有名为“{name}”的{zh}；已有：{known}", "there is no {en} named {name}; there are: {known}"),
        "no-parameter": (
            "条件 {guard} 没有参数“{name}”；可用的参数：{known}",
            "guard {guard} has no parameter {name}; it has: {known}",
        ),
        "parameter-missing": ("条件 {guard} 缺少参数“{name}”", "guard {guard} needs the parameter {name}"),
        "parameter-type": (
            "条件 {guard} 的参数“{name}”应当是 {kind} 类型",
            "parameter {name} of guard {guard} must be of type {kind}",
        ),
        "fact-undeclared": (
            "条件 {guard} 要读事实“{name}”，请在 facts 中写 {name}: {kind}",
            "guard {guard} reads the fact {name}; write {name}: {kind} under facts",
        ),
        "literal-type": (
            "事实“{name}”是 {kind} 类型，这里的值不是",
            "the fact {name} is of type {kind} and this value is not",
        ),
        "stage-of-subject": (
            "{subject} 没有阶段“{stage}”；可用：{known}",
            "a {subject} has no stage {stage}; use one of: {known}",
        ),
        "entry-form": (
            "补录步骤只写 to、actor 与 basis：不写 {key}",
            "an entry has only to, actor and basis: leave {key} out",
        ),
        "entry-basis": ("补录步骤必须写 basis: required", "an entry must say basis: required"),
        "from-missing": ("缺少 from：请写明从哪些状态出发", "from is missing: say which states the step leaves"),
        "one-target": ("只有补录步骤可以有多个 to", "only an entry may lead to several states"),
        "suspend-form": (
            "暂缓步骤必须通往 stage: as_before 的状态，别的步骤不可通往它，也不可从它出发再暂缓",
            "a suspend step leads to a state with stage: as_before, no other step does, and none suspends twice",
        ),
        "resume-form": (
            "只有 kind: resume 的步骤可以写 to: before_suspension，且只能从 stage: as_before 的状态出发",
            "only a step of kind resume may go to before_suspension, and only from states with stage: as_before",
        ),
        "actor-missing": ("缺少 actor：请写明哪些角色可以办", "actor is missing: say which roles may take the step"),
        "system-actor": (
            "系统步骤由系统自动办理，不写 actor",
            "a system step is taken by the register; leave actor out",
        ),
        "unreachable": (
            "从初始状态走不到“{state}”；请加一条通往它的步骤，或删去它",
            "{state} cannot be reached from the initial state; add a step that leads to it, or delete it",
        ),
        "no-way-out": (
            "从“{state}”出发，除暂缓与终止外走不到任何终态或目标状态；请加一条路",
            "from {state} no final or goal state can be reached other than by suspend or terminate; add a way",
        ),
        "final-exit": (
            "终态“{state}”不可再有出路；请删去 final 或此步骤",
            "{state} is final and has an exit; remove one of the two",
        ),
        "dead-end": (
            "状态“{state}”没有出路，又不是终态；请加一条步骤或写 final: true",
            "{state} has no exit and is not final",
        ),
        "bad-initial": (
            "初始状态“{state}”不存在、是终态或是暂缓；请另选",
            "the initial state {state} is unknown, final or suspended",
        ),
        "untakable": (
            "步骤“{transition}”永远走不到：没有步骤通往“{state}”；请补上，或从 from 中删去",
            "no run can take {transition} from {state}, which nothing leads to; add a step or delete it from `from`",
        ),
        "ambiguous": (
            "从“{state}”用“{trigger}”有两条路（{first}、{second}），条件 when 不互斥；请用同一事实的不同值区分",
            "{first} and {second} both leave {state} on {trigger}; let their `when` test one fact for different values",
        ),
    }
)


def finding(code: str, remedy: str, culprit: str, line: int, **values: str | int) -> Finding:
    """Make a finding with the words of REMEDIES filled in."""
    zh, en = REMEDIES[remedy]
    return Finding(code, culprit, line, zh.format(**values), en.format(**values))
