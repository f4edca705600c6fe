"""F8: no file we write makes a spreadsheet compute what somebody has typed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook

from core.db import db
from quiz.models import Exam
from quiz.queries.cards import known
from tests.audit.world import build
from tests.conftest import signed_in
from tests.security.poison import poison
from tests.test_routes import address, token

BEGINNINGS = ("=HYPERLINK(1)", "+1", "-1+2", "@SUM(1)", "=cmd|'/C calc'!A1")
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


@pytest.fixture
def spoilt(app: Flask, moment: datetime) -> Flask:
    """The whole world, with the beginning of a formula before each text."""
    beginnings = cycle(BEGINNINGS)
    build(moment)
    db.session.rollback()
    assert poison(lambda text, own: f"{next(beginnings)}{text}{own}") > 25
    known.clear()
    return app


def files(app: Flask) -> Iterator[str]:
    """The address of every spreadsheet there is to download."""
    exam_id = db.session.scalar(sa.select(sa.func.min(Exam.id)))  # 1 only on SQLite
    for rule in app.url_map.iter_rules():
        if re.search(r"\.(xlsx|csv)$", rule.rule) and "GET" in (rule.methods or ()):
            path = address(app, rule)
            assert path is not None
            if "nothing" not in path:  # of an upload: see below
                yield path.replace("/reports/1", f"/reports/{exam_id}")
    yield "/console/privacy/people/1/copy?form=xlsx"


def risky_cells(content: bytes) -> int:
    """Cells that begin like a formula; each must be a marked text."""
    found = 0
    for sheet in load_workbook(io.BytesIO(content)).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title} {cell.coordinate}"
                assert cell.hyperlink is None
                if isinstance(cell.value, str) and cell.value.startswith(RISKY):
                    assert cell.quotePrefix, f"{sheet.title} {cell.coordinate}"
                    found += 1
    return found


def download(client: FlaskClient, path: str) -> bytes:
    reply = client.get(path)
    assert reply.status_code == 200, path
    content: bytes = reply.data
    return content


def test_F8_no_spreadsheet_to_download_holds_a_formula(spoilt: Flask) -> None:
    client = signed_in(spoilt, "ada", "admin")
    paths = list(files(spoilt))
    assert len(paths) >= 4
    assert sum(risky_cells(download(client, path)) for path in paths) > 10


def test_F8_the_rows_that_are_given_back_hold_no_formula(
    app: Flask, moment: datetime
) -> None:
    client = signed_in(app, "ada", "admin")
    lines = [f'"单选","{one}题干",甲,{one},,C' for one in BEGINNINGS]
    text = "题型,题干,选项A,选项B,选项C,答案\n" + "\n".join(lines)
    form = {
        "csrf_token": token(client, "/console/bank/import"),
        "file": (io.BytesIO(text.encode()), "题目.csv"),
    }
    reply = client.post("/console/bank/import", data=form)
    assert reply.status_code in (302, 303)
    assert risky_cells(download(client, f"{reply.location}/bad.xlsx")) > 4


def test_F8_no_spreadsheet_of_the_terminal_holds_a_formula(
    spoilt: Flask, tmp_path: Path
) -> None:
    run = spoilt.test_cli_runner().invoke
    bank, report = tmp_path / "bank.xlsx", tmp_path / "report.xlsx"
    assert run(args=["bank", "export", str(bank)]).exit_code == 0
    done = run(args=["reports", "unit", "--exam", "EXAM0001", "--xlsx", str(report)])
    assert done.exit_code == 0
    for file in (bank, report):
        assert risky_cells(file.read_bytes()) > 10
