from __future__ import annotations

import os

import pytest

# The worker with one account of the tests of requests serves these tests too.
from tests.call.requests.conftest import ground

__all__ = ["ground"]


@pytest.fixture
def kills() -> int:
    """Times that an engine is killed; OFFHOOK_TEST_KILLS may ask for more."""
    return int(os.environ.get("OFFHOOK_TEST_KILLS", "20"))
