"""Phones in processes of their own, which tests let crash, stop or run out of disk."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from quiz.views.device import COOKIE
from tests.conftest import SECRET
from tests.quiz.phone import Phone

ROOT = Path(__file__).resolve().parents[2]
CRASH = 77  # the exit code of a crash that was meant

#: What every child begins with: the application, phones that sit, ``say``.
START = """
import json, os, signal, sys, time
from app import create_app
app = create_app()
from core.db import db
from tests.quiz.phone import Phone
SQLITE = app.config["SQLALCHEMY_DATABASE_URI"].startswith("sqlite")
def say(**what):
    print(json.dumps(what), flush=True)
def crash(*_, **__):
    os._exit(77)
def enter(who):
    phone = Phone(app)
    phone.enter(*who)
    cookie = phone.client.get_cookie("lawgauge_device").value
    say(token=phone.token, state=phone.state, cookie=cookie)
    return phone
def saved(*answers):
    reply = phone.save(*answers)
    retry = reply.headers.get("Retry-After")
    say(status=reply.status_code, body=reply.json, retry=retry)
    return reply
"""


def environment(app: Flask) -> dict[str, str]:
    """The settings of an application for another process."""
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "LAWGAUGE_INSTANCE": app.instance_path,
        "LAWGAUGE_SECRET_KEY": SECRET,
        "LAWGAUGE_DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
    }


class Child:
    """A process with the application."""

    def __init__(self, app: Flask, code: str, *before: str) -> None:
        """Start it.

        :param code: What it does once the application is there.
        :param before: Words of a command it is run by.
        """
        self._app = app
        command = [*before, sys.executable, "-c", START + code]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(app),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def heard(self) -> dict[str, Any]:
        """The next thing it says."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the child ended with {self.process.wait()}"
        found: dict[str, Any] = json.loads(line)
        return found

    def tell(self, what: object) -> None:
        """What its next ``sys.stdin.readline()`` reads."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def ended(self) -> int:
        """Wait for its end; returns its exit code."""
        return self.process.wait(timeout=60)

    def phone(self) -> Phone:
        """A phone it says has entered, at this process: it reaches another worker."""
        begun = self.heard()
        phone = Phone(self._app)
        phone.client.set_cookie(COOKIE, begun["cookie"])
        phone.token, phone.state = begun["token"], begun["state"]
        return phone


@contextmanager
def child(app: Flask, code: str, *before: str) -> Iterator[Child]:
    """A child that is gone when the test is."""
    one = Child(app, code, *before)
    try:
        yield one
    finally:
        one.process.kill()
        one.process.communicate()
