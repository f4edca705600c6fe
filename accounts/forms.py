"""What is typed to sign in, to keep one's own account, and to keep everybody's."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from core.access import ROLES
from core.forms import PageForm

EVERYWHERE = "all"  # in place of a unit's id


class SignInForm(PageForm):
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


class LinkForm(PageForm):
    """Nothing but the token against forgery: the button of a sign-in link."""


class CodeForm(PageForm):
    """A code of the authenticator, or a recovery code."""

    code = StringField(
        _("验证码"),
        [InputRequired(_("请填写验证码")), Length(max=40, message=_("验证码太长"))],
        render_kw={
            "autocomplete": "one-time-code",
            "autocapitalize": "characters",
            "spellcheck": "false",
        },
    )


class ProofForm(PageForm):
    """The password again, or a code."""

    secret = PasswordField(
        _("密码"),
        [InputRequired(_("请填写密码")), Length(max=1000, message=_("密码太长"))],
        render_kw={"autocomplete": "current-password"},
    )


class FirstPasswordForm(PageForm):
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


class GrantForm(PageForm):
    """A role, and for which units."""

    role = SelectField(
        _("角色"),
        [InputRequired(_("请选择角色"))],
        choices={"": "请选择", **ROLES},
    )
    unit = SelectField(_("管辖单位"), [InputRequired(_("请选择管辖单位"))])

    def offer(self, units: Iterable[tuple[int, str]]) -> None:
        """Let one choose among these units, or all."""
        first = {"": gettext("请选择"), EVERYWHERE: gettext("全部单位")}
        self.unit.choices = first | {str(unit_id): name for unit_id, name in units}

    def unit_id(self) -> int | None:
        """The chosen unit, once it is valid; None: all units."""
        chosen: str = self.unit.data
        return None if chosen == EVERYWHERE else int(chosen)


class NewAccountForm(GrantForm):
    """A new account with its first role."""

    username = StringField(
        _("用户名"),
        [InputRequired(_("请填写用户名")), Length(max=200, message=_("用户名太长"))],
        render_kw={"autocomplete": "off", "autocapitalize": "none"},
    )
    display_name = StringField(
        _("姓名"),
        [InputRequired(_("请填写姓名")), Length(max=200, message=_("姓名太长"))],
        render_kw={"autocomplete": "off"},
    )
