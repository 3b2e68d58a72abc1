"""The echo canceller's understudy: cancels nothing, for rooms without an echo."""

from coach.devices.echo import EchoCanceller
from coach.errors import EchoUnavailable
from coach.loop import Witness
from coach.ports import Block, Echo
from coach.session.messages import Milliseconds


class NoEcho:
    """Returns the microphone's blocks as they are.

    Right for headphones and for a rehearsed room without a loudspeaker's echo; elsewhere a last resort, because
    the coach then hears itself.
    """

    def cancel(self, microphone: Block, speaker: Block) -> Block:  # noqa: ARG002 - the port's form
        """Return the microphone's block."""
        return microphone


def open_echo(witness: Witness) -> Echo:
    """Return the echo canceller or, where there is none, do without, and let the witness know."""
    try:
        return EchoCanceller()
    except EchoUnavailable as unavailable:
        witness(Milliseconds(0), unavailable)
        return NoEcho()
