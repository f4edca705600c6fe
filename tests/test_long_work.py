"""Long work under the real server: a process of its own that may be killed."""

from __future__ import annotations

import http.cookiejar
import io
import json
import os
import re
import signal
import sqlite3
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from accounts.operations.accounts import create_account
from accounts.operations.links import make_sign_in_link
from app import create_app
from core.cli import upgrade_database
from core.db import db, write
from rehearsal.server import environment, running
from tests.reports.factories import Hall

pytestmark = pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
PATIENCE = 120.0  # seconds for a process to come to its end


@dataclass
class Site:
    """A running server and a browser that is signed in to it."""

    base: str
    database: Path
    exam_id: int
    browser: urllib.request.OpenerDirector

    def get(self, path: str) -> bytes:
        content: bytes = self.browser.open(self.base + path, timeout=10).read()
        return content

    def post(self, path: str, page: str) -> str:
        """Press a button of a page; where it leads."""
        found = re.search(
            r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page).decode()
        )
        assert found
        form = urllib.parse.urlencode({"csrf_token": found[1]}).encode()
        with self.browser.open(self.base + path, form, timeout=10) as reply:
            return str(urllib.parse.urlsplit(reply.url).path)

    def row(self, job: str) -> dict[str, Any]:
        """A job as the table has it."""
        with closing(sqlite3.connect(self.database, timeout=5)) as connection:
            connection.row_factory = sqlite3.Row
            number = int(job.rpartition("/")[2])
            query = "SELECT * FROM job WHERE id = ?"
            return dict(connection.execute(query, (number,)).fetchone())

    def wait_for(self, job: str, *states: str) -> dict[str, Any]:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            row = self.row(job)
            if row["state"] in states:
                return row
            time.sleep(0.05)
        pytest.fail(f"{job} is still {row['state']}: {row['message']}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    instance = tmp_path_factory.mktemp("site")
    app = create_app(environment(instance), testing=True)
    with app.app_context():
        upgrade_database()
        with write() as session:
            hall = Hall(session)
            exam = hall.exam(opens_at=datetime.now(UTC) - timedelta(days=3))
            for n in range(3):
                unit = hall.unit(f"单位{n}")
                for m in range(4):
                    hall.person(exam, unit, f"人员{n}-{m}", 6000 + 100 * m)
            exam_id = exam.id
        moment = datetime.now(UTC)
        create_account(
            username="olga",
            display_name="组织者",
            roles=("organizer",),
            actor="system",
            now=moment,
        )
        link = make_sign_in_link(username="olga", actor="system", now=moment)
        db.session.remove()
        db.engine.dispose()
    with running(instance) as server:
        base = f"http://{server.address.host}:{server.address.port}"
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        site = Site(
            base, instance / "lawgauge.db", exam_id, urllib.request.build_opener(jar)
        )
        path = f"/login/link/{link.token}"
        site.post(path, path)
        yield site


def start(site: Site) -> str:
    """Ask for the workbook; the path of its job."""
    report = f"/reports/{site.exam_id}"
    return site.post(f"{report}/workbook", report)


def test_a_workbook_is_made_by_a_child_process(site: Site) -> None:
    job = start(site)
    row = site.wait_for(job, "done", "failed")
    assert row["state"] == "done", row["message"]
    told = json.loads(site.get(f"{job}/progress"))
    assert told["active"] is False
    book = load_workbook(io.BytesIO(site.get(f"{job}/file")))
    assert "单位成绩表" in book.sheetnames
    assert int(row["worker"].rpartition(":")[2]) != os.getpid()


def test_X6_a_killed_job_fails_alone_and_is_done_again(site: Site) -> None:
    job = start(site)
    row = site.wait_for(job, "running")
    os.kill(int(row["worker"].rpartition(":")[2]), signal.SIGKILL)
    began = time.monotonic()
    assert json.loads(site.get("/healthz"))["ok"] is True
    assert time.monotonic() - began < 2
    row = site.wait_for(job, "done", "failed")
    assert (row["state"], row["tries"]) == ("done", 2)
    assert load_workbook(io.BytesIO(site.get(f"{job}/file"))).sheetnames
