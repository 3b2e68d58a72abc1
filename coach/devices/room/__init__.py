"""The room: one microphone and one loudspeaker.

Two raw streams run side by side; one duplex stream fails to open on PulseAudio more often than not. Their
callbacks run on PortAudio's threads and only move bytes and count: they neither wait nor raise. The microphone is
the master clock; the loudspeaker has a clock of its own.

There is no room without a microphone: a coach who cannot hear "it hurts" shall not lead. For the one sentence
that says so, there is :func:`say_last`.

What other modules need stands in this file. Behind it, ``card`` is the two sides together, ``sides`` each of
them, and ``wire`` the stream of one, in whatever format its device takes; ``finder`` opens the room again after it
was lost. ``portaudio`` alone knows sounddevice, and ``silenced`` keeps what libraries print from the person.
``device``, ``convert`` and ``speaker_queue`` only reckon: a test sees to it that they know nothing of the rest.
"""

from coach.devices.room.card import DEAF_AFTER, SoundCard, Tally, open_room, say_last
from coach.devices.room.convert import COACH_SOUND, Converter, Sound
from coach.devices.room.device import Device, Kind, choose, lasting_name
from coach.devices.room.finder import OPENING_S, RoomFinder
from coach.devices.room.portaudio import devices, has_sound
from coach.devices.room.sides import LONGEST_BACKLOG
from coach.devices.room.silenced import libraries_silenced
from coach.devices.room.speaker_queue import LEAST_RESERVE, LONGEST_QUEUE, MOST_RESERVE, PRIME, SpeakerQueue
from coach.devices.room.wire import CLOSING_S, LOOK_EVERY_S, PATIENCE_S, SETTLING_S

__all__ = [
    "CLOSING_S",
    "COACH_SOUND",
    "DEAF_AFTER",
    "LEAST_RESERVE",
    "LONGEST_BACKLOG",
    "LONGEST_QUEUE",
    "LOOK_EVERY_S",
    "MOST_RESERVE",
    "OPENING_S",
    "PATIENCE_S",
    "PRIME",
    "SETTLING_S",
    "Converter",
    "Device",
    "Kind",
    "RoomFinder",
    "Sound",
    "SoundCard",
    "SpeakerQueue",
    "Tally",
    "choose",
    "devices",
    "has_sound",
    "lasting_name",
    "libraries_silenced",
    "open_room",
    "say_last",
]
