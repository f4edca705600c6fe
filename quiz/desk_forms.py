"""What those in the hall type → typed values."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext, lazy_gettext
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange

from core.forms import PageForm
from quiz.forms import FORMATS, REQUIRED, CountField, MomentField, aware, reason_field
from quiz.rules.grants import LONGEST_GRANT_S
from quiz.rules.incidents import KINDS, LONGEST_TEXT
from quiz.tokens import new_key


class SureForm(PageForm):
    """Nothing but the key by which a second tap is known to be the same one."""

    key = HiddenField()

    @property
    def tap(self) -> str:
        """The key of the page this came from; without one it is a tap of its own."""
        return (self.key.data or "")[:60] or new_key()


class ActForm(SureForm):
    """Why."""

    reason = reason_field()


class VoidForm(ActForm):
    """Why many are void, and how many were shown."""

    seen = HiddenField()


class MinutesForm(ActForm):
    """How many minutes, and why."""

    minutes = CountField(
        lazy_gettext("分钟"),
        [
            REQUIRED,
            NumberRange(1, LONGEST_GRANT_S // 60, lazy_gettext("应为 1 到 1440 分钟")),
        ],
        render_kw={"inputmode": "numeric"},
    )

    @property
    def seconds(self) -> int:
        """The time that is meant."""
        return 60 * int(self.minutes.data or 0)


class IncidentForm(SureForm):
    """What happened, and when."""

    kind = SelectField(lazy_gettext("类别"), choices=KINDS)
    happened_at = MomentField(lazy_gettext("发生时间"), [REQUIRED], format=FORMATS)
    room = SelectField(lazy_gettext("地点"), validate_choice=False)
    text = TextAreaField(
        lazy_gettext("情况"), [REQUIRED], render_kw={"maxlength": LONGEST_TEXT}
    )

    def happened(self, zone: ZoneInfo) -> datetime:
        """When it happened, read in this zone."""
        return aware(self.happened_at.data, zone)


class RoomForm(PageForm):
    """A room and who sits there: whole units, and people by name."""

    beside = ("unit", "out")

    room = StringField(
        lazy_gettext("考场名称"),
        [Length(max=40, message=lazy_gettext("最多 40 个字"))],
        render_kw={"maxlength": 40, "autocomplete": "off"},
    )
    people = TextAreaField(lazy_gettext("名单"), render_kw={"rows": 6})


class WindowForm(PageForm):
    """From when to when sittings were begun."""

    begin = MomentField(lazy_gettext("从"), [REQUIRED], format=FORMATS)
    end = MomentField(lazy_gettext("到"), [REQUIRED], format=FORMATS)


class PrintForm(PageForm):
    """Whose papers are printed, and why."""

    unit = SelectField(lazy_gettext("单位"), validate_choice=False)
    reason = reason_field()

    def __init__(self, units: list[tuple[int, str, int]]) -> None:
        super().__init__()
        n = sum(people for _, _, people in units)
        every = {"": gettext("全部单位（%(n)d 人）", n=n)}
        self.unit.choices = every | {
            str(id): gettext("%(unit)s（%(n)d 人）", unit=name, n=people)
            for id, name, people in units
        }

    @property
    def unit_id(self) -> int | None:
        """The unit that was chosen; None: all."""
        chosen = str(self.unit.data or "")
        return int(chosen) if chosen and chosen in (self.unit.choices or ()) else None


class SheetForm(PageForm):
    """An answer sheet that was filled in by pen; its questions are read beside."""

    beside = ("q",)

    #: The paper the page was made for.
    paper = HiddenField()
    #: When the two readings that are compared were entered.
    seen = HiddenField()
