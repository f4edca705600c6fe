"""Where servers and the ``flask`` command start."""

from app import create_app, watch_clock
from core.config import BadSetting

try:
    app = create_app()
    watch_clock(app)
except BadSetting as error:
    raise SystemExit(f"设置有误：{error}") from None

if __name__ == "__main__":
    from serve import main

    raise SystemExit(main())
