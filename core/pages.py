"""What every page shares: headers, errors, compression, filters."""

from __future__ import annotations

import gzip
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import (
    Flask,
    Request,
    Response,
    current_app,
    g,
    render_template,
    request,
)
from flask.sessions import (
    SecureCookieSession,
    SecureCookieSessionInterface,
    SessionMixin,
)
from flask_babel import get_translations, gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.local import LocalProxy
from werkzeug.routing import IntegerConverter, ValidationError

from core.assets import finish_file, init_assets
from core.config import Settings
from core.db import busy_for
from core.errors import Busy, Forbidden, Refused
from core.logs import REQUEST_ID
from core.look import look_of_request
from core.metrics import metrics

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'; manifest-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # same-origin, not no-referrer: the latter makes browsers send "Origin: null"
    # with our own forms. Nothing is told to any other host either way.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

SECURE_HEADERS = SECURITY_HEADERS | {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains"
}
NO_STORE = "no-store"

#: Where the pages of candidates begin; they know a phone by a cookie of their own.
CANDIDATES = ("/e/", "/s/", "/v/")

FORM_LIMIT = 2 * 1024 * 1024  # bytes of a form without files; it is read at once
COMPRESS_FROM = 800  # bytes; below, gzip gains nothing
#: gzip of pages. A paper of 61 KB: level 2 makes 13.8 KB in 0.14 ms, 3 makes 13.5 KB
#: in 0.25 ms, 6 makes 12.6 KB in 0.69 ms.
PAGE_LEVEL = 2


def points(hundredths: int | None) -> str:
    """Hundredths of a point as people write them: 8650 → 86.5, None → —."""
    if hundredths is None:
        return "—"
    whole, rest = divmod(abs(hundredths), 100)
    text = f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
    return f"-{text}" if hundredths < 0 else text


def local(moment: datetime, zone: ZoneInfo | None = None) -> datetime:
    """A moment in the time zone of the setting."""
    return moment.astimezone(zone or current_app.config["TIMEZONE"])


def clock(moment: datetime | None, form: str = "%Y-%m-%d %H:%M") -> str:
    """A moment as people here read it, or a dash."""
    return local(moment).strftime(form) if moment else "—"


def base_address() -> str:
    """The address of this server as others reach it, without a slash at its end."""
    settings: Settings = current_app.config["SETTINGS"]
    return settings.base_url or request.host_url.rstrip("/")


def size_words(size: int | None) -> str:
    """A number of bytes as people read it: 3_480_000 → 3.3 MB, None → —.

    The space does not break.
    """
    if size is None:
        return "—"
    shown, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if shown < 1024 or unit == "TB":
            break
        shown /= 1024
    return (
        f"{shown:.0f} {unit}" if shown >= 100 or unit == "B" else f"{shown:.1f} {unit}"
    )


def compressed(response: Response) -> Response:
    """Gzip a response, if the client takes it.

    Only for pages that do not echo input beside a secret (the paper, files).
    """
    if (
        "gzip" in request.headers.get("Accept-Encoding", "")
        and not response.direct_passthrough
        and len(response.get_data()) >= COMPRESS_FROM
    ):
        response.set_data(gzip.compress(response.get_data(), PAGE_LEVEL, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def bare_headers(kind: str, size: int, *, secure: bool) -> list[tuple[str, str]]:
    """All headers of an answer that is given before Flask.

    :param kind: Its content type.
    :param size: Bytes of its body.
    :param secure: Whether it goes over https.
    """
    return [
        ("Content-Type", kind),
        ("Content-Length", str(size)),
        *(SECURE_HEADERS if secure else SECURITY_HEADERS).items(),
        ("Cache-Control", NO_STORE),
    ]


def _finish(response: Response) -> Response:
    # Looked for once: asking Werkzeug for a header that is not there is slow.
    present = {name for name, _ in response.headers}
    wanted = SECURE_HEADERS if request.is_secure else SECURITY_HEADERS
    response.headers.extend(
        (name, value) for name, value in wanted.items() if name not in present
    )
    if request.endpoint in ("static", "bootstrap.static"):
        return finish_file(response)
    response.headers["Cache-Control"] = NO_STORE  # send_file says otherwise
    return response


def check_origin() -> None:
    """A write must come from our own page.

    Plain-http networks have no Sec-Fetch-Site, so this looks at Origin, which
    every browser of ours sends with a POST or PUT; a program that sends neither
    still needs the CSRF token or the path token. A page that came over plain http
    may be anybody's, so over https it is another site, too.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if request.mimetype == "application/x-www-form-urlencoded":
        request.max_content_length = FORM_LIMIT  # files come as multipart
    origin = request.headers.get("Origin")
    if origin is None:
        own = request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
    else:
        own = origin == f"https://{request.host}" or (
            not request.is_secure and origin == f"http://{request.host}"
        )
    if not own:
        raise Forbidden("请求来自其他网站，已拒绝。请从本系统的页面操作")


def wants_json() -> bool:
    """Whether the caller is a script of ours rather than a person's address bar."""
    return request.is_json or request.accept_mimetypes.best == "application/json"


def error_page(status: int, message: str) -> Response:
    """An error as a page, or as JSON for our scripts."""
    if wants_json():
        response = Response(
            current_app.json.dumps({"error": message}), mimetype="application/json"
        )
    else:
        phone = request.path.startswith(CANDIDATES)
        template = "phone/error.html" if phone else "error.html"
        response = Response(
            render_template(template, status=status, message=message),
            mimetype="text/html",
        )
    response.status_code = status
    return response


def refusal(error: Refused) -> Response:
    """What was refused, as a page or as JSON."""
    response = error_page(error.status, gettext(error.message, **error.values))
    if isinstance(error, Busy):
        metrics().busy.inc()
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _database_error(error: OperationalError) -> Response:
    """A read that failed: what passes by itself is said as for a write."""
    busy = busy_for(error)
    if busy is None:
        raise error
    return refusal(busy)


HTTP_MESSAGES = {
    400: "请求有误，请返回上一页重试",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到这个页面，请核对地址或重新扫码",
    405: "不能这样操作，请返回上一页",
    413: "文件太大，请压缩或拆分后再上传（上限 20 MB）",
    415: "不支持这种格式",
    429: "操作太频繁，请稍后再试",
    503: "系统正忙，请稍后重试",
}


def _http_error(error: HTTPException) -> Any:
    code = error.code or 500
    if code < 400:
        return error  # a redirect
    message = HTTP_MESSAGES.get(code, "系统出错了，请稍后重试；已作答的内容不会丢失")
    return error_page(code, gettext(message))


def _csrf_error(_error: CSRFError) -> Response:
    return error_page(400, gettext("页面停留太久，请刷新后重新提交"))


def _broken(error: Exception) -> Response:
    current_app.logger.exception("unhandled", exc_info=error)
    number = request.environ.get(REQUEST_ID, "")[:8]
    return error_page(
        500,
        gettext(
            "系统出错了，请稍后重试；已作答的内容不会丢失。需要帮助时请告知编号 %(n)s",
            n=number,
        ),
    )


def _catalogue() -> Any:
    # Flask-Babel looks for the locale with every single text, and a paper has 80.
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def _translated(text: str) -> str:
    translated: str = _catalogue().ugettext(text)
    return translated


def _translated_count(text: str, texts: str, n: int) -> str:
    translated: str = _catalogue().ungettext(text, texts, n)
    return translated


class SessionCookie(SecureCookieSessionInterface):
    """The session's cookie: only over https wherever a page came over https.

    Candidates have no session: on their pages it is neither read nor written.
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie; a candidate's session is an empty one."""
        if request.path.startswith(CANDIDATES):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(
        self, app: Flask, session: SessionMixin, response: Response
    ) -> None:
        """Write the cookie, and say that the page depends on it."""
        if not request.path.startswith(CANDIDATES):
            super().save_session(app, session, response)

    def get_cookie_name(self, app: Flask) -> str:
        """Over https no other host of the domain can plant a cookie of this name."""
        name: str = app.config["SESSION_COOKIE_NAME"]
        return f"__Host-{name}" if request.is_secure else name

    def get_cookie_secure(self, app: Flask) -> bool:
        """Plain-http networks have no use for a Secure cookie."""
        return request.is_secure


class RowNumber(IntegerConverter):
    """``<int:…>`` in an address: a number no column can hold is not found."""

    def to_python(self, value: str) -> int:
        """The number, if a row could have it."""
        number: int = super().to_python(value)
        if number >= 2**31:
            raise ValidationError
        return number


def init_pages(app: Flask) -> None:
    """Register headers, error pages, template filters and what addresses hold.

    After Babel, before the blueprints: their routes use the converter.
    """
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        _translated, _translated_count, newstyle=True
    )
    app.session_interface = SessionCookie()
    app.url_map.converters["int"] = RowNumber
    app.before_request(check_origin)
    app.after_request(_finish)
    app.register_error_handler(Refused, refusal)
    app.register_error_handler(OperationalError, _database_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    if not app.testing:
        app.register_error_handler(Exception, _broken)
    app.jinja_env.filters.update(points=points, clock=clock, size=size_words)
    app.jinja_env.globals.update(look=LocalProxy(look_of_request))
    init_assets(app)
