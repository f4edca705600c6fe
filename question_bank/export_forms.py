"""What is typed about an export → typed values."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from flask_babel import gettext, lazy_gettext
from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DecimalField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from core.forms import PageForm, said_on
from question_bank.rules.exporting import (
    FORMS,
    POINTS,
    POOLS,
    PURPOSE_LIMIT,
    TITLE,
    TITLE_LIMIT,
    Layout,
    Selection,
    given_purpose,
    read_ids,
)
from question_bank.rules.lifecycle import STATES
from question_bank.rules.printed import Stamp
from question_bank.rules.validity import KINDS
from question_bank.rules.wording import tidy


def _tidied(text: str | None) -> str:
    return tidy(text or "")


def _points_field(kind: str) -> Any:
    return DecimalField(
        lazy_gettext(KINDS[kind]),
        [Optional(), NumberRange(0.01, 100, _("应为 0.01 到 100 分"))],
        places=None,
        default=Decimal(str(POINTS[kind])),
        render_kw={"inputmode": "decimal", "autocomplete": "off"},
    )


class ExportForm(PageForm):
    """Which questions leave the bank, in which form, and what for."""

    form = RadioField(_("文件"), default="docx")
    #: Of the bank's list, as its address has it; empty: what is chosen here.
    search = HiddenField()
    kind = SelectField(_("题型"))
    topic = SelectField(_("知识点"))
    state = SelectField(_("状态"), default="approved")
    pool = SelectField(_("用途"))
    ids = StringField(_("题目编号"), [Optional()], filters=[_tidied])
    title = StringField(
        _("标题"),
        [DataRequired(_("请填写标题")), Length(max=TITLE_LIMIT)],
        default=TITLE,
        filters=[_tidied],
        render_kw={"maxlength": TITLE_LIMIT},
    )
    single = _points_field("single")
    multi = _points_field("multi")
    judge = _points_field("judge")
    fill = _points_field("fill")
    case = _points_field("case")
    key = BooleanField(_("试卷后附参考答案及解析"))
    seal = BooleanField(_("试卷左边印密封线"))
    purpose = StringField(
        _("事由"), filters=[_tidied], render_kw={"maxlength": PURPOSE_LIMIT}
    )

    def __init__(self, topics: list[tuple[int, str]], **values: Any) -> None:
        super().__init__(**values)
        every = {"": gettext("全部")}
        self.form.choices = list(_translated(FORMS).items())
        self.kind.choices = every | _translated(KINDS)
        self.topic.choices = every | {str(id): name for id, name in topics}
        self.state.choices = every | _translated(STATES)
        self.pool.choices = every | _translated(POOLS)
        self.chosen: tuple[int, ...] = ()

    def validate(self, extra_validators: Any = None) -> bool:
        """Also read the numbers and the purpose."""
        if not super().validate(extra_validators):
            return False
        with said_on(self):
            self.chosen = read_ids(self.ids.data or "")
            given_purpose(self.purpose.data or "")
        return not self.form_errors

    def selection(self) -> Selection:
        """The questions that are meant."""
        topic = _chosen(self.topic)
        return Selection(
            kind=_chosen(self.kind),
            topic_id=int(topic) if topic else None,
            state=_chosen(self.state),
            pool=_chosen(self.pool),
            ids=self.chosen,
        )

    def layout(self, stamp: Stamp) -> Layout:
        """How the file is made."""
        given = {kind: self[kind].data for kind in POINTS if kind in self}
        return Layout(
            form=self.form.data,
            stamp=stamp,
            title=self.title.data or TITLE,
            points={k: Fraction(each) for k, each in given.items() if each is not None},
            key=bool(self.key.data),
            seal=bool(self.seal.data),
        )


def _chosen(field: SelectField) -> str:
    value = str(field.data or "")
    return value if value in (field.choices or ()) else ""


def _translated(words: dict[str, str]) -> dict[str, Any]:
    return {name: gettext(word) for name, word in words.items()}
