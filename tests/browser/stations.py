"""The states of the candidate's pages, one after another, to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Route

from tests.browser.cases import start_with_case

Seat = Callable[..., Any]


def along_the_path(one: Any) -> Iterator[str]:
    """Walk the whole path; stops wherever there is something to look at."""
    page = one.page
    page.goto(one.live.entry)
    yield "entry"
    page.fill("[name=unit]", one.who[0])
    page.fill("[name=name]", one.who[1])
    page.fill("[name=number]", "9999")
    page.click("form button")
    yield "entry refused"
    page.fill("[name=number]", one.who[2])
    page.click("form button")
    page.get_by_role("button", name="开始作答").wait_for()
    yield "confirm"
    page.get_by_role("button", name="开始作答").click()
    one.ready()
    one.tap(1, "A")
    one.tap(3, "B")
    page.locator("#q2 .flag").tap()
    one.settled()
    yield "paper"
    page.tap("#sheet")
    yield "answer sheet"
    one.press("返回试卷")
    page.tap("#look")
    yield "settings"
    page.locator("#panel [value=one]").locator("..").tap()
    one.press("返回试卷")
    page.tap("#sheet")
    page.locator("#panel .number", has_text="2").tap()
    yield "one question a screen"
    page.tap(".bar .go")
    yield "hand-in panel"
    one.press("继续检查")
    one.phone.context.set_offline(True)
    one.tap(2, "A")
    one.shows("网络不通")
    yield "offline"
    one.phone.context.set_offline(False)
    one.settled()
    address = page.url
    page.goto(f"{address}/q/5")
    yield "plain question"
    page.goto(f"{address}/hand-in")
    yield "plain hand-in"
    page.goto(address)
    one.ready()
    one.hand_in()
    one.receipt()
    yield "receipt"
    page.goto(f"{one.live.url}/s/none")
    yield "error"


def in_trouble(candidate: Seat, **options: Any) -> Iterator[tuple[Any, str]]:
    """What can befall a paper, each with a phone of its own where it is the end."""
    yield from _while_answering(candidate(**options).start())
    yield from _of_the_end(candidate, options)


def _lose(route: Route) -> None:
    route.abort()


def _while_answering(one: Any) -> Iterator[tuple[Any, str]]:
    one.page.fill("#q5 input >> nth=0", "字" * 300)
    yield one, "an answer too long"
    one.page.tap(".bar .go")
    yield one, "hand-in with an answer too long"
    one.press("继续检查")
    one.page.fill("#q5 input >> nth=0", "字")
    one.settled()
    one.meddle(_lose, "POST")
    one.hand_in()
    one.shows("还没有交上")
    yield one, "handing in fails"
    one.change(claim="f" * 64)
    one.press("继续检查")  # and the next answer brings the wish
    one.heal()
    one.shows("有人请求转移试卷")
    yield one, "another phone asks"
    one.change(claim=None)
    one.reload()
    one.tap(2, "A")
    one.page.go_back()
    one.shows("要离开试卷吗")
    yield one, "back key"
    one.press("继续作答")
    one.reopened(200)
    yield one, "last minutes"
    one.change(generation=2)
    one.tap(1, "B")
    one.shows("试卷已更新")
    yield one, "reopened"
    one.press("刷新")
    one.ready()
    one.ends_in(-120)
    one.tap(1, "C")
    one.shows("时间到以前已保存的答案有效")
    yield one, "over"


def _of_the_end(candidate: Seat, options: Any) -> Iterator[tuple[Any, str]]:
    one = candidate(**options).freeze().start()
    one.hide()
    one.passes(12)
    one.hide(hidden=False)
    yield one, "away"
    one.reopened(2)
    one.phone.context.set_offline(True)
    one.tap(1, "A")
    one.passes(4)
    one.shows("请不要关闭页面，尽快接通网络")
    yield one, "time is up, offline"
    one.passes(40)
    one.shows("试卷还没有交上")
    yield one, "time is up, past the grace"
    one = candidate(**options).start()
    one.change(state="void", closed_at=datetime.now(UTC))
    one.tap(1, "A")
    one.shows("这份试卷已作废")
    yield one, "void"
    one = start_with_case(candidate(**options))
    one.page.tap("#sheet")
    one.page.locator("#panel .number", has_text="12.1").tap()
    yield one, "a case"
    if one.page.locator(".recall").is_visible():
        one.page.locator(".recall").tap()
        yield one, "the material of a case"
