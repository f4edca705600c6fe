"""Accounts from the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import current_app, json
from flask.cli import AppGroup
from flask_babel import gettext

from accounts.operations.accounts import (
    create_account,
    disable_account,
    enable_account,
    grant_role,
)
from accounts.operations.sessions import Link, make_sign_in_link
from accounts.rules.usernames import normal_username
from core.access import ROLES
from core.clock import now
from core.config import Settings
from core.errors import Refused
from core.pages import clock

ACTOR = "system"

accounts = AppGroup("accounts", help="账号：新建、授权、登录链接、停用")


@contextmanager
def _one_sentence() -> Iterator[None]:
    """A refusal is one sentence on the terminal, and exit status 1."""
    try:
        yield
    except Refused as refusal:
        text = gettext(refusal.message, **refusal.values)
        raise click.ClickException(text) from refusal


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
    until = clock(link.expires_at, "%H:%M")
    click.echo(gettext("一次性登录链接（%(until)s 前有效）：", until=until))
    click.echo(address)


as_json = click.option("--json", "as_json", is_flag=True, help="以 JSON 输出")


@accounts.command("new", help="新建账号，并给出一次性登录链接")
@click.argument("username")
@click.option("--name", "display_name", default="", help="显示名，默认同用户名")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(list(ROLES)),
    help="角色，可多次给出",
)
@as_json
def new(
    username: str, display_name: str, roles: tuple[str, ...], *, as_json: bool
) -> None:
    """Make an account and print its first sign-in link."""
    moment = now()
    with _one_sentence():
        create_account(
            username=username,
            display_name=display_name or username,
            roles=roles or ("organizer",),
            actor=ACTOR,
            now=moment,
        )
        link = make_sign_in_link(username=username, actor=ACTOR, now=moment)
    if not as_json:
        click.echo(gettext("已新建账号 %(name)s", name=normal_username(username)))
    _report(username, link, as_json=as_json)


@accounts.command("grant", help="给账号增加一个角色")
@click.argument("username")
@click.argument("role", type=click.Choice(list(ROLES)))
def grant(username: str, role: str) -> None:
    """Give a role to an account."""
    with _one_sentence():
        given = grant_role(username=username, role=role, actor=ACTOR, now=now())
    values = {"name": normal_username(username), "role": role}
    if given:
        click.echo(gettext("账号 %(name)s 现在有角色 %(role)s", **values))
    else:
        click.echo(gettext("账号 %(name)s 已有角色 %(role)s", **values))


@accounts.command("link", help="生成一次性登录链接（忘记密码时也用它）")
@click.argument("username")
@as_json
def link(username: str, *, as_json: bool) -> None:
    """Print a one-time sign-in link."""
    with _one_sentence():
        made = make_sign_in_link(username=username, actor=ACTOR, now=now())
    _report(username, made, as_json=as_json)


@accounts.command("disable", help="停用账号，其登录立即失效")
@click.argument("username")
def disable(username: str) -> None:
    """Shut an account."""
    with _one_sentence():
        disable_account(username=username, actor=ACTOR, now=now())
    click.echo(gettext("账号 %(name)s 已停用", name=normal_username(username)))


@accounts.command("enable", help="重新启用账号")
@click.argument("username")
def enable(username: str) -> None:
    """Open a shut account again."""
    with _one_sentence():
        enable_account(username=username, actor=ACTOR, now=now())
    click.echo(gettext("账号 %(name)s 已启用", name=normal_username(username)))
