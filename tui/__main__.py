"""`python -m tui`: the same as `offhook` without arguments."""

from __future__ import annotations

import sys

from tui.start import main

sys.exit(main())
