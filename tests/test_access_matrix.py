"""The access matrix: every route × every role × own or other's object.

``PLACES`` says for each route who may call it and with what. A route without a place
fails, and so does a place without a route. Two counties, 甲县 and 乙县, and an exam of
the whole city stand in the database; half of the accounts have their role in 甲县
alone. What belongs to 乙县 must not be found by them, by name or in any page.
"""

from __future__ import annotations

import contextvars
import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

import question_bank.views.exporting
import reports.views
from accounts.models import Account, LoginSession, RoleGrant
from accounts.operations.sessions import sign_in
from accounts.rules import sessions as session_rules
from core.access import PUBLIC_ENDPOINTS, ROLES, UNDIVIDED
from core.db import Model, db, write
from core.jobs.models import Job
from core.jobs.operations import queue_job
from core.uploads import keep_upload
from question_bank.models import BankImport
from question_bank.operations.remarks import remark_on_question
from quiz.acts import Proposal
from quiz.afterwards import Objection
from quiz.models import Exam, LateMessage, PoolItem, Sitting
from quiz.operations.rekeying import confirm_rekey, propose_rekey
from quiz.rules.rekeying import Change
from quiz.traces import Joining
from tests.conftest import PASSWORD, make_account, signed_in
from tests.pages import text_of
from tests.quiz.factories import Made, make_exam
from tests.quiz.phone import Phone
from units.models import Exemption, Person, RosterWindow, Unit

STAFF = tuple(ROLES)


@dataclass(frozen=True)
class Place:
    """Who may call a route, and what its object is."""

    #: Roles that may; admin always may. Empty: anybody, signed in or not.
    roles: tuple[str, ...] = ()
    #: The kind of exam its ``exam_id`` names.
    exam: str = "open"
    #: Whether the object of the whole city is found by a role in a county.
    city: bool = False
    #: The object is the account's own: nobody else's is found, not even by admin.
    personal: bool = False
    #: … but this one admin sees, too.
    overseen: bool = False
    #: Needs the role for all units.
    whole: bool = False
    #: Works with the candidate's device only; what others get.
    phone: tuple[int, ...] = ()
    form: dict[str, str] = field(default_factory=dict)
    #: What a GET may answer besides 200.
    also: tuple[int, ...] = ()
    #: Asks again who one is after ten minutes.
    proof: bool = False


ANYBODY = Place()
SIGNED_IN = Place(STAFF)
PROVEN = Place(STAFF, proof=True)
ADMIN = Place(("admin",), proof=True)
EXAMS = Place(("organizer",))
EXAMS_READ = Place(("organizer", "auditor"))
DRAFTS = Place(("organizer",), exam="draft")
KEYS_ASKED = Place(("organizer",), proof=True)
KEYS_CHANGED = Place(("organizer", "reviewer"), proof=True)
DESK = Place(("organizer", "invigilator"), city=True)
#: Acts on everybody of an exam: one must look after all of it.
WHOLE_DESK = Place(("organizer", "invigilator"))
DESK_READ = Place(("organizer", "invigilator", "auditor"), city=True)
UNITS = Place(("organizer", "liaison"))
UNITS_READ = Place(("organizer", "liaison", "auditor"))
TREE = Place(("organizer",))
PERSONAL = replace(TREE, proof=True)
BANK = Place(("author",))
REPORTS = Place(("organizer", "assessor", "auditor"), city=True)
SCORES = replace(REPORTS, proof=True)
LIAISON = Place(("liaison",), city=True)
AUDIT = Place(("auditor",))
JOB = Place(STAFF, personal=True, overseen=True)
PHONE = Place(phone=(404,))
MOVED = Place(phone=(409,))

PLACES: dict[str, Place] = {
    # accounts
    "GET /": ANYBODY,
    "GET /healthz": ANYBODY,
    "GET /login": Place(also=(303,)),
    "POST /login": ANYBODY,
    "GET /login/link/<token>": Place(also=(404,)),
    "POST /login/link/<token>": ANYBODY,
    "POST /logout": ANYBODY,
    "GET /console": SIGNED_IN,
    "GET /login/code": Place(also=(303,)),
    "POST /login/code": Place(also=(404,)),
    "GET /console/account": SIGNED_IN,
    "POST /console/account/browsers": SIGNED_IN,
    "GET /console/account/second-factor": PROVEN,
    "POST /console/account/second-factor": PROVEN,
    "POST /console/account/second-factor/off": PROVEN,
    "POST /console/account/recovery-codes": PROVEN,
    "GET /console/password": SIGNED_IN,
    "POST /console/password": SIGNED_IN,
    "GET /console/prove": SIGNED_IN,
    "POST /console/prove": SIGNED_IN,
    "POST /console/sessions/<int:session_id>/end": Place(STAFF, personal=True),
    "POST /console/sessions/end-others": SIGNED_IN,
    "GET /console/accounts": Place(("auditor",)),
    "GET /console/accounts/new": ADMIN,
    "POST /console/accounts/new": ADMIN,
    "GET /console/accounts/<int:account_id>": Place(("auditor",), proof=True),
    "POST /console/accounts/<int:account_id>/grants": ADMIN,
    "POST /console/accounts/<int:account_id>/grants/<int:grant_id>/revoke": ADMIN,
    "POST /console/accounts/<int:account_id>/disable": ADMIN,
    "POST /console/accounts/<int:account_id>/enable": ADMIN,
    "POST /console/accounts/<int:account_id>/unlock": ADMIN,
    "POST /console/accounts/<int:account_id>/sessions/end": ADMIN,
    "POST /console/accounts/<int:account_id>/second-factor/reset": ADMIN,
    "POST /console/accounts/<int:account_id>/link": ADMIN,
    # units
    "GET /console/units": UNITS_READ,
    "GET /console/units/<int:unit_id>": UNITS_READ,
    "POST /console/units/<int:unit_id>/people": UNITS,
    "GET /console/units/<int:unit_id>/history": UNITS_READ,
    "POST /console/units/<int:unit_id>/check": UNITS,
    "GET /console/units/new": TREE,
    "POST /console/units/new": TREE,
    "GET /console/units/<int:unit_id>/edit": TREE,
    "POST /console/units/<int:unit_id>/edit": TREE,
    "POST /console/units/<int:unit_id>/move": TREE,
    "POST /console/units/<int:unit_id>/shift": TREE,
    "POST /console/units/<int:unit_id>/close": TREE,
    "POST /console/units/<int:unit_id>/reopen": TREE,
    "GET /console/units/template.xlsx": TREE,
    "GET /console/units/import": TREE,
    "POST /console/units/import": TREE,
    "GET /console/units/import/<token>": Place(("organizer",), personal=True),
    "POST /console/units/import/<token>": Place(
        ("organizer",), personal=True, form={"cancel": "1"}
    ),
    "GET /console/units/roster": UNITS_READ,
    "GET /console/units/roster/deadline": TREE,
    "POST /console/units/roster/deadline": TREE,
    "POST /console/units/roster/deadline/end": TREE,
    "GET /console/units/ranks": Place(("organizer", "auditor")),
    "POST /console/units/ranks": TREE,
    "GET /console/units/exemptions": UNITS_READ,
    "POST /console/units/exemptions/<int:exemption_id>": TREE,
    "POST /console/units/exemptions/<int:exemption_id>/end": UNITS,
    "GET /console/people": UNITS_READ,
    "GET /console/people/<int:person_id>": UNITS_READ,
    "GET /console/people/<int:person_id>/edit": UNITS,
    "POST /console/people/<int:person_id>/edit": UNITS,
    "POST /console/people/<int:person_id>/move": UNITS,
    "POST /console/people/<int:person_id>/remove": UNITS,
    "POST /console/people/<int:person_id>/return": UNITS,
    "GET /console/people/<int:person_id>/exempt": UNITS,
    "POST /console/people/<int:person_id>/exempt": UNITS,
    "GET /console/people/template.xlsx": UNITS,
    "GET /console/people/import": UNITS,
    "POST /console/people/import": UNITS,
    "GET /console/people/import/<token>": Place(
        ("organizer", "liaison"), personal=True
    ),
    "POST /console/people/import/<token>": Place(
        ("organizer", "liaison"), personal=True, form={"cancel": "1"}
    ),
    # bank
    "GET /console/bank": Place(("author", "reviewer", "auditor")),
    "GET /console/bank/export": replace(BANK, proof=True),
    "POST /console/bank/export": replace(BANK, proof=True),
    "GET /console/bank/template.xlsx": BANK,
    "GET /console/bank/<int:question_id>": Place(("author", "reviewer")),
    "POST /console/bank/<int:question_id>/state": Place(("reviewer",)),
    "POST /console/bank/<int:question_id>/submit": BANK,
    "POST /console/bank/<int:question_id>/remarks": Place(("author", "reviewer")),
    "POST /console/bank/remarks/<int:remark_id>/settle": Place(("author", "reviewer")),
    "GET /console/bank/<int:question_id>/edit": BANK,
    "POST /console/bank/<int:question_id>/edit": BANK,
    "GET /console/bank/check": Place(("author", "reviewer")),
    "POST /console/bank/check/alike": Place(("author", "reviewer")),
    "POST /console/bank/bulk": Place(("author", "reviewer")),
    "POST /console/bank/bulk/do": Place(("author", "reviewer")),
    "GET /console/bank/topics": Place(("author", "reviewer", "auditor")),
    "POST /console/bank/topics": BANK,
    "GET /console/bank/topics/<int:topic_id>": BANK,
    "POST /console/bank/topics/<int:topic_id>": BANK,
    "GET /console/bank/topics/<int:topic_id>/merge": BANK,
    "POST /console/bank/topics/<int:topic_id>/merge": BANK,
    "GET /console/bank/new": BANK,
    "POST /console/bank/new": BANK,
    "GET /console/bank/import": BANK,
    "POST /console/bank/import": BANK,
    "GET /console/bank/import/<token>": Place(("author",), personal=True),
    "POST /console/bank/import/<token>": Place(
        ("author",), personal=True, form={"cancel": "1"}
    ),
    "POST /console/bank/import/<token>/<int:place>": Place(
        ("author",), personal=True, form={"skip": "1"}
    ),
    "POST /console/bank/import/<token>/fill": Place(("author",), personal=True),
    "GET /console/bank/import/<token>/result": Place(("author",), also=(302,)),
    "GET /console/bank/import/<token>/bad.xlsx": Place(("author",), personal=True),
    "GET /console/bank/imports": BANK,
    "GET /console/bank/imports/<int:import_id>": BANK,
    "POST /console/bank/imports/<int:import_id>/undo": BANK,
    # exams
    "GET /console/exams": EXAMS_READ,
    "GET /console/exams/new": EXAMS,
    "POST /console/exams/new": EXAMS,
    "GET /console/exams/<int:exam_id>": EXAMS_READ,
    "POST /console/exams/<int:exam_id>/draw": EXAMS,
    "POST /console/exams/<int:exam_id>/discard": DRAFTS,
    "POST /console/exams/<int:exam_id>/results": EXAMS,
    "GET /console/exams/<int:exam_id>/edit": DRAFTS,
    "POST /console/exams/<int:exam_id>/edit": DRAFTS,
    "GET /console/exams/<int:exam_id>/blueprint": DRAFTS,
    "POST /console/exams/<int:exam_id>/blueprint": DRAFTS,
    "GET /console/exams/<int:exam_id>/publish": DRAFTS,
    "POST /console/exams/<int:exam_id>/publish": DRAFTS,
    "GET /console/exams/<int:exam_id>/draw.zip": replace(EXAMS_READ, also=(409,)),
    "GET /console/exams/<int:exam_id>/roster": EXAMS_READ,
    "GET /console/exams/<int:exam_id>/roster/<int:candidate_id>": EXAMS,
    "POST /console/exams/<int:exam_id>/roster/<int:candidate_id>": EXAMS,
    "GET /console/exams/<int:exam_id>/code": EXAMS,
    "GET /console/exams/<int:exam_id>/code.svg": EXAMS,
    "GET /console/exams/<int:exam_id>/code.png": EXAMS,
    "GET /console/exams/<int:exam_id>/poster": EXAMS,
    "GET /console/exams/<int:exam_id>/print": replace(EXAMS, proof=True),
    "POST /console/exams/<int:exam_id>/print": replace(EXAMS, proof=True),
    "GET /console/exams/<int:exam_id>/keys": KEYS_CHANGED,
    "GET /console/exams/<int:exam_id>/keys/new": KEYS_ASKED,
    "POST /console/exams/<int:exam_id>/keys/new": KEYS_ASKED,
    "GET /console/exams/<int:exam_id>/keys/asked/<int:asked_id>": KEYS_CHANGED,
    "POST /console/exams/<int:exam_id>/keys/asked/<int:asked_id>/confirm": (
        KEYS_CHANGED
    ),
    "POST /console/exams/<int:exam_id>/keys/asked/<int:asked_id>/drop": KEYS_CHANGED,
    "GET /console/exams/<int:exam_id>/keys/<int:number>": KEYS_ASKED,
    "GET /console/exams/<int:exam_id>/objections": KEYS_ASKED,
    "GET /console/exams/<int:exam_id>/objections/<int:objection_id>": KEYS_ASKED,
    "POST /console/exams/<int:exam_id>/objections/<int:objection_id>": KEYS_ASKED,
    # the day
    "GET /console/desk": DESK_READ,
    "GET /console/exams/<int:exam_id>/desk": DESK_READ,
    **{
        f"{method} /console/exams/<int:exam_id>/desk/{act}": DESK
        for act in (
            "joining/<int:joining_id>/accept",
            "joining/<int:joining_id>/decline",
            "sittings/<int:sitting_id>/move",
            "sittings/<int:sitting_id>/reopen",
            "sittings/<int:sitting_id>/void",
            "sittings/<int:sitting_id>/reassign/<int:candidate_id>",
            "late/<int:late_id>",
            "incidents/new",
            "rooms",
        )
        for method in ("GET", "POST")
    },
    **{
        f"{method} /console/exams/<int:exam_id>/desk/{act}": WHOLE_DESK
        for act in ("time", "present", "pause", "resume")
        for method in ("GET", "POST")
    },
    **{
        f"{method} /console/exams/<int:exam_id>/desk/{act}": EXAMS
        for act in ("close", "undo-close", "void")
        for method in ("GET", "POST")
    },
    "GET /console/exams/<int:exam_id>/desk/sheets": DESK_READ,
    **{
        f"{method} /console/exams/<int:exam_id>/desk/sheets/<int:candidate_id>{act}": (
            DESK
        )
        for act in ("", "/compare")
        for method in ("GET", "POST")
    },
    "GET /console/exams/<int:exam_id>/desk/screens": WHOLE_DESK,
    "GET /console/exams/<int:exam_id>/tickets": replace(EXAMS, proof=True),
    "GET /console/exams/<int:exam_id>/tickets/sheets": replace(EXAMS, proof=True),
    "GET /console/exams/<int:exam_id>/tickets/<int:candidate_id>/replace": replace(
        EXAMS, proof=True
    ),
    "POST /console/exams/<int:exam_id>/tickets/<int:candidate_id>/replace": replace(
        EXAMS, proof=True
    ),
    "GET /console/exams/<int:exam_id>/desk/screens/renew": EXAMS,
    "POST /console/exams/<int:exam_id>/desk/screens/renew": EXAMS,
    "GET /console/exams/<int:exam_id>/desk/people": DESK_READ,
    "GET /console/exams/<int:exam_id>/desk/people/<int:candidate_id>": DESK_READ,
    "GET /console/exams/<int:exam_id>/desk/away": DESK_READ,
    "GET /console/exams/<int:exam_id>/desk/incidents": DESK_READ,
    "GET /console/exams/<int:exam_id>/desk/sittings/<int:sitting_id>/reassign": DESK,
    "GET /console/exams/<int:exam_id>/desk/proposals/<int:proposal_id>": DESK,
    "POST /console/exams/<int:exam_id>/desk/proposals/<int:proposal_id>/confirm": DESK,
    "POST /console/exams/<int:exam_id>/desk/proposals/<int:proposal_id>/drop": DESK,
    # reports
    "GET /reports": REPORTS,
    "GET /reports/<int(max=2147483647):exam_id>": REPORTS,
    "GET /reports/<int(max=2147483647):exam_id>.xlsx": SCORES,
    "GET /reports/<int(max=2147483647):exam_id>/public.xlsx": REPORTS,
    "GET /reports/<int(max=2147483647):exam_id>/units/<int(max=2147483647):unit_id>": (
        SCORES
    ),
    "GET /reports/participation": LIAISON,
    "GET /reports/participation/<int:exam_id>": LIAISON,
    "POST /reports/<int(max=2147483647):exam_id>/workbook": SCORES,
    # running
    "GET /readyz": Place(also=(503,)),
    "GET /metrics": ANYBODY,
    "GET /console/settings": replace(ADMIN, proof=False),
    "POST /console/settings/backup": ADMIN,
    "GET /console/jobs": SIGNED_IN,
    "GET /console/jobs/<int:job_id>": JOB,
    "GET /console/jobs/<int:job_id>/progress": JOB,
    "GET /console/jobs/<int:job_id>/file": Place(STAFF, personal=True, proof=True),
    "POST /console/jobs/<int:job_id>/cancel": JOB,
    # audit
    "GET /console/audit": AUDIT,
    "GET /console/audit/<int:n>": AUDIT,
    "GET /console/audit/export.xlsx": replace(AUDIT, proof=True),
    "GET /console/audit/verify": AUDIT,
    "POST /console/audit/verify": AUDIT,
    "POST /console/audit/check": AUDIT,
    # personal data
    "GET /console/privacy": Place(("organizer", "auditor"), city=True),
    "POST /console/privacy/sweep": Place(("admin",)),
    "GET /console/privacy/people/<int:person_id>": PERSONAL,
    "POST /console/privacy/people/<int:person_id>/erase": PERSONAL,
    "GET /console/privacy/people/<int:person_id>/copy": PERSONAL,
    # A screen's key, or an account that runs the exam: tests/quiz/test_hall.py.
    "GET /hall/<code>": Place(also=(404,)),
    # candidates
    "GET /e/<code>": ANYBODY,
    "POST /e/<code>": Place(also=(403,)),
    "POST /e/<code>/start": Place(also=(403,)),
    "GET /e/<code>/wait": Place(also=(303, 400)),
    "GET /e/<code>/join": ANYBODY,
    "GET /e/<code>/next": Place(also=(303,)),
    # Who has the ticket is whom it names: tests/quiz/test_tickets.py.
    "GET /e/<code>/ticket/<ticket>": Place(also=(404,)),
    "POST /e/<code>/join": Place(also=(403,)),
    "GET /e/<code>/join/wait": Place(also=(303,)),
    "GET /e/<code>/ready/<ticket>": Place(also=(400,)),
    "GET /e/<code>/ready/<ticket>/state": Place(also=(400,)),
    "POST /e/<code>/ready/<ticket>": Place(also=(403,)),
    "GET /s/<token>": PHONE,
    "GET /s/<token>/state": MOVED,
    "GET /s/<token>/hand-in": PHONE,
    "POST /s/<token>/hand-in": Place(phone=(403, 404)),
    "GET /s/<token>/q/<int:n>": PHONE,
    "POST /s/<token>/q/<int:n>": PHONE,
    "GET /s/<token>/receipt": Place(phone=(404,), also=(303,)),
    "GET /s/<token>/receipt/<int:generation>": Place(phone=(404,), also=(404,)),
    "GET /s/<token>/certificate": Place(phone=(404,), also=(404,)),
    "POST /s/<token>/certificate": Place(phone=(404,)),
    "POST /s/<token>/objection": Place(phone=(404,)),
    "GET /s/<token>/result": Place(phone=(404,), also=(303,)),
    "GET /v/": ANYBODY,
    "POST /v/": ANYBODY,
    "GET /v/keys.json": ANYBODY,
    "GET /v/<code>": Place(also=(404,)),
    "PUT /s/<token>/answers": MOVED,
    "POST /s/<token>/submit": MOVED,
    "POST /s/<token>/release": PHONE,
    "POST /s/<token>/trouble": PHONE,
}

#: What only 乙县 has, and what only those who write questions may read.
OTHERS = ("乙县", "贝小乙")
KEYS = ("解析只在考后给出", "《行政处罚法》第六十条")
#: Two routes in one.
KIND = "<any(units, people):kind>"
JSON_ENDPOINTS = {"sitting.answers", "sitting.submit", "sitting.release"}
PASSED = {200, 302, 303, 400, 409, 422}
SCOPED = tuple(role for role in ROLES if role not in UNDIVIDED)


@dataclass
class Actor:
    """Somebody who calls: an account or nobody, by the browser's cookie."""

    name: str
    cookie: str
    csrf: str
    account_id: int = 0
    session_id: int = 0
    role: str = ""
    #: The role is granted for 甲县 alone.
    bound: bool = False


@dataclass
class World:
    """Two counties with what they own, and who looks at it."""

    app: Flask
    #: Ids by kind for each side: own (甲县), other (乙县), city.
    ids: dict[str, dict[str, Any]]
    phones: dict[str, Phone]
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def remember(self) -> None:
        """Keep every row as it stands now."""
        with db.engine.connect() as connection:
            for table in Model.metadata.sorted_tables:
                found = connection.execute(
                    sa.select(table).order_by(*table.primary_key)
                )
                self.rows[table.name] = [dict(row._mapping) for row in found]

    def restore(self) -> None:
        """Undo what a request did."""
        db.session.rollback()
        tables = Model.metadata.sorted_tables
        with db.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # TRUNCATE of all of them makes new files for each: a tenth of a second.
                heedless = "SET LOCAL session_replication_role = replica"
                connection.execute(sa.text(heedless))
            else:
                connection.execute(sa.text("PRAGMA defer_foreign_keys=ON"))
            for table in reversed(tables):
                connection.execute(sa.delete(table))
            for table in tables:
                if self.rows[table.name]:
                    connection.execute(sa.insert(table), self.rows[table.name])

    def call(
        self, method: str, path: str, cookie: str = "", **sent: Any
    ) -> TestResponse:
        """One request of a browser that is thrown away afterwards."""
        client = FlaskClient(self.app, self.app.response_class, use_cookies=False)
        headers = {"Cookie": cookie} if cookie else {}
        return contextvars.Context().run(
            client.open, path, method=method, headers=headers, **sent
        )


def unit_of(session: Session, name: str, parent: Unit | None, n: int) -> Unit:
    unit = Unit(
        code=f"M{n}",
        name=name,
        initials=f"m{n}",
        category="县区",
        level="县区",
        position=n,
        parent_id=parent.id if parent else None,
        created_at=datetime.now(UTC),
    )
    session.add(unit)
    session.flush()  # generate unit.id
    return unit


OWN_PERSON = ("甲县东镇", "贾小甲", "0001")
OTHER_PERSON = ("乙县", "贝小乙", "0002")
CITY_PERSON = ("清河市", "何小市", "0003")


def an_import() -> BankImport:
    """An import of questions with nothing in it."""
    counts = dict.fromkeys(("total", "added", "known", "repeated", "bad"), 0)
    return BankImport(
        at=datetime.now(UTC),
        actor="system",
        filename="题库.xlsx",
        sha256="0" * 64,
        topics=[],
        **counts,
    )


def build(app: Flask) -> World:
    """The ground: a city with two counties, three exams, three drafts, three phones."""
    opened = datetime.now(UTC) - timedelta(minutes=10)
    with write() as session:
        city = unit_of(session, "清河市", None, 1)
        own = unit_of(session, "甲县", city, 2)
        village = unit_of(session, "甲县东镇", own, 3)
        other = unit_of(session, "乙县", city, 4)
        session.add(an_import())
        # Liaisons write until a deadline.
        later = datetime.now(UTC) + timedelta(days=30)
        session.add(RosterWindow(unit_id=None, closes_at=later))
    asker = make_account("asker", "organizer")
    roots = {"own": own.id, "other": other.id, "city": None}
    units = {"own": village.id, "other": other.id, "city": city.id}
    people = {
        "own": [OWN_PERSON],
        "other": [OTHER_PERSON],
        "city": [OWN_PERSON, OTHER_PERSON, CITY_PERSON],
    }
    ids: dict[str, dict[str, Any]] = {}
    phones: dict[str, Phone] = {}
    for side, root in roots.items():
        title = {"own": "甲县考试", "other": "乙县考试", "city": "全市考试"}[side]
        made = make_exam(
            opened, people=people[side], code=f"{side.upper():X<8}", title=title
        )
        draft = make_exam(
            opened,
            people=[],
            code=f"{side.upper():D<8}",
            title=f"{title}草稿",
            published_at=None,
            drawn_at=None,
        )
        phones[side] = Phone(app, made.code)
        phones[side].enter(*people[side][0])
        if side == "city":  # somebody of the other county waits at the same desk
            Phone(app, made.code).enter(*OTHER_PERSON)
        account = account_of(side)
        proposal = proposal_of(made, account["account_id"])
        with write() as session:
            session.execute(
                sa.update(Exam)
                .where(Exam.id.in_([made.exam_id, draft.exam_id]))
                .values(unit_id=root)
            )
            session.execute(sa.update(Sitting).values(claim="f" * 64))
            # A draft has no pool yet.
            pool = sa.delete(PoolItem).where(PoolItem.exam_id == draft.exam_id)
            session.execute(pool)
            sitting_id = session.scalars(
                sa.select(Sitting.id).where(Sitting.candidate_id == made.candidates[0])
            ).one()
            ids[side] = {
                "open": made.exam_id,
                "draft": draft.exam_id,
                "unit_id": units[side],
                # A unit with somebody in the exam.
                "entered_unit": units["own" if side == "city" else side],
                "person_id": person_of(session, units[side]),
                "exemption_id": exemption_of(session, units[side]),
                "candidate_id": made.candidates[0],
                "sitting_id": sitting_id,
                **asked_about(session, made.exam_id, sitting_id, asker),
                "joining_id": wish_of(
                    session, made.exam_id, units["own" if side == "city" else side]
                ),
                "question_id": 1,
                "topic_id": 1,
                "import_id": 1,
                "remark_id": 1,
                "place": 0,
                "code": made.code,
                "ticket": "nothing",
                "token": phones[side].token,
                "n": 1,
                "generation": 1,
                "asked_id": proposal,
                "objection_id": objection_of(session, made),
                "number": 1,
                **account,
            }
    remark_on_question(version_id=1, text="请核对", actor="system", now=opened)
    return World(app, ids, phones)


def account_of(name: str) -> dict[str, int]:
    """Somebody else's account with a role and a login session."""
    account_id = make_account(f"target-{name}", "organizer")
    sign_in(username=f"target-{name}", password=PASSWORD, now=datetime.now(UTC))
    grant = sa.select(RoleGrant.id).where(RoleGrant.account_id == account_id)
    session = sa.select(LoginSession.id).where(LoginSession.account_id == account_id)
    return {
        "account_id": account_id,
        "grant_id": db.session.scalars(grant).one(),
        "session_id": db.session.scalars(session).one(),
    }


def proposal_of(made: Made, account_id: int) -> int:
    """A change of keys that waits for a second person; another is in force."""
    change = Change(made.versions[0], "full")
    asks: dict[str, Any] = {
        "exam_id": made.exam_id,
        "changes": [change],
        "reason": "答案有误",
        "account_id": account_id,
        "now": datetime.now(UTC),
    }
    second = make_account(f"second-{made.code}", "organizer")
    first = propose_rekey(key="first", **asks)
    confirm_rekey(proposal_id=first, account_id=second, now=datetime.now(UTC))
    return propose_rekey(key="then", **asks)


def objection_of(session: Session, made: Made) -> int:
    """Something a candidate has against a question, waiting for an answer."""
    sitting = sa.select(Sitting.id).where(Sitting.candidate_id == made.candidates[0])
    objection = Objection(
        exam_id=made.exam_id,
        sitting_id=session.scalars(sitting).one(),
        generation=1,
        q="1",
        version_id=made.versions[0],
        text="期限已经改了",
        made_at=datetime.now(UTC),
    )
    session.add(objection)
    session.flush()  # generate objection.id
    return objection.id


def person_of(session: Session, unit_id: int) -> int:
    found = session.scalar(
        sa.select(Person.id).where(Person.unit_id == unit_id).limit(1)
    )
    if found is None:
        person = Person(
            unit_id=unit_id,
            name="何小市",
            phone_tail="0003",
            rank="",
            created_at=datetime.now(UTC),
        )
        session.add(person)
        session.flush()  # generate person.id
        found = person.id
    return found


def asked_about(
    session: Session, exam_id: int, sitting_id: int, account_id: int
) -> dict[str, int]:
    """A proposal about a sitting, and a message that came too late for it."""
    at = datetime.now(UTC)
    late = LateMessage(sitting_id=sitting_id, received_at=at, why="moved", body="{}")
    proposal = Proposal(
        exam_id=exam_id,
        key="asked",
        kind="reopen",
        sitting_id=sitting_id,
        asked={"generation": 1, "seconds": 60},
        reason="误触",
        proposed_at=at,
        proposed_by=account_id,
    )
    session.add_all([late, proposal])
    session.flush()  # generate their ids
    return {"late_id": late.id, "proposal_id": proposal.id}


def wish_of(session: Session, exam_id: int, unit_id: int) -> int:
    """Somebody of the unit who asks to be let in."""
    wish = Joining(
        exam_id=exam_id,
        unit_id=unit_id,
        name="何新来",
        number_digest="9" * 64,
        device="9" * 64,
        asked_at=datetime.now(UTC),
    )
    session.add(wish)
    session.flush()  # generate wish.id
    return wish.id


def exemption_of(session: Session, unit_id: int) -> int:
    """A request that waits for a decision, for somebody of the unit."""
    request = Exemption(
        person_id=person_of(session, unit_id),
        kind="产假",
        note="",
        until=datetime.now(UTC) + timedelta(days=30),
        requested_at=datetime.now(UTC),
        requested_by="system",
        requested_name="",
        decision_note="",
    )
    session.add(request)
    session.flush()  # generate request.id
    return request.id


def actors_of(world: World) -> list[Actor]:
    """Nobody, an account without a role, each role everywhere and in 甲县."""
    own = world.app
    found = [actor(own, "nobody", own.test_client())]
    found.append(actor(own, "norole", signed_in(own, "norole")))
    found += [actor(own, role, signed_in(own, role, role), role) for role in ROLES]
    for role in SCOPED:
        name = f"{role}-own"
        client = signed_in(own, name, role)
        with write() as session:
            account = sa.select(Account.id).where(Account.username == name)
            root = sa.select(Unit.id).where(Unit.code == "M2").scalar_subquery()
            session.execute(
                sa.update(RoleGrant)
                .where(RoleGrant.account_id.in_(account))
                .values(unit_id=root)
            )
        found.append(actor(own, name, client, role, bound=True))
    return found


def actor(
    app: Flask, name: str, client: FlaskClient, role: str = "", *, bound: bool = False
) -> Actor:
    page = client.get("/login" if name == "nobody" else "/console")
    csrf = text_of(page).split('name="csrf_token"')[1].split('value="')[1]
    cookie = client.get_cookie("lawgauge")
    assert cookie is not None
    account_id = sa.select(Account.id).where(Account.username == name)
    session_id = sa.select(LoginSession.id).where(
        LoginSession.account_id == account_id.scalar_subquery()
    )
    return Actor(
        name=name,
        cookie=f"lawgauge={cookie.value}",
        csrf=csrf.split('"')[0],
        account_id=db.session.scalar(account_id) or 0,
        session_id=db.session.scalar(session_id) or 0,
        role=role,
        bound=bound,
    )


@pytest.fixture
def world(app: Flask, monkeypatch: pytest.MonkeyPatch) -> World:
    """The ground, remembered as it stands with everybody signed in."""
    # Files are made here: a child for each of hundreds of answers is most of the time.
    for views in (reports.views, question_bank.views.exporting):
        monkeypatch.setattr(views, "aside", _here)
    return build(app)


def _here(module: str, function: str, *arguments: object, **named: object) -> Any:
    return getattr(import_module(module), function)(*arguments, **named)


def routes(app: Flask) -> Iterator[tuple[str, str, Rule, dict[str, str]]]:
    """Each method of each route, an ``any`` converter written out."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint in PUBLIC_ENDPOINTS:
            continue
        choices: list[tuple[str, dict[str, str]]] = [(rule.rule, {})]
        for name, converter in rule._converters.items():
            if isinstance(converter, AnyConverter):
                assert KIND in rule.rule
                choices = [
                    (rule.rule.replace(KIND, item), {name: item})
                    for item in sorted(converter.items)
                ]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for text, values in choices:
                yield f"{method} {text}", method, rule, values


def sides(rule: Rule, place: Place) -> list[str]:
    """Whose object to try: without a number or a token there is none."""
    # A number counts within its exam: each has a first.
    counted = {"question_id", "topic_id", "import_id", "remark_id", "n", "number"}
    names = set(rule.arguments) - counted
    if place.personal:
        return ["own", "other"]
    if not names or (rule.rule.startswith("/login")):
        return ["own"]
    if not place.roles:
        return ["own", "other"]
    return ["own", "other", "city", *(["crossed"] if len(names) > 1 else [])]


def wanted(place: Place, who: Actor, side: str, method: str) -> set[int]:
    """The only statuses that are right; 1 stands for being sent to sign in."""
    passed = {200, *place.also} if method == "GET" else PASSED | set(place.also)
    if place.phone:
        return set(place.phone)
    if not place.roles:
        return passed
    if who.name == "nobody":
        return {1}
    if who.role not in (*place.roles, "admin"):
        return {403}
    if place.whole and who.bound:
        return {403}
    if place.overseen and who.role == "admin":
        return passed
    if side == "crossed" or (place.personal and side == "other"):
        return {404}
    if who.bound and side == "other":
        return {404}
    if who.bound and side == "city" and not place.city:
        return {404}
    return passed


def upload_for(world: World, kind: str, account_id: int) -> str:
    """A kept upload of an account; returns its token."""
    content = {
        "units": "单位编码,单位名称\nM9,新局\n",
        "people": "单位名称,姓名,手机尾号\n甲县东镇,辛人,0009\n",
        "questions": "题型,题干,答案\n判断,依法行政,正确\n",
    }[kind]
    return keep_upload(
        Path(world.app.instance_path, "uploads"),
        io.BytesIO(content.encode()),
        filename="文件.csv",
        kind=kind,
        account_id=account_id,
        now=datetime.now(UTC),
    )


def job_for(world: World, account_id: int) -> int:
    """Long work of an account that waits, with a file; returns its id."""
    job_id = queue_job(
        kind="backup",
        arguments={"at": str(next(world.numbers))},
        about="乙县的备份" if not account_id else "",
        account_id=account_id,
        now=datetime.now(UTC),
    )
    with write() as session:
        session.execute(
            sa.update(Job)
            .where(Job.id == job_id)
            .values(object=str(job_id), file="out.txt", filename="结果.txt")
        )
    folder = Path(world.app.instance_path, "jobs", str(job_id))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "out.txt").write_text("结果", encoding="utf-8")
    return job_id


def ids_of(world: World, rule: Rule, place: Place, side: str) -> dict[str, Any]:
    ids = dict(world.ids["other" if side == "crossed" else side])
    ids["exam_id"] = ids[place.exam]
    if rule.rule.startswith("/reports"):
        ids["unit_id"] = ids["entered_unit"]
    return ids


def path_of(
    world: World, rule: Rule, place: Place, who: Actor, side: str, fixed: dict[str, str]
) -> str:
    ids = ids_of(world, rule, place, "own" if place.personal else side)
    if side == "crossed":  # an exam of one's own with somebody of another
        first = re.findall(r"(\w+)>", rule.rule)[0]
        mine = ids_of(world, rule, place, "own")[first]
        ids = ids_of(world, rule, place, "other") | {first: mine}
    owner = who.account_id if side == "own" else 0
    if "job_id" in rule.arguments:
        ids["job_id"] = job_for(world, owner)
    elif place.personal and "token" in rule.arguments:
        kind = rule.rule.split("/")[2].replace("bank", "questions")
        ids["token"] = upload_for(world, kind, owner)
    elif place.personal and side == "own":
        ids["session_id"] = who.session_id or ids["session_id"]
    elif rule.rule.startswith("/login"):
        ids["token"] = "no-such-link"
    values = {name: ids[name] for name in rule.arguments if name in ids} | fixed
    path: str = world.app.url_map.bind("localhost").build(rule.endpoint, values)
    return path


def words_of(reply: TestResponse) -> str:
    """All text of a reply, a workbook's too."""
    kind = reply.mimetype or ""
    if "spreadsheetml" in kind:
        with zipfile.ZipFile(io.BytesIO(reply.get_data())) as book:
            return "".join(
                book.read(name).decode("utf-8", "replace") for name in book.namelist()
            )
    if kind.startswith("image/"):
        return ""
    return text_of(reply)


def offered(app: Flask, text: str) -> Iterator[str]:
    """The routes that a page's links and forms lead to."""
    urls = app.url_map.bind("localhost")
    links = [("GET", url) for url in re.findall(r'<a\b[^>]*?href="(/[^"#?]*)', text)]
    forms = re.findall(r'<form\b[^>]*?method="post" action="(/[^"?]*)', text)
    for method, url in {*links, *(("POST", url) for url in forms)}:
        if not url.startswith("/static/"):
            rule, values = urls.match(url, method=method, return_rule=True)
            shown = rule.rule.replace(KIND, str(values.get("kind")))
            yield f"{method} {shown}"


def problem(
    app: Flask, reply: TestResponse, who: Actor, place: Place, right: set[int]
) -> str | None:
    """What is wrong with a reply, in a few words."""
    status = reply.status_code
    if status == 302 and (reply.location or "").partition("?")[0] == "/login":
        status = 1
    text = words_of(reply)
    if status not in right:
        return f"{status} instead of {sorted(right)}"
    if status == 400 and "页面停留太久" in text:
        return "the form's token was not taken"
    if who.role and status == 200 and reply.mimetype == "text/html":
        for route in offered(app, text):
            roles = PLACES[route].roles
            shut = roles and who.role not in (*roles, "admin")
            if shut or (PLACES[route].whole and who.bound):
                return f"offers {route}"
    return leak(text, who, place)


def leak(text: str, who: Actor, place: Place) -> str | None:
    """What stands in a reply and is not for this reader."""
    open_to_all = not place.roles and not place.phone
    words: list[str] = []
    if (who.bound or not who.role) and not open_to_all:
        words += OTHERS
    if who.role not in ("admin", "author", "reviewer"):
        words += KEYS
    return next((f"shows {word}" for word in words if word in text), None)


def test_every_route_has_a_place_and_every_place_a_route(app: Flask) -> None:
    found = [name for name, _method, _rule, _values in routes(app)]
    assert len(found) == len(set(found))
    assert set(found) - set(PLACES) == set(), "routes without a place"
    assert set(PLACES) - set(found) == set(), "places without a route"


def test_P16_A10_nobody_sees_or_does_what_the_matrix_does_not_say(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All have just proven who they are, however long a busy machine takes for this.
    monkeypatch.setattr(session_rules, "PROOF_LIFE", timedelta(days=1))
    wrong: list[str] = []
    tried = passed = 0
    actors = actors_of(world)
    world.remember()
    for name, method, rule, fixed in routes(world.app):
        place = PLACES[name]
        for side in sides(rule, place):
            for who in actors:
                path = path_of(world, rule, place, who, side, fixed)
                sent: dict[str, Any] = {}
                if rule.endpoint in JSON_ENDPOINTS:
                    sent = {"json": world.phones[side].body()}
                elif method != "GET":
                    sent = {"data": {"csrf_token": who.csrf, **place.form}}
                reply = world.call(method, path, who.cookie, **sent)
                right = wanted(place, who, side, method)
                bad = problem(world.app, reply, who, place, right)
                reply.close()  # it may be a file
                tried += 1
                if bad:
                    wrong.append(f"{who.name}: {method} {path} ({side}): {bad}")
                if reply.status_code < 400:
                    passed += 1
                    if method != "GET":
                        world.restore()
    assert not wrong, "\n" + "\n".join(wrong)
    assert tried > 2000
    assert passed > 300


def test_A8_what_matters_asks_again_who_one_is(world: World) -> None:
    """A cookie that was stolen, or a browser left open, opens none of it."""
    (admin,) = (one for one in actors_of(world) if one.name == "admin")
    with write() as session:
        ago = datetime.now(UTC) - timedelta(minutes=10)
        session.execute(sa.update(LoginSession).values(proven_at=ago))
    asked = set()
    for name, method, rule, fixed in routes(world.app):
        place = PLACES[name]
        if not place.roles:
            continue
        path = path_of(world, rule, place, admin, "own", fixed)
        if place.proof:
            sent = {} if method == "GET" else {"data": {"csrf_token": admin.csrf}}
            reply = world.call(method, path, admin.cookie, **sent)
            if method == "GET":
                assert reply.status_code == 303, name
                assert reply.location.startswith("/console/prove?next="), name
            else:
                assert reply.status_code == 403, name
                assert "再次验证身份" in text_of(reply), name
            asked.add(name)
        elif method == "GET":
            reply = world.call(method, path, admin.cookie)
            assert reply.status_code in (200, *place.also), name
            assert "/console/prove" not in (reply.location or ""), name
    assert len(asked) > 12


def from_phone(
    world: World, mine: str, side: str, method: str, rule: Rule
) -> TestResponse:
    """A request with one phone's cookie and form token for the sitting of a side."""
    phone = world.phones[side]
    device = world.phones[mine].client.get_cookie("lawgauge_device")
    assert device is not None
    values = {"token": phone.token, "n": 1, "generation": 1}
    path = world.app.url_map.bind("localhost").build(
        rule.endpoint, {name: values[name] for name in rule.arguments}
    )
    sent: dict[str, Any] = {}
    if rule.endpoint in JSON_ENDPOINTS:
        sent = {"json": phone.body()}
    elif method == "POST":
        card = text_of(world.phones[mine].client.get(f"/e/{phone.code}"))
        csrf = card.split('name="csrf" value="')[1].split('"')[0]
        sheet = {name: phone.state[name] for name in ("generation", "holder")}
        sent = {"data": {"csrf": csrf, "end": "1", **sheet}}
    return world.call(method, path, f"lawgauge_device={device.value}", **sent)


def test_A10_a_phone_opens_its_own_sitting_and_no_other(world: World) -> None:
    """Another device, another exam's token: no more than a stranger gets."""
    world.remember()
    for name, method, rule, _fixed in routes(world.app):
        place = PLACES[name]
        if not place.phone:
            continue
        for mine in world.phones:
            for side in world.phones:
                reply = from_phone(world, mine, side, method, rule)
                if mine == side:
                    right = {200, *place.also} if method == "GET" else {200, 303}
                else:
                    right = {place.phone[-1]}
                    assert "题干" not in text_of(reply), name
                assert reply.status_code in right, f"{mine} → {side}: {name}"
                if reply.status_code < 400:  # opening a paper writes, too
                    world.restore()
