"""Who may call a route: nobody, unless the route says so.

Every view is marked ``@public`` (with the reason it may be) or ``@needs(role, …)``.
A view without a mark answers 403, and a test fails for it. What a role may do is
bounded by the units it was granted for: a view loads what it shows with ``granted()``,
and what lies outside is not found. docs/access.md has the whole table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from flask_login import current_user

from core.clock import now
from core.errors import Forbidden, ProofNeeded

View = TypeVar("View", bound=Callable[..., Any])

#: What an account may be, and what people call it. admin has every role.
ROLES = {
    "admin": "系统管理员",
    "organizer": "组织者",
    "author": "出题人",
    "reviewer": "审题人",
    "invigilator": "监考员",
    "assessor": "考核人员",
    "liaison": "单位联络员",
    "auditor": "审计",
}
#: Roles over what belongs to no unit: granted for all units or not at all.
UNDIVIDED = frozenset({"admin", "author", "reviewer", "auditor"})


@dataclass(frozen=True)
class Scope:
    """The part of the tree of units in which somebody has a role."""

    everywhere: bool
    #: The roots it was granted for, each with all below it.
    units: frozenset[int] = frozenset()

    @property
    def empty(self) -> bool:
        """Whether there is no unit in it."""
        return not (self.everywhere or self.units)


#: The whole tree: what the terminal and the server's own work reach.
EVERYWHERE = Scope(everywhere=True)


def public(why: str) -> Callable[[View], View]:
    """Open a route to everybody; the reason is for the reader and the route test."""

    def mark(view: View) -> View:
        view.public_because = why  # type: ignore[attr-defined]
        return view

    return mark


def needs(*roles: str, proof: bool = False) -> Callable[[View], View]:
    """Open a route to accounts that have one of these roles. admin has all.

    :param proof: Only within ten minutes of having shown who one is: for keys, people's
        scores, exports and accounts. Put it on the page with the form too, so that one
        is asked before typing.
    """
    unknown = set(roles) - set(ROLES)
    if unknown or not roles:
        raise ValueError(f"no such role: {unknown or roles}")

    def mark(view: View) -> View:
        view.needs_role = frozenset(roles) | {"admin"}  # type: ignore[attr-defined]
        view.needs_proof = proof  # type: ignore[attr-defined]
        return view

    return mark


#: Files of the page itself; they hold nothing of anybody.
PUBLIC_ENDPOINTS = frozenset({"static", "bootstrap.static"})


def check_access() -> Any:
    """Before every request: let through, send to sign-in, or refuse."""
    endpoint = request.endpoint
    if endpoint is None or endpoint in PUBLIC_ENDPOINTS:
        return None  # 404 and files
    view = current_app.view_functions[endpoint]
    if getattr(view, "public_because", None):
        return None
    wanted = getattr(view, "needs_role", None)
    if wanted is None:
        raise Forbidden("这个页面没有开放")
    if not current_user.is_authenticated:
        response: Response = current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
        return response
    if not current_user.roles:
        raise Forbidden("您的账号还没有角色，请联系系统管理员授权")
    scope: Scope = current_user.scope(*wanted)
    if scope.empty:
        raise Forbidden("您的账号没有这项权限，需要时请联系系统管理员")
    if getattr(view, "needs_proof", False):
        check_proof()
    g.granted = scope
    return None


def check_proof() -> None:
    """Who one is must have been shown within ten minutes.

    ``@needs(…, proof=True)`` says it of a route; a view calls this where only some of
    its objects ask for it.

    :raises ProofNeeded: If it was not.
    """
    if not current_user.proven(now()):
        raise ProofNeeded("请再次验证您的身份")


def granted() -> Scope:
    """The units for which this account may do what the route does."""
    scope: Scope = g.granted
    return scope


def may(endpoint: str) -> bool:
    """Whether the account of this request may call a route at all: for its links."""
    view = current_app.view_functions[endpoint]
    if getattr(view, "public_because", None):
        return True
    wanted = getattr(view, "needs_role", None)
    if wanted is None or not current_user.is_authenticated:
        return False
    scope: Scope = current_user.scope(*wanted)
    return not scope.empty


def init_access(app: Flask) -> None:
    """Check every request before its view runs."""
    app.before_request(check_access)
    app.jinja_env.globals["may"] = may
