"""Rows of an exam that was taken: valid by default, whatever is not said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from quiz.models import Candidate, Exam, Paper, Score, Sitting
from units.models import Unit

OPENS = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in Beijing
HOURS = timedelta(hours=2)


@dataclass
class Hall:
    """Writes units, an exam, its people and their sittings into one session."""

    session: Session
    _numbers: dict[int, int] = field(default_factory=dict)
    _units: int = 0

    def unit(
        self,
        name: str,
        *,
        category: str = "政府部门",
        level: str = "市直",
        code: str = "",
        position: int | None = None,
    ) -> Unit:
        """A unit; the order of calls is the order of lists."""
        self._units += 1
        made = Unit(
            code=code or f"{self._units:09d}",
            name=name,
            initials="x",
            category=category,
            level=level,
            position=self._units if position is None else position,
            place=self._units if position is None else position,
            created_at=OPENS,
        )
        self.session.add(made)
        self.session.flush()  # generate made.id
        return made

    def exam(
        self,
        title: str = "年度法治知识测试",
        *,
        code: str = "QX7M2KPD",
        opens_at: datetime = OPENS,
        attempts: int = 1,
        demo: bool = False,
        published: bool = True,
        passing: int = 6000,
        excellent: int = 9000,
    ) -> Exam:
        """A published and drawn exam of two hours."""
        digest = {name: name[0] * 64 for name in ("a_roster", "b_bank", "c_blueprint")}
        made = Exam(
            code=code,
            title=title,
            preset="现场抽测",
            opens_at=opens_at,
            closes_at=opens_at + HOURS,
            duration_s=3600,
            grace_s=30,
            pass_mark=passing,
            excellent_mark=excellent,
            attempts=attempts,
            multi_rule="exact",
            show_score="at_once",
            shuffle=True,
            demo=demo,
            created_at=opens_at - HOURS,
            published_at=opens_at - HOURS if published else None,
            drawn_at=opens_at - HOURS if published else None,
            roster_digest=digest["a_roster"],
            bank_digest=digest["b_bank"],
            blueprint_digest=digest["c_blueprint"],
            commitment="d" * 64,
            public_value="",
        )
        self.session.add(made)
        self.session.flush()  # generate made.id
        return made

    def person(
        self,
        exam: Exam,
        unit: Unit,
        name: str,
        *points: int | None,
        exempt: str | None = None,
        walk_in: bool = False,
        state: str = "submitted",
    ) -> Candidate:
        """Somebody in the exam, with one sitting per result.

        :param points: Of attempt 1, 2, …; None: still open.
        :param state: Of the sittings that have a result.
        """
        made = Candidate(
            exam_id=exam.id,
            unit_id=unit.id,
            unit_name=unit.name,
            name=name,
            exempt_reason=exempt,
            walk_in=walk_in,
        )
        self.session.add(made)
        self.session.flush()  # generate made.id
        for attempt, result in enumerate(points, 1):
            self.sitting(
                exam, made, attempt, result, "open" if result is None else state
            )
        return made

    def sitting(
        self,
        exam: Exam,
        candidate: Candidate,
        attempt: int,
        points: int | None,
        state: str,
        *,
        generation: int = 1,
    ) -> Sitting:
        """A sitting on a paper of its own; with a score if it has points."""
        number = self._numbers[exam.id] = self._numbers.get(exam.id, -1) + 1
        paper = Paper(
            exam_id=exam.id,
            number=number,
            candidate_id=candidate.id,
            attempt=attempt,
            items="[]",
            digest="e" * 64,
        )
        self.session.add(paper)
        self.session.flush()  # generate paper.id
        started = exam.opens_at + timedelta(minutes=5)
        made = Sitting(
            token=f"t{exam.id}-{number}",
            exam_id=exam.id,
            candidate_id=candidate.id,
            paper_id=paper.id,
            attempt=attempt,
            state=state,
            generation=generation,
            holder=1,
            device="d",
            started_at=started,
            deadline=started + timedelta(hours=1),
            closed_at=None if state == "open" else started + timedelta(minutes=40),
        )
        self.session.add(made)
        self.session.flush()  # generate made.id
        if points is not None:
            self.score(made, points)
        return made

    def score(
        self,
        sitting: Sitting,
        points: int,
        *,
        generation: int | None = None,
        key_revision: int = 0,
    ) -> None:
        """A score of a sitting, by default of its sheet as it stands."""
        self.session.add(
            Score(
                sitting_id=sitting.id,
                generation=sitting.generation if generation is None else generation,
                key_revision=key_revision,
                points=points,
                detail="[]",
                scored_at=sitting.started_at,
            )
        )
