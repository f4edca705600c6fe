"""The settings of an exam before its questions: what can be meant."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.errors import Refused
from quiz.rules.blueprint import Row

MULTI_RULES = {
    "exact": "少选不得分",
    "half": "少选得一半",
    "proportional": "按正确选项比例得分",
}
SHOW_SCORES = {
    "at_once": "交卷后立即显示",
    "after_close": "考试结束后显示",
    "when_published": "公布成绩后显示",
}
SHOW_WHATS = {
    "nothing": "不显示",
    "score": "只显示成绩",
    "topics": "成绩和错题涉及的知识点",
    "all": "成绩、每题对错、答案和解析",
}
LONGEST_TITLE = 60
LONGEST_CONTACT = 60
LONGEST_MINUTES = 600
MOST_ATTEMPTS = 20
MOST_MARK = 100_000  # hundredths

CODE_LENGTH = 8
#: For codes that people read from a wall and type: no vowels (no words), nothing
#: that looks like something else. Compared in upper case.
CODE_ALPHABET = "BCDFGHJKMNPQRSTVWXYZ23456789"


@dataclass(frozen=True)
class ExamDetails:
    """What an organizer says about an exam, without its questions."""

    title: str
    opens_at: datetime
    closes_at: datetime
    duration_s: int
    pass_mark: int  # hundredths
    excellent_mark: int
    attempts: int
    multi_rule: str
    show_score: str
    shuffle: bool
    contact: str = ""  # whom a candidate may ask
    show_what: str = "score"
    presence: str = "none"  # what must say that somebody is there: rules.presence
    provisional: bool = False  # who is not on the roster may begin before a decision


def check_details(details: ExamDetails) -> None:
    """Refuse settings that cannot be meant.

    :raises Refused: With one sentence that says what to do.
    """
    if not details.title.strip():
        raise Refused("请填写考试名称")
    if len(details.title) > LONGEST_TITLE:
        raise Refused("考试名称最多 %(most)d 个字，请缩短", most=LONGEST_TITLE)
    if len(details.contact) > LONGEST_CONTACT:
        raise Refused("联系人最多 %(most)d 个字，请缩短", most=LONGEST_CONTACT)
    if details.opens_at >= details.closes_at:
        raise Refused("结束时间应晚于开始时间，请改正")
    if not 60 <= details.duration_s <= LONGEST_MINUTES * 60:
        raise Refused("作答时长应为 1 到 %(most)d 分钟", most=LONGEST_MINUTES)
    if details.closes_at - details.opens_at < timedelta(seconds=details.duration_s):
        raise Refused(
            "开放时段比作答时长（%(minutes)d 分钟）短，请推迟结束时间或缩短时长",
            minutes=details.duration_s // 60,
        )
    if not 0 <= details.pass_mark <= details.excellent_mark <= MOST_MARK:
        raise Refused("优秀线应不低于合格线，请改正")
    if not 1 <= details.attempts <= MOST_ATTEMPTS:
        raise Refused("作答次数应为 1 到 %(most)d 次", most=MOST_ATTEMPTS)
    known = (
        details.multi_rule in MULTI_RULES
        and details.show_score in SHOW_SCORES
        and details.show_what in SHOW_WHATS
    )
    if not known:
        raise Refused("计分规则或成绩显示方式不认识，请重新选择")
    if details.presence not in ("none", "code", "invigilator"):
        raise Refused("签到方式不认识，请重新选择")


def stamp_of(details: ExamDetails, rows: Sequence[Row]) -> str:
    """A short mark of a draft's content: two that differ, differ in it."""
    return hashlib.sha256(repr((details, list(rows))).encode()).hexdigest()[:16]
