"""What kind of file was uploaded, told by its content, not by its name.

Runs in the child process of core.sheet_reader.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path, PurePosixPath

from core.errors import Refused

FILE_LIMIT = 20 * 1024 * 1024  # bytes of the file


def kind_of(path: Path, filename: str) -> str:
    """Tell ``xlsx``, ``xls`` or ``text`` by the content.

    :raises Refused: If it is something else, or the name's ending says otherwise.
    """
    data = path.read_bytes() if path.stat().st_size <= FILE_LIMIT else None
    if data is None:
        raise Refused("“%(file)s”超过 20 MB。请拆成几个文件分别上传", file=filename)
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise Refused("“%(file)s”是空文件，请核对后重新上传", file=filename)
    ending = PurePosixPath(filename.lower().replace("\\", "/")).suffix
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path, filename, ending)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _kind_of_container(data, filename, ending)
    _refuse_markup(data, filename)
    if ending in (".xlsx", ".xls", ".et", ".xlsm"):
        raise Refused(
            "“%(file)s”的内容不是 Excel 工作簿。"
            "请用 Excel 或 WPS 打开并另存为 .xlsx；如果它是 CSV，请把扩展名改为 .csv",
            file=filename,
        )
    if ending not in (".csv", ".txt", ".tsv", ""):
        raise _not_a_sheet(filename)
    return "text"


def _kind_of_zip(path: Path, filename: str, ending: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, struct.error):
        raise broken(filename) from None
    if ending in (".xlsm", ".xltm") or any(n.endswith("vbaProject.bin") for n in names):
        raise Refused(
            "“%(file)s”是带宏的工作簿，不能上传。请另存为不带宏的 .xlsx", file=filename
        )
    if any(name.startswith("word/") for name in names):
        raise _word(filename)
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise Refused(
            "“%(file)s”的格式（.xlsb 或 .ods）不能读取。请另存为 .xlsx 后上传",
            file=filename,
        )
    if "xl/workbook.xml" not in names:
        raise _not_a_sheet(filename)
    if ending in (".csv", ".txt", ".tsv"):
        raise Refused(
            "“%(file)s”的内容是 Excel 工作簿，扩展名却是 %(ending)s。"
            "请把扩展名改回 .xlsx，或在 Excel、WPS 中另存为 CSV",
            file=filename,
            ending=ending,
        )
    return "xlsx"


def _kind_of_container(data: bytes, filename: str, ending: str) -> str:
    """An OLE container: .xls and .et, but also Word files and protected .xlsx."""

    def holds(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if holds("EncryptedPackage") or holds("EncryptionInfo"):
        raise protected(filename)
    sheet = holds("Workbook") or holds("Book")
    if ending in (".wps", ".doc", ".docx", ".wpt") or (
        holds("WordDocument") and not sheet
    ):
        raise _word(filename)
    if not sheet:
        raise _not_a_sheet(filename)
    if ending in (".csv", ".txt", ".tsv"):
        raise Refused(
            "“%(file)s”的内容是 Excel 工作簿，扩展名却是 %(ending)s。"
            "请把扩展名改回 .xls，或在 Excel、WPS 中另存为 CSV",
            file=filename,
            ending=ending,
        )
    return "xls"


def _refuse_markup(data: bytes, filename: str) -> None:
    head = data[:4096].replace(b"\x00", b"")
    head = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith((b"<", b"mime-version:")):
        raise Refused(
            "“%(file)s”其实是网页（或 XML）文件，只是扩展名像表格。"
            "请用 Excel 或 WPS 打开它，另存为 .xlsx 后上传",
            file=filename,
        )


def broken(filename: str) -> Refused:
    """The sentence for a workbook that does not hold together."""
    return Refused(
        "“%(file)s”已损坏，打不开。请用 Excel 或 WPS 打开并另存为 .xlsx 后再上传",
        file=filename,
    )


def protected(filename: str) -> Refused:
    """The sentence for a workbook that opens with a password only."""
    return Refused(
        "“%(file)s”设有打开密码，无法读取。请在 Excel 或 WPS 中取消密码后另存，再上传",
        file=filename,
    )


def _word(filename: str) -> Refused:
    return Refused(
        "“%(file)s”是文字文档，不是表格。请另存为 .xlsx 后上传", file=filename
    )


def _not_a_sheet(filename: str) -> Refused:
    return Refused(
        "“%(file)s”不是表格文件。请上传 .xlsx、.xls、.et 或 .csv", file=filename
    )
