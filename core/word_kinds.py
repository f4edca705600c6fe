"""Whether an uploaded file is a Word document that may be opened.

Told by its content; runs in a child process before any library sees the file.
"""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path, PurePosixPath

from core.archives import DAMAGE, Sentences, members
from core.errors import Refused
from core.sheet_kinds import FILE_LIMIT

_STRICT = b"purl.oclc.org/ooxml"


def check_document(path: Path, filename: str) -> None:
    """Walk through all members of a .docx without keeping them.

    :raises Refused: If it is something else, is protected, holds macros or archives,
        or is too large.
    """
    _check_kind(path, filename)
    try:
        for name, pieces in members(path, _sentences(filename)):
            strict = False
            for piece in pieces:
                strict |= name == "_rels/.rels" and _STRICT in piece
            if strict:
                raise Refused(
                    "“%(file)s”是“严格的 Open XML”文档，读不了。"
                    "请用 Word 或 WPS 另存为普通的 Word 文档（.docx）后再上传",
                    file=filename,
                )
    except DAMAGE:
        raise broken(filename) from None


def _check_kind(path: Path, filename: str) -> None:
    if path.stat().st_size > FILE_LIMIT:
        raise Refused(
            "“%(file)s”超过 20 MB。请删去图片，或拆成几个文件分别上传", file=filename
        )
    data = path.read_bytes()
    if not data.strip(b"\x00 \t\r\n"):
        raise Refused("“%(file)s”是空文件，请核对后重新上传", file=filename)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if any(
            word.encode("utf-16-le") in data
            for word in ("EncryptedPackage", "EncryptionInfo")
        ):
            raise _protected(filename)
        raise Refused(
            "“%(file)s”是旧格式的文档（.doc 或 .wps），不能直接读取。"
            "请用 Word 或 WPS 打开，另存为 .docx 后再上传",
            file=filename,
        )
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise _something_else(data, filename)
    _check_names(path, filename)


def _check_names(path: Path, filename: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, OSError, struct.error):
        raise broken(filename) from None
    ending = PurePosixPath(filename.lower()).suffix
    if ending in (".docm", ".dotm") or any(n.endswith("vbaProject.bin") for n in names):
        raise Refused(
            "“%(file)s”是带宏的文档，不能上传。请另存为不带宏的 .docx", file=filename
        )
    if "xl/workbook.xml" in names:
        raise Refused(
            "“%(file)s”的内容是 Excel 工作簿，请把扩展名改回 .xlsx 后再上传",
            file=filename,
        )
    if "content.xml" in names:
        raise Refused(
            "“%(file)s”是 .odt 文档，读不了。请另存为 .docx 后再上传", file=filename
        )
    if "word/document.xml" not in names and "[Content_Types].xml" not in names:
        raise broken(filename)


def _something_else(data: bytes, filename: str) -> Refused:
    head = data[:2048].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if head.startswith(b"{\\rtf"):
        what = "RTF 文档"
    elif head.startswith(b"%pdf"):
        return Refused(
            "“%(file)s”是 PDF 文件，读不了。"
            "请用原来的 Word 文档，或把 PDF 里的文字复制后粘贴到导入页",
            file=filename,
        )
    elif head.startswith((b"<", b"mime-version:")):
        what = "网页（或 XML）文件"
    else:
        return broken(filename)
    return Refused(
        "“%(file)s”其实是%(what)s，只是扩展名像 Word 文档。"
        "请用 Word 或 WPS 打开，另存为 .docx 后再上传",
        file=filename,
        what=what,
    )


def broken(filename: str) -> Refused:
    """The sentence for a document that does not hold together."""
    return Refused(
        "“%(file)s”已损坏，打不开。请用 Word 或 WPS 打开并另存为 .docx 后再上传",
        file=filename,
    )


def too_large(filename: str) -> Refused:
    """The sentence for a document that would take too much memory."""
    return Refused(
        "“%(file)s”解压后过大，已拒绝。"
        "请只保留需要导入的文字，复制到新建的文档，另存为 .docx 后再上传",
        file=filename,
    )


def _protected(filename: str) -> Refused:
    return Refused(
        "“%(file)s”设有打开密码，无法读取。请在 Word 或 WPS 中取消密码后另存，再上传",
        file=filename,
    )


def _sentences(filename: str) -> Sentences:
    return Sentences(
        broken=broken(filename),
        protected=_protected(filename),
        too_large=too_large(filename),
        nested=Refused(
            "“%(file)s”里面还套着压缩包，已拒绝。"
            "请把文字复制到新建的文档，另存为 .docx 后再上传",
            file=filename,
        ),
        embedded="word/embeddings/",
    )
