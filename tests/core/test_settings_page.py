"""The page for who keeps the server: everything that is set, and nothing secret."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from core.backup import keeping
from core.backup.checks import Findings
from core.backup.keeping import kept_in
from core.backup.making import backups_folder
from core.clock import now
from core.config import Settings
from core.db import db
from core.jobs.queries import job_shown
from core.jobs.runner import run_job
from core.settings_words import HIDDEN, MEANINGS, settings_shown
from tests.conftest import SECRET


def test_every_setting_has_its_words() -> None:
    assert {field.name for field in fields(Settings)} == set(MEANINGS)


def test_what_is_secret_is_not_shown(app: Flask, admin: FlaskClient) -> None:
    chosen = replace(
        app.config["SETTINGS"],
        database_url="postgresql+psycopg://lawgauge:pass-of-the-db@host/name",
        backup_passphrase="passphrase-of-backups",
        monitor_token="token-of-the-monitor",
        port=8123,
    )
    shown = {one.variable: one for one in settings_shown(chosen)}
    text = " ".join(f"{one.value} {one.default}" for one in shown.values())
    for secret in (
        SECRET,
        "pass-of-the-db",
        "passphrase-of-backups",
        "token-of-the-monitor",
    ):
        assert secret not in text
    assert "lawgauge:***@host" in shown["LAWGAUGE_DATABASE_URL"].value
    assert shown["LAWGAUGE_PORT"].changed
    assert (shown["LAWGAUGE_PORT"].value, shown["LAWGAUGE_PORT"].default) == (
        "8123",
        "8000",
    )
    assert not shown["LAWGAUGE_HOST"].changed
    page = admin.get("/console/settings").get_data(as_text=True)
    assert SECRET not in page
    for name in HIDDEN:
        assert f"LAWGAUGE_{name.upper()}" in page


def test_only_an_administrator_sees_it(app: Flask, organizer: FlaskClient) -> None:
    assert organizer.get("/console/settings").status_code == 403
    home = organizer.get("/console").get_data(as_text=True)
    assert "/console/settings" not in home


def test_an_administrator_finds_it_in_the_menu(admin: FlaskClient) -> None:
    page = admin.get("/console/jobs").get_data(as_text=True)
    assert 'href="/console/settings"' in page


def test_a_backup_from_the_page(
    app: Flask, admin: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        app.config, "SETTINGS", replace(app.config["SETTINGS"], instance=tmp_path)
    )
    page = admin.get("/console/settings").get_data(as_text=True)
    assert "还没有备份过，请备份" in page
    csrf = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    reply = admin.post("/console/settings/backup", data={"csrf_token": csrf})
    assert reply.status_code == 303
    job_id = int(reply.location.rpartition("/")[2])
    assert run_job(job_id)
    db.session.remove()
    assert job_shown(job_id, account_id=None).job.state == "done"
    (kept,) = kept_in(backups_folder())
    page = admin.get("/console/settings").get_data(as_text=True)
    assert kept.path.name in page
    assert "未加密" in page
    assert "还没有备份" not in page


def test_a_backup_that_is_a_week_old_is_asked_for_again(
    app: Flask, admin: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        app.config, "SETTINGS", replace(app.config["SETTINGS"], instance=tmp_path)
    )
    for days, asked in ((8, True), (6, False)):
        target = tmp_path / f"copy-{days}.zip"
        target.write_text("x")
        keeping.keep_backup(
            target,
            findings=Findings((), (), 0, 0),
            keep=None,
            actor="system",
            now=now() - timedelta(days=days),
        )
        page = admin.get("/console/settings").get_data(as_text=True)
        assert (f"上次备份已是 {days} 天前" in page) is asked


def test_its_tables_have_a_row_for_everything(admin: FlaskClient) -> None:
    text = admin.get("/console/settings").get_data(as_text=True)
    soup = BeautifulSoup(text, "html.parser")
    tables = {table.caption.text: table for table in soup.select("table")}  # type: ignore[union-attr]
    assert len(tables["设置"].select("tbody tr")) == len(MEANINGS)
    assert len(tables["运行状况"].select("tbody tr")) >= 6
