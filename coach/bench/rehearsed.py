"""A rehearsal with the real voice and the real ears, timed and weighed; and the model's part in both.

Run as a program (``python -m coach.bench.rehearsed VOICE MODEL SCRIPT ROUTINE``) in a process of its own, so that
its memory is its own. It prints what was measured as one line of JSON. Memory is that of this process alone: the
synthesiser has another one.

One round of the routine is rehearsed: the first one, which has the most to say and to hear, so that nothing is
made to look faster than it is, and the bench ends soon.
"""

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import vosk

from coach import content
from coach.bench.speed import Speed, timed
from coach.blocks import blocks_of
from coach.devices.ears import VoskEars
from coach.offline import stay_offline
from coach.ports import BLOCK_BYTES, BLOCK_MS, Block
from coach.rehearsal.rehearse import rehearse
from coach.rehearsal.room import SimulatedRoom
from coach.rehearsal.script import read_script
from coach.session import table
from coach.session.messages import Milliseconds
from coach.session.phrases import Voice

DECODED: Final = Milliseconds(120_000)
"""So much of the microphone's sound is decoded once more by the ears alone."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a rehearsal took.

    Attributes:
        rehearsal: its speed, from opening the model to the last sound.
        decoding: the ears' own, over the rehearsal's microphone, with the phrases of an explanation.
        model_bytes: by how much loading the model and its first grammar made the process grow.
        peak_bytes: the process at its largest, the model included.
        tracks_bytes: how much of that is the recorded sound, which a live session does not keep.
    """

    rehearsal: Speed
    decoding: Speed
    model_bytes: int
    peak_bytes: int
    tracks_bytes: int


def weigh_model(voice: Voice, model: Path) -> int:
    """Load the model and a grammar; return by how many bytes that made the process grow."""
    vosk.SetLogLevel(-1)
    before = _resident("VmRSS")
    ears = VoskEars(model, voice.decoys, voice.homophones, voice.carriers)
    ears.listen(voice.phrases_of(table.spoken_in(table.BRIEFING)))
    for _ in range(1_000 // BLOCK_MS):
        ears.hear(Block(bytes(BLOCK_BYTES)))
    return _resident("VmRSS") - before


def decode(voice: Voice, model: Path, room: SimulatedRoom) -> Speed:
    """Let fresh ears hear the beginning of a rehearsal once more, and nothing else."""
    blocks = list(blocks_of(room.microphone_track[: DECODED // BLOCK_MS * BLOCK_BYTES]))
    ears = VoskEars(model, voice.decoys, voice.homophones, voice.carriers)
    ears.listen(voice.phrases_of(table.spoken_in(table.BRIEFING)))

    def run() -> Milliseconds:
        for block in blocks:
            ears.hear(block)
        return Milliseconds(len(blocks) * BLOCK_MS)

    return timed(run)


def _resident(what: str) -> int:
    """This process's memory in bytes: now (``VmRSS``) or at its largest (``VmHWM``).

    Where there is no ``/proc``, always the largest, by ``getrusage``. On Linux that would begin with what the
    parent process had when it started this one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _main(voice_name: str, model_path: str, script_path: str, routine_name: str) -> None:
    stay_offline()
    voice, model = content.load_voice(voice_name), Path(model_path)
    routine = replace(content.load_routine(routine_name, voice=voice), rounds=1)
    script = read_script(Path(script_path))
    model_bytes = weigh_model(voice, model)

    wall, cpu = time.perf_counter(), time.process_time()
    rehearsal = rehearse(routine, voice, script, model)
    speed = Speed(rehearsal.trace.until / 1000, time.perf_counter() - wall, time.process_time() - cpu)
    peak = _resident("VmHWM")
    assert rehearsal.room is not None
    tracks = len(rehearsal.room.coach_track) + len(rehearsal.room.microphone_track)
    decoding = decode(voice, model, rehearsal.room)
    sys.stdout.write(json.dumps(asdict(Rehearsed(speed, decoding, model_bytes, peak, tracks))) + "\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
