"""What is typed about units and people, and sent to import them."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (  # type: ignore[attr-defined]  # SelectChoice: not in the stubs
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    SubmitField,
)
from wtforms.validators import InputRequired, Length, Optional

from core.fields import MomentField
from units.operations.people import LONGEST_REASON
from units.rules.exemptions import REASONS

_NO_COMPLETION = {"autocomplete": "off"}


class UploadForm(FlaskForm):
    """A file to look at."""

    file = FileField(
        _("文件"),
        [FileRequired(_("请选择要上传的文件"))],
        render_kw={"accept": ".xlsx,.xls,.et,.csv,.txt"},
    )


class RosterUploadForm(UploadForm):
    """A roster, and whether it holds everybody of its units."""

    complete = RadioField(
        _("这份文件是"),
        choices=[
            SelectChoice("no", _("补充名单：只新增和更新，不移出任何人")),
            SelectChoice(
                "yes", _("完整名册：文件里出现的单位，不在文件里的人移出名册")
            ),
        ],
        default="no",
    )


class DecisionForm(FlaskForm):
    """What to do with the file after the look."""

    stamp = HiddenField()
    complete = HiddenField()
    all = SubmitField(_("全部导入"))
    good = SubmitField(_("只导入正确的行"))
    cancel = SubmitField(_("取消"))


class UnitForm(FlaskForm):
    """One unit."""

    seen = HiddenField()
    code = StringField(_("单位编码"), [Length(max=40)], render_kw=_NO_COMPLETION)
    name = StringField(
        _("单位名称"),
        [InputRequired(_("请填写单位名称")), Length(max=200)],
        render_kw=_NO_COMPLETION,
    )
    category = StringField(
        _("类别"),
        [Optional(), Length(max=100)],
        render_kw={"list": "categories", "autocomplete": "off"},
    )
    level = StringField(
        _("级别"),
        [Optional(), Length(max=100)],
        render_kw={"list": "levels", "autocomplete": "off"},
    )


class UnitPlaceForm(FlaskForm):
    """The unit above."""

    parent = StringField(
        _("新的上级单位"),
        [Optional(), Length(max=200)],
        render_kw={"list": "units", "autocomplete": "off"},
    )
    top = BooleanField(_("移到最上一级"))


class PersonForm(FlaskForm):
    """One person for the roster."""

    seen = HiddenField()
    name = StringField(
        _("姓名"),
        [InputRequired(_("请填写姓名")), Length(max=100)],
        render_kw=_NO_COMPLETION,
    )
    phone = StringField(
        _("手机尾号"),
        [Optional(), Length(max=30)],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    staff_number = StringField(
        _("工号"), [Optional(), Length(max=60)], render_kw=_NO_COMPLETION
    )
    rank = SelectField(_("职级类别"), [Optional()], choices=[])
    namesake = BooleanField(_("是另一个同名的人"))

    def choose_from(self, words: Sequence[str]) -> None:
        """Offer the words of the list, and the one that is written."""
        now = self.rank.object_data or ""
        known = ["", *words, *([now] if now and now not in words else [])]
        self.rank.choices = {word: word or gettext("未填") for word in known}


class MoveForm(FlaskForm):
    """Where somebody goes."""

    unit = StringField(
        _("调入单位"),
        [InputRequired(_("请填写调入的单位")), Length(max=200)],
        render_kw={"list": "units", "autocomplete": "off"},
    )
    reason = StringField(
        _("说明"), [Optional(), Length(max=LONGEST_REASON)], render_kw=_NO_COMPLETION
    )


class WindowForm(FlaskForm):
    """Until when liaisons keep their rosters."""

    closes_at = MomentField(_("截止时间"), [InputRequired(_("请填写截止时间"))])
    unit = StringField(
        _("单位"),
        [Optional(), Length(max=200)],
        render_kw={"list": "units", "autocomplete": "off"},
    )


class ExemptionForm(FlaskForm):
    """Why somebody need not take an exam, and until when."""

    kind = SelectField(_("免考原因"), choices={one: one for one in REASONS})
    note = StringField(
        _("说明"), [Optional(), Length(max=200)], render_kw=_NO_COMPLETION
    )
    until = DateField(_("免考到哪一天"), [Optional()])
    exam = StringField(_("只对一场考试：考试码"), [Optional(), Length(max=20)])


class DecideForm(FlaskForm):
    """What is said about a request."""

    note = StringField(_("意见"), [Optional(), Length(max=200)])


class LeaveForm(FlaskForm):
    """Why somebody leaves."""

    why = StringField(
        _("原因"),
        [Optional(), Length(max=LONGEST_REASON)],
        render_kw={"list": "leaving", "autocomplete": "off"},
    )
