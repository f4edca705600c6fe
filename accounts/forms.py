"""What is typed to sign in and to choose a password."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length


class SignInForm(FlaskForm):
    """User name and password."""

    username = StringField(
        _("用户名"),
        [InputRequired(_("请填写用户名")), Length(max=200, message=_("用户名太长"))],
        render_kw={"autocomplete": "username", "autocapitalize": "none"},
    )
    password = PasswordField(
        _("密码"),
        # Long enough for every password; a megabyte is not worth hashing.
        [InputRequired(_("请填写密码")), Length(max=1000, message=_("密码太长"))],
        render_kw={"autocomplete": "current-password"},
    )


class LinkForm(FlaskForm):
    """Nothing but the token against forgery: the button of a sign-in link."""


class FirstPasswordForm(FlaskForm):
    """A password for an account that has none, or whose owner came by a link."""

    new = PasswordField(
        _("新密码"),
        [InputRequired(_("请填写新密码"))],
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        _("再输入一次"),
        [
            InputRequired(_("请再输入一次新密码")),
            EqualTo("new", _("两次输入的密码不一致，请重新输入")),
        ],
        render_kw={"autocomplete": "new-password"},
    )


class ChangePasswordForm(FirstPasswordForm):
    """The same, with the password so far."""

    current = PasswordField(
        _("当前密码"),
        [InputRequired(_("请填写当前密码"))],
        render_kw={"autocomplete": "current-password"},
    )
