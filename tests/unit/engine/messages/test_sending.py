"""Texts that a worker refuses: only one that could not be sent goes to another target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from voip.causes import Cause, CauseKind
from voip.engine.messages.sending import Sending
from voip.engine.supervisor import Supervisor, WorkerRefused
from voip.protection import Transport
from voip.protocol.worker.accounts import Target
from voip.protocol.worker.base import Role
from voip.protocol.worker.messages import SendText, TextSent

TEXT = SendText(number=7, account="work", uri="sip:bob@example.com", text="hello")
UNSENT = TextSent(number=7, account="work", code=503, reason="", answered=False)
DELIVERED = TextSent(number=7, account="work", code=200, reason="OK")


@dataclass
class _World:
    """Worker that refuses the first text, after `ends`, and servers at two targets."""

    ends: list[TextSent]
    targets: list[Target] = field(
        default_factory=lambda: [Target(f"192.0.2.{number}", 5060) for number in (1, 2)]
    )
    refuses: bool = True

    def __post_init__(self) -> None:
        workers = cast(dict[Role, Supervisor], {Role.SECURE: self})
        self.sending = Sending(workers, self)

    async def ask(self, command: SendText) -> None:
        for end in self.ends:
            self.sending.on_sent(end)
        if self.refuses:
            self.refuses, self.ends = False, [DELIVERED]
            raise WorkerRefused("it is too long")

    def target(self, name: str) -> Target | None:
        return self.targets[0]

    def has_other(self, name: str, tried: Sequence[Target]) -> bool:
        return len(self.targets) > 1

    def go_on(self, name: str, tried: Sequence[Target]) -> bool:
        return bool(self.targets.pop(0)) and bool(self.targets)

    def refusal(self, name: str, code: int) -> Cause | None:
        return None

    async def aim(self, name: str) -> None:
        pass

    def on_path(self, name: str) -> None:
        pass


@pytest.mark.parametrize(
    ("ends", "expected", "left"),
    [
        ([], Cause(CauseKind.NOT_STARTED, ("it is too long",)), 2),
        ([UNSENT], DELIVERED, 1),
    ],
    ids=["the text", "its target"],
)
async def test_an_account_leaves_a_target_for_what_it_cannot_have_alone(
    ends: list[TextSent], expected: TextSent | Cause, left: int
) -> None:
    world = _World(ends)
    assert await world.sending.send(Role.SECURE, Transport.TCP, TEXT) == expected
    assert len(world.targets) == left
