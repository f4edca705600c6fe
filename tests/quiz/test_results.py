"""L10: results are published when every sheet is in, and not before."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from core.errors import Refused
from quiz.operations.exams import publish_results
from quiz.operations.grants import give_time
from quiz.queries.exams import exam_by_id
from quiz.rules.grants import Reach
from tests.quiz.factories import make_exam
from tests.quiz.sitters import Sitter, sweep

M = timedelta(minutes=1)


def test_L10_results_wait_for_every_sheet_and_say_whose_is_out(
    app: Flask, moment: datetime
) -> None:
    people = [("市司法局", f"人员{n}", f"{n:04d}") for n in range(7)]
    made = make_exam(moment, people=people)
    late = moment + 110 * M
    for candidate in made.candidates:
        Sitter(candidate).start(late)
    give_time(
        exam_id=made.exam_id,
        reach=Reach(candidate_id=made.candidates[3]),
        seconds=600,
        reason="网络故障",
        account_id=None,
        now=late,
        key="once",
    )
    closed = moment + 121 * M  # the window is over, the grant is not
    with pytest.raises(Refused, match=r"还有 7 份答卷没有收齐：市司法局 人员0、.*等"):
        publish_results(exam_id=made.exam_id, account_id=None, now=closed)
    sweep(made.exam_id, closed)
    with pytest.raises(Refused, match="还有 1 份答卷没有收齐：市司法局 人员3。"):
        publish_results(exam_id=made.exam_id, account_id=None, now=closed)
    assert exam_by_id(made.exam_id).results_at is None
    after = moment + 131 * M
    sweep(made.exam_id, after)
    publish_results(exam_id=made.exam_id, account_id=None, now=after)
    assert exam_by_id(made.exam_id).results_at == after
