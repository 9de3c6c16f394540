"""Play, hang up: the caller listens."""

from ivr import commands
from ivr.dialogue import Dialogue, Going, Phase
from ivr.flow import nodes


def enter_play(d: Dialogue, node: nodes.Play, now: float) -> Going:
    """Say it, unless the caller has keyed ahead and so knows what would be said."""
    if node.flush:
        d.keys.drop_all()
    if node.interruptible and d.keys:
        return d.leave("next", node.next)
    d.say(Phase.SPEAKING, [node.prompt], now, language=node.language)
    return None


def enter_hang_up(d: Dialogue, node: nodes.HangUp, now: float) -> Going:
    """Say good-bye, if there is something to say, and clear the call."""
    if node.prompt is None:
        return hang_up(d, node.cause)
    d.say(Phase.FAREWELL, [node.prompt], now)
    return None


def hang_up(d: Dialogue, cause: int) -> Going:
    """Clear the call."""
    d.do(commands.LeaveNode(node=d.place, exit="hang_up_by_us"))
    d.end(commands.HangUp(cause=cause))
    return None
