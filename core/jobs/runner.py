"""Doing one job in this process: claim it, do its steps, say how far they are."""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import gettext

from core.clock import now
from core.errors import Busy, Refused
from core.jobs.kinds import Kind, Result, Work, folder_of, wiring
from core.jobs.operations import (
    CANCELLED,
    beat,
    claim_job,
    finish_job,
    note_step,
    sweep_results,
)
from core.jobs.progress import Cancelled, listening
from core.locks import SignOfLife

BEAT = 1.0  # seconds between reports to the table, if there is something to report
QUIET_BEAT = 10.0  # and if there is not
PATIENCE = 60.0  # seconds a step may be kept waiting by a busy database

Outcome = TypeVar("Outcome")


def sign_of_life(job_id: int) -> SignOfLife:
    """What the process of a job holds as long as it lives."""
    folder = folder_of(job_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SignOfLife(folder / "alive")


def run_job(job_id: int) -> bool:
    """Do a queued job to its end; whatever goes wrong ends up in its row.

    :return: Whether it was this process that did it.
    """
    life = sign_of_life(job_id)
    if not life.take():
        return False
    try:
        worker = f"{platform.node()}:{os.getpid()}"
        row = _patiently(lambda: claim_job(job_id=job_id, worker=worker, now=now()))
        if row is None:
            return False
        state, result = _do(row, worker)
        _patiently(
            lambda: finish_job(
                job_id=job_id, worker=worker, state=state, result=result, now=now()
            )
        )
        _patiently(lambda: sweep_results(now=now()))
        return True
    finally:
        life.leave()


def _do(row: sa.Row[Any], worker: str) -> tuple[str, Result]:
    """Do the steps that are left; what came of them."""
    kind = wiring().kinds.get(row.kind)
    if kind is None:
        return "failed", Result(gettext("这个版本的程序不会做这项工作"))
    work = Work(
        job_id=row.id,
        account_id=row.account_id,
        by=_name(row.account_id),
        arguments=json.loads(row.arguments),
        folder=folder_of(row.id),
    )
    try:
        with _Reporter(row.id, worker).reporting():
            result = _steps(kind, work, row.step, worker)
    except Cancelled:
        return "cancelled", Result(gettext(CANCELLED))
    except Refused as refusal:
        return "failed", Result(gettext(refusal.message, **refusal.values))
    except Exception:
        current_app.logger.exception("job %d (%s) failed", row.id, row.kind)
        text = gettext("系统出错了，原因在服务器日志里（任务 %(n)d）", n=row.id)
        return "failed", Result(text)
    return "done", result or Result(gettext("已完成"))


def _name(account_id: int | None) -> str:
    if account_id is None:
        return ""
    return wiring().names({account_id}).get(account_id, "")


def _steps(kind: Kind, work: Work, done: str, worker: str) -> Result | None:
    names = [step.__name__ for step in kind.steps]
    first = names.index(done) + 1 if done in names else 0
    # The last step is never noted: it makes the result, so it is done again.
    result = None
    for step in kind.steps[min(first, len(names) - 1) :]:
        result = _patiently(lambda step=step: step(work))  # type: ignore[misc]
        if step is not kind.steps[-1]:
            name = step.__name__
            _patiently(
                lambda name=name: note_step(  # type: ignore[misc]
                    job_id=work.job_id, worker=worker, step=name
                )
            )
    return result


def _patiently(act: Callable[[], Outcome]) -> Outcome:
    """Do something again while the database is busy: candidates come first."""
    end = time.monotonic() + PATIENCE
    pause = 0.5
    while True:
        try:
            return act()
        except Busy:
            if time.monotonic() > end:
                raise
        time.sleep(pause)
        pause = min(pause * 2, 5.0)


class _Reporter:
    """Hears of progress and carries it to the table, from a thread of its own."""

    def __init__(self, job_id: int, worker: str) -> None:
        self._job_id = job_id
        self._worker = worker
        self._said = (0, 0, "")
        self._cancelled = threading.Event()
        self._over = threading.Event()

    def heard(self, n: int, of: int, message: str) -> None:
        """Remember it; end the work if that was asked for."""
        self._said = (n, of, message)
        if self._cancelled.is_set():
            raise Cancelled

    @contextmanager
    def reporting(self) -> Iterator[None]:
        """Report while the block runs."""
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        thread = threading.Thread(target=self._report, args=(app,), daemon=True)
        thread.start()
        try:
            with listening(self):
                yield
        finally:
            self._over.set()
            thread.join()

    def _report(self, app: Flask) -> None:
        last, reported = time.monotonic(), self._said
        while not self._over.wait(BEAT):
            said = self._said
            if said == reported and time.monotonic() - last < QUIET_BEAT:
                continue
            n, of, message = said
            try:
                with app.app_context():
                    if not beat(
                        job_id=self._job_id,
                        worker=self._worker,
                        n=n,
                        of=of,
                        message=message,
                        now=now(),
                    ):
                        self._cancelled.set()
            except (Busy, sa.exc.SQLAlchemyError):
                continue  # the next one will get through
            last, reported = time.monotonic(), said
