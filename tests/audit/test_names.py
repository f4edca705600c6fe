"""Everything in the audit log has a Chinese name, wherever in the code it is made."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeGuard

import sqlalchemy as sa
from flask import Flask

from audit.forms import GROUPS
from audit.names import ACTIONS, ACTORS, FACTS, OBJECTS, told
from audit.sentences import SENTENCES, TABLES
from core.chain import Break, Why
from core.db import Model, db
from core.entries import AuditEntry
from core.seals import sealing_of, sealings
from tests.audit.world import build

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("accounts", "audit", "core", "question_bank", "quiz", "reports", "units")
ACTION = re.compile(r"[a-z]+\.[a-z_]+")
RECORDERS = re.compile(
    r"record_audit|record_import|record_act|note_\w+|_audit\w*|_act|_record"
)


class Text(Protocol):
    """A text in the code."""

    value: str


def calls() -> Iterator[ast.Call]:
    """Each call of something that records an act."""
    for package in (ROOT / name for name in PLACES):
        for path in package.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = node.func.attr if isinstance(node.func, ast.Attribute) else (
                        node.func.id if isinstance(node.func, ast.Name) else ""
                    )  # fmt: skip
                    if RECORDERS.fullmatch(name):
                        yield node


def actions_in_code() -> set[str]:
    found = set()
    for call in calls():
        for given in [*call.args, *(keyword.value for keyword in call.keywords)]:
            if _is_text(given) and ACTION.fullmatch(given.value):
                found.add(given.value)
    return found


def facts_in_code() -> set[str]:
    found = set()
    for call in calls():
        for keyword in call.keywords:
            if keyword.arg == "facts" and isinstance(keyword.value, ast.Dict):
                found |= {key.value for key in keyword.value.keys if _is_text(key)}
    return found


def _is_text(node: ast.expr | None) -> TypeGuard[Text]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_every_action_in_the_code_has_a_name() -> None:
    found = actions_in_code()
    assert len(found) > 25
    assert found <= set(ACTIONS)


def test_every_fact_in_the_code_has_a_label() -> None:
    found = facts_in_code()
    assert len(found) > 15
    assert found <= set(FACTS)


def test_every_entry_of_a_whole_exam_can_be_read(app: Flask, moment: datetime) -> None:
    """What is put together while running is named, too."""
    build(moment)
    entries = db.session.scalars(sa.select(AuditEntry)).all()
    assert len({entry.action for entry in entries}) > 25
    for entry in entries:
        assert entry.action in ACTIONS
        assert entry.actor.partition(":")[0] in ACTORS, entry.actor
        assert entry.object.partition(":")[0] in OBJECTS, entry.object
        facts = json.loads(entry.facts)
        assert set(facts) <= set(FACTS), entry.action
        for phrase in told(facts, digests=True):
            assert re.search(r"[一-龥]|Excel", phrase), phrase


def test_every_table_is_sealed_or_says_why_not() -> None:
    for mapper in Model.registry.mappers:
        model: type[Model] = mapper.class_
        reasons = model.__unsealed__
        if sealing_of(model) is None:
            assert len(str(reasons)) > 10, model.__tablename__
        else:
            assert not isinstance(reasons, str)
            assert all(len(reason) > 10 for reason in reasons.values())


def test_every_sealed_table_and_every_kind_of_break_has_its_word() -> None:
    assert set(sealings()) <= set(TABLES)
    assert set(SENTENCES) == set(Why)
    assert Break(3, Why.SCORE, "score", "5").where == "score:5"


def test_every_action_can_be_chosen_in_the_filter(app: Flask) -> None:
    assert {action.partition(".")[0] + "." for action in ACTIONS} == set(GROUPS)
