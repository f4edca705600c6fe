"""Where this server can be reached, and whether it may listen there."""

from __future__ import annotations

import errno
import os
import socket

from core.config import Settings

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound


def lan_address() -> str:
    """This machine's address on its network; nothing is sent to find it."""
    for elsewhere in ("203.0.113.1", "10.255.255.254", "192.168.255.254"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((elsewhere, 9))
            except OSError:
                continue
            address: str = probe.getsockname()[0]
            if not address.startswith("127."):
                return address
    return "127.0.0.1"


def public_address(settings: Settings) -> str:
    """What phones are told, without a slash at its end."""
    if settings.base_url:
        return settings.base_url
    host = settings.host
    if host in EVERYWHERE:
        host = lan_address()
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def why_not_bind(settings: Settings) -> str:
    """Why the server could not listen there, in one sentence; empty if it could."""
    where = f"LAWGAUGE_HOST={settings.host}"
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
    except OSError:
        return f"{where} 不是可用的地址。请改为 0.0.0.0 或本机的地址"
    with socket.socket(found[0], socket.SOCK_STREAM) as probe:
        if os.name != "nt":  # where it would let two servers share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(found[4])
            probe.listen(1)
        except OSError as error:
            other = settings.port + 1 if settings.port < 65535 else 8000
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                taken = error.errno == errno.EADDRINUSE or os.name == "nt"
                why = "已被占用（系统可能已在运行）" if taken else "需要更高的权限"
                return (
                    f"端口 {settings.port} {why}。请停止占用它的程序，"
                    f"或换一个端口：LAWGAUGE_PORT={other} make run"
                )
            return f"{where} 不是本机的地址。请改为 0.0.0.0 或本机的地址"
    return ""
