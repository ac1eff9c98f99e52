from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.engines.sides import SIDES, Side


@pytest.fixture(params=list(SIDES))
async def side(request: pytest.FixtureRequest, place: Path) -> AsyncIterator[Side]:
    built = SIDES[request.param](place)
    await built.start()
    yield built
    await built.stop()
