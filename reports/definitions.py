"""What every figure of a report means, in words: one source for page and workbook."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from flask_babel import gettext

from core.pages import clock, points
from reports.operations import UnitReport
from reports.queries import ExamFacts
from reports.rules.ledger import Figures, Grade, Over, Standing
from reports.rules.small_cells import LEAST


def standing_words(*, over: bool) -> dict[str, str]:
    """The words for where a person stands.

    :param over: Whether nobody can start any more; before, nobody is absent.
    """
    return {
        Standing.SUBMITTED.value: gettext("已交卷"),
        Standing.AUTO.value: gettext("自动收卷"),
        Standing.UNFINISHED.value: gettext("未完成"),
        Standing.VOID.value: gettext("作废"),
        Standing.EXEMPT.value: gettext("免考"),
        Standing.MISSING.value: absent_word(over=over),
    }


def absent_word(*, over: bool) -> str:
    """缺考 once the exam is over; before, who has not come may still come."""
    return str(gettext("缺考") if over else gettext("尚未参加"))


def grade_words() -> dict[str, str]:
    """The words for what a result is worth."""
    return {
        Grade.EXCELLENT.value: gettext("优秀"),
        Grade.PASSED.value: gettext("合格"),
        Grade.FAILED.value: gettext("不合格"),
    }


def over_word(over: Over) -> str:
    """What pass and excellence rates are over."""
    return str(gettext("实考") if over == "took" else gettext("应考"))


def zone_words(zone: ZoneInfo) -> str:
    """The name of the clock that is shown."""
    return str(gettext("北京时间")) if zone.key == "Asia/Shanghai" else zone.key


def basis(exam: ExamFacts, over: Over) -> str:
    """The denominators and the marks, in one line."""
    return str(
        gettext(
            "参考率＝实考÷应考；合格率＝合格人数÷%(over)s；优秀率＝优秀人数÷%(over)s。"
            "合格线 %(passing)s 分，优秀线 %(excellent)s 分",
            over=over_word(over),
            passing=points(exam.marks.passing),
            excellent=points(exam.marks.excellent),
        )
    )


def summary(exam: ExamFacts, figures: Figures) -> str:
    """The people of a report, counted, in one line."""
    return str(
        gettext(
            "应考 %(due)d 人，实考 %(took)d 人，%(absent_word)s %(absent)d 人，"
            "免考 %(exempt)d 人；名单外 %(walk_ins)d 人，未完成 %(unfinished)d 人",
            due=figures.due,
            took=figures.took,
            absent_word=absent_word(over=exam.over),
            absent=figures.absent,
            exempt=figures.exempt,
            walk_ins=figures.walk_ins,
            unfinished=figures.unfinished,
        )
    )


def provisional(exam: ExamFacts, figures: Figures, waiting: int) -> str:
    """Why the figures may still change; empty if they are final."""
    if waiting:
        return str(gettext("正在收卷 %(n)d 人，请稍后刷新，数字还会变化", n=waiting))
    if not exam.over:
        return str(
            gettext(
                "考试尚未结束（%(closes)s 结束），以下是目前的数字",
                closes=clock(exam.closes_at),
            )
        )
    if figures.unfinished:
        return str(
            gettext(
                "还有 %(n)d 人正在作答：计入实考，暂无成绩，合格率和优秀率会变化",
                n=figures.unfinished,
            )
        )
    return ""


def bounds(within: Sequence[str]) -> str:
    """Whose units the figures are of, if not of all; empty if of all."""
    if not within:
        return ""
    return str(
        gettext(
            "范围：只含%(units)s及下属单位，合计也只按它们统计",
            units="、".join(within),
        )
    )


def withheld_words(*, withheld: bool) -> str:
    """Why some units show no result; empty if all do."""
    if not withheld:
        return ""
    return str(
        gettext(
            "实考不足 %(n)d 人的单位不列成绩；"
            "为防止由合计推算，另有人数较少的单位一并不列",
            n=LEAST,
        )
    )


def notices(report: UnitReport) -> list[str]:
    """What must not be overlooked on any sheet: invented data, a part of the units,
    figures in motion.
    """
    invented = gettext("示例数据：单位、人员和成绩都是虚构的")
    texts = (
        invented if report.exam.demo else "",
        bounds(report.within),
        withheld_words(withheld=report.withheld),
        provisional(report.exam, report.total, report.waiting),
    )
    return [text for text in texts if text]


def head_lines(report: UnitReport, zone: ZoneInfo) -> Sequence[str]:
    """What stands above every sheet: which exam, counted how, made when and by whom."""
    exam = report.exam
    return (
        gettext(
            "考试名称：%(title)s　考试代码：%(code)s", title=exam.title, code=exam.code
        ),
        gettext(
            "考试时间：%(opens)s 至 %(closes)s（%(zone)s）",
            opens=clock(exam.opens_at),
            closes=clock(exam.closes_at),
            zone=zone_words(zone),
        ),
        summary(exam, report.total),
        basis(exam, report.over),
        gettext(
            "生成时间：%(at)s（%(zone)s）　生成人：%(by)s",
            at=clock(report.generated_at, "%Y-%m-%d %H:%M:%S"),
            zone=zone_words(zone),
            by=report.by,
        ),
        gettext("考试摘要：SHA-256 %(digest)s", digest=exam.digest),
    )


def definitions(exam: ExamFacts, over: Over) -> list[tuple[str, str]]:
    """Every figure of the report and what it is."""
    known = [
        (
            gettext("应考"),
            gettext("考试发布时固定的名单人数，减去免考人数。名单外人员不计入"),
        ),
        (
            gettext("实考"),
            gettext("应考人员中至少有一次未作废作答的人数，已开始而未完成的也计入"),
        ),
        (
            absent_word(over=exam.over),
            gettext("应考人数减实考人数；作答全部作废的人员计入这一列"),
        ),
        (gettext("免考"), gettext("名单内经批准不参加考试的人数，不计入应考")),
        (
            gettext("名单外"),
            gettext("不在名单内、现场准许参加的人数。单列，不计入任何比率和平均分"),
        ),
        (gettext("未完成"), gettext("已开始作答，尚未交卷或收卷，暂无成绩")),
        (gettext("参考率"), gettext("实考÷应考")),
        (gettext("平均分"), gettext("实考人员正式成绩的平均，四舍五入到 0.01 分")),
        (gettext("合格率"), gettext("合格人数÷%(over)s", over=over_word(over))),
        (gettext("优秀率"), gettext("优秀人数÷%(over)s", over=over_word(over))),
        (
            gettext("合格、优秀"),
            gettext(
                "成绩不低于 %(passing)s 分为合格，不低于 %(excellent)s 分为优秀；"
                "按未取整的成绩比较",
                passing=points(exam.marks.passing),
                excellent=points(exam.marks.excellent),
            ),
        ),
        (gettext("最高分、最低分"), gettext("实考人员正式成绩中的最高和最低")),
        (
            gettext("正式成绩"),
            gettext("首次未作废作答的成绩；补考成绩不替换它，另列于最好成绩"),
        ),
    ]
    if exam.attempts > 1:
        known.append(
            (
                gettext("最好成绩"),
                gettext("本人各次未作废作答中的最高成绩；只供对照，不进入上述各率"),
            )
        )
    known += [
        (
            gettext("合计"),
            gettext("各级别、各类别和全部单位的数字都按人重新统计，不是单位数字的平均"),
        ),
        (gettext("—"), gettext("分母为零，或尚无成绩")),
        (
            gettext("考试摘要"),
            gettext(
                "对考试代码、名单摘要、题库摘要、组卷方案摘要和抽题承诺"
                "（以 | 连接）计算的 SHA-256，用来核对打印件说的是哪一场考试"
            ),
        ),
    ]
    return known
