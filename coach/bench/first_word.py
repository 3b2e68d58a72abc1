"""The first word: a session opened as live, on a room without devices, that ends when the loudspeaker sounds.

Run as a program (``python -m coach.bench.first_word VOICE MODEL``) in a process of its own: whoever starts it
takes the time until it prints a line. Everything ``coach run`` loads and opens is loaded and opened, but for the
microphone and the loudspeaker themselves.
"""

import json
import sys
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from coach import cli, content, live
from coach.devices.ears import VoskEars, missing_phrases
from coach.devices.mouth import SpeakingMouth
from coach.devices.store import SqliteStore
from coach.front_end import FrontEnd
from coach.loop import Hands, lead, nobody
from coach.offline import stay_offline
from coach.ports import SILENCE, Block
from coach.rehearsal.echo import open_echo
from coach.session.session import Session


class FirstWord(Exception):
    """The loudspeaker has sounded."""


class UntilItSounds:
    """A room that is left at the first sound."""

    def exchange(self, speaker: Block) -> Block:
        """Return silence.

        Raises:
            FirstWord: the block is not silent.
        """
        if speaker != SILENCE:
            raise FirstWord
        return SILENCE

    def close(self) -> None:
        """There is nothing to let go of."""


def speak_first_word(voice_name: str, model: Path, store: Path) -> None:
    """Open a session as ``coach run`` does, in the same order, and lead it to its first sound.

    Raises:
        FirstWord: always, unless something is wrong with the devices.
    """
    voice = content.load_voice(voice_name)
    routine = content.load_routine(cli.DEFAULT_ROUTINE, voice=voice)
    with closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)) as mouth:
        session = Session(routine, voice)
        ears = VoskEars(model, voice.decoys, voice.homophones, voice.carriers)
        missing_phrases(ears, voice.understands)
        with closing(SqliteStore(store, routine=routine.id, started_at=datetime.now().astimezone())) as history:
            hands = Hands(UntilItSounds(), FrontEnd(open_echo(nobody)), ears, mouth, history)
            lead(session, voice, hands)


def _main(voice: str, model: str) -> None:
    stay_offline()
    assert live  # loaded, as coach run does; it cannot be called without devices
    with TemporaryDirectory() as folder:
        try:
            speak_first_word(voice, Path(model), Path(folder) / "history.db")
        except FirstWord:
            sys.stdout.write(json.dumps({"cpu_s": time.process_time()}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _main(*sys.argv[1:])
