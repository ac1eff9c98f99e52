"""`python -m tui`: the same as `offhook` without more words."""

from __future__ import annotations

import sys

from tui.start import main

sys.exit(main())
