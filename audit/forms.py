"""What is typed to find entries → typed values."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Form, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange, Regexp

from audit.names import ACTIONS, OBJECTS
from audit.queries.log import Wanted

LONGEST = 60
#: Names of what stands before the dot of an action, for choosing all of them.
GROUPS = {
    "account.": "账号",
    "audit.": "审计",
    "backup.": "备份",
    "bank.": "题库",
    "candidate.": "应考名单",
    "exam.": "考试",
    "exemption.": "免考申请",
    "job.": "任务",
    "paper.": "纸质答卷",
    "objection.": "异议",
    "people.": "人员",
    "privacy.": "个人信息",
    "proposal.": "提请",
    "question.": "题目",
    "rank.": "职级类别",
    "report.": "成绩报表",
    "roster.": "名册",
    "sitting.": "作答",
    "topic.": "知识点",
    "unit.": "单位",
    "units.": "单位导入",
}


def _actions() -> dict[str, str]:
    choices = {"": gettext("全部")}
    for prefix, name in GROUPS.items():
        choices[prefix] = gettext("%(group)s：全部", group=gettext(name))
        choices |= {
            action: f"　{gettext(called)}"
            for action, called in ACTIONS.items()
            if action.startswith(prefix)
        }
    return choices


def _text(typed: str | None) -> str:
    """What was typed on one line, without what no page can show."""
    kept = "".join(letter for letter in typed or "" if letter.isprintable())
    return kept.strip()[:LONGEST]


class FilterForm(Form):
    """Which entries to show. Comes by address; nothing in it can be wrong."""

    since = StringField(_("从"), filters=[_text], render_kw={"type": "date"})
    until = StringField(_("到"), filters=[_text], render_kw={"type": "date"})
    actor = StringField(_("谁"), filters=[_text], render_kw={"maxlength": LONGEST})
    action = SelectField(_("做了什么"))
    kind = SelectField(_("对象"))
    number = StringField(
        _("对象编号"), filters=[_text], render_kw={"maxlength": LONGEST}
    )

    def __init__(self, typed: MultiDict[str, str] | None = None, **more: Any) -> None:
        super().__init__(typed, **more)
        self.action.choices = _actions()
        objects = {kind: gettext(name) for kind, name in OBJECTS.items()}
        self.kind.choices = {"": gettext("全部")} | objects

    def wanted(self, zone: ZoneInfo) -> Wanted:
        """What is looked for; what cannot be meant is left out."""
        kind = self.kind.data if self.kind.data in OBJECTS else ""
        action = self.action.data or ""
        known = action in ACTIONS or action in GROUPS
        until = _day(self.until.data, zone)
        return Wanted(
            since=_day(self.since.data, zone),
            until=until + timedelta(days=1) if until else None,
            actor=self.actor.data or "",
            action=action if known else "",
            kind=kind,
            number=(self.number.data or "") if kind else "",
        )


class CheckForm(FlaskForm):
    """The number and the head on a receipt or a printed line."""

    n = IntegerField(
        _("存证编号"),
        [InputRequired(_("请填写存证编号")), NumberRange(1, 2**31 - 1)],
        render_kw={"inputmode": "numeric"},
    )
    digest = StringField(
        _("存证摘要"),
        [Regexp(r"\s*[0-9A-Fa-f]{8,64}…?\s*", message=_("请至少填写前 8 位"))],
        render_kw={"maxlength": 70, "autocomplete": "off", "spellcheck": "false"},
    )


def _day(typed: str | None, zone: ZoneInfo) -> datetime | None:
    """The beginning of a day of the calendar."""
    if not typed or not re.fullmatch(r"\d{4}-\d\d-\d\d", typed):
        return None
    try:
        day = date.fromisoformat(typed)
        return datetime.combine(day, time(), tzinfo=zone) if day.year > 1970 else None
    except ValueError:
        return None
