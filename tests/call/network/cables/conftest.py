from __future__ import annotations

import os

from tests.support.network.namespace import INSIDE

# These tests need machines of their own: `test_inside` runs them among those.
collect_ignore_glob = [] if INSIDE in os.environ else ["test_*.py"]
