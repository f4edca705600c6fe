"""Setting PDF pages with typst: templates of ours, what people typed only as values.

Only ever used in a process beside the workers (core.aside, jobs, the terminal): typst
and its fonts take a hundred megabytes, and are loaded by the first page that is set.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def set_pages(template: str, values: dict[str, Any]) -> bytes:
    """A PDF with its fonts inside.

    :param template: The path of one of our .typ files from the project's root; it
        reads ``json(bytes(sys.inputs.data))``.
    :param values: What JSON can hold.
    """
    content: bytes = _compile(template, values)
    return content


def draw_pages(template: str, values: dict[str, Any], *, ppi: int = 80) -> list[bytes]:
    """The same pages as pictures (PNG), to be looked at."""
    pages = _compile(template, values, format="png", ppi=ppi)
    return [pages] if isinstance(pages, bytes) else list(pages)


def _compile(template: str, values: dict[str, Any], **how: Any) -> Any:
    import manimgx_fonts_cjk  # noqa: PLC0415
    import typst  # noqa: PLC0415

    fonts = Path(manimgx_fonts_cjk.__file__).parent
    return typst.compile(
        str(ROOT / template),
        root=str(ROOT),
        font_paths=[str(fonts)],
        # The same page on every machine.
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(values, ensure_ascii=False)},
        **how,
    )
