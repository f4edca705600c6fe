"""The examples in the template; they are never imported."""

from __future__ import annotations

from question_bank.rules.content import content_digest
from question_bank.rules.validity import Draft

EXAMPLES = (
    Draft(
        kind="single",
        stem="（示例）法律、法规、规章没有另外规定时，行政机关应当自行政处罚案件"
        "立案之日起（ ）日内作出行政处罚决定。",
        options=("三十", "六十", "九十", "一百二十"),
        key=("C",),
        topic="行政处罚",
        difficulty="easy",
        citations=("《行政处罚法》第六十条",),
        analysis="期限自立案之日起算，为九十日。",
    ),
    Draft(
        kind="multi",
        stem="（示例）下列属于行政处罚种类的有（ ）。",
        options=("警告、通报批评", "行政拘留", "责令停产停业", "查封场所"),
        key=("A", "B", "C"),
        topic="行政处罚",
        difficulty="medium",
        citations=("《行政处罚法》第九条",),
        analysis="查封场所是行政强制措施，不是行政处罚。",
    ),
    Draft(
        kind="judge",
        stem="（示例）对当事人的同一个违法行为，不得给予两次以上罚款的行政处罚。",
        options=(),
        key=("T",),
        topic="行政处罚",
        difficulty="easy",
        citations=("《行政处罚法》第二十九条",),
        analysis="即一事不再罚款。",
    ),
    Draft(
        kind="fill",
        stem="（示例）违法行为在【】内未被发现的，不再给予行政处罚；涉及公民生命健康"
        "安全、金融安全且有危害后果的，上述期限延长至【】。",
        options=(),
        key=("二年|两年|2年", "五年|5年"),
        topic="行政处罚",
        difficulty="hard",
        citations=("《行政处罚法》第三十六条",),
        analysis="一般为二年，所列情形延长至五年。",
    ),
    Draft(
        kind="case",
        stem="（示例）某县市场监督管理局接到举报，对某商店涉嫌销售过期食品立案调查，"
        "拟处五万元罚款并责令停产停业。",
        options=(),
        key=(),
        topic="行政处罚",
        difficulty="medium",
        citations=(),
        analysis="",
        parts=(
            Draft(
                kind="single",
                stem="作出决定前，应当告知当事人有要求（ ）的权利。",
                options=("听证", "复议", "诉讼", "仲裁"),
                key=("A",),
                citations=("《行政处罚法》第六十三条",),
                analysis="责令停产停业属于应当告知听证权利的情形。",
            ),
            Draft(
                kind="judge",
                stem="当事人要求听证的，应当承担听证的费用。",
                options=(),
                key=("F",),
                citations=("《行政处罚法》第六十三条",),
                analysis="当事人不承担行政机关组织听证的费用。",
            ),
        ),
    ),
)

_DIGESTS = frozenset(map(content_digest, EXAMPLES))


def is_example(draft: Draft) -> bool:
    """Whether a draft is an example that was left in the template."""
    return draft.stem.startswith("（示例）") and content_digest(draft) in _DIGESTS
