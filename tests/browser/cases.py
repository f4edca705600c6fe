"""A paper with a case on it, until the bank has cases: markup of docs/phone.md."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Route

MATERIAL = [
    "某县市场监督管理局对一家餐馆作出罚款五万元的处罚决定，"
    "餐馆不服，先向县人民政府申请行政复议，复议机关维持原决定。" * 4,
    "餐馆随后向人民法院提起行政诉讼，请求撤销处罚决定和复议决定。" * 3,
]


def case_html(one: Any) -> str:
    """A case of two parts as the page of a paper holds it: 12.1 single, 12.2 fill."""
    with one.app.test_request_context():
        pieces = one.app.jinja_env.get_template("phone/_question.html").make_module()
        options = "".join(
            str(pieces.option("single", f"选项{letter}")).replace("@L@", letter)
            for letter in "ABCD"
        )
        parts = [
            str(pieces.open("single", ["本案的被告是谁？"])) + options,
            str(pieces.open("fill", ["起诉期限是【】日。"], 1)),
        ]
        kinds = ("single", "fill")
        whole = str(pieces.open_case(MATERIAL))
        for n, (part, kind) in enumerate(zip(parts, kinds, strict=True), 1):
            whole += (part + str(pieces.close(kind))).replace("@N@", f"@N@.{n}")
        whole += str(pieces.close_case())
    return whole.replace("@N@", "12").replace("@P@", "2")


def start_with_case(one: Any) -> Any:
    """Let a candidate in; the case stands before the last question.

    The server knows nothing of it, so something in between acknowledges its answers.
    """
    html = case_html(one)

    def add(route: Route) -> None:
        reply = route.fetch()
        mark = '<section class="question" id="q5"'
        route.fulfill(response=reply, body=reply.text().replace(mark, html + mark))

    def acknowledge(route: Route) -> None:
        answers = json.loads(route.request.post_data or "{}")["answers"]
        now = 1_800_000_000_000
        route.fulfill(
            json={
                "acked": [[entry["q"], entry["seq"]] for entry in answers],
                "server_now": now,
                "deadline": now + 3_000_000,
                "remaining": 3_000_000,
            }
        )

    one.phone.context.route("**/e/*/start", add)
    one.phone.context.route("**/answers", acknowledge)
    return one.start()
