"""Everything that can go wrong and end in a sentence for a person.

Each error carries what happened and what to do about it, and a key under which the voice can say it aloud:
there is no screen where the coach lives. Errors are raised where they are found and caught in one place
(``coach/cli.py``); the exit codes stand here, so that a service unit or a script can rely on them.
"""

from collections.abc import Sequence


class CoachError(Exception):
    """Something a person must know about.

    Args:
        what: what happened, in one sentence.
        remedy: what to do about it, in one sentence.
    """

    exit_code = 1
    spoken_key = "trouble_general"
    """The line of ``voices/*/says.toml`` that says it aloud."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy


class ContentBroken(CoachError):
    """Routines, exercises or voices have mistakes: all of them, each with its file, place and remedy."""

    exit_code = 3
    spoken_key = "trouble_content"

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        super().__init__(f"{count} in the content:\n" + "\n".join(f"  {m}" for m in mistakes))


class EarsUnfit(CoachError):
    """The recogniser's model is missing, broken, or lacks words the coach needs."""

    exit_code = 4
    spoken_key = "trouble_ears"


class RoomLost(CoachError):
    """No microphone, no speaker, or no key in place of the one, at the start or in mid-session."""

    exit_code = 5
    spoken_key = "trouble_room"


class RoomHangs(RoomLost):
    """The sound server does not answer, and holds whoever asks it."""


class RoomDeaf(RoomLost):
    """Sound flows, but nothing that could come from a room: only zeros, one value, or noise at full scale.

    Args:
        fault: ``silent``, ``stuck`` or ``clipped``.
        what: what happened, in one sentence.
        remedy: what to do about it.
    """

    def __init__(self, fault: str, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.fault = fault
        self.spoken_key = "trouble_deaf" if fault == "silent" else "trouble_noise"


class RoomBack(CoachError):
    """The room was lost or deaf, and is back. Raised once an outage, in place of a block of sound.

    Args:
        lost: what had happened.
        seconds: how long nothing was heard.
        told: whether it was said aloud meanwhile.
    """

    def __init__(self, lost: RoomLost, seconds: float, *, told: bool) -> None:
        super().__init__(f"{lost.what} Sound is back after {seconds:.1f} s.")
        self.lost = lost
        self.seconds = seconds
        self.told = told


class KeysLost(RoomLost):
    """Nothing is listened to, and there is no key to press: whoever is led could not say that it hurts."""

    spoken_key = "trouble_keys"


class EchoUnavailable(CoachError):
    """This machine has no echo canceller; the coach can go on, and may hear itself."""

    spoken_key = "trouble_echo"


class MouthFailed(CoachError):
    """The synthesiser is missing, its voice is unknown, or it failed on a line."""

    exit_code = 6
    spoken_key = "trouble_mouth"


class StoreFailed(CoachError):
    """The history cannot be opened or written."""

    exit_code = 7
    spoken_key = "trouble_store"


class StoreBusy(StoreFailed):
    """Another coach is writing to the same history."""

    exit_code = 8
    spoken_key = "trouble_store_busy"
