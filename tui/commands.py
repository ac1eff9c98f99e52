"""Handlers of the actions of `tui.keys.actions`, by id."""

from __future__ import annotations

from tui.accounts import actions as account_actions
from tui.accounts import form_actions
from tui.calls import actions as call_actions
from tui.calls import blocking, codes, conference, dial_actions, transfer
from tui.host import Command
from tui.log import actions as log_actions
from tui.log import importing
from tui.messages import actions as message_actions
from tui.people import actions as people_actions
from tui.phone import actions as phone_actions
from tui.phone import boxes, moving

COMMANDS: dict[str, Command] = {
    **call_actions.COMMANDS,
    **conference.COMMANDS,
    **blocking.COMMANDS,
    **dial_actions.COMMANDS,
    **codes.COMMANDS,
    **transfer.COMMANDS,
    **log_actions.COMMANDS,
    **importing.COMMANDS,
    **message_actions.COMMANDS,
    **people_actions.COMMANDS,
    **account_actions.COMMANDS,
    **form_actions.COMMANDS,
    **phone_actions.COMMANDS,
    **moving.COMMANDS,
    **boxes.COMMANDS,
}
