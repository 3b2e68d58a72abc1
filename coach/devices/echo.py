"""The echo canceller: WebRTC's AEC3, out of the livekit wheel. No other part of livekit is used.

It was chosen because a USB microphone and a USB loudspeaker have two clocks: of the cancellers compared, it was
the one whose echo loss does not suffer from their drift (45 dB at 50 parts in a million; the others 20 dB and
less). It estimates the delay itself and needs some seconds of the coach's own sound to settle.

The library is loaded when the canceller is made, not with this module: that takes 0.2 to 0.4 s. It opens no
connection.
"""

import importlib
import logging
import sys
from functools import cache
from typing import Any

from coach.errors import EchoUnavailable
from coach.ports import SAMPLE_RATE, Block

_FRAME = SAMPLE_RATE // 100  # samples; WebRTC works in frames of 10 ms, two to a block


class EchoCanceller:
    """Takes the coach's own voice out of what the microphone recorded, and delays it by 8 ms.

    Nothing but the echo is touched: no gain control, which would raise the noise between the words, and no
    noise suppression, which is for the ears of people: a recogniser hears what it was trained on.

    Raises:
        EchoUnavailable: livekit is not installed or does not run on this machine.
    """

    def __init__(self) -> None:
        # Without a handler of its own, Python would print the library's warnings on the terminal.
        logging.getLogger("livekit").addHandler(logging.NullHandler())
        try:
            rtc = importlib.import_module("livekit.rtc")
            _keep_its_log()
            self._canceller = rtc.AudioProcessingModule(echo_cancellation=True)
        except ImportError as missing:
            raise EchoUnavailable(
                f"There is no echo canceller: {missing}.",
                "Install the package livekit, or keep the microphone away from the loudspeaker.",
            ) from missing
        # Made once and filled anew with each block; the canceller works in place.
        self._far = [_frame(rtc), _frame(rtc)]
        self._near = [_frame(rtc), _frame(rtc)]

    def cancel(self, microphone: Block, speaker: Block) -> Block:
        """Return the microphone's block without the echo of what the speaker has been given."""
        for frame, played in zip(self._far, _halves(speaker), strict=True):
            frame.data[:] = played
            self._canceller.process_reverse_stream(frame)
        for frame, recorded in zip(self._near, _halves(microphone), strict=True):
            frame.data[:] = recorded
            self._canceller.process_stream(frame)
        return Block(b"".join(frame.data for frame in self._near))


@cache
def _keep_its_log() -> None:
    """Let the library, which is opened with the first canceller, keep its log to itself; its errors it prints.

    Else it hands each line to Python, in a thread of its own, and the last when Python exits: now and then that
    thread met an interpreter that was gone, and printed a panic.
    """
    client: Any = sys.modules.get("livekit.rtc._ffi_client")
    find = getattr(client, "get_ffi_lib", None)
    if find is None:
        return  # another version of it

    def find_and_hush() -> Any:  # noqa: ANN401 - a C library
        library = find()
        begin = library.livekit_ffi_initialize
        library.livekit_ffi_initialize = lambda callback, _log, *who: begin(callback, False, *who)  # noqa: FBT003
        return library

    client.get_ffi_lib = find_and_hush


def _frame(rtc: Any) -> Any:  # noqa: ANN401 - livekit is loaded late, so its types are not at hand
    return rtc.AudioFrame.create(sample_rate=SAMPLE_RATE, num_channels=1, samples_per_channel=_FRAME)


def _halves(block: Block) -> tuple[memoryview, memoryview]:
    samples = memoryview(block).cast("h")
    return samples[:_FRAME], samples[_FRAME:]
