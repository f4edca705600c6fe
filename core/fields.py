"""Fields of forms that several subjects need."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext
from wtforms import DateTimeLocalField


class MomentField(DateTimeLocalField):
    """A local date and time; what cannot be read is told in one sentence."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault(
            "format", ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]
        )
        super().__init__(*args, **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what a browser's control sends, with or without seconds."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None
            raise ValueError(
                gettext("时间应写成 2026-11-24 09:00 的样子，请重新选择")
            ) from None

    def moment(self, zone: ZoneInfo) -> datetime:
        """What was typed, as a moment; the field must have been filled in."""
        assert self.data is not None
        return self.data.replace(tzinfo=zone).astimezone(UTC)
