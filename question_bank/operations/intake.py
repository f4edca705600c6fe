"""Bringing questions into the bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.audit import record_audit
from core.cells import Note
from core.db import write
from core.errors import Refused
from question_bank.likeness import Progress
from question_bank.models import BankImport, Question, QuestionVersion, Topic
from question_bank.operations.topics import record_topics
from question_bank.queries import examine, find_twin, known_digests
from question_bank.rules.content import is_pinned, stored_parts
from question_bank.rules.intake import Accepted, Plan, Typed, sort_out
from question_bank.rules.lifecycle import first_state
from question_bank.rules.topics import NO_TOPIC
from question_bank.rules.validity import Draft, problems, stored_key

_BANK_LOCK = 0x0BA7C  # any fixed number: PostgreSQL's advisory lock of the bank
AT_ONCE = 1000  # questions between two words about the progress


@dataclass(frozen=True)
class Source:
    """The file questions come from."""

    filename: str
    sha256: str  # of its bytes, hexadecimal
    #: An import of the same file that goes on: what could not be taken was put right.
    import_id: int | None = None
    #: The job that writes it. Begun again, it finds by this what it wrote before.
    job_id: int | None = None


@dataclass(frozen=True)
class ImportResult:
    """What an import did."""

    applied: bool  # False: the file has bad questions and nothing was written
    added: int
    plan: Plan
    import_id: int | None = None  # of the import this made or went on with
    met: int = 0  # those it was to add and somebody else had added meanwhile

    @property
    def known(self) -> int:
        """Questions the bank had already."""
        return len(self.plan.known) + self.met

    @property
    def counts(self) -> dict[str, int]:
        """What became of the questions of the file, as it is told for ever."""
        return {
            "added": self.added,
            "bad": self.plan.bad,
            "known": self.known,
            "repeated": len(self.plan.repeated),
        }

    def sentences(self) -> list[Note]:
        """What was done, to be joined by ；."""
        if not self.applied:
            return [Note("有 %(n)d 题有误，一题也没有导入", {"n": self.plan.bad})]
        return told(self.counts)


def told(counts: Mapping[str, int]) -> list[Note]:
    """What an import did, to be joined by ；."""
    said = [Note("导入 %(n)d 题", {"n": counts["added"]})]
    if not counts["added"]:
        said = [Note("没有新题，题库没有变化")]
    said += [
        Note("%(n)d 题题库里已有", {"n": counts["known"]}),
        Note("%(n)d 题在文件里重复", {"n": counts["repeated"]}),
        Note("%(n)d 题有误，没有导入", {"n": counts["bad"]}),
    ]
    return [one for one in said if one.values.get("n") != 0]


def import_questions(
    *,
    drafts: Sequence[Typed],
    accept_good: bool,
    actor: str,
    now: datetime,
    source: Source | None = None,
) -> ImportResult:
    """Add the questions of a file that the bank has not got yet.

    A file with a bad question adds nothing unless ``accept_good``. What a person adds
    waits for another to review it; what the terminal adds may be used at once.

    :param source: The file, which makes it an import that can be undone as a whole.
    """
    # Judged outside the transaction: 10,000 questions must not make writers wait.
    plan = examine(drafts)
    if plan.bad and not accept_good:
        return ImportResult(False, 0, plan)
    return take_good(plan=plan, taken=plan.good, actor=actor, now=now, source=source)


def take_good(
    *,
    plan: Plan,
    taken: Sequence[Accepted],
    actor: str,
    now: datetime,
    source: Source | None,
    progress: Progress | None = None,
) -> ImportResult:
    """Add questions of a plan; the bad ones of it stay out.

    :param taken: All good ones of the plan, or those somebody chose.
    :param progress: Called inside the transaction: what it raises undoes everything.
    """
    result = ImportResult(True, 0, plan, source.import_id if source else None)
    if not taken:
        return result
    with write() as session:
        lock_bank(session)
        known = known_digests()  # somebody may have imported meanwhile
        fresh = [one for one in taken if one.digest not in known]
        result = replace(result, added=len(fresh), met=len(taken) - len(fresh))
        if fresh:
            one = _import_row(session, source, result, actor=actor, now=now)
            _, rows = _insert(session, fresh, now, one, actor=actor, progress=progress)
            record_audit(
                session,
                "bank.import",
                f"import:{one.id}" if one else "bank",
                actor=actor,
                now=now,
                facts=result.counts | _facts(source),
                rows=[*rows, *([seals.these(one)] if one else [])],
            )
            result = replace(result, import_id=one.id if one else None)
    return result


def _facts(source: Source | None) -> dict[str, object]:
    """Of the file and the job, as the audit log names them."""
    if source is None:
        return {}
    job = {"job": source.job_id} if source.job_id else {}
    return {"digest": source.sha256, **job}


def _import_row(
    session: Session,
    source: Source | None,
    result: ImportResult,
    *,
    actor: str,
    now: datetime,
) -> BankImport | None:
    """The import of a file: a new one, or the one that goes on."""
    if source is None:
        return None
    going_on = source.import_id and session.get(
        BankImport, source.import_id, with_for_update=True
    )
    if going_on and going_on.undone_at is None:
        going_on.added += result.added
        going_on.bad = result.plan.bad
        return going_on
    made = BankImport(
        at=now,
        actor=actor,
        filename=source.filename,
        sha256=source.sha256,
        total=result.plan.total - result.plan.counts["skipped"],
        topics=[],
        **result.counts,
    )
    session.add(made)
    session.flush()  # generate its id
    return made


def add_question(*, draft: Draft, actor: str, now: datetime, ready: bool = True) -> int:
    """Add one question.

    :param ready: Give it to review at once; else it is a draft.
    :return: Its id.
    :raises Refused: If it has a problem, or the bank has it already.
    """
    for problem in problems(draft):
        raise Refused(problem.message, **problem.values)
    (one,) = sort_out([Typed(draft, "", 1)], {}).good
    with write() as session:
        lock_bank(session)
        refuse_known(one.digest)
        (question_id,), rows = _insert(session, [one], now, actor=actor, ready=ready)
        record_audit(
            session,
            "bank.add",
            f"question:{question_id}",
            actor=actor,
            now=now,
            facts={"digest": one.digest},
            rows=rows,
        )
    return question_id


def lock_bank(session: Session) -> None:
    """Keep other changes of the bank out until the transaction ends.

    Inside an operation only. SQLite has one writer anyway.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_BANK_LOCK)))


def refuse_known(digest: str, but: int | None = None) -> None:
    """Refuse a content that another question has or had. One query.

    :param but: The question that may have it.
    """
    twin = find_twin(digest, but)
    if twin is not None:
        raise Refused("题库里已有这道题（编号 %(id)d）", id=twin)


def version_values(
    one: Accepted,
    *,
    question_id: int,
    number: int,
    topic_id: int,
    actor: str,
    now: datetime,
) -> dict[str, object]:
    """The columns of a question version."""
    draft = one.draft
    return {
        "question_id": question_id,
        "number": number,
        "kind": draft.kind,
        "stem": draft.stem,
        "options": list(draft.options),
        "key": stored_key(draft),
        "pinned": is_pinned(draft.options),
        "parts": stored_parts(draft),
        "topic_id": topic_id,
        "difficulty": draft.difficulty,
        "citations": list(draft.citations),
        "analysis": draft.analysis,
        "tags": list(draft.tags),
        "source": draft.source,
        "digest": one.digest,
        "created_at": now,
        "created_by": actor,
    }


def _insert(
    session: Session,
    fresh: Sequence[Accepted],
    now: datetime,
    import_: BankImport | None = None,
    *,
    actor: str,
    ready: bool = True,
    progress: Progress | None = None,
) -> tuple[list[int], list[seals.Rows]]:
    """Write new questions; their ids, and all rows that were written."""
    topics = record_topics(session, (one.draft.topic for one in fresh))
    new = {
        "state": first_state(actor, ready=ready),
        "current": 1,
        "created_at": now,
        "import_id": import_.id if import_ else None,
    }
    if import_ and topics.made:
        import_.topics = [*import_.topics, *topics.made]
    # The rows are alike, so it does not matter in which order their ids come back.
    # (Asking for an order would make SQLite insert them one by one.)
    ids = sorted(
        session.scalars(sa.insert(Question).returning(Question.id), [new] * len(fresh))
    )
    versions: list[int] = []
    for at in range(0, len(fresh), AT_ONCE):
        rows = [
            version_values(
                one,
                question_id=question_id,
                number=1,
                topic_id=topics[one.draft.topic or NO_TOPIC],
                actor=actor,
                now=now,
            )
            for one, question_id in zip(
                fresh[at : at + AT_ONCE], ids[at : at + AT_ONCE], strict=True
            )
        ]
        insert = sa.insert(QuestionVersion).returning(QuestionVersion.id)
        versions += session.scalars(insert, rows)
        if progress:
            progress(at + len(rows), len(fresh))
    return ids, [
        seals.ids(Question, ids),
        seals.ids(QuestionVersion, versions),
        seals.ids(Topic, topics.made),
    ]
