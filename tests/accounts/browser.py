"""What tests of signing in do again and again."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import PASSWORD


class Page:
    """A page as its reader sees it; what is looked for must be there."""

    def __init__(self, html: str | Tag) -> None:
        self.soup = BeautifulSoup(html, "html5lib") if isinstance(html, str) else html

    def all(self, selector: str) -> list[Page]:
        """All elements that match."""
        return [Page(found) for found in self.soup.select(selector)]

    def one(self, selector: str) -> Page:
        """The first element that matches."""
        found = self.soup.select_one(selector)
        assert found is not None, f"no {selector} in {self.soup.get_text(' ')}"
        return Page(found)

    def has(self, selector: str) -> bool:
        """Whether an element matches."""
        return self.soup.select_one(selector) is not None

    @property
    def text(self) -> str:
        """Its text, spaces trimmed."""
        return self.soup.get_text().strip()

    def __getitem__(self, name: str) -> str:
        """An attribute."""
        value = self.soup[name]
        return value if isinstance(value, str) else " ".join(value)


def page(response: TestResponse) -> Page:
    """The page of an answer."""
    return Page(response.get_data(as_text=True))


def fill(client: FlaskClient, address: str, **typed: Any) -> TestResponse:
    """Open a page with a form and send the form, token and all."""
    shown = page(client.get(address))
    token = shown.one("main form [name=csrf_token]")["value"]
    return client.post(address, data={"csrf_token": token, **typed})


def sign_in(
    client: FlaskClient,
    username: str,
    password: str = PASSWORD,
    address: str = "/login",
) -> TestResponse:
    """Sign in as a person would."""
    return fill(client, address, username=username, password=password)


def is_in(client: FlaskClient) -> bool:
    """Whether this browser sees the organizer's first page."""
    return client.get("/console").status_code == 200
