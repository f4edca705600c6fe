"""Where servers and the ``flask`` command start."""

import gc

gc.disable()  # nothing that is loaded is garbage; to look takes a third of the time

from app import create_app, watch_clock  # noqa: E402
from core.config import BadSetting  # noqa: E402

try:
    app = create_app()
    watch_clock(app)
except BadSetting as error:
    raise SystemExit(f"设置有误：{error}") from None
gc.freeze()  # what was loaded stays: not to be looked through while phones wait
gc.enable()

if __name__ == "__main__":
    from serve import main

    raise SystemExit(main())
