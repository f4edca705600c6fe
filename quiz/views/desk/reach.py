"""Whom an act at the desk means: ?candidate=…, ?unit=…, ?room=…, or everybody."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_babel import gettext

from core.access import granted
from core.clock import now
from core.errors import Missing
from quiz.models import Exam
from quiz.queries.board import Seat, board_of, reached
from quiz.queries.desk import desk_for, people_in_room, whole_exam_for
from quiz.rules.grants import Reach
from quiz.views.desk.acting import named, to_desk, to_person


@dataclass(frozen=True)
class Meant:
    """An exam and those of its people who are meant."""

    exam: Exam
    reach: Reach
    seats: list[Seat]

    @property
    def who(self) -> str:
        """As those in the hall speak of them."""
        n = len(self.seats)
        if self.reach.candidate_id is not None:
            return named(self.seats[0].unit_name, self.seats[0].name)
        if self.reach.unit_id is not None:
            unit = self.seats[0].unit_name
            return str(gettext("%(unit)s（%(n)d 人）", unit=unit, n=n))
        if self.reach.room is not None:
            return str(gettext("%(room)s（%(n)d 人）", room=self.reach.room, n=n))
        return str(gettext("全场（%(n)d 人）", n=n))

    @property
    def back(self) -> str:
        """Where one goes back to."""
        if self.reach.candidate_id is not None:
            return to_person(self.exam.id, self.reach.candidate_id)
        return to_desk(self.exam.id)


def meant(exam_id: int) -> Meant:
    """Whom the address means. All of them must belong to whom one looks after.

    :raises Missing: Otherwise, or if there is nobody.
    """
    reach = Reach(
        request.args.get("candidate", type=int),
        request.args.get("unit", type=int),
        request.args.get("room") or None,
    )
    scope = granted()
    everybody = reach == Reach()
    exam = (whole_exam_for if everybody else desk_for)(scope, exam_id)
    seats = reached(board_of(exam.id, scope, now()), reach)
    if not seats and not everybody:
        raise Missing("这场考试里没有这个人、单位或考场")
    if reach.room is not None and people_in_room(exam.id, reach.room) != len(seats):
        raise Missing("这个考场里还有别的单位的人，请组织者办理")
    return Meant(exam, reach, seats)
