"""The front page, the organizer's first page, and what all console pages share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from core.db import write
from core.jobs.models import Job
from tests.accounts.browser import page
from units.models import Person, Unit

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def test_the_front_page_says_how_to_take_part(client: FlaskClient) -> None:
    response = client.get("/")
    shown = page(response)
    assert response.status_code == 200
    assert shown.one("title").text.startswith(shown.one("h1").text)
    assert "二维码" in shown.one("main").text
    assert shown.has("label[for=code]")
    assert shown.has("a[href='/login']")


def test_the_front_page_is_light(client: FlaskClient) -> None:
    """Phones come here; Bootstrap alone would weigh more than the budget."""
    shown = page(client.get("/"))
    sheets = [link["href"] for link in shown.all("link[rel=stylesheet]")]
    assert len(sheets) == 1
    size = len(client.get(sheets[0], headers={"Accept-Encoding": "gzip"}).data)
    assert size < 4000
    assert not shown.has("script")


def test_a_typed_code_leads_to_the_exam(client: FlaskClient) -> None:
    response = client.get("/", query_string={"code": " K7M2P9QX "})
    assert response.location == "/e/K7M2P9QX"


@pytest.mark.parametrize("typed", ["", "../console", "<script>", "//evil.example"])
def test_what_is_no_code_is_said_so(client: FlaskClient, typed: str) -> None:
    response = client.get("/", query_string={"code": typed})
    assert response.status_code == 400
    shown = page(response)
    assert shown.has("[role=alert]")
    assert shown.one("input[name=code]")["value"] == typed
    assert not shown.has("script")


def test_the_process_says_that_it_answers(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"ok": True}


def cards(client: FlaskClient) -> dict[str, list[str]]:
    """The cards of the first page with the words of their notes."""
    shown = page(client.get("/console"))
    return {
        card.one("h2").text: [note.text.strip() for note in card.all(".go-note")]
        for card in shown.all(".go-card")
    }


def job(state: str, finished_at: datetime | None) -> None:
    texts = dict.fromkeys(
        ("object", "about", "step", "message", "file", "filename", "worker"), ""
    )
    with write() as session:
        session.add(
            Job(
                **texts, kind="backup", arguments="{}", account_id=None, state=state,
                progress_n=0, progress_of=0, tries=1, created_at=datetime.now(UTC),
                finished_at=finished_at,
            )
        )  # fmt: skip


def test_an_administrator_is_told_how_the_server_does(
    admin: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.health.disk_free", lambda: 80 * 2**30)
    monkeypatch.setattr("core.health.backup_age", lambda now: timedelta(hours=3))
    found = cards(admin)
    assert found["任务"] == []
    assert found["系统"] == ["磁盘：剩余 80.0 GB；备份：今天备份过"]
    monkeypatch.setattr("core.health.disk_free", lambda: 10 * 2**20)
    monkeypatch.setattr("core.health.backup_age", lambda now: None)
    job("running", None)
    job("failed", datetime.now(UTC) - timedelta(days=2))
    job("failed", datetime.now(UTC) - timedelta(days=8))
    found = cards(admin)
    assert found["任务"] == ["1 个正在进行 7 天内 1 个未成功"]
    assert found["系统"] == ["磁盘 只剩 10.0 MB，请尽快清理", "备份 还没有备份过"]


def test_nobody_else_is_told(organizer: FlaskClient) -> None:
    assert not {"任务", "系统"} & set(cards(organizer))


def test_the_first_page_asks_for_units_and_then_counts_them(
    organizer: FlaskClient,
) -> None:
    assert "还没有单位" in page(organizer.get("/console")).one("main").text
    with write() as session:
        unit = Unit(
            code="001", name="清河司法局", initials="qhsfj", category="", level="",
            position=1, created_at=NOW,
        )  # fmt: skip
        unit.people = [
            Person(name=name, phone_tail="0001", rank="", created_at=NOW, left_at=left)
            for name, left in (("甲", None), ("乙", None), ("丙", NOW))
        ]
        session.add(unit)
    shown = page(organizer.get("/console"))
    assert "1 个单位，2 人" in shown.one("main").text
    assert shown.has(".steps .done")


def test_the_outsider_is_sent_to_sign_in(client: FlaskClient) -> None:
    for address in ("/console", "/console/password"):
        response = client.get(address)
        assert response.status_code == 302
        assert response.location.startswith("/login?next=/console")


@pytest.mark.parametrize("address", ["/console", "/console/password", "/nix"])
def test_every_console_page_has_its_landmarks(
    organizer: FlaskClient, address: str
) -> None:
    shown = page(organizer.get(address))
    assert len(shown.all("h1")) == 1
    assert shown.one("title").text.startswith(shown.one("h1").text)
    assert shown.one("a.skip")["href"] == "#main"
    assert shown.one("main")["id"] == "main"
    assert len(shown.all("header nav a")) == 6
    assert not shown.all("[style], script:not([src])")
    ids = [element["id"] for element in shown.all("[id]")]
    assert len(ids) == len(set(ids))


def test_the_navigation_says_where_one_is(organizer: FlaskClient) -> None:
    current = page(organizer.get("/console")).all("[aria-current]")
    assert [(link.text, link["aria-current"]) for link in current] == [
        ("工作台", "page")
    ]


def test_an_outsider_sees_no_navigation(client: FlaskClient) -> None:
    assert not page(client.get("/login")).all("nav")
