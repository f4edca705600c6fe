"""Saves before Flask: fifty of the fifty-five requests of a sitting are the same one.

To find its route and to make and unmake a request costs Flask more than the save
itself. So a plain save of our own page is answered right here, by the operation and
with the words and headers that the route has. Whatever is not plain, and whatever is
refused or goes wrong, is Flask's as ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask

from core.clock import now
from core.pages import bare_headers
from quiz.views.device import COOKIE, digest_of, is_device
from quiz.views.protocol import JSON, answer_save, read_body

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LONGEST = 64 * 1024  # bytes of one save; the route takes more


class _Save(NamedTuple):
    """A save as its request names it."""

    token: str
    device: str  # digest of the cookie
    size: int  # bytes of the body


class Direct:
    """The application with a short way for saves.

    :param app: Its ``wsgi_app`` answers all else.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._rest: WSGIApplication = app.wsgi_app

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request."""
        save = _plain_save(environ)
        if save is None:
            return self._rest(environ, start_response)
        try:
            with self._app.app_context():
                body = read_body(environ["wsgi.input"].read(save.size))
                text = answer_save(save.token, save.device, body, now()).encode()
        except Exception as error:
            return self._refused(error, environ, start_response)
        secure = environ["wsgi.url_scheme"] == "https"
        start_response("200 OK", bare_headers(JSON, len(text), secure=secure))
        return [text]

    def _refused(
        self,
        error: Exception,
        environ: WSGIEnvironment,
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        """Say what the route would have said."""
        with self._app.request_context(environ):
            try:
                answer = self._app.handle_user_exception(error)
            except Exception as unhandled:
                answer = self._app.handle_exception(unhandled)
            response = self._app.finalize_request(answer)
            return response(environ, start_response)


def _plain_save(environ: WSGIEnvironment) -> _Save | None:
    """A save as our own page sends it; None for everything else."""
    if environ["REQUEST_METHOD"] != "PUT":
        return None
    before, _, rest = environ["PATH_INFO"].partition("/s/")
    token, _, action = rest.partition("/")
    if before or action != "answers" or environ.get("QUERY_STRING"):
        return None
    if environ.get("CONTENT_TYPE") != JSON:
        return None
    own = f"{environ['wsgi.url_scheme']}://{environ.get('HTTP_HOST')}"
    size = environ.get("CONTENT_LENGTH", "")
    device = _device(environ.get("HTTP_COOKIE", ""))
    if environ.get("HTTP_ORIGIN", own) != own or device is None:
        return None
    if not (size.isdecimal() and 0 < int(size) <= LONGEST):
        return None
    return _Save(token, digest_of(device), int(size))


def _device(cookies: str) -> str | None:
    """The device cookie, if there is one as we make them."""
    for cookie in cookies.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == COOKIE:
            return value if is_device(value) else None
    return None
