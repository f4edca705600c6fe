"""What is sent to import units and people."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional


class UploadForm(FlaskForm):
    """A file to look at."""

    file = FileField(
        _("文件"),
        [FileRequired(_("请选择要上传的文件"))],
        render_kw={"accept": ".xlsx,.xls,.et,.csv,.txt"},
    )


class DecisionForm(FlaskForm):
    """What to do with the file after the look."""

    all = SubmitField(_("全部导入"))
    good = SubmitField(_("只导入正确的行"))
    cancel = SubmitField(_("取消"))


class PersonForm(FlaskForm):
    """One person for the roster."""

    name = StringField(_("姓名"), [InputRequired(_("请填写姓名")), Length(max=100)])
    phone = StringField(
        _("手机尾号"),
        [Optional(), Length(max=30)],
        render_kw={"inputmode": "numeric", "autocomplete": "off"},
    )
    staff_number = StringField(_("工号"), [Optional(), Length(max=60)])
    rank = StringField(_("职级类别"), [Optional(), Length(max=60)])
