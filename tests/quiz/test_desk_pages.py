"""The desk of the day: what an invigilator sees, finds and does, through its pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from core.audit import AuditEntry
from core.db import db, write
from quiz.acts import Incident, Proposal
from quiz.models import Candidate, Exam, Sitting, TimeGrant
from quiz.traces import Presence
from quiz.views.heard import Ear
from tests.accounts.browser import fill, page
from tests.conftest import signed_in
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone
from tests.quiz.sitters import set_room

PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "曾小贤", "2231"),
    ("市财政局", "王芳", "8830"),
    ("市财政局", "李娜", "5521"),
]
S, M = timedelta(seconds=1), timedelta(minutes=1)
Clock = time_machine.Traveller


@pytest.fixture
def clock(app: Flask) -> Iterator[Clock]:
    app.extensions["ear"] = Ear()
    start = datetime.now(UTC).replace(microsecond=0)
    with time_machine.travel(start, tick=False) as traveller:
        yield traveller


@pytest.fixture
def made(app: Flask, clock: Clock) -> Made:
    return make_exam(datetime.now(UTC) - 10 * M, people=PEOPLE, attempts=2)


@pytest.fixture
def desk(app: Flask, made: Made) -> FlaskClient:
    return signed_in(app, "ivan", "invigilator")


@pytest.fixture
def second(app: Flask, made: Made) -> FlaskClient:
    return signed_in(app, "irma", "invigilator")


@pytest.fixture
def phones(app: Flask, made: Made) -> list[Phone]:
    """The first two people sit."""
    found = [Phone(app), Phone(app)]
    for phone, who in zip(found, PEOPLE, strict=False):
        phone.enter(*who)
    return found


def at(made: Made, path: str = "") -> str:
    return f"/console/exams/{made.exam_id}/desk{path}"


def person(made: Made, n: int, path: str = "") -> str:
    return at(made, f"/people/{made.candidates[n]}{path}")


def sitting(n: int) -> Sitting:
    db.session.rollback()
    name = PEOPLE[n][1]
    query = (
        sa.select(Sitting)
        .join(Candidate, Candidate.id == Sitting.candidate_id)
        .where(Candidate.name == name)
        .order_by(Sitting.attempt.desc())
    )
    query = query.execution_options(populate_existing=True)
    return db.session.scalars(query).first()  # type: ignore[return-value]


def exam(made: Made) -> Exam:
    db.session.rollback()
    return db.session.get_one(Exam, made.exam_id, populate_existing=True)


def actions() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by("n")))


def counts(reply: TestResponse) -> list[int]:
    return [int(one.text) for one in page(reply).all(".desk-counts strong")]


def names(reply: TestResponse, selector: str = ".seat strong") -> list[str]:
    return [one.text for one in page(reply).all(selector)]


def test_the_desk_counts_everybody_once_and_shows_the_silent_on_top(
    desk: FlaskClient, made: Made, phones: list[Phone], clock: Clock
) -> None:
    assert counts(desk.get(at(made))) == [2, 0, 2, 0, 0]
    clock.shift(61 * S)
    phones[0].client.get(f"/s/{phones[0].token}/state")
    clock.shift(6 * S)
    phones[0].client.get(f"/s/{phones[0].token}/state")
    fill(desk, at(made, f"/present?candidate={made.candidates[2]}"), reason="已核对")
    shown = desk.get(at(made))
    assert counts(shown) == [1, 1, 1, 1, 0]
    assert page(shown).all("[data-live] h2")[0].text == "失联（1）"
    assert names(shown, "[data-live] .seat strong")[0] == "曾小贤"
    phones[1].submit(("1", ["A"], 1))
    assert counts(desk.get(at(made))) == [1, 1, 1, 0, 1]


def test_what_is_typed_stands_outside_of_what_renews_itself(
    desk: FlaskClient, made: Made
) -> None:
    shown = page(desk.get(at(made)))
    assert shown.has("[name=q]")
    assert not shown.has("[data-live] input")
    assert "http-equiv" not in desk.get(at(made)).get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("张", ["张伟"]),
        ("zxx", ["曾小贤"]),
        ("财政", ["王芳", "李娜"]),
        ("u1", ["王芳", "李娜"]),
        ("财政 李", ["李娜"]),
        ("没有的人", []),
    ],
)
def test_somebody_is_found_by_name_initials_or_unit(
    desk: FlaskClient, made: Made, typed: str, found: list[str]
) -> None:
    reply = desk.get(at(made, "/people"), query_string={"q": typed})
    assert names(reply) == found


def test_people_are_listed_by_where_they_stand_and_by_room(
    desk: FlaskClient, made: Made, phones: list[Phone]
) -> None:
    set_room(made.candidates[0], "第1考场")
    set_room(made.candidates[3], "第1考场")
    for query, found in (
        ({"where": "writing"}, ["张伟", "曾小贤"]),
        ({"where": "absent"}, ["王芳", "李娜"]),
        ({"room": "第1考场"}, ["张伟", "李娜"]),
        ({"room": "第1考场", "where": "absent"}, ["李娜"]),
        ({"where": "nonsense"}, ["张伟", "曾小贤", "王芳", "李娜"]),
    ):
        assert names(desk.get(at(made, "/people"), query_string=query)) == found


def test_the_card_tells_what_is_known_and_what_is_not(
    desk: FlaskClient, made: Made, phones: list[Phone], clock: Clock
) -> None:
    body = phones[0].body(("1", ["A"], 1)) | {"away": [[1, 12_000]]}
    phones[0].client.put(f"/s/{phones[0].token}/answers", json=body)
    clock.shift(30 * S)
    card = page(desk.get(person(made, 0))).text
    for words in (
        "还剩 59 分 30 秒",
        "30 秒前",
        "1 题，共 5 题",
        "服务器不知道",
        "离开答题页（1 次）",
        "12 秒",
    ):
        assert words in card, words


@pytest.mark.parametrize("reach", ["candidate", "unit", "room", "exam"])
def test_P8_time_is_given_from_the_desk_and_a_second_tap_gives_none(
    desk: FlaskClient, made: Made, phones: list[Phone], reach: str
) -> None:
    set_room(made.candidates[0], "第1考场")
    db.session.rollback()
    unit = db.session.get_one(Candidate, made.candidates[0]).unit_id
    query = {
        "candidate": f"?candidate={made.candidates[0]}",
        "unit": f"?unit={unit}",
        "room": "?room=第1考场",
        "exam": "",
    }[reach]
    moved = [0, 1] if reach in ("unit", "exam") else [0]
    before = [sitting(n).deadline for n in (0, 1)]
    shown = page(desk.get(at(made, f"/time{query}")))
    assert f"正在作答的 {len(moved)} 份" in shown.one(".consequences").text
    action = shown.one("main form.form-box")["action"]
    form = {
        "csrf_token": shown.one("main form [name=csrf_token]")["value"],
        "key": shown.one("[name=key]")["value"],
        "minutes": "5",
        "reason": "断网",
    }
    for _ in range(2):
        assert desk.post(action, data=form).status_code == 303
    after = [sitting(n).deadline for n in (0, 1)]
    extra = [5 * M if n in moved else timedelta() for n in (0, 1)]
    assert after == [one + more for one, more in zip(before, extra, strict=True)]
    assert db.session.scalar(sa.select(sa.func.count(TimeGrant.id))) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"minutes": "", "reason": "断网"}, "分钟"),
        ({"minutes": "x", "reason": "断网"}, "请填整数"),
        ({"minutes": "5", "reason": ""}, "原因"),
        ({"minutes": "99999", "reason": "断网"}, "应为 1 到 1440 分钟"),
    ],
)
def test_what_cannot_be_meant_is_said_and_what_was_typed_stays(
    desk: FlaskClient, made: Made, typed: dict[str, str], words: str
) -> None:
    reply = fill(desk, at(made, "/time"), **typed)
    assert reply.status_code == 400
    assert words in page(reply).one(".form-errors").text
    assert page(reply).one("[name=reason]")["value"] == typed["reason"]


def test_T12_an_exam_is_paused_and_resumed_from_the_desk(
    desk: FlaskClient, made: Made, phones: list[Phone], clock: Clock
) -> None:
    before, closes = sitting(0).deadline, exam(made).closes_at
    assert fill(desk, at(made, "/pause"), reason="").status_code == 400
    assert exam(made).paused_at is None
    assert fill(desk, at(made, "/pause"), reason="消防警报").status_code == 303
    assert "考试暂停中" in page(desk.get(at(made))).text
    clock.shift(7 * M)
    assert fill(desk, at(made, "/resume")).status_code == 303
    assert sitting(0).deadline == before + 7 * M
    assert exam(made).closes_at == closes + 7 * M
    assert fill(desk, at(made, "/resume")).status_code == 400  # a second tap
    assert sitting(0).deadline == before + 7 * M
    assert [a for a in actions() if a in ("exam.pause", "exam.resume")] == [
        "exam.pause",
        "exam.resume",
    ]


def test_L9_an_early_closing_is_taken_back_from_the_desk(
    app: Flask, organizer: FlaskClient, made: Made, phones: list[Phone], clock: Clock
) -> None:
    before = sitting(0).deadline
    assert fill(organizer, at(made, "/close"), reason="误点").status_code == 303
    assert sitting(0).deadline == datetime.now(UTC)
    clock.shift(2 * M)
    shown = page(organizer.get(at(made)))  # looking sweeps
    assert "撤销提前结束" in shown.text
    assert sitting(0).state == "auto"
    assert fill(organizer, at(made, "/undo-close")).status_code == 303
    now = sitting(0)
    assert (now.state, now.deadline, now.generation) == ("open", before + 2 * M, 2)
    organizer.get(at(made))  # says once what was done
    assert "撤销提前结束" not in page(organizer.get(at(made))).text


def test_L9_after_ten_minutes_the_desk_offers_it_no_more(
    organizer: FlaskClient, made: Made, phones: list[Phone], clock: Clock
) -> None:
    fill(organizer, at(made, "/close"), reason="误点")
    clock.shift(10 * M + S)
    assert "撤销提前结束" not in page(organizer.get(at(made))).text
    reply = fill(organizer, at(made, "/undo-close"))
    assert reply.status_code == 400
    assert "10 分钟" in page(reply).text


def test_K4_another_phone_takes_over_when_an_invigilator_agrees(
    app: Flask, desk: FlaskClient, made: Made, phones: list[Phone]
) -> None:
    other = Phone(app)
    assert other.enter(*PEOPLE[0]).status_code == 303  # sent to wait
    shown = page(desk.get(at(made)))
    assert "等待换机（1）" in shown.text
    path = at(made, f"/sittings/{sitting(0).id}/move")
    assert fill(desk, path, reason="").status_code == 400
    assert fill(desk, path, reason="手机没电").status_code == 303
    other.read(other.client.get(f"/e/{made.code}/wait", follow_redirects=True))
    assert other.token == phones[0].token
    assert other.save(("1", ["A"], 1)).status_code == 200
    assert phones[0].save(("1", ["B"], 1)).status_code == 409
    assert "sitting.move" in actions()
    assert fill(desk, path, reason="手机没电").status_code == 400  # nobody asks now


def test_a_closed_sitting_is_reopened_by_two_people_from_their_pages(
    desk: FlaskClient, second: FlaskClient, made: Made, phones: list[Phone]
) -> None:
    phones[0].submit(("1", ["A"], 1))
    path = at(made, f"/sittings/{sitting(0).id}/reopen")
    fill(desk, path, minutes="10", reason="误触交卷")
    db.session.rollback()
    [proposal] = db.session.scalars(sa.select(Proposal)).all()
    shown = at(made, f"/proposals/{proposal.id}")
    assert "等第二个人确认（1）" in page(desk.get(at(made))).text
    assert not page(desk.get(shown)).has(f'form[action="{shown}/confirm"]')
    token = page(desk.get(shown)).one("main [name=csrf_token]")["value"]
    own = desk.post(f"{shown}/confirm", data={"csrf_token": token})
    assert own.status_code == 400
    assert "需要另一个人确认" in page(own).text
    assert sitting(0).state == "submitted"
    token = page(second.get(shown)).one("main [name=csrf_token]")["value"]
    reply = second.post(f"{shown}/confirm", data={"csrf_token": token})
    assert reply.status_code == 303
    assert (sitting(0).state, sitting(0).generation) == ("open", 2)
    assert "等第二个人确认" not in page(desk.get(at(made))).text


def test_a_proposal_is_declined_by_another_and_withdrawn_by_its_own(
    desk: FlaskClient, second: FlaskClient, made: Made, phones: list[Phone]
) -> None:
    phones[0].submit(("1", ["A"], 1))
    path = at(made, f"/sittings/{sitting(0).id}/reopen")
    for who, decision in ((second, "declined"), (desk, "withdrawn")):
        fill(desk, path, minutes="10", reason="误触交卷")
        db.session.rollback()
        newest = sa.select(Proposal).order_by(Proposal.id.desc()).limit(1)
        proposal = db.session.scalars(newest).one()
        shown = at(made, f"/proposals/{proposal.id}")
        token = page(who.get(shown)).one("main [name=csrf_token]")["value"]
        reply = who.post(f"{shown}/drop", data={"csrf_token": token})
        assert reply.status_code == 303
        db.session.rollback()
        newest = newest.execution_options(populate_existing=True)
        assert db.session.scalars(newest).one().decision == decision
        assert "提请" in page(desk.get(person(made, 0))).text


def test_N10_a_late_sheet_is_admitted_by_two_people_from_their_pages(
    app: Flask, made: Made, phones: list[Phone], clock: Clock
) -> None:
    clock.shift(61 * M)
    desk, second = (signed_in(app, name, "invigilator") for name in ("ivan", "irma"))
    assert phones[0].save(("1", ["C"], 1), ("2", ["B"], 2)).status_code == 410
    card = page(desk.get(person(made, 0)))  # looking sweeps
    assert "迟到的消息（1）" in card.text
    path = re.search(r"/desk/late/\d+", str(card.soup))
    assert path is not None
    fill(desk, at(made, path[0].removeprefix("/desk")), reason="考场断网")
    db.session.rollback()
    [proposal] = db.session.scalars(sa.select(Proposal)).all()
    shown = at(made, f"/proposals/{proposal.id}")
    token = page(second.get(shown)).one("main [name=csrf_token]")["value"]
    reply = second.post(f"{shown}/confirm", data={"csrf_token": token})
    assert reply.status_code == 303
    assert "2 题，共 5 题" in page(desk.get(person(made, 0))).text


def test_L5_a_sitting_under_the_wrong_name_goes_to_its_person_from_the_desk(
    desk: FlaskClient, made: Made, phones: list[Phone]
) -> None:
    phones[0].save(("1", ["A"], 1))
    number = sitting(0).id
    search = at(made, f"/sittings/{number}/reassign")
    assert names(desk.get(search, query_string={"q": "财政"})) == ["王芳", "李娜"]
    path = f"{search}/{made.candidates[3]}"
    assert "李娜" in page(desk.get(path)).one(".consequences").text
    assert fill(desk, path, reason="").status_code == 400
    assert fill(desk, path, reason="选错了名字").status_code == 303
    assert sitting(3).id == number
    assert phones[0].save(("2", ["B"], 2)).status_code == 200
    assert "sitting.reassign" in actions()


def test_one_sitting_is_void_with_a_fresh_attempt(
    app: Flask, desk: FlaskClient, made: Made, phones: list[Phone], spares: None
) -> None:
    path = at(made, f"/sittings/{sitting(0).id}/void")
    assert fill(desk, path, reason="试卷发错").status_code == 303
    assert phones[0].save(("1", ["A"], 1)).status_code == 409
    assert "已作废" in page(desk.get(person(made, 0))).text
    phones[0].enter(*PEOPLE[0])
    assert sitting(0).state == "open"
    assert sitting(0).attempt == 2


@pytest.fixture
def spares(made: Made) -> None:
    """Two papers nobody has."""
    with write() as session:
        from quiz.models import Paper

        paper = session.scalars(sa.select(Paper).limit(1)).one()
        for n in (90, 91):
            session.add(
                Paper(
                    exam_id=made.exam_id, number=n, candidate_id=None, attempt=1,
                    items=paper.items, digest=f"{n:064d}",
                )
            )  # fmt: skip


def test_L8_those_who_had_the_wrong_paper_are_listed_and_void_in_one_step(
    organizer: FlaskClient, made: Made, phones: list[Phone], spares: None, clock: Clock
) -> None:
    clock.shift(5 * M)
    local = datetime.now(UTC) + timedelta(hours=8)  # Beijing
    query = {
        "begin": f"{local - 6 * M:%Y-%m-%dT%H:%M}",
        "end": f"{local - 5 * M:%Y-%m-%dT%H:%M}",
    }
    shown = organizer.get(at(made, "/void"), query_string=query)
    assert names(shown, "table td a") == ["张伟", "曾小贤"]
    form = page(shown).one("main form.form-box")
    token = form.one("[name=csrf_token]")["value"]
    sent = {"csrf_token": token, "reason": "发错卷", "seen": "1"}
    reply = organizer.post(form["action"], data=sent)
    assert reply.status_code == 400  # somebody else was shown less
    sent["seen"] = form.one("[name=seen]")["value"]
    assert organizer.post(form["action"], data=sent).status_code == 303
    assert [sitting(n).state for n in (0, 1)] == ["void", "void"]
    shown = organizer.get(at(made, "/void"), query_string=query)
    assert "这段时间没有人开始作答" in page(shown).text


def test_what_happened_is_written_down_once(
    app: Flask, desk: FlaskClient, made: Made
) -> None:
    path = at(made, f"/incidents/new?candidate={made.candidates[0]}")
    shown = page(desk.get(path))
    form = {
        "csrf_token": shown.one("main [name=csrf_token]")["value"],
        "key": shown.one("[name=key]")["value"],
        "kind": "device",
        "happened_at": shown.one("[name=happened_at]")["value"],
        "text": "手机没电，借了充电宝",
    }
    for _ in range(2):
        assert desk.post(path, data=form).status_code == 303
    db.session.rollback()
    [incident] = db.session.scalars(sa.select(Incident)).all()
    assert incident.candidate_id == made.candidates[0]
    for address in (person(made, 0), at(made, "/incidents")):
        assert "借了充电宝" in page(desk.get(address)).text
    auditor = signed_in(app, "alma", "auditor")
    assert "借了充电宝" in page(auditor.get(at(made, "/incidents"))).text
    reply = desk.post(path, data=form | {"text": "", "key": "other"})
    assert reply.status_code == 400


def test_rooms_are_set_by_unit_and_by_list_and_ended(
    desk: FlaskClient, made: Made
) -> None:
    db.session.rollback()
    unit = db.session.get_one(Candidate, made.candidates[2]).unit_id
    path = at(made, "/rooms")

    def rooms() -> list[str | None]:
        db.session.rollback()
        query = sa.select(Candidate.room).order_by(Candidate.id)
        return list(db.session.scalars(query))

    reply = fill(desk, path, room="第1考场", unit=str(unit), people="张伟\n曾小贤 司法")
    assert reply.status_code == 303
    assert rooms() == ["第1考场"] * 4
    fill(desk, path, room="第2考场", people="王芳")
    assert rooms() == ["第1考场", "第1考场", "第2考场", "第1考场"]
    reply = fill(desk, path, room="第3考场", people="李娜\n赵六")
    assert reply.status_code == 400
    assert "第 2 行“赵六”" in page(reply).text
    assert page(reply).one("textarea").text == "李娜\n赵六"
    assert "第3考场" not in rooms()
    assert fill(desk, path, room="", people="李娜").status_code == 400
    assert fill(desk, path, out="1", people="李娜").status_code == 303
    assert rooms() == ["第1考场", "第1考场", "第2考场", None]


def test_two_people_on_one_phone_are_shown_to_the_invigilator(
    app: Flask, desk: FlaskClient, made: Made
) -> None:
    phone = Phone(app)
    phone.enter(*PEOPLE[0])
    phone.submit(("1", ["A"], 1))
    assert "同一部手机" not in page(desk.get(at(made))).text
    phone.enter(*PEOPLE[1])
    assert "同一部手机作答（1）" in page(desk.get(at(made))).text
    assert "张伟（市司法局）" in page(desk.get(person(made, 1))).text


def test_presence_is_confirmed_with_a_reason(desk: FlaskClient, made: Made) -> None:
    path = at(made, f"/present?candidate={made.candidates[2]}")
    assert fill(desk, path, reason=" ").status_code == 400
    assert fill(desk, path, reason="手机扫不了码").status_code == 303
    db.session.rollback()
    [presence] = db.session.scalars(sa.select(Presence)).all()
    assert (presence.how, presence.reason) == ("invigilator", "手机扫不了码")
    assert "监考员确认：手机扫不了码" in page(desk.get(person(made, 2))).text


def test_whoever_looks_after_a_part_acts_on_that_part_alone(
    app: Flask, made: Made, phones: list[Phone]
) -> None:
    from accounts.models import RoleGrant

    client = signed_in(app, "bound", "invigilator")
    db.session.rollback()
    mine, other = (
        db.session.get_one(Candidate, made.candidates[n]).unit_id for n in (0, 2)
    )
    with write() as session:
        session.execute(
            sa.update(RoleGrant)
            .where(
                RoleGrant.id == sa.select(sa.func.max(RoleGrant.id)).scalar_subquery()
            )
            .values(unit_id=mine)
        )
    set_room(made.candidates[0], "第1考场")
    set_room(made.candidates[2], "第1考场")
    set_room(made.candidates[1], "第2考场")
    assert counts(client.get(at(made))) == [0, 0, 2, 0, 0]
    allowed: dict[str, int] = {
        "/time": 404,  # the exam belongs to all
        "/pause": 404,
        f"/time?unit={mine}": 200,
        f"/time?unit={other}": 404,
        "/time?room=第2考场": 200,
        "/time?room=第1考场": 404,  # somebody of another unit sits there, too
        f"/people/{made.candidates[0]}": 200,
        f"/people/{made.candidates[2]}": 404,
    }
    for path, status in allowed.items():
        assert client.get(at(made, path)).status_code == status, path
    text = client.get(at(made, "/rooms")).get_data(as_text=True)
    assert "市财政局" not in text


def test_where_invigilators_let_people_in_the_usual_reason_is_filled_in(
    desk: FlaskClient, made: Made
) -> None:
    path = at(made, f"/present?candidate={made.candidates[2]}")
    assert page(desk.get(path)).one("#reason")["value"] == ""
    with write() as session:
        session.execute(sa.update(Exam).values(presence="invigilator"))
    assert "已核对工作证" in page(desk.get(path)).one("#reason")["value"]


def test_nothing_can_be_done_any_more_after_the_results(
    desk: FlaskClient, made: Made, phones: list[Phone]
) -> None:
    values: Any = {"closes_at": datetime.now(UTC), "results_at": datetime.now(UTC)}
    phones[0].submit(("1", ["A"], 1))
    with write() as session:
        session.execute(sa.update(Exam).values(**values))
    card = page(desk.get(person(made, 0)))
    assert not [one for one in card.all("main a.btn") if "补时" in one.text]
    reply = fill(
        desk, at(made, f"/present?candidate={made.candidates[0]}"), reason="补记"
    )
    assert reply.status_code == 400
    assert "成绩已经公布" in page(reply).text
