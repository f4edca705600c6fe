"""Accounts from the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import click
from flask import current_app, json
from flask.cli import AppGroup
from flask_babel import gettext

from accounts.login import limits
from accounts.models import Account, LoginSession
from accounts.operations.accounts import (
    create_account,
    disable_account,
    enable_account,
    end_account_sessions,
    grant_role,
    revoke_role,
    unlock_account,
)
from accounts.operations.links import Link, make_sign_in_link
from accounts.operations.second_factor import reset_second_factor
from accounts.queries import accounts_listed, find_account, open_login_sessions
from accounts.rules.lockout import wait
from accounts.rules.sessions import INVITATION_LIFE
from accounts.rules.usernames import normal_username
from core.access import ROLES
from core.clock import now
from core.config import Settings
from core.errors import Missing
from core.pages import clock
from units.queries.units import unit_by_code

ACTOR = "system"

accounts = AppGroup("accounts", help="账号：新建、授权、登录链接、停用、登录")
as_json = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")
unit_option = click.option(
    "--unit",
    "unit_code",
    help="单位编码：只在这个单位和它的下属单位内有效；默认全部单位",
)


def _say(facts: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else sentence)


def link_address(token: str) -> str:
    """The address of a sign-in link."""
    settings: Settings = current_app.config["SETTINGS"]
    base = settings.base_url or f"http://127.0.0.1:{settings.port}"
    return f"{base}/login/link/{token}"


def _report(username: str, link: Link, *, as_json: bool) -> None:
    address = link_address(link.token)
    if as_json:
        facts = {
            "username": normal_username(username),
            "link": address,
            "expires_at": link.expires_at.isoformat(),
        }
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    until = clock(link.expires_at)
    click.echo(gettext("一次性登录链接（%(until)s 前有效）：", until=until))
    click.echo(address)


def _unit_id(code: str | None) -> int | None:
    return None if code is None else unit_by_code(code).id


@accounts.command("new", help="新建账号，并给出一次性邀请链接")
@click.argument("username")
@click.option("--name", "display_name", default="", help="显示名，默认同用户名")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(list(ROLES)),
    help="角色，可多次给出；默认 organizer",
)
@unit_option
@as_json
def new(
    username: str,
    display_name: str,
    roles: tuple[str, ...],
    unit_code: str | None,
    *,
    as_json: bool,
) -> None:
    """Make an account and print its invitation link."""
    moment = now()
    create_account(
        username=username,
        display_name=display_name or username,
        roles=roles or ("organizer",),
        unit_id=_unit_id(unit_code),
        actor=ACTOR,
        now=moment,
    )
    link = make_sign_in_link(
        username=username, actor=ACTOR, now=moment, life=INVITATION_LIFE
    )
    if not as_json:
        click.echo(gettext("已新建账号 %(name)s", name=normal_username(username)))
    _report(username, link, as_json=as_json)


@accounts.command("list", help="列出账号、角色和状态")
@click.argument("word", default="")
@as_json
def listed(word: str, *, as_json: bool) -> None:
    """List the accounts a word finds, or all."""
    moment = now()
    lines = [
        {
            "username": line.account.username,
            "name": line.account.display_name,
            "roles": [
                {"role": grant.role, "unit": grant.unit.code if grant.unit else None}
                for grant in line.account.grants
            ],
            "disabled": line.account.disabled_at is not None,
            "password": line.account.password_hash is not None,
            "second_factor": line.account.totp_nonce is not None,
            "waits_s": _waits(line.account, moment),
            "sessions": line.open_sessions,
            "last_used": line.seen_at.isoformat() if line.seen_at else None,
        }
        for line in accounts_listed(word, moment, limits())
    ]
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False))
        return
    for line in lines:
        click.echo(_line(line))


def _waits(account: Account, moment: datetime) -> int:
    left = wait(account.failures, account.failed_at, moment)
    return round(left.total_seconds())


def _line(facts: Mapping[str, Any]) -> str:
    roles = "、".join(
        one["role"] + (f"@{one['unit']}" if one["unit"] else "")
        for one in facts["roles"]
    )
    state = (
        gettext("已停用")
        if facts["disabled"]
        else gettext("等待 %(s)d 秒", s=facts["waits_s"])
        if facts["waits_s"]
        else gettext("正常")
        if facts["password"]
        else gettext("未设密码")
    )
    return "\t".join((facts["username"], facts["name"], roles or "—", state))


@accounts.command("grant", help="授予角色")
@click.argument("username")
@click.argument("role", type=click.Choice(list(ROLES)))
@unit_option
@as_json
def grant(username: str, role: str, unit_code: str | None, *, as_json: bool) -> None:
    """Give a role to an account."""
    _change_role(grant_role, username, role, unit_code, as_json=as_json)


@accounts.command("revoke", help="收回角色，其登录立即失效")
@click.argument("username")
@click.argument("role", type=click.Choice(list(ROLES)))
@unit_option
@as_json
def revoke(username: str, role: str, unit_code: str | None, *, as_json: bool) -> None:
    """Take a role away from an account."""
    _change_role(revoke_role, username, role, unit_code, as_json=as_json)


def _change_role(
    act: Callable[..., bool],
    username: str,
    role: str,
    unit_code: str | None,
    *,
    as_json: bool,
) -> None:
    done = act(
        username=username,
        role=role,
        unit_id=_unit_id(unit_code),
        actor=ACTOR,
        now=now(),
    )
    name = normal_username(username)
    shown = f"{role}@{unit_code}" if unit_code else role
    values = {"name": name, "role": shown}
    has = act is grant_role
    if has:
        said = (
            gettext("账号 %(name)s 现在有角色 %(role)s", **values)
            if done
            else gettext("账号 %(name)s 已有角色 %(role)s", **values)
        )
    else:
        said = (
            gettext("账号 %(name)s 不再有角色 %(role)s", **values)
            if done
            else gettext("账号 %(name)s 没有角色 %(role)s", **values)
        )
    facts = {"username": name, "role": role, "unit": unit_code, "changed": done}
    _say(facts, said, as_json=as_json)


@accounts.command("link", help="生成一次性登录链接（忘记密码时也用它）")
@click.argument("username")
@as_json
def link(username: str, *, as_json: bool) -> None:
    """Print a one-time sign-in link."""
    made = make_sign_in_link(username=username, actor=ACTOR, now=now())
    _report(username, made, as_json=as_json)


def _simple(
    name: str, act: Callable[..., object], help_text: str, said: str
) -> click.Command:
    """A command that does one thing to one account."""

    @accounts.command(name, help=help_text)
    @click.argument("username")
    @as_json
    def command(username: str, *, as_json: bool) -> None:
        act(username=username, actor=ACTOR, now=now())
        shown = normal_username(username)
        facts = {"username": shown, "done": name}
        _say(facts, gettext(said, name=shown), as_json=as_json)

    made: click.Command = command
    return made


disable = _simple(
    "disable", disable_account, "停用账号，其登录立即失效", "账号 %(name)s 已停用"
)
enable = _simple("enable", enable_account, "重新启用账号", "账号 %(name)s 已启用")
unlock = _simple(
    "unlock", unlock_account, "解除连续输错后的等待", "账号 %(name)s 现在可以登录"
)
unpair = _simple(
    "unpair",
    reset_second_factor,
    "停用动态验证码（手机和恢复码都丢失时）",
    "账号 %(name)s 已停用动态验证码",
)


@accounts.command("sessions", help="列出登录中的设备；--end 全部结束")
@click.argument("username")
@click.option("--end", is_flag=True, help="结束这个账号的全部登录")
@as_json
def sessions(username: str, *, end: bool, as_json: bool) -> None:
    """Show where an account is signed in, or sign it out everywhere."""
    moment = now()
    name = normal_username(username)
    if end:
        ended = end_account_sessions(username=name, actor=ACTOR, now=moment)
        said = gettext("已结束账号 %(name)s 的 %(n)d 处登录", name=name, n=ended)
        _say({"username": name, "ended": ended}, said, as_json=as_json)
        return
    account = find_account(name)
    if account is None:
        raise Missing("没有账号 %(name)s，请核对用户名", name=name)
    found = open_login_sessions(account.id, moment, limits())
    if as_json:
        click.echo(json.dumps([_session(one) for one in found], ensure_ascii=False))
        return
    for one in found:
        facts = _session(one)
        click.echo(f"{facts['browser']}\t{clock(one.created_at)}\t{clock(one.seen_at)}")
    if not found:
        click.echo(gettext("没有登录中的设备"))


def _session(found: LoginSession) -> dict[str, Any]:
    return {
        "browser": found.browser.words if found.browser else None,
        "began_at": found.created_at.isoformat(),
        "last_used": found.seen_at.isoformat(),
    }
