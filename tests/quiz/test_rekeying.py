"""改键: previewed, confirmed by a second person, applied to all; nothing is lost."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from core.audit import AuditEntry, breaks
from core.db import db, read_core
from core.errors import Conflict, Refused
from quiz.models import Exam, Score
from quiz.operations.exams import archive_exam, publish_results
from quiz.operations.proposals import drop_proposal
from quiz.operations.rekeying import confirm_rekey, propose_rekey, rescore_exam
from quiz.operations.reopening import confirm_reopen, propose_reopen
from quiz.operations.voiding import void_sittings
from quiz.queries.keys import (
    changes_in_force,
    newest_revision,
    revisions_of,
    unscored_revision,
)
from quiz.queries.sandbox import Preview, preview_keys
from quiz.rules.rekeying import Change
from reports.operations import open_unit_report
from tests.conftest import SECRET, make_account
from tests.quiz.counting import Counter
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone
from tests.quiz.sitters import Sitter, at_once, sweep
from tests.quiz.test_protocol import RIGHT

PEOPLE = [
    ("市司法局", "张伟", "0417"),
    ("市司法局", "李娜", "2231"),
    ("市财政局", "王芳", "8830"),
    ("市财政局", "赵敏", "1188"),
]
M = timedelta(minutes=1)


@pytest.fixture
def made(app: Flask, moment: datetime) -> Made:
    return make_exam(moment, people=PEOPLE)


@pytest.fixture
def asker(app: Flask) -> int:
    return make_account("ivan", "organizer")


@pytest.fixture
def second(app: Flask) -> int:
    return make_account("olga", "reviewer")


def key(made: Made, place: int, *keys: list[Any]) -> Change:
    return Change(made.versions[place - 1], "key", tuple(map(tuple, keys)))


def full(made: Made, place: int) -> Change:
    return Change(made.versions[place - 1], "full")


def drop(made: Made, place: int) -> Change:
    return Change(made.versions[place - 1], "drop")


def ask(
    made: Made, asker: int, now: datetime, *changes: Change, tap: str = "tap"
) -> int:
    return propose_rekey(
        exam_id=made.exam_id,
        changes=changes,
        reason="答案有误",
        key=tap,
        account_id=asker,
        now=now,
    )


def rekey(made: Made, asker: int, second: int, now: datetime, *changes: Change) -> int:
    tap = f"{now}-{len(changes)}"
    proposal = ask(made, asker, now, *changes, tap=tap)
    return confirm_rekey(proposal_id=proposal, account_id=second, now=now)


def handed_in(made: Made, moment: datetime) -> list[Sitter]:
    """Four sheets: 10, 4, 2 and 0 points of 10."""
    sheets = [RIGHT, RIGHT[:2], RIGHT[1:2], [("1", ["A"], 1)]]
    sitters = [Sitter(one).start(moment) for one in made.candidates]
    for sitter, sheet in zip(sitters, sheets, strict=True):
        sitter.submit(moment + M, *sheet)
    return sitters


def scores(sitter: Sitter) -> list[tuple[int, int, list[int]]]:
    query = sa.select(Score.generation, Score.key_revision, Score.detail, Score.points)
    query = query.where(Score.sitting_id == sitter.row.id)
    found = db.session.execute(query.order_by(Score.generation, Score.key_revision))
    rows = [(g, k, json.loads(detail), points) for g, k, detail, points in found]
    assert all(sum(detail) == points for _, _, detail, points in rows)
    return [(g, k, detail) for g, k, detail, _ in rows]


def preview(made: Made, *changes: Change) -> Preview:
    with read_core() as connection:
        return preview_keys(connection, made.exam_id, changes)


def test_P9_M4_new_scores_stand_beside_the_old_ones(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    sitters = handed_in(made, moment)
    number = rekey(
        made, asker, second, moment + 2 * M, key(made, 1, ["A"]), drop(made, 5)
    )
    assert number == 1
    assert scores(sitters[0]) == [
        (1, 0, [200, 200, 200, 200, 200]),
        (1, 1, [0, 200, 200, 200, 150]),
    ]
    assert scores(sitters[1]) == [
        (1, 0, [200, 200, 0, 0, 0]),
        (1, 1, [0, 200, 0, 0, 50]),
    ]
    assert scores(sitters[3]) == [(1, 0, [0] * 5), (1, 1, [200, 0, 0, 0, 50])]
    with read_core() as connection:
        (revision,) = revisions_of(connection, made.exam_id)
        assert list(breaks(connection)) == []
    assert revision.changes == (key(made, 1, ["A"]), drop(made, 5))
    assert (revision.proposed_by, revision.confirmed_by) == (asker, second)
    assert revision.reason == "答案有误"
    assert revision.scored_at is not None


def test_M4_the_audit_log_names_both_persons_and_never_a_key(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    handed_in(made, moment)
    rekey(made, asker, second, moment + 2 * M, key(made, 1, ["A"]))
    db.session.rollback()
    entries = list(
        db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.n.desc()).limit(3))
    )[::-1]
    assert [(one.action, one.actor) for one in entries] == [
        ("proposal.rekey", f"account:{asker}"),
        ("exam.rekey", f"account:{second}"),
        ("exam.rescore", "system"),
    ]
    assert not any('["A"]' in one.facts for one in entries)
    assert json.loads(entries[1].facts)["versions"] == [made.versions[0]]
    assert json.loads(entries[2].facts)["sheets"] == 4


def test_M4_nobody_confirms_the_own_change_of_keys(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    sitters = handed_in(made, moment)
    proposal = ask(made, asker, moment, full(made, 3))
    with pytest.raises(Refused, match="另一个人"):
        confirm_rekey(proposal_id=proposal, account_id=asker, now=moment)
    drop_proposal(proposal_id=proposal, account_id=second, now=moment)
    with pytest.raises(Conflict):
        confirm_rekey(proposal_id=proposal, account_id=second, now=moment)
    assert all(len(scores(one)) == 1 for one in sitters)


def test_a_double_tap_asks_and_changes_once(
    app: Flask, made: Made, asker: int, second: int, moment: datetime
) -> None:
    sitters = handed_in(made, moment)
    proposal = ask(made, asker, moment, full(made, 3))
    assert ask(made, asker, moment, full(made, 3)) == proposal
    with pytest.raises(Conflict):
        ask(made, asker, moment, full(made, 4))

    def confirm() -> int:
        return confirm_rekey(proposal_id=proposal, account_id=second, now=moment)

    assert at_once(app, confirm, confirm, confirm) == [1, 1, 1]
    assert [number for _, number, _ in scores(sitters[0])] == [0, 1]


def test_a_proposal_does_not_outlive_the_keys_it_was_previewed_with(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    stale = ask(made, asker, moment, full(made, 3), tap="stale")
    rekey(made, asker, second, moment, drop(made, 3))
    with pytest.raises(Conflict, match="重新预览"):
        confirm_rekey(proposal_id=stale, account_id=second, now=moment)


def test_P9_rekeying_twice_ends_where_rekeying_once_does(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    sitters = handed_in(made, moment)
    rekey(made, asker, second, moment, key(made, 1, ["A"]), full(made, 2))
    rekey(made, asker, second, moment, drop(made, 1))
    back = [key(made, n, list(k)) for n, k in enumerate(made.keys, 1)]
    rekey(made, asker, second, moment, *back)
    for sitter in sitters:
        first, *_, last = scores(sitter)
        assert (last[1], last[2]) == (3, first[2])
    with read_core() as connection:
        assert dict(changes_in_force(connection, made.exam_id)) == {
            (one.version_id, 0): one for one in back
        }


def test_K9_a_sheet_that_closes_later_is_scored_by_the_newest_keys(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    one, other, *_ = (Sitter(c).start(moment) for c in made.candidates)
    for sitter in (one, other):
        sitter.save(moment, ("1", ["A"], 1))
    rekey(made, asker, second, moment + M, key(made, 1, ["A"]))
    assert scores(one) == []
    one.submit(moment + 2 * M)
    sweep(made.exam_id, moment + 62 * M)
    for sitter in (one, other):
        assert scores(sitter) == [(1, 1, [200, 0, 0, 0, 0])]


@pytest.mark.parametrize("turn", range(6))
def test_K9_of_closing_and_rekeying_at_one_moment_nobody_keeps_the_old_keys(
    app: Flask, made: Made, asker: int, second: int, moment: datetime, turn: int
) -> None:
    sitters = [Sitter(one).start(moment) for one in made.candidates]
    for sitter in sitters:
        sitter.save(moment, ("1", ["A"], 1))
    proposal = ask(made, asker, moment, key(made, 1, ["A"]))
    late = moment + 61 * M

    def confirm() -> int:
        return confirm_rekey(proposal_id=proposal, account_id=second, now=late)

    if turn % 2:
        acts = [confirm, lambda: sweep(made.exam_id, late)]
    else:
        acts = [*[lambda s=s: s.submit(moment + M) for s in sitters], confirm]
    results = at_once(app, *acts)
    assert not [one for one in results if isinstance(one, Exception)]
    for sitter in sitters:
        assert scores(sitter)[-1] == (1, 1, [200, 0, 0, 0, 0])


def test_a_reopened_sheet_is_scored_by_the_newest_keys_at_its_own_close(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    sitter = handed_in(made, moment)[1]
    proposal = propose_reopen(
        sitting_id=sitter.row.id, seconds=600, reason="x", key="k",
        account_id=asker, now=moment,
    )  # fmt: skip
    confirm_reopen(proposal_id=proposal, account_id=second, now=moment)
    rekey(made, asker, second, moment, full(made, 5))
    assert [score[:2] for score in scores(sitter)] == [(1, 0)]
    sitter.generation = 2
    sitter.submit(moment + M)
    assert scores(sitter)[1:] == [(2, 1, [200, 200, 0, 0, 200])]


def test_void_sheets_get_no_new_score(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    sitter = handed_in(made, moment)[0]
    void_sittings(
        exam_id=made.exam_id, sitting_ids=[sitter.row.id], reason="x", fresh=False,
        account_id=None, now=moment,
    )  # fmt: skip
    rekey(made, asker, second, moment, full(made, 5))
    assert len(scores(sitter)) == 1


# --- in slices -----------------------------------------------------------------


def test_scoring_goes_in_slices_and_goes_on_where_it_was_broken_off(
    made: Made,
    asker: int,
    second: int,
    moment: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sitters = handed_in(made, moment)
    proposal = ask(made, asker, moment, full(made, 5))
    monkeypatch.setattr("quiz.operations.rekeying.AT_ONCE", 2)
    with monkeypatch.context() as patch:
        patch.setattr("quiz.operations.rekeying._note_scored", _dies)
        with pytest.raises(RuntimeError):
            confirm_rekey(proposal_id=proposal, account_id=second, now=moment)
    with read_core() as connection:
        assert unscored_revision(connection, made.exam_id) == 1
    assert rescore_exam(exam_id=made.exam_id, now=moment) == 0
    assert [len(scores(one)) for one in sitters] == [2] * 4
    db.session.rollback()
    slices = db.session.scalar(
        sa.select(sa.func.count()).where(AuditEntry.action == "exam.rescore")
    )
    assert slices == 2


def _dies(*_: object, **__: object) -> None:
    raise RuntimeError("the power went")


def test_whoever_opens_the_report_finishes_the_scoring_first(
    made: Made,
    asker: int,
    second: int,
    moment: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    handed_in(made, moment)
    proposal = ask(made, asker, moment, full(made, 5))
    with monkeypatch.context() as patch:
        patch.setattr("quiz.operations.rekeying.rescore_exam", _dies)
        with pytest.raises(RuntimeError):
            confirm_rekey(proposal_id=proposal, account_id=second, now=moment)
    after = moment + 121 * M
    with pytest.raises(Refused, match="重新评分"):  # L10
        publish_results(exam_id=made.exam_id, account_id=None, now=after)
    db.session.rollback()
    report = open_unit_report(
        now=after, key=SECRET, by="", over="took", exam_id=made.exam_id
    )
    assert report.waiting == 0
    assert [one.entrant.result for one in report.people] == [1000, 600, 400, 200]
    publish_results(exam_id=made.exam_id, account_id=None, now=after)


def test_scoring_everywhere_at_once_writes_each_score_once(
    app: Flask,
    made: Made,
    asker: int,
    second: int,
    moment: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sitters = handed_in(made, moment)
    proposal = ask(made, asker, moment, full(made, 5))
    with monkeypatch.context() as patch:
        patch.setattr("quiz.operations.rekeying.rescore_exam", _dies)
        with pytest.raises(RuntimeError):
            confirm_rekey(proposal_id=proposal, account_id=second, now=moment)

    def go_on() -> int:
        return rescore_exam(exam_id=made.exam_id, now=moment)

    assert at_once(app, go_on, go_on, go_on) == [0, 0, 0]
    assert [len(scores(one)) for one in sitters] == [2] * 4


# --- what is shown -------------------------------------------------------------


def test_the_candidate_the_report_and_the_receipt_show_the_newest_score(
    app: Flask, made: Made, asker: int, second: int, moment: datetime
) -> None:
    with time_machine.travel(moment, tick=False):
        phone = Phone(app)
        phone.enter(*PEOPLE[0])
        phone.submit(*RIGHT[:4])
        page = phone.client.get(f"/s/{phone.token}/receipt").get_data(as_text=True)
        assert ">8<" in page
        rekey(made, asker, second, moment, full(made, 5))
        page = phone.client.get(f"/s/{phone.token}/receipt").get_data(as_text=True)
        assert ">10<" in page
    db.session.rollback()
    report = open_unit_report(
        now=moment, key=SECRET, by="", over="took", exam_id=made.exam_id
    )
    assert report.people[0].entrant.result == 1000


def test_handing_in_after_a_change_of_keys_stays_within_six_queries(
    app: Flask, made: Made, asker: int, second: int, moment: datetime
) -> None:
    rekey(made, asker, second, moment, full(made, 5))
    one, other, *_ = (Sitter(c).start(moment) for c in made.candidates)
    one.submit(moment, *RIGHT)  # this process knows the keys now
    with Counter() as seen:
        other.submit(moment, *RIGHT)
    assert len(seen) <= 6, seen


# --- 改键沙盘 ------------------------------------------------------------------


def test_the_sandbox_shows_who_moves_and_writes_nothing(
    made: Made, moment: datetime
) -> None:
    sitters = handed_in(made, moment)
    with Counter() as seen:
        shown = preview(made, full(made, 1), full(made, 4))
    assert not [one for one in seen if not one.startswith("SELECT")]
    assert (shown.closed, shown.touched, shown.running) == (4, 4, 0)
    moved = {one.name: (one.old, one.new) for one in shown.outcome.changed}
    assert moved == {"李娜": (400, 600), "王芳": (200, 600), "赵敏": (0, 400)}
    assert shown.outcome.changed[0].name == "王芳"  # the largest change first
    assert [one.name for one in shown.outcome.passing] == ["王芳", "李娜"]
    assert shown.outcome.failing == ()
    justice, finance = shown.outcome.units
    assert (justice.unit_name, justice.old_rank, justice.new_rank) == ("市司法局", 1, 1)
    assert (justice.old_mean, justice.new_mean) == (Fraction(700), Fraction(800))
    assert (finance.old_passed, finance.new_passed) == (0, 1)
    assert finance.new_mean == Fraction(500)
    assert all(len(scores(one)) == 1 for one in sitters)


def test_the_sandbox_shows_lines_and_ranks_that_are_crossed(
    made: Made, moment: datetime
) -> None:
    handed_in(made, moment)
    others: list[list[Any]] = [["A"], ["A"], ["C", "D"], ["T"], [["六十"], ["口头"]]]
    changes = [key(made, n, other) for n, other in enumerate(others, 1)]
    shown = preview(made, *changes).outcome
    assert [one.name for one in shown.failing] == ["张伟"]
    assert [one.name for one in shown.excellent_down] == ["张伟"]
    assert [(u.unit_name, u.old_rank, u.new_rank) for u in shown.units] == [
        ("市财政局", 2, 1),
        ("市司法局", 1, 2),
    ]
    assert [unit.moves for unit in shown.units] == [True, True]


def test_what_the_sandbox_shows_is_what_comes(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    sitters = handed_in(made, moment)
    rekey(made, asker, second, moment, drop(made, 2))
    changes = (drop(made, 1), key(made, 3, ["A", "B"], ["A", "B", "D"]))
    shown = preview(made, *changes)
    rekey(made, asker, second, moment, *changes)
    expected = {one.candidate_id: one.new for one in shown.outcome.changed}
    for sitter in sitters:
        before, after = (sum(detail) for _, _, detail in scores(sitter)[-2:])
        assert expected.get(sitter.candidate_id, before) == after


def test_the_sandbox_counts_the_first_valid_attempt_and_who_is_due(
    app: Flask, moment: datetime
) -> None:
    made = make_exam(moment, people=PEOPLE[:2], attempts=2)
    first, other = (Sitter(one).start(moment) for one in made.candidates)
    first.submit(moment)
    other.submit(moment)
    again = Sitter(made.candidates[0]).start(moment)
    again.submit(moment, *RIGHT)
    Sitter(made.candidates[1]).start(moment)
    with db.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE candidate SET walk_in = true WHERE id = :id"),
            {"id": made.candidates[1]},
        )
    shown = preview(made, full(made, 1))
    assert (shown.closed, shown.touched, shown.running) == (3, 3, 1)
    assert [(one.old, one.new) for one in shown.outcome.changed] == [(0, 200)] * 2
    (unit,) = shown.outcome.units
    assert (unit.took, unit.old_mean, unit.new_mean) == (1, Fraction(0), Fraction(200))


def test_the_sandbox_is_open_from_the_terminal(
    app: Flask, made: Made, moment: datetime
) -> None:
    handed_in(made, moment)
    run = app.test_cli_runner().invoke
    one, _, _, four, five = (f"{version}=" for version in made.versions)
    changes = [f"{one}A/B", f"{four}full", f"{five}六十；口头|当面"]
    options = [part for change in changes for part in ("--change", change)]
    done = run(args=["keys", "sandbox", made.code, *options, "--json"])
    facts = json.loads(done.output)
    assert (facts["closed"], facts["touched"], facts["changed"]) == (4, 4, 3)
    lines = run(args=["keys", "sandbox", made.code, *options]).output.splitlines()
    assert lines[0] == "已收 4 份，其中 4 份有这些题；在答 0 份有这些题"
    assert "张伟" not in done.output
    for wrong in ("x", "999=A", f"{one}Z", f"{one}"):
        done = run(args=["keys", "sandbox", made.code, "--change", wrong])
        assert (done.exit_code, done.output[:7]) == (1, "Error: ")


def test_revisions_are_listed_and_finished_from_the_terminal(
    app: Flask, made: Made, asker: int, second: int, moment: datetime
) -> None:
    handed_in(made, moment)
    rekey(made, asker, second, moment, full(made, 5))
    run = app.test_cli_runner().invoke
    done = run(args=["keys", "list", made.code])
    assert done.output.strip() == "1  1  已全部评分  答案有误"
    done = run(args=["keys", "rescore", made.code])
    assert done.output.strip() == "还有 0 份待评分"
    assert run(args=["exams", "archive", made.code]).exit_code == 1


# --- what is refused -----------------------------------------------------------


def test_a_key_the_bank_would_not_take_is_refused_by_name(
    made: Made, asker: int, moment: datetime
) -> None:
    for change, why in (
        (key(made, 1, ["E"]), "不在选项之中"),
        (key(made, 1, ["A", "B"]), "单选题有 2 个答案"),
        (key(made, 3, ["A"]), "至少要有两个"),
        (key(made, 4, ["X"]), "判断题请写"),
        (key(made, 5, [["九十"]]), "2 个空"),
        (Change(9999, "full"), "不在这场考试"),
    ):
        with pytest.raises(Refused) as refused:
            ask(made, asker, moment, change)
        assert why in str(refused.value)
    with pytest.raises(Refused, match="原因"):
        propose_rekey(
            exam_id=made.exam_id, changes=[full(made, 1)], reason="", key="k",
            account_id=asker, now=moment,
        )  # fmt: skip


def test_keys_change_after_the_results_and_no_more_once_archived(
    made: Made, asker: int, second: int, moment: datetime
) -> None:
    sitters = handed_in(made, moment)
    end = moment + 121 * M
    with pytest.raises(Refused, match="公布成绩后"):
        archive_exam(exam_id=made.exam_id, account_id=None, now=end)
    publish_results(exam_id=made.exam_id, account_id=None, now=end)
    rekey(made, asker, second, end, full(made, 5))
    assert len(scores(sitters[0])) == 2
    waiting = ask(made, asker, end, full(made, 4), tap="waiting")
    with pytest.raises(Refused, match="第二人"):
        archive_exam(exam_id=made.exam_id, account_id=None, now=end)
    drop_proposal(proposal_id=waiting, account_id=asker, now=end)
    archive_exam(exam_id=made.exam_id, account_id=None, now=end)
    with pytest.raises(Refused, match="归档"):
        ask(made, asker, end, full(made, 4), tap="late")
    with pytest.raises(Refused, match="已归档"):
        archive_exam(exam_id=made.exam_id, account_id=None, now=end)
    with read_core() as connection:
        assert newest_revision(connection, made.exam_id) == 1
    assert db.session.scalar(sa.select(Exam.archived_at)) is not None
