"""What is typed about personal data."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired


class EraseForm(FlaskForm):
    """Why somebody is erased."""

    reason = StringField(
        _("原因"),
        [InputRequired(_("请填写原因"))],
        render_kw={"maxlength": 200},
    )
