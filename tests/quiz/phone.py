"""A candidate in a test: the real routes, without a browser."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse


class Phone:
    """One phone with its cookie; remembers what the paper told it."""

    def __init__(self, app: Flask, code: str = "TESTEXAM") -> None:
        self.client = app.test_client()
        self.code = code
        self.token = ""
        self.state: dict[str, Any] = {}

    def identify(self, unit: str, name: str, number: str) -> TestResponse:
        """Scan the code and say who one is."""
        csrf = field(self.client.get(f"/e/{self.code}"), "csrf")
        form = {"csrf": csrf, "unit": unit, "name": name, "number": number}
        return self.client.post(f"/e/{self.code}", data=form)

    def start(self, confirm: TestResponse, **more: str) -> TestResponse:
        """Press the button of the confirm page."""
        form = {"csrf": field(confirm, "csrf"), "ticket": field(confirm, "ticket")}
        reply = self.client.post(f"/e/{self.code}/start", data=form | more)
        self.read(reply)
        return reply

    def enter(self, unit: str, name: str, number: str) -> TestResponse:
        """From the code to the paper."""
        return self.start(self.identify(unit, name, number))

    def read(self, page: TestResponse) -> None:
        """Take the state out of a paper's page."""
        found = re.search(r'id="state">(.*?)</script>', page.get_data(as_text=True))
        if found:
            self.state = json.loads(found[1])
            self.token = self.state["token"]

    def body(
        self, *answers: tuple[str, list[str], int], **other: Any
    ) -> dict[str, Any]:
        """A message of the save protocol."""
        return {
            "generation": self.state["generation"],
            "holder": self.state["holder"],
            "n": len(answers),
            "answers": [
                {"q": q, "seq": seq, "value": value, "at_ms": 1000 * seq}
                for q, value, seq in answers
            ],
        } | other

    def save(self, *answers: tuple[str, list[str], int], **other: Any) -> TestResponse:
        """PUT answers."""
        body = self.body(*answers, **other)
        return self.client.put(f"/s/{self.token}/answers", json=body)

    def submit(self, *answers: tuple[str, list[str], int]) -> TestResponse:
        """POST submit."""
        return self.client.post(f"/s/{self.token}/submit", json=self.body(*answers))


def field(page: TestResponse, name: str) -> str:
    """The value of a hidden field."""
    text = page.get_data(as_text=True)
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, text[:2000]
    return found[1]
