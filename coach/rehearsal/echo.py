"""The echo canceller's understudy: cancels nothing, for rooms without an echo."""

from coach.ports import Block


class NoEcho:
    """Returns the microphone's blocks as they are.

    Right for headphones and for a rehearsed room without a loudspeaker's echo; elsewhere a last resort, because
    the coach then hears itself.
    """

    def cancel(self, microphone: Block, speaker: Block) -> Block:  # noqa: ARG002 - the port's form
        """Return the microphone's block."""
        return microphone
