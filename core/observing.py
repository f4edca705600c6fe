"""Around every request: a name for it, one observation, one line in the log.

The outermost layer, because most saves are answered before Flask. It costs a request
a few microseconds, so it asks for nothing.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from core.logs import REQUEST_ID, AccessLog
from core.metrics import Metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ENDPOINT = "lawgauge.endpoint"  # in a request's environment
SAVE = "sitting.answers"
_FIT = re.compile(r"[A-Za-z0-9._:-]{8,64}")


class Observed:
    """The application, observed.

    :param trusted: Whether a proxy in front may name the request.
    """

    #: Set in a server's workers.
    access: AccessLog | None = None

    def __init__(
        self, inner: WSGIApplication, metrics: Metrics, *, trusted: bool
    ) -> None:
        self.inner = inner
        self._requests = metrics.requests
        self._trusted = trusted
        self._cells: dict[tuple[str, str], Any] = {}

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Answer one request."""
        began = time.perf_counter()
        given = environ.get("HTTP_X_REQUEST_ID") if self._trusted else None
        name = given if given and _FIT.fullmatch(given) else os.urandom(8).hex()
        environ[REQUEST_ID] = name
        status = "500"

        def begin(line: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            nonlocal status
            status = line[:3]
            headers.append(("X-Request-ID", name))
            return start_response(line, headers, *rest)

        try:
            return self.inner(environ, begin)
        finally:
            self._note(environ, status, time.perf_counter() - began)

    def _note(self, environ: WSGIEnvironment, status: str, seconds: float) -> None:
        endpoint = environ.get(ENDPOINT) or _endpoint(environ)
        cell = self._cells.get((endpoint, status)) or self._new_cell(endpoint, status)
        if cell is not None:
            cell.observe(seconds)
        if self.access is not None:
            self.access.note(environ, endpoint, status, seconds)

    def _new_cell(self, endpoint: str, status: str) -> Any:
        try:
            cell = self._requests.labels(endpoint, status)
        except OSError:
            return None  # a full disk: the answer matters, not that it is counted
        self._cells[endpoint, status] = cell
        return cell


def _endpoint(environ: WSGIEnvironment) -> str:
    """The endpoint of a request that Flask has not seen: a save, or none of ours."""
    path = environ["PATH_INFO"]
    if environ["REQUEST_METHOD"] == "PUT" and path.startswith("/s/"):
        return SAVE
    return "none"


def _tell_endpoint(response: Response) -> Response:
    request.environ[ENDPOINT] = request.endpoint or "none"
    return response


def init_observing(app: Flask, *, trusted: bool) -> None:
    """Put the layer around all others; the last thing that is done to the app."""
    app.extensions["metrics"] = counted = Metrics()
    app.after_request(_tell_endpoint)
    observed = Observed(app.wsgi_app, counted, trusted=trusted)
    app.extensions["observed"] = observed
    app.wsgi_app = observed  # type: ignore[method-assign]


def log_access(app: Flask, access: AccessLog) -> None:
    """From now on write a line for each request."""
    app.extensions["observed"].access = access
