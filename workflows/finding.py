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
        "fact-type": ("事实“{name}”是 {kind} 类型", "the fact {name} is of type {kind}"),
        "by-a-date": (
            "字段“{name}”是 {type} 类型，时限只能依日期字段",
            "the field {name} is of type {type}; a deadline needs a field of type date",
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
        "deadline-form": (
            "时限写 after（多久）或 by（哪个日期字段），二者必居其一",
            "a deadline has either after, a span, or by, a date field",
        ),
        "only-matters": (
            "只有 subject: matter 可以写 {key}",
            "only a procedure with subject: matter may have {key}",
        ),
        "choices-missing": ("选择字段必须写 choices", "a field of type choice must say its choices"),
        "no-choices": (
            "{type} 字段没有可选项，请删去 choices，或写 type: choice",
            "a field of type {type} has no choices; delete them, or write type: choice",
        ),
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
        "change-never-asked": (
            "没有人能要求修改：请在 answers 中加 request_change，或删去 on_request_change",
            "nobody can ask for changes: add request_change to answers, or delete on_request_change",
        ),
        "ambiguous": (
            "从“{state}”用“{trigger}”有两条路（{first}、{second}），条件 when 不互斥；请用同一事实的不同值区分",
            "{first} and {second} both leave {state} on {trigger}; let their `when` test one fact for different values",
        ),
        "never-agreed": (
            "没有“同意”可选，永远通不过；请在 answers 中加 agree",
            "nobody can agree, so no round carries; add agree to answers",
        ),
        "ratio-over-one": (
            "比例 {ratio} 大于一，永远达不到；请写不大于 1/1 的分数",
            "the ratio {ratio} is more than all; write a fraction of at most 1/1",
        ),
        "quorum": (
            "允许的最少票数是 {least}，达不到此门槛；请降低门槛，或在 parties 中提高 at_least",
            "the fewest voters allowed are {least}, who cannot meet this; ask for fewer, or raise at_least of parties",
        ),
        "veto-without-vote": (
            "{holder} 有否决权却没有投票权；请从 veto 中删去",
            "{holder} holds a veto without a vote; delete it from veto",
        ),
        "lenient-veto": (
            "宽松的否决会让后来的反对推翻已定的结果；请写 veto_mode: strict",
            "with a lenient veto a later objection could flip a decision; write veto_mode: strict",
        ),
        "voter-without-officer": (
            "没有 of: {voters} 的角色，无人能替其投票；请在 roles 中加上",
            "nobody can cast the vote of {voters}; add a role of: {voters}",
        ),
        "nobody-to-give": (
            "没有 of: {giver} 的角色，无人能提交此材料；请加此角色，或改写 from",
            "nobody can give what is asked from {giver}; add a role of: {giver}, or change from",
        ),
        "register-gives-nothing": (
            "系统步骤由系统自动办理，无人提交 {key}；请删去，或改由角色办理",
            "a system step is taken by the register, which gives no {key}; delete it, or let a role take the step",
        ),
        "escalates-round": (
            "逾期只告知“{role}”，而这一步正等它来办；请另告知别的角色",
            "only {role} can take the steps that are overdue; tell another role",
        ),
        "escalates-to-nobody": (
            "逾期不答时无人可告知：请加 of: register、grouping、host 或 lead_party 的角色，或改写 counts_as",
            "nobody hears of the silence: add a role of: register, grouping, host or lead_party, or change counts_as",
        ),
        "automatic-circle": (
            "系统步骤“{transition}”与别的系统步骤（或自身）连成圈，永不停止；请断开",
            "the system step {transition} lies on a circle of system steps, which never ends; break it",
        ),
        "version-missing": ("没有第 {version} 版，无从接续", "there is no version {version} to take over from"),
        "never-was": ("旧版没有状态“{state}”，请删去", "the earlier version has no state {state}; delete it"),
        "unplaced": (
            "旧版的状态“{state}”在本版没有去处；请在 migrate.states 中写明",
            "the earlier state {state} has no place in this version; give it one in migrate.states",
        ),
        "other-sort": (
            "“{state}”与“{new}”一个是暂缓、一个不是；请换一个状态",
            "of {state} and {new} one is a suspension and the other is not; choose another state",
        ),
        "from-itself": (
            "只能接续更早的版本，不能是第 {version} 版或更晚",
            "only an earlier version can be taken over from, not version {version} or a later one",
        ),
        "calendar-missing": (
            "{span} 按工作日计，请写 calendar",
            "{span} counts working days; name the calendar",
        ),
        "no-time": ("{span} 没有时长，请写长一些", "{span} is no time at all; write a longer span"),
        "early-reminder": (
            "提前 {span} 提醒不短于时限 {whole}；请缩短",
            "a reminder {span} ahead is not shorter than the time limit {whole}; shorten it",
        ),
        "endless-return": (
            "退回步骤“{transition}”可无限往返；请写 limit",
            "the return {transition} can be taken again and again; set a limit",
        ),
        "forgotten": (
            "状态“{state}”没有时限，也不定期复查，可能被遗忘；请写 deadline 或 review_every",
            "{state} has neither a deadline nor a review and can be forgotten; write deadline or review_every",
        ),
        "one-alone": (
            "步骤“{transition}”一人即可提出并办结；请写 two_person: true 或 consent",
            "one person may both propose and approve {transition}; write two_person: true or consent",
        ),
        "english-missing": ("“{title}”没有英文，请写 en", "{title} has no English; write en"),
    }
)


def finding(code: str, remedy: str, culprit: str, line: int, **values: str | int) -> Finding:
    """Make a finding with the words of REMEDIES filled in."""
    zh, en = REMEDIES[remedy]
    return Finding(code, culprit, line, zh.format(**values), en.format(**values))
