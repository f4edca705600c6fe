"""Changing the list of rank groups."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import seals
from core.db import write
from core.errors import Forbidden, Missing, Refused
from core.seals import Rows
from units.models import Person, RankGroup
from units.operations.editing import (
    Happened,
    lock_rosters,
    record_act,
    record_changes,
)
from units.queries.editors import Editor
from units.queries.ranks import rank_words
from units.rules.ranks import LONGEST, MOST


def add_rank(*, name: str, editor: Editor, now: datetime) -> None:
    """Put a word on the list, as the last.

    :raises Refused: If it is no word, stands there already, or the list is full.
    """
    name = _word(name)
    with write() as session:
        words = _words_to_change(session, editor)
        if name in words:
            raise Refused("“%(name)s”已经在列表里", name=name)
        rows = record_ranks(session, [*words, name])
        _act(session, "rank.add", editor, now, rows, name)


def rename_rank(*, old: str, new: str, editor: Editor, now: datetime) -> int:
    """Write another word for all people of a group, or of a word that is on no list.

    A word of the list gets its new name there; another one joins the group of that
    name. Exams already published keep the old word.

    :return: How many people it is written of.
    :raises Refused: If a word of the list would get the name of another one.
    :raises Missing: If the old word is neither on the list nor in use.
    """
    new = _word(new)
    with write() as session:
        words = _words_to_change(session, editor)
        if old in words and new in words and old != new:
            raise Refused("列表里已经有“%(name)s”，请换一个名称", name=new)
        if old not in words and new not in words:
            raise Refused("“%(name)s”不在列表里，请从列表里选择", name=new)
        people = session.execute(
            sa.select(Person.id, Person.unit_id).where(Person.rank == old)
        ).all()
        if old not in words and not people:
            raise Missing("没有“%(name)s”这个职级类别，请刷新页面", name=old)
        rows: list[Rows] = []
        if old in words:
            words = [new if word == old else word for word in words]
            rows += record_ranks(session, words)
        session.execute(sa.update(Person).where(Person.rank == old).values(rank=new))
        happened = [
            Happened("changed", row.unit_id, row.id, details=[("rank", old, new)])
            for row in people
        ]
        rows.append(record_changes(session, happened, editor=editor, now=now))
        rows.append(seals.ids(Person, [row.id for row in people]))
        counted = {"named": new, "people": len(people)}
        _act(session, "rank.rename", editor, now, rows, old, **counted)
        return len(people)


def drop_rank(*, name: str, editor: Editor, now: datetime) -> None:
    """Take a word off the list.

    :raises Refused: If it is written of somebody, or the last one.
    :raises Missing: If it is not on the list.
    """
    with write() as session:
        words = _words_to_change(session, editor)
        _check_listed(words, name)
        used = session.scalar(
            sa.select(sa.func.count(Person.id)).where(
                Person.rank == name, Person.left_at.is_(None)
            )
        )
        if used:
            raise Refused(
                "名册上还有 %(n)d 人是“%(name)s”，请先改掉", n=used, name=name
            )
        if len(words) == 1:
            raise Refused("列表里至少要留一个职级类别")
        rows = record_ranks(session, [word for word in words if word != name])
        _act(session, "rank.drop", editor, now, rows, name)


def shift_rank(*, name: str, step: int, editor: Editor, now: datetime) -> None:
    """Let a word trade places with the one before (step -1) or after it (step 1).

    At the end of the list nothing happens.

    :raises Missing: If it is not on the list.
    """
    with write() as session:
        words = _words_to_change(session, editor)
        _check_listed(words, name)
        at = words.index(name)
        to = at + step
        if not 0 <= to < len(words):
            return
        words[at], words[to] = words[to], words[at]
        rows = record_ranks(session, words)
        _act(session, "rank.shift", editor, now, rows, name, step=step)


def record_adopted(
    session: Session, words: Iterable[str], editor: Editor, now: datetime
) -> None:
    """Put the words of an import on the list, within its transaction.

    :raises Refused: If one is too long, or the list would be.
    :raises Forbidden: If the editor answers for some units only.
    """
    listed = _words_to_change(session, editor)
    added = [_word(word) for word in words if word not in listed]
    if added:
        rows = record_ranks(session, [*listed, *added])
        _act(session, "rank.add", editor, now, rows, "、".join(added))


def record_ranks(session: Session, words: list[str]) -> list[Rows]:
    """Write the whole list anew, within its transaction.

    :return: What was written and deleted, to be sealed.
    :raises Refused: If it is too long.
    """
    if len(words) > MOST:
        raise Refused("职级类别最多 %(most)d 个，请先合并一些", most=MOST)
    before = list(session.scalars(sa.select(RankGroup.id)))
    session.execute(sa.delete(RankGroup))
    # The ids of what was there are not given again: their seals say that it is gone.
    first = max(before, default=0) + 1
    session.add_all(
        RankGroup(id=first + n, name=word, position=n + 1)
        for n, word in enumerate(words)
    )
    session.flush()  # before the rows are read back
    return [
        seals.gone(RankGroup, before),
        seals.ids(RankGroup, range(first, first + len(words))),
    ]


def _words_to_change(session: Session, editor: Editor) -> list[str]:
    """The list, which belongs to all units.

    :raises Forbidden: If the editor answers for some of them only.
    """
    if not editor.scope.everywhere:
        raise Forbidden("职级类别由管理全部单位的组织者维护")
    lock_rosters(session)
    return rank_words()


def _check_listed(words: list[str], name: str) -> None:
    if name not in words:
        raise Missing("列表里没有“%(name)s”，请刷新页面", name=name)


def _word(text: str) -> str:
    word = " ".join(text.split())
    if not word:
        raise Refused("请填写职级类别的名称")
    if len(word) > LONGEST or "|" in word:
        raise Refused("职级类别最多 %(most)d 个字，不含竖线", most=LONGEST)
    return word


def _act(
    session: Session,
    action: str,
    editor: Editor,
    now: datetime,
    rows: Iterable[Rows],
    word: str,
    **facts: object,
) -> None:
    facts["word"] = word
    record_act(session, action, "ranks", editor=editor, now=now, rows=rows, facts=facts)
