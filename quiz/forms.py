"""What an organizer types about an exam → typed values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext, lazy_gettext
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from core.forms import PageForm
from quiz.rules.blueprint import (
    DIFFICULTIES,
    FEWEST_PARTS,
    KINDS,
    MOST_PARTS,
    MOST_ROWS,
    Row,
)
from quiz.rules.details import (
    LONGEST_CONTACT,
    LONGEST_MINUTES,
    LONGEST_TITLE,
    MOST_ATTEMPTS,
    MULTI_RULES,
    SHOW_SCORES,
    SHOW_WHATS,
    ExamDetails,
)
from quiz.rules.presence import MODES
from quiz.rules.presets import Preset
from quiz.rules.reasons import LONGEST_REASON

_POINTS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?")
REQUIRED = InputRequired(lazy_gettext("请填写"))


class PointsField(StringField):
    """Marks as people write them (2, 1.5); the data are hundredths."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        whole, rest = divmod(int(self.data), 100)
        return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read at most two decimals."""
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data: Any = None
        if not text:
            return
        if not _POINTS.fullmatch(text):
            raise ValueError(gettext("分值应是数字，最多两位小数，例如 2 或 1.5"))
        whole, _, rest = text.partition(".")
        self.data = int(whole) * 100 + int(rest.ljust(2, "0"))


class MomentField(DateTimeLocalField):
    """A local date and time; what cannot be read is told in one sentence."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what a browser's control sends, with or without seconds."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None
            raise ValueError(
                gettext("时间应写成 2026-11-24 09:00 的样子，请重新选择")
            ) from None


class CountField(IntegerField):
    """A whole number; what cannot be read is told in one sentence."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read an integer; nothing typed is None."""
        if not valuelist or not str(valuelist[0]).strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None
            raise ValueError(gettext("请填整数")) from None


FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class DetailsForm(PageForm):
    """Step 1: the settings of an exam."""

    seen = HiddenField()
    title = StringField(
        lazy_gettext("考试名称"),
        [REQUIRED],
        render_kw={"maxlength": LONGEST_TITLE, "autocomplete": "off"},
    )
    opens_at = MomentField(lazy_gettext("开始时间"), [REQUIRED], format=FORMATS)
    closes_at = MomentField(lazy_gettext("结束时间"), [REQUIRED], format=FORMATS)
    minutes = CountField(
        lazy_gettext("作答时长（分钟）"),
        [REQUIRED, NumberRange(1, LONGEST_MINUTES, lazy_gettext("应为 1 到 600 分钟"))],
    )
    pass_mark = PointsField(lazy_gettext("合格线（分）"), [REQUIRED])
    excellent_mark = PointsField(lazy_gettext("优秀线（分）"), [REQUIRED])
    attempts = CountField(
        lazy_gettext("每人作答次数"),
        [REQUIRED, NumberRange(1, MOST_ATTEMPTS, lazy_gettext("应为 1 到 20 次"))],
    )
    multi_rule = SelectField(lazy_gettext("多选题计分"), choices=MULTI_RULES)
    show_score = SelectField(lazy_gettext("成绩何时显示"), choices=SHOW_SCORES)
    show_what = SelectField(
        lazy_gettext("给考生看什么"), choices=SHOW_WHATS, default="score"
    )
    shuffle = BooleanField(lazy_gettext("打乱选项顺序"))
    presence = SelectField(lazy_gettext("现场签到"), choices=MODES)
    provisional = BooleanField(lazy_gettext("不在名单的人可以先答，之后再审核"))
    contact = StringField(
        lazy_gettext("考生有问题找谁"),
        [Optional()],
        render_kw={"maxlength": LONGEST_CONTACT, "autocomplete": "off"},
    )
    unit = SelectField(lazy_gettext("主办单位"), coerce=int)

    def offer_units(self, units: Sequence[tuple[int, str]]) -> None:
        """Let one choose whose exam it is, where there is a choice."""
        if len(units) > 1:
            self.unit.choices = {str(unit_id): name for unit_id, name in units}
        else:
            del self.unit

    def fill(self, details: ExamDetails, zone: ZoneInfo) -> None:
        """Show the settings of an exam."""
        self.title.data = details.title
        self.opens_at.data = details.opens_at.astimezone(zone)
        self.closes_at.data = details.closes_at.astimezone(zone)
        self.minutes.data = details.duration_s // 60
        self.pass_mark.data = details.pass_mark
        self.excellent_mark.data = details.excellent_mark
        self.attempts.data = details.attempts
        self.multi_rule.data = details.multi_rule
        self.show_score.data = details.show_score
        self.show_what.data = details.show_what
        self.shuffle.data = details.shuffle
        self.contact.data = details.contact
        self.presence.data = details.presence
        self.provisional.data = details.provisional

    def fill_preset(self, preset: Preset) -> None:
        """Show what a preset proposes."""
        self.minutes.data = preset.minutes
        self.pass_mark.data = preset.pass_mark
        self.excellent_mark.data = preset.excellent_mark
        self.attempts.data = preset.attempts
        self.multi_rule.data = "exact"
        self.show_score.data = "at_once"
        self.show_what.data = "score"
        self.shuffle.data = True

    def details(self, zone: ZoneInfo) -> ExamDetails:
        """The typed values; times are read in this zone."""
        return ExamDetails(
            title=self.title.data or "",
            opens_at=aware(self.opens_at.data, zone),
            closes_at=aware(self.closes_at.data, zone),
            duration_s=int(self.minutes.data or 0) * 60,
            pass_mark=self.pass_mark.data,
            excellent_mark=self.excellent_mark.data,
            attempts=int(self.attempts.data or 0),
            multi_rule=self.multi_rule.data,
            show_score=self.show_score.data,
            shuffle=bool(self.shuffle.data),
            contact=self.contact.data or "",
            show_what=self.show_what.data,
            presence=self.presence.data,
            provisional=bool(self.provisional.data),
        )


#: Every case of a row has the same number of parts.
ROW_KINDS = {kind: word for kind, word in KINDS.items() if kind != "case"} | {
    f"case-{n}": f"案例（{n} 小题）" for n in range(FEWEST_PARTS, MOST_PARTS + 1)
}


class RowForm(Form):
    """A line of the blueprint; without a count it is not there."""

    kind = SelectField(lazy_gettext("题型"), choices=ROW_KINDS)
    topic = SelectField(lazy_gettext("知识点"), choices={})
    difficulty = SelectField(
        lazy_gettext("难度"),
        choices={"": "任意"} | DIFFICULTIES,
    )
    count = CountField(
        lazy_gettext("题数"),
        [Optional(), NumberRange(1, 200, lazy_gettext("应为 1 到 200 题"))],
    )
    points = PointsField(lazy_gettext("每题分值"))
    drop = BooleanField(lazy_gettext("删去"))

    @property
    def kept(self) -> bool:
        """Whether the line is meant to stay."""
        return not self.drop.data and self.count.data is not None

    def validate(self, extra_validators: Any = None) -> bool:
        """A line that stays needs points."""
        valid = super().validate(extra_validators)
        if valid and self.kept and not self.points.data:
            self.points.errors = [gettext("请填写")]
            return False
        return valid


class BlueprintForm(PageForm):
    """Step 2: the lines of the blueprint."""

    beside = ("save", "next")
    seen = HiddenField()
    lines = FieldList(FormField(RowForm), max_entries=MOST_ROWS + 5)

    def offer(self, rows: Sequence[Row], blank: int) -> None:
        """Show the rows that stand, and some blank lines after them."""
        for row in rows:
            self.lines.append_entry(
                {
                    "kind": f"case-{row.parts}" if row.parts else row.kind,
                    "topic": "" if row.topic is None else str(row.topic),
                    "difficulty": row.difficulty or "",
                    "count": row.count,
                    "points": row.points,
                }
            )
        for _ in range(blank):
            self.lines.append_entry({"topic": "", "difficulty": ""})

    def choose_from(self, topics: Sequence[tuple[int, str]]) -> None:
        """Let every line choose among the topics (id, name as shown)."""
        choices = {"": gettext("任意")} | {str(id): name for id, name in topics}
        for line in self.lines:
            line.form.topic.choices = choices

    def validate(self, extra_validators: Any = None) -> bool:
        """Name the line of whatever is wrong."""
        valid: bool = super().validate(extra_validators)
        for n, line in enumerate(self.lines, 1):
            for control in line.form if line.errors else ():
                self.form_errors.extend(
                    gettext(
                        "第 %(n)d 行的%(field)s：%(error)s",
                        n=n,
                        field=control.label.text,
                        error=error,
                    )
                    for error in control.errors
                )
        return valid

    def rows(self) -> list[Row]:
        """The lines that stay, numbered from 1."""
        kept = [line.form for line in self.lines if line.form.kept]
        return [
            Row(
                position=position,
                kind=line.kind.data.partition("-")[0],
                parts=int(line.kind.data.partition("-")[2] or 0),
                topic=int(line.topic.data) if line.topic.data else None,
                difficulty=line.difficulty.data or None,
                count=line.count.data or 0,
                points=line.points.data or 0,
            )
            for position, line in enumerate(kept, 1)
        ]


class PublishForm(PageForm):
    """Step 3: who is due, and whether a public value is awaited."""

    beside = ("unit",)
    public_source = StringField(lazy_gettext("约定的公开值"), [Optional()])


class DrawForm(PageForm):
    """The public value, once others have fixed it."""

    public_value = StringField(
        lazy_gettext("公开值"), [REQUIRED], render_kw={"autocomplete": "off"}
    )


def reason_field() -> StringField:
    """Why somebody does what they do."""
    kw = {"maxlength": LONGEST_REASON, "autocomplete": "off"}
    return StringField(lazy_gettext("原因"), [REQUIRED], render_kw=kw)


class ReasonForm(PageForm):
    """Why the roster is changed."""

    reason = reason_field()


def aware(moment: datetime | None, zone: ZoneInfo) -> datetime:
    """What was typed, read in a zone."""
    assert moment is not None  # required by the form
    return moment.replace(tzinfo=zone)
