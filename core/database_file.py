"""The SQLite file under a running application must stay the same file.

A connection goes on writing into a file that was deleted or replaced, and SQLite makes
a new, empty one for the next connection. Answers saved into either would be lost, so
every write first looks whether the name still leads to the file of the beginning, and
no connection is ever opened to another.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import current_app

from core.errors import Busy


class Gone(Busy):
    """The database is not where it was: nothing may be written."""

    retry_after = 10  # seconds


class DatabaseFile:
    """The file of one application."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[int, int] | None = None

    def check(self) -> None:
        """See that the file is there and the same; the first look remembers it.

        :raises Gone: If it is not.
        """
        try:
            found = self.path.stat()
        except OSError:
            raise Gone(
                "没有找到数据库文件，已停止写入。请把它放回原处；"
                "新安装请先运行 flask database upgrade"
            ) from None
        now = found.st_dev, found.st_ino
        if self._known is None:
            self._known = now
        elif self._known != now:
            raise Gone("数据库文件在运行中被替换，已停止写入。请停止服务，核对后再启动")

    def forget(self) -> None:
        """Somebody who may has replaced it: the next look remembers the new one."""
        self._known = None


def database_file() -> DatabaseFile | None:
    """The file of this application; None on PostgreSQL."""
    found: DatabaseFile | None = current_app.extensions.get("database_file")
    return found


def guard_connections(file: DatabaseFile) -> Any:
    """A listener of ``do_connect``: opens nothing that is not there."""

    def check(*_arguments: object) -> None:
        file.check()

    return check
