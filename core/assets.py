"""Files of ours: their addresses, their compression, and those kept in parts.

A folder under static/ holds a file in parts: static/phone/10-page.js to 90-start.js
go out as /static/phone.js in the order of their names, without comments and
indentation, made once at the start. A phone on a thin line needs one request and
two kilobytes less; the parts stay as long as a reader likes.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for

TYPES = {"css": "text/css", "js": "text/javascript"}
PACKED = (".css", ".js", ".svg")  # kinds of files that compression makes smaller

_BLOCK = re.compile(r"/\*.*?\*/", re.DOTALL)
#: A comment to the end of its line, alone or after the end of a statement; never
#: after anything that could stand inside a text, such as https://.
_REST = re.compile(r"(?:^|(?<=[;,{}()\]]))[ \t]*//.*$", re.MULTILINE)


@dataclass(frozen=True)
class Bundle:
    """A joined file as it is sent."""

    body: bytes
    packed: bytes
    mark: str  # changes with the content


def bare(text: str, kind: str) -> str:
    """A script or style sheet without comments, indentation and empty lines.

    tests/test_phone_floor.py parses both and compares them token by token.

    :param kind: ``css`` or ``js``.
    """
    text = _BLOCK.sub("", text)
    if kind == "js":
        text = _REST.sub("", text)
    lines = (line.strip() for line in text.splitlines())
    return "".join(line + "\n" for line in lines if line)


def joined(parts: list[str], kind: str) -> str:
    """The parts as one file; those of a script share one scope of their own."""
    text = "".join(bare(part, kind) for part in parts)
    return f'(() => {{\n"use strict";\n{text}}})();\n' if kind == "js" else text


def bundles_in(static: Path) -> dict[str, Bundle]:
    """What the folders of a static folder make, by name: ``phone.js``."""
    found = {}
    for folder in (path for path in static.iterdir() if path.is_dir()):
        for kind in TYPES:
            files = sorted(folder.glob(f"*.{kind}"))
            if files:
                parts = [path.read_text(encoding="utf-8") for path in files]
                body = joined(parts, kind).encode()
                found[f"{folder.name}.{kind}"] = Bundle(
                    body, gzip.compress(body, 9, mtime=0), _mark(body)
                )
    return found


def _mark(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:10]


@lru_cache(maxsize=64)
def _fingerprint(path: str, _mtime: float) -> str:
    return _mark(Path(path).read_bytes())


@lru_cache(maxsize=64)
def _gzipped(path: str, _mtime: float) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


def _bundle(name: str) -> Bundle | None:
    bundles: dict[str, Bundle] = current_app.extensions["bundles"]
    return bundles.get(name)


def bundle_mark(name: str) -> str:
    """What changes with the content of a joined file."""
    bundle = _bundle(name)
    return bundle.mark if bundle else ""


def asset(name: str) -> str:
    """The address of a file of ours, new whenever its content is."""
    bundle = _bundle(name)
    if bundle is not None:
        return url_for("static", filename=name, v=bundle.mark)
    path = Path(current_app.static_folder or "", name)
    return url_for(
        "static", filename=name, v=_fingerprint(str(path), path.stat().st_mtime)
    )


def _send(filename: str) -> Response:
    bundle = _bundle(filename)
    if bundle is None:
        return current_app.send_static_file(filename)
    return Response(bundle.body, mimetype=TYPES[filename.rpartition(".")[2]])


def finish_file(response: Response) -> Response:
    """Let a file be kept as long as its address, and send it compressed."""
    if "v" in request.args or request.endpoint == "bootstrap.static":
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    name = (request.view_args or {}).get("filename", "")
    if (
        request.endpoint == "static"
        and response.status_code == 200
        and name.endswith(PACKED)
        and "gzip" in request.headers.get("Accept-Encoding", "")
    ):
        response.direct_passthrough = False
        response.close()  # the file that was opened for it
        response.set_data(_packed(name))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
    return response


def _packed(name: str) -> bytes:
    bundle = _bundle(name)
    if bundle is not None:
        return bundle.packed
    path = Path(current_app.static_folder or "", name)
    return _gzipped(str(path), path.stat().st_mtime)


def init_assets(app: Flask) -> None:
    """Join what is kept in parts."""
    app.extensions["bundles"] = bundles_in(Path(app.static_folder or ""))
    app.view_functions["static"] = _send
    app.jinja_env.globals.update(asset=asset)
