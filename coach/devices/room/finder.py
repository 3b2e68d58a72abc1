"""Finding the room again after it was lost, on the devices that are there by then."""

import threading
from collections.abc import Callable

from coach.devices.room.card import open_room
from coach.devices.room.device import Kind, choose, lasting_name
from coach.devices.room.portaudio import STREAMS, devices, leave_portaudio_alone_at_exit
from coach.errors import RoomHangs, RoomLost
from coach.ports import Room

OPENING_S = 8.0
"""So long one attempt to open a room may take: devices that wake up slowly take two or three seconds."""


_RESTART = "Restart the sound server, or the machine; coach devices shows what is there."


class RoomFinder:
    """Opens the room as often as need be, with the devices that are there by then; each attempt in a bounded time.

    A device that was chosen by its number is found again by its name, because numbers change when devices come and
    go; the number of its card, which is part of the name, may change, too.

    Args:
        microphone: as for :func:`~coach.devices.room.card.open_room`.
        speaker: likewise.
        open_it: opens a room on such devices, or raises ``RoomLost``.
        patience_s: how long an attempt may take.
    """

    def __init__(
        self,
        microphone: int | str | None = None,
        speaker: int | str | None = None,
        open_it: Callable[[int | str | None, int | str | None], Room] = open_room,
        patience_s: float = OPENING_S,
    ) -> None:
        self._wanted: dict[Kind, int | str | None] = {"microphone": microphone, "speaker": speaker}
        self._open_it = open_it
        self._patience_s = patience_s
        self._attempt: _Attempt | None = None
        self._has_looked = False

    def find(self) -> Room:
        """Open the room.

        Raises:
            RoomHangs: the attempt does not come to an end. It goes on; the next call waits for the same one. Or a
                stream of before does not come to its end, and so no device can be found that has come since: if
                that stays so, only another process will find it.
            RoomLost: one of the devices is missing, in use, or cannot do what the coach needs.
        """
        attempt = self._attempt = self._attempt or _Attempt(self._open)
        if not attempt.has_ended(self._patience_s):
            leave_portaudio_alone_at_exit()
            raise RoomHangs("The sound server does not answer.", _RESTART)
        self._attempt = None
        return attempt.room()

    def _open(self) -> Room:
        is_up_to_date = not self._has_looked or STREAMS.start_portaudio_anew()
        self._has_looked = True
        try:
            return self._opened()
        except RoomLost as lost:
            if is_up_to_date:
                raise
            raise RoomHangs(
                f"{lost.what} A device that was lost is not let go of, so that none can be looked for.", _RESTART
            ) from lost

    def _opened(self) -> Room:
        for kind, wanted in self._wanted.items():
            if str(wanted).isdecimal():
                self._wanted[kind] = lasting_name(choose(devices(), kind, wanted).name)
        return self._open_it(self._wanted["microphone"], self._wanted["speaker"])


class _Attempt:
    """Opens a room in a thread of its own, because opening hangs if the sound server is frozen."""

    def __init__(self, open_it: Callable[[], Room]) -> None:
        self._open_it = open_it
        self._room: Room | None = None
        self._lost: RoomLost | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def has_ended(self, within_s: float) -> bool:
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def room(self) -> Room:
        if self._room is None:
            raise self._lost or RoomLost("The sound devices cannot be opened.", "Restart the sound server.")
        return self._room

    def _run(self) -> None:
        try:
            self._room = self._open_it()
        except RoomLost as lost:
            self._lost = lost
