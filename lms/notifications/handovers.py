"""Two persons become one, or two organisations: what one of them chose, where both did."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import aliased

from lms.core.db import session
from lms.core.handover import Handover, Pair
from lms.core.i18n import lazy
from lms.notifications.models import MessageRules, OptOut, Wording

_said, _stopped = aliased(Wording), aliased(OptOut)


class OptOuts(Handover):
    """What either switched off stays off."""

    name = "message_opt_out.person"
    table = OptOut
    label = lazy("Messages that were switched off")

    def hand_over(self, pair: Pair) -> None:
        there = select(_stopped.topic).where(
            _stopped.tenant_id == pair.tenant_id, _stopped.person_id == pair.kept_id
        )
        _do(delete(OptOut).where(self.theirs(pair), OptOut.topic.in_(there)))
        super().hand_over(pair)


class Wordings(Handover):
    """Own words: of one message, those of the one that stays hold."""

    name = "message_wording.organisation"
    table = Wording
    label = lazy("Messages in own words")

    def hand_over(self, pair: Pair) -> None:
        there = select(_said.id).where(
            _said.tenant_id == pair.tenant_id, _said.organisation_id == pair.kept_id,
            _said.kind == Wording.kind, _said.language == Wording.language,
        )  # fmt: skip
        _do(delete(Wording).where(self.theirs(pair), there.correlate(Wording).exists()))
        super().hand_over(pair)


class Rules(Handover):
    """What was chosen: the one that stays keeps its own rules, and takes the other's where it has none."""

    name = "message_rules.organisation"
    table = MessageRules
    label = lazy("Rules for messages")

    def hand_over(self, pair: Pair) -> None:
        own = MessageRules.tenant_id == pair.tenant_id, MessageRules.organisation_id == pair.kept_id
        if session.scalar(select(MessageRules.id).where(*own)) is not None:
            _do(delete(MessageRules).where(self.theirs(pair)))
        super().hand_over(pair)


def _do(statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
