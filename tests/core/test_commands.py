"""Commands that cannot do what they were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import create_app
from rehearsal.server import environment


@pytest.mark.parametrize(
    "command",
    ["jobs list", "exams list", "bank check", "accounts list", "audit verify"],
)
def test_without_a_database_they_say_in_a_sentence_what_to_do(
    command: str, tmp_path: Path
) -> None:
    app = create_app(environment(tmp_path))
    result = app.test_cli_runner().invoke(args=command.split())
    assert result.exit_code == 1
    assert "没有找到数据库文件" in result.output
    assert "flask database upgrade" in result.output
    assert len(result.output.strip().splitlines()) == 1
