"""What is kept of one person, as tables people can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext

from core.pages import clock
from privacy.queries.person import Record
from quiz.rules.incidents import KINDS

_STATES = {
    "open": "作答中",
    "submitted": "已交卷",
    "auto": "自动收卷",
    "void": "作废",
}
_CHANGES = {
    "made": "列入名册",
    "changed": "信息更正",
    "moved": "调动",
    "left": "移出名册",
    "returned": "重新列入",
}
_FIELDS = {
    "name": "姓名",
    "tail": "手机尾号",
    "staff_number": "工号",
    "rank": "职级类别",
    "unit": "单位",
    "returned": "重新列入名册",
}


@dataclass(frozen=True)
class Part:
    """One table."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def parts(record: Record, actions: Mapping[str, str]) -> Iterator[Part]:
    """The record as tables; what there is nothing of is left out.

    :param actions: What acts in the audit log are called.
    """
    for part in (
        _person(record["person"]),
        _changes(record["roster_changes"]),
        _exemptions(record["exemptions"]),
        _exams(record["exams"]),
        _hall(record["exams"]),
        _sittings(record["exams"]),
        _answers(record["exams"]),
        _log(record["log"], actions),
    ):
        if part.rows:
            yield part


def _moment(text: str | None) -> str:
    return clock(datetime.fromisoformat(text), "%Y-%m-%d %H:%M:%S") if text else "—"


def _text(value: Any) -> str:
    return "—" if value in (None, "") else str(value)


def _word(words: Mapping[str, str], word: str) -> str:
    return gettext(words[word]) if word in words else word


def _person(one: Record) -> Part:
    rows = [
        (gettext("姓名"), one["name"]),
        (gettext("单位"), one["unit"]),
        (gettext("手机号后四位"), _text(one["phone_tail"])),
        (gettext("工号"), _text(one["staff_number"])),
        (gettext("职级类别"), _text(one["rank"])),
        (gettext("登记时间"), _moment(one["since"])),
        (gettext("移出名册时间"), _moment(one["left_at"])),
    ]
    return Part(gettext("基本信息"), (gettext("项目"), gettext("内容")), rows)


def _changes(changes: Sequence[Record]) -> Part:
    rows = [
        (
            _moment(one["at"]),
            _word(_CHANGES, one["what"]),
            "；".join(
                f"{_word(_FIELDS, field)}：{_text(old)} → {_text(new)}"
                for field, old, new in one["details"]
            ),
            _text(one["reason"]),
        )
        for one in changes
    ]
    headings = (gettext("时间"), gettext("变动"), gettext("内容"), gettext("原因"))
    return Part(gettext("名册变动"), headings, rows)


def _exemptions(exemptions: Sequence[Record]) -> Part:
    decisions = {None: gettext("待定"), True: gettext("同意"), False: gettext("不同意")}
    rows = [
        (
            _moment(one["requested_at"]),
            one["kind"],
            _text(one["note"]),
            _text(one["exam_code"]) if one["exam_code"] else _moment(one["until"]),
            decisions[one["approved"]],
            _text(one["decision_note"]),
        )
        for one in exemptions
    ]
    headings = (
        gettext("申请时间"),
        gettext("原因"),
        gettext("说明"),
        gettext("考试或截止"),
        gettext("结果"),
        gettext("意见"),
    )
    return Part(gettext("免考申请"), headings, rows)


def _exams(exams: Sequence[Record]) -> Part:
    rows = [
        (
            one["title"],
            _moment(one["opens_at"]),
            one["unit"],
            _text(one["rank"]),
            _text(one["exempt_reason"]),
            _text(one["room"]),
        )
        for one in exams
    ]
    headings = (
        gettext("考试"),
        gettext("开始时间"),
        gettext("当时的单位"),
        gettext("职级类别"),
        gettext("免考原因"),
        gettext("考场"),
    )
    return Part(gettext("考试"), headings, rows)


def _hall(exams: Sequence[Record]) -> Part:
    rows = []
    for exam in exams:
        seen = exam["presence"]
        if seen is not None:
            told = "，".join(filter(None, (seen["room"], seen["reason"])))
            rows.append((exam["title"], _moment(seen["at"]), gettext("签到"), told))
        rows += [
            (
                exam["title"],
                _moment(one["at"]),
                _word(KINDS, one["kind"]),
                one["text"],
            )
            for one in exam["incidents"]
        ]
        rows += [
            (
                exam["title"],
                _moment(one["at"]),
                gettext("异议"),
                "；".join(filter(None, (one["q"], one["text"], one["answer"]))),
            )
            for one in exam["objections"]
        ]
    headings = (gettext("考试"), gettext("时间"), gettext("类别"), gettext("内容"))
    return Part(gettext("现场"), headings, rows)


def _sittings(exams: Sequence[Record]) -> Part:
    rows = [
        (
            exam["title"],
            str(one["attempt"]),
            _word(_STATES, one["state"]),
            _moment(one["started_at"]),
            _moment(one["closed_at"]),
            "、".join(f"{score['points']:g}" for score in one["scores"]) or "—",
            _text(one["check_word"]),
            _text(one["device"])[:16],
        )
        for exam in exams
        for one in exam["sittings"]
    ]
    headings = (
        gettext("考试"),
        gettext("第几次"),
        gettext("状态"),
        gettext("开始"),
        gettext("交卷"),
        gettext("成绩"),
        gettext("核对码"),
        gettext("手机标识"),
    )
    return Part(gettext("作答"), headings, rows)


def _answers(exams: Sequence[Record]) -> Part:
    rows = [
        (
            exam["title"],
            f"{sitting['attempt']}.{one['generation']}",
            one["question"],
            one["stem"],
            "、".join(one["value"]) or "—",
            _moment(one["received_at"]),
        )
        for exam in exams
        for sitting in exam["sittings"]
        for one in sitting["answers"]
    ]
    headings = (
        gettext("考试"),
        gettext("答卷"),
        gettext("题号"),
        gettext("题干"),
        gettext("答案"),
        gettext("保存时间"),
    )
    return Part(gettext("答案"), headings, rows)


def _log(entries: Sequence[Record], actions: Mapping[str, str]) -> Part:
    rows = [
        (
            _moment(one["at"]),
            _word(actions, one["action"]),
            "；".join(str(value) for value in (one["personal"] or {}).values()) or "—",
        )
        for one in entries
    ]
    headings = (gettext("时间"), gettext("事项"), gettext("原因"))
    return Part(gettext("审计记录"), headings, rows)
