from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.call.requests.ground import Ground
from tests.support import disks
from voip.protection import Transport


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=[Transport.TLS, Transport.UDP], ids=str
)
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Ground]:
    """One worker for all cases of a module: damage by one shows in the next."""
    with disks.short() as folder:
        built = Ground(Path(folder), request.param)
        await built.start()
        yield built
        assert built.ends == []
        await built.stop()
