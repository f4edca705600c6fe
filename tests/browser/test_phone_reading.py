"""One question a screen or all of them; the answer sheet; keys; cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.browser.cases import start_with_case

Seat = Callable[..., Any]
SMALL = {"width": 320, "height": 568}


def choose(one: Any, *words: str) -> None:
    """Set how the paper is shown."""
    one.press("字号·显示")
    for word in words:
        one.page.locator("#panel label", has_text=word).first.tap()
    one.press("返回试卷")


def shown(one: Any) -> list[str]:
    """The questions that can be seen."""
    found = one.page.eval_on_selector_all(
        "section.question",
        "nodes => nodes.filter(node => node.offsetParent).map(node => node.id)",
    )
    return list(found)


def box(one: Any, selector: str) -> Any:
    return one.page.locator(selector).locator("visible=true").first.bounding_box()


def below(one: Any, node: str, bar: str = ".top") -> float:
    """How far a thing stands below the lower edge of another."""
    upper = box(one, bar)
    return float(box(one, node)["y"] - upper["y"] - upper["height"])


def test_one_question_a_screen_is_remembered_with_its_place(candidate: Seat) -> None:
    one = candidate().start()
    assert shown(one) == ["q1", "q2", "q3", "q4", "q5"]
    choose(one, "一题一屏")
    assert shown(one) == ["q1"]
    assert one.page.locator("#previous").is_disabled()
    address = one.page.url
    one.press("下一题")
    one.press("下一题")
    assert shown(one) == ["q3"]
    assert one.page.inner_text("#place") == "第 3/5 题"
    one.tap(3, "C")
    one.press("上一题")
    assert shown(one) == ["q2"]
    assert one.page.url == address  # nothing for the back key to undo
    one.settled()
    one.reload()
    assert shown(one) == ["q2"]
    one.press("题号 1/5")
    one.page.locator("#panel .number", has_text="5").tap()
    assert shown(one) == ["q5"]
    assert not one.page.locator("#next").is_visible()
    one.press("检查并交卷")
    one.page.locator("#panel .number", has_text="4").tap()
    assert shown(one) == ["q4"]
    choose(one, "整份试卷")
    assert len(shown(one)) == 5
    assert abs(below(one, "#q4")) <= 10  # still at the question one was reading


def test_the_back_key_asks_in_both_ways_of_reading(candidate: Seat) -> None:
    one = candidate().start()
    choose(one, "一题一屏")
    one.press("下一题")
    one.tap(2, "A")
    one.page.go_back()
    one.shows("要离开试卷吗")
    one.press("继续作答")
    assert shown(one) == ["q2"]


def test_the_answer_sheet_tells_states_apart_by_kind_and_jumps(
    candidate: Seat,
) -> None:
    one = candidate().start()
    one.tap(1, "A")
    one.settled()
    one.meddle(lambda route: route.abort())
    one.tap(2, "B")
    one.page.locator("#q3 .flag").tap()
    one.press("题号 2/5")
    headings = one.page.locator("#panel h2").all_inner_texts()
    assert headings == [
        "单选题（已答 2/2）",
        "多选题（已答 0/1）",
        "判断题（已答 0/1）",
        "填空题（已答 0/1）",
    ]
    names = one.page.eval_on_selector_all(
        "#panel .number[aria-label]", "nodes => nodes.map(node => node.ariaLabel)"
    )
    assert names == [
        "第 1 题，已答",
        "第 2 题，已答，未保存",
        "第 3 题，未答，已标记",
        "第 4 题，未答",
        "第 5 题，未答",
    ]
    looks = one.page.eval_on_selector_all(
        "#panel .numbers .number",
        """nodes => nodes.slice(0, 4).map(node => [
            getComputedStyle(node).backgroundColor, getComputedStyle(node).outlineStyle,
            getComputedStyle(node, '::after').content].join())""",
    )
    assert len(set(looks)) == 4  # and not by colour alone
    one.shows("有 1 题还没有送到服务器，已存在本机")
    one.page.locator("#panel .number", has_text="3").tap()
    assert abs(below(one, "#q3")) <= 2
    assert one.page.evaluate("document.activeElement.textContent").startswith("第 3 题")


def test_words_say_whether_all_is_safe(candidate: Seat) -> None:
    one = candidate().start()
    one.tap(1, "A")
    one.settled()
    one.page.tap("#sheet")
    one.shows("全部作答都已保存到服务器。")
    one.page.keyboard.press("Escape")
    assert not one.page.locator("#panel").is_visible()
    assert one.page.evaluate("document.activeElement.id") == "sheet"


def test_type_and_colours_are_chosen_in_one_place_and_hold_on_every_page(
    candidate: Seat,
) -> None:
    one = candidate(color_scheme="light").start()
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    page = "getComputedStyle(document.body).backgroundColor"
    assert (one.page.evaluate(size), one.page.evaluate(page)) == (
        16,
        "rgb(237, 237, 237)",
    )
    choose(one, "最大", "深色")
    dark = (32, "rgb(17, 17, 17)")
    assert (one.page.evaluate(size), one.page.evaluate(page)) == dark
    one.hand_in()
    one.receipt()
    assert (one.page.evaluate(size), one.page.evaluate(page)) == dark
    one.page.goto(one.live.entry)
    assert (one.page.evaluate(size), one.page.evaluate(page)) == dark


def test_light_can_be_chosen_on_a_dark_phone(candidate: Seat) -> None:
    one = candidate(color_scheme="dark").start()
    page = "getComputedStyle(document.body).backgroundColor"
    assert one.page.evaluate(page) == "rgb(17, 17, 17)"
    choose(one, "浅色")
    assert one.page.evaluate(page) == "rgb(237, 237, 237)"
    one.reload()
    assert one.page.evaluate(page) == "rgb(237, 237, 237)"


def test_a_larger_type_keeps_the_question_one_is_reading(candidate: Seat) -> None:
    one = candidate().start()
    one.page.evaluate("document.querySelector('#q3').scrollIntoView()")
    one.page.evaluate("scrollBy(0, -90)")
    choose(one, "特大")
    assert abs(below(one, "#q3")) <= 10


def test_the_keyboard_alone_is_enough(candidate: Seat) -> None:
    one = candidate(has_touch=False, is_mobile=False).start()
    keys = one.page.keyboard
    one.page.locator("#q1 input").nth(0).focus()
    keys.press("Space")
    keys.press("ArrowDown")
    keys.press("Tab")  # the flag
    keys.press("Tab")
    keys.press("Space")
    one.settled()
    assert (one.chosen(1), one.chosen(2)) == (["B"], ["A"])
    ring = "getComputedStyle(document.querySelector('#q2 input:focus ~ i')).boxShadow"
    assert one.page.evaluate(ring) != "none"
    keys.press("d")  # a letter chooses in the question one is in
    assert one.chosen(2) == ["D"]
    one.page.locator("#q3 input").nth(0).focus()
    for key in "acac":
        keys.press(key)
    keys.press("b")
    assert one.chosen(3) == ["B"]
    one.page.locator("#q5 input").nth(0).focus()
    keys.type("abc")
    assert one.page.input_value("#q5 input >> nth=0") == "abc"
    one.page.evaluate("document.activeElement.blur()")
    keys.press("c")  # nowhere: nothing
    assert (one.chosen(1), one.chosen(2), one.chosen(3)) == (["B"], ["D"], ["B"])


def test_arrows_turn_the_page_but_never_change_an_answer(candidate: Seat) -> None:
    one = candidate(has_touch=False, is_mobile=False).start()
    one.page.click("#look")
    one.page.locator("#panel [value=one]").check()
    one.page.keyboard.press("Escape")
    keys = one.page.keyboard
    keys.press("ArrowRight")
    assert shown(one) == ["q2"]
    keys.press("b")
    keys.press("ArrowRight")
    keys.press("ArrowLeft")
    keys.press("ArrowLeft")
    keys.press("ArrowLeft")
    assert shown(one) == ["q1"]
    one.settled()
    assert one.stored() == {"2": (1, ["B"])}


def test_the_order_of_reading_is_that_of_the_page(candidate: Seat) -> None:
    one = candidate(has_touch=False, is_mobile=False).start()
    stops = []
    for _ in range(30):
        one.page.keyboard.press("Tab")
        where = one.page.evaluate(
            """() => { const node = document.activeElement;
                const section = node.closest('section');
                return node.id || (section ? section.id : node.textContent); }"""
        )
        if where not in stops:
            stops.append(where)
    wanted = ["look", "不是本人？换人作答", "q1", "q2", "q3", "q4", "q5", "检查并交卷"]
    assert stops[: len(wanted) + 1] == [*wanted, "sheet"]


def test_a_case_keeps_its_material_in_sight(candidate: Seat) -> None:
    one = start_with_case(candidate())
    one.page.evaluate("document.getElementById('q12.2').scrollIntoView()")
    one.page.evaluate("scrollBy(0, -300)")
    assert abs(below(one, "#m12", ".top")) < 80  # its heading is between
    assert box(one, "#m12")["height"] > 100
    one.page.get_by_role("button", name="收起材料").tap()
    assert not one.page.locator("#m12").is_visible()
    one.page.get_by_role("button", name="展开材料").tap()
    one.press("题号 0/7")
    one.page.locator("#panel .number", has_text="12.1").tap()
    one.page.locator("[id='q12.1'] label").nth(1).tap()
    one.page.fill("[id='q12.2'] input", "六十")
    one.settled()
    sent = {entry["q"] for body in one.sent_by("PUT") for entry in body["answers"]}
    assert sent == {"12.1", "12.2"}
    one.press("题号 2/7")
    assert "案例题（已答 2/2）" in one.page.locator("#panel h2").all_inner_texts()
    one.page.locator("#panel .number", has_text="12.2").tap()
    assert abs(below(one, "[id='q12.2']", ".material")) <= 2


def test_what_the_keyboard_reaches_in_a_case_is_not_hidden(candidate: Seat) -> None:
    one = start_with_case(candidate(has_touch=False, is_mobile=False))
    one.page.locator("#m12").focus()
    for key in ("Tab", "Tab", "ArrowDown", "ArrowDown", "ArrowDown", "Tab", "Tab"):
        one.page.keyboard.press(key)
        hit = one.page.evaluate(
            """() => {
                const node = document.activeElement;
                const around = node.closest('label') || node;
                const { left, top, width, height } = around.getBoundingClientRect();
                const middle = [left + width / 2, top + height / 2];
                return around.contains(document.elementFromPoint(...middle));
            }"""
        )
        assert hit, one.page.evaluate("document.activeElement.outerHTML")
    assert one.page.evaluate("document.activeElement.name") == "q12.2"


def test_a_case_does_not_eat_a_small_screen_at_twice_the_type(candidate: Seat) -> None:
    one = start_with_case(candidate(viewport=SMALL))
    choose(one, "最大")
    one.press("题号 0/7")
    one.page.locator("#panel .number", has_text="12.2").tap()
    assert abs(below(one, "[id='q12.2']", ".recall")) <= 2
    taken = sum(box(one, bar)["height"] for bar in (".top", ".recall", ".bar"))
    assert taken <= SMALL["height"] * 0.45
    one.page.get_by_role("button", name="看第 12 题的材料").tap()
    one.shows("餐馆随后向人民法院提起行政诉讼")
    one.press("返回试卷")
    assert abs(below(one, "[id='q12.2']", ".recall")) <= 2


def test_a_case_shows_one_part_a_screen_under_its_material(candidate: Seat) -> None:
    one = start_with_case(candidate())
    choose(one, "一题一屏")
    one.press("题号 0/7")
    one.page.locator("#panel .number", has_text="12.1").tap()
    assert shown(one) == ["q12.1"]
    assert one.page.locator("#m12").is_visible()
    one.press("下一题")
    assert shown(one) == ["q12.2"]
    assert one.page.locator("#m12").is_visible()
    one.press("下一题")
    assert shown(one) == ["q5"]
    assert not one.page.locator("#m12").is_visible()
