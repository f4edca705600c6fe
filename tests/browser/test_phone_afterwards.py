"""After handing in: receipt, result, certificate and their check, as people see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from core.db import write_core
from quiz.models import Exam
from tests.browser.candidate import Candidate
from tests.browser.conftest import Live
from tests.browser.covered import walked
from tests.browser.test_phone_looks import (
    SMALL,
    assert_it_fits,
    broken_rules,
    wish_for_large_type,
)

Handsets = Callable[..., Any]


@pytest.fixture
def over(make_live: Any, handset: Handsets) -> Iterator[Callable[..., Any]]:
    """Somebody who has handed in most answers, in an exam that is over."""
    live: Live = make_live(show_what="all", pass_mark=200)
    phones = []

    def make(**options: Any) -> Candidate:
        phones.append(handset(**options))
        return Candidate(live, phones[-1], live.made.people[0], live.made.candidates[0])

    yield make
    assert [phone.errors for phone in phones if phone.errors] == []


def sit(one: Candidate) -> None:
    one.start()
    one.tap(1, "C")
    one.tap(2, "A")
    one.settled()
    one.hand_in()
    one.receipt()


def end_exam(one: Candidate) -> None:
    with one.app.app_context(), write_core() as connection:
        connection.execute(
            sa.update(Exam).values(
                opens_at=datetime.now(UTC) - timedelta(hours=3),
                closes_at=datetime.now(UTC) - timedelta(hours=1),
            )
        )


def afterwards(one: Candidate) -> Iterator[str]:
    """Every page, one after another; stops wherever there is something to look at."""
    page = one.page
    sit(one)
    code = page.locator("figcaption").inner_text().replace(" ", "")
    signature = page.locator("details code").first.text_content()
    yield "receipt"
    page.get_by_role("link", name="看成绩").click()
    yield "result, before"
    end_exam(one)
    page.reload()
    page.locator("#r2").wait_for()
    yield "result"
    page.locator("summary", has_text="这道题有问题").first.click()
    yield "objecting"
    page.locator("textarea").first.fill("期限已经改了")
    page.get_by_role("button", name="提交").first.click()
    page.get_by_text("等待答复").wait_for()
    yield "objected"
    page.get_by_role("button", name="查看证书").click()
    page.locator(".certificate").wait_for()
    certified = page.locator("figcaption").inner_text().split("编号")[1]
    yield "certificate"
    for name, wanted in (("receipt checked", code), ("certified", certified)):
        page.goto(f"{one.live.url}/v/")
        page.fill("textarea", wanted)
        page.get_by_role("button", name="核对").click()
        page.get_by_text("有效").first.wait_for()
        yield name
    page.goto(f"{one.live.url}/v/")
    yield "check"
    page.fill("textarea", signature or "")
    page.get_by_role("button", name="核对").click()
    page.get_by_text("签名真实").first.wait_for()
    yield "signed"
    page.goto(f"{one.live.url}/v/BBBBBBBBBBBB")
    yield "forged"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_C12_what_comes_afterwards_can_be_read_by_everybody(
    over: Any, scheme: str
) -> None:
    one = over(color_scheme=scheme)
    walk = walked("afterwards", one.page, afterwards(one))
    assert [broken for name in walk for broken in broken_rules(one, name)] == []


def test_C12_twice_the_type_fits_what_comes_afterwards(over: Any) -> None:
    one = over(viewport=SMALL)
    wish_for_large_type(one)
    seen = []
    for name in afterwards(one):
        assert_it_fits(one, name)
        seen.append(name)
    assert len(seen) == 11
